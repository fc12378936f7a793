"""The state database, over real files and real processes."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.clock import SystemClock
from rag.errors import ConfigurationError, StateUnavailable
from rag.model import Skipped, SyncReport, TokenUsage
from rag.ports import Database
from rag.state import open_database
from rag.state.ledger import Expense, Ledger
from rag.state.migrations import Migration, known_migrations
from rag.state.sqlite import SqliteDatabase
from rag.state.syncs import Sync, SyncLog
from rag.state.timestamps import from_text, to_text
from tests.fakes.clock import FakeClock

_EXPENSE = Expense("embedding", "openai", "text-embedding-3-small", TokenUsage(input=1_000), 20)

_START = """
import asyncio, sys
from rag.clock import SystemClock
from rag.state import open_database
import rag.state.sqlite

async def start():
    print("ready", flush=True)
    sys.stdin.read()
    database = await open_database(f"sqlite:///{sys.argv[1]}", SystemClock())
    await database.aclose()

asyncio.run(start())
"""

_HOLD = """
import asyncio, sys
from rag.clock import SystemClock
from rag.state import open_database

async def hold():
    database = await open_database(f"sqlite:///{sys.argv[1]}", SystemClock())
    async with database.exclusive("ingest", timeout_s=0):
        print("held", flush=True)
        sys.stdin.read()

