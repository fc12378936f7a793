"""A bot of the bare discord.py: `python -m tests.benchmarks.discord_bare TOKEN API_URL GATEWAY_URL`.

It imports nothing of ours, so that its start and its memory are the library's alone.
"""

from __future__ import annotations

import asyncio
import sys

import discord
import yarl


class _Bare(discord.Client):
    """As its documentation has it: types, and replies."""

    async def on_connect(self) -> None:
        # It hears mentions from here on; `on_ready` comes two seconds after the last server was told of.
        print("serving", flush=True)

    async def on_message(self, message: discord.Message) -> None:
        if self.user in message.mentions and message.author != self.user:
            async with message.channel.typing():
                garden = message.content.rsplit(" ", 1)[-1].removesuffix("?")
                await message.reply(f"In garden {garden} grow roses.", mention_author=False)


def _main(token: str, api_url: str, gateway_url: str) -> None:
    discord.http.Route.BASE = api_url
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    asyncio.run(_Bare(intents=discord.Intents.default()).start(token))


if __name__ == "__main__":
    _main(*sys.argv[1:])
