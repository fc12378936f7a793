"""Socket Mode: connections to Slack that are replaced before they end, and when they have gone deaf.

Slack hands each event to any one of an app's sockets, and hands it over again where nobody acknowledges it
(docs.slack.dev/apis/events-api/using-socket-mode, 2026-11). So a lost socket loses nothing; but a socket that is alive
and hears nothing does, and so does one that nobody opens again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

import aiohttp

from bot.platforms.slack.web import Json, SlackError, Web
from rag.ports import Clock

log = logging.getLogger(__name__)

Take = Callable[[Json], Awaitable[Json | None]]
"""Takes an envelope's payload into hands that hold it; returns what is said in the acknowledgement, if anything."""

_PING_S: Final = 5.0
# Slack answers pings within moments, and sends some of its own.
_DEAF_S: Final = 15.0
_GREETING_S: Final = 10.0
# A socket that hears nothing for so long may be one that Slack has forgotten, though it answers pings.
_QUIET_S: Final = 600.0
# How long an old socket still listens when its successor is there.
_LEAVING_S: Final = 10.0
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
# A socket that has lived for so long says that sockets work; before, each one that ends is a failure to open one.
_SETTLED_S: Final = 10.0
# Slack replaces sockets in good order, and those that have been of use are no failures.
_IN_ORDER: Final = frozenset({"warning", "refresh_requested", "quiet"})
_USED_S: Final = 1.0
# Before these end, somebody has to do something: turn Socket Mode on, or end other processes.
_CLOSED_ON_PURPOSE: Final = frozenset({"link_disabled", "too_many_websockets"})
# Tokens and apps for which no socket will ever open, however often it is tried.
_HOPELESS: Final = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "not_allowed_token_type",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "missing_scope",
        "no_permission",
        "forbidden_team",
        "org_login_required",
    }
)


