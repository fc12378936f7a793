"""What every entry of `EMBEDDERS` keeps, over its vendor's own protocol; an entry without a fake fails."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ProviderDisabled, ProviderRefused, ProviderUnavailable
from rag.model import Embedded
from rag.ports import MeteredEmbedder
from rag.providers import EMBEDDERS
from rag.providers.embedding import HttpEmbedder
from rag.providers.openai import OpenAIEmbeddings
from rag.providers.options import EmbedderOptions
from tests.fakes.clock import FakeClock
from tests.fakes.embedding_server import (
    KEY,
    EmbeddingServer,
    Fault,
    Garbled,
    Hang,
    Limited,
    Reply,
    Reset,
    Spoilt,
    cosine,
    gemini_error,
    openai_error,
    tokens_of,
)

_DIMENSIONS = 32


def _options(base_url: str, **others: object) -> EmbedderOptions:
    options = EmbedderOptions(
        provider="acme",
        model="text-embedding-3-small",
        dimensions=_DIMENSIONS,
        base_url=base_url,
        api_keys=(KEY,),
        price_per_mtok_usd=Decimal("0.02"),
        timeout_s=5.0,
    )
    return replace(options, **others)  # type: ignore[arg-type]


FAKES: dict[str, Callable[[str], EmbedderOptions]] = {
    "openai": lambda url: _options(f"{url}/v1"),
    "openai_compatible": lambda url: _options(f"{url}/v1", model="bge-m3"),
    "gemini": lambda url: _options(url, model="gemini-embedding-001"),
}
_RATE_LIMITED: dict[str, Fault] = {
    "openai": openai_error(429, "tokens", "rate_limit_exceeded", headers={"retry-after": "7"}),
    "openai_compatible": openai_error(429, "tokens", "rate_limit_exceeded", headers={"retry-after-ms": "7000"}),
    "gemini": gemini_error(429, "RESOURCE_EXHAUSTED", retry_delay="7s"),
}

Make = Callable[..., MeteredEmbedder]


def test_every_embedder_has_a_fake() -> None:
    assert set(FAKES) == set(EMBEDDERS)


def test_nothing_heavy_is_loaded_before_an_embedder_is_built() -> None:
    program = (
        "import sys, rag.providers, rag.state, rag.cache.embeddings;"
        "print({'httpx', 'tenacity', 'filelock'} & set(sys.modules))"
    )
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "set()"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)


@pytest.fixture
async def server() -> AsyncIterator[EmbeddingServer]:
    async with EmbeddingServer() as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def kind() -> str:
    """Which entry a test is about; the vendors' own tests name theirs."""
    return "openai"


@pytest.fixture
async def make(server: EmbeddingServer, clock: FakeClock, kind: str) -> AsyncIterator[Make]:
    made: list[MeteredEmbedder] = []

    def make(**others: object) -> MeteredEmbedder:
        options = replace(FAKES[kind](server.url), **others)  # type: ignore[arg-type]
        made.append(EMBEDDERS[kind](options, clock))
        return made[-1]

    yield make
    for embedder in made:
        await embedder.aclose()


