"""What shows that a question was taken, until something of its answer stands there."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Literal

from bot.platforms.slack.desk import Desk
from bot.platforms.slack.posts import Spot, is_message
from bot.platforms.slack.web import SlackError

log = logging.getLogger(__name__)

_STATUS_S: Final = 0.7
# Slack may hang; an answer does not wait any longer for its own announcement.
_PATIENCE_S: Final = 3.0


class Sign:
    """A status or a reaction; a session, in which Slack shows a stop button of its own, goes with either.

    A status and a message share one place in Slack: a status that arrives after the first words would stand below
    them. So whoever is about to show a message lets the sign give way first.

    Args:
        question: The message that is answered.
        is_left: A process that is gone may have left a sign there, and nobody knows which.
    """

    def __init__(self, desk: Desk, spot: Spot, question: str, *, is_left: bool = False) -> None:
        self._desk = desk
        self._spot = spot
        self._question = question
        self._kind: Literal["", "status", "reaction"] = "reaction" if is_left and desk.first_sign == "reaction" else ""
        self._told = ""
        self._is_processing = is_left
        self._is_over = False
        self._turn = asyncio.Lock()
        self._session: asyncio.Task[None] | None = None

    async def show(self, working: str) -> bool:
        """Show it in the way that is configured, or the next that this workspace takes; false where it takes none."""
        async with self._turn:
            if self._is_over:
                return True
            ways = ("status", "reaction")
            for way in ways if self._desk.first_sign == "status" else ways[1:]:
                if way == "status" and await self._set_status(working):
                    self._kind = "status"
                    break
                if way == "reaction" and await self._react():
                    self._kind = "reaction"
                    break
        if self._told not in {"", working}:  # it has been told meanwhile
            self._desk.tasks.begin(self._tell_soon(self._told), "a status")
        if self._kind:
            self._is_processing = True
            self._session = self._desk.tasks.begin(self._begin_session(), "a session")
        return bool(self._kind)

    def tell(self, text: str) -> None:
        """Say what is being done, if that can be said there and is still so after a moment."""
        if not self._is_over and text != self._told:
            self._told = text
            if self._kind == "status":
                self._desk.tasks.begin(self._tell_soon(text), "a status")

    async def give_way(self) -> None:
        """Say no more; a call that is under way comes to its end first."""
        self._is_over = True
        try:
            async with asyncio.timeout(_PATIENCE_S), self._turn:
                pass
        except TimeoutError:
            return

    async def settle(self) -> None:
        """The same, and nothing of it is under way any more."""
        await self.give_way()
        if self._session is not None:
            await asyncio.wait([self._session], timeout=_PATIENCE_S)

    async def clear(self, *, is_answered: bool, is_active: bool) -> None:
        """Take away what nothing else takes away.

        Args:
            is_answered: A message of the bot's stands there, which ends a status.
            is_active: The end of a stream has ended the session.
        """
        await self.settle()
        kind, self._kind = self._kind, ""
        if kind == "reaction":
            await self._surely(
                "reactions.remove", channel=self._spot.channel, timestamp=self._question, name=self._desk.reaction
            )
        if kind == "status" and not is_answered:
            await self._set_status("")
        if self._is_processing and not is_active:
            await self._surely(
                "agents.sessions.setStatus",
                channel_id=self._spot.channel,
                thread_ts=self._spot.thread,
                status="active",
            )
        self._is_processing = False

    async def _tell_soon(self, text: str) -> None:
        await self._desk.clock.sleep(_STATUS_S)
        async with self._turn:
            if self._kind == "status" and not self._is_over and self._told == text:
                await self._set_status(text)

    async def _set_status(self, text: str) -> bool:
        return await self._desk.web.attempt(
            "assistant.threads.setStatus",
            channel_id=self._spot.channel,
            thread_ts=self._spot.thread,
            status=text,
        )

    async def _react(self) -> bool:
        if not is_message(self._question):
            return False
        return await self._desk.web.attempt(
            "reactions.add", channel=self._spot.channel, timestamp=self._question, name=self._desk.reaction
        )

    async def _begin_session(self) -> None:
        await self._desk.web.attempt(
            "agents.sessions.setStatus",
            channel_id=self._spot.channel,
            thread_ts=self._spot.thread,
            status="processing",
        )

    async def _surely(self, method: str, **arguments: str) -> None:
        """Take a sign away, however long Slack wants that to wait: otherwise it would stay for ever."""
        if self._desk.web.lacks(method):
            return
        try:
            await self._desk.web.call(method, token=None, waits=True, **arguments)
        except SlackError as error:
            log.info("a sign is not taken away: %s", error)
