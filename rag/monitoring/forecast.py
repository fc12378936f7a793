"""Where spending leads: the mean of the last days, carried on to the end of the month. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WHOLE_DAYS = 7
"""A week: working days and weekends in the share that they have."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a day costs, rounded up.

    Attributes:
        days: Whole days that it is the mean of; 0: it is what today would come to if it went on as it began.
    """

    micro_usd: int
    days: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where a month leads.

    Attributes:
        month_micro_usd: What it will have cost at its end.
        ends_on: Its last day.
        brake_on, limit_on: The day of it on which its budget reaches the brake, and the limit; `None`: not in it, or
            there is no budget.
    """

    pace: Pace
    month_micro_usd: int
    ends_on: date
    brake_on: date | None = None
    limit_on: date | None = None


def pace(whole_days: Sequence[int], today: int, elapsed: float) -> Pace:
    """What a day costs.

    Args:
        whole_days: Micro-USD of every day that is over, oldest first; days without spending before the first that had
            some are not counted.
        today: Micro-USD, up to now.
        elapsed: The share of today that is over.
    """
    first = next((position for position, spent in enumerate(whole_days) if spent), len(whole_days))
    last_days = whole_days[first:][-WHOLE_DAYS:]
    if last_days:
        return Pace(-(-sum(last_days) // len(last_days)), len(last_days))
    share = max(1, round(elapsed * 1_000_000))
    return Pace(-(-today * 1_000_000 // share), 0)


def forecast(
    at: Pace, spent: int, today: int, day: date, ends_on: date, *, brake: int | None = None, limit: int | None = None
) -> Forecast:
    """Where a month leads at this pace.

    Args:
        spent: Micro-USD of the month up to now, those of today included.
        today: Micro-USD of today up to now.
        day: Today.
        brake, limit: Of the month's budget, in micro-USD.
    """
    # A day that has cost more than usual stays as it is; one that has cost less is not over.
    tonight = spent - today + max(today, at.micro_usd)
    days_left = (ends_on - day).days

    def reached(amount: int | None) -> date | None:
        if amount is None:
            return None
        if tonight >= amount:
            return day
        if not at.micro_usd:
            return None
        days = -(-(amount - tonight) // at.micro_usd)
        return day + timedelta(days=days) if days <= days_left else None

    return Forecast(at, tonight + days_left * at.micro_usd, ends_on, reached(brake), reached(limit))
