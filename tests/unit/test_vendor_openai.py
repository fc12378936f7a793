"""OpenAI's chat endpoints against the types of its own SDK, and what compatible servers do differently."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses import Response, ResponseCompletedEvent, ResponseErrorEvent, ResponseFailedEvent
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from openai.types.responses.response_created_event import ResponseCreatedEvent
from openai.types.responses.response_incomplete_event import ResponseIncompleteEvent
from openai.types.responses.response_refusal_done_event import ResponseRefusalDoneEvent
from openai.types.responses.response_text_delta_event import ResponseTextDeltaEvent
from pydantic import TypeAdapter

from rag.errors import ContentRefused, PromptTooLong, ProviderDisabled, ProviderError
from rag.model import TokenUsage, Turn
from rag.ports import Metered, Prompt, TextDelta
from rag.providers.chat import Blocked, Failed, Finished
from rag.providers.failures import Complaint
from rag.providers.openai import ChatCompletions, Responses
from rag.providers.options import ModelOptions

_HISTORY = (Turn("user", "Hello"), Turn("assistant", "Hi"))
_PROMPT = Prompt("Be exact.", ("[1] Deploys run at noon.",), _HISTORY, "When?")
_USAGE = {
    "input_tokens": 2_000,
    "input_tokens_details": {"cached_tokens": 1_024, "cache_write_tokens": 512},
    "output_tokens": 300,
    "output_tokens_details": {"reasoning_tokens": 250},
    "total_tokens": 2_300,
}
_SAID = {"type": "output_text", "text": "At noon.", "annotations": []}
_REFUSED = {"type": "refusal", "refusal": "I cannot."}

responses = Responses(ModelOptions(model="gpt-6.1-terra", effort="low"))
chat = ChatCompletions(ModelOptions(model="openai/gpt-oss-20b"))


def _conforms(payload: Any, params: Any) -> bool:
    """Whether the SDK's own type accepts it; pydantic lets unknown names of a typed dictionary pass."""
    TypeAdapter(params).validate_python(payload)
    return set(payload) <= params.__required_keys__ | params.__optional_keys__


def _response(*content: dict[str, Any], **others: Any) -> Response:
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": list(content)}
    return Response.model_validate(
        {
            "id": "resp_1",
            "created_at": 0,
            "object": "response",
            "model": "gpt-6.1-terra-2026-10-26",
            "output": [message],
            "status": "completed",
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": _USAGE,
            **others,
        }
    )


def _failure(code: str) -> dict[str, Any]:
    response = _response(status="failed", error={"code": code, "message": "Sorry."})
    return ResponseFailedEvent(type="response.failed", sequence_number=1, response=response).to_dict(mode="json")


