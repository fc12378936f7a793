"""Messages of the bot in Slack: put there, changed, taken away and found again."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

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
    """

    channel: str
    thread: str = ""
    user: str = ""
    response_url: str = ""
    is_slash: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether nobody else reads there."""
        return self.channel.startswith("D")


class Posts:
    """The bot's messages in a workspace.

    Args:
        bot_user: The bot's own id.
        team: The workspace's.
    """

    def __init__(self, web: Web, *, bot_user: str, team: str) -> None:
        self.web = web
        self.bot_user = bot_user
        self.team = team
        self._plainness = 0

    async def post(self, spot: Spot, payload: Payload, *, answers: str = "") -> str:
        """Put a message there; returns its time stamp.

        Args:
            answers: The question, for finding it again.

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

        try:
            posted = await self._with_blocks(payload, send)
        except SlackError as error:
            # The answer was lost, and with it whether the message stands there.
            found = await self.find(spot, answers) if error.is_done and answers else ()
            if not found:
                raise
            return found[-1]
        return str(posted["ts"])

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
            raise
        return True

    async def whisper(self, spot: Spot, payload: Payload, *, replaces: bool = False) -> None:
        """Show something to whoever is answered, and to nobody else.

        Raises:
            SlackError: They do not see it.
        """
        if spot.is_direct and not spot.is_slash:
            await self.post(spot, payload)
            return
        if spot.response_url and await self._tell(spot.response_url, payload, replaces=replaces):
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
            return tuple([str(message["ts"]) async for message in self.thread(spot) if self._is_own(message, answers)])
        except SlackError as error:
            log.warning("what stands there already is not known: %s", error)
            return ()

    async def thread(self, spot: Spot) -> AsyncIterator[Json]:
        """Everything in a thread, the oldest first, to its end: Slack begins with the oldest.

        Raises:
            SlackError: It is not known.
        """
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = await self.web.call(
                "conversations.replies",
                channel=spot.channel,
                ts=spot.thread,
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

    async def _tell(self, url: str, payload: Payload, *, replaces: bool) -> bool:
        body: dict[str, object] = {"response_type": "ephemeral", "replace_original": replaces, "text": payload.text}
        try:
            await self.web.tell(url, {**body, "blocks": plainer(payload, self._plainness).blocks})
        except SlackError as error:  # used up, too old, or one of the blocks is not known
            log.info("not by the response URL: %s", error)
            return False
        return True

    async def _with_blocks(
        self, payload: Payload, send: Callable[[str, Sequence[Block] | None], Awaitable[Json]]
    ) -> Json:
        """Send blocks; where Slack does not take them, plainer ones that say the same."""
        for plainness in range(self._plainness, PLAINEST):
            made = plainer(payload, plainness)
            try:
                sent = await send(made.text, made.blocks or None)
            except SlackError as error:
                if error.code not in _BLOCKS_REFUSED:
                    raise
                log.warning("blocks refused plainness=%d: %s", plainness, error)
            else:
                if plainness == 1:  # this workspace does not know the newest elements
                    self._plainness = plainness
                return sent
        return await send(plainer(payload, PLAINEST).text, None)

    def elements(self, payload: Payload) -> Payload:
        """The same, of elements that this workspace is known to take."""
        return plainer(payload, self._plainness)


def mark(answers: str) -> Json | None:
    """The metadata of a message that answers a question."""
    return {"event_type": MARK, "event_payload": {"question": answers}} if answers else None
