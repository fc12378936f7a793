"""What follows from figures, and what does not: forecasts, repeats, groups of questions and advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rag.language import Analyzer
from rag.model import Task, TokenUsage
from rag.monitoring.advice import (
    BudgetEnds,
    CheaperModel,
    MissingDocument,
    Setup,
    Unanswered,
    advise,
    budgets_ending,
    budgets_too_small,
    cheaper_models,
    failing_models,
    longer_memories,
    missing_documents,
)
from rag.monitoring.forecast import Forecast, Pace, forecast, pace
from rag.monitoring.repeats import LADDER_S, Repeated, Repeats, Spared
from rag.monitoring.reports import Braked, BudgetAhead, Report, Totals
from rag.monitoring.usage import Usage
from rag.monitoring.wordings import Wording, grouped
from rag.quota.ledger import CostRow
from rag.quota.page import Standing
from rag.quota.quotas import EVERYTHING, Count, Measure, Quota, Subject
from rag.quota.windows import Span
from rag.routing.catalogue import Catalogue, ModelCard, Route
from rag.routing.pricing import Rates

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MONTH_END = date(2026, 11, 30)
USD = 1_000_000
amounts = st.integers(min_value=0, max_value=10**12)


class TestPace:
    def test_it_is_the_mean_of_the_last_seven_whole_days(self) -> None:
        assert pace([70, 1, 2, 3, 4, 5, 6, 7], today=1_000, elapsed=0.5) == Pace(4, 7)

    def test_days_before_the_first_that_had_spending_do_not_count(self) -> None:
        assert pace([0, 0, 0, 10, 0, 20], today=0, elapsed=0.5) == Pace(10, 3)

    def test_a_quiet_week_counts_where_there_was_spending_before(self) -> None:
        assert pace([9, *[0] * 7], today=5, elapsed=0.5) == Pace(0, 7)

    def test_today_is_extrapolated_only_where_there_is_nothing_else(self) -> None:
        assert pace([0, 0], today=30, elapsed=0.25) == Pace(120, 0)

    def test_it_is_rounded_up(self) -> None:
        assert pace([1, 1, 0], today=0, elapsed=0.5) == Pace(1, 3)

    @given(st.lists(amounts, max_size=40), amounts, st.floats(min_value=0.01, max_value=1))
    def test_it_lies_between_the_cheapest_and_the_dearest_day(
        self, days: list[int], today: int, elapsed: float
    ) -> None:
        at = pace(days, today, elapsed)

        if at.days:
            assert min(days[-at.days :]) <= at.micro_usd <= max(days[-at.days :])
        else:
            assert not any(days)
            assert at.micro_usd >= today


class TestForecast:
    def test_the_month_goes_on_as_the_last_days_did(self) -> None:
        ahead = forecast(Pace(10, 7), spent=204, today=4, day=TODAY, ends_on=MONTH_END)

        assert ahead.month_micro_usd == 200 + 10 + 6 * 10
        assert (ahead.brake_on, ahead.limit_on) == (None, None)

    def test_a_day_that_cost_more_than_usual_stays_as_it_is(self) -> None:
        assert forecast(Pace(10, 7), 50, 50, TODAY, MONTH_END).month_micro_usd == 50 + 6 * 10

    @pytest.mark.parametrize(
        ("brake", "on"),
        [
            (204, TODAY),
            (210, TODAY),
            (211, date(2026, 11, 25)),
            (230, date(2026, 11, 26)),
            (270, MONTH_END),
            (271, None),
        ],
    )
    def test_the_brake_is_reached_on_the_day_on_which_the_sum_is(self, brake: int, on: date | None) -> None:
        assert forecast(Pace(10, 7), 204, 4, TODAY, MONTH_END, brake=brake).brake_on == on

    def test_without_spending_no_budget_ends(self) -> None:
        assert forecast(Pace(0, 7), 5, 0, TODAY, MONTH_END, brake=6, limit=7).limit_on is None

    @given(amounts, amounts, amounts, amounts, st.integers(min_value=1, max_value=30))
    def test_the_day_is_the_first_on_which_what_is_foretold_reaches_the_amount(
        self, at: int, before: int, today: int, amount: int, day: int
    ) -> None:
        assume(amount)
        start = date(2026, 11, day)
        ahead = forecast(Pace(at, 7), before + today, today, start, MONTH_END, brake=amount, limit=amount + 1)

        def at_end_of(n: int) -> int:
            return before + max(today, at) + n * at

        days = [start + timedelta(days=n) for n in range(31 - day)]
        reached = [on for n, on in enumerate(days) if at_end_of(n) >= amount]
        assert ahead.brake_on == (reached[0] if reached else None)
        assert ahead.month_micro_usd == at_end_of(30 - day)
        if ahead.limit_on is not None:
            assert ahead.brake_on is not None
            assert ahead.brake_on <= ahead.limit_on


# Repeats


def repeats(*hours: float, ttl_s: int = 3_600, anew: Sequence[int] = (), task: Task = "factual") -> Repeats:
    """The same question at these hours, a dollar each."""
    found = Repeats(NOW, {task: ttl_s})
    for n, hour in enumerate(hours):
        found.tell(task, "which port?", "all", NOW + timedelta(hours=hour), USD, anew=n in anew)
    return found


def spared(found: Repeats) -> list[int]:
    (again,) = found.found()
    return [again.spared[ttl].questions for ttl in LADDER_S if ttl in again.spared]


class TestRepeats:
    def test_what_was_asked_again_after_it_was_forgotten_counts_with_what_each_time_would_have_spared(self) -> None:
        assert repeats(0, 5, 25, 100).found() == (
            Repeated(
                "factual",
                3_600,
                Spared(3, 3 * USD),
                {LADDER_S[0]: Spared(1, USD), LADDER_S[1]: Spared(1, USD), LADDER_S[2]: Spared(3, 3 * USD)},
            ),
        )

    def test_an_answer_that_would_have_been_there_has_become_no_younger(self) -> None:
        # Every 12 hours: of a day's memory each second answer would have been made anew.
        assert spared(repeats(0, 12, 24, 36, 48)) == [0, 2, 4]

    def test_times_that_are_no_longer_than_the_present_one_spare_nothing(self) -> None:
        assert spared(repeats(0, 30, ttl_s=LADDER_S[1])) == [1]

    @pytest.mark.parametrize("hours", [(0, 0.5), (0, 24 * 7 + 1), (0,)])
    def test_what_was_still_remembered_or_is_too_long_ago_does_not_count(self, hours: tuple[float, ...]) -> None:
        assert repeats(*hours).found() == ()

    def test_what_was_asked_before_the_report_counts_as_remembered_only(self) -> None:
        assert repeats(-5, -3).found() == ()
        assert spared(repeats(-5, 0)) == [1, 1, 1]

    def test_whoever_wants_another_answer_is_spared_by_no_memory(self) -> None:
        assert repeats(0, 5, anew=[1]).found() == ()
        assert spared(repeats(0, 5, 8, anew=[1])) == [1, 1, 1]

    def test_how_things_stand_now_has_to_be_forgotten(self) -> None:
        assert repeats(0, 5, task="real_time").found() == ()
        found = Repeats(NOW, {"factual": 60})
        for hour in (0, 5):
            words = "is the gateway down right now?"
            found.tell("factual", words, "all", NOW + timedelta(hours=hour), USD, anew=False)
        assert found.found() == ()

    @pytest.mark.parametrize(
        "other", [("quick", "which port?", "all"), ("factual", "where?", "all"), ("factual", "which port?", "few")]
    )
    def test_another_task_question_or_audience_is_no_repeat(self, other: tuple[Task, str, str]) -> None:
        found = Repeats(NOW, {"factual": 60, "quick": 60})
        found.tell("factual", "which port?", "all", NOW, USD, anew=False)
        found.tell(*other, NOW + timedelta(hours=5), USD, anew=False)
        assert found.found() == ()

    @given(st.lists(st.floats(min_value=0.01, max_value=90), max_size=25), st.integers(60, 100_000))
    def test_longer_times_spare_what_happened_and_no_more_than_was_asked(self, gaps: list[float], ttl_s: int) -> None:
        at, hours = 0.0, [0.0]
        for gap in gaps:
            at += gap
            hours.append(at)
        told = repeats(*hours, ttl_s=ttl_s)
        forgetting = Repeats(NOW, {"factual": ttl_s})
        for hour in hours:
            when = NOW + timedelta(hours=hour)
            forgetting.forget(when)
            forgetting.tell("factual", "which port?", "all", when, USD, anew=False)

        assert forgetting.found() == told.found()
        for again in told.found():
            assert all(each.questions <= again.asked.questions for each in again.spared.values())
            longest = again.spared.get(LADDER_S[-1], Spared(0, 0)).questions
            assert longest == max((each.questions for each in again.spared.values()), default=0)


# Groups of questions


def wordings(*texts: str) -> list[Wording[int]]:
    return [Wording(text, times, NOW, times) for times, text in enumerate(reversed(texts), start=1)]


def groups(*texts: str) -> list[list[str]]:
    return [[wording.text for wording in group] for group in grouped(wordings(*texts), Analyzer())]


class TestWordings:
    def test_capitals_and_punctuation_make_no_other_question(self) -> None:
        assert groups("Where?", "where", "WHERE ?") == [["Where?", "where", "WHERE ?"]]

    def test_other_words_for_mostly_the_same_make_none_either(self) -> None:
        same = ["How do I set up the VPN on Linux?", "VPN on Linux: set up", "vpn setup linux how do I set up?"]
        assert groups(*same) == [same]

    @pytest.mark.parametrize(
        "two",
        [
            ("Which port does the gateway use?", "Which port does the scheduler use?"),
            ("What is open on port 80 of the old gateway?", "What is open on port 443 of the old gateway?"),
            (
                "Which rule opens port 80 of the old gateway in the Berlin office?",
                "Which rule opens port 443 of the old gateway in the Berlin office?",
            ),
            ("Quantas férias tenho?", "Quantos feriados há em março?"),
        ],
    )
    def test_another_word_or_number_makes_another_question(self, two: tuple[str, str]) -> None:
        assert len(groups(*two)) == 2

    def test_who_only_says_more_asks_the_same(self) -> None:
        assert len(groups("How do I set up the VPN on Linux?", "VPN on Linux?")) == 1
        assert len(groups("How do I set up the VPN of the Berlin office on Linux?", "VPN on Linux?")) == 2
        assert len(groups("How do I set up the VPN?", "VPN?")) == 2

    def test_the_commonest_group_and_wording_come_first(self) -> None:
        many = Wording("Where is the handbook of sales?", 2, NOW, None)
        more = Wording("where is the handbook of Sales", 3, NOW - timedelta(days=1), None)
        other = Wording("Who pays for the trains?", 4, NOW, None)
        assert grouped([other, many, more], Analyzer()) == [(more, many), (other,)]

    @given(st.lists(st.text(max_size=30), max_size=12))
    def test_no_question_is_lost_and_none_told_twice(self, texts: list[str]) -> None:
        assert sorted(text for group in groups(*texts) for text in group) == sorted(texts)


# Advice


def rates(price: float, **more: object) -> Rates:
    plain = Decimal(str(price))
    return Rates(
        input=plain,
        cached_input=plain,
        cache_write=plain,
        cache_write_long=plain,
        output=plain,
        **more,  # type: ignore[arg-type]
    )


def card(name: str, price: float, **more: object) -> ModelCard:
    return ModelCard(provider="acme", model=name, rates=(rates(price),), **more)  # type: ignore[arg-type]


DEAR, FAIR, CHEAP, TINY = "acme/dear", "acme/fair", "acme/cheap", "acme/tiny"
SETUP = Setup(
    catalogue=Catalogue({one.name: one for one in (card("dear", 10), card("fair", 6), card("cheap", 2))}),
    routes={"factual": Route("preferred", (DEAR, FAIR))},
    cheaper_models=(CHEAP,),
    usable=frozenset({DEAR, FAIR, CHEAP}),
    ttl_s={"factual": 3_600},
)


def used(micro_usd: int, **more: object) -> Usage:
    """Answers of the dear model: at ten micro-USD a token."""
    values: dict[str, object] = {
        "day": TODAY, "task": "factual", "model": DEAR, "calls": 10, "micro_usd": micro_usd,
        "tokens": TokenUsage(micro_usd // 10, 0), "longest_input": 900, "longest": 1_000, "latency_ms": 9, **more,
    }  # fmt: skip
    return Usage(**values)  # type: ignore[arg-type]


def report(total: int = 0, *, models: tuple[CostRow, ...] = (), **more: object) -> Report:
    totals = Totals(total, 10, 10, 2, 0, 10, 0, 0)
    day = datetime(2026, 11, 23, tzinfo=UTC)
    values: dict[str, object] = {
        "period": "day", "span": Span(day, day + timedelta(days=1)), "zone": UTC, "now": NOW, "totals": totals,
        "before": totals, "breakdowns": {"model": models}, "usage": (), "days": (), "forecast": None, "budgets": (),
        "braked": (), **more,
    }  # fmt: skip
    return Report(**values)  # type: ignore[arg-type]


def cheaper(found: Report, setup: Setup = SETUP) -> list[CheaperModel]:
    return list(cheaper_models(found, setup))


class TestCheaperModels:
    def test_the_model_that_would_have_saved_most_is_named_with_the_exact_sums(self) -> None:
        (advice,) = cheaper(report(USD, usage=(used(USD),)))

        assert advice == CheaperModel(
            task="factual", model=DEAR, instead=CHEAP, answers=10, spent_micro_usd=USD,
            would_cost_micro_usd=200_000, monthly_micro_usd=30 * 800_000,
        )  # fmt: skip

    def test_a_saving_below_a_tenth_of_the_bill_is_not_worth_a_change(self) -> None:
        usage = (used(1_000_000),)  # saves 800,000
        assert cheaper(report(8_000_000, usage=usage))
        assert not cheaper(report(8_000_001, usage=usage))

    def test_nor_is_one_of_less_than_five_cents(self) -> None:
        assert cheaper(report(62_500, usage=(used(62_500),)))
        assert not cheaper(report(62_490, usage=(used(62_490),)))

    def test_a_model_without_a_known_price_on_one_of_the_days_is_not_recommended(self) -> None:
        later = replace(card("cheap", 2), rates=(rates(2, since=TODAY),))
        setup = replace(SETUP, catalogue=Catalogue({**SETUP.catalogue.cards, CHEAP: later}))
        usage = (used(USD), used(USD, day=TODAY - timedelta(days=1)))
        assert [advice.instead for advice in cheaper(report(2 * USD, usage=usage), setup)] == [FAIR]

    def test_prices_are_those_of_the_day_and_of_the_length_of_the_prompts(self) -> None:
        rows = (rates(2), rates(4, over_input_tokens=5_000), rates(1, since=TODAY))
        setup = replace(SETUP, catalogue=Catalogue({CHEAP: replace(card("cheap", 2), rates=rows)}))
        yesterday = TODAY - timedelta(days=1)
        usage = (used(USD), used(USD, day=yesterday), used(USD, longest_input=6_000))
        (advice,) = cheaper(report(3 * USD, usage=usage), setup)
        assert advice.would_cost_micro_usd == 100_000 + 200_000 + 400_000
        assert setup.bands == (5_000,)

    @pytest.mark.parametrize(
        "changed",
        [
            {"retires": TODAY + timedelta(days=30)},
            {"retires": TODAY + timedelta(days=30), "rerouted_to": DEAR},
            {"context_tokens": 999},
        ],
    )
    def test_a_model_that_goes_soon_or_could_not_read_it_is_not_recommended(self, changed: dict[str, object]) -> None:
        cards = {**SETUP.catalogue.cards, CHEAP: replace(SETUP.catalogue.cards[CHEAP], **changed)}  # type: ignore[arg-type]
        found = report(USD, usage=(used(USD),))
        assert [advice.instead for advice in cheaper(found, replace(SETUP, catalogue=Catalogue(cards)))] == [FAIR]

    def test_nor_is_one_that_is_not_configured_or_fails_often(self) -> None:
        found = report(USD, usage=(used(USD),))
        assert [advice.instead for advice in cheaper(found, replace(SETUP, usable=frozenset({DEAR, FAIR})))] == [FAIR]
        failing = replace(found, breakdowns={"model": (CostRow(CHEAP, 0, 40, 40, 0, 20),)})
        assert [advice.instead for advice in cheaper(failing)] == [FAIR]

    def test_of_a_task_the_change_is_told_that_saves_most(self) -> None:
        usage = (used(USD), used(900_000, model=FAIR))
        assert [advice.model for advice in cheaper(report(2 * USD, usage=usage))] == [DEAR]

    @given(st.lists(st.integers(0, 10**9), max_size=6), amounts)
    def test_whatever_is_told_is_true_and_worth_it(self, sums: list[int], rest: int) -> None:
        found = report(sum(sums) + rest, usage=tuple(used(each) for each in sums))
        for advice in cheaper(found):
            tokens = sum(each // 10 for each in sums)
            assert advice.spent_micro_usd == sum(sums)
            assert advice.would_cost_micro_usd == 2 * tokens
            assert advice.saved_micro_usd * 10 >= found.totals.micro_usd
            assert advice.saved_micro_usd >= 50_000
            assert advice.monthly_micro_usd == 30 * advice.saved_micro_usd


class TestLongerMemory:
    def again(self, *questions: int, each: int = 100_000) -> Repeated:
        steps = dict(zip(LADDER_S, (Spared(n, n * each) for n in questions), strict=False))
        return Repeated("factual", 3_600, Spared(20, 20 * each), steps)

    def test_the_shortest_time_that_spares_nearly_all_is_named(self) -> None:
        (advice,) = longer_memories(report(USD), [self.again(7, 8, 10)])
        assert (advice.instead_s, advice.spared, advice.saved_micro_usd) == (LADDER_S[1], 8, 800_000)

    @pytest.mark.parametrize(
        ("found", "again"),
        [(USD, (0, 0, 2)), (40 * USD + 50, (0, 0, 8)), (0, ())],
    )
    def test_a_few_questions_or_little_money_are_not_worth_it(self, found: int, again: tuple[int, ...]) -> None:
        assert not list(longer_memories(report(found), [self.again(*again)]))

    def test_nor_are_less_than_five_cents(self) -> None:
        assert not list(longer_memories(report(USD), [self.again(0, 0, 4, each=12_499)]))
        assert list(longer_memories(report(USD), [self.again(0, 0, 4, each=12_500)]))


class TestMissingDocuments:
    def test_what_was_asked_three_times_or_by_two_people_is_missing(self) -> None:
        asked = [Unanswered("a", 3, 1), Unanswered("b", 2, 2), Unanswered("c", 2, 1), Unanswered("d", 1, 1)]
        assert list(missing_documents(asked)) == [
            MissingDocument(question="a", times=3, people=1),
            MissingDocument(question="b", times=2, people=2),
        ]

    def test_five_are_told(self) -> None:
        assert len(list(missing_documents([Unanswered("a", 9, 9)] * 7))) == 5


class TestBudgets:
    def budget(self, used_micro_usd: int, on: date | None, *, limit: int = 100) -> BudgetAhead:
        quota = Quota(EVERYTHING, Measure("usd", "month"), limit, warn_at=80, brake_at=95)
        ahead = Forecast(Pace(5, 7), 120, MONTH_END, on, None)
        return BudgetAhead(Standing(quota, Count(used_micro_usd)), ahead)

    def test_a_month_that_does_not_last_is_told_with_its_day(self) -> None:
        found = report(budgets=(self.budget(60, MONTH_END), self.budget(60, None)))
        assert list(budgets_ending(found)) == [
            BudgetEnds(
                subject=EVERYTHING, limit_micro_usd=100, used_micro_usd=60, pace_micro_usd=5, on=MONTH_END,
                limit_on=None, has_ended=False,
            )
        ]  # fmt: skip

    def test_one_that_has_ended_says_so_and_one_of_nothing_is_meant_so(self) -> None:
        found = report(budgets=(self.budget(95, TODAY), self.budget(0, TODAY, limit=0)))
        assert [advice.has_ended for advice in budgets_ending(found)] == [True]

    def test_days_that_hit_the_brake_count_from_the_second_on(self) -> None:
        whose = Subject("channel", "C1")
        found = report(braked=(Braked(whose, 5, 2), Braked(EVERYTHING, 5, 1), Braked(EVERYTHING, 0, 3)))
        assert [(advice.subject, advice.days) for advice in budgets_too_small(found)] == [(whose, 2)]


class TestFailingModels:
    def failing(self, failed: int, calls: int, model: str = DEAR) -> list[tuple[str, str | None]]:
        found = report(models=(CostRow(model, 0, calls, calls, 0, failed),))
        return [(advice.model, advice.instead) for advice in failing_models(found, SETUP)]

    def test_more_than_one_of_twenty_is_too_often_and_the_next_on_the_route_is_named(self) -> None:
        assert self.failing(6, 100) == [(DEAR, FAIR)]
        assert self.failing(5, 100) == []

    def test_a_few_calls_say_nothing(self) -> None:
        assert self.failing(19, 19) == []
        assert self.failing(2, 20) == [(DEAR, FAIR)]

    def test_behind_the_last_of_a_route_and_beside_all_routes_there_is_nobody(self) -> None:
        assert self.failing(50, 100, FAIR) == [(FAIR, None)]
        assert self.failing(50, 100, TINY) == [(TINY, None)]

    def test_the_route_is_the_one_on_which_it_answers_most(self) -> None:
        setup = replace(SETUP, routes={**SETUP.routes, "quick": Route("preferred", (DEAR, CHEAP))})
        rows = (CostRow(DEAR, 0, 100, 100, 0, 50),)
        found = report(models=rows, usage=(used(1, calls=3), used(1, task="quick", calls=4)))
        assert [advice.instead for advice in failing_models(found, setup)] == [CHEAP]


def test_what_is_urgent_comes_first_and_what_saves_most_before_what_saves_less() -> None:
    found = report(
        USD,
        usage=(used(USD),),
        braked=(Braked(EVERYTHING, 5, 2),),
        models=(CostRow(DEAR, 0, 100, 100, 0, 50),),
        budgets=(TestBudgets().budget(60, MONTH_END),),
    )
    repeated = [Repeated("factual", 60, Spared(9, 9 * USD), {LADDER_S[0]: Spared(9, 9 * USD)})]

    kinds = [advice.kind for advice in advise(found, SETUP, repeated, [Unanswered("a", 3, 3)])]

    assert kinds == [
        "budget_ends", "budget_too_small", "model_fails", "longer_memory", "cheaper_model", "missing_document",
    ]  # fmt: skip


def test_nothing_follows_from_nothing() -> None:
    assert advise(report(), SETUP) == ()
