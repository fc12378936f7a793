"""Answers, and the events in which they come."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rag.model.documents import Chunk
from rag.model.questions import Degraded, Language, Passage, Task
from rag.model.routes import Attempt, Candidate, TokenUsage

Rung = Literal["fresh", "fallback", "cached", "extractive", "apology"]
RungReason = Literal[
    "model_answered",  # fresh: the model that the route prefers
    "saving",  # fresh: a cheaper one, because the budget's warning line is near
    "asked_together",  # fresh: somebody else's identical question was being answered
    "model_failed",  # fallback: a model before this one failed
    "model_unavailable",  # fallback: the models before this one rest, or have no room
    "asked_before",  # cached: the same question
    "similar_question",  # cached: a question that means the same
    "models_failed",  # cached, extractive or apology: every model failed or rests
    "budget_exhausted",  # the same: no more may be spent
    "budget_held",  # the same: all that is left is held for other answers under way
    "limit_reached",  # the same: a limit of tokens of who asks, or where
    "ledger_down",  # the same: what may be spent is not known
    "too_expensive",  # the same: no model fits the limit of one question
    "content_refused",  # the same: the model will not say it
    "no_model_configured",
    "nothing_relevant",
]
Stage = Literal["condensing", "searching", "answering"]


@dataclass(frozen=True, slots=True)
class Citation:
    """`[n]` in an answer.

    Attributes:
        source: The document's path or URL, without anchor.
        link: The same with `#anchor`.
        quote: The quoted text, exactly as it stands in the passage.
    """

    n: int
    title: str
    heading: str
    source: str
    link: str
    quote: str

    @classmethod
    def of(cls, n: int, chunk: Chunk, *, quote: str) -> Citation:
        """The citation of a chunk, as people are shown it."""
        return cls(
            n=n,
            title=chunk.title,
            heading=" › ".join(chunk.heading_path),
            source=chunk.source,
            link=chunk.link,
            quote=quote,
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that an answer was made from, or in which none was found.

    Attributes:
        n: Its number as a model was given it, from 1; the `[n]` of the answer count only what is cited.
        heading: As in `Citation`.
        score, text_score, vector_distance: As in `Passage`.
        cited: Whether the answer cites it.
    """

    n: int
    title: str
    heading: str
    link: str
    source: str
    collection: str
    score: float
    text_score: float | None
    vector_distance: float | None
    cited: bool

    @classmethod
    def of(cls, passages: Sequence[Passage], cited: Collection[int] = ()) -> tuple[Evidence, ...]:
        """The evidence of some passages, in their order; `cited` are the numbers of those that the answer cites."""
        return tuple(
            cls(
                n=n,
                title=passage.chunk.title,
                heading=" › ".join(passage.chunk.heading_path),
                link=passage.chunk.link,
                source=passage.chunk.source,
                collection=passage.chunk.collection,
                score=passage.score,
                text_score=passage.text_score,
                vector_distance=passage.vector_distance,
                cited=n in cited,
            )
            for n, passage in enumerate(passages, start=1)
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and how it was obtained.

    Attributes:
        text: Markdown with `[n]` citations, in the question's language.
        task: `None` while the question was not sorted.
        provider: Who wrote it; `extractive` where no model did.
        rung: How far down the ladder the answer had to go; `rung_reason` says why.
        refused: Nothing relevant was found; `text` says so and `citations` is empty.
        nearest_titles: What the documents do talk about, for a refusal.
        degraded: As in `Retrieval`.
        about_now: The question asks for how things stand now; an old answer would not do.
        truncated: The model ran into its output limit in the middle of a sentence.
        age_s: Of a cached answer: how long ago it was written.
        similar_to: Of a cached answer to another question: that question.
        tokens: Of all attempts.
        attempts: Every call to a model that was made for it, in order.
        cost_micro_usd: Exact, in millionths of a US dollar, all attempts included.
        reference: Finds the answer's log line.
        evidence: The passages that it was made from, best first; of a refusal those that were found wanting.
        route: The models of the task's route, in order, and what became of each; empty where none was thought of:
            nothing relevant was found, or it was remembered.
        standalone: The question as a model understood it from the conversation; `None` where it stood for itself, or
            only rules were there to understand it.
    """

    question: str
    text: str
    language: Language
    citations: tuple[Citation, ...]
    provider: str
    model: str | None
    rung: Rung
    rung_reason: RungReason
    latency_s: float
    reference: str
    task: Task | None = None
    cached: bool = False
    refused: bool = False
    nearest_titles: tuple[str, ...] = ()
    degraded: Degraded | None = None
    about_now: bool = False
    truncated: bool = False
    age_s: float | None = None
    similar_to: str | None = None
    tokens: TokenUsage = field(default_factory=TokenUsage)
    attempts: tuple[Attempt, ...] = ()
    cost_micro_usd: int = 0
    evidence: tuple[Evidence, ...] = ()
    route: tuple[Candidate, ...] = ()
    standalone: str | None = None

    @property
    def unbacked(self) -> bool:
        """Whether it is a model's own words alone: no passage stands behind any sentence."""
        return self.model is not None and not (self.citations or self.refused)


@dataclass(frozen=True, slots=True)
class Status:
    """An event of `RagPipeline.stream`: what is being done now."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class Token:
    """An event of `RagPipeline.stream`: the next piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Restart:
    """An event of `RagPipeline.stream`: a model broke off, and the answer begins again; all tokens so far are void."""

    provider: str
    model: str


Event = Status | Token | Restart | Answer
"""What `RagPipeline.stream` yields; the last one is always the `Answer`, whose text is all tokens since the last
`Restart` joined."""
