"""The Web API over HTTP: who may call what, how often, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Iterable
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from tests.fakes.slack.app import App
from tests.fakes.slack.faults import Fault, Faults, Tiers
from tests.fakes.slack.methods import METHODS, Method, Request
from tests.fakes.slack.model import Call, Json, Refused


class WebApi:
    """Serves `/api/…`, uploads and response URLs.

    Attributes:
        calls: All that were made, as they came in.
    """

    def __init__(self, app: App, faults: Faults, tiers: Tiers, without: Iterable[str]) -> None:
        self.calls: list[Call] = []
        self._app = app
        self._faults = faults
        self._tiers = tiers
        self._methods = {name: method for name, method in METHODS.items() if name not in set(without)}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/api/{method}", self._called),
            web.post("/upload/v1/{file}", self._uploaded),
            web.post("/actions/{url}", self._responded),
        ]

    async def _called(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        known = self._methods.get(name)
        try:
            token, arguments = await _read(request, reads=known is not None and known.reads)
        except Refused as refused:
            return self._answer(refused.status, refused.body)
        call = Call(name, arguments, time.monotonic())
        self.calls.append(call)
        if delay_s := self._faults.next_delay_s(name):
            await asyncio.sleep(delay_s)
        fault = self._faults.next_fault(name)
        if fault is not None and fault.cut:
            call.error = "cut"
            return _hang_up(request)
        status, answer, headers = self._do(call, known, token, fault)
        call.answered(status, answer)
        if fault is not None and fault.cut_after:
            return _hang_up(request)
        if status >= 500:
            return web.Response(status=status, text=str(answer["error"]), headers=headers)
        return self._answer(status, answer, headers)

    def _do(self, call: Call, method: Method | None, token: str, fault: Fault | None) -> tuple[int, Json, Json]:
        try:
            if method is None:
                return 200, {"ok": False, "error": "unknown_method", "req_method": call.method}, {}
            self._authorize(method, token)
            if wait_s := self._tiers.wait_s(call.method, str(call.arguments.get("channel", ""))):
                return 429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(wait_s)}
            if fault is not None and fault.error:
                return fault.status, {"ok": False, "error": fault.error, **fault.extra}, fault.headers
            return 200, {"ok": True, **method.run(Request(self._app, call.method, call.arguments))}, {}
        except Refused as refused:
            return refused.status, refused.body, {}

    def _authorize(self, method: Method, token: str) -> None:
        app = self._app
        if not token:
            raise Refused("not_authed")
        if token in app.revoked:
            raise Refused("token_revoked")
        if token not in {app.bot_token, app.app_token}:
            raise Refused("invalid_auth")
        if (token == app.app_token) is not method.app_token:
            raise Refused("not_allowed_token_type")
        if method.scopes and not app.scopes & set(method.scopes):
            provided = ",".join(sorted(app.scopes))
            raise Refused("missing_scope", needed=method.scopes[0], provided=provided)

    def _answer(self, status: int, answer: Json, headers: Json | None = None) -> web.Response:
        told = {
            "x-oauth-scopes": ",".join(sorted(self._app.scopes)),
            "x-slack-req-id": secrets.token_hex(8),
            **(headers or {}),
        }
        return web.json_response(answer, status=status, headers=told)

    async def _uploaded(self, request: web.Request) -> web.Response:
        file = self._app.files.get(request.match_info["file"])
        content = await _content(request)
        if file is None or len(content) != file.length:
            return web.Response(status=400, text="bad upload")
        file.bytes = content
        return web.Response(text=f"OK - {len(content)}")

    async def _responded(self, request: web.Request) -> web.Response:
        try:
            url = self._app.response_urls.use(request.path)
            _, told = await _read(request, reads=False)
            arguments = json.loads(told["payload"]) if isinstance(told.get("payload"), str) else told
            self._app.respond(arguments, url.channel, url.user, url.original)
        except Refused as refused:
            status = 500 if refused.status == 200 else refused.status
            return web.json_response(refused.body, status=status)
        return web.Response(text="ok")


async def _read(request: web.Request, *, reads: bool) -> tuple[str, Json]:
    """The token and the arguments, from wherever they came."""
    arguments: Json = dict(request.query)
    body = await request.text()
    if request.content_type == "application/json" and body:
        try:
            told = json.loads(body)
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(told, dict):
            raise Refused("json_not_object")
        arguments |= {} if reads else told
    else:
        arguments |= dict(parse_qsl(body, keep_blank_values=True))
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = str(arguments.pop("token", ""))
    return (token if scheme.lower() == "bearer" else given), arguments


async def _content(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    part = await (await request.multipart()).next()
    assert isinstance(part, BodyPartReader)
    return bytes(await part.read(decode=False))


def _hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response(status=444)
