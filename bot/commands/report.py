"""`/report`: the daily report now, or that of another day, week or month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

from bot.commands.base import Argument, Choice, Command, Invocation
from bot.messages import Card
from bot.reports import report_card
from rag.quota.windows import Period

_PERIODS: Mapping[str, Period] = MappingProxyType(
    {
        "today": "day",
        "yesterday": "day",
        "week": "week",
        "last-week": "week",
        "month": "month",
        "last-month": "month",
    }
)


async def _run(call: Invocation) -> Card:
    name = call.arguments.get("period", "today")
    findings = await call.desk.reports.find(_PERIODS[name], on=_day_in(name, call.desk.accounts.today))
    return replace(report_card(findings, call.phrases), private=True)


def _day_in(name: str, today: date) -> date:
    """A day of the period."""
    match name:
        case "yesterday":
            return today - timedelta(days=1)
        case "last-week":
            return today - timedelta(days=7)
        case "last-month":
            return today.replace(day=1) - timedelta(days=1)
    return today


REPORT = Command(
    "report",
    "reports.summary",
    "/report",
    _run,
    (Argument("period", required=False, choices=tuple(map(Choice, _PERIODS))),),
    more=("reports.example",),
    aliases=("relatório", "relatórios", "reports"),
    right="sees",
    shown_to="admins",
)
