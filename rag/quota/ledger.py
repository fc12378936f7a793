"""The ledger: what was spent, by whom, where, on which model, and how sure that is. Entries are added, never changed.

Only two things are done to old entries: who asked can be erased, and those past their retention are summed up by day.
Neither changes any sum. What was spent is read from the tallies, which every entry is counted into.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, tzinfo
from functools import partial
from itertools import groupby
from typing import Literal, Self

from rag.model import NOBODY, Asker, Outcome, Purpose, Rung, Task, TokenUsage
from rag.ports import Database, Row, Transaction, Value
from rag.quota.quotas import EVERYTHING, Subject
from rag.quota.recount import remake_days
from rag.quota.tallies import QUESTIONS, TOKENS, Entry, Kind, Tallies, zone_named
from rag.quota.windows import Span, days
from rag.state.timestamps import from_text, to_text

Certainty = Literal["actual", "estimate", "unconfirmed"]
CostKey = Kind
"""What costs can be told by; of one user, channel or workspace not by all of them (`rag.quota.tallies.KEPT`)."""

_COLUMNS = (
    "id", "at", "purpose", "provider", "model", "asked_model", *TOKENS, "cost_micro_usd", "saved_micro_usd",
    "estimated", "certainty", "task", "outcome", "rung", "reference", "user_id", "channel", "workspace", "latency_ms",
    "attempt", "calls",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Expense:
    """One call that was paid for or may have been, or a question that cost nothing.

    Attributes:
        model: The one that served it, as the response names it; of a free answer the rung below the models.
        asked_model: The one that was asked for, where a call was made.
        tokens: `input` is always known of a call, by estimate if need be.
        cost_micro_usd: In millionths of a US dollar, rounded up.
        outcome: What became of a call to a chat model; `None` for embeddings and free answers.
        rung: The one that the call was made on.
        reference: Of the answer that it was for; empty where there is none.
        latency_s: From the request to the end of its answer.
        attempt: 1 for the first call for a question; 0 where none was made.
        saved_micro_usd: What an answer that cost nothing would have cost.
    """

    purpose: Purpose
    provider: str
    model: str
    tokens: TokenUsage
    cost_micro_usd: int
    asked_model: str | None = None
    task: Task | None = None
    outcome: Outcome | None = None
    rung: Rung | None = None
    reference: str = ""
    asker: Asker = NOBODY
    latency_s: float | None = None
    attempt: int = 1
    saved_micro_usd: int = 0

    @property
    def brief(self) -> str:
        """For the log, which nobody is ever erased from: what was paid for, not for whom."""
        return (
            f"reference={self.reference} model={self.provider}/{self.model} micro_usd={self.cost_micro_usd}"
            f" input={self.tokens.input} output={self.tokens.output} attempt={self.attempt}"
        )

    def to_json(self) -> str:
        """For the state database; neither roles nor what a channel belongs to are booked."""
        return json.dumps(asdict(replace(self, asker=replace(self.asker, roles=frozenset(), within=()))), default=list)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        values = json.loads(text)
        asker = Asker(**{**values.pop("asker"), "roles": frozenset(), "within": ()})
        return cls(**{**values, "tokens": TokenUsage(**values["tokens"]), "asker": asker})


@dataclass(frozen=True, slots=True)
class CostRow:
    """What was spent on or by one of them; `key` is `None` where that is not known. A model is `provider/model`.

    Attributes:
        questions: Each counts once for a key, on the day of its first call, or of its free answer; by rung it counts
            for the one that it ended on, on the day on which it ended.
        saved_micro_usd: What answers that cost nothing would have cost.
        failed: Of the calls, those that a provider did not answer; who stops one does not make it fail.
    """

    key: str | None
    micro_usd: int
    questions: int
    calls: int
    saved_micro_usd: int
    failed: int


@dataclass(frozen=True, slots=True)
class Costs:
    """What was spent in a stretch of time.

    Attributes:
        span: In UTC.
        micro_usd: The sum of all entries, and of all `rows`.
        unconfirmed_micro_usd: Of it, what is counted as spent because the process that made the call died.
        estimated_micro_usd: Of it, what providers did not tell.
        saved_micro_usd: Not in it: what answers that cost nothing would have cost.
        questions: That began in it, those that cost nothing included.
        calls: To providers.
        failed: Of the calls, those that were not answered, and that nobody stopped.
    """

    span: Span
    micro_usd: int
    unconfirmed_micro_usd: int
    estimated_micro_usd: int
    saved_micro_usd: int
    questions: int
    calls: int
    failed: int
    tokens: TokenUsage
    rows: tuple[CostRow, ...]


@dataclass(frozen=True, slots=True)
class DayCosts:
    """What was spent in a day; zero where nothing was.

    Attributes:
        day: As it is called there.
        span: The same in UTC.
        micro_usd: The sum of all `rows`.
        questions: That began in it.
    """

    day: date
    span: Span
    micro_usd: int
    questions: int
    rows: tuple[CostRow, ...]


Stretch = Callable[[tzinfo], Span]
"""Whole days, as they lie in a time zone."""


class Ledger:
    """The table `ledger`, as it is read, and its tallies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def costs(self, stretch: Stretch, by: CostKey, subject: Subject = EVERYTHING) -> Costs:
        """What was spent by a subject, the dearest first.

        Raises:
            StateUnavailable: The database does not answer.
            ValueError: This subject's costs are not told by that.
        """

        def read(transaction: Transaction) -> tuple[Span, Row, list[Row]]:
            tallies = _tallies(transaction)
            span = stretch(tallies.zone)
            return span, tallies.total(subject, span), tallies.rows(subject, by, span)

        span, total, rows = await self._database.transact(read)
        questions, cost, unconfirmed, estimated, saved, calls, failed, *tokens = total
        return Costs(
            span=span,
            micro_usd=_int(cost),
            unconfirmed_micro_usd=_int(unconfirmed),
            estimated_micro_usd=_int(estimated),
            saved_micro_usd=_int(saved),
            questions=_int(questions),
            calls=_int(calls),
            failed=_int(failed),
            tokens=_usage(tuple(tokens)),
            rows=tuple(map(_cost_row, rows)),
        )

    async def daily(self, stretch: Stretch, by: CostKey, subject: Subject = EVERYTHING) -> tuple[DayCosts, ...]:
        """The same of each day by itself, the earliest first.

        Raises:
            StateUnavailable: The database does not answer.
            ValueError: As in `costs`.
        """

        def read(transaction: Transaction) -> tuple[tzinfo, Span, list[Row], dict[str, int]]:
            tallies = _tallies(transaction)
            span = stretch(tallies.zone)
            rows = tallies.rows_of_days(subject, by, span)
            return tallies.zone, span, rows, tallies.questions_of_days(subject, span)

        zone, span, rows, questions = await self._database.transact(read)
        by_day = {day: tuple(_cost_row(row[1:]) for row in of_day) for day, of_day in groupby(rows, lambda row: row[0])}
        return tuple(
            DayCosts(
                day=day.since.astimezone(zone).date(),
                span=day,
                micro_usd=sum(row.micro_usd for row in by_day.get(to_text(day.since), ())),
                questions=questions.get(to_text(day.since), 0),
                rows=by_day.get(to_text(day.since), ()),
            )
            for day in days(span, zone)
        )

    async def sum_up(self, days: Sequence[Span]) -> int:
        """Replace the entries of whole days by sums that say no more who asked, or what; returns how many went.

        Raises:
            StateUnavailable: The database does not answer.
        """
        gone = 0
        for day in days:
            gone += await self._database.transact(partial(_sum_up, day=day))
        return gone

    async def first(self) -> datetime | None:
        """When the oldest entry was made that is not a sum.

        Raises:
            StateUnavailable: The database does not answer.
        """
        ((at,),) = await self._database.fetch("SELECT min(at) FROM ledger WHERE purpose <> 'sum'")
        return None if at is None else from_text(at)


