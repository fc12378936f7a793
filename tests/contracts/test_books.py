"""The books keep their promises on every engine, with real files and a real server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from rag.clock import SystemClock
from rag.errors import BudgetExhausted, QuotaExceeded, StateUnavailable
from rag.model import NOBODY, Asker, TokenUsage
from rag.ports import Database, Row, Transaction
from rag.quota.accounts import Accounts
from rag.quota.books import Books, Reservation
from rag.quota.ledger import CostKey, Expense
from rag.quota.page import Standing
from rag.quota.policy import Change, QuotaPolicy
from rag.quota.quotas import EVERYTHING, USD_PER_DAY, Measure, Need, Subject
from rag.quota.windows import Span
from rag.state import open_database
from tests.fakes.clock import FakeClock

T = TypeVar("T")

DOLLAR = 1_000_000
A_MINUTE, AN_HOUR = Measure("requests", "minute"), Measure("requests", "hour")
TOKENS_A_MINUTE = Measure("tokens", "minute")
USD_PER_MONTH = Measure("usd", "month")
ALICE = Asker(user="alice", channel="general", workspace="acme")
BOB = Asker(user="bob", channel="general", workspace="acme")
POLICY = QuotaPolicy(
    kinds={
        "everything": {USD_PER_DAY: DOLLAR},
        "user": {A_MINUTE: 3, USD_PER_DAY: 400_000},
        "channel": {A_MINUTE: 5},
    },
    subjects={Subject("provider", "acme"): {A_MINUTE: 100, TOKENS_A_MINUTE: 50_000}},
)
FREE = Expense(
    purpose="answer", provider="ragbot", model="cached", tokens=TokenUsage(), cost_micro_usd=0, rung="cached",
    reference="f0", attempt=0,
)  # fmt: skip
CALL = Expense(
    purpose="answer",
    provider="acme",
    model="large",
    asked_model="large",
    tokens=TokenUsage(input=700),
    cost_micro_usd=0,
    task="factual",
    rung="fresh",
    reference="a1b2",
    asker=ALICE,
)
LEASE_S = 180.0


def spent(micro_usd: int, **changes: object) -> Expense:
    tokens = TokenUsage(input=700, output=90, cached_input=500, thinking=20)
    whole = replace(CALL, tokens=tokens, cost_micro_usd=micro_usd, outcome="answered", latency_s=1.5)
    return replace(whole, **changes)  # type: ignore[arg-type]


class Counting:
    """A database that counts its transactions, and can be unplugged."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transactions = 0
        self.is_down = False
        self.meanwhile: Callable[[], None] = lambda: None

    @property
    def kind(self) -> str:
        return self._database.kind

    async def fetch(self, sql: str, *values: str | float | bytes | None) -> list[Row]:
        return await self._database.fetch(sql, *values)

    async def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        await self._database.execute_many(sql, rows)

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        self.transactions += 1
        self.meanwhile()
        if self.is_down:
            raise StateUnavailable("unplugged")
        return await self._database.transact(work)

    def exclusive(self, name: str, *, timeout_s: float) -> AbstractAsyncContextManager[None]:
        return self._database.exclusive(name, timeout_s=timeout_s)

    async def aclose(self) -> None:
        await self._database.aclose()


@dataclass
class Desk:
    """Books on a database, and ways to look into them."""

    url: str
    clock: FakeClock
    database: Counting
    books: Books

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.books, self.database, self.clock, keep_days=400)  # type: ignore[arg-type]

    def another(self, policy: QuotaPolicy = POLICY) -> Books:
        """Another replica's, or the same process started anew."""
        return Books(self.database, self.clock, policy)  # type: ignore[arg-type]

    async def spend(self, micro_usd: int, books: Books | None = None, **changes: object) -> None:
        call = spent(micro_usd, **changes)
        need = Need(requests=1, tokens=800, micro_usd=micro_usd)
        async with (books or self.books).reserve(need, call, lease_s=LEASE_S) as reservation:
            await reservation.settle(call)

    async def abandoned(self, micro_usd: int, *, lease_s: float = LEASE_S) -> Reservation:
        """A reservation whose process died."""
        return await self.books._granted(Need(requests=1, tokens=800, micro_usd=micro_usd), CALL, lease_s)

    async def standing(self, measure: Measure = USD_PER_DAY, subject: Subject = EVERYTHING) -> Standing:
        asker = Asker(user=subject.id) if subject.kind == "user" else Asker(channel=subject.id)
        provider = subject.id if subject.kind == "provider" else None
        standings = await self.books.standing(NOBODY if subject.kind in {"everything", "provider"} else asker, provider)
        return next(one for one in standings if one.quota.key == (subject, measure))

    async def gone(self, measure: Measure = USD_PER_DAY, subject: Subject = EVERYTHING) -> tuple[int, int]:
        """What is used and held."""
        count = (await self.standing(measure, subject)).count
        return count.used, count.held

    async def ledger(self, columns: str = "cost_micro_usd", order: str = "at, id") -> list[Row]:
        return await self.database.fetch(f"SELECT {columns} FROM ledger ORDER BY {order}")

    async def left_open(self) -> int:
        ((reservations,),) = await self.database.fetch("SELECT count(*) FROM reservations")
        ((holds,),) = await self.database.fetch("SELECT count(*) FROM quota_held")
        assert bool(reservations) >= bool(holds)
        return int(reservations or 0)


@pytest.fixture
async def desk(state_url: str) -> AsyncIterator[Desk]:
    clock = FakeClock()
    database = Counting(await open_database(state_url, clock))
    yield Desk(state_url, clock, database, Books(database, clock, POLICY))  # type: ignore[arg-type]
    await database.aclose()


