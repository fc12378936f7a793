"""Everything that the bot says without having been asked: alerts, and the report of the day."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, tzinfo

from bot.alerts import NOTICE_KIND as ALERT
from bot.alerts import Alerts, alert_cards
from bot.daily import NOTICE_KIND as REPORT
from bot.daily import DailyReport, report_cards
from bot.locales import phrases_in
from bot.messages import Card, Locale
from bot.notices import CardOf, Notices
from bot.ports import Replies
from bot.reports import Reporter, report_card


class Herald:
    """Sees what there is to tell, and has it posted by whichever process serves the place."""

    def __init__(self, notices: Notices, alerts: Alerts, daily: DailyReport) -> None:
        self._notices = notices
        self._alerts = alerts
        self._daily = daily

    def serve(self, platform: str, replies: Replies) -> None:
        """Let this process post on a platform."""
        self._notices.serve(platform, replies)

    async def watch(self) -> None:
        """Look for what there is to tell, and tell it; never ends."""
        async with asyncio.TaskGroup() as group:
            for part in (self._alerts, self._daily, self._notices):
                group.create_task(part.watch())

    async def tidy(self, before: datetime) -> None:
        """Drop what was over, and told, before this time.

        Raises:
            StateUnavailable: It cannot be done.
        """
        await self._alerts.tidy(before)
        await self._notices.tidy(before)


def cards_of(reports: Reporter, locale: Locale, zone: tzinfo) -> Mapping[str, CardOf]:
    """Who makes a card of what is told, when it is posted; in a language, and by the clock of the books."""

    async def report(day: date, locale: Locale) -> Card:
        return report_card(await reports.find("day", on=day), phrases_in(locale))

    return {ALERT: alert_cards(locale, zone), REPORT: report_cards(report, locale)}
