"""How long things hold in a conversation, and from when on something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """How long things hold.

    Attributes:
        idle: A silence of this length ends a conversation.
        edit: An edited question changes its answer for so long.
        resume: A question that a process has left unfinished is finished if it is younger.
        keep: So long questions and answers stay in the journal.
    """

    idle: timedelta = timedelta(hours=24)
    edit: timedelta = timedelta(hours=1)
    resume: timedelta = timedelta(minutes=10)
    keep: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class AlertRules:
    """From when on admins are told, and how often.

    Attributes:
        error_rate: More calls than this share fail.
        slow_answer_s: More than one answer in twenty takes longer.
        window: So far back both are looked at.
        quiet: What was told and is over is not told again for so long.
    """

    error_rate: Decimal = Decimal("0.05")
    slow_answer_s: int = 30
    window: timedelta = timedelta(minutes=15)
    quiet: timedelta = timedelta(hours=1)
