"""Questions: who asks what, and what was found for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rag.model.documents import Chunk

Language = Literal["en", "pt"]
Task = Literal["factual", "code_generation", "document_analysis", "quick", "real_time"]
Degraded = Literal["embedder_down", "not_embedded", "budget_exhausted"]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and where: whose limits a question touches, and to whom it is booked; empty is unknown.

    Attributes:
        roles: Of the user, as the platform calls them; they may have limits of their own.
        within: What the channel belongs to, the nearest first: what holds for its category holds for the channel, too.
    """

    user: str = ""
    channel: str = ""
    workspace: str = ""
    roles: frozenset[str] = frozenset()
    within: tuple[str, ...] = ()


NOBODY = Asker()


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk retrieved for a question.

    Attributes:
        score: Higher is better; comparable within one retrieval only.
        text_score: BM25 score of the full-text leg, `None` where only the vector leg found it.
        vector_distance: Cosine distance of the vector leg, `None` where only the full-text leg found it.
    """

    chunk: Chunk
    score: float
    text_score: float | None = None
    vector_distance: float | None = None


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What was found for a question, best first.

    Attributes:
        relevance: Between 0 and 1: how likely the passages answer the question (calibrated, see docs/retrieval.md).
        relevant: Whether that is enough to answer from them.
        nearest_titles: Titles of the nearest documents, for a refusal.
        term_weights: What each term of the question is worth: the most that a chunk can score by it alone.
        degraded: Why the search by meaning, though configured, was left out: the embedder is down, the index holds no
            vectors of its, or there is no money for it; `None` when all was searched.
    """

    passages: tuple[Passage, ...]
    relevance: float
    relevant: bool
    nearest_titles: tuple[str, ...] = ()
    term_weights: Mapping[str, float] = field(default_factory=dict)
    degraded: Degraded | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of a conversation."""

    role: Literal["user", "assistant"]
    text: str
