"""The state database in a file: SQLite."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rag.errors import StateUnavailable
from rag.ports import Clock, Row, Value
from rag.state.engine import Engine
from rag.state.migrations import Migration, known_migrations
from rag.state.session import Lock, Session
from rag.state.turns import Turns

if TYPE_CHECKING:
    from filelock import FileLock

_BUSY_TIMEOUT_S = 10.0
_BUSY_POLL_S = 0.001  # about as long as one commit takes
_STUCK_S = 5.0

_ANOTHER_FILE = "move the file away to begin with an empty one, or put a backup in its place"
_ADVICE = {
    "SQLITE_NOTADB": _ANOTHER_FILE,
    "SQLITE_CORRUPT": _ANOTHER_FILE,
    "SQLITE_BUSY": "another process is writing to it; try again",
}
_ADVICE_OTHERWISE = "check that the file and its folder can be written and that the disk has room"


class SqliteDatabase(Engine):
    """`Database` over one SQLite file; opened by `open`."""

    kind = "sqlite"

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__(clock)
        self._path = path

    @classmethod
    async def open(cls, path: Path, clock: Clock, *, migrations: Sequence[Migration] | None = None) -> SqliteDatabase:
        """Open the file, made with its folder where there is none, and bring its schema up to date.

        Raises:
            StateUnavailable: The file cannot be read or written, is damaged, or was made by a newer ragbot.
        """
        database = cls(path, clock)
        await database._start(known_migrations() if migrations is None else migrations)
        return database

    @property
    def _name(self) -> str:
        return f"the state database {self._path}"

    def _connect(self) -> Session:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return _SqliteSession.open(self._path)
        except (sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    def _told(self, error: Exception) -> Exception:
        if isinstance(error, (sqlite3.ProgrammingError, sqlite3.IntegrityError)):
            return error  # a defect of ours, not of the file
        return self._unavailable(error) if isinstance(error, (sqlite3.Error, OSError)) else error

    def _unavailable(self, error: Exception) -> StateUnavailable:
        # Extended codes such as SQLITE_BUSY_SNAPSHOT begin with the plain one.
        code = str(getattr(error, "sqlite_errorname", ""))
        advice = next((text for prefix, text in _ADVICE.items() if code.startswith(prefix)), _ADVICE_OTHERWISE)
        return StateUnavailable(f"{self._name} does not answer ({error}): {advice}")

    def _newer(self) -> str:
        return "start the newer ragbot that made it, or use another file"

    def _lock(self, name: str) -> Lock:
        return _LockFile(_lock_file(self._path, name), self._unavailable)


class _SqliteSession(Session):
    """One connection, and the file that says whose turn it is to write."""

    def __init__(self, connection: sqlite3.Connection, path: Path, turns: Turns) -> None:
        self._connection = connection
        self._path = path
        self._identity = _identity(path)
        self._turns = turns
        self._has_mark = False
        self._stuck_until_s = 0.0

    @classmethod
    def open(cls, path: Path) -> _SqliteSession:
        # `isolation_level=None`: the driver begins no transaction behind our back.
        connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        try:
            _use_wal(connection, path)
            # Every commit reaches the disk before it is believed: under NORMAL a power cut could forget money that was
            # booked.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA busy_timeout = 0")  # from here on we do the waiting ourselves, in turns
        except BaseException:
            connection.close()
            raise
        return cls(connection, path, Turns(path.with_name(f"{path.name}.turns")))

    @property
    def is_usable(self) -> bool:
        # A file that was deleted or replaced is still there for us, and for nobody else: what we count in it would be
        # counted from zero by every other process.
        return self._identity is not None and self._identity == _identity(self._path)

    @property
    def is_in_transaction(self) -> bool:
        return self._connection.in_transaction

    def fetch(self, sql: str, values: Sequence[Value]) -> list[Row]:
        try:
            return self._execute(sql, values)
        except sqlite3.OperationalError as error:
            if self._connection.in_transaction or not _is_busy(error):
                raise
        # Most single statements read and wait for nobody, so they queue up only where they have to.
        self._take_turn()
        try:
            return self._insist(sql, values)
        finally:
            self._turns.give_back()

    def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        self._connection.executemany(sql, map(_named, rows))

    def begin(self) -> None:
        self._take_turn()
        try:
            self._insist("BEGIN IMMEDIATE", ())
        except BaseException:
            self._turns.give_back()
            raise
        self._has_mark = False

    def mark(self) -> None:
        # Marks that pile up would cost more: every page that is written is then checked against each of them.
        if self._has_mark:
            self._connection.execute("RELEASE work")
        self._connection.execute("SAVEPOINT work")
        self._has_mark = True

    def undo(self) -> None:
        self._connection.execute("ROLLBACK TO work")

    def commit(self) -> None:
        self._connection.execute("COMMIT")
        self._turns.give_back()

    def roll_back(self) -> None:
        try:
            # Some errors (a full disk) have ended the transaction already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        finally:
            self._turns.give_back()

    def close(self) -> None:
        try:
            self._connection.close()
        finally:
            self._turns.close()

    def _execute(self, sql: str, values: Sequence[Value]) -> list[Row]:
        return self._connection.execute(sql, _named(values)).fetchall()

    def _take_turn(self) -> None:
        # Where somebody is stuck, nobody gains if everybody waits for so long, one after the other.
        timeout_s = 0.0 if time.monotonic() < self._stuck_until_s else _BUSY_TIMEOUT_S
        if not self._turns.take(timeout_s):
            self._stuck_until_s = time.monotonic() + _STUCK_S
            raise _Busy("it is always somebody else's turn")

    def _insist(self, sql: str, values: Sequence[Value]) -> list[Row]:
        """Run a statement again while the file is busy: a single statement of another process writes without a turn."""
        now_s = time.monotonic()
        deadline = now_s if now_s < self._stuck_until_s else now_s + _BUSY_TIMEOUT_S
        while True:
            try:
                return self._execute(sql, values)
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
                if time.monotonic() >= deadline:
                    self._stuck_until_s = time.monotonic() + _STUCK_S
                    raise
            _pause()


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is, whatever it is called; `None` where there is none."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_dev, told.st_ino


def _pause() -> None:
    time.sleep(_BUSY_POLL_S)


class _Busy(sqlite3.OperationalError):
    sqlite_errorname = "SQLITE_BUSY"


def _is_busy(error: sqlite3.OperationalError) -> bool:
    # Extended codes such as SQLITE_BUSY_SNAPSHOT begin with the plain one.
    return str(getattr(error, "sqlite_errorname", "")).startswith("SQLITE_BUSY")


class _LockFile:
    """A file beside the database, locked by the kernel: the death of its holder frees it."""

    def __init__(self, lock: FileLock, unavailable: Callable[[Exception], StateUnavailable]) -> None:
        self._lock = lock
        self._unavailable = unavailable

    def try_acquire(self) -> bool:
        from filelock import Timeout  # only those who lock pay for the import

        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as error:
            raise self._unavailable(error) from error
        return True

    @property
    def is_held(self) -> bool:
        return self._lock.is_locked

    def release(self) -> None:
        self._lock.release()


def _lock_file(path: Path, name: str) -> FileLock:
    from filelock import FileLock

    return FileLock(path.with_name(f"{path.name}.{quote(name, safe='')}.lock"), thread_local=False)


def _use_wal(connection: sqlite3.Connection, path: Path) -> None:
    """Let readers go on while one process writes; the file remembers."""
    ((mode,),) = connection.execute("PRAGMA journal_mode").fetchall()
    if mode != "wal":
        # SQLite queues everything but this: without the lock, one of several first starters finds the file busy.
        with _lock_file(path, "wal").acquire(timeout=_BUSY_TIMEOUT_S):
            connection.execute("PRAGMA journal_mode = WAL")


def _named(values: Sequence[Value]) -> dict[str, Value]:
    # `$1` is a parameter named `1` to SQLite and the first parameter to PostgreSQL.
    return {str(number): value for number, value in enumerate(values, start=1)}
