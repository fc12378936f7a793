"""What was spent: rows are added, never changed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rag.model import Outcome, Task, TokenUsage
from rag.ports import Clock, Database
from rag.state.timestamps import to_text

Purpose = Literal["embedding", "answer"]


@dataclass(frozen=True, slots=True)
class Expense:
    """One request that was paid for, or may have been.

    Attributes:
        model: The one that served it, where the answer names another than was asked.
        tokens: `input` is always known, by estimate if need be.
        cost_micro_usd: In millionths of a US dollar, rounded up.
        outcome: What became of a call to a chat model; `None` for embeddings.
        reference: Of the answer that it was for; empty for embeddings.
    """

    purpose: Purpose
    provider: str
    model: str
    tokens: TokenUsage
    cost_micro_usd: int
    task: Task | None = None
    outcome: Outcome | None = None
    reference: str = ""


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
        tokens = expense.tokens
        cache_write = [count for count in (tokens.cache_write, tokens.cache_write_long) if count is not None]
        await self._database.fetch(
            "INSERT INTO ledger (id, at, purpose, provider, model, input_tokens, output_tokens, cached_input_tokens,"
            " cache_write_tokens, thinking_tokens, cost_micro_usd, estimated, task, outcome, reference)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            uuid.uuid4().hex,
            to_text(self._clock.now()),
            expense.purpose,
            expense.provider,
            expense.model,
            tokens.input or 0,
            tokens.output,
            tokens.cached_input,
            sum(cache_write) if cache_write else None,
            tokens.thinking,
            expense.cost_micro_usd,
            int(tokens.estimated),
            expense.task,
            expense.outcome,
            expense.reference,
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
