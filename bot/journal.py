"""The journal: every message that was taken, from then until its answer was delivered, and what was said.

One transaction decides whether a message is taken and writes it down, so that of all processes one answers, and a
message that was taken is never lost.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, cast

from cachetools import TTLCache

from bot import threads
from bot.entries import (
    CLAIM,
    COLUMNS,
    NOBODY,
    UNDER_WAY,
    Entry,
    Outcome,
    Wish,
    entry_of,
    inherit,
    insert,
    rewrite,
    storable,
    strike_out,
    to_json,
    turns_before,
    was_struck_out,
)
from bot.messages import Deletion, IncomingMessage, Question, Thread
from bot.presence import Presence
from bot.steps import Steps
from bot.terms import Terms
from rag.errors import StateUnavailable
from rag.model import Answer
from rag.ports import Clock, Database, Row, Transaction, Value
from rag.state.timestamps import to_text

log = logging.getLogger(__name__)

# Slack delivers an event for the last time five minutes after the first.
_REMEMBERED, _REMEMBERED_S = 10_000, 3_600
_EVENTS_FOR = timedelta(days=2)


Delivered = Literal["delivered", "retracted", "overtaken"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A message to be answered.

    Attributes:
        revises: The same message as it was answered before.
    """

    question: Question
    revises: Question | None = None


