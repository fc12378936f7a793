"""A real PostgreSQL for the contracts that need one, and empty databases of every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.state import DATABASES
from tests.fakes.postgres import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


def _sqlite_url(request: pytest.FixtureRequest) -> str:
    folder: Path = request.getfixturevalue("tmp_path")
    return f"sqlite:///{folder / 'state.db'}"


def _postgresql_url(request: pytest.FixtureRequest) -> str:
    server: PostgresServer = request.getfixturevalue("server")
    return server.new_database()


_URLS: dict[str, Callable[[pytest.FixtureRequest], str]] = {"sqlite": _sqlite_url, "postgresql": _postgresql_url}


@pytest.fixture(params=sorted(DATABASES))
def state_url(request: pytest.FixtureRequest) -> str:
    """Of an empty database; an engine that cannot be made here fails."""
    return _URLS[request.param](request)
