"""A platform and a pipeline that take no time of their own: what is left is the conversation's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from time import perf_counter

from bot.messages import Card, IncomingMessage, Person, Press, Question, Thread
from rag.model import Event, Status, Token
from tests.fakes.scripted_pipeline import BUDGET, ScriptedPipeline, answer_to

_PEOPLE = 1_000


class InstantPipeline(ScriptedPipeline):
    """Answers at once, always the same."""

    async def stream(self, question: str, *, reference: str | None = None, **_: object) -> AsyncGenerator[Event, None]:
        yield Status("answering")
        yield Token(BUDGET)
        yield answer_to(question, BUDGET, reference=reference)


class SilentPipeline(ScriptedPipeline):
    """Never answers."""

    async def stream(self, question: str, **_: object) -> AsyncGenerator[Event, None]:
        del question
        yield Status("answering")
        await asyncio.Event().wait()


@dataclass(slots=True)
class Replied:
    """A reply that nobody looks at.

    Attributes:
        shown: Its finished cards.
        shown_at: When the last of them was shown.
    """

    replies: InstantReplies
    shown: list[Card] = field(default_factory=list)
    shown_at: float = 0.0
    address: str = ""

    async def begin(self, reference: str, _moved: object = None) -> None:
        self.address = f"address of {reference}"

    async def status(self, text: str) -> None:
        del text
        self.replies.count_one()

    async def append(self, markdown: str) -> None:
        del markdown

    async def restart(self, notice: str) -> None:
        del notice

    async def finish(self, card: Card) -> None:
        self.shown.append(card)
        self.shown_at = perf_counter()

    async def retract(self) -> None:
        raise AssertionError("nobody deletes anything here")


class InstantReplies:
    """Replies by the messages that they answer.

    Attributes:
        waiting: Set once as many have said what they do as were `awaited`.
    """

    can_revise = True

    def __init__(self, awaited: int = 0) -> None:
        self.replies: dict[str, Replied] = {}
        self.waiting = asyncio.Event()
        self._awaited = awaited
        self._told = 0

    async def acknowledge(self, message: IncomingMessage) -> None:
        del message

    def reply_to(self, cause: IncomingMessage | Press) -> Replied:
        assert isinstance(cause, IncomingMessage)
        reply = self.replies[cause.id] = Replied(self)
        return reply

    def reply_again(self, question: Question) -> Replied:
        raise AssertionError(f"nobody asks {question.reference} again")

    async def post(self, place: str, card: Card) -> None:
        del place, card

    def count_one(self) -> None:
        self._told += 1
        if self._told == self._awaited:
            self.waiting.set()


def message(number: int, thread: str, text: str) -> IncomingMessage:
    """A question in a thread, asked by one of many people."""
    return IncomingMessage(
        event_id=f"E{number}",
        thread=Thread("room", "C1", thread),
        id=f"M{number}",
        author=Person(id=f"U{number % _PEOPLE}", locale="en"),
        text=text,
        addressed="mention",
    )
