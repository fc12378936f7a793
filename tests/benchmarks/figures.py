"""What costs and budgets take to be told of a ledger of a million entries, and what it takes to keep their sums.

Beside each stands the same figure counted from the ledger by plain SQL, and beside a booking the bare entry.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count, islice
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

from rag.clock import SystemClock
from rag.model import Asker, TokenUsage
from rag.ports import Database, Transaction
from rag.ports import Row as Record
from rag.quota.accounts import Accounts
from rag.quota.books import Books
from rag.quota.ledger import CostKey, Expense, book
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import EVERYTHING, USD_PER_DAY, Measure, Need, Subject
from rag.quota.recount import differences
from rag.quota.tallies import COLUMNS as TALLIED
from rag.quota.tallies import TABLES, Tallies
from rag.state import open_database
from rag.state.timestamps import to_text
from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row, ratio
from tests.benchmarks.databases import postgres_url_maker, without_postgres

_ENTRIES_PER_QUESTION = 5_000
_AT_ONCE = 20_000
_PEOPLE, _CHANNELS, _WORKSPACES, _CHANNELS_OF_ONE = 1_000, 50, 4, 4
_MODELS = (("acme", "large"), ("acme", "small"), ("other", "large"), ("other", "small"), ("third", "vendor/open"))
_TASKS = ("factual", "code_generation", "document_analysis", "quick", "real_time")
_SEED = 20_261_130
_NOW = datetime(2026, 11, 30, 21, tzinfo=UTC)
_FIRST, _LAST = date(2026, 11, 1), _NOW.date()
_MONTH = (to_text(datetime(2026, 11, 1, tzinfo=UTC)), to_text(datetime(2026, 12, 1, tzinfo=UTC)))
_DAY = (to_text(datetime(2026, 11, 30, tzinfo=UTC)), _MONTH[1])
_PLENTY_MICRO_USD = 10**15
_USER, _CHANNEL = "U7", "C7"
_BUDGETS = {USD_PER_DAY: _PLENTY_MICRO_USD, Measure("usd", "month"): _PLENTY_MICRO_USD}
_POLICY = QuotaPolicy(kinds={"everything": _BUDGETS, "user": _BUDGETS, "channel": _BUDGETS})
_ASKER = Asker(user=_USER, channel=_CHANNEL, workspace="W1")
_MS = 1_000
_COLUMNS = (
    Column("p50_ms", 2), Column("p99_ms", 2), Column("from_ledger_ms", 1), Column("times_faster", 1),
    Column("times_bare", 2),
)  # fmt: skip

_SUMS = (
    "CAST(sum(cost_micro_usd) AS bigint), count(DISTINCT CASE WHEN purpose = 'answer' THEN reference END),"
    " CAST(sum(calls) AS bigint)"
)
_KEYS: Mapping[CostKey, str] = {"model": "provider || '/' || model", "user": "user_id", "channel": "channel"}


class _LastEvening(SystemClock):
    """It is always the last evening of the month; what takes time takes real time."""

    def now(self) -> datetime:
        return _NOW


@dataclass(frozen=True, slots=True)
class _Figure:
    """Something that people ask for.

    Attributes:
        told: From what is kept.
        counted: From the ledger.
    """

    told: Callable[[], Awaitable[object]]
    counted: Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Office:
    """The books of one engine, with all their entries."""

    database: Database
    books: Books

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.books, self.database, _LastEvening(), keep_days=400)

    def figures(self) -> Iterator[tuple[str, _Figure]]:
        """Each with its name."""
        for of, within in (("day", _DAY), ("month", _MONTH)):
            for by in _KEYS:
                yield f"costs of a {of} by {by}", self._costs(of, within, by)
        user, channel = Subject("user", _USER), Subject("channel", _CHANNEL)
        yield "costs of a month of a user by model", self._costs("month", _MONTH, "model", user)
        yield "costs of a month of a channel by user", self._costs("month", _MONTH, "user", channel)
        for by in _KEYS:
            yield f"days of a month by {by}", self._daily(by)
        yield "every limit of a user", _Figure(lambda: self.books.standing(_ASKER), self._limits)
        yield "the daily budget", _Figure(self.accounts.daily_budget, lambda: self._budget(_DAY))

    def _costs(self, of: str, within: tuple[str, str], by: CostKey, subject: Subject = EVERYTHING) -> _Figure:
        column = {"everything": "1", "user": "user_id", "channel": "channel"}[subject.kind]
        where = f"FROM ledger WHERE at >= $1 AND at < $2 AND {column} = {'1' if subject == EVERYTHING else '$3'}"
        values = (*within, *([] if subject == EVERYTHING else [subject.id]))

        async def count_again() -> None:
            await self.database.fetch(f"SELECT {_KEYS[by]}, {_SUMS} {where} GROUP BY {_KEYS[by]}", *values)
            await self.database.fetch(f"SELECT {_SUMS} {where}", *values)

        return _Figure(lambda: self.accounts.costs(of, by, subject=subject), count_again)  # type: ignore[arg-type]

    def _daily(self, by: CostKey) -> _Figure:
        async def count_again() -> None:
            await self.database.fetch(
                f"SELECT substr(at, 1, 10), {_KEYS[by]}, {_SUMS} FROM ledger WHERE at >= $1 AND at < $2"
                f" GROUP BY substr(at, 1, 10), {_KEYS[by]}",
                *_MONTH,
            )

        return _Figure(lambda: self.accounts.daily(_FIRST, _LAST, by), count_again)

    async def _limits(self) -> None:
        for within in (_DAY, _MONTH):
            for where in ("", f" AND user_id = '{_USER}'", f" AND channel = '{_CHANNEL}'"):
                await self._budget(within, where)

    async def _budget(self, within: tuple[str, str], where: str = "") -> None:
        await self.database.fetch(
            "SELECT CAST(sum(cost_micro_usd) AS bigint), CAST(sum(CASE WHEN certainty = 'unconfirmed'"
            f" THEN cost_micro_usd ELSE 0 END) AS bigint) FROM ledger WHERE at >= $1 AND at < $2{where}",
            *within,
        )


async def run(plan: Plan, progress: Progress) -> Report:
    """Fill a ledger, make its tallies, compare the two, and ask; on every engine that is there."""
    rows: list[Row] = []
    notes = list(_notes(plan))
    with ExitStack() as stack, TemporaryDirectory(prefix="ragbot-bench-") as folder:
        urls = {"SQLite": f"sqlite:///{folder}/state.db"}
        new_database = postgres_url_maker(stack, fsync=True)
        if new_database is not None:
            urls["PostgreSQL"] = new_database()
        for engine, url in urls.items():
            database = await open_database(url, _LastEvening())
            try:
                notes.append(await _prepare(engine, database, plan, progress))
                office = _Office(database, Books(database, _LastEvening(), _POLICY))
                rows += [row async for row in _asked(engine, office, plan, progress)]
                rows += await _booked(engine, office, plan, progress)
            finally:
                await database.aclose()
    return Report(_COLUMNS, tuple(rows), (*notes, *without_postgres()))


# A ledger


async def _prepare(engine: str, database: Database, plan: Plan, progress: Progress) -> str:
    size = _ENTRIES_PER_QUESTION * plan.questions
    progress(f"{engine}: writing {size:,} entries")
    entries = _entries(size)
    while some := list(islice(entries, _AT_ONCE)):
        await database.execute_many(_INSERT, some)
    progress(f"{engine}: making the tallies")
    began = perf_counter()
    await Books(database, _LastEvening(), _POLICY).flush()
    made_s = perf_counter() - began
    progress(f"{engine}: comparing them with the ledger")
    if found := await database.transact(differences):
        raise RuntimeError(f"{len(found)} rows of the tallies are not what the ledger says: {found[0]}")
    await database.transact(_mix)
    if database.kind == "postgresql":  # what the server does by itself in time
        for table in ("ledger", *TABLES):
            await database.fetch(f"VACUUM ANALYZE {table}")
    kept = [(await database.fetch(f"SELECT count(*) FROM {table}"))[0][0] for table in TABLES]
    return (
        f"{engine}: {size:,} entries in {sum(int(rows or 0) for rows in kept):,} rows of tallies, made from the ledger"
        f" in {made_s:.1f} s, and equal to it row by row"
    )


def _mix(transaction: Transaction) -> None:
    """Let the rows of each day lie as bookings would have left them: not in the order in which they are asked for."""
    columns = ", ".join(TALLIED)
    for table in TABLES:
        transaction.fetch(f"CREATE TABLE mixed AS SELECT * FROM {table}")
        transaction.fetch(f"DELETE FROM {table}")
        transaction.fetch(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM mixed ORDER BY day, micro_usd % 9973, key"
        )
        transaction.fetch("DROP TABLE mixed")


_WRITTEN = (
    "id", "at", "purpose", "provider", "model", "asked_model", "input_tokens", "output_tokens", "cached_input_tokens",
    "cost_micro_usd", "saved_micro_usd", "estimated", "certainty", "task", "outcome", "rung", "latency_ms", "attempt",
    "calls", "reference", "user_id", "channel", "workspace",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO ledger ({', '.join(_WRITTEN)})"
    f" VALUES ({', '.join(f'${number}' for number in range(1, len(_WRITTEN) + 1))})"
)


def _entries(size: int) -> Iterator[Record]:
    """Always the same, from the first of the month until now: some questions fail over, some are answered for free."""
    random = Random(_SEED)
    since = datetime(_FIRST.year, _FIRST.month, 1, tzinfo=UTC)
    step = (_NOW - since) / (size + 1)
    numbers = iter(range(size))
    for question in count():
        person = random.randrange(_PEOPLE)
        channel = (person * 7 + random.randrange(_CHANNELS_OF_ONE)) % _CHANNELS
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


# What is asked


async def _asked(engine: str, office: _Office, plan: Plan, progress: Progress) -> AsyncIterator[Row]:
    for name, figure in office.figures():
        progress(f"{engine}: {name}")
        told, counted = [], []
        for _ in range(plan.runs):
            counted.append(await _timed(figure.counted))
            told += [await _timed(figure.told) for _ in range(max(1, plan.questions // plan.runs))]
        again = median(counted)
        figures = (median(told) * _MS, _p99(told) * _MS, again * _MS, ratio(again, median(told)), None)
        yield Row(f"{engine}: {name}", figures)


async def _timed(ask: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await ask()
    return perf_counter() - began


def _p99(each: Sequence[float]) -> float:
    return quantiles(each, n=100, method="inclusive")[-1] if len(each) > 1 else each[0]


# What is booked


async def _booked(engine: str, office: _Office, plan: Plan, progress: Progress) -> list[Row]:
    """In turn, so that a busy disk is felt by all of them."""
    progress(f"{engine}: booking")
    database, numbers = office.database, count()
    taken: dict[str, list[float]] = {"an entry by itself": [], "an entry and its tallies": [], "reserve and settle": []}
    for _ in range(plan.questions):
        number = next(numbers)
        expense = _expense(number)
        bare = next(_entries(1))
        ways: Sequence[Callable[[], Awaitable[object]]] = (
            lambda row=bare, key=f"bare{number}": database.transact(  # type: ignore[misc]
                lambda transaction: transaction.fetch(_BARE, key, *row[1:])
            ),
            lambda expense=expense: database.transact(  # type: ignore[misc]
                lambda transaction: book(Tallies(transaction, UTC), expense, _NOW)
            ),
            lambda expense=expense: _reserve_and_settle(office.books, expense),  # type: ignore[misc]
        )
        for each, way in zip(taken.values(), ways, strict=True):
            each.append(await _timed(way))
    base = median(taken["an entry by itself"])
    return [
        Row(f"{engine}: {what}", (median(each) * _MS, _p99(each) * _MS, None, None, ratio(median(each), base)))
        for what, each in taken.items()
    ]


# As it is written by whoever keeps no tallies.
_BARE = f"{_INSERT[:-1]}, 0)".replace("workspace)", "workspace, model_questions)")


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
        asker=Asker(user=f"U{number % _PEOPLE}", channel=f"C{number % _CHANNELS}", workspace="W1"),
    )


def _notes(plan: Plan) -> Iterator[str]:
    yield f"a month of {_PEOPLE:,} people in {_CHANNELS} channels, {_CHANNELS_OF_ONE} each; seed {_SEED}"
    yield f"each asked {plan.questions} times through `Accounts`, with the transaction that buries the dead before it"
    yield f"from ledger: the same figure by plain SQL over the entries, {plan.runs} times in turn with it; median"
    yield "within each day the tallies lie mixed, as bookings leave them"
    yield "an entry by itself: one INSERT and its commit; reserve and settle: two transactions, six budgets to keep"
