"""HTTP mode: Slack's requests come to a server of ours, signed; whatever is not is refused before it is read."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web
from cachetools import TTLCache
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request

from rag.ports import Clock

if TYPE_CHECKING:
    from slack_bolt.app.async_app import AsyncApp

log = logging.getLogger(__name__)

# Slack's own limit for what it sends is far below.
_MOST_BYTES: Final = 1_000_000
# Slack waits three seconds for an answer.
_READING_S: Final = 5.0
_CLOSING_S: Final = 2.0
# Older ones may be replayed (docs.slack.dev/authentication/verifying-requests-from-slack, 2026-11).
_OLDEST_S: Final = 300.0
# A request may be dated as far ahead, and is then good for twice as long.
_SIGNATURES_S: Final = 2 * _OLDEST_S
_SIGNATURES: Final = 50_000


@asynccontextmanager
async def open_server(
    app: AsyncApp, clock: Clock, *, secret: str, host: str, port: int, path: str
) -> AsyncIterator[int]:
    """Serve Slack's requests while the block runs; yields the port.

    Args:
        secret: With which Slack signs.

    Raises:
        OSError: The port cannot be had.
    """
    requests = _Requests(app, clock, secret)
    application = web.Application(client_max_size=_MOST_BYTES)
    application.router.add_post(path, requests.answer)
    application.router.add_get(path, _nothing)
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=_CLOSING_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound = int(runner.addresses[0][1])
        log.info("listening on %s:%d%s", host, bound, path)
        yield bound
    finally:
        await runner.cleanup()


async def _nothing(_request: web.Request) -> web.Response:
    """Slack looks now and then whether a command's address is there, and so does whoever balances load."""
    return web.Response()


class _Requests:
    """What comes to the server."""

    def __init__(self, app: AsyncApp, clock: Clock, secret: str) -> None:
        self._app = app
        self._clock = clock
        self._secret = secret.encode()
        self._seen = TTLCache[str, None](_SIGNATURES, _SIGNATURES_S, timer=clock.monotonic)

    async def answer(self, request: web.Request) -> web.Response:
        """Verify a request, have it taken, and answer."""
        try:
            async with asyncio.timeout(_READING_S):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=HTTPStatus.REQUEST_TIMEOUT)
        signature = request.headers.get("X-Slack-Signature", "")
        if refusal := self._refusal(signature, request.headers.get("X-Slack-Request-Timestamp", ""), body):
            log.warning("refused: %s", refusal)
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        self._seen[signature] = None
        try:
            asked = await to_bolt_request(request)
        except (ValueError, LookupError, AttributeError, TypeError, RecursionError):  # not what Slack sends
            log.warning("refused: a request that cannot be read")
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        response = await self._app.async_dispatch(asked)
        if response.status == HTTPStatus.NOT_FOUND:  # nothing that the bot has to do with; Slack need not send it again
            return web.Response()
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:  # Slack sends it again, perhaps within the same second
            self._seen.pop(signature, None)
        return await to_aiohttp_response(response)

    def _refusal(self, signature: str, timestamp: str, body: bytes) -> str:
        """What is wrong with the seal of a request; empty where nothing is."""
        signed = hmac.new(self._secret, b"v0:%s:%s" % (_bytes(timestamp), body), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(_bytes(f"v0={signed}"), _bytes(signature)):
            return "a request without a valid signature"
        # Signed by Slack, so it is a number.
        if abs(self._clock.now().timestamp() - int(timestamp)) > _OLDEST_S:
            return "a request that is too old"
        return "the same signed request came twice" if signature in self._seen else ""


def _bytes(header: str) -> bytes:
    """A header as it came: whoever forges one may write anything."""
    return header.encode("utf-8", "surrogateescape")