class Journal:
    """The tables `questions`, `events` and `conversations`.

    Without the state database messages are still taken, and duplicates told apart in memory alone; nothing of that
    survives a restart.
    """

    def __init__(self, database: Database, presence: Presence, clock: Clock, terms: Terms) -> None:
        self._database = database
        self._presence = presence
        self._clock = clock
        self.terms = terms
        # Whether the journal knows of it, too.
        self._seen = TTLCache[tuple[str, ...], bool](_REMEMBERED, _REMEMBERED_S, timer=clock.monotonic)
        self._steps = Steps(database)
        self._active = TTLCache[Thread, None](_REMEMBERED, terms.idle.total_seconds(), timer=clock.monotonic)

    # A message comes

    async def take(self, message: IncomingMessage, reference: str) -> Taken | None:
        """Take a message to be answered under this reference.

        Returns:
            `None` for a message that is not for the bot, was taken before, or was edited in nothing, or too late.
        """
        if message.is_by_bot or message.addressed == "others" or self._is_repeated(message):
            return None
        if message.addressed == "thread" and not await self.is_heard(message):
            return None  # what is said beside the bot costs one look and no transaction
        message = replace(message, text=storable(message.text))
        try:
            owner = await self._presence.name()
            await self.catch_up()  # what was said before is part of the talk
            taken = await self._database.transact(
                lambda transaction: self._take(transaction, message, reference, owner)
            )
        except StateUnavailable as error:
            log.warning("not in the journal reference=%s: %s", reference, error)
            return self._taken_from_memory(message, reference)
        if taken is not None:
            self._remember(message, is_written=True)
        return taken

    async def claim(self, event: str) -> bool:
        """Whether this is the first delivery of an event."""
        if ("event", event) in self._seen:
            return False
        self._seen["event", event] = True
        try:
            return bool(await self._database.fetch(CLAIM, event, to_text(self._clock.now())))
        except StateUnavailable:
            return True

    def _take(self, transaction: Transaction, message: IncomingMessage, reference: str, owner: str) -> Taken | None:
        thread, now = message.thread, self._clock.now()
        known = transaction.fetch(
            f"SELECT {COLUMNS} FROM questions WHERE platform = $1 AND place = $2 AND message = $3",  # noqa: S608
            thread.platform,
            thread.place,
            message.id,
        )
        before = entry_of(known[0]) if known else None
        if not (self._is_in_time(message, now) if before is None else self._is_revision(message, before, now)):
            return None
        if not threads.is_for_the_bot(
            message.addressed, threads.standing_in(transaction.fetch(*threads.query(thread))), now, self.terms.idle
        ):
            return None
        if before is None and was_struck_out(transaction, thread, message.id):
            return None
        if not transaction.fetch(CLAIM, _event(message), to_text(now)):
            return None
        threads.write(transaction, thread, "active", now)
        question = _question(message, reference)
        if before is None:
            insert(transaction, question, owner, now, is_resumable=message.is_resumable)
            history = message.history or turns_before(transaction, question, to_text(now))
            return Taken(replace(question, history=history))
        revised = before.question
        asked_at = rewrite(transaction, revised.reference, question, owner, now)
        history = turns_before(transaction, question, asked_at)
        return Taken(replace(question, address=revised.address, history=history), revises=revised)

    def _is_revision(self, message: IncomingMessage, before: Entry, now: datetime) -> bool:
        changed = message.is_edited and message.text.strip() != before.question.text.strip()
        return changed and before.state != "retracted" and now - before.taken_at < self.terms.edit

    def _is_in_time(self, message: IncomingMessage, now: datetime) -> bool:
        return not message.is_edited or message.sent_at is None or now - message.sent_at < self.terms.edit

    async def is_heard(self, message: IncomingMessage) -> bool:
        """Whether the contract of its conversation lets the bot answer a message."""
        thread, now = message.thread, self._clock.now()
        try:
            standing = threads.standing_in(await self._database.fetch(*threads.query(thread)))
        except StateUnavailable:
            return message.addressed in {"mention", "direct"} or thread in self._active
        return threads.is_for_the_bot(message.addressed, standing, now, self.terms.idle)

    def _is_repeated(self, message: IncomingMessage) -> bool:
        event, place = _keys(message)
        # An edit says something new, unless the journal cannot tell what it changes.
        return event in self._seen or (place in self._seen and not (message.is_edited and self._seen[place]))

    def _taken_from_memory(self, message: IncomingMessage, reference: str) -> Taken | None:
        if message.is_edited or self._is_repeated(message):
            return None
        self._remember(message, is_written=False)
        return Taken(replace(_question(message, reference), history=message.history, is_written=False))

    def _remember(self, message: IncomingMessage, *, is_written: bool) -> None:
        self._seen.update(dict.fromkeys(_keys(message), is_written))
        self._active[message.thread] = None

    # Its answer goes

    async def begin(self, question: Question, address: str) -> bool:
        """Note that it was counted, and where its reply is shown; false where it is not to be answered any more."""
        if not question.is_written:
            return True
        rows = await self._note(
            question,
            "UPDATE questions SET state = 'answering', address = $2"  # noqa: S608 - a condition of ours
            f" WHERE reference = $1 AND owner = $3 AND {UNDER_WAY} RETURNING 1",
            address,
            self._presence.known_name,
        )
        return rows != []

    async def keep(self, question: Question, outcome: Outcome, *, said: str | None, answer: Answer | None) -> bool:
        """Write down how it ended, before it is shown; false where it is not in this process's hands any more."""
        if not question.is_written:
            return True
        rows = await self._note(
            question,
            "UPDATE questions SET outcome = $2, said = $3, answer = $4, task = $6, model = $7, reason = $8,"  # noqa: S608
            f" cost_micro_usd = $9 WHERE reference = $1 AND owner = $5 AND {UNDER_WAY} RETURNING 1",
            outcome,
            None if said is None else storable(said),
            None if answer is None else to_json(answer),
            self._presence.known_name,
            *((None,) * 4 if answer is None else _figures(answer)),
        )
        return rows != []

    async def deliver(self, question: Question, address: str = "") -> Delivered:
        """Note that whoever asked has seen how it ended; returns whether that is how it stands now.

        Args:
            address: Where its reply stands now; empty where that has not changed.
        """
        # Also where it seems not to be written: a commit may have got through whose answer did not.
        rows = await self._note(
            question,
            f"UPDATE questions SET state = CASE WHEN owner = $2 AND {UNDER_WAY} THEN 'delivered' ELSE state END,"  # noqa: S608
            f" address = CASE WHEN owner = $2 AND {UNDER_WAY} AND $3 <> '' THEN $3 ELSE address END"
            " WHERE reference = $1 RETURNING state",
            self._presence.known_name,
            address,
        )
        if rows == []:
            return "overtaken" if question.is_written else "delivered"
        return "retracted" if rows == [("retracted",)] else "delivered"

    async def stands_now(self, question: Question) -> Entry | None:
        """The same message as it stands now, under whichever reference.

        Raises:
            StateUnavailable: Nobody knows.
        """
        thread = question.thread
        by_message = "platform = $1 AND place = $2 AND message = $3"
        return await self._one(by_message, thread.platform, thread.place, question.message_id)

    async def release(self, question: Question) -> None:
        """Give a question up whose end could not be shown: whoever looks next for what was left takes it over."""
        await self._note(
            question,
            f"UPDATE questions SET owner = '{NOBODY}', refused = refused + 1"  # noqa: S608 - a condition of ours
            f" WHERE reference = $1 AND owner = $2 AND {UNDER_WAY} RETURNING 1",
            self._presence.known_name,
        )

    async def _note(self, question: Question, sql: str, *values: Value) -> list[Row] | None:
        """Write down a step of a question; returns `None` where it cannot be written yet."""
        return await self._steps.write(sql, question.reference, *values)

    async def catch_up(self) -> None:
        """Write down the steps that could not be written when they were taken.

        Raises:
            StateUnavailable: They cannot be written yet.
        """
        await self._steps.catch_up()

    # Somebody wants something else

    async def find(self, thread: Thread, reference: str = "", *, commands: bool = False) -> Entry | None:
        """The question of this reference in this place; without one, the last of the thread that had an answer.

        Args:
            commands: What was taken for a command, in place of a question.

        Raises:
            StateUnavailable: Nobody knows.
        """
        in_place = "platform = $1 AND place = $2"
        if reference:
            of_it = f"{in_place} AND reference = $3 AND state <> 'retracted'"
            return await self._one(of_it, thread.platform, thread.place, reference)
        ended = "=" if commands else "<>"
        had_an_answer = f"{in_place} AND thread = $3 AND outcome {ended} 'command' AND state = 'delivered'"
        return await self._one(had_an_answer, thread.platform, thread.place, thread.id)

    async def find_under_way(self, thread: Thread, reference: str = "") -> Entry | None:
        """The question of this reference that is being answered; without one, the last of the thread.

        Raises:
            StateUnavailable: Nobody knows.
        """
        which = "reference" if reference else "thread"
        under_way = f"platform = $1 AND place = $2 AND {which} = $3 AND state = 'answering'"
        return await self._one(under_way, thread.platform, thread.place, reference or thread.id)

    async def recent(self, platform: str, author: str, most: int) -> Sequence[Entry]:
        """What a person asked last on a platform, the newest first; neither commands nor what was taken back.

        Raises:
            StateUnavailable: Nobody knows.
        """
        await self.catch_up()
        rows = await self._database.fetch(
            f"SELECT {COLUMNS} FROM questions WHERE platform = $1 AND author = $2 AND state <> 'retracted'"  # noqa: S608
            " AND (outcome IS NULL OR outcome <> 'command') ORDER BY asked_at DESC LIMIT $3",
            platform,
            author,
            most,
        )
        return [entry_of(row) for row in rows]

    async def _one(self, where: str, *values: Value) -> Entry | None:
        await self.catch_up()
        rows = await self._database.fetch(
            f"SELECT {COLUMNS} FROM questions WHERE {where} ORDER BY asked_at DESC LIMIT 1",  # noqa: S608
            *values,
        )
        return entry_of(rows[0]) if rows else None

    async def take_again(self, question: Question, reference: str) -> Question | None:
        """Take a question once more, under another reference; `None` where somebody else has just done so.

        Args:
            question: As it was answered, with who asks it now.

        Raises:
            StateUnavailable: Nobody knows.
        """
        owner = await self._presence.name()

        def work(transaction: Transaction) -> Question | None:
            answered = "SELECT 1 FROM questions WHERE reference = $1 AND state = 'delivered'"
            if not transaction.fetch(answered, question.reference):
                return None
            after, now = replace(question, reference=reference, is_counted=False), self._clock.now()
            asked_at = rewrite(transaction, question.reference, after, owner, now)
            threads.write(transaction, question.thread, "active", now)
            return replace(after, history=turns_before(transaction, after, asked_at))

        return await self._database.transact(work)

    async def wish_stopped(self, reference: str) -> None:
        """Ask whichever process has it in hand to stop.

        Raises:
            StateUnavailable: It cannot be told.
        """
        await self._database.fetch("UPDATE questions SET wish = 'stop' WHERE reference = $1", reference)

    async def retract(self, deletion: Deletion) -> Question | None:
        """Strike out a message that was deleted, and what was said to it; `None` where it was never taken.

        Raises:
            StateUnavailable: Nobody knows.
        """
        now = self._clock.now()
        # In its turn: not between the look that another work takes at the question and what that writes.
        return await self._database.transact(partial(strike_out, deletion=deletion, now=now))

    async def let_stand(self, thread: Thread, state: threads.ThreadState) -> None:
        """Let a conversation stand so from now on.

        Raises:
            StateUnavailable: It cannot be written.
        """
        await self._database.transact(lambda transaction: threads.write(transaction, thread, state, self._clock.now()))
        if state != "active":
            self._active.pop(thread, None)

    async def wishes(self) -> dict[str, Wish | None]:
        """All that this process has in hand by the journal, and what is asked of it.

        Raises:
            StateUnavailable: Nobody knows.
        """
        rows = await self._database.fetch(
            "SELECT reference, CASE state WHEN 'retracted' THEN state ELSE wish END FROM questions WHERE owner = $1"
            " AND state IN ('accepted', 'answering', 'retracted') AND (state <> 'retracted' OR taken_at >= $2)",
            await self._presence.name(),
            to_text(self._clock.now() - self.terms.resume),
        )
        return {str(reference): cast("Wish | None", wish) for reference, wish in rows}

    # After a restart

    async def left_behind(self, platform: str) -> Sequence[Entry]:
        """The questions of this platform that a process which is gone has left unfinished, now in this one's hands.

        Raises:
            StateUnavailable: Nobody knows.
        """
        me = await self._presence.name()
        await self.catch_up()
        # Of all platforms: SQLite would look for what is under way among everything that this one ever asked.
        rows = await self._database.fetch(
            f"SELECT DISTINCT owner FROM questions WHERE {UNDER_WAY} AND owner <> $1",  # noqa: S608
            me,
        )
        owners = [str(owner) for (owner,) in rows]
        gone = [owner for owner in owners if owner == NOBODY or await self._presence.is_gone(owner)]
        if not gone:
            return ()
        return await self._database.transact(partial(inherit, platform=platform, owners=gone, heir=me))

    def is_young(self, entry: Entry) -> bool:
        """Whether whoever asked still waits for the answer."""
        return self._clock.now() - entry.taken_at < self.terms.resume

    # Housekeeping

    async def tidy(self) -> None:
        """Drop what need not be kept any longer.

        Raises:
            StateUnavailable: It cannot be done.
        """
        now = self._clock.now()
        kept = to_text(now - self.terms.keep)
        await self._database.fetch("DELETE FROM questions WHERE asked_at < $1", kept)
        # The others stay: whoever told the bot to keep quiet has not taken it back.
        await self._database.fetch("DELETE FROM conversations WHERE active_at < $1 AND state = 'active'", kept)
        await self._database.fetch("DELETE FROM events WHERE at < $1", to_text(now - _EVENTS_FOR))


