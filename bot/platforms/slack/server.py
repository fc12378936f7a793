"""HTTP mode: Slack's requests come to a server of ours, signed; whatever is not is refused."""

from __future__ import annotations

import asyncio
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
# Older requests are refused by their time (docs.slack.dev/authentication/verifying-requests-from-slack, 2026-11).
_SIGNATURES_S: Final = 600.0
_SIGNATURES: Final = 50_000


@asynccontextmanager
async def open_server(app: AsyncApp, clock: Clock, *, host: str, port: int, path: str) -> AsyncIterator[int]:
    """Serve Slack's requests while the block runs; yields the port.

    Raises:
        OSError: The port cannot be had.
    """
    requests = _Requests(app, clock)
    application = web.Application(client_max_size=_MOST_BYTES)
    application.router.add_post(path, requests.answer)
    runner = web.AppRunner(application, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        sockets = site._server.sockets if isinstance(site._server, asyncio.Server) else ()  # noqa: SLF001 - for port 0
        bound = int(sockets[0].getsockname()[1]) if sockets else port
        log.info("listening on %s:%d%s", host, bound, path)
        yield bound
    finally:
        await runner.cleanup()


class _Requests:
    """What comes to the server."""

    def __init__(self, app: AsyncApp, clock: Clock) -> None:
        self._app = app
        self._seen = TTLCache[str, None](_SIGNATURES, _SIGNATURES_S, timer=clock.monotonic)

    async def answer(self, request: web.Request) -> web.Response:
        """Verify a request, have it taken, and answer."""
        signature = request.headers.get("X-Slack-Signature", "")
        if signature in self._seen:  # Slack signs every delivery anew
            log.warning("refused: the same signed request came twice")
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        if signature:
            self._seen[signature] = None
        try:
            asked = await to_bolt_request(request)
        except (ValueError, LookupError):
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        response = await self._app.async_dispatch(asked)
        if response.status == HTTPStatus.UNAUTHORIZED:
            log.warning("refused: a request without a valid signature")
            self._seen.pop(signature, None)
        if response.status == HTTPStatus.NOT_FOUND:  # nothing that the bot has to do with; Slack need not send it again
            return web.Response()
        return await to_aiohttp_response(response)