def book(
    tallies: Tallies, expense: Expense, at: datetime, *, certainty: Certainty | None = None, key: str = ""
) -> None:
    """Add an entry, and count it into the tallies.

    Args:
        certainty: Where it is not what the tokens say.
        key: By which it can be found again; it must be new.
    """
    tokens, asker = expense.tokens, expense.asker
    certainty = certainty or ("estimate" if tokens.estimated else "actual")
    is_question = expense.purpose == "answer" and bool(expense.reference)
    is_end = is_question and expense.rung is not None and (expense.outcome == "answered" or expense.attempt == 0)
    counted = (
        tokens.input or 0,
        tokens.output,
        tokens.cached_input,
        tokens.cache_write,
        tokens.cache_write_long,
        tokens.thinking,
    )
    ((*questions,),) = tallies.transaction.fetch(
        _BOOK,
        key or uuid.uuid4().hex,
        to_text(at),
        expense.purpose,
        expense.provider,
        expense.model,
        expense.asked_model,
        *counted,
        expense.cost_micro_usd,
        expense.saved_micro_usd,
        int(certainty != "actual"),
        certainty,
        expense.task,
        expense.outcome,
        expense.rung,
        expense.reference,
        asker.user or None,
        asker.channel or None,
        asker.workspace or None,
        None if expense.latency_s is None else round(expense.latency_s * 1_000),
        expense.attempt,
        int(expense.attempt > 0),
        int(is_question),
        int(is_end),
    )
    tallies.add(_entry(expense, certainty, counted, questions), at)


