"""The router: a `Provider` over many models, and below them memory and quotation, so that an answer always comes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.errors import PriceUnknown, PromptTooLong, ProviderError, ProviderRefused, QuotaExceeded, StateUnavailable
from rag.model import Language, ProviderHealth, Restart, RouteModel, RoutePlan, TaskRoute
from rag.ports import AnswerRequest, Completion, Provider, TextDelta
from rag.routing.aside import Aside
from rag.routing.call import Call, Till
from rag.routing.plan import Judged, Planner, Purse
from rag.routing.upstream import Upstream
from rag.routing.way import NobodyAnswered, Way, refused_for

if TYPE_CHECKING:
    from tenacity import AsyncRetrying, RetryCallState


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSettings:
    """How far the router goes for one question.

    Attributes:
        deadline_s: For all attempts and the waits between them.
        longest_wait_s: The longest that is waited for a provider which said when to come back.
        tries_per_model: How often one model is asked at most, because it named a time to come back.
    """

    deadline_s: float = 120.0
    longest_wait_s: float = 20.0
    tries_per_model: int = 3


class Router:
    """Asks the models of a task's route in turn until one answers.

    Args:
        rungs: What stands below the models, free and asked in order; the last one always answers.
    """

    name = "router"

    def __init__(
        self,
        planner: Planner,
        upstreams: Sequence[Upstream],
        rungs: Sequence[Provider],
        till: Till,
        settings: RouterSettings,
    ) -> None:
        self._planner = planner
        self._upstreams = tuple(upstreams)
        self._rungs = tuple(rungs)
        self._till = till
        self._settings = settings

    async def plan(self, request: AnswerRequest, language: Language, *, fresh: bool) -> RoutePlan:
        """How this question would be routed now; nothing is asked or spent."""
        purse = await self._purse(request)
        order = self._planner.order(request, purse)
        models = [await self._looked_up(self._planner.judge(name, request, purse), purse) for name in order.names]
        first = next((judged for judged in models if judged.passed_over is None), None)
        return RoutePlan(
            task=request.task,
            language=language,
            fresh=fresh,
            policy=order.policy,
            saving=order.saving,
            candidates=tuple(judged.candidate(first=judged is first) for judged in models),
        )

    async def _looked_up(self, judged: Judged, purse: Purse) -> Judged:
        """The same, passed over where a reservation would be refused at this moment."""
        if judged.passed_over is not None or judged.need is None or judged.upstream is None:
            return judged
        try:
            need = purse.allots(judged.need)
            await self._till.books.check(need, judged.request.asker, judged.upstream.gate.name)
        except QuotaExceeded as error:
            return replace(judged, passed_over=refused_for(error))
        except StateUnavailable:
            return replace(judged, passed_over="ledger_down" if judged.need.micro_usd else None)
        return judged

    def routes(self) -> tuple[TaskRoute, ...]:
        """The models of every task as they stand now, whoever asks."""
        return tuple(
            TaskRoute(task, route.policy, tuple(map(self._on_route, route.models)))
            for task, route in self._planner.routes.items()
        )

    def models(self) -> tuple[RouteModel, ...]:
        """Every model of the catalogue as it stands now, on a route or not."""
        return tuple(map(self._on_route, self._till.catalogue.names))

    def _on_route(self, name: str) -> RouteModel:
        states = {upstream.card.name: upstream.state for upstream in self._upstreams}
        provider, _, model = name.partition("/")
        card, today = self._till.catalogue.card(name), self._till.clock.now().date()
        gone = self._till.catalogue.retirement(name)
        try:
            rates = None if card is None else card.rates_on(today, 0)
        except PriceUnknown:
            rates = None
        return RouteModel(
            provider=provider,
            model=model,
            state=states.get(name),
            input_usd=None if rates is None else rates.input,
            output_usd=None if rates is None else rates.output,
            retires=None if gone is None else gone.since,
        )

    def health(self) -> tuple[ProviderHealth, ...]:
        """Every model that can be asked."""
        return tuple(upstream.health for upstream in self._upstreams)

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[TextDelta | Restart | Completion, None]:
        """The answer of the first model that gives one; of the rungs below where none does.

        Before the reader has seen anything, a failure is passed over in silence and told in the completion. After it
        comes a `Restart`.

        Raises:
            ProviderError: Not even the last rung answered.
        """
        purse = await self._purse(request)
        way = Way(
            request=request,
            purse=purse,
            order=self._planner.order(request, purse),
            monotonic=self._till.clock.monotonic,
            deadline_s=self._till.clock.monotonic() + self._settings.deadline_s,
            longest_wait_s=self._settings.longest_wait_s,
            tries_per_model=self._settings.tries_per_model,
            attempts=list(request.attempts),
        )
        if self._planner.has_models:
            try:
                async for attempt in self._rounds(way):
                    with attempt:
                        async with aclosing(self._ask_in_turn(way)) as events:
                            async for event in events:
                                yield event
                        return
            except NobodyAnswered:
                pass
        async with aclosing(self._descend(way)) as events:
            async for event in events:
                yield event

    def _rounds(self, way: Way) -> AsyncRetrying:
        """The only retries there are: another round over the models that may answer now, within the deadline."""
        # Only those who have a model to ask pay for the import.
        from tenacity import AsyncRetrying, retry_if_exception, wait_random_exponential

        clock = self._till.clock
        # Full jitter: a random part of a doubling bound, so that questions that failed together do not return together.
        backoff = wait_random_exponential(multiplier=0.5, max=5)

        def wait_s(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            named_s = error.again_in_s if isinstance(error, NobodyAnswered) else None
            return backoff(state) if named_s is None else named_s

        def too_late(state: RetryCallState) -> bool:
            return clock.monotonic() + state.upcoming_sleep >= way.deadline_s

        async def pause(seconds: float) -> None:
            if way.hopes_for_money:
                await self._till.books.wait_for_room(seconds)
            else:
                await clock.sleep(seconds)

        return AsyncRetrying(
            sleep=pause,
            retry=retry_if_exception(lambda error: isinstance(error, NobodyAnswered) and error.worth_another),
            wait=wait_s,
            stop=too_late,
            reraise=True,
        )

    async def _ask_in_turn(self, way: Way) -> AsyncGenerator[TextDelta | Restart | Completion, None]:
        """One round: the first answer, or `NobodyAnswered`."""
        for name in way.due():
            request: AnswerRequest | None = way.request
            while request is not None:
                judged = self._planner.judge(name, request, way.purse_left)
                if judged.passed_over is not None:
                    way.passed_over(judged)
                    break
                try:
                    async with aclosing(self._ask(way, judged)) as events:
                        async for event in events:
                            yield event
                except PromptTooLong as error:
                    way.failed(judged, error)
                    request = judged.request.shortened()
                except (ProviderError, QuotaExceeded, StateUnavailable) as error:
                    way.failed(judged, error)
                    break
                else:
                    return
            if way.is_refused:
                break
        raise way.nobody_answered()

    async def _ask(self, way: Way, judged: Judged) -> AsyncGenerator[TextDelta | Restart | Completion, None]:
        """One call, and the completion when it is paid for."""
        assert judged.upstream is not None, "a model without a provider was passed over"
        assert judged.need is not None, "a model without a price was passed over"
        call = Call(
            upstream=judged.upstream,
            request=judged.request,
            till=self._till,
            need=judged.need,
            allotted=way.purse_left.allots(judged.need),
            input_tokens=judged.input_tokens,
            rung=way.rung_of(judged.name)[0],
            number=len(way.attempts) + 1,
        )
        completion: Completion | None = None
        try:
            async with aclosing(call.events(way.deadline_s)) as events:
                async for event in events:
                    if way.broken is not None:  # also where no text follows: the model found no answer
                        yield way.restart()
                    if isinstance(event, Completion):
                        completion = event
                    else:
                        yield event
        finally:
            if call.attempt is not None:
                way.attempts.append(call.attempt)
            if call.shown and completion is None:
                way.broken = judged.upstream
        assert completion is not None, "a provider ends with its completion"
        yield way.completed_by(judged, completion)

    async def _descend(self, way: Way) -> AsyncGenerator[TextDelta | Restart | Completion, None]:
        """Below the models: the first rung that has an answer."""
        if way.broken is not None:
            yield way.restart()
        for rung in self._rungs:
            try:
                async with aclosing(rung.stream(way.request)) as events:
                    async for event in events:
                        if isinstance(event, TextDelta):
                            yield event
                        elif isinstance(event, Completion):
                            yield way.completed_below(event)
            except ProviderRefused:
                continue
            return
        raise AssertionError("the last rung always answers")

    async def aside(self, request: AnswerRequest, *, timeout_s: float) -> Aside | None:
        """A short call beside the answer, ready to be made; nothing is reserved or asked yet.

        `None` where it is better left: no model of its route can be asked now, money is short, or nobody knows whether
        there is any.
        """
        purse = await self._purse(request)
        if purse.nearly_spent or not purse.is_known:
            return None
        judged = self._planner.first(request, purse)
        return None if judged is None else Aside(judged, purse, self._till, timeout_s=timeout_s)

    async def _purse(self, request: AnswerRequest) -> Purse:
        try:
            outlook = await self._till.books.outlook(request.asker)
        except StateUnavailable:
            return Purse(is_known=False)
        return Purse(outlook.request_micro_usd, nearly_spent=outlook.nearly_spent)
