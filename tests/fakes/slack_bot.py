"""The bot in a Slack of ours: the whole adapter and the whole conversation, in front of a scripted pipeline."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.access import Access
from bot.platforms.slack.platform import SlackPlatform
from bot.ports import Pipeline
from bot.settings import SlackSettings, SlackTokens
from bot.terms import Terms
from rag.clock import SystemClock
from rag.quota.policy import QuotaPolicy
from tests.fakes.slack import Slack
from tests.fakes.talk import Talk, open_talk


@dataclass
class SlackBot:
    """A process of the bot that serves Slack.

    Attributes:
        told: What whoever started it was told.
    """

    talk: Talk
    task: asyncio.Task[None]
    told: list[str] = field(default_factory=list)

    async def stop(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


@asynccontextmanager
async def open_slack_bot(
    slack: Slack,
    where: Path | str,
    pipeline: Pipeline,
    *,
    settings: SlackSettings | None = None,
    access: Access | None = None,
    people: Mapping[str, Sequence[str]] | None = None,
    policy: QuotaPolicy | None = None,
    terms: Terms | None = None,
    prefix: str = "ref",
) -> AsyncIterator[SlackBot]:
    """A bot that is served by the time the block begins, and stopped at its end."""
    told: list[str] = []
    settings = settings or SlackSettings()
    tokens = SlackTokens(slack.bot_token, slack.app_token, slack.signing_secret, slack.api_url)
    clock = SystemClock()
    async with open_talk(
        where, pipeline, clock=clock, access=access, people=people, policy=policy, terms=terms, prefix=prefix
    ) as talk:
        platform = SlackPlatform(settings, tokens, clock, locale="en", tell=told.append)
        serving = asyncio.create_task(platform.run(talk.conversation))
        watching = asyncio.create_task(talk.conversation.watch())
        bot = SlackBot(talk, serving, told)
        try:
            await _served(bot, slack, settings)
            yield bot
        finally:
            await bot.stop()
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


async def _served(bot: SlackBot, slack: Slack, settings: SlackSettings) -> None:
    """Wait until Slack can reach it."""
    async with asyncio.timeout(10):
        while not (slack.sockets.sockets if settings.mode == "socket" else len(bot.told) > 1):
            if bot.task.done():
                await bot.task
            await asyncio.sleep(0.005)
