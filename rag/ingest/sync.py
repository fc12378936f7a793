"""Make the index say what the files say: new files in, changed ones replaced, vanished ones out.

The index itself is the only record of what was ingested, so nothing can disagree with it. Every commit to it is whole
documents: a run that is killed leaves a searchable index, and the next run does what is left.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from rag.errors import IngestBusy, IngestError, UnreadableDocument
from rag.ingest.chunking import chunk
from rag.ingest.files import Found, find, link_for, source_name
from rag.ingest.loaders import loader_for
from rag.ingest.vectors import Confirm, OnProgress, embed_chunks
from rag.model import (
    COLLECTION_NAME,
    Chunk,
    DocumentSource,
    EmbeddingPlan,
    IndexedDocument,
    Skipped,
    SyncProgress,
    SyncReport,
)
from rag.ports import Clock, Database, Embedder
from rag.retrieval.lance import LanceIndex
from rag.state.syncs import SyncLog

# Part of every content hash: raised when loaders or chunker change, so that the next run makes all chunks anew.
_FORMAT = "1"
# Chunks in one commit. A commit costs some 20 ms whatever it holds; more at once only costs memory.
_BATCH_CHUNKS = 1_000


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """How documents are cut.

    Attributes:
        max_file_bytes: Larger files are skipped.
        lock_timeout_s: How long to wait for another process that is ingesting.
    """

    chunk_chars: int = 1600
    chunk_overlap_chars: int = 400
    max_file_bytes: int = 10_000_000
    lock_timeout_s: float = 60.0


@dataclass(slots=True)
class _Batch:
    """Documents that go into the index in one commit."""

    chunks: list[Chunk] = field(default_factory=list)
    document_ids: list[str] = field(default_factory=list)


async def agreed(_: EmbeddingPlan) -> bool:
    """Whoever called has agreed to the cost already."""
    return True


def untold(*_: object) -> None:
    """Nobody wants to know."""


class Synchroniser:
    """Brings one collection of the index up to date with its sources."""

    def __init__(
        self,
        index: LanceIndex,
        database: Database,
        embedder: Embedder | None,
        clock: Clock,
        settings: SyncSettings,
    ) -> None:
        self._index = index
        self._database = database
        self._syncs = SyncLog(database, clock)
        self._embedder = embedder
        self._clock = clock
        self._settings = settings

    async def sync(
        self,
        sources: Sequence[DocumentSource],
        *,
        on_progress: OnProgress = untold,
        confirm: Confirm = agreed,
        on_wait: Callable[[], None] = untold,
        reembed: bool = False,
    ) -> SyncReport:
        """Ingest some sources of one collection.

        Args:
            sources: All of the same collection.
            on_progress: Told of every file, then of the chunks that get a vector.
            confirm: Asked before vectors are paid for; without consent the chunks stay without them.
            on_wait: Told once if another process is ingesting and has to be waited for.
            reembed: Make all vectors of the index anew, whoever made those that are there.

        Raises:
            IngestError: A source does not exist, or they are not of one collection; nothing was changed.
            IngestBusy: Another process was ingesting for longer than the lock is waited for.
            IndexMismatch: The vectors in the index are another embedder's; the texts are in step all the same.
            StateUnavailable: The lock's database does not answer.
        """
        started = self._clock.monotonic()
        collection = _collection_of(sources)
        found = await asyncio.to_thread(find, sources)
        async with self._turn(on_wait):
            report = await self._sync_texts(collection, found, on_progress)
            # Before the vectors, which can take an hour: questions are answered from the texts meanwhile.
            if report.added or report.changed or report.removed or (await self._index.stats()).unindexed:
                await self._index.optimize()
            await self._syncs.record(report)
            if self._embedder is not None:
                report = await embed_chunks(
                    self._index, self._embedder, report, confirm=confirm, on_progress=on_progress, reembed=reembed
                )
                if report.embedded:
                    await self._index.optimize()
        return replace(report, seconds=self._clock.monotonic() - started)

    async def is_current(self, sources: Sequence[DocumentSource]) -> bool:
        """Whether the index has just these sources' files as they are now; tells of texts, not of vectors."""
        known = {(document.collection, document.source): document for document in await self._index.documents()}
        return await asyncio.to_thread(self._is_current, sources, known)

    def _is_current(self, sources: Sequence[DocumentSource], known: Mapping[tuple[str, str], IndexedDocument]) -> bool:
        found = find(sources)
        seen = set()
        for file, source in _pairs(found):
            key = (source.collection, source_name(file))
            if key not in seen and not self._is_file_current(file, source, known.get(key)):
                return False
            seen.add(key)
        return not any(
            files.source.collection == collection and files.covers(name)
            for collection, name in known.keys() - seen
            for files in found
        )

    def _is_file_current(self, file: Path, source: DocumentSource, known: IndexedDocument | None) -> bool:
        try:
            return self._chunks(file, source, known.content_hash if known else None) is None
        except UnreadableDocument:
            return known is None
        except OSError:
            return True

    async def remove_collection(self, collection: str) -> int:
        """Forget all documents of a collection; returns how many there were.

        Raises:
            IngestBusy: Another process is ingesting.
        """
        async with self._turn():
            documents = await self._index.documents(collection)
            await self._index.replace([], [document.id for document in documents])
            await self._index.optimize()
            await self._syncs.forget(collection)
        return len(documents)

    @asynccontextmanager
    async def _turn(self, on_wait: Callable[[], None] = untold) -> AsyncIterator[None]:
        """Hold the lock over all processes that ingest."""
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self._database.exclusive("ingest", timeout_s=0))
            except TimeoutError:
                on_wait()
                timeout_s = self._settings.lock_timeout_s
                try:
                    await stack.enter_async_context(self._database.exclusive("ingest", timeout_s=timeout_s))
                except TimeoutError as error:
                    raise IngestBusy(f"another process has been ingesting for {timeout_s:.0f} s") from error
            yield

    async def _sync_texts(self, collection: str, found: Sequence[Found], on_progress: OnProgress) -> SyncReport:
        known = {document.source: document for document in await self._index.documents(collection)}
        pairs = _pairs(found)
        report = SyncReport(collection, skipped=tuple(skip for files in found for skip in files.skipped))
        seen: set[str] = set()
        batch = _Batch()
        for done, (file, source) in enumerate(pairs, start=1):
            name = source_name(file)
            if name not in seen:
                seen.add(name)
                report = await self._take(file, source, known.get(name), batch, report)
            if len(batch.chunks) >= _BATCH_CHUNKS:
                await self._write(batch)
            on_progress(SyncProgress("files", done, len(pairs), name))
        await self._write(batch)
        return await self._remove_vanished(known, seen, found, report)

    async def _take(
        self, file: Path, source: DocumentSource, known: IndexedDocument | None, batch: _Batch, report: SyncReport
    ) -> SyncReport:
        """Put one file into the batch, unless it is what the index has already."""
        name = source_name(file)
        try:
            chunks = await asyncio.to_thread(self._chunks, file, source, known.content_hash if known else None)
        except UnreadableDocument as error:
            if known is not None:  # what it said before, it says no more
                batch.document_ids.append(known.id)
            return replace(
                report,
                skipped=(*report.skipped, Skipped(name, error.reason)),
                removed=report.removed + (known is not None),
            )
        except OSError as error:
            return replace(report, skipped=(*report.skipped, Skipped(name, error.strerror or type(error).__name__)))
        if chunks is None:
            return replace(report, unchanged=report.unchanged + 1)
        batch.chunks += chunks
        batch.document_ids.append(chunks[0].document_id)
        return replace(
            report,
            added=report.added + (known is None),
            changed=report.changed + (known is not None),
            chunks=report.chunks + len(chunks),
        )

    def _chunks(self, file: Path, source: DocumentSource, known_hash: str | None) -> list[Chunk] | None:
        """The chunks of a file, `None` where its content is known. Blocks: runs in a thread.

        Raises:
            UnreadableDocument: It cannot be a document.
            OSError: It cannot be read.
        """
        size = file.stat().st_size
        if size > self._settings.max_file_bytes:
            limit = self._settings.max_file_bytes
            raise UnreadableDocument(f"is too large: {size:,} bytes, the limit is {limit:,}")
        content = file.read_bytes()
        link = link_for(file, source)
        content_hash = self._hash(content, link)
        if content_hash == known_hash:
            return None
        loader = loader_for(file.name)
        assert loader is not None, "files without a loader were left out when looking for files"
        parsed = loader(content, file.name)
        pieces = chunk(parsed, max_chars=self._settings.chunk_chars, overlap_chars=self._settings.chunk_overlap_chars)
        if not pieces:
            raise UnreadableDocument("has no text")
        name = source_name(file)
        document_id = _document_id(source.collection, name)
        now = self._clock.now()
        return [
            Chunk(
                id=f"{document_id}-{position}",
                document_id=document_id,
                collection=source.collection,
                source=name,
                link=(parsed.url or link) + (f"#{piece.anchor}" if piece.anchor else ""),
                title=parsed.title or _readable(file.stem),
                heading_path=piece.heading_path,
                anchor=piece.anchor,
                text=piece.text,
                position=position,
                content_hash=content_hash,
                ingested_at=now,
            )
            for position, piece in enumerate(pieces)
        ]

    def _hash(self, content: bytes, link: str) -> str:
        sizes = f"{self._settings.chunk_chars}/{self._settings.chunk_overlap_chars}"
        return hashlib.sha256(f"{_FORMAT}\0{sizes}\0{link}\0".encode() + content).hexdigest()

    async def _write(self, batch: _Batch) -> None:
        if batch.document_ids:
            await self._index.replace(batch.chunks, batch.document_ids)
            batch.chunks, batch.document_ids = [], []

    async def _remove_vanished(
        self, known: dict[str, IndexedDocument], seen: set[str], found: Sequence[Found], report: SyncReport
    ) -> SyncReport:
        vanished = [
            document.id
            for name, document in known.items()
            if name not in seen and any(files.covers(name) for files in found)
        ]
        if vanished:
            await self._index.replace([], vanished)
        return replace(report, removed=report.removed + len(vanished))


def _collection_of(sources: Sequence[DocumentSource]) -> str:
    """The one collection of all the sources.

    Raises:
        IngestError: There is none, there are several, or it cannot be called so.
    """
    names = sorted({source.collection for source in sources})
    if not names:
        raise IngestError("no file or folder to ingest was named")
    if len(names) > 1:
        raise IngestError(f"one collection is ingested at a time, and these are {len(names)}: {', '.join(names)}")
    if not COLLECTION_NAME.fullmatch(names[0]):
        raise IngestError(f"{names[0]!r} cannot be a collection's name: letters, digits, '.', '_' and '-', at most 64")
    return names[0]


def _pairs(found: Sequence[Found]) -> list[tuple[Path, DocumentSource]]:
    return [(file, files.source) for files in found for file in files.files]


def _readable(stem: str) -> str:
    """A file's name as a title: `error-handling` → `error handling`."""
    return re.sub(r"[-_]+", " ", stem).strip() or stem


def _document_id(collection: str, source: str) -> str:
    return hashlib.sha256(f"{collection}\0{source}".encode()).hexdigest()[:32]
