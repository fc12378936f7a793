"""The fake chat providers, checked with the vendors' own SDKs: what those understand is the real protocol."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import anthropic
import httpx
import openai
import pytest
from google.genai import errors as genai_errors

from tests.fakes import chat_faults as faults
from tests.fakes.anthropic_server import AnthropicServer
from tests.fakes.chat_bill import Prices, Usage
from tests.fakes.chat_script import Latency, Why
from tests.fakes.chat_server import answer_from_passages
from tests.fakes.embedding_server import Reply
from tests.fakes.gemini_server import GeminiServer
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.vendor_sdks import (
    ANSWER,
    LONG_PROMPT,
    AnthropicSdk,
    ChatSdk,
    GeminiSdk,
    Heard,
    ResponsesSdk,
    Sdk,
    opened,
)

BROKEN_OFF = r"(?i)chunked read|connection|^$"  # a reset has no words
PRICES = Prices(Decimal(2), Decimal(10), cached=Decimal("0.1"), written=Decimal("2.5"), written_long=Decimal(4))

SDKS = {"responses": ResponsesSdk, "chat": ChatSdk, "anthropic": AnthropicSdk, "gemini": GeminiSdk}
Ask = Callable[..., Any]


@pytest.fixture(params=SDKS)
async def sdk(request: pytest.FixtureRequest) -> AsyncIterator[Sdk]:
    async with opened(SDKS[request.param]) as ready:
        yield ready


@pytest.fixture(params=["plain", "streamed"])
def ask(request: pytest.FixtureRequest, sdk: Sdk) -> Ask:
    return getattr(sdk, request.param)


class TestAnswers:
    async def test_an_answer_repeats_the_first_passage_and_says_who_wrote_it(self, sdk: Sdk, ask: Ask) -> None:
        heard = await ask()

        assert heard.text == ANSWER
        assert heard.model == sdk.model
        assert heard.tier in {"default", "standard"}
        assert heard.end in {"completed", "stop", "end_turn", "STOP"}

    async def test_the_test_can_say_what_is_answered(self, sdk: Sdk, ask: Ask) -> None:
        sdk.server.answer = lambda prompt: f"“{prompt[-13:]}” – 50 % \\ \x1f"

        heard = await ask("What is what?")

        assert heard.text.endswith("” – 50 % \\ \x1f")

    async def test_a_stream_comes_in_pieces_of_a_token(self, sdk: Sdk) -> None:
        deltas = [delta async for delta in sdk.deltas(Heard())]

        assert [delta for delta in deltas if delta] == [ANSWER[start : start + 4] for start in range(0, len(ANSWER), 4)]

    @pytest.mark.parametrize(
        ("prompt", "answer"),
        [
            (
                'Be brief. Cite like [1].\n\n<passage n="1" title="T">\n# T\n\nUse v1.2 of it. Or not.',
                "Use v1.2 of it.",
            ),
            ("[1] handbook.md\nNo end here", None),
            ("What then?", None),
        ],
    )
    def test_the_first_sentence_is_found_past_titles(self, prompt: str, answer: str | None) -> None:
        assert answer_from_passages(prompt) == (f"{answer} [1]" if answer else "The passages do not say.")

    @pytest.mark.parametrize(
        ("kind", "told"),
        [
            (ResponsesSdk, ["response.created", "response.in_progress", *["response.output_item.added"] * 2]),
            (AnthropicSdk, ["message_start", *["content_block_start", "content_block_stop"] * 2]),
        ],
    )
    async def test_events_come_in_the_vendors_order(self, kind: type[Sdk], told: list[str]) -> None:
        async with opened(kind) as sdk:
            sdk.server.thinking = 7
            heard = await sdk.streamed()

        order = [name for name, _ in itertools.groupby(heard.kinds)]
        assert order[-1] in {"response.completed", "message_stop"}
        assert set(told) <= set(order)
        assert order[0] == told[0]

    async def test_the_output_limit_cuts_the_answer_and_thinking_counts_towards_it(self, sdk: Sdk, ask: Ask) -> None:
        sdk.server.thinking = 12

        heard = await ask(max_output=17)

        assert heard.text == ANSWER[:20]
        assert heard.end in {"max_output_tokens", "length", "max_tokens", "MAX_TOKENS"}
        assert (heard.usage.output, heard.usage.thinking) == (17, 12)


class TestTheBill:
    async def test_the_sdk_reads_the_same_usage_that_is_charged(self, sdk: Sdk, ask: Ask) -> None:
        sdk.server.thinking = 9
        sdk.server.cache_from_tokens = 1_024

        first, second = await ask(LONG_PROMPT), await ask(LONG_PROMPT)

        assert [first.usage, second.usage] == [charge.usage for charge in sdk.server.charges]
        assert first.usage.cached == 0
        assert second.usage.cached > 7_000
        assert second.usage.written == second.usage.written_long == 0
        assert first.usage.output == second.usage.output == 9 + 11

    async def test_a_short_prompt_is_not_kept(self, sdk: Sdk) -> None:
        usages = [(await sdk.plain()).usage, (await sdk.plain()).usage]

        assert all(usage and usage.cached == usage.written == usage.written_long == 0 for usage in usages)

    async def test_the_bill_is_each_kind_of_token_at_its_price(self, sdk: Sdk) -> None:
        sdk.server.prices[sdk.model] = PRICES
        usages = [(await sdk.plain(LONG_PROMPT)).usage, (await sdk.streamed(LONG_PROMPT)).usage]

        owed = sum(
            (usage.input - usage.cached - usage.written - usage.written_long) * 2
            + usage.cached * Decimal("0.1")
            + usage.written * Decimal("2.5")
            + usage.written_long * 4
            + usage.output * 10
            for usage in usages
            if usage is not None
        )
        assert sdk.server.bill_micro_usd == owed

    def test_a_long_prompt_costs_more_as_a_whole(self) -> None:
        prices = Prices(Decimal(1), Decimal(2), long_over=100, long=Prices(Decimal(3), Decimal(4)))

        assert [prices.micro_usd(Usage(tokens, 10, cached=50)) for tokens in (100, 101)] == [120, 343]

    async def test_another_tier_is_told_and_charged(self, sdk: Sdk, ask: Ask) -> None:
        sdk.server.prices[sdk.model] = PRICES
        ordinary = await ask()
        sdk.server.faults.append(faults.Retiered("batch" if isinstance(sdk, AnthropicSdk) else "flex"))

        heard = await ask()

        assert heard.tier in {"batch", "flex"}
        assert ordinary.tier != heard.tier
        first, second = (charge.micro_usd(PRICES, sdk.server.tier_factors) for charge in list(sdk.server.charges))
        assert second == first / 2

    async def test_another_model_is_told_and_charged(self, sdk: Sdk, ask: Ask) -> None:
        sdk.server.faults.append(faults.Renamed("another-model"))

        assert (await ask()).model == "another-model"
        assert sdk.server.charges[0].model == "another-model"

    async def test_usage_that_is_not_told_is_charged_all_the_same(self, sdk: Sdk) -> None:
        async with opened(type(sdk), strict=False) as loose:
            loose.server.faults.extend([faults.Uncounted(), faults.Uncounted()])
            heard = [await loose.plain(), await loose.streamed()]

            assert [answer.text for answer in heard] == [ANSWER, ANSWER]
            assert [answer.usage for answer in heard] == [None, None]
            assert [charge.usage.output for charge in loose.server.charges] == [11, 11]

    async def test_what_was_said_before_a_cut_is_charged(self, sdk: Sdk) -> None:
        sdk.server.thinking = 5
        sdk.server.faults.extend([faults.Cut(3, reset=False), faults.Cut(0), faults.Cut()])

        for _ in range(3):
            with pytest.raises(Exception, match=BROKEN_OFF):
                await sdk.streamed()

        assert [charge.usage.output for charge in sdk.server.charges if charge.usage.output] == [5 + 3] + (
            [5] if isinstance(sdk, AnthropicSdk) else []  # which has its thoughts told
        )
        assert len(sdk.server.charges) == 2
        assert all(charge.usage.input for charge in sdk.server.charges)


REFUSALS: dict[Why, tuple[tuple[int, str], tuple[int, str], tuple[int, str]]] = {
    "bad_request": ((400, "invalid_value"), (400, "invalid_request_error"), (400, "INVALID_ARGUMENT")),
    "bad_key": ((401, "invalid_api_key"), (401, "authentication_error"), (400, "API_KEY_INVALID")),
    "forbidden": ((403, "model_not_available"), (403, "permission_error"), (403, "PERMISSION_DENIED")),
    "wrong_region": ((403, "unsupported_country"), (403, "permission_error"), (400, "FAILED_PRECONDITION")),
    "unknown_model": ((404, "model_not_found"), (404, "not_found_error"), (404, "NOT_FOUND")),
    "prompt_too_long": ((400, "context_length_exceeded"), (400, "prompt is too long"), (400, "exceeds the maximum")),
    "too_large": ((413, "too large"), (413, "request_too_large"), (400, "payload size")),
    "rate_limited": ((429, "rate_limit_exceeded"), (429, "rate_limit_error"), (429, "RequestsPerMinute")),
    "daily_quota": ((429, "rate_limit_exceeded"), (429, "ramp_limit_exceeded"), (429, "RequestsPerDay")),
    "out_of_money": ((429, "insufficient_quota"), (402, "billing_error"), (400, "FAILED_PRECONDITION")),
    "spend_limit": ((429, "project_spend_limit"), (429, "enforced_spend_limit_reached"), (429, "Spend")),
    "usage_limit": ((429, "organization_usage_limit"), (400, "API usage limits"), (429, "Spend")),
    "server_error": ((500, "server_error"), (500, "api_error"), (500, "INTERNAL")),
    "unavailable": ((503, "server_error"), (503, "api_error"), (503, "UNAVAILABLE")),
    "overloaded": ((503, "server_is_overloaded"), (529, "overloaded_error"), (503, "UNAVAILABLE")),
    "timed_out": ((504, "server_error"), (504, "timeout_error"), (504, "DEADLINE_EXCEEDED")),
}


class TestRefusals:
    @pytest.mark.parametrize("why", REFUSALS)
    async def test_each_refusal_has_the_vendors_status_and_words(self, sdk: Sdk, why: Why) -> None:
        status, words = REFUSALS[why][(OpenAIServer, AnthropicServer, GeminiServer).index(sdk.server_class)]
        sdk.server.faults.append(faults.Refused(why))

        with pytest.raises(sdk.status_error) as refused:
            await sdk.streamed()

        assert _status(refused.value) == status
        assert words in f"{refused.value} {getattr(refused.value, 'body', '')}"
        assert sdk.server.charges == []

    async def test_a_wait_stands_where_the_vendor_puts_it(self, sdk: Sdk) -> None:
        sdk.server.faults.append(faults.Refused("rate_limited", retry_after_s=1.5))

        with pytest.raises(sdk.status_error) as refused:
            await sdk.plain()

        if isinstance(refused.value, genai_errors.APIError):
            assert {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"} in refused.value.details[
                "error"
            ]["details"]
        else:
            assert isinstance(refused.value, openai.RateLimitError | anthropic.RateLimitError)
            assert refused.value.response.headers["retry-after"] == "2"

    async def test_no_wait_is_named_unasked(self, sdk: Sdk) -> None:
        sdk.server.faults.append(faults.Refused("rate_limited"))

        with pytest.raises(sdk.status_error) as refused:
            await sdk.plain()

        assert "retry-after" not in refused.value.response.headers  # type: ignore[attr-defined]
        assert "retryDelay" not in str(refused.value)

    async def test_a_wrong_key_is_refused_and_several_are_taken(self, sdk: Sdk) -> None:
        sdk.server.keys.add("second-key")
        stranger, second = (type(sdk)(sdk.server, key=key) for key in ("sk-wrong-key-1234", "second-key"))

        with pytest.raises(sdk.status_error, match=r"(?i)key"):
            await stranger.plain()
        assert (await second.plain()).text == ANSWER
        assert [call.key for call in sdk.server.calls] == ["sk-wrong-key-1234", "second-key"]
        await stranger.close()
        await second.close()

    async def test_an_unknown_model_is_not_found(self, sdk: Sdk) -> None:
        with pytest.raises(sdk.status_error) as refused:
            await sdk.plain(**{"model": "no-such-model"} if not isinstance(sdk, GeminiSdk) else _renamed(sdk))

        assert _status(refused.value) == 404

    async def test_a_prompt_longer_than_the_window_is_refused(self, sdk: Sdk) -> None:
        sdk.server.context_tokens = 10

        with pytest.raises(sdk.status_error, match=r"context window|prompt is too long|token count"):
            await sdk.plain()

    async def test_what_always_goes_wrong_may_depend_on_the_request(self, sdk: Sdk) -> None:
        sdk.server.always = lambda call: faults.Refused("overloaded") if call.model == sdk.model else None
        with pytest.raises(sdk.status_error):
            await sdk.plain()

        sdk.server.always = faults.Answered(Reply(502, "<h1>Bad gateway</h1>", {"content-type": "text/html"}))
        sdk.server.faults.append(faults.Fault())
        assert (await sdk.plain()).text == ANSWER
        with pytest.raises(sdk.status_error) as refused:
            await sdk.plain()
        assert _status(refused.value) == 502


def _renamed(sdk: Sdk) -> dict[str, Any]:
    sdk.model = "no-such-model"  # type: ignore[misc]
    return {}


def _status(error: Any) -> int:
    return int(getattr(error, "status_code", None) or error.code)


class TestBrokenAnswers:
    @pytest.mark.parametrize("fault", [faults.Cut(), faults.Cut(0), faults.Cut(3), faults.Cut(3, reset=False)])
    async def test_a_cut_stream_raises(self, sdk: Sdk, fault: faults.Fault) -> None:
        sdk.server.faults.append(fault)

        with pytest.raises(Exception, match=BROKEN_OFF):
            await sdk.streamed()

    @pytest.mark.parametrize("fault", [faults.Cut(), faults.Cut(0), faults.Cut(1, reset=False)])
    async def test_a_cut_body_raises(self, sdk: Sdk, fault: faults.Fault) -> None:
        sdk.server.faults.append(fault)

        with pytest.raises(Exception, match=BROKEN_OFF):
            await sdk.plain()

    async def test_an_orderly_cut_lets_through_what_was_said(self, sdk: Sdk) -> None:
        sdk.server.faults.append(faults.Cut(3, reset=False))
        heard = Heard()

        with pytest.raises(Exception, match=BROKEN_OFF):
            await sdk.streamed(heard=heard)

        assert heard.text == ANSWER[:12]

    async def test_an_error_in_a_stream_raises(self, sdk: Sdk) -> None:
        sdk.server.faults.append(faults.ErrorEvent(2))
        heard = Heard()

        with pytest.raises((openai.APIError, anthropic.APIError, genai_errors.APIError), match=r"(?i)overloaded"):
            await sdk.streamed(heard=heard)

        assert heard.text == ANSWER[:8]

    @pytest.mark.parametrize(
        "fault", [faults.ErrorBody(), faults.ErrorEvent(), faults.Failed(), faults.Malformed(), faults.Silent()]
    )
    async def test_a_body_that_is_no_answer_gives_the_sdk_no_text(self, sdk: Sdk, fault: faults.Fault) -> None:
        sdk.server.faults.append(fault)

        try:
            heard = await sdk.plain()
        except (openai.APIError, anthropic.APIError, ValueError, genai_errors.UnknownApiResponseError):
            return
        assert not heard.text

    async def test_responses_tell_of_their_own_failure(self) -> None:
        async with opened(ResponsesSdk) as sdk:
            sdk.server.faults.extend([faults.Failed(2), faults.Failed()])
            heard, plain = await sdk.streamed(), await sdk.plain()

            assert (heard.text, heard.end, heard.kinds[-1]) == (ANSWER[:8], "failed", "response.failed")
            assert heard.usage == sdk.server.charges[0].usage
            assert (plain.text, plain.end) == ("", "failed")

    async def test_a_malformed_event_raises(self, sdk: Sdk) -> None:
        sdk.server.faults.append(faults.Malformed(2))

        with pytest.raises((ValueError, genai_errors.UnknownApiResponseError)):
            await sdk.streamed()

    async def test_a_stream_may_end_without_its_end(self, sdk: Sdk) -> None:
        sdk.server.faults.append(faults.Unended({AnthropicSdk: 2, ChatSdk: 3}.get(type(sdk), 1)))

        heard = await sdk.streamed()

        assert heard.text == ANSWER
        assert heard.end is None

    async def test_an_empty_stream_has_nothing_in_it(self, sdk: Sdk) -> None:
        sdk.server.faults.append(faults.Silent())

        assert await sdk.streamed() == Heard()

    async def test_an_answer_may_have_no_words(self, sdk: Sdk, ask: Ask) -> None:
        sdk.server.faults.append(faults.Wordless())

        heard = await ask()

        assert heard.text == ""
        assert heard.end in {"completed", "stop", "end_turn", "STOP"}
        assert heard.usage.output == 0

    async def test_noise_is_overlooked(self, sdk: Sdk) -> None:
        async with opened(type(sdk), strict=False) as loose:
            loose.server.faults.append(faults.Noisy())

            assert (await loose.streamed()).text == ANSWER

    async def test_bytes_may_come_one_by_one(self, sdk: Sdk, ask: Ask) -> None:
        sdk.server.answer = lambda prompt: f"Férias – {len(prompt)} ✓"
        sdk.server.faults.append(faults.Shredded())

        assert (await ask()).text.endswith(" ✓")

    async def test_a_model_may_refuse(self, sdk: Sdk, ask: Ask) -> None:
        sdk.server.faults.extend([faults.ContentRefused(), faults.ContentRefused(2)])

        refused, filtered = await ask(), await ask()

        assert refused.text == ""
        assert refused.end in {"completed", "stop", "refusal", "SAFETY"}
        assert filtered.text == ANSWER[:8]
        assert filtered.end in {"content_filter", "refusal", "SAFETY"}

    async def test_an_answer_may_be_truncated_or_end_in_the_vendors_own_words(self, sdk: Sdk, ask: Ask) -> None:
        words = {ResponsesSdk: "max_messages", ChatSdk: "tool_calls", AnthropicSdk: "pause_turn"}.get(type(sdk), "SPII")
        sdk.server.faults.extend([faults.Truncated(2), faults.Ended(words, 1)])

        truncated, ended = await ask(), await ask()

        assert truncated.text == ANSWER[:8]
        assert truncated.end in {"max_output_tokens", "length", "max_tokens", "MAX_TOKENS"}
        assert (ended.text, ended.end) == (ANSWER[:4], words)


class TestTime:
    async def test_a_client_that_goes_away_is_seen_and_charged_for_what_it_got(self, sdk: Sdk) -> None:
        sdk.server.faults.append(faults.Hang(4))
        said = asyncio.Event()

        async def listen() -> None:
            text = ""
            async for delta in sdk.deltas(Heard()):
                text += delta
                if text == ANSWER[:16]:
                    said.set()

        listening = asyncio.create_task(listen())
        await said.wait()
        assert (sdk.server.in_flight, sdk.server.disconnections) == (1, 0)
        listening.cancel()
        await asyncio.wait([listening])
        await sdk.server.disconnected.wait()

        assert (sdk.server.in_flight, sdk.server.disconnections) == (0, 1)
        assert sdk.server.charges[0].usage.output == 4

    async def test_answers_can_be_held_until_the_test_lets_them_go(self, sdk: Sdk, ask: Ask) -> None:
        gate = asyncio.Event()
        sdk.server.always = faults.Hang(until=gate)

        asked = [asyncio.create_task(ask()) for _ in range(3)]
        while sdk.server.in_flight < 3:
            await sdk.server.called.wait()
            await asyncio.sleep(0)
        gate.set()

        assert [heard.text for heard in await asyncio.gather(*asked)] == [ANSWER] * 3
        assert sdk.server.most_in_flight == 3

    async def test_latency_and_dripping_change_nothing_but_the_time(self, sdk: Sdk, ask: Ask) -> None:
        sdk.server.latency = Latency(first_token_s=0.001, per_token_s=0.0001)
        sdk.server.faults.append(faults.Drip(0.0001))

        assert [(await ask()).text, (await ask()).text] == [ANSWER, ANSWER]

    async def test_a_connection_serves_many_requests(self) -> None:
        async with AnthropicServer() as server, httpx.AsyncClient(base_url=server.url) as client:
            for _ in range(3):
                assert (await client.post("/v1/messages", json={})).status_code == 401
            assert len(server._connections) == 1

    async def test_a_bug_in_a_fake_is_not_kept_secret(self) -> None:
        server = await OpenAIServer().__aenter__()
        server.answer = lambda prompt: str(len(prompt) // 0)
        sdk = ChatSdk(server)
        with pytest.raises(openai.APIConnectionError):
            await sdk.plain()
        await sdk.close()

        with pytest.raises(ZeroDivisionError):
            await server.__aexit__()


@pytest.mark.parametrize("name", ["openai_server", "anthropic_server", "gemini_server"])
async def test_each_is_a_program_that_prints_its_url_and_serves(name: str) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.fakes.{name}", "--latency", "0.001", stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    try:
        url = (await program.stdout.readline()).decode().strip()
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/v2")).status_code == 404
    finally:
        program.kill()
        await program.communicate()
