"""The daily report: of yesterday, in the admins' place, once over all processes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import takewhile
from typing import Final

from bot.choices import Choices
from bot.messages import Card, Locale
from bot.notices import CardOf, Notice, Notices
from bot.rounds import repeat
from rag.ports import Clock

NOTICE_KIND: Final = "report"

_LOOK_S: Final = 10.0


class DailyReport:
    """Has the report of yesterday posted, as soon as a process sees that it is time.

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

    async def look(self) -> None:
        """Write down that the report is to be posted, if it is time and nobody else has.

        Raises:
            StateUnavailable: Nobody knows.
        """
        now = self._clock.now().astimezone(self._zone)
        # By the clock on the wall: a time that daylight saving leaves out has come when the hands have passed it.
        if self._at is None or now.time() < self._at or self._settled == now.date():
            return
        post = await self._choices.post()
        if post is None:
            return
        day = now.date() - timedelta(days=1)
        if await self._is_wanted(now):
            notice = Notice(f"{NOTICE_KIND}:{day}", NOTICE_KIND, NOTICE_KIND, {"day": day.isoformat()}, post)
            await self._notices.add(notice)
        self._settled = now.date()

    async def watch(self) -> None:
        """Look again and again; never ends."""
        await repeat(self.look, self._clock, every_s=_LOOK_S)

    async def _is_wanted(self, now: datetime) -> bool:
        """Whether somebody had chosen to be told by today's time of day.

        Who only moved the reports to another place chose to be told when they first did.
        """
        assert self._at is not None, "there is a time of day"
        told = (choice for choice in await self._choices.history() if choice.kind == "post")
        since = [choice.at for choice in takewhile(lambda choice: choice.post is not None, told)]
        return not since or since[-1] <= datetime.combine(now.date(), self._at, tzinfo=self._zone)


def report_cards(make: Callable[[date, Locale], Awaitable[Card]], locale: Locale) -> CardOf:
    """Makes the cards of reports when they are posted."""

    async def card(payload: Mapping[str, object]) -> Card:
        return await make(date.fromisoformat(str(payload["day"])), locale)

    return card
