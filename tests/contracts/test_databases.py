"""What every entry of `DATABASES` keeps, over a real file and a real server; an entry without a place fails."""

from __future__ import annotations

import asyncio
import logging
import signal
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from rag.clock import SystemClock
from rag.errors import ConfigurationError, StateUnavailable
from rag.ports import Database, Row, Transaction, Value
from rag.state import DATABASES, open_database
from rag.state.engine import Engine, _Hand
from rag.state.migrations import Migration, known_migrations
from rag.state.postgres import PostgresDatabase
from rag.state.sqlite import SqliteDatabase
from tests.fakes.clock import FakeClock
from tests.fakes.postgres import PostgresServer

_TABLES = Migration(
    1,
    (
        "CREATE TABLE notes (name text PRIMARY KEY, size bigint NOT NULL, data bytea)",
        "CREATE TABLE pages (note text NOT NULL REFERENCES notes (name) DEFERRABLE INITIALLY DEFERRED)",
    ),
)
_INSERT = "INSERT INTO notes (name, size) VALUES ($1, $2)"
_ORPHAN = "INSERT INTO pages (note) VALUES ('nobody')"  # refused by the commit, not before

_BEGINNING = """
import asyncio, sys
from rag.clock import SystemClock
from rag.state import open_database

url = sys.argv[1]
"""

_START = f"""{_BEGINNING}
import rag.state.{{engine}}

async def start():
    print("ready", flush=True)
    sys.stdin.read()
    await (await open_database(url, SystemClock())).aclose()

asyncio.run(start())
"""

_HOLD = f"""{_BEGINNING}
async def hold():
    database = await open_database(url, SystemClock())
    async with database.exclusive("ingest", timeout_s=0):
        print("held", flush=True)
        sys.stdin.read()

asyncio.run(hold())
"""

_COUNT = f"""{_BEGINNING}
def add_one(transaction):
    ((size,),) = transaction.fetch("SELECT added FROM syncs")
    transaction.fetch("UPDATE syncs SET added = $1", size + 1)

async def count():
    database = await open_database(url, SystemClock())
    print("ready", flush=True)
    sys.stdin.read()
    await asyncio.gather(*(database.transact(add_one) for _ in range(20)))
    await database.aclose()

asyncio.run(count())
"""

_DIE = f"""{_BEGINNING}
def write_and_wait(transaction):
    transaction.fetch("UPDATE syncs SET added = 99")
    print("wrote", flush=True)
    sys.stdin.read()

async def die():
    database = await open_database(url, SystemClock())
    await database.transact(write_and_wait)

asyncio.run(die())
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an empty database can be opened, and how others than ragbot see it.

    Attributes:
        engine: Name of the engine's module.
        integrity_error: What its driver raises where a row is refused.
        seen: The rows of a query on a connection of its own.
    """

    url: str
    engine: str
    integrity_error: type[Exception]
    seen: Callable[[str], list[Row]]
    opened: Callable[[Sequence[Migration] | None], Awaitable[Database]]

    async def open(self, *migrations: Migration) -> Database:
        return await self.opened(migrations or None)

    def versions(self) -> list[Value]:
        return [version for (version,) in self.seen("SELECT version FROM schema_version ORDER BY version")]

    def database(self) -> str:
        """Its name, where it is one of a server's."""
        return self.url.rpartition("?")[0].rpartition("/")[2]

    def names(self) -> list[Value]:
        return [name for (name,) in self.seen("SELECT name FROM notes ORDER BY name")]


def _sqlite_place(request: pytest.FixtureRequest) -> Place:
    folder: Path = request.getfixturevalue("tmp_path")
    file = folder / "new" / "state.db"

    def seen(query: str) -> list[Row]:
        with closing(sqlite3.connect(file)) as connection:
            return connection.execute(query).fetchall()

    return Place(
        f"sqlite:///{file}",
        "sqlite",
        sqlite3.IntegrityError,
        seen,
        lambda migrations: SqliteDatabase.open(file, FakeClock(), migrations=migrations),
    )


def _postgresql_place(request: pytest.FixtureRequest) -> Place:
    server: PostgresServer = request.getfixturevalue("server")
    url = server.new_database()

    def seen(query: str) -> list[Row]:
        with psycopg.connect(url) as connection:
            return connection.execute(query.encode()).fetchall()

    return Place(
        url,
        "postgres",
        psycopg.IntegrityError,
        seen,
        lambda migrations: PostgresDatabase.open(url, FakeClock(), migrations=migrations),
    )


PLACES: dict[str, Callable[[pytest.FixtureRequest], Place]] = {
    "sqlite": _sqlite_place,
    "postgresql": _postgresql_place,
}


@pytest.fixture(params=sorted(DATABASES))
def place(request: pytest.FixtureRequest) -> Place:
    assert request.param in PLACES, f"give {request.param} a place to be tested at"
    return PLACES[request.param](request)


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    """With the tables `notes` and `pages`."""
    database = await place.open(_TABLES)
    yield database
    await database.aclose()


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> Place:
    return _postgresql_place(request)


