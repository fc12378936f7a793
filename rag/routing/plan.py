"""In which order models are asked for a question, and which are passed over and why. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rag.errors import PriceUnknown
from rag.model import Candidate, CandidateReason, Policy, Task
from rag.ports import AnswerRequest
from rag.quota.quotas import Need
from rag.routing.call import billing_days, most_prompt_tokens, prompt_tokens
from rag.routing.catalogue import Catalogue, Route
from rag.routing.upstream import Upstream

# What an answer usually has: what models are compared by, not what is held.
_USUAL_OUTPUT_TOKENS = 400
# What a model that was told to think little thinks before a line of text, on the safe side.
_THOUGHT_TOKENS = 512
# Beside the first token, how much the rest of an answer's time counts: reading begins with the first.
_REST_WEIGHT = 0.25


@dataclass(frozen=True, slots=True)
class Purse:
    """What a question may spend, before anything is reserved.

    Attributes:
        question_micro_usd: What is left of the limit for one question; `None`: there is no such limit.
        nearly_spent: The warning line of a budget is reached.
        is_known: Whether the books answer; while they do not, nothing is bought.
    """

    question_micro_usd: int | None = None
    nearly_spent: bool = False
    is_known: bool = True

    def refuses(self, need: Need) -> CandidateReason | None:
        """Why this may not be spent; `None`: it may."""
        least = need.least("usd")
        if self.question_micro_usd is not None and least > self.question_micro_usd:
            return "too_expensive"
        return None if self.is_known or not least else "ledger_down"

    def allots(self, need: Need) -> Need:
        """As much of a need as one question may have."""
        return need if self.question_micro_usd is None else need.lowered("usd", self.question_micro_usd)


@dataclass(frozen=True, slots=True)
class Judged:
    """A model on a route.

    Attributes:
        upstream: `None` where its provider is not configured.
        request: What it would be asked: with fewer passages where its context window is small.
        input_tokens: Estimate of its prompt's.
        need: What this would take; `None` where it cannot be said.
        passed_over: Why it is not asked now.
        wait_s: How long that holds, where time mends it.
    """

    name: str
    upstream: Upstream | None
    request: AnswerRequest
    input_tokens: int = 0
    need: Need | None = None
    passed_over: CandidateReason | None = None
    wait_s: float | None = None

    @property
    def rests(self) -> bool:
        """Whether it would be passed over if it were asked once more."""
        return self.upstream is None or self.upstream.obstacle() is not None

    def candidate(self, *, first: bool) -> Candidate:
        """As it is shown to people."""
        provider, _, model = self.name.partition("/")
        return Candidate(
            provider=provider,
            model=model,
            taken=self.passed_over is None,
            reason=self.passed_over or ("first" if first else "fallback"),
            estimate_micro_usd=None if self.need is None else self.need.micro_usd,
        )


@dataclass(frozen=True, slots=True)
class Order:
    """The models of a route in the order in which they are asked.

    Attributes:
        policy: The one that made the order.
        saving: Cheaper models were moved to the front.
        names: Of all models that the route names, whether they can be asked or not.
    """

    policy: Policy
    saving: bool
    names: tuple[str, ...]


class Planner:
    """Knows the routes and the models on them.

    Args:
        cheaper: Models to move to near the budget's warning line, by name.
        upstreams: The models whose provider is configured, by name.
        now: When the next call would begin, in UTC.
        least_output_tokens: An answer that may not be at least so long is of no use.
    """

    def __init__(
        self,
        routes: Mapping[Task, Route],
        cheaper: Sequence[str],
        catalogue: Catalogue,
        upstreams: Mapping[str, Upstream],
        now: Callable[[], datetime],
        *,
        least_output_tokens: int = 512,
    ) -> None:
        self.routes = routes
        self._cheaper = tuple(cheaper)
        self._catalogue = catalogue
        self._upstreams = upstreams
        self._now = now
        self._least_output_tokens = least_output_tokens

    @property
    def has_models(self) -> bool:
        """Whether any provider is configured at all."""
        return bool(self._upstreams)

    def order(self, request: AnswerRequest, purse: Purse) -> Order:
        """The models that the task's route names, in the order of its policy or the pin's."""
        route, pin = self.routes[request.task], request.pin
        policy = pin.policy or route.policy
        usual = self._sorted(route.models, policy, request)
        names = usual
        if purse.nearly_spent and pin.model is None:
            names = self._sorted(tuple(dict.fromkeys((*self._cheaper, *route.models))), "cheapest", request)
        if pin.model is not None:
            names = tuple(dict.fromkeys((pin.model, *names)))
        return Order(
            policy="cheapest" if purse.nearly_spent else policy,
            saving=purse.nearly_spent and self._first_configured(names) != self._first_configured(usual),
            names=names,
        )

    def first(self, request: AnswerRequest, purse: Purse) -> Judged | None:
        """The model that would be asked now; `None` where none can be."""
        order = self.order(request, purse)
        judged = (self.judge(name, self._with_thought(name, request), purse) for name in order.names)
        return next((each for each in judged if each.passed_over is None), None)

    def _with_thought(self, name: str, request: AnswerRequest) -> AnswerRequest:
        """For a few words: a model that thinks before it writes needs room for that as well."""
        upstream = self._upstreams.get(name)
        if upstream is None or upstream.card.effort is None:
            return request
        return replace(request, max_output_tokens=request.max_output_tokens + _THOUGHT_TOKENS)

    def judge(self, name: str, request: AnswerRequest, purse: Purse) -> Judged:
        """What is decided about a model at this moment."""
        upstream = self._upstreams.get(name)
        if request.pin.model not in {None, name}:
            return Judged(name, upstream, request, passed_over="not_pinned")
        is_gone = self._catalogue.is_gone(name, self._now().date())
        if upstream is None or is_gone:
            return Judged(name, upstream, request, passed_over="gone" if is_gone else "not_configured")
        fitting = _fitted(request, upstream)
        if fitting is None:
            return Judged(name, upstream, request, passed_over="too_small")
        tokens = prompt_tokens(fitting.prompt.size_bytes, upstream)
        try:
            need = self._need(fitting, upstream, tokens)
        except PriceUnknown:
            return Judged(name, upstream, fitting, passed_over="no_price")
        obstacle, wait_s = upstream.obstacle() or (purse.refuses(need), None)
        return Judged(name, upstream, fitting, tokens, need, obstacle, wait_s)

    def _need(self, request: AnswerRequest, upstream: Upstream, input_tokens: int) -> Need:
        """What a call takes: all that it can use and cost, or what an answer of the least useful length can."""
        most, prompt = request.max_output_tokens, most_prompt_tokens(request.prompt, upstream)
        least = min(self._least_output_tokens, most)
        return Need(
            requests=1,
            tokens=input_tokens + most,
            micro_usd=self._bound(upstream, prompt, most),
            least_tokens=input_tokens + least,
            least_micro_usd=self._bound(upstream, prompt, least),
        )

    def _bound(self, upstream: Upstream, input_tokens: int, output_tokens: int) -> int:
        days = billing_days(self._now())
        return self._catalogue.upper_bound_micro_usd(upstream.card, input_tokens, output_tokens, days)

    def _sorted(self, names: tuple[str, ...], policy: Policy, request: AnswerRequest) -> tuple[str, ...]:
        match policy:
            case "preferred":
                return names
            case "cheapest":
                size_bytes = request.prompt.size_bytes
                return tuple(sorted(names, key=lambda name: self._usual_cost(name, size_bytes)))
            case "fastest":
                return tuple(sorted(names, key=self._usual_seconds))

    def _usual_cost(self, name: str, size_bytes: int) -> float:
        upstream = self._upstreams.get(name)
        if upstream is None:
            return float("inf")
        try:
            return self._bound(upstream, prompt_tokens(size_bytes, upstream), _USUAL_OUTPUT_TOKENS)
        except PriceUnknown:
            return float("inf")

    def _usual_seconds(self, name: str) -> float:
        """A model never measured counts as fastest: one question later it is known."""
        upstream = self._upstreams.get(name)
        if upstream is None or upstream.first_token_p50_s is None or upstream.latency_p50_s is None:
            return 0.0
        first = upstream.first_token_p50_s
        return first + _REST_WEIGHT * (upstream.latency_p50_s - first)

    def _first_configured(self, names: Sequence[str]) -> str | None:
        return next((name for name in names if name in self._upstreams), None)


def _fitted(request: AnswerRequest, upstream: Upstream) -> AnswerRequest | None:
    """The request with as many passages as the model's context window holds; `None` where one is too many."""
    card = upstream.card
    if card.max_output_tokens is not None and request.max_output_tokens > card.max_output_tokens:
        request = replace(request, max_output_tokens=card.max_output_tokens)
    fitting: AnswerRequest | None = request
    while fitting is not None and card.context_tokens is not None:
        if prompt_tokens(fitting.prompt.size_bytes, upstream) + fitting.max_output_tokens <= card.context_tokens:
            break
        fitting = fitting.shortened()
    return fitting
