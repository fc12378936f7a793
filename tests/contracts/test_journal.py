"""The journal keeps its promises on every engine, between processes that share a database."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

import pytest

from bot import journal as journals
from bot.entries import Entry, Outcome
from bot.journal import Journal, Taken
from bot.messages import Addressed, IncomingMessage, Person, Question, Thread
from bot.ports import Reply
from bot.presence import Presence
from bot.recovery import Recovery
from bot.rounds import repeat
from bot.terms import Terms
from bot.threads import ThreadState
from bot.underway import UnderWay
from rag.errors import StateUnavailable
from rag.model import Answer, Turn
from rag.ports import Database, Row, Transaction, Value
from rag.state import open_database
from tests.fakes.clock import FakeClock
from tests.fakes.room import ANA, BRUNO, deletion, message
from tests.fakes.scripted_pipeline import answer_to

T = TypeVar("T")

ROOM = Thread("room", "C1", "1")
GUEST = Person(id="G1", locale="en", workspace="T2", is_outside=True)
TERMS = Terms()
EDIT_S, IDLE_S, RESUME_S = TERMS.edit.total_seconds(), TERMS.idle.total_seconds(), TERMS.resume.total_seconds()


class Wire:
    """What lies between a process and the database: it can be cut, and it can tell what went through."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_cut = False
        self.loses_answers = False
        self.said: list[tuple[str, tuple[Value, ...]]] | None = None

    @property
    def kind(self) -> str:
        return self._database.kind

    async def fetch(self, sql: str, *values: Value) -> list[Row]:
        self._pass(sql, values)
        return await self._database.fetch(sql, *values)

    async def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        self._pass(sql, rows[0])
        await self._database.execute_many(sql, rows)

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        self._pass()
        result = await self._database.transact(lambda transaction: work(_Heard(self, transaction)))
        if self.loses_answers:
            raise StateUnavailable("committed, but nobody heard of it")
        return result

    def exclusive(self, name: str, *, timeout_s: float) -> AbstractAsyncContextManager[None]:
        self._pass()
        return self._database.exclusive(name, timeout_s=timeout_s)

    async def aclose(self) -> None:
        await self._database.aclose()

    def _pass(self, sql: str = "", values: Sequence[Value] = ()) -> None:
        if self.is_cut:
            raise StateUnavailable("cut")
        if sql and self.said is not None:
            self.said.append((sql, tuple(values)))


@dataclass(frozen=True, slots=True)
class _Heard:
    wire: Wire
    transaction: Transaction

    def fetch(self, sql: str, *values: Value) -> list[Row]:
        self.wire._pass(sql, values)
        return self.transaction.fetch(sql, *values)

    def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        self.transaction.execute_many(sql, rows)


@dataclass
class Process:
    """One of several that share a database: a connection, a sign of life and a journal of its own."""

    name: str
    wire: Wire
    presence: Presence
    journal: Journal
    _references: int = 0
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def take(self, incoming: IncomingMessage) -> Taken | None:
        self._references += 1
        return await self.journal.take(incoming, f"{self.name}{self._references}")

    async def take_new(self, incoming: IncomingMessage) -> Question:
        taken = await self.take(incoming)
        assert taken is not None
        return taken.question

    async def answer(
        self,
        incoming: IncomingMessage,
        said: str | None = "Yes.",
        outcome: Outcome = "answered",
        answer: Answer | None = None,
    ) -> Question:
        """Take it, and go all the way."""
        question = await self.take_new(incoming)
        assert await self.journal.begin(question, f"at-{question.reference}")
        assert await self.journal.keep(question, outcome, said=said, answer=answer)
        assert await self.journal.deliver(question)
        return question

    async def entry(self, reference: str) -> Entry:
        entry = await self.journal.find(ROOM, reference)
        assert entry is not None
        return entry

    async def end(self) -> None:
        """Like its death: nothing is written down, its lock is free."""
        await self._stack.aclose()


@dataclass
class Processes:
    url: str
    clock: FakeClock = field(default_factory=FakeClock)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    started: int = 0

    async def start(self, terms: Terms = TERMS) -> Process:
        self.started += 1
        wire = Wire(await open_database(self.url, self.clock))
        presence = Presence(wire)
        process = Process(f"p{self.started}-", wire, presence, Journal(wire, presence, self.clock, terms))
        process._stack.push_async_callback(wire.aclose)
        await process._stack.enter_async_context(presence)
        self.stack.push_async_callback(process.end)
        return process


@pytest.fixture
async def processes(state_url: str) -> AsyncIterator[Processes]:
    processes = Processes(state_url)
    yield processes
    await processes.stack.aclose()


@pytest.fixture
async def one(processes: Processes) -> Process:
    return await processes.start()


@pytest.fixture
async def other(processes: Processes, one: Process) -> Process:
    """Started after `one`, in every test that has both."""
    assert one.name == "p1-"
    return await processes.start()


