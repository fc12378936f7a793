"""What the buttons under an answer do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.access import Access, Admins
from bot.messages import Action, Card, Person
from rag.model import Scope
from tests.fakes.clock import FakeClock
from tests.fakes.room import ANA, BRUNO, Room, message, press
from tests.fakes.scripted_pipeline import BUDGET, REFUSAL, Forever, ScriptedPipeline, one_too_many, says
from tests.fakes.talk import Talk, open_talk

ANSWER_ACTIONS: tuple[Action, ...] = ("good", "bad", "why", "sources", "retry", "hand_over")


@pytest.fixture
def pipeline() -> ScriptedPipeline:
    return ScriptedPipeline({"parking?": says(BUDGET)}, outside=3)


@pytest.fixture
async def talk(tmp_path: Path, pipeline: ScriptedPipeline) -> AsyncIterator[Talk]:
    """A process that has answered `parking?` as ref1."""
    access = Access({"C1": ("handbook",), "*": ()})
    people = {"C1": ("U7", "U8"), "C9": (), "*": ("U9",)}
    async with open_talk(tmp_path, pipeline, access=access, people=people) as talk:
        await talk.conversation.handle(message("parking?"), Room())
        yield talk


async def pressed(talk: Talk, action: Action, **more: object) -> Card:
    """What is shown of a button that was pressed."""
    room = Room()
    await talk.conversation.press(press(action, **more), room)  # type: ignore[arg-type]  # as `press` takes them
    (card,) = room.cards
    return card


async def verdicts(talk: Talk) -> list[tuple[object, ...]]:
    return await talk.database.fetch("SELECT reference, author, verdict, reason FROM feedback ORDER BY author")


async def test_every_answer_has_its_buttons_about_its_own_reference(talk: Talk) -> None:
    room = Room()

    await talk.conversation.handle(message("parking?", id="2"), room)

    assert (room.cards[0].reference, room.cards[0].actions) == ("ref2", ANSWER_ACTIONS)


@pytest.mark.parametrize("reference", ["ref1", ""])
async def test_a_thumb_up_is_kept_with_the_answer_s_reference_and_thanked_for(talk: Talk, reference: str) -> None:
    card = await pressed(talk, "good", reference=reference, author=BRUNO)

    assert card == Card("Obrigado! 👍", private=True)
    assert await verdicts(talk) == [("ref1", "U2", "good", "")]


async def test_a_thumb_down_is_kept_at_once_and_asks_what_was_wrong_and_the_reason_is_kept_with_it(talk: Talk) -> None:
    asked = await pressed(talk, "bad", reference="ref1")
    kept = await verdicts(talk)
    thanked = await pressed(talk, "bad", reference="ref1", text=" It is old. ")

    assert asked == Card(
        "Sorry about that. What was wrong? For example: `/bad the figure is from last year`",
        private=True,
        reference="ref1",
    )
    assert kept == [("ref1", "U1", "bad", "")]
    assert thanked.text == "Thank you, that helps. I noted what was wrong."
    assert await verdicts(talk) == [("ref1", "U1", "bad", "It is old.")]


async def test_each_person_has_one_verdict_and_the_last_one_counts(talk: Talk) -> None:
    for action, author in (("bad", ANA), ("good", BRUNO), ("good", ANA)):
        await pressed(talk, action, author=author)  # type: ignore[arg-type]  # the actions of the line above

    assert await verdicts(talk) == [("ref1", "U1", "good", ""), ("ref1", "U2", "good", "")]


async def test_why_is_told_to_one_person_with_how_many_passages_are_out_of_reach_here(
    talk: Talk, pipeline: ScriptedPipeline
) -> None:
    scopes = []

    async def count_outside(question: str, *, scope: Scope) -> int:
        scopes.append((question, scope))
        return 3

    pipeline.count_outside = count_outside  # type: ignore[method-assign]  # what it is asked is what matters here

    card = await pressed(talk, "why", reference="ref1")

    assert card.private
    assert card.text.startswith("The answer is extractive: no model configured.")
    assert card.text.endswith("3 more passages were found that may not be read here.")
    assert scopes == [("parking?", Scope.of("handbook"))]


async def test_sources_are_shown_to_one_person_with_the_sentences_quoted(talk: Talk) -> None:
    card = await pressed(talk, "sources", author=BRUNO)

    assert (card.text, card.private) == ("O que citei para responder “parking?”:", True)
    assert [source.quote for source in card.sources] == ["Set `daily_budget` under `routing.cost_limits`."]


async def test_people_are_handed_the_question_with_its_answer_and_the_bot_keeps_quiet_until_it_is_called(
    talk: Talk, pipeline: ScriptedPipeline
) -> None:
    card = await pressed(talk, "hand_over", reference="ref1")
    for said in (
        message("so?", id="2", addressed="thread"),
        message("parking?", id="3"),
        message("and?", id="4", addressed="thread"),
    ):
        await talk.conversation.handle(said, Room())

    assert (card.tagged, card.private, card.actions) == (("U7", "U8"), False, ())
    assert "> parking?" in card.text
    assert BUDGET in card.text
    assert [source.title for source in card.sources] == ["Budgets"]
    assert [asked.question for asked in pipeline.asked] == ["parking?", "parking?", "and?"]


@pytest.mark.parametrize(("place", "tagged"), [("C2", ("U9",)), ("C9", ())])
async def test_the_people_are_those_of_the_place(talk: Talk, place: str, tagged: tuple[str, ...]) -> None:
    await talk.conversation.handle(message("parking?", place=place), Room())

    card = await pressed(talk, "hand_over", place=place)

    assert card.tagged == tagged


async def test_where_nobody_takes_over_the_bot_says_so_and_goes_on(talk: Talk, pipeline: ScriptedPipeline) -> None:
    await talk.conversation.handle(message("parking?", place="C9"), Room())

    card = await pressed(talk, "hand_over", place="C9")
    await talk.conversation.handle(message("and?", id="2", place="C9", addressed="thread"), Room())

    assert card.private
    assert card.text.startswith("Nobody is named to take questions over here.")
    assert pipeline.asked[-1].question == "and?"


async def test_a_question_without_an_answer_can_be_handed_over_too(talk: Talk, pipeline: ScriptedPipeline) -> None:
    pipeline.script["broken?"] = says(ZeroDivisionError())
    await talk.conversation.handle(message("broken?", id="2"), Room())

    card = await pressed(talk, "hand_over", reference="ref2")

    assert card.text.endswith("\n\n> broken?")
    assert (card.sources, card.tagged) == ((), ("U7", "U8"))


async def test_what_was_not_answered_has_nothing_to_explain_and_no_sources(
    talk: Talk, pipeline: ScriptedPipeline
) -> None:
    pipeline.script["broken?"] = says(ZeroDivisionError())
    await talk.conversation.handle(message("broken?", id="2"), Room())
    await talk.conversation.handle(message("nonsense?", id="3"), Room())

    assert await pressed(talk, "why", reference="ref2") == Card(
        "There is nothing to explain: that was not answered from the documents.", private=True
    )
    for reference in ("ref2", "ref3"):
        assert await pressed(talk, "sources", reference=reference) == Card("That answer has no sources.", private=True)


@pytest.mark.parametrize("action", ANSWER_ACTIONS)
@pytest.mark.parametrize("where", [{"reference": "unknown"}, {"reference": "ref1", "place": "C2"}, {"thread": "2"}])
async def test_a_button_about_no_answer_of_this_place_finds_none(
    talk: Talk, pipeline: ScriptedPipeline, action: Action, where: dict[str, str]
) -> None:
    card = await pressed(talk, action, **where)

    assert card == Card("I find no answer here that this could be about.", private=True)
    assert (await verdicts(talk), len(pipeline.asked)) == ([], 1)


async def test_typed_without_a_reference_a_button_is_about_the_last_answer_and_not_about_a_command(
    tmp_path: Path, pipeline: ScriptedPipeline
) -> None:
    clock, room = FakeClock(), Room()

    async with open_talk(tmp_path, pipeline, clock=clock) as talk:
        for text in ("parking?", "nonsense?", "/help", "/quotes", "/retry"):
            await talk.conversation.handle(message(text, id=text), room)
            clock.wind(1)

    assert room.cards[-1] == Card("That answer has no sources.", private=True)
    assert [asked.question for asked in pipeline.asked] == ["parking?", "nonsense?", "nonsense?"]
    assert room.posts["P2"].text == REFUSAL


@pytest.mark.usefixtures("talk")
async def test_a_button_works_in_another_process(tmp_path: Path) -> None:
    async with open_talk(tmp_path, ScriptedPipeline(), prefix="other") as other:
        card = await pressed(other, "sources", reference="ref1")

    assert [source.title for source in card.sources] == ["Budgets"]


async def test_a_press_delivered_twice_is_shown_once(talk: Talk) -> None:
    room = Room()

    for _ in range(2):
        await talk.conversation.press(press("why", event="E"), room)

    assert len(room.cards) == 1


async def test_an_error_in_a_button_is_logged_and_told_to_one_person_by_its_reference(
    talk: Talk, pipeline: ScriptedPipeline, caplog: pytest.LogCaptureFixture
) -> None:
    async def count_outside(_question: str, **_: object) -> int:
        raise ZeroDivisionError("secret")

    pipeline.count_outside = count_outside  # type: ignore[method-assign]  # as above

    with caplog.at_level(logging.ERROR):
        card = await pressed(talk, "why", author=BRUNO)

    assert card.private
    assert card.text == "Desculpe, algo deu errado do meu lado. Quem cuida de mim pode ver o que foi. Referência: ref2."
    assert [record.getMessage() for record in caplog.records] == ["button failed reference=ref2 action=why"]


@pytest.mark.parametrize("word", ["stop", "👍", "de novo", "/why", "hand over"])
async def test_in_a_conversation_that_goes_on_a_button_is_typed_without_the_name(talk: Talk, word: str) -> None:
    room = Room()

    await talk.conversation.handle(message(word, id="2", addressed="thread"), room)

    assert "went wrong" not in room.cards[0].text


@pytest.mark.parametrize("word", ["stop", "👍", "/why"])
async def test_where_no_conversation_goes_on_such_a_word_is_said_to_others(talk: Talk, word: str) -> None:
    room = Room()

    await talk.conversation.handle(message(word, id="2", thread="2", addressed="thread"), room)

    assert room.posts == {}


async def test_what_may_not_be_read_here_any_more_is_neither_explained_nor_quoted_nor_handed_over(
    tmp_path: Path, pipeline: ScriptedPipeline
) -> None:
    async with open_talk(tmp_path, pipeline, access=Access({"C1": ("handbook",)})) as talk:
        await talk.conversation.handle(message("parking?"), Room())
    people = {"C1": ("U7",)}
    async with open_talk(tmp_path, pipeline, access=Access({"C1": ("default",)}), people=people, prefix="n") as talk:
        cards = [await pressed(talk, action, reference="ref1") for action in ("why", "sources", "hand_over")]

    assert "I found no passage." in cards[0].text
    assert cards[1].text == "That answer has no sources."
    assert [card.sources for card in cards] == [()] * 3
    assert "Budgets" not in " ".join(card.text for card in cards)


async def test_a_question_that_is_being_answered_is_not_asked_again_and_its_asker_is_told(
    tmp_path: Path,
) -> None:
    room = Room()
    async with open_talk(tmp_path, ScriptedPipeline({"hang": says("Half", Forever())})) as talk:
        answering = asyncio.create_task(talk.conversation.handle(message("hang"), room))
        await room.written.wait()
        card = await pressed(talk, "retry", reference="ref1")
        await talk.conversation.press(press("stop"), room)
        await answering

    assert card == Card("That question is being answered already.", private=True)


BOSS = Person(id="BOSS", locale="en", workspace="T1")
WITH_BOSS = Access(admins=Admins(frozenset({"BOSS"})))
MONEY, MAYBE = "how much did we spend this month?", "why did we spend so much this month?"


async def said(talk: Talk, text: str, author: Person = ANA, *, id: str = "") -> Card:  # noqa: A002 - as in the value
    """What a message is answered with."""
    room = Room()
    await talk.conversation.handle(message(text, id=id or text, author=author), room)
    (card,) = room.cards
    return card


class TestDocuments:
    """The button under what was taken for a command, and need not have been one."""

    @pytest.mark.parametrize("text", ["souces", MONEY, "quanto gastamos este mês?", "is the bot working?"])
    async def test_is_under_what_was_not_typed_as_a_command_and_answers_it_from_the_documents(
        self, tmp_path: Path, text: str
    ) -> None:
        pipeline, room = ScriptedPipeline(), Room()
        async with open_talk(tmp_path, pipeline) as talk:
            await talk.conversation.handle(message(text), room)
            (card,) = room.cards
            await talk.conversation.press(press("documents", reference=card.reference, author=BRUNO), room)

        assert card.actions == (("share", "documents") if "$" in card.text else ("documents",))
        assert [(asked.question, asked.asker.user, asked.again) for asked in pipeline.asked] == [(text, "U2", False)]
        assert room.cards[-1].text == REFUSAL
        assert next(post.card for post in room.posts.values()) == card, "the figures stay, which others may not see"

    @pytest.mark.parametrize("text", ["/souces", "/cost month", "/xyzzy", "/cost nonsense", "@ragbot /status", "mute"])
    async def test_is_not_under_what_was_typed_as_one_and_finds_nothing_there(self, tmp_path: Path, text: str) -> None:
        pipeline = ScriptedPipeline()
        async with open_talk(tmp_path, pipeline) as talk:
            card = await said(talk, text)

        assert "documents" not in card.actions

    async def test_typed_is_about_the_last_call_unless_that_had_a_slash(self, tmp_path: Path) -> None:
        pipeline, clock = ScriptedPipeline(), FakeClock()
        async with open_talk(tmp_path, pipeline, clock=clock) as talk:
            nothing = [await pressed(talk, "documents")]
            await said(talk, "/cost month")
            nothing.append(await said(talk, "/documents", id="0"))
            clock.wind(1)
            await said(talk, MONEY)
            await talk.conversation.handle(message("/documents", id="1"), Room())

        assert {card.text for card in nothing} == {"I find no answer here that this could be about."}
        assert [asked.question for asked in pipeline.asked] == [MONEY]

    async def test_works_after_a_restart_and_once(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline()
        async with open_talk(tmp_path, pipeline) as before:
            card = await said(before, MONEY)
        async with open_talk(tmp_path, pipeline, prefix="next") as after:
            await talk_press(after, "documents", card.reference)
            again = await talk_press(after, "documents", card.reference)

        assert [asked.question for asked in pipeline.asked] == [MONEY]
        assert again == [Card("I find no answer here that this could be about.", private=True)]

    async def test_answers_from_the_documents_again_when_it_is_retried(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline()
        async with open_talk(tmp_path, pipeline) as talk:
            card = await said(talk, MONEY)
            (answer,) = await talk_press(talk, "documents", card.reference)
            await talk_press(talk, "retry", answer.reference)

        assert [(asked.question, asked.again) for asked in pipeline.asked] == [(MONEY, False), (MONEY, True)]

    async def test_of_who_may_not_ask_is_refused_and_leaves_the_figures(self, tmp_path: Path) -> None:
        pipeline, room = ScriptedPipeline(), Room()
        async with open_talk(tmp_path, pipeline) as talk:
            await talk.conversation.handle(message(MONEY), room)
            pipeline.refusal = one_too_many()
            await talk.conversation.press(press("documents", reference="ref1"), room)

        figures, refused = room.cards
        assert figures.text.startswith("**You, ")
        assert refused.text.startswith("You may ask me 10 questions a minute")
        assert pipeline.asked == []


async def talk_press(talk: Talk, action: Action, reference: str, author: Person = ANA) -> list[Card]:
    room = Room()
    await talk.conversation.press(press(action, reference=reference, author=author), room)
    return room.cards


class TestBooks:
    """The button under an answer of the documents to what may have been meant of the bot's own money."""

    @pytest.mark.parametrize("text", [MAYBE, f"/ask {MONEY}", f"/perguntar {MONEY}"])
    async def test_is_under_answers_that_may_be_about_money_and_shows_the_figures_by_the_presser_s_rights(
        self, tmp_path: Path, text: str
    ) -> None:
        async with open_talk(tmp_path, ScriptedPipeline(), access=WITH_BOSS) as talk:
            answer = await said(talk, text)
            (anas,) = await talk_press(talk, "books", answer.reference)
            (boss_s,) = await talk_press(talk, "books", answer.reference, BOSS)

        assert (answer.text, answer.actions[-1]) == (REFUSAL, "books")
        assert anas.text.startswith("**You, 2026-11-01 to 2026-11-22: $0.00**")
        assert "What others spend is for admins to see; this is your part." in anas.text
        assert boss_s.text.startswith("**Everybody together, 2026-11-01 to 2026-11-22: $0.00**")
        assert anas.private
        assert boss_s.private

    async def test_typed_is_about_the_last_answer(self, tmp_path: Path) -> None:
        async with open_talk(tmp_path, ScriptedPipeline()) as talk:
            await said(talk, MAYBE)
            card = await said(talk, "/books", id="b")

        assert card.text.startswith("**You, 2026-11-01 to 2026-11-22: $0.00**")

    async def test_works_after_a_restart(self, tmp_path: Path) -> None:
        async with open_talk(tmp_path, ScriptedPipeline()) as before:
            answer = await said(before, MAYBE)
        async with open_talk(tmp_path, ScriptedPipeline(), prefix="next") as after:
            (card,) = await talk_press(after, "books", answer.reference)

        assert card.text.startswith("**You, 2026-11-01")

    async def test_is_not_under_other_answers_and_finds_nothing_there(self, tmp_path: Path) -> None:
        async with open_talk(tmp_path, ScriptedPipeline()) as talk:
            answer = await said(talk, "Where do I park?")
            (card,) = await talk_press(talk, "books", answer.reference)

        assert "books" not in answer.actions
        assert card == Card("I find no answer here that this could be about.", private=True)

    async def test_never_changes_anything_by_what_somebody_else_wrote(self, tmp_path: Path) -> None:
        async with open_talk(tmp_path, ScriptedPipeline(), access=WITH_BOSS) as talk:
            answer = await said(talk, "/ask set the budget of everyone to 500 dollars")
            await talk_press(talk, "books", answer.reference, BOSS)

            assert await talk.desk.accounts.in_force() == ()


async def test_a_command_that_failed_is_not_carried_out_for_somebody_else(tmp_path: Path) -> None:
    pipeline = ScriptedPipeline()
    async with open_talk(tmp_path, pipeline) as talk:
        await talk.conversation.handle(message("parking?", id="b", author=BRUNO), Room())
        await talk.database.fetch("ALTER TABLE ledger RENAME TO gone")
        failed = await said(talk, "/forget yes")
        await talk.database.fetch("ALTER TABLE gone RENAME TO ledger")
        await talk_press(talk, "retry", failed.reference, BRUNO)
        left = await talk.database.fetch("SELECT 1 FROM questions WHERE author = 'U2'")

    assert left != []
