"""A bot in `WireRoom`, to be killed: `python -m tests.fakes.wire_bot PORT STATE_URL [CONFIG_FOLDER]`.

With a configuration folder it answers by `RagPipeline`; without one it repeats the question, piece by piece.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bot.access import Access
from bot.actions import Actions
from bot.conversation import Conversation
from bot.feedback import Feedback
from bot.journal import Journal
from bot.messages import Card, Deletion, IncomingMessage, Person, Press, Question, Thread
from bot.ports import Pipeline
from bot.presence import Presence
from bot.terms import Terms
from rag.clock import SystemClock
from rag.model import Event, Status, Token
from rag.pipeline import RagPipeline
from rag.ports import Database
from rag.state import open_database
from tests.fakes.scripted_pipeline import ScriptedPipeline, answer_to
from tests.fakes.talk import desk_of, herald_of
from tests.fakes.wire_room import NAME

_LINE_BYTES = 1_000_000
_PLACE = "C1"
_LONGEST_PAUSE_S = 0.04


class Wire:
    """The connection to the room."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Mapping[str, Any]]] = {}

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=_LINE_BYTES))

    async def call(self, do: str, **more: object) -> Mapping[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"call": number, "do": do, **more}).encode() + b"\n")
        told: Mapping[str, Any] = await answer
        return told

    def tell(self, do: str, **more: object) -> None:
        """Call without waiting for the answer."""
        self._writer.write(json.dumps({"call": 0, "do": do, **more}).encode() + b"\n")

    async def events(self) -> AsyncIterator[Mapping[str, Any]]:
        """What happens in the room, until it closes."""
        while line := await self._reader.readline():
            told = json.loads(line)
            if "event" in told:
                yield told["event"]
            elif (answer := self._answers.pop(told["call"], None)) and not answer.done():
                answer.set_result(told)


@dataclass(slots=True)
class WireReply:
    """A reply in the room; found again by the message that it replies to, whoever posted it, and under whatever name.

    Attributes:
        to: Empty where a button was pressed.
        address: Empty while nothing was posted, as far as is known here.
    """

    wire: Wire
    to: str
    address: str = ""
    reference: str = ""
    text: str = ""

    async def begin(self, reference: str, _moved: object = None) -> None:
        self.reference = reference
        await self._be_there()
        await self._show("thinking")

    async def status(self, text: str) -> None:
        await self._show("thinking", text)

    async def append(self, markdown: str) -> None:
        self.text += markdown
        await self._show("writing", self.text)

    async def restart(self, notice: str) -> None:
        self.text = ""
        await self._show("writing", notice)

    async def finish(self, card: Card) -> None:
        if not self.to:
            await self.wire.call("note", text=card.text)
            return
        self.reference = card.reference
        await self._be_there()
        await self._show("finished", card.text, card.actions)

    async def retract(self) -> None:
        # What was posted by a call that was cancelled a moment ago is found: calls are carried out in their order.
        address = self.address or (await self.wire.call("find", to=self.to))["address"]
        if address:
            await self.wire.call("delete", address=address)

    async def _be_there(self) -> None:
        if not self.address:
            self.address = (await self.wire.call("post", to=self.to))["address"]

    async def _show(self, kind: str, text: str = "", actions: tuple[str, ...] = ()) -> None:
        await self.wire.call(
            "show", address=self.address, kind=kind, text=text, actions=actions, reference=self.reference
        )


@dataclass(frozen=True, slots=True)
class WireReplies:
    """The room as `Conversation` sees it."""

    wire: Wire
    can_revise: bool = True

    async def acknowledge(self, message: IncomingMessage) -> None:
        self.wire.tell("acknowledge", event_id=message.event_id)

    def reply_to(self, cause: IncomingMessage | Press) -> WireReply:
        return WireReply(self.wire, cause.id if isinstance(cause, IncomingMessage) else "")

    def reply_again(self, question: Question) -> WireReply:
        return WireReply(self.wire, question.message_id, question.address)

    async def post(self, place: str, card: Card) -> None:
        self.wire.tell("post", place=place, text=card.text)


