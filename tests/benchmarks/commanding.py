"""Commands about money as an admin types them, and the same figures counted from the ledger by plain SQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from functools import partial
from itertools import count
from time import perf_counter
from types import MappingProxyType

from bot.access import Access, Admins
from bot.choices import Choices
from bot.locales import phrases_in
from bot.messages import Card, IncomingMessage, Locale, Person, Thread
from rag.bootstrap import assemble
from rag.model import Asker, Pin
from rag.pipeline import RagPipeline
from rag.ports import Database, Transaction, Value
from rag.quota import changes
from rag.quota.accounts import Accounts
from rag.quota.books import Books
from rag.quota.events import raise_events
from rag.quota.policy import Amounts, Change, QuotaPolicy
from rag.quota.quotas import USD_PER_DAY, Measure, Quota, Subject
from rag.quota.windows import period
from tests.benchmarks.installation import Installation
from tests.benchmarks.instant import InstantReplies
from tests.benchmarks.ledgers import CHANNELS, MONTH, NOW, TODAY, LastEvening
from tests.fakes.talk import Talk, open_talk

ASKER = Asker(user="U7", channel="C7", workspace="W3")
_LOCALE: Locale = "en"
_USD = 1_000_000
_MONTHLY = Measure("usd", "month")
_PER_MINUTE = Measure("requests", "minute")
_MILLION = 1_000_000
# With keys there are models to tell of; nobody is asked anything.
_KEYS: Mapping[str, str] = MappingProxyType(
    {"OPENAI_API_KEY": "none", "ANTHROPIC_API_KEY": "none", "GEMINI_API_KEY": "none"}
)
_MINE, _HERE = f" AND user_id = '{ASKER.user}'", f" AND channel = '{ASKER.channel}'"
_MODEL = "provider || '/' || model"
_CHANGES_PER_PIN, _EVENTS_PER_CHANGE = 5, 10

Count = Callable[[Database], Awaitable[int]]


def policy_for(entries: int) -> QuotaPolicy:
    """Budgets about four times as high as what is spent of them, so that charts show them."""
    size = max(1, entries // _MILLION)

    def budgets(daily: int, questions: int) -> Amounts:
        return {USD_PER_DAY: size * daily, _MONTHLY: size * 30 * daily, _PER_MINUTE: size * questions}

    return QuotaPolicy(
        kinds={
            "everything": budgets(500 * _USD, 2_000),
            "user": budgets(_USD // 2, 20),
            "channel": budgets(10 * _USD, 100),
        }
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A command, and what its card has to be.

    Attributes:
        counted: The same figure from the ledger, in micro-USD, which the card has to say; `None` where the ledger has
            nothing to say to it.
        lines: At least; a refusal has one.
    """

    text: str
    counted: Count | None = None
    lines: int = 1


async def _costs(database: Database, within: tuple[str, str], key: str, whose: str = "") -> int:
    """By one key, and altogether."""
    sums = (
        "CAST(sum(cost_micro_usd) AS bigint), count(DISTINCT CASE WHEN purpose = 'answer' THEN reference END),"
        " CAST(sum(calls) AS bigint)"
    )
    where = f"FROM ledger WHERE at >= $1 AND at < $2{whose}"
    await database.fetch(f"SELECT {key}, {sums} {where} GROUP BY {key}", *within)
    ((micro_usd, *_),) = await database.fetch(f"SELECT {sums} {where}", *within)
    return int(micro_usd or 0)


async def _budgets(database: Database) -> int:
    """What is used of every budget; returns the last one's."""
    used: Value = 0
    for within in (TODAY, MONTH):
        for whose in (_MINE, _HERE, ""):
            ((used, _),) = await database.fetch(
                "SELECT CAST(sum(cost_micro_usd) AS bigint), CAST(sum(CASE WHEN certainty = 'unconfirmed'"
                f" THEN cost_micro_usd ELSE 0 END) AS bigint) FROM ledger WHERE at >= $1 AND at < $2{whose}",
                *within,
            )
    return int(used or 0)


