"""The two ports between the core and a platform, and what the core asks of the pipeline."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Protocol

from bot.messages import Card, IncomingMessage
from rag.model import Asker, CollectionSummary, Event, Health, Pin, Scope, Turn


class Reply(Protocol):
    """Where the answer to one message appears.

    Calls come in this order: status*, append*, finish (once); a restart begins them again.
    """

    async def status(self, text: str) -> None:
        """Show what is being done, in place of an answer that is not there yet."""
        ...

    async def append(self, markdown: str) -> None:
        """Show the next piece of the answer's text."""
        ...

    async def restart(self, notice: str) -> None:
        """Take back what was appended, as far as that can be done: the answer begins again; `notice` says why."""
        ...

    async def finish(self, card: Card) -> None:
        """Show the finished reply; `card.text` is everything appended since the last restart, or replaces it."""
        ...


Handler = Callable[[IncomingMessage, Reply], Awaitable[None]]
"""`Conversation.handle`: everything a platform needs to know of the core."""


class Platform(Protocol):
    """Slack, Discord or the console: turns events into messages and replies into what people see."""

    @property
    def name(self) -> str:
        """As in `PLATFORMS`."""
        ...

    async def run(self, handle: Handler) -> None:
        """Serve until told to stop; cancelling it closes its connections."""
        ...


class Pipeline(Protocol):
    """What the conversation and its commands ask of `RagPipeline`."""

    async def admit(self, asker: Asker) -> None:
        """Count a question before it is answered.

        Raises:
            QuotaExceeded: It is one too many.
        """
        ...

    def stream(
        self, question: str, *, history: Sequence[Turn] = (), scope: Scope = ..., pin: Pin = ..., asker: Asker = ...
    ) -> AsyncGenerator[Event, None]:
        """Yield what is being done, the answer's pieces, and last the `Answer`; closing it ends the work upstream.

        Raises:
            RagError: There is no answer, or no whole one.
        """
        ...

    async def sources(self) -> Sequence[CollectionSummary]:
        """Every collection, whoever may read it."""
        ...

    async def health_check(self) -> Health:
        """Whether everything works."""
        ...
