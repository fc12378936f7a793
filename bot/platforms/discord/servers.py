"""The servers that the bot is in: those that it is not meant for, it leaves politely."""

from __future__ import annotations

import logging

import discord

from bot.locales import phrases_in
from bot.platforms.discord.cards import Payload
from bot.platforms.discord.errors import DiscordError
from bot.platforms.discord.line import Line
from bot.platforms.discord.outlets import ChannelOutlet
from bot.platforms.discord.people import Directory
from bot.platforms.tasks import Tasks

log = logging.getLogger(__name__)


class Servers:
    """All of them.

    Args:
        directory: Knows which they are.
    """

    def __init__(self, line: Line, directory: Directory, tasks: Tasks) -> None:
        self._line = line
        self._directory = directory
        self._tasks = tasks

    def look(self) -> None:
        """Leave those that the bot was invited to while it was away."""
        for guild in self._line.client.guilds:
            self.joined(guild)

    def joined(self, guild: discord.Guild) -> None:
        """Leave a server that the bot is not meant for."""
        if not self._directory.is_ours(guild):
            self._tasks.begin(self._leave(guild), "leaving a server")

    async def _leave(self, guild: discord.Guild) -> None:
        log.warning("left the server %d (%s): it is not in platforms.discord.servers", guild.id, guild.name)
        locale = self._directory.locale(0, guild)
        place = _first_place(guild)
        if place is not None:
            try:
                await ChannelOutlet(self._line, str(place)).send(
                    Payload(phrases_in(locale)("discord.not_here")), key=f"leaving-{guild.id}"
                )
            except DiscordError as error:
                log.info("left without a word: %s", error)
        await self._line.do(guild.leave)


def _first_place(guild: discord.Guild) -> int | None:
    """Where the bot may say something: the channel for news of the server, or any."""
    channels = [guild.system_channel, *guild.text_channels]
    for channel in channels:
        if channel is not None and (channel.permissions_for(guild.me).send_messages):
            return channel.id
    return None
