"""Stands in for a state database that could not be opened: free rungs go on, nothing paid does, until it can be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from rag.errors import StateUnavailable
from rag.ports import Clock, Database, Held, Row, Transaction, Value

T = TypeVar("T")

# A server that is being started, or a disk that is being emptied, is looked for again after so long.
_AGAIN_S = 5.0


class LateDatabase:
    """Fits the `Database` port. Until the database can be opened, every statement says why it cannot.

    Args:
        open_it: Opens the database, or raises `StateUnavailable`.
        reason: Why that has just failed.
    """

    def __init__(self, open_it: Callable[[], Awaitable[Database]], clock: Clock, *, reason: str) -> None:
        self._open_it = open_it
        self._clock = clock
        self._reason = reason
        self._tried_at_s = clock.monotonic()
        self._database: Database | None = None
        self._opening = asyncio.Lock()

    @property
    def kind(self) -> str:
        """That of the database, once it is there."""
        return "unavailable" if self._database is None else self._database.kind

    async def fetch(self, sql: str, *values: Value) -> list[Row]:
        """Run one statement in a transaction of its own and return its rows.

        Raises:
            StateUnavailable: There is no database yet, or it does not answer.
        """
        return await (await self._opened()).fetch(sql, *values)

    async def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run one statement for every row, in one transaction: all or none.

        Raises:
            StateUnavailable: There is no database yet, or it does not answer.
        """
        await (await self._opened()).execute_many(sql, rows)

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` alone; it does not begin while there is no database.

        Raises:
            StateUnavailable: There is no database yet, or it does not answer.
        """
        return await (await self._opened()).transact(work)

    @asynccontextmanager
    async def exclusive(self, name: str, *, timeout_s: float) -> AsyncIterator[Held]:
        """Hold a lock over all processes that share this database.

        Raises:
            TimeoutError: Another process held it for all of `timeout_s`.
            StateUnavailable: There is no database yet: what cannot be locked is not done.
        """
        async with (await self._opened()).exclusive(name, timeout_s=timeout_s) as held:
            yield held

    async def aclose(self) -> None:
        """Close it, if it was ever opened."""
        if self._database is not None:
            await self._database.aclose()

    async def _opened(self) -> Database:
        async with self._opening:
            if self._database is None:
                if self._clock.monotonic() - self._tried_at_s < _AGAIN_S:
                    raise StateUnavailable(self._reason)
                try:
                    self._database = await self._open_it()
                except StateUnavailable as error:
                    self._reason = str(error)
                    raise
                finally:
                    self._tried_at_s = self._clock.monotonic()
            return self._database
