"""What the fake chat providers share: HTTP/1.1 with keep-alive, faults in order, and a bill of their own.

Each is used as `async with AnthropicServer() as server:` and serves on `server.url` until the block ends. Each is also
a program: `python -m tests.fakes.anthropic_server --port 0` prints its URL and serves until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from decimal import Decimal
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

from tests.fakes.chat_bill import (
    BETWEEN_PARTS,
    CHARS_PER_TOKEN,
    Cached,
    Charge,
    Part,
    Prices,
    PromptCache,
    Usage,
    tokens_of,
)
from tests.fakes.chat_faults import Fault
from tests.fakes.chat_script import (
    NO_LATENCY,
    Call,
    Dialect,
    Draft,
    Drop,
    Head,
    Latency,
    Pause,
    Refusal,
    Scene,
    Send,
    Step,
    Wait,
    script,
    told,
)
from tests.fakes.embedding_server import KEY, Reply

_NOTHING_WRONG = Fault()
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_FIRST_SENTENCE = re.compile(
    r"""^(?: \[1\] | <\w+ [^>]* = "1" [^>]* > )  # where the first passage begins
        .*? ( [^\s<>#] [^\n<>]*? [.!?] ) (?=\s|$)  # and its first sentence, past titles and headings
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


def answer_from_passages(prompt: str) -> str:
    """Repeats the first sentence of the first passage and cites it."""
    sentence = _FIRST_SENTENCE.search(prompt)
    return f"{sentence[1]} [1]" if sentence else "The passages do not say."


class ChatServer:
    """A provider on a local port; each vendor's server says which dialects it speaks and where.

    Attributes:
        faults: Used up one a request, in order.
        always: What goes wrong once `faults` are used up: one fault, or a choice by the request.
        answer: Makes the answer from the text of the prompt.
        thinking: Tokens that the model thinks before it speaks; they count towards the output limit.
        piece_chars: Length of a delta; 4 characters are a token.
        prices: By model; what `bill_micro_usd` reckons with.
        extra_headers: Sent with every answer.
        disconnected: Set once a client has gone before its answer was whole; `disconnections` says how many have.
    """

    tier_factors: Mapping[str, Decimal] = {}
    cache_from_tokens = 1_024
    context_tokens = 1_000_000

    def __init__(self, port: int = 0) -> None:
        self.faults: deque[Fault] = deque()
        self.always: Fault | Callable[[Call], Fault | None] | None = None
        self.answer: Callable[[str], str] = answer_from_passages
        self.latency = NO_LATENCY
        self.thinking = 0
        self.piece_chars = CHARS_PER_TOKEN
        self.keys = {KEY}
        self.prices: dict[str, Prices] = {}
        self.cache = PromptCache()
        self.extra_headers: dict[str, str] = {}
        self.calls: MutableSequence[Call] = []
        self.charges: MutableSequence[Charge] = []
        self.called = asyncio.Event()
        self.disconnected = asyncio.Event()
        self.disconnections = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self._port = port
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._bugs: list[BaseException] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for connection in list(self._connections):
            connection.close()
        await asyncio.sleep(0)
        if self._bugs:
            raise self._bugs[0]

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def bill_micro_usd(self) -> Decimal:
        """What the vendor charges for everything up to now, unrounded."""
        costs = (charge.micro_usd(self.prices[charge.model], self.tier_factors) for charge in self.charges)
        return sum(costs, Decimal(0))

    def dialect(self, call: Call) -> Dialect | Reply:
        """Who reads this request; what is not for a model is answered at once."""
        raise NotImplementedError

    def write(
        self, call: Call, parts: Sequence[Part], cached: Cached, *, max_output: int | None, tier: str, streaming: bool
    ) -> Draft:
        """Think of an answer."""
        prompt = BETWEEN_PARTS.join(part.text for part in parts)
        usage = Usage(
            tokens_of(prompt),
            cached=cached.read,
            written=cached.written,
            written_long=cached.written_long,
            thinking=self.thinking if max_output is None else min(self.thinking, max_output),
        )
        text = self.answer(prompt)
        draft = Draft(
            number=next(self._numbers),
            created=int(time.time()),
            model=call.model,
            tier=tier,
            text="",
            usage=usage,
            streaming=streaming,
            request=call.body,
            piece_chars=self.piece_chars,
        )
        if max_output is not None and usage.thinking + tokens_of(text) > max_output:
            return draft.saying(text[: (max_output - usage.thinking) * CHARS_PER_TOKEN], "truncated")
        return draft.saying(text, "finished")

    async def respond(self, call: Call, transport: asyncio.Transport) -> None:
        """Answer one request."""
        self.calls.append(call)
        self.called.set()
        draft, steps = self._script(call)
        owed: int | None = None
        out = bytearray()
        try:
            for step in steps:
                match step:
                    case Send(data=data):
                        out += b"%x\r\n%b\r\n" % (len(data), data)
                    case Head():
                        out += self._head(step)
                    case Drop(reset=reset):
                        _flush(out, transport)
                        _hang_up(transport, reset=reset)
                        return
                    case Pause() | Wait():
                        _flush(out, transport)
                        await _stand_still(step)
                        continue
                owed = owed if step.output is None else step.output
            out += b"0\r\n\r\n"
            _flush(out, transport)
        finally:
            if draft is not None and owed is not None:
                self.charges.append(_charge(draft, owed))

    def left(self) -> None:
        """Count a client that has gone; what it got is charged by now."""
        self.disconnections += 1
        self.disconnected.set()

    def failed(self, bug: BaseException) -> None:
        """Keep what must not stay unseen: it is raised where the server's block ends."""
        self._bugs.append(bug)

    def _script(self, call: Call) -> tuple[Draft | None, Sequence[Step]]:
        fault = self._fault(call)
        dialect = self.dialect(call)
        if isinstance(dialect, Reply):
            return None, told(dialect)
        if (reply := fault.refuse(dialect)) is not None:
            return None, told(reply)
        try:
            draft = fault.alter(dialect.draft(call), dialect)
        except Refusal as refusal:
            return None, told(refusal.reply)
        steps = script(dialect, draft)
        if self.latency is not NO_LATENCY:
            steps = self.latency.spread(steps)
        return draft, fault.spoil(Scene(dialect, draft, steps))

    def _fault(self, call: Call) -> Fault:
        if self.faults:
            return self.faults.popleft()
        always = self.always(call) if callable(self.always) else self.always
        return always or _NOTHING_WRONG

    def _head(self, head: Head) -> bytes:
        headers = {**head.headers, **self.extra_headers, "transfer-encoding": "chunked"}
        lines = (f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {head.status} \r\n{''.join(lines)}\r\n".encode()


class _Connection(asyncio.Protocol):
    """A client's connection: its requests are answered one after another."""

    def __init__(self, server: ChatServer) -> None:
        self._server = server
        self._received = bytearray()
        self._answering: asyncio.Task[None] | None = None
        self._client_left = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server._connections.add(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._server._connections.discard(self)
        if self._answering is not None and not self._answering.done():
            self._client_left = True
            self._answering.cancel()

    def close(self) -> None:
        assert self._transport is not None
        if self._answering is not None:
            self._answering.cancel()
        self._transport.abort()

    def _next(self) -> None:
        if self._answering is not None or (call := _take_call(self._received)) is None:
            return
        assert self._transport is not None
        server = self._server
        server.in_flight += 1
        server.most_in_flight = max(server.most_in_flight, server.in_flight)
        self._answering = asyncio.get_running_loop().create_task(server.respond(call, self._transport))
        self._answering.add_done_callback(self._answered)

    def _answered(self, answering: asyncio.Task[None]) -> None:
        self._answering = None
        self._server.in_flight -= 1
        if answering.cancelled():
            if self._client_left:
                self._server.left()
        elif (bug := answering.exception()) is not None:
            self._server.failed(bug)
            self.close()
        else:
            self._next()


def serve_as_program(make: Callable[[int], ChatServer]) -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before the first token")
    parser.add_argument("--per-token", type=float, default=0.0, help="seconds between tokens")
    arguments = parser.parse_args()

    async def serve() -> None:
        async with make(arguments.port) as server:
            server.calls = deque(maxlen=1)  # a benchmark makes many
            server.charges = deque(maxlen=1)
            if arguments.latency or arguments.per_token:
                server.latency = Latency(arguments.latency, arguments.per_token)
            print(server.url, flush=True)
            await asyncio.Event().wait()

    asyncio.run(serve())


def _take_call(received: bytearray) -> Call | None:
    """The first whole request among the bytes, which is taken away from them."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    request_line, *lines = received[:head_end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body_start = head_end + 4
    body_end = body_start + int(headers.get("content-length", 0))
    if len(received) < body_end:
        return None
    method, target, _ = request_line.split(" ")
    path, _, query = target.partition("?")
    call = Call(method, unquote(path), dict(parse_qsl(query)), headers, _parsed(received[body_start:body_end]))
    del received[:body_end]
    return call


def _parsed(body: bytearray) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _charge(draft: Draft, output: int) -> Charge:
    usage = draft.usage
    charged = Usage(
        usage.input, output, usage.cached, usage.written, usage.written_long, thinking=min(usage.thinking, output)
    )
    return Charge(draft.model, draft.tier, charged)


def _flush(out: bytearray, transport: asyncio.Transport) -> None:
    transport.write(bytes(out))
    out.clear()


async def _stand_still(step: Pause | Wait) -> None:
    if isinstance(step, Pause):
        await asyncio.sleep(step.seconds)
    else:
        await (step.until or asyncio.Event()).wait()


def _hang_up(transport: asyncio.Transport, *, reset: bool) -> None:
    if not reset:
        transport.close()
        return
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()