class RepeatingPipeline(ScriptedPipeline):
    """Repeats every question in a few words that take a moment each."""

    async def stream(self, question: str, *, reference: str | None = None, **_: object) -> AsyncGenerator[Event, None]:
        drawn = zlib.crc32(question.encode())
        words = ["You asked:", *question.split(), *["and"] * (drawn % 8), "so on."]
        yield Status("answering")
        for number, word in enumerate(words):
            await asyncio.sleep(_LONGEST_PAUSE_S * (drawn >> number & 7) / 7)
            yield Token(f"{word} ")
        yield answer_to(question, " ".join(words), reference=reference)


class WireBot:
    """Serves the room until it closes."""

    def __init__(self, conversation: Conversation, wire: Wire) -> None:
        self._conversation = conversation
        self._wire = wire
        self._replies = WireReplies(wire)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._conversation.watch())
            # Beside what happens meanwhile, as on platforms that deliver as soon as somebody is there.
            group.create_task(self._resume())
            async for event in self._wire.events():
                group.create_task(self._handle(event))
            watching.cancel()

    async def _resume(self) -> None:
        await self._conversation.resume(NAME, self._replies)

    async def _handle(self, event: Mapping[str, Any]) -> None:
        thread = Thread(NAME, _PLACE, event["thread"])
        match event["kind"]:
            case "message":
                await self._conversation.handle(_message(event, thread), self._replies)
                return
            case "press":
                await self._conversation.press(_press(event, thread), self._replies)
            case "deleted":
                await self._conversation.retract(Deletion(thread, event["id"]), self._replies)
        # When the reply is gone, not when the journal knows that it should be.
        self._wire.tell("acknowledge", event_id=event["event_id"])


def _message(event: Mapping[str, Any], thread: Thread) -> IncomingMessage:
    return IncomingMessage(
        event_id=event["event_id"],
        thread=thread,
        id=event["id"],
        author=_author(thread),
        text=event["text"],
        addressed=event["addressed"],
        is_edited=event["edited"],
    )


def _press(event: Mapping[str, Any], thread: Thread) -> Press:
    return Press(
        event_id=event["event_id"],
        thread=thread,
        author=_author(thread),
        action=event["action"],
        reference=event["reference"],
    )


def _author(thread: Thread) -> Person:
    return Person(id=f"U-{thread.id}", locale="en")


@asynccontextmanager
async def _pipeline(state_url: str, config: Path | None) -> AsyncIterator[tuple[Pipeline, Database]]:
    if config is None:
        database = await open_database(state_url, SystemClock())
        try:
            yield RepeatingPipeline(), database
        finally:
            await database.aclose()
        return
    environ = {"RAGBOT_STATE_URL": state_url, "RAGBOT_DATA": str(config.parent / "data")}
    async with await RagPipeline.open(config, environ=environ) as pipeline:
        yield pipeline, pipeline.database


async def _main(port: int, state_url: str, config: Path | None) -> None:
    async with _pipeline(state_url, config) as (pipeline, database), Presence(database) as presence:
        clock, access = SystemClock(), Access()
        journal = Journal(database, presence, clock, Terms())
        actions = Actions(journal=journal, feedback=Feedback(database, clock), pipeline=pipeline, access=access)
        desk = desk_of(pipeline, database, journal, access, clock=clock, presence=presence)
        conversation = Conversation(desk, actions, herald_of(desk, database, presence, clock), clock=clock)
        await WireBot(conversation, await Wire.open(port)).run()


if __name__ == "__main__":
    _port, _state_url, *_config = sys.argv[1:]
    asyncio.run(_main(int(_port), _state_url, Path(_config[0]) if _config else None))
