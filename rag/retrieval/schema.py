"""The table `chunks`: its columns, and the way between a row and a `Chunk`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag.model import Chunk

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = "chunks"
VECTOR = "vector"
EMBEDDER_KEY = "ragbot.embedder"

# Two columns of the same words, stemmed as English and as Portuguese, serve questions in both at once: best or
# near best on every collection measured (docs/retrieval.md). LanceDB has one full-text index a column.
FULL_TEXT: Mapping[str, str] = {
    "text": "English",
    "text_pt": "Portuguese",
    "context": "English",
    "context_pt": "Portuguese",
}
BTREE = ("id", "document_id")
BITMAP = ("collection", "source")
INDEXED = (*FULL_TEXT, *BTREE, *BITMAP)

# Declares a column the table's key, as `set_unenforced_primary_key` would, but in the commit that makes the table.
# Without a key, writers that insert the same new rows at once leave silent duplicates (lancedb issue 3377).
_KEY: Mapping[str, str] = {"lance-schema:unenforced-primary-key:position": "1"}

# What a search returns; the copies for the second language and the vector stay in the index.
READ = (
    "id", "document_id", "collection", "source", "link", "title", "heading_path",
    "anchor", "text", "position", "content_hash", "ingested_at",
)  # fmt: skip


def schema() -> pa.Schema:
    """The columns without a vector; `vector_field` adds it when there is an embedder."""
    import pyarrow as pa  # lancedb has loaded it by now

    text = pa.string()
    return pa.schema(
        [
            pa.field("id", text, nullable=False, metadata=_KEY),
            pa.field("document_id", text, nullable=False),
            pa.field("collection", text, nullable=False),
            pa.field("source", text, nullable=False),
            pa.field("link", text),
            pa.field("title", text),
            pa.field("heading_path", pa.list_(text)),
            pa.field("anchor", text),
            pa.field("text", text),
            pa.field("text_pt", text),
            pa.field("context", text),
            pa.field("context_pt", text),
            pa.field("position", pa.int32()),
            pa.field("content_hash", text),
            pa.field("ingested_at", pa.timestamp("us", tz="UTC")),
        ]
    )


def identity(embedder: str, dimensions: int) -> str:
    """What must be equal for two vectors to be compared."""
    return f"{embedder}, {dimensions} dimensions"


def vector_field(embedder: str, dimensions: int) -> pa.Field:
    """The vector column; its metadata records who made the vectors."""
    import pyarrow as pa

    return pa.field(VECTOR, pa.list_(pa.float32(), dimensions), metadata={EMBEDDER_KEY: identity(embedder, dimensions)})


def recorded_embedder(table_schema: pa.Schema) -> str | None:
    """Who made the vectors of a table, `None` where it has none."""
    if VECTOR not in table_schema.names:
        return None
    metadata = table_schema.field(VECTOR).metadata or {}
    return str(metadata.get(EMBEDDER_KEY.encode(), b"unknown").decode())


def to_arrow(chunks: Sequence[Chunk], table_schema: pa.Schema) -> pa.Table:
    """The rows of some chunks, in the columns that the table has."""
    import pyarrow as pa

    return pa.Table.from_pylist([_to_row(chunk) for chunk in chunks], schema=table_schema)


def _to_row(chunk: Chunk) -> dict[str, object]:
    context = "\n".join((chunk.title, *chunk.heading_path))
    return {
        "id": chunk.id,
        "document_id": chunk.document_id,
        "collection": chunk.collection,
        "source": chunk.source,
        "link": chunk.link,
        "title": chunk.title,
        "heading_path": list(chunk.heading_path),
        "anchor": chunk.anchor,
        "text": chunk.text,
        "text_pt": chunk.text,
        "context": context,
        "context_pt": context,
        "position": chunk.position,
        "content_hash": chunk.content_hash,
        "ingested_at": chunk.ingested_at,
        VECTOR: chunk.vector,
    }


def to_chunk(row: Mapping[str, Any]) -> Chunk:
    """A row as a search returns it."""
    return Chunk(
        id=row["id"],
        document_id=row["document_id"],
        collection=row["collection"],
        source=row["source"],
        link=row["link"],
        title=row["title"],
        heading_path=tuple(row["heading_path"]),
        anchor=row["anchor"],
        text=row["text"],
        position=row["position"],
        content_hash=row["content_hash"],
        ingested_at=row["ingested_at"],
    )
