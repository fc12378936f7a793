"""The index: one LanceDB table of chunks, searched by words and, where there is an embedder, by vectors.

Facts about LanceDB 0.40 that this file stands on were measured in 2026-11 and are told where they matter.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from rag.errors import IndexMismatch, IndexUnavailable
from rag.model import COLLECTION_NAME, Chunk, IndexedDocument, IndexStats, Passage, Scope
from rag.retrieval import schema
from rag.retrieval.lancedb_import import import_lancedb
from rag.retrieval.table import create_indexes, is_service, ready_table

if TYPE_CHECKING:
    from lancedb import AsyncConnection, AsyncTable
    from lancedb.query import FullTextQuery

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

# A folder is asked for a newer version at every query (it costs about a millisecond), so that what another process
# ingested is found at once; an object store is asked every five seconds.
_FRESH_LOCAL, _FRESH_REMOTE = timedelta(0), timedelta(seconds=5)
# Versions are kept this long for readers in other processes; removing them at once breaks those readers.
_KEEP_VERSIONS = timedelta(minutes=10)
# Below this many rows a flat scan is as fast as an index and exact; above it a scan costs hundreds of megabytes.
_VECTOR_INDEX_ROWS = 5_000
# Quantised vectors find candidates, exact ones rank them: without refining, recall falls to about 0.6.
_REFINE_FACTOR = 10
# A word in the title or a heading counts beside one in the text; between 0.3 and 0.8 it hardly mattered how much.
_CONTEXT_BOOST = 0.4
_CACHE_BYTES = (32 << 20, 16 << 20)
_TOLD_CHARS = 300


@contextmanager
def _failures_translated(uri: str) -> Iterator[None]:
    """LanceDB's failures become ours; it raises three kinds for the same things."""
    try:
        yield
    except (RuntimeError, ValueError, OSError) as error:
        told = " ".join(str(error).split())[:_TOLD_CHARS]
        raise IndexUnavailable(f"the index {uri} does not answer: {told}") from error