@pytest.mark.parametrize("kind", sorted(EMBEDDERS))
class TestEveryEmbedder:
    async def test_vectors_come_in_the_order_of_the_texts_and_have_length_one(self, make: Make) -> None:
        embedder = make(batch_size=2)
        texts = ["the daily budget", "cats and dogs", "daily budget of a team", "a cat", "five"]
        embedded = await embedder.embed(texts, purpose="document")
        alone = [(await embedder.embed([text], purpose="document")).vectors[0] for text in texts]
        assert list(embedded.vectors) == alone
        assert all(len(vector) == embedder.dimensions == _DIMENSIONS for vector in embedded.vectors)
        assert all(math.hypot(*vector) == pytest.approx(1, abs=1e-6) for vector in embedded.vectors)
        assert cosine(alone[0], alone[2]) > cosine(alone[0], alone[1])

    async def test_the_bill_is_the_providers(self, make: Make, server: EmbeddingServer) -> None:
        embedder = make(batch_size=2, price_per_mtok_usd=Decimal("0.13"))
        embedded = await embedder.embed(["one two", "three", "four five six"], purpose="document")
        assert embedded.tokens == server.billed_tokens == 6
        # Each request's price is rounded up on its own, as each is booked on its own.
        assert embedded.cost_micro_usd == 2
        assert not embedded.estimated

    async def test_without_a_count_the_bill_is_estimated_and_not_too_low(
        self, make: Make, server: EmbeddingServer
    ) -> None:
        server.tells_usage = False
        embedded = await make().embed(["How do I set a daily budget?"], purpose="query")
        assert embedded.estimated
        assert server.billed_tokens <= embedded.tokens <= 2 * server.billed_tokens

    async def test_every_paid_request_is_told_with_the_places_of_its_texts(self, make: Make) -> None:
        told: dict[tuple[int, ...], Embedded] = {}

        async def on_paid(positions: object, paid: Embedded) -> None:
            told[tuple(positions)] = paid  # type: ignore[call-overload]

        embedded = await make(batch_size=2).embed(list("abcde"), purpose="document", on_paid=on_paid)
        assert sorted(told) == [(0, 1), (2, 3), (4,)]
        assert told[2, 3].vectors == embedded.vectors[2:4]
        assert sum(paid.tokens for paid in told.values()) == embedded.tokens

    async def test_no_text_costs_nothing(self, make: Make, server: EmbeddingServer) -> None:
        assert await make().embed([], purpose="document") == Embedded((), 0, 0)
        assert server.calls == []

    async def test_texts_no_vendor_takes_are_made_fit(self, make: Make, server: EmbeddingServer) -> None:
        embedded = await make(max_input_tokens=10).embed(["", "word " * 50, "é" * 50, "\ud800"], purpose="document")
        assert len(embedded.vectors) == 4
        assert [text.strip() for text in server.calls[0].texts] == ["", "word word word word", "é" * 10, "?"]

    async def test_a_few_requests_are_under_way_at_once(self, make: Make, server: EmbeddingServer) -> None:
        await make(batch_size=1).embed([f"text {n}" for n in range(20)], purpose="document")
        assert len(server.calls) == 20
        assert 1 < server.most_in_flight <= 4

    async def test_vendor_limits_hold_whatever_is_configured(self, make: Make, server: EmbeddingServer) -> None:
        texts = [f"text {n}" for n in range(4_100)]
        embedded = await make(batch_size=100_000).embed(texts, purpose="document")
        assert len(embedded.vectors) == len(texts)
        assert sum(len(call.texts) for call in server.calls) == len(texts)

    async def test_many_long_texts_are_spread_over_requests(self, make: Make, server: EmbeddingServer) -> None:
        texts = ["a " * 4_000] * 90  # 360,000 tokens
        embedded = await make(batch_size=2_000).embed(texts, purpose="document")
        assert len(embedded.vectors) == len(texts)
        assert max(sum(map(tokens_of, call.texts)) for call in server.calls) <= 300_000

    async def test_the_key_travels_in_a_header_alone(self, make: Make, server: EmbeddingServer) -> None:
        await make().embed(["hello"], purpose="query")
        (call,) = server.calls
        assert KEY not in call.path
        assert KEY not in str(call.body)
        assert KEY in str(call.headers)

    async def test_configured_headers_go_along(self, make: Make, server: EmbeddingServer) -> None:
        await make(headers={"x-team": "docs"}).embed(["hello"], purpose="query")
        assert server.calls[0].headers["x-team"] == "docs"

    async def test_a_wrong_key_is_refused_and_not_repeated(self, make: Make, server: EmbeddingServer) -> None:
        with pytest.raises(ProviderRefused) as caught:
            await make(api_keys=("sk-wrong-key-123",)).embed(["hello"], purpose="query")
        assert "sk-wrong" not in repr(caught.value)
        assert len(server.calls) == 1

    async def test_several_keys_take_turns_and_one_that_is_refused_is_left_alone(
        self, make: Make, server: EmbeddingServer
    ) -> None:
        embedder = make(api_keys=(KEY, "sk-wrong-key-123"))
        for _ in range(3):
            await embedder.embed(["hello"], purpose="query")
        assert ["sk-wrong-key-123" in str(call.headers) for call in server.calls] == [False, True, False, False]

    async def test_a_key_that_cannot_be_sent_does_not_take_the_others_down(
        self, make: Make, server: EmbeddingServer
    ) -> None:
        embedder = make(api_keys=("sk-“quoted”", KEY))
        for _ in range(2):
            await embedder.embed(["hello"], purpose="query")
        assert len(server.calls) == 2

    async def test_a_rate_limit_is_waited_for(
        self, make: Make, server: EmbeddingServer, clock: FakeClock, kind: str
    ) -> None:
        server.faults.append(_RATE_LIMITED[kind])
        assert len((await make().embed(["hello"], purpose="document")).vectors) == 1
        assert clock.slept == [7.0]

    async def test_a_question_does_not_wait_as_long_as_documents(
        self, make: Make, server: EmbeddingServer, clock: FakeClock, kind: str
    ) -> None:
        server.faults.append(_RATE_LIMITED[kind])
        with pytest.raises(ProviderUnavailable) as caught:
            await make(timeout_s=5.0).embed(["hello"], purpose="query")
        assert caught.value.retry_after_s == 7
        assert clock.slept == []

    @pytest.mark.parametrize("fault", [Reset(), Hang(), Reply(503, "<html>")])
    async def test_a_stumble_is_got_over(self, make: Make, server: EmbeddingServer, fault: Fault) -> None:
        server.faults.append(fault)
        assert len((await make(timeout_s=0.2).embed(["hello"], purpose="document")).vectors) == 1

    @pytest.mark.parametrize(
        "fault",
        [
            Garbled(),
            Reply(200, {"unexpected": 1}),
            Reply(200, {"data": None, "embeddings": None}),
            Reply(200, {"data": [7], "embeddings": [7]}),
            Spoilt(lambda vectors: vectors[:-1]),
            Spoilt(lambda vectors: [*vectors, vectors[0]]),
            Spoilt(lambda vectors: [vector[:-1] for vector in vectors]),
            Spoilt(lambda vectors: [[math.nan] * len(vector) for vector in vectors]),
            Spoilt(lambda vectors: [[math.inf] * len(vector) for vector in vectors]),
            Spoilt(lambda vectors: [[0.0] * len(vector) for vector in vectors]),
        ],
    )
    async def test_an_answer_of_no_use_is_billed_and_not_asked_for_again(
        self, make: Make, server: EmbeddingServer, fault: Fault
    ) -> None:
        told: list[tuple[object, Embedded]] = []

        async def on_paid(positions: object, paid: Embedded) -> None:
            told.append((positions, paid))

        server.faults.append(fault)
        with pytest.raises(ProviderUnavailable):
            await make().embed(["one two", "three"], purpose="document", on_paid=on_paid)
        ((positions, paid),) = told
        assert positions == ()
        assert paid.vectors == ()
        assert paid.tokens >= 3
        assert paid.cost_micro_usd > 0
        assert len(server.calls) == 1

    async def test_after_a_failure_no_request_is_begun_and_those_under_way_are_kept(
        self, make: Make, server: EmbeddingServer
    ) -> None:
        told: list[int] = []

        async def on_paid(positions: object, _: Embedded) -> None:
            told.extend(positions)  # type: ignore[arg-type]

        server.faults.append(Reply(400, "no"))
        with pytest.raises(ProviderRefused):
            await make(batch_size=1).embed([f"text {n}" for n in range(50)], purpose="document", on_paid=on_paid)
        assert len(server.calls) <= 8
        assert len(told) == len(server.calls) - 1

    async def test_cancelling_goes_on(self, make: Make, server: EmbeddingServer) -> None:
        server.faults.append(Hang())
        asking = asyncio.ensure_future(make().embed(["hello"], purpose="query"))
        await server.called.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    async def test_its_name_and_price_are_as_configured(self, make: Make) -> None:
        embedder = make(model="m", price_per_mtok_usd=Decimal("0.02"))
        assert embedder.name == "acme/m"
        assert [embedder.price_micro_usd(tokens) for tokens in (0, 1, 50, 51, 10**6)] == [0, 1, 1, 2, 20_000]


