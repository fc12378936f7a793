"""From a question to a cited answer: the core's public face."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Self

from rag.answering.followup import leant_on
from rag.answering.prompt import PromptWriter
from rag.answering.wording import apology, refusal
from rag.cache.answers import AnswerCache, Remembered
from rag.cache.contract import Contract
from rag.cache.documents import IndexWatch
from rag.cache.passages import Retrieves
from rag.cache.together import Together
from rag.errors import IndexUnavailable, StateUnavailable
from rag.ingest.sync import Synchroniser, agreed, untold
from rag.ingest.vectors import Confirm, OnProgress
from rag.language import detect_language
from rag.model import (
    DEFAULT_COLLECTION,
    EVERYTHING,
    NO_PIN,
    NOBODY,
    Answer,
    Asker,
    Budget,
    CollectionSummary,
    DocumentSource,
    Event,
    Health,
    IndexStats,
    Language,
    Pin,
    ProviderHealth,
    Retrieval,
    RoutePlan,
    Scope,
    Stats,
    Status,
    SyncReport,
    Token,
    TokenUsage,
    Turn,
)
from rag.ports import AnswerRequest, Clock, Completion, Database, TextDelta
from rag.providers.extractive import NAME as EXTRACTIVE
from rag.quota.accounts import Accounts
from rag.quota.books import Books
from rag.quota.ledger import Expense
from rag.quota.policy import QuotaPolicy
from rag.retrieval.lance import LanceIndex
from rag.routing.catalogue import Catalogue, Notice
from rag.routing.router import Router
from rag.routing.tasks import Sorted, classify
from rag.state.syncs import SyncLog

log = logging.getLogger(__name__)

_REFERENCE_BYTES = 4
# Who the books say has answered where no provider did.
_NAME = "ragbot"
_NOTHING = Completion(provider=EXTRACTIVE, rung="extractive", reason="nothing_relevant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a pipeline is made of; put together in `rag.bootstrap` alone.

    Attributes:
        watch: Sees when the index changes.
        prompts: Writes what a model is told.
        models_in_use: By name: those that may be asked.
        setup: Names all settings that shape answers.
        answers: Remembered ones.
        together: Joins identical questions that are asked at the same time.
        max_passage_chars: Of all passages of one question.
        unconfigured_providers: Those without a key.
        resources: Closes everything that was opened, last first.
    """

    version: str
    index: LanceIndex
    watch: IndexWatch
    retriever: Retrieves
    prompts: PromptWriter
    router: Router
    catalogue: Catalogue
    models_in_use: tuple[str, ...]
    setup: str
    answers: AnswerCache
    together: Together[Event]
    synchroniser: Synchroniser
    database: Database
    books: Books
    accounts: Accounts
    syncs: SyncLog
    clock: Clock
    max_output_tokens: int
    max_passage_chars: int
    unconfigured_providers: tuple[str, ...]
    resources: AsyncExitStack


@dataclass(frozen=True, slots=True)
class _Question:
    """A question and what is known of it before anything is searched."""

    contract: Contract
    sorted: Sorted
    asker: Asker
    asked_at_s: float
    reference: str = field(default_factory=lambda: secrets.token_hex(_REFERENCE_BYTES))

    @property
    def text(self) -> str:
        return self.contract.question

    @property
    def language(self) -> Language:
        return self.contract.language


