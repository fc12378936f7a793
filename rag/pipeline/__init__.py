"""From a question to a cited answer: the core's public face."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path
from typing import Self

from rag.errors import IndexUnavailable, StateUnavailable
from rag.ingest.sync import agreed, untold
from rag.ingest.vectors import Confirm, OnProgress
from rag.language import detect_language
from rag.model import (
    DEFAULT_COLLECTION,
    EVERYTHING,
    NO_PIN,
    NOBODY,
    Allowance,
    Answer,
    Asker,
    Budget,
    CollectionSummary,
    DocumentSource,
    Event,
    Health,
    IndexedDocument,
    IndexStats,
    Pin,
    ProviderHealth,
    Retrieval,
    RouteModel,
    RoutePlan,
    Scope,
    Stats,
    SyncReport,
    TaskRoute,
    Turn,
)
from rag.pipeline.parts import Parts
from rag.pipeline.questions import Questions
from rag.ports import Database
from rag.providers.extractive import NAME as EXTRACTIVE
from rag.quota.accounts import Accounts
from rag.quota.policy import QuotaPolicy
from rag.retrieval.retriever import keywords
from rag.routing.catalogue import Notice

__all__ = ["Parts", "RagPipeline"]

log = logging.getLogger(__name__)


class RagPipeline:
    """Answers questions from the documents of one index.

    Made by `await RagPipeline.open("config")`; an async context manager that closes what was opened.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._questions = Questions(parts)

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

    @property
    def database(self) -> Database:
        """The state database, for whatever else has to be kept in it."""
        return self._parts.database

    async def allowance(self, asker: Asker) -> Allowance | None:
        """What may still be spent, by the budget of this asker that has least left; as it was a second ago at most.

        `None` where no budget is set, or nobody knows.
        """
        try:
            return await self._parts.books.allowance(asker)
        except StateUnavailable as error:
            log.warning("what is left is not known: %s", error)
            return None

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

    async def count_outside(self, question: str, *, scope: Scope) -> int:
        """How many passages outside the scope would have been found, of as many as a search by words looks at.

        It never says which, and costs nothing.

        Raises:
            IndexUnavailable: The index cannot be searched.
        """
        readable = scope.collections
        if readable is None:
            return 0
        words = " ".join(keywords(question, detect_language(question)))
        found = await self._parts.index.search_text(words, EVERYTHING, self._parts.candidates)
        return sum(passage.chunk.collection not in readable for passage in found)

    async def query(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        scope: Scope = EVERYTHING,
        pin: Pin = NO_PIN,
        asker: Asker = NOBODY,
        reference: str | None = None,
        again: bool = False,
    ) -> Answer:
        """Answer a question.

        Args:
            history: Earlier turns of the conversation, oldest first.
            scope: The collections that may be read.
            pin: The model or policy to use in place of the route's.
            asker: Whose budgets it is paid from; `admit` counts it against what may be asked.
            reference: Of the answer; `None` makes one up.
            again: The remembered answer will not do: another one is made, and takes its place.
        """
        stream = self.stream(
            question, history=history, scope=scope, pin=pin, asker=asker, reference=reference, again=again
        )
        async with aclosing(stream) as events:
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
        reference: str | None = None,
        again: bool = False,
    ) -> AsyncGenerator[Event, None]:
        """Answer a question bit by bit: `Status` and `Token` events, then the `Answer` that holds it all.

        The arguments are those of `query`. A `Restart` voids the tokens before it. Closing the generator ends the work
        upstream, unless somebody else waits for the same answer.
        """
        asked = self._questions.asked(question, history, scope, pin, asker, reference=reference)
        async with aclosing(self._questions.stream(asked, again=again)) as events:
            async for event in events:
                yield event

    async def plan(
        self, question: str, *, history: Sequence[Turn] = (), pin: Pin = NO_PIN, asker: Asker = NOBODY
    ) -> RoutePlan:
        """How a question would be routed at this moment; nothing is searched, asked or spent."""
        return await self._questions.plan(self._questions.asked(question, history, EVERYTHING, pin, asker))

    def routes(self) -> tuple[TaskRoute, ...]:
        """The models of every task, as configured and as they fare now."""
        return self._parts.router.routes()

    def models(self) -> tuple[RouteModel, ...]:
        """Every model of the catalogue, as it fares now."""
        return self._parts.router.models()

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

    async def documents(self, collection: str) -> list[IndexedDocument]:
        """The documents of a collection."""
        return await self._parts.index.documents(collection)

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
        for notice in self.model_notices():
            log.log(logging.ERROR if notice.level == "error" else logging.WARNING, "catalogue: %s", notice.text)

    def model_notices(self) -> tuple[Notice, ...]:
        """What is wrong or about to change with the models in use: who is gone, and what changes within 30 days."""
        return self._parts.catalogue.notices(self._parts.clock.now().date(), self._parts.models_in_use)

    def model_health(self) -> tuple[ProviderHealth, ...]:
        """How every model that can be asked fares in this process; asks nobody."""
        return self._parts.router.health()

    async def health_check(self) -> Health:
        """Whether the core can answer, part by part; never raises for a part that is down."""
        parts = self._parts
        problems = [notice.text for notice in self.model_notices()]
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
                *self.model_health(),
                *(ProviderHealth(name, None, "not_configured") for name in parts.unconfigured_providers),
                ProviderHealth(EXTRACTIVE, None, "ready"),
            ),
            budget=budget,
            cache=parts.answers.stats(),
            problems=tuple(dict.fromkeys(problems)),
        )
