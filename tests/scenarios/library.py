"""A team's documents with all that indexes them, every part real, in one folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.ingest.sync import Synchroniser, SyncSettings
from rag.language import Analyzer, detect_language
from rag.model import EVERYTHING, Chunk, DocumentSource, Retrieval, Scope, SyncReport
from rag.ports import Embedder
from rag.retrieval import schema
from rag.retrieval.lance import LanceIndex
from rag.retrieval.retriever import Retriever, RetrieverSettings
from rag.state.sqlite import SqliteDatabase
from tests.fakes.clock import FakeClock


@dataclass
class Library:
    """Everything that `open_library` opened."""

    folder: Path
    index: LanceIndex
    database: SqliteDatabase
    clock: FakeClock

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)

    def synchroniser(self, embedder: Embedder | None = None, settings: SyncSettings | None = None) -> Synchroniser:
        return Synchroniser(self.index, self.database, embedder, self.clock, settings or SyncSettings())

    async def sync(self, *paths: str, collection: str = "default", url: str | None = None) -> SyncReport:
        return await self.synchroniser().sync(
            [DocumentSource(self.folder / path, collection, url) for path in paths or ("docs",)]
        )

    async def find(self, question: str, scope: Scope = EVERYTHING, embedder: Embedder | None = None) -> Retrieval:
        retriever = Retriever(self.index, Analyzer(), embedder=embedder, settings=RetrieverSettings())
        return await retriever.retrieve(question, detect_language(question), scope)

    async def sources(self, question: str, scope: Scope = EVERYTHING) -> list[str]:
        """Where the passages for a question stand, the best first, each document once."""
        found = await self.find(question, scope)
        return list(dict.fromkeys(passage.chunk.source for passage in found.passages))

    async def documents(self) -> set[tuple[str, str]]:
        return {(document.collection, document.source) for document in await self.index.documents()}

    async def chunks(self) -> list[Chunk]:
        return await chunks_of(self.index)


async def chunks_of(index: LanceIndex) -> list[Chunk]:
    """All chunks, by their ids."""
    rows = await index._table.query().select(list(schema.READ)).to_list()
    return sorted((schema.to_chunk(row) for row in rows), key=lambda chunk: chunk.id)


@asynccontextmanager
async def open_library(folder: Path) -> AsyncIterator[Library]:
    async with AsyncExitStack() as stack:
        clock = FakeClock()
        database = await SqliteDatabase.open(folder / "state.db", clock)
        stack.push_async_callback(database.aclose)
        index = await LanceIndex.open(str(folder / "index"))
        stack.callback(index.close)
        yield Library(folder, index, database, clock)
