"""A vector for every chunk that has none: chunks that are new, and those that were there before the embedder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

from rag.errors import BudgetExhausted, ProviderError
from rag.language import estimate_tokens
from rag.model import EmbeddingPlan, SyncProgress, SyncReport
from rag.ports import Embedder
from rag.retrieval.lance import LanceIndex

# Chunks in one commit; what a stopped run had paid for meanwhile is in the cache of embeddings.
_BATCH_CHUNKS = 1_000

OnProgress = Callable[[SyncProgress], None]
Confirm = Callable[[EmbeddingPlan], Awaitable[bool]]


async def embed_chunks(
    index: LanceIndex,
    embedder: Embedder,
    report: SyncReport,
    *,
    confirm: Confirm,
    on_progress: OnProgress,
    reembed: bool,
) -> SyncReport:
    """Embed what waits for it, and tell in the report what was done; the texts are searchable meanwhile.

    Args:
        confirm: Asked once before anything is paid for, and before any vector is dropped.
        reembed: Make all vectors anew, whoever made those that are there.

    Raises:
        IndexMismatch: Without `reembed`, the vectors that are there were made by another embedder.
    """
    replaces = reembed and await index.embedder() is not None
    if not replaces:
        await index.use_embedder(embedder.name, embedder.dimensions)
    chunks, characters = await index.count_without_vector(were_all_dropped=replaces)
    if not chunks:
        return report
    tokens = estimate_tokens(characters, texts=chunks)
    if not await confirm(EmbeddingPlan(embedder.name, chunks, tokens, embedder.price_micro_usd(tokens))):
        return replace(report, embedding_error="not agreed to")
    if replaces:
        await index.forget_vectors()
        await index.use_embedder(embedder.name, embedder.dimensions)
    embedded = 0
    try:
        async for count in _embed_batches(index, embedder):
            embedded += count
            on_progress(SyncProgress("chunks", embedded, chunks, embedder.name))
    except (ProviderError, BudgetExhausted) as error:
        return replace(report, embedded=embedded, embedding_error=str(error))
    return replace(report, embedded=embedded)


async def _embed_batches(index: LanceIndex, embedder: Embedder) -> AsyncIterator[int]:
    while waiting := await index.chunks_without_vector(_BATCH_CHUNKS):
        texts = ["\n".join((chunk.title, *chunk.heading_path, chunk.text)) for chunk in waiting]
        embedded = await embedder.embed(texts, purpose="document")
        vectors = zip(waiting, embedded.vectors, strict=True)
        await index.update([replace(chunk, vector=tuple(vector)) for chunk, vector in vectors])
        yield len(waiting)
