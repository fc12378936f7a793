"""A chat room over TCP whose messages outlive the bot that wrote them, and which delivers until it is acknowledged.

Lines of JSON. The room sends `{"event": …}`; the bot makes calls, `{"call": 1, "do": "post", …}`, and each is answered:
`{"call": 1, …}`. A call takes effect at once and is answered a little later, as in life: who dies in between does not
know what became of it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, Self

Kind = Literal["thinking", "writing", "finished"]
NAME = "room"
_LATEST_S = 0.01
_LINE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Shown:
    """What a post looked like for a while; `actions` are its buttons."""

    kind: Kind
    text: str
    actions: tuple[str, ...] = ()

    @property
    def is_answer(self) -> bool:
        """Whether it is an answer that is whole: no other has a thumb to press."""
        return self.kind == "finished" and "good" in self.actions


@dataclass(slots=True)
class Post:
    """A message of the bot.

    Attributes:
        to: The message that it replies to.
        reference: What its buttons are about.
        log: All that it ever looked like, in order.
    """

    address: str
    to: str
    reference: str = ""
    log: list[Shown] = field(default_factory=list)
    is_deleted: bool = False

    @property
    def last(self) -> Shown:
        return self.log[-1]


@dataclass(slots=True)
class Said:
    """A message of a person.

    Attributes:
        asks_again: Retry was pressed.
    """

    id: str
    thread: str
    text: str
    is_edited: bool = False
    is_deleted: bool = False
    asks_again: bool = False


@dataclass(slots=True)
class Trap:
    """Falls at a call of the bot, which is neither answered nor followed by any other until somebody has killed it.

    Attributes:
        calls: The number of that call, from now on.
        takes_effect: It is carried out.
    """

    calls: int
    takes_effect: bool
    fallen: asyncio.Event = field(default_factory=asyncio.Event)


class WireRoom:
    """`async with WireRoom(random) as room:`; it serves one bot at a time on `room.port`.

    Attributes:
        posts: Of the bot, by address.
        said: By people, by id.
        notes: What was shown to one person alone.
        entered, left: Set while a bot is there, and while none is.
        changed: Notified whenever the bot has done something.
    """

    def __init__(self, random: Random) -> None:
        self.posts: dict[str, Post] = {}
        self.said: dict[str, Said] = {}
        self.notes: list[str] = []
        self.trap: Trap | None = None
        self.entered, self.left = asyncio.Event(), asyncio.Event()
        self.left.set()
        self.changed = asyncio.Condition()
        self._random = random
        self._numbers = itertools.count(1)
        self._unacknowledged: dict[str, Mapping[str, Any]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LINE_BYTES)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._server is not None
        self._server.close()
        if self._writer is not None:
            self._writer.close()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def unacknowledged(self) -> Sequence[Mapping[str, Any]]:
        """The events that will be delivered again."""
        return tuple(self._unacknowledged.values())

    def replies(self, message_id: str) -> list[Post]:
        """All that ever replied to a message, deleted or not."""
        return [post for post in self.posts.values() if post.to == message_id]

    def reply(self, message_id: str) -> Post | None:
        """The last that stands there."""
        return next((post for post in reversed(self.replies(message_id)) if not post.is_deleted), None)

    # People

    def say(self, thread: str, text: str, *, addressed: str) -> Said:
        """Somebody writes a message."""
        said = Said(f"M{next(self._numbers)}", thread, text)
        self.said[said.id] = said
        self._tell("message", said, text=text, addressed=addressed, edited=False)
        return said

    def say_again(self, said: Said) -> None:
        """The room delivers a message once more, as another event."""
        self._tell("message", said, text=said.text, addressed="mention", edited=said.is_edited)

    def edit(self, said: Said, text: str) -> None:
        """Its author writes something else in its place."""
        said.text, said.is_edited = text, True
        self._tell("message", said, text=text, addressed="mention", edited=True)

    def delete(self, said: Said) -> None:
        """Its author takes it back."""
        said.is_deleted = True
        self._tell("deleted", said)

    def press(self, said: Said, action: str) -> None:
        """Press a button of the reply to a message; nothing where there is none."""
        post = self.reply(said.id)
        if post is None:
            return
        said.asks_again = said.asks_again or action == "retry"
        self._tell("press", said, action=action, reference=post.reference)

    def _tell(self, kind: str, said: Said, **more: object) -> None:
        event_id = f"E{next(self._numbers)}"
        event = {"event_id": event_id, "kind": kind, "id": said.id, "thread": said.thread, **more}
        self._unacknowledged[event_id] = event
        self._deliver(event)

    def _deliver(self, event: Mapping[str, object]) -> None:
        if self._writer is not None and not self._writer.is_closing():
            _write(self._writer, {"event": event})

    # The bot

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.left.clear()
        for event in self.unacknowledged:
            self._deliver(event)
        self.entered.set()
        try:
            with suppress(ConnectionError):
                await self._listen(reader, writer)
        finally:
            self._writer = None
            writer.close()
            self.entered.clear()
            self.left.set()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # What a killed process leaves may be half a line.
        while (line := await reader.readline()).endswith(b"\n"):
            call = json.loads(line)
            if self._falls_at(call):
                while await reader.read(_LINE_BYTES):
                    pass
                return
            answer = {"call": call["call"], **self._do(call)}
            later_s = self._random.uniform(0, _LATEST_S)
            asyncio.get_running_loop().call_later(later_s, _write, writer, answer)
            async with self.changed:
                self.changed.notify_all()

    def _falls_at(self, call: Mapping[str, Any]) -> bool:
        if self.trap is None:
            return False
        self.trap.calls -= 1
        if self.trap.calls > 0:
            return False
        if self.trap.takes_effect:
            self._do(call)
        self.trap.fallen.set()
        return True

    def _do(self, call: Mapping[str, Any]) -> Mapping[str, object]:
        match call["do"]:
            case "post":
                return {"address": self._post(call["to"]).address}
            case "find":
                post = self.reply(call["to"])
                return {"address": "" if post is None else post.address}
            case "show":
                return {"done": self._show(call)}
            case "delete":
                self.posts[call["address"]].is_deleted = True
            case "note":
                self.notes.append(call["text"])
            case "acknowledge":
                self._unacknowledged.pop(call["event_id"], None)
        return {}

    def _post(self, message_id: str) -> Post:
        """A new post below a message, or the one that stands there: to post twice by mistake is no harm."""
        post = self.reply(message_id)
        if post is None:
            post = Post(f"P{next(self._numbers)}", message_id, log=[Shown("thinking", "")])
            self.posts[post.address] = post
        return post

    def _show(self, call: Mapping[str, Any]) -> bool:
        """Change a post; false where it was deleted."""
        post = self.posts[call["address"]]
        if post.is_deleted:
            return False
        post.log.append(Shown(call["kind"], call["text"], tuple(call["actions"])))
        post.reference = call["reference"]
        return True


def _write(writer: asyncio.StreamWriter, line: Mapping[str, object]) -> None:
    if not writer.is_closing():
        writer.write(json.dumps(line).encode() + b"\n")
