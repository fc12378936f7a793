from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from rag.errors import BudgetExhausted
from rag.state.budget import DailyBudget
from rag.state.ledger import Expense, Ledger
from rag.state.sqlite import SqliteDatabase
from tests.fakes.clock import FakeClock


class Day:
    """A budget of one dollar that brakes at 95 cents."""

    def __init__(self, database: SqliteDatabase, clock: FakeClock) -> None:
        self.clock = clock
        self.ledger = Ledger(database, clock)
        self.budget = DailyBudget(self.ledger, clock, limit_micro_usd=1_000_000, brake=Decimal("0.95"))

    async def spend(self, cost_micro_usd: int) -> None:
        await self.ledger.record(Expense("embedding", "acme", "small", 1, cost_micro_usd, estimated=False))


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[Day]:
    clock = FakeClock()
    database = await SqliteDatabase.open(tmp_path / "state.db", clock)
    yield Day(database, clock)
    await database.aclose()


async def test_the_last_micro_dollar_may_be_spent_and_not_one_more(day: Day) -> None:
    await day.spend(900_000)
    await day.budget.allow(100_000)
    with pytest.raises(BudgetExhausted, match=r"\$0\.9 of \$1 are spent"):
        await day.budget.allow(100_001)


async def test_from_the_brake_on_nothing_is_spent_though_it_would_fit(day: Day) -> None:
    await day.spend(949_999)
    await day.budget.allow(1)
    await day.spend(1)
    with pytest.raises(BudgetExhausted):
        await day.budget.allow(1)


async def test_what_is_free_passes_an_exhausted_budget(day: Day) -> None:
    await day.spend(2_000_000)
    await day.budget.allow(0)
    assert await day.budget.spent_micro_usd() == 2_000_000


async def test_midnight_begins_a_new_budget(day: Day) -> None:
    await day.spend(1_000_000)
    await day.clock.sleep(timedelta(days=1).total_seconds())
    await day.budget.allow(1_000_000)
    assert await day.budget.spent_micro_usd() == 0
