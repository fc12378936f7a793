"""A reply in Slack, from the first sign of life to the finished card."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.locales import Phrases
from bot.messages import Card
from bot.platforms.slack.blocks import Payload, closing, message, stop_buttons
from bot.platforms.slack.desk import Desk
from bot.platforms.slack.markup import escape
from bot.platforms.slack.names import ids_in, with_names
from bot.platforms.slack.pictures import as_bars, show
from bot.platforms.slack.posts import Spot
from bot.platforms.slack.signs import Sign
from bot.platforms.slack.slash import NAME
from bot.platforms.slack.web import SlackError
from bot.platforms.slack.writing import Writing
from bot.platforms.tables import without_tables
from bot.platforms.typed import as_typed

log = logging.getLogger(__name__)

# Where the bot is no member, and may say something through a response URL all the same.
_NOT_IN_PLACE: Final = frozenset({"not_in_channel", "channel_not_found"})


class SlackReply:
    """One reply.

    Args:
        question: What it answers: the time stamp of the message, or whatever stands for one.
        address: Where it stands already, as it was told before; empty where that is not known.
        looks: It may stand there all the same, and is looked for.
        before: The reply to the same question that this one takes the place of, in this process.
    """

    def __init__(
        self,
        desk: Desk,
        spot: Spot,
        phrases: Phrases,
        *,
        question: str = "",
        address: str = "",
        looks: bool = False,
        before: SlackReply | None = None,
    ) -> None:
        self._desk = desk
        self._spot = spot
        self._phrases = phrases
        self._question = question
        self._looks = looks and not address and before is None
        self._sign = Sign(desk, spot, question, is_left=looks)
        self._writing = self._new_writing(address.split())
        if before is not None:
            # What it has under way would go on to show the old text; so it is gone on with, not begun beside it.
            self._sign, self._writing = before._sign, before._writing  # noqa: SLF001 - its own kind
        self._names: Mapping[str, str] = {}
        self._signing: asyncio.Task[None] | None = None
        self._has_whispered = False

    @property
    def address(self) -> str:
        """The time stamps of its messages."""
        return " ".join(shown.ts for shown in self._writing.shown)

    @property
    def is_over(self) -> bool:
        """Whether it was finished, or taken away."""
        return self._writing.is_over

    # The port

    async def begin(self, reference: str, moved: Callable[[], Awaitable[None]]) -> None:
        """Show that the question was taken."""
        await self._look()
        self._writing.moved = moved
        self._writing.stop_buttons = stop_buttons(reference, self._phrases)
        if self._spot.is_slash:
            await self._whisper_sign()
        elif not self._writing.shown:
            # The documents are searched meanwhile, unless it is a message that can be found again.
            self._signing = self._desk.tasks.begin(self._show_sign(), "a first sign")
            if self._desk.web.lacks("chat.startStream"):
                await asyncio.wait([self._signing])

    async def status(self, text: str) -> None:
        """Show what is being done, for as long as nothing of the answer stands there."""
        if not self._writing.text:
            self._sign.tell(text)

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
        await self._settle()
        is_private = self._spot.is_slash or (card.private and not self._spot.is_direct)
        if is_private:
            await self._finish_privately(card)
        else:
            await self._finish_publicly(card)
        clearing = self._sign.clear(is_answered=not is_private, is_active=self._writing.ended_a_stream)
        self._desk.tasks.begin(clearing, "clearing a sign")

    async def retract(self) -> None:
        """Take it away.

        Raises:
            SlackError: It still stands there.
        """
        await self._look()
        await self._settle()
        try:
            await self._writing.remove()
        finally:
            await self._sign.clear(is_answered=False, is_active=False)

    # The first sign of life

    async def _whisper_sign(self) -> None:
        if not self._spot.response_url:  # what is said in another way is not replaced by the answer
            return
        try:
            await self._desk.posts.whisper(self._spot, Payload(escape(self._phrases("working.searching"))))
        except SlackError as error:
            log.info("nothing is said before the answer: %s", error)
        else:
            self._has_whispered = True

    async def _show_sign(self) -> None:
        """Show one; where messages are changed instead of streamed, one of them is there from the first."""
        working = self._phrases("working.searching")
        is_shown = self._desk.first_sign != "message" and await self._sign.show(working)
        if not is_shown or self._desk.web.lacks("chat.startStream"):
            try:
                await self._writing.hold_place(working)
            except SlackError as error:
                log.info("nothing is said before the answer: %s", error)

    async def _settle(self) -> None:
        """Nothing of the first sign is on its way any more: it would be seen after what is shown now."""
        await self._sign.give_way()
        if self._signing is not None:
            await asyncio.wait([self._signing])
        await self._sign.settle()

    # Its messages

    def _new_writing(self, shown: Sequence[str] = ()) -> Writing:
        desk, first = self._desk, self._sign.give_way
        return Writing(desk.posts, self._spot, desk.tasks, desk.clock, answers=self._question, shown=shown, first=first)

    async def _look(self) -> None:
        """Find what a process that is gone has left there."""
        if self._looks:
            self._looks = False
            if found := await self._desk.posts.find(self._spot, self._question):
                self._writing = self._new_writing(found)

    async def _here(self, card: Card) -> Card:
        """The card as it is read in Slack: people by their names, commands as they are typed here."""
        if self._spot.is_direct and not self._spot.is_slash:  # there is nobody to share it with
            card = replace(card, actions=tuple(action for action in card.actions if action != "share"))
        if card.receipt or self._writing.text:  # in an answer, such words are the documents'
            return replace(card, text=without_tables(card.text))
        wanted = ids_in(f"{card.text} {card.shared_by}")
        self._names = await self._desk.directory.names(wanted) if wanted else {}
        return replace(card, text=without_tables(as_typed(with_names(card.text, self._names), NAME)))

    async def _finish_publicly(self, card: Card) -> None:
        try:
            await self._show(card)
        except SlackError as error:
            if error.code not in _NOT_IN_PLACE:
                raise
            await self._finish_from_outside(card)
            return
        if card.chart is not None and not await show(self._desk.web, self._spot, card.chart):
            await self._show(card, _bars(card))

    async def _finish_from_outside(self, card: Card) -> None:
        """Say it where the bot is no member: through the response URL; to one alone where there is none."""
        tell = self._desk.posts.tell
        if self._spot.response_url:
            told = [await tell(self._spot, payload, to_all=True) for payload in self._messages(card, _bars(card))]
            if all(told):
                return
        # Nobody is called who does not see it.
        notice = self._phrases("slack.not_a_member")
        for payload in self._messages(replace(card, tagged=(), notice=notice, actions=()), _bars(card)):
            await self._desk.posts.whisper(self._spot, payload)

    async def _show(self, card: Card, chart_text: str = "") -> None:
        await self._writing.finish(
            card.text,
            closing(card, self._phrases, chart_text=chart_text),
            lambda: self._messages(replace(card, text="", tagged=(), shared_by=""), chart_text),
            lambda: self._messages(card, chart_text),
        )

    async def _finish_privately(self, card: Card) -> None:
        if self._writing.shown:
            await self._writing.remove()
        spot = self._spot
        if spot.is_opened:  # below a question that is not answered for all
            await self._desk.posts.delete(spot.channel, spot.thread)
            spot = replace(spot, thread="")
        for payload in self._messages(card, _bars(card)):
            replaces, self._has_whispered = self._has_whispered, False
            await self._desk.posts.whisper(spot, payload, replaces=replaces)

    def _messages(self, card: Card, chart_text: str) -> list[Payload]:
        return message(card, self._phrases, chart_text=chart_text, names=self._names)


def _bars(card: Card) -> str:
    return "" if card.chart is None else as_bars(card.chart)
