"""A conversation in a process of its own, over a real state database, in front of any pipeline."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any

from bot.access import Access
from bot.actions import Actions
from bot.alerts import Alerts
from bot.choices import Choices
from bot.commands.base import Desk
from bot.conversation import Conversation
from bot.daily import DailyReport
from bot.feedback import Feedback
from bot.herald import Herald, cards_of
from bot.journal import Journal
from bot.messages import Post
from bot.notices import Notices
from bot.ports import Pipeline
from bot.presence import Presence
from bot.reports import Reporter
from bot.terms import AlertRules, Terms
from rag.ports import Clock, Database
from rag.quota.accounts import Accounts
from rag.quota.books import Books
from rag.quota.policy import QuotaPolicy
from rag.settings import RagSettings
from rag.state import open_database
from tests.fakes.clock import FakeClock


@dataclass(frozen=True, slots=True)
class Talk:
    """A process that answers, and what it is made of.

    Attributes:
        database: Shared with whichever other processes use the same folder or URL.
    """

    conversation: Conversation
    desk: Desk
    journal: Journal
    feedback: Feedback
    presence: Presence
    database: Database
    clock: Clock


def desk_of(
    pipeline: Pipeline,
    database: Database,
    journal: Journal,
    access: Access,
    *,
    clock: Clock,
    presence: Presence,
    policy: QuotaPolicy | None = None,
    post: Post | None = None,
) -> Desk:
    """What commands work with, over books of their own."""
    accounts = Accounts(Books(database, clock, policy or QuotaPolicy()), database, clock, keep_days=400)
    choices = Choices(database, clock, access, post)
    models: Any = pipeline
    return Desk(
        pipeline=pipeline,
        accounts=accounts,
        journal=journal,
        access=access,
        choices=choices,
        reports=Reporter(accounts, clock, _defaults(), access),
        alerts=Alerts(accounts, models, presence, clock, choices=choices, rules=AlertRules()),
    )


def herald_of(desk: Desk, database: Database, presence: Presence, clock: Clock, *, at: time | None = None) -> Herald:
    """Who says what nobody asked for, in English; no daily report where no time is given."""
    zone = desk.accounts.policy.zone
    notices = Notices(database, presence, clock, cards_of(desk.reports, "en", zone))
    return Herald(notices, desk.alerts, DailyReport(notices, desk.choices, clock, at=at, zone=zone))


@cache
def _defaults() -> RagSettings:
    return RagSettings.load(Path(__file__).parent, {})


@asynccontextmanager
async def open_talk(
    where: Path | str,
    pipeline: Pipeline,
    *,
    clock: Clock | None = None,
    access: Access | None = None,
    terms: Terms | None = None,
    people: Mapping[str, Sequence[str]] | None = None,
    policy: QuotaPolicy | None = None,
    post: Post | None = None,
    report_at: time | None = None,
    at_once: int = 100,
    prefix: str = "ref",
) -> AsyncIterator[Talk]:
    """A process of its own: its own connection, its own sign of life.

    Args:
        where: The folder of its SQLite file, or a state URL.
        policy: Of its books; nothing is limited where none is given.
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
            desk = desk_of(
                pipeline, database, journal, access, clock=clock, presence=presence, policy=policy, post=post
            )
            conversation = Conversation(
                desk,
                actions,
                herald_of(desk, database, presence, clock, at=report_at),
                clock=clock,
                at_once=at_once,
                new_reference=lambda: f"{prefix}{next(numbers)}",
            )
            yield Talk(conversation, desk, journal, feedback, presence, database, clock)
    finally:
        await database.aclose()
