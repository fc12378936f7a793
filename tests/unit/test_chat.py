"""One chat model over the wire, in a protocol made up for it: every fault, and what it comes to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import (
    ContentRefused,
    ModelGone,
    ProviderDisabled,
    ProviderError,
    ProviderOverloaded,
    ProviderRefused,
    ProviderUnavailable,
    UnusableAnswer,
)
from rag.model import TokenUsage
from rag.ports import AnswerEvent, AnswerRequest, Completion, Metered, Prompt, TextDelta
from rag.providers import PROVIDERS, chat_model, connect
from rag.providers.chat import Blocked, ChatEvent, ChatModel, Failed, Finished, merged
from rag.providers.failures import Complaint
from rag.providers.options import ModelOptions, ProviderOptions, Timeouts
from rag.providers.wire import text
from tests.fakes.clock import FakeClock
from tests.fakes.raw_server import END, Fault, RawServer, Script, answer, chunk, event, stream_head

_REQUEST = AnswerRequest("why?", "en", (), prompt=Prompt("be brief", ("passage",), (), "why?"), max_output_tokens=99)
_HI = event({"text": "Hi "})
_THERE = event({"text": "there"})
_BILL = event({"usage": {"input": 7, "output": 2}, "model": "acme-1-0613"})
_OVER = event({"end": "stop"})
_WHOLE = {"text": "Hi there", "usage": {"input": 7, "output": 2}, "model": "acme-1-0613", "end": "stop"}


class AcmeChat:
    """A fifth vendor: all that its file would have to bring."""

    official_url: ClassVar[str] = "http://acme.example"
    needs_key: ClassVar[bool] = True
    token_margin: ClassVar[float] = 1.0

    def __init__(self, options: ModelOptions) -> None:
        self._model = options.model

    def headers(self, api_key: str) -> Mapping[str, str]:
        return {"x-acme-key": api_key}

    def path(self, *, streaming: bool) -> str:
        return "/stream" if streaming else "/whole"

    def payload(self, prompt: Prompt, *, max_output_tokens: int, streaming: bool) -> Mapping[str, object]:
        del streaming
        return {"model": self._model, "ask": prompt.question, "max": max_output_tokens}

    def read(self, body: Mapping[str, object]) -> Iterator[ChatEvent]:
        if "end" not in body:
            raise KeyError("end")
        return self.read_event(body)

    def read_event(self, event: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if "text" in event:
            yield from text(event["text"])
        if "usage" in event:
            yield Metered(TokenUsage(**event["usage"]), event.get("model"), event.get("tier"))
        if "blocked" in event:
            yield Blocked(event["blocked"])
        if "failed" in event:
            yield Failed(Complaint((event["failed"],)), event.get("status"))
        if "end" in event:
            yield Finished(truncated=event["end"] == "length")

    def diagnose(self, status: int, complaint: Complaint) -> type[ProviderError] | None:
        del status
        return ModelGone if "acme_gone" in complaint.codes else None


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with RawServer() as server:
        yield server


Make = Callable[..., ChatModel]


@pytest.fixture
async def make(server: RawServer) -> AsyncIterator[Make]:
    clients = []

    def make(*, streaming: bool = True, **timeouts: float) -> ChatModel:
        options = ProviderOptions(
            provider="acme",
            kind="acme",
            base_url=server.url,
            api_keys=("sk-acme-0001",),
            timeouts=Timeouts(**timeouts),
            streaming=streaming,
        )
        client = connect(options, FakeClock())
        clients.append(client)
        return ChatModel(client, AcmeChat(ModelOptions(model="acme-1")), model="acme-1", streaming=streaming)

    yield make
    for client in clients:
        await client.aclose()


async def _said(model: ChatModel) -> list[AnswerEvent]:
    async with aclosing(model.stream(_REQUEST)) as events:
        return [event async for event in events]


class TestAnswers:
    async def test_text_comes_bit_by_bit_then_the_bill_then_the_end(self, make: Make, server: RawServer) -> None:
        server.scripts.append([stream_head(), _HI, _THERE, _BILL, _OVER, END])
        assert await _said(make()) == [
            TextDelta("Hi "),
            TextDelta("there"),
            Metered(TokenUsage(input=7, output=2), "acme-1-0613"),
            Completion(provider="acme", model="acme-1-0613"),
        ]
        (received,) = server.received
        assert received.path == "/stream"
        assert received.headers["x-acme-key"] == "sk-acme-0001"
        assert received.body == {"model": "acme-1", "ask": "why?", "max": 99}

    async def test_the_first_text_is_there_before_the_last(self, make: Make, server: RawServer) -> None:
        server.scripts.append([stream_head(), _HI, Fault.HANG])
        async with aclosing(make().stream(_REQUEST)) as events:
            assert await anext(events) == TextDelta("Hi ")
        await asyncio.wait_for(server.hung_up.wait(), 5)  # and whoever leaves, leaves upstream too

    @pytest.mark.parametrize("streaming", [True, False])
    async def test_a_whole_answer_is_one_piece_of_text_whether_it_was_asked_for_or_not(
        self, make: Make, server: RawServer, *, streaming: bool
    ) -> None:
        server.scripts.append([answer(200, _WHOLE)])
        assert await _said(make(streaming=streaming)) == [
            TextDelta("Hi there"),
            Metered(TokenUsage(input=7, output=2), "acme-1-0613"),
            Completion(provider="acme", model="acme-1-0613"),
        ]
        assert server.received[0].path == ("/stream" if streaming else "/whole")

    async def test_an_answer_cut_at_the_output_limit_says_so(self, make: Make, server: RawServer) -> None:
        server.scripts.append([stream_head(), _HI, event({"end": "length"}), END])
        assert (await _said(make()))[-1] == Completion(provider="acme", model="acme-1", truncated=True)

    @pytest.mark.parametrize(
        "oddity",
        [
            chunk(b": OPENROUTER PROCESSING\n\n"),
            chunk(b"data:\n\n"),
            chunk(b"event: ping\nid: 4\n\n"),
            event({"type": "ping"}),
            event({"type": "invented_tomorrow", "n": [1]}),
            event({"text": ""}),
            event({"error": None}),
        ],
    )
    async def test_what_says_nothing_is_passed_over(self, make: Make, server: RawServer, oddity: bytes) -> None:
        server.scripts.append([stream_head(), oddity, _HI, oddity, _THERE, oddity, _OVER, oddity, event("[DONE]"), END])
        assert await _said(make()) == [
            TextDelta("Hi "),
            TextDelta("there"),
            Completion(provider="acme", model="acme-1"),
        ]

    @pytest.mark.parametrize("behind", [[END], [event("[DONE]"), END], [event("[DONE]"), Fault.HANG], [Fault.CLOSE]])
    async def test_the_bill_may_come_behind_the_last_word(
        self, make: Make, server: RawServer, behind: list[bytes | Fault]
    ) -> None:
        server.scripts.append([stream_head(), _HI, _OVER, _BILL, *behind])
        assert await _said(make()) == [
            TextDelta("Hi "),
            Metered(TokenUsage(input=7, output=2), "acme-1-0613"),
            Completion(provider="acme", model="acme-1-0613"),
        ]

    @pytest.mark.parametrize(
        "behind",
        [[Fault.CLOSE], [Fault.RESET], [Fault.HANG], [Fault.DRIP], [event("{"), END], [event({"failed": "x"})]],
    )
    async def test_what_breaks_behind_the_last_word_spoils_nothing(
        self, make: Make, server: RawServer, behind: list[bytes | Fault]
    ) -> None:
        server.scripts.append([stream_head(), _HI, _OVER, *behind])
        assert await _said(make(between_tokens_s=0.1)) == [
            TextDelta("Hi "),
            Completion(provider="acme", model="acme-1"),
        ]


class TestBills:
    async def test_later_figures_replace_earlier_ones_and_leave_the_others(self, make: Make, server: RawServer) -> None:
        first = event({"usage": {"input": 7, "cached_input": 3, "output": 1}, "model": "acme-1-0613", "tier": "fast"})
        server.scripts.append(
            [stream_head(), first, _HI, event({"usage": {"output": 5}}), event({"usage": {"output": 5}}), _OVER, END]
        )
        bills = [event for event in await _said(make()) if isinstance(event, Metered)]
        assert bills == [
            Metered(TokenUsage(input=7, cached_input=3, output=1), "acme-1-0613", "fast"),
            Metered(TokenUsage(input=7, cached_input=3, output=5), "acme-1-0613", "fast"),
        ]

    @pytest.mark.parametrize(
        "behind",
        [
            [_BILL, _OVER, event("[DONE]"), END],
            [event({"blocked": "again"}), event({"text": "I cannot."}), _BILL, END],
            [_BILL, Fault.HANG],
            [_BILL, Fault.RESET],
            [_BILL, event({"failed": "x"})],
            [_BILL, event("{")],
        ],
    )
    async def test_a_refusal_is_raised_when_its_bill_is_there(
        self, make: Make, server: RawServer, behind: list[bytes | Fault]
    ) -> None:
        server.scripts.append([stream_head(), _HI, event({"blocked": "SAFETY"}), *behind])
        async with aclosing(make(between_tokens_s=0.1).stream(_REQUEST)) as events:
            assert await anext(events) == TextDelta("Hi ")
            assert await anext(events) == Metered(TokenUsage(input=7, output=2), "acme-1-0613")
            with pytest.raises(ContentRefused, match=r"acme will not answer \(SAFETY\)") as caught:
                await anext(events)
        assert (caught.value.status, caught.value.billable) == (200, True)

    async def test_the_bill_of_a_failure_is_not_waited_for(self, make: Make, server: RawServer) -> None:
        server.scripts.append([stream_head(), event({"failed": "x", "status": 503}), Fault.HANG])
        with pytest.raises(ProviderOverloaded):
            await asyncio.wait_for(_said(make()), 1)

    async def test_no_bill_is_made_up(self, make: Make, server: RawServer) -> None:
        server.scripts.append([stream_head(), _HI, _OVER, END])
        assert not any(isinstance(event, Metered) for event in await _said(make()))

    async def test_the_bill_of_an_answer_that_breaks_off_was_told_before(self, make: Make, server: RawServer) -> None:
        server.scripts.append([stream_head(), _BILL, Fault.RESET])
        async with aclosing(make().stream(_REQUEST)) as events:
            assert await anext(events) == Metered(TokenUsage(input=7, output=2), "acme-1-0613")
            with pytest.raises(ProviderUnavailable):
                await anext(events)

    _USAGE = st.builds(TokenUsage, *[st.none() | st.integers(0, 9)] * 6)

    @given(_USAGE, _USAGE)
    def test_merging_keeps_all_that_is_known(self, earlier: TokenUsage, later: TokenUsage) -> None:
        both = merged(Metered(earlier, "old"), Metered(later)).tokens
        for figure in ("input", "output", "cached_input", "cache_write", "cache_write_long", "thinking"):
            known = getattr(later, figure)
            assert getattr(both, figure) == (getattr(earlier, figure) if known is None else known)


_FAULTS: dict[str, tuple[Script, type[ProviderError], bool]] = {
    "refused": ([answer(400, {"error": {"message": "bad"}})], ProviderRefused, False),
    "key": ([answer(401, {"error": {"message": "bad"}})], ProviderDisabled, False),
    "busy": ([answer(503, "<html>busy</html>")], ProviderOverloaded, False),
    "the vendor's own word": ([answer(400, {"error": {"code": "acme_gone"}})], ModelGone, False),
    "reset": ([Fault.RESET], ProviderUnavailable, True),
    "empty stream": ([stream_head(), END], ProviderUnavailable, True),
    "page": ([stream_head({"content-type": "text/html"}), chunk(b"<html>"), END], ProviderUnavailable, True),
    "end at once": ([stream_head(), event("[DONE]"), END], ProviderUnavailable, True),
    "cut before the first token": ([stream_head(), Fault.RESET], ProviderUnavailable, True),
    "cut after it": ([stream_head(), _HI, Fault.RESET], ProviderUnavailable, True),
    "closed after it": ([stream_head(), _HI, Fault.CLOSE], ProviderUnavailable, True),
    "ended after it": ([stream_head(), _HI, END], ProviderUnavailable, True),
    "cut in an event": ([stream_head(), _HI, chunk(b'data: {"te'), END], ProviderUnavailable, True),
    "empty text": ([stream_head(), event({"text": " \n"}), _OVER, END], UnusableAnswer, True),
    "all thought": ([stream_head(), event({"end": "length"}), END], UnusableAnswer, True),
    "empty whole": ([answer(200, {**_WHOLE, "text": ""})], UnusableAnswer, True),
    "malformed body": ([answer(200, '{"text": "Hi')], UnusableAnswer, True),
    "foreign body": ([answer(200, {"other": 1})], UnusableAnswer, True),
    "malformed event": ([stream_head(), _HI, event('{"text": "th'), _OVER, END], UnusableAnswer, True),
    "event of a list": ([stream_head(), event([1]), _OVER, END], UnusableAnswer, True),
    "foreign event": ([stream_head(), event({"text": 7}), _OVER, END], UnusableAnswer, True),
    "blocked": ([stream_head(), _HI, event({"blocked": "SAFETY"}), END], ContentRefused, True),
    "error body": ([answer(200, {"error": {"code": 503, "message": "busy"}})], ProviderOverloaded, True),
    "error sentence": ([answer(200, {"error": "model runner crashed"})], ProviderUnavailable, True),
    "error event": (
        [stream_head(), _HI, event({"error": {"type": "overloaded_error"}}), END],
        ProviderOverloaded,
        True,
    ),
    "vendor's error event": ([stream_head(), event({"failed": "x", "status": 400}), END], ProviderRefused, True),
    "vendor's word inside": ([stream_head(), event({"failed": "acme_gone"}), END], ModelGone, True),
    "told once": ([stream_head(), event({"failed": "x", "status": 401, "error": {}}), END], ProviderDisabled, True),
}


class TestFaults:
    @pytest.mark.parametrize(("script", "kind", "billable"), _FAULTS.values(), ids=_FAULTS.keys())
    async def test_each_is_the_error_that_says_what_to_do_next(
        self, make: Make, server: RawServer, script: Script, kind: type[ProviderError], *, billable: bool
    ) -> None:
        server.scripts.append(script)
        with pytest.raises(ProviderError) as caught:
            await _said(make())
        assert type(caught.value) is kind
        assert caught.value.billable is billable
        assert caught.value.provider == "acme"
        assert len(server.received) == 1

    async def test_what_was_said_before_is_not_lost(self, make: Make, server: RawServer) -> None:
        server.scripts.append([stream_head(), _HI, _THERE, Fault.CLOSE])
        async with aclosing(make().stream(_REQUEST)) as events:
            assert [await anext(events), await anext(events)] == [TextDelta("Hi "), TextDelta("there")]
            with pytest.raises(ProviderUnavailable, match="acme broke off"):
                await anext(events)


class TestTime:
    @pytest.mark.parametrize(
        "script",
        [
            [Fault.HANG],
            [stream_head(), Fault.HANG],
            [stream_head(), Fault.DRIP],
            [stream_head(), event({"text": " "}), _BILL, Fault.DRIP],
        ],
    )
    async def test_the_first_text_has_its_time_whatever_else_comes(
        self, make: Make, server: RawServer, script: Script
    ) -> None:
        server.scripts.append(script)
        with pytest.raises(ProviderUnavailable, match="TimeoutError") as caught:
            await asyncio.wait_for(_said(make(first_token_s=0.4)), 5)
        assert caught.value.billable
        await asyncio.wait_for(server.hung_up.wait(), 5)

    @pytest.mark.parametrize("fault", [Fault.HANG, Fault.DRIP])
    async def test_between_tokens_there_is_another(self, make: Make, server: RawServer, fault: Fault) -> None:
        server.scripts.append([stream_head(), _HI, fault])
        with pytest.raises(ProviderUnavailable, match="TimeoutError"):
            await asyncio.wait_for(_said(make(between_tokens_s=0.15)), 5)
        await asyncio.wait_for(server.hung_up.wait(), 5)

    @pytest.mark.parametrize("streaming", [True, False])
    async def test_the_whole_has_its_time_too(self, make: Make, server: RawServer, *, streaming: bool) -> None:
        server.scripts.append([stream_head(), _HI, Fault.HANG])
        with pytest.raises(ProviderUnavailable, match="TimeoutError"):
            await asyncio.wait_for(_said(make(total_s=0.15, streaming=streaming)), 5)

    async def test_what_the_reader_does_between_two_pieces_takes_no_time(self, make: Make, server: RawServer) -> None:
        reader_is_back = asyncio.Event()
        server.scripts.append([stream_head(), _HI, reader_is_back, _THERE, Fault.HANG])
        async with aclosing(make(between_tokens_s=0.2).stream(_REQUEST)) as events:
            assert await anext(events) == TextDelta("Hi ")
            await asyncio.sleep(0.25)
            asyncio.get_running_loop().call_soon(reader_is_back.set)
            assert await anext(events) == TextDelta("there")


class TestRegistry:
    @pytest.mark.parametrize("kind", sorted(PROVIDERS))
    async def test_every_kind_of_provider_makes_a_model(self, kind: str) -> None:
        options = ProviderOptions(provider="somebody", kind=kind, base_url="http://127.0.0.1:1")
        client = connect(options, FakeClock())
        model = chat_model(client, options, ModelOptions(model="m"))
        assert model.name == "somebody"
        with pytest.raises(ProviderUnavailable) as caught:
            await _said(model)
        assert not caught.value.billable
        await client.aclose()
