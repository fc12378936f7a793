"""Questions that are answered anew, or not to their end: changed, deleted, stopped, retried, left by a dead process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.messages import Card, IncomingMessage, Locale
from bot.terms import Terms
from rag.model import Health, Turn
from tests.fakes.clock import FakeClock
from tests.fakes.room import ANA, BRUNO, Room, deletion, message, press
from tests.fakes.scripted_pipeline import REFUSAL, Forever, ScriptedPipeline, one_too_many, says
from tests.fakes.talk import Talk, open_talk


def script(**answers: str) -> ScriptedPipeline:
    """Answers these questions at once, and writes half an answer to `hang`."""
    known = {f"{question}?": says(text) for question, text in answers.items()}
    return ScriptedPipeline({**known, "hang": says("Half", Forever())})


def edited(text: str, **more: object) -> IncomingMessage:
    return message(text, is_edited=True, **more)  # type: ignore[arg-type]  # as `message` takes them


@asynccontextmanager
async def answering(talk: Talk, room: Room, said: IncomingMessage) -> AsyncIterator[asyncio.Task[None]]:
    """While a question is being answered, of which a piece can be seen; it ends with the block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(talk.conversation.handle(said, room))
        await room.written.wait()
        yield task


@asynccontextmanager
async def watching(talk: Talk) -> AsyncIterator[None]:
    """While a process does what others ask of it."""
    watch = asyncio.create_task(talk.conversation.watch())
    yield
    await die(watch)


class TestAChangedQuestion:
    @pytest.mark.parametrize(
        ("locale", "told"),
        [("en", "[The question was changed: “two?”]"), ("pt-BR", "[A pergunta foi alterada: “two?”]")],
    )
    async def test_changes_its_answer_where_it_stands(self, locale: Locale, told: str, tmp_path: Path) -> None:
        pipeline, room = script(one="One.", two="Two."), Room()

        async with open_talk(tmp_path, pipeline) as talk:
            await talk.conversation.handle(message("one?"), room)
            await talk.conversation.handle(edited("two?", locale=locale), room)

        assert len(room.posts) == 1
        assert told in room.last.said
        assert [card.text for card in room.cards] == ["Two."]
        assert room.last.reference == "ref2"
        assert len(pipeline.admitted) == 2, "an answer costs what it costs, and is counted"

    async def test_is_what_later_questions_lean_on(self, tmp_path: Path) -> None:
        pipeline, clock = script(one="One.", two="Two.", three="Three."), FakeClock()

        async with open_talk(tmp_path, pipeline, clock=clock) as talk:
            for said in (message("one?"), message("three?", id="2"), edited("two?"), message("and?", id="3")):
                await talk.conversation.handle(said, Room())
                clock.wind(1)

        assert pipeline.asked[2].history == (), "what was said later is no part of it"
        assert [turn.text for turn in pipeline.asked[3].history] == ["two?", "Two.", "three?", "Three."]

    @pytest.mark.parametrize("text", ["one?", " one?\n"])
    async def test_in_nothing_changes_nothing(self, text: str, tmp_path: Path) -> None:
        pipeline, room = script(one="One."), Room()

        async with open_talk(tmp_path, pipeline) as talk:
            await talk.conversation.handle(message("one?"), room)
            await talk.conversation.handle(edited(text), room)

        assert (len(pipeline.asked), room.last.shown) == (1, 1)

    async def test_too_late_changes_nothing(self, tmp_path: Path) -> None:
        pipeline, clock = script(one="One.", two="Two.", three="Three."), FakeClock()
        terms = Terms(edit=timedelta(seconds=60))

        async with open_talk(tmp_path, pipeline, clock=clock, terms=terms) as talk:
            await talk.conversation.handle(message("one?"), Room())
            clock.wind(59)
            await talk.conversation.handle(edited("two?"), Room())
            clock.wind(60)
            await talk.conversation.handle(edited("three?"), Room())

        assert [asked.question for asked in pipeline.asked] == ["one?", "two?"]

    async def test_while_it_is_answered_ends_that_answer_and_the_new_one_takes_its_place(self, tmp_path: Path) -> None:
        pipeline, room = script(two="Two."), Room()

        async with open_talk(tmp_path, pipeline) as talk, answering(talk, room, message("hang")):
            await talk.conversation.handle(edited("two?"), room)

        assert [(post.text, post.shown, post.is_deleted) for post in room.posts.values()] == [("Two.", 1, False)]

    async def test_while_its_answer_is_on_its_way_to_the_reader_has_the_new_one_in_the_end(
        self, tmp_path: Path
    ) -> None:
        pipeline, room = script(one="One.", two="Two."), Room()
        room.shows.clear()

        async with open_talk(tmp_path, pipeline) as talk, asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.handle(message("one?"), room))
            await room.sent.wait()
            room.sent.clear()
            group.create_task(talk.conversation.handle(edited("two?"), room))
            await room.sent.wait()
            room.shows.set()

        assert [(post.text, post.is_deleted) for post in room.posts.values()] == [("Two.", False)]

    async def test_is_answered_by_another_process_and_the_first_leaves_it_to_that(self, tmp_path: Path) -> None:
        pipeline, room = script(two="Two."), Room()

        async with (
            open_talk(tmp_path, pipeline) as one,
            open_talk(tmp_path, pipeline, prefix="two") as two,
            answering(one, room, message("hang")) as first,
        ):
            await two.conversation.handle(edited("two?"), room)
            async with watching(one):
                await first

        assert [(post.text, post.shown, post.is_deleted) for post in room.posts.values()] == [("Two.", 1, False)]

    async def test_that_was_not_for_the_bot_before_is_answered_once_it_calls_it(self, tmp_path: Path) -> None:
        pipeline, room = script(one="One."), Room()

        async with open_talk(tmp_path, pipeline) as talk:
            await talk.conversation.handle(message("one?", addressed="others"), room)
            await talk.conversation.handle(edited("one?"), room)

        assert [card.text for card in room.cards] == ["One."]

    async def test_of_long_ago_is_not_answered_for_the_first_time(self, tmp_path: Path) -> None:
        pipeline, clock = script(one="One."), FakeClock()
        sent_at = clock.now() - timedelta(hours=1)

        async with open_talk(tmp_path, pipeline, clock=clock) as talk:
            await talk.conversation.handle(edited("one?", sent_at=sent_at), Room())
            await talk.conversation.handle(edited("one?", sent_at=sent_at + timedelta(seconds=1), id="2"), Room())

        assert len(pipeline.asked) == 1


