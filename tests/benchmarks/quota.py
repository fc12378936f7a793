"""What limits and budgets cost: reservations beside the bare engine, refusals, and what of a budget cannot be spent."""

from __future__ import annotations

import asyncio
import logging
import math
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TypeVar

from rag.clock import SystemClock
from rag.errors import QuotaExceeded
from rag.model import Asker
from rag.pipeline import RagPipeline
from rag.ports import Database, Held, Transaction, Value
from rag.ports import Row as Record
from rag.quota.books import Books
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import Measure
from rag.state import open_database
from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row
from tests.benchmarks.databases import postgres_url_maker, without_postgres
from tests.benchmarks.reserving import Pairs, commit_twice
from tests.fakes.chat_bill import Prices
from tests.fakes.chat_script import Latency
from tests.scenarios.spending import Terms, ask, open_trial, started

T = TypeVar("T")

_AT_ONCE = (1, 10, 50, 200)
_PROCESSES = (1, 4)
_PAIRS_PER_QUESTION = 2
_ADMISSIONS_PER_QUESTION = 5
_BURST_PER_QUESTION = 50
_REQUESTS_PER_MINUTE = Measure("requests", "minute")
_PLENTY = 1_000_000_000

# About what one question costs, so that a budget of so much a question is spent with some to spare.
_MICRO_USD_PER_QUESTION = 5_000
_MID_SIZE = Prices(Decimal(1), Decimal(5), cached=Decimal("0.1"), written=Decimal("1.25"))
_BRAKES = (Decimal("0.95"), Decimal(1))
_TOGETHER = (1, 20)

_COLUMNS = (
    Column("per_s"), Column("p50_ms", 3), Column("p99_ms", 3), Column("times_bare", 2), Column("transactions"),
    Column("spent_at_first_refusal", 3), Column("spent_share", 3),
)  # fmt: skip
_MS = 1_000


async def run(plan: Plan, progress: Progress) -> Report:
    """Reserve, refuse, and spend a budget to its end."""
    logging.getLogger("rag").addHandler(logging.NullHandler())  # budgets that end are what is measured, not news
    rows: list[Row] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="ragbot-bench-")))
        new_database = postgres_url_maker(stack, fsync=True)
        engines: dict[str, str] = {"SQLite": f"sqlite:///{folder}/state.db"}
        if new_database is not None:
            engines["PostgreSQL"] = new_database()
        for name, url in engines.items():
            rows += [row async for row in _reservations(name, url, folder, plan, progress)]
        for name, url in engines.items():
            progress(f"{name}: admitting and refusing")
            rows += await _admissions(name, url, plan)
        rows += [row async for row in _tightness(folder, plan, progress)]
    return Report(_COLUMNS, tuple(rows), tuple(_notes(plan)))


# Reservations


async def _reservations(engine: str, url: str, folder: Path, plan: Plan, progress: Progress) -> AsyncIterator[Row]:
    """In turn with the bare engine, so that a busy disk is felt by both."""
    pairs = _PAIRS_PER_QUESTION * plan.questions
    await (await open_database(url, SystemClock())).aclose()  # makes the tables
    all_bare: list[Pairs] = []
    rows = []
    for processes in _PROCESSES:
        for at_once in (level for level in _AT_ONCE if processes <= level):
            what = f"{engine}: {processes} process{'es'[: 2 * (processes > 1)]}, {at_once} at once"
            progress(f"reserve and settle, {what}")
            bare, turns = [], []
            for _ in range(plan.runs):
                bare.append(await asyncio.to_thread(commit_twice, url, math.ceil(pairs / 4)))
                turns.append(await _reserved(url, folder, pairs, at_once, processes))
            all_bare += bare
            ratios = [_per_s(turn) / _per_s([base]) for turn, base in zip(turns, bare, strict=True)]
            rows.append(_timed(f"reserve and settle, {what}", turns, times_bare=median(ratios)))
    yield _timed(f"two commits of a row, {engine} by itself", [[one] for one in all_bare], times_bare=1.0)
    for row in rows:
        yield row


async def _reserved(url: str, folder: Path, pairs: int, at_once: int, processes: int) -> list[Pairs]:
    options = [f"--pairs={math.ceil(pairs / processes)}", f"--at-once={math.ceil(at_once / processes)}"]
    command = [sys.executable, "-m", "tests.benchmarks.reserving", url, *options]
    async with AsyncExitStack() as stack:
        workers = [
            await stack.enter_async_context(started(command, folder / f"reserving{number}.log"))
            for number in range(processes)
        ]
        for worker in workers:
            await worker.is_ready()
        return [Pairs(**told) for told in await asyncio.gather(*(worker.printed() for worker in workers))]


def _per_s(turn: Sequence[Pairs]) -> float:
    """Of all processes together."""
    return sum(len(one.each) for one in turn) / max(one.total for one in turn)


def _timed(
    what: str,
    turns: Sequence[Sequence[Pairs]],
    *,
    times_bare: float | None = None,
    transactions: int | None = None,
) -> Row:
    """Of several turns, each of several processes."""
    each = [seconds for turn in turns for one in turn for seconds in one.each]
    p99 = quantiles(each, n=100, method="inclusive")[-1] if len(each) > 1 else each[0]
    per_s = median(map(_per_s, turns))
    return Row(what, (per_s, median(each) * _MS, p99 * _MS, times_bare, transactions, None, None))


# Admissions


