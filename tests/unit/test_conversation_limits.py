"""Conversations where there is not enough: turns in the line, time, and a state database that answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.messages import Action, Card, Locale
from rag.errors import StateUnavailable
from rag.model import Allowance, Asker, Event
from rag.ports import Database
from tests.fakes.room import BRUNO, Room, deletion, message, press
from tests.fakes.scripted_pipeline import BUDGET, REFUSAL, Forever, ScriptedPipeline, says
from tests.fakes.talk import Talk, open_talk

IN_LINE = "(Many people are asking at the moment; your question is in line…)"


@asynccontextmanager
async def occupied(folder: Path, pipeline: ScriptedPipeline | None = None) -> AsyncIterator[Talk]:
    """A process whose only turn is taken by `ref1`, which hangs until the end."""
    pipeline = pipeline or ScriptedPipeline()
    pipeline.script["hang"] = says("The beginning", Forever())
    async with open_talk(folder, pipeline, at_once=1) as talk, asyncio.TaskGroup() as group:
        room = Room()
        hanging = group.create_task(talk.conversation.handle(message("hang", id="0"), room))
        await room.written.wait()
        yield talk
        hanging.cancel()


class TestInLine:
    async def test_a_question_waits_for_its_turn_says_so_and_has_it_when_the_one_before_ends(
        self, tmp_path: Path
    ) -> None:
        pipeline, room = ScriptedPipeline(), Room()

        async with occupied(tmp_path, pipeline) as talk, asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.handle(message("What?"), room))
            await room.told.wait()
            assert (room.last.said, len(pipeline.asked)) == ([IN_LINE], 1)
            await talk.conversation.press(press("stop", reference="ref1"), Room())

        assert room.last.said == [IN_LINE, "(Searching the documents…)", REFUSAL]
        assert room.cards[0].text == REFUSAL

    async def test_nobody_is_told_to_wait_where_there_is_room(self, tmp_path: Path) -> None:
        room = Room()
        async with open_talk(tmp_path, ScriptedPipeline(), at_once=1) as talk:
            for text in ("1?", "2?"):
                await talk.conversation.handle(message(text, id=text), room)

        assert not any(IN_LINE in post.said for post in room.posts.values())

    async def test_turns_come_in_the_order_of_the_questions(self, tmp_path: Path) -> None:
        pipeline = ScriptedPipeline()

        async with occupied(tmp_path, pipeline) as talk, asyncio.TaskGroup() as group:
            for text in ("1?", "2?", "3?"):
                room = Room()
                group.create_task(talk.conversation.handle(message(text, id=text), room))
                await room.told.wait()
            await talk.conversation.press(press("stop", reference="ref1"), Room())

        assert [asked.question for asked in pipeline.asked] == ["hang", "1?", "2?", "3?"]

    async def test_commands_and_buttons_do_not_wait(self, tmp_path: Path) -> None:
        room = Room()
        async with occupied(tmp_path) as talk:
            await talk.conversation.handle(message("/help", id="2", thread="2"), room)
            await talk.conversation.handle(message("/why", id="3", thread="2", author=BRUNO), room)

        assert [card.text[:10] for card in room.cards] == ["Ask me a q", "Não encont"]

    async def test_who_is_stopped_while_waiting_is_never_answered_and_the_next_is_not_held_up(
        self, tmp_path: Path
    ) -> None:
        pipeline, stopped, next_room = ScriptedPipeline(), Room(), Room()

        async with occupied(tmp_path, pipeline) as talk, asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.handle(message("2?", id="2"), stopped))
            await stopped.told.wait()
            group.create_task(talk.conversation.handle(message("3?", id="3"), next_room))
            await next_room.told.wait()
            await talk.conversation.press(press("stop", reference="ref2"), stopped)
            await stopped.sent.wait()
            await talk.conversation.press(press("stop", reference="ref1"), Room())

        assert stopped.cards == [
            Card(
                "Stopped before there was an answer. Reference: ref2.", reference="ref2", actions=("retry", "hand_over")
            )
        ]
        assert [asked.question for asked in pipeline.asked] == ["hang", "3?"]
        assert next_room.cards[0].text == REFUSAL

    async def test_a_question_that_is_deleted_while_it_waits_is_never_answered(self, tmp_path: Path) -> None:
        pipeline, room = ScriptedPipeline(), Room()

        async with occupied(tmp_path, pipeline) as talk, asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.handle(message("2?", id="2"), room))
            await room.told.wait()
            await talk.conversation.retract(deletion("2"), room)

        assert room.last.is_deleted
        assert [asked.question for asked in pipeline.asked] == ["hang"]


class TestTime:
    @pytest.mark.parametrize(
        ("locale", "told"),
        [
            ("en", "This took longer than an answer may take, so I gave up."),
            ("pt-BR", "Isto demorou mais do que uma resposta pode demorar, por isso desisti."),
        ],
    )
    async def test_an_answer_that_takes_too_long_ends_with_what_was_written_and_says_so(
        self, locale: Locale, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pipeline, room = ScriptedPipeline({"What?": says("Half", Forever())}), Room()

        async with open_talk(tmp_path, pipeline) as talk, asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.handle(message("What?", locale=locale), room))
            await room.written.wait()
            let_pass(301, monkeypatch)

        (card,) = room.cards
        assert (card.text, card.actions) == ("Half", ("retry", "hand_over"))
        assert card.notice.startswith(told)
        assert card.notice.endswith(": ref1.")

    async def test_an_answer_has_its_time_from_when_its_turn_comes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pipeline, room = ScriptedPipeline({"What?": says(BUDGET)}), Room()

        async with occupied(tmp_path, pipeline) as talk, asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.handle(message("What?"), room))
            await room.told.wait()
            let_pass(301, monkeypatch)

        assert room.cards[0].text == BUDGET


def let_pass(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wind the event loop's own clock, by which deadlines are set."""
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + seconds)
    loop.call_soon(lambda: None)  # it looks at its clock when it has something to do


