"""Whatever happens in whatever order, at whatever time by whichever clock: no limit is ever exceeded.

A machine reserves, settles, frees, dies, starts again, and winds the clock forwards and
backwards, over a real database; after every step the books are audited from outside.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, TypeVar
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
    multiple,
    rule,
    run_state_machine_as_test,
)

from rag.errors import QuotaExceeded
from rag.model import Asker, TokenUsage
from rag.ports import Row
from rag.quota.books import Books, Reservation
from rag.quota.ledger import Expense
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import USD_PER_DAY, Measure, Need, Subject
from rag.quota.windows import is_sliding, period
from rag.state import open_database
from rag.state.timestamps import from_text
from tests.fakes.clock import FakeClock
from tests.fakes.postgres import PostgresServer
from tests.fakes.state import state_file_url

T = TypeVar("T")

ZONES = ["America/Sao_Paulo", "Asia/Kathmandu", "UTC"]
LIMITS = {"everything": 1_000, "user": 600}
A_MINUTE, TOKENS = Measure("requests", "minute"), Measure("tokens", "minute")
POLICY = QuotaPolicy(
    kinds={
        "everything": {USD_PER_DAY: LIMITS["everything"], Measure("usd", "month"): 5_000},
        "user": {USD_PER_DAY: LIMITS["user"], A_MINUTE: 3, Measure("requests", "hour"): 20},
    },
    subjects={Subject("provider", "acme"): {TOKENS: 2_000, Measure("requests", "second"): 2}},
)
LEASE_S = 120.0
# The next daylight saving of the zone was abolished; these moments are from when it had one, and from a month's end.
STARTS = [
    datetime.fromisoformat(text)
    for text in ("2018-11-03T23:00+00:00", "2018-02-17T22:00+00:00", "2026-11-30T20:00+00:00")
]
FORWARDS = [0.4, 20, 59, 61, 119, 3_600, 10_800, 86_399, 86_400, 40 * 86_400]
BACKWARDS = [0.3, 30, 3_600, 86_000]


class Ledger:
    """What an auditor reads: entries by the day on which they were booked."""

    def __init__(self, rows: Sequence[Row], zone: tzinfo) -> None:
        self.total = 0
        self.by_day: dict[tuple[date, str], int] = defaultdict(int)
        for at, cost, user in rows:
            day = period("day", from_text(at), zone).since.astimezone(zone).date()
            self.total += int(str(cost))
            for whose in ("everything", f"user:{user}"):
                self.by_day[day, whose] += int(str(cost))


class BooksMachine(RuleBasedStateMachine):
    state_url: Callable[[], AbstractContextManager[str]] = staticmethod(state_file_url)

    open_reservations = Bundle[Reservation]("open_reservations")
    dead = Bundle[Reservation]("dead")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = ExitStack()
        self.expected = 0
        self.was_set_back = False
        self.alive: dict[str, int] = {}
        self.closed: dict[tuple[date, str], int] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize(start=st.sampled_from(STARTS), zone=st.sampled_from(ZONES))
    def begin(self, start: datetime, zone: str) -> None:
        self.clock = FakeClock(start)
        policy = replace(POLICY, zone=ZoneInfo(zone))
        self.database = self.run(open_database(self.stack.enter_context(self.state_url()), self.clock))
        self.books = Books(self.database, self.clock, policy)

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.run(self.database.aclose())
        self.runner.close()
        self.stack.close()

    @rule(
        target=open_reservations,
        user=st.sampled_from("ab"),
        most=st.integers(1, 700),
        least=st.none() | st.integers(1, 300),
    )
    def reserve(self, user: str, most: int, least: int | None) -> Any:
        need = Need(requests=1, tokens=most, micro_usd=most, least_micro_usd=least, least_tokens=least)
        call = Expense(
            purpose="answer", provider="acme", model="m", tokens=TokenUsage(input=1), cost_micro_usd=0,
            asker=Asker(user=user),
        )  # fmt: skip
        try:
            reservation = self.run(self.books._granted(need, call, LEASE_S))
        except QuotaExceeded:
            return multiple()
        assert (least or most) <= reservation.granted.micro_usd <= most or reservation.granted.micro_usd == min(
            most, least or most
        )
        self.alive[reservation.key] = reservation.granted.micro_usd
        return reservation

    @rule(reservation=consumes(open_reservations), share=st.floats(0, 1))
    def settle(self, reservation: Reservation, share: float) -> None:
        self._settle(reservation, share)

    @rule(reservation=open_reservations, share=st.floats(0, 1))
    def book_a_part(self, reservation: Reservation, share: float) -> None:
        cost = int(self.alive[reservation.key] * share)
        if self._is_buried(reservation):
            return
        self.run(reservation.book(self._spent(reservation, cost), lease_s=LEASE_S))
        self.alive[reservation.key] -= cost
        self.expected += cost

    @rule(reservation=consumes(open_reservations))
    def free(self, reservation: Reservation) -> None:
        del self.alive[reservation.key]
        self.run(reservation.release())

    @rule(target=dead, reservation=consumes(open_reservations))
    def die(self, reservation: Reservation) -> Reservation:
        return reservation

    @rule(reservation=consumes(dead), share=st.floats(0, 1))
    def rise_from_the_dead(self, reservation: Reservation, share: float) -> None:
        self._settle(reservation, share)

    @rule(user=st.sampled_from("ab"))
    def admit(self, user: str) -> None:
        with suppress(QuotaExceeded):
            self.run(self.books.admit(Asker(user=user)))

    @rule(seconds=st.sampled_from(FORWARDS))
    def go_on(self, seconds: float) -> None:
        self.clock.wind(seconds)

    @rule(seconds=st.sampled_from(BACKWARDS))
    def set_the_clock_back(self, seconds: float) -> None:
        self.was_set_back = True
        self.clock.wind(-seconds)

    @rule()
    def set_the_clock_back_by_days(self) -> None:
        self.was_set_back = True
        self.clock.wind(-3 * 86_400)

    @rule()
    def start_again(self) -> None:
        self.books = Books(self.database, self.clock, self.books.policy)

    @invariant()
    def audit(self) -> None:
        if hasattr(self, "books"):
            self._no_limit_is_exceeded()
            self._not_even_by_the_ledger_of_any_day()
            self._nor_in_any_minute()

    def _no_limit_is_exceeded(self) -> None:
        for user in "ab":
            for standing in self.run(self.books.standing(Asker(user=user), "acme")):
                if self.was_set_back and is_sliding(standing.quota.measure.window):
                    continue  # what is read reaches both ways then, over two minutes; each of them is looked at below
                count = standing.count
                assert count.used + count.held <= standing.quota.limit, standing

    def _not_even_by_the_ledger_of_any_day(self) -> None:
        zone = self.books.policy.zone
        rows = self.run(self.database.fetch("SELECT at, cost_micro_usd, user_id FROM ledger ORDER BY at"))
        ledger = Ledger(rows, zone)
        for (day, whose), spent in ledger.by_day.items():
            assert spent <= LIMITS[whose.partition(":")[0]], (day, whose)
        ((unconfirmed,),) = self.run(
            self.database.fetch(
                "SELECT CAST(coalesce(sum(cost_micro_usd), 0) AS bigint) FROM ledger WHERE certainty = 'unconfirmed'"
            )
        )
        assert ledger.total == self.expected + int(unconfirmed or 0)
        latest = max([self.clock.now(), *(from_text(at) for at, *_ in rows[-1:])])
        if latest - self.clock.now() >= timedelta(hours=26):
            self.closed = {}  # nobody can tell such a clock from one that was wrong before
            return
        today = period("day", latest, zone).since.astimezone(zone).date()
        now_closed = {key: spent for key, spent in ledger.by_day.items() if key[0] < today}
        for key, spent in self.closed.items():
            assert now_closed.get(key, spent) == spent, "a closed day has changed"
        self.closed = now_closed

    def _nor_in_any_minute(self) -> None:
        rows = self.run(
            self.database.fetch(
                "SELECT subject, since, used FROM quota_used WHERE measure = 'requests_per_minute' ORDER BY since"
            )
        )
        for subject, since, _ in rows:
            begin = from_text(since)
            within = [
                int(used or 0)
                for other, at, used in rows
                if other == subject and begin <= from_text(at) < begin + timedelta(minutes=1)
            ]
            assert sum(within) <= 3

    def _settle(self, reservation: Reservation, share: float) -> None:
        cost = int(self.alive.pop(reservation.key) * share)
        is_late = self._is_buried(reservation)
        self.run(reservation.settle(self._spent(reservation, cost)))
        self.expected += 0 if is_late else cost

    def _is_buried(self, reservation: Reservation) -> bool:
        # As the books will see it: whoever opens them buries the dead first.
        self.run(self.books.flush())
        return not self.run(self.database.fetch("SELECT 1 FROM reservations WHERE id = $1", reservation.key))

    def _spent(self, reservation: Reservation, cost: int) -> Expense:
        return replace(reservation.expense, cost_micro_usd=cost, tokens=TokenUsage(input=cost))


def _run(machine: type[BooksMachine], examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=30, deadline=None, phases=(Phase.generate,),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip


def test_no_limit_is_ever_exceeded_in_a_file() -> None:
    _run(BooksMachine, 60)


@pytest.mark.usefixtures("server")
def test_no_limit_is_ever_exceeded_on_a_server(server: PostgresServer) -> None:
    class OnServer(BooksMachine):
        pass

    OnServer.state_url = server.lent_database
    _run(OnServer, 15)