async def _admissions(engine: str, url: str, plan: Plan) -> list[Row]:
    count, burst = _ADMISSIONS_PER_QUESTION * plan.questions, _BURST_PER_QUESTION * plan.questions
    many = [Asker(user=f"user{number}", channel="open") for number in range(count)]
    crowd = [Asker(user=f"user{number}", channel="full") for number in range(count)]
    rows = []
    async with _counting(url) as database:
        books = Books(database, SystemClock(), _policy({"user": _PLENTY, "channel": _PLENTY}))
        rows.append(await _admitted(f"{engine}: admit, allowed", books, database, many))
        books = Books(database, SystemClock(), _policy({"channel": 1}))
        with suppress(QuotaExceeded):
            await books.admit(Asker(user="first", channel="full"))
        rows.append(await _admitted(f"{engine}: admit, refused by the database", books, database, crowd))
        books = Books(database, SystemClock(), _policy({"user": 1}))
        for at_once in (1, 200, burst):
            flooding = [Asker(user=f"flood{at_once}")] * burst
            with suppress(QuotaExceeded):
                await books.admit(flooding[0])
            what = f"{engine}: {burst:,} questions of one user, refused, {at_once:,} at once"
            rows.append(await _admitted(what, books, database, flooding, at_once))
    return rows


async def _admitted(
    what: str, books: Books, database: _CountingDatabase, askers: Sequence[Asker], at_once: int = 1
) -> Row:
    waiting, each = iter(askers), []
    database.transactions = 0

    async def work() -> None:
        for asker in waiting:
            began = perf_counter()
            with suppress(QuotaExceeded):
                await books.admit(asker)
            each.append(perf_counter() - began)

    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())
    return _timed(what, [[Pairs(each, perf_counter() - began)]], transactions=database.transactions)


def _policy(requests_per_minute: Mapping[str, int]) -> QuotaPolicy:
    return QuotaPolicy(
        kinds={kind: {_REQUESTS_PER_MINUTE: limit} for kind, limit in requests_per_minute.items()}  # type: ignore[misc]
    )


@asynccontextmanager
async def _counting(url: str) -> AsyncIterator[_CountingDatabase]:
    database = await open_database(url, SystemClock())
    try:
        yield _CountingDatabase(database)
    finally:
        await database.aclose()


class _CountingDatabase:
    """`Database` that counts what it is given to do."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.kind = database.kind
        self.transactions = 0

    async def fetch(self, sql: str, *values: Value) -> list[Record]:
        self.transactions += 1
        return await self._database.fetch(sql, *values)

    async def execute_many(self, sql: str, rows: Sequence[Record]) -> None:
        self.transactions += 1
        await self._database.execute_many(sql, rows)

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        self.transactions += 1
        return await self._database.transact(work)

    def exclusive(self, name: str, *, timeout_s: float) -> AbstractAsyncContextManager[Held]:
        return self._database.exclusive(name, timeout_s=timeout_s)

    async def aclose(self) -> None:
        await self._database.aclose()


# Tightness


async def _tightness(folder: Path, plan: Plan, progress: Progress) -> AsyncIterator[Row]:
    for brake in _BRAKES:
        for at_once in _TOGETHER:
            what = f"a budget spent, brake at {brake}, {at_once} at once"
            progress(what)
            at_first, share = await _spent(folder / f"{brake}-{at_once}", _terms(plan, brake), plan, at_once)
            yield Row(what, (None, None, None, None, None, at_first, share))


def _terms(plan: Plan, brake: Decimal) -> Terms:
    return Terms(
        budget_micro_usd=_MICRO_USD_PER_QUESTION * plan.questions,
        brake=brake,
        prices=_MID_SIZE,
        prompt_tokens=2_500,
        answer_tokens=(150, 400),
        max_output_tokens=4_096,
    )


async def _spent(folder: Path, terms: Terms, plan: Plan, at_once: int) -> tuple[float, float]:
    """Shares of the budget that are spent when the first question is refused, and when the last one is."""
    async with open_trial(folder, terms) as trial:
        trial.provider.latency = Latency(0.02, 0.005)
        requests = iter([terms.request(f"question{number}") for number in range(2 * plan.questions)])
        spent = 0
        at_first: int | None = None
        async with await RagPipeline.open(folder, environ=trial.environ) as pipeline:

            async def work() -> None:
                nonlocal spent, at_first
                for request in requests:
                    completion = await ask(pipeline, request)
                    spent += completion.cost_micro_usd
                    if completion.model is None and at_first is None:
                        at_first = spent

            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(work())
        if not trial.billed_micro_usd <= spent <= terms.budget_micro_usd:
            raise RuntimeError(f"spent {spent} micro-USD of {terms.budget_micro_usd}, billed {trial.billed_micro_usd}")
    at_first = spent if at_first is None else at_first
    return at_first / terms.budget_micro_usd, spent / terms.budget_micro_usd


def _notes(plan: Plan) -> Iterator[str]:
    budget = _MICRO_USD_PER_QUESTION * plan.questions / 1_000_000
    pairs = _PAIRS_PER_QUESTION * plan.questions
    yield f"reserve and settle: two transactions, on disk, with two budgets to keep; {plan.runs} times {pairs}"
    yield "by itself: sqlite3 (WAL, FULL) or psycopg; a row inserted and committed, and another; in turn with those"
    yield "times bare: median of the ratios to the engine just before; those who wait share commits"
    yield "admit: a question against two limits a minute; refused by the database: another user of a full channel each"
    yield "transactions: what was handed to the database; a refusal is said again from memory for a second"
    yield f"a budget spent: ${budget:.2f} a day, prompts of 2,500 tokens, answers of 150 to 400, at $1 ($1.25) and $5"
    yield "spent at first refusal: of the limit; where only others hold what is left, it is waited for before"
    yield from without_postgres()
