"""What people ask of the books: what was spent, what is left, which limits hold, and to change them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from rag.model import NOBODY, Asker, Budget
from rag.ports import Clock, Database
from rag.quota import changes, events
from rag.quota.books import Books
from rag.quota.ledger import CostKey, Costs, DayCosts, Ledger, Stretch
from rag.quota.page import Standing
from rag.quota.policy import Change, QuotaPolicy
from rag.quota.quotas import EVERYTHING, USD_PER_DAY, Measure, Subject
from rag.quota.windows import Period, Span, between, days, on_date, period


class Accounts:
    """The books from the outside.

    Every method raises `StateUnavailable` where the database does not answer.

    Args:
        keep_days: So long the ledger keeps every call by itself; older days are summed up.
    """

    def __init__(self, books: Books, database: Database, clock: Clock, *, keep_days: int) -> None:
        self._books = books
        self._ledger = Ledger(database)
        self._database = database
        self._clock = clock
        self._zone = books.policy.zone
        self._keep = timedelta(days=keep_days)

    @property
    def database(self) -> Database:
        """Where the books are kept, with whatever else the bot keeps."""
        return self._database

    @property
    def zone_name(self) -> str:
        """Where days and months begin."""
        return str(self._zone)

    @property
    def today(self) -> date:
        """The date where days begin."""
        return self._clock.now().astimezone(self._zone).date()

    @property
    def elapsed_today(self) -> float:
        """The share of today that is over."""
        now = self._clock.now()
        day = period("day", now, self._zone)
        return (now - day.since) / (day.until - day.since)

    async def costs(self, of: Period, by: CostKey, *, on: date | None = None, subject: Subject = EVERYTHING) -> Costs:
        """What a subject spent in the day, week or month of a date, today where none is given, by one key.

        Raises:
            ValueError: This subject's costs are not told by that (`rag.quota.tallies.KEPT`).
        """
        now = self._clock.now()
        return await self._costs(lambda zone: period(of, now if on is None else on_date(on, zone), zone), by, subject)

    async def costs_between(self, since: date, until: date, by: CostKey, *, subject: Subject = EVERYTHING) -> Costs:
        """What a subject spent from one date to another, both included, by one key.

        Raises:
            ValueError: As in `costs`.
        """
        return await self._costs(lambda zone: between(since, until, zone), by, subject)

    async def daily(
        self, since: date, until: date, by: CostKey, *, subject: Subject = EVERYTHING
    ) -> tuple[DayCosts, ...]:
        """The same day by day, those without an entry too; the earliest first.

        Raises:
            ValueError: As in `costs`.
        """
        await self._books.flush()
        return await self._ledger.daily(lambda zone: between(since, until, zone), by, subject)

    async def standing(self, asker: Asker, provider: str | None = None) -> tuple[Standing, ...]:
        """Every limit of an asker, those of everything included, and how much of it is gone."""
        return await self._books.standing(asker, provider)

    @property
    def policy(self) -> QuotaPolicy:
        """The limits as they are configured."""
        return self._books.policy

    async def in_force(self) -> tuple[Change, ...]:
        """What was changed while the bot ran and holds now, in place of what is configured."""
        return await changes.all_in_force(self._database, self._clock.now())

    async def daily_budget(self) -> Budget:
        """The budget of a day for everything."""
        for standing in await self._books.standing(NOBODY):
            if standing.quota.key == (EVERYTHING, USD_PER_DAY):
                count = standing.count
                return Budget(standing.quota.limit, count.used, count.held, standing.unconfirmed)
        spent = await self.costs("day", "model")
        return Budget(None, spent.micro_usd, None, spent.unconfirmed_micro_usd)

    async def change(self, who: str, change: Change) -> None:
        """Put a limit in place of the configured one, from now on, everywhere."""
        await self._books.change(who, change)

    async def lift(self, who: str, target: str, measure: Measure, amount: int | None) -> datetime:
        """Put a budget in place of the one that holds, until its day or month is over; returns when that is.

        Args:
            amount: In micro-USD; `None` is no limit.
        """
        until = period(measure.window, self._clock.now(), self._zone).until
        await self._books.change(who, Change(target, measure, amount, until))
        return until

    async def reset(self, who: str, target: str, measure: Measure) -> bool:
        """Let the configured limit hold again; returns whether another one held."""
        return await self._books.reset(who, target, measure)

    async def changes(self) -> tuple[changes.Changed, ...]:
        """The last hundred changes, the newest first."""
        return await changes.history(self._database)

    async def events(self) -> tuple[events.Threshold, ...]:
        """The last hundred thresholds that budgets reached, the newest first."""
        return await events.events(self._database)

    async def forget_user(self, user: str) -> int:
        """Erase who a person is; returns how many entries of the ledger named them. All sums stay."""
        await self._books.flush()
        return await self._books.forget_user(user)

    async def tidy(self) -> int:
        """Sum up the days that need not be kept call by call, and drop old counters; returns entries summed up."""
        await self._books.forget_old()
        before = self._clock.now() - self._keep
        first = await self._ledger.first()
        if first is None:
            return 0
        over = [day for day in days(Span(first, before), self._zone) if day.until <= before]
        return await self._ledger.sum_up(over)

    async def _costs(self, stretch: Stretch, by: CostKey, subject: Subject) -> Costs:
        await self._books.flush()
        return await self._ledger.costs(stretch, by, subject)
