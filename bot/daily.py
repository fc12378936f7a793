"""The daily report: of yesterday, in the admins' place, once over all processes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import partial
from itertools import takewhile
from typing import Final

from bot.choices import Choices, Chosen
from bot.messages import Card, Locale, Post
from bot.notices import TO_ADMINS, CardOf, Notice, Notices, add
from bot.rounds import repeat
from rag.ports import Clock, Transaction
from rag.state.timestamps import from_text, to_text

NOTICE_KIND: Final = "report"

_LOOK_S: Final = 10.0
_DAY: Final = timedelta(days=1)
# The row of `notices` that is none: since when reports are wanted without a break, and of which day the last one is.
# Neither is to be read from the reports themselves, which are dropped when they are old.
_MARK: Final = "report"


@dataclass(frozen=True, slots=True)
class _Due:
    """A report whose hour has come.

    Attributes:
        day: That it is of.
        at: Its hour, on the day after.
        is_late: That day is over, too.
    """

    day: date
    at: datetime
    is_late: bool


class DailyReport:
    """Has the report of yesterday posted, as soon as a process sees that it is time.

    Where no process saw so on that day, it is posted late; of several such days the last one's alone.

    Args:
        at: The time of day; `None`: never.
        zone: Where the days of the books begin.
    """

    def __init__(self, notices: Notices, choices: Choices, clock: Clock, *, at: time | None, zone: tzinfo) -> None:
        self._notices = notices
        self._choices = choices
        self._clock = clock
        self._at = at
        self._zone = zone
        self._settled: date | None = None
        self._is_unwanted = False

    async def look(self) -> None:
        """Write down that the report is to be posted, if it is time and nobody else has.

        Raises:
            StateUnavailable: Nobody knows.
        """
        post = None if self._at is None else await self._choices.post()
        if self._at is None or post is None:
            await self._want_none()
            return
        self._is_unwanted = False
        await self._notices.move(post)
        now = self._clock.now()
        dues = _dues(now.astimezone(self._zone), self._at)
        if self._settled != dues[-1].day:
            told = [choice for choice in await self._choices.history() if choice.kind == "post"]
            await self._notices.database.transact(partial(_write, dues=dues, told=told, post=post, now=now))
            self._settled = dues[-1].day

    async def watch(self) -> None:
        """Look again and again; never ends."""
        await repeat(self.look, self._clock, every_s=_LOOK_S)

    async def _want_none(self) -> None:
        """What is not told from now on was not missed."""
        if not self._is_unwanted:
            await self._notices.database.fetch("DELETE FROM notices WHERE id = $1", _MARK)
        self._settled, self._is_unwanted = None, True


def _dues(local: datetime, at: time) -> tuple[_Due, ...]:
    """The last two reports whose hours have come, the older first.

    By the clock on the wall: a time that daylight saving leaves out has come when the hands have passed it.
    """
    today = local.date()
    last = today if local.time() >= at else today - _DAY
    return tuple(
        _Due(day - _DAY, datetime.combine(day, at, tzinfo=local.tzinfo), day < today) for day in (last - _DAY, last)
    )


def _write(
    transaction: Transaction, *, dues: Sequence[_Due], told: Sequence[Chosen], post: Post, now: datetime
) -> None:
    """Write down the reports that are wanted and were not written down."""
    rows = transaction.fetch("SELECT made_at, payload FROM notices WHERE id = $1", _MARK)
    since, written = (from_text(rows[0][0]), json.loads(str(rows[0][1]))["day"]) if rows else (now, None)
    for due in dues:
        day = due.day.isoformat()
        if (written is None or day > written) and _is_wanted(due, told, since):
            name = f"{NOTICE_KIND}:{day}{TO_ADMINS}"
            add(transaction, Notice(name, NOTICE_KIND, NOTICE_KIND, {"day": day}, post), now)
            written = day
    transaction.fetch(
        "INSERT INTO notices (id, topic, kind, payload, platform, place, state, owner, tries, made_at, due_at)"
        " VALUES ($1, '', '', $2, '', '', 'mark', '', 0, $3, $3)"
        " ON CONFLICT (id) DO UPDATE SET payload = excluded.payload",
        _MARK,
        json.dumps({"day": written}),
        to_text(since),
    )


def _is_wanted(due: _Due, told: Sequence[Chosen], since: datetime) -> bool:
    """Whether a place had been chosen by the hour of a report.

    Who only moved the reports to another place chose to be told when they first did.

    Args:
        told: The places that were chosen in a chat, the newest first.
        since: When a process first saw that there is a place, be it chosen or configured.
    """
    chosen = list(takewhile(lambda choice: choice.post is not None, told))
    if not chosen:  # it is configured; nobody knows since when, and who begins today begins with yesterday
        return since <= due.at or not due.is_late
    was_off = len(chosen) < len(told)
    return (chosen[-1].at if was_off else min(chosen[-1].at, since)) <= due.at


def report_cards(make: Callable[[date, Locale], Awaitable[Card]], locale: Locale) -> CardOf:
    """Makes the cards of reports when they are posted."""

    async def card(payload: Mapping[str, object]) -> Card:
        return await make(date.fromisoformat(str(payload["day"])), locale)

    return card
