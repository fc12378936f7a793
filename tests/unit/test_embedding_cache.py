"""The embedding cache, over a real database and a local provider."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest

from rag.cache.embeddings import CachedEmbedder
from rag.errors import BudgetExhausted, ProviderRefused, ProviderUnavailable, StateUnavailable
from rag.model import NOBODY, Embedded
from rag.ports import Clock, MeteredEmbedder, OnPaid
from rag.providers import EMBEDDERS
from rag.providers.options import EmbedderOptions
from rag.quota.books import Books
from rag.state.sqlite import SqliteDatabase
from tests.fakes.books import books_with
from tests.fakes.clock import FakeClock
from tests.fakes.embedding_server import KEY, EmbeddingServer, Hang, Reply, Reset, Spoilt


class Bench:
    """A cache with everything around it."""

    def __init__(self, file: Path, server: EmbeddingServer, database: SqliteDatabase, clock: Clock) -> None:
        self.file = file
        self.server = server
        self.database = database
        self.clock = clock
        self.books = books_with(database, clock)
        self._paid: list[MeteredEmbedder] = []

    def cache(
        self, *, dimensions: int = 16, batch_size: int = 256, books: Books | None = None, **limits: object
    ) -> CachedEmbedder:
        options = EmbedderOptions(
            provider="acme",
            model="family/small",
            dimensions=dimensions,
            base_url=f"{self.server.url}/v1",
            api_keys=(KEY,),
            price_per_mtok_usd=Decimal(1),
            batch_size=batch_size,
        )
        self._paid.append(EMBEDDERS["openai"](options, self.clock))
        return CachedEmbedder(self._paid[-1], self.database, books or self.books, self.clock, **limits)  # type: ignore[arg-type]

    async def booked(self) -> list[tuple[object, ...]]:
        return list(await self.database.fetch("SELECT input_tokens, cost_micro_usd FROM ledger ORDER BY input_tokens"))

    async def gone(self) -> tuple[int, int]:
        """What of the daily budget is used, and what is held."""
        (standing,) = await self.books.standing(NOBODY)
        return standing.count.used, standing.count.held

    async def rows(self) -> int:
        ((count,),) = await self.database.fetch("SELECT count(*) FROM embeddings")
        return int(count or 0)

    async def aclose(self) -> None:
        for embedder in self._paid:
            await embedder.aclose()
        await self.database.aclose()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def bench(tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
    file = tmp_path / "state.db"
    async with EmbeddingServer() as server:
        bench = Bench(file, server, await SqliteDatabase.open(file, clock), clock)
        yield bench
        await bench.aclose()


async def test_what_was_paid_once_is_never_paid_again(bench: Bench) -> None:
    first = await bench.cache().embed(["one", "two"], purpose="document")
    again = await bench.cache().embed(["two", "three", "one"], purpose="document")
    assert [call.texts for call in bench.server.calls] == [["one", "two"], ["three"]]
    assert again.vectors[2] == first.vectors[0]
    assert again.vectors[0] == first.vectors[1]
    assert (again.tokens, again.cost_micro_usd) == (1, 1)


async def test_all_known_costs_nothing_and_calls_nobody(bench: Bench) -> None:
    cache = bench.cache()
    first = await cache.embed(["one"], purpose="document")
    again = await cache.embed(["one", "one"], purpose="document")
    assert again == Embedded((first.vectors[0],) * 2, 0, 0)
    assert len(bench.server.calls) == 1


async def test_what_the_budget_does_not_allow_is_not_sent_and_what_is_known_still_serves(bench: Bench) -> None:
    cache = bench.cache(books=books_with(bench.database, bench.clock, daily_micro_usd=10))
    known = await cache.embed(["short"], purpose="document")
    with pytest.raises(BudgetExhausted):
        await cache.embed(["a text that is far too long for so little money " * 10], purpose="document")
    assert len(bench.server.calls) == 1
    assert (await cache.embed(["short"], purpose="document")).vectors == known.vectors


async def test_before_it_buys_it_holds_a_token_a_byte_and_one_a_text(bench: Bench) -> None:
    texts = ["é", "four"]  # 2 and 4 bytes
    for micro_usd, calls in ((7, 0), (8, 1)):
        cache = bench.cache(books=books_with(bench.database, bench.clock, daily_micro_usd=micro_usd))
        with nullcontext() if calls else pytest.raises(BudgetExhausted):
            await cache.embed(texts, purpose="document")
        assert len(bench.server.calls) == calls


async def test_nothing_is_held_any_more_when_all_is_bought_or_nothing_could_be(bench: Bench) -> None:
    await bench.cache().embed(["one two", "three"], purpose="document")
    assert await bench.gone() == (3, 0)
    bench.server.faults.append(Reply(400, "no"))
    with pytest.raises(ProviderRefused):
        await bench.cache().embed(["four"], purpose="document")
    assert await bench.gone() == (3, 0)


async def test_an_attempt_that_was_lost_on_its_way_back_may_have_been_paid_for_and_is_booked(bench: Bench) -> None:
    bench.server.faults.extend([Reset(), Reply(503, "not now")])
    await bench.cache().embed(["one two"], purpose="document")
    assert len(bench.server.calls) == 3
    lost, answered = await bench.database.fetch("SELECT cost_micro_usd, certainty FROM ledger ORDER BY certainty DESC")
    assert lost[1] == "estimate"
    assert int(lost[0] or 0) >= int(answered[0] or 0) > 0
    assert (await bench.gone())[1] == 0


async def test_who_is_cancelled_while_it_is_on_its_way_may_have_paid_and_it_is_booked(bench: Bench) -> None:
    bench.server.faults.append(Hang())
    asking = asyncio.ensure_future(bench.cache().embed(["one two"], purpose="document"))
    while not bench.server.calls:  # noqa: ASYNC110 - nothing tells when it has come
        await asyncio.sleep(0.001)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await bench.gone() == (8, 0)


async def test_while_it_buys_all_that_it_may_cost_is_held(bench: Bench) -> None:
    before_each_is_booked: list[tuple[int, int]] = []
    paid = bench.cache(batch_size=1)._embedder

    class Watched:
        """The same embedder, with a look at the books before each answer is booked."""

        name, dimensions = paid.name, paid.dimensions
        price_micro_usd, aclose = paid.price_micro_usd, paid.aclose

        async def embed(
            self, texts: Sequence[str], *, purpose: Literal["document", "query"], on_paid: OnPaid | None = None
        ) -> Embedded:
            async def look(positions: Sequence[int], bought: Embedded) -> None:
                before_each_is_booked.append(await bench.gone())
                if on_paid is not None:
                    await on_paid(positions, bought)

            return await paid.embed(texts, purpose=purpose, on_paid=look)

    cache = CachedEmbedder(Watched(), bench.database, bench.books, bench.clock)
    await cache.embed(["one two"], purpose="document")
    assert before_each_is_booked == [(0, 8)]
    await cache.embed(["one", "three"], purpose="document")
    assert [used + held for used, held in before_each_is_booked[1:]] == [12, 12]
    assert await bench.gone() == (4, 0)


async def test_duplicates_in_one_call_are_embedded_once(bench: Bench) -> None:
    embedded = await bench.cache().embed(["same", "other", "same"], purpose="document")
    assert bench.server.calls[0].texts == ["same", "other"]
    assert embedded.vectors[0] == embedded.vectors[2] != embedded.vectors[1]


async def test_another_purpose_or_length_is_another_vector(bench: Bench) -> None:
    await bench.cache().embed(["one"], purpose="document")
    await bench.cache().embed(["one"], purpose="query")
    longer = await bench.cache(dimensions=32).embed(["one"], purpose="document")
    assert len(bench.server.calls) == 3
    assert len(longer.vectors[0]) == 32


async def test_a_question_asked_again_is_answered_from_memory(bench: Bench) -> None:
    cache = bench.cache()
    first = await cache.embed(["how?"], purpose="query")
    await bench.database.aclose()  # nothing else could answer
    assert (await cache.embed(["how?"], purpose="query")).vectors == first.vectors


async def test_memory_holds_no_more_questions_than_it_may(bench: Bench) -> None:
    cache = bench.cache(max_questions=1)
    await cache.embed(["first"], purpose="query")
    await cache.embed(["second"], purpose="query")
    await bench.database.aclose()
    await cache.embed(["second"], purpose="query")
    with pytest.raises(StateUnavailable):
        await cache.embed(["first"], purpose="query")


async def test_more_texts_than_one_lookup_takes_are_all_found(bench: Bench) -> None:
    texts = [f"text {n}" for n in range(1_100)]
    first = await bench.cache().embed(texts, purpose="document")
    calls = len(bench.server.calls)
    assert (await bench.cache().embed(texts, purpose="document")).vectors == first.vectors
    assert len(bench.server.calls) == calls


async def test_every_paid_request_is_booked(bench: Bench) -> None:
    embedded = await bench.cache(batch_size=2).embed(["one two three", "four", "five"], purpose="document")
    assert await bench.booked() == [(1, 1), (4, 4)]
    assert embedded.cost_micro_usd == 5
    assert await bench.database.fetch("SELECT DISTINCT provider, model, purpose, estimated FROM ledger") == [
        ("acme", "family/small", "embedding", 0)
    ]


async def test_an_estimated_bill_is_booked_as_one(bench: Bench) -> None:
    bench.server.tells_usage = False
    assert (await bench.cache().embed(["one"], purpose="document")).estimated
    assert await bench.database.fetch("SELECT estimated FROM ledger") == [(1,)]


async def test_what_was_paid_before_a_failure_is_booked_and_kept(bench: Bench) -> None:
    texts = [f"text {n}" for n in range(12)]
    bench.server.faults.extend([Spoilt(lambda vectors: vectors), Reply(400, "no")])
    with pytest.raises(ProviderRefused):
        await bench.cache(batch_size=1).embed(texts, purpose="document")
    kept = await bench.rows()
    assert kept == len(bench.server.calls) - 1 == len(await bench.booked())
    assert sum(tokens for tokens, _ in await bench.booked()) == bench.server.billed_tokens  # type: ignore[misc]
    bench.server.calls.clear()
    await bench.cache().embed(texts, purpose="document")
    assert sum(len(call.texts) for call in bench.server.calls) == len(texts) - kept


async def test_an_answer_of_no_use_is_booked_and_not_kept(bench: Bench) -> None:
    bench.server.faults.append(Spoilt(lambda vectors: vectors[:0]))
    with pytest.raises(ProviderUnavailable):
        await bench.cache().embed(["one two"], purpose="document")
    assert await bench.booked() == [(2, 2)]
    assert await bench.rows() == 0


async def test_switched_off_it_keeps_nothing_and_books_everything(bench: Bench) -> None:
    cache = bench.cache(keep=False)
    first = await cache.embed(["one", "one"], purpose="query")
    assert first == await cache.embed(["one", "one"], purpose="query")
    assert [call.texts for call in bench.server.calls] == [["one"], ["one"]]
    assert await bench.rows() == 0
    assert await bench.booked() == [(1, 1), (1, 1)]


async def test_rows_unused_for_longest_make_room(bench: Bench, clock: FakeClock) -> None:
    day_s = 24 * 3_600.0
    cache = bench.cache(max_rows=2)
    for text in ("oldest", "older", "new"):
        await cache.embed([text], purpose="document")
        await clock.sleep(2 * day_s)
    await cache.embed(["older"], purpose="document")  # used again: "new" is now the one unused for longest
    await clock.sleep(2 * day_s)
    await cache.embed(["newest"], purpose="document")
    await cache.embed(["last"], purpose="document")
    bench.server.calls.clear()
    await cache.embed(["newest", "older"], purpose="document")
    assert bench.server.calls == []
    await cache.embed(["oldest"], purpose="document")
    assert len(bench.server.calls) == 1


async def test_nothing_is_paid_while_the_books_cannot_be_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.state.sqlite._BUSY_TIMEOUT_S", 0.01)
    database = await SqliteDatabase.open(bench.file, bench.clock)
    other = sqlite3.connect(bench.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # it can be read, but no longer written
    paid = bench.cache()._embedder
    cache = CachedEmbedder(paid, database, books_with(database, bench.clock), bench.clock)
    with pytest.raises(StateUnavailable):
        await cache.embed(["one"], purpose="document")
    assert bench.server.calls == []
    other.close()
    await database.aclose()


async def test_it_stands_for_the_embedder_it_saves(bench: Bench) -> None:
    cache = bench.cache()
    assert cache.name == "acme/family/small"
    assert cache.dimensions == 16
    assert cache.price_micro_usd(7) == 7
    await cache.embed(["one"], purpose="document")
    await cache.aclose()
