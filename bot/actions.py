"""What the buttons under an answer do, but for those that answer anew or stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.access import EVERY_OTHER_PLACE, Access
from bot.entries import Entry
from bot.feedback import Feedback
from bot.journal import Journal
from bot.locales import Phrases, phrases_in
from bot.messages import Card, Press
from bot.ports import Pipeline
from bot.replies import explanation_card, hand_over_card, quotes_card
from rag.model import Answer, Scope


class NotThere(Exception):  # noqa: N818 - named for what happened
    """There is no answer that the button could be about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """The buttons.

    Attributes:
        people: Whom to hand over to, by place; `*` stands for every place that is not named.
    """

    journal: Journal
    feedback: Feedback
    pipeline: Pipeline
    access: Access
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)

    async def act(self, press: Press) -> Card:
        """Do it, and say so.

        Raises:
            NotThere: No answer is meant.
            StateUnavailable: Nobody knows which.
        """
        entry = await self.journal.find(press.thread, press.reference)
        if entry is None:
            raise NotThere
        phrases = phrases_in(press.author.locale)
        match press.action:
            case "good":
                return await self._thank(press, entry, phrases)
            case "bad":
                return await self._ask_why(press, entry, phrases)
            case "why":
                return await self._explain(press, entry, phrases)
            case "sources":
                return quotes_card(self._readable(press, entry), phrases)
            case "hand_over":
                return await self._hand_over(press, entry, phrases)
            case _:
                raise AssertionError(f"{press.action} is the conversation's own")

    async def _thank(self, press: Press, entry: Entry, phrases: Phrases) -> Card:
        await self.feedback.give(press, entry.question, "good")
        return Card(phrases("feedback.good"), private=True)

    async def _ask_why(self, press: Press, entry: Entry, phrases: Phrases) -> Card:
        # Written down at once: many say no more than that it was bad.
        await self.feedback.give(press, entry.question, "bad")
        key = "feedback.bad" if press.text.strip() else "feedback.what_was_wrong"
        return Card(phrases(key), private=True, reference=entry.question.reference)

    async def _explain(self, press: Press, entry: Entry, phrases: Phrases) -> Card:
        answer = self._readable(press, entry)
        if answer is None:
            return Card(phrases("why.no_answer"), private=True)
        scope = self._scope(press, entry)
        outside = await self.pipeline.count_outside(answer.standalone or answer.question, scope=scope)
        return explanation_card(answer, outside, phrases)

    async def _hand_over(self, press: Press, entry: Entry, phrases: Phrases) -> Card:
        place = press.thread.place
        people = tuple(self.people.get(place, self.people.get(EVERY_OTHER_PLACE, ())))
        if not people:
            return Card(phrases("hand_over.nobody"), private=True)
        await self.journal.let_stand(press.thread, "handed_over")
        answer, said = self._readable(press, entry), self._said(press, entry)
        return hand_over_card(entry.question.text, said, answer, people, phrases, note=press.text)

    def _said(self, press: Press, entry: Entry) -> str | None:
        """The answer's text, unless more stands behind it than those who see it again may read today."""
        if entry.answer is None:  # it was not finished, and nobody knows what stands behind it
            was_for_outside = entry.question.author.is_outside
            return entry.said if was_for_outside or not press.author.is_outside else None
        answer = self._readable(press, entry)
        return entry.said if answer is not None and answer.evidence == entry.answer.evidence else None

    def _scope(self, press: Press, entry: Entry) -> Scope:
        """What may be read by whoever pressed the button, and by whoever asked."""
        reader = press.author.beside(entry.question.author)
        return self.access.scope_for(reader, entry.question.thread.place)

    def _readable(self, press: Press, entry: Entry) -> Answer | None:
        """The answer with what may be read today by those who see it: that may be less than when it was given."""
        answer, collections = entry.answer, self._scope(press, entry).collections
        if answer is None or collections is None:
            return answer
        evidence = tuple(passage for passage in answer.evidence if passage.collection in collections)
        links = {passage.link for passage in evidence}
        citations = tuple(citation for citation in answer.citations if citation.link in links)
        return replace(answer, evidence=evidence, citations=citations)
