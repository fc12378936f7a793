"""The rows of the table `questions`: what the journal knows of a message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, cast

from bot.messages import Deletion, Locale, Person, Question, Thread
from rag.model import Answer, Turn
from rag.ports import Row, Transaction
from rag.state.timestamps import from_text, to_text

if TYPE_CHECKING:
    from pydantic import TypeAdapter

State = Literal["accepted", "answering", "delivered", "retracted"]
Outcome = Literal["answered", "refused", "failed", "stopped", "command", "apologised", "abandoned"]
Wish = Literal["stop", "superseded", "retracted"]

NOBODY: Final = ""
"""The owner of a question that nobody has in hand."""
UNDER_WAY: Final = "state IN ('accepted', 'answering')"
COLUMNS: Final = (
    "reference, platform, place, thread, message, author, workspace, roles, locale, question, state, owner, address,"
    " resumed, refused, wish, is_another, is_question, is_outside, within_places, payer, outcome, said,"
    " answer, taken_at"
)
CLAIM: Final = "INSERT INTO events (event, at) VALUES ($1, $2) ON CONFLICT (event) DO NOTHING RETURNING 1"
# More of them than a model is ever told.
_MOST_EXCHANGES: Final = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """A question as it stands.

    Attributes:
        owner: The process that has it in hand.
        resumed: How many processes have taken it over from one that was gone.
        refused: How often the platform would not take its reply.
        wish: What was asked of its owner.
        outcome: How it ended; `None` while it has not.
        said: What the bot said that later questions may lean on.
        answer: `None` where there is none, or none from the documents, or none that this version can read.
        taken_at: When it was asked, or asked again.
    """

    question: Question
    state: State
    owner: str
    resumed: int
    refused: int
    wish: Wish | None
    outcome: Outcome | None
    said: str | None
    answer: Answer | None
    taken_at: datetime


def insert(transaction: Transaction, question: Question, owner: str, now: datetime, *, is_resumable: bool) -> None:
    """Write down a message that was just taken."""
    thread, author = question.thread, question.author
    transaction.fetch(
        "INSERT INTO questions (reference, platform, place, thread, message, author, workspace, roles, locale,"
        " question, state, owner, address, is_resumable, resumed, asked_at, taken_at, is_question, is_outside,"
        " within_places)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'accepted', $11, '', $12, 0, $13, $13, $14, $15, $16)",
        question.reference,
        thread.platform,
        thread.place,
        thread.id,
        question.message_id,
        author.id,
        author.workspace,
        json.dumps(sorted(author.roles)),
        author.locale,
        question.text,
        owner,
        int(is_resumable),
        to_text(now),
        int(question.is_question),
        int(author.is_outside),
        json.dumps(author.within),
    )


def rewrite(transaction: Transaction, before: str, question: Question, owner: str, now: datetime) -> str:
    """Put a question in the place of the one of this reference, as just taken; returns when that was asked first."""
    payer = question.author
    ((asked_at,),) = transaction.fetch(
        "UPDATE questions SET reference = $2, question = $3, state = 'accepted', owner = $4, taken_at = $5,"
        " resumed = 0, refused = 0, wish = NULL, outcome = NULL, said = NULL, answer = NULL, is_another = $6,"
        " payer = $7, workspace = $8, roles = $9, locale = $10, is_question = $11, is_outside = $12,"
        " within_places = $13, task = NULL, model = NULL,"
        " reason = NULL, cost_micro_usd = NULL WHERE reference = $1 RETURNING asked_at",
        before,
        question.reference,
        question.text,
        owner,
        to_text(now),
        int(question.is_another),
        payer.id,
        payer.workspace,
        json.dumps(sorted(payer.roles)),
        payer.locale,
        int(question.is_question),
        int(payer.is_outside),
        json.dumps(payer.within),
    )
    return str(asked_at)


def turns_before(transaction: Transaction, question: Question, before: str) -> tuple[Turn, ...]:
    """What was said in its conversation before this time, oldest first.

    To a question from outside, nothing that was said from more than is public: it would be told there again.
    """
    thread = question.thread
    rows = transaction.fetch(
        "SELECT question, said FROM questions WHERE platform = $1 AND place = $2 AND thread = $3"
        " AND asked_at < $4 AND said IS NOT NULL AND is_outside >= $6 ORDER BY asked_at DESC LIMIT $5",
        thread.platform,
        thread.place,
        thread.id,
        before,
        _MOST_EXCHANGES,
        int(question.author.is_outside),
    )
    return tuple(
        turn
        for question, said in reversed(rows)
        for turn in (Turn("user", str(question)), Turn("assistant", str(said)))
    )


def strike_out(transaction: Transaction, *, deletion: Deletion, now: datetime) -> Question | None:
    """Strike out a message that was deleted; one that is not there yet will not be taken."""
    thread = deletion.thread
    where = thread.platform, thread.place, deletion.message_id
    rows = transaction.fetch(
        "UPDATE questions SET state = 'retracted', question = '', said = NULL, answer = NULL"  # noqa: S608
        # Once more where it is struck out already: who did so may have died before the reply was gone.
        f" WHERE platform = $1 AND place = $2 AND message = $3 RETURNING {COLUMNS}",
        *where,
    )
    if not rows:
        transaction.fetch(CLAIM, _deleted(thread, deletion.message_id), to_text(now))
        return None
    transaction.fetch("UPDATE feedback SET question = NULL WHERE platform = $1 AND place = $2 AND message = $3", *where)
    return entry_of(rows[0]).question


def was_struck_out(transaction: Transaction, thread: Thread, message_id: str) -> bool:
    """Whether a message was deleted before it came."""
    return bool(transaction.fetch("SELECT 1 FROM events WHERE event = $1", _deleted(thread, message_id)))


def inherit(transaction: Transaction, *, platform: str, owners: Sequence[str], heir: str) -> list[Entry]:
    """Put what these owners have left unfinished on a platform into the hands of an heir."""
    rows: list[Row] = []
    for owner in owners:
        transaction.fetch(
            "UPDATE questions SET state = 'delivered', outcome = 'abandoned'"  # noqa: S608 - a condition of ours
            f" WHERE platform = $1 AND owner = $2 AND {UNDER_WAY} AND is_resumable = 0",
            platform,
            owner,
        )
        rows += transaction.fetch(
            # Who gave it up has not died of it.
            f"UPDATE questions SET owner = $3, resumed = resumed + {int(owner != NOBODY)} WHERE platform = $1"  # noqa: S608
            f" AND owner = $2 AND {UNDER_WAY} RETURNING asked_at, {COLUMNS}",
            platform,
            owner,
            heir,
        )
    entries = []
    for asked_at, *row in sorted(rows, key=lambda row: str(row[0])):
        entry = entry_of(tuple(row))
        turns = turns_before(transaction, entry.question, str(asked_at))
        entries.append(replace(entry, question=replace(entry.question, history=turns)))
    return entries


def entry_of(row: Row) -> Entry:
    """What a row of `COLUMNS` says."""
    reference, platform, place, thread, message, author, workspace, roles, locale, *rest = row
    text, state, owner, address, resumed, refused, wish, is_another, is_question, *end = rest
    is_outside, within, payer, outcome, said, answer, taken_at = end
    person = Person(
        id=str(author if payer is None else payer),
        locale=cast("Locale", locale),
        workspace=str(workspace),
        roles=frozenset(json.loads(str(roles))),
        is_outside=bool(is_outside),
        within=tuple(json.loads(str(within))),
    )
    question = Question(
        reference=str(reference),
        thread=Thread(str(platform), str(place), str(thread)),
        message_id=str(message),
        author=person,
        text=str(text),
        address=str(address),
        is_counted=state == "answering",
        is_another=bool(is_another),
        is_question=bool(is_question),
    )
    return Entry(
        question,
        cast("State", state),
        str(owner),
        int(resumed or 0),
        int(refused or 0),
        cast("Wish | None", wish),
        cast("Outcome | None", outcome),
        None if said is None else str(said),
        None if answer is None else _answer_of(str(answer)),
        from_text(taken_at),
    )


def to_json(answer: Answer) -> str:
    """An answer for the database."""
    return storable(json.dumps(_format().dump_python(answer, mode="json"), ensure_ascii=False))


def storable(text: str) -> str:
    """A text without what a database cannot keep: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def _deleted(thread: Thread, message_id: str) -> str:
    return f"{thread.platform}:deleted:{thread.place}:{message_id}"


def _answer_of(text: str) -> Answer | None:
    try:
        return _format().validate_json(text)
    except ValueError:  # another version of ragbot wrote it
        return None


@cache
def _format() -> TypeAdapter[Answer]:
    # Off the start path: it takes milliseconds to make, and the first answer takes seconds.
    from pydantic import TypeAdapter

    return TypeAdapter(Answer)
