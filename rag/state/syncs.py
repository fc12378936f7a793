"""When each collection was last synchronised, and what that did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rag.model import SyncReport
from rag.ports import Clock, Database
from rag.state.timestamps import from_text, to_text


@dataclass(frozen=True, slots=True)
class Sync:
    """The last synchronisation of a collection, counted in documents."""

    collection: str
    finished_at: datetime
    added: int
    changed: int
    removed: int
    unchanged: int
    skipped: int


class SyncLog:
    """The table `syncs`: one row a collection."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(self, report: SyncReport) -> None:
        """Note a synchronisation that has just finished, in place of the one before.

        Raises:
            StateUnavailable: The database does not answer.
        """
        await self._database.fetch(
            "INSERT INTO syncs (collection, finished_at, added, changed, removed, unchanged, skipped)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)"
            " ON CONFLICT (collection) DO UPDATE SET finished_at = excluded.finished_at, added = excluded.added,"
            " changed = excluded.changed, removed = excluded.removed, unchanged = excluded.unchanged,"
            " skipped = excluded.skipped",
            report.collection,
            to_text(self._clock.now()),
            report.added,
            report.changed,
            report.removed,
            report.unchanged,
            len(report.skipped),
        )

    async def forget(self, collection: str) -> None:
        """Take a collection off the list.

        Raises:
            StateUnavailable: The database does not answer.
        """
        await self._database.fetch("DELETE FROM syncs WHERE collection = $1", collection)

    async def all(self) -> tuple[Sync, ...]:
        """The last synchronisation of every collection, by the collections' names.

        Raises:
            StateUnavailable: The database does not answer.
        """
        rows = await self._database.fetch(
            "SELECT collection, finished_at, added, changed, removed, unchanged, skipped FROM syncs ORDER BY collection"
        )
        return tuple(
            Sync(str(collection), from_text(finished_at), *(int(count or 0) for count in counts))
            for collection, finished_at, *counts in rows
        )
