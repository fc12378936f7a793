"""One call as its method reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.slack.app import App
from tests.fakes.slack.blocks import MAX_TEXT_CHARS, accepted, from_json
from tests.fakes.slack.model import SCOPES_BY_KIND, Channel, Json, Message, Refused, User


@dataclass(frozen=True)
class Request:
    app: App
    method: str
    arguments: Json

    def text(self, key: str, default: str = "") -> str:
        value = self.arguments.get(key)
        return default if value is None else str(value)

    def flag(self, key: str) -> bool:
        return self.text(key).lower() in {"1", "true"}

    def required(self, key: str, error: str = "invalid_arguments") -> str:
        if not (value := self.text(key)):
            messages = [f"[ERROR] missing required field: {key}"]
            raise Refused(error, response_metadata={"messages": messages})
        return value

    def value(self, key: str, error: str) -> Any:
        """What may come as JSON within a form."""
        return from_json(self.arguments.get(key), error)

    def channel(self, key: str = "channel") -> Channel:
        """The conversation that is named.

        Raises:
            Refused: There is none, or it is private and the bot is not in it.
        """
        named = self.required(key, "channel_not_found")
        if named in self.app.users and self.app.users[named] is not self.app.users[self.app.bot_user]:
            return self.app.dm(self.app.users[named])
        channel = self.app.channels.get(named)
        if channel is None or (channel.kind != "channel" and self.app.bot_user not in channel.members):
            raise Refused("channel_not_found")
        return channel

    def joined(self, key: str = "channel") -> Channel:
        """A conversation that the bot is in."""
        channel = self.channel(key)
        if self.app.bot_user not in channel.members:
            raise Refused("not_in_channel")
        if channel.archived:
            raise Refused("is_archived")
        return channel

    def need(self, scope: str) -> None:
        if scope not in self.app.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(self.app.scopes)))

    def need_by_kind(self, channel: Channel, what: str) -> None:
        """Scopes such as `channels:history`, which go by the kind of the conversation."""
        self.need(f"{SCOPES_BY_KIND[channel.kind]}:{what}")

    def user(self, key: str = "user") -> User:
        user = self.app.users.get(self.text(key))
        if user is None:
            raise Refused("user_not_found")
        return user

    def message(self, channel: Channel, key: str = "ts") -> Message:
        message = self.app.find(channel.id, self.text(key))
        if message is None or message.tombstone:
            raise Refused("message_not_found")
        return message

    def thread(self, channel: Channel, key: str = "thread_ts") -> str | None:
        """The first message of the thread that is named."""
        named = self.text(key)
        if not named:
            return None
        root = self.app.find(channel.id, named)
        if root is None:
            raise Refused("thread_not_found")
        return root.root_ts

    def blocks(self) -> list[Json]:
        blocks = self.value("blocks", "invalid_blocks_format")
        return accepted(blocks, self.app.file_exists) if blocks else []

    def body(self) -> str:
        text = self.text("text")
        if len(text) > MAX_TEXT_CHARS:
            raise Refused("msg_too_long")
        return text

    def metadata(self) -> Json | None:
        metadata = self.value("metadata", "invalid_metadata_format")
        if metadata is None or metadata in ("", {}):
            return None
        kinds = isinstance(metadata, dict) and (metadata.get("event_type"), metadata.get("event_payload"))
        if not kinds or not isinstance(kinds[0], str) or not kinds[0] or not isinstance(kinds[1], dict):
            raise Refused("invalid_metadata_format")
        return dict(metadata)


@dataclass(frozen=True)
class Method:
    """How a call is done.

    Attributes:
        scopes: Any one of them will do; none is needed where there is none.
        reads: It takes no JSON; such arguments are not seen.
    """

    run: Callable[[Request], Json]
    scopes: tuple[str, ...] = ()
    reads: bool = False
    app_token: bool = False
