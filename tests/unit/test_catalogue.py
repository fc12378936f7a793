from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import PriceUnknown
from rag.model import TokenUsage
from rag.routing.catalogue import Catalogue, GoneModel, ModelCard, TierFactor
from rag.routing.pricing import Rates, cost_micro_usd

TODAY = date(2026, 11, 22)
DOUBLING = date(2026, 12, 10)
SWITCH = date(2027, 3, 1)


def row(price: str, *, over: int = 0, since: date | None = None) -> Rates:
    """Input at `price`, everything else in a usual ratio to it."""
    plain = Decimal(price)
    return Rates(
        input=plain,
        cached_input=plain / 10,
        cache_write=plain * Decimal("1.25"),
        cache_write_long=plain * 2,
        output=plain * 5,
        over_input_tokens=over,
        since=since,
    )


LUNA = ModelCard(provider="openai", model="gpt-6-luna", rates=(row("0.10"),))
SOL = ModelCard(
    provider="openai",
    model="gpt-6.2-sol",
    rates=(row("4", over=272_000), row("2")),
    tiers={
        "batch": (TierFactor(factor=Decimal("0.5")),),
        "fast": (TierFactor(factor=Decimal(2)),),
        "us": (TierFactor(factor=Decimal("1.1")),),
        "ultrafast": (TierFactor(factor=Decimal(6), since=SWITCH), TierFactor(factor=Decimal(3))),
        "promised": (TierFactor(factor=Decimal(1), since=SWITCH),),
    },
)
FLASH = ModelCard(provider="gemini", model="gemini-3.8-flash", rates=(row("0.75"), row("1.5", since=DOUBLING)))
OLD_FLASH = ModelCard(
    provider="gemini",
    model="gemini-2.5-flash",
    rates=(row("0.30"),),
    retires=date(2026, 12, 1),
    rerouted_to="gemini/gemini-3.8-flash",
)
OLD_GPT = ModelCard(
    provider="openai",
    model="gpt-4o",
    rates=(row("2.5"),),
    retires=date(2026, 12, 14),
    replacement="openai/gpt-6-luna",
)
DEPLOYED = ModelCard(provider="azure", model="ours", rates=(row("1"),), served_as=("GPT-6-luna*",))
ALSO_DEPLOYED = replace(DEPLOYED, model="theirs", rates=(row("7"),))
HAIKU = ModelCard(provider="anthropic", model="claude-haiku-5-5", rates=(row("0.1"),))
GONE = (
    GoneModel(name="openai/gpt-4", since=date(2026, 10, 23), replacement="openai/gpt-6-luna"),
    GoneModel(name="openai/gpt-5", since=date(2026, 12, 11)),
    GoneModel(name="gemini/gemini-1.5-*"),
)
CATALOGUE = Catalogue(
    cards={card.name: card for card in (LUNA, SOL, FLASH, OLD_FLASH, OLD_GPT, DEPLOYED, ALSO_DEPLOYED, HAIKU)},
    gone={model.name: model for model in GONE},
)
SOME = TokenUsage(input=1_000, output=100)