class AppRefused(Exception):  # noqa: N818 - named for what happened
    """Slack will not open sockets for this app, now or later.

    Attributes:
        code: Why, as Slack calls it.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


async def open_url(web: Web, app_token: str) -> str:
    """Where the next socket connects to; each address serves once.

    Raises:
        AppRefused: There will be none.
        SlackError: There is none now.
    """
    try:
        opened = await web.call("apps.connections.open", token=app_token)
    except SlackError as error:
        if error.code in _HOPELESS:
            raise AppRefused(error.code) from error
        raise
    return str(opened["url"])


class Sockets:
    """Some sockets side by side, so that one is always there while another is replaced.

    Args:
        first_url: Where the first one connects to, if that was asked for already.
    """

    def __init__(self, web: Web, app_token: str, take: Take, clock: Clock, *, count: int, first_url: str = "") -> None:
        self._web = web
        self._app_token = app_token
        self._take = take
        self._clock = clock
        self._count = count
        self._first_url = first_url
        self._open: list[_Socket] = []

    async def run(self) -> None:
        """Keep the sockets open; ends only when it is cancelled.

        Raises:
            AppRefused: Slack has stopped serving this app.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._count):
                    group.create_task(self._keep(group))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            for socket in tuple(self._open):
                await socket.close()

    async def _keep(self, group: asyncio.TaskGroup) -> None:
        """See that there is a socket; what an old one still hears is taken while the next one opens."""
        pause_s = 0.0
        while True:
            began_s = self._clock.monotonic()
            try:
                socket = await self._connect()
            except (SlackError, aiohttp.ClientError, TimeoutError, OSError) as error:
                why = _told(error)
            else:
                self._open.append(socket)
                group.create_task(self._listen(socket))
                why = await socket.leaving
                lived_s = self._clock.monotonic() - began_s
                if lived_s >= (_USED_S if why in _IN_ORDER else _SETTLED_S):
                    pause_s = 0.0
            if why in _CLOSED_ON_PURPOSE:
                pause_s = _LONGEST_PAUSE_S
            level = logging.WARNING if pause_s else logging.INFO
            log.log(level, "another socket in %.1f s: %s", pause_s, why)
            await self._clock.sleep(pause_s)
            pause_s = min(max(2 * pause_s, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)

    async def _connect(self) -> _Socket:
        url, self._first_url = self._first_url, ""
        url = url or await open_url(self._web, self._app_token)
        connection = await self._web.session.ws_connect(url, autoping=False, proxy=self._web.proxy)
        return _Socket(connection, self._clock)

    async def _listen(self, socket: _Socket) -> None:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(socket.watch())
            try:
                while (message := await socket.receive()) is not None:
                    if "envelope_id" in message:
                        group.create_task(self._acknowledge(socket, message))
            finally:
                watching.cancel()
                socket.leave("closed")
                self._open.remove(socket)
                await socket.close()

    async def _acknowledge(self, socket: _Socket, envelope: Json) -> None:
        """Acknowledge an envelope when what it holds is in somebody's hands; else Slack hands it over again."""
        payload, kind = envelope.get("payload"), envelope.get("type")
        try:
            answer = await self._take(payload) if isinstance(payload, Mapping) else None
        except Exception:  # one event that goes wrong ends no socket
            log.exception("not taken kind=%s", kind)
            return
        told: dict[str, object] = {"envelope_id": envelope["envelope_id"]}
        if answer is not None and envelope.get("accepts_response_payload", True):
            told["payload"] = answer
        for one in (socket, *self._open):
            if await one.send(told):
                return


class _Socket:
    """One connection.

    Attributes:
        is_greeted: Slack has said hello, and hands events to it.
        leaving: Set when a successor is wanted, with the reason.
    """

    def __init__(self, connection: aiohttp.ClientWebSocketResponse, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._heard_s = self._served_s = clock.monotonic()
        self.is_greeted = False
        self.leaving: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def leave(self, why: str) -> None:
        """Ask for a successor."""
        if not self.leaving.done():
            self.leaving.set_result(why)

    async def receive(self) -> Json | None:
        """The next thing that Slack says; `None` once it says nothing more."""
        while True:
            frame = await self._connection.receive()
            self._heard_s = self._clock.monotonic()
            match frame.type:
                case aiohttp.WSMsgType.TEXT:
                    message = _json(frame.data)
                    if message.get("type") == "hello":
                        self.is_greeted = True
                    elif message.get("type") == "disconnect":
                        self.leave(str(message.get("reason")))
                    else:
                        self._served_s = self._heard_s
                        return message
                case aiohttp.WSMsgType.PING:
                    with suppress(ConnectionError, aiohttp.ClientError):  # then the next frame says that it is closed
                        await self._connection.pong(frame.data)
                case aiohttp.WSMsgType.PONG | aiohttp.WSMsgType.BINARY:
                    pass
                case _:
                    return None

    async def watch(self) -> None:
        """Ask whether anybody is there, and notice when nobody is."""
        began_s = self._clock.monotonic()
        leaving_s = None
        while True:
            with suppress(ConnectionError, aiohttp.ClientError):  # then nothing is heard
                await self._connection.ping(f"sdk-ping-pong:{self._clock.monotonic()}".encode())
            await self._clock.sleep(_PING_S)
            now_s = self._clock.monotonic()
            if now_s - self._heard_s > _DEAF_S:
                self.leave("deaf")
                await self.close()
            elif not self.is_greeted and now_s - began_s > _GREETING_S:
                self.leave("not greeted")
            elif now_s - self._served_s > _QUIET_S:
                self.leave("quiet")
            if self.leaving.done():
                leaving_s = leaving_s or now_s
                if now_s - leaving_s > _LEAVING_S:
                    await self.close()

    async def send(self, message: Json) -> bool:
        """Whether Slack has been sent it."""
        if self._connection.closed:
            return False
        try:
            await self._connection.send_json(message)
        except (ConnectionError, aiohttp.ClientError):
            return False
        return True

    async def close(self) -> None:
        """Hang up, on one that hears nothing, too."""
        with suppress(ConnectionError, aiohttp.ClientError, TimeoutError):
            async with asyncio.timeout(1):
                await self._connection.close()


def _json(text: str) -> Json:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _told(error: Exception) -> str:
    """An error without the address, which holds a ticket."""
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return f"the handshake ended with {error.status}"
    return str(error) if isinstance(error, SlackError) else type(error).__name__
