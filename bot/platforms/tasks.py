"""The work that a platform has in hand: every task has an owner, and is let come to its end when the bot stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

log = logging.getLogger(__name__)

# Containers are killed ten seconds after they were told to stop. What is cut off then is taken up after the start.
_DRAIN_S: Final = 8.0


class Tasks:
    """Tasks that outlive whoever began them; an async context manager that waits for them at its end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._tasks:
                log.info("waiting for %d under way", len(self._tasks))
            with suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_S):
                    while self._tasks:  # what ends may have begun something that ends it, such as clearing a sign
                        await asyncio.wait(self._tasks)
        finally:
            left = tuple(self._tasks)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def begin(self, work: Coroutine[None, None, object], what: str) -> asyncio.Task[None]:
        """Let it be done; what goes wrong in it is logged under this name, and ends nothing else."""
        task = asyncio.create_task(_logged(work, what), name=what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _logged(work: Coroutine[None, None, object], what: str) -> None:
    try:
        await work
    except Exception:  # the outermost place of a task
        log.exception("failed: %s", what)
