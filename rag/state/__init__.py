"""The state database: engines, migrations and the small tables the core keeps.

`open_database` is the way in; an engine is one line in `DATABASES`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from rag.errors import ConfigurationError, ConfigurationProblem, StateUnavailable
from rag.ports import Clock, Database
from rag.state.late import LateDatabase

_FORMS = "sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE expected"


async def _sqlite(url: str, clock: Clock) -> Database:
    """What follows `sqlite:///` is the file's path as it is: relative, or absolute with a fourth slash."""
    from rag.state.sqlite import SqliteDatabase

    path = url.removeprefix("sqlite:///")
    if path in {url, ""}:
        raise _wrong_url(_FORMS)
    return await SqliteDatabase.open(Path(path), clock)


async def _postgresql(url: str, clock: Clock) -> Database:
    """Any URL that libpq reads."""
    from rag.state.postgres import PostgresDatabase  # only those who use it pay for the import

    try:
        return await PostgresDatabase.open(url, clock)
    except ValueError:
        wrong = _wrong_url(f"{_FORMS}; in USER and PASSWORD write @ as %40, / as %2F and % as %25")
    raise wrong


DATABASES: Mapping[str, Callable[[str, Clock], Awaitable[Database]]] = MappingProxyType(
    {"sqlite": _sqlite, "postgresql": _postgresql}
)
"""Engines by the scheme of the state URL; each opens its database and brings it to the newest schema."""


async def open_database(url: str, clock: Clock) -> Database:
    """Open the state database that the URL names, ready for use.

    Raises:
        ConfigurationError: No engine reads such a URL.
        StateUnavailable: The database cannot be opened, or was made by a newer ragbot.
    """
    scheme, _, _ = url.partition("://")
    engine = DATABASES.get(scheme)
    if engine is None:
        raise _wrong_url(_FORMS)
    return await engine(url, clock)


async def open_in_time(url: str, clock: Clock) -> Database:
    """The same, but a database that cannot be opened now stands for itself and is opened as soon as it can be.

    Raises:
        ConfigurationError: No engine reads such a URL.
    """
    try:
        return await open_database(url, clock)
    except StateUnavailable as error:
        return LateDatabase(partial(open_database, url, clock), clock, reason=str(error))


def _wrong_url(expected: str) -> ConfigurationError:
    # The URL itself stays out of the message: it may carry a password.
    return ConfigurationError([ConfigurationProblem("environment", None, "RAGBOT_STATE_URL", expected)])
