"""A synthetic ledger of a month, always the same: some questions fail over, some are answered for free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import count, islice
from random import Random

from rag.clock import SystemClock
from rag.ports import Database, Transaction
from rag.ports import Row as Record
from rag.quota.tallies import COLUMNS as TALLIED
from rag.quota.tallies import TABLES
from rag.state.timestamps import to_text

PEOPLE, CHANNELS, CHANNELS_OF_ONE = 1_000, 50, 4
SEED = 20_261_130
NOW = datetime(2026, 11, 30, 21, tzinfo=UTC)
MONTH = (to_text(datetime(2026, 11, 1, tzinfo=UTC)), to_text(datetime(2026, 12, 1, tzinfo=UTC)))
TODAY = (to_text(datetime(2026, 11, 30, tzinfo=UTC)), MONTH[1])
_FIRST = date(2026, 11, 1)
_WORKSPACES = 4
_AT_ONCE = 20_000
_MODELS = (("acme", "large"), ("acme", "small"), ("other", "large"), ("other", "small"), ("third", "vendor/open"))
_TASKS = ("factual", "code_generation", "document_analysis", "quick", "real_time")

_WRITTEN = (
    "id", "at", "purpose", "provider", "model", "asked_model", "input_tokens", "output_tokens", "cached_input_tokens",
    "cost_micro_usd", "saved_micro_usd", "estimated", "certainty", "task", "outcome", "rung", "latency_ms", "attempt",
    "calls", "reference", "user_id", "channel", "workspace",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO ledger ({', '.join(_WRITTEN)})"
    f" VALUES ({', '.join(f'${number}' for number in range(1, len(_WRITTEN) + 1))})"
)
BARE = f"{_INSERT[:-1]}, 0)".replace("workspace)", "workspace, model_questions)")
"""An entry as it is written by whoever keeps no tallies."""


class LastEvening(SystemClock):
    """It is always the last evening of the month; what takes time takes real time."""

    def now(self) -> datetime:
        return NOW


async def write_entries(database: Database, size: int) -> None:
    """Write so many, as a ragbot without tallies would have."""
    written = entries(size)
    while some := list(islice(written, _AT_ONCE)):
        await database.execute_many(_INSERT, some)


async def mix(database: Database) -> None:
    """Let the rows of each day lie as bookings would have left them: not in the order in which they are asked for."""
    await database.transact(_mix)
    if database.kind == "postgresql":  # what the server does by itself in time
        await database.fetch("VACUUM ANALYZE")


def _mix(transaction: Transaction) -> None:
    columns = ", ".join(TALLIED)
    for table in TABLES:
        transaction.fetch(f"CREATE TABLE mixed AS SELECT * FROM {table}")
        transaction.fetch(f"DELETE FROM {table}")
        transaction.fetch(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM mixed ORDER BY day, micro_usd % 9973, key"
        )
        transaction.fetch("DROP TABLE mixed")


def entries(size: int) -> Iterator[Record]:
    """The entries in order, from the first of the month until now."""
    random = Random(SEED)
    since = datetime(_FIRST.year, _FIRST.month, 1, tzinfo=UTC)
    step = (NOW - since) / (size + 1)
    numbers = iter(range(size))
    for question in count():
        person = random.randrange(PEOPLE)
        channel = (person * 7 + random.randrange(CHANNELS_OF_ONE)) % CHANNELS
        who = (f"U{person}", f"C{channel}", f"W{person % _WORKSPACES}")
        for attempt, outcome in _calls(random):
            number = next(numbers, None)
            if number is None:
                return
            at = to_text(since + step * number)
            yield (f"e{number}", at, *_call(attempt, outcome, random), f"q{question}", *who)


def _calls(random: Random) -> Sequence[tuple[int, str | None]]:
    """What becomes of a question, call by call; attempt 0 is an answer for free."""
    chance = random.random()
    if chance < 0.2:
        return [(0, None)]
    if chance < 0.27:
        return [(1, "unavailable"), (2, "answered")]
    return [(1, "cancelled" if chance > 0.98 else "answered")]


def _call(attempt: int, outcome: str | None, random: Random) -> Record:
    """What it was and what it cost."""
    provider, model = random.choice(_MODELS) if attempt else ("ragbot", "cached")
    tokens: Record = (0, None, None)
    if attempt:
        tokens = (random.randrange(500, 4_000), random.randrange(50, 600), random.randrange(500))
    cost, saved = (random.randrange(300, 9_000) if wanted else 0 for wanted in (outcome == "answered", not attempt))
    certainty = random.choices(("actual", "estimate", "unconfirmed"), (970, 25, 5))[0]
    rung = "cached" if not attempt else "fresh" if attempt == 1 else "fallback"
    values: Record = (
        "answer", provider, model, model, *tokens, cost, saved, int(certainty != "actual"), certainty,
        random.choice(_TASKS), outcome, rung, random.randrange(300, 9_000), attempt, int(attempt > 0),
    )  # fmt: skip
    return values
