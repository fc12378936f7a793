"""What became of a question's models, where others were faster or the books broke between judging and asking."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from rag.errors import (
    BudgetExhausted,
    ContentRefused,
    ProviderError,
    ProviderOverloaded,
    ProviderUnavailable,
    QuotaExceeded,
    RagError,
    StateUnavailable,
    UnusableAnswer,
)
from rag.model import NOBODY, Attempt, Candidate, TokenUsage
from rag.ports import AnswerEvent, AnswerRequest, Completion, Database, Metered, TextDelta
from rag.quota.books import Books
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import Measure, Need
from rag.routing.breaker import Breaker, BreakerSettings
from rag.routing.call import Call, Till
from rag.routing.catalogue import Catalogue, ModelCard
from rag.routing.plan import Judged, Order, Purse
from rag.routing.pricing import Rates
from rag.routing.upstream import Gate, Upstream
from rag.routing.way import Way
from rag.state import open_database
from tests.fakes.books import books_with, no_database
from tests.fakes.clock import FakeClock

REQUEST = AnswerRequest("What?", "en", ())
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BROKE = BudgetExhausted(
    subject="everything", measure="usd_per_day", limit=10, used=9, held=0, retry_at=NOON + timedelta(hours=12), now=NOON
)


HELD = BudgetExhausted(
    subject="everything", measure="usd_per_day", limit=10, used=1, held=9, retry_at=NOON, now=NOON, is_held=True
)


def refused(kind: type[QuotaExceeded], wait_s: float | None, subject: str = "provider:a") -> QuotaExceeded:
    """A limit that has room again in a while, or never."""
    return kind(
        subject=subject,
        measure="requests_per_minute",
        limit=10,
        used=1,
        held=9,
        retry_at=None if wait_s is None else NOON + timedelta(seconds=wait_s),
        now=NOON,
    )


class Time:
    """A monotonic clock that tests set."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


class Silent:
    """A provider that nobody asks here."""

    name = "silent"

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[AnswerEvent, None]:
        raise AssertionError(f"asked for {request}")
        yield


def way_over(*names: str, time: Time | None = None, purse: Purse | None = None) -> Way:
    return Way(
        request=REQUEST,
        order=Order("preferred", saving=False, names=names),
        purse=purse or Purse(),
        monotonic=time or Time(),
        deadline_s=100.0,
        longest_wait_s=20.0,
        tries_per_model=3,
    )


def ready(name: str) -> Judged:
    """A model that may be asked again."""
    provider, _, model = name.partition("/")
    closed = Breaker(BreakerSettings(), Time())
    card = ModelCard(provider=provider, model=model, rates=())
    return Judged(name, Upstream(card, Silent(), Gate(provider, closed, 1.0), closed), REQUEST)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BROKE, "budget_exhausted"),
        (refused(QuotaExceeded, None), "models_failed"),
        (refused(QuotaExceeded, None, "user:alice"), "limit_reached"),
        (StateUnavailable("gone"), "ledger_down"),
        (ProviderUnavailable("broke off", provider="a"), "models_failed"),
        (ContentRefused("no", provider="a"), "content_refused"),
    ],
)
def test_the_reason_below_the_models_is_what_stopped_them(error: RagError, reason: str) -> None:
    way = way_over("a/one")
    way.failed(Judged("a/one", None, REQUEST), error)
    assert way.completed_below(Completion("extractive", rung="extractive")).reason == reason


def test_an_answer_after_one_that_became_too_dear_was_chosen_to_save() -> None:
    way = way_over("a/dear", "b/cheap")
    way.failed(Judged("a/dear", None, REQUEST), BROKE)
    completion = way.completed_by(Judged("b/cheap", None, REQUEST), Completion("b", model="cheap"))
    assert (completion.rung, completion.reason) == ("fresh", "saving")


def test_what_a_model_will_not_say_no_model_is_asked_again_for() -> None:
    way = way_over("a/one", "b/two")
    way.failed(Judged("a/one", None, REQUEST), ProviderUnavailable("busy", provider="a", retry_after_s=1))
    assert way.nobody_answered().worth_another
    way.failed(Judged("b/two", None, REQUEST), ContentRefused("no", provider="b"))
    assert way.is_refused
    assert not way.nobody_answered().worth_another


def test_a_model_that_failed_without_a_wait_is_not_tried_again_when_it_cannot_be_asked() -> None:
    way = way_over("a/one")
    way.failed(Judged("a/one", None, REQUEST), ProviderUnavailable("broke off", provider="a"))
    assert not way.nobody_answered().worth_another


