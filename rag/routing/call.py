"""One call to one model: money held before, text passed on, use metered, and every ending settled."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from rag.errors import (
    ContentRefused,
    ModelGone,
    PriceUnknown,
    PromptTooLong,
    ProviderDisabled,
    ProviderError,
    ProviderOverloaded,
    ProviderRefused,
    ProviderUnavailable,
    StateUnavailable,
    UnusableAnswer,
)
from rag.language import estimate_tokens
from rag.model import Attempt, Outcome, TokenUsage
from rag.ports import AnswerRequest, Clock, Completion, Metered, TextDelta
from rag.routing.catalogue import Catalogue
from rag.routing.upstream import Upstream
from rag.state.budget import DailyBudget, Hold
from rag.state.ledger import Expense

log = logging.getLogger(__name__)

_OUTCOMES: Mapping[type[ProviderError], Outcome] = MappingProxyType(
    {
        ProviderOverloaded: "overloaded",
        ProviderUnavailable: "unavailable",
        PromptTooLong: "prompt_too_long",
        ContentRefused: "content_refused",
        ModelGone: "model_gone",
        ProviderDisabled: "provider_disabled",
        ProviderRefused: "refused",
    }
)


@dataclass(frozen=True, slots=True)
class Till:
    """Where calls are priced and paid for."""

    budget: DailyBudget
    catalogue: Catalogue
    clock: Clock


def prompt_tokens(size_bytes: int, upstream: Upstream) -> int:
    """Estimate of a prompt's tokens, on the safe side for this provider's tokenizer."""
    return math.ceil(estimate_tokens(size_bytes) * upstream.gate.token_margin)


@dataclass(slots=True)
class Call:
    """One call.

    Attributes:
        bound_micro_usd: The most that it can cost.
        input_tokens: Estimate of the prompt's.
        attempt: What became of it, once it has ended.
        shown: Whether the reader has seen something of it.
    """

    upstream: Upstream
    request: AnswerRequest
    till: Till
    bound_micro_usd: int
    input_tokens: int
    attempt: Attempt | None = None
    shown: bool = False
    _metered: Metered | None = None
    _text_bytes: int = 0
    _explained: bool = False
    _first_token_s: float | None = None
    _started_s: float = field(default=0.0)

    async def events(self, deadline_s: float) -> AsyncGenerator[TextDelta | Completion, None]:
        """The model's text, then its completion; `deadline_s` is on the clock's monotonic scale.

        Raises:
            ProviderError: It failed; what it may have used is paid for.
            BudgetExhausted: It was not made: there is no money for it.
            StateUnavailable: It was not made: nobody knows whether there is money.
        """
        self._started_s = self.till.clock.monotonic()
        outcome: Outcome = "cancelled"
        billable = True
        async with self.till.budget.hold(self.bound_micro_usd) as hold:
            self._check_admission()
            begun = self.upstream.begin(self.input_tokens + self.request.max_output_tokens)
            try:
                async with aclosing(self._bounded(deadline_s)) as events:
                    async for event in events:
                        yield event
                outcome = "answered"
                self._succeeded()
            except ProviderError as error:
                outcome, billable = _outcome(error), error.billable
                self._explained = error.status is not None and not isinstance(error, UnusableAnswer)
                self.upstream.failed(begun, error)
                raise
            finally:
                if outcome == "cancelled":
                    self.upstream.abandoned(begun)
                tokens = await self._settle(hold, outcome, billable=billable)
                self.upstream.ended(begun, (tokens.input or 0) + (tokens.output or 0))

    def _check_admission(self) -> None:
        """Whether the model may still be asked: others may have been faster while the money was looked for."""
        card = self.upstream.card
        if self.upstream.obstacle(self.input_tokens + self.request.max_output_tokens) is not None:
            raise ProviderUnavailable(f"{card.name} is asked by somebody else just now", provider=card.provider)

    async def _bounded(self, deadline_s: float) -> AsyncGenerator[TextDelta | Completion, None]:
        """The provider's events, each within the question's deadline; the meter's readings are kept."""
        clock = self.till.clock
        async with aclosing(self.upstream.provider.stream(self.request)) as events:
            while True:
                try:
                    async with asyncio.timeout(max(0.0, deadline_s - clock.monotonic())):
                        event = await anext(events, None)
                except TimeoutError as error:
                    name = self.upstream.card.name
                    raise ProviderUnavailable(
                        f"{name} did not finish in the time there is for a question",
                        provider=self.upstream.card.provider,
                        billable=True,
                    ) from error
                if event is None:
                    return
                if isinstance(event, Metered):
                    self._metered = event
                elif isinstance(event, TextDelta):
                    self._saw(event)
                    yield event
                elif isinstance(event, Completion):
                    yield event

    def _saw(self, delta: TextDelta) -> None:
        if self._first_token_s is None:
            self._first_token_s = self.till.clock.monotonic() - self._started_s
        self._text_bytes += len(delta.text.encode("utf-8", "replace"))
        self.shown = self.shown or bool(delta.text.strip())

    def _succeeded(self) -> None:
        total_s = self.till.clock.monotonic() - self._started_s
        first_token_s = total_s if self._first_token_s is None else self._first_token_s
        self.upstream.succeeded(first_token_s=first_token_s, total_s=total_s)

    async def _settle(self, hold: Hold, outcome: Outcome, *, billable: bool) -> TokenUsage:
        """Book what was used, by estimate where the provider did not say; what cannot have cost anything is free."""
        card = self.upstream.card
        served = (self._metered and self._metered.model) or card.model
        tokens, cost = TokenUsage(), 0
        if billable or self._metered is not None:
            tokens, cost = self._bill(served, whole=outcome in {"answered", "content_refused"})
            expense = Expense(
                purpose="answer",
                provider=card.provider,
                model=served,
                tokens=tokens,
                cost_micro_usd=cost,
                task=self.request.task,
                outcome=outcome,
                reference=self.request.reference,
            )
            try:
                await hold.book(expense)
            except StateUnavailable as error:
                # The answer is there and paid for; this process counts the money all the same.
                log.error("not booked reference=%s expense=%s error=%s", self.request.reference, expense, error)  # noqa: TRY400
        self.attempt = Attempt(
            provider=card.provider,
            model=served,
            outcome=outcome,
            seconds=self.till.clock.monotonic() - self._started_s,
            tokens=tokens,
            cost_micro_usd=cost,
        )
        return tokens

    def _bill(self, served: str, *, whole: bool) -> tuple[TokenUsage, int]:
        tokens = self._tokens(whole=whole)
        tier = self._metered.tier if self._metered else None
        try:
            cost = self.till.catalogue.cost_micro_usd(
                self.upstream.card, served, tier, tokens, self.till.clock.now().date()
            )
        except PriceUnknown as error:
            # It was served by another model or tier than was asked for: all that was held counts as spent.
            self.upstream.switch_off(str(error))
            return replace(tokens, estimated=True), self.bound_micro_usd
        return tokens, cost

    def _tokens(self, *, whole: bool) -> TokenUsage:
        said = self._metered.tokens if self._metered else TokenUsage()
        if whole and said.input is not None and said.output is not None:
            return said
        # Of an answer that broke off the provider may have told of an earlier moment only.
        return replace(
            said,
            input=self.input_tokens if said.input is None else said.input,
            output=self._output_tokens(said.output),
            estimated=True,
        )

    def _output_tokens(self, told: int | None) -> int:
        """Estimate of what the model has written; `told` is what the provider has counted of it up to some moment."""
        if told is None and not (self.upstream.streaming or self._text_bytes or self._explained):
            # All of it may have been written before it was lost.
            return self.request.max_output_tokens
        # Where nobody counts, one piece more than was seen may have been on its way.
        seen = estimate_tokens(self._text_bytes, texts=int(told is None))
        return max(told or 0, math.ceil(seen * self.upstream.gate.token_margin))


def _outcome(error: ProviderError) -> Outcome:
    return next(_OUTCOMES[kind] for kind in type(error).__mro__ if kind in _OUTCOMES)