class TestTakingOnce:
    async def test_a_message_is_taken_as_it_was_written(self, one: Process) -> None:
        question = await one.take_new(message("What is a ledger?", author=BRUNO))
        assert question == Question(
            reference="p1-1", thread=ROOM, message_id="1", author=BRUNO, text="What is a ledger?"
        )
        entry = await one.entry("p1-1")
        assert entry.question == question
        assert (entry.state, entry.outcome, entry.resumed) == ("accepted", None, 0)
        assert entry.owner == await one.presence.name()

    @pytest.mark.parametrize("author", [BRUNO, replace(BRUNO, is_outside=True)])
    async def test_whether_its_author_reads_only_what_is_public_is_known_to_an_heir(
        self, one: Process, other: Process, author: Person
    ) -> None:
        await one.take_new(message("What is a ledger?", author=author))
        await one.end()
        (entry,) = await other.journal.left_behind("room")
        assert entry.question.author == author

    async def test_the_same_event_is_taken_once(self, one: Process, other: Process) -> None:
        assert await one.take(message("Hello?", event="E"))
        assert await one.take(message("Hello?", event="E")) is None
        assert await other.take(message("Hello?", event="E")) is None

    async def test_one_event_is_taken_once_whatever_message_it_names(self, one: Process, other: Process) -> None:
        assert await one.take(message("Hello?", id="1", event="E"))
        assert await other.take(message("Hello?", id="2", event="E")) is None

    async def test_the_same_message_under_another_event_is_taken_once(self, one: Process, other: Process) -> None:
        assert await one.take(message("Hello?", id="7", event="mention"))
        assert await one.take(message("Hello?", id="7", event="message")) is None
        assert await other.take(message("Hello?", id="7", event="message")) is None

    async def test_it_is_told_apart_after_a_restart(self, processes: Processes, one: Process) -> None:
        assert await one.take(message("Hello?", event="E"))
        await one.end()
        assert await (await processes.start()).take(message("Hello?", event="E")) is None

    async def test_of_two_processes_at_once_exactly_one_takes_it(self, one: Process, other: Process) -> None:
        for n in range(50):
            by_event = message("Hello?", id=str(n), event=f"E{n}")
            by_place = replace(by_event, event_id=f"F{n}")
            taken = await asyncio.gather(
                one.take(by_event), other.take(by_event), other.take(by_place), one.take(by_place)
            )
            assert len([each for each in taken if each]) == 1

    @pytest.mark.parametrize("elsewhere", [Thread("room", "C2", "1"), Thread("hall", "C1", "1")])
    async def test_the_same_ids_elsewhere_are_another_message(self, one: Process, elsewhere: Thread) -> None:
        here = message("Hello?", id="1", event="E")
        there = replace(here, thread=elsewhere, event_id="E" if elsewhere.platform == "hall" else "F")
        assert await one.take(here)
        assert await one.take(there)

    async def test_messages_of_bots_are_left_alone(self, one: Process) -> None:
        assert await one.take(message("Hello?", is_by_bot=True)) is None
        assert await one.wire.fetch("SELECT 1 FROM events") == []

    async def test_a_press_is_claimed_once(self, one: Process, other: Process) -> None:
        assert await one.journal.claim("room:P1")
        assert not await one.journal.claim("room:P1")
        assert not await other.journal.claim("room:P1")
        assert await other.journal.claim("room:P2")

    @pytest.mark.parametrize("text", ["NUL \0 here", "half \ud83d a pair"])
    async def test_a_text_that_no_database_can_keep_is_answered_and_known_again(self, one: Process, text: str) -> None:
        answer = answer_to(text, text)
        question = await one.answer(message(text, event="E"), said=text, answer=answer)
        assert await one.take(message(text, is_edited=True)) is None
        entry = await one.entry(question.reference)
        assert entry.answer is not None
        assert entry.answer.citations == answer.citations


ADDRESSED: tuple[Addressed, ...] = ("mention", "direct", "thread", "others")
FOR_THE_BOT = {
    "unknown": {"mention", "direct"},
    "active": {"mention", "direct", "thread"},
    "idle": {"mention", "direct"},
    "muted": {"mention"},
    "handed_over": {"mention"},
}


async def _let_stand(processes: Processes, process: Process, standing: str) -> None:
    if standing in {"active", "idle"}:
        await process.answer(message("First?", id="0"))
        processes.clock.wind(IDLE_S if standing == "idle" else IDLE_S - 1)
    elif standing in {"muted", "handed_over"}:
        await process.answer(message("First?", id="0"))
        state: ThreadState = "muted" if standing == "muted" else "handed_over"
        await process.journal.let_stand(ROOM, state)


class TestTheContractOfAThread:
    @pytest.mark.parametrize("addressed", ADDRESSED)
    @pytest.mark.parametrize("standing", FOR_THE_BOT)
    async def test_it_is_kept_in_every_process(
        self, processes: Processes, one: Process, other: Process, standing: str, addressed: Addressed
    ) -> None:
        await _let_stand(processes, one, standing)
        taken = await other.take(message("Next?", addressed=addressed))
        assert (taken is not None) == (addressed in FOR_THE_BOT[standing])

    async def test_what_is_said_in_an_unknown_thread_writes_nothing(self, one: Process) -> None:
        one.wire.said = []
        assert await one.take(message("Lunch?", addressed="thread")) is None
        assert [sql.partition(" ")[0] for sql, _ in one.wire.said] == ["SELECT"]
        for table in ("questions", "events", "conversations"):
            assert await one.wire.fetch(f"SELECT 1 FROM {table}") == []

    @pytest.mark.parametrize("state", ["muted", "handed_over"])
    async def test_a_mention_begins_it_again(self, one: Process, state: ThreadState) -> None:
        await one.journal.let_stand(ROOM, state)
        assert await one.take(message("@bot?", id="1"))
        assert await one.take(message("And?", id="2", addressed="thread"))

    async def test_every_message_that_is_taken_keeps_it_from_falling_idle(
        self, processes: Processes, one: Process
    ) -> None:
        await one.take_new(message("@bot?", id="0"))
        for n in range(1, 4):
            processes.clock.wind(IDLE_S - 1)
            assert await one.take(message("And?", id=str(n), addressed="thread"))

    async def test_other_threads_of_the_place_stand_for_themselves(self, one: Process) -> None:
        await one.take_new(message("@bot?", id="0", thread="1"))
        await one.journal.let_stand(Thread("room", "C1", "3"), "muted")
        assert await one.take(message("And?", id="2", thread="2", addressed="thread")) is None
        assert await one.take(message("And?", id="1", thread="1", addressed="thread"))

    @pytest.mark.parametrize("addressed", ["direct", "thread", "others"])
    async def test_an_edit_does_not_break_the_silence(self, one: Process, addressed: Addressed) -> None:
        await one.answer(message("Wha?"))
        await one.journal.let_stand(ROOM, "muted")
        assert await one.take(message("What?", is_edited=True, addressed=addressed)) is None
        assert await one.take(message("And?", id="2", addressed="direct")) is None


