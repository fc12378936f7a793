"""What an engine brings along: its connection, as the worker thread uses it, and its locks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol

from rag.ports import Row, Value


class Session(ABC):
    """A connection as the worker thread uses it: outside `begin` … `commit` every statement commits itself."""

    @property
    @abstractmethod
    def is_usable(self) -> bool:
        """Whether the connection still stands, as far as can be told without asking the server."""

    @property
    @abstractmethod
    def is_in_transaction(self) -> bool:
        """Whether what was written since `begin` can still be committed or undone."""

    @abstractmethod
    def fetch(self, sql: str, values: Sequence[Value]) -> list[Row]:
        """Run one statement and return its rows."""

    @abstractmethod
    def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run one statement for every row, inside a transaction."""

    @abstractmethod
    def begin(self) -> None:
        """Begin the one transaction that writes, whatever other processes do."""

    @abstractmethod
    def mark(self) -> None:
        """Set the point to which `undo` goes back, in place of the one before."""

    @abstractmethod
    def undo(self) -> None:
        """Undo what was written since `mark`."""

    @abstractmethod
    def commit(self) -> None:
        """Write the transaction to disk."""

    @abstractmethod
    def roll_back(self) -> None:
        """Undo the transaction, where there is one."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    def begin_migrating(self) -> None:
        """`begin`, for as long as migrations take."""
        self.begin()

    def define(self, statement: str) -> None:
        """Run a statement of a migration."""
        self.fetch(statement, ())


class Lock(Protocol):
    """A lock over processes. Its methods block, though never for another holder."""

    def try_acquire(self) -> bool:
        """Take it if it is free."""
        ...

    @property
    def is_held(self) -> bool:
        """Whether it was taken and is still ours."""
        ...

    def release(self) -> None:
        """Free it, where it was taken."""
        ...


class Guarded:
    """The `Transaction` of one work.

    After a statement that failed there is no other: PostgreSQL would refuse it, and SQLite, where it has ended the
    transaction by itself, would commit it at once.
    """

    __slots__ = ("_failure", "_session", "_told")

    def __init__(self, session: Session, told: Callable[[Exception], Exception]) -> None:
        self._session = session
        self._told = told
        self._failure: Exception | None = None

    def fetch(self, sql: str, *values: Value) -> list[Row]:
        """Run one statement and return its rows; raises what the asker is to be told."""
        if self._failure is not None:
            raise self._failure
        try:
            return self._session.fetch(sql, values)
        except Exception as error:
            self._failure = self._told(error)
            if self._failure is error:
                raise
            raise self._failure from error

    def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run one statement for every row; raises what the asker is to be told."""
        if self._failure is not None:
            raise self._failure
        try:
            self._session.execute_many(sql, rows)
        except Exception as error:
            self._failure = self._told(error)
            if self._failure is error:
                raise
            raise self._failure from error

    def end(self) -> Exception | None:
        """Serve no longer, and tell which statement failed, if any."""
        failure, self._failure = self._failure, RuntimeError("the work that this transaction was for is over")
        return failure
