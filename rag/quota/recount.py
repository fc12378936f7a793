"""The tallies made from the ledger: where there are none yet, where days begin at another hour, and to prove them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from types import MappingProxyType

from rag.ports import Row, Transaction, Value
from rag.quota.quotas import Subject, SubjectKind
from rag.quota.tallies import (
    AMOUNTS,
    COLUMNS,
    COUNTED,
    KEPT,
    NAMES,
    NARROW,
    NARROWER,
    QUESTIONS,
    TABLES,
    TOKENS,
    WIDE,
    Kind,
    Tallies,
    zone_named,
)
from rag.quota.windows import Span, days, period
from rag.state.timestamps import from_text, to_text

log = logging.getLogger(__name__)

_KEYS: Mapping[Kind, str] = MappingProxyType(
    {
        "user": "user_id",
        "channel": "channel",
        "workspace": "workspace",
        "model": "provider || '/' || model",
        "provider": "provider",
        "task": "task",
        "rung": "rung",
    }
)
_SUMS = ", ".join(f"CAST(sum({column}) AS bigint) AS {column}" for column in (*QUESTIONS, *AMOUNTS, *TOKENS))

# Each entry of a day, with what it adds; in the names of the tallies.
_ENTRIES = (
    "SELECT user_id, channel, workspace, model, provider, task, rung, calls, saved_micro_usd,"  # noqa: S608 - names
    f" {', '.join(TOKENS)}, {', '.join(QUESTIONS)}, cost_micro_usd AS micro_usd,"
    " CASE WHEN certainty = 'unconfirmed' THEN cost_micro_usd ELSE 0 END AS unconfirmed_micro_usd,"
    " CASE WHEN certainty = 'estimate' THEN cost_micro_usd ELSE 0 END AS estimated_micro_usd,"
    " CASE WHEN outcome NOT IN ('answered', 'cancelled') THEN calls ELSE 0 END AS failed"
    " FROM ledger WHERE at >= $1 AND at < $2"
)

# Sums that several breakdowns are made of: an entry is sorted in a few times, not once for each of them.
_PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "models_of_places": ("workspace", "channel", "provider", "model"),
        "tasks_of_places": ("workspace", "channel", "task", "rung"),
        "models_of_users": ("workspace", "user_id", "provider", "model"),
        "tasks_of_users": ("user_id", "task"),
        "users_of_channels": ("channel", "user_id"),
    }
)

_WHO: Mapping[str, tuple[SubjectKind, ...]] = MappingProxyType({WIDE: ("everything",), NARROW: NARROWER})


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of the tallies that is not what the ledger says.

    Attributes:
        where: Day, subject, kind and key.
        kept, counted: The sums, in the order of `COLUMNS`; `None` where there is no such row.
    """

    where: Row
    kept: Row | None
    counted: Row | None


def open_tallies(
    transaction: Transaction, zone: tzinfo, *, made_for: str | None, untallied: datetime | None, insists: bool
) -> Tallies:
    """The tallies, with every entry of the ledger in them.

    Args:
        zone: Where days begin by this process's configuration.
        made_for: The zone whose days they are of; `None` where there are none.
        untallied: When the first entry was made that is in none: an older ragbot wrote it.
        insists: Whether to make them anew where they are of another zone. Who does that at its start only goes along
            with whoever starts later.
    """
    if made_for is None or (insists and made_for != str(zone)):
        remake(transaction, zone)
        return Tallies(transaction, zone)
    tallies = Tallies(transaction, zone if made_for == str(zone) else zone_named(made_for))
    while untallied is not None:
        day = period("day", untallied, tallies.zone)
        _make(transaction, day)
        untallied = _first(transaction, "model_questions IS NULL AND at >= $1", to_text(day.until))
    return tallies


def remake(transaction: Transaction, zone: tzinfo) -> None:
    """Make all tallies anew, for the days of a zone."""
    for table in (*TABLES, "tallies_zone"):
        transaction.fetch(f"DELETE FROM {table}")  # noqa: S608 - names of tables
    count = 0
    for day in _days(transaction, zone):
        _make(transaction, day)
        count += 1
    transaction.fetch("INSERT INTO tallies_zone (zone) VALUES ($1)", str(zone))
    if count:
        ((entries,),) = transaction.fetch("SELECT count(*) FROM ledger")
        log.info("tallied days=%d entries=%s time_zone=%s", count, entries, zone)


def remake_days(transaction: Transaction, span: Span) -> None:
    """Make the tallies of some days anew, after the ledger's entries of them were changed."""
    ((zone,),) = transaction.fetch("SELECT zone FROM tallies_zone")
    for day in days(span, zone_named(str(zone))):
        _make(transaction, day)


