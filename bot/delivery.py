"""What a question's answer goes through on its way to whoever asked: what was shown is known, and written down."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass

from bot.entries import Outcome, Wish
from bot.journal import Journal
from bot.locales import phrases_in
from bot.messages import Card, Question
from bot.ports import Reply
from bot.replies import answer_card
from bot.safety import SafeStream
from bot.underway import Stopped
from rag.errors import StateUnavailable
from rag.model import Answer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a question ended.

    Attributes:
        said: What later questions may lean on; `None` for what is no part of the talk.
        answer: Where there is one.
    """

    card: Card
    outcome: Outcome
    said: str | None = None
    answer: Answer | None = None


class Delivery:
    """A reply whose every step the journal knows.

    Attributes:
        shown: The answer's text so far, as it was shown.
    """

    def __init__(self, question: Question, reply: Reply, journal: Journal) -> None:
        self._question = question
        self._reply = reply
        self._journal = journal
        self._safe = SafeStream()
        self._is_stray = False
        self._noted = question.address
        self._has_begun = bool(question.address)
        self.shown = ""

    async def begin(self, notice: str = "") -> None:
        """Show that it was taken; `notice` says why a reply that was there already begins again.

        Raises:
            Stopped: Somebody else has the question in hand by now.
        """
        question = self._question
        if notice and not await self._journal.begin(question, question.address):
            raise Stopped("superseded")  # before anything is touched that may be theirs
        self._is_stray = not question.address
        self._has_begun = True
        await self._reply.begin(question.reference, self._moved)
        await self._note_address()
        if notice:
            await self._reply.restart(notice)
            await self._note_address()

    async def status(self, text: str) -> None:
        """Show what is being done."""
        await self._reply.status(text)

    async def append(self, markdown: str) -> None:
        """Show the next piece, made safe."""
        await self._show(self._safe.feed(markdown))

    async def restart(self, notice: str) -> None:
        """Take back what was shown."""
        self._safe, self.shown = SafeStream(), ""
        await self._reply.restart(notice)

    async def finish(self, ending: Ending) -> None:
        """Write down how it ended, and show it; nothing where somebody else has the question in hand now."""
        if await self._journal.keep(self._question, ending.outcome, said=ending.said, answer=ending.answer):
            await self.show(ending.card)
        else:
            await self.leave("superseded")

    async def show(self, card: Card) -> None:
        """Show what the journal knows already."""
        try:
            await self._reply.finish(card)
        except BrokenPipeError:  # whoever asked has left, and nobody else need see it
            await self._journal.deliver(self._question)
            raise
        except Exception:  # the platform does not take it now; whoever looks for what was left tries it again
            log.exception("could not be shown reference=%s", self._question.reference)
            await self._journal.release(self._question)
            return
        # What was shown last may stand in messages of its own: who takes it back has to find them. A reply that was not
        # begun is a command's: it stays where it is, whatever else is asked.
        address = self._reply.address if self._has_begun else ""
        match await self._journal.deliver(self._question, address):
            case "retracted":
                await self._reply.retract()
            case "overtaken":
                await self._put_right()

    async def leave(self, wish: Wish) -> None:
        """Show no more: the question was deleted, or somebody else has it in hand.

        A reply of a deleted question goes, and one that whoever has it in hand cannot know of. Where the platform does
        not take that, whoever told of the deletion tells it again.
        """
        if wish == "retracted" or self._is_stray:
            try:
                await self._reply.retract()
            except Exception:  # there is nobody to tell
                log.exception("not taken away reference=%s", self._question.reference)

    async def _put_right(self) -> None:
        """The question was changed or asked again while its old end was on its way; what came first may stand last."""
        entry = None
        with suppress(StateUnavailable):
            entry = await self._journal.stands_now(self._question)
        if entry is not None and entry.state == "retracted":
            await self._reply.retract()
        elif entry is not None and entry.state == "delivered" and entry.answer is not None:
            author = entry.question.author
            card = answer_card(entry.answer, phrases_in(author.locale), is_outside=author.is_outside)
            await self._reply.finish(card)

    async def abandon(self) -> None:
        """Write down that nobody is there any more to see how it ends."""
        if await self._journal.keep(self._question, "abandoned", said=None, answer=None):
            await self._journal.deliver(self._question)

    def stopped(self) -> str:
        """The text up to where it was stopped."""
        return self.shown + self._safe.finish()

    async def _show(self, text: str) -> None:
        if text:
            self.shown += text
            await self._reply.append(text)
            if self._reply.address != self._noted:  # a reply may stand there only now, or in one message more
                await self._note_address()

    async def _moved(self) -> None:
        """The reply stands there, or in one message more, before the next piece has come; that may take long."""
        with suppress(Stopped):  # the next piece finds it out
            await self._note_address()

    async def _note_address(self) -> None:
        """Write down where the reply stands.

        Raises:
            Stopped: Somebody else has the question in hand by now.
        """
        address = self._reply.address
        is_ours = await self._journal.begin(self._question, address)
        # An address that the journal knew before is known to whoever has the question in hand now.
        self._is_stray = not is_ours and address != self._noted
        if not is_ours:
            raise Stopped("superseded")
        self._noted = address
