"""A reply in Slack, from the first sign of life to the finished card."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from bot.locales import Phrases
from bot.messages import Card, Locale
from bot.platforms.slack.blocks import Payload, closing, message, stop_buttons
from bot.platforms.slack.markup import escape
from bot.platforms.slack.names import ids_in, with_names
from bot.platforms.slack.people import Directory
from bot.platforms.slack.pictures import as_bars, show
from bot.platforms.slack.posts import Posts, Spot
from bot.platforms.slack.slash import as_typed
from bot.platforms.slack.tables import without_tables
from bot.platforms.slack.tasks import Tasks
from bot.platforms.slack.web import Web
from bot.platforms.slack.writing import Writing
from rag.ports import Clock

log = logging.getLogger(__name__)

FirstSign = Literal["status", "reaction", "message"]
_STATUS_S: Final = 0.7


@dataclass(frozen=True, slots=True)
class Desk:
    """What all replies in a workspace work with.

    Attributes:
        locale: Of what nobody asked for.
        first_sign: What shows at once that a question was taken.
        reaction: The emoji of such a sign.
    """

    web: Web
    posts: Posts
    directory: Directory
    tasks: Tasks
    clock: Clock
    locale: Locale
    first_sign: FirstSign = "status"
    reaction: str = "eyes"


class SlackReply:
    """One reply.

    Args:
        question: What it answers: the time stamp of the message, or whatever stands for one.
        address: Where it stands already, as it was told before; empty where that is not known.
        looks: It may stand there all the same, and is looked for.
    """

    def __init__(
        self, desk: Desk, spot: Spot, phrases: Phrases, *, question: str = "", address: str = "", looks: bool = False
    ) -> None:
        self._desk = desk
        self._spot = spot
        self._phrases = phrases
        self._question = question
        self._looks = looks and not address
        self._writing = self._new_writing(tuple(address.split()) if address else ())
        self._sign: Literal["", "status", "reaction", "whisper"] = ""
        self._names: Mapping[str, str] = {}
        self._told = ""
        self._signing: asyncio.Task[None] | None = None
        self._session: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """The time stamps of its messages."""
        return " ".join(shown.ts for shown in self._writing.shown)

    # The port

    async def begin(self, reference: str) -> None:
        """Show that the question was taken."""
        await self._look()
        self._writing.stop_buttons = stop_buttons(reference, self._phrases)
        if self._spot.is_slash:
            self._sign = "whisper"
            await self._desk.posts.whisper(self._spot, Payload(escape(self._phrases("working.searching"))))
            return
        if not self._writing.shown:
            # The documents are searched meanwhile, unless it is a message that can be found again.
            self._signing = self._desk.tasks.begin(self._show_sign(), "a first sign")
            if self._desk.web.lacks("chat.startStream"):
                await asyncio.wait([self._signing])

    async def status(self, text: str) -> None:
        """Show what is being done, for as long as nothing of the answer stands there."""
        if self._sign == "status" and not self._writing.text and text != self._told:
            self._told = text
            self._desk.tasks.begin(self._tell_status(text), "a status")

    async def append(self, markdown: str) -> None:
        """Show the next piece of the answer."""
        if not self._spot.is_slash:
            self._writing.append(markdown)

    async def restart(self, notice: str) -> None:
        """Take back what was shown, and say why."""
        await self._look()
        await self._writing.begin_again(notice)

    async def finish(self, card: Card) -> None:
        """Show the finished reply.

        Raises:
            SlackError: It does not stand there.
        """
        await self._look()
        card = await self._here(card)
        if card.private and self._signing is not None:
            await asyncio.wait([self._signing])
        if self._spot.is_slash or card.private:
            await self._finish_privately(card)
        else:
            await self._finish_publicly(card)
        self._desk.tasks.begin(self._clear_sign(is_private=card.private or self._spot.is_slash), "clearing a sign")

    async def retract(self) -> None:
        """Take it away.

        Raises:
            SlackError: It still stands there.
        """
        await self._look()
        await self._writing.remove()
        await self._clear_sign(is_private=True)

    # Its parts

    def _new_writing(self, shown: tuple[str, ...]) -> Writing:
        desk = self._desk
        return Writing(desk.posts, self._spot, desk.tasks, desk.clock, answers=self._question, shown=shown)

    async def _look(self) -> None:
        """Find what a process that is gone has left there."""
        if self._looks:
            self._looks = False
            if found := await self._desk.posts.find(self._spot, self._question):
                self._writing = self._new_writing(found)

    async def _here(self, card: Card) -> Card:
        """The card as it is read in Slack: people by their names, commands as they are typed here."""
        if card.receipt:
            return replace(card, text=without_tables(card.text))
        wanted = ids_in(f"{card.text} {card.shared_by}")
        self._names = await self._desk.directory.names(wanted) if wanted else {}
        return replace(card, text=without_tables(as_typed(with_names(card.text, self._names))))

    async def _finish_publicly(self, card: Card) -> None:
        whole = message(card, self._phrases, names=self._names)
        await self._writing.finish(card.text, closing(card, self._phrases), whole)
        if card.chart is not None and not await show(self._desk.web, self._spot, card.chart):
            whole = message(card, self._phrases, chart_text=as_bars(card.chart), names=self._names)
            await self._writing.finish("", [], whole)

    async def _finish_privately(self, card: Card) -> None:
        if self._writing.shown:
            await self._writing.remove()
        bars = "" if card.chart is None else as_bars(card.chart)
        replaces = self._sign == "whisper"
        for payload in message(card, self._phrases, chart_text=bars):
            await self._desk.posts.whisper(self._spot, payload, replaces=replaces)
            replaces = False

    # The first sign of life

    async def _show_sign(self) -> None:
        """Show it in the way that is configured, or in the next one that this workspace takes."""
        ways, working = ("status", "reaction", "message"), self._phrases("working.searching")
        for way in ways[ways.index(self._desk.first_sign) :]:
            if way == "status" and await self._set_status(working):
                self._sign, self._told = "status", working
                break
            if way == "reaction" and await self._react("add"):
                self._sign = "reaction"
                break
        if not self._sign or self._desk.web.lacks("chat.startStream"):
            await self._writing.hold_place(working)
        else:
            self._session = self._desk.tasks.begin(self._session_is("processing"), "a session")

    async def _tell_status(self, text: str) -> None:
        """Say what is being done, if it is still so after a moment: a status and an answer share one place."""
        await self._desk.clock.sleep(_STATUS_S)
        if self._sign == "status" and self._told == text and not self._writing.text:
            await self._set_status(text)

    async def _set_status(self, text: str) -> bool:
        return await self._desk.web.attempt(
            "assistant.threads.setStatus",
            channel_id=self._spot.channel,
            thread_ts=self._spot.thread,
            status=text,
        )

    async def _react(self, how: Literal["add", "remove"]) -> bool:
        if "." not in self._question:  # there is no message to react to
            return False
        return await self._desk.web.attempt(
            f"reactions.{how}", channel=self._spot.channel, timestamp=self._question, name=self._desk.reaction
        )

    async def _session_is(self, status: Literal["processing", "active"]) -> bool:
        """While it is processing, Slack shows a stop button of its own; the end of a stream ends that, too."""
        return await self._desk.web.attempt(
            "agents.sessions.setStatus", channel_id=self._spot.channel, thread_ts=self._spot.thread, status=status
        )

    async def _clear_sign(self, *, is_private: bool) -> None:
        """Take away what no message of the bot takes away by itself."""
        if self._signing is not None:
            await asyncio.wait([self._signing])
        if self._sign == "reaction":
            await self._react("remove")
        if self._sign == "status" and is_private:
            await self._set_status("")
        if self._session is not None:
            await asyncio.wait([self._session])
            if not self._writing.ended_a_stream:
                await self._session_is("active")
        self._sign, self._session = "", None
