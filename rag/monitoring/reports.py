"""What the books say of a day, a week or a month, and where they lead from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final, Literal

from rag.model import NOBODY, Asker
from rag.monitoring.forecast import Forecast, Pace, forecast, pace
from rag.monitoring.usage import Usage, usage
from rag.ports import Clock, Database
from rag.quota.accounts import Accounts
from rag.quota.ledger import CostKey, CostRow, Costs, DayCosts
from rag.quota.page import Standing
from rag.quota.quotas import EVERYTHING, Measure, Subject
from rag.quota.windows import Period, Span, period
from rag.state.timestamps import to_text

Breakdown = Literal["provider", "model", "task", "channel", "user", "rung"]
BREAKDOWNS: Final[tuple[Breakdown, ...]] = ("provider", "model", "task", "channel", "user", "rung")

_KEYS: Final[tuple[CostKey, ...]] = (*BREAKDOWNS, "workspace")
# With a day those before it are told, so that it is seen what is usual; a week and a month have enough of their own.
_DAYS_TOLD: Final = 14
_DAYS_BEFORE = 30
# What ended longer ago is history, and nobody asks it where it leads.
_STILL_NEWS = timedelta(days=2)
# Somebody books while the sums are read: they are read again, so that all of them are of one moment.
_TRIES = 5
# Those who spend most are looked at, too: a channel's own budget ends before everybody's.
_MOST_SUBJECTS = 5
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a stretch of time.

    Attributes:
        ended: Questions that were answered or apologised for; those under way, and those that failed, are left out.
        cached: Of them, those that were answered from memory.
        failovers: Of them, those that another model than the preferred one answered.
        failed: Calls that did.
        saved_micro_usd: What the answers that cost nothing would have cost.
    """

    micro_usd: int
    questions: int
    ended: int
    cached: int
    failovers: int
    calls: int
    failed: int
    saved_micro_usd: int

    @property
    def hit_rate(self) -> float | None:
        """The share of questions that were answered from memory; unknown where none was."""
        return self.cached / self.ended if self.ended else None


@dataclass(frozen=True, slots=True)
class BudgetAhead:
    """A budget of a day or a month, and where that leads; of a day nothing is foretold."""

    standing: Standing
    forecast: Forecast | None


@dataclass(frozen=True, slots=True)
class Braked:
    """A budget of a day that stopped all spending.

    Attributes:
        limit_micro_usd: The one that it had the last time.
        days: On how many days, of the report's or of the week before its end.
    """

    subject: Subject
    limit_micro_usd: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A day, a week or a month.

    Attributes:
        zone: Where days begin.
        now: When it was made; the span may not be over.
        totals, before: Of the span, and of the one before it, all of it.
        breakdowns: The dearest first; each sums up to the total, and what is not known has no key.
        usage: What the answers took of the models.
        days: By model: its own that have begun; of a day the two weeks that end with it.
        forecast: Where this month leads; `None` for what is history.
        budgets: Of everything, and of the workspaces and channels that spent most, where there are some.
    """

    period: Period
    span: Span
    zone: tzinfo
    now: datetime
    totals: Totals
    before: Totals
    breakdowns: Mapping[Breakdown, tuple[CostRow, ...]]
    usage: tuple[Usage, ...]
    days: tuple[DayCosts, ...]
    forecast: Forecast | None
    budgets: tuple[BudgetAhead, ...]
    braked: tuple[Braked, ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be added."""
        return self.span.until <= self.now

    @property
    def first(self) -> date:
        """Its first day."""
        return self.span.since.astimezone(self.zone).date()

    @property
    def last(self) -> date:
        """Its last day."""
        return _last(self.span, self.zone)

    @property
    def is_open(self) -> bool:
        """Whether today is in it."""
        return self.first <= self.today <= self.last

    @property
    def today(self) -> date:
        """The day on which it was made."""
        return self.now.astimezone(self.zone).date()

    @property
    def is_empty(self) -> bool:
        """Whether nobody asked anything, and nothing was paid for."""
        return not (self.totals.questions or self.totals.calls or self.totals.micro_usd)

    @property
    def failures(self) -> tuple[CostRow, ...]:
        """Models with calls that failed, the worst first."""
        failing = [row for row in self.breakdowns["model"] if row.failed]
        return tuple(sorted(failing, key=lambda row: (-row.failed, row.key or "")))

    @property
    def latencies(self) -> tuple[tuple[str, float], ...]:
        """How many seconds a whole answer of each model took on average, the fastest first."""
        sums: dict[str, list[int]] = {}
        for used in self.usage:
            if used.latency_ms:
                calls_and_ms = sums.setdefault(used.model, [0, 0])
                calls_and_ms[0] += used.calls
                calls_and_ms[1] += used.latency_ms
        return tuple(sorted(((model, ms / calls / 1_000) for model, (calls, ms) in sums.items()), key=lambda of: of[1]))