class TestADeletedQuestion:
    async def test_takes_its_answer_back_and_is_forgotten(self, tmp_path: Path) -> None:
        pipeline, clock, room = script(one="One.", two="Two."), FakeClock(), Room()

        async with open_talk(tmp_path, pipeline, clock=clock) as talk:
            for text in ("one?", "two?"):
                await talk.conversation.handle(message(text, id=text), room)
                clock.wind(1)
            await talk.conversation.retract(deletion("one?"), room)
            await talk.conversation.handle(message("and?"), room)
            kept = await talk.database.fetch("SELECT question, said, answer FROM questions WHERE message = 'one?'")

        assert [post.is_deleted for post in room.posts.values()] == [True, False, False]
        assert [turn.text for turn in pipeline.asked[-1].history] == ["two?", "Two."]
        assert kept == [("", None, None)]

    async def test_while_it_is_answered_ends_the_answer_and_takes_away_what_was_written(self, tmp_path: Path) -> None:
        room = Room()

        async with open_talk(tmp_path, script()) as talk, answering(talk, room, message("hang")):
            await talk.conversation.retract(deletion(), room)

        assert (room.last.is_deleted, room.last.card) == (True, None)

    async def test_while_another_process_answers_it_ends_the_answer_there(self, tmp_path: Path) -> None:
        room = Room()

        async with (
            open_talk(tmp_path, script()) as one,
            open_talk(tmp_path, script(), prefix="two") as two,
            answering(one, room, message("hang")) as first,
        ):
            await two.conversation.retract(deletion(), room)
            assert room.last.is_deleted
            async with watching(one):
                await first

        assert (len(room.posts), room.last.card) == (1, None)

    async def test_while_its_answer_is_on_its_way_to_the_reader_is_not_answered_in_the_end(
        self, tmp_path: Path
    ) -> None:
        room = Room()
        room.shows.clear()

        async with open_talk(tmp_path, script(one="One.")) as talk, asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.handle(message("one?"), room))
            await room.sent.wait()
            await talk.conversation.retract(deletion(), room)
            room.shows.set()

        assert room.last.is_deleted

    async def test_stays_deleted_whatever_happens_to_it(self, tmp_path: Path) -> None:
        pipeline, room = script(one="One.", two="Two."), Room()

        async with open_talk(tmp_path, pipeline) as talk:
            await talk.conversation.handle(message("one?"), room)
            await talk.conversation.retract(deletion(), room)
            await talk.conversation.retract(deletion(), room)
            await talk.conversation.handle(edited("two?"), room)
            await talk.conversation.press(press("retry", reference="ref1"), room)

        assert [asked.question for asked in pipeline.asked] == ["one?"]
        assert room.posts["P1"].is_deleted

    async def test_that_was_never_answered_takes_nothing_back(self, tmp_path: Path) -> None:
        room = Room()

        async with open_talk(tmp_path, script(one="One.")) as talk:
            await talk.conversation.handle(message("one?"), room)
            await talk.conversation.retract(deletion("other"), room)
            await talk.conversation.retract(deletion(place="C2"), room)

        assert not room.last.is_deleted


