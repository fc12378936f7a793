"""In which order models are asked, and why one is passed over; the judging of health and money is real."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from rag.model import Pin, Turn
from rag.ports import AnswerEvent, AnswerRequest, Prompt
from rag.quota.quotas import Need
from rag.routing.breaker import Breaker, BreakerSettings
from rag.routing.call import most_prompt_tokens
from rag.routing.catalogue import Catalogue, GoneModel, ModelCard, Route
from rag.routing.plan import Judged, Planner, Purse
from rag.routing.pricing import Rates
from rag.routing.upstream import Gate, Upstream
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = NOW.date()
PASSAGES = tuple(f"<passage n={n}>{'word ' * 200}</passage>" for n in range(1, 9))
REQUEST = AnswerRequest(
    "What?",
    "en",
    (),
    prompt=Prompt("Answer.", PASSAGES, (Turn("user", "Hello"), Turn("assistant", "Hi")), "What?"),
    max_output_tokens=1_000,
)
RICH = Purse(question_micro_usd=10_000_000)


class Silent:
    """A provider that nobody asks: planning does not."""

    name = "silent"

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[AnswerEvent, None]:
        raise AssertionError(f"planning asked for {request}")
        yield


def card(name: str, price: int, **known: object) -> ModelCard:
    flat = Decimal(price)
    rates = Rates(input=flat, cached_input=flat, cache_write=flat, cache_write_long=flat, output=flat)
    provider, _, model = name.partition("/")
    return ModelCard(provider=provider, model=model, rates=(rates,), **known)  # type: ignore[arg-type]


class Bench:
    """Three models, dear, middle and cheap, of which `off/none` has no key."""

    def __init__(self, *cards: ModelCard, gone: tuple[str, ...] = ()) -> None:
        self.clock = FakeClock()
        self.now = NOW
        known = cards or (card("a/dear", 8), card("b/middle", 4), card("c/cheap", 1))
        self.catalogue = Catalogue(
            {each.name: each for each in (*known, card("off/none", 1))},
            {name: GoneModel(name=name, since=DAY) for name in gone},
        )
        self.upstreams = {each.name: self.upstream(each) for each in known}
        names = tuple(self.upstreams)
        self.route = Route("preferred", (*names, "off/none", *gone))
        self.cheaper = ("c/cheap",)
        self.least_output_tokens = 512

    def upstream(self, known: ModelCard) -> Upstream:
        def breaker() -> Breaker:
            return Breaker(BreakerSettings(), self.clock.monotonic)

        gate = Gate(known.provider, breaker(), 1.0)
        return Upstream(known, Silent(), gate, breaker())

    @property
    def planner(self) -> Planner:
        return Planner(
            {"factual": self.route},
            self.cheaper,
            self.catalogue,
            self.upstreams,
            lambda: self.now,
            least_output_tokens=self.least_output_tokens,
        )

    def judge(self, name: str, request: AnswerRequest = REQUEST, purse: Purse = RICH) -> Judged:
        return self.planner.judge(name, request, purse)

    def need(self, name: str, request: AnswerRequest = REQUEST, purse: Purse = RICH) -> Need:
        need = self.judge(name, request, purse).need
        assert need is not None
        return need

    def reasons(self, request: AnswerRequest = REQUEST, purse: Purse = RICH) -> dict[str, str | None]:
        planner = self.planner
        order = planner.order(request, purse)
        return {name: planner.judge(name, request, purse).passed_over for name in order.names}


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestOrder:
    def test_preferred_is_the_order_of_the_route(self, bench: Bench) -> None:
        assert bench.planner.order(REQUEST, RICH).names == ("a/dear", "b/middle", "c/cheap", "off/none")

    def test_cheapest_is_the_order_of_prices_with_those_that_cannot_be_asked_last(self, bench: Bench) -> None:
        order = bench.planner.order(replace(REQUEST, pin=Pin(policy="cheapest")), RICH)
        assert order.names == ("c/cheap", "b/middle", "a/dear", "off/none")
        assert (order.policy, order.saving) == ("cheapest", False)

    def test_fastest_is_the_order_of_measured_times_and_the_unmeasured_go_first(self, bench: Bench) -> None:
        bench.upstreams["a/dear"].succeeded(first_token_s=2, total_s=3)
        bench.upstreams["b/middle"].succeeded(first_token_s=1, total_s=20)
        order = bench.planner.order(replace(REQUEST, pin=Pin(policy="fastest")), RICH)
        assert [name for name in order.names if name != "off/none"] == ["c/cheap", "a/dear", "b/middle"]

    def test_near_the_warning_line_the_cheaper_ones_come_first(self, bench: Bench) -> None:
        order = bench.planner.order(REQUEST, replace(RICH, nearly_spent=True))
        assert order.names[0] == "c/cheap"
        assert (order.policy, order.saving) == ("cheapest", True)

    def test_where_the_first_is_the_cheapest_anyway_nothing_is_saved(self, bench: Bench) -> None:
        bench.route = Route("preferred", ("c/cheap", "a/dear"))
        assert not bench.planner.order(REQUEST, replace(RICH, nearly_spent=True)).saving

    def test_what_is_no_whole_answer_says_nothing_of_how_fast_a_model_is(self, bench: Bench) -> None:
        bench.upstreams["a/dear"].succeeded(first_token_s=2, total_s=3, is_typical=False)
        assert bench.upstreams["a/dear"].first_token_p50_s is None

    def test_a_pin_holds_near_the_warning_line_too(self, bench: Bench) -> None:
        pinned = replace(REQUEST, pin=Pin(model="a/dear"))
        order = bench.planner.order(pinned, replace(RICH, nearly_spent=True))
        assert (order.names[0], order.saving) == ("a/dear", False)
        assert bench.reasons(pinned)["b/middle"] == "not_pinned"

    def test_a_pinned_model_need_not_stand_on_the_route(self, bench: Bench) -> None:
        bench.route = Route("preferred", ("a/dear",))
        assert bench.reasons(replace(REQUEST, pin=Pin(model="c/cheap"))) == {"c/cheap": None, "a/dear": "not_pinned"}


class TestTheFirst:
    def test_of_those_that_can_be_asked_is_the_one_for_a_few_words(self, bench: Bench) -> None:
        pinned = replace(REQUEST, pin=Pin(policy="cheapest"))
        assert self.name(bench, pinned) == "c/cheap"
        bench.upstreams["c/cheap"].breaker.rest(30)
        assert self.name(bench, pinned) == "b/middle"

    def test_is_nobody_where_none_can_be_paid_for(self, bench: Bench) -> None:
        assert bench.planner.first(REQUEST, Purse(0)) is None

    def test_has_room_for_its_thoughts_where_it_thinks(self) -> None:
        bench = Bench(card("a/quick", 2), card("b/thinker", 1, effort="low"))
        few = replace(REQUEST, max_output_tokens=120)
        assert self.most(bench, replace(few, pin=Pin(model="a/quick"))) == 120
        assert self.most(bench, replace(few, pin=Pin(model="b/thinker"))) == 632

    def name(self, bench: Bench, request: AnswerRequest) -> str:
        first = bench.planner.first(request, RICH)
        assert first is not None
        return first.name

    def most(self, bench: Bench, request: AnswerRequest) -> int:
        first = bench.planner.first(request, RICH)
        assert first is not None
        return first.request.max_output_tokens


class TestPassingOver:
    def test_without_a_key_or_from_the_vendors_past(self) -> None:
        reasons = Bench(gone=("a/old",)).reasons()
        assert (reasons["off/none"], reasons["a/old"]) == ("not_configured", "gone")

    def test_while_it_rests_and_while_its_provider_is_off(self, bench: Bench) -> None:
        bench.upstreams["a/dear"].breaker.rest(30)
        bench.upstreams["b/middle"].gate.breaker.rest(30)
        bench.upstreams["c/cheap"].switch_off("nobody knows what it costs")
        assert list(bench.reasons().values()) == ["resting", "off", "off", "not_configured"]

    def test_with_the_time_that_it_rests(self, bench: Bench) -> None:
        bench.upstreams["a/dear"].breaker.rest(30)
        assert bench.judge("a/dear").wait_s == 30

    def test_what_it_may_cost_at_least_is_compared_with_what_is_left_for_the_question(self, bench: Bench) -> None:
        least = bench.need("b/middle").least("usd")
        assert 0 < least < bench.need("b/middle").micro_usd
        assert bench.judge("b/middle", purse=Purse(least)).passed_over is None
        assert bench.reasons(purse=Purse(least - 1))["b/middle"] == "too_expensive"
        assert bench.reasons(purse=Purse(least, is_known=False))["b/middle"] == "ledger_down"

    def test_whoever_may_not_write_less_is_compared_by_the_most(self, bench: Bench) -> None:
        bench.least_output_tokens = REQUEST.max_output_tokens
        most = bench.need("b/middle").micro_usd
        assert bench.judge("b/middle", purse=Purse(most)).passed_over is None
        assert bench.reasons(purse=Purse(most - 1))["b/middle"] == "too_expensive"

    def test_a_question_without_a_limit_of_its_own_finds_nothing_too_expensive(self, bench: Bench) -> None:
        assert bench.judge("a/dear", purse=Purse()).passed_over is None

    def test_what_is_free_is_asked_without_money_and_without_books(self) -> None:
        bench = Bench(card("a/free", 0))
        assert bench.reasons(purse=Purse(0, is_known=False))["a/free"] is None

    def test_without_a_price_for_today(self) -> None:
        future = replace(card("a/new", 1).rates[0], since=date(2027, 1, 1))
        assert Bench(replace(card("a/new", 1), rates=(future,))).reasons()["a/new"] == "no_price"

    def test_cheapest_puts_what_has_no_price_last(self) -> None:
        future = replace(card("a/new", 1).rates[0], since=date(2027, 1, 1))
        bench = Bench(replace(card("a/new", 1), rates=(future,)), card("b/dear", 8))
        assert bench.planner.order(replace(REQUEST, pin=Pin(policy="cheapest")), RICH).names[0] == "b/dear"


class TestNeed:
    def test_it_is_what_a_token_a_byte_and_the_longest_answer_cost(self, bench: Bench) -> None:
        judged, upstream = bench.judge("b/middle"), bench.upstreams["b/middle"]
        prompt = most_prompt_tokens(REQUEST.prompt, upstream)
        assert prompt == REQUEST.prompt.size_bytes + 16 * (2 + 8 + 2)  # instructions, question, passages, turns
        assert judged.need == Need(
            requests=1,
            tokens=judged.input_tokens + 1_000,
            micro_usd=4 * (prompt + 1_000),
            least_tokens=judged.input_tokens + 512,
            least_micro_usd=4 * (prompt + 512),
        )
        assert judged.input_tokens < REQUEST.prompt.size_bytes

    @pytest.mark.parametrize(("hour", "factor"), [(12, 1), (22, 1), (23, 2)])
    def test_before_midnight_it_is_at_the_price_of_the_day_on_which_a_call_may_end(
        self, hour: int, factor: int
    ) -> None:
        dearer = replace(card("a/rising", 2).rates[0], since=date(2026, 11, 23))
        bench = Bench(replace(card("a/rising", 1), rates=(*card("a/rising", 1).rates, dearer)))
        usual = bench.need("a/rising")
        bench.now = NOW.replace(hour=hour, minute=30)
        assert bench.need("a/rising").micro_usd == factor * usual.micro_usd

    def test_no_prompt_has_more_tokens_than_the_context_window(self) -> None:
        bench = Bench(card("a/small", 1, context_tokens=4_000))
        assert bench.judge("a/small").request.prompt == REQUEST.prompt
        assert bench.need("a/small").micro_usd == 4_000 + 1_000

    def test_what_is_asked_to_be_short_needs_no_less(self, bench: Bench) -> None:
        need = bench.need("a/dear", replace(REQUEST, max_output_tokens=100))
        assert need.least("usd") == need.micro_usd
        assert need.least("tokens") == need.tokens

    def test_a_purse_allots_no_more_than_what_the_question_may_cost(self, bench: Bench) -> None:
        whole = bench.need("a/dear")
        for purse in (Purse(), Purse(whole.micro_usd), Purse(whole.micro_usd + 1)):
            assert purse.allots(whole) == whole
        assert Purse(whole.micro_usd - 8).allots(whole) == replace(whole, micro_usd=whole.micro_usd - 8)

    @pytest.mark.parametrize("name", ["a/dear", "b/middle", "c/cheap"])
    def test_what_it_costs_at_most_is_told(self, bench: Bench, name: str) -> None:
        candidate = bench.judge(name).candidate(first=True)
        assert candidate.estimate_micro_usd == bench.need(name).micro_usd
        assert bench.judge("off/none").candidate(first=False).estimate_micro_usd is None

    def test_also_where_that_is_more_than_the_question_may_cost(self, bench: Bench) -> None:
        judged = bench.judge("a/dear", purse=Purse(1))
        candidate = judged.candidate(first=False)
        assert (candidate.taken, candidate.reason) == (False, "too_expensive")
        assert candidate.estimate_micro_usd == bench.need("a/dear").micro_usd


class TestFitting:
    def test_a_small_context_window_gets_fewer_passages_and_less_history(self) -> None:
        judged = Bench(card("a/small", 1, context_tokens=2_800)).planner.judge("a/small", REQUEST, RICH)
        assert judged.passed_over is None
        assert judged.request.prompt.passages == PASSAGES[:4]
        assert judged.request.prompt.history == (Turn("assistant", "Hi"),)
        assert judged.input_tokens + judged.request.max_output_tokens <= 2_800

    def test_a_window_in_which_one_passage_has_no_room_is_too_small(self) -> None:
        assert Bench(card("a/tiny", 1, context_tokens=1_100)).reasons()["a/tiny"] == "too_small"

    def test_no_more_output_is_asked_for_than_the_model_can_give(self) -> None:
        judged = Bench(card("a/terse", 1, max_output_tokens=300)).planner.judge("a/terse", REQUEST, RICH)
        assert judged.request.max_output_tokens == 300
