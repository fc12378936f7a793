"""The daily budget: what may be spent before the next midnight, UTC."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from rag.errors import BudgetExhausted
from rag.ports import Clock
from rag.state.ledger import Ledger


class DailyBudget:
    """Lets a cost pass or not, by what the ledger says was spent today.

    Looking and spending are two steps: two processes that spend in the same moment can both look first, and go over
    by one request each.

    Args:
        limit_micro_usd: Spending stays at or below it.
        brake: Share of the limit from which nothing more is spent, between 0 and 1.
    """

    def __init__(self, ledger: Ledger, clock: Clock, *, limit_micro_usd: int, brake: Decimal) -> None:
        self._ledger = ledger
        self._clock = clock
        self.limit_micro_usd = limit_micro_usd
        self._brake_micro_usd = int(limit_micro_usd * brake)

    async def spent_micro_usd(self) -> int:
        """What was spent since midnight, UTC.

        Raises:
            StateUnavailable: The ledger cannot be read.
        """
        midnight = self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        return await self._ledger.spent_micro_usd(midnight, midnight + timedelta(days=1))

    async def allow(self, cost_micro_usd: int) -> None:
        """Pass if so much more may be spent; what costs nothing always passes.

        Raises:
            BudgetExhausted: It may not.
            StateUnavailable: The ledger cannot be read, so nobody knows.
        """
        if cost_micro_usd == 0:
            return
        spent = await self.spent_micro_usd()
        if spent >= self._brake_micro_usd or spent + cost_micro_usd > self.limit_micro_usd:
            raise BudgetExhausted(limit_micro_usd=self.limit_micro_usd, spent_micro_usd=spent)
