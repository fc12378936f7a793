"""From a question to a cited answer: the core's public face."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from rag.answering.followup import leant_on
from rag.answering.wording import refusal
from rag.errors import IndexUnavailable, StateUnavailable
from rag.ingest.sync import Synchroniser, agreed, untold
from rag.ingest.vectors import Confirm, OnProgress
from rag.language import detect_language
from rag.model import (
    DEFAULT_COLLECTION,
    EVERYTHING,
    Answer,
    Budget,
    CollectionSummary,
    DocumentSource,
    Event,
    Health,
    IndexStats,
    Language,
    ProviderHealth,
    Retrieval,
    Scope,
    Status,
    SyncReport,
    Token,
    Turn,
)
from rag.ports import AnswerRequest, Clock, Completion, Database, Provider, TextDelta
from rag.retrieval.lance import LanceIndex
from rag.retrieval.retriever import Retriever
from rag.state.budget import DailyBudget
from rag.state.syncs import SyncLog

log = logging.getLogger(__name__)

_REFERENCE_BYTES = 4
_NOTHING = Completion(model=None, citations=(), reason="nothing_relevant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a pipeline is made of; put together in `rag.bootstrap` alone.

    Attributes:
        resources: Closes everything that was opened, last first.
        problems: What could not be had at the start, one sentence each.
    """

    version: str
    index: LanceIndex
    retriever: Retriever
    provider: Provider
    synchroniser: Synchroniser
    database: Database
    budget: DailyBudget
    syncs: SyncLog
    clock: Clock
    unconfigured_providers: tuple[str, ...]
    resources: AsyncExitStack
    problems: tuple[str, ...] = ()


class RagPipeline:
    """Answers questions from the documents of one index.

    Made by `await RagPipeline.open("config")`; an async context manager that closes what was opened.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @classmethod
    async def open(cls, config_folder: str | Path = "config", *, environ: Mapping[str, str] | None = None) -> Self:
        """Put a pipeline together from a configuration folder.

        Args:
            config_folder: With `llm_providers_config.yaml`; without that file all defaults hold.
            environ: In place of the process's environment and `.env`.

        Raises:
            ConfigurationError: Nothing was started.
            IndexUnavailable: The index cannot be opened; nothing was started.
        """
        # The composition root knows every room; knowing it here, and only here, is what makes this one line.
        from rag.bootstrap import assemble

        return cls(await assemble(Path(config_folder), environ))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections and files."""
        await self._parts.resources.aclose()

    async def search(self, question: str, *, scope: Scope = EVERYTHING) -> Retrieval:
        """The passages that an answer would be made from."""
        return await self._parts.retriever.retrieve(question, detect_language(question), scope)

    async def query(self, question: str, *, history: Sequence[Turn] = (), scope: Scope = EVERYTHING) -> Answer:
        """Answer a question.

        Args:
            history: Earlier turns of the conversation, oldest first.
            scope: The collections that may be read.
        """
        async for event in self.stream(question, history=history, scope=scope):
            if isinstance(event, Answer):
                return event
        raise AssertionError("a stream ends with its answer")

    async def stream(
        self, question: str, *, history: Sequence[Turn] = (), scope: Scope = EVERYTHING
    ) -> AsyncIterator[Event]:
        """Answer a question bit by bit: `Status` and `Token` events, then the `Answer` that holds it all."""
        clock = self._parts.clock
        started = clock.monotonic()
        language = _language(question, history)
        yield Status("searching")
        earlier = leant_on(question, history, language)
        retrieval = await self._parts.retriever.retrieve(question, language, scope, earlier=earlier)
        text, completion = "", _NOTHING
        if retrieval.relevant:
            yield Status("answering")
            request = AnswerRequest(question, language, retrieval.passages, retrieval.term_weights, tuple(history))
            async for event in self._parts.provider.stream(request):
                if isinstance(event, TextDelta):
                    text += event.text
                    yield Token(event.text)
                else:
                    completion = event
        if not text:  # nothing relevant, or nothing in it that can be quoted
            text, completion = refusal(language, retrieval.nearest_titles), _NOTHING
            yield Token(text)
        answer = self._answer(question, language, text, completion, retrieval)
        answer = replace(answer, latency_s=clock.monotonic() - started)
        _log(answer, retrieval)
        yield answer

    def _answer(
        self, question: str, language: Language, text: str, completion: Completion, retrieval: Retrieval
    ) -> Answer:
        return Answer(
            question=question,
            text=text,
            language=language,
            citations=completion.citations,
            provider=self._parts.provider.name,
            model=completion.model,
            rung="extractive",
            rung_reason=completion.reason,
            latency_s=0.0,
            reference=secrets.token_hex(_REFERENCE_BYTES),
            refused=completion is _NOTHING,
            nearest_titles=retrieval.nearest_titles,
            degraded=retrieval.degraded,
        )

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
        return await self._parts.synchroniser.sync(
            sources, on_progress=on_progress, confirm=confirm, on_wait=on_wait, reembed=reembed
        )

    async def is_current(self, sources: Sequence[DocumentSource]) -> bool:
        """Whether ingesting these sources would change nothing."""
        return await self._parts.synchroniser.is_current(sources)

    async def remove_collection(self, collection: str) -> int:
        """Forget all documents of a collection; returns how many there were."""
        return await self._parts.synchroniser.remove_collection(collection)

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

    async def get_stats(self) -> IndexStats:
        """The index at a glance."""
        return await self._parts.index.stats()

    async def health_check(self) -> Health:
        """Whether the core can answer, part by part; never raises for a part that is down."""
        parts = self._parts
        problems = list(parts.problems)
        index: IndexStats | None = None
        used: int | None = None
        store_ok = False
        try:
            index = await parts.index.stats()
        except IndexUnavailable as error:
            problems.append(str(error))
        try:
            used = await parts.budget.spent_micro_usd()
            store_ok = True
        except StateUnavailable as error:
            problems.append(str(error))
        return Health(
            ready=index is not None,
            version=parts.version,
            index=index,
            store_kind=parts.database.kind,
            store_ok=store_ok,
            providers=(
                ProviderHealth(parts.provider.name, None, "ready"),
                *(ProviderHealth(name, None, "not_configured") for name in parts.unconfigured_providers),
            ),
            budget=Budget(parts.budget.limit_micro_usd, used, 0),
            problems=tuple(dict.fromkeys(problems)),
        )


def _language(question: str, history: Sequence[Turn]) -> Language:
    """Of the question; a word or two in no language in particular goes on in the conversation's."""
    asked = [turn.text for turn in history if turn.role == "user"]
    return detect_language(" ".join((*asked[-1:], question)))


def _log(answer: Answer, retrieval: Retrieval) -> None:
    log.info(
        "answered reference=%s rung=%s reason=%s language=%s relevance=%.3f citations=%d cost_micro_usd=%d"
        " latency_s=%.3f",
        answer.reference,
        answer.rung,
        answer.rung_reason,
        answer.language,
        retrieval.relevance,
        len(answer.citations),
        answer.cost_micro_usd,
        answer.latency_s,
    )
