"""Vectors that were paid for once: kept, and every further one booked."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Literal

from cachetools import LRUCache

from rag.language import estimate_tokens
from rag.model import Embedded, TokenUsage
from rag.ports import Clock, Database, MeteredEmbedder
from rag.quota.books import Books
from rag.quota.ledger import Expense
from rag.quota.quotas import Need
from rag.state.timestamps import to_text

_KEYS_PER_QUERY = 500
# Trimming needs no finer idea of what was used lately, and a hit of today then costs no write.
_TOUCH_AFTER = timedelta(days=1)
# Between two answers of the provider; each that is paid for begins the lease anew.
_LEASE_S = 600.0


class CachedEmbedder:
    """An `Embedder` that asks another only for what it has never seen, and books what that cost.

    It fails closed: nothing is paid for while the books cannot be written, so with the state database down an unknown
    text raises `StateUnavailable` where retrieval goes on with full text alone.

    Args:
        embedder: The one that is paid.
        books: Asked before anything is paid, and told of all that was.
        keep: Whether vectors are kept at all; what is paid is booked either way.
        max_rows: Vectors in the database at most; those unused for longest go first.
        max_questions: Vectors of questions in memory at most, 4 bytes a dimension each.
    """

    def __init__(
        self,
        embedder: MeteredEmbedder,
        database: Database,
        books: Books,
        clock: Clock,
        *,
        keep: bool = True,
        max_rows: int = 100_000,
        max_questions: int = 1_000,
    ) -> None:
        self._embedder = embedder
        self._database = database
        self._books = books
        self._clock = clock
        self._keep = keep
        self._max_rows = max_rows
        self._questions: LRUCache[str, bytes] = LRUCache(max_questions)

    @property
    def name(self) -> str:
        """`provider/model`, as recorded in the index."""
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self._embedder.dimensions

    def price_micro_usd(self, tokens: int) -> int:
        """What so many tokens cost, rounded up."""
        return self._embedder.price_micro_usd(tokens)

    async def embed(self, texts: Sequence[str], *, purpose: Literal["document", "query"]) -> Embedded:
        """One vector a text, in order; tokens and cost are of what was not known before.

        Raises:
            ProviderError: Not all was embedded; what was is kept, and the next call goes on from there.
            BudgetExhausted: No more may be spent; nothing was.
            StateUnavailable: Vectors cannot be looked up or money cannot be booked.
        """
        keys = [self._key(text, purpose) for text in texts]
        found = await self._known(frozenset(keys)) if self._keep else {}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        bill = Embedded((), 0, 0)
        if missing:
            bill = await self._buy(missing, purpose)
            found |= dict(zip(missing, map(_pack, bill.vectors), strict=True))
        if self._keep and purpose == "query":
            self._questions.update((key, found[key]) for key in keys)
        return Embedded(
            vectors=tuple(_unpack(found[key]) for key in keys),
            tokens=bill.tokens,
            cost_micro_usd=bill.cost_micro_usd,
            estimated=bill.estimated,
        )

    async def aclose(self) -> None:
        """Close the paid embedder's connections; the database is its owner's to close."""
        await self._embedder.aclose()

    def _key(self, text: str, purpose: str) -> str:
        identity = f"{self.name}\0{self.dimensions}\0{purpose}\0{text}"
        return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()

    async def _known(self, keys: Collection[str]) -> dict[str, bytes]:
        found = {key: self._questions[key] for key in keys if key in self._questions}
        stale: list[str] = []
        touch_before = to_text(self._clock.now() - _TOUCH_AFTER)
        for some in _slices([key for key in keys if key not in found], _KEYS_PER_QUERY):
            places = ", ".join(f"${number}" for number in range(1, len(some) + 1))
            rows = await self._database.fetch(
                f"SELECT key, vector, used_at FROM embeddings WHERE key IN ({places})",  # noqa: S608 - $1, $2 …
                *some,
            )
            for key, vector, used_at in rows:
                assert isinstance(vector, bytes)
                found[str(key)] = vector
                if str(used_at) < touch_before:
                    stale.append(str(key))
        if stale:
            now = to_text(self._clock.now())
            await self._database.execute_many(
                "UPDATE embeddings SET used_at = $1 WHERE key = $2", [(now, key) for key in stale]
            )
        return found

    async def _buy(self, missing: dict[str, str], purpose: Literal["document", "query"]) -> Embedded:
        keys = list(missing)
        await self._make_room()
        # No tokenizer makes more of a text than a token a byte.
        most = sum(len(text.encode("utf-8", "replace")) for text in missing.values()) + len(missing)
        need = Need(micro_usd=self.price_micro_usd(most))
        tokens = estimate_tokens(sum(map(len, missing.values())), texts=len(missing))
        planned = self._expense(Embedded((), tokens, need.micro_usd, estimated=True))
        async with self._books.reserve(need, planned, lease_s=_LEASE_S) as reservation:

            async def on_paid(positions: Sequence[int], paid: Embedded) -> None:
                await reservation.book(self._expense(paid), lease_s=_LEASE_S)
                if self._keep:
                    await self._store([keys[position] for position in positions], paid.vectors)

            return await self._embedder.embed(list(missing.values()), purpose=purpose, on_paid=on_paid)

    async def _make_room(self) -> None:
        # Before anything is paid, and also where there is nothing to trim: a database that can be read but no longer
        # written refuses here, not when the money is gone.
        await self._database.fetch(
            "DELETE FROM embeddings"
            " WHERE used_at <= (SELECT used_at FROM embeddings ORDER BY used_at DESC LIMIT 1 OFFSET $1)",
            self._max_rows,
        )

    def _expense(self, paid: Embedded) -> Expense:
        provider, _, model = self.name.partition("/")
        return Expense(
            purpose="embedding",
            provider=provider,
            model=model,
            asked_model=model,
            tokens=TokenUsage(input=paid.tokens, estimated=paid.estimated),
            cost_micro_usd=paid.cost_micro_usd,
        )

    async def _store(self, keys: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
        now = to_text(self._clock.now())
        await self._database.execute_many(
            "INSERT INTO embeddings (key, vector, used_at) VALUES ($1, $2, $3)"
            " ON CONFLICT (key) DO UPDATE SET used_at = excluded.used_at",
            [(key, _pack(vector), now) for key, vector in zip(keys, vectors, strict=True)],
        )


def _pack(vector: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(vector)}f", *vector)


def _unpack(packed: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(packed) // 4}f", packed)


def _slices(items: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    rest = iter(items)
    while some := tuple(islice(rest, size)):
        yield some
