"""The gateway: sockets, and the sessions that outlive them.

Opcodes, close codes and the order of things: docs.discord.com/developers/events/gateway (2026-12).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Callable, Coroutine, Iterator

from aiohttp import WSMsgType, web

from tests.fakes.discord.intents import KNOWN, PRIVILEGED
from tests.fakes.discord.model import Clock, Guild, Json
from tests.fakes.discord.sessions import Link, Session
from tests.fakes.slack.tasks import Tasks

HEARTBEAT, IDENTIFY, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = 1, 2, 6, 7, 8, 9, 10, 11
_UNANSWERED = {3, 4, 14}
_WITH_DATA = {IDENTIFY, RESUME, MEMBERS}
RESUMABLE_FOR_S = 120.0
LONGEST_FRAME = 4096
IDENTIFY_EVERY_S = 5.0

Data = Json | Callable[["Session"], Json]


class Gateway:
    """The server's side of all sockets of the bot.

    Attributes:
        heartbeat_s: What HELLO asks for.
        refuses_intents: The privileged intents are no longer granted.
        refuses_token: As though another token had been made.
        requires_sharding: A single shard is refused.
        paces_identifies: One IDENTIFY in five seconds for each key of `max_concurrency`.
        all_sessions: Also those that nobody is connected to just now.
    """

    url = ""

    def __init__(self, clock: Clock, tasks: Tasks, token: str, granted: int) -> None:
        self.token = token
        self.granted = granted
        self.heartbeat_s = 41.25
        self.max_concurrency = 1
        self.refuses_intents = False
        self.refuses_token = False
        self.requires_sharding = False
        self.paces_identifies = False
        self.all_sessions: dict[str, Session] = {}
        self.links: list[Link] = []
        self.identified = 0
        self.ready: Callable[[Session], Json] = lambda _: {}
        self.guilds: Callable[[Session], Iterator[tuple[Guild, Json]]] = lambda _: iter(())
        self.members: Callable[[Json], list[Json]] = lambda _: []
        self._clock = clock
        self._tasks = tasks
        self._identified_at: dict[int, float] = {}

    @property
    def sessions(self) -> list[Session]:
        """Those that a socket is open for."""
        return [session for session in self.all_sessions.values() if session.link]

    def tell(self, event: str, data: Data, *, guild_id: str | None = None, intent: int = 0) -> int:
        """Dispatch to every session that it is for, also to those that may be resumed; to how many."""
        told = 0
        for session in list(self.all_sessions.values()):
            if self._is_over(session):
                del self.all_sessions[session.id]
            elif session.cares_for(guild_id, intent):
                session.dispatch(event, data(session) if callable(data) else data)
                told += 1
        return told

    async def connected(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(timeout=0.2)
        if not socket.can_prepare(request):
            return web.json_response({"message": "404: Not Found", "code": 0}, status=404)
        await socket.prepare(request)
        link = Link(socket, request)
        self.links.append(link)
        if request.query.get("v", "10") != "10":
            await socket.close(code=4012)
            return socket
        writing = self._tasks.start(_write(link))
        link.send(HELLO, {"heartbeat_interval": int(self.heartbeat_s * 1000)})
        try:
            await self._listen(link)
        except Exception as bug:
            self._tasks.bugs.append(bug)
            raise
        finally:
            writing.cancel()
            self._left(link)
        return socket

    async def drops(self, code: int = 4000, shard: int | None = None) -> None:
        """Close the sockets of a shard, or all; 1006 breaks the connection off."""
        for link in self._links(shard):
            await self._close(link, code)

    async def asks_to_reconnect(self, shard: int | None = None) -> None:
        for link in self._links(shard):
            link.send(RECONNECT)

    async def invalidates(self, *, resumable: bool = False, shard: int | None = None) -> None:
        for link in self._links(shard):
            if not resumable and link.session:
                self.all_sessions.pop(link.session.id, None)
            link.send(INVALID, resumable)

    def goes_silent(self, shard: int | None = None) -> None:
        for link in self._links(shard):
            link.silent = True

    async def close(self) -> None:
        for link in list(self.links):
            if link.request.transport is not None:
                link.request.transport.abort()

    def _links(self, shard: int | None) -> list[Link]:
        live = [session for session in self.sessions if shard in {None, session.shard}]
        return [session.link for session in live if session.link]

    async def _listen(self, link: Link) -> None:
        async for frame in link.socket:
            code = self._received(link, frame.data) if frame.type == WSMsgType.TEXT else 4002
            if code:
                await self._close(link, code)
                return

    def _received(self, link: Link, text: str) -> int:
        """Do what is asked; the code to close with, or 0."""
        now = time.monotonic()
        link.received = [at for at in link.received if at > now - 60] + [now]
        if len(text.encode()) > LONGEST_FRAME:
            return 4002
        if len(link.received) > 120:
            return 4008
        try:
            told = json.loads(text)
            op, data = int(told["op"]), told.get("d")
        except (ValueError, KeyError, TypeError, AttributeError):
            return 4002
        return 4002 if op in _WITH_DATA and not isinstance(data, dict) else self._asked(link, op, data)

    def _asked(self, link: Link, op: int, data: Json) -> int:
        if op == HEARTBEAT:
            if link.session:
                link.session.heartbeats += 1
            if not link.silent:
                link.send(ACK)
            return 0
        if op in {IDENTIFY, RESUME}:
            return 4005 if link.session else (self._identify if op == IDENTIFY else self._resume)(link, data)
        if link.session is None:
            return 4003
        if op == MEMBERS:
            link.session.dispatch("GUILD_MEMBERS_CHUNK", self._chunk(data))
            return 0
        return 0 if op in _UNANSWERED else 4001

    def _identify(self, link: Link, data: Json) -> int:
        intents, (shard, shards) = data.get("intents"), _shard(data)
        refused = self._refusal(data, intents, shard, shards)
        if refused:
            return refused
        key, now = shard % self.max_concurrency, self._clock.now()
        if self.paces_identifies and now - self._identified_at.get(key, 0.0) < IDENTIFY_EVERY_S:
            link.send(INVALID, False)
            return 0
        self._identified_at[key] = now
        self.identified += 1
        session = Session(secrets.token_hex(16), shard, shards, int(intents or 0), link)
        link.session = self.all_sessions[session.id] = session
        session.dispatch("READY", {**self.ready(session), "resume_gateway_url": self.url, "session_id": session.id})
        for _, told in self.guilds(session):
            session.dispatch("GUILD_CREATE", told)
        return 0

    def _refusal(self, data: Json, intents: object, shard: int, shards: int) -> int:
        if self.refuses_token or data.get("token") != self.token:
            return 4004
        if not 0 <= shard < shards:
            return 4010
        if self.requires_sharding and shards == 1:
            return 4011
        if not isinstance(intents, int) or intents & ~KNOWN:
            return 4013
        granted = 0 if self.refuses_intents else self.granted
        return 4014 if intents & PRIVILEGED & ~granted else 0

    def _resume(self, link: Link, data: Json) -> int:
        if self.refuses_token or data.get("token") != self.token:
            return 4004
        session = self.all_sessions.get(data.get("session_id", ""))
        if session is None or self._is_over(session):
            self.all_sessions.pop(data.get("session_id", ""), None)
            link.send(INVALID, False)
            return 0
        if data.get("seq") is None or data["seq"] > session.seq:
            return 4007
        session.link, link.session = link, session
        session.resumed += 1
        for seq, text in session.log:
            if seq > data["seq"]:
                link.outbox.put_nowait(text)
        session.dispatch("RESUMED", {})
        return 0

    def _is_over(self, session: Session) -> bool:
        return session.link is None and self._clock.now() - session.left_at_s > RESUMABLE_FOR_S

    def _chunk(self, data: Json) -> Json:
        told = {"guild_id": str(data["guild_id"]), "members": self.members(data), "chunk_index": 0, "chunk_count": 1}
        return {**told, "nonce": data.get("nonce")}

    async def _close(self, link: Link, code: int) -> None:
        self._left(link)
        if code == 1006 or link.silent:
            if link.request.transport is not None:
                link.request.transport.abort()
            return
        if code in {4004, 4010, 4011, 4013, 4014} and link.session:
            self.all_sessions.pop(link.session.id, None)
        await _within(link.socket.close(code=code), 0.3)

    def _left(self, link: Link) -> None:
        """Let go of a socket; its session can be resumed unless the bot said farewell."""
        if link in self.links:
            self.links.remove(link)
        session = link.session
        if session is None or session.link is not link:
            return
        session.link, session.left_at_s = None, self._clock.now()
        if link.socket.close_code in {1000, 1001}:
            self.all_sessions.pop(session.id, None)


def _shard(data: Json) -> tuple[int, int]:
    """Which one of how many; what is none is one of none."""
    told = data.get("shard") or [0, 1]
    return (told[0], told[1]) if isinstance(told, list) and len(told) == 2 else (0, 0)


async def _write(link: Link) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            text = await link.outbox.get()
            if not link.silent:
                await link.socket.send_str(text)


async def _within(work: Coroutine[object, object, object], seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(work, seconds)
