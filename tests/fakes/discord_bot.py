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
from dataclasses import dataclass, field
from pathlib import Path

from bot.access import Access
from bot.platforms.discord.platform import DiscordPlatform
from bot.ports import Pipeline
from bot.settings import DiscordSettings, DiscordTokens
from bot.terms import Terms
from rag.clock import SystemClock
from rag.ports import Clock
from rag.quota.policy import QuotaPolicy
from tests.fakes.discord import Discord
from tests.fakes.scripted_pipeline import DEMONSTRATION
from tests.fakes.slack_bot import HurriedClock, _SlowPipeline
from tests.fakes.talk import Talk, open_talk


@dataclass
class DiscordBot:
    """A process of the bot that serves Discord.

    Attributes:
        told: What whoever started it was told.
    """

    talk: Talk
    task: asyncio.Task[None]
    told: list[str] = field(default_factory=list)
    _is_over: bool = False

    async def stop(self) -> None:
        """End it as SIGTERM does: what is under way comes to its end."""
        self.task.cancel()
        if not self._is_over:
            with contextlib.suppress(asyncio.CancelledError):
                await self.task

    async def failure(self) -> str:
        """What it ends with by itself.

        Raises:
            AssertionError: It does not.
        """
        self._is_over = True
        ended, _ = await asyncio.wait([self.task], timeout=30)
        assert ended, "it still runs"
        error = self.task.exception()
        assert error is not None, "it ended well"
        return str(error)


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
) -> AsyncIterator[DiscordBot]:
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
        bot = DiscordBot(talk, serving, told)
        try:
            await _served(bot)
            yield bot
        finally:
            await bot.stop()
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


async def _served(bot: DiscordBot) -> None:
    """Wait until it hears what is said; one that has ended by then is told of by `failure`."""
    async with asyncio.timeout(10):
        while not any("serving" in sentence for sentence in bot.told):
            if bot.task.done():
                return
            await asyncio.sleep(0.005)


async def _main(api_url: str, gateway_url: str, token: str, state_url: str) -> None:
    clock = HurriedClock()
    async with open_talk(state_url, _SlowPipeline(DEMONSTRATION), clock=clock, prefix=f"{os.getpid()}-") as talk:
        tokens = DiscordTokens(token, api_url, gateway_url)
        platform = DiscordPlatform(DiscordSettings(), tokens, clock, locale="en", tell=print)
        async with asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.watch())
            group.create_task(platform.run(talk.conversation))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
