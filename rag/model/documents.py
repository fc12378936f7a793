"""Documents: what is ingested, how it is cut and indexed, and who may read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

BlockKind = Literal["heading", "paragraph", "list", "code", "table"]
DEFAULT_COLLECTION = "default"
COLLECTION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a collection may be called (match it whole): safe in a URL, a filter, a file name and a chat message."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which collections a question may read.

    Attributes:
        collections: Their names; `None` reads every collection, the empty set reads nothing.
    """

    collections: frozenset[str] | None = None

    @classmethod
    def everything(cls) -> Scope:
        """The scope of an operator at the terminal."""
        return cls(None)

    @classmethod
    def of(cls, *collections: str) -> Scope:
        """The scope that reads the named collections and no other."""
        return cls(frozenset(collections))


EVERYTHING = Scope.everything()


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a document that should not be cut in the middle: a heading, a paragraph, a list, code, a table.

    Attributes:
        text: As it stands in the source, so that a quotation can be found there; for formats with markup
            that is not text (HTML), as a reader sees it. A heading's text is the heading alone.
        level: 1 to 6 for a heading, 0 otherwise.
        anchor: What follows `#` in a link to this heading; empty where there is none.
    """

    kind: BlockKind
    text: str
    level: int = 0
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a loader makes of a file.

    Attributes:
        title: The document's own title, `None` where it has none (its file name serves then).
        url: Where people read the document, if it says so itself.
    """

    title: str | None
    blocks: tuple[Block, ...]
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ChunkText:
    """A part of a document as the chunker cuts it.

    Attributes:
        heading_path: The headings above it, outermost first, without the document's title.
        anchor: Of the innermost heading that has one; empty where there is none.
        text: Verbatim blocks, separated by one blank line.
    """

    heading_path: tuple[str, ...]
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a document that is indexed.

    Attributes:
        id: Stable over runs: the document's id and its position in the document.
        source: The file's path, relative to the working folder where it lies below it.
        link: Where a reader can open it: URL or path, with `#anchor`.
        content_hash: Of the whole document; equal hashes mean that nothing has to be done.
        vector: Of the embedder recorded in the index; `None` without one.
    """

    id: str
    document_id: str
    collection: str
    source: str
    link: str
    title: str
    heading_path: tuple[str, ...]
    anchor: str
    text: str
    position: int
    content_hash: str
    ingested_at: datetime
    vector: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document as the index knows it."""

    id: str
    collection: str
    source: str
    content_hash: str
    chunks: int


@dataclass(frozen=True, slots=True)
class CollectionSummary:
    """A line of `ragbot sources`; `synced_at` is `None` for a collection never synchronised from here."""

    collection: str
    documents: int
    chunks: int
    synced_at: datetime | None


@dataclass(frozen=True, slots=True)
class IndexStats:
    """The index at a glance; `unindexed` rows are searched without an index, slowly, until `optimize`."""

    documents: int
    chunks: int
    unindexed: int
    embedder: str | None
