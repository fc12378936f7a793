"""The whole of it on a local port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable

from aiohttp import web

from tests.fakes.discord.clients import Clients
from tests.fakes.discord.commands import Registry
from tests.fakes.discord.faults import Faults, matches
from tests.fakes.discord.limits import Buckets
from tests.fakes.discord.model import Call
from tests.fakes.discord.rest import Rest
from tests.fakes.discord.sessions import Session


class Discord(Clients, Faults):
    """Discord on 127.0.0.1, with one bot.

    Attributes:
        buckets: How many requests there may be.
    """

    def __init__(
        self,
        *,
        shards: int = 1,
        intents_allowed: Iterable[str] = ("MESSAGE_CONTENT",),
        bot_public: bool = True,
        limits: bool = True,
        without: Iterable[str] = (),
        heartbeat_s: float = 41.25,
        plain: bool = False,
        careless: bool = False,
    ) -> None:
        Clients.__init__(self, shards=shards, intents_allowed=intents_allowed, bot_public=bot_public)
        Faults.__init__(self)
        self.gateway.heartbeat_s = heartbeat_s
        self.plain = plain
        self.careless = careless
        self.registry = Registry()
        self.buckets = Buckets(self.clock.now, on=limits)
        self.rest = Rest(self, self, self.buckets, self.registry, without)
        self._runner: web.AppRunner | None = None

    @property
    def calls(self) -> list[Call]:
        return self.rest.calls

    @property
    def sessions(self) -> list[Session]:
        return self.gateway.sessions

    @property
    def registrations(self) -> int:
        """How often the bot registered, changed or removed commands."""
        return self.registry.writes

    @property
    def heartbeat_s(self) -> float:
        return self.gateway.heartbeat_s

    @heartbeat_s.setter
    def heartbeat_s(self, seconds: float) -> None:
        self.gateway.heartbeat_s = seconds

    @property
    def refuses_intents(self) -> bool:
        return self.gateway.refuses_intents

    @refuses_intents.setter
    def refuses_intents(self, refuses: bool) -> None:
        self.gateway.refuses_intents = refuses

    @property
    def refuses_token(self) -> bool:
        return self.gateway.refuses_token

    @refuses_token.setter
    def refuses_token(self, refuses: bool) -> None:
        self.gateway.refuses_token = refuses

    def calls_to(self, method: str, path: str) -> list[Call]:
        """Those that match; `*` is one step of a path, and at its end all that follows."""
        return [call for call in self.calls if call.method == method and matches(call.path, path)]

    async def drops(self, code: int = 4000, shard: int | None = None) -> None:
        """Close the sockets of a shard, or all; 1006 breaks the connection off."""
        await self.gateway.drops(code, shard)

    async def asks_to_reconnect(self, shard: int | None = None) -> None:
        await self.gateway.asks_to_reconnect(shard)

    async def invalidates(self, *, resumable: bool = False, shard: int | None = None) -> None:
        await self.gateway.invalidates(resumable=resumable, shard=shard)

    def goes_silent(self, shard: int | None = None) -> None:
        """Dispatch and acknowledge nothing any more over the sockets that are open now."""
        self.gateway.goes_silent(shard)

    async def until(self, condition: Callable[[], object], seconds: float = 10.0) -> None:
        """Wait for it; what is not there yet is no error.

        Raises:
            AssertionError: It did not come true in time, with everything that was seen.
        """
        deadline = time.monotonic() + seconds
        while not _true(condition):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s\n{self.report()}")
            await asyncio.sleep(0.01)

    def report(self) -> str:
        """Everything that happened, for whoever looks at a failed test."""
        lines = [self.picture(), "— calls —"]
        for call in self.calls[-40:]:
            brief = json.dumps(call.json, ensure_ascii=False)[:200]
            lines.append(f"{call.method} {call.path} {call.status} {call.code or ''} {brief}")
        shards = [f"{session.shard}/{session.shards}" for session in self.sessions]
        lines.append(f"— sessions: {shards}, interactions: {len(self.interactions)} —")
        return "\n".join(lines)

    async def open(self) -> None:
        server = web.Application(client_max_size=64 * 1024 * 1024)
        server.add_routes([*self.rest.routes(), web.get("/", self.gateway.connected)])
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.gateway.url = self.gateway_url

    async def close(self) -> None:
        await self.tasks.close()
        await self.gateway.close()
        assert self._runner is not None
        await self._runner.cleanup()
        if self.tasks.bugs:
            raise self.tasks.bugs[0]


@contextlib.asynccontextmanager
async def open_discord(
    *,
    shards: int = 1,
    intents_allowed: Iterable[str] = ("MESSAGE_CONTENT",),
    bot_public: bool = True,
    limits: bool = True,
    without: Iterable[str] = (),
    heartbeat_s: float = 41.25,
    plain: bool = False,
    careless: bool = False,
) -> AsyncIterator[Discord]:
    """`async with open_discord() as discord:` serves until the block ends.

    Args:
        shards: How many are recommended to the bot.
        intents_allowed: The privileged intents that were granted in the developer portal.
        bot_public: Anybody may add the bot to a server.
        limits: Requests are limited as Discord limits them.
        without: Routes that are not there, such as "GET /guilds/*/members/*".
        heartbeat_s: How often the bot is asked to give a sign of life.
        plain: It enforces no nonces, and asks for no permission to embed or attach.
        careless: It drops embeds, forgets the tokens of interactions, tells little of them, and names a charset.
    """
    discord = Discord(
        shards=shards,
        intents_allowed=intents_allowed,
        bot_public=bot_public,
        limits=limits,
        without=without,
        heartbeat_s=heartbeat_s,
        plain=plain,
        careless=careless,
    )
    await discord.open()
    try:
        yield discord
    finally:
        await discord.close()


def _true(condition: Callable[[], object]) -> bool:
    try:
        return bool(condition())
    except LookupError:
        return False
