"""Channels, threads, forum posts and direct messages, as far as the bot has to tell them apart."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

import discord
from cachetools import TTLCache

from bot.platforms.discord.errors import DiscordError
from bot.platforms.discord.line import Line

log = logging.getLogger(__name__)

_REMEMBERED: Final = 20_000
_REMEMBERED_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said.

    Attributes:
        id: The channel: that of a thread is the one in which it stands.
        category: Of the channel; `None` for none.
        title: What a thread or a forum post is called.
        has_threads: Threads can be opened below its messages.
    """

    id: int
    category: int | None = None
    is_direct: bool = False
    is_thread: bool = False
    title: str = ""
    has_threads: bool = False


class Places:
    """Known from events; a thread that is not, such as one that was archived, is asked for."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._asked = TTLCache[int, Place](_REMEMBERED, _REMEMBERED_S, timer=line.clock.monotonic)

    async def of(self, message: discord.Message) -> Place:
        """Where a message stands."""
        if message.guild is None:
            return Place(message.channel.id, is_direct=True)
        known = place_of(message.channel)
        return known or await self.by_id(message.channel.id)

    async def by_id(self, channel: int) -> Place:
        """A place by the id of its channel or thread; as a channel where nobody knows."""
        known = place_of(self._line.client.get_channel(channel)) or self._asked.get(channel)
        if known is not None:
            return known
        try:
            told = await self._line.do(lambda: self._line.client.fetch_channel(channel), tries=2)
        except DiscordError as error:
            log.info("what %d is, is not known: %s", channel, error)
            return Place(channel)
        self._asked[channel] = place_of(told) or Place(channel)
        return self._asked[channel]


def place_of(channel: object) -> Place | None:
    """A channel of the library's as a place; `None` where it is not known what it is."""
    match channel:
        case discord.DMChannel() | discord.GroupChannel():
            return Place(channel.id, is_direct=isinstance(channel, discord.DMChannel))
        case discord.Thread():
            return Place(channel.parent_id, _category(channel), is_thread=True, title=channel.name)
        case discord.TextChannel():
            return Place(channel.id, channel.category_id, has_threads=True)
        case discord.abc.GuildChannel():
            return Place(channel.id, channel.category_id)
    return None


def _category(thread: discord.Thread) -> int | None:
    parent = thread.parent
    return None if parent is None else parent.category_id
