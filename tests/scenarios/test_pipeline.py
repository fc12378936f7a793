"""The core's public face: from a folder of configuration to cited answers."""

from __future__ import annotations

import asyncio
import gc
import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from rag.errors import ConfigurationError, IndexUnavailable, IngestError
from rag.model import Answer, DocumentSource, Event, Scope, Status, Token, Turn
from rag.pipeline import RagPipeline
from tests.fakes.embedding_server import KEY, EmbeddingServer

DOCS = {
    "docs/budget.md": """# Daily budget

## Setting a limit

The daily budget is set with `daily_budget` in the configuration file. When the limit is reached, ragbot answers
without a model until midnight.

## Warnings

Administrators are warned at eighty per cent of the limit.
""",
    "docs/install.md": """# Installation

## With pip

Install the wheel with pip. Then start the server with `ragbot run`.

## With Docker

Build the Docker image and mount the data folder as a volume.
""",
    "docs/pt/ferias.md": """# Política de férias

## Quantos dias

Cada funcionário tem direito a trinta dias de férias por ano.

## Quem aprova

As férias são aprovadas pelo gestor da equipe com trinta dias de antecedência.
""",
}
_HANDBOOK = "# Handbook\n\n## Parking\n\nVisitors leave their cars in the underground garage on level two.\n"


def write(folder: Path) -> Path:
    for name, text in DOCS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "handbook").mkdir()
    (folder / "handbook/parking.md").write_text(_HANDBOOK, encoding="utf-8")
    return folder