class TestEdits:
    async def test_one_that_changes_nothing_is_left_alone(self, one: Process) -> None:
        await one.answer(message("What?"))
        assert await one.take(message(" What?\n", is_edited=True)) is None

    @pytest.mark.parametrize("addressed", ["mention", "direct", "thread"])
    async def test_a_changed_question_takes_the_place_of_the_one_before(
        self, one: Process, other: Process, addressed: Addressed
    ) -> None:
        before = await one.answer(message("Wha?"), answer=answer_to("Wha?", "Yes."))
        taken = await other.take(message("What?", is_edited=True, addressed=addressed))
        assert taken is not None
        assert taken.revises is not None
        assert taken.revises.reference == before.reference
        assert (taken.question.reference, taken.question.text) == ("p2-1", "What?")
        assert taken.question.address == f"at-{before.reference}"
        assert not taken.question.is_counted
        assert await one.journal.find(ROOM, before.reference) is None
        entry = await one.entry("p2-1")
        assert (entry.state, entry.outcome, entry.said, entry.answer) == ("accepted", None, None, None)
        assert entry.owner == await other.presence.name()

    @pytest.mark.parametrize("is_outside", [True, False])
    async def test_who_reads_along_by_then_is_written_down(
        self, one: Process, other: Process, *, is_outside: bool
    ) -> None:
        await one.answer(message("Before?", author=replace(ANA, is_outside=not is_outside)))
        edited = await other.take_new(message("After?", author=replace(ANA, is_outside=is_outside), is_edited=True))
        assert (await one.entry(edited.reference)).question.author.is_outside == is_outside

    async def test_one_that_comes_too_late_is_left_alone(self, processes: Processes, one: Process) -> None:
        await one.answer(message("Wha?"))
        processes.clock.wind(EDIT_S - 1)
        assert await one.take(message("What?", is_edited=True))
        processes.clock.wind(EDIT_S)
        assert await one.take(message("What then?", is_edited=True)) is None

    async def test_one_of_a_deleted_question_is_left_alone(self, one: Process) -> None:
        await one.answer(message("Wha?"))
        await one.journal.retract(deletion())
        assert await one.take(message("What?", is_edited=True)) is None

    async def test_one_that_is_delivered_as_two_events_is_taken_once(self, one: Process, other: Process) -> None:
        await one.answer(message("Wha?"))
        edit = message("What?", is_edited=True, event="A")
        taken = await asyncio.gather(*(each.take(replace(edit, event_id=e)) for e in "AB" for each in (one, other)))
        assert len([each for each in taken if each]) == 1

    async def test_one_by_which_the_bot_is_called_is_a_new_question(self, processes: Processes, one: Process) -> None:
        sent_at = processes.clock.now() - timedelta(seconds=EDIT_S - 1)
        taken = await one.take(message("@bot What?", is_edited=True, sent_at=sent_at))
        assert taken is not None
        assert taken.revises is None

    async def test_one_of_an_old_message_that_was_never_taken_is_left_alone(
        self, processes: Processes, one: Process
    ) -> None:
        sent_at = processes.clock.now() - timedelta(seconds=EDIT_S)
        assert await one.take(message("@bot What?", is_edited=True, sent_at=sent_at)) is None

    async def test_one_beside_the_bot_stays_beside_it(self, one: Process) -> None:
        assert await one.take(message("What?", is_edited=True, addressed="thread")) is None

    async def test_the_first_delivery_of_a_message_that_was_edited_since_changes_nothing(self, one: Process) -> None:
        assert await one.take(message("@bot What?", is_edited=True))
        assert await one.take(message("@bot Wha?")) is None

    async def test_the_history_ends_before_the_question_that_is_edited(
        self, processes: Processes, one: Process
    ) -> None:
        for n, text in enumerate(("First?", "Second?", "Third?")):
            await one.answer(message(text, id=str(n)), said=f"To {text}")
            processes.clock.wind(1)
        taken = await one.take(message("Second, then?", id="1", is_edited=True))
        assert taken is not None
        assert taken.question.history == (Turn("user", "First?"), Turn("assistant", "To First?"))

    async def test_who_answered_the_question_before_the_edit_has_no_more_say(
        self, one: Process, other: Process
    ) -> None:
        before = await one.take_new(message("Wha?"))
        assert await one.journal.begin(before, "at")
        after = await other.take_new(message("What?", is_edited=True))
        assert await one.journal.wishes() == {}
        assert not await one.journal.begin(before, "elsewhere")
        assert not await one.journal.keep(before, "answered", said="Old.", answer=None)
        assert await other.journal.keep(after, "answered", said="New.", answer=None)
        assert (await other.entry(after.reference)).said == "New."

    async def test_an_answer_that_was_shown_while_its_question_was_edited_does_not_count_as_deleted(
        self, one: Process, other: Process
    ) -> None:
        before = await one.take_new(message("Wha?"))
        assert await one.journal.begin(before, "at")
        assert await one.journal.keep(before, "answered", said="Old.", answer=None)
        after = await other.take_new(message("What?", is_edited=True))
        assert after.address == "at"
        # False would take away the message in which the other process writes.
        assert await one.journal.deliver(before)
        assert (await other.entry(after.reference)).state == "accepted"


class TestHistory:
    async def test_it_is_in_order_and_has_the_bots_own_answers(
        self, processes: Processes, one: Process, other: Process
    ) -> None:
        for n, process in enumerate((one, other, one)):
            await process.answer(message(f"{n}?", id=str(n)), said=f"{n}.")
            processes.clock.wind(1)
        question = await other.take_new(message("Last?", id="9"))
        turns = [turn for n in range(3) for turn in (Turn("user", f"{n}?"), Turn("assistant", f"{n}."))]
        assert list(question.history) == turns

    @pytest.mark.parametrize(
        ("outcome", "said", "is_in"),
        [
            ("stopped", "As far as", True),
            ("failed", "As far as", True),
            ("command", None, False),
            ("refused", None, False),
            ("abandoned", None, False),
        ],
    )
    async def test_it_has_what_the_bot_said_and_nothing_else(
        self, processes: Processes, one: Process, outcome: Outcome, said: str | None, *, is_in: bool
    ) -> None:
        await one.answer(message("First?", id="0"), said, outcome)
        processes.clock.wind(1)
        question = await one.take_new(message("Next?"))
        assert bool(question.history) == is_in

    async def test_deleted_questions_are_out_of_it(self, processes: Processes, one: Process) -> None:
        await one.answer(message("First?", id="0"))
        processes.clock.wind(1)
        await one.journal.retract(deletion("0"))
        assert (await one.take_new(message("Next?"))).history == ()

    async def test_it_is_that_of_the_thread_alone(self, processes: Processes, one: Process) -> None:
        await one.answer(message("Here?", id="0", thread="2"))
        await one.answer(message("Here?", id="0", place="C2"))
        processes.clock.wind(1)
        assert (await one.take_new(message("Next?"))).history == ()

    async def test_it_has_the_last_ten_exchanges_at_most(self, processes: Processes, one: Process) -> None:
        for n in range(12):
            await one.answer(message(f"{n}?", id=str(n)))
            processes.clock.wind(1)
        question = await one.take_new(message("Last?", id="99"))
        assert [turn.text for turn in question.history if turn.role == "user"] == [f"{n}?" for n in range(2, 12)]

    async def test_what_was_said_to_members_is_none_of_outsiders_and_theirs_is_everybodys(
        self, processes: Processes, one: Process, other: Process
    ) -> None:
        for n, author in enumerate((ANA, GUEST, ANA)):
            await one.answer(message(f"{n}?", id=str(n), author=author), said=f"{n}.")
            processes.clock.wind(1)
        of_guest = await other.take_new(message("Next?", id="7", author=GUEST))
        of_member = await other.take_new(message("Next?", id="8"))
        assert of_guest.history == (Turn("user", "1?"), Turn("assistant", "1."))
        assert [turn.text for turn in of_member.history if turn.role == "user"] == ["0?", "1?", "2?"]

    async def test_what_the_platform_tells_goes_first(self, processes: Processes, one: Process) -> None:
        await one.answer(message("First?", id="0"))
        processes.clock.wind(1)
        told = (Turn("user", "As the platform has it"),)
        assert (await one.take_new(message("Next?", history=told))).history == told


