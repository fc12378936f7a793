"""Socket Mode: up to ten sockets an app, and envelopes that each go to one of them until they are acknowledged."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import WSMsgType, web

from tests.fakes.slack.model import Ack, Json
from tests.fakes.slack.tasks import Tasks

Reason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]
MOST_SOCKETS = 10


@dataclass(eq=False)
class Socket:
    """One connection of the bot.

    Attributes:
        leaving: It was told to go and gets nothing more.
        deaf: Nothing that is sent to it arrives.
        answers_pings: What a socket that is only half dead still does.
    """

    link: web.WebSocketResponse
    request: web.Request
    leaving: bool = False
    deaf: bool = False
    answers_pings: bool = True
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Json) -> None:
        if self.deaf or self.link.closed:
            return
        try:
            await self.link.send_str(json.dumps(message))
        except ConnectionError:
            self.closed.set()


@dataclass(eq=False)
class Envelope:
    id: str
    kind: str
    sent_at: float
    acked: asyncio.Event = field(default_factory=asyncio.Event)
    payload: Json | None = None
    given_up: bool = False


class SocketMode:
    """The server's side of all sockets of the app.

    Attributes:
        ack_within_s: An event that is not acknowledged by then is sent again.
        retry_after_s: How long before each time that it is sent again.
        ping_every_s: Slack pings too.
        acks: In the order in which they came.
        lost: Events that were never acknowledged.
        delivered: All envelopes, as they were sent.
    """

    def __init__(self, tasks: Tasks, app_id: str, seed: int) -> None:
        self.ack_within_s = 3.0
        self.retry_after_s: Sequence[float] = (0, 60, 300)
        self.ping_every_s = 10.0
        self.acks: list[Ack] = []
        self.lost: list[Json] = []
        self.delivered: list[Json] = []
        self.sockets: list[Socket] = []
        self.tickets: set[str] = set()
        self.refusing = 0
        self._tasks = tasks
        self._app_id = app_id
        self._random = random.Random(seed)
        self._envelopes: dict[str, Envelope] = {}
        self._arrived = asyncio.Event()

    def ticket(self) -> str:
        """What opens one socket, once."""
        ticket = secrets.token_urlsafe(16)
        self.tickets.add(ticket)
        return ticket

    async def connected(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=401, text="bad ticket")
        if self.refusing > 0:
            self.refusing -= 1
            return web.Response(status=503, text="try again")
        self.tickets.discard(ticket)
        link = web.WebSocketResponse(autoping=False)
        await link.prepare(request)
        socket = Socket(link, request)
        await self._welcome(socket)
        pinging = asyncio.get_running_loop().create_task(self._ping(socket))
        try:
            await self._listen(socket)
        finally:
            pinging.cancel()
            socket.closed.set()
            if socket in self.sockets:
                self.sockets.remove(socket)
        return link

    async def send_event(self, payload: Json) -> bool:
        """Deliver until it is acknowledged; `False` where it never was."""
        reason = ""
        waits_s = list(self.retry_after_s)
        for attempt in range(len(waits_s) + 1):
            socket = await self._redeliver(payload, attempt, reason)
            if socket is None:
                return True
            reason = "timeout"
            if attempt < len(waits_s):
                # Once the socket that swallowed it is closed, it is sent over another at once.
                await _either(socket.closed.wait(), within_s=waits_s[attempt])
        self.lost.append(payload)
        return False

    async def ask(self, kind: str, payload: Json) -> Envelope | None:
        """Deliver once, to whichever socket is there; `None` where nobody acknowledges in time."""
        if not self._listening:
            return None
        envelope = await self._send(self._pick(), kind, payload, {})
        if await _either(envelope.acked.wait(), within_s=self.ack_within_s):
            return envelope
        envelope.given_up = True
        return None

    async def disconnect(self, reason: Reason, after_s: float, sockets: Sequence[Socket] | None = None) -> None:
        """Tell sockets to go, and close them after a while."""
        for socket in list(self.sockets if sockets is None else sockets):
            socket.leaving = reason != "warning"
            await socket.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-test"}})
            self._tasks.start(self._close(socket, reason, after_s))

    def drop(self) -> None:
        """Break all connections off."""
        for socket in list(self.sockets):
            if socket.request.transport is not None:
                socket.request.transport.abort()
            socket.closed.set()
            self.sockets.remove(socket)

    async def close(self) -> None:
        for socket in list(self.sockets):
            await _either(socket.link.close(), within_s=0.2)
            if socket.request.transport is not None:
                socket.request.transport.abort()

    async def _redeliver(self, payload: Json, attempt: int, reason: str) -> Socket | None:
        """Deliver, at once again where a socket closes before it acknowledges; `None` once it was acknowledged."""
        while True:
            retry: Json = {"retry_attempt": attempt, "retry_reason": reason}
            socket = await self._wait_for_socket()
            envelope = await self._send(socket, "events_api", payload, retry)
            closed_or_acked = _first(envelope.acked.wait, socket.closed.wait)
            in_time = await _either(closed_or_acked, within_s=self.ack_within_s)
            if envelope.acked.is_set():
                return None
            envelope.given_up = True
            if not in_time:
                return socket

    async def _send(self, socket: Socket, kind: str, payload: Json, retry: Json) -> Envelope:
        envelope = Envelope(f"{secrets.token_hex(4)}-{len(self._envelopes)}", kind, time.monotonic())
        self._envelopes[envelope.id] = envelope
        told = {
            "envelope_id": envelope.id,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            "payload": payload,
            **retry,
        }
        self.delivered.append(told)
        await socket.send(told)
        return envelope

    @property
    def _listening(self) -> list[Socket]:
        return [socket for socket in self.sockets if not socket.leaving and not socket.closed.is_set()]

    def _pick(self) -> Socket:
        return self._random.choice(self._listening)

    async def _wait_for_socket(self) -> Socket:
        while not self._listening:
            self._arrived.clear()
            await self._arrived.wait()
        return self._pick()

    async def _welcome(self, socket: Socket) -> None:
        crowded = len(self.sockets) >= MOST_SOCKETS
        oldest = self.sockets[0] if crowded else None
        await socket.send(
            {
                "type": "hello",
                "num_connections": min(len(self.sockets) + 1, MOST_SOCKETS),
                "debug_info": {"host": "applink-test", "build_number": 1, "approximate_connection_time": 18_060},
                "connection_info": {"app_id": self._app_id},
            }
        )
        self.sockets.append(socket)
        self._arrived.set()
        if oldest is not None:
            await self.disconnect("too_many_websockets", 0.0, [oldest])

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.link:
            if message.type is WSMsgType.TEXT:
                self._heard(socket, message.data)
            elif message.type is WSMsgType.PING and socket.answers_pings:
                await socket.link.pong(message.data)

    def _heard(self, socket: Socket, text: str) -> None:
        told = json.loads(text) if text.startswith("{") else {}
        envelope = self._envelopes.get(str(told.get("envelope_id")))
        if envelope is None or socket.deaf or envelope.acked.is_set():
            return
        envelope.payload = told.get("payload")
        seconds = time.monotonic() - envelope.sent_at
        self.acks.append(Ack(envelope.id, envelope.kind, seconds, envelope.payload, late=envelope.given_up))
        envelope.acked.set()

    async def _ping(self, socket: Socket) -> None:
        while not socket.link.closed:
            await asyncio.sleep(self.ping_every_s)
            if socket.answers_pings:
                try:
                    await socket.link.ping(b"Ping from applink-test")
                except ConnectionError:
                    return

    async def _close(self, socket: Socket, reason: Reason, after_s: float) -> None:
        await _either(socket.closed.wait(), within_s=after_s)
        if reason == "warning" and not socket.closed.is_set():
            socket.leaving = True
            refresh = {"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "applink-test"}}
            await socket.send(refresh)
        await socket.link.close()


async def _either(waiting: Awaitable[object], *, within_s: float) -> bool:
    """Whether it came within that time."""
    try:
        async with asyncio.timeout(within_s):
            await waiting
    except TimeoutError:
        return False
    return True


async def _first(*waits: Callable[[], Coroutine[object, object, object]]) -> None:
    tasks = [asyncio.ensure_future(wait()) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
