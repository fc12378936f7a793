"""The tallies are what the ledger says, whatever was done in whatever order; on every engine."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from rag.errors import StateUnavailable
from rag.model import NOBODY, Asker, Outcome, Purpose, TokenUsage
from rag.ports import Database, Value
from rag.quota.accounts import Accounts
from rag.quota.books import Books, Reservation
from rag.quota.ledger import CostKey, Costs, Expense
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import EVERYTHING, USD_PER_DAY, Measure, Need, Subject
from rag.quota.recount import Difference, differences
from rag.quota.tallies import KEPT
from rag.state import open_database
from rag.state.late import LateDatabase
from rag.state.migrations import known_migrations
from rag.state.postgres import PostgresDatabase
from rag.state.sqlite import SqliteDatabase
from rag.state.timestamps import to_text
from tests.fakes.clock import FakeClock
from tests.fakes.postgres import PostgresServer
from tests.fakes.state import state_file_url

T = TypeVar("T")

BEFORE_TALLIES = known_migrations()[:5]
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
ALICE = Asker(user="alice", channel="general", workspace="acme")
BOB = Asker(user="bob", channel="general", workspace="acme")
TODAY = date(2026, 11, 22)
TOMORROW = TODAY + timedelta(days=1)
CALL = Expense(
    purpose="answer",
    provider="acme",
    model="large",
    asked_model="large",
    tokens=TokenUsage(input=700, output=90),
    cost_micro_usd=0,
    task="factual",
    outcome="answered",
    rung="fresh",
    reference="q1",
    asker=ALICE,
)
FREE = replace(
    CALL, provider="ragbot", model="cached", tokens=TokenUsage(), rung="cached", outcome=None, attempt=0
)  # fmt: skip


@dataclass
class Desk:
    url: str
    clock: FakeClock
    database: Database
    books: Books
    keep_days: int = 400

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.books, self.database, self.clock, keep_days=self.keep_days)

    def begin_again(self, zone: Any = UTC) -> None:
        """As a process does that is started anew, with that zone in its configuration."""
        self.books = Books(self.database, self.clock, QuotaPolicy(zone=zone))

    async def spend(self, micro_usd: int = 0, **changes: object) -> None:
        call = replace(CALL, cost_micro_usd=micro_usd, **changes)  # type: ignore[arg-type]
        async with self.books.reserve(Need(micro_usd=micro_usd), call, lease_s=60) as reservation:
            await reservation.settle(call)

    async def answer_for_free(self, **changes: object) -> None:
        self.books.note(replace(FREE, **changes))  # type: ignore[arg-type]
        await self.books.flush()

    async def costs(self, by: CostKey = "model", on: date = TODAY, subject: Subject = EVERYTHING) -> Costs:
        return await self.accounts.costs("day", by, on=on, subject=subject)

    async def questions(self, by: CostKey, on: date = TODAY, subject: Subject = EVERYTHING) -> dict[str | None, int]:
        return {row.key: row.questions for row in (await self.costs(by, on, subject)).rows}

    async def spent(self, by: CostKey, on: date = TODAY, subject: Subject = EVERYTHING) -> dict[str | None, int]:
        return {row.key: row.micro_usd for row in (await self.costs(by, on, subject)).rows}

    async def differences(self) -> tuple[Difference, ...]:
        return await self.database.transact(differences)

    async def rows(self, table: str = "tallies_within") -> int:
        ((count,),) = await self.database.fetch(f"SELECT count(*) FROM {table}")
        return int(count or 0)

    async def name(self, text: str) -> int:
        """In how many rows of the tallies somebody or something is named."""
        rows = 0
        for table in ("tallies", "tallies_within"):
            ((count,),) = await self.database.fetch(
                f"SELECT count(*) FROM {table} WHERE key = $1 OR subject = $2", text, f"user:{text}"
            )
            rows += int(count or 0)
        return rows


@pytest.fixture
async def desk(state_url: str) -> AsyncIterator[Desk]:
    clock = FakeClock()
    database = await open_database(state_url, clock)
    yield Desk(state_url, clock, database, Books(database, clock, QuotaPolicy()))
    await database.aclose()


def wind_to_midnight(desk: Desk) -> None:
    """Two seconds before the day after `TODAY`, in UTC."""
    desk.clock.wind(timedelta(hours=12).total_seconds() - 2)


class TestQuestions:
    async def test_one_of_several_calls_is_one_question_of_each_model_and_each_provider(self, desk: Desk) -> None:
        await desk.spend(1, outcome="unavailable")
        await desk.spend(2, model="small", outcome="overloaded", attempt=2)
        await desk.spend(3, provider="other", attempt=3, rung="fallback")
        await desk.spend(4, attempt=4)
        assert await desk.questions("model") == {"acme/large": 1, "acme/small": 1, "other/large": 1}
        assert await desk.questions("provider") == {"acme": 1, "other": 1}
        assert await desk.questions("user") == await desk.questions("user", subject=Subject("channel", "general"))
        costs = await desk.costs("task")
        assert (costs.questions, costs.calls, costs.failed, costs.micro_usd) == (1, 4, 2, 10)
        assert [row.failed for row in (await desk.costs("model")).rows] == [1, 0, 1]

    async def test_over_midnight_it_is_the_first_days_for_whatever_it_had_a_call_of_there(self, desk: Desk) -> None:
        wind_to_midnight(desk)
        await desk.spend(1, outcome="unavailable")
        desk.clock.wind(3)
        await desk.spend(2, attempt=2, outcome="unavailable")
        await desk.spend(3, model="small", attempt=3)
        assert await desk.questions("model") == {"acme/large": 1}
        assert await desk.questions("model", TOMORROW) == {"acme/large": 0, "acme/small": 1}
        assert (await desk.questions("user"), await desk.questions("user", TOMORROW)) == ({"alice": 1}, {"alice": 0})
        assert (await desk.accounts.costs_between(TODAY, TOMORROW, "user")).questions == 1

    async def test_by_rung_it_counts_once_where_it_ended(self, desk: Desk) -> None:
        wind_to_midnight(desk)
        await desk.spend(1, outcome="cancelled")
        desk.clock.wind(3)
        await desk.spend(2, outcome="unavailable", attempt=2)
        await desk.spend(3, rung="fallback", attempt=3)
        await desk.spend(4, attempt=1)  # the process died before it was told, and another one asks again
        await desk.answer_for_free(reference="q2")
        assert await desk.questions("rung") == {"fresh": 0}
        assert await desk.questions("rung", TOMORROW) == {"fresh": 0, "fallback": 1, "cached": 1}

    async def test_what_is_no_answer_or_belongs_to_none_is_no_question(self, desk: Desk) -> None:
        await desk.spend(1, purpose="condensing")
        await desk.spend(1, purpose="embedding", reference="", rung=None, task=None, outcome=None)
        await desk.spend(1, reference="")
        costs = await desk.costs("rung")
        assert (costs.questions, costs.calls) == (0, 3)
        assert await desk.questions("rung") == {"fresh": 0, None: 0}
        await desk.spend(1)
        assert (await desk.costs()).questions == 1

    async def test_what_a_free_answer_saves_is_told_beside_what_was_spent(self, desk: Desk) -> None:
        await desk.spend(70)
        await desk.answer_for_free(reference="q2", saved_micro_usd=70)
        await desk.answer_for_free(reference="q3", rung="extractive", model="extractive")
        costs = await desk.costs("rung")
        assert (costs.micro_usd, costs.saved_micro_usd, costs.questions, costs.calls) == (70, 70, 3, 1)
        assert {row.key: row.saved_micro_usd for row in costs.rows} == {"fresh": 0, "cached": 70, "extractive": 0}


class TestCosts:
    async def test_they_are_read_from_the_tallies_alone(self, desk: Desk) -> None:
        await desk.spend(70)
        before = await desk.costs()
        await desk.database.fetch("DELETE FROM ledger")
        assert await desk.costs() == before
        assert before.micro_usd == 70

    async def test_so_is_what_a_limit_that_is_new_begins_with(self, desk: Desk) -> None:
        kinds = {
            "everything": {Measure("usd", "month"): 900, Measure("tokens", "day"): 9_000},
            "user": {USD_PER_DAY: 9},
        }
        provider = {Subject("provider", "acme"): {USD_PER_DAY: 100}}
        await desk.spend(7)
        await desk.spend(3, provider="other", asker=BOB, tokens=TokenUsage(input=5))
        await desk.database.fetch("DELETE FROM ledger")
        desk.books = Books(desk.database, desk.clock, QuotaPolicy(kinds=kinds, subjects=provider))  # type: ignore[arg-type]
        told = {
            f"{one.quota.subject} {one.quota.measure}": one.count.used
            for one in await desk.books.standing(ALICE, "acme")
        }
        assert told == {
            "everything usd_per_month": 10,
            "everything tokens_per_day": 795,
            "user:alice usd_per_day": 7,
            "provider:acme usd_per_day": 7,
        }

    async def test_of_a_user_a_channel_or_a_workspace_are_theirs_alone(self, desk: Desk) -> None:
        await desk.spend(5)
        await desk.spend(3, model="small", reference="q2", asker=BOB)
        await desk.spend(2, reference="q3", asker=replace(ALICE, channel="random"))
        alice, general, acme = Subject("user", "alice"), Subject("channel", "general"), Subject("workspace", "acme")
        assert await desk.spent("model", subject=alice) == {"acme/large": 7}
        assert await desk.spent("provider", subject=general) == {"acme": 8}
        assert await desk.spent("user", subject=general) == {"alice": 5, "bob": 3}
        assert await desk.spent("channel", subject=acme) == {"general": 8, "random": 2}
        costs = await desk.costs("task", subject=general)
        assert (costs.micro_usd, costs.questions, costs.calls, costs.tokens.input) == (8, 2, 2, 1_400)
        nobody = await desk.costs("task", subject=Subject("user", "carol"))
        assert (nobody.micro_usd, nobody.questions, nobody.rows, nobody.tokens) == (0, 0, (), TokenUsage())

    @pytest.mark.parametrize(
        ("subject", "by"),
        [
            (Subject("user", "alice"), "channel"),
            (Subject("channel", "general"), "rung"),
            (Subject("provider", "x"), "task"),
        ],
    )
    async def test_what_is_not_kept_is_refused_rather_than_told_wrong(
        self, subject: Subject, by: CostKey, desk: Desk
    ) -> None:
        with pytest.raises(ValueError, match=f"by {by}"):
            await desk.accounts.costs("day", by, subject=subject)
        with pytest.raises(ValueError, match=f"by {by}"):
            await desk.accounts.daily(TODAY, TODAY, by, subject=subject)

    async def test_day_by_day_those_on_which_nothing_happened_are_told_too(self, desk: Desk) -> None:
        await desk.spend(5)
        await desk.spend(9, model="small", attempt=2)
        desk.clock.wind(2 * 86_400)
        await desk.spend(1, reference="q2")
        told = await desk.accounts.daily(TODAY - timedelta(days=1), TODAY + timedelta(days=2), "model")
        assert [(one.day.day, one.micro_usd, one.questions) for one in told] == [
            (21, 0, 0),
            (22, 14, 1),
            (23, 0, 0),
            (24, 1, 1),
        ]
        assert [(row.key, row.micro_usd) for row in told[1].rows] == [("acme/small", 9), ("acme/large", 5)]
        assert [one.span.until for one in told[:-1]] == [one.span.since for one in told[1:]]
        assert await desk.accounts.daily(TOMORROW, TODAY, "model") == ()
        assert (await desk.accounts.costs_between(TOMORROW, TODAY, "model")).micro_usd == 0

    async def test_days_are_those_of_the_zone_however_long_they_are(self, desk: Desk) -> None:
        begin = datetime(2018, 11, 4, 2, 30, tzinfo=UTC)  # half an hour before a day of 23 hours
        desk.clock.wind((begin - desk.clock.now()).total_seconds())
        desk.begin_again(SAO_PAULO)
        for micro_usd, hours in ((1, 0), (10, 1), (100, 22), (1_000, 1)):
            desk.clock.wind(hours * 3_600)
            await desk.spend(micro_usd, reference=f"{micro_usd}")
        told = await desk.accounts.daily(date(2018, 11, 3), date(2018, 11, 5), "task")
        assert [one.micro_usd for one in told] == [1, 110, 1_000]
        assert [one.span.until - one.span.since for one in told] == [timedelta(hours=hours) for hours in (24, 23, 24)]
        assert [one.day for one in told] == [date(2018, 11, day) for day in (3, 4, 5)]

    async def test_from_one_date_to_another_is_the_sum_of_days(self, desk: Desk) -> None:
        for day in range(4):
            await desk.spend(10**day, reference=f"q{day}")
            desk.clock.wind(86_400)
        costs = await desk.accounts.costs_between(TODAY + timedelta(days=1), TODAY + timedelta(days=2), "user")
        assert (costs.micro_usd, costs.questions, costs.span.since) == (110, 2, datetime(2026, 11, 23, tzinfo=UTC))
        assert (await desk.accounts.costs("month", "user")).micro_usd == 1_111


class TestForgetting:
    async def test_whoever_is_forgotten_is_in_no_tally_and_every_sum_stays(self, desk: Desk) -> None:
        await desk.spend(5)
        await desk.spend(3, asker=BOB, reference="q2")
        desk.clock.wind(86_400)
        await desk.spend(7, reference="q3")
        await desk.spend(2, reference="q4", asker=replace(NOBODY, channel="general"))
        assert await desk.name("alice")
        before = await desk.costs("channel", TOMORROW)
        await desk.accounts.forget_user("alice")
        assert await desk.name("alice") == 0
        assert await desk.costs("channel", TOMORROW) == before
        assert await desk.spent("user") == {None: 5, "bob": 3}
        assert await desk.questions("user", TOMORROW) == {None: 2}
        assert await desk.spent("user", subject=Subject("workspace", "acme")) == {None: 5, "bob": 3}
        assert await desk.differences() == ()

    async def test_days_that_are_summed_up_name_nobody_and_every_sum_stays(self, desk: Desk) -> None:
        desk.keep_days = 1
        await desk.spend(5, outcome="unavailable")
        await desk.spend(3, model="small", attempt=2, rung="fallback")
        await desk.spend(2, asker=BOB, reference="q2", tokens=TokenUsage(input=1, estimated=True))
        await desk.answer_for_free(reference="q3", saved_micro_usd=4)
        keys: tuple[CostKey, ...] = ("task", "model", "provider", "rung")
        before = {by: await desk.costs(by) for by in get_args(CostKey)}
        desk.clock.wind(3 * 86_400)
        assert await desk.accounts.tidy() == 4
        assert {by: await desk.costs(by) for by in keys} == {by: before[by] for by in keys}
        for by in ("user", "channel", "workspace"):
            (row,) = (after := await desk.costs(by)).rows
            assert replace(after, rows=()) == replace(before[by], rows=())
            assert (row.key, row.micro_usd, row.questions, row.saved_micro_usd, row.failed) == (None, 10, 3, 4, 1)
        assert await desk.rows() == 0
        assert await desk.differences() == ()


class TestBeginning:
    async def test_what_older_ragbots_wrote_is_tallied_as_soon_as_the_books_are_opened(
        self, bare_state_url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        old = await opened_before_tallies(bare_state_url)
        await write_as_before(old, reference="a", cost=5, outcome="unavailable")
        await write_as_before(old, reference="a", cost=7, attempt=2, hours=1)
        await write_as_before(old, reference="a", cost=9, attempt=3, model="small", hours=14)
        await write_as_before(old, reference="b", cost=0, attempt=0, provider="ragbot", rung="cached", outcome=None)
        await write_as_before(old, purpose="embedding", cost=1, reference="", rung=None, outcome=None, task=None)
        await write_as_before(old, purpose="sum", cost=100, reference=None, questions=12, user_id=None, outcome=None)
        await old.aclose()
        clock = FakeClock()
        database = await open_database(bare_state_url, clock)
        desk = Desk(bare_state_url, clock, database, Books(database, clock, QuotaPolicy()))
        costs = await desk.costs("user")
        assert (costs.micro_usd, costs.questions, costs.failed) == (113, 14, 1)
        assert await desk.questions("user") == {"alice": 2, None: 12}
        assert await desk.questions("model") == {"acme/large": 13, "ragbot/large": 1}
        assert await desk.questions("model", TOMORROW) == {"acme/small": 1}
        assert await desk.questions("rung") == {"fresh": 1, "cached": 1, None: 0}
        assert await desk.differences() == ()
        assert "tallied days=2 entries=6 time_zone=UTC" in caplog.text
        await database.aclose()

    async def test_so_is_what_one_of_them_writes_that_is_still_running(self, desk: Desk) -> None:
        await desk.spend(5)
        await write_as_before(desk.database, reference="q1", cost=7, attempt=2, hours=1)
        await write_as_before(desk.database, reference="q9", cost=9, hours=30)
        assert (await desk.costs()).micro_usd == 12
        assert (await desk.costs(on=TOMORROW)).questions == 1
        assert await desk.differences() == ()

    async def test_other_days_than_those_of_the_configured_zone_are_made_anew(self, desk: Desk) -> None:
        desk.clock.wind(13 * 3_600)  # 01:00 UTC, 22:00 the day before in São Paulo
        await desk.spend(5)
        desk.begin_again(SAO_PAULO)
        assert (await desk.costs()).micro_usd == 5
        assert await desk.differences() == ()
        desk.begin_again()
        assert ((await desk.costs()).micro_usd, (await desk.costs(on=TOMORROW)).micro_usd) == (0, 5)

    async def test_of_processes_that_do_not_agree_the_last_that_began_decides_and_nothing_is_lost(
        self, desk: Desk
    ) -> None:
        await desk.spend(5)
        later = Books(desk.database, desk.clock, QuotaPolicy(zone=SAO_PAULO))
        await later.flush()
        desk.clock.wind(13 * 3_600)
        await desk.spend(7, reference="q2")
        await later.flush()
        costs = await desk.costs()
        assert (costs.micro_usd, costs.span.since) == (12, datetime(2026, 11, 22, 3, tzinfo=UTC))
        assert await desk.differences() == ()

    async def test_a_limit_counts_no_less_where_processes_do_not_agree(self, desk: Desk) -> None:
        desk.clock.wind(13 * 3_600)
        await desk.spend(5)
        await Books(desk.database, desk.clock, QuotaPolicy(zone=SAO_PAULO)).flush()
        policy = replace(desk.books.policy, kinds={"everything": {USD_PER_DAY: 100}})
        desk.books.policy = policy
        (standing,) = await desk.books.standing(NOBODY)
        assert standing.count.used == 5

    async def test_many_processes_that_begin_at_once_make_them_once(
        self, bare_state_url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        old = await opened_before_tallies(bare_state_url)
        for number in range(20):
            await write_as_before(old, reference=f"q{number}", cost=1, hours=number)
        await old.aclose()
        clock = FakeClock()
        databases = await asyncio.gather(*(open_database(bare_state_url, clock) for _ in range(4)))
        await asyncio.gather(*(Books(database, clock, QuotaPolicy()).flush() for database in databases))
        assert caplog.text.count("tallied days") == 1
        assert await databases[0].transact(differences) == ()
        ((total,),) = await databases[1].fetch("SELECT CAST(sum(micro_usd) AS bigint) FROM tallies WHERE kind = 'task'")
        assert total == 20
        for database in databases:
            await database.aclose()

    async def test_a_database_that_comes_late_is_tallied_when_it_comes(self, bare_state_url: str) -> None:
        old = await opened_before_tallies(bare_state_url)
        await write_as_before(old, cost=5)
        await old.aclose()
        clock = FakeClock()
        late = LateDatabase(lambda: open_database(bare_state_url, clock), clock, reason="not yet")
        accounts = Accounts(Books(late, clock, QuotaPolicy()), late, clock, keep_days=9)
        with pytest.raises(StateUnavailable):
            await accounts.costs("day", "user")
        clock.wind(10)
        assert (await accounts.costs("day", "user")).micro_usd == 5
        await late.aclose()

    async def test_what_was_undone_is_made_when_it_is_tried_again(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await desk.spend(5)
        desk.begin_again(SAO_PAULO)
        with monkeypatch.context() as patched:
            patched.setattr("rag.quota.page.Page.bury", lambda _: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await desk.books.flush()
        assert (await desk.costs()).span.since == datetime(2026, 11, 22, 3, tzinfo=UTC)
        assert await desk.differences() == ()


class TestDifferences:
    @pytest.mark.parametrize("table", ["tallies", "tallies_within"])
    async def test_a_row_that_is_wrong_missing_or_too_much_is_found(self, table: str, desk: Desk) -> None:
        await desk.spend(5)
        assert await desk.differences() == ()
        for spoil, kept_is_there in (
            (f"UPDATE {table} SET micro_usd = micro_usd + 1 WHERE kind = 'model'", True),
            (f"UPDATE {table} SET output_tokens = NULL WHERE kind = 'model'", True),
            (f"DELETE FROM {table} WHERE kind = 'task'", False),
            (f"UPDATE {table} SET day = '2020-01-01T00:00:00.000000+00:00' WHERE kind = 'provider'", None),
        ):
            await desk.database.fetch(spoil)
            found = await desk.differences()
            assert found, spoil
            if kept_is_there is not None:
                assert all((one.kept is not None) is kept_is_there for one in found)
                assert all(one.counted is not None for one in found)
            else:
                assert any(one.counted is None for one in found)
            desk.begin_again(SAO_PAULO)
            await desk.books.flush()
            desk.begin_again()
            await desk.books.flush()
            assert await desk.differences() == ()


def test_what_was_reserved_by_an_older_ragbot_can_still_be_read() -> None:
    text = replace(CALL, asker=ALICE).to_json().replace(', "saved_micro_usd": 0', "")
    assert "saved" not in text
    assert Expense.from_json(text) == CALL


async def opened_before_tallies(url: str) -> Database:
    """By a ragbot that knew of none."""
    if url.startswith("sqlite"):
        return await SqliteDatabase.open(Path(url.removeprefix("sqlite:///")), FakeClock(), migrations=BEFORE_TALLIES)
    return await PostgresDatabase.open(url, FakeClock(), migrations=BEFORE_TALLIES)


async def write_as_before(database: Database, *, hours: float = 0, cost: int = 0, **changes: Value) -> None:
    """An entry as older ragbots wrote it."""
    values: dict[str, Value] = {
        "id": uuid.uuid4().hex,
        "at": to_text(FakeClock().now() + timedelta(hours=hours)),
        "purpose": "answer",
        "provider": "acme",
        "model": "large",
        "asked_model": "large",
        "input_tokens": 10,
        "output_tokens": None,
        "cost_micro_usd": cost,
        "estimated": 0,
        "certainty": "actual",
        "task": "factual",
        "outcome": "answered",
        "rung": "fresh",
        "reference": "old",
        "user_id": "alice",
        "attempt": 1,
        "calls": 1,
        "questions": None,
        **changes,
    }
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await database.fetch(f"INSERT INTO ledger ({', '.join(values)}) VALUES ({places})", *values.values())


# Whatever happens

ZONES = ["America/Sao_Paulo", "Asia/Kathmandu", "UTC"]
KEEP_DAYS = 3
askers = st.builds(
    Asker,
    user=st.sampled_from(["", "a", "b"]),
    channel=st.sampled_from(["", "c", "d"]),
    workspace=st.sampled_from(["", "w"]),
)
counts = st.none() | st.integers(0, 50)
expenses = st.builds(
    Expense,
    purpose=st.sampled_from(get_args(Purpose)),
    provider=st.sampled_from(["acme", "other"]),
    model=st.sampled_from(["large", "vendor/small"]),
    tokens=st.builds(
        TokenUsage, counts, counts, counts, counts, counts, counts, estimated=st.booleans()
    ),
    cost_micro_usd=st.integers(0, 10**9),
    task=st.sampled_from([None, "factual", "quick"]),
    outcome=st.sampled_from([None, *get_args(Outcome)]),
    rung=st.sampled_from([None, "fresh", "fallback", "cached"]),
    reference=st.sampled_from(["", "q1", "q2", "q3", "q4"]),
    asker=askers,
    attempt=st.integers(0, 3),
    saved_micro_usd=st.integers(0, 99),
)  # fmt: skip


class LedgerMachine(RuleBasedStateMachine):
    state_url: Callable[[], AbstractContextManager[str]] = staticmethod(state_file_url)

    reservations = Bundle[Reservation]("reservations")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = ExitStack()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize(
        start=st.sampled_from(["2018-11-03T23:00+00:00", "2026-11-30T20:00+00:00"]), zone=st.sampled_from(ZONES)
    )
    def begin(self, start: str, zone: str) -> None:
        self.clock = FakeClock(datetime.fromisoformat(start))
        self.database = self.run(open_database(self.stack.enter_context(self.state_url()), self.clock))
        self.start_again(zone)

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.run(self.database.aclose())
        self.runner.close()
        self.stack.close()

    @rule(zone=st.sampled_from(ZONES))
    def start_again(self, zone: str) -> None:
        self.books = Books(self.database, self.clock, QuotaPolicy(zone=ZoneInfo(zone)))
        self.accounts = Accounts(self.books, self.database, self.clock, keep_days=KEEP_DAYS)

    @rule(zone=st.sampled_from(ZONES))
    def somebody_else_starts(self, zone: str) -> None:
        self.run(Books(self.database, self.clock, QuotaPolicy(zone=ZoneInfo(zone))).flush())

    @rule(target=reservations, expense=expenses)
    def reserve(self, expense: Expense) -> Reservation:
        need = Need(micro_usd=expense.cost_micro_usd)
        return self.run(self.books._granted(need, replace(expense, saved_micro_usd=0), 60))

    @rule(reservation=consumes(reservations), expense=expenses)
    def settle(self, reservation: Reservation, expense: Expense) -> None:
        """Late perhaps."""
        self.run(reservation.settle(expense))

    @rule(reservation=reservations, expense=expenses)
    def book_a_part(self, reservation: Reservation, expense: Expense) -> None:
        self.run(reservation.book(expense, lease_s=60))

    @rule(expense=expenses)
    def spend(self, expense: Expense) -> None:
        self.settle(self.reserve(expense), expense)

    @rule(expense=expenses)
    def answer_for_free(self, expense: Expense) -> None:
        self.books.note(replace(expense, attempt=0, cost_micro_usd=0))

    @rule(seconds=st.sampled_from([0.5, 61, 3_600, 10_800, 86_400, 2 * 86_400, -0.3, -7_200]))
    def wind(self, seconds: float) -> None:
        self.clock.wind(seconds)

    @rule(user=st.sampled_from(["a", "b"]))
    def forget(self, user: str) -> None:
        before = self.told()
        self.run(self.accounts.forget_user(user))
        assert self.told() == before
        assert user not in {row.key for row in self.costs("user").rows}

    @rule()
    def tidy(self) -> None:
        before = self.told()
        self.run(self.accounts.tidy())
        assert self.told() == before

    @invariant()
    def audit(self) -> None:
        if not hasattr(self, "books"):
            return
        self.run(self.books.flush())
        assert self.run(self.database.transact(differences)) == ()
        self.sums_are_the_ledgers()

    def sums_are_the_ledgers(self) -> None:
        rows = self.run(
            self.database.fetch("SELECT cost_micro_usd, saved_micro_usd, calls, provider, task, user_id FROM ledger")
        )
        entries = [(int(cost or 0), int(saved or 0), int(calls or 0), keys) for cost, saved, calls, *keys in rows]
        keys_told: tuple[CostKey, ...] = ("provider", "task", "user")
        for number, by in enumerate(keys_told):
            costs = self.costs(by)
            sums: dict[Value, int] = defaultdict(int)
            for cost, _, _, keys in entries:
                sums[keys[number]] += cost
            assert {row.key: row.micro_usd for row in costs.rows} == sums
            assert costs.micro_usd == sum(sums.values())
            assert costs.saved_micro_usd == sum(saved for _, saved, *_ in entries)
            assert costs.calls == sum(calls for *_, calls, _ in entries)

    def costs(self, by: CostKey) -> Costs:
        """From before the first entry until after the last."""
        today = self.clock.now().date()
        first = date(2018, 11, 1) if today.year < 2020 else date(2026, 11, 28)
        return self.run(self.accounts.costs_between(first, today + timedelta(days=4), by))

    def told(self) -> list[tuple[Costs, ...]]:
        """What nothing changes that is done to old entries."""
        kept: tuple[CostKey, ...] = ("task", "model", "provider", "rung")
        return [tuple(replace(self.costs(by), rows=()) for by in KEPT["everything"]), tuple(map(self.costs, kept))]


def _run(machine: type[LedgerMachine], examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=25, deadline=None, phases=(Phase.generate,),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip


def test_the_tallies_are_the_ledgers_sums_in_a_file() -> None:
    _run(LedgerMachine, 20)


@pytest.mark.usefixtures("server")
def test_the_tallies_are_the_ledgers_sums_on_a_server(server: PostgresServer) -> None:
    class OnServer(LedgerMachine):
        pass

    OnServer.state_url = server.lent_database
    _run(OnServer, 8)
