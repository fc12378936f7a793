"""A chat room whose messages can be changed and deleted, as Slack's and Discord's can: a platform in memory."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field

from bot.messages import Action, Addressed, Card, Deletion, IncomingMessage, Locale, Person, Press, Question, Thread
from rag.model import Turn

ANA = Person(id="U1", locale="en", workspace="T1", roles=frozenset({"admin"}))
BRUNO = Person(id="U2", locale="pt-BR", workspace="T1")


@dataclass
class Post:
    """A message of the bot in the room.

    Attributes:
        reference: What its Stop button is about while it is being written.
        text: What stands there now.
        said: Everything that ever stood there, in order: `(status)`, pieces, `[notice of a restart]`.
        shown: How often a finished card was put there.
        place: Where it was posted that nobody had asked for; empty for replies.
    """

    address: str
    reference: str = ""
    text: str = ""
    said: list[str] = field(default_factory=list)
    card: Card | None = None
    shown: int = 0
    is_deleted: bool = False
    place: str = ""


@dataclass
class Room:
    """Everything that stands in the room; shared by all processes that serve it.

    Attributes:
        posts: By address, in the order of appearance.
        written: Set whenever a piece of an answer appears.
        began: Set whenever a reply begins.
        told: Set whenever it is told what is being done.
        acknowledged: Events that the room need not deliver again.
        shows: While it is not set, a finished card is on its way and does not arrive; `sent` is set when one is.
    """

    can_revise: bool = True
    posts: dict[str, Post] = field(default_factory=dict)
    written: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledged: list[str] = field(default_factory=list)
    shows: asyncio.Event = field(default_factory=asyncio.Event)
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.shows.set()

    @property
    def last(self) -> Post:
        """The newest message that stands there."""
        return list(self.posts.values())[-1]

    @property
    def cards(self) -> list[Card]:
        """All finished cards that stand there."""
        return [post.card for post in self.posts.values() if post.card is not None and not post.is_deleted]

    async def acknowledge(self, message: IncomingMessage) -> None:
        self.acknowledged.append(message.event_id)

    def reply_to(self, _cause: IncomingMessage | Press) -> RoomReply:
        return RoomReply(self)

    def reply_again(self, question: Question) -> RoomReply:
        return RoomReply(self, self.posts.get(question.address) if self.can_revise else None)

    async def post(self, place: str, card: Card) -> None:
        self.sent.set()
        await self.shows.wait()
        post = self.new_post()
        post.place, post.text, post.card, post.shown = place, card.text, card, 1

    def new_post(self) -> Post:
        post = Post(f"P{next(self._numbers)}")
        self.posts[post.address] = post
        return post


class RoomReply:
    """A reply in the room; it posts its message when it has something to show."""

    def __init__(self, room: Room, post: Post | None = None) -> None:
        self._room = room
        self._post = post

    @property
    def post(self) -> Post:
        if self._post is None:
            self._post = self._room.new_post()
        return self._post

    @property
    def address(self) -> str:
        return "" if self._post is None else self._post.address

    async def begin(self, reference: str, _moved: object = None) -> None:
        self.post.reference = reference
        self._room.began.set()

    async def status(self, text: str) -> None:
        self.post.said.append(f"({text})")
        self._room.told.set()

    async def append(self, markdown: str) -> None:
        self.post.text += markdown
        self.post.said.append(markdown)
        self._room.written.set()

    async def restart(self, notice: str) -> None:
        self.post.text, self.post.card = "", None
        self.post.said.append(f"[{notice}]")

    async def finish(self, card: Card) -> None:
        self._room.sent.set()
        await self._room.shows.wait()
        self.post.text, self.post.card, self.post.is_deleted = card.text, card, False
        self.post.shown += 1

    async def retract(self) -> None:
        if self._post is not None:
            self._post.is_deleted = True


_events = itertools.count(1)


def message(
    text: str,
    *,
    id: str = "1",  # noqa: A002 - as in the value
    event: str = "",
    place: str = "C1",
    thread: str = "1",
    author: Person = ANA,
    locale: Locale | None = None,
    addressed: Addressed = "mention",
    history: tuple[Turn, ...] = (),
    **more: object,
) -> IncomingMessage:
    """Something that somebody wrote; every call is an event of its own unless it is told which."""
    if locale is not None:
        author = Person(id=author.id, locale=locale, workspace=author.workspace, roles=author.roles)
    return IncomingMessage(
        event_id=event or f"E{next(_events)}",
        thread=Thread("room", place, thread),
        id=id,
        author=author,
        text=text,
        addressed=addressed,
        history=history,
        **more,  # type: ignore[arg-type]  # tests set any field
    )


def press(
    action: Action,
    *,
    reference: str = "",
    text: str = "",
    event: str = "",
    place: str = "C1",
    thread: str = "1",
    author: Person = ANA,
) -> Press:
    """A button that somebody pressed."""
    return Press(
        event_id=event or f"E{next(_events)}",
        thread=Thread("room", place, thread),
        author=author,
        action=action,
        reference=reference,
        text=text,
    )


def deletion(id: str = "1", *, place: str = "C1", thread: str = "1") -> Deletion:  # noqa: A002 - as in the value
    """A message that was deleted."""
    return Deletion(Thread("room", place, thread), id)
