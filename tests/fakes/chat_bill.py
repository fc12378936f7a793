"""What a fake provider counts: tokens by a simple rule, what its prompt cache keeps, and the bill in exact money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

CHARS_PER_TOKEN = 4
BLOCK_TOKENS = 128
BETWEEN_PARTS = "\n\n"

Keep = Literal["no", "short", "long"]


def tokens_of(text: str) -> int:
    return -(-len(text) // CHARS_PER_TOKEN)


@dataclass(frozen=True)
class Part:
    """One block of a prompt; `keep` marks the end of what the request wants to have cached, and for how long."""

    text: str
    keep: Keep = "no"


@dataclass(frozen=True)
class Cached:
    """Tokens of a prompt that were read from the cache and written to it, by how long they are kept."""

    read: int = 0
    written: int = 0
    written_long: int = 0


@dataclass(frozen=True)
class Usage:
    """Tokens of one call: `cached`, `written` and `written_long` are parts of `input`, `thinking` of `output`."""

    input: int
    output: int = 0
    cached: int = 0
    written: int = 0
    written_long: int = 0
    thinking: int = 0

    @property
    def uncached(self) -> int:
        return self.input - self.cached - self.written - self.written_long


@dataclass(frozen=True)
class Prices:
    """US dollars per million tokens, which are micro-US-dollars per token; a kind without a price costs as `input`.

    From more than `long_over` input tokens on, the whole request costs what `long` says.
    """

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    written: Decimal | None = None
    written_long: Decimal | None = None
    long_over: int | None = None
    long: Prices | None = None

    def micro_usd(self, usage: Usage) -> Decimal:
        if self.long is not None and self.long_over is not None and usage.input > self.long_over:
            return self.long.micro_usd(usage)
        kinds = (
            (usage.cached, self.cached),
            (usage.written, self.written),
            (usage.written_long, self.written_long),
        )
        kept = sum((tokens * (self.input if price is None else price) for tokens, price in kinds), Decimal(0))
        return usage.uncached * self.input + kept + usage.output * self.output


@dataclass(frozen=True)
class Charge:
    """One call as the vendor charges it: under the model and the tier that its answer names."""

    model: str
    tier: str
    usage: Usage

    def micro_usd(self, prices: Prices, tier_factors: Mapping[str, Decimal]) -> Decimal:
        return prices.micro_usd(self.usage) * tier_factors.get(self.tier, Decimal(1))


class PromptCache:
    """Knows the beginnings of prompts that it has seen, as chains of hashes."""

    def __init__(self) -> None:
        self._kept: set[int] = set()

    def by_blocks(self, seed: object, text: str, *, from_tokens: int, keep: Keep) -> Cached:
        """Keep whatever is long enough, in whole blocks, unasked; `keep` says which kind of write it is, if any."""
        if tokens_of(text) < from_tokens:
            return Cached()
        key, total, read = hash(seed), 0, 0
        size = BLOCK_TOKENS * CHARS_PER_TOKEN
        for start in range(0, len(text) - size + 1, size):
            key = hash((key, text[start : start + size]))
            total += BLOCK_TOKENS
            if key in self._kept:
                read = total
            self._kept.add(key)
        if read < from_tokens:
            read = 0
        written = 0 if keep == "no" else total - read
        return Cached(read, 0, written) if keep == "long" else Cached(read, written)

    def by_marks(self, seed: object, parts: Sequence[Part], *, from_tokens: int) -> Cached:
        """Keep what ends at a mark; read the longest beginning that is kept already."""
        key, chars = hash(seed), 0
        ends: list[tuple[int, int, Keep]] = []
        for part in parts:
            key = hash((key, part.text))
            chars += len(part.text)
            ends.append((key, chars // CHARS_PER_TOKEN, part.keep))
            chars += len(BETWEEN_PARTS)
        marked = max((index for index, part in enumerate(parts) if part.keep != "no"), default=-1)
        ends = [end for end in ends[: marked + 1] if end[1] >= from_tokens]
        read = done = max((tokens for key, tokens, _ in ends if key in self._kept), default=0)
        written = {"short": 0, "long": 0}
        for key, tokens, keep in ends:
            if keep != "no" and tokens > done:
                self._kept.add(key)
                written[keep] += tokens - done
                done = tokens
        return Cached(read, written["short"], written["long"])
