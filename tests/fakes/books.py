"""Books with one daily budget, and a database that is not there, for tests that need them and not their rules."""

from __future__ import annotations

from decimal import Decimal

from rag.errors import StateUnavailable
from rag.ports import Clock, Database
from rag.quota.books import Books
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import USD_PER_DAY
from rag.state.late import LateDatabase
from tests.fakes.clock import FakeClock

PLENTY_MICRO_USD = 1_000_000_000


def books_with(
    database: Database, clock: Clock, *, daily_micro_usd: int = PLENTY_MICRO_USD, brake: Decimal = Decimal(1)
) -> Books:
    """Books in which everything together may cost so much a day."""
    policy = QuotaPolicy(
        warn=min(Decimal("0.8"), brake), brake=brake, kinds={"everything": {USD_PER_DAY: daily_micro_usd}}
    )
    return Books(database, clock, policy)


def no_database(reason: str) -> LateDatabase:
    """A database that can never be opened."""

    async def open_it() -> Database:
        raise StateUnavailable(reason)

    return LateDatabase(open_it, FakeClock(), reason=reason)