async def opened(folder: Path, **environ: str) -> RagPipeline:
    """A pipeline of the defaults, with its data below the folder."""
    (folder / "config").mkdir(exist_ok=True)
    return await RagPipeline.open(folder / "config", environ={"RAGBOT_DATA": str(folder / "data"), **environ})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("team"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pipeline(folder: Path) -> AsyncIterator[RagPipeline]:
    """A pipeline that is only asked."""
    async with await opened(folder) as pipeline:
        await pipeline.add_documents(folder / "docs")
        await pipeline.add_documents(DocumentSource(folder / "handbook", "handbook", "https://handbook.example"))
        yield pipeline


async def _events(pipeline: RagPipeline, question: str, history: Sequence[Turn] = ()) -> list[Event]:
    return [event async for event in pipeline.stream(question, history=history)]


@pytest.mark.asyncio(loop_scope="module")
class TestAnswers:
    async def test_an_answer_comes_bit_by_bit_and_whole_at_the_end(self, pipeline: RagPipeline) -> None:
        events = await _events(pipeline, "How is the daily budget set?")
        assert events[:2] == [Status("searching"), Status("answering")]
        assert all(isinstance(event, Token) for event in events[2:-1])
        answer = events[-1]
        assert isinstance(answer, Answer)
        assert answer.text == "".join(event.text for event in events if isinstance(event, Token))
        assert answer == await _same_as(answer, pipeline)
        assert (answer.rung, answer.rung_reason, answer.provider, answer.model) == (
            "extractive", "no_model_configured", "extractive", None
        )  # fmt: skip
        assert (answer.cost_micro_usd, answer.cached, answer.refused, answer.degraded) == (0, False, False, None)
        assert answer.latency_s > 0
        assert len(answer.reference) == 12

    @pytest.mark.parametrize(
        ("question", "source", "told"),
        [
            ("How is the daily budget set?", "docs/budget.md", "`daily_budget`"),
            ("When are administrators warned about the limit?", "docs/budget.md", "eighty per cent"),
            ("How do I install it with pip?", "docs/install.md", "Install the wheel"),
            ("Quantos dias de férias cada funcionário tem?", "docs/pt/ferias.md", "trinta dias"),
            ("quem aprova as ferias do funcionario", "docs/pt/ferias.md", "gestor"),
        ],
    )
    async def test_questions_in_both_languages_are_answered_with_exact_quotations(
        self, pipeline: RagPipeline, folder: Path, question: str, source: str, told: str
    ) -> None:
        answer = await pipeline.query(question)
        assert answer.language == ("pt" if "/pt/" in source else "en")
        assert told in answer.text
        assert "[1]" in answer.text
        first = answer.citations[0]
        assert Path(first.source) == folder / source
        assert [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
        for citation in answer.citations:
            assert citation.quote in Path(citation.source).read_text(encoding="utf-8")  # noqa: ASYNC240
        passages = (await pipeline.search(question)).passages
        assert all(any(c.quote in passage.chunk.text for passage in passages) for c in answer.citations)

    async def test_a_citation_says_where_its_quotation_is_read(self, pipeline: RagPipeline) -> None:
        answer = await pipeline.query("Where do visitors leave their cars?")
        (citation,) = answer.citations
        assert (citation.title, citation.heading) == ("Handbook", "Parking")
        assert citation.link == "https://handbook.example/parking.md#parking"
        assert "underground garage on level two" in citation.quote

    @pytest.mark.parametrize(
        ("question", "says", "title"),
        [
            ("Who won the football championship with the highest budget?", "I found nothing", "“Daily budget”"),
            ("Qual funcionário ganhou o campeonato de xadrez?", "Não encontrei nada", "“Política de férias”"),
        ],
    )
    async def test_what_the_documents_do_not_say_is_refused_naming_what_is_nearest(
        self, pipeline: RagPipeline, question: str, says: str, title: str
    ) -> None:
        events = await _events(pipeline, question)
        answer = events[-1]
        assert isinstance(answer, Answer)
        assert events[:-1] == [Status("searching"), Token(answer.text)]
        assert answer.text.startswith(says)
        assert title in answer.text
        assert answer.nearest_titles
        assert (answer.refused, answer.rung_reason, answer.citations) == (True, "nothing_relevant", ())
        assert "[1]" not in answer.text

    @pytest.mark.parametrize("question", ["", "?", "\0", "the of", "🙂", "\ud800"])
    async def test_a_question_that_asks_nothing_is_refused(self, pipeline: RagPipeline, question: str) -> None:
        assert (await pipeline.query(question)).refused

    @pytest.mark.parametrize(
        ("first", "second", "told"),
        [
            ("How do I install the server?", "And with Docker?", "mount the data folder"),
            ("How is the daily budget set?", "Who is warned about it?", "Administrators are warned"),
            ("Quantos dias de férias cada funcionário tem?", "E quem aprova?", "gestor da equipe"),
        ],
    )
    async def test_a_follow_up_is_about_what_was_asked_before(
        self, pipeline: RagPipeline, first: str, second: str, told: str
    ) -> None:
        before = await pipeline.query(first)
        answer = await pipeline.query(second, history=[Turn("user", first), Turn("assistant", before.text)])
        assert not answer.refused
        assert told in answer.text
        assert answer.question == second
        assert answer.language == before.language

    async def test_a_scope_is_kept_also_by_what_a_refusal_names(self, pipeline: RagPipeline) -> None:
        question = "Where do visitors leave their cars?"
        for scope in (Scope.of("default"), Scope.of("other"), Scope.of()):
            answer = await pipeline.query(question, scope=scope)
            assert answer.refused
            assert "Handbook" not in answer.text
            assert not (await pipeline.search(question, scope=scope)).relevant
        assert not (await pipeline.query(question, scope=Scope.of("handbook"))).refused

    async def test_two_hundred_questions_at_once_are_all_answered(self, pipeline: RagPipeline) -> None:
        questions = ["How is the daily budget set?", "Quem aprova as férias?", "Where do visitors leave their cars?"]
        answers = await asyncio.gather(*(pipeline.query(questions[n % 3]) for n in range(200)))
        assert not any(answer.refused for answer in answers)
        assert len({answer.reference for answer in answers}) == 200
        assert len({(answer.question, answer.text) for answer in answers}) == 3

    async def test_a_reader_who_leaves_in_the_middle_leaves_nothing_open(self, pipeline: RagPipeline) -> None:
        stream = pipeline.stream("How is the daily budget set?")
        assert await anext(stream) == Status("searching")
        await stream.aclose()  # type: ignore[attr-defined]
        assert not (await pipeline.query("How is the daily budget set?")).refused

    async def test_it_says_what_it_knows(self, pipeline: RagPipeline) -> None:
        default, handbook = await pipeline.sources()
        assert (default.collection, default.documents, default.chunks) == ("default", 3, 3)
        assert (handbook.collection, handbook.documents, handbook.chunks) == ("handbook", 1, 1)
        assert handbook.synced_at is not None
        assert abs(datetime.now(UTC) - handbook.synced_at) < timedelta(minutes=5)
        stats = (await pipeline.get_stats()).index
        assert (stats.documents, stats.chunks, stats.unindexed, stats.embedder) == (4, 4, 0, None)

    async def test_a_healthy_core_says_so(self, pipeline: RagPipeline) -> None:
        health = await pipeline.health_check()
        assert (health.ready, health.store_kind, health.store_ok, health.problems) == (True, "sqlite", True, ())
        assert health.index == (await pipeline.get_stats()).index
        assert (health.budget.limit_micro_usd, health.budget.used_micro_usd) == (25_000_000, 0)
        states = {provider.provider: provider.state for provider in health.providers}
        assert states == {"extractive": "ready"} | dict.fromkeys(("openai", "anthropic", "gemini"), "not_configured")


async def _same_as(answer: Answer, pipeline: RagPipeline) -> Answer:
    """What `query` makes of the same question, but for what is of its own time."""
    from dataclasses import replace

    again = await pipeline.query(answer.question)
    return replace(again, latency_s=answer.latency_s, reference=answer.reference)


class TestDocuments:
    async def test_headings_with_nothing_under_them_are_no_answer_and_no_silence(self, tmp_path: Path) -> None:
        folder = write(tmp_path)
        (folder / "docs/zebras.md").write_text("# Zebras\n\n## Zebra habitat in Tanzania\n", encoding="utf-8")
        async with await opened(folder) as pipeline:
            await pipeline.add_documents(folder / "docs")
            assert (await pipeline.search("zebra habitat in Tanzania")).relevant
            answer = await pipeline.query("zebra habitat in Tanzania")
        assert (answer.refused, answer.citations, answer.rung_reason) == (True, (), "nothing_relevant")
        assert "“Zebras”" in answer.text

    async def test_files_and_folders_are_added_by_path(self, tmp_path: Path) -> None:
        folder = write(tmp_path)
        async with await opened(folder) as pipeline:
            report = await pipeline.add_documents(str(folder / "docs/budget.md"), folder / "docs/pt", collection="team")
            assert (report.collection, report.added, report.chunks) == ("team", 2, 2)
            assert (await pipeline.query("How is the daily budget set?", scope=Scope.of("team"))).citations
            assert await pipeline.is_current([DocumentSource(folder / "docs/budget.md", "team")])
            assert not await pipeline.is_current([DocumentSource(folder / "docs", "team")])
            assert await pipeline.remove_collection("team") == 2
            assert await pipeline.sources() == []

    async def test_what_cannot_be_added_is_told_before_anything_is_changed(self, tmp_path: Path) -> None:
        folder = write(tmp_path)
        async with await opened(folder) as pipeline:
            for paths in ((), (folder / "docs", folder / "typo"), (folder / "docs", DocumentSource(folder, "other"))):
                with pytest.raises(IngestError):
                    await pipeline.add_documents(*paths)
            assert (await pipeline.get_stats()).index.documents == 0

    async def test_questions_are_answered_while_documents_are_taken_in(self, tmp_path: Path) -> None:
        folder = write(tmp_path)
        for number in range(60):
            (folder / f"docs/more{number}.md").write_text(f"# More {number}\n\nNothing about money.\n" * 20)
        async with await opened(folder) as pipeline:
            await pipeline.add_documents(folder / "docs/budget.md")
            adding = asyncio.ensure_future(pipeline.add_documents(folder / "docs"))
            answered = 0
            while not adding.done():
                answer = await pipeline.query("How is the daily budget set?")
                assert "`daily_budget`" in answer.text
                answered += 1
            assert answered > 1
            assert (await adding).added == 62


class TestTrouble:
    async def test_a_health_check_tells_of_an_index_that_is_gone_and_never_raises(self, tmp_path: Path) -> None:
        async with await opened(write(tmp_path)) as pipeline:
            await pipeline.add_documents(tmp_path / "docs")
            shutil.rmtree(tmp_path / "data/lancedb")
            (tmp_path / "data/lancedb").write_text("a file")
            health = await pipeline.health_check()
            assert (health.ready, health.index, health.store_ok) == (False, None, True)
            (problem,) = health.problems
            assert str(tmp_path / "data/lancedb") in problem
            with pytest.raises(IndexUnavailable):
                await pipeline.query("How is the daily budget set?")

    async def test_without_a_state_database_free_answers_go_on_and_the_check_says_so(self, tmp_path: Path) -> None:
        folder = write(tmp_path)
        async with await opened(folder) as pipeline:
            await pipeline.add_documents(folder / "docs")
        (folder / "blocked").write_text("a file where a folder should be")
        async with await opened(folder, RAGBOT_STATE_URL=f"sqlite:///{folder}/blocked/state.db") as pipeline:
            assert (await pipeline.query("How is the daily budget set?")).citations
            (summary,) = await pipeline.sources()
            assert (summary.documents, summary.synced_at) == (3, None)
            health = await pipeline.health_check()
            assert (health.ready, health.store_kind, health.store_ok) == (True, "unavailable", False)
            assert health.budget.used_micro_usd is None
            (problem,) = health.problems
            assert "blocked/state.db does not answer" in problem

    @pytest.mark.filterwarnings("error::ResourceWarning")
    async def test_a_start_that_fails_half_way_closes_what_it_opened(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data/lancedb").write_text("a file where a folder should be")
        with pytest.raises(IndexUnavailable, match="lancedb does not answer"):
            await opened(tmp_path)
        gc.collect()  # an open connection would warn now
        assert not list((tmp_path / "data").glob("state.db-wal")), "closing the last connection removes its journal"

    async def test_a_wrong_configuration_starts_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "config").mkdir()
        (tmp_path / "config/llm_providers_config.yaml").write_text("retrieval: {passages: many}\n")
        with pytest.raises(ConfigurationError, match=r"llm_providers_config\.yaml:1: retrieval\.passages"):
            await opened(tmp_path)
        assert not (tmp_path / "data").exists()

    async def test_an_embedder_without_a_key_is_left_out(self, tmp_path: Path) -> None:
        folder = write(tmp_path)
        (folder / "config").mkdir()
        (folder / "config/llm_providers_config.yaml").write_text(
            "embeddings: {provider: openai, model: text-embedding-3-small, dimensions: 64}\n"
        )
        async with await opened(folder) as pipeline:
            report = await pipeline.add_documents(folder / "docs")
            assert (report.added, report.embedded, report.embedding_error) == (3, 0, None)
            assert (await pipeline.query("How is the daily budget set?")).degraded is None

    async def test_an_embedder_of_the_configuration_is_used_and_held_to_the_daily_budget(self, tmp_path: Path) -> None:
        folder = write(tmp_path)
        (folder / "config").mkdir()
        settings = folder / "config/llm_providers_config.yaml"
        embeddings = (
            "embeddings: {provider: openai, model: m, dimensions: 64, price_per_mtok_usd: 1000, batch_size: 2}\n"
        )
        async with EmbeddingServer() as server:
            environ = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{server.url}/v1"}
            settings.write_text(f"{embeddings}routing: {{cost_limits: {{daily_budget: 0.01}}}}\n")
            async with await opened(folder, **environ) as pipeline:
                report = await pipeline.add_documents(folder / "docs")
                assert (report.added, report.embedded, server.calls) == (3, 0, [])
                assert "budget" in (report.embedding_error or "")
                assert (await pipeline.query("How is the daily budget set?")).citations
            settings.write_text(embeddings)
            async with await opened(folder, **environ) as pipeline:
                report = await pipeline.add_documents(folder / "docs")
                assert (report.unchanged, report.embedded, report.embedding_error) == (3, 3, None)
                assert (await pipeline.query("How is the daily budget set?")).degraded is None
                assert (await pipeline.get_stats()).index.embedder == "openai/m, 64 dimensions"
                used = (await pipeline.health_check()).budget.used_micro_usd
                assert used == server.billed_tokens * 1_000
