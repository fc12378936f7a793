"""Messages of the bot in Slack: put there, changed, taken away and found again."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast
from weakref import WeakSet

from bot.platforms.slack.blocks import Block, Payload
from bot.platforms.slack.plainer import PLAINEST, plainer
from bot.platforms.slack.web import Json, SlackError, Web

log = logging.getLogger(__name__)

MARK: Final = "ragbot_reply"
"""The metadata by which a message of the bot says which question it answers."""

# Blocks that this workspace does not know, or not so many of them.
_BLOCKS_REFUSED: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
_NOT_THERE: Final = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found", "thread_not_found"}
)
_STREAMING: Final = "streaming_state_conflict"
_TIME_STAMP: Final = re.compile(r"\d+\.\d+")
# Slack needs a moment, and so does what it has done until it is found.
_BEFORE_AGAIN_S: Final = 0.5
_PAGE: Final = 200
_MOST_PAGES: Final = 50


@dataclass(frozen=True, slots=True)
class Spot:
    """Where replies go, and to whom.

    Attributes:
        thread: The time stamp of the thread's first message; empty for none.
        user: Whoever is answered.
        response_url: Of the command or button that is answered; shows to its user alone.
        is_slash: It was a slash command: what is said to it is shown to its user alone.
        is_opened: The thread begins with a message of the bot's own, which says what was asked.
    """

    channel: str
    thread: str = ""
    user: str = ""
    response_url: str = ""
    is_slash: bool = False
    is_opened: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether nobody else reads there."""
        return self.channel.startswith("D")


