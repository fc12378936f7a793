"""The ledger: what was spent, by whom, where, on which model, and how sure that is. Entries are added, never changed.

Only two things are done to old entries: who asked can be erased, and those past their retention are summed up by day.
Neither changes any sum.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Literal, Self

from rag.model import NOBODY, Asker, Outcome, Purpose, Rung, Task, TokenUsage
from rag.ports import Database, Row, Transaction, Value
from rag.quota.windows import Span
from rag.state.timestamps import from_text, to_text

Certainty = Literal["actual", "estimate", "unconfirmed"]
CostKey = Literal["user", "channel", "workspace", "model", "provider", "task"]

_KEYS: Mapping[CostKey, str] = MappingProxyType(
    {
        "user": "user_id",
        "channel": "channel",
        "workspace": "workspace",
        "model": "provider || '/' || model",
        "provider": "provider",
        "task": "task",
    }
)
_TOKENS = (
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_long_tokens",
    "thinking_tokens",
)
_COLUMNS = (
    "id", "at", "purpose", "provider", "model", "asked_model", *_TOKENS, "cost_micro_usd", "estimated", "certainty",
    "task", "outcome", "rung", "reference", "user_id", "channel", "workspace", "latency_ms", "attempt", "calls",
    "questions",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO ledger ({', '.join(_COLUMNS)})"  # noqa: S608 - names of columns
    f" VALUES ({', '.join(f'${number}' for number in range(1, len(_COLUMNS) + 1))})"
)
# A clock that was set back by less than this does not take the ledger back with it: a day that is over stays as it is.
_SET_BACK = timedelta(hours=26)


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

    @property
    def brief(self) -> str:
        """For the log, which nobody is ever erased from: what was paid for, not for whom."""
        return (
            f"reference={self.reference} model={self.provider}/{self.model} micro_usd={self.cost_micro_usd}"
            f" input={self.tokens.input} output={self.tokens.output} attempt={self.attempt}"
        )

    def to_json(self) -> str:
        """For the state database; roles are not booked."""
        return json.dumps(asdict(replace(self, asker=replace(self.asker, roles=frozenset()))), default=list)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        values = json.loads(text)
        asker = Asker(**{**values.pop("asker"), "roles": frozenset()})
        return cls(**{**values, "tokens": TokenUsage(**values["tokens"]), "asker": asker})


@dataclass(frozen=True, slots=True)
class CostRow:
    """What was spent on or by one of them; `key` is `None` where that is not known. A model is `provider/model`."""

    key: str | None
    micro_usd: int
    questions: int
    calls: int


@dataclass(frozen=True, slots=True)
class Costs:
    """What was spent in a stretch of time.

    Attributes:
        span: In UTC.
        micro_usd: The sum of all entries, and of all `rows`.
        unconfirmed_micro_usd: Of it, what is counted as spent because the process that made the call died.
        estimated_micro_usd: Of it, what providers did not tell.
        questions: That ended in it, those that cost nothing included.
        calls: To providers.
    """

    span: Span
    micro_usd: int
    unconfirmed_micro_usd: int
    estimated_micro_usd: int
    questions: int
    calls: int
    tokens: TokenUsage
    rows: tuple[CostRow, ...]


class Ledger:
    """The table `ledger`, as it is read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def costs(self, span: Span, by: CostKey) -> Costs:
        """What was spent in this span, the dearest first.

        Raises:
            StateUnavailable: The database does not answer.
        """

        def read(transaction: Transaction) -> tuple[list[Row], Row, Row]:
            within = to_text(span.since), to_text(span.until)
            # A question belongs to every key that it had an entry of.
            rows = transaction.fetch(
                f"SELECT {_KEYS[by]}, CAST(sum(cost_micro_usd) AS bigint), {_QUESTIONS}, {_CALLS} FROM ledger"  # noqa: S608
                f" WHERE at >= $1 AND at < $2 GROUP BY {_KEYS[by]} ORDER BY 2 DESC, coalesce({_KEYS[by]}, '')",
                *within,
            )
            sums = ", ".join(f"CAST(sum({column}) AS bigint)" for column in _TOKENS)
            (tokens,) = transaction.fetch(f"SELECT {sums} FROM ledger WHERE at >= $1 AND at < $2", *within)  # noqa: S608
            (totals,) = transaction.fetch(
                f"SELECT CAST(coalesce(sum(cost_micro_usd), 0) AS bigint), {_SUM_OF_CERTAINTY},"  # noqa: S608
                f" {_QUESTIONS}, {_CALLS} FROM ledger WHERE at >= $1 AND at < $2",
                *within,
                "unconfirmed",
                "estimate",
            )
            return rows, tokens, totals

        rows, tokens, (total, unconfirmed, estimated, questions, calls) = await self._database.transact(read)
        return Costs(
            span,
            _int(total),
            _int(unconfirmed),
            _int(estimated),
            _int(questions),
            _int(calls),
            _usage(tokens),
            tuple(
                CostRow(None if not key else str(key), _int(cost), _int(asked), _int(called))
                for key, cost, asked, called in rows
            ),
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


# Of a sum the questions are counted already; of a question all entries have its reference.
_QUESTIONS = (
    "CAST(count(DISTINCT CASE WHEN questions IS NULL AND purpose = 'answer' THEN reference END)"
    " + coalesce(sum(questions), 0) AS bigint)"
)
_CALLS = "CAST(coalesce(sum(calls), 0) AS bigint)"
_SUM_OF_CERTAINTY = ", ".join(
    f"CAST(coalesce(sum(CASE WHEN certainty = ${number} THEN cost_micro_usd ELSE 0 END), 0) AS bigint)"
    for number in (3, 4)
)


def book(
    transaction: Transaction, expense: Expense, at: datetime, *, certainty: Certainty | None = None, key: str = ""
) -> None:
    """Add an entry.

    Args:
        certainty: Where it is not what the tokens say.
        key: By which it can be found again; it must be new.
    """
    tokens, asker = expense.tokens, expense.asker
    certainty = certainty or ("estimate" if tokens.estimated else "actual")
    transaction.fetch(
        _INSERT,
        key or uuid.uuid4().hex,
        to_text(at),
        expense.purpose,
        expense.provider,
        expense.model,
        expense.asked_model,
        tokens.input or 0,
        tokens.output,
        tokens.cached_input,
        tokens.cache_write,
        tokens.cache_write_long,
        tokens.thinking,
        expense.cost_micro_usd,
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
        None,
    )


def unconfirmed_micro_usd(transaction: Transaction, key: str) -> int:
    """What was booked for a reservation that was taken for dead; 0 where none was."""
    rows = transaction.fetch("SELECT cost_micro_usd FROM ledger WHERE id = $1 AND certainty = 'unconfirmed'", key)
    return sum(_int(cost) for (cost,) in rows)


def booking_time(transaction: Transaction, now: datetime) -> datetime:
    """The clock's time, but not before anything that was booked or reserved: what counts stays on its side of midnight.

    What lies a day and more ahead was written by a clock that was wrong; that one is not followed.
    """
    newest = transaction.fetch(
        "SELECT max(at) FROM ledger WHERE at < $1 UNION ALL SELECT max(made_at) FROM reservations WHERE made_at < $1",
        to_text(now + _SET_BACK),
    )
    return max([now, *(from_text(at) for (at,) in newest if at is not None)])


def booked(
    transaction: Transaction,
    resource: Literal["tokens", "usd"],
    column: CostKey | Literal["everything"],
    value: str,
    span: Span,
    *,
    certainty: Certainty | None = None,
) -> int:
    """What was booked in a span, of everything or of one user, channel …: tokens or micro-USD.

    Args:
        certainty: Counts only what is that sure.
    """
    amount = "cost_micro_usd" if resource == "usd" else "input_tokens + coalesce(output_tokens, 0)"
    values: list[Value] = [to_text(span.since), to_text(span.until)]
    where = "at >= $1 AND at < $2"
    for name, wanted in ((_KEYS.get(column), value), ("certainty", certainty)):  # type: ignore[arg-type]  # or none
        if name is not None and wanted is not None:
            values.append(wanted)
            where += f" AND {name} = ${len(values)}"
    rows = transaction.fetch(f"SELECT CAST(coalesce(sum({amount}), 0) AS bigint) FROM ledger WHERE {where}", *values)  # noqa: S608
    return _int(rows[0][0])


_KEPT = ("provider", "model", "asked_model", "task", "certainty")


def _sum_up(transaction: Transaction, day: Span) -> int:
    within = to_text(day.since), to_text(day.until)
    kept = ", ".join(_KEPT)
    tokens = ", ".join(f"CAST(sum({column}) AS bigint)" for column in _TOKENS)
    # A question of several calls is counted where its last one was.
    rows = transaction.fetch(
        f"SELECT {kept}, {tokens}, CAST(sum(cost_micro_usd) AS bigint), max(estimated),"  # noqa: S608
        " CAST(sum(calls) AS bigint), CAST(coalesce(sum(questions), 0) + sum(CASE WHEN questions IS NULL"
        " AND purpose = 'answer' AND id = (SELECT id FROM ledger AS last WHERE last.reference = ledger.reference"
        " AND last.at >= $1 AND last.at < $2 AND last.purpose = 'answer' ORDER BY last.at DESC, last.id DESC LIMIT 1)"
        f" THEN 1 ELSE 0 END) AS bigint), count(*) FROM ledger WHERE at >= $1 AND at < $2 GROUP BY {kept}",
        *within,
    )
    transaction.fetch("DELETE FROM ledger WHERE at >= $1 AND at < $2", *within)
    for row in rows:
        provider, model, asked_model, task, certainty, *sums = row
        counted, (cost, estimated, calls, questions, _) = sums[: len(_TOKENS)], sums[len(_TOKENS) :]
        values: Mapping[str, Value] = {
            "id": uuid.uuid4().hex,
            "at": within[0],
            "purpose": "sum",
            "provider": provider,
            "model": model,
            "asked_model": asked_model,
            **dict(zip(_TOKENS, counted, strict=True)),
            "cost_micro_usd": cost,
            "estimated": estimated,
            "certainty": certainty,
            "task": task,
            "calls": calls,
            "questions": questions,
        }
        transaction.fetch(_INSERT, *(values.get(column) for column in _COLUMNS))
    return sum(_int(row[-1]) for row in rows)


def _usage(row: Row) -> TokenUsage:
    read, output, cached, written, written_long, thinking = (None if count is None else _int(count) for count in row)
    return TokenUsage(read, output, cached, written, written_long, thinking)


def _int(value: Value) -> int:
    return int(value or 0)