class TestOpenAI:
    async def test_a_server_that_knows_no_base64_is_understood(self, make: Make, server: EmbeddingServer) -> None:
        embedder = make()
        packed = await embedder.embed(["hello world"], purpose="query")
        server.base64_allowed = False
        assert (await embedder.embed(["hello world"], purpose="query")).vectors == packed.vectors

    async def test_dimensions_are_named_only_where_the_vector_is_cut(self, make: Make, server: EmbeddingServer) -> None:
        await make(dimensions=64, native_dimensions=64).embed(["hello"], purpose="query")
        await make(dimensions=32, native_dimensions=64).embed(["hello"], purpose="query")
        assert [call.body.get("dimensions") for call in server.calls] == [None, 32]

    async def test_a_server_without_a_key_is_sent_none(self, make: Make, server: EmbeddingServer) -> None:
        with pytest.raises(ProviderRefused):
            await make(api_keys=()).embed(["hello"], purpose="query")
        assert "authorization" not in server.calls[0].headers

    @pytest.mark.parametrize("count", ["many", -5, None])
    async def test_a_count_of_tokens_that_cannot_be_one_is_estimated(
        self, make: Make, server: EmbeddingServer, count: object
    ) -> None:
        item = {"index": 0, "embedding": [1.0] * _DIMENSIONS}
        server.faults.append(Reply(200, {"data": [item], "usage": {"prompt_tokens": count}}))
        embedded = await make().embed(["hello"], purpose="query")
        assert embedded.estimated
        assert embedded.tokens > 0

    async def test_positions_with_gaps_are_no_answer(self, make: Make, server: EmbeddingServer) -> None:
        item = {"index": 1, "embedding": [1.0] * _DIMENSIONS}
        server.faults.append(Reply(200, {"data": [item]}))
        with pytest.raises(ProviderUnavailable, match="unknown form"):
            await make().embed(["hello"], purpose="query")

    async def test_numbers_that_are_none_are_no_answer(self, make: Make, server: EmbeddingServer) -> None:
        item = {"index": 0, "embedding": ["1"] * _DIMENSIONS}
        server.faults.append(Reply(200, {"data": [item]}))
        with pytest.raises(ProviderUnavailable, match="not made of numbers"):
            await make().embed(["hello"], purpose="query")

    async def test_a_rate_limit_used_up_holds_back_the_next_batch(
        self, make: Make, server: EmbeddingServer, clock: FakeClock
    ) -> None:
        server.faults.append(Limited({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6s"}))
        embedder = make()
        await embedder.embed(["one"], purpose="document")
        await embedder.embed(["two"], purpose="document")
        assert clock.slept == [6.0]


@pytest.mark.parametrize("kind", ["gemini"])
class TestGemini:
    @pytest.mark.parametrize(("purpose", "task"), [("document", "RETRIEVAL_DOCUMENT"), ("query", "RETRIEVAL_QUERY")])
    async def test_the_first_model_is_told_its_task(
        self, make: Make, server: EmbeddingServer, purpose: str, task: str
    ) -> None:
        await make().embed(["hello"], purpose=purpose)  # type: ignore[arg-type]
        (request,) = server.calls[0].body["requests"]
        assert request["taskType"] == task
        assert request["outputDimensionality"] == _DIMENSIONS
        assert server.calls[0].texts == ["hello"]

    @pytest.mark.parametrize(
        ("purpose", "text"),
        [("document", "title: none | text: hello"), ("query", "task: search result | query: hello")],
    )
    async def test_the_second_model_reads_its_task_in_the_text(
        self, make: Make, server: EmbeddingServer, purpose: str, text: str
    ) -> None:
        embedder = make(model="gemini-embedding-2", dimensions=64, native_dimensions=64)
        await embedder.embed(["hello"], purpose=purpose)  # type: ignore[arg-type]
        (request,) = server.calls[0].body["requests"]
        assert server.calls[0].texts == [text]
        assert not {"taskType", "outputDimensionality"} & set(request)

    async def test_a_bad_key_is_known_by_its_message_alone(self, make: Make, server: EmbeddingServer) -> None:
        server.faults.append(gemini_error(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."))
        with pytest.raises(ProviderDisabled):
            await make().embed(["hello"], purpose="query")

    async def test_a_base_url_may_carry_the_version(self, make: Make, server: EmbeddingServer) -> None:
        await make(base_url=f"{server.url}/v1beta/").embed(["hello"], purpose="query")
        assert server.calls[0].path == "/v1beta/models/gemini-embedding-001:batchEmbedContents"


class TestOptions:
    def test_no_secret_is_in_their_repr(self) -> None:
        options = _options("http://localhost", headers={"api-key": "sk-header-secret"})
        assert KEY not in repr(options)
        assert "sk-header" not in repr(options)

    @given(st.integers(0, 10**12), st.decimals(0, 1_000, places=6))
    def test_prices_are_exact_and_rounded_up(self, tokens: int, price: Decimal) -> None:
        options = _options("http://localhost", price_per_mtok_usd=price)
        cost = HttpEmbedder(options, OpenAIEmbeddings(options), FakeClock()).price_micro_usd(tokens)
        exact = int(price.scaleb(6)) * tokens  # millionths of a micro-dollar
        assert 0 <= cost * 10**6 - exact < 10**6
