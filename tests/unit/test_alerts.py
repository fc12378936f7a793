"""What is wrong by which figures, and how it is told."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts import alert_cards
from bot.alerts.rules import Figures, Recent, Seen, Trouble, TroubleKind, seen_in
from bot.alerts.wording import headline_of, line_of, text_of
from bot.locales import LOCALES, phrases_in
from bot.terms import AlertRules
from rag.errors import ProviderUnavailable
from rag.model import ProviderHealth, ProviderState
from rag.ports import AnswerEvent, AnswerRequest
from rag.quota.quotas import USD_PER_DAY, Measure, Subject
from rag.quota.reached import Reached
from rag.quota.windows import Span
from rag.routing.breaker import Breaker, BreakerSettings
from rag.routing.catalogue import ModelCard, NoticeKind
from rag.routing.catalogue import Notice as ModelNotice
from rag.routing.upstream import Gate, Upstream
from rag.state.timestamps import to_text
from tests.fakes.clock import FakeClock

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = Span(NOON.replace(hour=0), NOON.replace(hour=0) + timedelta(days=1))
RULES = AlertRules()


def seen(rules: AlertRules = RULES, **figures: object) -> Seen:
    return seen_in(Figures(**figures), rules)  # type: ignore[arg-type]  # any of them


def kinds(found: Seen) -> set[str]:
    return {trouble.kind for trouble in found.troubles.values()}


class TestErrorRate:
    @pytest.mark.parametrize(
        ("failed", "calls", "is_wrong"),
        [(0, 0, False), (2, 2, False), (3, 3, True), (3, 59, True), (3, 60, False), (5, 100, False), (6, 100, True)],
    )
    def test_more_than_one_in_twenty_is_wrong_and_three_at_least(
        self, failed: int, calls: int, *, is_wrong: bool
    ) -> None:
        assert ("error_rate" in seen(recent=Recent(calls=calls, failed=failed)).troubles) == is_wrong

    def test_the_share_is_configured(self) -> None:
        rules = replace(RULES, error_rate=Decimal("0.5"))
        assert not seen(rules, recent=Recent(calls=10, failed=5)).troubles
        assert seen(rules, recent=Recent(calls=10, failed=6)).troubles


class TestSlowAnswers:
    @pytest.mark.parametrize(
        ("slow", "answers", "is_wrong"), [(0, 0, False), (0, 5, False), (1, 19, True), (1, 20, False), (2, 39, True)]
    )
    def test_more_than_one_in_twenty_is_wrong(self, slow: int, answers: int, *, is_wrong: bool) -> None:
        assert ("slow_answers" in seen(recent=Recent(answers=answers, slow=slow)).troubles) == is_wrong


def model(state: ProviderState, *, of: str = "openai", error_rate: float | None = None) -> ProviderHealth:
    return ProviderHealth(of, "gpt", state, error_rate=error_rate)


class TestProviders:
    @pytest.mark.parametrize(
        ("models", "is_off"),
        [
            ([model("off")], True),
            ([model("resting")], True),
            ([model("probing"), model("off")], True),
            ([model("off"), model("ready", error_rate=0.5)], False),
            ([model("not_configured")], False),
            ([ProviderHealth("extractive", None, "ready")], False),
            ([], False),
        ],
    )
    def test_one_is_off_when_none_of_its_models_can_be_relied_on(
        self, models: list[ProviderHealth], *, is_off: bool
    ) -> None:
        assert seen(models=models).troubles.keys() == ({"provider:openai"} if is_off else set())

    @pytest.mark.parametrize(("error_rate", "is_known"), [(None, False), (1.0, False), (0.95, True), (0.0, True)])
    def test_one_that_has_not_answered_yet_is_neither_well_nor_off(
        self, error_rate: float | None, *, is_known: bool
    ) -> None:
        found = seen(models=[model("ready", error_rate=error_rate), model("off", of="gemini")])
        assert found.unknown == (frozenset() if is_known else {"provider:openai"})
        assert found.troubles.keys() == {"provider:gemini"}

    @given(st.lists(st.tuples(st.sampled_from(get_args(ProviderState)), st.sampled_from(["a", "b"]))))
    def test_none_is_off_and_unknown(self, states: list[tuple[ProviderState, str]]) -> None:
        found = seen(models=[model(state, of=of) for state, of in states])
        assert found.troubles.keys().isdisjoint(found.unknown)


async def test_when_a_model_failed_last_is_known() -> None:
    class Silent:
        name = "openai"

        async def stream(self, _: AnswerRequest) -> AsyncGenerator[AnswerEvent, None]:
            raise AssertionError
            yield

    clock = FakeClock(NOON)
    breaker = Breaker(BreakerSettings(), clock.monotonic)
    card = ModelCard(provider="openai", model="gpt", rates=())
    upstream = Upstream(card, Silent(), Gate("openai", breaker, 1.0), breaker, now=clock.now)
    assert upstream.health.last_error_at is None
    clock.wind(60)
    upstream.failed(upstream.begin(), ProviderUnavailable("away", provider="openai"))
    clock.wind(60)
    assert upstream.health.last_error_at == NOON + timedelta(seconds=60)
    upstream.switch_off("no price")
    assert upstream.health.last_error_at == NOON + timedelta(seconds=120)


def reached(subject: str = "everything", name: str = "warn", measure: Measure = USD_PER_DAY) -> Reached:
    return Reached(Subject.parse(subject), measure, name, TODAY, 20_123_456, 25_000_000)  # type: ignore[arg-type]


def test_a_budget_is_another_trouble_in_another_window_and_for_another_budget() -> None:
    tomorrow = Span(TODAY.until, TODAY.until + timedelta(days=1))
    budgets = [
        reached(),
        reached(name="brake"),
        reached("channel:C1"),
        reached(measure=Measure("usd", "month")),
        replace(reached(), window=tomorrow),
        replace(reached(), used_micro_usd=1, limit_micro_usd=2),
    ]
    assert len(seen(budgets=budgets).troubles) == 4


@pytest.mark.parametrize("names", [("warn", "brake"), ("brake", "warn")])
def test_a_brake_takes_the_place_of_its_warning(names: tuple[str, str]) -> None:
    (trouble,) = seen(budgets=[reached(name=name) for name in names]).troubles.values()
    assert (trouble.values["threshold"], trouble.level) == ("brake", 1)


def news(kind: NoticeKind, day: date | None = date(2026, 12, 1)) -> ModelNotice:
    return ModelNotice("warning", kind, "openai/gpt", day, "")


def test_what_a_day_changes_is_no_news_from_that_day_on_and_what_is_wrong_with_a_model_stays() -> None:
    found = {
        kind: next(iter(seen(news=[news(kind)]).troubles.values())).ends_at is not None for kind in get_args(NoticeKind)
    }
    assert found == {"gone": False, "retires": True, "rerouted": True, "price_change": True, "no_price": False}


def everything_wrong() -> list[Trouble]:
    """A trouble of every kind, and of every sort of that kind."""
    budgets = [
        [
            reached(subject, name, Measure("usd", window))  # type: ignore[arg-type]
            for subject in ("everything", "workspace:T1", "channel:C1", "provider:openai")
            for window in ("day", "month")
        ]
        for name in ("warn", "brake")
    ]
    models = [model("off"), replace(model("resting", of="gemini"), last_error_at=NOON)]
    days = [*(news(kind) for kind in get_args(NoticeKind)), news("gone", None)]
    found = seen(budgets=budgets[0], recent=Recent(40, 3, 40, 3), models=models, news=days)
    return [*found.troubles.values(), *seen(budgets=budgets[1]).troubles.values()]


def payload(trouble: Trouble, state: str = "raised", at: datetime = NOON) -> Mapping[str, object]:
    return {
        "alert": trouble.key,
        "kind": trouble.kind,
        "state": state,
        "values": trouble.values,
        "since": to_text(NOON),
        "at": to_text(at),
    }


def test_there_is_a_trouble_of_every_kind_to_try() -> None:
    assert {trouble.kind for trouble in everything_wrong()} == set(get_args(TroubleKind))
    assert len(everything_wrong()) == 16 + 2 + 2 + 6


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("state", ["raised", "resolved"])
@pytest.mark.parametrize("at", [NOON, NOON + timedelta(days=2)])
def test_every_trouble_is_told_in_every_language(locale: str, state: str, at: datetime) -> None:
    phrases = phrases_in(locale)
    for trouble in everything_wrong():
        told = text_of(payload(trouble, state, at), phrases)
        headline, below = told.split("\n\n")
        assert headline.startswith("⚠️ **" if state == "raised" else "✅ **")
        assert headline.count("**") == 2
        assert "2026" in below
        assert "{" not in told
        assert ("`" in below) == (state == "raised"), "what to do is told while there is something to do"


def told_of(trouble: Trouble, locale: str) -> str:
    return line_of(trouble, phrases_in(locale))


def test_figures_are_written_as_in_the_reader_s_language() -> None:
    (budget,) = seen(budgets=[reached("channel:C1", "brake")]).troubles.values()
    assert told_of(budget, "pt-BR") == (
        "**O orçamento do canal `C1` acabou**: US$ 20,123456 de US$ 25,00 já foram gastos hoje; nada mais será"
        " comprado com ele até amanhã. Até lá, cito os documentos quando nenhum outro orçamento puder pagar."
    )
    (errors,) = seen(recent=Recent(1_200, 300)).troubles.values()
    assert told_of(errors, "en") == "**25% of the calls to models fail**: 300 of 1,200 calls in the last 15 min."
    assert told_of(errors, "pt-BR") == ("**25% das chamadas aos modelos falham**: 300 de 1.200 chamadas em 15 min.")


@pytest.mark.parametrize(
    ("used", "limit", "told"), [(81, 100, "$0.000081 of $0.0001"), (17_999, 18_000, "$0.017999 of $0.018")]
)
def test_amounts_are_told_to_the_last_digit(used: int, limit: int, told: str) -> None:
    (budget,) = seen(budgets=[replace(reached(), used_micro_usd=used, limit_micro_usd=limit)]).troubles.values()
    assert f"{told} is spent today" in told_of(budget, "en")


def test_what_is_used_up_says_until_when() -> None:
    spent = replace(reached(name="brake"), used_micro_usd=16_000, limit_micro_usd=16_000)
    month = replace(spent, subject=Subject.parse("channel:C1"), measure=Measure("usd", "month"))
    day, of_month = seen(budgets=[spent, month]).troubles.values()
    assert told_of(day, "en") == (
        "**The budget for everything is used up**: $0.016 of $0.016 is spent today; nothing more is bought until"
        " tomorrow. Until then I quote the documents."
    )
    assert told_of(day, "pt-BR") == (
        "**O orçamento geral acabou**: US$ 0,016 de US$ 0,016 já foram gastos hoje; nada mais será comprado até"
        " amanhã. Até lá, cito os documentos."
    )
    assert "nothing more is bought on it until next month. Until then" in told_of(of_month, "en")
    assert "nada mais será comprado com ele até o mês que vem. Até lá" in told_of(of_month, "pt-BR")


def test_a_budget_has_room_again_because_of_the_day_or_because_somebody_changed_it() -> None:
    (budget,) = seen(budgets=[reached()]).troubles.values()
    phrases = phrases_in("en")
    before, after = TODAY.until - timedelta(seconds=1), TODAY.until
    assert headline_of(payload(budget, "resolved", before), phrases).endswith("has room again**: it was changed.")
    assert headline_of(payload(budget, "resolved", after), phrases).endswith("again**: a new day has begun.")


def test_names_cannot_spoil_the_line() -> None:
    (budget,) = seen(budgets=[reached("channel:**C1**\n# <@U1>")]).troubles.values()
    assert "`**C1** # <@U1>`" in told_of(budget, "en")


async def test_times_are_told_by_the_clock_of_the_books() -> None:
    trouble = everything_wrong()[0]
    card = await alert_cards("pt-BR", timezone(timedelta(hours=-3), "BRT"))(payload(trouble))
    assert "Desde 22/11/2026 09:00 BRT." in card.text
    assert (card.sources, card.actions, card.private) == ((), (), False)
