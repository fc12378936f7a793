"""The API over HTTP: who may ask what, how often, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from tests.fakes.discord.app import App
from tests.fakes.discord.bodies import Files
from tests.fakes.discord.commands import Registry
from tests.fakes.discord.errors import Refused, plain
from tests.fakes.discord.faults import Fault, Faults, matches
from tests.fakes.discord.limits import Buckets, TooMany
from tests.fakes.discord.model import Call
from tests.fakes.discord.routes import ROUTES, Ask, Route

Headers = dict[str, str]


class Rest:
    """Serves `/api/…` and what was attached to messages.

    Attributes:
        calls: All that came in, in that order.
    """

    def __init__(self, app: App, faults: Faults, buckets: Buckets, registry: Registry, without: Iterable[str]) -> None:
        self.calls: list[Call] = []
        self._app = app
        self._faults = faults
        self._buckets = buckets
        self._registry = registry
        self._without = [one.partition(" ")[::2] for one in without]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/attachments/{file}/{name}", self._attached),
            web.route("*", "/api/v{version}/{path:.*}", self._asked),
        ]

    async def _asked(self, request: web.Request) -> web.StreamResponse:
        path = f"/{request.match_info['path']}"
        call = Call(request.method, path, {}, time.monotonic())
        self.calls.append(call)
        try:
            body, files = await _read(request)
        except Refused as refused:
            return self._refused(call, refused, {})
        call.json = {} if body is None else body
        if delay_s := self._faults.delay_s(request.method, path):
            await asyncio.sleep(delay_s)
        fault = self._faults.next_fault(request.method, path)
        if fault is None or fault.after:
            answer = self._answer(request, call, body, files)
            if fault is None:
                return answer
        return self._gone_wrong(request, call, fault)

    def _answer(self, request: web.Request, call: Call, body: Any, files: Files) -> web.Response:
        headers: Headers = {}
        try:
            route, params = self._route(request, call.path)
            self._authorize(request, route)
            if not route.open:
                self._buckets.take_global()
            headers = self._buckets.take(route.bucket, params.get(route.major, ""))
            ask = Ask(self._app, self._registry, self._buckets, params, dict(request.query), body, files)
            call.status, call.answer = route.run(ask)
        except TooMany as limited:
            call.status, call.answer = 429, limited.body
            headers = limited.headers
        except Refused as refused:
            return self._refused(call, refused, headers)
        except Exception as bug:
            # A bug of the imitation is raised when it closes; the bot sees what it would see of Discord's own.
            self._app.tasks.bugs.append(bug)
            raise
        response = _respond(call, headers)
        if self._app.careless and call.answer is not None:
            response.headers["Content-Type"] = "application/json; charset=utf-8"
        return response

    def _route(self, request: web.Request, path: str) -> tuple[Route, dict[str, str]]:
        if request.match_info["version"] != "10":
            raise Refused(50041)
        method = request.method
        if any(method in {wanted, "*"} and matches(path, pattern) for wanted, pattern in self._without):
            raise plain(404, "Not Found")
        found = False
        for route in ROUTES:
            if matched := route.pattern.fullmatch(path):
                if route.method == method:
                    return route, matched.groupdict()
                found = True
        raise plain(405, "Method Not Allowed") if found else plain(404, "Not Found")

    def _authorize(self, request: web.Request, route: Route) -> None:
        if not request.headers.get("User-Agent"):
            raise Refused(40333)
        gateway = self._app.gateway
        given = request.headers.get("Authorization", "")
        if not route.open and (gateway.refuses_token or given != f"Bot {gateway.token}"):
            raise plain(401, "Unauthorized")

    def _refused(self, call: Call, refused: Refused, headers: Headers) -> web.Response:
        call.status, call.code, call.answer = refused.status, refused.code, refused.body
        if refused.status == 429:
            wait_s = float(refused.body.get("retry_after", 1.0))
            headers = headers | {"Retry-After": str(round(wait_s + 0.499)), "X-RateLimit-Scope": "user"}
        return _respond(call, headers)

    def _gone_wrong(self, request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        call.status = fault.status
        if not fault.status:
            assert request.transport is not None
            request.transport.abort()
            return web.Response(status=444)
        if fault.status > 500:
            # Such answers come from what stands before the API, which writes no JSON.
            return web.Response(status=fault.status, text=f"<html>{fault.status}</html>", content_type="text/html")
        call.answer = fault.body or {}
        call.code = int(call.answer.get("code", 0))
        headers = dict(fault.headers)
        if fault.status == 429 and not call.answer.get("global"):
            with contextlib.suppress(Refused):
                headers |= self._buckets.emptied(self._route(request, call.path)[0].bucket, call.answer["retry_after"])
        return _respond(call, headers)

    async def _attached(self, request: web.Request) -> web.Response:
        file = self._app.files.get(request.match_info["file"])
        return web.Response(body=file.bytes) if file else web.Response(status=404)


async def _read(request: web.Request) -> tuple[Any, Files]:
    """The body and the files, whether they came as JSON or in parts."""
    if request.content_type.startswith("multipart/"):
        parts, files, payload = await request.post(), {}, "{}"
        for name, part in parts.items():
            if isinstance(part, web.FileField):
                files[name] = (part.filename, part.file.read())
            elif name == "payload_json":
                payload = str(part)
        return _parse(payload), files
    text = await request.text()
    return (_parse(text) if text else None), {}


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Refused(50109) from None


def _respond(call: Call, headers: Headers) -> web.Response:
    headers = {"Via": "1.1 google", **headers}
    if call.answer is None:
        return web.Response(status=call.status, headers=headers)
    # Libraries look for exactly this, without a charset.
    body = json.dumps(call.answer).encode()
    return web.Response(status=call.status, body=body, headers={**headers, "Content-Type": "application/json"})
