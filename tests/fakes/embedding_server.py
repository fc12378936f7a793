"""A local server that speaks the embedding protocols of OpenAI and Gemini, limits, errors and faults included.

Its vectors come from hashed words, so that texts with words in common are near each other, always in the same place.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
import json
import math
import re
import struct
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

KEY = "sk-fake-0123456789abcdef"
NATIVE_DIMENSIONS = 64

Vectors = list[list[float]]


@dataclass(frozen=True)
class Reply:
    """Answers with this status, body and headers in place of vectors."""

    status: int
    body: object = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spoilt:
    """Answers and bills as always, but the vectors are changed first."""

    change: Callable[[Vectors], object]


@dataclass(frozen=True)
class Limited:
    """Answers as always, with further headers."""

    headers: Mapping[str, str]


@dataclass(frozen=True)
class Hang:
    """Never answers."""


@dataclass(frozen=True)
class Reset:
    """Drops the connection in place of an answer."""


@dataclass(frozen=True)
class Garbled:
    """Answers 200 with half of a JSON object."""


Fault = Reply | Spoilt | Limited | Hang | Reset | Garbled


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def texts(self) -> list[str]:
        if "input" in self.body:
            return list(self.body["input"])
        return [request["content"]["parts"][0]["text"] for request in self.body["requests"]]


class _Refusal(Exception):  # noqa: N818
    def __init__(self, reply: Reply) -> None:
        self.reply = reply


def tokens_of(text: str) -> int:
    return max(1, len(re.findall(r"\w+|[^\w\s]", text)))


def vector_of(text: str, dimensions: int) -> list[float]:
    vector = [0.0] * dimensions
    vector[0] = 0.01  # also a text without words has a direction
    for word in re.findall(r"\w+", text.lower()):
        digest = _digest(word)
        for place in range(0, 12, 3):
            vector[int.from_bytes(digest[place : place + 2], "big") % dimensions] += 1 if digest[place + 2] % 2 else -1
    return vector


class EmbeddingServer:
    """`async with EmbeddingServer() as server:` serves on `server.url` until the block ends.

    Faults are used up one a request, in order; then all is well again.
    """

    def __init__(self) -> None:
        self.faults: deque[Fault] = deque()
        self.calls: list[Call] = []
        self.called = asyncio.Event()
        self.billed_tokens = 0
        self.tells_usage = True
        self.base64_allowed = True
        self.in_flight = 0
        self.most_in_flight = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=2**26)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (call := await _receive(reader)) is not None:
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                try:
                    reply = await self._answer(call)
                finally:
                    self.in_flight -= 1
                if reply is None:
                    writer.transport.abort()
                    return
                _send(writer, reply)
                await writer.drain()
        finally:
            writer.close()

    async def _answer(self, call: Call) -> Reply | None:
        self.calls.append(call)
        self.called.set()
        await asyncio.sleep(0)  # requests under way at once are seen as such
        fault = self.faults.popleft() if self.faults else None
        if isinstance(fault, Reply):
            return fault
        if isinstance(fault, Hang):
            await asyncio.Event().wait()
        if isinstance(fault, Reset):
            return None
        try:
            body, tokens = self._serve(call, fault.change if isinstance(fault, Spoilt) else lambda vectors: vectors)
        except _Refusal as refusal:
            return refusal.reply
        self.billed_tokens += tokens
        if isinstance(fault, Garbled):
            return Reply(200, '{"data": [')
        return Reply(200, body, fault.headers if isinstance(fault, Limited) else {})

    def _serve(self, call: Call, change: Callable[[Vectors], object]) -> tuple[object, int]:
        if call.path == "/v1/embeddings":
            return self._openai(call, change)
        if model := re.fullmatch(r"/v1beta/models/([\w.-]+):batchEmbedContents", call.path):
            return self._gemini(call, model[1], change)
        raise _Refusal(openai_error(404, "invalid_request_error", None, f"Unknown path {call.path}"))

    def _openai(self, call: Call, change: Callable[[Vectors], object]) -> tuple[object, int]:
        given = call.headers.get("authorization", "")
        if given != f"Bearer {KEY}":
            # The vendor repeats the ends of the key that it refuses.
            message = f"Incorrect API key provided: {given[7:]}."
            raise _Refusal(openai_error(401, "invalid_request_error", "invalid_api_key", message))
        counts = [tokens_of(text) for text in call.texts]
        if len(counts) > 2_048 or max(counts) > 8_192 or sum(counts) > 300_000 or "" in call.texts:
            raise _Refusal(openai_error(400, "invalid_request_error", None, "'$.input' is invalid."))
        vectors = change([vector_of(text, call.body.get("dimensions", NATIVE_DIMENSIONS)) for text in call.texts])
        encode = _base64 if call.body.get("encoding_format") == "base64" and self.base64_allowed else list
        data = [
            {"object": "embedding", "index": index, "embedding": encode(vector)} for index, vector in enumerate(vectors)
        ]
        body: dict[str, object] = {"object": "list", "model": call.body["model"], "data": data[::-1]}
        if self.tells_usage:
            body["usage"] = {"prompt_tokens": sum(counts), "total_tokens": sum(counts)}
        return body, sum(counts)

    def _gemini(self, call: Call, model: str, change: Callable[[Vectors], object]) -> tuple[object, int]:
        requests = call.body["requests"]
        if call.headers.get("x-goog-api-key") != KEY:
            raise _Refusal(gemini_error(400, "INVALID_ARGUMENT", "API key not valid.", reason="API_KEY_INVALID"))
        if len(requests) > 100:
            message = "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch"
            raise _Refusal(gemini_error(400, "INVALID_ARGUMENT", message))
        if any(request["model"] != f"models/{model}" for request in requests):
            raise _Refusal(gemini_error(400, "INVALID_ARGUMENT", "the models differ"))
        vectors = change(
            [
                vector_of(text, request.get("outputDimensionality", NATIVE_DIMENSIONS))
                for text, request in zip(call.texts, requests, strict=True)
            ]
        )
        tokens = sum(map(tokens_of, call.texts))
        body: dict[str, object] = {"embeddings": [{"values": vector} for vector in vectors]}
        if self.tells_usage:
            body["usageMetadata"] = {"promptTokenCount": tokens, "totalTokenCount": tokens}
        return body, tokens


def openai_error(
    status: int, kind: str, code: str | None, message: str = "", headers: Mapping[str, str] | None = None
) -> Reply:
    return Reply(status, {"error": {"message": message, "type": kind, "param": None, "code": code}}, headers or {})


def gemini_error(
    status: int, code: str, message: str = "", *, reason: str | None = None, retry_delay: str | None = None
) -> Reply:
    details: list[dict[str, str]] = []
    if reason:
        details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason})
    if retry_delay:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": retry_delay})
    return Reply(status, {"error": {"code": status, "message": message, "status": code, "details": details}})


def cosine(left: object, right: object) -> float:
    pairs = list(zip(left, right, strict=True))  # type: ignore[call-overload]
    return sum(a * b for a, b in pairs) / (math.hypot(*(a for a, _ in pairs)) * math.hypot(*(b for _, b in pairs)))


@functools.cache
def _digest(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


async def _receive(reader: asyncio.StreamReader) -> Call | None:
    """One HTTP/1.1 request, `None` once the client has hung up."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    request_line, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Call(request_line.split()[1], headers, json.loads(body or b"{}"))


def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    content = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
    headers = {"content-type": "application/json", "content-length": str(len(content.encode())), **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", content]).encode())
