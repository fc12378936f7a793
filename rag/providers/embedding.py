"""What all embedders over HTTP share: batches within the limits, vectors checked, every request's price."""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, Protocol

from rag.errors import ProviderError, RagError, UnusableAnswer
from rag.model import Embedded
from rag.ports import Clock, OnPaid
from rag.providers.failures import Complaint
from rag.providers.options import EmbedderOptions, Timeouts
from rag.providers.request import Request

Purpose = Literal["document", "query"]

# Requests in flight at once: enough to hide the latency, too few to provoke a rate limit.
_IN_FLIGHT = 4
# A token of a byte-level vocabulary is one byte at least and 3 to 5 in prose. Against a vendor's limit two are
# reckoned, which dense code and Chinese stay above; for a bill that the vendor does not send, three.
_BYTES_PER_TOKEN_AT_LEAST = 2
_BYTES_PER_TOKEN_BILLED = 3
# How reading JSON that is not in the promised form fails.
_FOREIGN_FORM = (AttributeError, KeyError, OverflowError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Reading:
    """A vendor's answer: a vector a text, in order; `tokens` is `None` where the vendor names no number."""

    vectors: Sequence[Sequence[float]]
    tokens: int | None


class EmbeddingApi(Protocol):
    """A vendor's embedding endpoint; one of these is all that a new vendor's file has to bring.

    Attributes:
        max_texts: In one request.
        max_tokens: In one request, over all its texts.
    """

    max_texts: int
    max_tokens: int

    @property
    def path(self) -> str:
        """Where requests go, below the base URL."""
        ...

    def headers(self, api_key: str) -> Mapping[str, str]:
        """The one that carries the key; without a key none."""
        ...

    def payload(self, texts: Sequence[str], purpose: Purpose) -> object:
        """The request's JSON."""
        ...

    def read(self, body: dict[str, object]) -> Reading:
        """Read the answer's JSON.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: It is not in the vendor's form.
        """
        ...

    def diagnose(self, status: int, complaint: Complaint) -> type[ProviderError] | None:
        """What a failure means where this vendor's words say more than the status; `None`: what the status says."""
        ...


class HttpEmbedder:
    """`MeteredEmbedder` over a vendor's endpoint."""

    def __init__(self, options: EmbedderOptions, api: EmbeddingApi, clock: Clock) -> None:
        # Here, because the vendors' files stand on this one, and are read where nothing is ever sent.
        from rag.providers.http import ApiClient

        self._options = options
        self._api = api
        self._client = ApiClient(
            provider=options.provider,
            base_url=options.base_url,
            clock=clock,
            api_keys=options.api_keys,
            headers=options.headers,
            timeouts=Timeouts(total_s=options.timeout_s),
        )

    @property
    def name(self) -> str:
        """`provider/model`, as recorded in the index."""
        return f"{self._options.provider}/{self._options.model}"

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self._options.dimensions

    def price_micro_usd(self, tokens: int) -> int:
        """What so many tokens cost, rounded up; exact, as dollars a million tokens are micro-dollars a token."""
        return math.ceil(Fraction(self._options.price_per_mtok_usd) * tokens)

    async def embed(self, texts: Sequence[str], *, purpose: Purpose, on_paid: OnPaid | None = None) -> Embedded:
        """One vector of length 1 a text, in order, by as many requests as the limits take.

        After the first failure no request is begun; those under way are waited for, because they are paid for.

        Raises:
            ProviderError: Not all was embedded; `on_paid` knows what was.
        """
        cleaned = [_clean(text, self._options.max_input_tokens) for text in texts]
        batches = _batches(cleaned, min(self._options.batch_size, self._api.max_texts), self._api.max_tokens)
        paid: dict[int, Embedded] = {}
        failures: list[RagError] = []

        async def work() -> None:
            for batch in batches:
                try:
                    paid[batch.start] = await self._request(cleaned, batch, purpose, on_paid)
                except RagError as error:
                    failures.append(error)
                if failures:
                    return

        async with asyncio.TaskGroup() as group:
            for _ in range(_IN_FLIGHT):
                group.create_task(work())
        if failures:
            raise failures[0]
        in_order = [paid[start] for start in sorted(paid)]
        return Embedded(
            vectors=tuple(vector for part in in_order for vector in part.vectors),
            tokens=sum(part.tokens for part in in_order),
            cost_micro_usd=sum(part.cost_micro_usd for part in in_order),
            estimated=any(part.estimated for part in in_order),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _request(self, texts: Sequence[str], batch: range, purpose: Purpose, on_paid: OnPaid | None) -> Embedded:
        part = [texts[position] for position in batch]
        deadline_s = self._options.timeout_s if purpose == "query" else self._options.deadline_s
        reading = Reading((), None)

        async def on_lost() -> None:
            if on_paid:
                # No tokenizer makes more of a text than a token a byte.
                most = sum(len(text.encode()) for text in part) + len(part)
                await on_paid((), Embedded((), most, self.price_micro_usd(most), estimated=True))

        try:
            request = self._wire_request(part, purpose)
            body = await self._client.post(request, deadline_s=deadline_s, on_lost=on_lost)
            reading = self._read(body)
            vectors = self._checked(reading.vectors, len(part))
        except UnusableAnswer:
            if on_paid:
                await on_paid((), self._bill((), part, reading.tokens))
            raise
        bill = self._bill(vectors, part, reading.tokens)
        if on_paid:
            await on_paid(batch, bill)
        return bill

    def _wire_request(self, texts: Sequence[str], purpose: Purpose) -> Request:
        api = self._api
        return Request(api.path, api.payload(texts, purpose), self._options.model, api.headers, api.diagnose)

    def _read(self, body: dict[str, object]) -> Reading:
        try:
            reading = self._api.read(body)
        except _FOREIGN_FORM as error:
            raise self._unusable("an answer of an unknown form") from error
        # A count that cannot be one is none: it must not end up in the books.
        return reading if isinstance(reading.tokens, int) and reading.tokens >= 0 else replace(reading, tokens=None)

    def _checked(self, vectors: Sequence[Sequence[float]], expected: int) -> tuple[tuple[float, ...], ...]:
        if len(vectors) != expected:
            raise self._unusable(f"{len(vectors)} vectors for {expected} texts")
        try:
            return tuple(map(self._unit, vectors))
        except _FOREIGN_FORM as error:
            raise self._unusable("vectors that are not made of numbers") from error

    def _unit(self, vector: Sequence[float]) -> tuple[float, ...]:
        if len(vector) != self.dimensions:
            raise self._unusable(f"a vector of {len(vector)} numbers instead of {self.dimensions}")
        length = math.hypot(*vector)  # NaN or infinite as soon as one number is
        if not math.isfinite(length) or length == 0:
            raise self._unusable("a vector without a direction")
        # Rounded to what the index and the cache keep, so that a vector is the same wherever it comes from.
        return tuple(array("f", (number / length for number in vector)))

    def _bill(self, vectors: Sequence[Sequence[float]], texts: Sequence[str], tokens: int | None) -> Embedded:
        billed = sum(_tokens(text, _BYTES_PER_TOKEN_BILLED) for text in texts) if tokens is None else tokens
        return Embedded(vectors, billed, self.price_micro_usd(billed), estimated=tokens is None)

    def _unusable(self, what: str) -> UnusableAnswer:
        return UnusableAnswer(f"{self.name} sent {what}", provider=self._options.provider, status=200, billable=True)


def _batches(texts: Sequence[str], max_texts: int, max_tokens: int) -> Iterator[range]:
    """Positions of the texts of each request: consecutive, as many as both limits allow, one at least."""
    start = tokens = 0
    for position, text in enumerate(texts):
        more = _tokens(text, _BYTES_PER_TOKEN_AT_LEAST)
        if position > start and (position - start == max_texts or tokens + more > max_tokens):
            yield range(start, position)
            start, tokens = position, 0
        tokens += more
    if start < len(texts):
        yield range(start, len(texts))


def _clean(text: str, max_tokens: int) -> str:
    """What can be sent: cut to the model's limit, without lone surrogates, never empty (vendors refuse that)."""
    kept = text.encode("utf-8", "replace")[: max_tokens * _BYTES_PER_TOKEN_AT_LEAST]
    return kept.decode("utf-8", "ignore") or " "


def _tokens(text: str, bytes_per_token: int) -> int:
    return -(-len(text.encode()) // bytes_per_token)
