"""Databases of every engine for the contracts, with the newest schema or without any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from rag.state import DATABASES
from tests.fakes.postgres import PostgresServer
from tests.fakes.state import new_state_file


def _sqlite_url(request: pytest.FixtureRequest) -> AbstractContextManager[str]:
    folder: Path = request.getfixturevalue("tmp_path")
    return nullcontext(f"sqlite:///{new_state_file(folder / 'state.db')}")


def _postgresql_url(request: pytest.FixtureRequest) -> AbstractContextManager[str]:
    server: PostgresServer = request.getfixturevalue("server")
    return server.lent_database()


def _bare_sqlite_url(request: pytest.FixtureRequest) -> str:
    folder: Path = request.getfixturevalue("tmp_path")
    return f"sqlite:///{folder / 'state.db'}"


def _bare_postgresql_url(request: pytest.FixtureRequest) -> str:
    server: PostgresServer = request.getfixturevalue("server")
    return server.new_database()


_URLS: dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[str]]] = {
    "sqlite": _sqlite_url,
    "postgresql": _postgresql_url,
}
_BARE_URLS: dict[str, Callable[[pytest.FixtureRequest], str]] = {
    "sqlite": _bare_sqlite_url,
    "postgresql": _bare_postgresql_url,
}


@pytest.fixture(params=sorted(DATABASES))
def state_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of a database without rows; an engine that cannot be made here fails."""
    with _URLS[request.param](request) as url:
        yield url


@pytest.fixture(params=sorted(DATABASES))
def bare_state_url(request: pytest.FixtureRequest) -> str:
    """Of a database that has not even a schema."""
    return _BARE_URLS[request.param](request)
