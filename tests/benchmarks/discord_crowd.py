"""A crowd in the local Discord: what they ask, when the bot was told, and what became of it, all by Discord's clock."""

from __future__ import annotations

import asyncio
import itertools
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.slack_bots import answer_in
from tests.fakes.discord import Call, Channel, Discord, Message, User

_PEOPLE = 50


@dataclass(eq=False, slots=True)
class Asked:
    """A question.

    Attributes:
        sent_at: When it was handed to the gateway's sockets; monotonic, as `answered_at` is.
        below: The bot's messages that reply to it, the deleted ones too.
    """

    text: str
    message: Message
    sent_at: float
    below: list[Message] = field(default_factory=list)
    answered_at: float = 0.0
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class CrowdedDiscord(Discord):
    """A Discord that tells when a question is answered: by the message that the answer replies to."""

    def __init__(self, *, calls_per_s: int) -> None:
        super().__init__()
        self.buckets.all = (calls_per_s, 1.0)
        self.asked: dict[str, Asked] = {}

    def write(self, message: Message, allowed: dict[str, object] | None = None) -> Message:
        written = super().write(message, allowed)
        asked = self._question_of(message)
        if asked is not None:
            asked.below.append(message)
            _look(asked, message)
        return written

    def changed(self, message: Message) -> None:
        super().changed(message)
        asked = self._question_of(message)
        if asked is not None:
            _look(asked, message)

    def _question_of(self, message: Message) -> Asked | None:
        if message.author is not self.bot or message.reply_to is None:
            return None
        return self.asked.get(message.reply_to.id)


class Crowd:
    """Fifty people in the channels of one server, who ask in turn.

    Attributes:
        quiet_s: When nothing was called for so long, the bot has done all that it had to do.
    """

    def __init__(self, discord: CrowdedDiscord, quiet_s: float, channels: int) -> None:
        self.discord = discord
        self.quiet_s = quiet_s
        server = discord.guild("Garden")
        self._people: list[User] = [discord.person(f"Person {number}", guilds=[server]) for number in range(_PEOPLE)]
        self._channels: list[Channel] = [discord.channel(server, f"channel-{number}") for number in range(channels)]
        self._numbers = itertools.count(1)

    async def ask(self, how: str = "What", *, always_one: bool = False, text: str = "") -> Asked:
        """Ask in a channel, one person in one place, or the next one in the next; in other words where some are given.

        The bot is told at once, as everybody there is.
        """
        number, discord = next(self._numbers), self.discord
        turn = 0 if always_one else number
        person, channel = self._people[turn % _PEOPLE], self._channels[turn % len(self._channels)]
        text = text or f"{how} grows in garden {number}?"
        sent_at = time.monotonic()
        message = await discord.says(person, channel, f"{discord.mention} {text}")
        asked = discord.asked[message.id] = Asked(text, message, sent_at)
        return asked


# What Discord has seen


@dataclass(frozen=True, slots=True)
class Signs:
    """When people first saw typing, and words, in answer to a question; `None` where they did not."""

    typing_at: float | None
    text_at: float | None


def signs(discord: CrowdedDiscord) -> dict[str, Signs]:
    """By the question's message; typing is of the last question in its channel, for it does not say whose it is."""
    typing: dict[str, list[float]] = defaultdict(list)
    texts: dict[str, float] = {}
    for call in discord.calls:
        kind = kind_of(call)
        if not 200 <= call.status < 300:
            continue
        if kind == "typing":
            typing[call.path.split("/")[2]].append(call.at_s)
        elif kind == "message" and (reference := call.json.get("message_reference")):
            texts.setdefault(str(reference["message_id"]), call.at_s)
    found: dict[str, Signs] = {}
    next_at: dict[str, float] = {}
    for asked in reversed(discord.asked.values()):
        channel = asked.message.channel.id
        times = typing[channel]
        first = bisect_left(times, asked.sent_at)
        is_its_own = first < len(times) and times[first] < next_at.get(channel, float("inf"))
        found[asked.message.id] = Signs(times[first] if is_its_own else None, texts.get(asked.message.id))
        next_at[channel] = asked.sent_at
    return found


def kind_of(call: Call) -> str:
    """What a call does: `typing`, `message`, `edit` or `deletion`; any other one by its route."""
    steps = call.path.strip("/").split("/")
    match call.method, steps:
        case "POST", ["channels", _, "typing"]:
            return "typing"
        case "POST", ["channels", _, "messages"]:
            return "message"
        case "PATCH", ["channels", _, "messages", _]:
            return "edit"
        case "DELETE", ["channels", _, "messages", _]:
            return "deletion"
    return f"{call.method} /{'/'.join('*' if step.isdecimal() else step for step in steps)}"


def refused(calls: Sequence[Call]) -> int:
    """How many were too many."""
    return sum(call.status == 429 for call in calls)


@dataclass(frozen=True, slots=True)
class Fate:
    """How many questions have no answer, and how many have more than one message or answer that replies to them."""

    lost: int
    doubled: int


def fate(discord: CrowdedDiscord) -> Fate:
    """Whether each question has one message that replies to it, and answers it once."""
    lost = doubled = 0
    for asked in discord.asked.values():
        below = [message for message in asked.below if not message.deleted]
        times = sum(message.content.count(answer_in(asked.text)) for message in below)
        lost += times == 0
        doubled += times > 1 or len(below) > 1
    return Fate(lost, doubled)


def _look(asked: Asked, message: Message) -> None:
    if answer_in(asked.text) in message.content:
        asked.answered_at = asked.answered_at or time.monotonic()
        asked.answered.set()
