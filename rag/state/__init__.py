"""The state database: engines, migrations and the small tables the core keeps.

`open_database` is the way in; an engine is one line in `DATABASES`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from rag.errors import ConfigurationError, ConfigurationProblem
from rag.ports import Clock, Database


async def _sqlite(url: str, clock: Clock) -> Database:
    """What follows `sqlite:///` is the file's path as it is: relative, or absolute with a fourth slash."""
    from rag.state.sqlite import SqliteDatabase

    path = url.removeprefix("sqlite:///")
    if path in {url, ""}:
        raise _wrong_url("sqlite:///path/to/state.db expected")
    return await SqliteDatabase.open(Path(path), clock)


DATABASES: Mapping[str, Callable[[str, Clock], Awaitable[Database]]] = MappingProxyType({"sqlite": _sqlite})
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
        raise _wrong_url(f"a URL that begins with {' or '.join(f'{known}://' for known in DATABASES)} expected")
    return await engine(url, clock)


def _wrong_url(expected: str) -> ConfigurationError:
    # The URL itself stays out of the message: one day it carries a password.
    return ConfigurationError([ConfigurationProblem("environment", None, "RAGBOT_STATE_URL", expected)])
