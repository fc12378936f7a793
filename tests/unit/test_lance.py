"""The index, over real LanceDB folders."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import IndexMismatch, IndexUnavailable
from rag.model import EVERYTHING, Chunk, IndexedDocument, Passage, Scope
from rag.retrieval import schema
from rag.retrieval.lance import LanceIndex
from rag.retrieval.lancedb_import import import_lancedb

_NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

_OPEN_AT_ONCE = """
import asyncio, sys
from rag.retrieval.lance import LanceIndex
from rag.retrieval.lancedb_import import import_lancedb

import_lancedb()
print("ready", flush=True)
sys.stdin.read()
asyncio.run(LanceIndex.open(sys.argv[1]))
"""

_WRITE = """
import asyncio, sys
from tests.unit.test_lance import chunk
from rag.retrieval.lance import LanceIndex

async def write():
    index = await LanceIndex.open(sys.argv[1])
    await index.replace([chunk("A xylophone from elsewhere.", "elsewhere")], ["elsewhere"])

asyncio.run(write())
"""


def chunk(
    text: str,
    document_id: str = "d",
    position: int = 0,
    *,
    collection: str = "docs",
    title: str = "Title",
    heading_path: tuple[str, ...] = (),
    vector: tuple[float, ...] | None = None,
) -> Chunk:
    return Chunk(
        id=f"{document_id}-{position}",
        document_id=document_id,
        collection=collection,
        source=f"{document_id}.md",
        link=f"{document_id}.md#here",
        title=title,
        heading_path=heading_path,
        anchor="here",
        text=text,
        position=position,
        content_hash="hash",
        ingested_at=_NOON,
        vector=vector,
    )


def texts(passages: list[Passage]) -> list[str]:
    return [passage.chunk.text for passage in passages]


class _FailingToOptimize:
    """A table whose full-text merge aborts, as Lance's has been seen to do; all else is the real table's."""

    def __init__(self, table: object) -> None:
        self._table = table

    def __getattr__(self, name: str) -> object:
        return getattr(self._table, name)

    async def optimize(self, **_: object) -> None:
        raise RuntimeError("a task panicked")


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[LanceIndex]:
    index = await LanceIndex.open(str(tmp_path / "index"))
    yield index
    index.close()


async def _fill(index: LanceIndex, *chunks: Chunk) -> None:
    await index.replace(chunks, {chunk.document_id for chunk in chunks})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def library(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LanceIndex]:
    """An index that is only read."""
    index = await LanceIndex.open(str(tmp_path_factory.mktemp("library")))
    await _fill(
        index,
        chunk("Budgets are configured by administrators.", "budget"),
        chunk("As configurações do orçamento são feitas pelos administradores.", "orcamento"),
        chunk("Quantas férias cada funcionário tem: trinta dias.", "ferias"),
        chunk("Empty.", "headed", title="Xylophone", heading_path=("Tuning", "Afinação")),
        *(chunk(f"Filler number {n}.", f"filler{n}") for n in range(20)),
    )
    await index.optimize()
    yield index
    index.close()


@pytest.mark.asyncio(loop_scope="module")
class TestWords:
    @pytest.mark.parametrize(
        ("words", "document"),
        [
            ("configuring a budget", "budget"),
            ("administrator configure", "budget"),
            ("configuração do orçamento", "orcamento"),
            ("CONFIGURACOES DO ORCAMENTO", "orcamento"),
            ("funcionários com férias", "ferias"),
            ("funcionario ferias", "ferias"),
            ("xylophones", "headed"),
            ("tuned", "headed"),
            ("afinacao", "headed"),
        ],
    )
    async def test_both_languages_are_stemmed_and_accents_are_optional(
        self, library: LanceIndex, words: str, document: str
    ) -> None:
        assert (await library.search_text(words, EVERYTHING, 5))[0].chunk.document_id == document

    @pytest.mark.parametrize(
        "words", ["", " \t\n", "the of and", "o de que", "\0", "🙂", "\ud800", "?!", "zzz-unknown"]
    )
    async def test_words_that_say_nothing_find_nothing(self, library: LanceIndex, words: str) -> None:
        assert await library.search_text(words, EVERYTHING, 5) == []
        assert await library.best_score(words, EVERYTHING) == 0

    @pytest.mark.parametrize(
        "wrapping",
        [
            '"{}"', '"{}', "({}", "{})) OR (", "+{} -{}", "{}~2^9", "text:{}", "{} AND NOT *", "{}*", "/{}/",
            "[{} TO *]", "'{}' OR '1'='1", "\\{}\\", "{}\0\x1b[31m", "🙂{}🙂 {}", "\ud83d {}", "{{{}}}", "%{}%",
            "{};--", "<b>{}</b>",
        ],
    )  # fmt: skip
    async def test_what_people_write_is_words_and_never_syntax(self, library: LanceIndex, wrapping: str) -> None:
        found = await library.search_text(wrapping.replace("{}", "férias"), EVERYTHING, 5)
        assert "ferias" in {passage.chunk.document_id for passage in found}

    @settings(max_examples=100, deadline=None)
    @given(st.text(max_size=60))
    async def test_no_text_whatever_is_an_error(self, library: LanceIndex, words: str) -> None:
        assert len(await library.search_text(words, Scope.of("docs"), 3)) <= 3

    @pytest.mark.parametrize(
        "words", ["férias " * 14_000, "x" * 100_000 + " férias", " ".join(map(str, range(18_000)))]
    )
    async def test_a_hundred_thousand_characters_are_words_too(self, library: LanceIndex, words: str) -> None:
        found = await library.search_text(words, EVERYTHING, 2)
        assert ("ferias" in {passage.chunk.document_id for passage in found}) == ("férias" in words)

    async def test_a_passage_is_the_chunk_as_it_was_written_with_its_score(self, library: LanceIndex) -> None:
        (passage,) = await library.search_text("xylophone", EVERYTHING, 5)
        assert passage.chunk == chunk("Empty.", "headed", title="Xylophone", heading_path=("Tuning", "Afinação"))
        assert passage.score == passage.text_score == await library.best_score("xylophone", EVERYTHING)
        assert passage.vector_distance is None

    async def test_the_best_come_first_and_no_more_than_asked_for(self, library: LanceIndex) -> None:
        found = await library.search_text("filler number 7", EVERYTHING, 4)
        assert len(found) == 4
        assert found[0].chunk.text == "Filler number 7."
        assert [passage.score for passage in found] == sorted((passage.score for passage in found), reverse=True)

    async def test_rare_words_are_worth_more_than_common_ones(self, library: LanceIndex) -> None:
        assert await library.best_score("xylophone", EVERYTHING) > await library.best_score("filler", EVERYTHING) > 0

    async def test_documents_are_told_of_one_collection_whatever_it_is_called(self, library: LanceIndex) -> None:
        known = IndexedDocument("ferias", "docs", "ferias.md", "hash", 1)
        assert known in await library.documents()
        assert known in await library.documents("docs")
        for name in ("other", "docs' OR '1'='1", "", "\\", "'"):
            assert await library.documents(name) == []

    async def test_every_column_that_is_filtered_or_searched_has_an_index(self, library: LanceIndex) -> None:
        kinds = {index.columns[0]: index.index_type for index in await library._table.list_indices()}
        assert kinds == {
            **dict.fromkeys(schema.FULL_TEXT, "FTS"),
            **dict.fromkeys(("id", "document_id"), "BTree"),
            **dict.fromkeys(("collection", "source"), "Bitmap"),
        }


class TestWriting:
    async def test_fresh_rows_are_found_at_once(self, index: LanceIndex) -> None:
        for number in range(3):
            await _fill(index, chunk(f"A xylophone, number {number}.", f"d{number}"))
            assert len(await index.search_text("xylophone", EVERYTHING, 5)) == number + 1

    async def test_what_another_process_writes_is_found_at_once(self, index: LanceIndex, tmp_path: Path) -> None:
        assert await index.search_text("xylophone", EVERYTHING, 5) == []
        await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", _WRITE, str(tmp_path / "index")], check=True, timeout=60
        )
        assert texts(await index.search_text("xylophone", EVERYTHING, 5)) == ["A xylophone from elsewhere."]

    async def test_a_document_is_replaced_whole_and_in_one_commit(self, index: LanceIndex) -> None:
        await _fill(index, *(chunk(f"Old part {n}.", "d", n) for n in range(3)), chunk("Other.", "other"))
        version = await index.version()
        await _fill(index, *(chunk(f"New part {n}.", "d", n) for n in range(2)))
        assert await index.version() == version + 1
        assert sorted(texts(await index.search_text("part", EVERYTHING, 9))) == ["New part 0.", "New part 1."]
        assert await index.search_text("old", EVERYTHING, 9) == []
        assert texts(await index.search_text("other", EVERYTHING, 9)) == ["Other."]

    async def test_a_document_without_chunks_is_removed_and_no_document_is_no_change(self, index: LanceIndex) -> None:
        await _fill(index, chunk("Gone soon.", "it's"), chunk("Stays.", "its"))
        await index.replace([], ["it's", "x' OR '1'='1"])
        assert [document.id for document in await index.documents()] == ["its"]
        version = await index.version()
        await index.replace([], [])
        assert await index.version() == version

    async def test_an_update_does_not_bring_back_what_is_gone(self, index: LanceIndex) -> None:
        await _fill(index, chunk("Here.", "here"))
        await index.update([chunk("Here, again.", "here"), chunk("Gone.", "gone")])
        assert [document.id for document in await index.documents()] == ["here"]
        assert texts(await index.search_text("again", EVERYTHING, 5)) == ["Here, again."]

    async def test_thousands_of_documents_are_removed_in_one_go(self, index: LanceIndex) -> None:
        await _fill(index, *(chunk("Many.", f"d{n}") for n in range(5_000)))
        await index.replace([], [f"d{n}" for n in range(1, 5_000)])
        assert (await index.stats()).documents == 1


class TestOptimizing:
    async def test_it_brings_fresh_rows_into_the_indexes(self, index: LanceIndex) -> None:
        await _fill(index, *(chunk(f"A xylophone {n}.", f"d{n}") for n in range(10)))
        stats = await index.stats()
        assert (stats.documents, stats.chunks, stats.unindexed, stats.embedder) == (10, 10, 10, None)
        await index.optimize()
        assert (await index.stats()).unindexed == 0
        assert len(await index.search_text("xylophone", EVERYTHING, 20)) == 10

    async def test_where_it_fails_the_indexes_are_made_anew(
        self, index: LanceIndex, caplog: pytest.LogCaptureFixture
    ) -> None:
        await _fill(index, chunk("The first xylophone.", "first"))
        await index.optimize()
        await _fill(index, chunk("The second xylophone.", "second"))
        failing = LanceIndex(index._connection, _FailingToOptimize(index._table))  # type: ignore[arg-type]
        with caplog.at_level(logging.WARNING):
            await failing.optimize()
        assert "making the indexes anew: a task panicked" in caplog.text
        assert (await index.stats()).unindexed == 0
        assert len(await index.search_text("xylophone", EVERYTHING, 5)) == 2

    async def test_versions_are_kept_for_readers_that_use_them(self, index: LanceIndex) -> None:
        for number in range(5):
            await _fill(index, chunk(f"Edition {number}.", "d"))
            await index.optimize()
        assert len(await index._table.list_versions()) > 5

    @pytest.mark.filterwarnings("ignore:optimize.cleanup_older_than=0:UserWarning")  # just what is wanted here
    async def test_a_reader_whose_files_were_cleaned_away_goes_on_with_the_newest(self, tmp_path: Path) -> None:
        writer = await LanceIndex.open(str(tmp_path))
        await _fill(writer, chunk("Old xylophone.", "d"))
        await writer.optimize()
        # A reader that keeps to the version it has, as one of an object store does for some seconds.
        connection = await import_lancedb().connect_async(str(tmp_path))
        reader = LanceIndex(connection, await connection.open_table(schema.TABLE))
        await _fill(writer, chunk("New xylophone.", "d"))
        await writer._table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)
        assert texts(await reader.search_text("xylophone", EVERYTHING, 5)) == ["New xylophone."]
        reader.close()
        writer.close()


class TestOpening:
    def test_processes_that_start_on_an_empty_folder_at_once_make_one_index(self, tmp_path: Path) -> None:
        children = [
            subprocess.Popen(
                [sys.executable, "-c", _OPEN_AT_ONCE, str(tmp_path / "new")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for _ in range(3)
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
        for child in children:
            assert child.stdin is not None
            child.stdin.close()
            child.stdin = None
        for child in children:
            _, errors = child.communicate(timeout=60)
            assert child.returncode == 0, errors

        async def use() -> None:
            index = await LanceIndex.open(str(tmp_path / "new"))
            await _fill(index, chunk("One xylophone."))
            assert texts(await index.search_text("xylophone", EVERYTHING, 5)) == ["One xylophone."]
            assert len(await index._table.list_indices()) == len(schema.INDEXED)
            index.close()

        asyncio.run(use())

    async def test_the_id_is_the_key_so_that_two_writers_leave_no_doubles(
        self, index: LanceIndex, tmp_path: Path
    ) -> None:
        other = await LanceIndex.open(str(tmp_path / "index"))
        many = [chunk(f"Part {n}.", f"d{n}") for n in range(300)]
        await asyncio.gather(_fill(index, *many), _fill(other, *many), return_exceptions=True)
        other.close()
        assert (await index.stats()).chunks == 300

    async def test_a_file_in_place_of_the_folder_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "index").write_text("not a folder")
        with pytest.raises(IndexUnavailable, match="index does not answer: "):
            await LanceIndex.open(str(tmp_path / "index"))

    async def test_a_damaged_table_is_told(self, tmp_path: Path) -> None:
        index = await LanceIndex.open(str(tmp_path))
        index.close()
        for manifest in (tmp_path / "chunks.lance/_versions").iterdir():
            manifest.write_bytes(b"nonsense")
        with pytest.raises(IndexUnavailable):
            await LanceIndex.open(str(tmp_path))

    async def test_once_closed_it_says_so(self, tmp_path: Path) -> None:
        index = await LanceIndex.open(str(tmp_path))
        index.close()
        index.close()
        for use in (index.stats, index.documents, index.version, lambda: index.search_text("x", EVERYTHING, 1)):
            with pytest.raises(IndexUnavailable, match="was closed"):
                await use()


def _direction(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


class TestVectors:
    async def test_there_are_none_until_an_embedder_is_used(self, index: LanceIndex) -> None:
        assert await index.embedder() is None
        await index.forget_vectors()
        await index.use_embedder("acme/small", 2)
        assert await index.embedder() == "acme/small, 2 dimensions" == (await index.stats()).embedder

    @pytest.mark.parametrize(("name", "dimensions"), [("acme/large", 2), ("acme/small", 3)])
    async def test_another_embedder_or_length_is_refused_until_the_vectors_are_forgotten(
        self, index: LanceIndex, name: str, dimensions: int
    ) -> None:
        await index.use_embedder("acme/small", 2)
        await index.use_embedder("acme/small", 2)
        with pytest.raises(IndexMismatch) as caught:
            await index.use_embedder(name, dimensions)
        assert caught.value.recorded == "acme/small, 2 dimensions"
        assert caught.value.configured == f"{name}, {dimensions} dimensions"
        await index.forget_vectors()
        await index.use_embedder(name, dimensions)

    async def test_chunks_wait_for_their_vectors(self, index: LanceIndex) -> None:
        await _fill(index, chunk("Four", "a", title="Ti", heading_path=("He", "ad")), chunk("Five.", "b", title=""))
        await index.use_embedder("acme/small", 2)
        # What is embedded is text with title and headings, each on a line of its own.
        assert await index.count_without_vector() == (2, len("Four" + "Ti\nHe\nad" + "Five."))
        (first,) = await index.chunks_without_vector(1)
        await index.update([chunk(first.text, first.document_id, vector=_direction(0))])
        assert [waiting.id for waiting in await index.chunks_without_vector(9)] != [first.id]
        assert (await index.count_without_vector())[0] == 1

    async def test_the_nearest_come_first_and_those_without_a_vector_not_at_all(self, index: LanceIndex) -> None:
        await index.use_embedder("acme/small", 2)
        angles = {"near": 10, "far": 80, "opposite": 180, "nearest": 1}
        await _fill(index, chunk("No vector.", "none"), *(chunk(d, d, vector=_direction(a)) for d, a in angles.items()))
        found = await index.search_vector(_direction(0), EVERYTHING, 3)
        assert texts(found) == ["nearest", "near", "far"]
        assert found[1].vector_distance == pytest.approx(1 - math.cos(math.radians(10)), abs=1e-4)
        assert found[1].score == pytest.approx(math.cos(math.radians(10)), abs=1e-4)
        assert found[1].text_score is None
        assert await index.search_vector(_direction(0), Scope.of("other"), 3) == []
        assert await index.search_vector(_direction(0), Scope.of(), 3) == []

    async def test_many_vectors_get_an_index_that_still_finds_the_nearest(self, index: LanceIndex) -> None:
        draw = random.Random(8).gauss
        vectors = [tuple(draw() for _ in range(8)) for _ in range(5_000)]
        await index.use_embedder("acme/small", 8)
        await _fill(
            index,
            *(chunk(f"{n}", f"d{n}", collection=f"c{n % 100}", vector=vector) for n, vector in enumerate(vectors)),
        )
        await index.optimize()
        await index.optimize()
        assert sum(schema.VECTOR in found.columns for found in await index._table.list_indices()) == 1
        asked = [value + 0.001 for value in vectors[4_321]]
        assert texts(await index.search_vector(asked, EVERYTHING, 1)) == ["4321"]
        assert texts(await index.search_vector(asked, Scope.of("c21"), 1)) == ["4321"]
        found = await index.search_vector(asked, Scope.of("c22"), 40)
        assert {passage.chunk.collection for passage in found} == {"c22"}