class TestRates:
    @pytest.mark.parametrize(("tokens", "price"), [(0, 2), (1, 2), (272_000, 2), (272_001, 4), (1_000_000, 4)])
    def test_a_long_prompt_moves_the_whole_request_to_the_dearer_row(self, tokens: int, price: int) -> None:
        assert SOL.rates_on(TODAY, tokens).input == price

    def test_a_price_changes_on_the_day_it_was_announced_for(self) -> None:
        assert FLASH.rates_on(DOUBLING - timedelta(days=1), 1).input == Decimal("0.75")
        assert FLASH.rates_on(DOUBLING, 1).input == Decimal("1.5")

    def test_a_dearer_row_for_long_prompts_outlives_a_change_of_the_others(self) -> None:
        card = replace(SOL, rates=(*SOL.rates, row("3", since=DOUBLING)))
        assert card.rates_on(DOUBLING, 1).input == 3
        assert card.rates_on(DOUBLING, 300_000).input == 4

    def test_before_its_first_price_a_model_has_none(self) -> None:
        future = replace(LUNA, rates=(row("1", since=DOUBLING),))
        with pytest.raises(PriceUnknown, match="no price for openai/gpt-6-luna on 2026-11-22"):
            future.rates_on(TODAY, 1)

    def test_a_bound_looks_at_all_rows_that_the_length_may_fall_into(self) -> None:
        # Above its step this one gets cheaper, so the short prompts are the dearest.
        odd = replace(SOL, rates=(row("4"), row("1", over=500)))
        bound = Catalogue({odd.name: odd}).upper_bound_micro_usd(odd, 1_000, 0, [TODAY])
        assert bound == 1_000 * 5
        assert CATALOGUE.upper_bound_micro_usd(SOL, 272_000, 0, [TODAY]) == 272_000 * Decimal("2.5")
        assert CATALOGUE.upper_bound_micro_usd(SOL, 272_001, 0, [TODAY]) == 272_001 * 5

    @pytest.mark.parametrize("prompt", [1_000, 272_000, 272_001])
    def test_what_is_affordable_stays_in_the_dearest_of_those_rows(self, prompt: int) -> None:
        longest = CATALOGUE.affordable_output_tokens(SOL, prompt, 2_000_000, [TODAY])
        assert longest is not None
        bounds = [CATALOGUE.upper_bound_micro_usd(SOL, prompt, longest + more, [TODAY]) for more in (0, 1)]
        assert bounds[0] <= 2_000_000 < bounds[1]

    def test_of_what_is_free_any_length_is_affordable(self) -> None:
        free = replace(LUNA, rates=(row("0"),))
        assert Catalogue({free.name: free}).affordable_output_tokens(free, 1_000, 0, [TODAY]) is None

    def test_a_bound_does_not_look_at_rows_of_the_past(self) -> None:
        cheaper = replace(LUNA, rates=(row("4"), row("1", since=TODAY)))
        assert Catalogue({cheaper.name: cheaper}).upper_bound_micro_usd(cheaper, 1_000, 0, [TODAY]) == 1_250

    @given(
        prompt=st.integers(min_value=0, max_value=1_000_000),
        spare=st.integers(min_value=0, max_value=500_000),
        output=st.integers(min_value=0, max_value=100_000),
    )
    def test_no_prompt_up_to_the_estimate_costs_more_than_the_bound(self, prompt: int, spare: int, output: int) -> None:
        bound = CATALOGUE.upper_bound_micro_usd(SOL, prompt + spare, output, [TODAY])
        tokens = TokenUsage(input=prompt, output=output, cache_write=prompt)
        assert CATALOGUE.cost_micro_usd(SOL, None, None, tokens, TODAY) <= bound


class TestServed:
    @pytest.mark.parametrize(
        ("asked", "named", "served"),
        [
            (LUNA, None, LUNA),
            (LUNA, "", LUNA),
            (LUNA, "gpt-6-luna", LUNA),
            (LUNA, "GPT-6-Luna", LUNA),
            (LUNA, "gpt-6-luna-2026-10-26", LUNA),
            (LUNA, "gpt-6.2-sol", SOL),
            (LUNA, "gpt-6.2-sol-latest", SOL),
            (HAIKU, "claude-haiku-5-5-20260901", HAIKU),
            (FLASH, "models/gemini-3.8-flash", FLASH),
            (FLASH, "gemini-3.8-flash-001", FLASH),
            (OLD_FLASH, "gemini-3.8-flash", FLASH),
            (DEPLOYED, "gpt-6-luna-2026-10-26", DEPLOYED),
            (ALSO_DEPLOYED, "gpt-6-luna", ALSO_DEPLOYED),
            (DEPLOYED, "theirs", ALSO_DEPLOYED),
        ],
    )
    def test_a_response_tells_who_answered(self, asked: ModelCard, named: str | None, served: ModelCard) -> None:
        assert CATALOGUE.served(asked, named) == served

    @pytest.mark.parametrize("named", ["gpt-7", "gpt-6-lunatic", "gpt-6", "claude-haiku-5-5", "gpt-6-luna-preview"])
    def test_a_name_that_nobody_has_priced_is_not_free(self, named: str) -> None:
        with pytest.raises(PriceUnknown, match=f"openai answered with {named}, which has no price"):
            CATALOGUE.served(LUNA, named)

    def test_a_snapshot_with_a_price_of_its_own_is_billed_at_that(self) -> None:
        snapshot = replace(LUNA, model="gpt-6-luna-2026-10-26", rates=(row("9"),))
        both = Catalogue({card.name: card for card in (LUNA, snapshot)})
        assert both.served(LUNA, "gpt-6-luna-2026-10-26") == snapshot