def _question(message: IncomingMessage, reference: str) -> Question:
    return Question(
        reference=reference,
        thread=message.thread,
        message_id=message.id,
        author=message.author,
        text=message.text,
        is_question=message.is_question,
    )


def _figures(answer: Answer) -> tuple[Value, ...]:
    """What reports say of an answer."""
    model = None if answer.model is None else f"{answer.provider}/{answer.model}"
    return answer.task, model, answer.rung_reason, answer.cost_micro_usd


def _event(message: IncomingMessage) -> str:
    return f"{message.thread.platform}:{message.event_id}"


def _keys(message: IncomingMessage) -> tuple[tuple[str, ...], ...]:
    """What a message is known again by: as an event, and by its place."""
    return ("event", _event(message)), (message.thread.platform, message.thread.place, message.id)


async def forget(database: Database, author: str, *, besides: str = "") -> Sequence[str]:
    """Erase what a person asked and was answered; returns the questions.

    Args:
        besides: The call that asks for it stays until it is answered, but says no more whose it was.

    Raises:
        StateUnavailable: The database does not answer; nothing was erased.
    """

    def work(transaction: Transaction) -> Sequence[str]:
        transaction.fetch("UPDATE questions SET payer = NULL WHERE payer = $1 AND author <> $1", author)
        transaction.fetch(
            "UPDATE questions SET author = '', payer = NULL, roles = '[]', workspace = '' WHERE reference = $1", besides
        )
        rows = transaction.fetch("DELETE FROM questions WHERE author = $1 RETURNING question", author)
        return [str(question) for (question,) in rows]

    return await database.transact(work)
