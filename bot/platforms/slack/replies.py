"""Where replies go in Slack, as the core asks for them."""

from __future__ import annotations

from collections.abc import Callable

from bot.locales import phrases_in
from bot.messages import Card, IncomingMessage, Press, Question
from bot.platforms.slack.desk import Desk
from bot.platforms.slack.posts import Spot
from bot.platforms.slack.reply import SlackReply
from bot.ports import Reply

_SLASH = "command-"


def _nobody_waits() -> None:
    """Slack was told already."""


class SlackReplies:
    """The replies to one message, command or press; and to whatever a process that is gone has left.

    Args:
        spot: Where they go.
        acknowledge: Tells Slack that it may forget the event.
    """

    can_revise = True

    def __init__(self, desk: Desk, spot: Spot, acknowledge: Callable[[], None] = _nobody_waits) -> None:
        self._desk = desk
        self._spot = spot
        self._acknowledge = acknowledge

    async def acknowledge(self, _message: IncomingMessage) -> None:
        """Slack may forget it."""
        self._acknowledge()

    def reply_to(self, cause: IncomingMessage | Press) -> Reply:
        """A new reply, in the thread."""
        question = cause.id if isinstance(cause, IncomingMessage) else ""
        reply = SlackReply(self._desk, self._spot, phrases_in(cause.author.locale), question=question)
        if question:
            self._desk.under_way[self._spot.channel, question] = reply
        return reply

    def reply_again(self, question: Question) -> Reply:
        """The reply as it was left; one of this process is gone on with."""
        thread, user = question.thread, question.author.id
        is_slash = question.message_id.startswith(_SLASH)
        spot = Spot(thread.place, "" if is_slash else thread.id, user, is_slash=is_slash)
        before = self._desk.under_way.get((thread.place, question.message_id))
        reply = SlackReply(
            self._desk,
            spot,
            phrases_in(question.author.locale),
            question=question.message_id,
            address=question.address,
            looks=True,
            before=None if before is None or before.is_over else before,
        )
        self._desk.under_way[thread.place, question.message_id] = reply
        return reply

    async def post(self, place: str, card: Card) -> None:
        """Put it there.

        Raises:
            SlackError: It does not stand there.
        """
        await SlackReply(self._desk, Spot(place), phrases_in(self._desk.locale)).finish(card)


class Silence(SlackReplies):
    """Where nothing need be said: a dialogue asks already."""

    def reply_to(self, cause: IncomingMessage | Press) -> Reply:
        """One that nobody sees."""
        return _Unseen(self._desk, self._spot, phrases_in(cause.author.locale))


class _Unseen(SlackReply):
    async def finish(self, card: Card) -> None:
        """Nothing, but for what goes wrong."""
        if not card.private:
            await super().finish(card)
