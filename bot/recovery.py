"""What processes do for each other: finish what one that is gone has left behind, and stop what another is asked to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from bot.commands import call_in, commands_on
from bot.delivery import Delivery, Ending
from bot.entries import Entry
from bot.journal import Journal
from bot.locales import phrases_in
from bot.messages import Question
from bot.ports import Replies, Reply
from bot.replies import again_notice, answer_card, apology_card, stopped_card
from bot.rounds import repeat
from bot.underway import UnderWay
from rag.errors import StateUnavailable
from rag.ports import Clock

log = logging.getLogger(__name__)

# A question that so many processes have died with may be what they die of.
_MOST_DEATHS: Final = 2
# So often it is tried to show how a question ended, where the platform will not take it.
_MOST_TRIES: Final = 6
_WISHES_S: Final = 0.5
_ORPHANS_S: Final = 10.0


class Recovery:
    """Looks after questions that nobody alive has in hand, and after wishes of other processes.

    Args:
        answer: Asks a question and shows the answer in a reply that was there already, saying why.
    """

    def __init__(
        self,
        journal: Journal,
        under_way: UnderWay,
        clock: Clock,
        answer: Callable[[Question, Reply, str], Awaitable[None]],
    ) -> None:
        self._journal = journal
        self._under_way = under_way
        self._clock = clock
        self._answer = answer
        self._served: dict[str, Replies] = {}

    async def resume(self, platform: str, replies: Replies) -> Sequence[Question]:
        """Finish, or apologise for, what was left unfinished on a platform; one that can revise is looked at again."""
        try:
            left = await self._journal.left_behind(platform)
        except StateUnavailable as error:
            log.warning("what was left unfinished is not known: %s", error)
            return ()
        for entry in left:  # before anybody else comes to speak: they may be changed or deleted
            self._under_way.expect(entry.question)
        try:
            await self._resume_all(platform, left, replies)
        finally:
            for entry in left:  # where this was broken off
                self._under_way.give_up(entry.question)
        return tuple(entry.question for entry in left)

    async def watch(self) -> None:
        """Do what other processes ask of this one, and finish what they leave behind; never ends."""
        async with asyncio.TaskGroup() as group:

            async def look_for_orphans() -> None:
                # Beside each other: one that takes long holds up no other.
                for platform, replies in self._served.items():
                    group.create_task(self.resume(platform, replies))

            group.create_task(repeat(self._do_as_wished, self._clock, every_s=_WISHES_S))
            group.create_task(repeat(look_for_orphans, self._clock, every_s=_ORPHANS_S))

    async def _resume_all(self, platform: str, left: Sequence[Entry], replies: Replies) -> None:
        if not replies.can_revise:  # then they appear one below the other
            for entry in left:
                await self._resume(entry, replies)
            return
        self._served[platform] = replies
        async with asyncio.TaskGroup() as group:
            for entry in left:
                group.create_task(self._resume(entry, replies))

    async def _resume(self, entry: Entry, replies: Replies) -> None:
        question = entry.question
        log.info("left unfinished reference=%s state=%s outcome=%s", question.reference, entry.state, entry.outcome)
        try:
            async with self._under_way.holding(question):
                if entry.refused < _MOST_TRIES:
                    await self._finish(entry, replies)
                else:
                    log.error("given up reference=%s: the platform does not take it", question.reference)
                    await self._journal.deliver(question)
        except BrokenPipeError:
            raise
        except Exception:  # the platform does not take it: the others shall have theirs
            log.exception("could not be finished reference=%s", question.reference)
            await self._journal.release(question)

    async def _finish(self, entry: Entry, replies: Replies) -> None:
        question, phrases = entry.question, phrases_in(entry.question.author.locale)
        if self._under_way.is_unwanted(question):
            return
        reply = replies.reply_again(question)
        delivery = Delivery(question, reply, self._journal)
        if entry.answer is not None:
            # Written and paid for, and perhaps shown: shown once more it is still the same answer.
            if not replies.can_revise:
                await reply.restart(again_notice("resumed", question.text, phrases))
            await delivery.show(answer_card(entry.answer, phrases, is_outside=question.author.is_outside))
        elif entry.outcome == "stopped" or entry.wish == "stop":
            card = stopped_card(entry.said or "", phrases, reference=question.reference)
            await delivery.finish(Ending(card, "stopped", said=entry.said))
        elif self._may_be_asked(entry):
            await self._answer(question, reply, "resumed")
        else:
            card = apology_card(question, phrases)
            if _is_command(question):  # nobody asks it again for somebody else
                await delivery.finish(Ending(replace(card, actions=()), "command"))
            else:
                await delivery.finish(Ending(card, "apologised", entry.said, entry.answer))

    def _may_be_asked(self, entry: Entry) -> bool:
        """Whether it is asked once more; a command is not: what it does may have been done."""
        is_new = self._journal.is_young(entry) and entry.resumed < _MOST_DEATHS
        return is_new and entry.outcome is None and not _is_command(entry.question)

    async def _do_as_wished(self) -> None:
        await self._journal.catch_up()
        if written := [question for question in self._under_way.questions if question.is_written]:
            wishes = await self._journal.wishes()
            for question in written:
                if wish := wishes.get(question.reference, "superseded"):
                    self._under_way.stop(question.reference, wish)


def _is_command(question: Question) -> bool:
    return not question.is_question and call_in(question.text, commands_on(question.thread.platform)) is not None
