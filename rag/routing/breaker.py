"""A breaker: what keeps failing is left alone for a while, then tried by one request. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import random
from typing import Literal

BreakerState = Literal["closed", "open", "half_open"]

_REMEMBERED = 20
# Half of so many recent requests failing opens it too: what fails every other time never fails thrice in a row.
_ENOUGH_TO_JUDGE = 10
_FLAKY_SHARE = 0.5
# Rests last up to so much longer at random, so that many processes do not come back in the same moment.
_JITTER_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """When to leave a model alone, and how long.

    Attributes:
        failures: In a row.
        rest_s: After them; twice as long after every probe that fails.
        longest_rest_s: However often it fails.
    """

    failures: int = 3
    rest_s: float = 30.0
    longest_rest_s: float = 300.0


class Breaker:
    """Of one model or one provider.

    Closed, it lets everything pass. Open, nothing. Half open, exactly one request, whose outcome decides.
    """

    def __init__(
        self, settings: BreakerSettings, monotonic: Callable[[], float], *, jitter: Callable[[], float] = random
    ) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._jitter = jitter
        self._failures_in_a_row = 0
        self._rests = 0
        self._open_until: float | None = None
        self._probing = False
        self._outcomes: deque[bool] = deque(maxlen=_REMEMBERED)

    @property
    def state(self) -> BreakerState:
        """As it would meet the next request."""
        if self._open_until is None:
            return "closed"
        return "open" if self._monotonic() < self._open_until else "half_open"

    @property
    def error_rate(self) -> float | None:
        """Share of the last 20 requests that failed; `None` before the first."""
        return self._outcomes.count(False) / len(self._outcomes) if self._outcomes else None

    @property
    def rest_left_s(self) -> float:
        """Seconds until a request may pass; 0 where one may."""
        return max(0.0, (self._open_until or 0.0) - self._monotonic())

    def lets_pass(self) -> bool:
        """Whether a request may pass now; looking does not count as one."""
        return self.state == "closed" or (self.state == "half_open" and not self._probing)

    def begin(self) -> bool:
        """A request passes; returns whether it is the probe, to be told again when one of the three below ends it."""
        probe = self.state == "half_open"
        self._probing = self._probing or probe
        return probe

    def succeeded(self) -> None:
        """It was answered: all is forgiven."""
        self._outcomes.append(True)
        self._probing, self._open_until = False, None
        self._failures_in_a_row = self._rests = 0

    def failed(self, *, probe: bool, rest_s: float | None = None) -> None:
        """It failed; `rest_s` is how long to wait where that is known, and opens the breaker at once."""
        self._outcomes.append(False)
        self._failures_in_a_row += 1
        if rest_s is not None:
            self.rest(rest_s)
        elif probe or (self.state == "closed" and self._is_too_much()):
            rest_s = min(self._settings.rest_s * 2**self._rests, self._settings.longest_rest_s)
            self._rests += 1
            self.rest(rest_s * (1 + _JITTER_SHARE * self._jitter()))
        self.abandoned(probe=probe)

    def abandoned(self, *, probe: bool) -> None:
        """It ended without telling anything of the model: cancelled, or refused for what it asked."""
        if probe:
            self._probing = False

    def rest(self, seconds: float) -> None:
        """Let nothing pass for so long, or for longer if that was decided before."""
        self._open_until = max(self._open_until or 0.0, self._monotonic() + seconds)

    def _is_too_much(self) -> bool:
        failed = self._outcomes.count(False)
        is_flaky = len(self._outcomes) >= _ENOUGH_TO_JUDGE and failed >= _FLAKY_SHARE * len(self._outcomes)
        return is_flaky or self._failures_in_a_row >= self._settings.failures
