"""The state database in a file: SQLite in one worker thread, so that the event loop never waits for a disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from rag.errors import StateUnavailable
from rag.ports import Clock, Row, Value
from rag.state.migrations import Migration, known_migrations
from rag.state.timestamps import to_text

if TYPE_CHECKING:
    from filelock import FileLock

_BUSY_TIMEOUT_S = 10.0
_LOCK_POLL_S = 0.1

_ANOTHER_FILE = "move the file away to begin with an empty one, or put a backup in its place"
_ADVICE = {
    "SQLITE_NOTADB": _ANOTHER_FILE,
    "SQLITE_CORRUPT": _ANOTHER_FILE,
    "SQLITE_BUSY": "another process is writing to it; try again",
}
_ADVICE_OTHERWISE = "check that the file and its folder can be written and that the disk has room"

T = TypeVar("T")


class SqliteDatabase:
    """`Database` over one SQLite file; opened by `open`.

    The single worker thread owns the connection and runs one statement after the other, which is all the writing
    SQLite does at a time anyway.
    """

    kind = "sqlite"

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="state")
        self._connection: sqlite3.Connection | None = None

    @classmethod
    async def open(cls, path: Path, clock: Clock, *, migrations: Sequence[Migration] | None = None) -> SqliteDatabase:
        """Open the file, made with its folder where there is none, and bring its schema up to date.

        Raises:
            StateUnavailable: The file cannot be read or written, is damaged, or was made by a newer ragbot.
        """
        database = cls(path, clock)
        steps = known_migrations() if migrations is None else migrations
        try:
            await database._run(lambda: database._connect(steps))
        except BaseException:
            await database.aclose()
            raise
        return database

    async def fetch(self, sql: str, *values: Value) -> list[Row]:
        """Run one statement in a transaction of its own and return its rows.

        Raises:
            StateUnavailable: The file does not answer.
        """
        return await self._run(lambda: self._connected().execute(sql, _named(values)).fetchall())

    async def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run one statement for every row, in one transaction: all or none.

        Raises:
            StateUnavailable: The file does not answer.
        """

        def execute() -> None:
            with _transaction(self._connected(), "IMMEDIATE") as connection:
                connection.executemany(sql, map(_named, rows))

        await self._run(execute)

    @asynccontextmanager
    async def exclusive(self, name: str, *, timeout_s: float) -> AsyncIterator[None]:
        """Hold a lock over all processes and tasks that use this file.

        It is a file beside the database, locked by the kernel: the death of its holder frees it.

        Raises:
            TimeoutError: Somebody else held it for all of `timeout_s`.
            StateUnavailable: The lock's file cannot be made.
        """
        from filelock import Timeout  # only those who lock pay for the import

        lock = self._lock(name)
        deadline = self._clock.monotonic() + timeout_s
        while True:
            try:
                lock.acquire(blocking=False)
                break
            except Timeout:
                left_s = deadline - self._clock.monotonic()
                if left_s <= 0:
                    raise TimeoutError(f"somebody else held the lock {name!r} for {timeout_s:g} s") from None
                await self._clock.sleep(min(_LOCK_POLL_S, left_s))
            except OSError as error:
                raise self._unavailable(error) from error
        try:
            yield
        finally:
            lock.release()

    async def aclose(self) -> None:
        """Close the file, after the statements already asked for; a second call does nothing."""
        worker = self._worker
        try:
            closing = worker.submit(self._disconnect)
        except RuntimeError:  # the worker was dismissed by an earlier call
            return
        worker.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(closing))

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            job = asyncio.get_running_loop().run_in_executor(self._worker, work)
        except RuntimeError as error:
            raise StateUnavailable(f"the state database {self._path} is closed") from error
        try:
            # What was handed over is carried out even when the asker is cancelled: money spent is always booked.
            return await asyncio.shield(job)
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
            raise  # a defect of ours, not of the file
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: sqlite3.Error | OSError) -> StateUnavailable:
        # Extended codes such as SQLITE_BUSY_SNAPSHOT begin with the plain one.
        code = str(getattr(error, "sqlite_errorname", ""))
        advice = next((text for prefix, text in _ADVICE.items() if code.startswith(prefix)), _ADVICE_OTHERWISE)
        return StateUnavailable(f"the state database {self._path} does not answer ({error}): {advice}")

    def _lock(self, name: str) -> FileLock:
        from filelock import FileLock

        # A new lock for every holder: two tasks of one process then exclude each other like two processes.
        return FileLock(self._path.with_name(f"{self._path.name}.{quote(name, safe='')}.lock"), thread_local=False)

    def _connected(self) -> sqlite3.Connection:
        assert self._connection is not None, "open() connects before anybody holds the database"
        return self._connection

    def _connect(self, migrations: Sequence[Migration]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # `isolation_level=None`: the driver begins no transaction behind our back.
        self._connection = sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        self._use_wal(self._connection)
        # Every commit reaches the disk before it is believed: under NORMAL a power cut could forget money that was
        # booked, and a question commits a handful of times only.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._migrate(self._connection, migrations)

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        """Let readers go on while one process writes; the file remembers."""
        ((mode,),) = connection.execute("PRAGMA journal_mode").fetchall()
        if mode != "wal":
            # SQLite queues everything but this: without the lock, one of several first starters finds the file busy.
            with self._lock("wal").acquire(timeout=_BUSY_TIMEOUT_S):
                connection.execute("PRAGMA journal_mode = WAL")

    def _migrate(self, connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
        """Apply what is missing. Of several processes starting at once the first does it, the others find it done."""
        with _transaction(connection, "EXCLUSIVE"):
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_version (version bigint PRIMARY KEY, applied_at text NOT NULL)"
            )
            ((current,),) = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchall()
            newest = len(migrations)  # they are numbered from 1 without gaps
            if current > newest:
                raise StateUnavailable(
                    f"the state database {self._path} has schema {current}, this ragbot knows {newest} at most: "
                    "start the newer ragbot that made it, or use another file"
                )
            for migration in migrations[current:]:
                for statement in migration.statements:
                    connection.execute(statement)
                connection.execute(
                    "INSERT INTO schema_version (version, applied_at) VALUES ($1, $2)",
                    _named((migration.version, to_text(self._clock.now()))),
                )

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _named(values: Sequence[Value]) -> dict[str, Value]:
    # `$1` is a parameter named `1` to SQLite and the first parameter to PostgreSQL.
    return {str(number): value for number, value in enumerate(values, start=1)}


@contextmanager
def _transaction(connection: sqlite3.Connection, kind: str) -> Iterator[sqlite3.Connection]:
    connection.execute(f"BEGIN {kind}")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # Some errors (a full disk) have ended the transaction already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
