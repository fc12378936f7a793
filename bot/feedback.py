"""What people thought of answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from uuid import uuid4

from bot.entries import storable
from bot.messages import Press, Question
from rag.ports import Clock, Database, Transaction
from rag.state.timestamps import from_text, to_text

Verdict = Literal["good", "bad"]

_MOST_COMPLAINTS = 100


@dataclass(frozen=True, slots=True)
class Complaint:
    """A 👎.

    Attributes:
        question: `None` where it was deleted, or whoever asked it is forgotten.
        reason: What was wrong; empty where the person did not say.
    """

    reference: str
    at: datetime
    place: str
    question: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Ratings:
    """What people thought of the answers of a stretch of time.

    Attributes:
        complaints: The newest first, a hundred at most.
    """

    good: int
    bad: int
    complaints: tuple[Complaint, ...]


class Feedback:
    """The table `feedback`: one verdict of each person on each answer, the last one counts.

    Every method raises `StateUnavailable` where the database does not answer.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def give(self, press: Press, question: Question, verdict: Verdict) -> None:
        """Write a verdict down, with what was wrong, if that was said."""
        await self._database.fetch(
            "INSERT INTO feedback (reference, author, platform, place, message, asker, question, verdict, reason, at)"
            " VALUES ($1, $2, $3, $4, $5, coalesce((SELECT author FROM questions WHERE reference = $1), $6), $7, $8,"
            " $9, $10) ON CONFLICT (reference, author) DO UPDATE"
            " SET verdict = excluded.verdict, reason = excluded.reason, at = excluded.at",
            question.reference,
            press.author.id,
            question.thread.platform,
            question.thread.place,
            question.message_id,
            question.author.id,
            question.text,
            verdict,
            storable(press.text.strip()),
            to_text(self._clock.now()),
        )

    async def ratings(self, since: datetime, until: datetime) -> Ratings:
        """The verdicts that were given in this time."""
        within = to_text(since), to_text(until)
        counts = await self._database.fetch(
            "SELECT verdict, count(*) FROM feedback WHERE at >= $1 AND at < $2 GROUP BY verdict", *within
        )
        rows = await self._database.fetch(
            "SELECT reference, at, place, question, reason FROM feedback"
            " WHERE at >= $1 AND at < $2 AND verdict = 'bad' ORDER BY at DESC LIMIT $3",
            *within,
            _MOST_COMPLAINTS,
        )
        by_verdict = {cast("Verdict", verdict): int(count or 0) for verdict, count in counts}
        return Ratings(
            good=by_verdict.get("good", 0),
            bad=by_verdict.get("bad", 0),
            complaints=tuple(
                Complaint(str(reference), from_text(at), str(place), None if asked is None else str(asked), str(reason))
                for reference, at, place, asked, reason in rows
            ),
        )

    async def tidy(self, before: datetime) -> None:
        """Drop what was given before this time."""
        await self._database.fetch("DELETE FROM feedback WHERE at < $1", to_text(before))


async def forget(database: Database, author: str) -> int:
    """Erase who gave verdicts, their words, and what they asked; the verdicts count on. Returns how many were theirs.

    Raises:
        StateUnavailable: The database does not answer; nothing was erased.
    """

    def work(transaction: Transaction) -> int:
        rows = transaction.fetch("SELECT reference FROM feedback WHERE author = $1", author)
        transaction.execute_many(
            "UPDATE feedback SET author = $3, reason = '' WHERE reference = $1 AND author = $2",
            # Another name for each: several who rated one answer may be forgotten, and nobody is put together again.
            [(reference, author, f"forgotten-{uuid4().hex}") for (reference,) in rows],
        )
        transaction.fetch("UPDATE feedback SET asker = NULL, question = NULL WHERE asker = $1", author)
        return len(rows)

    return await database.transact(work)
