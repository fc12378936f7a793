"""The values that travel through the core: all frozen, none knows where it came from or goes to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

Language = Literal["en", "pt"]
Task = Literal["factual", "code_generation", "document_analysis", "quick", "real_time"]
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
Policy = Literal["preferred", "cheapest", "fastest"]
Outcome = Literal[
    "answered",
    "unavailable",
    "overloaded",
    "refused",
    "prompt_too_long",
    "content_refused",
    "model_gone",
    "provider_disabled",
    "cancelled",
]
CandidateReason = Literal[
    "first",
    "fallback",
    "not_pinned",
    "not_configured",
    "gone",
    "no_price",
    "resting",
    "off",
    "rate_limited",
    "too_small",
    "too_expensive",
    "budget_exhausted",
    "budget_held",
    "limit_reached",
    "ledger_down",
]
Stage = Literal["searching", "answering"]
ProviderState = Literal["ready", "resting", "probing", "off", "not_configured"]
Degraded = Literal["embedder_down", "not_embedded", "budget_exhausted"]
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
class Asker:
    """Who asks, and where: whose limits a question touches, and to whom it is booked; empty is unknown.

    Attributes:
        roles: Of the user, as the platform calls them; they may have limits of their own.
    """

    user: str = ""
    channel: str = ""
    workspace: str = ""
    roles: frozenset[str] = frozenset()


NOBODY = Asker()


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
class Turn:
    """One earlier message of a conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one call, or of all calls for one answer; `None` is unknown, never zero.

    Attributes:
        input: All input tokens, those read from and written to the provider's cache included.
        cached_input: The part of `input` that was read from the provider's cache.
        cache_write: The part of `input` that was written to it, to be kept for the default time.
        cache_write_long: The part of `input` that was written to it, to be kept longer, at a higher price.
        output: Thinking included.
        thinking: The part of `output` that nobody sees.
        estimated: The provider named no figures, or not all; these are ours, rather too high than too low.
    """

    input: int | None = None
    output: int | None = None
    cached_input: int | None = None
    cache_write: int | None = None
    cache_write_long: int | None = None
    thinking: int | None = None
    estimated: bool = False

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            input=_sum(self.input, other.input),
            output=_sum(self.output, other.output),
            cached_input=_sum(self.cached_input, other.cached_input),
            cache_write=_sum(self.cache_write, other.cache_write),
            cache_write_long=_sum(self.cache_write_long, other.cache_write_long),
            thinking=_sum(self.thinking, other.thinking),
            estimated=self.estimated or other.estimated,
        )


def _sum(one: int | None, other: int | None) -> int | None:
    return (one or 0) + (other or 0) if one is not None or other is not None else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to a model on the way to an answer, whatever became of it."""

    provider: str
    model: str
    outcome: Outcome
    seconds: float
    tokens: TokenUsage
    cost_micro_usd: int


@dataclass(frozen=True, slots=True)
class Pin:
    """What a place asks of the routes of all its questions.

    Attributes:
        model: `provider/model`, the only one to be asked; `None` leaves the route's.
        policy: `None` leaves the route's.
    """

    model: str | None = None
    policy: Policy | None = None


NO_PIN = Pin()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that a route names, and what was decided about it.

    Attributes:
        taken: Whether it would be asked, as the first or after those before it failed.
        estimate_micro_usd: Upper bound of what it would cost; `None` where it cannot be said.
    """

    provider: str
    model: str
    taken: bool
    reason: CandidateReason
    estimate_micro_usd: int | None = None


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """How a question would be routed at this moment.

    Attributes:
        fresh: The question asks for how things stand now.
        saving: Cheaper models come first, because the budget's warning line is near.
        candidates: In the order in which they would be asked; those passed over stand among them.
    """

    task: Task
    language: Language
    fresh: bool
    policy: Policy
    saving: bool
    candidates: tuple[Candidate, ...]


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


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What became of the questions that were looked up since the start.

    Attributes:
        exact: Answered from memory: the same question.
        similar: Answered from memory: a question that means the same.
        misses: Not answered from memory.
        stale: Of the misses, those that got an old answer in the end, because no model had one.
        hit_target: The share of questions that shall be answered from memory.
    """

    exact: int = 0
    similar: int = 0
    misses: int = 0
    stale: int = 0
    hit_target: float = 0.0

    @property
    def hit_rate(self) -> float | None:
        """The share of questions that were answered from memory; unknown before the first one."""
        hits = self.exact + self.similar
        return hits / (hits + self.misses) if hits + self.misses else None


@dataclass(frozen=True, slots=True)
class Stats:
    """What the core holds and how it fares."""

    index: IndexStats
    cache: CacheStats


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """A provider as `status` shows it; `None` is unknown: nothing was asked of it yet."""

    provider: str
    model: str | None
    state: ProviderState
    error_rate: float | None = None
    first_token_p50_s: float | None = None
    latency_p50_s: float | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """The daily budget and what is gone of it, in micro-USD.

    Attributes:
        limit_micro_usd: `None` where none is set, or nobody knows.
        held_micro_usd: By answers under way.
        unconfirmed_micro_usd: Of what is used: the process that made the calls died before it could tell.
    """

    limit_micro_usd: int | None
    used_micro_usd: int | None
    held_micro_usd: int | None
    unconfirmed_micro_usd: int | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the core can answer, part by part.

    Attributes:
        index: `None` where it cannot be read.
        problems: What is wrong, one sentence each; empty when all is well.
    """

    ready: bool
    version: str
    index: IndexStats | None
    store_kind: str
    store_ok: bool
    providers: tuple[ProviderHealth, ...]
    budget: Budget
    cache: CacheStats = field(default_factory=CacheStats)
    problems: tuple[str, ...] = ()


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
