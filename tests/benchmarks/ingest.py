"""How fast documents become searchable, beside LlamaIndex and LanceDB by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from rag.clock import SystemClock
from rag.ingest.sync import Synchroniser, SyncSettings
from rag.model import DocumentSource
from rag.ports import Embedder
from rag.retrieval.lance import LanceIndex
from rag.retrieval.schema import BITMAP, BTREE, FULL_TEXT, TABLE
from rag.state import open_database
from tests.benchmarks import peers
from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row, in_turn, ratio
from tests.benchmarks.corpus import Corpus

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = (Column("chunks_per_s"), Column("times_bare", 2), Column("times_llamaindex", 2))
_BARE, _LLAMA_INDEX = "LanceDB: add, one full-text index", "LlamaIndex: words and vectors"

Ingest = Callable[[Path], Awaitable[int]]
"""Makes a searchable index in an empty folder, and tells how many chunks are in it."""


async def run(plan: Plan, progress: Progress) -> Report:
    """Let everyone ingest the same files as often as planned."""
    with TemporaryDirectory(prefix="ragbot-bench-") as name:
        documents = Path(name) / "documents"
        Corpus(plan.chunks).write(documents)
        contenders = _contenders(documents, await _rows_of_ragbot(documents))
        measured = {contender: partial(_chunks_per_second, ingest) for contender, ingest in contenders.items()}
        speeds = {name: median(figures) for name, figures in (await in_turn(measured, plan, progress)).items()}
    rows = (
        Row(name, (speed, ratio(speed, speeds[_BARE]), ratio(speed, speeds.get(_LLAMA_INDEX))))
        for name, speed in speeds.items()
    )
    return Report(_COLUMNS, tuple(rows), _notes(plan))


def _notes(plan: Plan) -> tuple[str, ...]:
    return (
        f"{plan.chunks:,} chunks into an empty folder, in turn in one process; medians of {plan.runs} runs",
        f"ragbot: files, Markdown, chunks; indexes: {len(FULL_TEXT)} full-text, {len((*BTREE, *BITMAP))} scalar ones",
        f"its vectors: of a dummy embedder, {peers.DIMENSIONS} dimensions, written once the texts are there; indexed",
        peers.LLAMA_INDEX_INGESTS if peers.has_llama_index() else peers.NO_LLAMA_INDEX,
        "LanceDB: the rows that ragbot made, vectors included, ready in memory, written in one `add`",
    )


def _contenders(documents: Path, rows: pa.Table) -> Mapping[str, Ingest]:
    async def words(folder: Path) -> int:
        return await _ragbot(documents, folder, None)

    async def words_and_vectors(folder: Path) -> int:
        return await _ragbot(documents, folder, peers.DummyEmbedder())

    async def llama_index(folder: Path) -> int:
        return (await asyncio.to_thread(peers.llama_index, documents, folder)).chunks

    async def added(folder: Path) -> int:
        await peers.bare_add(rows, folder, indexed=False)
        return int(rows.num_rows)

    async def added_and_indexed(folder: Path) -> int:
        await peers.bare_add(rows, folder, indexed=True)
        return int(rows.num_rows)

    return {
        "ragbot: words": words,
        "ragbot: words and vectors": words_and_vectors,
        **({_LLAMA_INDEX: llama_index} if peers.has_llama_index() else {}),
        _BARE: added_and_indexed,
        "LanceDB: add alone": added,
    }


async def _chunks_per_second(ingest: Ingest) -> float:
    with TemporaryDirectory(prefix="ragbot-bench-") as folder:
        started = perf_counter()
        chunks = await ingest(Path(folder))
        return chunks / (perf_counter() - started)


async def _ragbot(documents: Path, folder: Path, embedder: Embedder | None) -> int:
    """What `ragbot ingest` does once it is started: the pipeline's synchroniser, with an embedder put in."""
    clock = SystemClock()
    database = await open_database(f"sqlite:///{folder / 'state.db'}", clock)
    try:
        with closing(await LanceIndex.open(str(folder / "index"))) as index:
            synchroniser = Synchroniser(index, database, embedder, clock, SyncSettings())
            report = await synchroniser.sync([DocumentSource(documents)])
    finally:
        await database.aclose()
    assert report.embedding_error is None, report.embedding_error
    return report.chunks


async def _rows_of_ragbot(documents: Path) -> pa.Table:
    """The rows that ragbot makes of the documents, with vectors."""
    import lancedb

    with TemporaryDirectory(prefix="ragbot-bench-") as folder:
        await _ragbot(documents, Path(folder), peers.DummyEmbedder())
        with await lancedb.connect_async(Path(folder) / "index") as connection:
            return await (await connection.open_table(TABLE)).to_arrow()
