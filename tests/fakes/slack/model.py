"""What a workspace is made of, and the refusal that every part of it may raise."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

Json = dict[str, Any]
Kind = Literal["channel", "group", "im", "mpim"]

SCOPES_BY_KIND: Mapping[Kind, str] = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


class Refused(Exception):  # noqa: N818 - Slack refuses; nothing broke
    """What Slack says in place of doing it; `extra` goes beside the error."""

    def __init__(self, error: str, *, status: int = 200, **extra: object) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.extra = extra

    @property
    def body(self) -> Json:
        return {"ok": False, "error": self.error, **self.extra}


class Clock:
    """The time of the workspace, which a test may turn forward in place of waiting."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> float:
        return time.time() + self.ahead_s


@dataclass(eq=False)
class User:
    id: str
    name: str
    team: str
    locale: str = "en-US"
    guest: bool | Literal["single"] = False
    tz: str = "Europe/Amsterdam"
    is_bot: bool = False
    deleted: bool = False


@dataclass(eq=False)
class Channel:
    id: str
    name: str
    kind: Kind
    members: set[str]
    shared: bool = False
    archived: bool = False

    @property
    def direct(self) -> bool:
        return self.kind == "im"

    @property
    def ref(self) -> Json:
        """As interactions and slash commands name it."""
        names = {"im": "directmessage", "group": "privategroup", "mpim": "privategroup"}
        return {"id": self.id, "name": names.get(self.kind, self.name)}


@dataclass(eq=False)
class File:
    id: str
    name: str
    length: int
    alt_text: str = ""
    title: str = ""
    bytes: bytes | None = None


@dataclass(eq=False)
class Stream:
    """How a message is streamed: text and chunks in their order.

    Attributes:
        parts: Markdown as text, everything else as the blocks that it became.
        end: Why nothing more is taken; empty while it is open.
    """

    started_at: float
    parts: list[str | Json] = field(default_factory=list)
    end: str = ""
    pinged: set[tuple[int, str]] = field(default_factory=set)

    @property
    def text(self) -> str:
        return "".join(part for part in self.parts if isinstance(part, str))

    @property
    def blocks(self) -> list[Json]:
        """Runs of text as markdown blocks, between the other blocks."""
        blocks: list[Json] = []
        for part in self.parts:
            if not isinstance(part, str):
                blocks.append(part)
            elif blocks and blocks[-1].get("streamed"):
                blocks[-1]["text"] += part
            else:
                blocks.append({"type": "markdown", "text": part, "streamed": True})
        return [{key: value for key, value in block.items() if key != "streamed"} for block in blocks]


@dataclass(eq=False)
class Message:
    """One message; `ts` tells it apart within its channel.

    Attributes:
        ephemeral_to: Who alone sees it.
        stream: Set for what was begun with `chat.startStream`, also once it has ended.
    """

    channel: str
    ts: str
    user: str
    text: str = ""
    thread_ts: str | None = None
    blocks: list[Json] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    metadata: Json | None = None
    edited: Json | None = None
    ephemeral_to: str | None = None
    broadcast: bool = False
    deleted: bool = False
    tombstone: bool = False
    stream: Stream | None = None
    arguments: Json = field(default_factory=dict)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    attachments: list[Json] = field(default_factory=list)

    @property
    def streaming(self) -> bool:
        return self.stream is not None and not self.stream.end

    @property
    def all_blocks(self) -> list[Json]:
        return [*(self.stream.blocks if self.stream else []), *self.blocks]

    @property
    def root_ts(self) -> str:
        return self.thread_ts or self.ts


@dataclass(frozen=True)
class Seen:
    """A message as a person reads it.

    Attributes:
        text: What stands there, the blocks in place of the `text` if there are any.
        fallback: The `text`, which screen readers and notifications use.
        buttons: By their labels, in order.
    """

    author: str
    ts: str
    text: str
    fallback: str
    buttons: tuple[str, ...]
    blocks: list[Json]
    files: tuple[File, ...]
    metadata: Json | None
    ephemeral: bool
    edited: bool
    streaming: bool
    thread_ts: str | None
    message: Message = field(repr=False)


@dataclass(eq=False)
class View:
    """A modal that was opened, or a home tab."""

    id: str
    user: str
    payload: Json
    hash: str
    open: bool = True
    errors: Json = field(default_factory=dict)

    @property
    def title(self) -> str:
        return str(self.payload.get("title", {}).get("text", ""))


@dataclass(frozen=True)
class Ping:
    """Somebody who was called by what the bot wrote: a mention as it stands in the text."""

    mention: str
    channel: str
    ts: str
    text: str


@dataclass
class Call:
    """One call of the Web API, and what it was answered; `at` is monotonic."""

    method: str
    arguments: Json
    at: float
    status: int = 0
    error: str = ""
    answer: Json = field(default_factory=dict)

    def answered(self, status: int, answer: Json) -> Self:
        self.status = status
        self.error = "" if answer.get("ok") else str(answer.get("error", ""))
        self.answer = answer
        return self


@dataclass(frozen=True)
class Ack:
    """An acknowledgement, and how many seconds after the delivery it came."""

    envelope_id: str
    kind: str
    seconds: float
    payload: Json | None = None
    late: bool = False


def message_of(shown: Message | Seen) -> Message:
    return shown.message if isinstance(shown, Seen) else shown
