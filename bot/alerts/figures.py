"""The figures that the rules are about: a handful of small queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.alerts.rules import Figures, Recent
from bot.terms import AlertRules
from rag.model import ProviderHealth
from rag.ports import Database
from rag.quota.accounts import Accounts
from rag.quota.reached import reached
from rag.routing.catalogue import Notice
from rag.state.timestamps import to_text

# What a wrong clock wrote far ahead is no news for years.
_AHEAD: Final = timedelta(hours=26)


class Models(Protocol):
    """What alerts ask of `RagPipeline`."""

    def model_health(self) -> Sequence[ProviderHealth]:
        """How every model that can be asked fares in this process; asks nobody."""
        ...

    def model_notices(self) -> Sequence[Notice]:
        """What is wrong or about to change with the models in use."""
        ...


async def figures(accounts: Accounts, models: Models, now: datetime, rules: AlertRules) -> Figures:
    """All figures of this moment.

    Raises:
        StateUnavailable: Nobody knows.
    """
    return Figures(
        budgets=await reached(accounts, now),
        recent=await recent(accounts.database, now, rules),
        models=models.model_health(),
        news=models.model_notices(),
    )


async def recent(database: Database, now: datetime, rules: AlertRules) -> Recent:
    """What became of the calls and answers of the last minutes, of all processes.

    Only calls to models that write have an outcome in the ledger. Those that were cancelled, or declined for what was
    asked, are no failures of a model, and say nothing of it. How long an answer took is the sum of its calls; of one
    that no model wrote it is all the time until it was there.

    Raises:
        StateUnavailable: Nobody knows.
    """
    within = to_text(now - rules.window), to_text(now + _AHEAD)
    ((calls, failed),) = await database.fetch(
        "SELECT count(*), count(CASE WHEN outcome <> 'answered' THEN 1 END) FROM ledger WHERE at >= $1 AND at < $2"
        " AND outcome IS NOT NULL AND outcome NOT IN ('cancelled', 'content_refused', 'prompt_too_long')",
        *within,
    )
    ((answers, slow),) = await database.fetch(
        "SELECT count(*), count(CASE WHEN took_ms > $3 THEN 1 END) FROM"
        " (SELECT coalesce(max(CASE WHEN attempt = 0 THEN latency_ms END), sum(latency_ms)) AS took_ms FROM ledger"
        " WHERE at >= $1 AND at < $2 AND purpose IN ('answer', 'condensing') AND reference <> '' GROUP BY reference"
        " HAVING count(CASE WHEN attempt = 0 OR (purpose = 'answer' AND outcome = 'answered') THEN 1 END) > 0)"
        " AS given",
        *within,
        rules.slow_answer_s * 1_000,
    )
    return Recent(_int(calls), _int(failed), _int(answers), _int(slow))


def _int(value: object) -> int:
    return int(str(value or 0))
