"""The contract of a conversation: when the bot answers in it, and when it keeps quiet.

A mention or a command begins a conversation. While it is active, what is said in it needs no mention. `mute`, handing
over to people, or silence for long enough ends that; a mention begins it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from bot.messages import Addressed, Thread
from rag.ports import Row, Transaction
from rag.state.timestamps import from_text, to_text

ThreadState = Literal["active", "muted", "handed_over"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a conversation stands.

    Attributes:
        active_at: When the bot last took a message of it.
    """

    state: ThreadState
    active_at: datetime


def is_for_the_bot(addressed: Addressed, standing: Standing | None, now: datetime, idle: timedelta) -> bool:
    """Whether a message is to be answered.

    Args:
        standing: Of its conversation; `None` where nobody has begun it.
        idle: A silence of this length ends a conversation.
    """
    match addressed:
        case "mention":
            return True
        case "direct":  # there is nobody else whom it could speak to
            return standing is None or standing.state == "active"
        case "thread":
            return standing is not None and standing.state == "active" and now - standing.active_at < idle
        case "others":
            return False


def query(thread: Thread) -> tuple[str, str, str, str]:
    """The statement, with its values, whose rows `standing_in` reads."""
    statement = "SELECT state, active_at FROM conversations WHERE platform = $1 AND place = $2 AND thread = $3"
    return statement, thread.platform, thread.place, thread.id


def standing_in(rows: Sequence[Row]) -> Standing | None:
    """How a conversation stands; `None` where nobody has begun it."""
    return Standing(cast("ThreadState", rows[0][0]), from_text(rows[0][1])) if rows else None


def write(transaction: Transaction, thread: Thread, state: ThreadState, now: datetime) -> None:
    """Let a conversation stand so from now on."""
    transaction.fetch(
        "INSERT INTO conversations (platform, place, thread, state, active_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (platform, place, thread) DO UPDATE SET state = excluded.state, active_at = excluded.active_at",
        thread.platform,
        thread.place,
        thread.id,
        state,
        to_text(now),
    )
