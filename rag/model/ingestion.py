"""What goes into an ingestion, how far it is, and what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag.model.documents import DEFAULT_COLLECTION


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not taken in, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """Where documents come from.

    Attributes:
        path: A file or a folder.
        url: Where people read them: a URL to which the path below the folder is appended, or one that says
            `{path}` or `{stem}` (the path without its suffix) where it belongs. `None` links to the file.
    """

    path: Path
    collection: str = DEFAULT_COLLECTION
    url: str | None = None


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far an ingestion is.

    Attributes:
        unit: What is counted: first the files that are looked at, then the chunks that get a vector.
        what: The file, or the embedder.
    """

    unit: Literal["files", "chunks"]
    done: int
    total: int
    what: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What an ingestion did, in documents.

    Attributes:
        chunks: Written for the added and the changed ones.
        embedded: Chunks that got a vector.
        embedding_error: Why some chunks have no vector yet though an embedder is configured; the next run goes on.
    """

    collection: str
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    chunks: int = 0
    embedded: int = 0
    skipped: tuple[Skipped, ...] = ()
    embedding_error: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class EmbeddingPlan:
    """What embedding the chunks that have no vector will take.

    Attributes:
        cost_micro_usd: Upper bound, rounded up.
        tokens: Estimated from the characters.
    """

    embedder: str
    chunks: int
    tokens: int
    cost_micro_usd: int


@dataclass(frozen=True, slots=True)
class Embedded:
    """The outcome of an embedding call: one vector a text, in order.

    Attributes:
        estimated: The provider named no number of tokens, so `tokens` and `cost_micro_usd` are ours.
    """

    vectors: Sequence[Sequence[float]]
    tokens: int
    cost_micro_usd: int
    estimated: bool = False
