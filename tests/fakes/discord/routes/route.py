"""What a route is, and what is asked of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.fakes.discord.app import App
from tests.fakes.discord.bodies import Files
from tests.fakes.discord.commands import Registry
from tests.fakes.discord.errors import Refused, refuse
from tests.fakes.discord.intents import MESSAGE_CONTENT
from tests.fakes.discord.limits import Buckets
from tests.fakes.discord.message_shapes import message_json
from tests.fakes.discord.model import Channel, Json, Message

Answer = tuple[int, Any]
DONE: Answer = (204, None)


@dataclass
class Ask:
    """One request, read."""

    app: App
    registry: Registry
    buckets: Buckets
    params: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    files: Files = field(default_factory=dict)

    @property
    def channel(self) -> Channel:
        return self.app.find_channel(self.params["channel"])

    @property
    def message(self) -> Message:
        return self.app.find_message(self.channel, self.params["message"])

    @property
    def form(self) -> Json:
        """The body, which must be an object."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise Refused(50035)
        return self.body

    @property
    def reads_content(self) -> bool:
        return bool(self.app.gateway.granted & MESSAGE_CONTENT) and not self.app.gateway.refuses_intents

    def shown(self, message: Message) -> Json:
        return message_json(message, self.app, reads_content=self.reads_content)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        given = self.query.get(name, str(default))
        if not given.isdecimal() or not least <= int(given) <= most:
            refuse(name, "NUMBER_TYPE_MAX", f"int value should be between {least} and {most}.")
        return int(given)


@dataclass(frozen=True)
class Route:
    """One route.

    Attributes:
        bucket: Which of the limits counts it, for each value of `major`.
        open: It needs no token of the bot, and is not among the fifty a second.
    """

    method: str
    path: str
    run: Callable[[Ask], Answer]
    bucket: str = ""
    major: str = "channel"
    open: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))
