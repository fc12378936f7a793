"""Limits that admins change while the bot runs: the table `quota_changes`, which keeps who changed what, and when."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rag.ports import Database, Row, Transaction
from rag.quota.policy import Change
from rag.quota.quotas import Measure
from rag.state.timestamps import from_text, to_text

ChangeKind = Literal["set", "lift", "reset"]

_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Changed:
    """A change as it was made.

    Attributes:
        kind: `set` holds until it is changed again, `lift` until it expires, `reset` lets the configuration hold.
        who: As the platform or the operating system calls them; empty where they were forgotten.
    """

    at: datetime
    who: str
    kind: ChangeKind
    change: Change


def in_force(transaction: Transaction, targets: Sequence[str], now: datetime) -> tuple[Change, ...]:
    """The changes of these targets that hold now."""
    places = ", ".join(f"${number}" for number in range(2, len(targets) + 2))
    rows = transaction.fetch(
        "SELECT target, measure, amount, expires_at FROM quota_changes"  # noqa: S608 - $2, $3 …
        f" WHERE ended_at IS NULL AND (expires_at IS NULL OR expires_at > $1) AND target IN ({places})",
        to_text(now),
        *targets,
    )
    return tuple(map(_change, rows))


async def all_in_force(database: Database, now: datetime) -> tuple[Change, ...]:
    """The changes of everybody that hold now.

    Raises:
        StateUnavailable: The database does not answer.
    """
    rows = await database.fetch(
        "SELECT target, measure, amount, expires_at FROM quota_changes"
        " WHERE ended_at IS NULL AND (expires_at IS NULL OR expires_at > $1) ORDER BY target, measure, at",
        to_text(now),
    )
    return tuple(map(_change, rows))


def record(transaction: Transaction, who: str, change: Change, now: datetime) -> None:
    """Write a change down, in place of an earlier one; a lift alone leaves what was set, to sink back to it."""
    kind: ChangeKind = "set" if change.expires_at is None else "lift"
    ends: tuple[ChangeKind, ...] = ("set", "lift") if kind == "set" else ("lift",)
    _end(transaction, change.target, change.measure, ends, now)
    _insert(transaction, who, kind, change, now, ended=False)


def reset(transaction: Transaction, who: str, target: str, measure: Measure, now: datetime) -> bool:
    """End what was changed; returns whether anything was in force."""
    ended = _end(transaction, target, measure, ("set", "lift"), now)
    if ended:
        _insert(transaction, who, "reset", Change(target, measure, None), now, ended=True)
    return ended


async def history(database: Database) -> tuple[Changed, ...]:
    """The last hundred changes, the newest first.

    Raises:
        StateUnavailable: The database does not answer.
    """
    rows = await database.fetch(
        "SELECT target, measure, amount, expires_at, at, who, kind FROM quota_changes ORDER BY at DESC, id LIMIT $1",
        _MOST_SHOWN,
    )
    return tuple(
        Changed(from_text(at), str(who), kind, _change(tuple(row)))  # type: ignore[arg-type]  # as it was written
        for *row, at, who, kind in rows
    )


def _end(transaction: Transaction, target: str, measure: Measure, kinds: Sequence[ChangeKind], now: datetime) -> bool:
    places = ", ".join(f"${number}" for number in range(4, len(kinds) + 4))
    rows = transaction.fetch(
        "UPDATE quota_changes SET ended_at = $1 WHERE target = $2 AND measure = $3 AND ended_at IS NULL"  # noqa: S608
        f" AND kind IN ({places}) AND (expires_at IS NULL OR expires_at > $1) RETURNING id",
        to_text(now),
        target,
        str(measure),
        *kinds,
    )
    return bool(rows)


def _insert(
    transaction: Transaction, who: str, kind: ChangeKind, change: Change, now: datetime, *, ended: bool
) -> None:
    transaction.fetch(
        "INSERT INTO quota_changes (id, at, who, kind, target, measure, amount, expires_at, ended_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        uuid.uuid4().hex,
        to_text(now),
        who,
        kind,
        change.target,
        str(change.measure),
        change.amount,
        None if change.expires_at is None else to_text(change.expires_at),
        to_text(now) if ended else None,
    )


def _change(row: Row) -> Change:
    target, measure, amount, expires_at = row
    return Change(
        str(target),
        Measure.parse(str(measure)),
        None if amount is None else int(amount),
        None if expires_at is None else from_text(expires_at),
    )
