"""The daily budget: what may be spent before the next midnight, UTC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from decimal import Decimal

from rag.errors import BudgetExhausted
from rag.ports import Clock
from rag.state.ledger import Expense, Ledger

# How long ago the ledger may have been read: what another process spent since then is not known yet. A look while
# something is being booked may find it there or not, so it is put off, but not for ever.
_FRESH_S, _STALE_S = 1.0, 5.0


class Hold:
    """Money that is set aside for work under way.

    Attributes:
        left_micro_usd: What of it was not booked yet.
    """

    def __init__(self, budget: DailyBudget, amount_micro_usd: int) -> None:
        self._budget = budget
        self.left_micro_usd = amount_micro_usd

    async def book(self, expense: Expense) -> None:
        """Write down what was spent, also where it is more than was set aside: it is gone either way.

        Raises:
            StateUnavailable: The ledger cannot be written; this process counts the money all the same.
        """
        self.release(expense.cost_micro_usd)
        await self._budget.record(expense)

    def release(self, amount_micro_usd: int) -> None:
        """Set so much less aside."""
        released = min(amount_micro_usd, self.left_micro_usd)
        self.left_micro_usd -= released
        self._budget.held_micro_usd -= released


class DailyBudget:
    """Lets a cost pass or not, by what was spent today and what is set aside for work under way.

    Within one process nothing is overspent: the most that a call can cost is held before it is made. Another process's
    holds are not seen, and its spending only a second later, five at the latest.

    Args:
        limit_micro_usd: Spending stays at or below it.
        warn: Share of the limit from which cheaper models are preferred, between 0 and 1.
        brake: Share of the limit from which nothing more is spent, between 0 and 1.
    """

    def __init__(self, ledger: Ledger, clock: Clock, *, limit_micro_usd: int, warn: Decimal, brake: Decimal) -> None:
        self._ledger = ledger
        self._clock = clock
        self.limit_micro_usd = limit_micro_usd
        self.held_micro_usd = 0
        self._warn_micro_usd = int(limit_micro_usd * warn)
        self._brake_micro_usd = int(limit_micro_usd * brake)
        self._looking: asyncio.Event | None = None
        self._day: date | None = None
        self._looked_at_s = 0.0
        self._spent = 0
        self._booked_since_look = 0
        self._being_booked = 0

    async def spent_micro_usd(self) -> int:
        """What was spent since midnight, UTC.

        Raises:
            StateUnavailable: The ledger cannot be read.
        """
        while not self._is_fresh():
            if self._looking is None:
                await self._look()
            else:
                # All go on at once: a lock would let them pass one by one, a turn of the event loop each.
                await self._looking.wait()
        return self._spent + self._booked_since_look + self._being_booked

    def _is_fresh(self) -> bool:
        if self._day != self._clock.now().date():
            return False
        return self._clock.monotonic() - self._looked_at_s < (_STALE_S if self._being_booked else _FRESH_S)

    async def _look(self) -> None:
        looking = self._looking = asyncio.Event()
        # What is booked from here on counts beside the sum; if the sum has it already, rather twice than never.
        self._booked_since_look = 0
        midnight = self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            self._spent = await self._ledger.spent_micro_usd(midnight, midnight + timedelta(days=1))
            self._day, self._looked_at_s = midnight.date(), self._clock.monotonic()
        finally:
            self._looking = None
            looking.set()

    async def left_micro_usd(self) -> int:
        """What may be held now; nothing from the brake on.

        Raises:
            StateUnavailable: The ledger cannot be read.
        """
        spent = await self.spent_micro_usd()
        return 0 if spent >= self._brake_micro_usd else max(0, self.limit_micro_usd - spent - self.held_micro_usd)

    async def is_nearly_spent(self) -> bool:
        """Whether the warning line is reached; what is held counts.

        Raises:
            StateUnavailable: The ledger cannot be read.
        """
        return await self.spent_micro_usd() + self.held_micro_usd >= self._warn_micro_usd

    @asynccontextmanager
    async def hold(self, cost_micro_usd: int) -> AsyncIterator[Hold]:
        """Set money aside while work goes on that may cost so much; what is not booked by its end is free again.

        Raises:
            BudgetExhausted: So much may not be spent any more today.
            StateUnavailable: The ledger cannot be read, so nobody knows.
        """
        hold = Hold(self, cost_micro_usd)
        if cost_micro_usd and cost_micro_usd > await self.left_micro_usd():  # what costs nothing always passes
            raise BudgetExhausted(limit_micro_usd=self.limit_micro_usd, spent_micro_usd=await self.spent_micro_usd())
        # No await since the sum was compared: nobody else can have passed meanwhile.
        self.held_micro_usd += cost_micro_usd
        try:
            yield hold
        finally:
            hold.release(hold.left_micro_usd)

    async def record(self, expense: Expense) -> None:
        """Book an expense and count it at once.

        Raises:
            StateUnavailable: The ledger cannot be written.
        """
        self._being_booked += expense.cost_micro_usd
        try:
            await self._ledger.record(expense)
        finally:
            # Also where the ledger failed: the money is gone.
            self._being_booked -= expense.cost_micro_usd
            self._booked_since_look += expense.cost_micro_usd
