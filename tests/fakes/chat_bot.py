"""The bot in front of a chat of ours: a process that is started and stopped, hurried clocks, a slow model."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from rag.clock import SystemClock
from rag.model import Event
from tests.fakes.scripted_pipeline import ScriptedPipeline
from tests.fakes.talk import Talk


class HurriedClock(SystemClock):
    """Its seconds are short, and whoever sleeps sleeps shortly; the time of day is right. `wind` moves it forward."""

    def __init__(self, times: float = 50.0) -> None:
        self._times = times
        self._wound_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() * self._times + self._wound_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._times)

    def wind(self, seconds: float) -> None:
        self._wound_s += seconds


@dataclass
class ChatBot:
    """A process of the bot that serves a chat.

    Attributes:
        told: What whoever started it was told.
    """

    talk: Talk
    task: asyncio.Task[None]
    told: list[str] = field(default_factory=list)
    _is_over: bool = False

    async def stop(self) -> None:
        """End it as SIGTERM does: what is under way comes to its end."""
        self.task.cancel()
        if not self._is_over:
            with contextlib.suppress(asyncio.CancelledError):
                await self.task

    async def failure(self) -> str:
        """What it ends with by itself.

        Raises:
            AssertionError: It does not.
        """
        self._is_over = True
        ended, _ = await asyncio.wait([self.task], timeout=30)
        assert ended, "it still runs"
        error = self.task.exception()
        assert error is not None, "it ended well"
        return str(error)


class SlowPipeline(ScriptedPipeline):
    """Takes a moment for each piece, as models do."""

    async def stream(self, question: str, **how: Any) -> AsyncGenerator[Event, None]:
        async for event in super().stream(question, **how):
            yield event
            await asyncio.sleep(0.2)
