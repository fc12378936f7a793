"""A process that reserves and settles, and what the bare engine takes to commit as often.

`python -m tests.benchmarks.reserving URL` prints `ready`, begins once it is given a line, and prints as JSON what every
pair of commits took.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Protocol

from rag.clock import SystemClock
from rag.model import Asker, TokenUsage
from rag.quota.books import Books
from rag.quota.ledger import Expense
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import USD_PER_DAY, Need
from rag.state import open_database
from tests.scenarios.spending import serve

_PLENTY_MICRO_USD = 1_000_000_000_000
_USERS = 20
_NEED = Need(requests=1, tokens=4_000, micro_usd=20_000, least_micro_usd=10_000)
_SAID = "x" * 400  # about as much as is kept of a call

# Two budgets for every call: a day's for everything, and a day's for each user.
_POLICY = QuotaPolicy(kinds={"everything": {USD_PER_DAY: _PLENTY_MICRO_USD}, "user": {USD_PER_DAY: _PLENTY_MICRO_USD}})


@dataclass(frozen=True, slots=True)
class Pairs:
    """What pairs of commits took, in seconds.

    Attributes:
        each: From the first commit's beginning to the second one's end.
        total: From the first pair to the last.
    """

    each: list[float]
    total: float


class _Connection(Protocol):
    def execute(self, sql: str, row: tuple[str, str], /) -> object: ...


async def reserve_and_settle(books: Books, pairs: int, at_once: int) -> Pairs:
    """Hold money for a call and book it, so many at a time."""
    numbers = iter(range(pairs))
    each: list[float] = []

    async def work() -> None:
        for number in numbers:
            expense = _expense(number)
            began = perf_counter()
            async with books.reserve(_NEED, expense, lease_s=60) as reservation:
                await reservation.settle(expense)
            each.append(perf_counter() - began)

    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())
    return Pairs(each, perf_counter() - began)


def commit_twice(url: str, pairs: int) -> Pairs:
    """What the engine by itself takes: a row inserted and committed, and another one."""
    each = []
    with _bare_sqlite(url) if url.startswith("sqlite:") else _bare_postgres(url) as (connection, sql):
        started = perf_counter()
        for number in range(pairs):
            began = perf_counter()
            for half in ("reserved", "settled"):
                connection.execute(sql, (f"{number} {half}", _SAID))
            each.append(perf_counter() - began)
    return Pairs(each, perf_counter() - started)


@contextmanager
def _bare_sqlite(url: str) -> Iterator[tuple[_Connection, str]]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE bare (id text PRIMARY KEY, said text NOT NULL)")
        yield connection, "INSERT INTO bare (id, said) VALUES (?, ?)"
        connection.execute("DROP TABLE bare")


@contextmanager
def _bare_postgres(url: str) -> Iterator[tuple[_Connection, str]]:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bare (id text PRIMARY KEY, said text NOT NULL)")
        yield connection, "INSERT INTO bare (id, said) VALUES (%s, %s)"
        connection.execute("DROP TABLE bare")


def _expense(number: int) -> Expense:
    return Expense(
        purpose="answer",
        provider="fake",
        model="metered",
        asked_model="metered",
        tokens=TokenUsage(input=2_500, output=300),
        cost_micro_usd=4_000,
        task="factual",
        outcome="answered",
        rung="fresh",
        reference=f"reference{number}",
        asker=Asker(user=f"user{number % _USERS}"),
    )


async def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    for option in ("pairs", "at-once"):
        parser.add_argument(f"--{option}", type=int, required=True)
    given = parser.parse_args()
    clock = SystemClock()
    database = await open_database(given.url, clock)
    try:
        books = Books(database, clock, _POLICY)
        await books.flush()

        async def answer() -> Mapping[str, object]:
            return asdict(await reserve_and_settle(books, given.pairs, given.at_once))

        await serve(answer)
    finally:
        await database.aclose()


if __name__ == "__main__":
    asyncio.run(_main())