class TestTheWayOfAnAnswer:
    async def test_it_goes_from_accepted_to_delivered(self, one: Process) -> None:
        question = await one.take_new(message("What?"))
        assert await one.journal.begin(question, "at")
        entry = await one.entry(question.reference)
        assert (entry.state, entry.question.address, entry.question.is_counted) == ("answering", "at", True)
        answer = answer_to("What?", "That.")
        assert await one.journal.keep(question, "answered", said="That.", answer=answer)
        entry = await one.entry(question.reference)
        assert (entry.state, entry.outcome, entry.said, entry.answer) == ("answering", "answered", "That.", answer)
        assert await one.journal.deliver(question)
        assert (await one.entry(question.reference)).state == "delivered"

    async def test_who_has_lost_a_question_to_an_heir_can_neither_begin_nor_keep_it(
        self, one: Process, other: Process
    ) -> None:
        question = await one.take_new(message("What?"))
        await one.presence.__aexit__()
        (entry,) = await other.journal.left_behind("room")
        assert not await one.journal.begin(question, "mine")
        assert not await one.journal.keep(question, "answered", said="Mine.", answer=None)
        assert await other.journal.begin(entry.question, "yours")
        assert await other.journal.keep(entry.question, "answered", said="Yours.", answer=None)
        entry = await other.entry(question.reference)
        assert (entry.said, entry.question.address) == ("Yours.", "yours")

    async def test_one_that_is_deleted_while_it_is_answered_is_answered_no_more(
        self, one: Process, other: Process
    ) -> None:
        question = await one.take_new(message("What?"))
        assert await one.journal.begin(question, "at")
        retracted = await other.journal.retract(deletion())
        assert retracted is not None
        assert (retracted.reference, retracted.address) == (question.reference, "at")
        assert not await one.journal.begin(question, "at")
        assert not await one.journal.keep(question, "answered", said="That.", answer=None)
        assert await one.journal.deliver(question) == "retracted"
        assert await one.journal.find(ROOM, question.reference) is None
        assert await one.wire.fetch("SELECT state, question, said FROM questions") == [("retracted", "", None)]

    async def test_one_that_is_deleted_between_its_end_and_its_delivery_is_known_as_deleted(
        self, one: Process, other: Process
    ) -> None:
        question = await one.take_new(message("What?"))
        assert await one.journal.keep(question, "answered", said="That.", answer=None)
        assert await other.journal.retract(deletion())
        assert await one.journal.deliver(question) == "retracted"

    async def test_deleting_after_delivery_leaves_no_text(self, one: Process) -> None:
        question = await one.answer(message("Secret?"), said="Secret.", answer=answer_to("Secret?", "Secret."))
        retracted = await one.journal.retract(deletion())
        assert retracted is not None
        assert retracted.address == f"at-{question.reference}"
        assert "Secret" not in str(await one.wire.fetch("SELECT * FROM questions"))

    async def test_one_that_is_deleted_while_it_is_asked_again_or_edited_stays_deleted(
        self, one: Process, other: Process
    ) -> None:
        for n in range(50):
            question = await one.answer(message("Wha?", id=str(n)))
            entry = await one.entry(question.reference)
            await asyncio.gather(
                one.journal.take_again(entry.question, f"again{n}")
                if n % 2
                else one.take(message("What?", id=str(n), is_edited=True)),
                other.journal.retract(deletion(str(n))),
            )
            rows = await one.wire.fetch("SELECT state FROM questions WHERE message = $1", str(n))
            assert rows == [("retracted",)]

    async def test_whoever_is_told_of_a_deletion_is_told_whose_reply_to_take_away(
        self, one: Process, other: Process
    ) -> None:
        question = await one.answer(message("What?"))
        gone = await asyncio.gather(*(each.journal.retract(deletion()) for each in (one, other, one)))
        # Who was told first may have died before the reply was gone.
        assert {each and each.reference for each in gone} == {question.reference}

    async def test_one_whose_deletion_came_first_is_not_taken(self, one: Process, other: Process) -> None:
        assert await one.journal.retract(deletion()) is None
        assert await other.take(message("What?")) is None
        assert await one.take(message("What?", is_edited=True)) is None
        assert await one.take(message("What?", place="C2")) is not None

    @pytest.mark.parametrize("never_taken", [deletion("2"), deletion(place="C2")])
    async def test_deleting_what_was_never_taken_does_nothing(self, one: Process, never_taken: object) -> None:
        question = await one.answer(message("What?"))
        assert await one.journal.retract(never_taken) is None  # type: ignore[arg-type]
        assert (await one.entry(question.reference)).state == "delivered"

    async def test_an_answer_that_another_version_wrote_is_read_as_none(self, one: Process) -> None:
        question = await one.answer(message("What?"), answer=answer_to("What?", "That."))
        await one.wire.fetch("""UPDATE questions SET answer = '{"question": "What?"}'""")
        entry = await one.entry(question.reference)
        assert (entry.said, entry.answer) == ("Yes.", None)


class TestFinding:
    async def test_a_reference_is_found_in_its_place_alone(self, one: Process) -> None:
        question = await one.answer(message("What?"))
        assert await one.journal.find(Thread("room", "C1", "another"), question.reference)
        assert await one.journal.find(Thread("room", "C2", "1"), question.reference) is None
        assert await one.journal.find(Thread("hall", "C1", "1"), question.reference) is None

    async def test_without_one_it_is_the_last_of_the_thread_that_had_an_answer(
        self, processes: Processes, one: Process
    ) -> None:
        assert await one.journal.find(ROOM) is None
        for n, outcome in enumerate(("answered", "refused", "command")):
            await one.answer(message(f"{n}?", id=str(n)), None, outcome)  # type: ignore[arg-type]
            processes.clock.wind(1)
        await one.take_new(message("Not yet?", id="8"))
        await one.answer(message("Elsewhere?", id="9", thread="2"))
        entry = await one.journal.find(ROOM)
        assert entry is not None
        assert entry.question.text == "1?"

    async def test_what_is_under_way_is_found_by_its_reference_and_by_its_thread(
        self, processes: Processes, one: Process, other: Process
    ) -> None:
        await one.answer(message("Over?", id="0"))
        first = await one.take_new(message("First?", id="1"))
        processes.clock.wind(1)
        last = await one.take_new(message("Last?", id="2"))
        assert await other.journal.find_under_way(ROOM) is None
        for question in (first, last):
            await one.journal.begin(question, "at")
        found = await other.journal.find_under_way(ROOM)
        assert found is not None
        assert found.question.reference == last.reference
        found = await other.journal.find_under_way(Thread("room", "C1", "another"), first.reference)
        assert found is not None
        assert found.question.reference == first.reference
        assert await other.journal.find_under_way(Thread("room", "C2", "1"), first.reference) is None
        assert await other.journal.find_under_way(Thread("room", "C1", "another")) is None


