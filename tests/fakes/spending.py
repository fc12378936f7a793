"""Money that was spent, in real books: what commands about money have to tell."""

from __future__ import annotations

import itertools

from rag.model import Asker, Task, TokenUsage
from rag.quota.books import Books
from rag.quota.ledger import Expense
from rag.quota.quotas import Need

_numbers = itertools.count(1)


def expense(
    micro_usd: int,
    *,
    user: str = "U1",
    channel: str = "C1",
    workspace: str = "T1",
    model: str = "large",
    task: Task = "factual",
    reference: str = "",
    saved_micro_usd: int = 0,
) -> Expense:
    """A call of one provider that answered a question; each is a question of its own unless it is told which."""
    return Expense(
        purpose="answer",
        provider="acme",
        model=model,
        asked_model=model,
        tokens=TokenUsage(input=1_000, output=100),
        cost_micro_usd=micro_usd,
        task=task,
        outcome="answered",
        rung="fresh",
        reference=reference or f"spent{next(_numbers)}",
        asker=Asker(user=user, channel=channel, workspace=workspace),
        latency_s=1.0,
        saved_micro_usd=saved_micro_usd,
    )


async def spend(books: Books, spent: Expense) -> None:
    """Reserve and settle it, as the router does."""
    async with books.reserve(Need(micro_usd=spent.cost_micro_usd), spent, lease_s=60) as reservation:
        await reservation.settle(spent)
