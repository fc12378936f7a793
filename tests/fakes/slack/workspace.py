"""The workspace: its people, channels and messages, and what each person sees of them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from tests.fakes.slack import rendering
from tests.fakes.slack.model import Channel, Clock, File, Json, Kind, Message, Ping, Seen, User, View, message_of

STATUS_LIFE_S = 120.0
STREAM_LIFE_S = 300.0
STREAM_BYTES_CAP = 10_600

Place = Channel | User | str
Thread = Message | Seen | str | None

# Private channels and group messages made today have ids like those of public channels.
_PREFIXES: dict[Kind, str] = {"channel": "C", "group": "C", "im": "D", "mpim": "C"}


class Workspace:
    """Its state, and how it looks.

    Attributes:
        stream_bytes_cap: UTF-8 bytes that one stream takes; reported by users, not documented.
        stream_life_s: After which a stream takes nothing more.
        stopped_error: What a stream that a person stopped answers; "stopped_by_user" is reported too.
        pings: Everybody who was called by what the bot wrote.
        without_fallback: How often blocks came without `text`.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.team = "T0HOME"
        self.team_domain = "home"
        self.app_id = "A0RAGBOT"
        self.bot_id = "B0RAGBOT"
        self.bot_user = "U0RAGBOT"
        self.stream_bytes_cap = STREAM_BYTES_CAP
        self.stream_life_s = STREAM_LIFE_S
        self.stopped_error = "message_not_in_streaming_state"
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, tuple[str, list[str]]] = {}
        self.messages: list[Message] = []
        self.views: list[View] = []
        self.homes: dict[str, View] = {}
        self.files: dict[str, File] = {}
        self.pings: list[Ping] = []
        self.without_fallback = 0
        self.prompts: dict[tuple[str, str], Json] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self._statuses: dict[tuple[str, str], tuple[str, float, Json]] = {}
        self._sessions: dict[tuple[str, str], str] = {}
        self._last_us = 0
        self._number = 0
        self.users[self.bot_user] = User(self.bot_user, "ragbot", self.team, is_bot=True)

    @property
    def mention(self) -> str:
        """How people write to the bot."""
        return f"<@{self.bot_user}>"

    def person(
        self,
        name: str,
        *,
        locale: str = "en-US",
        guest: bool | Literal["single"] = False,
        team: str | None = None,
        tz: str = "Europe/Amsterdam",
    ) -> User:
        """Somebody new; who is of another team is a stranger (Slack Connect)."""
        user = User(self.new_id("U"), name, team or self.team, locale=locale, guest=guest, tz=tz)
        self.users[user.id] = user
        return user

    def channel(
        self,
        name: str,
        *,
        private: bool = False,
        shared: bool = False,
        members: Iterable[User] = (),
        bot_in: bool = True,
    ) -> Channel:
        return self._place(name, "group" if private else "channel", members, shared=shared, bot_in=bot_in)

    def dm(self, user: User) -> Channel:
        """The conversation of a person with the bot, the same one each time."""
        known = (place for place in self.channels.values() if place.direct and user.id in place.members)
        return next(known, None) or self._place(user.name, "im", [user])

    def group_dm(self, *users: User) -> Channel:
        return self._place(f"mpdm-{'--'.join(user.name for user in users)}-1", "mpim", users)

    def usergroup(self, handle: str, users: Iterable[User]) -> str:
        group = self.new_id("S")
        self.groups[group] = (handle, [user.id for user in users])
        return group

    def joins(self, user: User, channel: Channel) -> None:
        channel.members.add(user.id)

    def leaves(self, user: User, channel: Channel) -> None:
        channel.members.discard(user.id)

    def removes_bot(self, channel: Channel) -> None:
        channel.members.discard(self.bot_user)

    def pass_time(self, seconds: float) -> None:
        """Turn the clock of Slack forward: streams, statuses, tickets and windows grow older."""
        self.clock.ahead_s += seconds

    def seen(self, place: Place, thread: Thread = None, by: User | None = None) -> list[Seen]:
        """What a person sees there, in order: a channel's own messages, or a thread with its first message.

        Without a person everything is seen, also what only one person is shown.
        """
        channel = self.place(place)
        if by is not None and by.id not in channel.members and channel.kind != "channel":
            return []
        root = root_ts(thread)
        return [self._shown(message) for message in self.messages if self._visible(message, channel, root, by)]

    def status(self, channel: Place, thread: Thread) -> str:
        """The assistant's status there; empty once the bot has written, or after two minutes."""
        text, at, _ = self._statuses.get((self.place(channel).id, root_ts(thread) or ""), ("", 0.0, {}))
        return text if self.clock.now() - at < STATUS_LIFE_S else ""

    def session(self, channel: Place, thread: Thread) -> str | None:
        return self._sessions.get((self.place(channel).id, root_ts(thread) or ""))

    def reactions(self, message: Message | Seen) -> list[str]:
        return list(message_of(message).reactions)

    def modal(self, user: User) -> View | None:
        """The modal last opened for this person that is still open."""
        views = (view for view in reversed(self.views) if view.user == user.id and view.open)
        return next(views, None)

    def home(self, user: User) -> Json | None:
        """The home tab as it was published for this person."""
        view = self.homes.get(user.id)
        return view.payload if view else None

    def end_stream(self, ts: str, error: str = "message_not_in_streaming_state") -> None:
        """Let a stream die: what was streamed stays, and whatever comes is answered with that error."""
        for message in self.messages:
            if message.ts == ts and message.stream:
                message.stream.end = error

    def place(self, place: Place) -> Channel:
        if isinstance(place, User):
            return self.dm(place)
        return place if isinstance(place, Channel) else self.channels[place]

    def find(self, channel: str, ts: str) -> Message | None:
        """A message that everybody sees and that is not deleted."""
        found = (m for m in self.messages if (m.channel, m.ts) == (channel, ts) and not m.ephemeral_to)
        return next((message for message in found if not message.deleted), None)

    def replies(self, channel: str, root: str) -> Iterator[Message]:
        """The whole thread, its first message first."""
        for message in self.messages:
            hidden = message.deleted or message.ephemeral_to
            if message.channel == channel and message.root_ts == root and not hidden:
                yield message

    def write(self, message: Message) -> Message:
        """Put down a message; one of the bot ends the status of its thread."""
        self.messages.append(message)
        if message.user == self.bot_user and not message.ephemeral_to:
            self._statuses.pop((message.channel, message.root_ts), None)
        return message

    def set_status(self, channel: str, thread: str, status: str, arguments: Json) -> None:
        self._statuses[channel, thread] = (status, self.clock.now(), arguments)

    def set_session(self, channel: str, thread: str, status: str) -> None:
        self._sessions[channel, thread] = status

    def check_pings(self, message: Message, texts: Iterable[str], *, link_names: bool) -> None:
        """Note who is called by a message of the bot, as it stands now."""
        for text in texts:
            for _, mention in rendering.mentions(text):
                self._ping(message, mention, text)
            if link_names:
                for mention in re.findall(r"(?<![\w<])@(?:here|channel|everyone)\b", text):
                    self._ping(message, mention, text)

    def check_stream_pings(self, message: Message) -> None:
        """As `check_pings`, of all that was streamed together; nobody is noted twice."""
        stream = message.stream
        assert stream is not None
        for found in rendering.mentions(stream.text):
            if found not in stream.pinged:
                stream.pinged.add(found)
                self._ping(message, found[1], stream.text)

    def new_ts(self) -> str:
        self._last_us = max(self._last_us + 1, int(self.clock.now() * 1_000_000))
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}{self._number:04d}{secrets.token_hex(3).upper()}"

    def name_of(self, some_id: str) -> str:
        if some_id in self.users:
            return self.users[some_id].name
        if some_id in self.channels:
            return self.channels[some_id].name
        return self.groups[some_id][0] if some_id in self.groups else some_id

    def file_exists(self, file: str) -> bool:
        return file in self.files and self.files[file].bytes is not None

    def _place(
        self, name: str, kind: Kind, members: Iterable[User], *, shared: bool = False, bot_in: bool = True
    ) -> Channel:
        ids = {user.id for user in members} | ({self.bot_user} if bot_in else set())
        place = Channel(self.new_id(_PREFIXES[kind]), name, kind, ids, shared=shared)
        self.channels[place.id] = place
        return place

    def _ping(self, message: Message, mention: str, text: str) -> None:
        called = re.match(r"<@([A-Z0-9]+)", mention)
        if called and (message.ephemeral_to or called[1] not in self.users or called[1] == self.bot_user):
            return
        self.pings.append(Ping(mention, message.channel, message.ts, text))

    def _visible(self, message: Message, channel: Channel, root: str | None, by: User | None) -> bool:
        if message.channel != channel.id or message.deleted:
            return False
        if message.ephemeral_to and by is not None and message.ephemeral_to != by.id:
            return False
        if root is not None:
            return message.root_ts == root
        return message.thread_ts in {None, message.ts} or message.broadcast

    def _shown(self, message: Message) -> Seen:
        blocks = message.all_blocks
        return Seen(
            author=self.name_of(message.user),
            ts=message.ts,
            text=self._read(message, blocks),
            fallback=message.text,
            buttons=tuple(rendering.button_labels(blocks)),
            blocks=blocks,
            files=tuple(message.files),
            metadata=message.metadata,
            ephemeral=message.ephemeral_to is not None,
            edited=message.edited is not None,
            streaming=message.streaming,
            thread_ts=message.thread_ts,
            message=message,
        )

    def _read(self, message: Message, blocks: Sequence[Json]) -> str:
        if blocks:
            return rendering.read_blocks(blocks, self.name_of)
        return rendering.read(message.text, self.name_of)


def root_ts(thread: Thread) -> str | None:
    """Of the first message of the thread that is named in any way."""
    if thread is None or isinstance(thread, str):
        return thread
    return message_of(thread).root_ts
