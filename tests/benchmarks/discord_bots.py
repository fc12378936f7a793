"""Ragbot in a process of its own, for the Discord of the benchmark: `python -m tests.benchmarks.discord_bots ORDER`.

The order is JSON, as `Order` has it. What the bot tells whoever started it goes to standard output.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass

from bot.chats import DiscordSettings, DiscordTokens
from bot.platforms.discord.platform import DiscordPlatform
from rag.clock import SystemClock
from tests.benchmarks.slack_bots import GardenPipeline
from tests.fakes.talk import open_talk


@dataclass(frozen=True, slots=True)
class Order:
    """Where its Discord is.

    Attributes:
        number: Of the process, among those that serve one Discord.
    """

    number: int
    state_url: str
    token: str
    api_url: str
    gateway_url: str


async def _serve(order: Order) -> None:
    tokens = DiscordTokens(order.token, order.api_url, order.gateway_url)
    clock = SystemClock()
    async with open_talk(
        order.state_url, GardenPipeline(), clock=clock, prefix=f"ref{order.number}-"
    ) as talk, asyncio.TaskGroup() as group:  # fmt: skip
        group.create_task(talk.conversation.watch())
        platform = DiscordPlatform(DiscordSettings(), tokens, clock, locale="en", tell=_tell)
        await platform.run(talk.conversation)


def _tell(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(Order(**json.loads(sys.argv[1]))))
