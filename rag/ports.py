"""What the core asks of its surroundings; every entry of a registry fits one of these."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from rag.model import Citation, Embedded, Language, ParsedDocument, Passage, RungReason, Turn

Value = str | int | float | bytes | None
Row = tuple[Value, ...]


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """The time of day, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Loader(Protocol):
    """Turns a file's bytes into blocks."""

    def __call__(self, content: bytes, name: str) -> ParsedDocument:
        """Parse `content`; `name` is the file's name, for its suffix.

        Raises:
            UnreadableDocument: The bytes are not what the suffix promises.
        """
        ...


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def name(self) -> str:
        """`provider/model`, as recorded in the index."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        ...

    def price_micro_usd(self, tokens: int) -> int:
        """What so many tokens cost, rounded up."""
        ...

    async def embed(self, texts: Sequence[str], *, purpose: Literal["document", "query"]) -> Embedded:
        """One vector a text, in order.

        Raises:
            ProviderError: Nothing was embedded.
        """
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...


OnPaid = Callable[[Sequence[int], Embedded], Awaitable[None]]
"""Told of one paid request: the positions of the texts it embedded (none where its answer was no use), and the bill."""


class MeteredEmbedder(Embedder, Protocol):
    """An embedder that tells of each request as soon as it is paid for: what fails later was still paid before."""

    async def embed(
        self, texts: Sequence[str], *, purpose: Literal["document", "query"], on_paid: OnPaid | None = None
    ) -> Embedded:
        """As in `Embedder`, awaiting `on_paid` after every answered request.

        Raises:
            ProviderError: Not all was embedded; `on_paid` knows what was.
        """
        ...


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What a provider is given to answer from.

    Attributes:
        passages: Best first.
        term_weights: As in `Retrieval`.
    """

    question: str
    language: Language
    passages: tuple[Passage, ...]
    term_weights: Mapping[str, float] = field(default_factory=dict)
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of a provider's answer."""

    model: str | None
    citations: tuple[Citation, ...]
    reason: RungReason


class Provider(Protocol):
    """Writes an answer from passages: a model behind HTTP, or the extractive rung."""

    @property
    def name(self) -> str:
        """As in the configuration and the receipt."""
        ...

    def stream(self, request: AnswerRequest) -> AsyncIterator[TextDelta | Completion]:
        """Yield text, then exactly one `Completion`.

        Raises:
            ProviderError: No answer, or no whole one.
        """
        ...


class Database(Protocol):
    """The state database: the SQL that SQLite and PostgreSQL both speak, with `$1`, `$2` … for parameters."""

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        ...

    async def fetch(self, sql: str, *values: Value) -> list[Row]:
        """Run one statement in a transaction of its own and return its rows.

        Raises:
            StateUnavailable: The database does not answer.
        """
        ...

    async def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run one statement for every row, in one transaction: all or none.

        Raises:
            StateUnavailable: The database does not answer.
        """
        ...

    def exclusive(self, name: str, *, timeout_s: float) -> AbstractAsyncContextManager[None]:
        """Hold a lock over all processes that share this database; the death of its holder frees it.

        Raises:
            TimeoutError: Another process held it for all of `timeout_s`.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...
