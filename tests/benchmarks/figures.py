"""What commands about money take over a ledger of a million entries, and what it takes to keep its sums.

Beside each stands its main figure counted from the ledger by plain SQL, and beside a booking the bare entry.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC
from functools import partial
from itertools import count
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

from bot.charts import Chart
from bot.charts.bars import bars
from bot.charts.picture import picture
from bot.reports import amounts_of
from rag.model import Asker, TokenUsage
from rag.ports import Database
from rag.quota.books import Books
from rag.quota.ledger import Expense, book
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import Need
from rag.quota.recount import differences
from rag.quota.tallies import TABLES, Tallies
from rag.state import open_database
from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row, ratio
from tests.benchmarks.commanding import COMMANDS, Office, open_office, policy_for, write_history
from tests.benchmarks.databases import postgres_url_maker, without_postgres
from tests.benchmarks.installation import installed
from tests.benchmarks.ledgers import (
    BARE,
    CHANNELS,
    CHANNELS_OF_ONE,
    NOW,
    PEOPLE,
    SEED,
    LastEvening,
    entries,
    mix,
    write_entries,
)

_ENTRIES_PER_QUESTION, _CHANGES_PER_QUESTION = 5_000, 5
_CHUNKS = 1_000
_MS = 1_000
_COLUMNS = (
    Column("p50_ms", 2), Column("p99_ms", 2), Column("from_ledger_ms", 1), Column("times_faster", 1),
    Column("times_bare", 2),
)  # fmt: skip
# Its chart is that of everything, whatever the table below it is by.
_CHARTED = "/cost month everything by user"


async def run(plan: Plan, progress: Progress) -> Report:
    """Fill a ledger, make its tallies, compare the two, and type commands; on every engine that is there."""
    rows: list[Row] = []
    notes = list(_notes(plan))
    charts: list[Chart] = []
    small = replace(plan, chunks=min(plan.chunks, _CHUNKS))
    policy = policy_for(_ENTRIES_PER_QUESTION * plan.questions)
    with ExitStack() as stack, TemporaryDirectory(prefix="ragbot-bench-") as folder:
        urls = {"SQLite": f"sqlite:///{folder}/state.db"}
        new_database = postgres_url_maker(stack, fsync=True)
        if new_database is not None:
            urls["PostgreSQL"] = new_database()
        async with installed(small, progress) as installation:
            for engine, url in urls.items():
                notes.append(await _prepare(engine, url, policy, plan, progress))
                async with open_office(url, installation, policy) as office:
                    rows += await _typed(engine, office, charts, plan, progress)
                    rows += await _booked(engine, office.database, policy, plan, progress)
    rows += _drawn(charts[-1], plan)
    return Report(_COLUMNS, tuple(rows), (*notes, *without_postgres()))


async def _prepare(engine: str, url: str, policy: QuotaPolicy, plan: Plan, progress: Progress) -> str:
    size = _ENTRIES_PER_QUESTION * plan.questions
    database = await open_database(url, LastEvening())
    try:
        progress(f"{engine}: writing {size:,} entries")
        await write_entries(database, size)
        progress(f"{engine}: making the tallies")
        began = perf_counter()
        await Books(database, LastEvening(), policy).flush()
        made_s = perf_counter() - began
        progress(f"{engine}: comparing them with the ledger")
        if found := await database.transact(differences):
            raise RuntimeError(f"{len(found)} rows of the tallies are not what the ledger says: {found[0]}")
        await write_history(database, _CHANGES_PER_QUESTION * plan.questions)
        await mix(database)
        kept = [(await database.fetch(f"SELECT count(*) FROM {table}"))[0][0] for table in TABLES]
    finally:
        await database.aclose()
    return (
        f"{engine}: {size:,} entries in {sum(int(rows or 0) for rows in kept):,} rows of tallies, made from the ledger"
        f" in {made_s:.1f} s, and equal to it row by row"
    )


# What is typed


async def _typed(engine: str, office: Office, charts: list[Chart], plan: Plan, progress: Progress) -> list[Row]:
    """A row for each command; the charts of their cards are put with the others."""
    rows = []
    for command in COMMANDS:
        progress(f"{engine}: {command.text}")
        card = await office.check(command)
        if card.chart is not None and command.text == _CHARTED:
            charts.append(card.chart)
        told, counted = [], []
        for _ in range(plan.runs):
            if command.counted is not None:
                counted.append(await _timed(partial(command.counted, office.database)))
            told += [await office.type(command.text) for _ in range(max(1, plan.questions // plan.runs))]
        again = median(counted) if counted else None
        figures = (*_ms(told), None if again is None else again * _MS, ratio(again, median(told)), None)
        rows.append(Row(f"{engine}: {command.text}", figures))
    return rows


def _drawn(chart: Chart, plan: Plan) -> list[Row]:
    """One chart as platforms show it."""
    ways: Mapping[str, Callable[[Chart, Callable[[int], str]], object]] = {
        "bars of text": bars,
        "a picture": picture,
    }
    rows = []
    for what, draw in ways.items():
        draw(chart, amounts_of(chart))  # loads what draws
        taken = []
        for _ in range(plan.questions):
            began = perf_counter()
            draw(chart, amounts_of(chart))
            taken.append(perf_counter() - began)
        rows.append(Row(f"the chart of /cost everything: {what}", (*_ms(taken), None, None, None)))
    return rows


async def _timed(ask: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await ask()
    return perf_counter() - began


def _ms(each: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    p99 = quantiles(each, n=100, method="inclusive")[-1] if len(each) > 1 else each[0]
    return median(each) * _MS, p99 * _MS


# What is booked


async def _booked(engine: str, database: Database, policy: QuotaPolicy, plan: Plan, progress: Progress) -> list[Row]:
    """In turn, so that a busy disk is felt by all of them."""
    progress(f"{engine}: booking")
    books, numbers = Books(database, LastEvening(), policy), count()
    taken: dict[str, list[float]] = {"an entry by itself": [], "an entry and its tallies": [], "reserve and settle": []}
    for _ in range(plan.questions):
        number = next(numbers)
        expense = _expense(number)
        bare = next(entries(1))
        ways: Sequence[Callable[[], Awaitable[object]]] = (
            lambda row=bare, key=f"bare{number}": database.transact(  # type: ignore[misc]
                lambda transaction: transaction.fetch(BARE, key, *row[1:])
            ),
            lambda expense=expense: database.transact(  # type: ignore[misc]
                lambda transaction: book(Tallies(transaction, UTC), expense, NOW)
            ),
            lambda expense=expense: _reserve_and_settle(books, expense),  # type: ignore[misc]
        )
        for each, way in zip(taken.values(), ways, strict=True):
            each.append(await _timed(way))
    base = median(taken["an entry by itself"])
    return [
        Row(f"{engine}: {what}", (*_ms(each), None, None, ratio(median(each), base))) for what, each in taken.items()
    ]


async def _reserve_and_settle(books: Books, expense: Expense) -> None:
    async with books.reserve(Need(requests=1, tokens=4_000, micro_usd=20_000), expense, lease_s=60) as reservation:
        await reservation.settle(expense)


def _expense(number: int) -> Expense:
    return Expense(
        purpose="answer",
        provider="acme",
        model="large",
        asked_model="large",
        tokens=TokenUsage(input=2_500, output=300, cached_input=1_000),
        cost_micro_usd=4_000,
        task="factual",
        outcome="answered",
        rung="fresh",
        reference=f"booked{number}",
        asker=Asker(user=f"U{number % PEOPLE}", channel=f"C{number % CHANNELS}", workspace="W1"),
    )


def _notes(plan: Plan) -> Iterator[str]:
    yield f"a month of {PEOPLE:,} people in {CHANNELS} channels, {CHANNELS_OF_ONE} each; seed {SEED}"
    yield f"typed by an admin in a channel, {plan.questions} times each, one at a time, a whole pipeline behind it"
    yield "until the card is shown, with the journal's commits; that it says what the ledger says is checked once"
    yield "aimed at: 100 ms for every card"
    yield f"from ledger: the main figure alone by plain SQL over the entries, {plan.runs} times in turn with it; median"
    yield "within each day the tallies lie mixed, as bookings leave them"
    yield "an entry by itself: one INSERT and its commit; reserve and settle: two transactions, six budgets to keep"