class TestRecent:
    async def test_questions_of_one_person_on_one_platform_come_newest_first(
        self, processes: Processes, one: Process, other: Process
    ) -> None:
        for n in range(4):
            await one.answer(message(f"{n}?", id=str(n), place=f"C{n}", thread=f"T{n}"))
            processes.clock.wind(1)
        await one.answer(message("Somebody else's?", id="5", author=BRUNO))
        elsewhere = message("Elsewhere?", id="6")
        await one.answer(replace(elsewhere, thread=replace(elsewhere.thread, platform="hall")))
        under_way = await one.take_new(message("Under way?", id="7"))

        recent = await other.journal.recent("room", ANA.id, 3)

        assert [entry.question.text for entry in recent] == ["Under way?", "3?", "2?"]
        assert recent[0].question.reference == under_way.reference
        assert [entry.outcome for entry in recent] == [None, "answered", "answered"]
        assert (recent[1].question.thread, recent[1].question.message_id) == (Thread("room", "C3", "T3"), "3")

    async def test_neither_commands_nor_what_was_taken_back_are_among_them(self, one: Process) -> None:
        await one.answer(message("/help", id="1"), None, "command")
        await one.answer(message("Secret?", id="2"))
        await one.journal.retract(deletion("2"))
        assert await one.journal.recent("room", ANA.id, 5) == []

    async def test_one_that_somebody_else_has_asked_again_is_still_theirs_who_asked_first(self, one: Process) -> None:
        before = await one.answer(message("What?"))
        await one.journal.take_again(replace(before, author=BRUNO), "again")
        assert [entry.question.reference for entry in await one.journal.recent("room", ANA.id, 5)] == ["again"]
        assert await one.journal.recent("room", BRUNO.id, 5) == []


class TestAskingAgain:
    async def test_who_reads_along_by_then_is_written_down_with_what_they_may_know(
        self, processes: Processes, one: Process
    ) -> None:
        await one.answer(message("First?", id="0"), said="Secret.")
        processes.clock.wind(1)
        before = await one.answer(message("What?"))
        again = await one.journal.take_again(replace(before, author=GUEST), "again")
        assert again is not None
        assert again.history == ()
        assert (await one.entry("again")).question.author == GUEST

    async def test_the_same_question_gets_another_reference_and_keeps_its_place(
        self, processes: Processes, one: Process, other: Process
    ) -> None:
        await one.answer(message("First?", id="0"), said="First.")
        processes.clock.wind(1)
        before = await one.answer(message("What?"), answer=answer_to("What?", "Yes."))
        processes.clock.wind(1)
        await one.answer(message("Later?", id="2"))
        again = await other.journal.take_again((await other.entry(before.reference)).question, "again")
        assert again is not None
        assert (again.reference, again.text, again.address) == ("again", "What?", f"at-{before.reference}")
        assert again.history == (Turn("user", "First?"), Turn("assistant", "First."))
        entry = await one.entry("again")
        assert (entry.state, entry.answer, entry.said) == ("accepted", None, None)
        assert entry.owner == await other.presence.name()

    async def test_of_two_who_ask_at_once_one_is_heard(self, one: Process, other: Process) -> None:
        for n in range(20):
            question = await one.answer(message("What?", id=str(n)))
            entry = await one.entry(question.reference)
            again = await asyncio.gather(
                *(
                    each.journal.take_again(entry.question, f"{n}-{each.name}{i}")
                    for i in range(2)
                    for each in (one, other)
                )
            )
            assert len([each for each in again if each]) == 1

    async def test_what_is_still_being_answered_is_not_asked_again(self, one: Process) -> None:
        question = await one.take_new(message("What?"))
        await one.journal.begin(question, "at")
        assert await one.journal.take_again((await one.entry(question.reference)).question, "again") is None

    async def test_what_was_deleted_is_not_asked_again(self, one: Process) -> None:
        question = await one.answer(message("What?"))
        entry = await one.entry(question.reference)
        await one.journal.retract(deletion())
        assert await one.journal.take_again(entry.question, "again") is None

    async def test_it_is_counted_again_though_it_was_found_while_it_was_answered(self, one: Process) -> None:
        question = await one.take_new(message("What?"))
        await one.journal.begin(question, "at")
        entry = await one.entry(question.reference)
        assert entry.question.is_counted
        await one.journal.keep(question, "answered", said="Yes.", answer=None)
        await one.journal.deliver(question)
        again = await one.journal.take_again(entry.question, "again")
        assert again is not None
        assert not again.is_counted

    async def test_it_begins_the_conversation_again(self, one: Process) -> None:
        question = await one.answer(message("What?"))
        await one.journal.let_stand(ROOM, "muted")
        assert await one.journal.take_again((await one.entry(question.reference)).question, "again")
        assert await one.take(message("And?", id="2", addressed="thread"))


class TestWishes:
    async def test_who_has_nothing_in_hand_has_none(self, one: Process, other: Process) -> None:
        await one.answer(message("Over?", id="0"))
        await one.take_new(message("What?"))
        assert await other.journal.wishes() == {}

    async def test_what_nobody_wants_otherwise_is_told_without_a_wish(self, one: Process) -> None:
        accepted = await one.take_new(message("What?"))
        begun = await one.take_new(message("What?", id="2"))
        await one.journal.begin(begun, "at")
        assert await one.journal.wishes() == {accepted.reference: None, begun.reference: None}

    async def test_to_stop_comes_from_another_process(self, one: Process, other: Process) -> None:
        question = await one.take_new(message("What?"))
        await one.journal.begin(question, "at")
        await other.journal.wish_stopped(question.reference)
        assert await one.journal.wishes() == {question.reference: "stop"}
        assert await other.journal.wishes() == {}

    async def test_a_deletion_comes_from_another_process_and_outweighs_a_stop(
        self, one: Process, other: Process
    ) -> None:
        question = await one.take_new(message("What?"))
        await other.journal.wish_stopped(question.reference)
        await other.journal.retract(deletion())
        assert await one.journal.wishes() == {question.reference: "retracted"}

    async def test_what_another_process_answers_after_an_edit_is_no_more_in_ones_own_hands(
        self, one: Process, other: Process
    ) -> None:
        await one.take_new(message("Wha?"))
        after = await other.take_new(message("What?", is_edited=True))
        assert await one.journal.wishes() == {}
        assert await other.journal.wishes() == {after.reference: None}

    async def test_a_wish_ends_with_what_it_was_about(self, one: Process) -> None:
        question = await one.answer(message("What?"))
        await one.journal.wish_stopped(question.reference)
        again = await one.journal.take_again((await one.entry(question.reference)).question, "again")
        assert again is not None
        assert await one.journal.wishes() == {"again": None}


