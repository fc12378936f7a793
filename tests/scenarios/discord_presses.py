"""What the scenarios about commands and buttons in Discord share: what somebody is told who uses one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from rag.quota.books import Books
from rag.quota.policy import QuotaPolicy
from tests.fakes.chat_bot import ChatBot
from tests.fakes.discord import Channel, Discord, Guild, Interaction, Message, Seen, User
from tests.fakes.discord.model import LOADING
from tests.fakes.spending import expense, spend

VACATION = "Thirty days [1]."


async def called(discord: Discord, who: User, where: Channel, command: str, /, **options: Any) -> Seen:
    """Run a command; returns what it was answered with."""
    return await told(discord, await discord.slash(who, where, command, **options))


async def told(discord: Discord, made: Interaction) -> Seen:
    """What somebody is told by way of this interaction, once they are; the last message of it."""
    await discord.until(lambda: standing(made) and not standing(made)[-1].flags & LOADING)
    return discord.look(standing(made)[-1])


def standing(made: Interaction) -> list[Message]:
    """The messages that answer it."""
    return [message for message in made.responses if not message.deleted]


async def whispered(discord: Discord, who: User, shown: Message | Seen, button: str) -> Seen:
    """Press a button; returns what whoever has pressed it is told, and nobody else."""
    answer = await told(discord, await discord.presses(who, shown, button))
    assert answer.ephemeral
    return answer


async def verdicts(bot: ChatBot, count: int = 0) -> Sequence[Any]:
    """What is written down about answers, once there is so much of it."""
    async with asyncio.timeout(10):
        while True:
            rows = await bot.talk.database.fetch("SELECT author, verdict, reason FROM feedback ORDER BY author")
            if len(rows) >= count:
                return rows
            await asyncio.sleep(0.01)


async def spent(bot: ChatBot, user: User, channel: Channel, guild: Guild | None = None) -> None:
    """Some dollars of this person in this place, for two models."""
    books = Books(bot.talk.database, bot.talk.clock, QuotaPolicy())
    workspace = guild.id if guild else ""
    for model, micro_usd in (("large", 3_000_000), ("small", 1_000_000)):
        await spend(books, expense(micro_usd, user=user.id, channel=channel.id, workspace=workspace, model=model))


async def settled(bot: ChatBot) -> None:
    """Wait until all that was asked is known to be answered: what stands there is written down a moment later."""
    async with asyncio.timeout(10):
        while True:
            if not await bot.talk.database.fetch("SELECT 1 FROM questions WHERE state <> 'delivered'"):
                return
            await asyncio.sleep(0.01)
