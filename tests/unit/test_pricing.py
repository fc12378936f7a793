from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.model import TokenUsage
from rag.routing.pricing import Rates, affordable_output_tokens, cost_micro_usd, upper_bound_micro_usd

TERRA = Rates(
    input=Decimal("1.00"),
    cached_input=Decimal("0.05"),
    cache_write=Decimal("1.25"),
    cache_write_long=Decimal("2.50"),
    output=Decimal("5.00"),
)

prices = st.decimals(min_value=0, max_value=1000, places=6)
factors = st.decimals(min_value=0, max_value=10, places=2)
counts = st.integers(min_value=0, max_value=2_000_000)


@st.composite
def rate_rows(draw: st.DrawFn) -> Rates:
    return Rates(
        input=draw(prices),
        cached_input=draw(prices),
        cache_write=draw(prices),
        cache_write_long=draw(prices),
        output=draw(prices),
    )


@st.composite
def uses(draw: st.DrawFn) -> TokenUsage:
    plain, cached, written, long = draw(counts), draw(counts), draw(counts), draw(counts)
    return TokenUsage(
        input=plain + cached + written + long,
        output=draw(counts),
        cached_input=cached,
        cache_write=written,
        cache_write_long=long,
    )


def exact(rates: Rates, tokens: TokenUsage, factor: Decimal) -> Fraction:
    """The same sum in fractions, part by part."""
    assert tokens.input is not None
    parts = ((tokens.cached_input, rates.cached_input), (tokens.cache_write, rates.cache_write))
    parts += ((tokens.cache_write_long, rates.cache_write_long), (tokens.output, rates.output))
    plain = tokens.input - (tokens.cached_input or 0) - (tokens.cache_write or 0) - (tokens.cache_write_long or 0)
    total = plain * Fraction(rates.input) + sum((count or 0) * Fraction(price) for count, price in parts)
    return total * Fraction(factor)


def test_a_million_tokens_cost_the_price_on_the_list() -> None:
    assert cost_micro_usd(TERRA, TokenUsage(input=1_000_000, output=0)) == 1_000_000
    assert cost_micro_usd(TERRA, TokenUsage(input=0, output=1_000_000)) == 5_000_000


def test_every_input_token_is_billed_at_exactly_one_rate() -> None:
    tokens = TokenUsage(input=10_000, output=100, cached_input=4_000, cache_write=2_000, cache_write_long=1_000)
    # 3,000 plain at 1.00, 4,000 read at 0.05, 2,000 written at 1.25, 1,000 kept long at 2.50, 100 out at 5.00
    assert cost_micro_usd(TERRA, tokens) == 3_000 + 200 + 2_500 + 2_500 + 500


def test_a_fraction_of_a_millionth_is_rounded_up_once_at_the_end() -> None:
    assert cost_micro_usd(TERRA, TokenUsage(input=1, output=0, cached_input=1)) == 1
    # twice 0.05 and half of it are still one millionth, not two
    assert cost_micro_usd(TERRA, TokenUsage(input=2, output=0, cached_input=2), Decimal("0.5")) == 1


def test_thinking_is_output_and_not_billed_on_top() -> None:
    assert cost_micro_usd(TERRA, TokenUsage(input=0, output=100, thinking=90)) == 500


def test_parts_larger_than_their_whole_are_billed_as_they_are() -> None:
    assert cost_micro_usd(TERRA, TokenUsage(input=10, output=0, cache_write=100)) == 125


@pytest.mark.parametrize("tokens", [TokenUsage(), TokenUsage(input=1), TokenUsage(output=1)])
def test_unknown_tokens_are_never_free(tokens: TokenUsage) -> None:
    with pytest.raises(ValueError, match="nobody counted"):
        cost_micro_usd(TERRA, tokens)


@given(rates=rate_rows(), tokens=uses(), factor=factors)
def test_a_cost_is_the_exact_sum_rounded_up(rates: Rates, tokens: TokenUsage, factor: Decimal) -> None:
    cost = cost_micro_usd(rates, tokens, factor)
    assert 0 <= cost - exact(rates, tokens, factor) < 1


@given(rates=rate_rows(), tokens=uses(), factor=factors)
def test_unknown_parts_count_as_plain_input(rates: Rates, tokens: TokenUsage, factor: Decimal) -> None:
    bare = TokenUsage(input=tokens.input, output=tokens.output)
    none = replace(tokens, cached_input=0, cache_write=0, cache_write_long=0)
    assert cost_micro_usd(rates, bare, factor) == cost_micro_usd(rates, none, factor)


@given(rates=rate_rows(), tokens=uses(), factor=factors, spare=counts)
def test_no_call_costs_more_than_its_upper_bound(rates: Rates, tokens: TokenUsage, factor: Decimal, spare: int) -> None:
    # A cache that is read is cheaper than plain input, and nothing is ever asked to be kept long.
    rates = replace(rates, cached_input=min(rates.cached_input, rates.input))
    tokens = replace(tokens, cache_write_long=None)
    assert tokens.input is not None
    assert tokens.output is not None
    bound = upper_bound_micro_usd(rates, tokens.input + spare, tokens.output + spare, factor)
    assert cost_micro_usd(rates, tokens, factor) <= bound


@given(rates=rate_rows(), input_tokens=counts, micro_usd=st.integers(0, 10**12), factor=factors)
def test_the_longest_affordable_answer_stays_in_its_bound_and_one_token_more_does_not(
    rates: Rates, input_tokens: int, micro_usd: int, factor: Decimal
) -> None:
    longest = affordable_output_tokens(rates, input_tokens, micro_usd, factor)
    if longest is None:
        assert rates.output * factor == 0
    elif longest < 0:
        assert upper_bound_micro_usd(rates, input_tokens, 0, factor) > micro_usd
    else:
        assert upper_bound_micro_usd(rates, input_tokens, longest, factor) <= micro_usd
        assert upper_bound_micro_usd(rates, input_tokens, longest + 1, factor) > micro_usd


def test_the_upper_bound_takes_the_dearer_of_plain_and_written_input() -> None:
    assert upper_bound_micro_usd(TERRA, 1_000, 100) == 1_250 + 500
    cheap_to_write = replace(TERRA, cache_write=Decimal("0.5"))
    assert upper_bound_micro_usd(cheap_to_write, 1_000, 100, Decimal(2)) == 2 * (1_000 + 500)


def test_a_row_holds_from_its_first_day_and_above_its_length() -> None:
    assert TERRA.has_begun(date.min)
    assert TERRA.fits(0)
    later = replace(TERRA, since=date(2027, 1, 1), over_input_tokens=272_000)
    assert not later.has_begun(date(2026, 12, 31))
    assert later.has_begun(date(2027, 1, 1))
    assert not later.fits(272_000)
    assert later.fits(272_001)


def test_a_surcharge_is_on_every_price_and_on_nothing_else() -> None:
    row = replace(TERRA, since=date(2027, 1, 1), over_input_tokens=5)
    dearer = row.times(Decimal("1.1"))
    assert (dearer.since, dearer.over_input_tokens) == (row.since, row.over_input_tokens)
    assert {name: price / row.prices[name] for name, price in dearer.prices.items()} == dict.fromkeys(
        ("input", "cached input", "cache write", "long cache write", "output"), Decimal("1.1")
    )


def test_prices_that_equal_plain_input_go_without_saying() -> None:
    plain = replace(TERRA, cache_write=TERRA.input, cache_write_long=TERRA.input)
    assert list(plain.prices) == ["input", "cached input", "output"]
