"""Slack's own streams: begun, gone on with, and ended."""

from __future__ import annotations

import logging
from typing import Final, Literal

from bot.platforms.slack.blocks import Block
from bot.platforms.slack.posts import Posts, Spot, mark
from bot.platforms.slack.web import SlackError

log = logging.getLogger(__name__)

DEAD: Final = frozenset({"message_not_in_streaming_state", "stopped_by_user", "message_not_found"})
"""What is said of a stream that takes nothing more."""


class Streams:
    """The streams of one answer.

    Args:
        answers: The question, for finding the messages again.
    """

    def __init__(self, posts: Posts, spot: Spot, answers: str) -> None:
        self._posts = posts
        self._spot = spot
        self._answers = answers

    async def start(self, text: str, *, waits: bool) -> str:
        """Begin one; returns the time stamp of its message.

        Raises:
            SlackError: It was not begun, as far as is known.
        """
        direct = self._spot.is_direct
        try:
            started = await self._posts.web.call(
                "chat.startStream",
                waits=waits,
                channel=self._spot.channel,
                thread_ts=self._spot.thread,
                markdown_text=text,
                recipient_user_id=None if direct else self._spot.user,
                recipient_team_id=None if direct else self._posts.team,
            )
        except SlackError as error:
            # It may stand there, without anything that tells whose it is but its words.
            found = await self._posts.find_stream(self._spot, self._answers, text) if error.is_done else ""
            if not found:
                raise
            started = {"ts": found}
        self._posts.streaming.add(str(started["ts"]))
        return str(started["ts"])

    async def append(self, ts: str, text: str, *, waits: bool) -> None:
        """Go on with one.

        Raises:
            SlackError: The text is not there, as far as is known.
        """
        await self._posts.web.call(
            "chat.appendStream", waits=waits, channel=self._spot.channel, ts=ts, markdown_text=text
        )

    async def stop(
        self, ts: str, *, text: str = "", below: list[Block] | None = None, session: Literal["active", "processing"]
    ) -> None:
        """End one with the rest of its text and what stands below that.

        Args:
            session: While it is processing, Slack's own stop button stays.

        Raises:
            SlackError: It has not ended so.
        """
        self._posts.streaming.discard(ts)
        await self._posts.web.call(
            "chat.stopStream",
            channel=self._spot.channel,
            ts=ts,
            markdown_text=text if text.strip() else None,
            blocks=below or None,
            metadata=mark(self._answers),
            session_status=session,
        )

    async def give_up(self, ts: str, *, session: Literal["active", "processing"]) -> None:
        """End one as it is, if it has not ended by itself."""
        try:
            await self.stop(ts, session=session)
        except SlackError as error:
            log.info("a stream has ended by itself: %s", error)
