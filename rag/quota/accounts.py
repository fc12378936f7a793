"""What people ask of the books: what was spent, what is left, which limits hold, and to change them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from rag.model import NOBODY, Asker, Budget
from rag.ports import Clock, Database
from rag.quota import changes, events
from rag.quota.books import Books
from rag.quota.ledger import CostKey, Costs, Ledger
from rag.quota.page import Standing
from rag.quota.policy import Change, QuotaPolicy
from rag.quota.quotas import EVERYTHING, USD_PER_DAY, Measure
from rag.quota.windows import Period, Span, period


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

    async def costs(self, of: Period, by: CostKey, *, on: date | None = None) -> Costs:
        """What was spent in the day, week or month of a date, today where none is given, by one key."""
        await self._books.flush()
        return await self._ledger.costs(period(of, self._moment(on), self._zone), by)

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
        return 0 if first is None else await self._ledger.sum_up(list(self._days(first, before)))

    def _moment(self, on: date | None) -> datetime:
        if on is None:
            return self._clock.now()
        return datetime(on.year, on.month, on.day, 12, tzinfo=self._zone)

    def _days(self, first: datetime, before: datetime) -> Iterator[Span]:
        """Whole days, from that of `first` to the last that is over by `before`."""
        day = period("day", first, self._zone)
        while day.until <= before:
            yield day
            day = period("day", day.until, self._zone)
