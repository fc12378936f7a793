"""The state database: what is particular to SQLite, and the small tables."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import ConfigurationError, StateUnavailable
from rag.model import Skipped, SyncReport
from rag.ports import Database, Row, Transaction
from rag.state import open_database, open_in_time
from rag.state.late import LateDatabase
from rag.state.migrations import known_migrations
from rag.state.sqlite import SqliteDatabase
from rag.state.syncs import Sync, SyncLog
from rag.state.timestamps import from_text, to_text
from rag.state.turns import Turns
from tests.fakes.books import no_database
from tests.fakes.clock import FakeClock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new" / "folder" / "state.db"


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    database = await open_database(f"sqlite:///{file}", FakeClock())
    yield database
    await database.aclose()


class TestOpening:
    async def test_a_new_file_gets_its_folder(self, database: Database, file: Path) -> None:
        assert database.kind == "sqlite"
        assert str(file) in str(await database.fetch("PRAGMA database_list"))

    async def test_a_relative_url_is_a_path_in_the_working_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        await (await open_database("sqlite:///data/state.db", FakeClock())).aclose()
        assert (tmp_path / "data" / "state.db").is_file()

    @pytest.mark.parametrize("url", ["oracle://scott:tiger@host/state", "state.db", "sqlite:///", "sqlite://x"])
    async def test_a_url_that_no_engine_reads_names_the_setting_and_keeps_its_secrets(self, url: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            await open_database(url, FakeClock())
        assert caught.value.problems[0].key == "RAGBOT_STATE_URL"
        assert "sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE" in str(caught.value)
        assert "tiger" not in str(caught.value)

    async def test_a_damaged_file_is_named_and_left_alone(self, tmp_path: Path) -> None:
        damaged = tmp_path / "state.db"
        damaged.write_bytes(b"this was never a database " * 100)
        with pytest.raises(StateUnavailable, match="move the file away") as caught:
            await SqliteDatabase.open(damaged, FakeClock())
        assert str(damaged) in str(caught.value)
        assert damaged.read_bytes().startswith(b"this was never")

    @pytest.mark.parametrize("place", ["file/state.db", "folder"])
    async def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path, place: str) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "folder").mkdir()
        with pytest.raises(StateUnavailable, match="can be written") as caught:
            await SqliteDatabase.open(tmp_path / place, FakeClock())
        assert str(tmp_path / place) in str(caught.value)

    async def test_commits_survive_a_power_cut_and_readers_do_not_block_writers(self, database: Database) -> None:
        assert await database.fetch("PRAGMA journal_mode") == [("wal",)]
        assert await database.fetch("PRAGMA synchronous") == [(2,)]  # FULL
        assert await database.fetch("PRAGMA foreign_keys") == [(1,)]


class TestMigrations:
    def test_they_are_numbered_from_one_without_gaps(self) -> None:
        assert [migration.version for migration in known_migrations()] == list(range(1, len(known_migrations()) + 1))


_INSERT = "INSERT INTO embeddings (key, vector, used_at) VALUES ($1, $2, $3)"


def _insert(key: str, *, sql: str = _INSERT) -> Callable[[Transaction], list[Row]]:
    return lambda transaction: transaction.fetch(sql, key, b"", "")


@pytest.fixture
def writer(database: Database, file: Path) -> Iterator[sqlite3.Connection]:
    """Another process, as good as, that is writing to the file."""
    del database  # is there first
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


class TestOneWriterAtATime:
    @pytest.fixture(autouse=True)
    def _hurry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rag.state.sqlite._BUSY_TIMEOUT_S", 0.01)
        monkeypatch.setattr("rag.state.sqlite._STUCK_S", 0.0)

    async def test_where_somebody_is_stuck_only_the_first_waits_for_long(
        self, database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.state.sqlite._STUCK_S", 60.0)
        stuck = Turns(file.with_name("state.db.turns"))
        assert stuck.take(0)
        for _ in range(3):
            with pytest.raises(StateUnavailable, match="another process is writing"):
                await database.transact(_insert("a"))
        assert [thread.name for thread in threading.enumerate()].count("state-turn") == 1
        stuck.close()

    async def test_a_file_that_another_process_writes_for_too_long_is_busy(
        self, database: Database, writer: sqlite3.Connection
    ) -> None:
        with pytest.raises(StateUnavailable, match="another process is writing"):
            await database.transact(_insert("a"))
        with pytest.raises(StateUnavailable, match="another process is writing"):
            await database.fetch(_INSERT, "b", b"", "")
        assert await database.fetch("SELECT count(*) FROM embeddings") == [(0,)]  # readers need not wait
        writer.execute("ROLLBACK")
        await database.transact(_insert("a"))
        await database.fetch(_INSERT, "b", b"", "")
        assert await database.fetch("SELECT key FROM embeddings ORDER BY key") == [("a",), ("b",)]

    async def test_a_statement_waits_for_the_writer_to_end(
        self, database: Database, file: Path, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.state.sqlite._BUSY_TIMEOUT_S", 60.0)
        # The first wait between two tries is when the other one ends.
        monkeypatch.setattr("rag.state.sqlite._pause", lambda: writer.execute("ROLLBACK"))
        await database.fetch(_INSERT, "a", b"", "")
        other = Turns(file.with_name("state.db.turns"))
        assert other.take(0)  # it is given back
        other.close()
        writer.execute("BEGIN IMMEDIATE")
        await database.transact(_insert("b"))
        assert await database.fetch("SELECT key FROM embeddings ORDER BY key") == [("a",), ("b",)]

    async def test_a_turn_that_another_process_never_gives_back_makes_the_file_busy(
        self, database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = Turns(file.with_name("state.db.turns"))
        assert other.take(0)
        for _ in range(2):
            with pytest.raises(StateUnavailable, match="another process is writing"):
                await database.transact(_insert("a"))
        other.close()
        monkeypatch.setattr("rag.state.sqlite._BUSY_TIMEOUT_S", 60.0)  # those who gave up pass it on in their own time
        await database.transact(_insert("a"))

    async def test_it_is_given_back_after_everything(self, database: Database, file: Path) -> None:
        def fail(_: Transaction) -> None:
            raise LookupError

        other = Turns(file.with_name("state.db.turns"))
        await database.transact(_insert("a"))
        assert other.take(0)
        other.give_back()
        for work in (fail, _insert("a"), _insert("a", sql=_INSERT.replace("INSERT", "INSERT OR ROLLBACK"))):
            with pytest.raises((LookupError, sqlite3.IntegrityError)):
                await database.transact(work)
            assert other.take(0)
            other.give_back()
        other.close()

    async def test_a_database_that_is_closed_keeps_no_file_open(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed: list[Turns] = []
        close = Turns.close

        def closing(turns: Turns) -> None:
            close(turns)
            closed.append(turns)

        monkeypatch.setattr(Turns, "close", closing)
        database = await SqliteDatabase.open(file, FakeClock())
        await database.aclose()
        assert len(closed) == 1


class TestTurns:
    def test_one_has_it_at_a_time(self, tmp_path: Path) -> None:
        one, two = Turns(tmp_path / "turns"), Turns(tmp_path / "turns")
        assert one.take(0)
        assert not two.take(0)
        one.give_back()
        assert two.take(60)
        two.close()
        one.close()
        one.close()  # whose number is somebody else's file by now

    def test_who_waits_gets_it_next(self, tmp_path: Path) -> None:
        one, two = Turns(tmp_path / "turns"), Turns(tmp_path / "turns")
        assert one.take(0)
        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(two.take, 60)
            one.give_back()
            assert waiting.result()
        assert not one.take(0)
        two.close()

    def test_what_nobody_waits_for_any_more_is_passed_on(self, tmp_path: Path) -> None:
        one, two, three = (Turns(tmp_path / "turns") for _ in range(3))
        assert one.take(0)
        for _ in range(5):
            assert not two.take(0)
        one.close()
        for thread in threading.enumerate():
            if thread.name == "state-turn":
                thread.join(60)  # each has had it, one after the other
        assert three.take(0)
        three.close()

    def test_who_has_given_up_keeps_no_process_alive(self, tmp_path: Path) -> None:
        one = Turns(tmp_path / "turns")
        assert one.take(0)
        program = (
            "import sys, pathlib; from rag.state.turns import Turns; print(Turns(pathlib.Path(sys.argv[1])).take(0))"
        )
        child = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "turns")], capture_output=True, timeout=60, check=True
        )
        assert child.stdout == b"False\n"
        one.close()

    def test_a_file_that_cannot_be_made_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="turns"):
            Turns(tmp_path / "missing" / "turns").take(0)


async def test_a_transaction_that_sqlite_itself_undid_fails_with_all_before(database: Database) -> None:
    """`OR ROLLBACK` stands for what SQLite does on a full disk."""
    entered, opened = threading.Event(), threading.Event()

    def wait(_: Transaction) -> None:
        entered.set()
        assert opened.wait(60)

    await database.fetch(_INSERT, "there", b"", "")
    first = asyncio.create_task(database.transact(wait))
    await asyncio.to_thread(entered.wait)
    undoing = _insert("there", sql=_INSERT.replace("INSERT", "INSERT OR ROLLBACK"))

    def undoing_and_going_on(transaction: Transaction) -> None:
        with suppress(sqlite3.IntegrityError):
            undoing(transaction)
        transaction.fetch(_INSERT, "commits itself", b"", "")

    tasks = [
        asyncio.create_task(database.transact(work))
        for work in (_insert("a"), _insert("there"), undoing, _insert("b"), undoing_and_going_on, _insert("c"))
    ]
    await asyncio.sleep(0)
    opened.set()
    await first
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [
        StateUnavailable,
        StateUnavailable,
        sqlite3.IntegrityError,
        StateUnavailable,
        sqlite3.IntegrityError,
        list,
    ]
    assert await database.fetch("SELECT key FROM embeddings ORDER BY key") == [("c",), ("there",)]


async def test_a_lock_file_that_cannot_be_made_is_the_databases_failure(database: Database, file: Path) -> None:
    file.with_name("state.db.ingest.lock").mkdir()
    with pytest.raises(StateUnavailable):
        async with database.exclusive("ingest", timeout_s=0):
            pytest.fail("locked a folder")


async def test_where_there_is_no_database_everything_says_why() -> None:
    database = no_database("the disk is gone")
    with pytest.raises(StateUnavailable, match="the disk is gone"):
        await database.fetch("SELECT 1")
    with pytest.raises(StateUnavailable, match="the disk is gone"):
        await database.execute_many(_INSERT, [])
    with pytest.raises(StateUnavailable, match="the disk is gone"):
        await database.transact(lambda _: pytest.fail("there is nothing to run it on"))
    with pytest.raises(StateUnavailable, match="the disk is gone"):
        async with database.exclusive("ingest", timeout_s=0):
            pytest.fail("locked nothing")
    assert database.kind == "unavailable"
    await database.aclose()


async def test_a_database_that_cannot_be_opened_at_the_start_is_opened_when_it_can_be(tmp_path: Path) -> None:
    clock = FakeClock()
    in_the_way = tmp_path / "folder"
    in_the_way.write_text("a file where a folder should be")
    database = await open_in_time(f"sqlite:///{in_the_way}/state.db", clock)
    with pytest.raises(StateUnavailable, match=r"folder/state\.db"):
        await database.fetch("SELECT 1")
    in_the_way.unlink()
    with pytest.raises(StateUnavailable):  # it is not looked for all the time
        await database.fetch("SELECT 1")
    clock.wind(5)
    rows = await asyncio.gather(*(database.fetch("SELECT $1", number) for number in range(9)))
    assert rows == [[(number,)] for number in range(9)]
    assert database.kind == "sqlite"
    assert await database.transact(lambda transaction: transaction.fetch("SELECT count(*) FROM ledger")) == [(0,)]
    async with database.exclusive("ingest", timeout_s=0):
        pass
    await database.aclose()
    with pytest.raises(StateUnavailable, match="closed"):
        await database.fetch("SELECT 1")


async def test_what_is_said_is_why_it_could_not_be_opened_the_last_time() -> None:
    clock, reasons = FakeClock(), iter(["the disk is full", "the disk is gone"])

    async def open_it() -> Database:
        raise StateUnavailable(next(reasons))

    database = LateDatabase(open_it, clock, reason="the disk is slow")
    for waited_s, reason in ((0, "slow"), (5, "full"), (4, "full"), (1, "gone"), (1, "gone")):
        clock.wind(waited_s)
        with pytest.raises(StateUnavailable, match=reason):
            await database.fetch("SELECT 1")


async def test_one_that_can_be_opened_is_no_other_than_itself(tmp_path: Path) -> None:
    database = await open_in_time(f"sqlite:///{tmp_path}/state.db", FakeClock())
    assert isinstance(database, SqliteDatabase)
    await database.aclose()


class TestSyncLog:
    async def test_the_last_synchronisation_takes_the_place_of_the_one_before(self, database: Database) -> None:
        clock = FakeClock()
        log = SyncLog(database, clock)
        assert await log.all() == ()
        await log.record(SyncReport("guide", added=5, skipped=(Skipped("a.bin", "binary"),)))
        first = clock.now()
        await log.record(SyncReport("a", skipped=(Skipped("a", "empty"), Skipped("b", "binary"))))
        await clock.sleep(60)
        await log.record(SyncReport("guide", added=1, changed=2, removed=3, unchanged=4))
        assert await log.all() == (Sync("a", first, 0, 0, 0, 0, 2), Sync("guide", clock.now(), 1, 2, 3, 4, 0))

    async def test_a_forgotten_collection_was_never_synchronised(self, database: Database) -> None:
        log = SyncLog(database, FakeClock())
        await log.record(SyncReport("guide", added=5))
        await log.record(SyncReport("other", added=5))
        await log.forget("guide")
        assert [sync.collection for sync in await log.all()] == ["other"]


_TIMES = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2999, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)


class TestTimestamps:
    @given(_TIMES, _TIMES)
    def test_their_text_sorts_as_they_do(self, left: datetime, right: datetime) -> None:
        assert (to_text(left) < to_text(right)) == (left < right)

    @given(_TIMES)
    def test_their_text_is_read_back_exactly(self, time: datetime) -> None:
        assert from_text(to_text(time)) == time
        assert from_text(to_text(time)).tzinfo == UTC


class TestAFileThatIsTakenAway:
    @pytest.mark.parametrize("replaced", [False, True])
    async def test_is_not_written_any_more_by_those_who_have_it_open(
        self, database: Database, file: Path, *, replaced: bool
    ) -> None:
        """What they count in it nobody else would see."""
        await database.fetch("SELECT count(*) FROM ledger")
        for part in file.parent.glob("state.db*"):
            part.unlink()
        if replaced:
            await (await open_database(f"sqlite:///{file}", FakeClock())).aclose()
            assert await database.transact(lambda work: work.fetch("SELECT count(*) FROM ledger")) == [(0,)]
        else:
            with pytest.raises(StateUnavailable):
                await database.transact(lambda work: work.fetch("SELECT count(*) FROM ledger"))
