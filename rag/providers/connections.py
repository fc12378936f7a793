"""Connections to one provider, lent to one request at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import httpx

from rag.errors import ProviderDisabled
from rag.ports import Clock

# A minute is what load balancers commonly give an idle connection; one that they close while a request is on its way
# takes the request with it.
_IDLE_S = 50.0
_LIMITS = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE_S)


@dataclass(frozen=True, slots=True)
class _Idle:
    http: httpx.AsyncClient
    since: float


class Connections:
    """As many httpx clients as requests are in flight, each with one connection.

    For every request a pool of httpx looks at all its connections: one client is slower at 50 requests in flight than
    at 10, and stands still at 500. A client of one connection costs a fifth of a millisecond to make, which the
    connection's handshake outweighs, and the one used last is the warmest, so a stack of them is all the pool there is.

    Args:
        encrypted: Whether anybody's certificate will be looked at.
    """

    def __init__(self, provider: str, clock: Clock, *, encrypted: bool) -> None:
        self._provider = provider
        self._clock = clock
        # Where no certificate is expected, none is believed, and none has to be read.
        self._trust = None if encrypted else SSLContext(PROTOCOL_TLS_CLIENT)
        self._idle: deque[_Idle] = deque()
        self._all: set[httpx.AsyncClient] = set()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client that nobody else uses until the block ends.

        Raises:
            ProviderDisabled: None can be made.
        """
        http = self._idle.pop().http if self._idle else await self._made()
        try:
            yield http
        finally:
            if http in self._all:
                self._idle.append(_Idle(http, self._clock.monotonic()))
            await self._close_the_forgotten()

    async def aclose(self) -> None:
        """Close all connections; the next request makes a new one."""
        self._idle.clear()
        while self._all:
            await self._all.pop().aclose()

    async def _made(self) -> httpx.AsyncClient:
        try:
            if self._trust is None:
                # Whoever goes away while they are read leaves them to the others.
                self._trust = await asyncio.shield(asyncio.wrap_future(_certificates()))
            http = httpx.AsyncClient(verify=self._trust, limits=_LIMITS)
        except (OSError, ValueError, httpx.InvalidURL) as error:
            what = "the environment names a proxy or certificates that are no use"
            raise ProviderDisabled(f"{self._provider} cannot be asked: {what}", provider=self._provider) from error
        self._all.add(http)
        return http

    async def _close_the_forgotten(self) -> None:
        """The stack's lowest are those that a rush of requests needed and nobody since."""
        while self._idle and self._clock.monotonic() - self._idle[0].since > _IDLE_S:
            http = self._idle.popleft().http
            self._all.discard(http)
            await http.aclose()


@cache
def _certificates() -> Future[SSLContext]:
    """Whose certificates are believed: read once for all providers, and in a thread, for it takes 40 ms and more."""
    return ThreadPoolExecutor(1).submit(httpx.create_ssl_context)