class TestAStop:
    @pytest.mark.parametrize(
        ("locale", "told"),
        [
            ("en", "Stopped. The answer is not complete. Reference: ref1."),
            ("pt-BR", "Interrompida. A resposta está incompleta. Referência: ref1."),
        ],
    )
    @pytest.mark.parametrize("reference", ["ref1", ""])
    async def test_keeps_the_text_so_far_and_labels_it(
        self, reference: str, locale: Locale, told: str, tmp_path: Path
    ) -> None:
        room = Room()

        async with open_talk(tmp_path, script()) as talk, answering(talk, room, message("hang", locale=locale)):
            await talk.conversation.press(press("stop", reference=reference, author=BRUNO), room)

        assert room.cards == [Card("Half", told, reference="ref1", actions=("retry", "hand_over"))]

    async def test_closes_the_stream_so_that_no_model_goes_on_writing(self, tmp_path: Path) -> None:
        closed = []

        class Upstream(ScriptedPipeline):
            async def stream(self, question: str, **asked: object):  # type: ignore[no-untyped-def]  # noqa: ANN202
                try:
                    async for event in super().stream(question, **asked):  # type: ignore[arg-type]
                        yield event
                finally:
                    closed.append(room.cards)

        room = Room()
        pipeline = Upstream({"hang": says("Half", Forever())})

        async with open_talk(tmp_path, pipeline) as talk, answering(talk, room, message("hang")):
            await talk.conversation.press(press("stop"), room)

        assert closed == [[]], "it is closed before the end is shown"

    async def test_without_a_reference_stops_what_was_asked_last_here_and_nothing_elsewhere(
        self, tmp_path: Path
    ) -> None:
        rooms = [Room(), Room(), Room()]

        async with open_talk(tmp_path, script()) as talk, asyncio.TaskGroup() as group:
            for number, (room, thread) in enumerate(zip(rooms, "112", strict=True)):
                said = message("hang", id=f"{number}", thread=thread)
                group.create_task(talk.conversation.handle(said, room))
                await room.written.wait()
            await talk.conversation.press(press("stop"), Room())
            await rooms[1].sent.wait()
            assert [len(room.cards) for room in rooms] == [0, 1, 0]
            await talk.conversation.press(press("stop"), Room())
            await talk.conversation.press(press("stop", thread="2"), Room())

    @pytest.mark.parametrize("reference", ["ref1", ""])
    async def test_in_one_process_stops_what_another_writes(self, reference: str, tmp_path: Path) -> None:
        room, elsewhere = Room(), Room()

        async with (
            open_talk(tmp_path, script()) as one,
            open_talk(tmp_path, script(), prefix="two") as two,
            answering(one, room, message("hang")) as first,
        ):
            await two.conversation.press(press("stop", reference=reference), elsewhere)
            async with watching(one):
                await first

        assert [card.text for card in room.cards] == ["Half"]
        assert elsewhere.posts == {}

    @pytest.mark.parametrize("reference", ["ref1", "", "unknown"])
    async def test_where_nothing_is_being_written_says_so_privately(self, reference: str, tmp_path: Path) -> None:
        room = Room()

        async with open_talk(tmp_path, script(one="One.")) as talk:
            await talk.conversation.handle(message("one?"), Room())
            await talk.conversation.press(press("stop", reference=reference), room)

        assert room.cards == [Card("Nothing is being answered here at the moment.", private=True)]

    async def test_is_part_of_the_talk_as_far_as_it_was_written(self, tmp_path: Path) -> None:
        pipeline, clock, room = script(), FakeClock(), Room()

        async with open_talk(tmp_path, pipeline, clock=clock) as talk:
            async with answering(talk, room, message("hang")):
                await talk.conversation.press(press("stop"), room)
            clock.wind(1)
            await talk.conversation.handle(message("and?", id="2"), room)

        assert pipeline.asked[-1].history == (Turn("user", "hang"), Turn("assistant", "Half"))