class TestLeftBehind:
    async def test_only_what_a_process_left_that_is_gone(
        self, processes: Processes, one: Process, other: Process
    ) -> None:
        third = await processes.start()
        await one.answer(message("Over?", id="0"))
        accepted = await one.take_new(message("What?", id="1"))
        processes.clock.wind(1)
        begun = await one.take_new(message("What?", id="2"))
        await one.journal.begin(begun, "at")
        await third.take_new(message("A living one's?", id="3"))
        assert not await other.journal.left_behind("room")
        await one.end()
        left = await other.journal.left_behind("room")
        assert [(entry.question.reference, entry.state, entry.resumed) for entry in left] == [
            (accepted.reference, "accepted", 1),
            (begun.reference, "answering", 1),
        ]
        assert [entry.question.is_counted for entry in left] == [False, True]
        assert left[1].question.address == "at"

    async def test_it_is_each_platforms_own(self, one: Process, other: Process) -> None:
        await one.take_new(message("What?"))
        await one.end()
        assert not await other.journal.left_behind("hall")
        assert len(await other.journal.left_behind("room")) == 1

    async def test_of_several_processes_one_inherits_each_question(self, processes: Processes, one: Process) -> None:
        heirs = [await processes.start() for _ in range(3)]
        for heir in heirs:  # they are alive before anybody dies
            await heir.presence.name()
        for n in range(10):
            await one.take_new(message("What?", id=str(n)))
        await one.end()
        inherited = await asyncio.gather(*(heir.journal.left_behind("room") for heir in heirs))
        references = [entry.question.reference for left in inherited for entry in left]
        assert len(references) == len(set(references)) == 10
        for heir, left in zip(heirs, inherited, strict=True):
            assert {entry.owner for entry in left} <= {await heir.presence.name()}
            assert all([await heir.journal.keep(e.question, "answered", said=None, answer=None) for e in left])

    async def test_it_is_counted_how_many_processes_died_with_it(self, processes: Processes, one: Process) -> None:
        await one.take_new(message("What?"))
        dying = one
        for times in range(1, 4):
            await dying.end()
            dying = await processes.start()
            (entry,) = await dying.journal.left_behind("room")
            assert entry.resumed == times

    async def test_what_nobody_waits_for_is_abandoned(self, one: Process, other: Process) -> None:
        question = await one.take_new(message("What?", is_resumable=False))
        await one.end()
        assert not await other.journal.left_behind("room")
        entry = await other.entry(question.reference)
        assert (entry.state, entry.outcome) == ("delivered", "abandoned")

    async def test_it_comes_with_what_was_said_before(self, processes: Processes, one: Process, other: Process) -> None:
        await one.answer(message("First?", id="0"), said="First.")
        processes.clock.wind(1)
        await one.take_new(message("What?"))
        await one.end()
        (entry,) = await other.journal.left_behind("room")
        assert entry.question.history == (Turn("user", "First?"), Turn("assistant", "First."))

    async def test_how_it_ended_is_told_where_it_was_not_shown(self, one: Process, other: Process) -> None:
        question = await one.take_new(message("What?"))
        answer = answer_to("What?", "That.")
        await one.journal.keep(question, "answered", said="That.", answer=answer)
        await one.end()
        (entry,) = await other.journal.left_behind("room")
        assert (entry.outcome, entry.said, entry.answer) == ("answered", "That.", answer)

    async def test_whoever_wished_it_stopped_is_still_heard(self, one: Process, other: Process) -> None:
        question = await one.take_new(message("What?"))
        await one.end()
        await other.journal.wish_stopped(question.reference)
        await other.journal.left_behind("room")
        assert await other.journal.wishes() == {question.reference: "stop"}

    async def test_what_was_deleted_meanwhile_is_not_among_it(self, one: Process, other: Process) -> None:
        await one.take_new(message("What?"))
        await one.end()
        await other.journal.retract(deletion())
        assert not await other.journal.left_behind("room")

    async def test_it_is_young_for_as_long_as_somebody_waits(self, processes: Processes, one: Process) -> None:
        question = await one.take_new(message("What?"))
        entry = await one.entry(question.reference)
        processes.clock.wind(RESUME_S - 1)
        assert one.journal.is_young(entry)
        processes.clock.wind(1)
        assert not one.journal.is_young(entry)


class TestKeepingHouse:
    async def test_what_is_old_goes(self, processes: Processes, one: Process) -> None:
        old = await one.answer(message("Old?", id="1"))
        processes.clock.wind(TERMS.keep.total_seconds())
        new = await one.answer(message("New?", id="2", thread="2"))
        processes.clock.wind(1)
        await one.journal.tidy()
        assert await one.journal.find(ROOM, old.reference) is None
        assert await one.journal.find(ROOM, new.reference)
        assert await one.wire.fetch("SELECT thread FROM conversations") == [("2",)]
        assert len(await one.wire.fetch("SELECT 1 FROM events")) == 1

    async def test_an_event_is_known_for_as_long_as_anybody_delivers_it_again(
        self, processes: Processes, one: Process, other: Process
    ) -> None:
        await one.journal.claim("room:E")
        processes.clock.wind(timedelta(days=2).total_seconds())
        await one.journal.tidy()
        assert not await other.journal.claim("room:E")

    @pytest.mark.parametrize("state", ["muted", "handed_over"])
    async def test_who_told_the_bot_to_keep_quiet_has_not_taken_it_back(
        self, processes: Processes, one: Process, state: ThreadState
    ) -> None:
        await one.journal.let_stand(ROOM, state)
        processes.clock.wind(TERMS.keep.total_seconds() + 1)
        await one.journal.tidy()
        assert await one.take(message("Still there?", addressed="direct")) is None

    async def test_forgetting_somebody_erases_their_questions_alone(self, one: Process) -> None:
        await one.answer(message("Secret?", author=BRUNO), said="Secret.", answer=answer_to("Secret?", "Secret."))
        kept = await one.answer(message("Mine?", id="2"))
        assert await journals.forget(one.wire, BRUNO.id) == ["Secret?"]
        assert await journals.forget(one.wire, BRUNO.id) == []
        rows = str(await one.wire.fetch("SELECT * FROM questions"))
        assert "Secret" not in rows
        assert kept.reference in rows


