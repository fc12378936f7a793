from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.access import Access
from bot.bootstrap import Bot
from bot.cli.chat import chat
from bot.settings import BotSettings
from rag.model import CacheStats, Event, Pin, Stats
from rag.settings import RagSettings
from tests.fakes.scripted_pipeline import REFUSAL, STATS, ScriptedPipeline


class Watchful(ScriptedPipeline):
    """Answers only while it is on the watch, which ends when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.watching = asyncio.Event()

    async def get_stats(self) -> Stats:
        return Stats(STATS, CacheStats())

    async def stream(self, question: str, **asked: object) -> AsyncGenerator[Event, None]:
        await self.watching.wait()
        async for event in super().stream(question, **asked):  # type: ignore[arg-type]
            yield event

    async def watch(self) -> None:
        self.watching.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.watching.clear()


async def test_the_catalogue_is_watched_while_the_chat_goes_on_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, page = Watchful(), io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO("anything?\n"))
    monkeypatch.setattr(sys, "stdout", page)
    settings, core = BotSettings.load(tmp_path, {}), RagSettings.load(tmp_path, {})
    bot = Bot(tmp_path, settings, core, pipeline, Access(pins={"*": Pin(policy="fastest")}))  # type: ignore[arg-type]

    await chat(bot, access=Access(pins={"*": Pin(policy="cheapest")}))

    assert REFUSAL in page.getvalue()
    assert pipeline.asked[0].pin == Pin(policy="cheapest")
    assert not pipeline.watching.is_set()
