"""What a conversation adds to an answer: from a message until its answer is shown, and until all of it is written down.

The pipeline and the platform take no time, so beside it stands the bare engine with as many commits of as much text.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

from bot.access import Access
from bot.actions import Actions
from bot.conversation import Conversation
from bot.feedback import Feedback
from bot.journal import Journal
from bot.ports import Pipeline
from bot.presence import Presence
from bot.terms import Terms
from rag.clock import SystemClock
from rag.ports import Database
from rag.state import open_database
from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row
from tests.benchmarks.databases import postgres_url_maker, without_postgres
from tests.benchmarks.installation import installed
from tests.benchmarks.instant import InstantPipeline, InstantReplies, message
from tests.benchmarks.quota import _CountingDatabase
from tests.benchmarks.reserving import _bare_postgres, _bare_sqlite
from tests.fakes.scripted_pipeline import BUDGET, answer_to
from tests.fakes.talk import desk_of, herald_of

_AT_ONCE = (1, 200)
_MESSAGES_PER_QUESTION = {1: 2, 200: 10}
_CHUNKS = 1_000
_MS = 1_000
_COLUMNS = (
    Column("messages"), Column("shown_p50_ms", 2), Column("shown_p99_ms", 2), Column("returned_p50_ms", 2),
    Column("returned_p99_ms", 2), Column("messages_per_s"), Column("transactions", 1), Column("times_bare", 2),
)  # fmt: skip


@dataclass(slots=True)
class Taken:
    """What messages took, in seconds: each until it was shown and until it returned, and all of them."""

    shown: list[float] = field(default_factory=list)
    returned: list[float] = field(default_factory=list)
    totals: list[float] = field(default_factory=list)

    def add(self, other: Taken) -> None:
        """Put those of another round with these."""
        self.shown += other.shown
        self.returned += other.returned
        self.totals += other.totals

    @property
    def each_s(self) -> float:
        """What one message takes of the whole time."""
        return sum(self.totals) / len(self.returned)


async def run(plan: Plan, progress: Progress) -> Report:
    """Time messages one after the other and of many conversations at once, on every engine that is there."""
    rows: list[Row] = []
    with ExitStack() as stack, TemporaryDirectory(prefix="ragbot-bench-") as folder:
        urls = {"SQLite": f"sqlite:///{folder}/state.db"}
        new_database = postgres_url_maker(stack, fsync=True)
        if new_database is not None:
            urls["PostgreSQL"] = new_database()
        for engine, url in urls.items():
            rows += await _engine(engine, url, plan, progress)
    rows += await _whole(plan, progress)
    return Report(_COLUMNS, tuple(rows), tuple(_notes(plan)))


# The conversation by itself


async def _engine(engine: str, url: str, plan: Plan, progress: Progress) -> list[Row]:
    levels = {at_once: Taken() for at_once in _AT_ONCE}
    ratios: dict[int, list[float]] = {at_once: [] for at_once in _AT_ONCE}
    bare, numbers = Taken(), itertools.count()
    database = await open_database(url, SystemClock())
    counting = _CountingDatabase(database)
    transactions = 0.0
    try:
        async with open_conversation(InstantPipeline(), counting) as conversation:
            await _talk(conversation, [next(numbers)], at_once=1)  # which finds the process its number
            for turn in range(1, plan.runs + 1):
                progress(f"{engine}: run {turn} of {plan.runs}")
                for at_once in _AT_ONCE:
                    count = _MESSAGES_PER_QUESTION[at_once] * plan.questions
                    counting.transactions = 0
                    taken = await _talk(conversation, list(itertools.islice(numbers, count)), at_once=at_once)
                    transactions = counting.transactions / count
                    alone = await asyncio.to_thread(commit, url, round(transactions), 2 * plan.questions)
                    levels[at_once].add(taken)
                    bare.add(alone)
                    ratios[at_once].append(taken.each_s / alone.each_s)
    finally:
        await database.aclose()
    return [
        _row(f"as many commits, {engine} by itself", bare, transactions, 1.0),
        *(
            _row(f"{engine}, {at_once} at once", taken, transactions, median(ratios[at_once]))
            for at_once, taken in levels.items()
        ),
    ]


async def _talk(conversation: Conversation, numbers: Sequence[int], *, at_once: int) -> Taken:
    """Say so many things in so many conversations, in each the next once the one before has returned."""
    replies, taken, waiting = InstantReplies(), Taken(), iter(numbers)

    async def talk(thread: str) -> None:
        for number in waiting:
            said = message(number, thread, f"What is the budget of number {number}?")
            began = perf_counter()
            await conversation.handle(said, replies)
            taken.returned.append(perf_counter() - began)
            taken.shown.append(replies.replies[said.id].shown_at - began)

    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(at_once):
            group.create_task(talk(f"T{at_once}-{number}"))
    taken.totals.append(perf_counter() - began)
    return taken


@asynccontextmanager
async def open_conversation(pipeline: Pipeline, database: Database) -> AsyncIterator[Conversation]:
    """A conversation as the bot puts it together."""
    clock, access = SystemClock(), Access()
    async with Presence(database) as presence:
        journal = Journal(database, presence, clock, Terms())
        actions = Actions(journal=journal, feedback=Feedback(database, clock), pipeline=pipeline, access=access)
        desk = desk_of(pipeline, database, journal, access, clock=clock, presence=presence)
        yield Conversation(desk, actions, herald_of(desk, database, presence, clock), clock=clock)


def commit(url: str, transactions: int, messages: int) -> Taken:
    """What the engine by itself takes: a row for every message, and all further commits change it."""
    taken = Taken()
    said = json.dumps(str(answer_to("What is the budget?", BUDGET)))
    with _bare_sqlite(url) if url.startswith("sqlite:") else _bare_postgres(url) as (connection, insert):
        change = insert.replace("VALUES (?, ?)", "VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET said = excluded.said")
        change = change.replace(
            "VALUES (%s, %s)", "VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET said = excluded.said"
        )
        started = perf_counter()
        for number in range(messages):
            began = perf_counter()
            connection.execute(insert, (str(number), ""))
            for _ in range(transactions - 1):
                connection.execute(change, (str(number), said))
            taken.returned.append(perf_counter() - began)
        taken.totals.append(perf_counter() - started)
    taken.shown = taken.returned
    return taken


# With a whole pipeline


async def _whole(plan: Plan, progress: Progress) -> list[Row]:
    """The same questions to a pipeline without a model, by itself and through a conversation, in turn."""
    alone, through = Taken(), Taken()
    async with AsyncExitStack() as stack:
        small = replace(plan, chunks=min(plan.chunks, _CHUNKS))
        installation = await stack.enter_async_context(installed(small, progress))
        pipeline = await stack.enter_async_context(await installation.open())
        conversation = await stack.enter_async_context(open_conversation(pipeline, pipeline.database))
        progress("asking a whole pipeline")
        for number, question in enumerate(installation.corpus.questions(plan.questions)):
            if number % 2:
                through.add(await _through(conversation, number, question))
                alone.add(await _alone(pipeline, question))
            else:
                alone.add(await _alone(pipeline, question))
                through.add(await _through(conversation, number, question))
    return [
        _row("RagPipeline without a model, by itself", alone, None, 1.0),
        _row("RagPipeline without a model, 1 at once", through, None, median(through.shown) / median(alone.shown)),
    ]


async def _alone(pipeline: Pipeline, question: str) -> Taken:
    began = perf_counter()
    async with aclosing(pipeline.stream(question)) as events:
        async for _ in events:
            pass
    took = perf_counter() - began
    return Taken([took], [took], [took])


async def _through(conversation: Conversation, number: int, question: str) -> Taken:
    replies, said = InstantReplies(), message(number, f"T{number}", question)
    began = perf_counter()
    await conversation.handle(said, replies)
    took = perf_counter() - began
    return Taken([replies.replies[said.id].shown_at - began], [took], [took])


def _row(what: str, taken: Taken, transactions: float | None, times_bare: float) -> Row:
    figures = (
        len(taken.returned),
        median(taken.shown) * _MS,
        _p99(taken.shown) * _MS,
        median(taken.returned) * _MS,
        _p99(taken.returned) * _MS,
        1 / taken.each_s,
        transactions,
        times_bare,
    )
    return Row(what, figures)


def _p99(each: Sequence[float]) -> float:
    return quantiles(each, n=100, method="inclusive")[-1] if len(each) > 1 else each[0]


def _notes(plan: Plan) -> Iterator[str]:
    yield f"from a message's arrival until its answer is shown, and until `handle` returns; {plan.runs} runs, in turn"
    yield "the pipeline and the platform take no time; each conversation says the next once the one before has returned"
    yield "transactions: handed to the database for a message, every one on disk; those who wait share commits"
    yield "by itself: sqlite3 (WAL, FULL) or psycopg, as many commits one after the other: a row, and changes of it"
    yield "times bare: the time of a message, of all messages together, ÷ that of the engine just after; median of runs"
    yield "RagPipeline: search in a small index and quotation; times bare: p50 shown ÷ by itself"
    yield from without_postgres()