class TestReserve:
    async def test_it_holds_on_every_quota_that_it_touches(self, desk: Desk) -> None:
        async with desk.books.reserve(Need(1, 8_000, 300_000), CALL, lease_s=LEASE_S) as reservation:
            assert reservation.granted == Need(1, 8_000, 300_000)
            assert await desk.gone() == (0, 300_000)
            assert await desk.gone(subject=Subject("user", "alice")) == (0, 300_000)
            assert await desk.gone(A_MINUTE, Subject("provider", "acme")) == (0, 1)
            assert await desk.gone(TOKENS_A_MINUTE, Subject("provider", "acme")) == (0, 8_000)
            # Requests of a person are questions, and those were counted when they were admitted.
            assert await desk.gone(A_MINUTE, Subject("user", "alice")) == (0, 0)

    async def test_it_takes_all_of_them_or_none(self, desk: Desk) -> None:
        with pytest.raises(BudgetExhausted, match="user:alice"):
            await desk.spend(400_001)
        assert await desk.gone() == (0, 0)
        assert await desk.left_open() == 0
        assert await desk.ledger() == []

    async def test_what_is_not_settled_is_free_again(self, desk: Desk) -> None:
        with pytest.raises(LookupError):
            async with desk.books.reserve(Need(micro_usd=300_000), CALL, lease_s=LEASE_S):
                raise LookupError
        assert await desk.gone() == (0, 0)
        assert await desk.left_open() == 0

    async def test_what_was_spent_takes_the_place_of_what_was_held(self, desk: Desk) -> None:
        async with desk.books.reserve(Need(1, 8_000, 300_000), CALL, lease_s=LEASE_S) as reservation:
            await reservation.settle(spent(123_456))
        assert await desk.gone() == (123_456, 0)
        assert await desk.gone(subject=Subject("user", "alice")) == (123_456, 0)
        assert await desk.gone(TOKENS_A_MINUTE, Subject("provider", "acme")) == (790, 0)
        assert await desk.gone(A_MINUTE, Subject("provider", "acme")) == (1, 0)
        assert await desk.ledger() == [(123_456,)]
        assert await desk.left_open() == 0

    async def test_what_cost_more_than_was_held_is_booked_all_the_same(self, desk: Desk) -> None:
        async with desk.books.reserve(Need(micro_usd=100), CALL, lease_s=LEASE_S) as reservation:
            await reservation.settle(spent(150_000))
        assert await desk.gone() == (150_000, 0)

    async def test_another_replica_sees_at_once_what_is_held_and_spent(self, desk: Desk) -> None:
        await desk.spend(100_000)
        async with desk.books.reserve(Need(micro_usd=300_000), replace(CALL, asker=BOB), lease_s=LEASE_S):
            (mine,) = (one for one in await desk.another().standing(NOBODY) if one.quota.subject == EVERYTHING)
            assert (mine.count.used, mine.count.held, mine.left) == (100_000, 300_000, 600_000)

    async def test_money_that_is_short_is_granted_as_far_as_it_goes(self, desk: Desk) -> None:
        await desk.spend(350_000)
        need = Need(micro_usd=200_000, least_micro_usd=10_000)
        async with desk.books.reserve(need, CALL, lease_s=LEASE_S) as reservation:
            assert reservation.granted.micro_usd == 50_000
            assert await desk.gone() == (350_000, 50_000)

    async def test_many_who_ask_at_once_never_spend_more_than_there_is(self, desk: Desk) -> None:
        replicas = [desk.another() for _ in range(4)]

        async def ask(number: int) -> int:
            call = replace(CALL, asker=Asker(user=f"u{number}"))
            with suppress(QuotaExceeded):
                async with replicas[number % 4].reserve(Need(micro_usd=30_000), call, lease_s=LEASE_S) as reservation:
                    await asyncio.sleep(0)
                    await reservation.settle(replace(call, cost_micro_usd=29_000))
                    return 29_000
            return 0

        bought = sum(await asyncio.gather(*(ask(number) for number in range(100))))
        used, held = await desk.gone()
        assert bought == used <= DOLLAR
        assert used >= 31 * 29_000  # up to the brake
        assert held == 0

    async def test_who_is_cancelled_while_asking_holds_nothing(self, desk: Desk) -> None:
        for turns in range(6):
            task = asyncio.ensure_future(desk.spend(300_000))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        assert (await desk.gone())[1] == 0
        assert await desk.left_open() == 0

    @pytest.mark.parametrize("is_down", [False, True])
    async def test_who_is_cancelled_while_asking_in_vain_is_cancelled(self, desk: Desk, *, is_down: bool) -> None:
        desk.database.is_down = is_down
        task = asyncio.ensure_future(desk.spend(400_001))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    async def test_a_long_work_books_part_by_part_and_its_lease_begins_anew_each_time(self, desk: Desk) -> None:
        async with desk.books.reserve(Need(micro_usd=300_000), CALL, lease_s=LEASE_S) as reservation:
            for part in (1, 2):
                desk.clock.wind(LEASE_S - 1)
                await reservation.book(spent(100_000), lease_s=LEASE_S)
                assert await desk.gone() == (100_000 * part, 300_000 - 100_000 * part)
            desk.clock.wind(LEASE_S - 1)
            assert await desk.gone() == (200_000, 100_000)
        assert await desk.gone() == (200_000, 0)

    async def test_a_request_that_is_booked_part_by_part_is_one_request(self, desk: Desk) -> None:
        async with desk.books.reserve(Need(1, 8_000, 300_000), CALL, lease_s=LEASE_S) as reservation:
            for _ in range(3):
                await reservation.book(spent(1), lease_s=LEASE_S)
        assert await desk.gone(A_MINUTE, Subject("provider", "acme")) == (1, 0)

    async def test_who_waits_for_room_is_told_when_others_end_one_for_one_in_the_order_they_came(
        self, state_url: str
    ) -> None:
        database = await open_database(state_url, SystemClock())
        books, told = Books(database, SystemClock(), POLICY), list[str]()

        async def wait(name: str) -> None:
            await books.wait_for_room(60)
            told.append(name)

        waiting = [asyncio.ensure_future(wait(name)) for name in ("first", "gave up", "second", "third")]
        await asyncio.sleep(0)
        waiting[1].cancel()
        await asyncio.sleep(0)
        for settles, so_far in ((True, ["first"]), (False, ["first", "second"])):
            async with books.reserve(Need(micro_usd=10), CALL, lease_s=LEASE_S) as reservation:
                if settles:
                    await reservation.settle(spent(1))
            await asyncio.wait(waiting, timeout=0)
            for _ in range(5):
                await asyncio.sleep(0)
            assert told == so_far
        waiting[3].cancel()
        await asyncio.wait(waiting)
        await database.aclose()

    async def test_and_waits_no_longer_than_it_wants_to(self, desk: Desk) -> None:
        await desk.books.wait_for_room(7)
        assert desk.clock.slept == [7]

    async def test_what_is_larger_than_a_providers_whole_minute_holds_all_of_it_and_no_more(self, desk: Desk) -> None:
        async with desk.books.reserve(Need(tokens=90_000), CALL, lease_s=LEASE_S) as reservation:
            assert reservation.granted.tokens == 90_000
            assert await desk.gone(TOKENS_A_MINUTE, Subject("provider", "acme")) == (0, 50_000)

    async def test_a_check_tells_without_taking(self, desk: Desk) -> None:
        await desk.books.check(Need(micro_usd=400_000), ALICE, "acme")
        with pytest.raises(BudgetExhausted):
            await desk.books.check(Need(micro_usd=400_001), ALICE, "acme")
        assert await desk.gone() == (0, 0)


