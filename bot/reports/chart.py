"""The chart of a stretch of time: what was spent day by day, on which model, and what is still to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from bot.charts.chart import Amounts, Chart, Line, Series, most
from bot.locales import Phrases, phrases_in
from bot.reports.amounts import rounded
from rag.monitoring.forecast import pace
from rag.monitoring.reports import Report
from rag.quota.accounts import Accounts
from rag.quota.ledger import DayCosts
from rag.quota.policy import asker_of
from rag.quota.quotas import EVERYTHING, USD_PER_DAY, Subject
from rag.quota.windows import Period, on_date, period

_MOST_SERIES = 6
_DAYS_AHEAD = 7
# A day is shown with those before it; a week and a month are shown as they are, so that their bars are their sum.
_DAYS_SHOWN = 14
# So far back a pace is looked for, in reports as well.
_DAYS_PACED = 30
_MICRO = 1_000_000


def report_chart(report: Report, phrases: Phrases) -> Chart | None:
    """Spending of the two weeks that end with the report's day, or of its week or month; `None` where it is nothing."""
    spent = {day.day: day.micro_usd for day in report.days}
    coming: Mapping[date, int] = {}
    if report.forecast is not None and report.is_open:
        rate = report.forecast.pace.micro_usd
        coming = _coming(report.period, report.today, report.last, rate, spent.get(report.today, 0))
    return _chart(report.days, report.last, coming, _budget(report, phrases), phrases)


async def spending_chart(
    accounts: Accounts, subject: Subject, phrases: Phrases, *, of: Period = "day", on: date | None = None
) -> Chart | None:
    """The same of one person or place, of the day, week or month with a date in it; today where none is given.

    Raises:
        StateUnavailable: The database does not answer.
    """
    today, zone = accounts.today, accounts.policy.zone
    span = period(of, on_date(on or today, zone), zone)
    first = span.since.astimezone(zone).date()
    last = (span.until - timedelta(microseconds=1)).astimezone(zone).date()
    shown = last - timedelta(days=_DAYS_SHOWN - 1) if of == "day" else first
    is_open = first <= today <= last
    since = min(shown, today - timedelta(days=_DAYS_PACED)) if is_open else shown
    days = await accounts.daily(since, min(last, max(today, first)), "model", subject=subject)
    coming: Mapping[date, int] = {}
    if is_open:
        spent = days[-1].micro_usd
        rate = pace([day.micro_usd for day in days[:-1]], spent, accounts.elapsed_today)
        coming = _coming(of, today, last, rate.micro_usd, spent)
    days = tuple(day for day in days if day.day >= shown)
    return _chart(days, last, coming, await _daily_budget(accounts, subject, phrases), phrases)


def _coming(of: Period, today: date, last: date, rate: int, spent: int) -> Mapping[date, int]:
    """What is still to come: the rest of today, and of the week or month; after a day the next seven."""
    ahead = _DAYS_AHEAD if of == "day" else (last - today).days
    return {today: max(0, rate - spent), **{today + timedelta(days=n): rate for n in range(1, ahead + 1)}}


async def _daily_budget(accounts: Accounts, subject: Subject, phrases: Phrases) -> Line | None:
    asker, _ = asker_of(str(subject))
    for standing in await accounts.standing(asker):
        if standing.quota.key == (subject, USD_PER_DAY) and standing.quota.limit:
            return _line(standing.quota.limit, phrases)
    return None


def _chart(
    days: Sequence[DayCosts], last: date, coming: Mapping[date, int], line: Line | None, phrases: Phrases
) -> Chart | None:
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
        title=phrases("report.chart.title", days=_days(days[0].day, max(last, dates[-1]), phrases)),
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


def _budget(report: Report, phrases: Phrases) -> Line | None:
    for budget in report.budgets:
        quota = budget.standing.quota
        if quota.key == (EVERYTHING, USD_PER_DAY) and quota.limit:
            return _line(quota.limit, phrases)
    return None


def _line(limit: int, phrases: Phrases) -> Line:
    return Line(phrases("report.chart.budget", amount=phrases.usd(limit)), limit)


def _days(first: date, last: date, phrases: Phrases) -> str:
    """From one day to another, as short as can be."""
    if first == last:
        key = "report.chart.one_day"
    elif first.year != last.year:
        key = "report.chart.days_of_years"
    else:
        key = "report.chart.days_of_month" if first.month == last.month else "report.chart.days_of_year"
    return phrases.sentences[key].format(first=first, last=last)


def _alt(spent: Mapping[date, int], phrases: Phrases) -> str:
    dearest = max(sorted(spent), key=lambda day: spent[day])
    return phrases(
        "report.chart.alt",
        days=phrases.days(min(spent), max(spent)),
        total=phrases.usd(sum(spent.values())),
        day=phrases.day(dearest),
        most=phrases.usd(spent[dearest]),
    )


def amounts_of(chart: Chart) -> Amounts:
    """How its amounts are written in its language: what was spent exactly, what is forecast rounded."""
    phrases = phrases_in(chart.locale)
    return Amounts(partial(_exactly, phrases), lambda micro_usd: phrases.usd(rounded(micro_usd)))


def _exactly(phrases: Phrases, micro_usd: int, decimals: int) -> str:
    whole, micros = divmod(micro_usd, _MICRO)
    written = f"{phrases.number(whole)}{phrases('format.decimal')}{f'{micros:06d}'[:decimals]}"
    return phrases("format.usd", amount=written)
