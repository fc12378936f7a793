"""Platforms that refuse, people who may not, processes that die at the wrong moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.delivery import Delivery
from bot.messages import Card, IncomingMessage, Press, Question
from bot.underway import Stopped
from tests.fakes.room import BRUNO, Post, Room, RoomReply, deletion, message, press
from tests.fakes.scripted_pipeline import Forever, Script, ScriptedPipeline, one_too_many, says
from tests.fakes.talk import open_talk
from tests.unit.test_conversation_again import die, leave_at_the_end, script, started


class Endless(ScriptedPipeline):
    """A pipeline that is never done with closing an answer; `closing` is set when it begins to."""

    def __init__(self, known: dict[str, Script]) -> None:
        super().__init__(known)
        self.closing = asyncio.Event()

    async def stream(self, *arguments: object, **named: object):  # type: ignore[no-untyped-def]  # noqa: ANN201
        try:
            async for event in super().stream(*arguments, **named):  # type: ignore[arg-type]
                yield event
        finally:
            self.closing.set()
            await asyncio.Event().wait()


class Grumpy(RoomReply):
    """A reply that the platform does not take: the channel is archived."""

    async def finish(self, card: Card) -> None:
        if self._room.refused:  # type: ignore[attr-defined]
            raise OSError("channel_is_archived")
        await super().finish(card)


@dataclass
class GrumpyRoom(Room):
    """A room that refuses some replies for a while."""

    refused: bool = True

    def reply_to(self, _cause: IncomingMessage | Press) -> RoomReply:
        return Grumpy(self)

    def reply_again(self, question: Question) -> RoomReply:
        return Grumpy(self, self.posts.get(question.address))


async def test_an_answer_that_the_platform_does_not_take_is_shown_later_and_paid_for_once(tmp_path: Path) -> None:
    room, pipeline = GrumpyRoom(), script(one="One.")
    async with open_talk(tmp_path, pipeline) as talk:
        await talk.conversation.handle(message("one?"), room)
        assert room.cards == []
        room.refused = False
        await talk.conversation.resume("room", room)

    assert [card.text for card in room.cards] == ["One."]
    assert len(pipeline.asked) == 1


async def test_a_reply_that_cannot_be_shown_holds_up_no_other(tmp_path: Path) -> None:
    before, pipeline = Room(), script(one="One.", two="Two.")
    await leave_at_the_end(tmp_path, before, message("one?", id="1"), pipeline, prefix="one")
    before.sent.clear()
    await leave_at_the_end(tmp_path, before, message("two?", id="2"), pipeline, prefix="two")
    room = GrumpyRoom(posts=before.posts)
    async with open_talk(tmp_path, pipeline, prefix="next") as talk:
        for _ in range(3):
            await talk.conversation.resume("room", room)
        room.refused = False
        await talk.conversation.resume("room", room)

    assert sorted(card.text for card in room.cards) == ["One.", "Two."]


async def test_a_reply_that_is_never_taken_is_given_up_in_the_end(tmp_path: Path) -> None:
    room, pipeline = GrumpyRoom(), script(one="One.")
    async with open_talk(tmp_path, pipeline) as talk:
        await talk.conversation.handle(message("one?"), room)
        for _ in range(10):
            await talk.conversation.resume("room", room)
        room.refused = False
        assert await talk.conversation.resume("room", room) == ()

    assert room.cards == []


async def test_a_message_whose_acknowledgement_fails_is_answered_all_the_same(tmp_path: Path) -> None:
    class Deaf(Room):
        async def acknowledge(self, message: IncomingMessage) -> None:
            raise OSError(message.event_id)

    room = Deaf()
    async with open_talk(tmp_path, script(one="One.")) as talk:
        await talk.conversation.handle(message("one?"), room)

    assert [card.text for card in room.cards] == ["One."]


async def test_who_may_not_ask_again_takes_nothing_from_the_answer_that_is_there(tmp_path: Path) -> None:
    room, pipeline = Room(), script(one="One.")
    async with open_talk(tmp_path, pipeline) as talk:
        await talk.conversation.handle(message("one?"), room)
        pipeline.refusal = one_too_many()
        await talk.conversation.press(press("retry", reference="ref1", author=BRUNO), room)
        entry = await talk.journal.find(message("one?").thread, "ref1")

    assert [(card.text[:4], card.private) for card in room.cards] == [("One.", False), ("Você", True)]
    assert entry is not None
    assert entry.said == "One."


async def test_a_stop_that_came_before_the_crash_holds_after_it(tmp_path: Path) -> None:
    room, pipeline = Room(), script()
    async with open_talk(tmp_path, pipeline) as talk:
        task = asyncio.create_task(talk.conversation.handle(message("hang"), room))
        await room.written.wait()
        await talk.journal.wish_stopped("ref1")
        await die(task)

    await started(tmp_path, pipeline, room)

    assert [card.text.partition(".")[0] for card in room.cards] == ["Stopped before there was an answer"]
    assert len(pipeline.asked) == 1


async def test_an_answer_that_was_asked_for_anew_is_anew_after_a_crash_too_and_paid_by_who_wanted_it(
    tmp_path: Path,
) -> None:
    room, pipeline = Room(), script(one="One.")
    async with open_talk(tmp_path, pipeline) as talk:
        await talk.conversation.handle(message("one?"), room)
        pipeline.script["one?"] = says("Half", Forever())
        room.written.clear()
        task = asyncio.create_task(talk.conversation.press(press("retry", author=BRUNO), room))
        await room.written.wait()
        await die(task)
    pipeline.script["one?"] = says("Another one.")

    await started(tmp_path, pipeline, room)

    assert [(asked.again, asked.asker.user) for asked in pipeline.asked] == [(False, "U1"), (True, "U2"), (True, "U2")]
    assert [card.text for card in room.cards] == ["Another one."]


async def test_whoever_cannot_wait_until_it_has_stopped_is_not_answered_at_the_next_start(tmp_path: Path) -> None:
    room, pipeline = Room(), Endless({"hang": says("Half", Forever())})
    async with open_talk(tmp_path, pipeline) as talk:
        task = asyncio.create_task(talk.conversation.handle(message("hang"), room))
        await room.written.wait()
        await talk.conversation.press(press("stop"), room)
        await pipeline.closing.wait()
        await die(task)

    assert await started(tmp_path, pipeline, room) == 0


async def test_a_change_that_comes_as_what_was_left_is_taken_up_is_what_is_answered_and_nothing_touches_it_after(
    tmp_path: Path,
) -> None:
    before, pipeline = Room(), script(two="Two.")
    async with open_talk(tmp_path, pipeline) as talk:
        task = asyncio.create_task(talk.conversation.handle(message("hang"), before))
        await before.written.wait()
        await die(task)

    class Late(Room):
        """Looks a reply up for so long that the change is answered meanwhile."""

        def reply_again(self, question: Question) -> RoomReply:
            return Lagging(self, self.posts.get(question.address), lags=question.text == "hang")

    class Lagging(RoomReply):
        def __init__(self, room: Room, post: Post | None, *, lags: bool) -> None:
            super().__init__(room, post)
            self._lags = lags

        async def begin(self, reference: str, moved: object = None) -> None:
            if self._lags:
                await asyncio.Event().wait()
            await super().begin(reference, moved)

    room = Late(posts=before.posts)
    async with open_talk(tmp_path, pipeline, prefix="next") as talk:
        resuming = asyncio.create_task(talk.conversation.resume("room", room))
        await asyncio.sleep(0)
        await talk.conversation.handle(message("two?", is_edited=True), room)
        await resuming
        wishes = await talk.journal.wishes()

    assert (len(room.posts), [card.text for card in room.cards], wishes) == (1, ["Two."], {})


async def test_a_question_that_is_somebody_else_s_by_now_is_not_touched(tmp_path: Path) -> None:
    room = Room()
    async with open_talk(tmp_path, script(one="One.")) as talk:
        await talk.conversation.handle(message("one?"), room)
        question = (await talk.journal.find(message("one?").thread)).question  # type: ignore[union-attr]
        said = list(room.last.said)

        with pytest.raises(Stopped):
            await Delivery(question, room.reply_again(question), talk.journal).begin("Once more")

    assert room.last.said == said
    assert [card.text for card in room.cards] == ["One."]


async def test_a_stop_in_this_very_process_is_written_down_for_the_case_that_it_dies(tmp_path: Path) -> None:
    room = Room()
    async with open_talk(tmp_path, Endless({"hang": says("Half", Forever())})) as talk:
        task = asyncio.create_task(talk.conversation.handle(message("hang"), room))
        await room.written.wait()
        await talk.conversation.press(press("stop"), room)

        assert await talk.journal.wishes() == {"ref1": "stop"}

        await die(task)


async def test_an_old_answer_that_lands_late_does_not_stand_in_the_new_one_s_place(tmp_path: Path) -> None:
    room = Room()
    async with open_talk(tmp_path, script(one="One.", two="Two.")) as talk:
        room.shows.clear()
        late = asyncio.create_task(talk.conversation.handle(message("one?"), room))
        await room.sent.wait()
        hold, room.shows = room.shows, asyncio.Event()
        room.shows.set()
        await talk.conversation.handle(message("two?", is_edited=True), room)
        hold.set()
        await late

    assert (len(room.posts), [card.text for card in room.cards]) == (1, ["Two."])


async def test_who_has_lost_a_question_can_neither_deliver_nor_release_it(tmp_path: Path) -> None:
    async with open_talk(tmp_path, script()) as one, open_talk(tmp_path, script(), prefix="other") as other:
        taken = await one.journal.take(message("what?"), "ref")
        assert taken is not None
        await one.presence.__aexit__()
        await other.journal.left_behind("room")
        await one.journal.release(taken.question)
        await one.journal.deliver(taken.question)

        assert await other.journal.wishes() == {"ref": None}


async def test_a_reply_that_is_not_taken_away_the_first_time_goes_when_the_deletion_is_told_again(
    tmp_path: Path,
) -> None:
    class Stubborn(Room):
        fails = True

        def reply_again(self, question: Question) -> RoomReply:
            if self.fails:
                raise OSError("try again")
            return super().reply_again(question)

    room = Stubborn()
    async with open_talk(tmp_path, script(one="One.")) as talk:
        await talk.conversation.handle(message("one?"), room)
        with pytest.raises(OSError, match="try again"):
            await talk.conversation.retract(deletion(), room)
        room.fails = False
        await talk.conversation.retract(deletion(), room)

    assert room.cards == []


async def test_a_start_that_is_broken_off_leaves_nothing_that_a_deletion_would_wait_for(tmp_path: Path) -> None:
    for number in ("1", "2"):
        room = Room()
        async with open_talk(tmp_path, script(), prefix=f"p{number}-") as talk:
            task = asyncio.create_task(talk.conversation.handle(message("hang", id=number), room))
            await room.written.wait()
            await die(task)
    room = Room(can_revise=False)
    async with open_talk(tmp_path, script(), prefix="next") as talk:
        resuming = asyncio.create_task(talk.conversation.resume("room", room))
        await room.written.wait()
        await die(resuming)

        for number in ("1", "2"):
            await asyncio.wait_for(talk.conversation.retract(deletion(number), room), 10)

        assert await talk.database.fetch("SELECT DISTINCT state FROM questions") == [("retracted",)]
