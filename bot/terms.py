"""How long things hold in a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


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