def _translated(
    method: Callable[Concatenate[LanceIndex, P], Awaitable[T]],
) -> Callable[Concatenate[LanceIndex, P], Coroutine[object, object, T]]:
    """A method that raises `IndexUnavailable` where LanceDB fails."""

    @functools.wraps(method)
    async def translated(self: LanceIndex, /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.check_open()
        with _failures_translated(self.uri):
            return await method(self, *args, **kwargs)

    return translated


class LanceIndex:
    """The table of chunks, opened for reading and writing.

    Any number of processes may read; writers take turns (see `rag.ingest.sync`). Every method raises
    `IndexUnavailable` where LanceDB fails.

    Attributes:
        uri: Where it is.
    """

    def __init__(self, connection: AsyncConnection, table: AsyncTable) -> None:
        self.uri = str(connection.uri)
        self._connection = connection
        self._table = table

    @classmethod
    async def open(cls, uri: str) -> LanceIndex:
        """Open the index, or make it where there is none.

        Args:
            uri: A folder, `s3://`, `gs://`, `az://` or `db://`.

        Raises:
            IndexUnavailable: It can neither be opened nor made.
        """
        # The import takes a second of a core: in a thread, the loop goes on showing signs of life.
        lancedb = await asyncio.to_thread(import_lancedb)
        session = None if is_service(uri) else lancedb.Session(*_CACHE_BYTES)
        with _failures_translated(uri):
            connection = await lancedb.connect_async(
                uri, read_consistency_interval=_FRESH_REMOTE if "://" in uri else _FRESH_LOCAL, session=session
            )
            try:
                return cls(connection, await ready_table(connection))
            except BaseException:
                connection.close()
                raise

    def check_open(self) -> None:
        """Raise `IndexUnavailable` once it was closed: LanceDB itself would panic."""
        if not self._table.is_open():
            raise IndexUnavailable(f"the index {self.uri} was closed")

    def close(self) -> None:
        """Close the files; the index cannot be used any more."""
        self._table.close()
        self._connection.close()

    # Reading

    @_translated
    async def search_text(self, words: str, scope: Scope, limit: int) -> list[Passage]:
        """The best chunks by BM25 over both languages, best first; nothing outside `scope`, whatever `words` says."""
        where = _filter(scope)
        if where == _NOTHING or not words.strip():
            return []

        async def run() -> list[dict[str, object]]:
            query = self._table.query().nearest_to_text(_any_of_the_words(words))
            rows = query.where(where) if where else query
            found: list[dict[str, object]] = await rows.select([*schema.READ, "_score"]).limit(limit).to_list()
            return found

        rows = await self._retried(run)
        return [
            Passage(schema.to_chunk(row), score=float(str(row["_score"])), text_score=float(str(row["_score"])))
            for row in rows
        ]

    @_translated
    async def search_vector(self, vector: Sequence[float], scope: Scope, limit: int) -> list[Passage]:
        """The nearest chunks by cosine distance, nearest first; chunks without a vector are not found."""
        where = _filter(scope)
        if where == _NOTHING:
            return []

        async def run() -> list[dict[str, object]]:
            query = self._table.query().nearest_to(list(vector)).column(schema.VECTOR)
            query = query.distance_type("cosine").refine_factor(_REFINE_FACTOR)
            rows = query.where(where) if where else query
            found: list[dict[str, object]] = await rows.select([*schema.READ, "_distance"]).limit(limit).to_list()
            return found

        rows = await self._retried(run)
        distances = [float(str(row["_distance"])) for row in rows]
        return [
            Passage(schema.to_chunk(row), score=1 - distance, vector_distance=distance)
            for row, distance in zip(rows, distances, strict=True)
        ]

    @_translated
    async def best_score(self, word: str, scope: Scope) -> float:
        """The most that a chunk of the scope scores by this word alone: rare words much, common ones little, 0 none."""
        where = _filter(scope)
        if where == _NOTHING or not word.strip():
            return 0.0

        async def run() -> list[float]:
            query = self._table.query().nearest_to_text(_any_of_the_words(word))
            rows = query.where(where) if where else query
            best: list[float] = (await rows.select(["_score"]).limit(1).to_arrow()).column("_score").to_pylist()
            return best

        return next(iter(await self._retried(run)), 0.0)

    @_translated
    async def version(self) -> int:
        """Grows with every change."""
        return int(await self._table.version())

    @_translated
    async def documents(self, collection: str | None = None) -> list[IndexedDocument]:
        """Every document that has chunks, of one collection or of all."""
        query = self._table.query().select(["document_id", "collection", "source", "content_hash"])
        if collection is not None:
            query = query.where(_equals("collection", collection))
        rows = (await query.to_arrow()).select(["document_id", "collection", "source", "content_hash"])
        counted = Counter(zip(*rows.to_pydict().values(), strict=True))
        return [
            IndexedDocument(document_id, name, source, content_hash, chunks)
            for (document_id, name, source, content_hash), chunks in counted.items()
        ]

    @_translated
    async def stats(self) -> IndexStats:
        """The index at a glance."""
        unindexed = 0
        for index in await self._table.list_indices():
            found = await self._table.index_stats(index.name)
            unindexed = max(unindexed, found.num_unindexed_rows if found and index.columns[0] == "text" else 0)
        return IndexStats(
            documents=await self._table.count_rows("position = 0"),
            chunks=await self._table.count_rows(),
            unindexed=unindexed,
            embedder=await self.embedder(),
        )

    # Writing

    @_translated
    async def replace(self, chunks: Sequence[Chunk], document_ids: Iterable[str]) -> None:
        """Make `chunks` all that there is of these documents, in one commit: whole before it, whole after it.

        Args:
            chunks: Of the given documents; a document without chunks is removed.
            document_ids: All documents that are replaced.
        """
        replaced = list(document_ids)
        if not replaced:
            return
        where = _one_of("document_id", replaced)
        if not chunks:
            await self._table.delete(where)
            return
        rows = schema.to_arrow(chunks, await self._table.schema())
        await (
            self._table.merge_insert("id")
            .when_matched_update_all()
            .when_not_matched_insert_all()
            .when_not_matched_by_source_delete(where)
            # A chunk that has no vector yet is a bad one to LanceDB, which would refuse the rest for it.
            .execute(rows, on_bad_vectors="null")
        )

    @_translated
    async def update(self, chunks: Sequence[Chunk]) -> None:
        """Write these chunks over the same chunks as they were; those that are gone stay gone."""
        rows = schema.to_arrow(chunks, await self._table.schema())
        await self._table.merge_insert("id").when_matched_update_all().execute(rows)

    @_translated
    async def optimize(self) -> None:
        """Bring fresh rows into the indexes and drop old versions; made anew if LanceDB fails at merging them."""
        if is_service(self.uri):
            return  # the service does it on its own, and refuses to be told
        await self._index_vectors()
        try:
            await self._table.optimize(cleanup_older_than=_KEEP_VERSIONS)
        except RuntimeError as error:
            # A merge of full-text indexes can abort (lance issue 8310); the rows themselves are sound.
            log.warning("optimize failed, making the indexes anew: %s", error)
            await create_indexes(self._table, schema.INDEXED)

    # Vectors

    @_translated
    async def embedder(self) -> str | None:
        """The recorded embedder and its dimensions, `None` where the index holds no vectors."""
        return schema.recorded_embedder(await self._table.schema())

    @_translated
    async def use_embedder(self, name: str, dimensions: int) -> None:
        """Add the vector column, empty, or check that it is this embedder's with as many dimensions.

        Raises:
            IndexMismatch: The vectors that are there were made by another one.
        """
        recorded, configured = await self.embedder(), schema.identity(name, dimensions)
        if recorded is None:
            await self._table.add_columns(schema.vector_field(name, dimensions))
        elif recorded != configured:
            raise IndexMismatch(recorded=recorded, configured=configured)

    @_translated
    async def forget_vectors(self) -> None:
        """Drop the vector column and all that is in it."""
        if await self.embedder() is not None:
            await self._table.drop_columns([schema.VECTOR])

    @_translated
    async def count_without_vector(self, *, were_all_dropped: bool = False) -> tuple[int, int]:
        """Chunks that wait for a vector, and the characters in them, title and headings included.

        Args:
            were_all_dropped: Count as if no chunk had one.
        """
        columns = ["context", "text"]
        query = self._table.query().select(columns) if were_all_dropped else self._waiting(columns)
        waiting = await query.to_arrow()
        return waiting.num_rows, sum(len(text) for column in waiting.columns for text in column.to_pylist())

    @_translated
    async def chunks_without_vector(self, limit: int) -> list[Chunk]:
        """Some chunks that wait for a vector."""
        return [schema.to_chunk(row) for row in await self._waiting(list(schema.READ)).limit(limit).to_list()]

    def _waiting(self, columns: list[str]):  # type: ignore[no-untyped-def]  # noqa: ANN202 - lancedb's query type is lazy
        return self._table.query().where(f"{schema.VECTOR} IS NULL").select(columns)

    async def _index_vectors(self) -> None:
        if await self.embedder() is None or await self._table.count_rows() < _VECTOR_INDEX_ROWS:
            return
        if any(schema.VECTOR in index.columns for index in await self._table.list_indices()):
            return
        from lancedb.index import IvfRq

        await self._table.create_index(schema.VECTOR, config=IvfRq(distance_type="cosine", num_bits=4))

    async def _retried(self, run: Callable[[], Awaitable[T]]) -> T:
        """Run a query; once more on the newest version if the files of an older one were cleaned away meanwhile."""
        try:
            return await run()
        except (RuntimeError, ValueError) as error:
            if "not found" not in str(error).lower():
                raise
            await self._table.checkout_latest()
            return await run()


def _any_of_the_words(words: str) -> FullTextQuery:
    """A query object: a raw string is parsed by LanceDB, and a person's quotation mark would be a syntax error."""
    from lancedb.query import BooleanQuery, MatchQuery, Occur

    words = words.encode(errors="replace").decode()  # half of an emoji is no text to LanceDB
    return BooleanQuery(
        [
            (Occur.SHOULD, MatchQuery(words, column, boost=_CONTEXT_BOOST if column.startswith("context") else 1.0))
            for column in schema.FULL_TEXT
        ]
    )


_NOTHING = "false"


def _filter(scope: Scope) -> str | None:
    """The scope as a prefilter, `None` for everything, `_NOTHING` where no collection can match."""
    if scope.collections is None:
        return None
    # A name that no collection can have is left out rather than escaped: nothing a person writes reaches the filter.
    names = sorted(name for name in scope.collections if COLLECTION_NAME.fullmatch(name))
    return _one_of("collection", names) if names else _NOTHING


def _one_of(column: str, values: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(_quoted(value) for value in values)})"


def _equals(column: str, value: str) -> str:
    return f"{column} = {_quoted(value)}"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
