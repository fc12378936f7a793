"""Who people are and where they are, as Discord tells it: with events, or asked once and remembered for a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import discord
from cachetools import TTLCache

from bot.messages import DIRECT, Locale, Person
from bot.platforms.discord.errors import MISSING_ACCESS, UNKNOWN_MEMBER, UNKNOWN_SERVER, UNKNOWN_USER, DiscordError
from bot.platforms.discord.line import Line
from bot.platforms.memory import Memory

log = logging.getLogger(__name__)

_MEMBERS_S: Final = 600.0
_GUILDS_S: Final = 60.0
_NAMES_S: Final = 3_600.0
_LOCALES_S: Final = 30 * 86_400.0
_MOST_LOCALES: Final = 20_000
_MOST_NAMES: Final = 20
# A bot that is in more servers is told of by few of them who somebody is.
_MOST_ASKED: Final = 20
# Whoever waits for an answer does not wait for what Discord has to say of them any longer.
_LONGEST_S: Final = 5.0
_NO_DISCORD: Final = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class Membership:
    """What somebody is in the bot's servers, all of them together.

    Attributes:
        is_member: Of one of them at least.
        roles: By their ids, in all of them.
    """

    is_member: bool
    roles: frozenset[str] = frozenset()


class Directory:
    """People, roles, channels and servers.

    Args:
        locale: The language of people of whom Discord says no other.
        servers: The ids of those that the bot is for; empty for all.
    """

    def __init__(self, line: Line, *, locale: Locale, servers: Collection[str] = ()) -> None:
        self._line = line
        self._client = line.client
        self._locale: Locale = locale
        self._servers = frozenset(servers)
        clock = line.clock
        self._memberships = Memory(
            self._ask_membership, _guess_membership, clock, kept_s=_MEMBERS_S, refusal=DiscordError
        )
        self._guilds = Memory(self._ask_guilds, lambda *_: (), clock, kept_s=_GUILDS_S, refusal=DiscordError)
        self._users = Memory(self._ask_user, lambda *_: "", clock, kept_s=_NAMES_S, refusal=DiscordError)
        self._noted = TTLCache[int, str](_MOST_LOCALES, _NAMES_S, timer=clock.monotonic)
        self._locales = TTLCache[int, Locale](_MOST_LOCALES, _LOCALES_S, timer=clock.monotonic)

    def is_ours(self, guild: discord.Guild | None) -> bool:
        """Whether the bot is for this server; direct messages are in none."""
        return guild is None or not self._servers or str(guild.id) in self._servers

    # People

    def member(self, user: discord.abc.User, guild: discord.Guild, category: int | None) -> Person:
        """Somebody who writes in a server, as the event tells of them.

        Args:
            category: Of the channel.
        """
        roles = [role.id for role in user.roles if role.id != guild.id] if isinstance(user, discord.Member) else []
        return Person(
            id=str(user.id),
            locale=self.locale(user.id, guild),
            workspace=str(guild.id),
            roles=frozenset(map(str, roles)),
            within=tuple(str(one) for one in (category, guild.id) if one),
        )

    async def alone(self, user: discord.abc.User) -> Person:
        """Somebody who writes where nobody else reads along: as far as they belong to the bot's servers."""
        known = await self._memberships.of(user.id)
        return Person(
            id=str(user.id),
            locale=self.locale(user.id),
            roles=known.roles,
            is_outside=not known.is_member,
            within=(DIRECT,),
        )

    def note(self, user: discord.abc.User, told: str = "") -> None:
        """Remember what somebody is called, and which language they read: only commands and buttons tell that."""
        self._noted[user.id] = f"@{user.display_name}"
        if told:
            self._locales[user.id] = _as_ours(told)

    def locale(self, user: int, guild: discord.Guild | None = None) -> Locale:
        """The language that somebody reads, or else that of the server."""
        known = self._locales.get(user)
        if known is not None:
            return known
        # Every server has one, `en-US` where nobody has chosen it.
        is_chosen = guild is not None and guild.preferred_locale is not discord.Locale.american_english
        return _as_ours(guild.preferred_locale.value) if guild is not None and is_chosen else self._locale

    # Names

    async def names(self, ids: Iterable[str]) -> Mapping[str, str]:
        """What people, roles, channels and servers are called, as far as it is known or can be asked."""
        asked = list(ids)[:_MOST_NAMES]
        names = await asyncio.gather(*(self._name(int(one)) for one in asked))
        return {one: name for one, name in zip(asked, names, strict=True) if name}

    async def place_name(self, channel: str) -> str:
        """What a channel or thread is called, as people read it; its id where nobody knows."""
        known = self._client.get_channel(int(channel))
        if known is None:
            try:
                known = await self._line.do(lambda: self._client.fetch_channel(int(channel)), tries=2)
            except DiscordError as error:
                log.info("what %s is called is not known: %s", channel, error)
        return f"#{name}" if (name := getattr(known, "name", "")) else f"#{channel}"

    def roles(self, ids: Iterable[str]) -> frozenset[str]:
        """Which of these are roles."""
        return frozenset(one for one in ids if one.isdecimal() and self._role(int(one)) is not None)

    def own_roles(self, guild: discord.Guild | None) -> frozenset[str]:
        """The role that a server has for the bot: people mention it in place of the bot."""
        if guild is None:
            return frozenset()
        me = self._client.user
        return frozenset(
            str(role.id) for role in guild.roles if me is not None and role.tags and role.tags.bot_id == me.id
        )

    async def _name(self, identity: int) -> str:
        return self.known_name(identity) or await self._users.of(identity)

    def known_name(self, identity: int) -> str:
        """What somebody or something is called, without asking; empty where that is not known."""
        channel = self._client.get_channel(identity)
        if name := getattr(channel, "name", None):
            return f"#{name}"
        if guild := self._client.get_guild(identity):  # its role for everybody has the same id
            return guild.name
        if role := self._role(identity):
            return f"@{role.name.removeprefix('@')}"
        return self._noted.get(identity, "")

    def _role(self, identity: int) -> discord.Role | None:
        found = (guild.get_role(identity) for guild in self._client.guilds)
        return next((role for role in found if role is not None), None)

    # Asked

    async def _ask_user(self, user: int) -> str:
        try:
            async with asyncio.timeout(_LONGEST_S):
                known = await self._line.do(lambda: self._client.fetch_user(user), tries=1)
        except TimeoutError as error:
            raise DiscordError("too slow") from error
        except DiscordError as error:
            if error.code == UNKNOWN_USER:
                return ""
            raise
        return f"@{known.display_name}"

    async def _ask_membership(self, user: int) -> Membership:
        try:
            async with asyncio.timeout(_LONGEST_S):
                guilds = await self._guilds.of("all")
                told = await asyncio.gather(*(self._roles_in(guild, user) for guild in guilds))
        except TimeoutError as error:
            raise DiscordError("too slow") from error
        known = [roles for roles in told if roles is not None]
        return Membership(bool(known), frozenset().union(*known))

    async def _ask_guilds(self, _all: str) -> tuple[int, ...]:
        """The servers that the bot is for; those of other processes are asked for."""
        if self._servers:
            return tuple(map(int, sorted(self._servers)))[:_MOST_ASKED]
        client = self._client
        if not isinstance(client, discord.AutoShardedClient) or client.shard_ids is None:
            return tuple(guild.id for guild in client.guilds[:_MOST_ASKED])

        async def all_of_them() -> list[discord.Guild]:
            return [guild async for guild in client.fetch_guilds(limit=_MOST_ASKED)]

        return tuple(guild.id for guild in await self._line.do(all_of_them))

    async def _roles_in(self, guild: int, user: int) -> frozenset[str] | None:
        """The roles of somebody in a server; `None` where they are not in it, or the bot is not."""
        http = self._client.http
        try:
            member = await self._line.do(lambda: http.get_member(guild, user), tries=2)
        except DiscordError as error:
            if error.code in {UNKNOWN_MEMBER, UNKNOWN_SERVER, MISSING_ACCESS}:
                return None
            raise
        return frozenset(str(role) for role in member["roles"] if str(role) != str(guild))


def _guess_membership(user: int, error: DiscordError) -> Membership:
    """Who cannot be told from a stranger is taken for one; an imitation of Discord may not be able to tell."""
    if error.status in _NO_DISCORD and not error.code:
        return Membership(is_member=True)
    log.warning("not known of %d: %s", user, error)
    return Membership(is_member=False)


def _as_ours(told: str) -> Locale:
    return "pt-BR" if told.lower().startswith("pt") else "en"
