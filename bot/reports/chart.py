"""The chart of a report: what was spent day by day, on which model, and what is still to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from bot.charts.chart import Chart, Line, Series, most
from bot.locales import Phrases, phrases_in
from bot.reports.amounts import rounded
from rag.monitoring.forecast import pace
from rag.monitoring.reports import Report
from rag.quota.accounts import Accounts
from rag.quota.ledger import DayCosts
from rag.quota.policy import asker_of
from rag.quota.quotas import EVERYTHING, USD_PER_DAY, Subject

_MOST_SERIES = 6
_DAYS_AHEAD = 7
_DAYS_BEFORE = 13


def report_chart(report: Report, phrases: Phrases) -> Chart | None:
    """Spending of the last two weeks, or of a month; `None` where nothing was spent in that time."""
    coming = _coming(report, {day.day: day.micro_usd for day in report.days})
    return _chart(report.days, coming, _budget(report, phrases), phrases)


async def spending_chart(accounts: Accounts, subject: Subject, phrases: Phrases) -> Chart | None:
    """The same of one person or place: the last two weeks, and where the week after leads; `None` where it is nothing.

    Raises:
        StateUnavailable: The database does not answer.
    """
    today = accounts.today
    days = await accounts.daily(today - timedelta(days=_DAYS_BEFORE), today, "model", subject=subject)
    rate = pace([day.micro_usd for day in days[:-1]], days[-1].micro_usd, accounts.elapsed_today)
    coming = {today + timedelta(days=n): rate.micro_usd for n in range(1, _DAYS_AHEAD + 1)}
    coming[today] = max(0, rate.micro_usd - days[-1].micro_usd)
    return _chart(days, coming, await _daily_budget(accounts, subject, phrases), phrases)


async def _daily_budget(accounts: Accounts, subject: Subject, phrases: Phrases) -> Line | None:
    asker, _ = asker_of(str(subject))
    for standing in await accounts.standing(asker):
        if standing.quota.key == (subject, USD_PER_DAY) and standing.quota.limit:
            return _line(standing.quota.limit, phrases)
    return None


def _chart(days: Sequence[DayCosts], coming: Mapping[date, int], line: Line | None, phrases: Phrases) -> Chart | None:
    spent = {day.day: day.micro_usd for day in days}
    if not any(spent.values()):
        return None
    dates = sorted(spent.keys() | coming.keys())
    by_model: dict[str, dict[date, int]] = defaultdict(dict)
    for day in days:
        for row in day.rows:
            if row.micro_usd:
                by_model[row.key or ""][day.day] = row.micro_usd
    short = [model.partition("/")[2] for model in by_model]
    series = [
        Series(_short(model, short) or phrases("report.unknown"), tuple(amounts.get(day, 0) for day in dates))
        for model, amounts in sorted(by_model.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    ]
    return Chart(
        title=phrases("report.chart.title"),
        labels=tuple(day.strftime(phrases.sentences["report.chart.day"]) for day in dates),
        series=most(series, _MOST_SERIES, phrases("report.chart.others")),
        line=line,
        forecast=tuple(coming.get(day, 0) for day in dates) if coming else (),
        forecast_name=phrases("report.chart.forecast"),
        alt=_alt(spent, phrases),
        locale=phrases.locale,
    )


def _short(model: str, short: Sequence[str]) -> str:
    """A model without its provider, where that is enough to know it by."""
    name = model.partition("/")[2]
    return name if name and short.count(name) == 1 else model


def _coming(report: Report, spent: Mapping[date, int]) -> Mapping[date, int]:
    """What is still to come, today and on the days after it: a week's, or the rest of the month."""
    if report.forecast is None or (report.period == "month" and report.is_over):
        return {}
    ahead, today = report.forecast, report.today
    until = ahead.ends_on if report.period == "month" else min(ahead.ends_on, today + timedelta(days=_DAYS_AHEAD))
    if max(spent) < today - timedelta(days=1):
        return {}  # there would be a hole in between
    coming = {today + timedelta(days=n): ahead.pace.micro_usd for n in range((until - today).days + 1)}
    if today in spent:
        coming[today] = max(0, ahead.pace.micro_usd - spent[today])
    return coming


def _budget(report: Report, phrases: Phrases) -> Line | None:
    for budget in report.budgets:
        quota = budget.standing.quota
        if quota.key == (EVERYTHING, USD_PER_DAY) and quota.limit:
            return _line(quota.limit, phrases)
    return None


def _line(limit: int, phrases: Phrases) -> Line:
    return Line(phrases("report.chart.budget", amount=phrases.usd(limit)), limit)


def _alt(spent: Mapping[date, int], phrases: Phrases) -> str:
    dearest = max(sorted(spent), key=lambda day: spent[day])
    return phrases(
        "report.chart.alt",
        days=phrases.days(min(spent), max(spent)),
        total=phrases.usd(rounded(sum(spent.values()))),
        day=phrases.day(dearest),
        most=phrases.usd(rounded(spent[dearest])),
    )


def amounts_of(chart: Chart) -> Callable[[int], str]:
    """How its amounts are written: in its language, to the cent or what suits them."""
    phrases = phrases_in(chart.locale)
    return lambda micro_usd: phrases.usd(rounded(micro_usd))
