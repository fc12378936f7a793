"""The bot in a Slack of ours: the whole adapter and the whole conversation, in front of a scripted pipeline.

As a program it is a process that can be killed: `python -m tests.fakes.slack_bot API_URL BOT_TOKEN APP_TOKEN STATE_URL`
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
from bot.chats import SlackSettings, SlackTokens
from bot.platforms.slack.platform import SlackPlatform
from bot.ports import Pipeline
from bot.terms import Terms
from rag.clock import SystemClock
from rag.ports import Clock
from rag.quota.policy import QuotaPolicy
from tests.fakes.chat_bot import ChatBot, HurriedClock, SlowPipeline
from tests.fakes.scripted_pipeline import DEMONSTRATION
from tests.fakes.slack import Slack
from tests.fakes.talk import open_talk


def tokens_of(slack: Slack) -> SlackTokens:
    """What the environment says where the bot serves this Slack."""
    return SlackTokens(slack.bot_token, slack.app_token, slack.signing_secret, slack.api_url)


@asynccontextmanager
async def open_slack_bot(
    slack: Slack,
    where: Path | str,
    pipeline: Pipeline,
    *,
    settings: SlackSettings | None = None,
    tokens: SlackTokens | None = None,
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
    settings, tokens, clock = settings or SlackSettings(), tokens or tokens_of(slack), clock or SystemClock()
    others = set(slack.sockets.sockets)
    async with open_talk(
        where, pipeline, clock=clock, access=access, people=people, policy=policy, terms=terms, prefix=prefix
    ) as talk:
        platform = SlackPlatform(settings, tokens, clock, locale="en", tell=told.append)
        serving = asyncio.create_task(platform.run(talk.conversation))
        watching = asyncio.create_task(talk.conversation.watch())
        bot = ChatBot(talk, serving, told)
        try:
            await _served(bot, slack, settings, others)
            yield bot
        finally:
            await bot.stop()
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


async def _served(bot: ChatBot, slack: Slack, settings: SlackSettings, others: set[object]) -> None:
    """Wait until Slack can reach it: over all its sockets, or where it says that it listens."""

    def is_served() -> bool:
        if settings.mode == "http":
            return any("listening" in sentence for sentence in bot.told)
        return len(set(slack.sockets.sockets) - others) >= settings.sockets

    async with asyncio.timeout(10):
        while not is_served():
            if bot.task.done():
                await bot.task
            await asyncio.sleep(0.005)


async def _main(api_url: str, bot_token: str, app_token: str, state_url: str) -> None:
    clock = HurriedClock()
    async with open_talk(state_url, SlowPipeline(DEMONSTRATION), clock=clock, prefix=f"{os.getpid()}-") as talk:
        tokens = SlackTokens(bot_token, app_token, api_url=api_url)
        platform = SlackPlatform(SlackSettings(), tokens, clock, locale="en", tell=print)
        async with asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.watch())
            group.create_task(platform.run(talk.conversation))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
