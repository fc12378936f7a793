"""Budgets that reach a threshold: one event for each in a window, stored and logged."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from rag.ports import Database, Transaction
from rag.quota.quotas import Measure, Quota, Subject
from rag.quota.windows import Span
from rag.state.timestamps import from_text, to_text

log = logging.getLogger(__name__)

ThresholdName = Literal["warn", "brake"]
_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Threshold:
    """A share of a budget that was reached.

    Attributes:
        name: `warn`: cheaper models come first; `brake`: nothing more is spent.
        since: When the window began.
        micro_usd: The threshold.
        used_micro_usd: When it was seen.
    """

    subject: Subject
    measure: Measure
    name: ThresholdName
    since: datetime
    micro_usd: int
    limit_micro_usd: int = field(compare=False)
    used_micro_usd: int = field(compare=False)
    at: datetime = field(compare=False)

    def log(self) -> None:
        """Tell the operator."""
        level = logging.ERROR if self.name == "brake" else logging.WARNING
        log.log(
            level,
            "budget %s reached subject=%s measure=%s used_usd=%s threshold_usd=%s limit_usd=%s",
            self.name,
            self.subject,
            self.measure,
            *(Decimal(amount) / 1_000_000 for amount in (self.used_micro_usd, self.micro_usd, self.limit_micro_usd)),
        )


def raise_events(
    transaction: Transaction,
    reached: Sequence[tuple[Quota, Span, int]],
    known: AbstractSet[Threshold],
    now: datetime,
) -> dict[Threshold, bool]:
    """Store the thresholds that are reached by what is used; returns whether each is news, or was stored before.

    Args:
        known: Need not be looked up again, and are left out.
    """
    found: dict[Threshold, bool] = {}
    for quota, window, used in reached:
        thresholds: tuple[tuple[ThresholdName, int | None], ...] = (("warn", quota.warn_at), ("brake", quota.brake_at))
        for name, at in thresholds:
            if at is None or used < at:
                continue
            threshold = Threshold(quota.subject, quota.measure, name, window.since, at, quota.limit, used, now)
            if threshold not in known:
                found[threshold] = _is_new(transaction, threshold)
    return found


async def events(database: Database) -> tuple[Threshold, ...]:
    """The last hundred thresholds that were reached, the newest first.

    Raises:
        StateUnavailable: The database does not answer.
    """
    rows = await database.fetch(
        "SELECT subject, measure, threshold, since, amount, limit_amount, used, at FROM quota_events"
        " ORDER BY at DESC, subject, measure, threshold LIMIT $1",
        _MOST_SHOWN,
    )
    return tuple(
        Threshold(
            Subject.parse(str(subject)),
            Measure.parse(str(measure)),
            name,  # type: ignore[arg-type]  # as it was written
            from_text(since),
            int(amount or 0),
            int(limit or 0),
            int(used or 0),
            from_text(at),
        )
        for subject, measure, name, since, amount, limit, used, at in rows
    )


def _is_new(transaction: Transaction, threshold: Threshold) -> bool:
    rows = transaction.fetch(
        "INSERT INTO quota_events (subject, measure, since, threshold, amount, limit_amount, used, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (subject, measure, since, threshold, amount) DO NOTHING RETURNING at",
        str(threshold.subject),
        str(threshold.measure),
        to_text(threshold.since),
        threshold.name,
        threshold.micro_usd,
        threshold.limit_micro_usd,
        threshold.used_micro_usd,
        to_text(threshold.at),
    )
    return bool(rows)