class TestResponses:
    def test_the_request_is_one_that_the_sdk_would_send(self) -> None:
        whole = responses.payload(_PROMPT, max_output_tokens=512, streaming=False)
        streamed = responses.payload(_PROMPT, max_output_tokens=512, streaming=True)
        assert _conforms(whole, ResponseCreateParamsNonStreaming)
        assert _conforms(streamed, ResponseCreateParamsStreaming)
        assert dict(streamed) == dict(whole) | {"stream": True}

    def test_the_server_is_told_to_keep_nothing_and_think_little(self) -> None:
        payload = responses.payload(_PROMPT, max_output_tokens=512, streaming=False)
        assert payload["store"] is False
        assert payload["reasoning"] == {"effort": "low"}
        assert payload["instructions"] == "Be exact."
        assert payload["max_output_tokens"] == 512

    def test_no_setting_of_the_project_makes_it_dearer_than_was_reserved(self) -> None:
        assert responses.payload(_PROMPT, max_output_tokens=512, streaming=True)["service_tier"] == "default"

    def test_prompts_with_the_same_instructions_share_a_cache(self) -> None:
        others = (Prompt("Be exact.", ("[1] Other.",), (), "Who?"), Prompt("Seja exato.", (), (), "When?"))
        key, same, other = (
            responses.payload(prompt, max_output_tokens=512, streaming=False)["prompt_cache_key"]
            for prompt in (_PROMPT, *others)
        )
        assert key == same != other

    def test_a_whole_response_of_the_sdk_is_read(self) -> None:
        assert list(responses.read(_response(_SAID, service_tier="priority").to_dict(mode="json"))) == [
            TextDelta("At noon."),
            Metered(
                TokenUsage(input=2_000, output=300, cached_input=1_024, cache_write=512, thinking=250),
                model="gpt-6.1-terra-2026-10-26",
                tier="priority",
            ),
            Finished(),
        ]

    def test_what_is_written_to_the_cache_for_half_a_day_is_told_apart(self) -> None:
        lifetimes = {"ttl_30m_tokens": 500, "ttl_12h_tokens": 12}
        details = {"cached_tokens": 0, "cache_write_tokens": 512, "cache_write_tokens_details": lifetimes}
        response = _response(_SAID, usage={**_USAGE, "input_tokens_details": details})
        [bill] = [event for event in responses.read(response.to_dict(mode="json")) if isinstance(event, Metered)]
        assert (bill.tokens.cache_write, bill.tokens.cache_write_long) == (500, 12)

    def test_the_sdks_events_are_read_and_the_repeated_text_is_not(self) -> None:
        begun = _response(status="in_progress", usage=None)
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
        events = (
            ResponseCreatedEvent(type="response.created", sequence_number=0, response=begun),
            ResponseTextDeltaEvent.model_validate(
                {**place, "type": "response.output_text.delta", "sequence_number": 1, "delta": "At noon."}
            ),
            ResponseCompletedEvent(type="response.completed", sequence_number=2, response=_response(_SAID)),
        )
        start, text, bill, end = [read for event in events for read in responses.read_event(event.to_dict(mode="json"))]
        assert start == Metered(TokenUsage(), model="gpt-6.1-terra-2026-10-26")
        assert text == TextDelta("At noon.")
        assert isinstance(bill, Metered)
        assert bill.tokens.input == 2_000
        assert end == Finished()

    @pytest.mark.parametrize(
        ("reason", "end"),
        [
            ("max_output_tokens", Finished(truncated=True)),
            ("max_messages", Finished(truncated=True)),
            ("content_filter", Blocked("content_filter")),
        ],
    )
    def test_an_incomplete_response_says_why_and_what_it_cost(self, reason: str, end: object) -> None:
        response = _response(_SAID, status="incomplete", incomplete_details={"reason": reason})
        event = ResponseIncompleteEvent(type="response.incomplete", sequence_number=9, response=response)
        bill, how = responses.read_event(event.to_dict(mode="json"))
        assert isinstance(bill, Metered)
        assert how == end

    def test_a_refusal_is_told_as_soon_as_it_is_whole_and_at_the_end(self) -> None:
        done = ResponseRefusalDoneEvent(
            type="response.refusal.done",
            sequence_number=1,
            item_id="msg_1",
            output_index=0,
            content_index=0,
            refusal="I cannot.",
        )
        assert list(responses.read_event(done.to_dict(mode="json"))) == [Blocked("refusal")]
        *_, end = responses.read(_response(_REFUSED).to_dict(mode="json"))
        assert end == Blocked("refusal")

    @pytest.mark.parametrize(("code", "status"), [("server_error", 502), ("rate_limit_exceeded", 429)])
    def test_a_failed_response_names_its_failure_and_its_cost(self, code: str, status: int) -> None:
        bill, failed = responses.read_event(_failure(code))
        assert isinstance(bill, Metered)
        assert isinstance(failed, Failed)
        assert failed.complaint.codes == (code,)
        assert failed.complaint.implied_status == status

    @pytest.mark.parametrize("code", ["invalid_prompt", "bio_policy", "misalignment_policy_violation"])
    def test_a_policy_is_a_refusal_of_the_content(self, code: str) -> None:
        _, failed = responses.read_event(_failure(code))
        assert isinstance(failed, Failed)
        assert responses.diagnose(502, failed.complaint) is ContentRefused

    def test_an_error_event_is_a_failure_flat_or_nested(self) -> None:
        flat = ResponseErrorEvent(
            type="error", sequence_number=1, code="server_is_overloaded", message="Later.", param=None
        ).to_dict(mode="json")
        nested = {"type": "error", "error": {"code": "server_is_overloaded", "message": "Later."}}
        for event in (flat, nested):
            [failed] = responses.read_event(event)
            assert isinstance(failed, Failed)
            assert failed.complaint.message == "Later."
            assert failed.complaint.codes[-1] == "server_is_overloaded"

    def test_a_cancelled_response_is_a_failure(self) -> None:
        *_, end = responses.read(_response(status="cancelled").to_dict(mode="json"))
        assert isinstance(end, Failed)


