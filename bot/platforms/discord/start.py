"""What is looked at before Discord is served, so that what is wrong is told at once and by its name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import discord
from discord.http import Route

from bot.chats import DiscordSettings, DiscordTokens
from bot.platforms.discord.errors import DiscordError, done
from bot.platforms.discord.offers import application_commands, differs, in_one_server, installs_of
from bot.settings import BOT_FILE
from rag.errors import ConfigurationError, ConfigurationProblem
from rag.ports import Clock

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0
_UNAUTHORISED: Final = 401


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where events come from.

    Attributes:
        shards: So many connections Discord thinks right for this bot.
        at_once: So many of them may be begun every five seconds.
    """

    url: str
    shards: int = 1
    at_once: int = 1


async def log_in(client: discord.Client, tokens: DiscordTokens) -> discord.AppInfo:
    """Tell Discord who is there; returns what it knows of the app.

    Raises:
        ConfigurationError: Discord does not take the token, or something else has answered.
        DiscordError: Discord does not answer.
    """
    try:
        await done(lambda: client.login(tokens.bot))
    except discord.LoginFailure:
        sentence = "Discord does not know this token; reset it under Bot in the developer portal, and copy the new one"
        raise _wrong("DISCORD_BOT_TOKEN", sentence, _UNAUTHORISED) from None
    except DiscordError as error:
        if error.is_passing:
            raise
        raise _wrong("DISCORD_API_URL", "expected the address of Discord's API", error.status) from error
    except AttributeError as error:  # the library takes an answer that is no JSON for one that is
        raise _wrong("DISCORD_API_URL", "expected the address of Discord's API", 200) from error
    application = client.application
    if application is None:
        raise DiscordError("Discord does not say which app this is")
    return application


async def gateway_of(client: discord.Client, tokens: DiscordTokens) -> Gateway:
    """Where events come from, and over how many connections; an imitation may not say."""
    try:
        data = await done(lambda: client.http.request(Route("GET", "/gateway/bot")))
        told = cast("dict[str, Any]", data)
        limits = told.get("session_start_limit") or {}
        url, shards = str(told["url"]), int(told.get("shards") or 1)
        at_once = int(limits.get("max_concurrency") or 1)
    except (DiscordError, KeyError, TypeError, ValueError) as error:
        log.warning("Discord does not say where its gateway is: %s", error)
        return Gateway(tokens.gateway_url)
    if limits.get("remaining") == 0:
        log.warning("Discord takes no new connections for %.0f s", int(limits.get("reset_after") or 0) / 1000)
    return Gateway(tokens.gateway_url or url, shards, at_once)


async def synchronise(client: discord.Client, settings: DiscordSettings, tell: Callable[[str], None]) -> None:
    """Register the commands where they are not registered as they are now; without them, all else works.

    Raises:
        DiscordError: Discord does not answer.
    """
    wanted = application_commands(installs=await _installs(client))
    application = f"/applications/{client.application_id}"
    if not settings.test_servers:
        await _register(client, f"{application}/commands", wanted, tell, "the commands")
    for server in settings.test_servers:
        what = f"the commands of the server {server} (platforms.discord.test_servers)"
        await _register(client, f"{application}/guilds/{server}/commands", in_one_server(wanted), tell, what)


async def _register(
    client: discord.Client,
    path: str,
    wanted: Sequence[dict[str, object]],
    tell: Callable[[str], None],
    what: str,
) -> None:
    try:
        if not await _differ(client, path, wanted):
            return
        await done(lambda: client.http.request(Route("PUT", path), json=wanted))
    except DiscordError as error:
        if error.is_passing:
            raise
        log.exception("not registered: %s", what)
        tell(f"Discord does not take {what} ({error}). Whoever calls the bot by its name is answered all the same.")
    else:
        tell(f"Discord: {what} were registered anew")


async def _installs(client: discord.Client) -> tuple[int, ...]:
    """Where the app may be installed: Discord takes no commands for elsewhere."""
    try:
        told = await done(lambda: client.http.request(Route("GET", "/applications/@me")))
    except DiscordError as error:
        log.info("where the app may be installed is not known: %s", error)
        told = {}
    return installs_of(told if isinstance(told, dict) else {})


async def _differ(client: discord.Client, path: str, wanted: Sequence[dict[str, object]]) -> bool:
    try:
        told = await done(lambda: client.http.request(Route("GET", path), params={"with_localizations": "true"}))
    except DiscordError as error:
        if error.is_passing:
            raise
        log.info("which commands are registered is not known: %s", error)
        return True
    return not isinstance(told, list) or differs(told, wanted)


async def patiently(ask: Callable[[], Awaitable[_T]], clock: Clock, tell: Callable[[str], None]) -> _T:
    """Ask until Discord answers: whoever starts the bot while the network is away need not start it again."""
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return await ask()
        except DiscordError as error:
            if not error.is_passing:
                raise
            if pause_s == _FIRST_PAUSE_S:
                tell(f"Discord does not answer ({error}); trying again until it does")
            log.warning("Discord does not answer, again in %.0f s: %s", pause_s, error)
            await clock.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def wrong_connection(closed: discord.ConnectionClosed) -> ConfigurationError | None:
    """What is wrong with a connection that Discord will not have; `None` where it may be tried again."""
    match closed.code:
        case 4004:  # docs.discord.com/developers/topics/opcodes-and-status-codes, 2026-12
            return _wrong("DISCORD_BOT_TOKEN", "Discord's gateway does not take this token", closed.code)
        case 4010:
            return _wrong_shards("expected shards that there are: each id is below the count", closed.code)
        case 4011:
            return _wrong_shards("expected more shards: the bot is in too many servers for so few", closed.code)
        case 4013:
            return _wrong("DISCORD_GATEWAY_URL", "expected a gateway that knows the intents of v10", closed.code)
    return None


class Identifying:
    """When a connection may be begun: each of them counts in one of a few lines, one every five seconds.

    Attributes:
        at_once: The number of lines.
    """

    def __init__(self, clock: Clock, at_once: int, pause_s: float = 5.0) -> None:
        self._clock = clock
        self.at_once = at_once
        self._pause_s = pause_s
        self._next_s: dict[int, float] = {}
        self._locks: dict[int, asyncio.Lock] = {}

    async def wait(self, shard: int) -> None:
        """Return when it is this shard's turn."""
        line = shard % self.at_once
        async with self._locks.setdefault(line, asyncio.Lock()):
            wait_s = self._next_s.get(line, 0.0) - self._clock.monotonic()
            if wait_s > 0:
                await self._clock.sleep(wait_s)
            self._next_s[line] = self._clock.monotonic() + self._pause_s


def _wrong(variable: str, sentence: str, code: int) -> ConfigurationError:
    return ConfigurationError([ConfigurationProblem("environment", None, variable, f"{sentence} ({code})")])


def _wrong_shards(sentence: str, code: int) -> ConfigurationError:
    return ConfigurationError(
        [ConfigurationProblem(BOT_FILE, None, "platforms.discord.shards", f"{sentence} ({code})")]
    )
