"""What the fake chat providers refuse and keep of a request, as the vendors do."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.fakes.anthropic_server import AnthropicServer
from tests.fakes.chat_server import ChatServer
from tests.fakes.embedding_server import KEY
from tests.fakes.gemini_server import GeminiServer
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.vendor_sdks import LONG_PROMPT, AnthropicSdk, GeminiSdk, ResponsesSdk, opened

OPENAI_MISTAKES = [
    ("responses", {"model": None}, "missing_required_parameter"),
    ("responses", {"weather": 1}, "unknown_parameter"),
    ("responses", {"input": None}, "missing_required_parameter"),
    ("responses", {"input": 1.5}, "invalid_type"),
    ("responses", {"input": [{"role": "bot", "content": "x"}]}, "invalid_value"),
    ("responses", {"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}, "invalid_value"),
    ("responses", {"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "missing_required_parameter"),
    ("responses", {"input": [{"role": "user", "content": None}]}, "invalid_type"),
    ("responses", {"max_output_tokens": 5}, "integer_below_min_value"),
    ("responses", {"temperature": 0.2}, "unsupported_parameter"),
    ("responses", {"reasoning": {"effort": "huge"}}, "invalid_value"),
    ("responses", {"reasoning": {"effort": "none"}, "model": "gpt-6.1-sol"}, "unsupported_value"),
    ("responses", {"reasoning": {"effort": "low"}, "model": "gpt-4o"}, "unsupported_parameter"),
    ("responses", {"service_tier": "golden"}, "invalid_value"),
    ("responses", {"stream": True, "stream_options": {"include_usage": True}}, "unknown_parameter"),
    ("responses", {"stream_options": {}}, None),
    ("responses", {"prompt_cache_key": "k" * 65}, "string_above_max_length"),
    ("responses", {"prompt_cache_options": {"mode": "implicit"}, "model": "gpt-4o"}, "unsupported_parameter"),
    ("chat/completions", {"messages": []}, "missing_required_parameter"),
    ("chat/completions", {"messages": [{"role": "bot", "content": "x"}]}, "invalid_value"),
    ("chat/completions", {"max_tokens": 5}, "unsupported_parameter"),
    ("chat/completions", {"reasoning_effort": "none", "temperature": 0.2, "weather": 1}, "unknown_parameter"),
]
USER = [{"role": "user", "content": "x"}]
MARKED = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
MARKED_LONG = {**MARKED, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
ANTHROPIC_MISTAKES = [
    ({"max_tokens": None}, "max_tokens: Field required"),
    ({"max_tokens": 200_000}, "max_tokens: 200000 > 128000"),
    ({"temperature": 1.0}, "sampling"),
    ({"weather": 1}, "Extra inputs are not permitted"),
    ({"service_tier": "golden"}, "service_tier"),
    ({"messages": []}, "at least one message"),
    ({"messages": [{"role": "system", "content": "x"}]}, "Unexpected role"),
    ({"messages": [{"role": "assistant", "content": "x"}, *USER]}, "first message"),
    ({"messages": [*USER, {"role": "assistant", "content": "x"}]}, "prefill"),
    ({"messages": [{"role": "user", "content": " "}]}, "non-empty"),
    ({"messages": [{"role": "user", "content": 1}]}, "valid list"),
    ({"messages": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}]}, "Input tag"),
    ({"system": [MARKED] * 5}, "maximum of 4"),
    ({"system": [MARKED, MARKED_LONG]}, "ttl='1h'"),
    ({"cache_control": {"type": "ephemeral", "ttl": "9d"}}, "cache_control"),
    ({"thinking": {"type": "deep"}}, "thinking"),
    ({"thinking": {"type": "disabled"}, "model": "claude-opus-5-5"}, "cannot be disabled"),
    ({"thinking": {"type": "enabled", "budget_tokens": 100}}, "budget_tokens"),
    ({"output_config": {"effort": "none"}}, "effort"),
]
GEMINI_USER = [{"role": "user", "parts": [{"text": "x"}]}]
GEMINI_MISTAKES = [
    ({"contents": []}, "not specified"),
    ({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}, "valid role"),
    ({"contents": [{"role": "user", "parts": []}]}, "must not be empty"),
    ({"contents": [{"role": "user", "parts": [{"text": "x"}], "name": "x"}]}, "Cannot find field"),
    ({"weather": 1}, "Cannot find field"),
    ({"generationConfig": {"max_tokens": 5}}, "Cannot find field"),
    ({"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}, "budget"),
    ({"generationConfig": {"thinkingConfig": {"thinkingLevel": "xhigh"}}}, "XHIGH"),
    ({"serviceTier": "golden"}, "service_tier"),
]


class TestValidation:
    @pytest.mark.parametrize(("endpoint", "change", "code"), OPENAI_MISTAKES)
    async def test_openai_names_the_parameter_that_is_wrong(self, endpoint: str, change: Any, code: str | None) -> None:
        body = {"model": "gpt-6-luna", **({"input": "x"} if endpoint == "responses" else {"messages": USER})}

        async with OpenAIServer() as server:
            answer = await _post(server, f"/v1/{endpoint}", {**body, **change}, {"authorization": f"Bearer {KEY}"})

        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)

    @pytest.mark.parametrize(("change", "words"), ANTHROPIC_MISTAKES)
    async def test_anthropic_says_what_is_wrong(self, change: Any, words: str) -> None:
        body = {"model": "claude-sonnet-5-5", "max_tokens": 10, "messages": USER, **change}

        async with AnthropicServer() as server:
            headers = {"x-api-key": KEY, "anthropic-version": "2026-10-21"}
            answer = await _post(server, "/v1/messages", body, headers)

        assert answer.status_code == 400
        assert words in answer.json()["error"]["message"]

    @pytest.mark.parametrize("version", [None, "2020-01-01", "2023-06-01"])
    async def test_anthropic_wants_a_version_it_knows(self, version: str | None) -> None:
        body = {"model": "claude-sonnet-5-5", "max_tokens": 10, "messages": USER, "temperature": 1.0}
        headers = {"x-api-key": KEY, **({"anthropic-version": version} if version else {})}

        async with AnthropicServer() as server:
            answer = await _post(server, "/v1/messages", body, headers)

        assert answer.status_code == (200 if version == "2023-06-01" else 400)

    @pytest.mark.parametrize(("change", "words"), GEMINI_MISTAKES)
    async def test_gemini_says_what_is_wrong(self, change: Any, words: str) -> None:
        async with GeminiServer() as server:
            path = "/v1beta/models/gemini-4-argon:generateContent"
            answer = await _post(server, path, {"contents": GEMINI_USER, **change}, {"x-goog-api-key": KEY})

        assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"
        assert words in answer.json()["error"]["message"]

    @pytest.mark.parametrize(
        ("kind", "path", "status"),
        [
            (OpenAIServer, "/v1/responses", 401),
            (OpenAIServer, "/v1/models", 401),
            (OpenAIServer, "/v2", 404),
            (AnthropicServer, "/v1/messages", 401),
            (AnthropicServer, "/v2", 404),
            (GeminiServer, "/v1beta/models/gemini-4-argon:generateContent", 403),
            (GeminiServer, "/v1beta/models/gemini-4-argon:streamGenerateContent", 400),
            (GeminiServer, "/v2", 404),
        ],
    )
    async def test_nobody_gets_in_without_a_key_or_to_a_wrong_place(
        self, kind: type[ChatServer], path: str, status: int
    ) -> None:
        headers = {"x-goog-api-key": KEY} if status == 400 else {}
        async with kind() as server:
            assert (await _post(server, path, [], headers)).status_code == status

    async def test_a_compatible_server_takes_what_it_does_not_know(self) -> None:
        async with OpenAIServer(strict=False) as server:
            server.models["llama"] = None
            server.running_usage = True
            body = {"model": "llama", "messages": USER, "max_tokens": 3, "weather": 1, "stream": True}
            answer = await _post(server, "/v1/chat/completions", body, {})

        chunks = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
        assert [chunk["usage"]["completion_tokens"] for chunk in chunks if chunk["usage"]] == [1, 2, 3, 3]

    async def test_openai_lists_its_models_with_the_day_they_end(self) -> None:
        async with opened(ResponsesSdk) as sdk:
            models = await sdk.client.models.list()  # type: ignore[attr-defined]

        assert {model.id: model.shutdown_date for model in models.data}["gpt-4o"] == "2027-01-14"


async def _post(server: ChatServer, path: str, body: object, headers: dict[str, str]) -> httpx.Response:
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if value is not None}
    async with httpx.AsyncClient(base_url=server.url) as client:
        return await client.post(path, json=body, headers=headers)


class TestPromptCaches:
    async def test_openai_keeps_the_beginning_in_blocks_and_by_key(self) -> None:
        async with opened(ResponsesSdk) as sdk:
            key = {"prompt_cache_key": "team", "prompt_cache_options": {"ttl": "12h"}}
            first = await sdk.plain(LONG_PROMPT, **key)
            same_start = await sdk.plain(LONG_PROMPT + "And more. " * 100, prompt_cache_key="team")
            other_key = await sdk.plain(LONG_PROMPT)

        blocks = first.usage.input // 128 * 128
        assert (first.usage.cached, first.usage.written, first.usage.written_long) == (0, 0, blocks)
        assert same_start.usage.cached == blocks
        assert same_start.usage.written > 0
        assert other_key.usage.cached == 0

    async def test_openai_writes_at_marks_alone_where_it_is_told_so(self) -> None:
        mark = {"mode": "explicit"}
        content = [
            {"type": "input_text", "text": "a" * 8_000, "prompt_cache_breakpoint": mark},
            {"type": "input_text", "text": "b" * 8_000, "prompt_cache_breakpoint": {**mark, "ttl": "12h"}},
            {"type": "input_text", "text": "c" * 8_000},
        ]
        request = {"input": [{"role": "user", "content": content}], "prompt_cache_options": {"mode": "explicit"}}

        async with opened(ResponsesSdk) as sdk:
            first, second = await sdk.plain(**request), await sdk.plain(**request)

        assert (first.usage.written, first.usage.written_long) == (2_000, 2_000)
        assert (second.usage.cached, second.usage.written_long) == (4_000, 0)

    async def test_anthropic_reads_what_an_earlier_prompt_ended_with(self) -> None:
        async with opened(AnthropicSdk) as sdk:
            system = [{"type": "text", "text": "s" * 4_000, "cache_control": {"type": "ephemeral"}}]
            ask = [{"role": "user", "content": "One?"}]
            first = await sdk.plain(system=system, messages=ask)
            second = await sdk.plain(system=system, messages=[{"role": "user", "content": "Two?"}])
            marked = await sdk.plain(system="t" * 4_000, messages=ask, cache_control={"type": "ephemeral"})

        assert (first.usage.written, first.usage.cached) == (1_000, 0)
        assert (second.usage.written, second.usage.cached) == (0, 1_000)
        assert marked.usage.written == 1_001

    async def test_gemini_tells_of_reads_and_writes_for_free(self) -> None:
        async with opened(GeminiSdk) as sdk:
            usages = [(await sdk.plain(LONG_PROMPT)).usage, (await sdk.plain(LONG_PROMPT)).usage]

        assert [usage and (usage.cached > 0, usage.written) for usage in usages] == [(False, 0), (True, 0)]
