"""`/forget` on every database: nothing is left of a person, and all of everybody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import pytest

from bot.access import Access, Admins
from bot.messages import Card, Person
from rag.model import Asker
from rag.ports import Database, Row
from rag.quota.books import Books
from rag.quota.policy import Change, QuotaPolicy
from rag.quota.quotas import Measure, Need
from tests.fakes.clock import FakeClock
from tests.fakes.room import BRUNO, Room, message, press
from tests.fakes.scripted_pipeline import Forever, ScriptedPipeline, says
from tests.fakes.spending import expense, spend
from tests.fakes.talk import Talk, open_talk

GHOST = Person(id="U-GHOST-77", locale="en", workspace="T1", roles=frozenset({"eng"}))
# Not theirs alone: what they say and do with it is.
SECRET = "is my notice period confidential?"
ACCESS = Access(admins=Admins(frozenset({GHOST.id})))
DONE = "Done. I have erased {questions} with my answers, and taken your name out of {entries} in the books."

_ids = iter(range(10**6))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pipeline() -> ScriptedPipeline:
    return ScriptedPipeline({SECRET: says("It is."), "hang": says("Half", Forever())})


def start(
    url: str, clock: FakeClock, pipeline: ScriptedPipeline, policy: QuotaPolicy | None = None
) -> AbstractAsyncContextManager[Talk]:
    return open_talk(url, pipeline, clock=clock, access=ACCESS, policy=policy)


async def told(talk: Talk, text: str, author: Person = GHOST) -> Card:
    room = Room()
    await talk.conversation.handle(message(text, id=f"m{next(_ids)}", author=author), room)
    (card,) = room.cards
    return card


async def contents(database: Database) -> dict[str, list[Row]]:
    """Every row of every table."""
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if database.kind == "sqlite"
        else "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    )
    tables = sorted(str(name) for (name,) in await database.fetch(names))
    return {table: await database.fetch(f"SELECT * FROM {table}") for table in tables}


def holding(tables: dict[str, list[Row]], *texts: str) -> dict[str, int]:
    """In how many rows of which tables one of these texts stands."""
    found = {table: sum(any(text in repr(row) for text in texts) for row in rows) for table, rows in tables.items()}
    return {table: count for table, count in found.items() if count}


async def live(talk: Talk, clock: FakeClock) -> None:
    """A life in which a person leaves their name wherever there is room for one."""
    books = Books(talk.database, clock, QuotaPolicy())
    await told(talk, SECRET)
    reference = (await talk.conversation.last_question(message("").thread)).reference  # type: ignore[union-attr]
    for presser in (GHOST, BRUNO):
        await talk.conversation.press(
            press("bad", text=f"{presser.id} says so", author=presser, reference=reference), Room()
        )
    await told(talk, "Where do I park?", BRUNO)
    await talk.conversation.press(press("retry", author=GHOST), Room())
    await told(talk, "/budget set 5")
    await told(talk, "/budget lift 6")
    await told(talk, f"/limits set tokens_per_day=10 user:{BRUNO.id}")
    await told(talk, "/models pin acme/large")
    await told(talk, "/alerts here")
    for number, user in enumerate((GHOST.id, BRUNO.id, GHOST.id)):
        await spend(books, expense(1_000 + number, user=user))
        clock.wind(86_400)
    entry = {"answer": {"question": SECRET.upper()}}
    await talk.database.fetch(
        "INSERT INTO answers (key, gist, entry, made_at) VALUES ('k', NULL, $1, '2026')", json.dumps(entry)
    )
    async with books.reserve(Need(micro_usd=5), expense(5, user=GHOST.id), lease_s=600) as reservation:
        reservation.is_over = True  # its process dies


async def test_it_asks_whether_they_are_sure_and_erases_nothing(
    state_url: str, clock: FakeClock, pipeline: ScriptedPipeline
) -> None:
    async with start(state_url, clock, pipeline) as talk:
        await told(talk, SECRET)
        card = await told(talk, "/forget")
        assert holding(await contents(talk.database), SECRET)

    assert card.private
    assert card.text.endswith("This cannot be undone. `/forget yes` does it.")


@pytest.mark.parametrize("text", ["/forget yes", "/forget confirm", "/esquecer sim", "/esqueça SIM"])
async def test_it_leaves_nothing_of_a_person_in_any_table_and_is_answered_all_the_same(
    state_url: str, clock: FakeClock, pipeline: ScriptedPipeline, text: str
) -> None:
    async with start(state_url, clock, pipeline) as talk:
        await live(talk, clock)
        before = holding(await contents(talk.database), GHOST.id)
        card = await told(talk, text)
        left = await contents(talk.database)

    # Wherever a person can be named they were.
    assert before.keys() >= {"choices", "feedback", "ledger", "questions", "quota_changes", "reservations", "tallies"}
    assert holding(left, GHOST.id, SECRET, SECRET.upper(), "U-GHOST") == {}
    assert card == Card(DONE.format(questions="6 questions", entries="2 entries"), private=True)


async def test_it_leaves_everything_of_everybody_else_and_every_sum(
    state_url: str, clock: FakeClock, pipeline: ScriptedPipeline
) -> None:
    async with start(state_url, clock, pipeline) as talk:
        await live(talk, clock)
        accounts, today = talk.desk.accounts, talk.desk.accounts.today
        spent = await accounts.costs_between(today.replace(day=1), today, "model")
        before = await contents(talk.database)
        in_force, pin = await accounts.in_force(), await talk.desk.choices.pin_of("C1")
        await told(talk, "/forget yes")
        after = await contents(talk.database)
        clock.wind(2)

        assert await accounts.costs_between(today.replace(day=1), today, "model") == spent
        assert await accounts.in_force() == in_force
        assert await talk.desk.choices.pin_of("C1") == pin
    for table in ("ledger", "feedback", "tallies", "tallies_within", "quota_used", "events"):
        assert set(_of_others(before[table])) <= set(after[table]), table
    assert [row for row in after["questions"] if BRUNO.id in row], "what he asked stays, also where she paid for it"


def _of_others(rows: list[Row]) -> Iterator[Row]:
    return (row for row in rows if GHOST.id not in repr(row) and SECRET not in repr(row))


async def test_doing_it_twice_is_fine(state_url: str, clock: FakeClock, pipeline: ScriptedPipeline) -> None:
    async with start(state_url, clock, pipeline) as talk:
        await live(talk, clock)
        await told(talk, "/forget yes")
        again = await told(talk, "/forget yes")
        assert holding(await contents(talk.database), GHOST.id) == {}

    assert again.text == DONE.format(questions="0 questions", entries="0 entries")


async def test_what_counts_until_its_window_closes_is_gone_after_that(
    state_url: str, clock: FakeClock, pipeline: ScriptedPipeline
) -> None:
    policy = QuotaPolicy(kinds={"user": {Measure("usd", "day"): 2_000_000}})
    async with start(state_url, clock, pipeline, policy) as talk:
        await spend(Books(talk.database, clock, policy), expense(1_900_000, user=GHOST.id))
        await told(talk, "/forget yes")
        at_once = holding(await contents(talk.database), GHOST.id)
        (standing,) = await talk.desk.accounts.standing(Asker(user=GHOST.id))
        clock.wind(3 * 86_400)
        await talk.desk.accounts.tidy()
        in_the_end = holding(await contents(talk.database), GHOST.id)

    assert standing.count.used == 1_900_000, "nobody gets a new budget by being forgotten"
    assert at_once.keys() <= {"quota_used"}
    assert in_the_end == {}


async def test_a_limit_for_them_alone_holds_on(state_url: str, clock: FakeClock, pipeline: ScriptedPipeline) -> None:
    change = Change(f"user:{GHOST.id}", Measure("usd", "day"), 1)
    async with start(state_url, clock, pipeline) as talk:
        await talk.desk.accounts.change("BOSS", change)
        await told(talk, "/forget yes")

        assert await talk.desk.accounts.in_force() == (change,)


async def test_while_another_question_of_theirs_is_answered_that_goes_too(
    state_url: str, clock: FakeClock, pipeline: ScriptedPipeline
) -> None:
    room = Room()
    async with start(state_url, clock, pipeline) as talk:
        answering = asyncio.create_task(
            talk.conversation.handle(message("hang", id="h", thread="other", author=GHOST), room)
        )
        await room.written.wait()
        card = await told(talk, "/forget yes")
        await talk.conversation.press(
            replace(press("stop", author=GHOST), thread=message("", thread="other").thread), room
        )
        await asyncio.wait_for(answering, 10)
        left = await contents(talk.database)

    assert card.text.startswith("Done. I have erased 1 question with my answers")
    assert holding(left, GHOST.id, "hang") == {}


async def test_what_is_paid_for_when_they_are_gone_is_booked_to_nobody(
    state_url: str, clock: FakeClock, pipeline: ScriptedPipeline
) -> None:
    async with start(state_url, clock, pipeline) as talk:
        books, paid = Books(talk.database, clock, QuotaPolicy()), expense(1_000, user=GHOST.id)
        async with books.reserve(Need(micro_usd=1_000), paid, lease_s=60) as reservation:
            await told(talk, "/forget yes")
            await reservation.settle(paid)
        left = holding(await contents(talk.database), GHOST.id)

    assert left == {}
