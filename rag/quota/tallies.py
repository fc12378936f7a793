"""The ledger's sums, kept by day: who asks what was spent need not wait until a million entries are read through.

Every entry adds to a handful of rows, in the transaction that books it: one for each thing that sums are broken down
by, and the same for the user, the channel and the workspace that it is booked to. Nothing but sums is kept, so what was
spent in several days is the sum of their rows. `recount.py` makes the rows from the ledger, and compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from rag.ports import Row, Transaction, Value
from rag.quota.quotas import EVERYTHING, Subject, SubjectKind
from rag.quota.windows import Span, days, period
from rag.state.timestamps import to_text

Kind = Literal["user", "channel", "workspace", "model", "provider", "task", "rung"]
"""What sums are broken down by. A model is `provider/model`."""

KEPT: Mapping[SubjectKind, tuple[Kind, ...]] = MappingProxyType(
    {
        "everything": ("task", "model", "provider", "rung", "user", "channel", "workspace"),
        "user": ("task", "model", "provider"),
        "channel": ("task", "model", "provider", "user"),
        "workspace": ("task", "model", "provider", "user", "channel"),
    }
)
"""What the sums of a subject are broken down by."""

# Every entry is of one task, or of none, and there are few tasks: what they sum up to is the subject's total.
_WHOLE: Kind = "task"

Counted = Literal["questions", "model_questions", "provider_questions", "ended_questions"]
COUNTED: Mapping[Kind, Counted] = MappingProxyType(
    {"model": "model_questions", "provider": "provider_questions", "rung": "ended_questions"}
)
"""Which of an entry's counts of questions tells of a kind; of the others it is `questions`."""

QUESTIONS: tuple[Counted, ...] = ("questions", "provider_questions", "model_questions", "ended_questions")

TOKENS = (
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_long_tokens",
    "thinking_tokens",
)
AMOUNTS = ("micro_usd", "unconfirmed_micro_usd", "estimated_micro_usd", "saved_micro_usd", "calls", "failed")
NAMES = ("day", "subject", "kind", "key")
COLUMNS = (*NAMES, "questions", *AMOUNTS, *TOKENS)

WIDE, NARROW = "tallies", "tallies_within"
NARROWER: tuple[Literal["user", "channel", "workspace"], ...] = ("user", "channel", "workspace")
"""Whose sums are in the second table."""
TABLES = (WIDE, NARROW)