class TestARetry:
    async def test_gives_another_answer_in_place_of_the_first_and_whoever_presses_pays(self, tmp_path: Path) -> None:
        pipeline, room = script(one="One."), Room()

        async with open_talk(tmp_path, pipeline) as talk:
            await talk.conversation.handle(message("one?"), room)
            await talk.conversation.press(press("retry", reference="ref1", author=BRUNO), room)

        assert [asker.user for asker in pipeline.admitted] == ["U1", "U2"]
        assert [(asked.asker.user, asked.again) for asked in pipeline.asked] == [("U1", False), ("U2", True)]
        assert [(post.text, post.shown) for post in room.posts.values()] == [("One.", 2)]
        assert "[Mais uma vez: “one?”]" in room.last.said
        assert room.cards[0].reference == "ref2"

    async def test_is_told_what_was_said_before_the_question_and_not_after_it(self, tmp_path: Path) -> None:
        pipeline, clock = script(one="One.", two="Two.", three="Three."), FakeClock()

        async with open_talk(tmp_path, pipeline, clock=clock) as talk:
            for text in ("one?", "two?", "three?"):
                await talk.conversation.handle(message(text, id=text), Room())
                clock.wind(1)
            await talk.conversation.press(press("retry", reference="ref2"), Room())

        assert (pipeline.asked[-1].question, len(pipeline.asked[-1].history)) == ("two?", 2)

    async def test_pressed_by_two_is_done_once(self, tmp_path: Path) -> None:
        pipeline, room = script(one="One."), Room()

        async with open_talk(tmp_path, pipeline) as one, open_talk(tmp_path, pipeline, prefix="two") as two:
            await one.conversation.handle(message("one?"), room)
            async with asyncio.TaskGroup() as group:
                for talk, author in ((one, ANA), (two, BRUNO)):
                    group.create_task(talk.conversation.press(press("retry", reference="ref1", author=author), room))

        assert len(pipeline.asked) == 2

    async def test_delivered_twice_is_done_once(self, tmp_path: Path) -> None:
        pipeline, room = script(one="One."), Room()

        async with open_talk(tmp_path, pipeline) as talk:
            await talk.conversation.handle(message("one?"), room)
            for _ in range(2):
                await talk.conversation.press(press("retry", event="E"), room)

        assert len(pipeline.asked) == 2

    async def test_too_many_is_refused_to_whoever_presses(self, tmp_path: Path) -> None:
        pipeline, room = script(one="One."), Room(can_revise=False)

        async with open_talk(tmp_path, pipeline) as talk:
            await talk.conversation.handle(message("one?"), room)
            pipeline.refusal = one_too_many("user:U2")
            await talk.conversation.press(press("retry", author=BRUNO), room)

        assert room.cards[-1].private
        assert room.cards[-1].text.startswith("Você pode me fazer 10 perguntas por minuto e já fez.")
        assert len(pipeline.asked) == 1

    async def test_can_be_stopped_and_tried_again(self, tmp_path: Path) -> None:
        room = Room()

        async with open_talk(tmp_path, script()) as talk:
            async with answering(talk, room, message("hang")):
                await talk.conversation.press(press("stop"), room)
            room.written.clear()
            async with asyncio.TaskGroup() as group:
                group.create_task(talk.conversation.press(press("retry", reference="ref1"), room))
                await room.written.wait()
                await talk.conversation.press(press("stop", reference=room.last.reference), room)

        assert (room.last.shown, room.cards[0].notice) == (2, "Stopped. The answer is not complete. Reference: ref2.")

    async def test_brings_a_muted_conversation_back(self, tmp_path: Path) -> None:
        pipeline = script(one="One.")

        async with open_talk(tmp_path, pipeline) as talk:
            for said in (message("one?"), message("mute", id="2")):
                await talk.conversation.handle(said, Room())
            await talk.conversation.press(press("retry"), Room())
            await talk.conversation.handle(message("and?", id="3", addressed="thread"), Room())

        assert [asked.question for asked in pipeline.asked] == ["one?", "one?", "and?"]