class TestCosts:
    def test_a_call_is_priced_by_the_model_that_answered(self) -> None:
        assert CATALOGUE.cost_micro_usd(LUNA, "gpt-6.2-sol", None, SOME, TODAY) == cost_micro_usd(row("2"), SOME)

    def test_a_call_is_priced_by_its_length_with_the_cached_part(self) -> None:
        long = TokenUsage(input=300_000, output=0, cached_input=290_000)
        assert CATALOGUE.cost_micro_usd(SOL, None, None, long, TODAY) == cost_micro_usd(row("4"), long)

    @pytest.mark.parametrize(
        ("tier", "day", "factor"),
        [
            (None, TODAY, "1"),
            ("batch", TODAY, "0.5"),
            ("Fast", TODAY, "2"),
            ("fast+us", TODAY, "2.2"),
            ("ultrafast", SWITCH - timedelta(days=1), "3"),
            ("ultrafast", SWITCH, "6"),
        ],
    )
    def test_a_tier_multiplies_the_price(self, tier: str | None, day: date, factor: str) -> None:
        cost = CATALOGUE.cost_micro_usd(SOL, None, tier, SOME, day)
        assert cost == cost_micro_usd(row("2"), SOME, Decimal(factor))

    @pytest.mark.parametrize("tier", ["scale", "fast+scale", "promised"])
    def test_a_tier_without_a_factor_is_not_free(self, tier: str) -> None:
        with pytest.raises(PriceUnknown, match=r"no price for openai/gpt-6\.2-sol in the service tier"):
            CATALOGUE.cost_micro_usd(SOL, None, tier, SOME, TODAY)

    @pytest.mark.parametrize("named", [None, "gemini-2.5-flash", "gemini-3.8-flash"])
    def test_a_rerouted_call_costs_what_its_new_model_costs(self, named: str | None) -> None:
        day = date(2026, 12, 1)
        assert CATALOGUE.cost_micro_usd(OLD_FLASH, named, None, SOME, day) == cost_micro_usd(row("0.75"), SOME)
        assert CATALOGUE.upper_bound_micro_usd(OLD_FLASH, 1_000, 0, [day]) == Decimal("0.75") * 1_250 + Decimal("0.5")

    def test_before_that_day_it_costs_its_own_price(self) -> None:
        day = date(2026, 11, 30)
        assert CATALOGUE.cost_micro_usd(OLD_FLASH, None, None, SOME, day) == cost_micro_usd(row("0.30"), SOME)

    def test_a_model_rerouted_to_nobody_known_has_no_price(self) -> None:
        with pytest.raises(PriceUnknown, match=r"answered by gemini/gemini-3\.8-flash, which has no price"):
            Catalogue({OLD_FLASH.name: OLD_FLASH}).upper_bound_micro_usd(OLD_FLASH, 1, 1, [date(2026, 12, 1)])


class TestRetirement:
    def test_a_model_is_found_by_its_whole_name(self) -> None:
        assert CATALOGUE.card("openai/gpt-6-luna") is LUNA
        assert CATALOGUE.card("gpt-6-luna") is None
        assert CATALOGUE.names[:2] == ("openai/gpt-6-luna", "openai/gpt-6.2-sol")

    @pytest.mark.parametrize(
        ("name", "gone"),
        [
            ("openai/gpt-4", True),
            ("openai/gpt-4-0613", True),
            ("openai/gpt-4-preview", False),
            ("openai/gpt-4-2026-01-01", True),
            ("openai/gpt-4o", False),
            ("openai/gpt-5", False),
            ("openai/gpt-6-luna", False),
            ("openai/never-heard-of", False),
            ("gemini/gemini-1.5-pro", True),
            ("gemini/gemini-1.5-flash-002", True),
        ],
    )
    def test_a_name_is_known_to_be_gone(self, name: str, gone: bool) -> None:  # noqa: FBT001
        assert CATALOGUE.is_gone(name, TODAY) is gone

    def test_a_model_is_gone_from_the_day_on_which_it_retires(self) -> None:
        assert not CATALOGUE.is_gone(OLD_GPT, date(2026, 12, 13))
        assert CATALOGUE.is_gone(OLD_GPT, date(2026, 12, 14))

    def test_a_rerouted_model_goes_on_answering(self) -> None:
        assert not CATALOGUE.is_gone(OLD_FLASH, date(2027, 1, 1))


