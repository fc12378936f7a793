"""The neutral values between the platforms and the conversation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, Self

from bot.charts.chart import Chart
from rag.model import Asker, Turn

Locale = Literal["en", "pt-BR"]
Addressed = Literal["mention", "direct", "thread", "others"]
"""To whom a message speaks: to the bot by its name; to the bot because nobody else is there; to nobody in particular;
to other people."""
DIRECT: Final = "direct"
"""What all places belong to where nobody else reads along."""
Action = Literal["good", "bad", "why", "sources", "retry", "hand_over", "stop", "documents", "books", "share"]
"""What a button under a reply does; `documents` and `books` ask the same of the other of the two, `share` shows to all
what was shown to one."""


@dataclass(frozen=True, slots=True)
class Thread:
    """Which conversation something belongs to.

    Attributes:
        platform: Name in `PLATFORMS`.
        place: The channel, direct message or session.
        id: The platform's own for the conversation in that place.
    """

    platform: str
    place: str
    id: str


@dataclass(frozen=True, slots=True)
class Post:
    """Where something is posted that nobody there has asked for.

    Attributes:
        platform: Name in `PLATFORMS`.
        place: The channel, direct message or session.
    """

    platform: str
    place: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.place}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` wrote.

        Raises:
            ValueError: It names no platform, or no place.
        """
        platform, _, place = text.partition(":")
        if not platform or not place:
            raise ValueError(f"{text!r} is no place: expected platform:channel, such as slack:C0G9QF9C6")
        return cls(platform, place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on a platform.

    Attributes:
        id: The platform's own.
        locale: The language that they read the bot's own sentences in.
        workspace: Of the platform; empty where it has none.
        roles: And groups, as the platform calls them.
        is_outside: Reads only what is public: a guest, somebody of another organisation, or whoever writes where such
            people read along.
        within: What the place belongs to where they are, the nearest first: a channel's category and its server;
            `DIRECT` for a place where nobody else reads along.
    """

    id: str
    locale: Locale
    workspace: str = ""
    roles: frozenset[str] = frozenset()
    is_outside: bool = False
    within: tuple[str, ...] = ()

    def beside(self, other: Person) -> Person:
        """The same, as far as both may read: what is shown to one of them is seen by the other."""
        return replace(self, is_outside=self.is_outside or other.is_outside)

    def asker_in(self, place: str) -> Asker:
        """Whose limits a question of theirs touches there."""
        return Asker(user=self.id, channel=place, workspace=self.workspace, roles=self.roles, within=self.within)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """Something that was written where the bot can read it.

    Attributes:
        event_id: The platform's own, unique: the same event delivered twice has the same id.
        id: The platform's own for the message in its place; edits and deletions name it.
        is_by_bot: The bot itself wrote it, or another one.
        is_edited: It was there before, with another text perhaps.
        sent_at: When it was there first; `None` where the platform does not say.
        is_resumable: Whoever wrote it will still be there after the bot was started again.
        is_question: It is answered from the documents, whatever its words look like.
        history: What was said before, oldest first, in place of what the journal knows; for conversations that people
            had begun among themselves.
    """

    event_id: str
    thread: Thread
    id: str
    author: Person
    text: str
    addressed: Addressed
    is_by_bot: bool = False
    is_edited: bool = False
    sent_at: datetime | None = None
    is_resumable: bool = True
    is_question: bool = False
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Somebody pressed a button under an answer, or typed the command that does the same.

    Attributes:
        reference: Of the answer; empty for the last one of the thread.
        text: What was written along with it: what was wrong; what those who take over should know besides.
    """

    event_id: str
    thread: Thread
    author: Person
    action: Action
    reference: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Deletion:
    """A message that its author took back; `message_id` is `IncomingMessage.id`."""

    thread: Thread
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A message that was taken, as the journal keeps it.

    Attributes:
        reference: Of its answer.
        message_id: `IncomingMessage.id`.
        address: By which the platform finds its reply again; empty where that has none, or nothing was shown yet.
        is_counted: It was admitted before; nobody counts it a second time.
        is_another: The person has seen an answer and asked for another one.
        is_question: As in `IncomingMessage`.
        is_written: It stands in the journal; not so while that cannot be written.
        history: The turns before it, oldest first.
    """

    reference: str
    thread: Thread
    message_id: str
    author: Person
    text: str
    address: str = ""
    is_counted: bool = False
    is_another: bool = False
    is_question: bool = False
    is_written: bool = True
    history: tuple[Turn, ...] = ()

    @property
    def asker(self) -> Asker:
        """Whose limits it touches."""
        return self.author.asker_in(self.thread.place)


@dataclass(frozen=True, slots=True)
class Source:
    """A line of the source list under an answer; all of it is plain text, for the platform to escape.

    Attributes:
        quote: The sentence that is cited, as it stands in the document.
    """

    n: int
    title: str
    heading: str
    link: str
    quote: str = ""

    @property
    def name(self) -> str:
        """How a source is called: its title, and the heading where the passage stands."""
        return f"{self.title} › {self.heading}" if self.heading else self.title


@dataclass(frozen=True, slots=True)
class Card:
    """A finished reply, in the neutral form that every platform renders its own way.

    Attributes:
        text: Markdown in which nothing pings and every link shows where it leads.
        notice: One line above the sources that a reader must not miss (`no model wrote this`); empty for none.
        receipt: The line under an answer; empty for replies that cost nothing and need none.
        private: For the person who wrote alone, where the platform can show it so.
        reference: What the buttons are about; empty where there are none.
        actions: The buttons, in their order.
        tagged: The people whom this reply calls, by their ids: the only ones that it may ping.
        chart: Shown as a picture where the platform can, as bars of text elsewhere.
        shared_by: Who shows everybody what was theirs alone, by their id; told, not called. Empty otherwise.
    """

    text: str
    notice: str = ""
    sources: tuple[Source, ...] = ()
    receipt: str = ""
    private: bool = False
    reference: str = ""
    actions: tuple[Action, ...] = ()
    tagged: tuple[str, ...] = ()
    chart: Chart | None = None
    shared_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What somebody may name in a command.

    Attributes:
        models: All that can be asked, as `provider/model`.
        collections: Those that they may read where they are.
    """

    models: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """Something that a person asked not long ago.

    Attributes:
        question: On one line, shortened; plain text, for the platform to escape.
        thread: Where it was asked; with `message_id`, the platform may link there.
        message_id: `IncomingMessage.id`.
        at: When it was asked, or asked again.
        ending: How it ended, in the reader's words.
    """

    question: str
    thread: Thread
    message_id: str
    at: datetime
    ending: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What somebody sees who opens the bot's own page.

    Attributes:
        card: What they can do here, what they may still spend, what is read, and who helps.
        heading: What stands above the questions; says why where there are none.
        recent: What they asked last, the newest first.
        people: Who takes questions over there, by their ids; told, not called.
    """

    card: Card
    heading: str
    recent: tuple[Recent, ...] = ()
    people: tuple[str, ...] = ()
