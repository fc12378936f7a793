"""The state database of several replicas: PostgreSQL 14 or newer. Loaded for a `postgresql://` URL alone."""

from __future__ import annotations

import hashlib
import re
import select
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType

import psycopg
from psycopg import errors
from psycopg.abc import Buffer, ConnDict
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import tuple_row
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from rag.errors import StateUnavailable
from rag.ports import Clock, Row, Value
from rag.state.engine import Engine
from rag.state.migrations import Migration, known_migrations
from rag.state.session import Lock, Session

# The client's side of noticing that nobody is there; what the URL says goes first. In seconds, the last in ms.
_CONNECTING: Mapping[str, str | int] = MappingProxyType(
    {
        "application_name": "ragbot",
        "client_encoding": "UTF8",
        "connect_timeout": 5,
        "keepalives": 1,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 25_000,
    }
)

# The server's side. A replica that dies or hangs in mid-transaction loses it after `idle_in_transaction_…`, before the
# others have waited for as long as `lock_timeout`.
_SETTINGS = """
SET lock_timeout = '10s';
SET statement_timeout = '30s';
SET idle_in_transaction_session_timeout = '5s';
SET idle_session_timeout = 0;
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 3;
SET tcp_user_timeout = '25s';
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
"""

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_MIGRATING = "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0"

# What the server says to a connection that it refuses, by words in it. The text itself is never shown: it names users,
# and libpq's own may quote the URL.
_REFUSALS = MappingProxyType(
    {
        "authentication": "it refuses the user or the password",
        "no password": "it refuses the user or the password",
        "pg_hba": "it does not let this user in from this machine",
        "does not exist": "it knows no such database or user",
        "too many": "it has no connection left",
        "remaining connection slots": "it has no connection left",
        "unrecognized configuration parameter": "it is older than PostgreSQL 14",
        "starting up": "it is starting; try again",
        "shutting down": "it is stopping; try again",
    }
)
_UNREACHABLE = "nobody answers: check that it runs and that this machine can reach it"

_TABLE = re.compile(r"^(CREATE|ALTER) TABLE", re.MULTILINE)
_TEXT_COLUMN = re.compile(r"(\b\w+ text\b)")

_THEIR_DEFECTS = (psycopg.IntegrityError, psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError)


class PostgresDatabase(Engine):
    """`Database` over one PostgreSQL database; opened by `open`. It lives in the first schema of the search path."""

    kind = "postgresql"

    def __init__(self, url: str, clock: Clock) -> None:
        super().__init__(clock)
        self._address = _Address(url)

    @classmethod
    async def open(cls, url: str, clock: Clock, *, migrations: Sequence[Migration] | None = None) -> PostgresDatabase:
        """Connect, and bring the schema up to date.

        Raises:
            ValueError: It is no such URL, or one whose password hides where the host begins.
            StateUnavailable: The server does not answer, refuses us, or the schema was made by a newer ragbot.
        """
        database = cls(url, clock)
        await database._start(known_migrations() if migrations is None else migrations)
        return database

    @property
    def _name(self) -> str:
        return self._address.name

    def _connect(self) -> _PostgresSession:
        refusal = _UNREACHABLE
        try:
            connection = self._address.connect()
            try:
                return _PostgresSession(connection)
            except BaseException:
                connection.close()
                raise
        except (psycopg.Error, OSError) as error:
            text = str(error)
            refusal = next((said for words, said in _REFUSALS.items() if words in text), refusal)
        # Outside the handler: not even as its context does the driver's error come along.
        raise StateUnavailable(f"{self._name} cannot be opened: {refusal}")

    def _told(self, error: Exception) -> Exception:
        if not isinstance(error, psycopg.Error):
            return error
        if isinstance(error, _THEIR_DEFECTS) and not isinstance(error, errors.InsufficientPrivilege):
            return error  # a defect of ours, not of the server
        return self._unavailable(error)

    def _unavailable(self, error: Exception) -> StateUnavailable:
        said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        if said is None:  # the server said nothing more
            said = "the connection broke" if isinstance(error, psycopg.OperationalError) else type(error).__name__
        return StateUnavailable(f"{self._name} does not answer ({said}): try again")

    def _newer(self) -> str:
        return "start the newer ragbot that made it, or use another database or schema"

    def _lock(self, name: str) -> Lock:
        return _SessionLock(self._connect, name, self._unavailable)