async def read(
    accounts: Accounts, clock: Clock, of: Period, *, on: date | None = None, bands: Sequence[int] = ()
) -> Report:
    """The report of the day, week or month with a date in it; today where none is given.

    Args:
        bands: As in `usage`.

    Raises:
        StateUnavailable: The database does not answer.
    """
    zone, now = accounts.policy.zone, clock.now()
    today = now.astimezone(zone).date()
    costs = await _costs(accounts, of, on or today)
    span = costs["model"].span
    first, last = span.since.astimezone(zone).date(), _last(span, zone)
    day_before = first - timedelta(days=1)
    before = await accounts.costs(of, "model", on=day_before), await accounts.costs(of, "rung", on=day_before)
    until = min(last, max(today, first))
    since = until - timedelta(days=_DAYS_TOLD - 1) if of == "day" else first
    ahead = _Ahead(accounts, now, zone) if span.until > now - _STILL_NEWS else None
    return Report(
        period=of,
        span=span,
        zone=zone,
        now=now,
        totals=_totals(costs["model"], costs["rung"]),
        before=_totals(*before),
        breakdowns={by: costs[by].rows for by in BREAKDOWNS},
        usage=await usage(accounts.database, span, bands),
        days=await accounts.daily(since, until, "model"),
        forecast=None if ahead is None else await ahead.of(EVERYTHING),
        budgets=() if ahead is None else await ahead.budgets(costs["channel"], costs["workspace"]),
        braked=await _braked(accounts.database, span),
    )


async def _costs(accounts: Accounts, of: Period, on: date) -> Mapping[CostKey, Costs]:
    """By every key, all of one moment if that can be had."""
    costs: dict[CostKey, Costs] = {}
    for _ in range(_TRIES):
        costs = {by: await accounts.costs(of, by, on=on) for by in _KEYS}
        if len({(each.micro_usd, each.calls) for each in costs.values()}) == 1:
            break
    return costs


def _totals(costs: Costs, by_rung: Costs) -> Totals:
    ended = {row.key: row.questions for row in by_rung.rows if row.key is not None}
    return Totals(
        micro_usd=costs.micro_usd,
        questions=costs.questions,
        ended=sum(ended.values()),
        cached=ended.get("cached", 0),
        failovers=ended.get("fallback", 0),
        calls=costs.calls,
        failed=costs.failed,
        saved_micro_usd=costs.saved_micro_usd,
    )


def _last(span: Span, zone: tzinfo) -> date:
    return (span.until - timedelta(microseconds=1)).astimezone(zone).date()


class _Ahead:
    """Where this month leads from here."""

    def __init__(self, accounts: Accounts, now: datetime, zone: tzinfo) -> None:
        self._accounts = accounts
        self._today = now.astimezone(zone).date()
        self._month = period("month", now, zone)
        day = period("day", now, zone)
        self._elapsed = (now - day.since) / (day.until - day.since)
        self._first = self._month.since.astimezone(zone).date()
        self._ends_on = _last(self._month, zone)

    async def of(self, subject: Subject, standing: Standing | None = None) -> Forecast:
        """Where a subject's month leads, and when it reaches the end of a budget."""
        since = min(self._first, self._today - timedelta(days=_DAYS_BEFORE))
        days = await self._accounts.daily(since, self._today, "model", subject=subject)
        spent = {day.day: day.micro_usd for day in days}
        so_far = sum(amount for day, amount in spent.items() if day >= self._first)
        whole = [spent.get(since + timedelta(days=n), 0) for n in range((self._today - since).days)]
        at: Pace = pace(whole, spent.get(self._today, 0), self._elapsed)
        quota = None if standing is None else standing.quota
        return forecast(
            at,
            # What is counted against a budget counts: it may know more than the sums by day.
            so_far if standing is None else max(so_far, standing.count.used),
            spent.get(self._today, 0),
            self._today,
            self._ends_on,
            brake=None if quota is None else quota.brake_at,
            limit=None if quota is None else quota.limit,
        )

    async def budgets(self, channels: Costs, workspaces: Costs) -> tuple[BudgetAhead, ...]:
        """The budgets of everything, and of those that spent most."""
        standings = list(await self._accounts.standing(NOBODY))
        askers = [
            *(Asker(channel=row.key) for row in channels.rows[:_MOST_SUBJECTS] if row.key and row.micro_usd),
            *(Asker(workspace=row.key) for row in workspaces.rows[:_MOST_SUBJECTS] if row.key and row.micro_usd),
        ]
        for asker in askers:
            standings += (one for one in await self._accounts.standing(asker) if one.quota.subject != EVERYTHING)
        budgets: list[BudgetAhead] = []
        for standing in standings:
            measure = standing.quota.measure
            if measure == _USD_PER_MONTH:
                budgets.append(BudgetAhead(standing, await self.of(standing.quota.subject, standing)))
            elif measure == _USD_PER_DAY:
                budgets.append(BudgetAhead(standing, None))
        return tuple(budgets)


_USD_PER_DAY, _USD_PER_MONTH = Measure("usd", "day"), Measure("usd", "month")


async def _braked(database: Database, span: Span) -> tuple[Braked, ...]:
    """The budgets of days that reached their brake, those that did so most often first."""
    rows = await database.fetch(
        "SELECT subject, count(DISTINCT since), max(CAST(limit_amount AS bigint)) FROM quota_events"
        " WHERE threshold = 'brake' AND measure = $1 AND since >= $2 AND since < $3"
        " GROUP BY subject ORDER BY 2 DESC, subject",
        str(_USD_PER_DAY),
        to_text(min(span.since, span.until - _WEEK)),
        to_text(span.until),
    )
    return tuple(Braked(Subject.parse(str(subject)), int(limit or 0), int(days or 0)) for subject, days, limit in rows)
