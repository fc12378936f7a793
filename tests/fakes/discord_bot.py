"""The bot in a Discord of ours: the whole adapter and the whole conversation, in front of a scripted pipeline.

As a program it is a process that can be killed: `python -m tests.fakes.discord_bot API_URL GATEWAY_URL TOKEN STATE_URL`
answers what `scripted_pipeline` demonstrates.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.access import Access
from bot.chats import DiscordSettings, DiscordTokens
from bot.platforms.discord.platform import DiscordPlatform
from bot.ports import Pipeline
from bot.terms import Terms
from rag.clock import SystemClock
from rag.ports import Clock
from rag.quota.policy import QuotaPolicy
from tests.fakes.chat_bot import ChatBot, HurriedClock, SlowPipeline
from tests.fakes.discord import Discord
from tests.fakes.scripted_pipeline import DEMONSTRATION
from tests.fakes.talk import open_talk


def tokens_of(discord: Discord) -> DiscordTokens:
    """What the environment says where the bot serves this Discord."""
    return DiscordTokens(discord.token, discord.api_url, discord.gateway_url)


@asynccontextmanager
async def open_discord_bot(
    discord: Discord,
    where: Path | str,
    pipeline: Pipeline,
    *,
    settings: DiscordSettings | None = None,
    tokens: DiscordTokens | None = None,
    clock: Clock | None = None,
    access: Access | None = None,
    people: Mapping[str, Sequence[str]] | None = None,
    policy: QuotaPolicy | None = None,
    terms: Terms | None = None,
    prefix: str = "ref",
) -> AsyncIterator[ChatBot]:
    """A bot that is served by the time the block begins, and stopped at its end.

    Args:
        where: The folder of its SQLite file, or a state URL: several that share it are replicas.
    """
    told: list[str] = []
    settings, tokens, clock = settings or DiscordSettings(), tokens or tokens_of(discord), clock or SystemClock()
    async with open_talk(
        where, pipeline, clock=clock, access=access, people=people, policy=policy, terms=terms, prefix=prefix
    ) as talk:
        platform = DiscordPlatform(settings, tokens, clock, locale="en", tell=told.append)
        serving = asyncio.create_task(platform.run(talk.conversation))
        watching = asyncio.create_task(talk.conversation.watch())
        bot = ChatBot(talk, serving, told)
        try:
            await _served(bot)
            yield bot
        finally:
            await bot.stop()
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


async def _served(bot: ChatBot) -> None:
    """Wait until it hears what is said; one that has ended by then is told of by `failure`."""
    async with asyncio.timeout(10):
        while not any("serving" in sentence for sentence in bot.told):
            if bot.task.done():
                return
            await asyncio.sleep(0.005)


async def _main(api_url: str, gateway_url: str, token: str, state_url: str) -> None:
    clock = HurriedClock()
    async with open_talk(state_url, SlowPipeline(DEMONSTRATION), clock=clock, prefix=f"{os.getpid()}-") as talk:
        tokens = DiscordTokens(token, api_url, gateway_url)
        platform = DiscordPlatform(DiscordSettings(), tokens, clock, locale="en", tell=print)
        async with asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.watch())
            group.create_task(platform.run(talk.conversation))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
