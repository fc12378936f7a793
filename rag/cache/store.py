"""Answers in the state database, as JSON, with what they need to live."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from rag.errors import StateUnavailable
from rag.model import Answer
from rag.ports import Database, Row, Transaction, Value
from rag.state.timestamps import to_text

if TYPE_CHECKING:
    from pydantic import TypeAdapter

log = logging.getLogger(__name__)

# Of the questions with one gist, the newest so many are compared.
_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer with what it needs to live.

    Attributes:
        documents: Content hashes of the documents that it cites, by their ids.
    """

    answer: Answer
    documents: Mapping[str, str]
    made_at: datetime


class AnswerStore:
    """Entries by the keys of their contracts; a database that does not answer is an empty one.

    Args:
        max_entries: At most; the oldest go first.
    """

    def __init__(self, database: Database, *, max_entries: int) -> None:
        self._database = database
        self._max_entries = max_entries

    async def find(self, key: str, gist: str | None) -> list[tuple[str, Entry]]:
        """The entry of this key, if there is one, then those of questions with this gist, the newest first."""
        rows = await self._run(
            "SELECT key, entry FROM answers WHERE key = $1 OR gist = $2 ORDER BY made_at DESC LIMIT $3",
            key,
            gist,
            _CANDIDATES,
        )
        found = []
        for known, raw in sorted(rows, key=lambda row: row[0] != key):
            try:
                found.append((str(known), _format().validate_json(str(raw))))
            except ValueError as error:
                log.warning("dropping an answer that cannot be read: %s", error)
                await self._run("DELETE FROM answers WHERE key = $1", known)
        return found

    async def keep(self, key: str, gist: str | None, entry: Entry) -> None:
        """Write an entry, in place of an older one."""
        await self._run(
            "INSERT INTO answers (key, gist, entry, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT (key)"
            " DO UPDATE SET gist = excluded.gist, entry = excluded.entry, made_at = excluded.made_at",
            key,
            gist,
            _format().dump_json(entry).decode(),
            to_text(entry.made_at),
        )

    async def drop(self, key: str, entry: Entry) -> None:
        """Remove an entry, unless somebody wrote a newer one."""
        await self._run("DELETE FROM answers WHERE key = $1 AND made_at = $2", key, to_text(entry.made_at))

    async def trim(self, before: datetime) -> None:
        """Remove what was made before this time, and what is too many."""
        await self._run(
            "DELETE FROM answers WHERE made_at < $1"
            " OR made_at <= (SELECT made_at FROM answers ORDER BY made_at DESC LIMIT 1 OFFSET $2)",
            to_text(before),
            self._max_entries,
        )

    async def _run(self, sql: str, *values: Value) -> list[Row]:
        try:
            return await self._database.fetch(sql, *values)
        except StateUnavailable as error:
            log.warning("answers are remembered in memory alone: %s", error)
            return []


async def forget(database: Database, questions: Collection[str]) -> None:
    """Remove the answers to these very questions, whoever else may have asked them.

    Raises:
        StateUnavailable: The database does not answer.
    """
    asked = {question.strip().casefold() for question in questions}

    def work(transaction: Transaction) -> None:
        for key, raw in transaction.fetch("SELECT key, entry FROM answers"):
            if json.loads(str(raw))["answer"]["question"].strip().casefold() in asked:
                transaction.fetch("DELETE FROM answers WHERE key = $1", key)

    if asked:
        await database.transact(work)


@cache
def _format() -> TypeAdapter[Entry]:
    # Off the start path: it takes milliseconds to make, and the first answer takes seconds.
    from pydantic import TypeAdapter

    return TypeAdapter(Entry)
