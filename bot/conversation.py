"""The way of one message: the same for every platform.

1. ignore: bots, duplicates, muted conversations, what is said to others, edits that change nothing
2. command? `commands/`
3. admit: one more question of this person in this place, or a kind refusal
4. journal: accepted; first of all and in one step with 1, so that nothing is answered twice or lost
5. ask the pipeline
6. reply: streamed, then finished with sources, receipt and buttons
7. journal: delivered
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from typing import Final

from bot.actions import Actions, NotThere
from bot.commands import Call, as_question, button_of, call_in, commands_on, hint_in
from bot.commands.base import Command, Desk, Load
from bot.commands.running import answer, card_of, is_typed, shared
from bot.delivery import Delivery, Ending
from bot.herald import Herald
from bot.home import home_of
from bot.locales import Phrases, phrases_in
from bot.messages import Card, Deletion, Home, IncomingMessage, Offers, Person, Post, Press, Question, Thread
from bot.ports import Replies, Reply
from bot.recovery import Recovery
from bot.replies import (
    again_notice,
    answer_card,
    failure_card,
    nothing_public_card,
    refusal_card,
    restart_notice,
    stopped_card,
)
from bot.rounds import repeat
from bot.underway import Run, Stopped, UnderWay
from rag.errors import IndexUnavailable, QuotaExceeded, StateUnavailable
from rag.model import Answer, Restart, Scope, Status, Token
from rag.ports import Clock

log = logging.getLogger(__name__)

# Among the 100,000 questions of a month, one new one in a thousand million meets another of the same reference.
_REFERENCE_BYTES: Final = 6
# From when it is asked of the pipeline; the router's own deadline is shorter.
_LONGEST_S: Final = 300.0
_TIDY_S: Final = 6 * 3600.0
# Of somebody's questions, for the last one in a place.
_LOOKED_THROUGH: Final = 50


def _random_reference() -> str:
    return secrets.token_hex(_REFERENCE_BYTES)


class Conversation:
    """Answers messages: a command by itself, everything else from the documents.

    Args:
        desk: What commands work with; of it the conversation asks its own questions, too.
        actions: What the buttons do.
        herald: Says what nobody asked for.
        at_once: So many questions are answered at the same time; the others wait in line.
    """

    def __init__(
        self,
        desk: Desk,
        actions: Actions,
        herald: Herald,
        *,
        clock: Clock,
        at_once: int = 100,
        new_reference: Callable[[], str] = _random_reference,
    ) -> None:
        self._desk = desk
        self._pipeline = desk.pipeline
        self._journal = desk.journal
        self._actions = actions
        self._herald = herald
        self._clock = clock
        self._at_once = at_once
        self._began_s = clock.monotonic()
        self._line = asyncio.Semaphore(at_once)
        self._under_way = UnderWay(_LONGEST_S)
        self._new_reference = new_reference
        self._recovery = Recovery(desk.journal, self._under_way, clock, self._answer)

    # The way of a message

    async def handle(self, message: IncomingMessage, replies: Replies) -> None:
        """Answer a message, once however often it is delivered; what was taken ends in a reply, whatever happens.

        Raises:
            BrokenPipeError: Nobody reads the reply any more.
        """
        message = as_question(message)
        press = button_of(message)
        taken = None if press else await self._journal.take(message, self._new_reference())  # 1 ignore; 4 accepted
        await self._acknowledge(message, replies)
        if press and await self._journal.is_heard(message):
            await self.press(press, replies)
        elif taken and taken.revises:
            await self._under_way.end(taken.revises.reference, "superseded")
            await self._answer(taken.question, replies.reply_again(taken.question), "edited")
        elif taken:
            await self._answer(taken.question, replies.reply_to(message))

    async def _answer(self, question: Question, reply: Reply, begun_again: str = "") -> None:
        """The rest of the way; `begun_again` says why a reply that was there begins anew."""
        delivery = Delivery(question, reply, self._journal)
        async with self._under_way.holding(question):
            ending = await self._ending(question, delivery, begun_again)
        if ending is not None:
            await delivery.finish(ending)  # 6 reply, 7 journal: delivered

    async def _ending(self, question: Question, delivery: Delivery, begun_again: str) -> Ending | None:
        """How it ends; `None` where nothing is left to show."""
        run: Run | None = None
        call = _call_in(question)
        try:
            async with self._under_way.run(question) as run:
                if call:  # 2 command?
                    card = await answer(call, question, _commands_for(question), self._desk, self._load)
                    return Ending(card, "command")
                if refusal := await self._refused(question):  # 3 admit
                    return refusal
                await delivery.begin(again_notice(begun_again, question.text, _phrases(question)))
                async with self._turn_in_line(question, delivery):
                    self._under_way.limit(run)
                    return await self._ask(question, delivery)  # 5 ask
        except Stopped as stopped:
            if stopped.wish == "stop":
                ending = _stopped(question, delivery)
                return _of_command(ending) if call else ending
            await delivery.leave(stopped.wish)
            return None
        except BrokenPipeError:  # there is nobody to apologise to
            await delivery.abandon()
            raise
        except asyncio.CancelledError:
            if run and run.wish == "stop":  # whoever could not wait until it had stopped does not want it finished
                await asyncio.shield(delivery.abandon())
            raise
        except Exception as error:  # noqa: BLE001 - the bot's outer edge: logged, and told with its reference
            ending = _failed(error, question, delivery)
            return _of_command(ending) if call else ending

    async def _acknowledge(self, message: IncomingMessage, replies: Replies) -> None:
        try:
            await replies.acknowledge(message)
        except Exception:  # it will be delivered again, and is known then
            log.exception("not acknowledged event=%s", message.event_id)

    @property
    def _load(self) -> Load:
        asked = len(self._under_way.questions) - 1  # the call itself is no question
        up_s = self._clock.monotonic() - self._began_s
        return Load(answering=min(asked, self._at_once), waiting=max(0, asked - self._at_once), up_s=up_s)

    async def _refused(self, question: Question) -> Ending | None:
        if question.author.is_outside and not self._scope_of(question).collections:
            # The pipeline is not asked: it would say that the documents lack this, and so would the reports.
            return Ending(nothing_public_card(_phrases(question), reference=question.reference), "refused")
        if question.is_counted:
            return None
        try:
            await self._pipeline.admit(question.asker)
        except QuotaExceeded as refusal:
            whose = refusal.subject.partition(":")[0]
            log.info(
                "refused reference=%s platform=%s limit=%s of=%s",
                question.reference, question.thread.platform, refusal.measure, whose,
            )  # fmt: skip
            return Ending(refusal_card(refusal, _phrases(question), reference=question.reference), "refused")
        return None

    def _scope_of(self, question: Question) -> Scope:
        return self._desk.access.scope_for(question.author, question.thread.place)

    @asynccontextmanager
    async def _turn_in_line(self, question: Question, delivery: Delivery) -> AsyncIterator[None]:
        if self._line.locked():
            await delivery.status(_phrases(question)("working.waiting"))
        async with self._line:
            yield

    async def _ask(self, question: Question, delivery: Delivery) -> Ending:
        place, phrases = question.thread.place, _phrases(question)
        stream = self._pipeline.stream(
            question.text,
            history=question.history,
            scope=self._scope_of(question),
            pin=await self._desk.choices.pin_of(place),
            asker=question.asker,
            reference=question.reference,
            again=question.is_another,
        )
        answer: Answer | None = None
        # Closed here and now, whatever ends it: a model goes on writing, for money, while its connection is open.
        async with aclosing(stream) as events:
            # Followed to its end, not only to the answer: the pipeline may have work of its own left.
            async for event in events:
                match event:
                    case Status(stage):
                        await delivery.status(phrases(f"working.{stage}"))
                    case Token(text):
                        await delivery.append(text)
                    case Restart():
                        await delivery.restart(restart_notice(event, phrases))
                    case _:
                        answer = event
        if answer is None:
            raise RuntimeError("the pipeline's stream ended without an answer")
        allowance = await self._pipeline.allowance(question.asker)
        card = answer_card(answer, phrases, allowance, is_outside=question.author.is_outside)
        if hint_in(question.text):  # it may have been the bot's own money that was meant
            card = replace(card, actions=(*card.actions, "books"))
        return Ending(card, "answered", said=answer.text, answer=answer)

    # Buttons and deletions

    async def press(self, press: Press, replies: Replies) -> None:
        """Do what a button says, once however often the press is delivered."""
        if not await self._journal.claim(f"{press.thread.platform}:{press.event_id}"):
            return
        phrases = phrases_in(press.author.locale)
        try:
            match press.action:
                case "stop":
                    card = await self._stop(press, phrases)
                case "retry" | "documents":
                    card = await self._again(press, replies, phrases)
                case "books":
                    card = await self._look_up(press)
                case "share":
                    card = await self._share(press, phrases)
                case _:
                    card = await self._actions.act(press)
        except NotThere:
            card = Card(phrases("button.nothing"), private=True)
        except BrokenPipeError:
            raise
        except Exception as error:
            reference = self._new_reference()
            log.exception("button failed reference=%s action=%s", reference, press.action)
            card = replace(failure_card(error, reference=reference, shown="", phrases=phrases), private=True)
        if card is not None:
            await replies.reply_to(press).finish(card)

    async def _stop(self, press: Press, phrases: Phrases) -> Card | None:
        reference = press.reference or self._under_way.last_in(press.thread)
        if self._under_way.stop(reference, "stop"):
            with suppress(StateUnavailable):  # for the case that this process dies before it has ended
                await self._journal.wish_stopped(reference)
            return None
        entry = await self._journal.find_under_way(press.thread, press.reference)
        if entry is None:
            return Card(phrases("button.nothing_to_stop"), private=True)
        await self._journal.wish_stopped(entry.question.reference)
        return None

    async def _again(self, press: Press, replies: Replies, phrases: Phrases) -> Card | None:
        """Answer a question anew, or what was taken for a command as a question of the documents."""
        to_documents = press.action == "documents"
        entry = await self._journal.find(press.thread, press.reference, commands=to_documents)
        if entry is None:
            raise NotThere
        if is_typed(entry.question) if to_documents else _call_in(entry.question):
            raise NotThere  # what a command does is done for whoever called it
        if entry.state != "delivered":
            return Card(phrases("button.under_way"), private=True)
        # Whoever wants another answer pays for it; if they may not, the answer stays that is there.
        question = replace(
            entry.question,
            author=press.author.beside(entry.question.author),
            is_counted=False,
            is_another=entry.answer is not None,
            is_question=to_documents or entry.question.is_question,
        )
        if refusal := await self._refused(question):
            return replace(refusal.card, private=True)
        again = await self._journal.take_again(question, self._new_reference())
        if again is None:  # somebody else has pressed it too
            return Card(phrases("button.under_way"), private=True)
        why = "" if to_documents else "retried"
        await self._answer(replace(again, is_counted=True), replies.reply_again(again), why)
        return None

    async def _look_up(self, press: Press) -> Card:
        """What the books say to a question that was answered from the documents."""
        entry = await self._journal.find(press.thread, press.reference)
        hint = None if entry is None else hint_in(entry.question.text)
        if entry is None or hint is None:
            raise NotThere
        question = replace(entry.question, author=press.author.beside(entry.question.author))
        return await card_of(hint, question, _commands_for(question), self._desk, self._load)

    async def _share(self, press: Press, phrases: Phrases) -> Card:
        """Show everybody what a command told one person: what it says by now, if they may still see it."""
        entry = await self._journal.find(press.thread, press.reference, commands=True)
        call = None if entry is None else _call_in(entry.question)
        if entry is None or call is None or entry.state != "delivered":
            raise NotThere
        if entry.question.author.id != press.author.id:
            return Card(phrases("share.not_yours"), private=True)
        if not await self._journal.claim(f"shared:{entry.question.reference}"):
            return Card(phrases("share.shared_before"), private=True)
        question = replace(entry.question, author=press.author)
        card = await shared(call, question, _commands_for(question), self._desk, self._load)
        if card is None:
            raise NotThere
        return card

    async def retract(self, deletion: Deletion, replies: Replies) -> None:
        """Take back the answer to a message that was deleted; nothing where there is none.

        Raises:
            StateUnavailable: Nothing was taken back: who tells of the deletion has to tell it again.
        """
        question = await self._journal.retract(deletion)
        if question is not None:
            await self._under_way.end(question.reference, "retracted")
            await replies.reply_again(question).retract()

    async def last_question(self, thread: Thread) -> Question | None:
        """What was asked last in a conversation, and answered; `None` where nothing is known of it."""
        try:
            entry = await self._journal.find(thread)
        except StateUnavailable:
            return None
        return None if entry is None else entry.question

    async def last_thread(self, person: Person, post: Post) -> Thread | None:
        """Where somebody asked last in a place; `None` where nothing is known of it."""
        try:
            recent = await self._journal.recent(post.platform, person.id, _LOOKED_THROUGH)
        except StateUnavailable:
            return None
        threads = (entry.question.thread for entry in recent)
        return next((thread for thread in threads if thread.place == post.place), None)

    async def home(self, person: Person, post: Post) -> Home:
        """What somebody sees who opens the bot's own page, which is this place."""
        return await home_of(person, post, self._desk, self._actions.people)

    async def offers(self, person: Person, post: Post) -> Offers:
        """What somebody may name in a command in a place; nothing while nobody knows."""
        models = tuple(model.name for model in self._pipeline.models() if model.state is not None)
        readable = self._desk.access.scope_for(person, post.place).collections
        try:
            known = [summary.collection for summary in await self._pipeline.sources()]
        except IndexUnavailable:
            known = []
        return Offers(models=models, collections=tuple(one for one in known if readable is None or one in readable))

    # What processes do for each other

    async def resume(self, platform: str, replies: Replies) -> Sequence[Question]:
        """Finish, or apologise for, what a process that is gone has left unfinished on this platform."""
        self._herald.serve(platform, replies)
        return await self._recovery.resume(platform, replies)

    async def watch(self) -> None:
        """Do what other processes ask of this one, finish what they leave behind, keep the journal tidy; never ends."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._recovery.watch())
            group.create_task(self._herald.watch())
            group.create_task(repeat(self._tidy, self._clock, every_s=_TIDY_S))

    async def _tidy(self) -> None:
        await self._journal.tidy()
        before = self._clock.now() - self._journal.terms.keep
        await self._actions.feedback.tidy(before)
        await self._herald.tidy(before)


def _phrases(question: Question) -> Phrases:
    return phrases_in(question.author.locale)


def _commands_for(question: Question) -> Sequence[Command]:
    return commands_on(question.thread.platform)


def _call_in(question: Question) -> Call | None:
    return None if question.is_question else call_in(question.text, _commands_for(question))


def _of_command(ending: Ending) -> Ending:
    """How a command ended; nobody asks it again for somebody else."""
    return replace(ending, card=replace(ending.card, actions=(), private=True), outcome="command", said=None)


def _stopped(question: Question, delivery: Delivery) -> Ending:
    text = delivery.stopped()
    card = stopped_card(text, _phrases(question), reference=question.reference)
    return Ending(card, "stopped", said=text or None)


def _failed(error: Exception, question: Question, delivery: Delivery) -> Ending:
    log.error(
        "message failed reference=%s platform=%s place=%s",
        question.reference, question.thread.platform, question.thread.place, exc_info=error,
    )  # fmt: skip
    text = delivery.stopped()
    card = failure_card(error, reference=question.reference, shown=text, phrases=_phrases(question))
    return Ending(card, "failed", said=text or None)
