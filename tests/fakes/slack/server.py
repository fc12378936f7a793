"""The whole of it on a local port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from aiohttp import web

from tests.fakes.slack.app import ALL_SCOPES
from tests.fakes.slack.events import ALL_EVENTS
from tests.fakes.slack.faults import Faults, Tiers
from tests.fakes.slack.http_line import HttpLine
from tests.fakes.slack.methods import STREAMING
from tests.fakes.slack.model import Call
from tests.fakes.slack.people import People
from tests.fakes.slack.sockets import Reason, Socket
from tests.fakes.slack.web_api import WebApi


class Slack(People, Faults):
    """Slack on 127.0.0.1, with one app in one workspace.

    Attributes:
        tiers: Whether calls are limited as Slack limits them, and how many of them there are.
    """

    def __init__(
        self,
        *,
        streaming: bool = True,
        scopes: Iterable[str] = ALL_SCOPES,
        subscriptions: Iterable[str] = ALL_EVENTS,
        tiers: bool = False,
        without: Iterable[str] = (),
        echo: bool = True,
        seed: int = 0,
    ) -> None:
        People.__init__(self, scopes, subscriptions, seed, echo=echo)
        Faults.__init__(self)
        self.tiers = Tiers(on=tiers, now=self.clock.now)
        self.web = WebApi(self, self, self.tiers, {*without, *(() if streaming else STREAMING)})
        self._runner: web.AppRunner | None = None

    @property
    def calls(self) -> list[Call]:
        return self.web.calls

    @property
    def ack_within_s(self) -> float:
        return self.sockets.ack_within_s

    @ack_within_s.setter
    def ack_within_s(self, seconds: float) -> None:
        self.sockets.ack_within_s = seconds
        if self.http:
            self.http.ack_within_s = seconds

    @property
    def retry_after_s(self) -> Sequence[float]:
        return self.sockets.retry_after_s

    @retry_after_s.setter
    def retry_after_s(self, seconds: Sequence[float]) -> None:
        self.sockets.retry_after_s = seconds
        if self.http:
            self.http.retry_after_s = seconds

    def calls_to(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def revoke(self, token: str) -> None:
        self.revoked.add(token)

    async def deliver_to(self, url: str) -> HttpLine:
        """From now on tell the bot over HTTP, at that URL, in place of Socket Mode."""
        if self.http:
            await self.http.close()
        self.http = HttpLine(url, self.signing_secret, self.verification_token, self.acks)
        self.http.ack_within_s = self.ack_within_s
        self.http.retry_after_s = self.retry_after_s
        return self.http

    async def disconnect(self, reason: Reason = "warning", after_s: float = 0.0) -> None:
        """Tell all sockets to go: a warning leaves them `after_s` to do so, then they are closed."""
        await self.sockets.disconnect(reason, after_s)

    def go_deaf(self, socket: Socket | None = None) -> None:
        """Answer no pings and deliver nothing, over one socket or all that there are; TCP stays open.

        A client that closes such a socket is answered, so that no test waits for a handshake that never comes.
        """
        for deaf in [socket] if socket else self.sockets.sockets:
            deaf.deaf, deaf.answers_pings = True, False

    def deaf_but_pinging(self, socket: Socket | None = None) -> None:
        """Deliver nothing, but answer pings."""
        for deaf in [socket] if socket else self.sockets.sockets:
            deaf.deaf, deaf.answers_pings = True, True

    def drop(self) -> None:
        self.sockets.drop()

    def refuse_sockets(self, times: int = 1) -> None:
        self.sockets.refusing = times

    async def until(self, condition: Callable[[], object], timeout_s: float = 10.0) -> None:
        """Wait for it; what is not there yet is no error.

        Raises:
            AssertionError: It did not come true in time, with everything that was seen.
        """
        deadline = time.monotonic() + timeout_s
        while not _true(condition):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {timeout_s} s\n{self.report()}")
            await asyncio.sleep(0.01)

    def report(self) -> str:
        """Everything that happened, for whoever looks at a failed test."""
        lines = ["— messages —"]
        for channel in self.channels.values():
            for message in (message for message in self.messages if message.channel == channel.id):
                shown = self._shown(message)
                marks = [mark for mark in ("ephemeral", "edited", "streaming") if getattr(shown, mark)]
                marks += ["deleted"] if message.deleted else []
                thread = f" in {message.thread_ts}" if message.thread_ts else ""
                lines.append(f"{channel.name} {message.ts}{thread} {shown.author} {marks}: {shown.text}")
                lines += [f"    [{label}]" for label in shown.buttons]
        lines.append("— calls —")
        for call in self.calls[-40:]:
            brief = json.dumps(call.arguments, ensure_ascii=False)[:200]
            lines.append(f"{call.method} {call.status} {call.error or 'ok'} {brief}")
        lines.append(f"— sockets: {len(self.sockets.sockets)}, acks: {len(self.acks)}, timeouts: {self.timeouts}")
        return "\n".join(lines)

    async def open(self) -> None:
        server = web.Application(client_max_size=64 * 1024 * 1024)
        server.add_routes([*self.web.routes(), web.get("/link/", self.sockets.connected)])
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base_url = f"http://127.0.0.1:{port}"

    async def close(self) -> None:
        await self.tasks.close()
        if self.http:
            await self.http.close()
        await self.sockets.close()
        assert self._runner is not None
        await self._runner.cleanup()
        if self.tasks.bugs:
            raise self.tasks.bugs[0]


@contextlib.asynccontextmanager
async def open_slack(
    *,
    streaming: bool = True,
    scopes: Iterable[str] = ALL_SCOPES,
    subscriptions: Iterable[str] = ALL_EVENTS,
    tiers: bool = False,
    without: Iterable[str] = (),
    echo: bool = True,
    seed: int = 0,
) -> AsyncIterator[Slack]:
    """`async with open_slack() as slack:` serves until the block ends.

    Args:
        streaming: There are the three methods for streams.
        scopes: What the bot token was granted.
        subscriptions: Events that the app asked for.
        tiers: Calls are limited as Slack limits them.
        without: Methods that are not there.
        echo: The bot is told of its own messages.
        seed: Of what Slack leaves to chance: which socket, and in which order.
    """
    slack = Slack(
        streaming=streaming,
        scopes=scopes,
        subscriptions=subscriptions,
        tiers=tiers,
        without=without,
        echo=echo,
        seed=seed,
    )
    await slack.open()
    try:
        yield slack
    finally:
        await slack.close()


def _true(condition: Callable[[], object]) -> bool:
    try:
        return bool(condition())
    except LookupError:
        return False
