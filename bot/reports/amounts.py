"""Money as people want to read it, and so that it still adds up. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_DOLLAR, _CENT = 1_000_000, 10_000


def unit_of(micro_usd: int) -> int:
    """The smallest amount worth telling beside this one: a cent, a hundredth of it, or a micro-dollar."""
    if micro_usd >= _DOLLAR:
        return _CENT
    return _CENT // 100 if micro_usd >= _CENT else 1


def rounded(micro_usd: int, unit: int | None = None) -> int:
    """An amount in whole units; halves go up.

    Args:
        unit: `None` for an amount that stands by itself: from ten cents on it is told in cents.
    """
    unit = unit or unit_of(10 * micro_usd)
    return (micro_usd + unit // 2) // unit * unit


def apportioned(amounts: Sequence[int], unit: int) -> tuple[int, ...]:
    """The amounts in whole units, which add up to their sum in whole units: each is off by less than one."""
    short = (rounded(sum(amounts), unit) - sum(amount // unit * unit for amount in amounts)) // unit
    # Those that lose most when they are rounded down are rounded up.
    up = set(sorted(range(len(amounts)), key=lambda position: (-(amounts[position] % unit), position))[:short])
    return tuple((amount // unit + (position in up)) * unit for position, amount in enumerate(amounts))