class TestWithoutTheDatabase:
    @pytest.fixture
    async def cut(self, one: Process) -> Process:
        await one.presence.name()
        one.wire.is_cut = True
        return one

    async def test_a_message_is_taken_all_the_same(self, cut: Process) -> None:
        told = (Turn("user", "Before"),)
        question = await cut.take_new(message("What?", history=told))
        assert (question.is_written, question.history) == (False, told)

    async def test_so_is_the_first_one_of_a_process_that_never_saw_it(self, one: Process) -> None:
        one.wire.is_cut = True
        assert not (await one.take_new(message("What?"))).is_written

    async def test_duplicates_are_told_apart_from_memory(self, cut: Process) -> None:
        assert await cut.take(message("What?", id="1", event="A"))
        assert await cut.take(message("What?", id="1", event="A")) is None
        assert await cut.take(message("What?", id="1", event="B")) is None
        assert await cut.take(message("What?", id="2", event="A")) is None
        assert await cut.take(message("What?", id="2", event="C"))

    async def test_of_many_deliveries_at_once_one_is_taken(self, cut: Process) -> None:
        taken = await asyncio.gather(*(cut.take(message("What?", id="1")) for _ in range(20)))
        assert len([each for each in taken if each]) == 1

    async def test_what_was_taken_before_is_remembered(self, one: Process) -> None:
        await one.take_new(message("What?", event="A"))
        one.wire.is_cut = True
        assert await one.take(message("What?", event="A")) is None
        assert await one.take(message("What?", event="B")) is None

    async def test_what_was_taken_from_memory_is_not_taken_again_when_the_database_is_back(self, cut: Process) -> None:
        assert await cut.take(message("What?", event="A"))
        cut.wire.is_cut = False
        assert await cut.take(message("What?", event="A")) is None
        assert await cut.take(message("What?", event="B")) is None
        # Whether that changes anything, nobody can tell.
        assert await cut.take(message("What?", event="C", is_edited=True)) is None

    async def test_a_press_is_claimed_once(self, cut: Process) -> None:
        assert await cut.journal.claim("room:P1")
        assert not await cut.journal.claim("room:P1")

    async def test_conversations_that_were_active_go_on(self, one: Process) -> None:
        await one.take_new(message("@bot?", id="1"))
        one.wire.is_cut = True
        assert await one.take(message("And?", id="2", addressed="thread"))
        assert await one.take(message("And?", id="3", thread="2", addressed="thread")) is None

    async def test_those_that_begin_meanwhile_too(self, cut: Process) -> None:
        await cut.take_new(message("@bot?", id="1"))
        assert await cut.take(message("And?", id="2", addressed="thread"))

    async def test_but_not_those_that_were_ended_or_fell_idle(self, processes: Processes, one: Process) -> None:
        await one.take_new(message("@bot?", id="1"))
        await one.take_new(message("@bot?", id="2", thread="2"))
        await one.journal.let_stand(ROOM, "muted")
        one.wire.is_cut = True
        assert await one.take(message("And?", id="3", addressed="thread")) is None
        processes.clock.wind(IDLE_S)
        assert await one.take(message("And?", id="4", thread="2", addressed="thread")) is None

    @pytest.mark.parametrize("written_before", [True, False])
    async def test_an_answer_goes_its_way(self, one: Process, *, written_before: bool) -> None:
        one.wire.is_cut = not written_before
        question = await one.take_new(message("What?"))
        one.wire.is_cut = True
        assert await one.journal.begin(question, "at")
        assert await one.journal.keep(question, "answered", said="That.", answer=None)
        assert await one.journal.deliver(question)

    async def test_one_that_was_taken_from_memory_goes_on_when_the_database_is_back(self, cut: Process) -> None:
        question = await cut.take_new(message("What?"))
        cut.wire.is_cut = False
        assert await cut.journal.begin(question, "at")
        assert await cut.journal.keep(question, "answered", said="That.", answer=None)
        assert await cut.journal.deliver(question)

    async def test_one_whose_commit_got_through_unheard_is_not_left_behind(self, one: Process, other: Process) -> None:
        await one.presence.name()
        one.wire.loses_answers = True
        question = await one.take_new(message("What?"))
        assert not question.is_written
        assert await one.journal.begin(question, "at")
        assert await one.journal.keep(question, "answered", said="That.", answer=None)
        assert await one.journal.deliver(question)
        await one.end()
        assert not await other.journal.left_behind("room")

    async def test_what_only_the_database_knows_says_that_nobody_knows(self, cut: Process) -> None:
        with pytest.raises(StateUnavailable):
            await cut.journal.find(ROOM)
        with pytest.raises(StateUnavailable):
            await cut.journal.recent("room", ANA.id, 5)
        with pytest.raises(StateUnavailable):
            await cut.journal.retract(deletion())
        with pytest.raises(StateUnavailable):
            await cut.journal.wishes()
        with pytest.raises(StateUnavailable):
            await cut.journal.left_behind("room")


class Interleaving:
    """Two processes, a few messages, and whatever may come at once."""

    def __init__(self, seed: int, processes: Processes, both: list[Process]) -> None:
        self._random = random.Random(seed)
        self._processes = processes
        self._both = both
        self._place = f"C{seed}"
        self._events = 0
        self.taken: dict[str, int] = {}
        self.deleted: set[str] = set()
        self.deleted_before: set[str] = set()
        self.in_hand: dict[str, list[tuple[Process, Question]]] = {}

    async def run(self, steps: int) -> None:
        for _ in range(steps):
            act = self._random.choice([self._deliver, self._deliver, self._edit, self._keep, self._again, self._die])
            await act(str(self._random.randrange(4)))
            if self._random.random() < 0.1:
                await self._delete(str(self._random.randrange(4)))

    def _message(self, of: str, text: str, *, is_edited: bool = False) -> IncomingMessage:
        self._events += 1
        event = f"{self._place}-{self._events}"
        return message(text, id=of, event=event, place=self._place, is_edited=is_edited)

    async def _take(self, *incoming: IncomingMessage) -> None:
        calls = [(process, each) for each in incoming for process in self._both]
        self._random.shuffle(calls)
        results = await asyncio.gather(*(process.take(each) for process, each in calls))
        for (process, each), taken in zip(calls, results, strict=True):
            if taken is not None:
                self.in_hand.setdefault(each.id, []).append((process, taken.question))
                if not each.is_edited:
                    self.taken[each.id] = self.taken.get(each.id, 0) + 1

    async def _deliver(self, of: str) -> None:
        await self._take(*(self._message(of, "Wha?") for _ in range(2)))
        # Of all deliveries together.
        assert self.taken.get(of, 0) == (0 if of in self.deleted_before else 1)

    async def _edit(self, of: str) -> None:
        if of in self.taken:
            before = len(self.in_hand[of])
            text = f"What, at {self._events}?"
            await self._take(*(self._message(of, text, is_edited=True) for _ in range(2)))
            assert len(self.in_hand[of]) - before == (of not in self.deleted)

    async def _keep(self, of: str) -> None:
        """Everybody who ever had it in hand believes to have it still."""
        held = self.in_hand.get(of, [])
        kept = await asyncio.gather(
            *(process.journal.keep(q, "answered", said=f"To {q.text}", answer=None) for process, q in held)
        )
        assert sum(kept) <= 1
        if held and sum(kept) == 0:
            assert of in self.deleted or await self._is_delivered(of)
        for (process, question), is_mine in zip(held, kept, strict=True):
            if is_mine:
                await process.journal.deliver(question)

    async def _again(self, of: str) -> None:
        held = self.in_hand.get(of, [])
        entry = held and await self._both[0].journal.find(held[-1][1].thread, held[-1][1].reference)
        if entry:
            calls = [(process, f"{self._place}-{self._events}-{process.name}") for process in self._both]
            again = await asyncio.gather(*(process.journal.take_again(entry.question, name) for process, name in calls))
            won = [(each[0], question) for each, question in zip(calls, again, strict=True) if question]
            assert len(won) == (entry.state == "delivered")
            self.in_hand[of] += won
        self._events += 1

    async def _die(self, _of: str) -> None:
        index = self._random.randrange(2)
        await self._both[index].end()
        self._both[index] = await self._processes.start()
        for held in self.in_hand.values():
            held[:] = [(process, question) for process, question in held if process in self._both]
        left = await asyncio.gather(*(process.journal.left_behind("room") for process in self._both))
        for process, entries in zip(self._both, left, strict=True):
            for entry in entries:
                assert entry.question.thread.place == self._place
                self.in_hand[entry.question.message_id].append((process, entry.question))

    async def _delete(self, of: str) -> None:
        gone = await asyncio.gather(*(p.journal.retract(deletion(of, place=self._place)) for p in self._both))
        assert all(gone) == any(gone) == (of in self.taken)
        (self.deleted if of in self.taken else self.deleted_before).add(of)

    async def _is_delivered(self, of: str) -> bool:
        rows = await self._both[0].wire.fetch(
            "SELECT state FROM questions WHERE place = $1 AND message = $2", self._place, of
        )
        return rows == [("delivered",)]


