"""Steps that are written down in their order: at once, or as soon as the state database answers again."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from rag.errors import StateUnavailable
from rag.ports import Database, Row, Value

log = logging.getLogger(__name__)

_MOST = 10_000


class Steps:
    """What became of questions, on its way to the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owed = deque[tuple[str, tuple[Value, ...]]]()
        self._catching_up = asyncio.Lock()

    async def write(self, sql: str, reference: str, *values: Value) -> list[Row] | None:
        """Write a step of the question of this reference; returns `None` where it cannot be written yet."""
        try:
            await self.catch_up()
            # As a transaction, so that those who write at the same time share a commit.
            return await self._database.transact(lambda transaction: transaction.fetch(sql, reference, *values))
        except StateUnavailable as error:
            log.warning("not in the journal yet reference=%s: %s", reference, error)
            if len(self._owed) < _MOST:
                self._owed.append((sql, (reference, *values)))
            else:
                log.warning("too much is owed to the journal: lost reference=%s", reference)
            return None

    async def catch_up(self) -> None:
        """Write what could not be written when it happened.

        Raises:
            StateUnavailable: It cannot be written yet.
        """
        if not self._owed:
            return
        async with self._catching_up:
            while self._owed:
                sql, values = self._owed[0]
                try:
                    await self._database.fetch(sql, *values)
                except StateUnavailable:
                    raise
                except Exception:  # it would hold up all that comes after it, for ever
                    log.exception("never written: %s", sql)
                self._owed.popleft()
