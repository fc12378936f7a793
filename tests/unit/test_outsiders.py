"""Where guests and people of other organisations read along, only what is public is read and told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.access import Access
from bot.messages import Action, Card, Person
from rag.model import Retrieval, Scope
from tests.fakes.clock import FakeClock
from tests.fakes.room import ANA, BRUNO, Room, message, press
from tests.fakes.scripted_pipeline import BUDGET, CITATION, EVIDENCE, REFUSAL, ScriptedPipeline, answer_to, says
from tests.fakes.talk import Talk, open_talk

GUEST = Person(id="G1", locale="en", is_outside=True)
ACCESS = Access({"C1": ("handbook", "default"), "C9": ("handbook",), "*": ()}, public=frozenset({"default"}))
ONLY_PUBLIC = "Guests or people of other organisations may read this, so I use only public documents."
NOTHING_PUBLIC = (
    "Guests or people of other organisations may read this, and no document that may be read here is public."
    " So there is nothing that I may answer from."
)


async def said(talk: Talk, text: str, author: Person = GUEST, *, id: str = "", place: str = "C1") -> Card:  # noqa: A002 - as in the value
    room = Room()
    await talk.conversation.handle(message(text, id=id or text, author=author, place=place), room)
    (card,) = room.cards
    return card


async def pressed(talk: Talk, action: Action, author: Person, **more: str) -> list[Card]:
    room = Room()
    await talk.conversation.press(press(action, author=author, **more), room)
    return room.cards


class TestAnAnswer:
    async def test_is_made_from_what_is_public_and_says_so(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline({"parking?": says(BUDGET)})
        async with open_talk(tmp_path, pipeline, access=ACCESS) as talk:
            of_guest, of_member = await said(talk, "parking?"), await said(talk, "parking?", ANA, id="2")

        assert [asked.scope for asked in pipeline.asked] == [Scope.of("default"), Scope.of("handbook", "default")]
        assert of_guest.notice.startswith(ONLY_PUBLIC)
        assert ONLY_PUBLIC not in of_member.notice

    async def test_that_found_nothing_says_so_too(self, tmp_path: Path) -> None:
        async with open_talk(tmp_path, ScriptedPipeline(), access=ACCESS) as talk:
            card = await said(talk, "nonsense?")

        assert (card.text, card.notice) == (REFUSAL, ONLY_PUBLIC)

    async def test_says_that_nothing_is_public_rather_than_that_the_documents_lack_it(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline({"parking?": says(BUDGET)})
        async with open_talk(tmp_path, pipeline, access=ACCESS) as talk:
            card = await said(talk, "parking?", place="C9")
            in_vain = await talk.database.fetch("SELECT outcome, reason, said FROM questions")

        assert card == Card(NOTHING_PUBLIC, reference="ref1", actions=("retry", "hand_over"))
        assert pipeline.asked == []
        assert in_vain == [("refused", None, None)]

    async def test_of_a_member_is_not_told_on_to_outsiders_by_the_talk_that_went_before(self, tmp_path: Path) -> None:
        pipeline, clock = ScriptedPipeline({"parking?": says(BUDGET)}), FakeClock()
        async with open_talk(tmp_path, pipeline, clock=clock, access=ACCESS) as talk:
            for number, author in enumerate((ANA, GUEST, GUEST, ANA)):
                await said(talk, "parking?", author, id=str(number))
                clock.wind(1)

        assert [len(asked.history) for asked in pipeline.asked] == [0, 0, 2, 6]

    @pytest.mark.parametrize(("asker", "presser"), [(GUEST, ANA), (ANA, GUEST), (ANA, replace(BRUNO, is_outside=True))])
    async def test_asked_for_anew_is_for_whoever_may_read_less(
        self, tmp_path: Path, asker: Person, presser: Person
    ) -> None:
        pipeline = ScriptedPipeline({"parking?": says(BUDGET)})
        async with open_talk(tmp_path, pipeline, access=ACCESS) as talk:
            await said(talk, "parking?", asker)
            cards = await pressed(talk, "retry", presser, reference="ref1")

        assert (pipeline.asked[-1].scope, pipeline.asked[-1].asker.user) == (Scope.of("default"), presser.id)
        assert cards[0].notice.startswith(ONLY_PUBLIC) or "Convidados" in cards[0].notice

    async def test_stays_where_nothing_else_may_be_said(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline({"parking?": says(BUDGET)})
        async with open_talk(tmp_path, pipeline, access=ACCESS) as talk:
            await said(talk, "parking?", ANA, place="C9")
            (card,) = await pressed(talk, "retry", GUEST, place="C9")

        assert (card.text, card.private, len(pipeline.asked)) == (NOTHING_PUBLIC, True, 1)

    async def test_to_an_edited_question_is_for_whoever_reads_along_by_then(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline()
        async with open_talk(tmp_path, pipeline, access=ACCESS) as talk:
            await said(talk, "parking?", ANA, id="1")
            edited = message("garage?", id="1", author=replace(ANA, is_outside=True), is_edited=True)
            await talk.conversation.handle(edited, Room())

        assert pipeline.asked[-1].scope == Scope.of("default")

    @pytest.mark.parametrize("is_answered", [True, False])
    async def test_that_a_crash_broke_off_is_finished_as_it_was_begun(
        self, tmp_path: Path, *, is_answered: bool
    ) -> None:
        pipeline, room = ScriptedPipeline(), Room()
        async with open_talk(tmp_path, pipeline, access=ACCESS) as talk:
            taken = await talk.journal.take(message("parking?", author=GUEST), "ref0")
            assert taken is not None
            if is_answered:
                await talk.journal.keep(taken.question, "answered", said=BUDGET, answer=answer_to("parking?", BUDGET))
        async with open_talk(tmp_path, pipeline, access=ACCESS, prefix="next") as after:
            await after.conversation.resume("room", room)

        assert [asked.scope for asked in pipeline.asked] == ([] if is_answered else [Scope.of("default")])
        assert ONLY_PUBLIC in room.cards[0].notice


class TestAButton:
    @pytest.mark.parametrize(("asker", "presser"), [(ANA, GUEST), (GUEST, ANA)])
    async def test_tells_outsiders_nothing_that_is_not_public(
        self, tmp_path: Path, asker: Person, presser: Person
    ) -> None:
        pipeline = ScriptedPipeline(outside=2)
        public = replace(EVIDENCE, n=2, title="Prices", link="prices.md", collection="default")
        answer = answer_to(
            "parking?",
            BUDGET,
            citations=(CITATION, replace(CITATION, n=2, title="Prices", link="prices.md")),
            evidence=(EVIDENCE, public),
        )
        async with open_talk(tmp_path, pipeline, access=ACCESS, people={"*": ("U7",)}) as talk:
            taken = await talk.journal.take(message("parking?", author=asker), "ref0")
            assert taken is not None
            await talk.journal.keep(taken.question, "answered", said=BUDGET, answer=answer)
            await talk.journal.deliver(taken.question)
            cards = [
                card
                for action in ("why", "sources", "hand_over")
                for card in await pressed(talk, action, presser, reference="ref0")  # type: ignore[arg-type]  # the actions of the line above
            ]

        why, sources, handed = cards
        assert "Prices" in why.text
        assert [source.title for source in sources.sources] == ["Prices"]
        assert [source.title for source in handed.sources] == ["Prices"]
        assert "Budgets" not in "".join(card.text for card in cards)
        assert BUDGET not in handed.text, "what was written from more than is public is not written again"

    async def test_counts_for_outsiders_all_that_is_not_public_as_out_of_reach(self, tmp_path: Path) -> None:
        pipeline, scopes = ScriptedPipeline({"parking?": says(BUDGET)}), []

        async def count_outside(_question: str, *, scope: Scope) -> int:
            scopes.append(scope)
            return 3

        pipeline.count_outside = count_outside  # type: ignore[method-assign]  # what it is asked is what matters here
        async with open_talk(tmp_path, pipeline, access=ACCESS) as talk:
            await said(talk, "parking?", ANA)
            for author in (ANA, GUEST):
                await pressed(talk, "why", author)

        assert scopes == [Scope.of("handbook", "default"), Scope.of("default")]

    async def test_hands_over_half_an_answer_only_to_those_for_whom_it_was_made(self, tmp_path: Path) -> None:
        async with open_talk(tmp_path, ScriptedPipeline(), access=ACCESS, people={"*": ("U7",)}) as talk:
            taken = await talk.journal.take(message("parking?", author=ANA), "ref0")
            assert taken is not None
            await talk.journal.keep(taken.question, "stopped", said="Half of", answer=None)
            await talk.journal.deliver(taken.question)
            (of_member,), (of_guest,) = [await pressed(talk, "hand_over", author) for author in (ANA, GUEST)]

        assert "Half of" in of_member.text
        assert "Half of" not in of_guest.text


class TestACommand:
    async def test_searches_what_is_public_and_says_so(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline(found=Retrieval((), 0.0, relevant=False))
        async with open_talk(tmp_path, pipeline, access=ACCESS) as talk:
            card = await said(talk, "/search parking")
            nothing = await said(talk, "/search parking", place="C9")

        assert pipeline.searched == [("parking", Scope.of("default"))]
        assert (card.text, card.notice) == ("The documents have nothing about that.", ONLY_PUBLIC)
        assert nothing == Card(NOTHING_PUBLIC)
        assert len(pipeline.admitted) == 1, "a search of nothing costs nothing"

    async def test_lists_the_collections_that_are_public(self, tmp_path: Path) -> None:
        access = Access(public=frozenset({"team_docs"}))
        async with open_talk(tmp_path, ScriptedPipeline(), access=access) as talk:
            of_guest, of_member = await said(talk, "/sources"), await said(talk, "/sources", ANA, id="2")
        async with open_talk(tmp_path, ScriptedPipeline(), prefix="next") as talk:
            nothing = await said(talk, "/sources", id="3")

        assert (of_guest.text, of_guest.notice) == ("- `team_docs`: 11 documents, 1,300 chunks", ONLY_PUBLIC)
        assert (len(of_member.text.splitlines()), of_member.notice) == (2, "")
        assert nothing == Card(NOTHING_PUBLIC)
