"""A local server that says what it is told to, byte by byte: for faults below every vendor's protocol."""

from __future__ import annotations

import asyncio
import json
import struct
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, Self


class Fault(Enum):
    """What a server can do beside sending bytes."""

    HANG = "says nothing more, and keeps the connection"
    CLOSE = "closes the connection"
    RESET = "drops the connection"
    DRIP = "sends comments for ever, and nothing else"


Script = Sequence[bytes | Fault | asyncio.Event]
"""What is done in answer to one request; an event is waited for."""


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: Any


class RawServer:
    """`async with RawServer() as server:` serves on `server.url`; each request gets the next script.

    `connections` counts them; `hung_up` is set as soon as a client leaves during a `HANG` or a `DRIP`.
    """

    def __init__(self) -> None:
        self.scripts: deque[Script] = deque()
        self.received: list[Received] = []
        self.connections = 0
        self.arrived = asyncio.Event()
        self.hung_up = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (received := await _receive(reader)) is not None:
                self.received.append(received)
                self.arrived.set()
                for step in self.scripts.popleft():
                    if isinstance(step, bytes):
                        writer.write(step)
                        await writer.drain()
                    elif isinstance(step, asyncio.Event):
                        await step.wait()
                    else:
                        await self._fail(step, reader, writer)
                        return
        except ConnectionError:
            self.hung_up.set()
        finally:
            writer.close()

    async def _fail(self, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if fault is Fault.HANG:
            await reader.read()
            self.hung_up.set()
        elif fault is Fault.DRIP:
            while True:
                writer.write(chunk(b": still here\n\n"))
                await writer.drain()
                await asyncio.sleep(0.005)
        elif fault is Fault.RESET:
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole HTTP answer; what is not text goes out as JSON."""
    content = (body if isinstance(body, str) else json.dumps(body)).encode()
    told = {"content-type": "application/json", "content-length": str(len(content)), **(headers or {})}
    return _head(status, told) + content


def stream_head(headers: Mapping[str, str] | None = None) -> bytes:
    """The beginning of an HTTP answer that comes in chunks."""
    return _head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked", **(headers or {})})


def chunk(content: bytes) -> bytes:
    """A piece of such an answer."""
    return b"%x\r\n%s\r\n" % (len(content), content)


def event(data: object) -> bytes:
    """A server-sent event in a chunk of its own; what is not text goes out as JSON."""
    return chunk(b"data: %s\n\n" % (data if isinstance(data, str) else json.dumps(data)).encode())


END = b"0\r\n\r\n"


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def _receive(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    request_line, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(request_line.split()[1], headers, json.loads(body or b"null"))
