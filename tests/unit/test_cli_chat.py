from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.access import Access, Admins
from bot.bootstrap import Bot
from bot.cli.chat import chat
from bot.presence import Presence
from bot.settings import BotSettings
from rag.clock import SystemClock
from rag.model import Asker, CacheStats, Event, Pin, Stats, Turn
from rag.ports import Database
from rag.quota.accounts import Accounts
from rag.quota.books import Books
from rag.quota.policy import QuotaPolicy
from rag.settings import RagSettings
from rag.state import open_database
from tests.fakes.scripted_pipeline import REFUSAL, STATS, ScriptedPipeline


class Watchful(ScriptedPipeline):
    """Answers only while it is on the watch, which ends when it is told to."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        books = Books(database, SystemClock(), QuotaPolicy())
        self.accounts = Accounts(books, database, SystemClock(), keep_days=400)
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


@asynccontextmanager
async def open_watchful(folder: Path) -> AsyncIterator[Bot]:
    """A process of its own, at the state database of this folder."""
    settings, core = BotSettings.load(folder, {}), RagSettings.load(folder, {})
    database = await open_database(f"sqlite:///{folder / 'state.db'}", SystemClock())
    async with Presence(database) as presence:
        pipeline: Any = Watchful(database)  # what a chat asks of the real one
        yield Bot(folder, settings, core, pipeline, Access(pins={"*": Pin(policy="fastest")}), presence)
    await database.aclose()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], io.StringIO]:
    """What is typed into the next chat; returns what that will show."""

    def type_in(lines: str) -> io.StringIO:
        page = io.StringIO()
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        monkeypatch.setattr(sys, "stdout", page)
        return page

    return type_in


async def test_the_catalogue_is_watched_while_the_chat_goes_on_and_no_longer(
    tmp_path: Path, typed: Callable[[str], io.StringIO]
) -> None:
    page = typed("anything?\n")

    async with open_watchful(tmp_path) as bot:
        await chat(bot, access=Access(pins={"*": Pin(policy="cheapest")}))

        assert isinstance(bot.pipeline, Watchful)
        assert REFUSAL in page.getvalue()
        assert bot.pipeline.asked[0].pin == Pin(policy="cheapest")
        assert not bot.pipeline.watching.is_set()
        assert len(asyncio.all_tasks()) == 1, "somebody is still on the watch"


async def test_a_conversation_with_a_name_is_gone_on_with_in_the_next_chat_and_others_are_not(
    tmp_path: Path, typed: Callable[[str], io.StringIO]
) -> None:
    heard = []
    for name, question in [("holidays", "one?"), ("", "two?"), ("money", "three?"), ("holidays", "four?")]:
        typed(f"{question}\n")
        async with open_watchful(tmp_path) as bot:
            await chat(bot, conversation=name)
            assert isinstance(bot.pipeline, Watchful)
            heard.append(bot.pipeline.asked[0].history)

    assert heard == [(), (), (), (Turn("user", "one?"), Turn("assistant", REFUSAL))]


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (None, "This channel: $5.00 a day from now on."),
        (Asker("U1", channel="console"), "Only admins may change that"),
        (Asker("U1", channel="console", roles=frozenset({"finance"})), "This channel: $5.00 a day from now on."),
    ],
)
async def test_a_chat_as_somebody_else_has_their_rights(
    who: Asker | None, told: str, tmp_path: Path, typed: Callable[[str], io.StringIO]
) -> None:
    page = typed("/budget set 5 a day\n")
    admins = Admins(frozenset({"console"}), frozenset({"finance"}))

    async with open_watchful(tmp_path) as bot:
        await chat(bot, access=Access(admins=admins), who=who)

    assert told in page.getvalue()
