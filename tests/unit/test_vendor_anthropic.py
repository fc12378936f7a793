"""Anthropic's chat endpoint against the types of its own SDK."""

from __future__ import annotations

from typing import Any

import pytest
from anthropic._constants import ANTHROPIC_API_VERSION
from anthropic.types import (
    Message,
    RawContentBlockDeltaEvent,
    RawContentBlockStartEvent,
    RawMessageDeltaEvent,
    RawMessageStartEvent,
    RawMessageStopEvent,
)
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from anthropic.types.shared import ErrorResponse
from pydantic import TypeAdapter

from rag.errors import PromptTooLong, ProviderDisabled, ProviderError, ProviderRefused
from rag.model import TokenUsage, Turn
from rag.ports import Metered, Prompt, TextDelta
from rag.providers.anthropic import Messages
from rag.providers.chat import Blocked, ChatEvent, Failed, Finished
from rag.providers.failures import Complaint
from rag.providers.options import ModelOptions
from rag.providers.wire import THINKING

_HISTORY = (Turn("user", "Hello"), Turn("assistant", "Hi"))
_PROMPT = Prompt("Be exact.", ("[1] Deploys run at noon.",), _HISTORY, "When?")
_USAGE = {
    "input_tokens": 76,
    "cache_creation_input_tokens": 900,
    "cache_read_input_tokens": 1_024,
    "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 400},
    "output_tokens": 300,
    "output_tokens_details": {"thinking_tokens": 250},
    "service_tier": "standard",
    "speed": "standard",
}
_TOKENS = TokenUsage(input=2_000, output=300, cached_input=1_024, cache_write=500, cache_write_long=400, thinking=250)

api = Messages(ModelOptions(model="claude-sonnet-5-5", effort="medium"))


def _message(**others: Any) -> dict[str, Any]:
    return Message.model_validate(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-5-5",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "s"},
                {"type": "text", "text": "At noon.", "citations": None},
            ],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": _USAGE,
            **others,
        }
    ).to_dict(mode="json")


def _delta(usage: dict[str, Any], **delta: Any) -> list[ChatEvent]:
    event = {"type": "message_delta", "delta": delta, "usage": usage}
    return list(api.read_event(RawMessageDeltaEvent.model_validate(event).to_dict(mode="json")))


def test_the_request_is_one_that_the_sdk_would_send() -> None:
    whole = api.payload(_PROMPT, max_output_tokens=512, streaming=False)
    streamed = api.payload(_PROMPT, max_output_tokens=512, streaming=True)
    TypeAdapter(MessageCreateParamsNonStreaming).validate_python(whole)
    TypeAdapter(MessageCreateParamsStreaming).validate_python(streamed)
    known = MessageCreateParamsStreaming.__required_keys__ | MessageCreateParamsStreaming.__optional_keys__
    assert set(streamed) <= known
    assert dict(streamed) == dict(whole) | {"stream": True}
    assert streamed["output_config"] == {"effort": "medium"}
    assert streamed["max_tokens"] == 512
    assert streamed["service_tier"] == "standard_only", "what is dearer was not reserved"


def test_roles_alternate_and_the_last_word_is_the_users() -> None:
    assert api.payload(_PROMPT, max_output_tokens=512, streaming=True)["messages"] == [
        {"role": "user", "content": "[1] Deploys run at noon.\n\nHello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "When?"},
    ]


def test_what_every_question_shares_is_cached_and_nothing_else() -> None:
    payload = api.payload(_PROMPT, max_output_tokens=512, streaming=True)
    assert payload["system"] == [{"type": "text", "text": "Be exact.", "cache_control": {"type": "ephemeral"}}]
    assert str(payload).count("cache_control") == 1


def test_without_instructions_no_empty_block_is_sent() -> None:
    prompt = Prompt("", (), (), "When?")
    assert "system" not in api.payload(prompt, max_output_tokens=512, streaming=True)


def test_the_api_version_is_the_sdks_unless_another_is_configured() -> None:
    assert api.headers("sk")["anthropic-version"] == ANTHROPIC_API_VERSION
    older = Messages(ModelOptions(model="claude-haiku-4-5", api_version="2023-06-01"))
    assert older.headers("") == {"anthropic-version": "2023-06-01"}


def test_a_whole_message_of_the_sdk_is_read() -> None:
    assert list(api.read(_message())) == [
        Metered(_TOKENS, model="claude-sonnet-5-5"),
        TextDelta("At noon."),
        Finished(),
    ]


def test_without_its_lifetime_what_is_written_to_the_cache_is_kept_for_the_default() -> None:
    bill, *_ = api.read(_message(usage={**_USAGE, "cache_creation": None}))
    assert isinstance(bill, Metered)
    assert (bill.tokens.cache_write, bill.tokens.cache_write_long) == (900, None)


def test_without_a_cache_the_input_is_what_it_says() -> None:
    bill, *_ = api.read(_message(usage={"input_tokens": 76, "output_tokens": 3}))
    assert bill == Metered(TokenUsage(input=76, output=3), model="claude-sonnet-5-5")


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ({"service_tier": "priority"}, "priority"),
        ({"service_tier": "batch", "inference_geo": "us"}, "batch+us"),
        ({"speed": "fast"}, "fast"),
        ({"speed": "fast", "inference_geo": "us"}, "fast+us"),
        ({"inference_geo": "us"}, "us"),
        ({"inference_geo": "global"}, None),
        ({"inference_geo": "not_available"}, None),
        ({"service_tier": None, "speed": None, "inference_geo": None}, None),
    ],
)
def test_what_changes_the_price_is_the_tier(price: dict[str, str | None], expected: str | None) -> None:
    bill, *_ = api.read(_message(usage={**_USAGE, **price}))
    assert isinstance(bill, Metered)
    assert bill.tier == expected


