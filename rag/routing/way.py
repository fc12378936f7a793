"""The way of one question over the models: what became of each, what is worth another try, and how it ended."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from rag.errors import (
    BudgetExhausted,
    ContentRefused,
    ProviderError,
    ProviderOverloaded,
    ProviderUnavailable,
    QuotaExceeded,
    RagError,
    StateUnavailable,
    UnusableAnswer,
)
from rag.model import Attempt, Candidate, CandidateReason, Restart, Rung, RungReason, TokenUsage
from rag.ports import AnswerRequest, Completion
from rag.routing.plan import Judged, Order, Purse
from rag.routing.upstream import Upstream

# A wait that ends a moment too early would find the model still resting.
_SLACK_S = 0.005
# Who ends in this process is heard of at once, of another process's answers so much later.
_OTHERS_MONEY_S = 1.0
_UNAVAILABLE = frozenset({"gone", "no_price", "resting", "off", "rate_limited", "too_small"})
_ASKED = frozenset({"answered", "failed", "content_refused"})
_PASSING = frozenset({"rate_limited", "budget_exhausted", "limit_reached"})
_MONEY: Mapping[str, RungReason] = MappingProxyType(
    {
        "ledger_down": "ledger_down",
        "budget_exhausted": "budget_exhausted",
        "budget_held": "budget_held",
        "limit_reached": "limit_reached",
        "too_expensive": "too_expensive",
    }
)


class NobodyAnswered(Exception):  # noqa: N818 - never leaves the routing
    """A round over the models went by without an answer.

    Attributes:
        worth_another: Whether one of them may answer in another round.
        again_in_s: When; `None`: at no particular time, but soon.
    """

    def __init__(self, *, worth_another: bool, again_in_s: float | None) -> None:
        self.worth_another = worth_another
        self.again_in_s = again_in_s
        super().__init__()


@dataclass(slots=True, kw_only=True)
class Way:
    """The way of one question.

    Attributes:
        purse: What all calls together may cost.
        deadline_s: On the monotonic scale.
        longest_wait_s: The longest that is waited for one provider, or for money that others hold.
        tries_per_model: How often one model is asked at most.
        attempts: Every call that was made, those before this way included.
        broken: The model whose text the reader has seen and that then broke off.
    """

    request: AnswerRequest
    order: Order
    purse: Purse
    monotonic: Callable[[], float]
    deadline_s: float
    longest_wait_s: float
    tries_per_model: int
    attempts: list[Attempt] = field(default_factory=list)
    broken: Upstream | None = None
    # What became of each model that did not answer: `failed`, `content_refused` or why it was passed over.
    _fates: dict[str, CandidateReason] = field(default_factory=dict)
    _estimates: dict[str, int | None] = field(default_factory=dict)
    # The models worth another try, and when; `None`: after a pause.
    _again: dict[str, float | None] = field(default_factory=dict)
    # The models that there may be money for as soon as others have ended, and since when that is hoped for.
    _for_money: dict[str, None] = field(default_factory=dict)
    _hoping_since_s: float | None = None
    _tries: Counter[str] = field(default_factory=Counter)
    _has_begun: bool = False
    _retried_unasked: bool = False

    @property
    def cost_micro_usd(self) -> int:
        """Of all calls up to now."""
        return sum(attempt.cost_micro_usd for attempt in self.attempts)

    @property
    def purse_left(self) -> Purse:
        """What the next call may cost."""
        limit = self.purse.question_micro_usd
        return self.purse if limit is None else replace(self.purse, question_micro_usd=limit - self.cost_micro_usd)

    @property
    def is_refused(self) -> bool:
        """Whether a model would not say it: then no other is asked to."""
        return "content_refused" in self._fates.values()

    @property
    def hopes_for_money(self) -> bool:
        """Whether the end of other answers is worth waiting for."""
        return bool(self._for_money)

    @property
    def route(self) -> tuple[Candidate, ...]:
        """What became of each model up to now."""
        untold: CandidateReason = "not_needed" if self._has_begun else "not_configured"
        return tuple(self._candidate(name, self._fates.get(name, untold)) for name in self.order.names)

    def due(self) -> list[str]:
        """The models to ask now: at first all, then those whose time has come, or may have come."""
        if not self._has_begun:
            self._has_begun = True
            return list(self.order.names)
        now_s = self.monotonic()
        names = [name for name, at_s in self._again.items() if at_s is None or at_s <= now_s]
        for name in names:
            del self._again[name]
        names += self._for_money
        self._for_money.clear()
        return names

    def passed_over(self, judged: Judged) -> None:
        """A model was not asked."""
        self._tell(judged, judged.passed_over or "failed")
        # A rest is not waited for: with all models resting, the reader has the next rung in milliseconds.
        if judged.passed_over == "budget_held":
            self._hope_for_money(judged.name)
        elif judged.passed_over in _PASSING and judged.wait_s is not None:
            self._try_again_in(judged.name, judged.wait_s)

    def failed(self, judged: Judged, error: RagError) -> None:
        """A model was asked in vain, or could not be asked after all: there was no money or no room for it."""
        if isinstance(error, QuotaExceeded):
            self.passed_over(replace(judged, passed_over=refused_for(error), wait_s=error.retry_after_s))
            return
        self._tries[judged.name] += 1
        self._tell(judged, _fate(error))
        if isinstance(error, ContentRefused):
            self._again.clear()
        if not isinstance(error, ProviderUnavailable):
            return
        if error.retry_after_s is not None:
            self._try_again_in(judged.name, error.retry_after_s)
        elif not (self._retried_unasked or isinstance(error, ProviderOverloaded | UnusableAnswer) or judged.rests):
            # Once a question, and after all others: whoever failed first may have been unlucky.
            self._retried_unasked = True
            self._again[judged.name] = None

    def nobody_answered(self) -> NobodyAnswered:
        """How a round ended in which nobody did."""
        times = [at_s for at_s in self._again.values() if at_s is not None]
        is_soon = len(times) < len(self._again)
        if self._for_money:
            times.append(self.monotonic() + _OTHERS_MONEY_S)
        if is_soon or not times:
            return NobodyAnswered(worth_another=is_soon, again_in_s=None)
        wait_s = max(0.0, min(times) - self.monotonic())
        return NobodyAnswered(worth_another=True, again_in_s=wait_s + _SLACK_S)

    def restart(self) -> Restart:
        """What the reader is told before the answer begins again; said once."""
        assert self.broken is not None, "something broke off"
        card, self.broken = self.broken.card, None
        return Restart(card.provider, card.model)

    def completed_by(self, judged: Judged, completion: Completion) -> Completion:
        """A model's completion, with its rung."""
        rung, reason = self.rung_of(judged.name)
        self._tell(judged, "answered")
        if completion.reason == "nothing_relevant":  # the model's own verdict on the passages
            reason = completion.reason
        return self._billed(replace(completion, rung=rung, reason=reason))

    def rung_of(self, name: str) -> tuple[Rung, RungReason]:
        """The rung that an answer of this model is on, by what became of the models before it."""
        before = itertools.takewhile(lambda other: other != name, self.order.names)
        fates = {self._fates[other] for other in before if other in self._fates}
        if "failed" in fates:
            return "fallback", "model_failed"
        if fates & _UNAVAILABLE:
            return "fallback", "model_unavailable"
        return "fresh", "saving" if fates & _MONEY.keys() or self.order.saving else "model_answered"

    def completed_below(self, completion: Completion) -> Completion:
        """The completion of a rung below the models, with the reason why none of them answered."""
        return self._billed(replace(completion, reason=self._why_no_model()))

    def _why_no_model(self) -> RungReason:
        fates: set[str] = set(self._fates.values())
        if "content_refused" in fates:
            return "content_refused"
        if "failed" in fates or fates & _UNAVAILABLE:
            return "models_failed"
        return next((_MONEY[fate] for fate in _MONEY if fate in fates), "no_model_configured")

    def _billed(self, completion: Completion) -> Completion:
        tokens = sum((attempt.tokens for attempt in self.attempts), TokenUsage())
        return replace(
            completion,
            tokens=tokens,
            cost_micro_usd=self.cost_micro_usd,
            attempts=tuple(self.attempts),
            route=self.route,
        )

    def _tell(self, judged: Judged, fate: CandidateReason) -> None:
        self._fates[judged.name] = fate
        self._estimates[judged.name] = None if judged.need is None else judged.need.micro_usd

    def _candidate(self, name: str, fate: CandidateReason) -> Candidate:
        provider, _, model = name.partition("/")
        return Candidate(provider, model, fate in _ASKED, fate, self._estimates.get(name))

    def _hope_for_money(self, name: str) -> None:
        """Others mostly spend less than they hold; but who hopes for it gives up in time."""
        now_s = self.monotonic()
        if self._hoping_since_s is None:
            self._hoping_since_s = now_s
        ends_s = min(self._hoping_since_s + self.longest_wait_s, self.deadline_s)
        if now_s + _OTHERS_MONEY_S < ends_s:
            self._for_money[name] = None

    def _try_again_in(self, name: str, seconds: float) -> None:
        at_s = self.monotonic() + seconds
        if self._tries[name] < self.tries_per_model and seconds <= self.longest_wait_s and at_s < self.deadline_s:
            self._again[name] = at_s


def refused_for(error: QuotaExceeded) -> CandidateReason:
    """Why a model is passed over whose reservation was refused."""
    if isinstance(error, BudgetExhausted):
        return "budget_held" if error.is_held else "budget_exhausted"
    return "rate_limited" if error.subject.startswith("provider:") else "limit_reached"


def _fate(error: RagError) -> CandidateReason:
    match error:
        case ContentRefused():
            return "content_refused"
        case ProviderError():
            return "failed"
        case StateUnavailable():
            return "ledger_down"
        case _:
            raise AssertionError("a call fails by its provider or for want of money")
