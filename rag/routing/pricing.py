"""What tokens cost. Pure, exact, and rounded up once, at the very end.

A price in US dollars per million tokens is the same number as micro-USD per token, so nothing is converted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rag.model import TokenUsage

ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that holds from a day on, until a later step of the same thing takes its place.

    Attributes:
        since: The first day; `None`: from the beginning.
    """

    since: date | None = None

    def has_begun(self, day: date) -> bool:
        """Whether it holds on this day, unless a later one does."""
        return self.since is None or self.since <= day


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates(Step):
    """A row of a price list: US dollars per million tokens of each sort.

    Attributes:
        cached_input: Read from the provider's cache.
        cache_write: Written to it, to be kept for the default time.
        cache_write_long: Written to it, to be kept longer.
        output: Thinking included.
        over_input_tokens: The row holds for the whole of a request with more input tokens than this, those from the
            cache included; 0 holds for all.
    """

    input: Decimal
    cached_input: Decimal
    cache_write: Decimal
    cache_write_long: Decimal
    output: Decimal
    over_input_tokens: int = 0

    @property
    def prices(self) -> Mapping[str, Decimal]:
        """By what people call them; what costs as much as plain input goes without saying."""
        others = {
            "cached input": self.cached_input,
            "cache write": self.cache_write,
            "long cache write": self.cache_write_long,
        }
        dear = {name: price for name, price in others.items() if price != self.input}
        return {"input": self.input, **dear, "output": self.output}

    def fits(self, input_tokens: int) -> bool:
        """Whether a request of this length is billed by this row, unless by one for still longer ones."""
        return self.over_input_tokens == 0 or input_tokens > self.over_input_tokens

    def times(self, factor: Decimal) -> Rates:
        """The same row with a surcharge or a discount on everything."""
        return Rates(
            input=self.input * factor,
            cached_input=self.cached_input * factor,
            cache_write=self.cache_write * factor,
            cache_write_long=self.cache_write_long * factor,
            output=self.output * factor,
            over_input_tokens=self.over_input_tokens,
            since=self.since,
        )


def cost_micro_usd(rates: Rates, tokens: TokenUsage, factor: Decimal = ONE) -> int:
    """What a call cost, rounded up; every input token is billed at exactly one rate.

    Raises:
        ValueError: The input or the output is not known: it has to be estimated first.
    """
    if tokens.input is None or tokens.output is None:
        raise ValueError("tokens that nobody counted have no price")
    cached, written, kept_long = tokens.cached_input or 0, tokens.cache_write or 0, tokens.cache_write_long or 0
    # A provider whose parts are more than its whole is taken at its parts: never too little.
    plain = max(0, tokens.input - cached - written - kept_long)
    cost = (
        plain * rates.input
        + cached * rates.cached_input
        + written * rates.cache_write
        + kept_long * rates.cache_write_long
        + tokens.output * rates.output
    )
    return math.ceil(cost * factor)


def upper_bound_micro_usd(rates: Rates, input_tokens: int, max_output_tokens: int, factor: Decimal = ONE) -> int:
    """The most that a call can cost: nothing read from the cache, all written to it where that is dearer.

    Writing for longer than the default time has to be asked for, and is not.
    """
    dearest = max(rates.input, rates.cache_write)
    return math.ceil((input_tokens * dearest + max_output_tokens * rates.output) * factor)


def affordable_output_tokens(rates: Rates, input_tokens: int, micro_usd: int, factor: Decimal = ONE) -> int | None:
    """How many tokens of output fit beside such a prompt into an amount; `None`: as many as one likes, they are free.

    It is what `upper_bound_micro_usd` stays at or below that amount with; less than 0 where not even the prompt fits.
    """
    if not rates.output * factor:
        return None
    dearest = max(rates.input, rates.cache_write)
    return math.floor((micro_usd - input_tokens * dearest * factor) / (rates.output * factor))
