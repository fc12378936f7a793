"""Where replies go in Discord, as the core asks for them."""

from __future__ import annotations

from bot.locales import phrases_in
from bot.messages import Card, IncomingMessage, Press, Question, Thread
from bot.platforms.discord.desk import Desk, Spot
from bot.platforms.discord.reply import DiscordReply
from bot.ports import Reply


class DiscordReplies:
    """The replies to one message, command or press; and to whatever a process that is gone has left.

    Args:
        spot: Where they go.
    """

    can_revise = True

    def __init__(self, desk: Desk, spot: Spot) -> None:
        self._desk = desk
        self._spot = spot

    async def acknowledge(self, message: IncomingMessage) -> None:
        """Discord tells of nothing twice, and waits for nothing."""

    def reply_to(self, cause: IncomingMessage | Press) -> Reply:
        """A new reply."""
        question = cause.id if isinstance(cause, IncomingMessage) else ""
        reply = DiscordReply(self._desk, self._spot, phrases_in(cause.author.locale), question=question)
        if question:
            self._desk.under_way[cause.thread.place, question] = reply
        return reply

    def reply_again(self, question: Question) -> Reply:
        """The reply as it was left; one of this process is gone on with."""
        place = question.thread.place
        if not place.isdecimal():  # it was asked where the bot itself is not: what was pressed is answered there
            pressed = self._spot.interaction
            address = "" if pressed is None else pressed.original
            return DiscordReply(self._desk, self._spot, phrases_in(question.author.locale), address=address)
        before = self._desk.under_way.get((place, question.message_id))
        channel = self._channel_of(question.thread, question.address)
        # Only a message can be replied to, in the channel where it stands.
        is_message = question.message_id.isdecimal() and question.message_id != channel
        spot = Spot(
            channel,
            question.author.id,
            answers=question.message_id if is_message else "",
            is_direct=question.thread.id == place,
            asks=question.text if question.is_question and not question.message_id.isdecimal() else "",
        )
        reply = DiscordReply(
            self._desk,
            spot,
            phrases_in(question.author.locale),
            question=question.message_id,
            address=question.address,
            looks=True,
            before=None if before is None or before.is_over else before,
        )
        self._desk.under_way[place, question.message_id] = reply
        return reply

    async def post(self, place: str, card: Card) -> None:
        """Put it there.

        Raises:
            DiscordError: It does not stand there.
        """
        await DiscordReply(self._desk, Spot(place, is_direct=True), phrases_in(self._desk.locale)).finish(card)

    def _channel_of(self, thread: Thread, address: str) -> str:
        """Where a conversation stands: in a thread, if there is one of its id."""
        if address:
            return address.split(maxsplit=1)[0].partition("/")[0]
        is_thread = thread.id.isdecimal() and self._desk.line.client.get_channel(int(thread.id)) is not None
        return thread.id if is_thread else thread.place


class Silence(DiscordReplies):
    """Where nothing need be said: a dialogue asks already."""

    def reply_to(self, cause: IncomingMessage | Press) -> Reply:
        """One that nobody sees."""
        return _Unseen(self._desk, self._spot, phrases_in(cause.author.locale))


class _Unseen(DiscordReply):
    async def finish(self, card: Card) -> None:
        """Nothing, but for what goes wrong."""
        if not card.private:
            await super().finish(card)
