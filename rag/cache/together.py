"""Who asks the same thing at the same time is answered by the same run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")
Start = Callable[[], AsyncGenerator[T, None]]


class Together(Generic[T]):
    """Runs under way by their keys; an async context manager whose exit ends those that still run."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._end(*self._tasks)

    def __contains__(self, key: str) -> bool:
        """Whether it is being asked right now: `ask` would join, until the next `await`."""
        return key in self._runs

    async def ask(self, key: str, start: Start[T]) -> AsyncGenerator[T, None]:
        """Yield all events of the run of this key, from the first one on; begin it where there is none.

        The run goes its own way: a slow asker holds nobody up, and one who leaves takes nothing from the others. When
        the last one leaves, the run is cancelled and its generator closed before this one is.

        Raises:
            Exception: Whatever ended the run, for every asker.
        """
        run = self._runs.get(key) or self._begin(key, start)
        run.askers += 1
        try:
            position = 0
            while await run.reaches(position):
                yield run.events[position]
                position += 1
        finally:
            run.askers -= 1
            if not run.askers and self._runs.get(key) is run:
                # From here on it is lost: whoever asks now begins anew.
                del self._runs[key]
                await self._end(run.task)

    def _begin(self, key: str, start: Start[T]) -> _Run[T]:
        run = self._runs[key] = _Run(start)
        self._tasks.add(run.task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if self._runs.get(key) is run:
                del self._runs[key]

        run.task.add_done_callback(ended)
        return run

    async def _end(self, *tasks: asyncio.Task[None]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


class _Run(Generic[T]):
    """One run, in a task of its own, and all that it has brought forth."""

    def __init__(self, start: Start[T]) -> None:
        self.askers = 0
        self.events: list[T] = []
        self._moved = asyncio.Event()
        self._ended = False
        self._error: BaseException | None = None
        self.task = asyncio.create_task(self._execute(start))

    async def reaches(self, position: int) -> bool:
        """Wait for the event of this position; false where the run ends before it."""
        while position >= len(self.events) and not self._ended:
            await self._moved.wait()
        if position < len(self.events):
            return True
        if self._error is not None:
            raise self._error
        return False

    async def _execute(self, start: Start[T]) -> None:
        try:
            async with aclosing(start()) as events:
                async for event in events:
                    self.events.append(event)
                    self._wake()
        except asyncio.CancelledError as error:
            self._error = error
            raise
        except Exception as error:  # noqa: BLE001 - raised again, in every asker
            self._error = error
        finally:
            self._ended = True
            self._wake()

    def _wake(self) -> None:
        # A new event for the next wait: those who wait for this one cannot miss it.
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
