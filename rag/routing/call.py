"""One call to one model: money held before, text passed on, use metered, and every ending settled."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
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
from rag.model import Attempt, Outcome, Rung, TokenUsage
from rag.ports import AnswerRequest, Clock, Completion, Metered, Prompt, TextDelta
from rag.quota.books import Books, Reservation
from rag.quota.ledger import Expense
from rag.quota.quotas import Need
from rag.routing.catalogue import Catalogue
from rag.routing.upstream import Upstream

log = logging.getLogger(__name__)

# What a vendor puts around each message of a prompt; a handful of tokens, as far as any of them tells.
_FRAME_TOKENS = 16
# Prices change at midnight, and no call ends so much later than it began.
_LONGEST_CALL = timedelta(hours=1)
# No model writes faster than this, and none sends more in one piece; both are generous.
_MOST_TOKENS_PER_S = 1_000
_PIECE_TOKENS = 32
# Beyond the deadline of its question a call can only still be settling.
_SETTLING_S = 60.0

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

    books: Books
    catalogue: Catalogue
    clock: Clock


def prompt_tokens(size_bytes: int, upstream: Upstream) -> int:
    """Estimate of a prompt's tokens, on the safe side for this provider's tokenizer."""
    return math.ceil(estimate_tokens(size_bytes) * upstream.gate.token_margin)


def most_prompt_tokens(prompt: Prompt, upstream: Upstream) -> int:
    """What no tokenizer makes more of: a token a byte, which is what they fall back to for text that they never saw.

    An estimate from how prose usually is would let a document of rare characters overshoot a budget.
    """
    messages = 2 + len(prompt.passages) + len(prompt.history)
    most = prompt.size_bytes + messages * _FRAME_TOKENS
    context_tokens = upstream.card.context_tokens
    return most if context_tokens is None else min(most, context_tokens)


def billing_days(now: datetime) -> frozenset[date]:
    """The days, UTC, on which a call that begins now may be billed."""
    return frozenset({now.date(), (now + _LONGEST_CALL).date()})


@dataclass(slots=True, kw_only=True)
class Call:
    """One call.

    Attributes:
        request: It may be told to write less, where money is short.
        need: What it takes at most, and at least.
        allotted: The same within the limit for one question.
        input_tokens: Estimate of the prompt's.
        rung: The one that an answer of it is on.
        number: Of all calls for the question, from 1.
        attempt: What became of it, once it has ended.
        shown: Whether the reader has seen something of it.
    """

    upstream: Upstream
    request: AnswerRequest
    till: Till
    need: Need
    allotted: Need
    input_tokens: int
    rung: Rung = "fresh"
    number: int = 1
    attempt: Attempt | None = None
    shown: bool = False
    _metered: Metered | None = None
    _text_bytes: int = 0
    _explained: bool = False
    _first_token_s: float | None = None
    _started_s: float = field(default=0.0)
    _days: frozenset[date] = frozenset()

    async def events(self, deadline_s: float) -> AsyncGenerator[TextDelta | Completion, None]:
        """The model's text, then its completion; `deadline_s` is on the clock's monotonic scale.

        Raises:
            ProviderError: It failed; what it may have used is paid for.
            QuotaExceeded: It was not made: there is no money for it, or the provider allows no more just now.
            StateUnavailable: It was not made: nobody knows whether there is money.
        """
        self._started_s = self.till.clock.monotonic()
        self._days = billing_days(self.till.clock.now())
        outcome: Outcome = "cancelled"
        billable = True
        async with self._reserved(deadline_s) as reservation:
            self._check_admission()
            begun = self.upstream.begin()
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
                await self._settle(reservation, outcome, billable=billable)

    @asynccontextmanager
    async def _reserved(self, deadline_s: float) -> AsyncIterator[Reservation | None]:
        """What it needs, held; `None` where it costs nothing and the books are down."""
        lease_s = max(0.0, deadline_s - self._started_s) + _SETTLING_S
        async with AsyncExitStack() as stack:
            reservation = None
            try:
                held = self.till.books.reserve(self.allotted, self._expense(), lease_s=lease_s)
                reservation = await stack.enter_async_context(held)
            except StateUnavailable:
                if self.need.micro_usd:
                    raise
            else:
                self._write_no_more_than(reservation.granted)
            yield reservation

    def _write_no_more_than(self, granted: Need) -> None:
        """Lower the output limit to what was granted."""
        limits = [self.request.max_output_tokens]
        if granted.micro_usd < self.need.micro_usd:
            affordable = self.till.catalogue.affordable_output_tokens(
                self.upstream.card,
                most_prompt_tokens(self.request.prompt, self.upstream),
                granted.micro_usd,
                self._days,
            )
            limits += [] if affordable is None else [affordable]
        if granted.tokens < self.need.tokens:
            limits.append(granted.tokens - self.input_tokens)
        self.request = replace(self.request, max_output_tokens=max(1, min(limits)))

    def _expense(self) -> Expense:
        """The call as it is booked if nobody lives to tell how it ended."""
        card, request = self.upstream.card, self.request
        return Expense(
            purpose=request.purpose,
            provider=card.provider,
            model=card.model,
            asked_model=card.model,
            tokens=TokenUsage(input=self.input_tokens),
            cost_micro_usd=self.allotted.micro_usd,
            task=request.task,
            rung=self.rung,
            reference=request.reference,
            asker=request.asker,
            attempt=self.number,
        )

    def _check_admission(self) -> None:
        """Whether the model may still be asked: others may have been faster while the money was looked for."""
        card = self.upstream.card
        if self.upstream.obstacle() is not None:
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
        is_typical = self.request.purpose == "answer"
        self.upstream.succeeded(first_token_s=first_token_s, total_s=total_s, is_typical=is_typical)

    async def _settle(self, reservation: Reservation | None, outcome: Outcome, *, billable: bool) -> None:
        """Book what was used, by estimate where the provider did not say; what cannot have cost anything is free."""
        card = self.upstream.card
        served = (self._metered and self._metered.model) or card.model
        tokens, cost = TokenUsage(), 0
        if billable or self._metered is not None:
            tokens, cost = self._bill(served, outcome, reservation)
        seconds = self.till.clock.monotonic() - self._started_s
        expense = replace(
            self._expense(), model=served, tokens=tokens, cost_micro_usd=cost, outcome=outcome, latency_s=seconds
        )
        if reservation is None:
            log.error("not booked %s: the books are down", expense.brief)
        else:
            await self._book(reservation, expense)
        self.attempt = Attempt(
            provider=card.provider,
            model=served,
            outcome=outcome,
            seconds=seconds,
            tokens=tokens,
            cost_micro_usd=cost,
            purpose=self.request.purpose,
        )

    async def _book(self, reservation: Reservation, expense: Expense) -> None:
        try:
            await reservation.settle(expense)
        except StateUnavailable as error:
            # The answer is there and paid for. What was held counts as spent once its lease is over.
            log.error("not booked %s error=%s", expense.brief, error)  # noqa: TRY400

    def _bill(self, served: str, outcome: Outcome, reservation: Reservation | None) -> tuple[TokenUsage, int]:
        """What the provider said that it used; of what it did not say, the most that it can have been."""
        tokens = self._tokens(outcome)
        card, catalogue = self.upstream.card, self.till.catalogue
        said = self._metered.tokens if self._metered else TokenUsage()
        # Money was held at the prices of these days: a clock that leaps while a call is under way changes none of them.
        day = min(self.till.clock.now().date(), max(self._days))
        held = reservation.granted.micro_usd if reservation else 0
        try:
            if said.input is None:
                return tokens, catalogue.upper_bound_micro_usd(card, tokens.input or 0, tokens.output or 0, [day])
            tier = self._metered.tier if self._metered else None
            cost = catalogue.cost_micro_usd(card, served, tier, tokens, day)
        except PriceUnknown as error:
            # It was served by another model or tier than was asked for: all that was held counts as spent.
            self.upstream.switch_off(str(error))
            return replace(tokens, estimated=True), held
        if reservation is not None and cost > held:
            self.upstream.switch_off(
                f"a call of {card.name} cost more than its prices allow: served as {served}, {tier}"
            )
        return tokens, cost

    def _tokens(self, outcome: Outcome) -> TokenUsage:
        said = self._metered.tokens if self._metered else TokenUsage()
        if outcome in {"answered", "content_refused"} and said.input is not None and said.output is not None:
            return said
        most_input = most_prompt_tokens(self.request.prompt, self.upstream)
        return replace(
            said,
            input=most_input if said.input is None else said.input,
            output=self._most_output_tokens(outcome) if said.output is None else self._written(said.output),
            estimated=True,
        )

    def _written(self, told: int) -> int:
        """Of an answer that broke off the provider may have told of an earlier moment only."""
        return max(told, math.ceil(estimate_tokens(self._text_bytes, texts=0) * self.upstream.gate.token_margin))

    def _most_output_tokens(self, outcome: Outcome) -> int:
        """What nobody counted: a token a byte of what was seen, one piece on its way, and what was thought unseen."""
        limit = self.request.max_output_tokens
        seen = min(limit, self._text_bytes + _PIECE_TOKENS)
        may_have_thought = self.upstream.card.effort is not None or not self._text_bytes
        if self._explained or not may_have_thought:
            return seen
        if outcome != "cancelled" or not self.upstream.streaming:
            return limit
        # Who stops an answer pays for what can have been thought in that time, not for all that might have been.
        seconds = self.till.clock.monotonic() - self._started_s
        return min(limit, seen + math.ceil(seconds * _MOST_TOKENS_PER_S))


def _outcome(error: ProviderError) -> Outcome:
    return next(_OUTCOMES[kind] for kind in type(error).__mro__ if kind in _OUTCOMES)
