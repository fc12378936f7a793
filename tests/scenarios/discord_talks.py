"""What the scenarios in Discord share: what people see of answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.platforms.discord.cards import MESSAGE_CHARS
from tests.fakes.chat_bot import ChatBot
from tests.fakes.discord import Channel, Discord, Message, Seen, User
from tests.fakes.discord_bot import open_discord_bot

BOT = "ragbot"


@asynccontextmanager
async def served(discord: Discord, where: Path | str, pipeline: Any, **how: Any) -> AsyncIterator[ChatBot]:
    """A bot in this Discord."""
    async with open_discord_bot(discord, where, pipeline, **how) as bot:
        yield bot


def of_bot(discord: Discord, place: Channel, by: User | None = None) -> list[Seen]:
    """What the bot has written there, as far as this person sees it."""
    return [shown for shown in discord.seen(place, by=by) if shown.author == BOT]


def text_of(shown: Sequence[Seen]) -> str:
    """The answer's text in these messages, without what stands around it."""
    return "\n".join(one.content for one in shown)


def is_finished(one: Seen) -> bool:
    """Whether this is the last message of an answer."""
    return "Try again" in one.buttons


async def answered(discord: Discord, place: Channel, *, answers: int = 1, by: User | None = None) -> list[Seen]:
    """Wait until so many answers stand there; returns all that the bot has written there."""
    await discord.until(lambda: sum(map(is_finished, of_bot(discord, place, by))) >= answers)
    return of_bot(discord, place, by)


async def asked(discord: Discord, who: User, where: Channel, question: str) -> Message:
    """Ask the bot by its name; returns when the answer is finished."""
    before = sum(map(is_finished, of_bot(discord, where)))
    message = await discord.says(who, where, f"{discord.mention} {question}")
    await answered(discord, where, answers=before + 1)
    return message


def can_be_read(shown: Sequence[Seen]) -> None:
    """Every message fits, and each of them can be read alone."""
    assert all(len(one.content) <= MESSAGE_CHARS for one in shown)
    assert all(one.content.count("```") % 2 == 0 for one in shown), "code is left open"
    assert all(not one.pings for one in shown), "somebody is called"
