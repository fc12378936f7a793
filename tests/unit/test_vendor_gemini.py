"""Gemini's chat endpoint against the types of its own SDK."""

from __future__ import annotations

from typing import Any

import pytest
from google.genai import types

from rag.errors import PromptTooLong, ProviderDisabled, ProviderError
from rag.model import TokenUsage, Turn
from rag.ports import Metered, Prompt, TextDelta
from rag.providers.chat import Blocked, ChatEvent, Failed, Finished
from rag.providers.failures import Complaint
from rag.providers.gemini import GenerateContent
from rag.providers.options import ModelOptions
from rag.providers.wire import THINKING

_HISTORY = (Turn("user", "Hello"), Turn("assistant", "Hi"))
_PROMPT = Prompt("Be exact.", ("[1] Deploys run at noon.",), _HISTORY, "When?")

api = GenerateContent(ModelOptions(model="gemini-4-hydrogen", effort="low"))


def _read(**response: Any) -> list[ChatEvent]:
    """What is read of the SDK's own response, as it goes over the wire."""
    said = types.GenerateContentResponse.model_validate(response)
    wire = said.model_dump(mode="json", by_alias=True, exclude_none=True)
    events = list(api.read_event(wire))
    assert list(api.read(wire)) == events
    return events


def _candidate(*parts: types.Part, **others: Any) -> types.Candidate:
    return types.Candidate(content=types.Content(role="model", parts=list(parts)), **others)


def test_the_request_is_one_that_the_sdk_would_send() -> None:
    payload: Any = api.payload(_PROMPT, max_output_tokens=512, streaming=True)
    assert set(payload) == {"systemInstruction", "contents", "generationConfig"}
    assert types.Content.model_validate(payload["systemInstruction"]).parts == [types.Part(text="Be exact.")]
    config = types.GenerationConfig.model_validate(payload["generationConfig"])
    assert config.max_output_tokens == 512
    assert config.thinking_config == types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW)
    contents = [types.Content.model_validate(content) for content in payload["contents"]]
    assert [content.role for content in contents] == ["user", "model", "user"]
    assert contents[0].parts == [types.Part(text="[1] Deploys run at noon.\n\nHello")]


def test_the_model_and_the_verb_are_the_address() -> None:
    assert api.path(streaming=False) == "/v1beta/models/gemini-4-hydrogen:generateContent"
    assert api.path(streaming=True) == "/v1beta/models/gemini-4-hydrogen:streamGenerateContent?alt=sse"
    newer = GenerateContent(ModelOptions(model="gemini-4-argon", api_version="v1"))
    assert newer.path(streaming=False) == "/v1/models/gemini-4-argon:generateContent"


def test_a_response_of_the_sdk_is_read() -> None:
    events = _read(
        candidates=[
            _candidate(
                types.Part(text="Hm.", thought=True),
                types.Part(text="At "),
                types.Part(text="noon.", thought_signature=b"s"),
                types.Part(function_call=types.FunctionCall(name="f")),
                finish_reason=types.FinishReason.STOP,
            )
        ],
        usage_metadata=types.GenerateContentResponseUsageMetadata(
            prompt_token_count=1_900,
            tool_use_prompt_token_count=100,
            cached_content_token_count=1_024,
            candidates_token_count=50,
            thoughts_token_count=250,
            total_token_count=2_300,
        ),
        model_version="gemini-4-hydrogen-001",
    )
    tokens = TokenUsage(input=2_000, output=300, cached_input=1_024, thinking=250)
    assert events == [
        Metered(tokens, model="gemini-4-hydrogen-001"),
        THINKING,
        TextDelta("At "),
        TextDelta("noon."),
        Finished(),
    ]


def test_zeros_that_are_left_out_are_zeros_only_beside_other_figures() -> None:
    usage = types.GenerateContentResponseUsageMetadata
    assert _read(usage_metadata=usage(prompt_token_count=7)) == [Metered(TokenUsage(input=7))]
    assert _read(usage_metadata=usage(thoughts_token_count=4)) == [Metered(TokenUsage(output=4, thinking=4))]


def test_the_tier_is_named_where_it_changes_the_price() -> None:
    [flex] = api.read_event({"usageMetadata": {"promptTokenCount": 7, "serviceTier": "flex"}})
    [ordinary] = api.read_event({"usageMetadata": {"promptTokenCount": 7, "serviceTier": "STANDARD"}})
    assert flex == Metered(TokenUsage(input=7), tier="flex")
    assert ordinary == Metered(TokenUsage(input=7))


def test_a_blocked_prompt_is_a_refusal_though_http_says_success() -> None:
    feedback = types.GenerateContentResponsePromptFeedback(block_reason=types.BlockedReason.PROHIBITED_CONTENT)
    usage = types.GenerateContentResponseUsageMetadata(prompt_token_count=7)
    assert _read(prompt_feedback=feedback, usage_metadata=usage) == [
        Metered(TokenUsage(input=7)),
        Blocked("PROHIBITED_CONTENT"),
    ]


@pytest.mark.parametrize("reason", ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE"])
def test_a_blocked_answer_is_a_refusal(reason: str) -> None:
    assert _read(candidates=[types.Candidate(finish_reason=types.FinishReason(reason))]) == [Blocked(reason)]


@pytest.mark.parametrize("reason", ["MAX_TOKENS", "CONTINUATION"])
def test_an_answer_that_is_not_whole_is_truncated(reason: str) -> None:
    candidate = _candidate(types.Part(text="At"), finish_reason=types.FinishReason(reason))
    assert _read(candidates=[candidate]) == [TextDelta("At"), Finished(truncated=True)]


def test_every_reason_that_the_sdk_knows_ends_the_answer() -> None:
    for reason in types.FinishReason:
        [end] = _read(candidates=[types.Candidate(finish_reason=reason)])
        assert isinstance(end, Finished | Blocked | Failed)


def test_an_end_that_is_a_fault_says_which() -> None:
    reason = types.FinishReason.MALFORMED_RESPONSE
    assert _read(candidates=[types.Candidate(finish_reason=reason, finish_message="Oops.")]) == [
        Failed(Complaint(codes=("MALFORMED_RESPONSE",), message="Oops."))
    ]


def test_an_error_inside_the_stream_keeps_its_status() -> None:
    [failed] = api.read_event({"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}})
    assert isinstance(failed, Failed)
    assert (failed.complaint.implied_status, failed.complaint.codes) == (503, ("UNAVAILABLE",))


@pytest.mark.parametrize(
    ("status", "error", "meaning"),
    [
        (400, {"message": "API key not valid. Please pass a valid API key."}, ProviderDisabled),
        (400, {"message": "API key expired. Please renew the API key."}, ProviderDisabled),
        (400, {"message": "Request payload size exceeds the limit: 20971520 bytes."}, PromptTooLong),
        (400, {"message": "Invalid value at 'contents'."}, None),
        (403, {"status": "PERMISSION_DENIED", "message": "Your project is suspended."}, ProviderDisabled),
        (404, {"status": "NOT_FOUND", "message": "models/x is not found"}, None),
        (429, {"status": "RESOURCE_EXHAUSTED", "message": "Quota exceeded."}, None),
    ],
)
def test_only_what_gemini_alone_says_is_diagnosed_here(
    status: int, error: dict[str, str], meaning: type[ProviderError] | None
) -> None:
    body = {"error": {"code": status, "status": "INVALID_ARGUMENT", **error}}
    assert api.diagnose(status, Complaint.read(body)) is meaning
