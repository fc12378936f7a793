"""Search by meaning beside search by words: over the wire, with the money booked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from rag.cache.embeddings import CachedEmbedder
from rag.errors import IndexMismatch, StateUnavailable
from rag.model import DocumentSource, EmbeddingPlan, Retrieval, Scope, SyncProgress, SyncReport
from rag.ports import Database
from rag.providers import EMBEDDERS
from rag.providers.options import EmbedderOptions
from tests.fakes.books import PLENTY_MICRO_USD, books_with, no_database
from tests.fakes.embedding_server import KEY, EmbeddingServer, Reply, tokens_of
from tests.scenarios.library import Library, open_library

_DIMENSIONS = 64

# The fake's vectors are of hashed words, and it knows no stop words: a question made of them alone is close in
# meaning, so to speak, to a text made of them, while the words leg sees nothing in it that it would look for.
_SAYING = "to be or not to be that is what you are"
DOCS = {
    "docs/saying.md": f"{_SAYING}\n",
    "docs/budget.md": "# Budget\n\nThe daily budget stops the spending of a team at midnight.\n",
    "docs/ferias.md": "# Férias\n\nCada pessoa tem trinta dias de férias por ano.\n",
}


@dataclass
class Team(Library):
    """A library whose documents are embedded by a server."""

    server: EmbeddingServer
    made: list[CachedEmbedder] = field(default_factory=list)
    plans: list[EmbeddingPlan] = field(default_factory=list)
    progress: list[SyncProgress] = field(default_factory=list)

    def embedder(
        self,
        model: str = "small",
        dimensions: int = _DIMENSIONS,
        *,
        batch_size: int = 256,
        database: Database | None = None,
        budget_micro_usd: int = PLENTY_MICRO_USD,
    ) -> CachedEmbedder:
        options = EmbedderOptions(
            provider="acme",
            model=model,
            dimensions=dimensions,
            base_url=f"{self.server.url}/v1",
            api_keys=(KEY,),
            price_per_mtok_usd=Decimal(1_000),  # a thousandth of a dollar a token: every token shows in the books
            batch_size=batch_size,
        )
        paid = EMBEDDERS["openai"](options, self.clock)
        database = database or self.database
        books = books_with(database, self.clock, daily_micro_usd=budget_micro_usd)
        self.made.append(CachedEmbedder(paid, database, books, self.clock))
        return self.made[-1]

    async def embed(self, embedder: CachedEmbedder, *, consent: bool = True, reembed: bool = False) -> SyncReport:
        async def confirm(plan: EmbeddingPlan) -> bool:
            self.plans.append(plan)
            return consent

        return await self.synchroniser(embedder).sync(
            [DocumentSource(Path("docs"))], confirm=confirm, on_progress=self.progress.append, reembed=reembed
        )

    async def booked(self) -> tuple[int, int]:
        """Tokens and micro-USD in the ledger."""
        ((tokens, cost),) = await self.database.fetch(
            "SELECT coalesce(sum(input_tokens), 0), coalesce(sum(cost_micro_usd), 0) FROM ledger"
        )
        return int(tokens or 0), int(cost or 0)

    async def waiting(self) -> int:
        return (await self.index.count_without_vector())[0]

    def embedded_texts(self) -> list[str]:
        return [text for call in self.server.calls for text in call.texts]


@pytest.fixture
async def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Team]:
    monkeypatch.chdir(tmp_path)
    async with open_library(tmp_path) as library, EmbeddingServer() as server:
        team = Team(library.folder, library.index, library.database, library.clock, server)
        team.write(DOCS)
        yield team
        for embedder in team.made:
            await embedder.aclose()


def _first(found: Retrieval) -> str:
    return found.passages[0].chunk.source


class TestSearching:
    async def test_meaning_finds_what_words_alone_do_not_and_both_legs_are_fused(self, team: Team) -> None:
        embedder = team.embedder()
        await team.embed(embedder)
        by_words = await team.find(f"{_SAYING} budget")
        assert "docs/saying.md" not in {passage.chunk.source for passage in by_words.passages}
        found = await team.find(f"{_SAYING} budget", embedder=embedder)
        assert found.degraded is None
        legs = {passage.chunk.source: passage for passage in found.passages}
        assert legs["docs/saying.md"].text_score is None
        assert legs["docs/saying.md"].vector_distance == pytest.approx(0, abs=0.2)
        assert legs["docs/budget.md"].text_score is not None
        assert legs["docs/budget.md"].vector_distance is not None
        assert _first(found) == "docs/budget.md", "found by both legs, it comes before what one has found"
        assert found.relevant

    async def test_nearness_alone_makes_an_answer_relevant(self, team: Team) -> None:
        embedder = team.embedder()
        await team.embed(embedder)
        assert not (await team.find(_SAYING)).relevant
        found = await team.find(_SAYING, embedder=embedder)
        assert found.relevant
        assert _first(found) == "docs/saying.md"
        assert not (await team.find("quantum chromodynamics", embedder=embedder)).relevant

    async def test_the_vector_leg_stays_in_the_scope(self, team: Team) -> None:
        embedder = team.embedder()
        await team.embed(embedder)
        await team.sync(collection="copy")
        for scope in (Scope.of("copy"), Scope.of("other"), Scope.of()):
            found = await team.find(_SAYING, scope, embedder)
            assert {passage.chunk.collection for passage in found.passages} <= (scope.collections or set())

    async def test_with_the_embedder_down_words_alone_answer_and_say_so(
        self, team: Team, caplog: pytest.LogCaptureFixture
    ) -> None:
        embedder = team.embedder()
        await team.embed(embedder)
        team.server.faults.append(Reply(400, "out of order"))
        with caplog.at_level(logging.WARNING):
            found = await team.find("Who stops the spending at midnight?", embedder=embedder)
        assert found.degraded == "embedder_down"
        assert "searching by words alone" in caplog.text
        assert _first(found) == "docs/budget.md"
        assert (await team.find("Who stops the spending at midnight?", embedder=embedder)).degraded is None

    async def test_with_the_state_database_down_nothing_is_paid_and_words_alone_answer(self, team: Team) -> None:
        await team.embed(team.embedder())
        calls = len(team.server.calls)
        found = await team.find("daily budget", embedder=team.embedder(database=no_database("no disk")))
        assert found.degraded == "embedder_down"
        assert _first(found) == "docs/budget.md"
        assert len(team.server.calls) == calls

    async def test_with_the_budget_exhausted_nothing_is_paid_and_words_alone_answer(self, team: Team) -> None:
        await team.embed(team.embedder())
        calls = len(team.server.calls)
        found = await team.find("daily budget", embedder=team.embedder(budget_micro_usd=1))
        assert found.degraded == "budget_exhausted"
        assert _first(found) == "docs/budget.md"
        assert len(team.server.calls) == calls

    async def test_documents_that_the_budget_does_not_allow_stay_searchable_by_words(self, team: Team) -> None:
        report = await team.embed(team.embedder(budget_micro_usd=1))
        assert report.embedding_error is not None
        assert "the budget usd_per_day of everything does not allow it" in report.embedding_error
        assert (report.embedded, team.server.calls) == (0, [])
        assert _first(await team.find("daily budget")) == "docs/budget.md"

    async def test_an_index_without_vectors_pays_nothing_for_a_question(self, team: Team) -> None:
        await team.sync()
        found = await team.find("daily budget", embedder=team.embedder())
        assert found.degraded == "not_embedded"
        assert _first(found) == "docs/budget.md"
        assert team.server.calls == []


class TestAddedLater:
    async def test_what_is_there_is_embedded_after_telling_what_it_takes(self, team: Team) -> None:
        await team.sync()
        report = await team.embed(team.embedder())
        (plan,) = team.plans
        assert (plan.embedder, plan.chunks) == ("acme/small", 3)
        assert plan.cost_micro_usd == plan.tokens * 1_000
        assert plan.tokens >= team.server.billed_tokens, "it is told what it costs at most"
        assert (report.unchanged, report.embedded, report.embedding_error) == (3, 3, None)
        assert await team.waiting() == 0
        assert await team.booked() == (team.server.billed_tokens, team.server.billed_tokens * 1_000)

    async def test_headings_are_part_of_the_plan_as_they_are_of_what_is_sent(self, team: Team) -> None:
        heading = " ".join(f"word{n}" for n in range(80))
        team.write({"docs/long.md": "\n\n".join(f"# {heading} {n}\n\nShort text." for n in range(20))})
        await team.embed(team.embedder())
        assert team.plans[0].tokens >= team.server.billed_tokens

    async def test_without_consent_nothing_is_paid_and_words_go_on(self, team: Team) -> None:
        embedder = team.embedder()
        report = await team.embed(embedder, consent=False)
        assert (report.added, report.embedded, report.embedding_error) == (3, 0, "not agreed to")
        assert team.server.calls == []
        assert await team.booked() == (0, 0)
        assert _first(await team.find("Cada pessoa tem férias?", embedder=embedder)) == "docs/ferias.md"
        assert (await team.embed(embedder)).embedded == 3

    async def test_when_all_is_embedded_nobody_is_asked_and_nothing_written(self, team: Team) -> None:
        await team.embed(team.embedder())
        version, calls = await team.index.version(), len(team.server.calls)
        report = await team.embed(team.embedder())
        assert (report.unchanged, report.embedded) == (3, 0)
        assert (await team.index.version(), len(team.server.calls), len(team.plans)) == (version, calls, 1)


class TestInterrupted:
    async def test_after_a_failure_the_next_run_pays_only_for_the_rest(self, team: Team) -> None:
        embedder = team.embedder(batch_size=1)
        team.server.faults.extend([Reply(200, {"data": []}), Reply(400, "no more")])
        report = await team.embed(embedder)
        assert report.added == 3
        assert report.embedding_error is not None
        assert _first(await team.find("daily budget")) == "docs/budget.md"
        team.server.faults.clear()
        before = team.server.billed_tokens
        again = await team.embed(embedder)
        assert (again.unchanged, again.embedding_error) == (3, None)
        assert await team.waiting() == 0
        texts = team.embedded_texts()
        assert len(texts) <= 3 + 2, "only what failed was sent again"
        assert team.server.billed_tokens - before <= sum(map(tokens_of, DOCS.values()))

    async def test_a_run_stopped_in_the_middle_is_finished_by_the_next_and_all_that_may_be_paid_is_booked(
        self, team: Team
    ) -> None:
        team.write({f"docs/more/{n:03}.md": f"# Number {n}\n\nText number {n} about things.\n" for n in range(300)})
        embedder = team.embedder(batch_size=20)
        running = asyncio.ensure_future(team.embed(embedder))
        while len(team.server.calls) < 5:  # noqa: ASYNC110 - the server tells of its first call alone
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        sent = len(team.embedded_texts())
        assert 0 < sent < 303
        report = await team.embed(embedder)
        assert await team.waiting() == 0
        assert (report.unchanged, report.embedding_error) == (303, None)
        # Requests under way when it was stopped may be lost; what was answered before is not paid again.
        assert len(team.embedded_texts()) <= 303 + 4 * 20
        tokens, cost = await team.booked()
        assert cost == tokens * 1_000
        # What was under way may have been paid for, and is booked as the most that it can have been.
        assert tokens >= team.server.billed_tokens
        ((lost,),) = await team.database.fetch("SELECT count(*) FROM ledger WHERE certainty = 'estimate'")
        assert 0 < int(lost or 0) <= 4

    async def test_with_the_books_closed_nothing_is_paid_and_the_texts_are_in(self, team: Team) -> None:
        embedder = team.embedder(database=no_database("no disk"))
        with pytest.raises(StateUnavailable):
            await team.embed(embedder)
        assert team.server.calls == []
        assert _first(await team.find("daily budget")) == "docs/budget.md"
        assert (await team.index.stats()).unindexed == 0


class TestChanges:
    async def test_a_changed_document_keeps_vectors_and_pays_for_its_new_chunks_alone(self, team: Team) -> None:
        sections = [f"## Section {n}\n\n{f'Sentence about zebra{n}. ' * 60}" for n in range(4)]
        team.write({"docs/long.md": "# Long\n\n" + "\n\n".join(sections)})
        await team.embed(team.embedder())
        before = len(team.embedded_texts())
        sections[2] = "## Section 2\n\n" + "Now about a xylophone. " * 60
        team.write({"docs/long.md": "# Long\n\n" + "\n\n".join(sections)})
        report = await team.embed(team.embedder())
        assert (report.changed, report.chunks, report.embedded) == (1, 4, 4)
        (paid,) = team.embedded_texts()[before:]
        assert "xylophone" in paid
        assert await team.waiting() == 0
        assert await team.booked() == (team.server.billed_tokens, team.server.billed_tokens * 1_000)

    @pytest.mark.parametrize(("model", "dimensions"), [("large", _DIMENSIONS), ("small", 32)])
    async def test_another_model_or_length_is_refused_and_words_go_on(
        self, team: Team, model: str, dimensions: int
    ) -> None:
        await team.embed(team.embedder())
        calls = len(team.server.calls)
        other = team.embedder(model, dimensions)
        team.write({"docs/new.md": "# New\n\nA xylophone.\n"})
        with pytest.raises(IndexMismatch) as caught:
            await team.embed(other)
        assert caught.value.recorded == "acme/small, 64 dimensions"
        assert caught.value.configured == f"acme/{model}, {dimensions} dimensions"
        found = await team.find("xylophone", embedder=other)
        assert found.degraded == "not_embedded"
        assert _first(found) == "docs/new.md"
        assert (await team.index.stats()).unindexed == 0
        assert len(team.server.calls) == calls

    async def test_another_embedder_makes_all_vectors_anew_where_that_is_asked_for_and_agreed_to(
        self, team: Team
    ) -> None:
        first = team.embedder()
        await team.embed(first)
        other = team.embedder("large", 32)
        assert (await team.embed(other, reembed=True, consent=False)).embedding_error == "not agreed to"
        assert (await team.find(_SAYING, embedder=first)).degraded is None
        assert (await team.embed(other, reembed=True)).embedded == 3
        assert team.plans[-1] == team.plans[-2]
        assert team.plans[-1].chunks == 3
        assert team.progress[-1] == SyncProgress("chunks", 3, 3, "acme/large")
        found = await team.find(_SAYING, embedder=other)
        assert found.degraded is None
        assert _first(found) == "docs/saying.md"

    async def test_documents_taken_in_without_the_embedder_get_their_vectors_later(self, team: Team) -> None:
        embedder = team.embedder()
        await team.embed(embedder)
        team.write({"docs/new.md": "# New\n\nA xylophone.\n", "docs/budget.md": "# Budget\n\nChanged.\n"})
        await team.sync()
        assert await team.waiting() == 2
        assert await team.sources("xylophone") == ["docs/new.md"]
        assert (await team.embed(embedder)).embedded == 2
