"""The composition root: the only place of `rag` that names concrete classes and puts them together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from rag.answering.condensing import Condenser
from rag.answering.grounded import GroundedProvider
from rag.answering.prompt import PromptWriter
from rag.cache.answers import AnswerCache
from rag.cache.documents import IndexWatch
from rag.cache.embeddings import CachedEmbedder
from rag.cache.passages import CachedRetriever, Retrieves
from rag.cache.remembered import RememberedProvider
from rag.cache.together import Together
from rag.clock import SystemClock
from rag.ingest.sync import Synchroniser, SyncSettings
from rag.language import Analyzer
from rag.model import Event
from rag.pipeline import Parts
from rag.ports import Clock, Database, Embedder, Provider
from rag.providers import EMBEDDERS, chat_model, connect, protocol
from rag.providers.extractive import ExtractiveProvider
from rag.providers.options import EmbedderOptions, ModelOptions, ProviderOptions, Timeouts
from rag.quota.accounts import Accounts
from rag.quota.books import Books
from rag.quota.policy import QuotaPolicy
from rag.retrieval.lance import LanceIndex
from rag.retrieval.retriever import Retriever, RetrieverSettings
from rag.routing.breaker import Breaker, BreakerSettings
from rag.routing.call import Till
from rag.routing.plan import Planner
from rag.routing.router import Router, RouterSettings
from rag.routing.upstream import Gate, Upstream
from rag.settings import EmbedderSettings, ProviderSettings, RagSettings, prompt_text, read_environment
from rag.state import open_database, open_in_time
from rag.state.syncs import SyncLog

# Vectors of questions in memory at most: 6 MB at 1,536 dimensions; the others are in the database.
_MAX_QUESTIONS = 1_000


async def assemble(config_folder: Path, environ: Mapping[str, str] | None, quotas: QuotaPolicy | None) -> Parts:
    """Everything a pipeline needs, opened; if one part fails, what was opened before it is closed again.

    Raises:
        ConfigurationError: Nothing was started.
        IndexUnavailable: The index cannot be opened.
    """
    settings = RagSettings.load(config_folder, read_environment() if environ is None else environ)
    prompts = PromptWriter(
        prompt_text(config_folder, "answer.md"), max_history_tokens=settings.routing.max_history_tokens
    )
    condenser = Condenser(prompt_text(config_folder, "condense.md")) if settings.routing.condense_follow_ups else None
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        # Without the books nothing may be paid for; what is free goes on.
        database = await open_in_time(settings.state_url, clock)
        stack.push_async_callback(database.aclose)
        books = Books(database, clock, quotas or settings.quotas)
        stack.push_async_callback(books.aclose)
        index = await LanceIndex.open(settings.lancedb_uri)
        stack.callback(index.close)
        embedder = _embedder(settings, database, books, clock)
        if embedder is not None:
            stack.push_async_callback(embedder.aclose)
        analyzer = Analyzer()
        watch = IndexWatch(index, clock)
        answers = _answers(settings, database, watch, analyzer, clock)
        upstreams = _upstreams(settings, analyzer, clock, stack)
        rungs = (RememberedProvider(answers), ExtractiveProvider(analyzer))
        return Parts(
            version=version("ragbot"),
            index=index,
            watch=watch,
            retriever=_retriever(settings, index, watch, analyzer, embedder),
            prompts=prompts,
            condenser=condenser,
            router=_router(settings, upstreams, rungs, Till(books, settings.catalogue, clock)),
            catalogue=settings.catalogue,
            models_in_use=settings.models_in_use,
            setup=repr(
                (settings.routes, settings.cheaper_models, settings.retrieval, settings.routing.max_output_tokens)
            ),
            answers=answers,
            together=await stack.enter_async_context(Together[Event]()),
            synchroniser=Synchroniser(index, database, embedder, clock, _sync_settings(settings)),
            database=database,
            books=books,
            accounts=_accounts(settings, books, database, clock),
            syncs=SyncLog(database, clock),
            clock=clock,
            max_output_tokens=settings.routing.max_output_tokens,
            candidates=settings.retrieval.candidates,
            max_passage_chars=settings.retrieval.passages * settings.retrieval.chunk_chars,
            unconfigured_providers=tuple(
                name for name, provider in settings.providers.items() if not provider.configured
            ),
            resources=stack.pop_all(),
        )
    raise AssertionError("an exit stack swallows nothing")


@asynccontextmanager
async def open_accounts(settings: RagSettings, quotas: QuotaPolicy | None = None) -> AsyncIterator[Accounts]:
    """The books alone, without an index or a provider.

    Raises:
        StateUnavailable: The database cannot be opened.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        database = await open_database(settings.state_url, clock)
        stack.push_async_callback(database.aclose)
        yield _accounts(settings, Books(database, clock, quotas or settings.quotas), database, clock)


def _accounts(settings: RagSettings, books: Books, database: Database, clock: Clock) -> Accounts:
    return Accounts(books, database, clock, keep_days=settings.monitoring.cost_tracking.keep_days)


