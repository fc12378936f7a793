"""The way of one question: remembered or joined, or else understood, searched for, routed, answered and kept."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from rag.answering.condensing import standalone
from rag.answering.followup import leant_on
from rag.answering.wording import apology, refusal
from rag.cache.answers import Remembered
from rag.cache.contract import Contract
from rag.language import detect_language
from rag.model import (
    Answer,
    Asker,
    Attempt,
    Event,
    Evidence,
    Language,
    Pin,
    Retrieval,
    RoutePlan,
    Scope,
    Status,
    Token,
    TokenUsage,
    Turn,
)
from rag.pipeline.parts import Parts
from rag.ports import AnswerRequest, Completion, TextDelta
from rag.providers.extractive import NAME as EXTRACTIVE
from rag.quota.ledger import Expense
from rag.routing.tasks import Sorted, classify

log = logging.getLogger(__package__)

_REFERENCE_BYTES = 6
# Who the books say has answered where no provider did.
_NAME = "ragbot"


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is known of it before anything is searched.

    Attributes:
        asked_at_s: On the monotonic scale.
        reference: Of the answer to be.
    """

    contract: Contract
    sorted: Sorted
    asker: Asker
    asked_at_s: float
    reference: str

    @property
    def text(self) -> str:
        """As it was asked."""
        return self.contract.question

    @property
    def language(self) -> Language:
        """Of the answer to be."""
        return self.contract.language


@dataclass(frozen=True, slots=True)
class _Understood:
    """What a question means in its conversation, and what it took to find out.

    Attributes:
        standalone: As a model says it; `None` where rules have to do.
        earlier: The questions that it leans on, where rules have to do.
    """

    standalone: str | None = None
    earlier: str = ""
    attempts: tuple[Attempt, ...] = ()


class Questions:
    """Answers questions with the parts of a pipeline."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def stream(self, asked: Question, *, again: bool) -> AsyncGenerator[Event, None]:
        """As `RagPipeline.stream`."""
        parts = self._parts
        remembered = None if again else await parts.answers.find(asked.contract)
        if remembered is not None:
            answer = self._from_memory(asked, remembered)
            self._note(asked, answer, saved_micro_usd=_worth_micro_usd(remembered.answer))
            _log(answer)
            yield Token(answer.text)
            yield answer
            return
        key = asked.contract.key
        is_first = key not in parts.together
        async with aclosing(parts.together.ask(key, lambda: self._answered(asked))) as events:
            async for event in events:
                if isinstance(event, Answer) and not is_first:
                    shared = self._shared(asked, event)
                    self._note(asked, shared, saved_micro_usd=_worth_micro_usd(event))
                    yield shared
                else:
                    yield event

    async def plan(self, asked: Question) -> RoutePlan:
        """As `RagPipeline.plan`."""
        request = self._request(asked, Retrieval((), 0.0, relevant=True))
        # As long as the passages can be: what they will be is not known before the search.
        prompt = replace(request.prompt, passages=("x" * self._parts.max_passage_chars,))
        return await self._parts.router.plan(replace(request, prompt=prompt), asked.language, fresh=asked.sorted.fresh)

    def asked(
        self,
        text: str,
        history: Sequence[Turn],
        scope: Scope,
        pin: Pin,
        asker: Asker,
        *,
        reference: str | None = None,
    ) -> Question:
        """What `RagPipeline.query` was given, and what its words alone say of it."""
        told = self._parts.prompts.told(history)
        language = _language(text, told)
        contract = Contract(
            question=text,
            language=language,
            scope=scope,
            history=told,
            pin=pin,
            prompt_version=self._parts.prompts.version,
            setup=self._parts.setup,
        )
        return Question(
            contract,
            classify(text, language),
            asker,
            self._parts.clock.monotonic(),
            secrets.token_hex(_REFERENCE_BYTES) if reference is None else reference,
        )

    async def _answered(self, asked: Question) -> AsyncGenerator[Event, None]:
        """A question to which no answer is known: search, route, answer, remember."""
        parts, contract = self._parts, asked.contract
        understood = _Understood()
        async with aclosing(self._understand(asked)) as steps:
            async for step in steps:
                if isinstance(step, Status):
                    yield step
                else:
                    understood = step
        yield Status("searching")
        retrieval = await parts.retriever.retrieve(
            understood.standalone or asked.text, asked.language, contract.scope, earlier=understood.earlier
        )
        text, completion = "", _unasked(understood.attempts)
        if retrieval.relevant:
            yield Status("answering")
            request = replace(self._request(asked, retrieval), attempts=understood.attempts)
            async with aclosing(parts.router.stream(request)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        text += event.text
                        yield Token(event.text)
                    elif isinstance(event, Completion):
                        completion = event
                    else:
                        text = ""
                        yield event
        if not text:
            text, completion = _in_place_of_text(completion, asked.language, retrieval)
            yield Token(text)
        answer = replace(self._answer(asked, text, completion, retrieval), standalone=understood.standalone)
        await parts.answers.keep(contract, answer, retrieval.passages)
        self._note(asked, answer)
        _log(answer, relevance=retrieval.relevance)
        yield answer

    async def _understand(self, asked: Question) -> AsyncGenerator[Status | _Understood, None]:
        """What it means: as rules say, or a model where they see that it leans on what was said before."""
        parts, contract = self._parts, asked.contract
        earlier = leant_on(asked.text, contract.history, asked.language)
        aside = None
        if earlier and parts.condenser is not None:
            request = parts.condenser.request(
                asked.text,
                asked.language,
                contract.history,
                pin=contract.pin,
                reference=asked.reference,
                asker=asked.asker,
            )
            aside = await parts.router.aside(request, timeout_s=parts.condenser.timeout_s)
        if aside is None:
            yield _Understood(earlier=earlier)
            return
        yield Status("condensing")
        meant = standalone(await aside.text() or "", asked.text, asked.language, contract.history)
        yield _Understood(meant, "" if meant else earlier, aside.attempts)

    def _request(self, asked: Question, retrieval: Retrieval) -> AnswerRequest:
        contract = asked.contract
        return AnswerRequest(
            question=asked.text,
            language=asked.language,
            passages=retrieval.passages,
            term_weights=retrieval.term_weights,
            history=contract.history,
            task=asked.sorted.task,
            pin=contract.pin,
            prompt=self._parts.prompts.write(asked.text, asked.language, retrieval.passages, contract.history),
            max_output_tokens=self._parts.max_output_tokens,
            reference=asked.reference,
            key=contract.key,
            asker=asked.asker,
        )

    def _answer(self, asked: Question, text: str, completion: Completion, retrieval: Retrieval) -> Answer:
        return Answer(
            question=asked.text,
            text=text,
            language=asked.language,
            citations=completion.citations,
            provider=completion.provider,
            model=completion.model,
            rung=completion.rung,
            rung_reason=completion.reason,
            latency_s=self._parts.clock.monotonic() - asked.asked_at_s,
            reference=asked.reference,
            task=asked.sorted.task,
            cached=completion.rung == "cached",
            refused=completion.reason == "nothing_relevant",
            nearest_titles=retrieval.nearest_titles,
            degraded=retrieval.degraded,
            about_now=asked.sorted.fresh,
            truncated=completion.truncated,
            age_s=completion.age_s,
            similar_to=completion.similar_to,
            tokens=completion.tokens,
            attempts=completion.attempts,
            cost_micro_usd=completion.cost_micro_usd,
            evidence=completion.evidence or Evidence.of(retrieval.passages),
            route=completion.route,
        )

    def _from_memory(self, asked: Question, remembered: Remembered) -> Answer:
        return replace(
            self._shared(asked, remembered.answer),
            rung="cached",
            rung_reason="asked_before" if remembered.similar_to is None else "similar_question",
            cached=True,
            age_s=remembered.age_s,
            similar_to=remembered.similar_to,
        )

    def _shared(self, asked: Question, answer: Answer) -> Answer:
        """Another question's answer, which was paid for there."""
        return replace(
            answer,
            question=asked.text,
            rung_reason="asked_together" if answer.rung == "fresh" else answer.rung_reason,
            latency_s=self._parts.clock.monotonic() - asked.asked_at_s,
            reference=asked.reference,
            tokens=TokenUsage(),
            attempts=(),
            cost_micro_usd=0,
        )

    def _note(self, asked: Question, answer: Answer, *, saved_micro_usd: int = 0) -> None:
        """Let the books know of a question that no call was made for, or none that answered."""
        last = answer.attempts[-1] if answer.attempts else None
        if last is not None and (last.purpose, last.outcome) == ("answer", "answered"):
            return
        free = Expense(
            purpose="answer",
            provider=_NAME,
            model="shared" if answer.rung_reason == "asked_together" else answer.rung,
            tokens=TokenUsage(),
            cost_micro_usd=0,
            task=asked.sorted.task,
            rung=answer.rung,
            reference=asked.reference,
            asker=asked.asker,
            latency_s=answer.latency_s,
            attempt=0,
            saved_micro_usd=saved_micro_usd,
        )
        self._parts.books.note(free)