class TestDeath:
    async def test_what_a_dead_process_held_counts_as_spent_when_its_lease_is_over(
        self, desk: Desk, caplog: pytest.LogCaptureFixture
    ) -> None:
        await desk.abandoned(300_000)
        desk.clock.wind(LEASE_S - 1)
        assert await desk.gone() == (0, 300_000)
        desk.clock.wind(1)
        standing = await desk.standing()
        assert (standing.count.used, standing.count.held, standing.unconfirmed) == (300_000, 0, 300_000)
        assert await desk.gone(subject=Subject("user", "alice")) == (300_000, 0)
        assert await desk.left_open() == 0
        assert await desk.ledger("cost_micro_usd, certainty, reference, user_id, estimated") == [
            (300_000, "unconfirmed", "a1b2", "alice", 1)
        ]
        assert "unconfirmed" in caplog.text

    async def test_whoever_reserves_next_finds_it_counted(self, desk: Desk) -> None:
        await desk.abandoned(400_000)
        desk.clock.wind(LEASE_S)
        with pytest.raises(BudgetExhausted) as caught:
            await desk.another().check(Need(micro_usd=1), ALICE, "acme")
        assert (caught.value.used, caught.value.held) == (400_000, 0)

    async def test_what_it_had_booked_before_is_not_counted_again(self, desk: Desk) -> None:
        reservation = await desk.abandoned(300_000)
        await reservation.book(spent(120_000), lease_s=LEASE_S)
        desk.clock.wind(LEASE_S)
        assert await desk.gone() == (300_000, 0)
        assert sorted(await desk.ledger()) == [(120_000,), (180_000,)]

    async def test_one_that_had_booked_more_than_it_held_has_nothing_left_to_count(self, desk: Desk) -> None:
        reservation = await desk.abandoned(100)
        await reservation.book(spent(120_000), lease_s=LEASE_S)
        assert await desk.gone() == (120_000, 0)
        desk.clock.wind(LEASE_S)
        assert await desk.gone() == (120_000, 0)
        assert sorted(await desk.ledger()) == [(0,), (120_000,)]

    async def test_books_that_are_never_left_in_peace_count_it_all_the_same(self, desk: Desk) -> None:
        await desk.abandoned(300_000, lease_s=2)
        for _ in range(8):
            desk.clock.wind(0.5)
            await desk.books.check(Need(), BOB, "acme")
        assert await desk.ledger() == [(300_000,)]

    async def test_costs_tell_of_it_from_the_moment_on_at_which_its_lease_is_over(self, desk: Desk) -> None:
        await desk.abandoned(300_000, lease_s=0.5)
        desk.clock.wind(0.5)
        assert (await desk.accounts.costs("day", "model")).unconfirmed_micro_usd == 300_000

    async def test_who_was_only_slow_changes_nothing_by_settling_late(self, desk: Desk) -> None:
        reservation = await desk.abandoned(300_000)
        desk.clock.wind(LEASE_S)
        await desk.books.flush()
        await reservation.settle(spent(123_456))
        assert await desk.gone() == (300_000, 0)
        assert sorted(await desk.ledger("cost_micro_usd, certainty")) == [(0, "actual"), (300_000, "unconfirmed")]

    async def test_unless_it_was_still_more(self, desk: Desk) -> None:
        reservation = await desk.abandoned(300_000)
        desk.clock.wind(LEASE_S)
        await desk.books.flush()
        await reservation.settle(spent(310_000))
        assert await desk.gone() == (310_000, 0)
        assert sorted(await desk.ledger()) == [(10_000,), (300_000,)]

    async def test_money_that_could_not_be_booked_counts_in_full(self, desk: Desk) -> None:
        async with desk.books.reserve(Need(micro_usd=300_000), CALL, lease_s=LEASE_S) as reservation:
            desk.database.is_down = True
            with pytest.raises(StateUnavailable):
                await reservation.settle(spent(1))
        desk.database.is_down = False
        assert await desk.gone() == (0, 300_000)
        desk.clock.wind(LEASE_S)
        assert await desk.gone() == (300_000, 0)

    async def test_also_where_the_database_answers_again_a_moment_later(self, desk: Desk) -> None:
        async with desk.books.reserve(Need(micro_usd=300_000), CALL, lease_s=LEASE_S) as reservation:
            desk.database.is_down = True
            with pytest.raises(StateUnavailable):
                await reservation.settle(spent(1))
            desk.database.is_down = False
        assert await desk.gone() == (0, 300_000)

    async def test_what_could_not_be_freed_counts_in_full(self, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
        async with desk.books.reserve(Need(micro_usd=300_000), CALL, lease_s=LEASE_S):
            desk.database.is_down = True
        desk.database.is_down = False
        assert "not freed" in caplog.text
        desk.clock.wind(LEASE_S)
        assert await desk.gone() == (300_000, 0)

    async def test_a_clock_that_was_set_back_does_not_keep_it_for_ever(self, desk: Desk) -> None:
        await desk.abandoned(300_000)
        desk.clock.wind(-timedelta(days=3).total_seconds())
        assert (await desk.gone())[1] == 0
        assert await desk.ledger() == [(300_000,)]

    async def test_nor_does_one_that_was_set_back_before_a_lease_began_anew(self, desk: Desk) -> None:
        await desk.spend(1)
        desk.clock.wind(-3_600)
        reservation = await desk.abandoned(300_000)
        await reservation.book(spent(100_000), lease_s=LEASE_S)
        desk.clock.wind(LEASE_S)
        assert await desk.gone() == (300_001, 0)


class TestDays:
    async def test_midnight_begins_a_new_budget_but_not_for_what_is_held(self, desk: Desk) -> None:
        await desk.spend(400_000)
        lease_s = timedelta(days=1).total_seconds()
        async with desk.books.reserve(Need(micro_usd=500_000), replace(CALL, asker=NOBODY), lease_s=lease_s):
            desk.clock.wind(timedelta(hours=12).total_seconds() - 1)
            assert await desk.gone() == (400_000, 500_000)
            desk.clock.wind(1)
            assert await desk.gone() == (0, 500_000)
            with pytest.raises(BudgetExhausted):
                await desk.spend(500_001, asker=NOBODY)

    async def test_a_call_over_midnight_is_booked_on_the_day_on_which_it_ends(self, desk: Desk) -> None:
        desk.clock.wind(timedelta(hours=12).total_seconds() - 60)
        async with desk.books.reserve(Need(micro_usd=300_000), CALL, lease_s=LEASE_S) as reservation:
            yesterday = await desk.accounts.costs("day", "model")
            desk.clock.wind(120)
            assert await desk.gone() == (0, 300_000)
            await reservation.settle(spent(250_000))
        assert await desk.gone() == (250_000, 0)
        assert yesterday.micro_usd == 0
        assert (await desk.accounts.costs("day", "model", on=date(2026, 11, 22))) == yesterday
        assert (await desk.accounts.costs("day", "model")).micro_usd == 250_000

    async def test_a_call_over_midnight_counts_once_also_where_nobody_looked_in_between(self, desk: Desk) -> None:
        desk.clock.wind(timedelta(hours=12).total_seconds() - 60)
        async with desk.books.reserve(Need(micro_usd=300_000), CALL, lease_s=LEASE_S) as reservation:
            desk.clock.wind(120)
            await reservation.settle(spent(250_000))
        assert await desk.gone() == (250_000, 0)

    async def test_a_closed_day_stays_as_it_is_when_the_clock_is_set_back_into_it(self, desk: Desk) -> None:
        await desk.spend(100_000)
        desk.clock.wind(timedelta(hours=12, minutes=1).total_seconds())
        closed = await desk.accounts.costs("day", "model", on=date(2026, 11, 22))
        await desk.spend(200_000, reference="c3d4")
        desk.clock.wind(-300)
        await desk.spend(50_000, reference="e5f6")
        assert await desk.accounts.costs("day", "model", on=date(2026, 11, 22)) == closed
        assert (await desk.gone())[0] == 250_000

    async def test_nor_do_the_dead_and_free_answers_change_it(self, desk: Desk) -> None:
        desk.clock.wind(timedelta(hours=12, minutes=1).total_seconds())
        await desk.spend(1)
        desk.clock.wind(-600)
        await desk.abandoned(300_000)
        desk.books.note(FREE)
        desk.clock.wind(LEASE_S)
        await desk.books.flush()
        closed = await desk.accounts.costs("day", "model", on=date(2026, 11, 22))
        assert (closed.micro_usd, closed.questions) == (0, 0)
        assert (await desk.gone())[0] == (await desk.standing()).unconfirmed + 1 == 300_001

    async def test_a_clock_that_was_weeks_ahead_for_a_moment_does_not_take_the_days_along(self, desk: Desk) -> None:
        weeks = timedelta(days=40).total_seconds()
        desk.clock.wind(weeks)
        await desk.spend(400_000)
        desk.clock.wind(-weeks)
        await desk.spend(300_000)
        assert (await desk.accounts.costs("day", "model", on=date(2026, 11, 22))).micro_usd == 300_000
        assert await desk.gone() == (300_000, 0)

    async def test_days_and_months_are_those_of_the_configured_zone(self, desk: Desk) -> None:
        sao_paulo = ZoneInfo("America/Sao_Paulo")
        books = desk.another(replace(POLICY, zone=sao_paulo))
        desk.clock.wind(timedelta(hours=13).total_seconds())  # 01:00 UTC, 22:00 the day before there
        await desk.spend(100_000, books)
        day = await Accounts(books, desk.database, desk.clock, keep_days=9).costs("day", "model")  # type: ignore[arg-type]
        assert (day.span.since, day.micro_usd) == (datetime(2026, 11, 22, 3, tzinfo=UTC), 100_000)

    async def test_a_date_is_that_of_the_zone_however_far_away_it_is(self, desk: Desk) -> None:
        books = desk.another(replace(POLICY, zone=ZoneInfo("Pacific/Kiritimati")))  # 14 hours ahead
        accounts = Accounts(books, desk.database, desk.clock, keep_days=9)  # type: ignore[arg-type]
        costs = await accounts.costs("day", "model", on=date(2026, 11, 22))
        assert costs.span.since == datetime(2026, 11, 21, 10, tzinfo=UTC)

    async def test_another_time_zone_in_the_configuration_does_not_renew_a_budget(self, desk: Desk) -> None:
        await desk.spend(400_000)
        zone: tzinfo
        for zone in (ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Tokyo")):
            (budget,) = await desk.another(replace(POLICY, zone=zone)).standing(NOBODY)
            assert budget.count.used == 400_000

    async def test_a_budget_that_is_new_in_the_middle_of_the_day_counts_from_its_beginning(self, desk: Desk) -> None:
        await desk.spend(100_000)
        await desk.spend(50_000, asker=BOB)
        kinds = {
            "everything": {USD_PER_MONTH: DOLLAR, Measure("tokens", "day"): 9_000},
            "channel": {USD_PER_DAY: DOLLAR},
        }
        later = desk.another(QuotaPolicy(kinds=kinds))  # type: ignore[arg-type]
        await desk.spend(10_000, later, asker=BOB)
        told = {f"{one.quota.subject} {one.quota.measure}": one.count.used for one in await later.standing(ALICE)}
        assert told == {
            "everything usd_per_month": 160_000,
            "everything tokens_per_day": 3 * 790,
            "channel:general usd_per_day": 160_000,
        }

    async def test_and_only_what_its_subject_has_spent(self, desk: Desk) -> None:
        await desk.spend(100_000)
        await desk.spend(50_000, asker=Asker(user="bob", channel="elsewhere"))
        later = desk.another(QuotaPolicy(kinds={"user": {USD_PER_MONTH: DOLLAR}, "channel": {USD_PER_DAY: DOLLAR}}))
        assert [one.count.used for one in await later.standing(ALICE)] == [100_000, 100_000]

    async def test_a_new_limit_of_tokens_counts_those_of_calls_whose_output_nobody_told(self, desk: Desk) -> None:
        await desk.spend(1, tokens=TokenUsage(input=70))
        later = desk.another(QuotaPolicy(kinds={"everything": {Measure("tokens", "day"): 9_000}}))
        (standing,) = await later.standing(NOBODY)
        assert standing.count.used == 70

    async def test_a_new_limit_of_questions_counts_from_now_on(self, desk: Desk) -> None:
        await desk.spend(1)
        later = desk.another(QuotaPolicy(kinds={"user": {Measure("requests", "day"): 2}}))
        for _ in range(2):
            await later.admit(ALICE)
        with pytest.raises(QuotaExceeded):
            await later.admit(ALICE)

    async def test_what_was_booked_in_the_first_moment_of_a_month_is_not_the_month_befores(self, desk: Desk) -> None:
        to_december = timedelta(days=8, hours=12).total_seconds()
        desk.clock.wind(to_december)
        await desk.spend(100_000)
        desk.clock.wind(-to_december)
        later = desk.another(QuotaPolicy(kinds={"everything": {USD_PER_MONTH: DOLLAR}}))
        (standing,) = await later.standing(NOBODY)
        assert standing.count.used == 0


class TestAdmission:
    async def test_so_many_questions_a_minute_and_then_a_refusal_that_says_when(self, desk: Desk) -> None:
        for _ in range(3):
            await desk.books.admit(ALICE)
            desk.clock.wind(5)
        with pytest.raises(QuotaExceeded) as caught:
            await desk.books.admit(ALICE)
        assert (caught.value.subject, caught.value.measure, caught.value.used) == (
            "user:alice",
            "requests_per_minute",
            3,
        )
        assert caught.value.retry_after_s is not None
        assert 45 <= caught.value.retry_after_s < 46
        desk.clock.wind(caught.value.retry_after_s)
        await desk.books.admit(ALICE)
        with pytest.raises(QuotaExceeded):
            await desk.another().admit(ALICE)

    async def test_a_channel_has_its_own_limit_for_all_who_ask_there(self, desk: Desk) -> None:
        for number in range(5):
            await desk.books.admit(Asker(user=f"u{number}", channel="general"))
        with pytest.raises(QuotaExceeded, match="channel:general"):
            await desk.books.admit(Asker(user="somebody", channel="general"))
        await desk.books.admit(Asker(user="somebody", channel="elsewhere"))

    async def test_who_is_refused_does_not_use_up_the_room_of_others(self, desk: Desk) -> None:
        for _ in range(9):
            with suppress(QuotaExceeded):
                await desk.another().admit(ALICE)
        await desk.books.admit(BOB)
        await desk.books.admit(BOB)
        assert await desk.gone(A_MINUTE, Subject("channel", "general")) == (5, 0)

    async def test_a_flood_of_refused_questions_is_not_a_flood_of_transactions(self, desk: Desk) -> None:
        for _ in range(3):
            await desk.books.admit(ALICE)
        before = desk.database.transactions
        for _ in range(1_000):
            with pytest.raises(QuotaExceeded):
                await desk.books.admit(ALICE)
        assert desk.database.transactions == before + 1

    async def test_not_even_where_they_all_come_at_once(self, desk: Desk) -> None:
        before = desk.database.transactions
        asked = await asyncio.gather(*(desk.books.admit(ALICE) for _ in range(1_000)), return_exceptions=True)
        assert [outcome is None for outcome in asked].count(True) == 3
        assert desk.database.transactions == before + 4

    async def test_a_remembered_refusal_is_no_longer_than_the_limit(self, desk: Desk) -> None:
        for _ in range(3):
            await desk.books.admit(ALICE)
        desk.clock.wind(59.9)
        with pytest.raises(QuotaExceeded) as first:
            await desk.books.admit(ALICE)
        desk.clock.wind(0.3)
        with pytest.raises(QuotaExceeded) as second:
            await desk.books.admit(ALICE)
        assert first.value.retry_after_s is not None
        assert second.value.retry_after_s == pytest.approx(first.value.retry_after_s - 0.3)
        desk.clock.wind(second.value.retry_after_s or 0)
        await desk.books.admit(ALICE)

    async def test_a_clock_that_was_hours_ahead_for_a_moment_stops_nobody_for_hours(self, desk: Desk) -> None:
        hours = timedelta(hours=20).total_seconds()
        desk.clock.wind(hours)
        await desk.spend(1)
        desk.clock.wind(-hours)
        for _ in range(3):
            await desk.books.admit(ALICE)
        with pytest.raises(QuotaExceeded):
            await desk.books.admit(ALICE)
        desk.clock.wind(61)
        await desk.books.admit(ALICE)

    async def test_nor_does_what_was_asked_meanwhile(self, desk: Desk) -> None:
        hours = timedelta(hours=20).total_seconds()
        desk.clock.wind(hours)
        for _ in range(3):
            await desk.books.admit(ALICE)
        desk.clock.wind(-hours)
        await desk.books.admit(ALICE)
        assert await desk.gone(A_MINUTE, Subject("user", "alice")) == (1, 0)

    async def test_a_clock_that_was_a_minute_ahead_renews_no_minute(self, desk: Desk) -> None:
        for _ in range(3):
            await desk.books.admit(ALICE)
        desk.clock.wind(61)
        await desk.accounts.tidy()
        desk.clock.wind(-61)
        with pytest.raises(QuotaExceeded):
            await desk.books.admit(ALICE)


class TestThresholds:
    async def events(self, desk: Desk) -> list[tuple[str, str, int]]:
        return [(str(event.subject), event.name, event.used_micro_usd) for event in await desk.accounts.events()]

    async def test_each_raises_one_event_a_day_over_all_replicas(
        self, desk: Desk, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.WARNING)
        one, other = desk.another(), desk.another()
        for books in (one, other, one, other):
            await desk.spend(200_000, books, asker=NOBODY)
        await desk.spend(100_000, other, asker=NOBODY)
        assert await self.events(desk) == [("everything", "warn", 800_000)]
        await desk.spend(60_000, one, asker=NOBODY)
        assert sorted(await self.events(desk)) == [("everything", "brake", 960_000), ("everything", "warn", 800_000)]
        assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
        assert "budget brake reached subject=everything measure=usd_per_day used_usd=0.96" in caplog.text

    async def test_the_next_day_raises_them_anew(self, desk: Desk) -> None:
        await desk.spend(330_000)
        desk.clock.wind(timedelta(days=1).total_seconds())
        await desk.spend(330_000)
        await desk.spend(20_000)  # further over the same line
        assert await self.events(desk) == [("user:alice", "warn", 330_000)] * 2
        newest, oldest = await desk.accounts.events()
        assert newest.at - oldest.at == newest.since - oldest.since == timedelta(days=1)

    async def test_a_day_that_the_clock_goes_back_from_raises_them_no_second_time(self, desk: Desk) -> None:
        desk.clock.wind(timedelta(hours=12, minutes=1).total_seconds())
        await desk.spend(330_000)
        desk.clock.wind(-120)
        await desk.spend(10_000, desk.another())
        assert await self.events(desk) == [("user:alice", "warn", 330_000)]

    async def test_a_leap_over_both_raises_both_also_where_the_dead_made_it(self, desk: Desk) -> None:
        await desk.abandoned(400_000)
        desk.clock.wind(LEASE_S)
        await desk.books.flush()
        assert sorted(await self.events(desk)) == [("user:alice", "brake", 400_000), ("user:alice", "warn", 400_000)]

    async def test_over_the_brake_nothing_more_is_bought_and_the_warning_line_is_seen_before(self, desk: Desk) -> None:
        for cost, nearly in ((790_000, False), (20_000, True), (140_000, True)):
            await desk.spend(cost, asker=NOBODY)
            desk.clock.wind(1)
            assert (await desk.books.outlook(NOBODY)).nearly_spent == nearly
        with pytest.raises(BudgetExhausted):
            await desk.spend(1, asker=NOBODY)

    async def test_how_near_a_budget_is_to_its_end_is_looked_up_once_a_second(self, desk: Desk) -> None:
        before = desk.database.transactions
        for _ in range(9):
            await desk.books.outlook(ALICE)
        assert desk.database.transactions == before + 1
        desk.clock.wind(1)
        await desk.books.outlook(ALICE)
        assert desk.database.transactions == before + 2

    async def test_what_is_held_counts_for_the_warning_line(self, desk: Desk) -> None:
        async with desk.books.reserve(Need(micro_usd=800_000), replace(CALL, asker=NOBODY), lease_s=LEASE_S):
            assert (await desk.books.outlook(NOBODY)).nearly_spent


class TestChanges:
    async def test_a_limit_that_an_admin_changes_holds_at_once_in_every_replica(self, desk: Desk) -> None:
        other = desk.another()
        for _ in range(3):
            await desk.books.admit(ALICE)
        with pytest.raises(QuotaExceeded):
            await desk.books.admit(ALICE)
        await desk.accounts.change("carol", Change("user:alice", A_MINUTE, 5))
        await desk.books.admit(ALICE)
        await other.admit(ALICE)
        with pytest.raises(QuotaExceeded):
            await other.admit(ALICE)

    async def test_it_outlives_a_restart_and_is_recorded_with_who_and_when(self, desk: Desk) -> None:
        await desk.accounts.change("carol", Change("everything", USD_PER_DAY, 2 * DOLLAR))
        desk.clock.wind(60)
        await desk.accounts.change("dave", Change("everything", USD_PER_DAY, None))
        desk.clock.wind(60)
        assert await desk.another().standing(NOBODY) == ()
        assert await desk.accounts.reset("erin", "everything", USD_PER_DAY)
        assert not await desk.accounts.reset("erin", "everything", USD_PER_DAY)
        assert (await desk.standing()).quota.limit == DOLLAR
        told = [(entry.who, entry.kind, entry.change.amount, entry.at) for entry in await desk.accounts.changes()]
        noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
        assert told == [
            ("erin", "reset", None, noon + timedelta(minutes=2)),
            ("dave", "set", None, noon + timedelta(minutes=1)),
            ("carol", "set", 2 * DOLLAR, noon),
        ]

    async def test_a_lifted_budget_holds_until_the_day_is_over(self, desk: Desk) -> None:
        await desk.spend(400_000)
        with pytest.raises(BudgetExhausted):
            await desk.spend(1)
        until = await desk.accounts.lift("carol", "user:alice", USD_PER_DAY, 500_000)
        assert until == datetime(2026, 11, 23, tzinfo=UTC)
        await desk.spend(90_000)
        desk.clock.wind(timedelta(hours=12).total_seconds())
        assert (await desk.standing(subject=Subject("user", "alice"))).quota.limit == 400_000
        assert [entry.kind for entry in await desk.accounts.changes()] == ["lift"]
        assert await desk.accounts.in_force() == ()

    async def test_what_was_set_before_it_was_lifted_holds_when_the_day_is_over(self, desk: Desk) -> None:
        alice = Subject("user", "alice")
        await desk.accounts.change("carol", Change("user:alice", USD_PER_DAY, 300_000))
        await desk.accounts.lift("carol", "user:alice", USD_PER_DAY, 500_000)
        assert (await desk.standing(subject=alice)).quota.limit == 500_000
        desk.clock.wind(timedelta(hours=12).total_seconds())
        assert (await desk.standing(subject=alice)).quota.limit == 300_000

    async def test_a_reset_ends_a_lift_too_while_there_is_one(self, desk: Desk) -> None:
        alice = Subject("user", "alice")
        await desk.accounts.lift("carol", "user:alice", USD_PER_DAY, 500_000)
        assert await desk.accounts.reset("carol", "user:alice", USD_PER_DAY)
        assert (await desk.standing(subject=alice)).quota.limit == 400_000
        await desk.accounts.lift("carol", "user:alice", USD_PER_DAY, 500_000)
        desk.clock.wind(timedelta(hours=12).total_seconds())
        assert not await desk.accounts.reset("carol", "user:alice", USD_PER_DAY)

    async def test_a_change_leaves_what_else_is_limited_as_it_was_changed(self, desk: Desk) -> None:
        changes = Change("user:alice", A_MINUTE, 5), Change("user:alice", AN_HOUR, 9), Change("user:bob", A_MINUTE, 7)
        for change in changes:
            await desk.accounts.change("carol", change)
        assert set(await desk.accounts.in_force()) == set(changes)

    async def test_a_lifted_budget_warns_anew(self, desk: Desk) -> None:
        await desk.spend(380_000)
        await desk.accounts.lift("carol", "user:alice", USD_PER_DAY, 600_000)
        await desk.spend(130_000)
        told = [(event.name, event.limit_micro_usd) for event in await desk.accounts.events()]
        assert sorted(told) == [("brake", 400_000), ("warn", 400_000), ("warn", 600_000)]

    async def test_what_one_question_may_cost_can_be_changed_too(self, desk: Desk) -> None:
        assert (await desk.books.outlook(ALICE)).request_micro_usd is None
        await desk.accounts.change("carol", Change("user:*", Measure("usd", "request"), 20_000))
        assert (await desk.books.outlook(ALICE)).request_micro_usd == 20_000

    async def test_nothing_is_changed_where_the_database_does_not_answer(self, desk: Desk) -> None:
        desk.database.is_down = True
        with pytest.raises(StateUnavailable):
            await desk.accounts.change("carol", Change("everything", USD_PER_DAY, 1))
        desk.database.is_down = False
        assert await desk.accounts.changes() == ()


class TestLedger:
    async def test_an_entry_says_who_was_paid_for_what_and_for_whom(self, desk: Desk) -> None:
        tokens = TokenUsage(input=70, output=9, cached_input=40, cache_write=3, cache_write_long=2, thinking=5)
        await desk.spend(31, tokens=tokens, model="large-2", attempt=2, rung="fallback")
        columns = (
            "at, purpose, provider, model, asked_model, input_tokens, output_tokens, cached_input_tokens,"
            " cache_write_tokens, cache_write_long_tokens, thinking_tokens, cost_micro_usd, certainty, estimated, task,"
            " outcome, rung, reference, user_id, channel, workspace, latency_ms, attempt"
        )
        assert await desk.ledger(columns) == [
            ("2026-11-22T12:00:00.000000+00:00", "answer", "acme", "large-2", "large", 70, 9, 40, 3, 2, 5, 31, "actual",
             0, "factual", "answered", "fallback", "a1b2", "alice", "general", "acme", 1_500, 2)
        ]  # fmt: skip

    async def test_what_nobody_said_stays_unknown(self, desk: Desk) -> None:
        await desk.spend(0, tokens=TokenUsage(input=7, estimated=True), asker=NOBODY, latency_s=None)
        assert await desk.ledger("output_tokens, cached_input_tokens, user_id, latency_ms, certainty") == [
            (None, None, None, None, "estimate")
        ]

    @pytest.mark.parametrize("by", ["user", "channel", "workspace", "model", "provider", "task", "rung"])
    async def test_totals_are_the_sum_of_entries_by_whatever_they_are_told(self, desk: Desk, by: CostKey) -> None:
        await desk.spend(100_000)
        await desk.spend(50_000, asker=BOB, reference="b")
        await desk.spend(7, asker=NOBODY, reference="c", provider="other", model="small", task="quick")
        await desk.spend(11, reference="a1b2", attempt=2, model="small", tokens=TokenUsage(input=1, estimated=True))
        costs = await desk.accounts.costs("day", by)
        entries = sum(int(cost or 0) for (cost,) in await desk.ledger())
        assert costs.micro_usd == entries == sum(row.micro_usd for row in costs.rows) == 150_018
        assert (costs.questions, costs.calls, costs.estimated_micro_usd) == (3, 4, 11)
        assert costs.rows[0].micro_usd == max(row.micro_usd for row in costs.rows)
        assert costs.tokens == TokenUsage(2_101, 270, 1_500, None, None, 60)

    async def test_who_and_where_are_told_apart(self, desk: Desk) -> None:
        await desk.spend(100)
        await desk.spend(50, asker=BOB, reference="b")
        await desk.spend(7, asker=NOBODY, reference="c")
        users = {row.key: (row.micro_usd, row.questions) for row in (await desk.accounts.costs("month", "user")).rows}
        assert users == {"alice": (100, 1), "bob": (50, 1), None: (7, 1)}
        assert [row.key for row in (await desk.accounts.costs("week", "model")).rows] == ["acme/large"]

    async def test_free_answers_are_written_with_the_next_transaction_and_at_the_end(self, desk: Desk) -> None:
        desk.books.note(FREE)
        assert await desk.ledger() == []
        desk.database.is_down = True
        with pytest.raises(StateUnavailable):
            await desk.spend(1)
        desk.database.is_down = False
        await desk.spend(1, reference="b")
        assert sorted(await desk.ledger("cost_micro_usd, rung, calls")) == [(0, "cached", 0), (1, "fresh", 1)]
        desk.books.note(replace(FREE, reference="c"))
        await desk.books.aclose()
        assert len(await desk.ledger()) == 3
        assert (await desk.accounts.costs("day", "model")).questions == 3

    async def test_one_that_is_noted_while_another_cannot_be_written_is_written_with_it(self, desk: Desk) -> None:
        desk.books.note(FREE)
        desk.database.is_down = True
        desk.database.meanwhile = lambda: desk.books.note(replace(FREE, reference="f1"))
        with pytest.raises(StateUnavailable):
            await desk.books.flush()
        desk.database.is_down, desk.database.meanwhile = False, lambda: None
        await desk.books.flush()
        assert sorted(await desk.ledger("reference")) == [("f0",), ("f1",)]

    async def test_it_is_written_once_also_where_who_writes_it_is_cancelled(self, desk: Desk) -> None:
        desk.books.note(FREE)
        task = asyncio.ensure_future(desk.books.admit(ALICE))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await desk.books.flush()
        assert await desk.ledger("reference") == [("f0",)]

    async def test_no_more_are_remembered_than_a_database_that_is_away_is_worth(self, desk: Desk) -> None:
        for _ in range(1_100):
            desk.books.note(FREE)
        await desk.books.flush()
        assert await desk.database.fetch("SELECT count(*) FROM ledger") == [(1_000,)]

    async def test_where_nothing_was_noted_nothing_is_written_at_the_end(self, desk: Desk) -> None:
        await desk.books.aclose()
        assert desk.database.transactions == 0

    async def test_a_question_that_cost_nothing_is_told_where_the_database_is_down_at_the_end(
        self, desk: Desk, caplog: pytest.LogCaptureFixture
    ) -> None:
        desk.books.note(CALL)
        desk.database.is_down = True
        await desk.books.aclose()
        assert "1 free answers were not booked" in caplog.text

    async def test_a_person_can_be_forgotten_and_all_sums_stay(self, desk: Desk) -> None:
        await desk.spend(100_000)
        await desk.books.admit(ALICE)
        await desk.spend(70, asker=BOB, reference="b")
        before = [await desk.accounts.costs("day", by) for by in ("task", "channel", "workspace")]
        assert await desk.accounts.forget_user("alice") == 1
        assert [await desk.accounts.costs("day", by) for by in ("task", "channel", "workspace")] == before
        assert {row.key for row in (await desk.accounts.costs("day", "user")).rows} == {None, "bob"}

    async def test_who_is_forgotten_while_a_call_is_under_way_is_not_named_where_it_is_never_settled(
        self, desk: Desk
    ) -> None:
        await desk.abandoned(100)
        await desk.books._granted(Need(micro_usd=50), replace(CALL, asker=BOB), LEASE_S)
        await desk.accounts.forget_user("alice")
        desk.clock.wind(LEASE_S)
        await desk.books.flush()
        assert await desk.ledger("cost_micro_usd, user_id, channel", "1") == [
            (50, "bob", "general"),
            (100, None, "general"),
        ]

    async def test_forgetting_does_not_renew_an_allowance_and_leaves_nothing_when_the_day_is_over(
        self, desk: Desk
    ) -> None:
        await desk.spend(400_000)
        await desk.accounts.forget_user("alice")
        with pytest.raises(BudgetExhausted):
            await desk.spend(1)
        desk.clock.wind(timedelta(days=1).total_seconds())
        await desk.accounts.forget_user("alice")
        for table in ("quota_used", "quota_events", "quota_held"):
            assert await desk.database.fetch(f"SELECT count(*) FROM {table} WHERE subject = 'user:alice'") == [(0,)]

    async def test_old_days_are_summed_up_and_no_total_changes(self, desk: Desk) -> None:
        accounts = Accounts(desk.books, desk.database, desk.clock, keep_days=2)  # type: ignore[arg-type]
        for day in range(4):
            await desk.spend(100, reference=f"a{day}")
            await desk.spend(10, reference=f"a{day}", model="small", attempt=2)
            await desk.spend(
                1, asker=BOB, reference=f"b{day}", model="small", tokens=TokenUsage(input=5, estimated=True)
            )
            desk.clock.wind(timedelta(days=1).total_seconds())
        days = [date(2026, 11, 22 + number) for number in range(5)]
        before = [await accounts.costs("day", "model", on=day) for day in days]
        month = await accounts.costs("month", "task")
        assert await accounts.tidy() == 6  # of the first two days
        assert await accounts.tidy() == 0
        after = [await accounts.costs("day", "model", on=day) for day in days]
        assert [replace(day, rows=()) for day in after] == [replace(day, rows=()) for day in before]
        assert [{row.key: row.micro_usd for row in day.rows} for day in after] == [
            {row.key: row.micro_usd for row in day.rows} for day in before
        ]
        assert await accounts.costs("month", "task") == month
        ((kept,),) = await desk.database.fetch("SELECT count(*) FROM ledger WHERE user_id IS NOT NULL")
        assert kept == 6

    async def test_a_question_over_midnight_is_the_first_days_before_and_after_they_are_summed_up(
        self, desk: Desk
    ) -> None:
        accounts = Accounts(desk.books, desk.database, desk.clock, keep_days=2)  # type: ignore[arg-type]
        desk.clock.wind(timedelta(hours=12).total_seconds() - 1)
        await desk.spend(10)
        desk.clock.wind(1)
        await desk.spend(10, attempt=2)
        desk.clock.wind(1)
        for reference in ("", "a1b2"):  # of documents, and of the question itself
            await desk.spend(1, purpose="embedding", reference=reference)
        desk.clock.wind(timedelta(days=3).total_seconds())
        days = [date(2026, 11, 22), date(2026, 11, 23)]
        before = [(await accounts.costs("day", "model", on=day)).questions for day in days]
        assert await accounts.tidy() == 4
        assert before == [(await accounts.costs("day", "model", on=day)).questions for day in days] == [1, 0]

    async def test_a_day_is_summed_up_as_soon_as_it_need_not_be_kept(self, desk: Desk) -> None:
        accounts = Accounts(desk.books, desk.database, desk.clock, keep_days=2)  # type: ignore[arg-type]
        await desk.spend(1)
        desk.clock.wind(timedelta(days=2, hours=12).total_seconds() - 1)
        assert await accounts.tidy() == 0
        desk.clock.wind(1)
        assert await accounts.tidy() == 1

    async def test_old_counters_are_dropped_and_no_budget_is_renewed_by_a_clock_that_was_wrong_for_days(
        self, desk: Desk
    ) -> None:
        await desk.books.admit(ALICE)
        await desk.spend(400_000)
        days = timedelta(days=5).total_seconds()
        desk.clock.wind(days)
        await desk.accounts.tidy()
        assert await desk.database.fetch("SELECT count(*) FROM quota_used") == [(0,)]
        desk.clock.wind(-days)
        with pytest.raises(BudgetExhausted):
            await desk.spend(1)

    async def test_the_daily_budget_is_told_with_all_that_is_gone_of_it(self, desk: Desk) -> None:
        await desk.spend(100_000)
        await desk.abandoned(50_000)
        desk.clock.wind(LEASE_S)
        async with desk.books.reserve(Need(micro_usd=7_000), CALL, lease_s=LEASE_S):
            budget = await desk.accounts.daily_budget()
        assert (budget.limit_micro_usd, budget.used_micro_usd) == (DOLLAR, 150_000)
        assert (budget.held_micro_usd, budget.unconfirmed_micro_usd) == (7_000, 50_000)
        unlimited = Accounts(desk.another(QuotaPolicy()), desk.database, desk.clock, keep_days=9)  # type: ignore[arg-type]
        assert (await unlimited.daily_budget()).limit_micro_usd is None
        assert (await unlimited.daily_budget()).used_micro_usd == 150_000


async def test_a_limit_of_tokens_a_minute_is_about_when_a_call_began(desk: Desk) -> None:
    policy = QuotaPolicy(subjects={Subject("provider", "acme"): {TOKENS_A_MINUTE: 1_000}})
    books = desk.another(policy)
    async with books.reserve(Need(tokens=900), CALL, lease_s=LEASE_S) as reservation:
        desk.clock.wind(30)
        await reservation.settle(spent(1))  # 790 tokens
    with pytest.raises(QuotaExceeded) as caught:
        await books.check(Need(tokens=300), NOBODY, "acme")
    assert caught.value.retry_after_s is not None
    assert 30 <= caught.value.retry_after_s < 31
    desk.clock.wind(caught.value.retry_after_s)
    await books.check(Need(tokens=300), NOBODY, "acme")


async def test_brakes_are_shares_of_the_budget_as_it_is_configured(desk: Desk) -> None:
    books = desk.another(replace(POLICY, warn=Decimal("0.1"), brake=Decimal("0.2")))
    await desk.spend(210_000, books, asker=NOBODY)
    with pytest.raises(BudgetExhausted):
        await desk.spend(1, books, asker=NOBODY)


async def test_a_span_of_costs_holds_its_beginning_and_not_its_end(desk: Desk) -> None:
    desk.clock.wind(timedelta(hours=12).total_seconds())  # midnight
    await desk.spend(5)
    costs = await desk.accounts.costs("day", "model")
    assert costs.span == Span(datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
    assert costs.micro_usd == 5
    assert (await desk.accounts.costs("day", "model", on=date(2026, 11, 22))).micro_usd == 0
