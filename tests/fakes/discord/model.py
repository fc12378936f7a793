"""What Discord is made of: people, servers, channels, messages and interactions. Ids are text, as they are sent."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

TEXT, DM, GROUP_DM, CATEGORY, PUBLIC_THREAD, FORUM = 0, 1, 3, 4, 11, 15

SUPPRESS_EMBEDS, HAS_THREAD, EPHEMERAL, LOADING = 1 << 2, 1 << 5, 1 << 6, 1 << 7
SUPPRESS_NOTIFICATIONS, COMPONENTS_V2 = 1 << 12, 1 << 15

DEFAULT, THREAD_CREATED, REPLY, CHAT_COMMAND, THREAD_STARTER, CONTEXT_COMMAND = 0, 18, 19, 20, 21, 23
SYSTEM_TYPES = {THREAD_CREATED, THREAD_STARTER}

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
ANSWER_WITHIN_S = 3.0
TOKEN_LIFE_S = 15 * 60.0


class Clock:
    """The time of Discord, which a test may turn forward in place of waiting."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> float:
        return time.time() + self.ahead_s


@dataclass(eq=False, repr=False)
class User:
    """Somebody.

    Attributes:
        takes_dms: Whether the bot may write to them.
    """

    id: str
    name: str
    bot: bool = False
    locale: str = "en-US"
    takes_dms: bool = True

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def __repr__(self) -> str:
        return f"<User {self.id} {self.name}>"


@dataclass(eq=False)
class Role:
    id: str
    name: str
    permissions: int = 0
    mentionable: bool = False
    managed: bool = False
    position: int = 1

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"


@dataclass(eq=False)
class Member:
    user: User
    nick: str | None
    roles: set[str]
    joined_at_s: float


@dataclass(eq=False, repr=False)
class Guild:
    """A server.

    Attributes:
        joined: Whether the bot is a member.
        bot_role: The managed role that Discord made for the bot.
    """

    id: str
    name: str
    owner: User
    locale: str
    bot_role: str
    joined: bool = True
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def everyone(self) -> Role:
        """The role of all members."""
        return self.roles[self.id]

    def __repr__(self) -> str:
        return f"<Guild {self.id} {self.name}>"


@dataclass(eq=False)
class Overwrite:
    type: int
    allow: int = 0
    deny: int = 0


@dataclass(eq=False, repr=False)
class Channel:
    """A channel, a forum, a category, a thread or a direct conversation.

    Attributes:
        people: Who takes part in a direct conversation.
        owner: Who opened a thread.
        log: All messages that were written there, the deleted ones too.
        typing_until_s: Until when the bot is shown as typing.
    """

    id: str
    type: int
    name: str = ""
    guild: Guild | None = None
    parent: Channel | None = None
    position: int = 0
    overwrites: dict[str, Overwrite] = field(default_factory=dict)
    people: list[User] = field(default_factory=list)
    owner: User | None = None
    archived: bool = False
    locked: bool = False
    deleted: bool = False
    opened_at_s: float = 0.0
    typing_until_s: float = 0.0
    log: list[Message] = field(default_factory=list)

    @property
    def is_thread(self) -> bool:
        return self.type in {10, PUBLIC_THREAD, 12}

    @property
    def is_direct(self) -> bool:
        return self.type in {DM, GROUP_DM}

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    def __repr__(self) -> str:
        return f"<Channel {self.id} {self.name}>"


@dataclass(eq=False)
class Attachment:
    id: str
    filename: str
    bytes: bytes
    description: str | None = None
    url: str = ""


@dataclass(eq=False, repr=False)
class Message:
    """One message.

    Attributes:
        users: Whom it mentions, as Discord lists them, with the mentions that were not allowed left out.
        pings: Everybody whom it called, now or before an edit: ids, or "everyone".
        ephemeral_to: Who alone sees it.
        interaction: What it answers.
    """

    id: str
    channel: Channel
    author: User
    content: str = ""
    at_s: float = 0.0
    type: int = DEFAULT
    flags: int = 0
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    reply_to: Message | None = None
    pings_reply: bool = True
    users: list[User] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    everyone: bool = False
    pings: set[str] = field(default_factory=set)
    edited_at_s: float | None = None
    ephemeral_to: User | None = None
    interaction: Interaction | None = None
    nonce: str | int | None = None
    thread: Channel | None = None
    deleted: bool = False
    tts: bool = False
    reactions: dict[str, list[User]] = field(default_factory=dict)

    @property
    def link(self) -> str:
        place = self.channel.guild.id if self.channel.guild else "@me"
        return f"https://discord.com/channels/{place}/{self.channel.id}/{self.id}"

    def __repr__(self) -> str:
        return f"<Message {self.id} {self.author.name}: {self.content!r}>"


@dataclass(eq=False)
class Modal:
    """A form that was opened: its title and its inputs, by custom id."""

    title: str
    custom_id: str
    components: list[Json]
    inputs: dict[str, Json]


@dataclass(eq=False, repr=False)
class Interaction:
    """Something that a person did, and what came of it.

    Attributes:
        owners: Who installed the app there: a server under "0", a person under "1".
        callback: The type of the answer that came in time, or `None`.
        source: The message with the component that was used.
        modal: The form that was opened by it.
        responses: Messages that were made for it, in order; an update of `source` makes none.
    """

    id: str
    token: str
    type: int
    user: User
    channel: Channel
    data: Json
    at_s: float
    clock: Clock
    owners: Json
    context: int
    source: Message | None = None
    callback: int | None = None
    original: Message | None = None
    responses: list[Message] = field(default_factory=list)
    modal: Modal | None = None
    choices: list[Json] | None = None
    made_by: Interaction | None = None
    followed_up: int = 0
    given_up: bool = False
    acked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def answered(self) -> bool:
        return self.callback is not None

    @property
    def deferred(self) -> bool:
        return self.callback in {5, 6}

    @property
    def ephemeral(self) -> bool:
        return self.original is not None and self.original.ephemeral_to is not None

    @property
    def failed(self) -> bool:
        """Whether the person reads "This interaction failed"."""
        late = self.clock.now() - self.at_s >= ANSWER_WITHIN_S
        return not self.answered and (self.given_up or late)

    @property
    def expired(self) -> bool:
        return self.clock.now() - self.at_s >= TOKEN_LIFE_S

    def __repr__(self) -> str:
        return f"<Interaction {self.id} {self.type} {self.data}>"


@dataclass
class Call:
    """One request of the bot and how it was answered; `at_s` is monotonic, `code` the one of a refusal."""

    method: str
    path: str
    json: Any
    at_s: float
    status: int = 0
    code: int = 0
    answer: Any = None


def stamp(at_s: float | None) -> str | None:
    """A time as Discord writes it."""
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).isoformat(timespec="microseconds")