class Falling(ScriptedPipeline):
    """A pipeline beside which the state database goes down when the way of a question has come so far."""

    database: Database
    moment = ""

    async def admit(self, asker: Asker) -> None:
        await self._reach("admitted")
        await super().admit(asker)

    async def stream(self, question: str, **asked: object) -> AsyncGenerator[Event, None]:
        await self._reach("asked")
        async for event in super().stream(question, **asked):  # type: ignore[arg-type]
            yield event
        await self._reach("written")

    async def allowance(self, asker: Asker) -> Allowance | None:
        await self._reach("balanced")
        return await super().allowance(asker)

    async def _reach(self, moment: str) -> None:
        if moment == self.moment:
            await self.database.aclose()


@asynccontextmanager
async def falling(folder: Path, moment: str = "") -> AsyncIterator[tuple[Talk, Falling]]:
    pipeline = Falling({"What?": says("So ", "much."), "hang": says("Half", Forever())})
    async with open_talk(folder, pipeline) as talk:
        pipeline.database, pipeline.moment = talk.database, moment
        if not moment:
            await talk.database.aclose()
        yield talk, pipeline


@pytest.mark.parametrize("moment", ["", "admitted", "asked", "written", "balanced"])
class TestWithoutTheStateDatabase:
    async def test_a_question_is_answered_whenever_it_goes_down(self, moment: str, tmp_path: Path) -> None:
        room = Room()

        async with falling(tmp_path, moment) as (talk, pipeline):
            await talk.conversation.handle(message("What?"), room)

        (card,) = room.cards
        assert (card.text, card.reference, room.last.shown) == ("So much.", "ref1", 1)
        assert len(pipeline.asked) == 1

    async def test_duplicates_are_told_apart_in_memory(self, moment: str, tmp_path: Path) -> None:
        room = Room()
        twice = message("What?", event="E1"), message("What?", event="E1", id="9"), message("What?", event="E2")

        async with falling(tmp_path, moment) as (talk, pipeline):
            for said in twice:
                await talk.conversation.handle(said, room)

        assert (len(pipeline.asked), len(room.posts)) == (1, 1)

    async def test_a_conversation_that_was_begun_goes_on_without_the_name(self, moment: str, tmp_path: Path) -> None:
        async with falling(tmp_path, moment) as (talk, pipeline):
            await talk.conversation.handle(message("What?"), Room())
            await talk.conversation.handle(message("and then?", id="2", addressed="thread"), Room())
            await talk.conversation.handle(message("elsewhere", id="3", thread="9", addressed="thread"), Room())

        assert [asked.question for asked in pipeline.asked] == ["What?", "and then?"]

    @pytest.mark.parametrize("action", ["good", "bad", "why", "sources", "retry", "hand_over"])
    async def test_a_button_says_privately_that_it_cannot_be_done_now(
        self, action: Action, moment: str, tmp_path: Path
    ) -> None:
        room = Room()
        async with falling(tmp_path, moment) as (talk, _):
            await talk.conversation.handle(message("What?"), Room())

            await talk.conversation.press(press(action, author=BRUNO), room)

        (card,) = room.cards
        assert card.private
        assert card.text.startswith("Meu banco de dados não está respondendo. Tente de novo em um minuto. Referência: ")

    async def test_an_answer_is_stopped_all_the_same(self, moment: str, tmp_path: Path) -> None:
        room = Room()
        async with falling(tmp_path, moment) as (talk, _), asyncio.TaskGroup() as group:
            group.create_task(talk.conversation.handle(message("hang"), room))
            await room.written.wait()
            await talk.conversation.press(press("stop"), room)

        assert [card.text for card in room.cards] == ["Half"]


class TestWithoutItBesides:
    async def test_commands_that_need_it_say_so_and_the_others_work(self, tmp_path: Path) -> None:
        room = Room()
        async with falling(tmp_path) as (talk, _):
            for text in ("/help", "mute", "/unmute"):
                await talk.conversation.handle(message(text, id=text), room)

        assert [card.text.partition(".")[0] for card in room.cards] == [
            "Ask me a question in your own words, and I answer from the documents and name my sources",
            *["My database does not answer at the moment"] * 2,
        ]

    async def test_a_deletion_and_a_start_fail_without_a_word_in_the_room(self, tmp_path: Path) -> None:
        room = Room()
        async with falling(tmp_path) as (talk, _):
            with pytest.raises(StateUnavailable):  # whoever tells of it has to tell it again
                await talk.conversation.retract(deletion(), room)
            left: Sequence[object] = await talk.conversation.resume("room", room)

        assert (left, room.posts) == ((), {})

    async def test_the_watch_goes_on(self, tmp_path: Path) -> None:
        room = Room()
        async with falling(tmp_path) as (talk, _), asyncio.TaskGroup() as group:
            watching = group.create_task(talk.conversation.watch())
            answering = group.create_task(talk.conversation.handle(message("hang"), room))
            await room.written.wait()
            await talk.clock.sleep(1)
            assert not watching.done()
            watching.cancel()
            await talk.conversation.press(press("stop"), room)
            await answering

        assert room.cards[0].text == "Half", "what is in no journal is not taken for somebody else's"