def _process(program: str, place: Place) -> subprocess.Popen[str]:
    """Another process that runs the program on the place's URL; it has said its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", program.replace("{engine}", place.engine), place.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() in {"ready\n", "held\n", "wrote\n"}
    return process


def _go_on(processes: Sequence[subprocess.Popen[str]]) -> None:
    """Let the processes, which all wait, go on at once and end well."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    for process in processes:
        with process:
            assert process.wait(timeout=60) == 0


class Gate:
    """A work that keeps the worker thread busy until it is opened, while others queue up behind it."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._opened = threading.Event()

    def work(self, _: Transaction) -> str:
        self._entered.set()
        assert self._opened.wait(60)
        return "through"

    async def shut(self, database: Database) -> asyncio.Task[str]:
        task = asyncio.create_task(database.transact(self.work))
        await asyncio.to_thread(self._entered.wait)
        return task

    def open(self) -> None:
        self._opened.set()


async def _together(database: Database, *works: Callable[[Transaction], object]) -> list[object]:
    """What comes of works that are run as one group: their results or errors."""
    gate = Gate()
    first = await gate.shut(database)
    tasks = [asyncio.create_task(database.transact(work)) for work in works]
    await asyncio.sleep(0)  # they are handed over
    gate.open()
    assert await first == "through"
    return await asyncio.gather(*tasks, return_exceptions=True)


def _insert(name: str) -> Callable[[Transaction], str]:
    def work(transaction: Transaction) -> str:
        transaction.fetch(_INSERT, name, 1)
        return name

    return work


def _insert_and_fail(name: str) -> Callable[[Transaction], None]:
    def work(transaction: Transaction) -> None:
        transaction.fetch(_INSERT, name, 1)
        raise LookupError(name)

    return work


class TestOpening:
    async def test_a_new_database_gets_the_newest_schema(self, place: Place) -> None:
        database = await open_database(place.url, FakeClock())
        await database.aclose()
        assert place.url.startswith(f"{database.kind}://")
        assert place.versions() == [migration.version for migration in known_migrations()]

    async def test_what_was_written_is_there_after_opening_again(self, place: Place) -> None:
        first = await place.open(_TABLES)
        await first.fetch(_INSERT, "a", 7)
        await first.aclose()
        second = await place.open(_TABLES)
        assert await second.fetch("SELECT name, size FROM notes") == [("a", 7)]
        await second.aclose()

    async def test_a_closed_database_says_so_and_closes_twice(self, database: Database) -> None:
        await database.aclose()
        await database.aclose()
        with pytest.raises(StateUnavailable, match="closed"):
            await database.fetch("SELECT 1")
        with pytest.raises(StateUnavailable, match="closed"):
            await database.execute_many(_INSERT, [("a", 1)])
        with pytest.raises(StateUnavailable, match="closed"):
            await database.transact(_insert("a"))

    async def test_closing_waits_for_what_was_handed_over(self, database: Database, place: Place) -> None:
        gate = Gate()
        first = await gate.shut(database)
        second = asyncio.create_task(database.transact(_insert("a")))
        await asyncio.sleep(0)
        closing = asyncio.create_task(database.aclose())
        await asyncio.sleep(0)
        gate.open()
        await closing
        assert [await first, await second] == ["through", "a"]
        assert place.names() == ["a"]

    async def test_it_closes_also_where_who_closes_it_is_cancelled(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database = await place.open(_TABLES)
        gate, closed = Gate(), threading.Event()
        disconnect = Engine._disconnect

        def disconnecting(engine: Engine) -> None:
            disconnect(engine)
            closed.set()

        monkeypatch.setattr(Engine, "_disconnect", disconnecting)
        await gate.shut(database)
        closing = asyncio.create_task(database.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])
        gate.open()
        assert await asyncio.to_thread(closed.wait, 60)


class TestMigrations:
    async def test_only_what_is_missing_is_applied(self, place: Place) -> None:
        first = Migration(1, ("CREATE TABLE a (n bigint)",))
        await (await place.open(first)).aclose()
        second = Migration(2, ("CREATE TABLE b (n bigint)", "INSERT INTO b VALUES (7)"))
        database = await place.open(first, second)
        assert await database.fetch("SELECT n FROM b") == [(7,)]
        await database.aclose()
        assert place.versions() == [1, 2]

    async def test_one_that_fails_leaves_nothing_behind(self, place: Place) -> None:
        with pytest.raises(StateUnavailable, match="already exists"):
            await place.open(Migration(1, ("CREATE TABLE a (n bigint)", "CREATE TABLE a (n bigint)")))
        database = await place.open(Migration(1, ("CREATE TABLE a (n bigint)",)))
        assert await database.fetch("SELECT count(*) FROM a") == [(0,)]
        await database.aclose()

    async def test_a_database_of_a_newer_ragbot_is_refused_untouched(self, place: Place) -> None:
        version = len(known_migrations()) + 1
        await (await place.open(*known_migrations(), Migration(version, ("CREATE TABLE future (n bigint)",)))).aclose()
        with pytest.raises(StateUnavailable, match=rf"schema {version}.*newer ragbot"):
            await place.open()
        assert place.versions()[-1] == version

    async def test_whoever_cannot_open_it_keeps_no_connection(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed: list[Engine] = []
        disconnect = Engine._disconnect

        def disconnecting(engine: Engine) -> None:
            disconnect(engine)
            closed.append(engine)

        monkeypatch.setattr(Engine, "_disconnect", disconnecting)
        with pytest.raises(StateUnavailable):
            await place.open(Migration(1, ("CREATE TABLE a (n bigint)", "CREATE TABLE a (n bigint)")))
        assert len(closed) == 1

    def test_eight_processes_that_start_at_once_share_one_schema(self, place: Place) -> None:
        _go_on([_process(_START, place) for _ in range(8)])
        assert place.versions() == [migration.version for migration in known_migrations()]


class TestStatements:
    async def test_they_run_off_the_event_loop_in_one_thread(self, database: Database) -> None:
        threads: list[threading.Thread] = []
        await asyncio.gather(
            *(database.transact(lambda _: threads.append(threading.current_thread())) for _ in range(20))
        )
        assert len(threads) == 20
        assert len(set(threads)) == 1
        assert threads[0] is not threading.current_thread()

    async def test_those_that_are_asked_for_at_once_do_not_mix_up_their_answers(self, database: Database) -> None:
        results = await asyncio.gather(*(database.fetch("SELECT $1 + $2", n, 1) for n in range(200)))
        assert [rows for (rows,) in results] == [(n + 1,) for n in range(200)]

    async def test_many_rows_are_written_all_or_none(self, database: Database, place: Place) -> None:
        await database.execute_many(_INSERT, [("a", 1), ("b", 2)])
        with pytest.raises(place.integrity_error):  # a defect of the caller, not of the database
            await database.execute_many(_INSERT, [("c", 3), ("a", 1)])
        with pytest.raises(place.integrity_error):
            await database.fetch(_INSERT, "a", 1)
        assert place.names() == ["a", "b"]

    async def test_values_come_back_as_they_went_in(self, database: Database) -> None:
        values = (b"\0\xff", None, "é'\"\\", -(2**63), 0.1, "")
        assert await database.fetch("SELECT $1, $2, $3, $4, $5, $6", *values) == [values]

    async def test_what_is_computed_has_the_same_types_everywhere(self, database: Database) -> None:
        await database.execute_many(_INSERT, [("B", 2**40), ("a", 2**40), ("é", 1), ("Z", 0)])
        ((total, mean, count, more, nothing),) = await database.fetch(
            "SELECT sum(size), avg(size), count(*), count(*) > $1, sum(size) > 0 AND NULL FROM notes", 3
        )
        assert (total, count, more, nothing) == (2**41 + 1, 4, 1, None)
        assert (type(total), type(mean), type(more)) == (int, float, int)
        assert await database.fetch("SELECT $1 + $2", 30_000, 30_000) == [(60_000,)]  # whatever the size of an int
        assert await database.fetch("SELECT $1 IS NULL", "é") == [(0,)]  # nothing else says that it is text
        assert await database.fetch("SELECT name FROM notes WHERE name > $1 ORDER BY name", "B") == [
            ("Z",),
            ("a",),
            ("é",),
        ]

    async def test_a_truth_is_written_as_a_number(self, database: Database) -> None:
        await database.fetch(_INSERT, "a", True)
        assert await database.fetch("SELECT size FROM notes") == [(1,)]

    async def test_a_statement_handed_over_is_carried_out_though_the_asker_is_cancelled(
        self, database: Database, place: Place
    ) -> None:
        gate = Gate()
        first = await gate.shut(database)
        cancelled = [
            asyncio.create_task(database.fetch(_INSERT, "a", 1)),
            asyncio.create_task(database.execute_many(_INSERT, [("b", 1)])),
            asyncio.create_task(database.transact(_insert("c"))),
        ]
        await asyncio.sleep(0)
        for task in (first, *cancelled):  # the first is under way, the others wait for it
            task.cancel()
        await asyncio.wait([first, *cancelled])
        assert all(task.cancelled() for task in (first, *cancelled))
        gate.open()
        await database.aclose()
        assert place.names() == ["a", "b", "c"]

    async def test_who_is_cancelled_takes_no_answer_from_those_who_share_the_commit(self, database: Database) -> None:
        gate = Gate()
        await gate.shut(database)
        tasks = [asyncio.create_task(database.transact(_insert(name))) for name in "abc"]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.sleep(0)
        gate.open()
        assert await asyncio.wait_for(asyncio.gather(*tasks[1:]), 60) == ["b", "c"]

    async def test_nor_does_one_whose_event_loop_is_over(self, database: Database, place: Place) -> None:
        def elsewhere() -> None:
            with closing(asyncio.new_event_loop()) as loop:
                task = loop.create_task(database.transact(_insert("a")))
                loop.run_until_complete(asyncio.sleep(0))
                task.cancel()
                loop.run_until_complete(asyncio.wait([task]))

        gate = Gate()
        await gate.shut(database)
        await asyncio.to_thread(elsewhere)
        task = asyncio.create_task(database.transact(_insert("b")))
        await asyncio.sleep(0)
        gate.open()
        assert await asyncio.wait_for(task, 60) == "b"
        assert place.names() == ["a", "b"]

    async def test_they_run_in_the_order_in_which_they_were_handed_over(self, database: Database) -> None:
        gate = Gate()
        await gate.shut(database)
        count = "SELECT count(*) FROM notes"
        statements = [
            asyncio.create_task(task)
            for task in (
                database.fetch(count),
                database.transact(_insert("a")),
                database.fetch(count),
                database.execute_many(_INSERT, [("b", 1), ("c", 1)]),
                database.fetch(count),
            )
        ]
        await asyncio.sleep(0)
        gate.open()
        results = await asyncio.gather(*statements)
        assert (results[0], results[2], results[4]) == ([(0,)], [(1,)], [(3,)])


class TestTransact:
    async def test_what_it_wrote_is_on_disk_when_it_returns(self, database: Database, place: Place) -> None:
        assert await database.transact(_insert("a")) == "a"
        assert place.names() == ["a"]

    async def test_it_sees_what_it_wrote_and_others_do_not_until_it_is_over(
        self, database: Database, place: Place
    ) -> None:
        def work(transaction: Transaction) -> tuple[list[Row], list[Value]]:
            transaction.execute_many(_INSERT, [("a", 1), ("b", 2)])
            return transaction.fetch("SELECT name FROM notes WHERE size = $1", 2), place.names()

        assert await database.transact(work) == ([("b",)], [])
        assert place.names() == ["a", "b"]

    async def test_nothing_of_it_is_kept_where_it_raises(self, database: Database, place: Place) -> None:
        with pytest.raises(LookupError, match="mine"):
            await database.transact(_insert_and_fail("mine"))
        await database.transact(_insert("next"))
        assert place.names() == ["next"]

    @pytest.mark.parametrize("error", [TimeoutError("no"), KeyError("no"), SystemExit("no"), OSError("no")])
    async def test_it_raises_what_the_work_raises(self, database: Database, error: BaseException) -> None:
        def work(_: Transaction) -> None:
            raise error

        with pytest.raises(type(error)) as caught:
            await database.transact(work)
        assert caught.value is error
        assert await database.fetch("SELECT 1") == [(1,)]

    async def test_what_a_future_cannot_carry_is_told_all_the_same(self, database: Database) -> None:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await database.transact(lambda _: next(iter(())))

    async def test_a_statement_that_failed_fails_the_work_though_it_catches_the_error(
        self, database: Database, place: Place
    ) -> None:
        refused: list[Exception] = []

        def work(transaction: Transaction) -> str:
            transaction.fetch(_INSERT, "a", 1)
            for name in ("a", "b"):
                try:
                    transaction.execute_many(_INSERT, [(name, 1)])
                except place.integrity_error as error:
                    refused.append(error)
            return "done"

        with pytest.raises(place.integrity_error):
            await database.transact(work)
        assert len(refused) == 2  # also the second, which had nothing wrong
        assert place.names() == []

    async def test_its_transaction_ends_with_it(self, database: Database, place: Place) -> None:
        transaction = await database.transact(lambda transaction: transaction)
        with pytest.raises(RuntimeError, match="is over"):
            transaction.fetch(_INSERT, "a", 1)
        with pytest.raises(RuntimeError, match="is over"):
            transaction.execute_many(_INSERT, [("a", 1)])
        assert place.names() == []

    async def test_a_commit_that_fails_keeps_nothing(self, database: Database, place: Place) -> None:
        def work(transaction: Transaction) -> None:
            transaction.fetch(_INSERT, "a", 1)
            transaction.fetch(_ORPHAN)

        with pytest.raises(StateUnavailable):
            await database.transact(work)
        await database.transact(_insert("b"))
        assert place.names() == ["b"]

    async def test_four_databases_count_together(self, place: Place) -> None:
        def add_one(transaction: Transaction) -> None:
            ((size,),) = transaction.fetch("SELECT size FROM notes")
            transaction.fetch("UPDATE notes SET size = $1", int(size or 0) + 1)

        async with AsyncExitStack() as stack:
            databases = [await place.open(_TABLES) for _ in range(4)]
            for database in databases:
                stack.push_async_callback(database.aclose)
            await databases[0].fetch(_INSERT, "counter", 0)
            await asyncio.gather(*(database.transact(add_one) for database in databases for _ in range(50)))
        assert place.seen("SELECT size FROM notes") == [(200,)]

    async def test_processes_count_together(self, place: Place) -> None:
        await _one_sync(place)
        _go_on([_process(_COUNT, place) for _ in range(3)])
        assert place.seen("SELECT added FROM syncs") == [(60,)]

    async def test_a_process_that_is_killed_in_mid_work_leaves_nothing_and_blocks_nobody(self, place: Place) -> None:
        await _one_sync(place)
        database = await open_database(place.url, SystemClock())
        process = _process(_DIE, place)
        waiting = asyncio.create_task(
            database.transact(lambda transaction: transaction.fetch("SELECT added FROM syncs"))
        )
        await asyncio.sleep(0)
        with process:
            process.send_signal(signal.SIGKILL)
        assert await waiting == [(0,)]
        await database.aclose()


async def _one_sync(place: Place) -> None:
    database = await open_database(place.url, FakeClock())
    await database.fetch(
        "INSERT INTO syncs (collection, finished_at, added, changed, removed, unchanged, skipped)"
        " VALUES ('a', '', 0, 0, 0, 0, 0)"
    )
    await database.aclose()


class TestWorksThatShareACommit:
    async def test_nothing_is_on_disk_before_the_last_is_done(self, database: Database, place: Place) -> None:
        outcomes = await _together(database, _insert("a"), lambda _: place.names(), _insert("b"))
        assert outcomes == ["a", [], "b"]
        assert place.names() == ["a", "b"]

    async def test_one_that_raises_is_undone_alone(self, database: Database, place: Place) -> None:
        outcomes = await _together(
            database, _insert("a"), _insert_and_fail("b"), _insert("c"), _insert_and_fail("d"), _insert("e")
        )
        assert (outcomes[0], outcomes[2], outcomes[4]) == ("a", "c", "e")
        assert isinstance(outcomes[1], LookupError)
        assert isinstance(outcomes[3], LookupError)
        assert place.names() == ["a", "c", "e"]

    async def test_one_whose_statement_fails_is_undone_alone(self, database: Database, place: Place) -> None:
        def twice(transaction: Transaction) -> None:
            transaction.fetch(_INSERT, "b", 1)
            transaction.fetch(_INSERT, "b", 1)

        outcomes = await _together(database, _insert("a"), twice, _insert("c"))
        assert isinstance(outcomes[1], place.integrity_error)
        assert place.names() == ["a", "c"]

    async def test_all_fail_with_the_commit(self, database: Database, place: Place) -> None:
        outcomes = await _together(
            # The second, too, may have raised for what the first wrote.
            database,
            _insert("a"),
            _insert_and_fail("b"),
            lambda transaction: transaction.fetch(_ORPHAN),
            _insert("c"),
        )
        assert [type(outcome) for outcome in outcomes] == [StateUnavailable] * 4
        assert len({id(outcome) for outcome in outcomes}) == 4  # tasks do not share a traceback
        causes = {outcome.__cause__ for outcome in outcomes if isinstance(outcome, StateUnavailable)}
        assert len(causes - {None}) == 1  # but what it came from
        assert place.names() == []

    async def test_more_than_fit_into_one_are_all_done(self, database: Database, place: Place) -> None:
        outcomes = await _together(database, *(_insert(f"{number:03}") for number in range(200)))
        assert outcomes == [f"{number:03}" for number in range(200)]
        assert place.names() == outcomes

    async def test_one_that_ends_the_transaction_fails_with_those_before_it(
        self, database: Database, place: Place
    ) -> None:
        def work(transaction: Transaction) -> str:
            transaction.fetch("ROLLBACK")
            return "done"

        outcomes = await _together(database, _insert("a"), work, _insert("c"))
        assert [type(outcome) for outcome in outcomes[:2]] == [StateUnavailable] * 2
        assert outcomes[2] == "c"
        assert place.names() == ["c"]


class TestExclusiveLock:
    async def test_two_tasks_of_one_process_take_turns(self, database: Database) -> None:
        order: list[str] = []

        async def hold(who: str) -> None:
            async with database.exclusive("ingest", timeout_s=100_000):
                order.append(f"{who} in")
                for _ in range(5):
                    await asyncio.sleep(0)
                order.append(f"{who} out")

        await asyncio.gather(hold("a"), hold("b"))
        assert order in (["a in", "a out", "b in", "b out"], ["b in", "b out", "a in", "a out"])

    async def test_waiting_ends_with_the_time_it_was_given(self, database: Database) -> None:
        async with database.exclusive("ingest", timeout_s=0):
            with pytest.raises(TimeoutError, match="'ingest' for 3 s"):
                async with database.exclusive("ingest", timeout_s=3):
                    pytest.fail("two hold the lock")

    async def test_locks_of_other_names_are_free(self, database: Database) -> None:
        async with (
            database.exclusive("ingest", timeout_s=0),
            database.exclusive("a/b ../é", timeout_s=0),
            database.exclusive("transact", timeout_s=0),
        ):
            await database.transact(_insert("a"))

    async def test_it_is_free_again_after_an_error(self, database: Database) -> None:
        for _ in range(3):
            with pytest.raises(LookupError):
                async with database.exclusive("ingest", timeout_s=0):
                    raise LookupError

    async def test_a_task_that_is_cancelled_while_it_waits_leaves_the_lock_alone(self, database: Database) -> None:
        async def hold() -> None:
            async with database.exclusive("ingest", timeout_s=100_000):
                pytest.fail("two hold the lock")

        async with database.exclusive("ingest", timeout_s=0):
            task = asyncio.create_task(hold())
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
        async with database.exclusive("ingest", timeout_s=0):
            pass

    async def test_who_comes_to_take_it_after_it_was_given_up_takes_nothing(self, database: Database) -> None:
        assert isinstance(database, Engine)
        late = _Hand(database._lock("ingest"))
        late.release()  # the task was cancelled, and its thread has not begun
        assert not late.try_acquire()
        async with database.exclusive("ingest", timeout_s=0):
            pass

    async def test_it_is_freed_also_where_its_holder_is_cancelled_while_freeing_it(self, database: Database) -> None:
        loop, go_on, held = asyncio.get_running_loop(), threading.Event(), asyncio.Event()
        loop.set_default_executor(ThreadPoolExecutor(1))

        async def hold() -> None:
            async with database.exclusive("ingest", timeout_s=0):
                loop.run_in_executor(None, go_on.wait, 60)  # keeps the one thread that could free it
                held.set()

        task = asyncio.create_task(hold())
        await held.wait()
        task.cancel()
        await asyncio.wait([task])
        go_on.set()
        assert task.cancelled()
        async with database.exclusive("ingest", timeout_s=0):
            pass

    async def test_the_death_of_its_holder_frees_it(self, place: Place) -> None:
        holder = _process(_HOLD, place)
        database = await open_database(place.url, SystemClock())
        with pytest.raises(TimeoutError):
            async with database.exclusive("ingest", timeout_s=0):
                pytest.fail("two processes hold the lock")
        with holder:
            holder.send_signal(signal.SIGKILL)
        async with database.exclusive("ingest", timeout_s=60):
            pass
        await database.aclose()


class TestPostgresConnections:
    async def test_a_server_that_stops_costs_what_was_under_way_and_no_more(
        self, postgres: Place, server: PostgresServer
    ) -> None:
        database = await postgres.open(_TABLES)
        gate = Gate()
        before = await gate.shut(database)

        def work(transaction: Transaction) -> None:
            transaction.fetch(_INSERT, "b", 1)
            server.stop()
            transaction.fetch(_INSERT, "c", 1)

        tasks = [asyncio.create_task(database.transact(one)) for one in (_insert("a"), work, _insert("d"))]
        await asyncio.sleep(0)
        gate.open()
        try:
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [StateUnavailable] * 3
            with pytest.raises(StateUnavailable, match="cannot be opened: nobody answers"):
                await database.fetch("SELECT 1")
            with pytest.raises(StateUnavailable, match="cannot be opened: nobody answers"):
                async with database.exclusive("ingest", timeout_s=0):
                    pytest.fail("locked at nobody's")
        finally:
            server.start()
        assert await before == "through"
        assert postgres.names() == []
        await database.transact(_insert("e"))
        assert postgres.names() == ["e"]
        await database.aclose()

    async def test_a_connection_that_is_cut_in_mid_group_takes_the_group_with_it(self, postgres: Place) -> None:
        database = await postgres.open(_TABLES)

        def cut(transaction: Transaction) -> None:
            ((pid,),) = transaction.fetch("SELECT pg_backend_pid()")
            _cut(postgres, int(pid or 0))
            transaction.fetch(_INSERT, "b", 1)

        outcomes = await _together(database, _insert("a"), _insert_and_fail("x"), cut, _insert("c"))
        assert [type(outcome) for outcome in outcomes[:3]] == [StateUnavailable] * 3
        assert outcomes[3] == "c"  # it had not begun, so it ran on a new connection
        assert postgres.names() == ["c"]
        await database.aclose()

    async def test_those_that_had_not_begun_keep_their_order(self, postgres: Place) -> None:
        database = await postgres.open(_TABLES)
        done: list[int] = []

        def cut(transaction: Transaction) -> None:
            ((pid,),) = transaction.fetch("SELECT pg_backend_pid()")
            _cut(postgres, int(pid or 0))
            transaction.fetch(_INSERT, "b", 1)

        def work(number: int) -> Callable[[Transaction], None]:
            return lambda _: done.append(number)

        outcomes = await _together(database, cut, *(work(number) for number in range(100)))
        assert isinstance(outcomes[0], StateUnavailable)
        assert done == list(range(100))
        await database.aclose()

    async def test_a_connection_that_is_cut_before_the_commit_fails_all(self, postgres: Place) -> None:
        database = await postgres.open(_TABLES)

        def cut(transaction: Transaction) -> None:
            ((pid,),) = transaction.fetch("SELECT pg_backend_pid()")
            _cut(postgres, int(pid or 0))

        outcomes = await _together(database, _insert("a"), cut)
        assert [type(outcome) for outcome in outcomes] == [StateUnavailable] * 2
        assert postgres.names() == []
        await database.aclose()

    async def test_one_that_is_cut_while_it_waits_for_a_lock_is_the_databases_failure(self, postgres: Place) -> None:
        class Cutting(FakeClock):
            async def sleep(self, seconds: float) -> None:
                await super().sleep(seconds)
                postgres.seen(
                    "SELECT pg_terminate_backend(pid, 60_000) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        database = await PostgresDatabase.open(postgres.url, Cutting(), migrations=[_TABLES])
        async with database.exclusive("ingest", timeout_s=0):
            with pytest.raises(StateUnavailable):
                async with database.exclusive("ingest", timeout_s=3):
                    pytest.fail("two hold the lock")
        await database.aclose()

    async def test_one_that_was_cut_while_nobody_needed_it_is_replaced_unnoticed(self, postgres: Place) -> None:
        database = await postgres.open(_TABLES)
        ((pid,),) = await database.fetch("SELECT pg_backend_pid()")
        _cut(postgres, int(pid or 0))
        assert await database.transact(_insert("a")) == "a"
        assert await database.fetch("SELECT pg_backend_pid()") != [(pid,)]
        await database.aclose()

    async def test_all_who_wait_for_a_server_that_is_down_wait_for_one_attempt(
        self, postgres: Place, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database = await postgres.open(_TABLES)
        gate = Gate()
        await gate.shut(database)
        tasks = [asyncio.create_task(database.fetch("SELECT 1")) for _ in range(300)]
        await asyncio.sleep(0)
        attempts: list[object] = []
        connect = PostgresDatabase._connect

        def counted(self: PostgresDatabase) -> object:
            attempts.append(self)
            return connect(self)

        monkeypatch.setattr(PostgresDatabase, "_connect", counted)
        server.stop()
        try:
            gate.open()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            server.start()
        assert [type(outcome) for outcome in outcomes] == [StateUnavailable] * 300
        assert len(attempts) == 1
        await database.aclose()

    async def test_nobody_waits_for_ever_for_a_replica_that_hangs(self, postgres: Place) -> None:
        database = await postgres.open()
        limits = {}
        for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            ((limit,),) = await database.fetch("SELECT setting FROM pg_settings WHERE name = $1", name)
            limits[name] = int(limit or 0)
        # A replica that hangs in mid-transaction is thrown out before those who wait for it give up.
        assert 0 < limits["idle_in_transaction_session_timeout"] < limits["lock_timeout"] < limits["statement_timeout"]
        await database.aclose()

    async def test_commits_reach_the_disk_whatever_the_database_thinks_of_that(
        self, postgres: Place, server: PostgresServer
    ) -> None:
        name = postgres.database()
        server.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        assert postgres.seen("SHOW synchronous_commit") == [("off",)]
        database = await postgres.open()
        assert await database.fetch("SHOW synchronous_commit") == [("on",)]
        await database.aclose()


class TestPostgresSchemas:
    async def test_two_ragbots_in_two_schemas_of_one_database_have_nothing_in_common(self, postgres: Place) -> None:
        first = await open_database(postgres.url, FakeClock())
        await first.fetch("CREATE SCHEMA second")
        second = await open_database(f"{postgres.url}&options=-csearch_path%3Dsecond", FakeClock())
        await second.execute_many("INSERT INTO embeddings VALUES ($1, $2, $3)", [("a", b"", "")])
        assert await first.fetch("SELECT key FROM embeddings") == []
        async with first.exclusive("ingest", timeout_s=0), second.exclusive("ingest", timeout_s=0):
            pass
        loop = asyncio.get_running_loop()

        def work(_: Transaction) -> int:
            # Were they to share a lock, this would wait for the one that waits for it.
            return asyncio.run_coroutine_threadsafe(second.transact(lambda _: 1), loop).result(60)

        assert await first.transact(work) == 1
        await first.aclose()
        await second.aclose()

    async def test_text_sorts_as_in_sqlite_whatever_the_servers_language(self, postgres: Place) -> None:
        database = await postgres.open()
        await database.aclose()
        columns = postgres.seen(
            "SELECT collation_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type = 'text' AND table_name <> 'schema_version'"
        )
        assert len(columns) > 10
        assert set(columns) == {("C",)}


def _cut(place: Place, pid: int) -> None:
    """End a connection from the server's side; it is gone when this returns."""
    place.seen(f"SELECT pg_terminate_backend({pid}, 60_000)")


