"""What goes on in the background, owned by one place that ends it and tells of its bugs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class Tasks:
    """Tasks that end with the server; a bug in one is raised there."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[object]] = set()
        self.bugs: list[BaseException] = []

    def start(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            self.bugs.append(bug)
