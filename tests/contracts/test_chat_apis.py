"""What every entry of `PROVIDERS` keeps, over samples in its vendor's form; an entry without samples fails.

The dated vendor types are in the vendors' own tests; here is what the callers rely on, whoever answers.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ProviderError
from rag.model import TokenUsage, Turn
from rag.ports import Metered, Prompt, TextDelta
from rag.providers import PROVIDERS, protocol
from rag.providers.chat import Blocked, ChatApi, ChatEvent, Failed, Finished
from rag.providers.failures import Complaint
from rag.providers.options import ModelOptions

_KEY = "key-0123456789abcdef"
_PROMPT = Prompt(
    instructions="Answer from the passages.",
    passages=("[1] Deploys run at noon.", "[2] Ask Ana."),
    history=(Turn("user", "Who are you?"), Turn("assistant", "The team's bot.")),
    question="When do deploys run?",
)
_FOREIGN_FORM = (AttributeError, IndexError, KeyError, TypeError, ValueError)

Json = dict[str, Any]


@dataclass(frozen=True)
class Samples:
    """One answer, `At noon [1].`, with 120 tokens in, 100 of them cached, and 9 out, 4 of them thinking.

    Attributes:
        whole: As it comes in one piece.
        stream: As it comes bit by bit, thoughts and pings included.
        truncated, blocked, failed: Streams of one event, which ends the answer otherwise; `failed` has HTTP status 429
            or a word for it.
        unknown: An event of a form that the vendor has not invented yet.
    """

    whole: Json
    stream: tuple[Json, ...]
    truncated: Json
    blocked: Json
    failed: Json
    unknown: Json


def _response(**others: object) -> Json:
    return {
        "id": "resp_1",
        "object": "response",
        "model": "m-2",
        "status": "completed",
        "service_tier": "default",
        "error": None,
        "incomplete_details": None,
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"type": "message", "content": [{"type": "output_text", "text": "At noon [1].", "annotations": []}]},
        ],
        "usage": {
            "input_tokens": 120,
            "input_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 0},
            "output_tokens": 9,
            "output_tokens_details": {"reasoning_tokens": 4},
            "total_tokens": 129,
        },
        **others,
    }


def _responses() -> Samples:
    created = _response(status="in_progress", output=[], usage=None)
    incomplete = {"max_output_tokens": {"reason": "max_output_tokens"}, "content_filter": {"reason": "content_filter"}}
    ended = {
        reason: {"type": "response.incomplete", "response": _response(status="incomplete", incomplete_details=details)}
        for reason, details in incomplete.items()
    }
    return Samples(
        whole=_response(),
        stream=(
            {"type": "response.created", "response": created},
            {"type": "response.reasoning_text.delta", "delta": "Hm."},
            {"type": "response.output_text.delta", "delta": "At noon"},
            {"type": "response.output_text.delta", "delta": " [1]."},
            {"type": "response.output_text.done", "text": "At noon [1]."},
            {"type": "response.completed", "response": _response()},
        ),
        truncated=ended["max_output_tokens"],
        blocked=ended["content_filter"],
        failed={"type": "error", "code": "rate_limit_exceeded", "message": "Slow down.", "param": None},
        unknown={"type": "response.brand_new.delta", "delta": "?"},
    )


def _chunk(*choices: Json, **others: object) -> Json:
    return {"id": "c_1", "object": "chat.completion.chunk", "model": "m-2", "choices": list(choices), **others}


def _chat_completions() -> Samples:
    usage = {
        "prompt_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 100},
        "completion_tokens": 9,
        "completion_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 129,
    }
    message = {"role": "assistant", "content": "At noon [1].", "reasoning": "Hm.", "refusal": None}
    return Samples(
        whole=_chunk({"index": 0, "message": message, "finish_reason": "stop"}, usage=usage),
        stream=(
            _chunk({"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}),
            _chunk({"index": 0, "delta": {"reasoning_content": "Hm."}}),
            _chunk({"index": 0, "delta": {"content": "At noon"}, "finish_reason": None}, usage=None),
            _chunk({"index": 0, "delta": {"content": " [1]."}, "finish_reason": None}),
            _chunk({"index": 0, "delta": {}, "finish_reason": "stop"}),
            _chunk(usage=usage),
        ),
        truncated=_chunk({"index": 0, "delta": {}, "finish_reason": "length"}),
        blocked=_chunk({"index": 0, "delta": {}, "finish_reason": "content_filter"}),
        failed={"error": {"code": 429, "message": "Slow down."}, "choices": [{"delta": {}, "finish_reason": "error"}]},
        unknown={"object": "brand.new", "text": "?"},
    )


def _messages() -> Samples:
    usage = {
        "input_tokens": 20,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 100,
        "output_tokens": 9,
        "output_tokens_details": {"thinking_tokens": 4},
    }
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m-2",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "At noon [1]."}],
        "stop_reason": "end_turn",
        "usage": {**usage, "service_tier": "standard"},
    }
    begun = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    return Samples(
        whole=message,
        stream=(
            {"type": "message_start", "message": begun},
            {"type": "ping"},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
            {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "At noon"}},
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": " [1]."}},
            {"type": "content_block_stop", "index": 1},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
            {"type": "message_stop"},
        ),
        truncated={"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": usage},
        blocked={"type": "message_delta", "delta": {"stop_reason": "refusal"}, "usage": usage},
        failed={"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down."}},
        unknown={"type": "brand_new", "text": "?"},
    )


def _generated(*parts: Json, reason: str | None = None, **usage: int) -> Json:
    return {
        "candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": reason, "index": 0}],
        "usageMetadata": {"promptTokenCount": 120, "cachedContentTokenCount": 100, **usage},
        "modelVersion": "m-2",
    }


def _generate_content() -> Samples:
    thought = {"text": "Hm.", "thought": True}
    return Samples(
        whole=_generated(
            thought, {"text": "At noon [1]."}, reason="STOP", candidatesTokenCount=5, thoughtsTokenCount=4
        ),
        stream=(
            _generated(thought, thoughtsTokenCount=4),
            _generated({"text": "At noon"}, thoughtsTokenCount=4, candidatesTokenCount=2),
            _generated({"text": " [1]."}, reason="STOP", thoughtsTokenCount=4, candidatesTokenCount=5),
        ),
        truncated=_generated(reason="MAX_TOKENS"),
        blocked={"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 120}},
        failed={"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED"}},
        unknown={"brandNew": {"text": "?"}},
    )


SAMPLES: Mapping[str, Samples] = {
    "openai": _responses(),
    "openai_compatible": _chat_completions(),
    "anthropic": _messages(),
    "gemini": _generate_content(),
}
_CASES = st.sampled_from(
    [
        (kind, event)
        for kind, samples in SAMPLES.items()
        for event in (samples.whole, *samples.stream, samples.truncated, samples.blocked, samples.failed)
    ]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.fixture(params=sorted(PROVIDERS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def samples(kind: str) -> Samples:
    return SAMPLES[kind]


@pytest.fixture
def api(kind: str) -> ChatApi:
    return _api(kind)


def _api(kind: str, **options: str) -> ChatApi:
    return protocol(kind)(ModelOptions(**{"model": "m-1", **options}))


def _read(api: ChatApi, stream: Iterable[Json]) -> list[ChatEvent]:
    return [read for event in stream for read in api.read_event(event)]


def _text(events: Iterable[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def _bill(events: Iterable[ChatEvent]) -> Json:
    """All figures and names known at the end; later ones replace earlier ones."""
    bills = [event for event in events if isinstance(event, Metered)]
    told = [asdict(bill.tokens) | {"model": bill.model, "tier": bill.tier} for bill in bills]
    return {name: figure for figures in told for name, figure in figures.items() if figure is not None}


def test_every_provider_has_samples() -> None:
    assert set(SAMPLES) == set(PROVIDERS)


def test_nothing_heavy_is_loaded_to_speak_a_protocol(kind: str) -> None:
    program = (
        f"import sys; from rag.providers import protocol; protocol({kind!r});"
        "print({'openai', 'anthropic', 'google', 'pydantic', 'lancedb'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "set()"


def test_a_whole_answer_is_text_bill_and_end(api: ChatApi, samples: Samples) -> None:
    events = list(api.read(samples.whole))
    assert _text(events) == "At noon [1]."
    expected = {"model": "m-2", "input": 120, "cached_input": 100, "output": 9, "thinking": 4, "estimated": False}
    bill = _bill(events)
    assert bill | expected == bill
    assert "tier" not in bill
    assert [event for event in events if not isinstance(event, TextDelta | Metered)] == [Finished()]


def test_a_stream_says_the_same_as_the_whole(api: ChatApi, samples: Samples) -> None:
    streamed, whole = _read(api, samples.stream), list(api.read(samples.whole))
    assert _text(streamed) == _text(whole)
    assert _bill(streamed) == _bill(whole)
    assert [event for event in streamed if isinstance(event, Finished)] == [Finished()]


def test_thinking_is_a_sign_of_life_and_text_comes_bit_by_bit_before_the_end(api: ChatApi, samples: Samples) -> None:
    events = _read(api, samples.stream)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["", "At noon", " [1]."]
    assert not _text(events[events.index(Finished()) :])


def test_a_cut_stream_has_no_end(api: ChatApi, samples: Samples) -> None:
    before_the_end = [event for event in samples.stream if Finished() not in _read(api, [event])]
    assert _text(_read(api, before_the_end)).startswith("At noon")
    assert len(before_the_end) == len(samples.stream) - 1


def test_the_output_limit_is_told_apart(api: ChatApi, samples: Samples) -> None:
    assert Finished(truncated=True) in _read(api, [samples.truncated])


def test_a_refusal_is_no_answer(api: ChatApi, samples: Samples) -> None:
    events = _read(api, [samples.blocked])
    assert [type(event) for event in events if not isinstance(event, Metered)] == [Blocked]


def test_a_failure_inside_the_stream_keeps_its_words(api: ChatApi, samples: Samples) -> None:
    [failed] = _read(api, [samples.failed])
    assert isinstance(failed, Failed)
    assert failed.complaint.message == "Slow down."
    assert (failed.status or failed.complaint.implied_status) == 429


def test_unknown_events_are_nothing(api: ChatApi, samples: Samples) -> None:
    assert _read(api, [samples.unknown, {}]) == []


def test_the_request_tells_the_model_everything_in_order(api: ChatApi) -> None:
    payload = api.payload(_PROMPT, max_output_tokens=512, streaming=False)
    request = api.path(streaming=False) + json.dumps(payload)
    told = ("Answer from the passages.", "Deploys run at noon.", "Ask Ana.", "Who are you?", "The team's bot.")
    assert "m-1" in request
    assert "512" in request
    assert all(words in request for words in told)
    dialogue = [request.index(words) for words in (*told[1:], "When do deploys run?")]
    assert dialogue == sorted(dialogue)


def test_a_stream_is_asked_for_when_it_is_wanted(api: ChatApi) -> None:
    streamed, whole = (
        (api.path(streaming=streaming), api.payload(_PROMPT, max_output_tokens=512, streaming=streaming))
        for streaming in (True, False)
    )
    assert streamed != whole


def test_only_what_was_configured_is_asked_of_thinking_and_nothing_of_sampling(kind: str) -> None:
    told, untold = (
        json.dumps(_api(kind, **options).payload(_PROMPT, max_output_tokens=512, streaming=True))
        for options in ({"effort": "xhigh"}, {})
    )
    assert "xhigh" in told
    assert "xhigh" not in untold
    for parameter in ("effort", "thinking", "temperature", "top_p", "topP", "top_k", "topK"):
        assert f'"{parameter}' not in untold


def test_the_key_goes_into_a_header_alone(api: ChatApi) -> None:
    assert any(_KEY in value for value in api.headers(_KEY).values())
    assert not any(value.endswith((" ", ":")) or not value for value in api.headers("").values())
    assert len(api.headers("")) == len(api.headers(_KEY)) - 1


def test_where_it_is_served_is_known_or_asked_for(kind: str, api: ChatApi) -> None:
    assert api.official_url.startswith("https://") == (kind != "openai_compatible")
    assert not api.official_url.endswith("/")
    assert api.path(streaming=True).startswith("/")
    assert api.needs_key == bool(api.official_url)
    assert api.token_margin >= 1.2


def test_an_empty_complaint_means_what_its_status_says(api: ChatApi) -> None:
    assert {api.diagnose(status, Complaint()) for status in range(400, 600)} == {None}


@given(_CASES, st.data())
def test_what_is_not_in_the_vendors_form_is_refused_or_read_as_nothing_wrong(
    case: tuple[str, Json], data: st.DataObject
) -> None:
    kind, event = case
    spoilt = copy.deepcopy(event)
    holder, place = data.draw(st.sampled_from(list(_places(spoilt))))
    holder[place] = data.draw(_JSON)
    try:
        events = [*_api(kind).read_event(spoilt), *_api(kind).read(spoilt)]
    except _FOREIGN_FORM:
        return
    for read in events:
        assert not isinstance(read, TextDelta) or isinstance(read.text, str)
        assert not isinstance(read, Metered) or _bookable(read)
        assert not isinstance(read, Failed) or _diagnosable(kind, read)


def _places(json_value: Any) -> Iterator[tuple[Any, Any]]:
    keys = (
        json_value if isinstance(json_value, dict) else range(len(json_value)) if isinstance(json_value, list) else ()
    )
    for key in keys:
        yield json_value, key
        yield from _places(json_value[key])


def _bookable(bill: Metered) -> bool:
    figures = [getattr(bill.tokens, field) for field in TokenUsage.__dataclass_fields__]
    words = (bill.model, bill.tier)
    return all(figure is None or (isinstance(figure, int) and figure >= 0) for figure in figures) and all(
        word is None or isinstance(word, str) for word in words
    )


def _diagnosable(kind: str, failed: Failed) -> bool:
    meaning = _api(kind).diagnose(failed.complaint.implied_status, failed.complaint)
    return meaning is None or issubclass(meaning, ProviderError)
