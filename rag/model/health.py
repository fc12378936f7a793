"""How the core fares, and what is left to spend."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rag.model.documents import IndexStats

ProviderState = Literal["ready", "resting", "probing", "off", "not_configured"]


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
    last_error_at: datetime | None = None


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
class Allowance:
    """What is left of the budget that will be used up first.

    Attributes:
        kind: Whose it is: `user`, `channel`, `workspace` or `everything`.
        window: In which it holds, such as `day`.
        left_micro_usd: What may still be held; from the brake on, nothing.
    """

    kind: str
    window: str
    left_micro_usd: int
    limit_micro_usd: int


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