@pytest.mark.parametrize("seed", range(8))
async def test_however_two_processes_interleave_one_takes_and_one_keeps(processes: Processes, seed: int) -> None:
    both = [await processes.start(), await processes.start()]
    await Interleaving(seed, processes, both).run(40)


async def _fill(database: Database) -> None:
    """A month of a busy place, almost all of it over."""
    old = "2026-11-01T00:00:00.{:06}+00:00"
    await database.execute_many(
        "INSERT INTO questions (reference, platform, place, thread, message, author, workspace, roles, locale,"
        " question, state, owner, address, is_resumable, resumed, outcome, said, asked_at, taken_at) VALUES"
        " ($1, 'room', 'C1', $2, $1, 'U', '', '[]', 'en', 'q', $3, '9:gone', '', 1, 0, 'answered', 's', $4, $4)",
        [(f"old{n}", f"t{n % 500}", "retracted" if n % 100 == 0 else "delivered", old.format(n)) for n in range(5000)],
    )
    await database.execute_many(
        "INSERT INTO conversations (platform, place, thread, state, active_at) VALUES ('room', 'C1', $1, 'active', $2)",
        [(f"t{n}", old.format(n)) for n in range(500)],
    )
    await database.execute_many("INSERT INTO events VALUES ($1, $2)", [(f"e{n}", old.format(n)) for n in range(5000)])
    await database.execute_many(
        "INSERT INTO feedback VALUES ($1, 'U', 'room', 'C1', $1, 'U', 'q', 'good', '', $2)",
        [(f"old{n}", old.format(n)) for n in range(5000)],
    )


async def test_no_statement_reads_a_whole_table(processes: Processes) -> None:
    one, dead = await processes.start(), await processes.start()
    await _fill(one.wire)
    if one.wire.kind == "postgresql":  # which does so by itself, sooner or later
        await one.wire.fetch("ANALYZE")
    await dead.take_new(message("Left?", id="left"))
    await dead.end()
    one.wire.said = []
    question = await one.answer(message("Wha?", thread="t1"))
    await one.take(message("What?", thread="t1", is_edited=True))
    await one.take(message("And?", id="2", thread="t1", addressed="thread"))
    await one.journal.find(question.thread)
    await one.journal.find(question.thread, "old1")
    await one.journal.find_under_way(question.thread)
    await one.journal.find_under_way(question.thread, "old1")
    await one.journal.take_again((await one.entry("old1")).question, "again")
    await one.journal.wishes()
    await one.journal.wish_stopped("again")
    await one.journal.left_behind("room")
    await one.journal.retract(deletion("2"))
    await one.journal.let_stand(question.thread, "muted")
    await one.journal.claim("room:P")
    await journals.forget(one.wire, "nobody")
    said, one.wire.said = one.wire.said, None
    explain, reads_all = ("EXPLAIN QUERY PLAN", "SCAN") if one.wire.kind == "sqlite" else ("EXPLAIN", "Seq Scan")
    assert len(said) > 30
    for sql, values in said:
        plan = await one.wire.fetch(f"{explain} {sql}", *values)
        # There are as many rows of `processes` as there were processes at once.
        assert reads_all not in str(plan) or "FROM processes" in sql, (sql, plan)


async def test_steps_that_could_not_be_written_are_made_up_for_in_their_order(processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    question = await one.take_new(message("What?"))
    one.wire.is_cut = True
    assert await one.journal.begin(question, "at")
    assert await one.journal.keep(question, "answered", said="That.", answer=None)
    assert await one.journal.deliver(question)
    assert (await other.entry(question.reference)).state == "accepted"
    one.wire.is_cut = False

    entry = await one.journal.find(ROOM)

    assert entry is not None
    assert (entry.state, entry.outcome, entry.said, entry.question.address) == ("delivered", "answered", "That.", "at")


async def _never(_question: Question, _reply: Reply, _why: str) -> None:
    raise AssertionError("nothing was left behind")


async def test_what_is_owed_is_written_by_whoever_watches(processes: Processes) -> None:
    one = await processes.start()
    question = await one.take_new(message("What?"))
    one.wire.is_cut = True
    await one.journal.begin(question, "at")
    one.wire.is_cut = False

    await Recovery(one.journal, UnderWay(1), processes.clock, _never)._do_as_wished()

    assert (await one.entry(question.reference)).question.address == "at"


async def test_one_thing_that_goes_wrong_does_not_end_the_watch(processes: Processes) -> None:
    came_again = asyncio.Event()
    failures = [ValueError("a mistake of ours"), StateUnavailable("away")]

    async def do() -> None:
        if failures:
            raise failures.pop()
        came_again.set()

    repeating = asyncio.create_task(repeat(do, processes.clock, every_s=1))
    coming = asyncio.create_task(came_again.wait())
    await asyncio.wait([repeating, coming], return_when=asyncio.FIRST_COMPLETED)

    assert came_again.is_set()
    assert not repeating.done()
    repeating.cancel()