class TestNotices:
    @staticmethod
    def told(name: str, today: date) -> list[tuple[str, str, str]]:
        return [(notice.level, notice.kind, notice.text) for notice in CATALOGUE.notices(today, [name, name])]

    def test_there_is_nothing_to_say_of_models_that_stay(self) -> None:
        assert CATALOGUE.notices(TODAY, ["openai/gpt-6-luna", "openai/gpt-6.2-sol"]) == ()

    def test_a_model_that_is_gone_is_an_error_with_its_replacement(self) -> None:
        text = "openai/gpt-4 is gone since 23 October 2026; use openai/gpt-6-luna instead"
        assert self.told("openai/gpt-4", TODAY) == [("error", "gone", text)]
        text = "openai/gpt-4o is gone since 14 December 2026; use openai/gpt-6-luna instead"
        assert self.told("openai/gpt-4o", date(2027, 1, 1)) == [("error", "gone", text)]
        text = "gemini/gemini-1.5-pro is gone; name another model"
        assert self.told("gemini/gemini-1.5-pro", TODAY) == [("error", "gone", text)]

    def test_a_retirement_is_told_of_30_days_ahead(self) -> None:
        assert self.told("openai/gpt-4o", date(2026, 11, 13)) == []
        text = "openai/gpt-4o retires on 14 December 2026; use openai/gpt-6-luna instead"
        assert self.told("openai/gpt-4o", date(2026, 11, 14)) == [("warning", "retires", text)]
        assert self.told("openai/gpt-4o", date(2026, 12, 13)) == [("warning", "retires", text)]

    def test_a_new_price_is_told_of_30_days_ahead_and_never_after(self) -> None:
        assert self.told("gemini/gemini-3.8-flash", DOUBLING - timedelta(days=31)) == []
        text = (
            "gemini/gemini-3.8-flash changes its prices on 10 December 2026, per million tokens: input $0.75 → $1.5, "
            "cached input $0.075 → $0.15, cache write $0.9375 → $1.875, long cache write $1.50 → $3.0, "
            "output $3.75 → $7.5"
        )
        for days in (30, 1):
            today = DOUBLING - timedelta(days=days)
            assert self.told("gemini/gemini-3.8-flash", today) == [("warning", "price_change", text)]
        assert self.told("gemini/gemini-3.8-flash", DOUBLING) == []

    def test_a_new_price_of_long_prompts_says_so_and_names_only_what_changes(self) -> None:
        dearer = replace(row("4", over=272_000, since=DOUBLING), output=Decimal(99))
        card = replace(SOL, rates=(*SOL.rates, dearer))
        (notice,) = Catalogue({card.name: card}).notices(TODAY, [card.name])
        assert (notice.day, notice.model) == (DOUBLING, card.name)
        assert notice.text == (
            "openai/gpt-6.2-sol changes its prices for prompts over 272,000 tokens on 10 December 2026, "
            "per million tokens: output $20 → $99"
        )

    def test_a_rerouting_is_told_of_ahead_and_afterwards(self) -> None:
        assert self.told("gemini/gemini-2.5-flash", date(2026, 10, 31)) == []
        ahead = (
            "from 1 December 2026 on gemini/gemini-2.5-flash is answered by gemini/gemini-3.8-flash, at that model's "
            "price; use gemini/gemini-3.8-flash instead"
        )
        assert self.told("gemini/gemini-2.5-flash", TODAY) == [("warning", "rerouted", ahead)]
        since = ahead.replace("from 1 December 2026 on", "since 1 December 2026")
        assert self.told("gemini/gemini-2.5-flash", date(2026, 12, 1)) == [("warning", "rerouted", since)]

    def test_a_model_without_a_price_is_an_error(self) -> None:
        text = "openai/gpt-5 has no price in the catalogue; name another model"
        assert self.told("openai/gpt-5", TODAY) == [("error", "no_price", text)]
        text = "openai/gpt-9 has no price in the catalogue; name another model"
        assert self.told("openai/gpt-9", TODAY) == [("error", "no_price", text)]
