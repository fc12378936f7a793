"""The way over the models: which there are to ask, what became of each, and what that took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from rag.model.health import ProviderState
from rag.model.questions import Language, Task

Policy = Literal["preferred", "cheapest", "fastest"]
Outcome = Literal[
    "answered",
    "unavailable",
    "overloaded",
    "refused",
    "prompt_too_long",
    "content_refused",
    "model_gone",
    "provider_disabled",
    "cancelled",
]
CandidateReason = Literal[
    "first",  # it would be asked now, before all others
    "fallback",  # it would be asked if those before it failed
    "answered",  # it was asked, and wrote the answer
    "failed",  # it was asked in vain
    "content_refused",  # it was asked, and will not say it
    "not_needed",  # its turn did not come
    "not_pinned",
    "not_configured",
    "gone",
    "no_price",
    "resting",
    "off",
    "rate_limited",
    "too_small",
    "too_expensive",
    "budget_exhausted",
    "budget_held",
    "limit_reached",
    "ledger_down",
]
Purpose = Literal["embedding", "condensing", "answer"]


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one call, or of all calls for one answer; `None` is unknown, never zero.

    Attributes:
        input: All input tokens, those read from and written to the provider's cache included.
        cached_input: The part of `input` that was read from the provider's cache.
        cache_write: The part of `input` that was written to it, to be kept for the default time.
        cache_write_long: The part of `input` that was written to it, to be kept longer, at a higher price.
        output: Thinking included.
        thinking: The part of `output` that nobody sees.
        estimated: The provider named no figures, or not all; these are ours, rather too high than too low.
    """

    input: int | None = None
    output: int | None = None
    cached_input: int | None = None
    cache_write: int | None = None
    cache_write_long: int | None = None
    thinking: int | None = None
    estimated: bool = False

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            input=_sum(self.input, other.input),
            output=_sum(self.output, other.output),
            cached_input=_sum(self.cached_input, other.cached_input),
            cache_write=_sum(self.cache_write, other.cache_write),
            cache_write_long=_sum(self.cache_write_long, other.cache_write_long),
            thinking=_sum(self.thinking, other.thinking),
            estimated=self.estimated or other.estimated,
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return (one or 0) + (other or 0) if one is not None or other is not None else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to a model on the way to an answer, whatever became of it.

    Attributes:
        purpose: What it was for: the answer, or to understand the question.
    """

    provider: str
    model: str
    outcome: Outcome
    seconds: float
    tokens: TokenUsage
    cost_micro_usd: int
    purpose: Purpose = "answer"


@dataclass(frozen=True, slots=True)
class Pin:
    """What a place asks of the routes of all its questions.

    Attributes:
        model: `provider/model`, the only one to be asked; `None` leaves the route's.
        policy: `None` leaves the route's.
    """

    model: str | None = None
    policy: Policy | None = None


NO_PIN = Pin()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that a route names, and what was decided about it.

    Attributes:
        taken: Whether it would be asked, as the first or after those before it failed; of an answer: whether it was.
        estimate_micro_usd: Upper bound of what it would cost; `None` where it cannot be said.
    """

    provider: str
    model: str
    taken: bool
    reason: CandidateReason
    estimate_micro_usd: int | None = None


@dataclass(frozen=True, slots=True)
class RouteModel:
    """A model on a route, as it stands today.

    Attributes:
        state: `None` where its provider is not configured.
        input_usd, output_usd: Per million tokens, of an ordinary request; `None` where nobody knows.
        retires: The first day on which it is not served any more, where that is known.
    """

    provider: str
    model: str
    state: ProviderState | None
    input_usd: Decimal | None
    output_usd: Decimal | None
    retires: date | None

    @property
    def name(self) -> str:
        """`provider/model`."""
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class TaskRoute:
    """The models that answer a task, the preferred first."""

    task: Task
    policy: Policy
    models: tuple[RouteModel, ...]


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """How a question would be routed at this moment.

    Attributes:
        fresh: The question asks for how things stand now.
        saving: Cheaper models come first, because the budget's warning line is near.
        candidates: In the order in which they would be asked; those passed over stand among them.
    """

    task: Task
    language: Language
    fresh: bool
    policy: Policy
    saving: bool
    candidates: tuple[Candidate, ...]