_ADDED = ", ".join(
    # What no entry knew is unknown, and what only some knew is what those say.
    f"{column} = coalesce({{table}}.{column} + excluded.{column}, {{table}}.{column}, excluded.{column})"
    if column in TOKENS
    else f"{column} = {{table}}.{column} + excluded.{column}"
    for column in ("questions", *AMOUNTS, *TOKENS)
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry of the ledger adds.

    Attributes:
        keys: Of each kind; empty where it is not known.
        questions: How many it counts for.
        amounts: In the order of `AMOUNTS`.
        tokens: In the order of `TOKENS`.
    """

    keys: Mapping[Kind, str]
    questions: Mapping[Counted, int]
    amounts: tuple[int, ...]
    tokens: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Tallies:
    """The tables `tallies` and `tallies_within`, inside one transaction.

    Attributes:
        zone: Whose days they are of; that of the process that began last, where several do not agree.
    """

    transaction: Transaction
    zone: tzinfo

    def add(self, entry: Entry, at: datetime) -> None:
        """Count an entry of the ledger in."""
        values = (
            to_text(period("day", at, self.zone).since),
            *entry.amounts,
            *entry.tokens,
            *(entry.questions[counted] for counted in QUESTIONS),
            *(entry.keys[kind] for kind in KEPT["everything"]),
        )
        self.transaction.fetch(_insert(WIDE, ("everything",)), *values)
        if whose := tuple(kind for kind in NARROWER if entry.keys[kind]):
            self.transaction.fetch(_insert(NARROW, whose), *values)

    def used(self, resource: Literal["tokens", "usd"], subject: Subject, span: Span) -> int:
        """Tokens or micro-USD of a subject, in every day that has a part in a span."""
        return self._sum("micro_usd" if resource == "usd" else "input_tokens, output_tokens", subject, span)

    def unconfirmed_micro_usd(self, subject: Subject, span: Span) -> int:
        """Of it, what is counted because the process died that knew better."""
        return self._sum("unconfirmed_micro_usd", subject, span)

    def total(self, subject: Subject, span: Span) -> Row:
        """All of a subject's: the columns after `NAMES`."""
        sums = ", ".join(f"CAST(sum({column}) AS bigint)" for column in COLUMNS[len(NAMES) :])
        return self._read(sums, "", subject, _WHOLE, span)[0]

    def rows(self, subject: Subject, kind: Kind, span: Span) -> list[Row]:
        """By one kind, the dearest first: key, micro-USD, questions, calls, saved micro-USD, failed.

        Raises:
            ValueError: This subject's sums are not broken down by that.
        """
        sums = ", ".join(f"CAST(sum({column}) AS bigint)" for column in _SHOWN)
        return self._read(f"key, {sums}", " GROUP BY key ORDER BY 2 DESC, key", subject, kind, span)

    def rows_of_days(self, subject: Subject, kind: Kind, span: Span) -> list[Row]:
        """The same of each day by itself, with the day's beginning before the rest.

        Raises:
            ValueError: As in `rows`.
        """
        return self._read(f"day, key, {', '.join(_SHOWN)}", " ORDER BY day, micro_usd DESC, key", subject, kind, span)

    def questions_of_days(self, subject: Subject, span: Span) -> dict[str, int]:
        """A subject's questions, by when the day begins."""
        rows = self._read("day, CAST(sum(questions) AS bigint)", " GROUP BY day", subject, _WHOLE, span)
        return {str(day): int(count or 0) for day, count in rows}

    def forget_user(self, user: str) -> None:
        """Let a person's part be that of somebody unknown; all sums stay."""
        values = ", ".join(COLUMNS[len(NAMES) :])
        self.transaction.fetch(
            # By the days that they were there in: the table has rows for every user.
            f"DELETE FROM {NARROW} WHERE subject = $1"  # noqa: S608 - names of tables and columns
            f" AND day IN (SELECT day FROM {WIDE} WHERE kind = 'user' AND key = $2)",
            str(Subject("user", user)),
            user,
        )
        for table in TABLES:
            self.transaction.fetch(
                f"INSERT INTO {table} ({', '.join(COLUMNS)}) SELECT day, subject, kind, '', {values} FROM {table}"  # noqa: S608
                f" WHERE kind = 'user' AND key = $1 {added_to(table)}",
                user,
            )
            self.transaction.fetch(f"DELETE FROM {table} WHERE kind = 'user' AND key = $1", user)  # noqa: S608

    def _sum(self, columns: str, subject: Subject, span: Span) -> int:
        kind, key = _WHOLE, None
        if subject.kind == "provider":
            subject, kind, key = EVERYTHING, "provider", subject.id
        sums = ", ".join(f"CAST(sum({column}) AS bigint)" for column in columns.split(", "))
        (row,) = self._read(sums, "", subject, kind, span, key=key)
        return sum(int(amount or 0) for amount in row)

    def _read(
        self, columns: str, order: str, subject: Subject, kind: Kind, span: Span, *, key: str | None = None
    ) -> list[Row]:
        if kind not in KEPT.get(subject.kind, ()):
            raise ValueError(f"what was spent by {subject} is not told by {kind}")
        values: list[Value] = [str(subject), kind, *([] if key is None else [key])]
        # Day by day: their rows are together in the index, and not with those of the other days.
        beginnings = [to_text(day.since) for day in days(span, self.zone)] or [""]
        places = ", ".join(f"${len(values) + number}" for number in range(1, len(beginnings) + 1))
        return self.transaction.fetch(
            f"SELECT {columns} FROM {WIDE if subject == EVERYTHING else NARROW}"  # noqa: S608 - $1, $2 …
            f" WHERE subject = $1 AND kind = $2{'' if key is None else ' AND key = $3'} AND day IN ({places}){order}",
            *values,
            *beginnings,
        )


_SHOWN = ("micro_usd", "questions", "calls", "saved_micro_usd", "failed")


def zone_named(name: str) -> tzinfo:
    """The zone that `str` named."""
    return ZoneInfo(name)


def added_to(table: str) -> str:
    """What becomes of a row that is there already."""
    return f"ON CONFLICT (day, subject, kind, key) DO UPDATE SET {_ADDED.format(table=table)}"


@cache
def _insert(table: str, whose: tuple[SubjectKind, ...]) -> str:
    """One statement for all rows: what they share is told once, and it is one trip to a server."""
    place = {
        name: f"${number}"
        for number, name in enumerate(("day", *AMOUNTS, *TOKENS, *QUESTIONS, *KEPT["everything"]), start=1)
    }
    shared = ", ".join(place[column] for column in (*AMOUNTS, *TOKENS))
    rows = (
        f"({place['day']}, {_subject(of, place)}, '{by}', {place[by]}, {place[COUNTED.get(by, 'questions')]}, {shared})"
        for of in whose
        for by in KEPT[of]
    )
    return f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES {', '.join(rows)} {added_to(table)}"  # noqa: S608


def _subject(of: SubjectKind, place: Mapping[str, str]) -> str:
    return f"'{of}'" if of == "everything" else f"'{of}:' || {place[of]}"
