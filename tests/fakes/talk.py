"""A conversation in a process of its own, over a real state database, in front of any pipeline."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.access import Access
from bot.actions import Actions
from bot.conversation import Conversation
from bot.feedback import Feedback
from bot.journal import Journal
from bot.ports import Pipeline
from bot.presence import Presence
from bot.terms import Terms
from rag.ports import Clock, Database
from rag.state import open_database
from tests.fakes.clock import FakeClock


@dataclass(frozen=True, slots=True)
class Talk:
    """A process that answers, and what it is made of.

    Attributes:
        database: Shared with whichever other processes use the same folder or URL.
    """

    conversation: Conversation
    journal: Journal
    feedback: Feedback
    presence: Presence
    database: Database
    clock: Clock


@asynccontextmanager
async def open_talk(
    where: Path | str,
    pipeline: Pipeline,
    *,
    clock: Clock | None = None,
    access: Access | None = None,
    terms: Terms | None = None,
    people: Mapping[str, Sequence[str]] | None = None,
    at_once: int = 100,
    prefix: str = "ref",
) -> AsyncIterator[Talk]:
    """A process of its own: its own connection, its own sign of life.

    Args:
        where: The folder of its SQLite file, or a state URL.
        prefix: Of its references, which are numbered.
    """
    clock, access = clock or FakeClock(), access or Access()
    url = f"sqlite:///{where / 'state.db'}" if isinstance(where, Path) else where
    database = await open_database(url, clock)
    numbers = itertools.count(1)
    try:
        async with Presence(database) as presence:
            journal = Journal(database, presence, clock, terms or Terms())
            feedback = Feedback(database, clock)
            actions = Actions(journal=journal, feedback=feedback, pipeline=pipeline, access=access, people=people or {})
            conversation = Conversation(
                pipeline,
                journal,
                actions,
                access=access,
                clock=clock,
                at_once=at_once,
                new_reference=lambda: f"{prefix}{next(numbers)}",
            )
            yield Talk(conversation, journal, feedback, presence, database, clock)
    finally:
        await database.aclose()
