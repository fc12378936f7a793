"""Discord as a platform: connects, serves until it is told to stop, and lets what is under way come to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import discord
from discord.gateway import DiscordWebSocket

from bot.chats import DISCORD_API_URL, DiscordSettings, DiscordTokens
from bot.messages import Locale
from bot.platforms.discord.client import Client, make_client
from bot.platforms.discord.desk import NAME, Desk, Spot
from bot.platforms.discord.errors import DiscordError
from bot.platforms.discord.inbox import Inbox
from bot.platforms.discord.library import close, on_refusal, point_at
from bot.platforms.discord.line import Line
from bot.platforms.discord.pace import Turns
from bot.platforms.discord.past import Past
from bot.platforms.discord.people import Directory
from bot.platforms.discord.reading import Reader
from bot.platforms.discord.replies import DiscordReplies
from bot.platforms.discord.servers import Servers
from bot.platforms.discord.start import (
    Gateway,
    gateway_of,
    log_in,
    patiently,
    synchronise,
    wrong_connection,
)
from bot.platforms.tasks import Tasks
from bot.ports import Core
from rag.errors import ConfigurationError
from rag.ports import Clock

log = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0
_GATEWAY_S: Final = 10.0


class DiscordPlatform:
    """All servers of a bot.

    Args:
        tell: Tells whoever started the bot how it stands.
    """

    name: Final = NAME

    def __init__(
        self,
        settings: DiscordSettings,
        tokens: DiscordTokens,
        clock: Clock,
        *,
        locale: Locale,
        tell: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._clock = clock
        self._locale: Locale = locale
        self._tell = tell
        self._hears_all = settings.follow_ups
        self._has_told_of_gateway = self._is_away_told = self._is_warned = False

    async def run(self, core: Core) -> None:
        """Serve until cancelled; what is under way then has some seconds to end.

        Raises:
            ConfigurationError: Discord will not have it so.
        """
        logging.getLogger("discord").setLevel(logging.CRITICAL)  # what it has to say, its exceptions say
        if problems := tuple(self._tokens.problems()):
            raise ConfigurationError(problems)
        while True:
            try:
                await self._serve(core)
            except discord.PrivilegedIntentsRequired:
                # Discord tells so only when it is asked for; without it, all but follow-ups without a name work.
                self._hears_all = False
                self._tell(
                    "Discord: the Message Content Intent is off, so follow-ups without the bot's name are not heard."
                    " Switch it on under Bot in the developer portal, or set platforms.discord.follow_ups to no."
                )

    async def _serve(self, core: Core) -> None:
        async with self._logged_in() as client, Tasks() as tasks:
            line = Line(client, self._clock, self._turns())
            on_refusal(client, line.refused)
            directory = Directory(line, locale=self._locale, servers=self._settings.servers)
            reader = Reader(client, directory)
            desk = Desk(
                line=line,
                directory=directory,
                past=Past(line, reader.text),
                reader=reader,
                tasks=tasks,
                locale=self._locale,
                hears_all=self._hears_all,
            )
            servers = client.servers = Servers(line, directory, tasks)
            client.inbox = Inbox(core, desk, self._settings)
            is_ready = asyncio.Event()

            def ready() -> None:
                servers.look()
                if not is_ready.is_set():
                    is_ready.set()
                    count = len(client.guilds)
                    self._tell(f"Discord: serving {count} server{'s' * (count != 1)} as {client.user}")
                    tasks.begin(core.resume(NAME, DiscordReplies(desk, Spot(""))), "resuming")

            client.ready = ready
            await patiently(lambda: synchronise(client, self._settings, self._tell), self._clock, self._tell_away)
            watching = asyncio.create_task(self._watch_gateway(is_ready))
            try:
                await self._connect(client, is_ready)
            finally:
                watching.cancel()

    @asynccontextmanager
    async def _logged_in(self) -> AsyncIterator[Client]:
        """A client that Discord knows, of the kind that the number of connections asks for."""
        point_at(self._tokens.api_url)
        gateway = Gateway(self._tokens.gateway_url)
        while True:
            client, application = await patiently(partial(self._log_in, gateway), self._clock, self._tell_away)
            try:
                told = await gateway_of(client, self._tokens)
                point_at(self._tokens.api_url, told.url)
                if told.shards > 1 == gateway.shards and self._settings.shards is None:
                    gateway = told
                    continue  # more than one connection needs the other kind of client
                client.identifying.at_once = told.at_once
                self._warn(application)
                yield client
                return
            finally:
                await close(client)

    async def _log_in(self, gateway: Gateway) -> tuple[Client, discord.AppInfo]:
        """A new client each time: one that was refused is of no use any more."""
        client = make_client(self._settings, gateway, self._clock, message_content=self._hears_all)
        try:
            return client, await log_in(client, self._tokens)
        except BaseException:
            await close(client)
            raise

    async def _connect(self, client: Client, is_ready: asyncio.Event) -> None:
        """Stay connected; the library connects again where it was cut off, and resumes what it has missed."""
        pause_s = _FIRST_PAUSE_S
        while True:
            began_s = self._clock.monotonic()
            try:
                await client.connect(reconnect=True)
            except (discord.PrivilegedIntentsRequired, asyncio.CancelledError):
                raise
            except discord.ConnectionClosed as closed:
                if wrong := wrong_connection(closed):
                    raise wrong from None
                log.warning("cut off: %s", closed)
            except Exception as error:  # whatever ends a connection ends no more than that
                log.warning("cut off: %s", type(error).__name__, exc_info=error if is_ready.is_set() else None)
                self._tell_of_gateway(is_ready)
            if client.is_closed():
                raise DiscordError("the connection was closed")
            if self._clock.monotonic() - began_s > _LONGEST_PAUSE_S:
                pause_s = _FIRST_PAUSE_S
            await self._clock.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _watch_gateway(self, is_ready: asyncio.Event) -> None:
        await self._clock.sleep(_GATEWAY_S)
        self._tell_of_gateway(is_ready)

    def _tell_of_gateway(self, is_ready: asyncio.Event) -> None:
        """Say that nothing is heard from the gateway: once, and only at the start."""
        if not is_ready.is_set() and not self._has_told_of_gateway:
            self._has_told_of_gateway = True
            where = DiscordWebSocket.DEFAULT_GATEWAY
            self._tell(f"Discord's gateway at {where} does not answer; trying again until it does")

    def _turns(self) -> Turns:
        shards = self._settings.shards
        share = 1.0 if shards is None else len(shards.own) / shards.count
        return Turns(self._clock, is_limited=self._tokens.api_url == DISCORD_API_URL, share=share)

    def _tell_away(self, sentence: str) -> None:
        """Say once that Discord does not answer, whatever it was asked for."""
        if not self._is_away_told:
            self._is_away_told = True
            self._tell(sentence)

    def _warn(self, application: discord.AppInfo) -> None:
        if application.bot_public and not self._settings.servers and not self._is_warned:
            self._is_warned = True
            self._tell(
                "Discord: everybody can invite this bot to their server, and ask it there. Switch Public Bot off in"
                " the developer portal, or name your servers in platforms.discord.servers."
            )