def _router(settings: RagSettings, upstreams: Mapping[str, Upstream], rungs: Sequence[Provider], till: Till) -> Router:
    routing = settings.routing
    planner = Planner(
        settings.routes,
        settings.cheaper_models,
        settings.catalogue,
        upstreams,
        till.clock.now,
        least_output_tokens=routing.least_output_tokens,
    )
    return Router(
        planner,
        [upstreams[name] for name in settings.models_in_use if name in upstreams],
        rungs,
        till,
        RouterSettings(deadline_s=routing.deadline_s, longest_wait_s=routing.longest_wait_s),
    )


def _sync_settings(settings: RagSettings) -> SyncSettings:
    retrieval = settings.retrieval
    return SyncSettings(
        chunk_chars=retrieval.chunk_chars,
        chunk_overlap_chars=retrieval.chunk_overlap_chars,
        max_file_bytes=retrieval.max_file_bytes,
    )


def _answers(
    settings: RagSettings, database: Database, watch: IndexWatch, analyzer: Analyzer, clock: Clock
) -> AnswerCache:
    """The remembered answers; none where that is switched off."""
    caching = settings.optimization.caching
    return AnswerCache(
        database,
        clock,
        watch,
        analyzer,
        ttl_s=caching.ttl_by_type.by_task if caching.enabled and caching.providers.responses else {},
        max_entries=caching.max_cache_size,
        similar=caching.similar_questions,
        hit_target=float(caching.cache_hit_target),
    )


def _upstreams(
    settings: RagSettings, analyzer: Analyzer, clock: Clock, stack: AsyncExitStack
) -> Mapping[str, Upstream]:
    """Every model of the catalogue whose provider is configured, by name; `stack` closes their connections."""
    limits = settings.routing.breaker
    rests = BreakerSettings(failures=limits.failures, rest_s=limits.rest_s, longest_rest_s=limits.longest_rest_s)
    upstreams: dict[str, Upstream] = {}
    for name, provider in settings.providers.items():
        cards = [card for card in settings.catalogue.cards.values() if card.provider == name]
        if not (provider.configured and cards):
            continue
        options = _provider_options(name, provider)
        client = connect(options, clock)
        stack.push_async_callback(client.aclose)
        gate = _gate(name, provider, rests, clock)
        for card in cards:
            told = ModelOptions(model=card.model, effort=card.effort, api_version=provider.api_version)
            model = GroundedProvider(chat_model(client, options, told), analyzer)
            breaker = Breaker(rests, clock.monotonic)
            upstreams[card.name] = Upstream(card, model, gate, breaker, streaming=provider.stream, now=clock.now)
    return upstreams


def _gate(name: str, provider: ProviderSettings, rests: BreakerSettings, clock: Clock) -> Gate:
    return Gate(name, Breaker(rests, clock.monotonic), protocol(provider.kind).token_margin)


def _provider_options(name: str, provider: ProviderSettings) -> ProviderOptions:
    timeouts = provider.timeouts_s
    return ProviderOptions(
        provider=name,
        kind=provider.kind,
        base_url=provider.base_url,
        api_keys=provider.keys,
        headers=_headers(provider),
        timeouts=Timeouts(
            connect_s=timeouts.connect,
            first_token_s=timeouts.first_token,
            between_tokens_s=timeouts.between_tokens,
            total_s=timeouts.total,
        ),
        streaming=provider.stream,
    )


def _headers(provider: ProviderSettings) -> Mapping[str, str]:
    return {name: value.get_secret_value() for name, value in provider.headers.items()}


def _retriever(
    settings: RagSettings, index: LanceIndex, watch: IndexWatch, analyzer: Analyzer, embedder: Embedder | None
) -> Retrieves:
    retrieval, caching = settings.retrieval, settings.optimization.caching
    retriever = Retriever(
        index,
        analyzer,
        embedder=embedder,
        settings=RetrieverSettings(passages=retrieval.passages, candidates=retrieval.candidates),
    )
    if not (caching.enabled and caching.providers.chunks):
        return retriever
    return CachedRetriever(retriever, watch, max_entries=caching.max_cache_size)


def _embedder(settings: RagSettings, database: Database, books: Books, clock: Clock) -> Embedder | None:
    """The configured embedder, `None` where there is none or its provider has no key."""
    configured = settings.embedder
    if configured is None or not configured.provider.configured:
        return None
    caching = settings.optimization.caching
    return CachedEmbedder(
        EMBEDDERS[configured.provider.kind](_options(configured), clock),
        database,
        books,
        clock,
        keep=caching.enabled and caching.providers.embeddings,
        max_questions=min(caching.max_cache_size, _MAX_QUESTIONS),
    )


def _options(configured: EmbedderSettings) -> EmbedderOptions:
    provider = configured.provider
    known_limit = {} if configured.max_input_tokens is None else {"max_input_tokens": configured.max_input_tokens}
    return EmbedderOptions(
        provider=configured.provider_name,
        model=configured.model,
        dimensions=configured.dimensions,
        base_url=provider.base_url,
        price_per_mtok_usd=configured.price_per_mtok_usd,
        api_keys=provider.keys,
        headers=_headers(provider),
        timeout_s=provider.timeouts_s.first_token,
        deadline_s=provider.timeouts_s.total,
        batch_size=configured.batch_size,
        native_dimensions=configured.native_dimensions,
        **known_limit,
    )