class Posts:
    """The bot's messages in a workspace.

    Args:
        bot_user: The bot's own id.
        team: The workspace's.

    Attributes:
        changing: The answers that are written by changing messages: each of them will be changed at its end.
    """

    def __init__(self, web: Web, *, bot_user: str, team: str) -> None:
        self.web = web
        self.bot_user = bot_user
        self.team = team
        self.changing: WeakSet[object] = WeakSet()
        self.streaming: set[str] = set()
        self._plainness = 0

    async def post(
        self, spot: Spot, payload: Payload, *, answers: str = "", besides: Collection[str] = frozenset()
    ) -> str:
        """Put a message there; returns its time stamp.

        Args:
            answers: The question, for finding it again.
            besides: Other messages that answer it.

        Raises:
            SlackError: It does not stand there.
        """

        async def send(text: str, blocks: Sequence[Block] | None) -> Json:
            return await self.web.call(
                "chat.postMessage",
                channel=spot.channel,
                thread_ts=spot.thread or None,
                text=text,
                blocks=blocks,
                metadata=mark(answers),
                unfurl_links=False,
                unfurl_media=False,
            )

        for is_last_try in (False, False, True):
            try:
                return str((await self._with_blocks(payload, send))["ts"])
            except SlackError as error:
                if not (error.is_done and answers and spot.thread):
                    raise
                # Slack's answer was lost, and with it whether the message stands there.
                there = [ts async for ts in self._answering(spot, answers) if ts not in besides]
                if there:
                    return there[-1]
                if is_last_try:
                    raise
                await self.web.rest(_BEFORE_AGAIN_S)
        raise AssertionError("the last try returns or raises")

    async def update(self, channel: str, ts: str, payload: Payload, *, answers: str = "", waits: bool = True) -> bool:
        """Put something in the place of what a message says; false where that is not there any more.

        Raises:
            SlackError: It still says what it said.
        """

        async def send(text: str, blocks: Sequence[Block] | None) -> Json:
            return await self.web.call(
                "chat.update",
                waits=waits,
                channel=channel,
                ts=ts,
                text=text,
                blocks=blocks if blocks is not None else [],
                metadata=mark(answers),
            )

        try:
            await self._with_blocks(payload, send)
        except SlackError as error:
            if error.code in _NOT_THERE:
                return False
            if error.code != _STREAMING:
                raise
            await self._end_left(channel, ts)
            await self._with_blocks(payload, send)
        return True

    async def _end_left(self, channel: str, ts: str) -> None:
        """End a stream that another process has left open, or one of this process that had to give way."""
        try:
            await self.web.call("chat.stopStream", channel=channel, ts=ts, session_status="processing")
        except SlackError as error:
            log.info("a stream has ended by itself: %s", error)

    async def whisper(self, spot: Spot, payload: Payload, *, replaces: bool = False) -> None:
        """Show something to whoever is answered, and to nobody else.

        Args:
            replaces: What was whispered before.

        Raises:
            SlackError: They do not see it.
        """
        if spot.response_url and await self.tell(spot, payload, replaces=replaces):
            return

        async def send(text: str, blocks: Sequence[Block] | None) -> Json:
            return await self.web.call(
                "chat.postEphemeral",
                channel=spot.channel,
                user=spot.user,
                thread_ts=spot.thread or None,
                text=text,
                blocks=blocks,
            )

        try:
            await self._with_blocks(payload, send)
        except SlackError as error:
            log.info("told in a direct message instead: %s", error)
            await self.post(Spot(spot.user), payload)

    async def delete(self, channel: str, ts: str) -> None:
        """Take a message away; nothing where it is not there any more.

        Raises:
            SlackError: It still stands there.
        """
        try:
            await self.web.call("chat.delete", channel=channel, ts=ts)
        except SlackError as error:
            if error.code not in _NOT_THERE:
                raise

    async def find(self, spot: Spot, answers: str) -> tuple[str, ...]:
        """The messages that answer a question, by what they say of themselves."""
        if not spot.thread:
            return ()
        try:
            return tuple([ts async for ts in self._answering(spot, answers)])
        except SlackError as error:
            log.warning("what stands there already is not known: %s", error)
            return ()

    async def find_stream(self, spot: Spot, answers: str, text: str) -> str:
        """The open stream below a question that begins with this text; empty where there is none, or nobody knows."""
        others = []
        try:
            async for message in self.thread(spot, since=answers):
                is_open = message.get("streaming_state", "in_progress") == "in_progress"
                is_marked = isinstance(message.get("metadata"), Mapping)  # as all others are
                ts = str(message["ts"])
                if message.get("user") != self.bot_user or is_marked or not is_open or ts in self.streaming:
                    continue
                if _letters(str(message.get("text") or "")) == _letters(text):
                    return ts
                others.append(ts)
        except SlackError as error:
            log.warning("what stands there already is not known: %s", error)
        # Its text need not be told as it was written; the only one that nobody knows is this one.
        return others[0] if len(others) == 1 else ""

    async def _answering(self, spot: Spot, answers: str) -> AsyncIterator[str]:
        async for message in self.thread(spot, since=answers):
            if self._is_own(message, answers):
                yield str(message["ts"])

    async def thread(self, spot: Spot, *, since: str = "") -> AsyncIterator[Json]:
        """Everything in a thread, the oldest first, to its end: Slack begins with the oldest.

        Args:
            since: The time stamp of a message after which it is looked at; its first message is told all the same.

        Raises:
            SlackError: It is not known.
        """
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = await self.web.call(
                "conversations.replies",
                channel=spot.channel,
                ts=spot.thread,
                oldest=since if is_message(since) else None,
                limit=_PAGE,
                cursor=cursor or None,
                include_all_metadata="true",
            )
            for message in cast("list[Json]", page.get("messages") or []):
                yield message
            following = page.get("response_metadata")
            cursor = str(following.get("next_cursor") or "") if isinstance(following, Mapping) else ""
            if not cursor:
                return

    def _is_own(self, message: Json, answers: str) -> bool:
        metadata = message.get("metadata")
        if message.get("user") != self.bot_user or not isinstance(metadata, Mapping):
            return False
        told = metadata.get("event_payload")
        return metadata.get("event_type") == MARK and isinstance(told, Mapping) and told.get("question") == answers

    async def tell(self, spot: Spot, payload: Payload, *, replaces: bool = False, to_all: bool = False) -> bool:
        """Say something through the response URL of a command or button; false where it was not taken.

        Args:
            replaces: What was said through it before.
            to_all: To everybody there, even where the bot is no member.
        """
        body: dict[str, object] = {
            "response_type": "in_channel" if to_all else "ephemeral",
            "replace_original": replaces,
            "text": payload.text,
            "blocks": plainer(payload, self._plainness).blocks,
        }
        if spot.thread:
            body["thread_ts"] = spot.thread
        try:
            await self.web.tell(spot.response_url, body)
        except SlackError as error:  # used up, too old, or one of the blocks is not known
            log.info("not by the response URL: %s", error)
            return False
        return True

    async def _with_blocks(
        self, payload: Payload, send: Callable[[str, Sequence[Block] | None], Awaitable[Json]]
    ) -> Json:
        """Send blocks; where Slack does not take them, plainer ones that say the same."""
        refused: Payload | None = None
        for plainness in range(self._plainness, PLAINEST):
            made = plainer(payload, plainness)
            if made == refused:
                continue
            try:
                sent = await send(made.text, made.blocks or None)
            except SlackError as error:
                if error.code not in _BLOCKS_REFUSED:
                    raise
                log.warning("blocks refused plainness=%d: %s", plainness, error)
                refused = made
            else:
                if plainness == 1 and refused is not None:  # this workspace does not know the newest elements
                    self._plainness = plainness
                return sent
        return await send(plainer(payload, PLAINEST).text, None)

    def elements(self, payload: Payload) -> Payload:
        """The same, of elements that this workspace is known to take."""
        return plainer(payload, self._plainness)


def is_message(identity: str) -> bool:
    """Whether this is the time stamp of a message; a slash command is none."""
    return _TIME_STAMP.fullmatch(identity) is not None


def mark(answers: str) -> Json | None:
    """The metadata of a message that answers a question."""
    return {"event_type": MARK, "event_payload": {"question": answers}} if answers else None


def _letters(text: str) -> str:
    """What of a text stays the same in whichever language of Slack's it is told."""
    return "".join(filter(str.isalnum, text))
