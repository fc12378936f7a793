"""Which of the processes that share a state database are alive."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AsyncExitStack
from itertools import chain, count
from typing import Self

from rag.ports import Database, Held


class Presence:
    """This process's sign of life: a lock that its death frees at once, however it dies. An async context manager.

    The locks are numbered, and each process takes the first that is free, so there are never more of them than there
    were processes at the same time. The table `processes` says whose each number is: a dead process's may be another's
    by now. A lock that was lost with the database's server is taken again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._life = uuid.uuid4().hex
        self._number: int | None = None
        self._lock: Held | None = None
        self._taking = asyncio.Lock()
        self._hands = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._hands.aclose()

    async def name(self) -> str:
        """This process's; the first call takes its lock.

        Raises:
            StateUnavailable: No lock can be had.
        """
        async with self._taking:
            if self._lock is None or not self._lock.is_held:
                await self._take_a_number()
        return self.known_name

    @property
    def known_name(self) -> str:
        """The same without asking for it: of a process that has no lock yet, one that nothing is written under."""
        return f"{self._number}:{self._life}"

    async def is_gone(self, name: str) -> bool:
        """Whether the process of this name has died or ended.

        Raises:
            StateUnavailable: Nobody can tell.
        """
        if name == await self.name():
            return False
        number, _, life = name.partition(":")
        if await self._database.fetch("SELECT 1 FROM processes WHERE number = $1 AND life <> $2", int(number), life):
            return True
        try:
            async with self._database.exclusive(_lock_of(int(number)), timeout_s=0):
                return True
        except TimeoutError:
            return False

    async def _take_a_number(self) -> None:
        self._lock = None
        await self._hands.aclose()
        own = () if self._number is None else (self._number,)
        for number in chain(own, count(1)):
            try:
                lock = await self._hands.enter_async_context(self._database.exclusive(_lock_of(number), timeout_s=0))
            except TimeoutError:
                continue
            await self._database.fetch(
                "INSERT INTO processes (number, life) VALUES ($1, $2)"
                " ON CONFLICT (number) DO UPDATE SET life = excluded.life",
                number,
                self._life,
            )
            self._lock, self._number = lock, number
            return


def _lock_of(number: int) -> str:
    return f"process-{number}"