class _Address:
    """Where the database is.

    Attributes:
        name: For messages: without user, password and options.
    """

    def __init__(self, url: str) -> None:
        parts: ConnDict = {}
        with suppress(psycopg.Error):  # its text quotes the URL
            parts = {**_CONNECTING, **conninfo_to_dict(url)}
        host, port, database = (str(parts.get(key, "")) for key in ("host", "port", "dbname"))
        # A password with a bare `@` or `/` moves the borders: libpq takes its rest for a host, a port or a database.
        if not parts or "@" in host + database or not re.fullmatch("[0-9,]*", port):
            raise ValueError("not the URL of a PostgreSQL database")
        place = f" at {host}" if host else ""
        self.name = f"the state database {database or 'of PostgreSQL'}{place}{f':{port}' if port else ''}"
        self._parts = parts

    def connect(self) -> psycopg.Connection[Row]:
        """Open a connection whose every statement commits itself.

        Raises:
            psycopg.Error: It cannot be opened. Its text may say too much.
        """
        return psycopg.Connection[Row].connect(
            make_conninfo("", **self._parts),
            autocommit=True,
            row_factory=tuple_row,
            cursor_factory=psycopg.RawCursor[Row],
        )


class _PostgresSession(Session):
    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection
        self._server = connection.pgconn
        self._has_mark = False
        _speak_like_sqlite(connection)
        self._command(_SETTINGS)
        ((schema,),) = self.fetch("SELECT current_schema()", ())
        self._schema = str(schema)
        self._take_turn = f"SELECT pg_advisory_xact_lock({self.key('transact')})"

    @property
    def is_usable(self) -> bool:
        if self._connection.closed:
            return False
        # Nothing is under way: whatever there is to read is the server's farewell.
        return not _is_readable(self._server.socket)

    @property
    def is_in_transaction(self) -> bool:
        return self._server.transaction_status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}

    def key(self, name: str) -> int:
        """The advisory lock of that name: 64 bits that no other schema of this database has."""
        return int.from_bytes(hashlib.sha256(f"ragbot {self._schema} {name}".encode()).digest()[:8], signed=True)

    def fetch(self, sql: str, values: Sequence[Value]) -> list[Row]:
        cursor = self._connection.execute(sql.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        self._connection.cursor().executemany(sql.encode(), rows)

    def define(self, statement: str) -> None:
        # The order of SQLite, and indexes that no update of the system's locales can spoil.
        if _TABLE.search(statement):
            statement = _TEXT_COLUMN.sub(r'\1 COLLATE "C"', statement)
        self.fetch(statement, ())

    def begin(self) -> None:
        self._has_mark = False
        self._command(f"{_BEGIN}; {self._take_turn}")

    def begin_migrating(self) -> None:
        self._command(f"{_BEGIN}; {_MIGRATING}; {self._take_turn}")

    def mark(self) -> None:
        self._command("RELEASE work; SAVEPOINT work" if self._has_mark else "SAVEPOINT work")
        self._has_mark = True

    def undo(self) -> None:
        self._command("ROLLBACK TO work")

    def commit(self) -> None:
        # A transaction with a failed statement in it answers "ROLLBACK", and calls that a success.
        if self._command("COMMIT").command_status != b"COMMIT":
            raise psycopg.OperationalError("not committed")

    def roll_back(self) -> None:
        if self.is_in_transaction:
            self._command("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def _command(self, sql: str) -> PGresult:
        """Run statements without parameters in one round trip.

        Past the driver, which would forget what it has prepared whenever it sees a ROLLBACK, also one to a savepoint.
        """
        result = self._server.exec_(sql.encode())
        if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
            raise errors.error_from_result(result)
        return result


class _SessionLock:
    """An advisory lock of a connection of its own: the server frees it when the connection ends."""

    def __init__(
        self, connect: Callable[[], _PostgresSession], name: str, told: Callable[[Exception], Exception]
    ) -> None:
        self._connect = connect
        self._name = f"lock {name}"
        self._told = told
        self._session: _PostgresSession | None = None

    def try_acquire(self) -> bool:
        if self._session is None:
            self._session = self._connect()
        try:
            return self._session.fetch("SELECT pg_try_advisory_lock($1)", (self._session.key(self._name),)) == [(1,)]
        except psycopg.Error as error:
            raise self._told(error) from error

    @property
    def is_held(self) -> bool:
        return self._session is not None and self._session.is_usable

    def release(self) -> None:
        if self._session is None:
            return
        with suppress(psycopg.Error):
            # Else the next one might ask before the server has noticed that we are gone.
            self._session.fetch("SELECT pg_advisory_unlock_all()", ())
        self._session.close()


class _BoolAsInt(Loader):
    def load(self, data: Buffer) -> int:
        return int(data == b"t")


class _NumericAsNumber(Loader):
    """What `sum` and `avg` give: a float where PostgreSQL writes a decimal point, as where SQLite has one."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)


def _speak_like_sqlite(connection: psycopg.Connection[Row]) -> None:
    adapters = connection.adapters
    # One type for every int, whatever its size: `$1 + $2` does not overflow, and a statement is prepared once.
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(bool, Int8Dumper)
    adapters.register_dumper(str, StrDumper)  # text, where the statement alone would not say what `$1` is
    adapters.register_loader("bool", _BoolAsInt)
    adapters.register_loader("numeric", _NumericAsNumber)


def _is_readable(socket: int) -> bool:
    poll = select.poll()  # unlike `select`, for any number of open files
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
