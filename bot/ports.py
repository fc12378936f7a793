"""The two ports between the core and a platform, and what the core asks of the pipeline."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from bot.messages import Card, IncomingMessage
from rag.model import CollectionSummary, Event, Health, Scope, Turn


class Reply(Protocol):
    """Where the answer to one message appears. Calls come in this order: status*, append*, finish (once)."""

    async def status(self, text: str) -> None:
        """Show what is being done, in place of an answer that is not there yet."""
        ...

    async def append(self, markdown: str) -> None:
        """Show the next piece of the answer's text."""
        ...

    async def finish(self, card: Card) -> None:
        """Show the finished reply; `card.text` is everything appended so far, or replaces it."""
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

    def stream(self, question: str, *, history: Sequence[Turn] = (), scope: Scope = ...) -> AsyncIterator[Event]:
        """Yield what is being done, the answer's pieces, and last the `Answer`.

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