def test_an_answer_after_one_whose_provider_allows_no_more_fell_back() -> None:
    way = way_over("a/busy", "b/idle")
    way.failed(Judged("a/busy", None, REQUEST), refused(QuotaExceeded, 60))
    completion = way.completed_by(Judged("b/idle", None, REQUEST), Completion("b", model="idle"))
    assert (completion.rung, completion.reason) == ("fallback", "model_unavailable")


def test_a_limit_is_waited_for_until_it_has_room_as_often_as_it_takes() -> None:
    time = Time()
    way = way_over("a/one", time=time)
    assert way.due() == ["a/one"]
    for _ in range(4):
        way.failed(Judged("a/one", None, REQUEST), refused(QuotaExceeded, 15))
        ended = way.nobody_answered()
        assert ended.worth_another
        assert ended.again_in_s is not None
        assert 15 < ended.again_in_s < 15.01
        assert way.due() == []
        time.s += 15
        assert way.due() == ["a/one"]


def test_money_that_others_hold_is_hoped_for_at_any_moment_and_given_up_in_time() -> None:
    time = Time()
    way = way_over("a/dear", "b/cheap", time=time)
    assert way.due() == ["a/dear", "b/cheap"]
    for _ in range(19):
        for name in ("a/dear", "b/cheap"):
            way.failed(Judged(name, None, REQUEST), HELD)
        ended = way.nobody_answered()
        assert way.hopes_for_money
        assert ended.worth_another
        assert ended.again_in_s == pytest.approx(1, abs=0.01)
        assert way.due() == ["a/dear", "b/cheap"], "also before that time: somebody may have ended"
        assert not way.hopes_for_money
        time.s += 1
    way.failed(Judged("a/dear", None, REQUEST), HELD)
    assert not way.nobody_answered().worth_another
    assert way.completed_below(Completion("extractive", rung="extractive")).reason == "budget_held"


@pytest.mark.parametrize("wait_s", [None, 20.1])
@pytest.mark.parametrize("kind", [QuotaExceeded, BudgetExhausted])
def test_room_that_comes_too_late_or_never_is_not_waited_for(kind: type[QuotaExceeded], wait_s: float | None) -> None:
    way = way_over("a/one")
    way.failed(Judged("a/one", None, REQUEST), refused(kind, wait_s))
    assert not way.nobody_answered().worth_another


@pytest.mark.parametrize(("wait_s", "now_s", "waits"), [(20, 0, True), (14.9, 85, True), (15, 85, False)])
def test_room_is_waited_for_as_long_as_patience_and_the_deadline_allow(
    wait_s: float, now_s: float, *, waits: bool
) -> None:
    time = Time()
    time.s = now_s
    way = way_over("a/one", time=time)
    way.failed(Judged("a/one", None, REQUEST), refused(QuotaExceeded, wait_s))
    assert way.nobody_answered().worth_another == waits


@pytest.mark.parametrize(("now_s", "hopes"), [(98.9, True), (99, False)])
def test_money_that_others_hold_is_not_hoped_for_beyond_the_deadline(now_s: float, *, hopes: bool) -> None:
    time = Time()
    time.s = now_s
    way = way_over("a/one", time=time)
    way.failed(Judged("a/one", None, REQUEST), HELD)
    assert way.hopes_for_money == hopes


def test_whoever_stumbled_is_asked_again_soon_though_others_are_waited_for() -> None:
    way = way_over("a/one", "b/two")
    way.due()
    way.failed(Judged("a/one", None, REQUEST), refused(QuotaExceeded, 15))
    way.failed(ready("b/two"), ProviderUnavailable("broke off", provider="b"))
    ended = way.nobody_answered()
    assert (ended.worth_another, ended.again_in_s) == (True, None)
    assert way.due() == ["b/two"]


@pytest.mark.parametrize("kind", [ProviderOverloaded, UnusableAnswer])
def test_whoever_is_overloaded_or_makes_no_sense_is_not_asked_again_at_once(kind: type[ProviderUnavailable]) -> None:
    way = way_over("a/one")
    way.failed(ready("a/one"), kind("no", provider="a"))
    assert not way.nobody_answered().worth_another


def test_what_calls_have_cost_is_gone_from_the_purse_of_the_next_one() -> None:
    way = way_over("a/one", purse=Purse(question_micro_usd=1_000, nearly_spent=True))
    for cost in (300, 50):
        way.attempts.append(Attempt("a", "one", "unavailable", 1.0, TokenUsage(), cost))
    assert way.purse_left == Purse(question_micro_usd=650, nearly_spent=True)
    assert way_over("a/one").purse_left == Purse()


def test_calls_made_before_count_too() -> None:
    before = Attempt("a", "small", "answered", 1.0, TokenUsage(input=3, output=2), 300, "condensing")
    way = way_over("a/one", purse=Purse(question_micro_usd=1_000))
    way.attempts.append(before)
    completion = way.completed_below(Completion("extractive"))
    assert (completion.attempts, completion.cost_micro_usd) == ((before,), 300)
    assert completion.tokens == TokenUsage(input=3, output=2)