def differences(transaction: Transaction) -> tuple[Difference, ...]:
    """Every row of the tallies that is not what the ledger says, in both directions; it takes its time."""
    found: list[Difference] = []
    ((zone,),) = transaction.fetch("SELECT zone FROM tallies_zone")
    seen: set[Value] = set()
    for day in _days(transaction, zone_named(str(zone))):
        within = to_text(day.since), to_text(day.until)
        seen.add(within[0])
        for table in TABLES:
            counted = _by_names(transaction.fetch(_counted(table), *within))
            kept = _by_names(transaction.fetch(f"SELECT {_ALL} FROM {table} WHERE day = $1", within[0]))  # noqa: S608
            found += (
                Difference(where, kept.get(where), counted.get(where))
                for where in dict.fromkeys((*counted, *kept))
                if kept.get(where) != counted.get(where)
            )
    for table in TABLES:
        for (day_text,) in transaction.fetch(f"SELECT DISTINCT day FROM {table}"):  # noqa: S608
            if day_text not in seen:
                rows = transaction.fetch(f"SELECT {_ALL} FROM {table} WHERE day = $1", day_text)  # noqa: S608
                found += (Difference(where, sums, None) for where, sums in _by_names(rows).items())
    return tuple(found)


def _by_names(rows: list[Row]) -> dict[Row, Row]:
    return {row[: len(NAMES)]: row[len(NAMES) :] for row in rows}


def _days(transaction: Transaction, zone: tzinfo) -> Iterator[Span]:
    """Every day of which there is an entry."""
    at = _first(transaction, "at >= $1", "")
    while at is not None:
        day = period("day", at, zone)
        yield day
        at = _first(transaction, "at >= $1", to_text(day.until))


def _first(transaction: Transaction, where: str, value: str) -> datetime | None:
    ((at,),) = transaction.fetch(f"SELECT min(at) FROM ledger WHERE {where}", value)  # noqa: S608 - $1
    return None if at is None else from_text(at)


def _make(transaction: Transaction, day: Span) -> None:
    """Make a day's tallies anew."""
    within = to_text(day.since), to_text(day.until)
    transaction.fetch(_MARK, *within)
    for table in TABLES:
        transaction.fetch(f"DELETE FROM {table} WHERE day = $1", within[0])  # noqa: S608 - names of tables and columns
        transaction.fetch(f"INSERT INTO {table} ({_ALL}) {_counted(table)}", *within)


_ALL = ", ".join(COLUMNS)


@cache
def _counted(table: str) -> str:
    """What the rows of a day have to be, by the ledger."""
    parts = (
        f"{name} AS (SELECT {', '.join(columns)}, {_SUMS} FROM entry GROUP BY {', '.join(columns)})"  # noqa: S608
        for name, columns in _PARTS.items()
    )
    breakdowns = (_breakdown(kind, by) for kind in _WHO[table] for by in KEPT[kind])
    return f"WITH entry AS ({_ENTRIES}), {', '.join(parts)} {' UNION ALL '.join(breakdowns)}"


def _breakdown(of: SubjectKind, by: Kind) -> str:
    subject, where, needed = f"'{Subject(of)}'", "", {_KEYS[by].rpartition(" ")[2]}
    if of != "everything":
        whose = _KEYS[of]
        subject, where = f"'{of}:' || {whose}", f" WHERE {whose} IS NOT NULL"
        needed.add(whose)
    part = next(name for name, columns in _PARTS.items() if needed <= set(columns))
    sums = ", ".join(f"CAST(sum({column}) AS bigint)" for column in (COUNTED.get(by, "questions"), *AMOUNTS, *TOKENS))
    return (
        f"SELECT CAST($1 AS text), {subject}, '{by}', coalesce({_KEYS[by]}, ''), {sums}"  # noqa: S608 - names of columns
        f" FROM {part}{where} GROUP BY 2, 4"
    )


def _is_first(same: str, *, when: str = "") -> str:
    """1 for the first entry of its question that has the same of something, and 0 for all others."""
    return (
        f"CASE WHEN purpose = 'answer' AND reference <> ''{when.format('ledger')} AND NOT EXISTS (SELECT 1 FROM ledger"  # noqa: S608
        f" AS earlier WHERE earlier.reference = ledger.reference AND earlier.purpose = 'answer'{same}"
        f"{when.format('earlier')} AND (earlier.at, earlier.id) < (ledger.at, ledger.id)) THEN 1 ELSE 0 END"
    )


_SAME_PROVIDER = " AND earlier.provider = ledger.provider"
_IS_END = " AND {0}.rung IS NOT NULL AND ({0}.outcome = 'answered' OR {0}.attempt = 0)"

# What an older ragbot left open. In its sums nothing but the questions themselves can be told any more.
_MARKS = ", ".join(
    f"{column} = CASE WHEN purpose = 'sum' THEN {of_sums} ELSE {first} END"
    for column, of_sums, first in (
        ("questions", "questions", _is_first("")),
        ("provider_questions", "questions", _is_first(_SAME_PROVIDER)),
        ("model_questions", "questions", _is_first(f"{_SAME_PROVIDER} AND earlier.model = ledger.model")),
        ("ended_questions", "0", _is_first("", when=_IS_END)),
    )
)
_MARK = f"UPDATE ledger SET {_MARKS} WHERE at >= $1 AND at < $2 AND model_questions IS NULL"  # noqa: S608 - as above
