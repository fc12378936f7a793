"""A reply in Discord, from the first sign of life to the finished card."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

import discord

from bot.locales import Phrases
from bot.messages import Card
from bot.platforms.discord.cards import Payload, asked, finished
from bot.platforms.discord.desk import NAME, Desk, Spot
from bot.platforms.discord.errors import (
    CLOSED,
    HAS_A_THREAD,
    INVALID_FORM,
    MISSING_PERMISSIONS,
    NOT_ALLOWED,
    NOT_THERE,
    NOT_TO_THIS_USER,
    TOKEN_OVER,
    UNKNOWN_CHANNEL,
    DiscordError,
)
from bot.platforms.discord.names import ids_in, with_names
from bot.platforms.discord.offers import call_of
from bot.platforms.discord.outlets import ChannelOutlet, Outlet
from bot.platforms.discord.pictures import as_bars, drawn
from bot.platforms.discord.writing import Shown, Writing
from bot.platforms.tables import without_tables
from bot.platforms.typed import as_typed

log = logging.getLogger(__name__)

# Discord shows for ten seconds that somebody is typing.
_TYPING_S: Final = 8.0
# Who has waited for so long sees what is being done.
_STATUS_S: Final = 4.0
_THREAD_MINUTES: Final = 1_440


class DiscordReply:
    """One reply.

    Args:
        question: What it answers: the message's id, or whatever stands for one.
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
        before: DiscordReply | None = None,
    ) -> None:
        self._desk = desk
        self._spot = spot
        self._phrases = phrases
        self._question = question
        self._looks = looks and not address and before is None
        self._writing = Writing(desk.line, self._outlet(), desk.tasks, phrases, key=question, shown=address.split())
        self._status = self._hint = ""
        self._signing: asyncio.Task[None] | None = None
        if before is not None:
            # What it has under way would go on to show the old text; so it is gone on with, not begun beside it.
            self._writing, self._spot = before._writing, before._spot  # noqa: SLF001 - its own kind

    @property
    def address(self) -> str:
        """Its messages."""
        return " ".join(shown.address for shown in self._writing.shown)

    @property
    def is_over(self) -> bool:
        """Whether it was finished, or taken away."""
        return self._writing.is_over

    # The port

    async def begin(self, reference: str, moved: Callable[[], Awaitable[None]]) -> None:
        """Show that the question was taken."""
        await self._look()
        await self._name_asker()
        self._writing.reference = reference
        self._writing.moved = moved
        if self._spot.opens:
            await self._open_thread()
        if self._spot.interaction is None and not self._writing.shown:
            self._signing = self._desk.tasks.begin(self._show_sign(), "a first sign")

    async def status(self, text: str) -> None:
        """Show what is being done, where that takes long."""
        self._status = text

    async def append(self, markdown: str) -> None:
        """Show the next piece of the answer."""
        if not self._is_private:
            self._writing.append(markdown)

    async def restart(self, notice: str) -> None:
        """Take back what was shown, and say why."""
        await self._look()
        await self._name_asker()
        await self._writing.begin_again(notice)

    async def finish(self, card: Card) -> None:
        """Show the finished reply.

        Raises:
            DiscordError: It does not stand there.
        """
        await self._look()
        self._end_sign()
        await self._name_asker()
        self._writing.reference = self._writing.reference or card.reference
        card = await self._here(card)
        if self._is_private and (card.tagged or card.shared_by):
            await self._finish_for_all(card)
        elif self._is_private or (card.private and not self._spot.is_direct):
            await self._finish_privately(card)
        else:
            await self._finish_publicly(card)

    async def retract(self) -> None:
        """Take it away.

        Raises:
            DiscordError: It still stands there.
        """
        await self._look()
        self._end_sign()
        await self._writing.remove()

    def lose(self, message: int) -> None:
        """Somebody took one of its messages away."""
        self._writing.lose(message)

    # The first sign of life

    async def _show_sign(self) -> None:
        """Show that the bot is typing, for as long as nothing else is there to be seen."""
        clock, began_s = self._desk.line.clock, self._desk.line.clock.monotonic()
        place = self._desk.line.client.get_partial_messageable(int(self._spot.channel))

        async def typing() -> None:
            await place.typing()

        while not self._writing.shown and not self.is_over:
            self._desk.line.begin(typing)
            await clock.sleep(_STATUS_S)
            if self._status and not self._writing.shown and not self.is_over:
                self._writing.hold_place(self._status)
            await clock.sleep(_TYPING_S - _STATUS_S)
            if clock.monotonic() - began_s > 20 * _TYPING_S:
                break

    def _end_sign(self) -> None:
        if self._signing is not None:
            self._signing.cancel()
            self._signing = None

    async def _open_thread(self) -> None:
        """Open a thread below the question; where that cannot be, the answer replies to it."""
        spot = self._spot
        place = self._desk.line.client.get_partial_messageable(int(spot.channel), guild_id=int(spot.server))
        message = place.get_partial_message(int(spot.answers))
        try:
            await self._desk.line.do(
                lambda: message.create_thread(name=spot.opens, auto_archive_duration=_THREAD_MINUTES)
            )
        except DiscordError as error:
            if error.code != HAS_A_THREAD:
                log.info("answered without a thread: %s", error)
                self._spot = replace(spot, opens="")
                return
        # A thread has the id of the message that it begins with.
        self._spot = replace(spot, channel=spot.answers, answers="", opens="")
        if not self._desk.hears_all:
            self._hint = self._phrases("discord.how_to_go_on")
        self._writing.outlet = self._outlet()

    # Its messages

    def _outlet(self) -> Outlet:
        spot = self._spot
        if spot.interaction is not None and not spot.is_pressed:
            return spot.interaction
        return ChannelOutlet(self._desk.line, spot.channel, answers=spot.answers)

    @property
    def _is_private(self) -> bool:
        interaction = self._spot.interaction
        return interaction is not None and interaction.is_private and not self._spot.is_pressed

    async def _look(self) -> None:
        """Find what a process that is gone has left there."""
        if not self._looks:
            return
        self._looks = False
        kind, _, number = self._question.rpartition("-")
        if not number.isdecimal() or not self._spot.channel:
            return
        identity = int(number)
        found = await self._desk.past.answers_to(int(self._spot.channel), identity, interaction=identity if kind else 0)
        if found:
            self._writing = Writing(
                self._desk.line, self._outlet(), self._desk.tasks, self._phrases, key=self._question, shown=found
            )

    async def _name_asker(self) -> None:
        """Let the answer say who asked what, where Discord shows nothing of that."""
        user, question = self._spot.user, self._spot.asks
        if question and not self._writing.heading:
            names = await self._desk.directory.names([user])
            name = names.get(user, user).removeprefix("@")
            self._writing.heading = asked(name, question, self._phrases)

    async def _here(self, card: Card) -> Card:
        """The card as it is read in Discord: people by their names, commands as they are typed here."""
        if self._spot.is_direct:  # there is nobody to share it with
            card = replace(card, actions=tuple(action for action in card.actions if action != "share"))
        if card.receipt or self._writing.text:  # in an answer, such words are the documents'
            return card
        wanted = ids_in(card.text)
        names = await self._desk.directory.names(wanted) if wanted else {}
        return replace(card, text=without_tables(as_typed(with_names(card.text, names), NAME, call_of)))

    async def _finish_publicly(self, card: Card) -> None:
        interaction = self._spot.interaction
        if interaction is not None and self._writing.outlet is interaction and interaction.is_over:
            self._leave_interaction()
        try:
            await self._show(card, self._writing)
        except DiscordError as error:
            if error.is_passing:
                raise
            if error.code in TOKEN_OVER | NOT_THERE and interaction is not None and self._writing.outlet is interaction:
                self._leave_interaction()
                await self._finish_publicly(card)
            else:
                await self._finish_elsewhere(card, error)

    async def _show(self, card: Card, writing: Writing) -> None:
        """Show it, and plainer where Discord does not take all of it.

        Raises:
            DiscordError: It is not shown.
        """
        embeds, pictures = not writing.outlet.is_plain, await drawn(card.chart)
        refused, has_buttons = "", True
        while True:
            payloads = self._payloads(card, embeds=embeds, chart_text="" if pictures else as_bars(card.chart))
            if not has_buttons:
                payloads = [replace(payload, rows=()) for payload in payloads]
            try:
                await writing.finish(payloads, pictures)
            except DiscordError as error:
                if pictures and not error.is_passing and error.code not in TOKEN_OVER | NOT_THERE:
                    pictures = ()
                elif embeds and error.code in {MISSING_PERMISSIONS, INVALID_FORM}:
                    embeds, refused = False, writing.outlet.channel
                elif has_buttons and error.code == INVALID_FORM:
                    has_buttons = False
                else:
                    raise
            else:
                if refused:  # it was for them, so they are not tried again for a while
                    self._desk.line.note_plain(refused)
                return

    def _payloads(self, card: Card, *, embeds: bool = True, chart_text: str = "") -> list[Payload]:
        return finished(
            card,
            self._phrases,
            embeds=embeds,
            chart_text=chart_text,
            roles=self._desk.directory.roles(card.tagged),
            heading=self._writing.heading,
            hint=self._hint,
        )

    def _leave_interaction(self) -> None:
        """What is left goes on as normal messages: the bot wrote the first ones, and may change them."""
        log.info("goes on without the interaction: question=%s", self._question)
        interaction, self._spot = self._spot.interaction, replace(self._spot, interaction=None)
        if interaction is not None and (announced := interaction.give_up()):
            self._writing.shown.insert(0, Shown(announced))
        self._writing.outlet = self._outlet()

    async def _finish_elsewhere(self, card: Card, error: DiscordError) -> None:
        """Say it to whoever asked, where the bot may not say it in the place."""
        if not self._spot.user:  # whoever posts what nobody asked for tries it again
            raise error
        log.warning("not said in %s: %s", self._spot.channel, error)
        if error.code == UNKNOWN_CHANNEL or self._spot.is_direct:
            return  # the place is gone, and with it whoever reads there
        if self._spot.is_pressed:
            await self._finish_privately(replace(card, tagged=(), actions=()))
            return
        notice = await self._why_not(error)
        # Nobody is called who does not see it, and its buttons have no place.
        told = replace(card, tagged=(), actions=(), notice=notice)
        try:
            await self._tell(told)
        except DiscordError as again:
            if again.is_passing:
                raise
            await self._tell(Card(notice))  # what is refused there may be refused here

    async def _why_not(self, error: DiscordError) -> str:
        """Why an answer does not stand where it belongs."""
        place = await self._desk.directory.place_name(self._spot.channel)
        if error.code in CLOSED:
            return self._phrases("discord.thread_closed", place=place)
        if error.code not in NOT_ALLOWED:
            return self._phrases("discord.refused", place=place)
        permission = self._phrases("discord.permission_thread" if self._in_thread else "discord.permission_send")
        return self._phrases("discord.cannot_write", place=place, permission=permission)

    @property
    def _in_thread(self) -> bool:
        return isinstance(self._desk.line.client.get_channel(int(self._spot.channel)), discord.Thread)

    async def _finish_for_all(self, card: Card) -> None:
        """Say in the channel what a command says to others than whoever used it."""
        interaction, self._spot = self._spot.interaction, replace(self._spot, interaction=None)
        try:
            await self._show(card, self._beside(self._outlet()))
        except DiscordError as error:
            if error.code not in NOT_ALLOWED | NOT_THERE:
                raise
            self._spot = replace(self._spot, interaction=interaction)
            await self._finish_privately(replace(card, tagged=(), actions=()))
            return
        if interaction is not None:
            await interaction.withdraw()

    async def _finish_privately(self, card: Card) -> None:
        if self._writing.shown:
            await self._writing.remove()
        interaction = self._spot.interaction
        if interaction is None:
            await self._whisper(card)
            return
        if not interaction.is_private:  # everybody was told that something would come
            await interaction.withdraw()
            interaction.is_private = True
        try:
            await self._show(card, self._beside(interaction))
        except DiscordError as error:
            if error.code not in TOKEN_OVER:
                raise
            await self._whisper(card)

    async def _whisper(self, card: Card) -> None:
        """Say it in a direct message, and where it was asked that it is there: a mention has no other way."""
        is_told = await self._tell(replace(card, actions=()))
        if not self._spot.channel or not self._spot.answers or self._spot.is_pressed:
            return
        pointer = Card(
            self._phrases("discord.told_directly" if is_told else "discord.cannot_tell_directly"),
            # They are about this place, so here they stand.
            actions=card.actions,
            reference=card.reference,
        )
        try:
            await self._show(pointer, self._writing)
        except DiscordError as error:
            if error.code not in NOT_ALLOWED | NOT_THERE:
                raise
            log.info("not said in the place: %s", error)

    async def _tell(self, card: Card) -> bool:
        """Say it in a direct message; false where that is not taken."""
        client = self._desk.line.client
        try:
            channel = await self._desk.line.do(lambda: client.create_dm(discord.Object(int(self._spot.user))))
            await self._show(card, self._beside(ChannelOutlet(self._desk.line, str(channel.id))))
        except DiscordError as error:
            if error.code != NOT_TO_THIS_USER and error.code not in NOT_ALLOWED:
                raise
            log.info("not told directly: %s", error)
            return False
        return True

    def _beside(self, outlet: Outlet) -> Writing:
        """Messages that are no part of the answer which is found again."""
        return Writing(self._desk.line, outlet, self._desk.tasks, self._phrases, key="")