def _entry(expense: Expense, certainty: Certainty, tokens: tuple[int | None, ...], questions: Sequence[Value]) -> Entry:
    asker, cost, calls = expense.asker, expense.cost_micro_usd, int(expense.attempt > 0)
    return Entry(
        keys={
            "user": asker.user,
            "channel": asker.channel,
            "workspace": asker.workspace,
            "model": f"{expense.provider}/{expense.model}",
            "provider": expense.provider,
            "task": expense.task or "",
            "rung": expense.rung or "",
        },
        questions=dict(zip(QUESTIONS, map(_int, questions), strict=True)),
        amounts=(
            cost,
            cost if certainty == "unconfirmed" else 0,
            cost if certainty == "estimate" else 0,
            expense.saved_micro_usd,
            calls,
            0 if expense.outcome in {None, "answered", "cancelled"} else calls,
        ),
        tokens=tokens,
    )


def unconfirmed_micro_usd(transaction: Transaction, key: str) -> int:
    """What was booked for a reservation that was taken for dead; 0 where none was."""
    rows = transaction.fetch("SELECT cost_micro_usd FROM ledger WHERE id = $1 AND certainty = 'unconfirmed'", key)
    return sum(_int(cost) for (cost,) in rows)


_KEPT = ("provider", "model", "asked_model", "task", "outcome", "rung", "certainty")
_ADDED = (*TOKENS, "cost_micro_usd", "saved_micro_usd", "calls", *QUESTIONS)


def _sum_up(transaction: Transaction, day: Span) -> int:
    within = to_text(day.since), to_text(day.until)
    kept, sums = ", ".join(_KEPT), ", ".join(f"CAST(sum({column}) AS bigint)" for column in _ADDED)
    rows = transaction.fetch(
        f"SELECT {kept}, {sums}, max(estimated), count(*) FROM ledger WHERE at >= $1 AND at < $2 GROUP BY {kept}",  # noqa: S608
        *within,
    )
    transaction.fetch("DELETE FROM ledger WHERE at >= $1 AND at < $2", *within)
    columns = ("id", "at", "purpose", *_KEPT, *_ADDED, "estimated")
    transaction.execute_many(
        _insert(columns),
        [(uuid.uuid4().hex, within[0], "sum", *row) for *row, _ in rows],
    )
    remake_days(transaction, day)
    return sum(_int(row[-1]) for row in rows)


def _insert(columns: Sequence[str]) -> str:
    return (
        f"INSERT INTO ledger ({', '.join(columns)})"  # noqa: S608 - names of columns
        f" VALUES ({', '.join(f'${number}' for number in range(1, len(columns) + 1))})"
    )


def _firsts() -> Iterator[str]:
    """1 where no earlier entry of a question was the first one of it, or of a provider or model, or ended it."""
    place = {column: f"${number}" for number, column in enumerate((*_COLUMNS, "is_question", "is_end"), start=1)}
    for counts, same in (
        ("is_question", ""),
        ("is_question", f" AND provider = {place['provider']}"),
        ("is_question", f" AND provider = {place['provider']} AND model = {place['model']}"),
        ("is_end", " AND ended_questions = 1"),
    ):
        yield (
            f"CASE WHEN {place[counts]} = 1 AND NOT EXISTS (SELECT 1 FROM ledger WHERE"  # noqa: S608 - $1, $2 …
            f" reference = {place['reference']} AND purpose = 'answer'{same}) THEN 1 ELSE 0 END"
        )


# Asked in the same statement: another trip to a server would take as long as the rest of it.
_BOOK = (
    f"INSERT INTO ledger ({', '.join((*_COLUMNS, *QUESTIONS))})"  # noqa: S608 - names of columns
    f" VALUES ({', '.join((*(f'${number}' for number in range(1, len(_COLUMNS) + 1)), *_firsts()))})"
    f" RETURNING {', '.join(QUESTIONS)}"
)


def _tallies(transaction: Transaction) -> Tallies:
    """As whoever wrote last made them: the books were opened before."""
    ((zone,),) = transaction.fetch("SELECT zone FROM tallies_zone")
    return Tallies(transaction, zone_named(str(zone)))


def _cost_row(row: Row) -> CostRow:
    key, *sums = row
    return CostRow(key or None, *sums)  # type: ignore[arg-type]  # a text and five numbers, none of them unknown


def _usage(row: Row) -> TokenUsage:
    read, output, cached, written, written_long, thinking = (None if count is None else _int(count) for count in row)
    return TokenUsage(read, output, cached, written, written_long, thinking)


def _int(value: Value) -> int:
    return int(value or 0)
