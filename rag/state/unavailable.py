"""Stands in for a state database that could not be opened: free rungs go on, nothing paid does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from rag.errors import StateUnavailable
from rag.ports import Row, Transaction, Value

T = TypeVar("T")


class UnavailableDatabase:
    """Fits the `Database` port; every statement says why there is no database."""

    kind = "unavailable"

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def fetch(self, sql: str, *values: Value) -> list[Row]:
        """Raise `StateUnavailable`."""
        del sql, values
        raise StateUnavailable(self._reason)

    async def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Raise `StateUnavailable`."""
        del sql, rows
        raise StateUnavailable(self._reason)

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """Raise `StateUnavailable`; the work does not begin."""
        del work
        raise StateUnavailable(self._reason)

    def exclusive(self, name: str, *, timeout_s: float) -> AbstractAsyncContextManager[None]:
        """Raise `StateUnavailable`: what cannot be locked is not done."""
        del name, timeout_s
        raise StateUnavailable(self._reason)

    async def aclose(self) -> None:
        """There is nothing to close."""