def test_the_sdks_events_are_read() -> None:
    start = {**_message(), "content": [], "stop_reason": None, "usage": {**_USAGE, "output_tokens": 1}}
    thinking = {"type": "thinking", "thinking": "Hm", "signature": ""}
    text = {"type": "text", "text": "At", "citations": None}
    events = (
        RawMessageStartEvent.model_validate({"type": "message_start", "message": start}),
        RawContentBlockStartEvent.model_validate(
            {"type": "content_block_start", "index": 0, "content_block": thinking}
        ),
        RawContentBlockDeltaEvent.model_validate(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "."}}
        ),
        RawContentBlockDeltaEvent.model_validate(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}}
        ),
        RawContentBlockStartEvent.model_validate({"type": "content_block_start", "index": 1, "content_block": text}),
        RawContentBlockDeltaEvent.model_validate(
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": " noon."}}
        ),
        RawMessageStopEvent(type="message_stop"),
    )
    first, *others = [read for event in events for read in api.read_event(event.to_dict(mode="json"))]
    assert isinstance(first, Metered)
    assert (first.model, first.tokens.input) == ("claude-sonnet-5-5", 2_000)
    assert (first.tokens.cache_write, first.tokens.cache_write_long) == (500, 400)
    assert others == [THINKING, TextDelta("At"), TextDelta(" noon.")]


def test_the_first_token_is_not_taken_for_the_whole_output() -> None:
    event = RawMessageStartEvent.model_validate({"type": "message_start", "message": _message()})
    [bill] = api.read_event(event.to_dict(mode="json"))
    assert isinstance(bill, Metered)
    assert bill.tokens.output is bill.tokens.thinking is None


def test_the_end_replaces_what_it_knows_better_and_nothing_else() -> None:
    cumulative = {
        "input_tokens": 80,
        "cache_creation_input_tokens": 900,
        "cache_read_input_tokens": 1_024,
        "output_tokens": 300,
    }
    bill, end = _delta(cumulative, stop_reason="end_turn")
    assert bill == Metered(TokenUsage(input=2_004, output=300, cached_input=1_024))
    assert end == Finished()


@pytest.mark.parametrize("inputs", [{}, {"input_tokens": 76}])
def test_half_an_input_does_not_replace_a_whole_one(inputs: dict[str, int]) -> None:
    bill, _ = _delta({**inputs, "output_tokens": 300}, stop_reason="end_turn")
    assert bill == Metered(TokenUsage(output=300))


def test_a_bill_on_the_way_is_no_end() -> None:
    assert _delta({"output_tokens": 3}, stop_reason=None) == [Metered(TokenUsage(output=3))]


@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded", "pause_turn"])
def test_an_answer_that_is_not_whole_is_truncated(reason: str) -> None:
    assert _delta({"output_tokens": 300}, stop_reason=reason)[-1] == Finished(truncated=True)


def test_a_refusal_names_its_category_where_it_has_one() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "No."}
    assert _delta({"output_tokens": 3}, stop_reason="refusal", stop_details=details)[-1] == Blocked("cyber")
    assert _delta({"output_tokens": 3}, stop_reason="refusal")[-1] == Blocked("refusal")


def test_an_error_is_a_failure_wherever_it_stands() -> None:
    error = ErrorResponse.model_validate(
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_1"}
    ).to_dict(mode="json")
    expected = [Failed(Complaint(codes=("overloaded_error",), message="Overloaded"))]
    assert list(api.read(error)) == list(api.read_event(error)) == expected


@pytest.mark.parametrize(
    ("status", "error", "meaning"),
    [
        (400, {"message": "You have reached your specified API usage limits."}, ProviderDisabled),
        (400, {"message": "Your credit balance is too low to access the Anthropic API."}, ProviderDisabled),
        (400, {"message": "No.", "details": {"error_code": "organization_on_hold"}}, ProviderDisabled),
        (400, {"message": "input length and `max_tokens` exceed context limit: 9 + 1 > 8"}, PromptTooLong),
        (403, {"type": "permission_error", "message": "No."}, ProviderDisabled),
        (409, {"type": "conflict_error", "message": "No."}, ProviderRefused),
        (429, {"message": "No.", "details": {"error_code": "enforced_spend_limit_reached"}}, ProviderDisabled),
        (429, {"message": "No.", "details": {"error_code": "contract_spend_limit_reached"}}, ProviderDisabled),
        (429, {"type": "rate_limit_error", "details": {"error_code": "ramp_limit_exceeded"}}, None),
        (529, {"type": "overloaded_error", "message": "Overloaded"}, None),
    ],
)
def test_only_what_anthropic_alone_says_is_diagnosed_here(
    status: int, error: dict[str, Any], meaning: type[ProviderError] | None
) -> None:
    body = {"type": "error", "error": {"type": "invalid_request_error", **error}}
    assert api.diagnose(status, Complaint.read(body)) is meaning