def test_the_route_tells_what_became_of_each_model() -> None:
    way = way_over("a/off", "b/broken", "c/prude", "d/dear", "e/good", "f/spare")
    way.due()
    way.passed_over(replace(ready("a/off"), passed_over="off"))
    way.failed(ready("b/broken"), ProviderUnavailable("broke off", provider="b"))
    way.failed(ready("c/prude"), ContentRefused("no", provider="c"))
    way.failed(replace(ready("d/dear"), need=Need(micro_usd=70)), BROKE)
    completion = way.completed_by(replace(ready("e/good"), need=Need(micro_usd=7)), Completion("e", model="good"))
    assert completion.route == (
        Candidate("a", "off", taken=False, reason="off"),
        Candidate("b", "broken", taken=True, reason="failed"),
        Candidate("c", "prude", taken=True, reason="content_refused"),
        Candidate("d", "dear", taken=False, reason="budget_exhausted", estimate_micro_usd=70),
        Candidate("e", "good", taken=True, reason="answered", estimate_micro_usd=7),
        Candidate("f", "spare", taken=False, reason="not_needed"),
    )


def test_a_model_that_failed_and_then_answered_has_answered() -> None:
    way = way_over("a/one")
    way.due()
    way.failed(ready("a/one"), ProviderUnavailable("broke off", provider="a"))
    assert [each.reason for each in way.completed_by(ready("a/one"), Completion("a")).route] == ["answered"]


def test_without_any_provider_no_model_of_the_route_is_configured() -> None:
    route = way_over("a/one", "b/two").completed_below(Completion("extractive")).route
    assert [(each.taken, each.reason) for each in route] == [(False, "not_configured")] * 2


class Scripted:
    """A provider that says something, then what it costs, and then that it is done."""

    name = "scripted"

    def __init__(self) -> None:
        self.asked: list[AnswerRequest] = []
        self.said: list[AnswerEvent | ProviderError] = [
            TextDelta("said"),
            Metered(TokenUsage(input=10, output=5)),
            Completion("scripted", model="one"),
        ]

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[AnswerEvent, None]:
        self.asked.append(request)
        for event in self.said:
            if isinstance(event, ProviderError):
                raise event
            yield event


class Desk:
    """One model, and the books that a call of it is paid from."""

    def __init__(self, database: Database, price_usd: int = 1) -> None:
        self.clock = FakeClock()
        self.database = database
        self.books = books_with(database, self.clock)
        self.provider = Scripted()
        flat = Decimal(price_usd)
        rates = Rates(input=flat, cached_input=flat, cache_write=flat, cache_write_long=flat, output=flat)
        self.card = ModelCard(provider="a", model="one", rates=(rates,))
        gate = Gate("a", Breaker(BreakerSettings(), self.clock.monotonic), 1.0)
        breaker = Breaker(BreakerSettings(), self.clock.monotonic, jitter=lambda: 0.0)
        self.upstream = Upstream(self.card, self.provider, gate, breaker)
        self.need = Need(requests=1, tokens=1_000, micro_usd=1_000 * price_usd, least_tokens=0)
        self.allotted: Need | None = None

    def call(self) -> Call:
        return Call(
            upstream=self.upstream,
            request=replace(REQUEST, max_output_tokens=900),
            till=Till(self.books, Catalogue({self.card.name: self.card}), self.clock),
            need=self.need,
            allotted=self.allotted or self.need,
            input_tokens=10,
        )

    async def asked(self) -> Call:
        call = self.call()
        await self._all_of(call)
        return call

    async def failed(self) -> Call:
        call = self.call()
        with pytest.raises(ProviderError):
            await self._all_of(call)
        return call

    async def _all_of(self, call: Call) -> None:
        async with aclosing(call.events(self.clock.monotonic() + 100)) as events:
            async for _ in events:
                pass

    async def gone(self) -> tuple[int, int]:
        """What is used and held."""
        (standing,) = await self.books.standing(NOBODY)
        return standing.count.used, standing.count.held


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database = await open_database(f"sqlite:///{tmp_path}/state.db", FakeClock())
    yield Desk(database)
    await database.aclose()


async def test_what_costs_something_is_not_asked_for_where_the_books_have_broken_since_it_was_judged() -> None:
    desk = Desk(no_database("gone"))
    with pytest.raises(StateUnavailable):
        await desk.asked()
    assert desk.provider.asked == []