class TestPostgresSecrets:
    @pytest.fixture
    def locked(self, postgres: Place, server: PostgresServer) -> Iterator[str]:
        """A user who needs a password, and may use the database."""
        user = f"locked_{postgres.database()}"
        server.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'tiger'")
        yield user
        server.execute(f"DROP ROLE {user}")

    async def test_the_right_password_opens_and_is_not_shown(
        self, postgres: Place, server: PostgresServer, locked: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        await (await postgres.open()).aclose()
        name = postgres.database()
        with pytest.raises(StateUnavailable) as caught:  # it may not read the superuser's tables
            await open_database(server.url(name, user=locked, password="tiger"), FakeClock())
        assert name in str(caught.value)
        assert "permission denied" in str(caught.value)
        _assert_unsaid("tiger", caught.value, caplog)

    async def test_a_wrong_password_is_refused_and_not_shown(
        self, postgres: Place, server: PostgresServer, locked: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        name = postgres.database()
        with pytest.raises(StateUnavailable, match="refuses the user or the password") as caught:
            await open_database(server.url(name, user=locked, password="panther"), FakeClock())
        assert f"{name} at " in str(caught.value)
        _assert_unsaid("panther", caught.value, caplog)
        _assert_unsaid("locked", caught.value, caplog, in_logs=False)

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://scott:ti@ger@host/state",
            "postgresql://scott:ti/ger@host/state",
            "postgresql://scott:12/ger@host/state",
            "postgresql://scott:ti/ger",
            "postgresql://scott:ti%ger@host/state",
            "postgresql://scott:ti@host/state?ger=1",
        ],
    )
    async def test_a_url_that_can_be_misread_is_refused_without_repeating_it(
        self, url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with pytest.raises(ConfigurationError, match=r"PASSWORD write @ as %40") as caught:
            await open_database(url, FakeClock())
        assert caught.value.problems[0].key == "RAGBOT_STATE_URL"
        for secret in ("ger", "scott"):
            _assert_unsaid(secret, caught.value, caplog)

    async def test_the_database_is_named_without_user_or_password(self) -> None:
        with pytest.raises(StateUnavailable) as caught:  # nobody listens at port 1
            await open_database("postgresql://scott:tiger@127.0.0.1:1/ledger?application_name=x", FakeClock())
        assert "the state database ledger at 127.0.0.1:1 cannot be opened" in str(caught.value)
        for secret in ("scott", "tiger", "application_name"):
            assert secret not in str(caught.value)

    async def test_an_objects_text_does_not_have_it(self) -> None:
        database = PostgresDatabase("postgresql://scott:tiger@127.0.0.1:1/ledger", FakeClock())
        assert "tiger" not in repr(database)
        assert "tiger" not in str(database)
        await database.aclose()

    async def test_what_the_user_may_not_do_is_the_databases_failure(
        self, postgres: Place, server: PostgresServer, locked: str
    ) -> None:
        await (await postgres.open(_TABLES)).aclose()
        name = postgres.database()
        with psycopg.connect(postgres.url) as connection:
            connection.execute(f"GRANT ALL ON SCHEMA public TO {locked}".encode())
            connection.execute(f"ALTER TABLE schema_version OWNER TO {locked}".encode())
        database = await PostgresDatabase.open(
            server.url(name, user=locked, password="tiger"), FakeClock(), migrations=[_TABLES]
        )
        with pytest.raises(StateUnavailable, match="permission denied"):
            await database.fetch("SELECT 1 FROM notes")
        await database.aclose()
        with psycopg.connect(postgres.url) as connection:
            connection.execute(f"REASSIGN OWNED BY {locked} TO postgres".encode())
            connection.execute(f"DROP OWNED BY {locked}".encode())


def _assert_unsaid(
    secret: str, error: BaseException, caplog: pytest.LogCaptureFixture, *, in_logs: bool = True
) -> None:
    """Neither the error, nor those it came from, nor a log has the word."""
    told: BaseException | None = error
    while told is not None:
        # Without the frames: their lines are this test's, which knows the word.
        assert secret not in "".join(traceback.format_exception_only(told))
        assert secret not in repr(told)
        told = told.__cause__ or told.__context__
    if in_logs:
        assert secret not in caplog.text


def test_psycopg_is_loaded_for_its_url_alone(tmp_path: Path) -> None:
    program = f"{_BEGINNING}\nasync def main():\n    await (await open_database(url, SystemClock())).aclose()\n"
    program += "asyncio.run(main())\nprint(*sys.modules)"
    child = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{tmp_path}/state.db"], capture_output=True, text=True, check=True
    )
    assert "rag.state.sqlite" in child.stdout.split()
    assert "psycopg" not in child.stdout.split()
