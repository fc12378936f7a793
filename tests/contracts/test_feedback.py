"""What people thought of answers is kept on every engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot import feedback as ratings
from bot.feedback import Complaint, Feedback, Ratings, Verdict
from bot.journal import Journal, forget
from bot.messages import Person, Question
from bot.presence import Presence
from bot.terms import Terms
from rag.ports import Database
from rag.state import open_database
from tests.fakes.clock import FakeClock
from tests.fakes.room import ANA, BRUNO, deletion, message, press

A_DAY = timedelta(days=1)


@dataclass
class Desk:
    clock: FakeClock
    database: Database
    journal: Journal
    feedback: Feedback

    async def ask(self, text: str = "What?", *, reference: str = "ref", id: str = "1") -> Question:  # noqa: A002
        taken = await self.journal.take(message(text, id=id), reference)
        assert taken is not None
        await self.journal.keep(taken.question, "answered", said="That.", answer=None)
        await self.journal.deliver(taken.question)
        return taken.question

    async def rate(self, question: Question, verdict: Verdict, reason: str = "", author: Person = ANA) -> None:
        action = press("good" if verdict == "good" else "bad", text=reason, author=author)
        await self.feedback.give(action, question, verdict)

    async def of_today(self) -> Ratings:
        now = self.clock.now()
        return await self.feedback.ratings(now - A_DAY, now + timedelta(microseconds=1))

    async def counts(self) -> tuple[int, int]:
        given = await self.of_today()
        return given.good, given.bad


@pytest.fixture
async def desk(state_url: str) -> AsyncIterator[Desk]:
    clock = FakeClock()
    database = await open_database(state_url, clock)
    async with Presence(database) as presence:
        yield Desk(clock, database, Journal(database, presence, clock, Terms()), Feedback(database, clock))
    await database.aclose()


async def test_a_verdict_counts_with_its_reference(desk: Desk) -> None:
    question = await desk.ask()
    await desk.rate(question, "bad", "  It is from last year. ")
    expected = Complaint("ref", desk.clock.now(), "C1", "What?", "It is from last year.")
    assert await desk.of_today() == Ratings(0, 1, (expected,))


async def test_each_person_has_one_verdict_and_the_last_counts(desk: Desk) -> None:
    question = await desk.ask()
    await desk.rate(question, "bad", "No.")
    await desk.rate(question, "bad", author=BRUNO)
    await desk.rate(question, "good")
    assert await desk.counts() == (1, 1)


async def test_what_was_wrong_may_be_said_later(desk: Desk) -> None:
    question = await desk.ask()
    await desk.rate(question, "bad")
    desk.clock.wind(60)
    await desk.rate(question, "bad", "Too short.")
    assert [complaint.reason for complaint in (await desk.of_today()).complaints] == ["Too short."]


@pytest.mark.parametrize("reason", ["NUL \0 here", "half \ud83d a pair"])
async def test_a_reason_that_no_database_can_keep_is_kept_without_what_cannot(desk: Desk, reason: str) -> None:
    await desk.rate(await desk.ask(), "bad", reason)
    (complaint,) = (await desk.of_today()).complaints
    assert complaint.reason.startswith(reason[:4])
    assert complaint.reason.endswith(reason[-4:])


async def test_the_stretch_of_time_has_its_beginning_and_not_its_end(desk: Desk) -> None:
    question = await desk.ask()
    since = desk.clock.now()

    async def counted(since: datetime, until: datetime) -> int:
        return (await desk.feedback.ratings(since, until)).bad

    await desk.rate(question, "bad")
    second = timedelta(seconds=1)
    assert await counted(since, since + second) == 1
    assert await counted(since - second, since) == 0
    assert await counted(since + second, since + 2 * second) == 0


async def test_the_newest_hundred_complaints_are_told_and_all_are_counted(desk: Desk) -> None:
    question = await desk.ask()
    for n in range(102):
        desk.clock.wind(1)
        await desk.rate(question, "bad", str(n), author=replace(ANA, id=f"U{n}"))
    given = await desk.of_today()
    assert given.bad == 102
    assert [complaint.reason for complaint in given.complaints] == [str(n) for n in range(101, 1, -1)]


async def test_a_question_that_was_deleted_is_not_told(desk: Desk) -> None:
    question = await desk.ask("Secret?")
    await desk.rate(question, "bad", "No.")
    await desk.journal.retract(deletion())
    assert [(complaint.question, complaint.reason) for complaint in (await desk.of_today()).complaints] == [
        (None, "No.")
    ]


async def test_nor_is_one_whose_author_was_forgotten(desk: Desk) -> None:
    question = await desk.ask("Secret?")
    await desk.rate(question, "bad", "No.", author=BRUNO)
    await forget(desk.database, ANA.id)
    await ratings.forget(desk.database, ANA.id)
    assert [(complaint.question, complaint.reason) for complaint in (await desk.of_today()).complaints] == [
        (None, "No.")
    ]


class TestForgetting:
    async def test_who_gave_a_verdict_and_their_words_go_and_it_still_counts(self, desk: Desk) -> None:
        for n, verdict in enumerate(("bad", "good")):
            question = await desk.ask(reference=f"ref{n}", id=str(n))
            await desk.rate(question, verdict, "Secret.", author=BRUNO)  # type: ignore[arg-type]
        assert await ratings.forget(desk.database, BRUNO.id) == 2
        rows = str(await desk.database.fetch("SELECT * FROM feedback"))
        assert BRUNO.id not in rows
        assert "Secret" not in rows
        assert await desk.counts() == (1, 1)

    async def test_of_others_nothing_goes(self, desk: Desk) -> None:
        question = await desk.ask()
        await desk.rate(question, "bad", "Mine.")
        await desk.rate(question, "bad", "Yours.", author=BRUNO)
        assert await ratings.forget(desk.database, BRUNO.id) == 1
        assert {complaint.reason for complaint in (await desk.of_today()).complaints} == {"Mine.", ""}
        assert await ratings.forget(desk.database, "nobody") == 0

    async def test_several_who_rated_the_same_answer_may_be_forgotten(self, desk: Desk) -> None:
        question = await desk.ask()
        for author in (ANA, BRUNO):
            await desk.rate(question, "bad", author=author)
        assert [await ratings.forget(desk.database, author.id) for author in (ANA, BRUNO)] == [1, 1]
        assert await desk.counts() == (0, 2)

    async def test_nobody_can_be_put_together_again_from_several_verdicts(self, desk: Desk) -> None:
        for n in range(2):
            await desk.rate(await desk.ask(reference=f"ref{n}", id=str(n)), "bad")
        await ratings.forget(desk.database, ANA.id)
        rows = await desk.database.fetch("SELECT DISTINCT author FROM feedback")
        assert len(rows) == 2

    async def test_who_was_forgotten_may_rate_again(self, desk: Desk) -> None:
        question = await desk.ask()
        await desk.rate(question, "bad")
        await ratings.forget(desk.database, ANA.id)
        await desk.rate(question, "good")
        assert await desk.counts() == (1, 1)


async def test_tidying_drops_what_is_older(desk: Desk) -> None:
    question = await desk.ask()
    await desk.rate(question, "bad")
    desk.clock.wind(60)
    await desk.rate(question, "good", author=BRUNO)
    await desk.feedback.tidy(desk.clock.now())
    assert await desk.counts() == (1, 0)