async def test_what_costs_nothing_is_asked_for_without_the_books_too() -> None:
    call = await Desk(no_database("gone"), price_usd=0).asked()
    assert call.attempt is not None
    assert (call.attempt.outcome, call.attempt.cost_micro_usd) == ("answered", 0)


async def test_a_model_that_another_question_is_probing_by_now_is_not_asked_and_costs_nothing(desk: Desk) -> None:
    desk.upstream.breaker.rest(10)
    desk.clock.wind(10)
    desk.upstream.begin()
    with pytest.raises(ProviderUnavailable, match="somebody else"):
        await desk.asked()
    assert desk.provider.asked == []
    assert await desk.gone() == (0, 0)


async def test_whoever_leaves_a_model_that_is_being_probed_leaves_it_to_the_next(desk: Desk) -> None:
    desk.upstream.breaker.rest(10)
    desk.clock.wind(10)
    async with aclosing(desk.call().events(desk.clock.monotonic() + 100)) as events:
        await anext(events)
        assert desk.upstream.obstacle() is not None
    assert desk.upstream.obstacle() is None
    assert (await desk.gone())[1] == 0


async def test_what_a_call_holds_is_held_until_it_must_have_been_settled(desk: Desk) -> None:
    async with aclosing(desk.call().events(desk.clock.monotonic() + 100)) as events:
        await anext(events)
        desk.clock.wind(159)
        assert await desk.gone() == (0, 1_000)
        desk.clock.wind(1)
        assert await desk.gone() == (1_000, 0)
        assert (await desk.books.standing(NOBODY))[0].unconfirmed == 1_000


async def test_an_answer_costs_what_the_meter_says(desk: Desk) -> None:
    call = await desk.asked()
    assert call.attempt is not None
    assert call.attempt.tokens == TokenUsage(input=10, output=5)
    assert await desk.gone() == (15, 0)


async def test_of_an_answer_that_broke_off_what_was_seen_counts_where_the_meter_is_behind(desk: Desk) -> None:
    meter, broken = Metered(TokenUsage(input=12, output=1)), ProviderUnavailable("cut", provider="a", billable=True)
    desk.provider.said = [meter, TextDelta("word " * 100), broken]
    call = await desk.failed()
    assert call.attempt is not None
    assert (call.attempt.tokens.input, call.attempt.tokens.estimated) == (12, True)
    assert (call.attempt.tokens.output or 0) >= 100
    assert await desk.gone() == (call.attempt.cost_micro_usd, 0)


@pytest.mark.parametrize(("metered", "cost"), [([Metered(TokenUsage(input=12, output=5))], 17), ([], 0)])
async def test_a_failure_that_costs_nothing_costs_what_was_metered_all_the_same(
    desk: Desk, metered: list[AnswerEvent | ProviderError], cost: int
) -> None:
    desk.provider.said = [*metered, ProviderUnavailable("down", provider="a", billable=False)]
    await desk.failed()
    assert await desk.gone() == (cost, 0)


async def test_what_the_meter_does_not_tell_is_estimated(desk: Desk) -> None:
    desk.provider.said[1] = Metered(TokenUsage(output=5))
    call = await desk.asked()
    assert call.attempt is not None
    assert (call.attempt.tokens.output, call.attempt.tokens.estimated) == (5, True)
    assert (call.attempt.tokens.input or 0) >= 10


async def test_blanks_are_nothing_that_the_reader_has_seen(desk: Desk) -> None:
    desk.provider.said = [TextDelta(" \n"), ProviderUnavailable("cut", provider="a", billable=True)]
    assert not (await desk.failed()).shown
    desk.provider.said.insert(0, TextDelta("said"))
    assert (await desk.failed()).shown


@pytest.mark.parametrize(("tokens", "longest"), [(500, 490), (10, 1), (1_000, 900)])
async def test_a_model_writes_no_more_than_the_tokens_that_were_granted(desk: Desk, tokens: int, longest: int) -> None:
    policy = QuotaPolicy(kinds={"everything": {Measure("tokens", "day"): tokens}})
    desk.books = Books(desk.database, desk.clock, policy)
    await desk.asked()
    assert [request.max_output_tokens for request in desk.provider.asked] == [longest]


async def test_nor_than_what_one_question_may_cost(desk: Desk) -> None:
    desk.allotted = desk.need.lowered("usd", 300)
    await desk.asked()
    (request,) = desk.provider.asked
    assert 1 <= request.max_output_tokens <= 300
    assert await desk.gone() == (15, 0)


async def test_of_a_refusal_the_meter_tells_all(desk: Desk) -> None:
    desk.provider.said = [Metered(TokenUsage(input=12, output=5)), ContentRefused("no", provider="a")]
    call = await desk.failed()
    assert call.attempt is not None
    assert call.attempt.tokens == TokenUsage(input=12, output=5)
