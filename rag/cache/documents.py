"""Which documents the index holds now: what is remembered lives no longer than the documents it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from rag.model import IndexedDocument
from rag.ports import Clock

_LOOK_EVERY_S = 1.0


class Documents(Protocol):
    """What is asked of an index."""

    async def version(self) -> int:
        """Grows with every change."""
        ...

    async def documents(self) -> Sequence[IndexedDocument]:
        """Every document."""
        ...


class IndexWatch:
    """The index's version and its documents' hashes, looked at no more than once a second.

    A change made by another process is seen within that second, one of this process at once if it says `look_again`.
    Both methods raise `IndexUnavailable` where the index does not answer.
    """

    def __init__(self, index: Documents, clock: Clock) -> None:
        self._index = index
        self._clock = clock
        self._version = -1
        self._looked_at: float | None = None
        self._hashes: Mapping[str, str] = {}
        self._hashes_version = -1

    async def version(self) -> int:
        """The index's version, a second old at most."""
        now = self._clock.monotonic()
        if self._looked_at is None or now - self._looked_at >= _LOOK_EVERY_S:
            self._version = await self._index.version()
            self._looked_at = now
        return self._version

    async def hashes(self) -> Mapping[str, str]:
        """The content hash of every document by its id."""
        version = await self.version()
        if self._hashes_version != version:
            self._hashes = {document.id: document.content_hash for document in await self._index.documents()}
            self._hashes_version = version
        return self._hashes

    def look_again(self) -> None:
        """Ask the index at the next question: something was ingested just now."""
        self._looked_at = None
