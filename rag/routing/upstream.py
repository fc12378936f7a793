"""What is known of the models and providers that can be asked: how they fare, and when to leave them alone."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from rag.clock import SystemClock
from rag.errors import (
    ContentRefused,
    ModelGone,
    PromptTooLong,
    ProviderDisabled,
    ProviderError,
)
from rag.model import CandidateReason, ProviderHealth, ProviderState
from rag.ports import Provider
from rag.routing.breaker import Breaker
from rag.routing.catalogue import ModelCard

log = logging.getLogger(__name__)

_REMEMBERED = 50
# A wrong key, an empty account or a model that is gone is tried again after so long: somebody may have mended it.
_OFF_S = 900.0


@dataclass(slots=True)
class Gate:
    """A provider: what holds for all its models.

    Attributes:
        breaker: Open while the provider is off: key or money.
        token_margin: What an estimate of its tokens is multiplied by.
    """

    name: str
    breaker: Breaker
    token_margin: float


@dataclass(frozen=True, slots=True)
class Begun:
    """A request on its way: what has to be put right when it ends."""

    gate_probe: bool
    probe: bool


@dataclass(slots=True)
class Upstream:
    """A model that can be asked.

    Attributes:
        breaker: Open while it rests.
        streaming: Its answers come bit by bit; of one that comes whole nobody has seen anything when it breaks off.
        is_gone: The provider said that it does not serve it.
        now: The time of day.
    """

    card: ModelCard
    provider: Provider
    gate: Gate
    breaker: Breaker
    streaming: bool = True
    is_gone: bool = False
    last_error: str | None = None
    last_error_at: datetime | None = None
    now: Callable[[], datetime] = SystemClock().now
    _first_token_s: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _total_s: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    @property
    def state(self) -> ProviderState:
        """As status shows it."""
        if self.is_gone or self.gate.breaker.state != "closed":
            return "off"
        return {"closed": "ready", "open": "resting", "half_open": "probing"}[self.breaker.state]  # type: ignore[return-value]

    @property
    def first_token_p50_s(self) -> float | None:
        """Median of the last 50 answers; `None` before the first."""
        return median(self._first_token_s) if self._first_token_s else None

    @property
    def latency_p50_s(self) -> float | None:
        """Median of the last 50 answers; `None` before the first."""
        return median(self._total_s) if self._total_s else None

    @property
    def health(self) -> ProviderHealth:
        """A line of the status."""
        return ProviderHealth(
            provider=self.card.provider,
            model=self.card.model,
            state=self.state,
            error_rate=self.breaker.error_rate,
            first_token_p50_s=self.first_token_p50_s,
            latency_p50_s=self.latency_p50_s,
            last_error=self.last_error,
            last_error_at=self.last_error_at,
        )

    def obstacle(self) -> tuple[CandidateReason, float] | None:
        """Why a request is not to be sent now, and for how many seconds; `None`: it may be sent."""
        if not self.gate.breaker.lets_pass():
            return "off", self.gate.breaker.rest_left_s
        if not self.breaker.lets_pass():
            return "off" if self.is_gone else "resting", self.breaker.rest_left_s
        return None

    def begin(self) -> Begun:
        """A request is sent; `succeeded`, `failed` or `abandoned` tells how it ended."""
        return Begun(self.gate.breaker.begin(), self.breaker.begin())

    def succeeded(self, *, first_token_s: float, total_s: float, is_typical: bool = True) -> None:
        """It was answered; what is not as long as answers are says nothing of how fast these come."""
        self.gate.breaker.succeeded()
        self.breaker.succeeded()
        self.is_gone = False
        if not is_typical:
            return
        self._first_token_s.append(first_token_s)
        self._total_s.append(total_s)

    def failed(self, begun: Begun, error: ProviderError) -> None:
        """It was not: what the error says about the next requests is kept."""
        self.last_error, self.last_error_at = str(error), self.now()
        match error:
            case PromptTooLong() | ContentRefused():  # about the question, not about the model
                self.abandoned(begun)
            case ProviderDisabled():
                off_s = _OFF_S if error.retry_after_s is None else error.retry_after_s
                self.gate.breaker.failed(probe=begun.gate_probe, rest_s=off_s)
                self.breaker.abandoned(probe=begun.probe)
                log.error("provider off provider=%s for_s=%.0f error=%s", self.gate.name, off_s, error)
            case _:
                self.is_gone = isinstance(error, ModelGone)
                rest_s = _OFF_S if self.is_gone else error.retry_after_s
                self.gate.breaker.abandoned(probe=begun.gate_probe)
                self.breaker.failed(probe=begun.probe, rest_s=rest_s)
                level = logging.ERROR if self.is_gone else logging.WARNING
                log.log(level, "model failed model=%s state=%s error=%s", self.card.name, self.state, error)

    def abandoned(self, begun: Begun) -> None:
        """It ended without telling anything of the model: cancelled, or refused for what was asked."""
        self.gate.breaker.abandoned(probe=begun.gate_probe)
        self.breaker.abandoned(probe=begun.probe)

    def switch_off(self, why: str) -> None:
        """Do not ask it for a while: what it costs is not known."""
        self.last_error, self.last_error_at = why, self.now()
        self.is_gone = True
        self.breaker.rest(_OFF_S)
        log.error("model off model=%s for_s=%.0f error=%s", self.card.name, _OFF_S, why)