def _worth_micro_usd(answer: Answer) -> int:
    """What whoever is given it once more does not pay; what no model wrote would have cost nothing either."""
    return answer.cost_micro_usd if answer.rung in {"fresh", "fallback"} else 0


def _language(question: str, history: Sequence[Turn]) -> Language:
    """Of the question; a word or two in no language in particular goes on in the conversation's."""
    asked = [turn.text for turn in history if turn.role == "user"]
    return detect_language(" ".join((*asked[-1:], question)))


def _unasked(attempts: tuple[Attempt, ...]) -> Completion:
    """How it ends where there is nothing to answer from, after so many calls to understand the question."""
    return Completion(
        provider=EXTRACTIVE,
        rung="extractive",
        reason="nothing_relevant",
        tokens=sum((attempt.tokens for attempt in attempts), TokenUsage()),
        cost_micro_usd=sum(attempt.cost_micro_usd for attempt in attempts),
        attempts=attempts,
    )


def _in_place_of_text(completion: Completion, language: Language, retrieval: Retrieval) -> tuple[str, Completion]:
    """What stands where nobody had anything to say, and how that came about."""
    if completion.reason in {"nothing_relevant", "no_model_configured"}:
        return refusal(language, retrieval.nearest_titles), replace(completion, reason="nothing_relevant")
    return apology(language, retrieval.nearest_titles), replace(completion, rung="apology")


def _log(answer: Answer, *, relevance: float | None = None) -> None:
    log.info(
        "answered reference=%s task=%s rung=%s reason=%s model=%s language=%s relevance=%s citations=%d attempts=%d"
        " condensed=%s cost_micro_usd=%d latency_s=%.3f",
        answer.reference,
        answer.task,
        answer.rung,
        answer.rung_reason,
        answer.model and f"{answer.provider}/{answer.model}",
        answer.language,
        relevance and round(relevance, 3),
        len(answer.citations),
        len(answer.attempts),
        answer.standalone is not None,
        answer.cost_micro_usd,
        answer.latency_s,
    )
