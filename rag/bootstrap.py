"""The composition root: the only place of `rag` that names concrete classes and puts them together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path

from rag.cache.embeddings import CachedEmbedder
from rag.clock import SystemClock
from rag.errors import StateUnavailable
from rag.ingest.sync import Synchroniser, SyncSettings
from rag.language import Analyzer
from rag.pipeline import Parts
from rag.ports import Clock, Database, Embedder
from rag.providers import EMBEDDERS
from rag.providers.extractive import ExtractiveProvider
from rag.providers.options import EmbedderOptions
from rag.retrieval.lance import LanceIndex
from rag.retrieval.retriever import Retriever, RetrieverSettings
from rag.settings import EmbedderSettings, RagSettings, read_environment
from rag.state import open_database
from rag.state.budget import DailyBudget
from rag.state.ledger import Ledger
from rag.state.syncs import SyncLog
from rag.state.unavailable import UnavailableDatabase

# Vectors of questions in memory at most: 6 MB at 1,536 dimensions; the others are in the database.
_MAX_QUESTIONS = 1_000


async def assemble(config_folder: Path, environ: Mapping[str, str] | None) -> Parts:
    """Everything a pipeline needs, opened; if one part fails, what was opened before it is closed again.

    Raises:
        ConfigurationError: Nothing was started.
        IndexUnavailable: The index cannot be opened.
    """
    settings = RagSettings.load(config_folder, read_environment() if environ is None else environ)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        problems: tuple[str, ...] = ()
        database: Database
        try:
            database = await open_database(settings.state_url, clock)
        except StateUnavailable as error:
            # Without the books nothing may be paid for; what is free goes on.
            database, problems = UnavailableDatabase(str(error)), (str(error),)
        stack.push_async_callback(database.aclose)
        ledger = Ledger(database, clock)
        limits = settings.routing.cost_limits
        budget = DailyBudget(ledger, clock, limit_micro_usd=limits.daily_budget_micro_usd, brake=limits.emergency_brake)
        index = await LanceIndex.open(settings.lancedb_uri)
        stack.callback(index.close)
        embedder = _embedder(settings, database, ledger, budget, clock)
        if embedder is not None:
            stack.push_async_callback(embedder.aclose)
        analyzer = Analyzer()
        retrieval = settings.retrieval
        return Parts(
            version=version("ragbot"),
            index=index,
            retriever=Retriever(
                index,
                analyzer,
                embedder=embedder,
                settings=RetrieverSettings(passages=retrieval.passages, candidates=retrieval.candidates),
            ),
            provider=ExtractiveProvider(analyzer, reason="no_model_configured"),
            synchroniser=Synchroniser(
                index,
                database,
                embedder,
                clock,
                SyncSettings(
                    chunk_chars=retrieval.chunk_chars,
                    chunk_overlap_chars=retrieval.chunk_overlap_chars,
                    max_file_bytes=retrieval.max_file_bytes,
                ),
            ),
            database=database,
            budget=budget,
            syncs=SyncLog(database, clock),
            clock=clock,
            unconfigured_providers=tuple(
                name for name, provider in settings.providers.items() if not provider.configured
            ),
            resources=stack.pop_all(),
            problems=problems,
        )
    raise AssertionError("an exit stack swallows nothing")


def _embedder(
    settings: RagSettings, database: Database, ledger: Ledger, budget: DailyBudget, clock: Clock
) -> Embedder | None:
    """The configured embedder, `None` where there is none or its provider has no key."""
    configured = settings.embedder
    if configured is None or not configured.provider.configured:
        return None
    caching = settings.optimization.caching
    return CachedEmbedder(
        EMBEDDERS[configured.provider.kind](_options(configured), clock),
        database,
        ledger,
        clock,
        budget=budget,
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
        api_key=provider.api_key.get_secret_value() if provider.api_key else "",
        headers={name: value.get_secret_value() for name, value in provider.headers.items()},
        timeout_s=provider.timeouts_s.first_token,
        deadline_s=provider.timeouts_s.total,
        batch_size=configured.batch_size,
        native_dimensions=configured.native_dimensions,
        **known_limit,
    )
