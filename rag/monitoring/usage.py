"""What tasks took of models: the tokens of all answers, so that they can be priced anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from rag.model import Task, TokenUsage
from rag.ports import Database, Value
from rag.quota.windows import Span
from rag.state.timestamps import to_text

_SUMS = (
    "calls",
    "cost_micro_usd",
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_long_tokens",
    "latency_ms",
)


@dataclass(frozen=True, slots=True)
class Usage:
    """The answers that a model gave to questions of a kind, on one day, to prompts of one band of lengths.

    Attributes:
        day: In UTC, by which calls are billed.
        model: `provider/model`, the one that was asked for.
        calls: That answered.
        longest_input, longest: The most tokens that one of them read; and that it read and wrote.
        latency_ms: Of all of them together.
    """

    day: date
    task: Task | None
    model: str
    calls: int
    micro_usd: int
    tokens: TokenUsage
    longest_input: int
    longest: int
    latency_ms: int


async def usage(database: Database, span: Span, bands: Sequence[int] = ()) -> tuple[Usage, ...]:
    """The answers of a stretch of time; days that were summed up long ago say no more how long a prompt was.

    Args:
        bands: Lengths of prompts above which some model has other prices.

    Raises:
        StateUnavailable: The database does not answer.
    """
    band = " + ".join(f"CASE WHEN input_tokens > {int(over)} THEN 1 ELSE 0 END" for over in sorted(bands)) or "0"
    sums = ", ".join(f"CAST(coalesce(sum({column}), 0) AS bigint)" for column in _SUMS)
    rows = await database.fetch(
        f"SELECT substr(at, 1, 10) AS day, task, provider || '/' || coalesce(asked_model, model) AS asked,"  # noqa: S608
        f" {band} AS band, max(input_tokens), max(input_tokens + coalesce(output_tokens, 0)), {sums} FROM ledger"
        " WHERE at >= $1 AND at < $2 AND purpose = 'answer' AND outcome = 'answered'"
        " GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, 2, 4",
        to_text(span.since),
        to_text(span.until),
    )
    return tuple(_usage(*row) for row in rows)


def _usage(
    day: Value, task: Value, model: Value, _band: Value, longest_input: Value, longest: Value, *sums: Value
) -> Usage:
    calls, micro_usd, read, written, cached, kept, kept_long, latency_ms = (int(value or 0) for value in sums)
    return Usage(
        date.fromisoformat(str(day)),
        cast("Task | None", task),
        str(model),
        calls,
        micro_usd,
        TokenUsage(read, written, cached, kept, kept_long),
        int(longest_input or 0),
        int(longest or 0),
        latency_ms,
    )
