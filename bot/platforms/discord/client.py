"""Discord's library, as this bot uses it: what it hears goes to the inbox, and it remembers as little as it can."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import discord

from bot.chats import DiscordSettings
from bot.platforms.discord.library import guard
from bot.platforms.discord.start import Gateway, Identifying
from rag.ports import Clock

if TYPE_CHECKING:
    from bot.platforms.discord.inbox import Inbox
    from bot.platforms.discord.servers import Servers

log = logging.getLogger(__name__)

_LONGEST_WAIT_S = 120.0
# All servers are told of right after one another; the library waits for so long after the last of them.
_SERVERS_TOLD_S = 0.1


def intents(*, message_content: bool) -> discord.Intents:
    """What Discord tells the bot: nothing that has to be asked for in the developer portal, but for one if wanted."""
    wanted = discord.Intents.none()
    wanted.guilds = wanted.guild_messages = wanted.dm_messages = True
    wanted.message_content = message_content
    return wanted


class _Hears(discord.Client):
    """What both kinds of client do.

    Attributes:
        inbox: `None` until somebody listens.
    """

    inbox: Inbox | None = None
    servers: Servers | None = None
    identifying: Identifying
    ready: Callable[[], None]

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002 - the library's
        """Wait for a turn: the library's own hook waits five seconds for each shard, also where Discord takes many."""
        await self.identifying.wait(shard_id or 0)

    async def on_ready(self) -> None:
        """All servers are known."""
        self.ready()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Somebody has invited the bot."""
        if self.servers is not None:
            self.servers.joined(guild)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """The same, as it is told where a server was there before."""
        await self.on_guild_join(guild)

    async def on_message(self, message: discord.Message) -> None:
        """Somebody has written something."""
        if self.inbox is not None:
            self.inbox.message(message)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """Somebody has changed something, or a link was unfurled."""
        if self.inbox is not None:
            self.inbox.edit(event.message)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Something was taken away."""
        if self.inbox is not None:
            self.inbox.deletion(event.channel_id, event.message_id)

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Many messages were taken away at once."""
        if self.inbox is not None:
            for message in event.message_ids:
                self.inbox.deletion(event.channel_id, message)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Somebody has used a command, a button or a dialogue."""
        if self.inbox is not None:
            self.inbox.interaction(interaction)

    async def on_error(self, event: str, /, *_: Any, **__: Any) -> None:
        """What went wrong in one of these ends nothing else."""
        log.exception("failed: %s", event)  # noqa: LOG004 - the library calls it where the error is handled


class _Single(_Hears):
    """One connection."""


class _Sharded(_Hears, discord.AutoShardedClient):
    """Several connections, each of which tells of some of the servers."""


Client: TypeAlias = _Single | _Sharded


def make_client(settings: DiscordSettings, gateway: Gateway, clock: Clock, *, message_content: bool) -> Client:
    """A client that is not connected yet: sharded where Discord wants that, or where it is configured."""
    how: dict[str, Any] = {
        "intents": intents(message_content=message_content),
        "allowed_mentions": discord.AllowedMentions.none(),
        "max_messages": None,
        "member_cache_flags": discord.MemberCacheFlags.none(),
        "chunk_guilds_at_startup": False,
        "guild_ready_timeout": _SERVERS_TOLD_S,
        "max_ratelimit_timeout": _LONGEST_WAIT_S,
    }
    shards = settings.shards
    client: Client
    if shards is not None:
        client = _Sharded(shard_count=shards.count, shard_ids=list(shards.own), **how)
    elif gateway.shards > 1:
        client = _Sharded(**how)
    else:
        client = _Single(**how)
    client.identifying = Identifying(clock, gateway.at_once)
    guard(client)
    return client
