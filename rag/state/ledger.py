"""What was spent: rows are added, never changed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rag.ports import Clock, Database
from rag.state.timestamps import to_text

Purpose = Literal["embedding"]


@dataclass(frozen=True, slots=True)
class Expense:
    """One paid request.

    Attributes:
        cost_micro_usd: In millionths of a US dollar, rounded up.
        estimated: The provider named no number of tokens.
    """

    purpose: Purpose
    provider: str
    model: str
    input_tokens: int
    cost_micro_usd: int
    estimated: bool


class Ledger:
    """The table `ledger`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(self, expense: Expense) -> None:
        """Book a request that has just been paid for.

        Raises:
            StateUnavailable: The database does not answer.
        """
        await self._database.fetch(
            "INSERT INTO ledger (id, at, purpose, provider, model, input_tokens, cost_micro_usd, estimated)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            uuid.uuid4().hex,
            to_text(self._clock.now()),
            expense.purpose,
            expense.provider,
            expense.model,
            expense.input_tokens,
            expense.cost_micro_usd,
            int(expense.estimated),
        )

    async def spent_micro_usd(self, since: datetime, until: datetime) -> int:
        """What was spent from `since` on and before `until`, in millionths of a US dollar.

        Raises:
            StateUnavailable: The database does not answer.
        """
        ((total,),) = await self._database.fetch(
            "SELECT coalesce(sum(cost_micro_usd), 0) FROM ledger WHERE at >= $1 AND at < $2",
            to_text(since),
            to_text(until),
        )
        return int(total or 0)
