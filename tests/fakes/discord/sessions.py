"""Sockets of the gateway, and the sessions that outlive them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from aiohttp import web

from tests.fakes.discord.model import Json

DISPATCH = 0


@dataclass(eq=False)
class Link:
    """One socket.

    Attributes:
        silent: Nothing that is sent to it arrives, and its heartbeats are not acknowledged.
    """

    socket: web.WebSocketResponse
    request: web.Request
    session: Session | None = None
    silent: bool = False
    received: list[float] = field(default_factory=list)
    outbox: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def send(self, op: int, data: object = None) -> None:
        self.outbox.put_nowait(json.dumps({"op": op, "d": data, "s": None, "t": None}))


@dataclass(eq=False)
class Session:
    """What a bot is told over one or, after a resume, several sockets.

    Attributes:
        resumed: How often it was resumed.
        heartbeats: How many came.
        log: All that was dispatched, with its number, for a resume.
    """

    id: str
    shard: int
    shards: int
    intents: int
    link: Link | None = None
    resumed: int = 0
    heartbeats: int = 0
    seq: int = 0
    log: list[tuple[int, str]] = field(default_factory=list)
    left_at_s: float = 0.0

    def dispatch(self, event: str, data: Json) -> None:
        self.seq += 1
        text = json.dumps({"op": DISPATCH, "t": event, "s": self.seq, "d": data})
        self.log.append((self.seq, text))
        if self.link:
            self.link.outbox.put_nowait(text)

    def cares_for(self, guild_id: str | None, intent: int) -> bool:
        """Whether an event is for its shard and among its intents."""
        shard = (int(guild_id) >> 22) % self.shards if guild_id else 0
        return shard == self.shard and (not intent or bool(self.intents & intent))
