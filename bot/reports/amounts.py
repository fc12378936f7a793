"""Money that nobody has spent: forecasts and estimates, as exact as they are. Pure."""

from __future__ import annotations

_DOLLAR, _CENT = 1_000_000, 10_000


def rounded(micro_usd: int) -> int:
    """An estimate to the cent from ten cents on, below that to a hundredth of one or the micro-dollar; halves go up."""
    unit = _unit_of(10 * micro_usd)
    return (micro_usd + unit // 2) // unit * unit


def _unit_of(micro_usd: int) -> int:
    if micro_usd >= _DOLLAR:
        return _CENT
    return _CENT // 100 if micro_usd >= _CENT else 1