async def leave(folder: Path, room: Room, said: IncomingMessage, *, prefix: str = "ref") -> None:
    """A process that dies while it answers, of which a piece can be seen."""
    async with open_talk(folder, script(), prefix=prefix) as talk:
        task = asyncio.create_task(talk.conversation.handle(said, room))
        await room.written.wait()
        await die(task)


async def die(task: asyncio.Task[object]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def started(
    folder: Path, pipeline: ScriptedPipeline, room: Room, *, after: timedelta = timedelta(), prefix: str = "next"
) -> int:
    """Start a process after the one before has been gone for so long; returns how many questions it found."""
    clock = FakeClock()
    clock.wind(after.total_seconds())
    async with open_talk(folder, pipeline, clock=clock, prefix=prefix) as talk:
        return len(await talk.conversation.resume("room", room))


class TestAfterARestart:
    @pytest.mark.parametrize(
        ("locale", "told"),
        [
            ("en", "[I was interrupted while I answered “hang”. Here is the answer:]"),
            ("pt-BR", "[Fui interrompido enquanto respondia “hang”. Aqui está a resposta:]"),
        ],
    )
    async def test_a_young_question_is_answered_in_its_place_and_not_counted_again(
        self, locale: Locale, told: str, tmp_path: Path
    ) -> None:
        room, pipeline = Room(), ScriptedPipeline({"hang": says("Whole.")})
        await leave(tmp_path, room, message("hang", locale=locale))

        assert await started(tmp_path, pipeline, room, after=timedelta(minutes=9)) == 1

        assert [(post.text, post.shown) for post in room.posts.values()] == [("Whole.", 1)]
        assert told in room.last.said
        assert room.cards[0].reference == "ref1"
        assert (len(pipeline.asked), pipeline.admitted, pipeline.asked[0].again) == (1, [], False)

    @pytest.mark.parametrize(
        ("locale", "told"),
        [
            ("en", "I was interrupted before I could finish answering “hang”. Sorry. It can be asked again."),
            (
                "pt-BR",
                "Fui interrompido antes de terminar de responder “hang”. Desculpe. É possível perguntar de novo.",
            ),
        ],
    )
    async def test_an_old_one_is_apologised_for_in_its_place_and_can_be_asked_again(
        self, locale: Locale, told: str, tmp_path: Path
    ) -> None:
        room, pipeline = Room(), ScriptedPipeline({"hang": says("Whole.")})
        await leave(tmp_path, room, message("hang", locale=locale))

        await started(tmp_path, pipeline, room, after=timedelta(minutes=10))

        (card,) = room.cards
        assert (card.text.startswith(told), card.text.endswith(": ref1.")) == (True, True)
        assert (card.reference, card.actions) == ("ref1", ("retry", "hand_over"))
        assert pipeline.asked == []
        async with open_talk(tmp_path, pipeline, prefix="later") as talk:
            await talk.conversation.press(press("retry", reference="ref1"), room)
        assert [card.text for card in room.cards] == ["Whole."]
        assert len(room.posts) == 1

    async def test_nothing_is_answered_twice(self, tmp_path: Path) -> None:
        room, pipeline = Room(), ScriptedPipeline({"hang": says("Whole.")})
        await leave(tmp_path, room, message("hang", event="E"))

        found = [await started(tmp_path, pipeline, room, prefix=name) for name in ("next", "later")]

        assert found == [1, 0]
        async with open_talk(tmp_path, pipeline, prefix="last") as talk:
            await talk.conversation.handle(message("hang", event="E"), room)
        assert (len(pipeline.asked), room.last.shown) == (1, 1)

    async def test_what_a_living_process_answers_is_left_to_it(self, tmp_path: Path) -> None:
        room = Room()

        async with open_talk(tmp_path, script()) as talk, answering(talk, room, message("hang")):
            assert await started(tmp_path, script(), Room()) == 0
            await talk.conversation.press(press("stop"), room)

    async def test_another_platform_s_questions_are_left_to_it(self, tmp_path: Path) -> None:
        await leave(tmp_path, Room(), message("hang"))

        async with open_talk(tmp_path, script(), prefix="next") as talk:
            assert await talk.conversation.resume("console", Room()) == ()

    async def test_a_question_that_processes_die_with_is_not_tried_for_ever(self, tmp_path: Path) -> None:
        room = Room()
        await leave(tmp_path, room, message("hang"))
        tries = 0
        while not room.cards:
            room.written.clear()
            async with open_talk(tmp_path, script(), prefix=f"try{tries}") as talk:
                resuming = asyncio.create_task(talk.conversation.resume("room", room))
                writing = asyncio.create_task(room.written.wait())
                await asyncio.wait([resuming, writing], return_when=asyncio.FIRST_COMPLETED)
                if not resuming.done():
                    tries += 1
                    await die(resuming)
                writing.cancel()

        assert tries == 1, "two processes have died with it"
        assert room.cards[0].text.startswith("I was interrupted before I could finish answering “hang”. Sorry.")

    async def test_a_question_whose_asker_does_not_wait_any_more_is_let_be(self, tmp_path: Path) -> None:
        room = Room()
        await leave(tmp_path, room, message("hang", is_resumable=False))

        assert await started(tmp_path, script(), room) == 0
        assert room.cards == []

    async def test_a_question_that_had_not_been_counted_yet_is(self, tmp_path: Path) -> None:
        class Hanging(ScriptedPipeline):
            async def admit(self, _: object) -> None:
                reached.set()
                await asyncio.Event().wait()

        reached, room, pipeline = asyncio.Event(), Room(), script(one="One.")
        async with open_talk(tmp_path, Hanging()) as talk:
            task = asyncio.create_task(talk.conversation.handle(message("one?"), room))
            await reached.wait()
            await die(task)

        await started(tmp_path, pipeline, room)

        assert ([card.text for card in room.cards], len(pipeline.admitted)) == (["One."], 1)

    async def test_a_command_is_not_done_a_second_time_however_far_it_had_come(self, tmp_path: Path) -> None:
        class Hanging(ScriptedPipeline):
            async def health_check(self) -> Health:
                reached.set()
                return await asyncio.Future()

        reached, done, begun = asyncio.Event(), Room(), Room()
        await leave_at_the_end(tmp_path, done, message("mute"))
        async with open_talk(tmp_path, Hanging(), prefix="hanging") as talk:
            task = asyncio.create_task(talk.conversation.handle(message("/status", id="2"), begun))
            await reached.wait()
            await die(task)

        room = Room()
        assert await started(tmp_path, script(), room) == 2

        assert {card.text.partition("”")[0] for card in room.cards} == {
            "I was interrupted before I could finish answering “mute",
            "I was interrupted before I could finish answering “/status",
        }

    async def test_an_answer_that_was_written_is_shown_once_more_where_that_leaves_one(self, tmp_path: Path) -> None:
        room, pipeline = Room(), script(one="One.")
        await leave_at_the_end(tmp_path, room, message("one?", locale="pt-BR"))

        assert await started(tmp_path, pipeline, room, after=timedelta(hours=3)) == 1

        assert (len(room.posts), [card.text for card in room.cards]) == (1, ["One."])
        assert room.cards[0].receipt.endswith("ref. ref1")
        assert pipeline.asked == []
        assert await started(tmp_path, pipeline, room, prefix="later") == 0

    async def test_an_answer_that_was_written_is_shown_below_where_nothing_can_be_changed_and_says_what_it_answers(
        self, tmp_path: Path
    ) -> None:
        room, pipeline = Room(can_revise=False), script(one="One.", two="Two.")
        await leave_at_the_end(tmp_path, room, message("one?"))

        await started(tmp_path, pipeline, room)

        assert room.last.said == ["[I was interrupted while I answered “one?”. Here is the answer:]"]
        assert [card.text for card in room.cards] == ["One."]
        assert pipeline.asked == []

    async def test_what_had_been_written_is_part_of_the_talk_however_it_is_told(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline({"one?": says("One."), "two?": says("Half", ZeroDivisionError())})
        for text in ("one?", "two?"):
            await leave_at_the_end(tmp_path, Room(), message(text, id=text), pipeline, prefix=text)
        clock = FakeClock()
        clock.wind(60)

        async with open_talk(tmp_path, pipeline, clock=clock, prefix="next") as talk:
            await talk.conversation.resume("room", Room())
            await talk.conversation.handle(message("and?"), Room())

        heard = [turn.text for turn in pipeline.asked[-1].history]
        assert {*zip(heard[::2], heard[1::2], strict=True)} == {("one?", "One."), ("two?", "Half")}

    async def test_an_answer_that_was_stopped_stands_as_far_as_it_had_come(self, tmp_path: Path) -> None:
        room, pipeline = Room(), script()
        room.shows.clear()
        async with open_talk(tmp_path, pipeline) as talk:
            task = asyncio.create_task(talk.conversation.handle(message("hang"), room))
            await room.written.wait()
            await talk.conversation.press(press("stop"), room)
            await room.sent.wait()
            await die(task)
        room.shows.set()

        await started(tmp_path, pipeline, room)

        assert [(card.text, card.notice[:8]) for card in room.cards] == [("Half", "Stopped.")]
        assert len(pipeline.asked) == 1

    async def test_a_failure_that_was_not_shown_is_apologised_for_and_not_tried_again(self, tmp_path: Path) -> None:
        room, pipeline = Room(), ScriptedPipeline({"one?": says("Half", ZeroDivisionError())})
        await leave_at_the_end(tmp_path, room, message("one?"), pipeline)

        await started(tmp_path, pipeline, room)

        assert [card.text[:30] for card in room.cards] == ["I was interrupted before I cou"]
        assert len(pipeline.asked) == 1

    async def test_a_question_that_was_deleted_meanwhile_is_not_answered(self, tmp_path: Path) -> None:
        room = Room()
        await leave(tmp_path, room, message("hang"))

        async with open_talk(tmp_path, script(), prefix="next") as talk:
            await talk.conversation.retract(deletion(), room)
            assert await talk.conversation.resume("room", room) == ()

        assert room.last.is_deleted

    @pytest.mark.parametrize("can_revise", [True, False])
    async def test_all_that_was_left_is_finished_with_what_was_said_before_each(
        self, tmp_path: Path, *, can_revise: bool
    ) -> None:
        clock, room = FakeClock(), Room(can_revise=can_revise)
        async with open_talk(tmp_path, script(zero="Zero."), clock=clock) as talk:
            await talk.conversation.handle(message("zero?", id="0"), Room())
            tasks = []
            for number in (1, 2, 3):
                room.written.clear()
                clock.wind(1)
                tasks.append(asyncio.create_task(talk.conversation.handle(message("hang", id=f"{number}"), room)))
                await room.written.wait()
            for task in tasks:
                await die(task)

        pipeline = ScriptedPipeline({"hang": says("Whole.")})
        assert await started(tmp_path, pipeline, room) == 3

        assert [card.text for card in room.cards] == ["Whole."] * 3
        assert [asked.history for asked in pipeline.asked] == [(Turn("user", "zero?"), Turn("assistant", "Zero."))] * 3

    async def test_a_question_taken_over_can_be_stopped(self, tmp_path: Path) -> None:
        room = Room()
        await leave(tmp_path, room, message("hang"))
        room.written.clear()

        async with open_talk(tmp_path, script(), prefix="next") as talk, asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.resume("room", room))
            await room.written.wait()
            await talk.conversation.press(press("stop", reference="ref1"), room)

        assert [card.text for card in room.cards] == ["Half"]
        assert REFUSAL not in room.last.said


async def leave_at_the_end(
    folder: Path, room: Room, said: IncomingMessage, pipeline: ScriptedPipeline | None = None, *, prefix: str = "ref"
) -> None:
    """A process that dies when it has written down how a question ended, and nobody has seen it yet."""
    room.shows.clear()
    async with open_talk(folder, pipeline or script(one="One."), prefix=prefix) as talk:
        task = asyncio.create_task(talk.conversation.handle(said, room))
        await room.sent.wait()
        await die(task)
    room.shows.set()