class RagPipeline:
    """Answers questions from the documents of one index.

    Made by `await RagPipeline.open("config")`; an async context manager that closes what was opened.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @classmethod
    async def open(
        cls,
        config_folder: str | Path = "config",
        *,
        environ: Mapping[str, str] | None = None,
        quotas: QuotaPolicy | None = None,
    ) -> Self:
        """Put a pipeline together from a configuration folder.

        Args:
            config_folder: With `llm_providers_config.yaml`; without that file all defaults hold.
            environ: In place of the process's environment and `.env`.
            quotas: In place of the limits of that file, which are those of money and of the providers.

        Raises:
            ConfigurationError: Nothing was started.
            IndexUnavailable: The index cannot be opened; nothing was started.
        """
        # The composition root knows every room; knowing it here, and only here, is what makes this one line.
        from rag.bootstrap import assemble

        pipeline = cls(await assemble(Path(config_folder), environ, quotas))
        pipeline._tell_of_models()
        return pipeline

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections and files."""
        await self._parts.resources.aclose()

    @property
    def accounts(self) -> Accounts:
        """What was spent, what is left, and which limits hold."""
        return self._parts.accounts

    async def admit(self, asker: Asker) -> None:
        """Count a question of this person in this place, before it is answered.

        While the books are down everybody is let in: nothing is bought then anyway.

        Raises:
            QuotaExceeded: It is one too many; the error says of which limit, and when to try again.
        """
        try:
            await self._parts.books.admit(asker)
        except StateUnavailable as error:
            log.warning("questions are not counted: %s", error)

    async def search(self, question: str, *, scope: Scope = EVERYTHING) -> Retrieval:
        """The passages that an answer would be made from."""
        return await self._parts.retriever.retrieve(question, detect_language(question), scope)

    async def query(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        scope: Scope = EVERYTHING,
        pin: Pin = NO_PIN,
        asker: Asker = NOBODY,
    ) -> Answer:
        """Answer a question.

        Args:
            history: Earlier turns of the conversation, oldest first.
            scope: The collections that may be read.
            pin: The model or policy to use in place of the route's.
            asker: Whose budgets it is paid from; `admit` counts it against what may be asked.
        """
        async with aclosing(self.stream(question, history=history, scope=scope, pin=pin, asker=asker)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    return event
        raise AssertionError("a stream ends with its answer")

    async def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        scope: Scope = EVERYTHING,
        pin: Pin = NO_PIN,
        asker: Asker = NOBODY,
    ) -> AsyncGenerator[Event, None]:
        """Answer a question bit by bit: `Status` and `Token` events, then the `Answer` that holds it all.

        A `Restart` voids the tokens before it. Closing the generator ends the work upstream, unless somebody else
        waits for the same answer.
        """
        parts = self._parts
        asked = self._question(question, history, scope, pin, asker)
        remembered = await parts.answers.find(asked.contract)
        if remembered is not None:
            answer = self._from_memory(asked, remembered)
            self._note(asked, answer)
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
                    self._note(asked, shared)
                    yield shared
                else:
                    yield event

    async def plan(
        self, question: str, *, history: Sequence[Turn] = (), pin: Pin = NO_PIN, asker: Asker = NOBODY
    ) -> RoutePlan:
        """How a question would be routed at this moment; nothing is searched, asked or spent."""
        asked = self._question(question, history, EVERYTHING, pin, asker)
        request = self._request(asked, Retrieval((), 0.0, relevant=True))
        # As long as the passages can be: what they will be is not known before the search.
        prompt = replace(request.prompt, passages=("x" * self._parts.max_passage_chars,))
        return await self._parts.router.plan(replace(request, prompt=prompt), asked.language, fresh=asked.sorted.fresh)

    def _question(self, text: str, history: Sequence[Turn], scope: Scope, pin: Pin, asker: Asker) -> _Question:
        language = _language(text, history)
        contract = Contract(
            question=text,
            language=language,
            scope=scope,
            history=tuple(history),
            pin=pin,
            prompt_version=self._parts.prompts.version,
            setup=self._parts.setup,
        )
        return _Question(contract, classify(text, language), asker, self._parts.clock.monotonic())

    async def _answered(self, asked: _Question) -> AsyncGenerator[Event, None]:
        """A question to which no answer is known: search, route, answer, remember."""
        parts, contract = self._parts, asked.contract
        yield Status("searching")
        earlier = leant_on(asked.text, contract.history, asked.language)
        retrieval = await parts.retriever.retrieve(asked.text, asked.language, contract.scope, earlier=earlier)
        text, completion = "", _NOTHING
        if retrieval.relevant:
            yield Status("answering")
            async with aclosing(parts.router.stream(self._request(asked, retrieval))) as events:
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
        answer = self._answer(asked, text, completion, retrieval)
        await parts.answers.keep(contract, answer, retrieval.passages)
        self._note(asked, answer)
        _log(answer, relevance=retrieval.relevance)
        yield answer

    def _request(self, asked: _Question, retrieval: Retrieval) -> AnswerRequest:
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

    def _answer(self, asked: _Question, text: str, completion: Completion, retrieval: Retrieval) -> Answer:
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
        )

    def _from_memory(self, asked: _Question, remembered: Remembered) -> Answer:
        return replace(
            self._shared(asked, remembered.answer),
            rung="cached",
            rung_reason="asked_before" if remembered.similar_to is None else "similar_question",
            cached=True,
            age_s=remembered.age_s,
            similar_to=remembered.similar_to,
        )

    def _shared(self, asked: _Question, answer: Answer) -> Answer:
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

    def _note(self, asked: _Question, answer: Answer) -> None:
        """Let the books know of a question that no call was made for, or none that answered."""
        if answer.attempts and answer.attempts[-1].outcome == "answered":
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
        )
        self._parts.books.note(free)

    async def add_documents(
        self,
        *paths: str | Path | DocumentSource,
        collection: str = DEFAULT_COLLECTION,
        on_progress: OnProgress = untold,
        confirm: Confirm = agreed,
        on_wait: Callable[[], None] = untold,
        reembed: bool = False,
    ) -> SyncReport:
        """Ingest files and folders into a collection: what changed since the last time, and nothing else.

        Args:
            paths: Or `DocumentSource`s, whose own collection then counts.
            on_progress: Told of every file, then of the chunks that get a vector.
            confirm: Asked before vectors are paid for.
            on_wait: Told once if another process is ingesting and has to be waited for.
            reembed: Make all vectors of the index anew, whoever made those that are there.

        Raises:
            IngestError: A path does not exist, or another process is ingesting; nothing was changed.
            IndexMismatch: The vectors in the index are another embedder's; the texts are in step all the same.
        """
        sources = [
            path if isinstance(path, DocumentSource) else DocumentSource(Path(path), collection) for path in paths
        ]
        try:
            return await self._parts.synchroniser.sync(
                sources, on_progress=on_progress, confirm=confirm, on_wait=on_wait, reembed=reembed
            )
        finally:
            self._parts.watch.look_again()

    async def is_current(self, sources: Sequence[DocumentSource]) -> bool:
        """Whether ingesting these sources would change nothing."""
        return await self._parts.synchroniser.is_current(sources)

    async def remove_collection(self, collection: str) -> int:
        """Forget all documents of a collection; returns how many there were."""
        try:
            return await self._parts.synchroniser.remove_collection(collection)
        finally:
            self._parts.watch.look_again()

    async def sources(self) -> list[CollectionSummary]:
        """What is known, collection by collection."""
        try:
            synced_at = {sync.collection: sync.finished_at for sync in await self._parts.syncs.all()}
        except StateUnavailable:
            synced_at = {}
        documents: dict[str, int] = {}
        chunks: dict[str, int] = {}
        for document in await self._parts.index.documents():
            documents[document.collection] = documents.get(document.collection, 0) + 1
            chunks[document.collection] = chunks.get(document.collection, 0) + document.chunks
        return [
            CollectionSummary(name, documents[name], chunks[name], synced_at.get(name)) for name in sorted(documents)
        ]

    async def get_stats(self) -> Stats:
        """The index at a glance, and how many questions were answered from memory since the start."""
        return Stats(await self._parts.index.stats(), self._parts.answers.stats())

    async def watch(self) -> None:
        """Once a day, just after midnight UTC, log which models are about to change, and tidy the books; never ends."""
        clock = self._parts.clock
        while True:
            now = clock.now()
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            await clock.sleep((midnight - now).total_seconds() + 1)
            self._tell_of_models()
            try:
                await self._parts.accounts.tidy()
            except StateUnavailable as error:
                log.warning("the books were not tidied: %s", error)

    def _tell_of_models(self) -> None:
        for notice in self._notices():
            log.log(logging.ERROR if notice.level == "error" else logging.WARNING, "catalogue: %s", notice.text)

    def _notices(self) -> tuple[Notice, ...]:
        """What is wrong or about to change with the models in use."""
        return self._parts.catalogue.notices(self._parts.clock.now().date(), self._parts.models_in_use)

    async def health_check(self) -> Health:
        """Whether the core can answer, part by part; never raises for a part that is down."""
        parts = self._parts
        problems = [notice.text for notice in self._notices()]
        index: IndexStats | None = None
        budget, store_ok = Budget(None, None, None), False
        try:
            index = await parts.index.stats()
        except IndexUnavailable as error:
            problems.append(str(error))
        try:
            budget, store_ok = await parts.accounts.daily_budget(), True
        except StateUnavailable as error:
            problems.append(str(error))
        return Health(
            ready=index is not None,
            version=parts.version,
            index=index,
            store_kind=parts.database.kind,
            store_ok=store_ok,
            providers=(
                *parts.router.health(),
                *(ProviderHealth(name, None, "not_configured") for name in parts.unconfigured_providers),
                ProviderHealth(EXTRACTIVE, None, "ready"),
            ),
            budget=budget,
            cache=parts.answers.stats(),
            problems=tuple(dict.fromkeys(problems)),
        )


def _language(question: str, history: Sequence[Turn]) -> Language:
    """Of the question; a word or two in no language in particular goes on in the conversation's."""
    asked = [turn.text for turn in history if turn.role == "user"]
    return detect_language(" ".join((*asked[-1:], question)))


def _in_place_of_text(completion: Completion, language: Language, retrieval: Retrieval) -> tuple[str, Completion]:
    """What stands where nobody had anything to say, and how that came about."""
    if completion.reason in {"nothing_relevant", "no_model_configured"}:
        return refusal(language, retrieval.nearest_titles), replace(completion, reason="nothing_relevant")
    return apology(language, retrieval.nearest_titles), replace(completion, rung="apology")


def _log(answer: Answer, *, relevance: float | None = None) -> None:
    log.info(
        "answered reference=%s task=%s rung=%s reason=%s model=%s language=%s relevance=%s citations=%d attempts=%d"
        " cost_micro_usd=%d latency_s=%.3f",
        answer.reference,
        answer.task,
        answer.rung,
        answer.rung_reason,
        answer.model and f"{answer.provider}/{answer.model}",
        answer.language,
        relevance and round(relevance, 3),
        len(answer.citations),
        len(answer.attempts),
        answer.cost_micro_usd,
        answer.latency_s,
    )
