"""How a fake provider answers: a draft of what the model says, and the steps in which that goes over the wire."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from json import JSONEncoder
from json.encoder import encode_basestring
from typing import Any, Literal

from tests.fakes.chat_bill import Usage, tokens_of
from tests.fakes.embedding_server import Reply

TEXT, NUMBER = "\ue000", "\ue001"
"""What stands in a `mould` for what changes."""

_ENCODER = JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Why = Literal[
    "bad_request",
    "bad_key",
    "forbidden",
    "wrong_region",
    "unknown_model",
    "prompt_too_long",
    "too_large",
    "rate_limited",
    "daily_quota",
    "out_of_money",
    "spend_limit",
    "usage_limit",
    "server_error",
    "unavailable",
    "overloaded",
    "timed_out",
]
"""Why a vendor turns a request down; each vendor has its own status, words and headers for it."""

Ending = Literal[
    "finished",
    "truncated",  # by the output limit
    "refused",  # nothing was said
    "filtered",  # stopped in the middle
]


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def key(self) -> str | None:
        """The key it carries, in whichever vendor's header."""
        names = ("x-api-key", "x-goog-api-key", "api-key")
        given = next((self.headers[name] for name in names if name in self.headers), self.query.get("key"))
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return given or bearer or None

    @property
    def model(self) -> str:
        """The model it asks for, in the body or (Gemini) in the path."""
        return str(self.body.get("model") or self.path.rpartition("/")[2].partition(":")[0])


@dataclass(frozen=True)
class Draft:
    """What the model is about to say to a request.

    `words` is the vendor's own word for how it ends, in place of the usual one for `ending`.
    """

    number: int
    created: int
    model: str
    tier: str
    text: str
    usage: Usage
    streaming: bool
    request: Mapping[str, Any]
    ending: Ending = "finished"
    words: str | None = None
    tells_usage: bool = True
    piece_chars: int = 4

    @property
    def pieces(self) -> list[str]:
        size = self.piece_chars
        return [self.text[start : start + size] for start in range(0, len(self.text), size)]

    def saying(self, text: str, ending: Ending, words: str | None = None) -> Draft:
        output = self.usage.thinking + tokens_of(text)
        return replace(self, text=text, ending=ending, words=words, usage=replace(self.usage, output=output))

    def output_after(self, pieces: int) -> int:
        """Output tokens once so many pieces have been said."""
        if not pieces:
            return 0
        return min(self.usage.output, self.usage.thinking + tokens_of(self.text[: pieces * self.piece_chars]))


@dataclass(frozen=True)
class Head:
    """The status line and the headers; from here on `output` tokens are owed, and the input with them."""

    status: int
    headers: Mapping[str, str]
    output: int | None = None


@dataclass(frozen=True)
class Send:
    """A part of the body, an event of a stream; a delta is one that carries text."""

    data: bytes
    output: int | None = None
    delta: bool = False


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Wait:
    """Stops until the event comes; without one for good."""

    until: asyncio.Event | None = None


@dataclass(frozen=True)
class Drop:
    """The end of the connection, with a TCP reset or an orderly close."""

    reset: bool


Step = Head | Send | Pause | Wait | Drop


class Refusal(Exception):  # noqa: N818 - what it carries, not what went wrong
    """This request is not answered, but turned down."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


@dataclass(frozen=True)
class Latency:
    first_token_s: float = 0.0
    per_token_s: float = 0.0

    def spread(self, steps: Sequence[Step]) -> list[Step]:
        """The same steps, with pauses before what carries text."""
        spread: list[Step] = []
        wait_s = self.first_token_s
        for step in steps:
            if isinstance(step, Send) and step.delta:
                spread.append(Pause(wait_s))
                wait_s = self.per_token_s
            spread.append(step)
        return spread


NO_LATENCY = Latency()


class Dialect(ABC):
    """One vendor's wire format.

    Attributes:
        apology: What the model says where it will not answer; empty where it says nothing.
    """

    apology = ""

    @abstractmethod
    def draft(self, call: Call) -> Draft:
        """Read a request.

        Raises:
            Refusal: The vendor would not take it.
        """

    @abstractmethod
    def whole(self, draft: Draft) -> object:
        """The JSON of an answer in one piece."""

    @abstractmethod
    def events(self, draft: Draft) -> list[Send]:
        """The events of a streamed answer."""

    @abstractmethod
    def headers(self, draft: Draft) -> Mapping[str, str]: ...

    @abstractmethod
    def refuse(self, why: Why, retry_after_s: float | None = None) -> Reply: ...

    @abstractmethod
    def error_event(self, draft: Draft, why: Why) -> bytes:
        """What stands in a stream that breaks off with an error."""

    @abstractmethod
    def noise(self) -> list[bytes]:
        """What a client has to overlook in a stream."""

    def failure(self, draft: Draft, why: Why) -> object:
        """The JSON of an answer that reports its own failure."""
        del draft
        return self.refuse(why).body

    def failure_event(self, draft: Draft, why: Why) -> bytes:
        """The same as the last event of a stream."""
        return self.error_event(draft, why)


@dataclass(frozen=True)
class Scene:
    """An answer that is about to be given."""

    dialect: Dialect
    draft: Draft
    steps: Sequence[Step]


def script(dialect: Dialect, draft: Draft) -> list[Step]:
    """The steps of an answer in which nothing goes wrong."""
    if draft.streaming:
        headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
        return [Head(200, {**headers, **dialect.headers(draft)}, output=0), *dialect.events(draft)]
    return told(Reply(200, dialect.whole(draft), dialect.headers(draft)), output=draft.usage.output)


def told(reply: Reply, output: int | None = None) -> list[Step]:
    """The steps of an answer in one piece, which is sent in two, so that it can break off in the middle."""
    body = reply.body.encode() if isinstance(reply.body, str) else compact(reply.body)
    half = (len(body) + 1) // 2
    parts = [Send(part, delta=True) for part in (body[:half], body[half:]) if part]
    return [Head(reply.status, {"content-type": "application/json", **reply.headers}, output), *parts]


def compact(value: object) -> bytes:
    return _ENCODER.encode(value).encode()


def quoted(text: str) -> bytes:
    return encode_basestring(text).encode()


def mould(event: bytes) -> bytes:
    """A format with `%b` for `TEXT` and `%d` for each `NUMBER`: of a stream's many deltas, only those differ.

    To make the JSON of each anew is most of what such a server does.
    """
    return event.replace(b"%", b"%%").replace(quoted(TEXT), b"%b").replace(quoted(NUMBER), b"%d")
