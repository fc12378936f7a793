"""What the report of a month takes, and whether its sums are the ledger's."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from rag.clock import SystemClock
from rag.ports import Database
from rag.state import open_database
from tests.benchmarks.benchmark import CHECKOUT, Column, Plan, Progress, Report, Row
from tests.benchmarks.databases import postgres_url_maker, without_postgres
from tests.benchmarks.month import write_month

# At the default of 200 questions, 100,000 of them.
_PER_QUESTION = 500
_COLUMNS = (
    Column("questions"), Column("seconds", 2), Column("grown_mb", 1), Column("ledger_s", 2), Column("total_micro_usd"),
)  # fmt: skip
_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "provider": "provider",
        "model": "provider || '/' || model",
        "task": "task",
        "channel": "channel",
        "user": "user_id",
        "rung": "rung",
    }
)


async def run(plan: Plan, progress: Progress) -> Report:
    """Write a month down, make its report in a process of its own, and compare every sum with the ledger's."""
    questions = _PER_QUESTION * plan.questions
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="ragbot-bench-")))
        new_database = postgres_url_maker(stack, fsync=False)
        engines = {"SQLite": f"sqlite:///{folder}/state.db"}
        if new_database is not None:
            engines["PostgreSQL"] = new_database()
        for name, url in engines.items():
            progress(f"{name}: writing down {questions:,} questions")
            database = await open_database(url, SystemClock())
            try:
                await write_month(database, questions)
                progress(f"{name}: making the report")
                told = [await _told(url) for _ in range(plan.runs)]
                rows.append(await _row(name, questions, told, database))
            finally:
                await database.aclose()
    return Report(_COLUMNS, tuple(rows), tuple(_notes(plan)))


async def _row(name: str, questions: int, told: list[Mapping[str, Any]], database: Database) -> Row:
    began = asyncio.get_running_loop().time()
    total, sums = await _ledger(database)
    ledger_s = asyncio.get_running_loop().time() - began
    for one in told:
        if (one["questions"], one["micro_usd"], one["days"], one["sums"]) != (questions, total, total, sums):
            raise RuntimeError(f"{name}: the report says {one['micro_usd']} micro-USD, the ledger {total}")
    grown = [one["grown_mb"] for one in told if one["grown_mb"] is not None]
    figures = (questions, median(one["seconds"] for one in told), max(grown, default=None), ledger_s, total)
    return Row(f"{name}: a month's report", figures)


async def _ledger(database: Database) -> tuple[int, Mapping[str, Mapping[str, int]]]:
    """What every sum has to be, entry by entry."""
    ((total,),) = await database.fetch("SELECT CAST(sum(cost_micro_usd) AS bigint) FROM ledger")
    sums: dict[str, dict[str, int]] = {}
    for by, key in _KEYS.items():
        rows = await database.fetch(f"SELECT {key}, CAST(sum(cost_micro_usd) AS bigint) FROM ledger GROUP BY {key}")
        sums[by] = {str(name or ""): int(amount or 0) for name, amount in rows}
    return int(total or 0), sums


async def _told(url: str) -> Mapping[str, Any]:
    command = (sys.executable, "-m", "tests.benchmarks.reporting", url)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=CHECKOUT)
    printed, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:3])}: exit code {process.returncode}")
    told: dict[str, Any] = json.loads(printed)
    return told


def _notes(plan: Plan) -> Iterator[str]:
    yield f"of {plan.runs} processes that make one each: median of the seconds, most of the memory"
    yield "30 days of 200 people in 30 channels; 34 of 100 questions answered from memory, 6 in vain, 5 rated"
    yield "the report: all breakdowns, gaps, repeated questions, advice, and the card in both languages"
    yield "grown MB: the most resident memory while it is made, less what it was before"
    yield "ledger s: the same sums, entry by entry; that they are equal to the micro-dollar is checked every time"
    yield from without_postgres()
