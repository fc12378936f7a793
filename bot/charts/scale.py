"""Where an axis of money has its marks (pure)."""

from __future__ import annotations

from itertools import count

_MOST_STEPS = 5


def ticks(top: int) -> tuple[int, ...]:
    """Round amounts from nothing to the first one that is not below `top`, at most five steps apart."""
    if top <= 0:
        return (0,)
    step = next(
        step for power in count() for step in (10**power, 2 * 10**power, 5 * 10**power) if step * _MOST_STEPS >= top
    )
    return tuple(range(0, top + step, step))
