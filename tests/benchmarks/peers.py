"""Whom ragbot is compared with: LanceDB by itself, and LlamaIndex on top of it where the `bench` extra is installed."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rag.model import Embedded

if TYPE_CHECKING:
    import pyarrow as pa
    from lancedb import AsyncTable

DIMENSIONS = 256
EMBED_BATCH = 256
LIMIT = 10
LLAMA_INDEX_INGESTS = (
    "LlamaIndex: SimpleDirectoryReader, MarkdownNodeParser, SentenceSplitter of as many characters, the same dummy"
    " embedder, LanceDBVectorStore, 1 full-text index, none for vectors"
)
LLAMA_INDEX_RETRIEVES = "LlamaIndex: its retriever over LanceDBVectorStore, full text, 10 nodes, an index of its own"
NO_LLAMA_INDEX = "LlamaIndex is not installed and was left out: `pip install -e '.[bench]'` brings it"


def dummy_vector(text: str) -> list[float]:
    """A vector that costs next to nothing, the same for the same text."""
    return [byte / 255 - 0.5 for byte in hashlib.shake_128(text.encode()).digest(DIMENSIONS)]


class DummyEmbedder:
    """Dummy vectors behind ragbot's port."""

    name = "dummy/shake"
    dimensions = DIMENSIONS

    def price_micro_usd(self, tokens: int) -> int:
        """Nothing, however many tokens."""
        return 0 * tokens

    async def embed(self, texts: Sequence[str], *, purpose: Literal["document", "query"]) -> Embedded:
        """One vector a text."""
        del purpose
        return Embedded(tuple(tuple(dummy_vector(text)) for text in texts), tokens=0, cost_micro_usd=0)

    async def aclose(self) -> None:
        """Nothing is open."""


# LanceDB by itself


async def bare_add(rows: pa.Table, folder: Path, *, indexed: bool) -> None:
    """Write rows into a new table, and give it a full-text index."""
    import lancedb
    from lancedb.index import FTS

    with await lancedb.connect_async(folder) as connection:
        table = await connection.create_table("bare", schema=rows.schema)
        await table.add(rows)
        if indexed:
            await table.create_index("text", config=FTS())


async def bare_search(table: AsyncTable, question: str) -> list[dict[str, object]]:
    """The smallest full-text query there is: one column, ten rows."""
    from lancedb.query import MatchQuery

    query = table.query().nearest_to_text(MatchQuery(question, "text"))
    rows: list[dict[str, object]] = await query.select(["id", "text", "_score"]).limit(LIMIT).to_list()
    return rows


# LlamaIndex


@dataclass(frozen=True, slots=True)
class LlamaIndex:
    """An index that LlamaIndex has made."""

    chunks: int
    retrieve: Callable[[str], Awaitable[object]]


def has_llama_index() -> bool:
    """Whether the `bench` extra is installed."""
    try:
        return importlib.util.find_spec("llama_index.vector_stores.lancedb") is not None
    except ModuleNotFoundError:  # told of a parent
        return False


def llama_index(documents: Path, folder: Path) -> LlamaIndex:
    """Files → reader → Markdown sections, split to ragbot's sizes → vectors → LanceDB with a full-text index."""
    from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import MarkdownNodeParser, SentenceSplitter
    from llama_index.vector_stores.lancedb import LanceDBVectorStore

    logging.getLogger("llama_index").setLevel(logging.ERROR)  # it warns of every new table and absent reader
    store = LanceDBVectorStore(uri=str(folder), query_type="fts")
    index = VectorStoreIndex.from_documents(
        SimpleDirectoryReader(str(documents)).load_data(),
        storage_context=StorageContext.from_defaults(vector_store=store),
        # As `SentenceSplitter` counts tokens, `list` makes it count characters.
        transformations=[
            MarkdownNodeParser(),
            SentenceSplitter(chunk_size=1600, chunk_overlap=400, tokenizer=list),
        ],
        embed_model=_llama_embedder(),
    )
    # It would make the full-text index at the first query.
    store.table.create_fts_index("text", replace=True)
    store._fts_index_ready = True
    return LlamaIndex(len(store.table), index.as_retriever(similarity_top_k=LIMIT).aretrieve)


def _llama_embedder() -> object:
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class Dummy(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return dummy_vector(text)

        def _get_query_embedding(self, query: str) -> list[float]:
            return dummy_vector(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return dummy_vector(query)

    return Dummy(embed_batch_size=EMBED_BATCH)
