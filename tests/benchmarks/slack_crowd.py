"""A crowd in the local Slack: what they ask, when Slack delivered it, and what became of it, all by Slack's clock."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tests.benchmarks.slack_bots import answer_in
from tests.fakes.slack import Call, Channel, Message, Slack, User, events
from tests.fakes.slack.model import Json

_PEOPLE, _CHANNELS = 50, 20
_SIGNS = {
    "assistant.threads.setStatus": ("channel_id", "thread_ts"),
    "reactions.add": ("channel", "timestamp"),
    "chat.postMessage": ("channel", "thread_ts"),
    "chat.postEphemeral": ("channel", "thread_ts"),
    "chat.startStream": ("channel", "thread_ts"),
}


@dataclass(eq=False, slots=True)
class Asked:
    """A question.

    Attributes:
        sent_at: When Slack first handed it to a socket, or began to post it; monotonic, as `answered_at` is.
        event_ids: Of all events that tell of it.
    """

    text: str
    message: Message
    event_ids: list[str] = field(default_factory=list)
    sent_at: float = 0.0
    answered_at: float = 0.0
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def key(self) -> tuple[str, str]:
        """Its channel and its time stamp."""
        return self.message.channel, self.message.ts


class CrowdedSlack(Slack):
    """A Slack that finds one of many thousand messages as fast as one of ten, and tells when a question is answered."""

    def __init__(self, *, streaming: bool) -> None:
        super().__init__(streaming=streaming)
        self.asked: dict[tuple[str, str], Asked] = {}
        self._by_ts: dict[tuple[str, str], Message] = {}
        self._by_root: dict[tuple[str, str], list[Message]] = {}

    def write(self, message: Message) -> Message:
        if not message.ephemeral_to:
            self._by_ts[message.channel, message.ts] = message
            self._by_root.setdefault((message.channel, message.root_ts), []).append(message)
        return super().write(message)

    def find(self, channel: str, ts: str) -> Message | None:
        found = self._by_ts.get((channel, ts))
        return None if found is None or found.deleted else found

    def replies(self, channel: str, root: str) -> Iterator[Message]:
        return (message for message in self._by_root.get((channel, root), ()) if not message.deleted)

    def tell_own(self, message: Message, event: Json) -> None:
        super().tell_own(message, event)
        asked = self.asked.get((message.channel, message.root_ts))
        if asked is not None and not message.streaming and answer_in(asked.text) in _said(message):
            asked.answered_at = asked.answered_at or time.monotonic()
            asked.answered.set()


class Crowd:
    """Fifty people in twenty channels, who ask in turn.

    Attributes:
        quiet_s: When nothing was called for so long, the bot has done all that it had to do.
    """

    def __init__(self, slack: CrowdedSlack, quiet_s: float) -> None:
        self.slack = slack
        self.quiet_s = quiet_s
        self.random = Random(0)
        self._people: list[User] = [slack.person(f"Person {number}") for number in range(_PEOPLE)]
        self._channels: list[Channel] = [
            slack.channel(f"channel-{number}", members=self._people) for number in range(_CHANNELS)
        ]
        self._numbers = itertools.count(1)
        self._delivered_s: dict[str, float] = {}

    def ask(self, how: str = "What", *, always_one: bool = False) -> Asked:
        """Put a question in a channel, of which nobody is told yet; one person's, or the next one's."""
        number, slack = next(self._numbers), self.slack
        turn = 0 if always_one else number
        person, channel = self._people[turn % _PEOPLE], self._channels[turn % _CHANNELS]
        text = f"{how} grows in garden {number}?"
        message = Message(channel.id, slack.new_ts(), person.id, f"{slack.mention} {text}")
        asked = slack.asked[channel.id, message.ts] = Asked(text, slack.write(message))
        return asked

    def event(self, asked: Asked, kind: str = "app_mention") -> Json:
        """An event that tells of it, under an id of its own."""
        slack = self.slack
        told = (events.mentioned if kind == "app_mention" else events.posted)(slack, asked.message)
        payload = events.callback(slack, told, slack.channels[asked.message.channel], slack.verification_token)
        asked.event_ids.append(payload["event_id"])
        return payload

    async def deliver(self, asked: Asked, payload: Json) -> None:
        """Let the bot know, until it has acknowledged that."""
        began = time.monotonic()
        asked.sent_at = asked.sent_at or began
        if await (self.slack.http or self.slack.sockets).send_event(payload):
            self._delivered_s.setdefault(payload["event_id"], time.monotonic() - began)

    async def tell(self, asked: Asked) -> None:
        """Let the bot know of a question, once."""
        await self.deliver(asked, self.event(asked))

    def acknowledged_s(self) -> dict[str, float]:
        """The seconds until each event was acknowledged, by its id: from its first delivery, whichever way it came."""
        if self.slack.http:
            return dict(self._delivered_s)
        event_of = {told["envelope_id"]: told["payload"].get("event_id", "") for told in self.slack.sockets.delivered}
        sent_at: dict[str, float] = {}
        for envelope, event in event_of.items():
            sent_at.setdefault(event, self.slack.sockets._envelopes[envelope].sent_at)
        found: dict[str, float] = {}
        for ack in self.slack.acks:
            event = event_of[ack.envelope_id]
            acked_at = self.slack.sockets._envelopes[ack.envelope_id].sent_at + ack.seconds
            found.setdefault(event, acked_at - sent_at[event])
        return found


# What Slack has seen


def first_signs(slack: Slack) -> dict[tuple[str, str], Call]:
    """The call by which people first saw that a message was taken, by channel and time stamp."""
    found: dict[tuple[str, str], Call] = {}
    for call in slack.calls:
        if call.method in _SIGNS and call.status and not call.error:
            channel, thread = (str(call.arguments.get(name)) for name in _SIGNS[call.method])
            found.setdefault((channel, thread), call)
    return found


@dataclass(frozen=True, slots=True)
class Fate:
    """How many questions have no answer, and how many have more than one message or answer below them."""

    lost: int
    doubled: int


def fate(slack: CrowdedSlack) -> Fate:
    """Whether each question has one message below it that answers it, once, and is finished."""
    lost = doubled = 0
    for (channel, ts), asked in slack.asked.items():
        below = [message for message in slack.replies(channel, ts) if message.user == slack.bot_user]
        times = sum(_said(message).count(answer_in(asked.text)) for message in below if not message.streaming)
        lost += times == 0
        doubled += times > 1 or len(below) > 1
    return Fate(lost, doubled)


def _said(message: Message) -> str:
    """What stands there; the `text` beside blocks says it once more."""
    markdown = [str(block.get("text", "")) for block in message.all_blocks if block.get("type") == "markdown"]
    return "\n".join(markdown) if markdown else message.text
