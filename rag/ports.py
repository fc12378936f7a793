"""What the core asks of its surroundings; every entry of a registry fits one of these."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from rag.model import (
    NO_PIN,
    NOBODY,
    Asker,
    Attempt,
    Candidate,
    Citation,
    Embedded,
    Evidence,
    Language,
    ParsedDocument,
    Passage,
    Pin,
    Purpose,
    Restart,
    Rung,
    RungReason,
    Task,
    TokenUsage,
    Turn,
)

Value = str | int | float | bytes | None
Row = tuple[Value, ...]

T = TypeVar("T")


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
class Prompt:
    """What a model is told, in the order in which it is sent: what changes least comes first, for the vendors' caches.

    Attributes:
        instructions: The system prompt; the same for every question in a language.
        passages: Numbered and delimited, best first: `passages[0]` is what `[1]` cites.
        history: Earlier turns, oldest first.
        question: The last message.
    """

    instructions: str
    passages: tuple[str, ...]
    history: tuple[Turn, ...]
    question: str

    @property
    def context(self) -> str:
        """All passages as one message."""
        return "\n\n".join(self.passages)

    @property
    def size_bytes(self) -> int:
        """Length of everything in UTF-8, for estimates: a token is three bytes or more in nearly every script."""
        told = (self.instructions, *self.passages, *(turn.text for turn in self.history), self.question)
        return sum(len(text.encode("utf-8", "replace")) for text in told)

    def shortened(self) -> Prompt | None:
        """The better half of the passages and the newer half of the history; `None` where one passage is all."""
        if len(self.passages) < 2:
            return None
        kept = len(self.history) // 2
        return replace(
            self,
            passages=self.passages[: len(self.passages) // 2],
            history=self.history[len(self.history) - kept :],
        )


EMPTY_PROMPT = Prompt("", (), (), "")


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What a provider is given to answer from.

    Attributes:
        passages: Best first.
        term_weights: As in `Retrieval`.
        prompt: The same for a model to read.
        max_output_tokens: Thinking included.
        reference: Of the answer to be, for the books and the log.
        key: Names everything that the answer depends on but the documents; what the answer is remembered by.
        asker: Whose limits hold, and to whom it is booked.
        purpose: What is asked for; what is not an answer is read by no person, and nothing is cited in it.
        attempts: Calls that were made for the question before: they count towards its limit, and to its bill.
    """

    question: str
    language: Language
    passages: tuple[Passage, ...]
    term_weights: Mapping[str, float] = field(default_factory=dict)
    history: tuple[Turn, ...] = ()
    task: Task = "factual"
    pin: Pin = NO_PIN
    prompt: Prompt = EMPTY_PROMPT
    max_output_tokens: int = 4_096
    reference: str = ""
    key: str = ""
    asker: Asker = NOBODY
    purpose: Purpose = "answer"
    attempts: tuple[Attempt, ...] = ()

    def shortened(self) -> AnswerRequest | None:
        """The same with the better half of the passages; `None` where one passage is all."""
        prompt = self.prompt.shortened()
        if prompt is None:
            return None
        return replace(self, prompt=prompt, passages=self.passages[: len(prompt.passages)])


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Metered:
    """What the provider says that the call has used up to now; each replaces the one before.

    Attributes:
        model: As the response names it; `None` where it does not.
        tier: The service tier that the response names, `None` for the ordinary one.
    """

    tokens: TokenUsage
    model: str | None = None
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of an answer.

    Attributes:
        provider: Who wrote it.
        model: `None` where no model did.
        truncated: It ends at the output limit, in the middle of a sentence.
        age_s, similar_to: As in `Answer`.
        tokens: Of all attempts.
        cost_micro_usd: Of all attempts.
        evidence: What it was written from; empty where nothing was read for it.
        route: As in `Answer`.
    """

    provider: str
    model: str | None = None
    rung: Rung = "fresh"
    reason: RungReason = "model_answered"
    citations: tuple[Citation, ...] = ()
    truncated: bool = False
    age_s: float | None = None
    similar_to: str | None = None
    tokens: TokenUsage = field(default_factory=TokenUsage)
    cost_micro_usd: int = 0
    attempts: tuple[Attempt, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    route: tuple[Candidate, ...] = ()


AnswerEvent = TextDelta | Metered | Restart | Completion


class Provider(Protocol):
    """Writes an answer from passages: a model behind HTTP, the router over many of them, memory, or quotation."""

    @property
    def name(self) -> str:
        """As in the configuration and the receipt."""
        ...

    def stream(self, request: AnswerRequest) -> AsyncGenerator[AnswerEvent, None]:
        """Yield text, then exactly one `Completion`; closing the generator ends the work upstream too.

        A model yields `Metered` as often as it learns something; a router `Restart` when it begins again.

        Raises:
            ProviderError: No answer, or no whole one.
        """
        ...


class Transaction(Protocol):
    """What a work that runs in `Database.transact` may do. It blocks: it runs on the database's own thread."""

    def fetch(self, sql: str, *values: Value) -> list[Row]:
        """Run one statement and return its rows.

        Raises:
            StateUnavailable: The database does not answer, or has ended the transaction by itself.
        """
        ...

    def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run one statement for every row.

        Raises:
            StateUnavailable: As `fetch`.
        """
        ...


class Held(Protocol):
    """A lock in somebody's hands."""

    @property
    def is_held(self) -> bool:
        """Whether it still is, as far as can be told without asking."""
        ...


class Database(Protocol):
    """The state database: the SQL that SQLite and PostgreSQL both speak, with `$1`, `$2` … for parameters.

    What is handed over is carried out in that order, also where the asker is cancelled meanwhile.
    """

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

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` alone: no other `transact` on this database overlaps with it, of whichever process or machine.

        What it wrote is on disk when this returns; nothing of it is kept where this raises. `work` is a handful of
        statements with decisions between them; others wait for it. A statement that fails fails the whole work, also
        where the work catches its error. Only a work that was undone, and of which nothing was returned, may run again.

        Raises:
            StateUnavailable: The database does not answer. Where it went away in the moment of the commit, nobody
                knows whether the work was kept.
            BaseException: Whatever `work` raises.
        """
        ...

    def exclusive(self, name: str, *, timeout_s: float) -> AbstractAsyncContextManager[Held]:
        """Hold a lock over all processes that share this database; the death of its holder frees it.

        A server that goes away frees it, too: what was held can be asked whether it still is.

        Raises:
            TimeoutError: Another process held it for all of `timeout_s`.
            StateUnavailable: The database does not answer.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections, after all that was handed over; a second call does nothing."""
        ...