def _chunk(**choice: Any) -> dict[str, Any]:
    chunk = {"id": "c_1", "created": 0, "object": "chat.completion.chunk", "model": "gpt-oss-20b"}
    return ChatCompletionChunk.model_validate(
        {**chunk, "choices": [{"index": 0, "delta": {}, **choice}]} if choice else {**chunk, "choices": []}
    ).to_dict(mode="json")


class TestChatCompletions:
    def test_the_request_is_one_that_the_sdk_would_send(self) -> None:
        payload = chat.payload(_PROMPT, max_output_tokens=512, streaming=True)
        assert _conforms(payload, CompletionCreateParamsStreaming)
        assert payload["stream_options"] == {"include_usage": True}
        assert payload["messages"] == [
            {"role": "system", "content": "Be exact."},
            {"role": "user", "content": "[1] Deploys run at noon.\n\nHello"},
            {"role": "assistant", "content": "Hi"},
            {"role": "user", "content": "When?"},
        ]

    def test_options_of_a_stream_are_sent_with_streams_alone(self) -> None:
        assert "stream_options" not in chat.payload(_PROMPT, max_output_tokens=512, streaming=False)

    def test_effort_goes_by_the_name_that_compatible_servers_know(self) -> None:
        api = ChatCompletions(ModelOptions(model="gpt-oss:20b", effort="high"))
        assert api.payload(_PROMPT, max_output_tokens=512, streaming=True)["reasoning_effort"] == "high"

    @pytest.mark.parametrize("model", ["gpt-oss:20b", "openai/gpt-6-luna", "gpt-4o", "llama3.3", "qwen3", "olmo-2"])
    def test_most_servers_know_the_old_name_of_the_output_limit(self, model: str) -> None:
        payload = ChatCompletions(ModelOptions(model=model)).payload(_PROMPT, max_output_tokens=512, streaming=True)
        assert payload["max_tokens"] == 512
        assert "max_completion_tokens" not in payload

    @pytest.mark.parametrize("model", ["gpt-6.2-sol", "gpt-5-mini", "gpt-10", "o3", "o4-mini"])
    def test_openais_thinking_models_know_the_new_name_alone(self, model: str) -> None:
        payload = ChatCompletions(ModelOptions(model=model)).payload(_PROMPT, max_output_tokens=512, streaming=True)
        assert payload["max_completion_tokens"] == 512
        assert "max_tokens" not in payload

    def test_a_whole_completion_of_the_sdk_is_read(self) -> None:
        completion = ChatCompletion.model_validate(
            {
                "id": "c_1",
                "created": 0,
                "object": "chat.completion",
                "model": "gpt-oss-20b",
                "service_tier": "flex",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "length",
                        "logprobs": None,
                        "message": {"role": "assistant", "content": "At noon.", "refusal": None},
                    }
                ],
                "usage": {
                    "prompt_tokens": 2_000,
                    "completion_tokens": 300,
                    "total_tokens": 2_300,
                    "prompt_tokens_details": {"cached_tokens": 1_024, "cache_write_tokens": 512},
                    "completion_tokens_details": {"reasoning_tokens": 250},
                },
            }
        )
        assert list(chat.read(completion.to_dict(mode="json"))) == [
            Metered(
                TokenUsage(input=2_000, output=300, cached_input=1_024, cache_write=512, thinking=250),
                model="gpt-oss-20b",
                tier="flex",
            ),
            TextDelta("At noon."),
            Finished(truncated=True),
        ]

    def test_the_sdks_chunks_are_read(self) -> None:
        chunks = (
            _chunk(delta={"role": "assistant", "content": ""}),
            _chunk(delta={"content": "At noon."}),
            _chunk(delta={"refusal": "I cannot."}),
            _chunk(finish_reason="stop"),
            _chunk(),
        )
        assert [list(chat.read_event(chunk)) for chunk in chunks] == [
            [],
            [TextDelta("At noon.")],
            [Blocked("refusal")],
            [Finished()],
            [],
        ]

    def test_the_bill_may_come_with_text_and_the_last_word(self) -> None:
        usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
        chunk = _chunk(delta={"content": "Noon."}, finish_reason="stop") | {"usage": usage}
        assert list(chat.read_event(chunk)) == [
            Metered(TokenUsage(input=7, output=2), model="gpt-oss-20b"),
            TextDelta("Noon."),
            Finished(),
        ]

    def test_groqs_bill_and_error_stand_in_a_place_of_their_own(self) -> None:
        usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9, "queue_time": 0.01}
        bill, end = chat.read_event(_chunk(finish_reason="stop") | {"x_groq": {"id": "req_1", "usage": usage}})
        assert (bill, end) == (Metered(TokenUsage(input=7, output=2), model="gpt-oss-20b"), Finished())
        [failed] = chat.read_event(_chunk() | {"x_groq": {"error": "over capacity"}})
        assert failed == Failed(Complaint(message="over capacity"))

    def test_thinking_that_is_left_out_of_the_completion_is_billed_all_the_same(self) -> None:
        usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 59}
        [bill] = chat.read_event(_chunk() | {"usage": usage})
        assert isinstance(bill, Metered)
        assert bill.tokens.output == 52

    def test_a_bill_without_a_total_is_read_as_it_stands(self) -> None:
        [bill] = chat.read_event(_chunk() | {"usage": {"prompt_tokens": 7, "completion_tokens": 2}})
        assert bill == Metered(TokenUsage(input=7, output=2), model="gpt-oss-20b")

    def test_openrouters_error_within_a_choice_is_a_failure(self) -> None:
        error = {"code": 502, "message": "Provider disconnected."}
        [failed] = chat.read_event({"choices": [{"delta": {"content": ""}, "finish_reason": "error", "error": error}]})
        assert isinstance(failed, Failed)
        assert failed.complaint.implied_status == 502
        assert failed.complaint.message == "Provider disconnected."

    @pytest.mark.parametrize(
        ("status", "body", "meaning"),
        [
            (400, {"type": "invalid_request_error", "code": "string_above_max_length"}, PromptTooLong),
            (403, {"code": "unsupported_country_region_territory"}, ProviderDisabled),
            (
                403,
                {"code": 403, "message": "Your input was flagged", "metadata": {"reasons": ["hate"]}},
                ContentRefused,
            ),
            (403, {"code": 403, "message": "Key limit exceeded"}, ProviderDisabled),
            (403, {"code": "model_not_found"}, None),
            (429, {"type": "tokens", "code": "rate_limit_exceeded"}, None),
        ],
    )
    def test_only_what_these_servers_alone_say_is_diagnosed_here(
        self, status: int, body: dict[str, Any], meaning: type[ProviderError] | None
    ) -> None:
        assert chat.diagnose(status, Complaint.read({"error": body})) is meaning