asyncio.run(hold())
"""


def _python(program: str, file: Path) -> subprocess.Popen[bytes]:
    """Another process that runs the program on the file, and waits for its input to end."""
    return subprocess.Popen([sys.executable, "-c", program, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new" / "folder" / "state.db"


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    database = await open_database(f"sqlite:///{file}", FakeClock())
    yield database
    await database.aclose()


def _schema(file: Path) -> list[int]:
    connection = sqlite3.connect(file)
    try:
        return [version for (version,) in connection.execute("SELECT version FROM schema_version ORDER BY version")]
    finally:
        connection.close()


class TestOpening:
    async def test_a_new_file_gets_its_folder_and_the_newest_schema(self, database: Database, file: Path) -> None:
        assert database.kind == "sqlite"
        assert _schema(file) == [migration.version for migration in known_migrations()]

    async def test_a_relative_url_is_a_path_in_the_working_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        await (await open_database("sqlite:///data/state.db", FakeClock())).aclose()
        assert (tmp_path / "data" / "state.db").is_file()

    async def test_what_was_written_is_there_after_opening_again(self, file: Path) -> None:
        first = await SqliteDatabase.open(file, FakeClock())
        await Ledger(first, FakeClock()).record(_EXPENSE)
        await first.aclose()
        second = await SqliteDatabase.open(file, FakeClock())
        assert await second.fetch("SELECT model FROM ledger") == [("text-embedding-3-small",)]
        await second.aclose()

    @pytest.mark.parametrize("url", ["oracle://scott:tiger@host/state", "state.db", "sqlite:///", "sqlite://x"])
    async def test_a_url_that_no_engine_reads_names_the_setting_and_keeps_its_secrets(self, url: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            await open_database(url, FakeClock())
        assert caught.value.problems[0].key == "RAGBOT_STATE_URL"
        assert "sqlite://" in str(caught.value)
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

    async def test_a_closed_database_says_so_and_closes_twice(self, database: Database) -> None:
        await database.aclose()
        await database.aclose()
        with pytest.raises(StateUnavailable, match="closed"):
            await database.fetch("SELECT 1")


class TestMigrations:
    def test_they_are_numbered_from_one_without_gaps(self) -> None:
        assert [migration.version for migration in known_migrations()] == list(range(1, len(known_migrations()) + 1))

    async def test_only_what_is_missing_is_applied(self, file: Path) -> None:
        first = Migration(1, ("CREATE TABLE a (n bigint)",))
        await (await SqliteDatabase.open(file, FakeClock(), migrations=[first])).aclose()
        second = Migration(2, ("CREATE TABLE b (n bigint)", "INSERT INTO b VALUES (7)"))
        database = await SqliteDatabase.open(file, FakeClock(), migrations=[first, second])
        assert await database.fetch("SELECT n FROM b") == [(7,)]
        await database.aclose()
        assert _schema(file) == [1, 2]

    async def test_one_that_fails_leaves_nothing_behind(self, file: Path) -> None:
        broken = Migration(1, ("CREATE TABLE a (n bigint)", "CREATE TABLE a (n bigint)"))
        with pytest.raises(StateUnavailable, match="already exists"):
            await SqliteDatabase.open(file, FakeClock(), migrations=[broken])
        mended = Migration(1, ("CREATE TABLE a (n bigint)",))
        database = await SqliteDatabase.open(file, FakeClock(), migrations=[mended])
        assert await database.fetch("SELECT count(*) FROM a") == [(0,)]
        await database.aclose()

    async def test_a_database_of_a_newer_ragbot_is_refused_untouched(self, file: Path) -> None:
        version = len(known_migrations()) + 1
        newer = [*known_migrations(), Migration(version, ("CREATE TABLE future (n bigint)",))]
        await (await SqliteDatabase.open(file, FakeClock(), migrations=newer)).aclose()
        with pytest.raises(StateUnavailable, match=rf"schema {version}.*newer ragbot"):
            await SqliteDatabase.open(file, FakeClock())
        assert _schema(file)[-1] == version

    def test_eight_processes_that_start_at_once_share_one_schema(self, file: Path) -> None:
        starters = [_python(_START, file) for _ in range(8)]
        for starter in starters:
            assert starter.stdout is not None
            assert starter.stdout.readline() == b"ready\n"
        for starter in starters:
            assert starter.stdin is not None
            starter.stdin.close()
        for starter in starters:
            with starter:
                assert starter.wait(timeout=60) == 0
        assert _schema(file) == [migration.version for migration in known_migrations()]


class TestStatements:
    async def test_they_run_off_the_event_loop_in_one_thread(self, file: Path) -> None:
        database = await SqliteDatabase.open(file, FakeClock())
        before = {thread.name for thread in threading.enumerate() if thread.name.startswith("state")}
        results = await asyncio.gather(*(database.fetch("SELECT $1 + $2", n, 1) for n in range(20)))
        after = {thread.name for thread in threading.enumerate() if thread.name.startswith("state")}
        await database.aclose()
        assert [rows for (rows,) in results] == [(n + 1,) for n in range(20)]
        assert before == after
        assert len(after) == 1

    async def test_many_rows_are_written_all_or_none(self, database: Database) -> None:
        insert = "INSERT INTO embeddings (key, vector, used_at) VALUES ($1, $2, $3)"
        await database.execute_many(insert, [("a", b"", ""), ("b", b"", "")])
        with pytest.raises(sqlite3.IntegrityError):  # a defect of the caller, not of the file
            await database.execute_many(insert, [("c", b"", ""), ("a", b"", "")])
        assert await database.fetch("SELECT key FROM embeddings ORDER BY key") == [("a",), ("b",)]

    async def test_a_transaction_that_the_database_itself_undid_is_over(self, database: Database) -> None:
        insert = "INSERT OR ROLLBACK INTO embeddings (key, vector, used_at) VALUES ($1, $2, $3)"
        with pytest.raises(sqlite3.IntegrityError):
            await database.execute_many(insert, [("a", b"", ""), ("a", b"", "")])
        await database.execute_many(insert, [("b", b"", "")])
        assert await database.fetch("SELECT key FROM embeddings") == [("b",)]

    async def test_bytes_and_nothing_come_back_as_they_went_in(self, database: Database) -> None:
        assert await database.fetch("SELECT $1, $2, $3", b"\0\xff", None, "é") == [(b"\0\xff", None, "é")]

    async def test_a_statement_handed_over_is_carried_out_though_the_asker_is_cancelled(
        self, database: Database
    ) -> None:
        count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n"
        busy = asyncio.ensure_future(database.fetch(count))
        record = asyncio.ensure_future(Ledger(database, FakeClock()).record(_EXPENSE))
        await asyncio.sleep(0)  # both are handed over; the second waits for the first
        record.cancel()
        with pytest.raises(asyncio.CancelledError):
            await record
        assert await busy == [(300_000,)]
        assert await database.fetch("SELECT count(*) FROM ledger") == [(1,)]

    async def test_a_file_that_another_process_writes_for_too_long_is_busy(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.state.sqlite._BUSY_TIMEOUT_S", 0.01)
        database = await SqliteDatabase.open(file, FakeClock())
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateUnavailable, match="another process is writing"):
            await Ledger(database, FakeClock()).record(_EXPENSE)
        other.close()
        await Ledger(database, FakeClock()).record(_EXPENSE)
        await database.aclose()


class TestExclusiveLock:
    async def test_two_tasks_of_one_process_take_turns(self, database: Database) -> None:
        order: list[str] = []

        async def hold(who: str) -> None:
            async with database.exclusive("ingest", timeout_s=1_000):
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
        ):
            pass

    async def test_it_is_free_again_after_an_error(self, database: Database) -> None:
        with pytest.raises(LookupError):
            async with database.exclusive("ingest", timeout_s=0):
                raise LookupError
        async with database.exclusive("ingest", timeout_s=0):
            pass

    async def test_a_lock_file_that_cannot_be_made_is_the_databases_failure(self, file: Path) -> None:
        database = await SqliteDatabase.open(file, FakeClock())
        file.with_name("state.db.ingest.lock").mkdir()
        with pytest.raises(StateUnavailable):
            async with database.exclusive("ingest", timeout_s=0):
                pytest.fail("locked a folder")
        await database.aclose()

    async def test_the_death_of_its_holder_frees_it(self, file: Path) -> None:
        holder = _python(_HOLD, file)
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        database = await SqliteDatabase.open(file, SystemClock())
        with pytest.raises(TimeoutError):
            async with database.exclusive("ingest", timeout_s=0):
                pytest.fail("two processes hold the lock")
        with holder:
            holder.send_signal(signal.SIGKILL)
        async with database.exclusive("ingest", timeout_s=0):
            pass
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


class TestLedger:
    async def test_a_period_holds_its_beginning_and_not_its_end(self, database: Database) -> None:
        clock = FakeClock()
        ledger = Ledger(database, clock)
        first = clock.now()
        await ledger.record(_EXPENSE)
        await clock.sleep(3_600)
        second = clock.now()
        await ledger.record(_EXPENSE)
        assert await ledger.spent_micro_usd(first, second) == 20
        assert await ledger.spent_micro_usd(second, second + timedelta(days=1)) == 20
        assert await ledger.spent_micro_usd(first, second + timedelta(microseconds=1)) == 40
        assert await ledger.spent_micro_usd(second + timedelta(days=1), second + timedelta(days=2)) == 0

    async def test_a_row_says_who_was_paid_for_what(self, database: Database) -> None:
        tokens = TokenUsage(input=70, output=9, cached_input=40, cache_write=3, cache_write_long=2, thinking=5)
        await Ledger(database, FakeClock()).record(
            Expense("answer", "acme", "large", tokens, 31, task="quick", outcome="answered", reference="a1b2")
        )
        (row,) = await database.fetch(
            "SELECT at, purpose, provider, model, input_tokens, output_tokens, cached_input_tokens,"
            " cache_write_tokens, thinking_tokens, cost_micro_usd, estimated, task, outcome, reference FROM ledger"
        )
        assert row[:4] == ("2026-11-22T12:00:00.000000+00:00", "answer", "acme", "large")
        assert row[4:] == (70, 9, 40, 5, 5, 31, 0, "quick", "answered", "a1b2")

    async def test_what_nobody_said_stays_unknown(self, database: Database) -> None:
        await Ledger(database, FakeClock()).record(Expense("answer", "a", "b", TokenUsage(input=7, estimated=True), 0))
        assert await database.fetch(
            "SELECT output_tokens, cached_input_tokens, cache_write_tokens, thinking_tokens, estimated FROM ledger"
        ) == [(None, None, None, None, 1)]


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
