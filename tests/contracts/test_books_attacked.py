"""Ways round a budget that were tried, on every engine: none of them leads anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from rag.errors import BudgetExhausted, QuotaExceeded
from rag.model import NOBODY, Asker, TokenUsage
from rag.ports import Database
from rag.quota.accounts import Accounts
from rag.quota.books import Books
from rag.quota.ledger import Expense
from rag.quota.policy import Change, QuotaPolicy
from rag.quota.quotas import USD_PER_DAY, Measure, Need
from rag.state import open_database
from tests.fakes.clock import FakeClock

DOLLAR = 1_000_000
TOKENS_A_DAY = Measure("tokens", "day")
ALICE = Asker(user="alice")
CALL = Expense(purpose="answer", provider="acme", model="m", tokens=TokenUsage(input=100, output=5), cost_micro_usd=0)
BEFORE_MIDNIGHT = datetime(2026, 11, 30, 23, 59, 58, tzinfo=UTC)


@dataclass
class Till:
    clock: FakeClock
    database: Database
    books: Books

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.books, self.database, self.clock, keep_days=400)

    async def spend(self, micro_usd: int, asker: Asker = NOBODY) -> None:
        call = replace(CALL, cost_micro_usd=micro_usd, asker=asker)
        async with self.books.reserve(Need(micro_usd=micro_usd), call, lease_s=60) as reservation:
            await reservation.settle(call)

    async def used(self, measure: Measure = USD_PER_DAY) -> int:
        standings = await self.books.standing(NOBODY)
        return next(one.count.used for one in standings if one.quota.measure == measure)

    async def booked_on(self, day: int, month: int = 11) -> int:
        return (await self.accounts.costs("day", "model", on=date(2026, month, day))).micro_usd


@pytest.fixture
async def till(state_url: str) -> AsyncIterator[Till]:
    clock = FakeClock(BEFORE_MIDNIGHT)
    database = await open_database(state_url, clock)
    policy = QuotaPolicy(kinds={"everything": {USD_PER_DAY: DOLLAR}})
    yield Till(clock, database, Books(database, clock, policy))
    await database.aclose()


async def test_what_was_spent_without_a_limit_counts_when_there_is_one_again(till: Till) -> None:
    await till.spend(500_000)
    await till.accounts.lift("carol", "everything", USD_PER_DAY, None)
    await till.spend(10 * DOLLAR)
    await till.accounts.reset("carol", "everything", USD_PER_DAY)
    assert await till.used() == 10_500_000
    with pytest.raises(BudgetExhausted):
        await till.spend(1)


async def test_a_limit_of_tokens_that_is_new_counts_the_call_under_way_and_all_before(till: Till) -> None:
    await till.spend(1)
    async with till.books.reserve(Need(micro_usd=1), CALL, lease_s=60) as reservation:
        await till.accounts.change("carol", Change("everything", TOKENS_A_DAY, 10_000))
        assert await till.used(TOKENS_A_DAY) == 105
        await reservation.settle(CALL)
    assert await till.used(TOKENS_A_DAY) == 210


async def test_where_all_that_can_be_limited_is_limited_all_of_it_is_counted(till: Till) -> None:
    measures = [Measure(resource, window) for resource in ("usd", "tokens") for window in ("day", "month")]  # type: ignore[arg-type]
    policy = QuotaPolicy(kinds={"everything": dict.fromkeys(measures, DOLLAR), "user": dict.fromkeys(measures, DOLLAR)})
    till.books = Books(till.database, till.clock, policy)
    for _ in range(2):
        await till.spend(1_000, ALICE)
    told = {str(one.quota.measure): one.count.used for one in await till.books.standing(ALICE)}
    assert told == {"usd_per_day": 2_000, "usd_per_month": 2_000, "tokens_per_day": 210, "tokens_per_month": 210}


async def test_a_limit_that_is_set_ends_a_lift(till: Till) -> None:
    await till.accounts.lift("carol", "everything", USD_PER_DAY, 60 * DOLLAR)
    await till.accounts.change("carol", Change("everything", USD_PER_DAY, 2 * DOLLAR))
    (budget,) = await till.books.standing(NOBODY)
    assert budget.quota.limit == 2 * DOLLAR


async def test_yesterdays_lift_does_not_come_back_with_the_clock(till: Till) -> None:
    await till.accounts.lift("carol", "everything", USD_PER_DAY, 60 * DOLLAR)
    till.clock.wind(120)
    await till.spend(1)
    till.clock.wind(-300)
    with pytest.raises(BudgetExhausted):
        await till.spend(5 * DOLLAR)


async def test_a_call_that_was_reserved_after_midnight_is_not_booked_before_it(till: Till) -> None:
    await till.spend(900_000)
    till.clock.wind(3)
    call = replace(CALL, cost_micro_usd=600_000)
    async with till.books.reserve(Need(micro_usd=600_000), call, lease_s=60) as reservation:
        till.clock.wind(-3)
        await reservation.settle(call)
    assert (await till.booked_on(30), await till.booked_on(1, month=12)) == (900_000, 600_000)


async def test_after_a_leap_of_years_and_back_small_steps_are_still_guarded(till: Till) -> None:
    years = timedelta(days=800).total_seconds()
    till.clock.wind(years)
    await till.spend(1)
    till.clock.wind(-years)
    await till.spend(100_000)
    till.clock.wind(3)
    await till.spend(7)
    till.clock.wind(-10)
    await till.spend(50_000)
    assert (await till.booked_on(30), await till.booked_on(1, month=12)) == (100_000, 50_007)


async def test_a_budget_of_nothing_is_not_nearly_spent(till: Till) -> None:
    await till.accounts.change("carol", Change("everything", USD_PER_DAY, 0))
    assert not (await till.books.outlook(NOBODY)).nearly_spent
    with pytest.raises(QuotaExceeded):
        await till.spend(1)


async def test_nothing_that_is_over_names_who_was_forgotten(till: Till) -> None:
    for amount in (1, 2):
        await till.accounts.change("carol", Change("user:alice", USD_PER_DAY, amount * DOLLAR))
    await till.accounts.lift("carol", "user:alice", USD_PER_DAY, 9 * DOLLAR)
    till.clock.wind(60)
    await till.accounts.forget_user("alice")
    told = [(entry.kind, entry.change.amount) for entry in await till.accounts.changes()]
    assert told == [("set", 2 * DOLLAR)], "a limit in force stays in force"
