from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from rag.errors import BudgetExhausted, StateUnavailable
from rag.model import TokenUsage
from rag.state.budget import DailyBudget
from rag.state.ledger import Expense, Ledger
from rag.state.sqlite import SqliteDatabase
from tests.fakes.clock import FakeClock


class Day:
    """A budget of one dollar that brakes at 95 cents."""

    def __init__(self, database: SqliteDatabase, clock: FakeClock) -> None:
        self.clock = clock
        self.database = database
        self.ledger = Ledger(database, clock)
        self.budget = DailyBudget(
            self.ledger, clock, limit_micro_usd=1_000_000, warn=Decimal("0.80"), brake=Decimal("0.95")
        )

    async def spend(self, cost_micro_usd: int) -> None:
        await self.budget.record(Expense("answer", "acme", "small", TokenUsage(input=1), cost_micro_usd))

    async def allow(self, cost_micro_usd: int) -> None:
        async with self.budget.hold(cost_micro_usd):
            pass


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Day]:
    clock = FakeClock()
    database = await SqliteDatabase.open(tmp_path / "state.db", clock)
    yield Day(database, clock)
    await database.aclose()


async def test_the_last_micro_dollar_may_be_spent_and_not_one_more(day: Day) -> None:
    await day.spend(900_000)
    await day.allow(100_000)
    with pytest.raises(BudgetExhausted, match=r"\$0\.9 of \$1 are spent"):
        await day.allow(100_001)


async def test_from_the_brake_on_nothing_is_spent_though_it_would_fit(day: Day) -> None:
    await day.spend(949_999)
    await day.allow(1)
    await day.spend(1)
    with pytest.raises(BudgetExhausted):
        await day.allow(1)


async def test_what_is_free_passes_an_exhausted_budget(day: Day) -> None:
    await day.spend(2_000_000)
    await day.allow(0)
    assert await day.budget.spent_micro_usd() == 2_000_000


async def test_midnight_begins_a_new_budget(day: Day) -> None:
    await day.spend(1_000_000)
    await day.clock.sleep(timedelta(days=1).total_seconds())
    await day.allow(1_000_000)
    assert await day.budget.spent_micro_usd() == 0


async def test_what_is_held_is_not_given_out_a_second_time(day: Day) -> None:
    async with day.budget.hold(600_000):
        assert day.budget.held_micro_usd == 600_000
        with pytest.raises(BudgetExhausted):
            await day.allow(400_001)
        await day.allow(400_000)
    assert day.budget.held_micro_usd == 0
    await day.allow(600_000)


async def test_what_was_booked_counts_at_once_and_what_was_not_is_free_again(day: Day) -> None:
    async with day.budget.hold(600_000) as hold:
        await hold.book(Expense("answer", "acme", "small", TokenUsage(input=1), 100_000))
        assert hold.left_micro_usd == 500_000
    assert await day.budget.spent_micro_usd() == 100_000
    await day.allow(900_000)


async def test_what_another_process_spent_is_seen_a_second_later(day: Day) -> None:
    await day.allow(1)
    await day.ledger.record(Expense("answer", "acme", "small", TokenUsage(input=1), 700_000))
    await day.clock.sleep(1.0)
    assert await day.budget.spent_micro_usd() == 700_000


async def test_the_warning_line_counts_what_is_held(day: Day) -> None:
    await day.spend(700_000)
    assert not await day.budget.is_nearly_spent()
    async with day.budget.hold(100_000):
        assert await day.budget.is_nearly_spent()


async def test_money_that_could_not_be_booked_is_gone_all_the_same(day: Day) -> None:
    await day.spend(1)
    assert await day.budget.spent_micro_usd() == 1
    await day.database.aclose()
    with pytest.raises(StateUnavailable):
        await day.spend(500_000)
    assert await day.budget.spent_micro_usd() == 500_001


async def test_many_who_ask_at_once_do_not_overspend(day: Day) -> None:
    async def ask() -> bool:
        try:
            async with day.budget.hold(30_000) as hold:
                await asyncio.sleep(0)
                await hold.book(Expense("answer", "acme", "small", TokenUsage(input=1), 30_000))
        except BudgetExhausted:
            return False
        return True

    answered = await asyncio.gather(*(ask() for _ in range(60)))
    await day.clock.sleep(1.0)
    assert await day.budget.spent_micro_usd() == 30_000 * sum(answered) <= 1_000_000
    assert sum(answered) >= 31  # up to the brake at 950,000