COMMANDS = (
    Asked("/status", lines=6),
    Asked("/cost", partial(_costs, within=TODAY, key=_MODEL, whose=_MINE)),
    Asked("/cost month everything by user", partial(_costs, within=MONTH, key="user_id")),
    Asked("/cost month channel", partial(_costs, within=MONTH, key=_MODEL, whose=_HERE)),
    Asked("/budget", _budgets, lines=6),
    Asked("/limits", _budgets, lines=9),
    Asked("/budget history", lines=20),
)
"""All that are timed."""


@dataclass(frozen=True, slots=True)
class Office:
    """An admin's conversation over one database."""

    talk: Talk
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def database(self) -> Database:
        """With the ledger in it."""
        return self.talk.database

    async def type(self, text: str) -> float:
        """The seconds until what was typed is answered."""
        seconds, _ = await self._answered(text)
        return seconds

    async def check(self, asked: Asked) -> Card:
        """The card of a command.

        Raises:
            RuntimeError: It does not say what the ledger says.
        """
        _, card = await self._answered(asked.text)
        said = "" if asked.counted is None else phrases_in(_LOCALE).usd(await asked.counted(self.database))
        if len(card.text.splitlines()) < asked.lines or said not in card.text:
            raise RuntimeError(f"{asked.text} is not answered by {said or 'its figures'}: {card.text}")
        return card

    async def _answered(self, text: str) -> tuple[float, Card]:
        """In a new thread."""
        number, replies = next(self.numbers), InstantReplies()
        said = IncomingMessage(
            event_id=f"E{number}",
            thread=Thread("room", ASKER.channel, f"T{number}"),
            id=f"M{number}",
            author=Person(id=ASKER.user, locale=_LOCALE, workspace=ASKER.workspace),
            text=text,
            addressed="mention",
        )
        began = perf_counter()
        await self.talk.conversation.handle(said, replies)
        replied = replies.replies[said.id]
        return replied.shown_at - began, replied.shown[-1]


@asynccontextmanager
async def open_office(url: str, installation: Installation, policy: QuotaPolicy) -> AsyncIterator[Office]:
    """A conversation in front of a whole pipeline, on the last evening of the month."""
    clock, access = LastEvening(), Access(admins=Admins(users=frozenset({ASKER.user})))
    environ = {**installation.settings(), **_KEYS, "RAGBOT_STATE_URL": url}
    parts = await assemble(installation.folder / "config", environ, policy)
    books = Books(parts.database, clock, policy)
    accounts = Accounts(books, parts.database, clock, keep_days=400)
    async with (
        RagPipeline(replace(parts, books=books, accounts=accounts, clock=clock)) as pipeline,
        open_talk(url, pipeline, clock=clock, access=access, policy=policy) as talk,
    ):
        yield Office(talk)


async def write_history(database: Database, changed: int) -> None:
    """Let admins have changed so many budgets of channels and pinned some models, and budgets have been reached."""
    await database.transact(lambda transaction: _change_and_reach(transaction, changed))
    choices = Choices(database, LastEvening(), Access())
    for number in range(0, changed, _CHANGES_PER_PIN):
        await choices.pin(f"U{number}", f"C{number % CHANNELS}", Pin(model="openai/gpt-6-luna"))


def _change_and_reach(transaction: Transaction, changed: int) -> None:
    for number in range(changed):
        at = NOW - timedelta(minutes=changed - number)
        change = Change(f"channel:C{number % CHANNELS}", USD_PER_DAY, 10 * _USD + number)
        changes.record(transaction, f"U{number}", change, at)
        people = (Subject("user", f"U{number}-{other}") for other in range(_EVENTS_PER_CHANGE))
        budgets = (Quota(person, USD_PER_DAY, _USD, warn_at=_USD // 2) for person in people)
        raise_events(transaction, [(budget, period("day", at, UTC), _USD) for budget in budgets], frozenset(), at)
