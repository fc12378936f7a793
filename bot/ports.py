"""The ports between the core and a platform, and what the core asks of the pipeline."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Protocol

from bot.messages import Card, Deletion, Home, IncomingMessage, Offers, Person, Post, Press, Question, Thread
from rag.model import (
    Allowance,
    Asker,
    CollectionSummary,
    Event,
    Health,
    IndexedDocument,
    Pin,
    Retrieval,
    RouteModel,
    Scope,
    TaskRoute,
    Turn,
)


class Reply(Protocol):
    """Where the answer to one message appears.

    Calls come in this order: begin, status*, append*, finish (once); a restart begins them again. A reply that needs no
    time is only finished.
    """

    @property
    def address(self) -> str:
        """By which this reply is found again, as far as it stands there by now; empty while it has none."""
        ...

    async def begin(self, reference: str, moved: Callable[[], Awaitable[None]]) -> None:
        """Show that the question was taken, and a button that stops it.

        Args:
            moved: To be awaited when the address has changed while nothing was asked of the reply.
        """
        ...

    async def status(self, text: str) -> None:
        """Show what is being done, in place of an answer that is not there yet."""
        ...

    async def append(self, markdown: str) -> None:
        """Show the next piece of the answer's text."""
        ...

    async def restart(self, notice: str) -> None:
        """Take back what was shown, as far as that can be done: the answer begins again; `notice` says why."""
        ...

    async def finish(self, card: Card) -> None:
        """Show the finished reply; `card.text` is everything appended since the last restart, or replaces it."""
        ...

    async def retract(self) -> None:
        """Take it away as far as that can be done: its question was deleted."""
        ...


class Replies(Protocol):
    """What the core asks of a platform."""

    @property
    def can_revise(self) -> bool:
        """Whether a reply that was shown can be changed: showing it once more then leaves one, not two."""
        ...

    async def acknowledge(self, message: IncomingMessage) -> None:
        """The message is in the journal, or needs no answer: whoever delivers it may forget it."""
        ...

    def reply_to(self, cause: IncomingMessage | Press) -> Reply:
        """A new reply, beside what caused it."""
        ...

    def reply_again(self, question: Question) -> Reply:
        """The reply to this question as it was left, in whichever process; a new one where nothing is left of it.

        A process may have died after it showed a reply and before it could write down the address; so may one that
        answered without beginning. Then the platform looks for its reply to `question.message_id`.
        """
        ...

    async def post(self, place: str, card: Card) -> None:
        """Show something in a place that nobody there has asked for; when it has returned, it stands there.

        Raises:
            Exception: It does not, as far as the platform can tell; it is tried again later.
        """
        ...


class Core(Protocol):
    """What a platform asks of the core: `Conversation`."""

    async def handle(self, message: IncomingMessage, replies: Replies) -> None:
        """Answer a message, if it is one for the bot."""
        ...

    async def press(self, press: Press, replies: Replies) -> None:
        """Do what a button says; when it has returned, whoever delivers the press may forget it."""
        ...

    async def retract(self, deletion: Deletion, replies: Replies) -> None:
        """Take back the answer to a message that was deleted; when it has returned, the event may be forgotten."""
        ...

    async def last_question(self, thread: Thread) -> Question | None:
        """What was asked last in a conversation, and answered; `None` where nothing is known of it."""
        ...

    async def last_thread(self, person: Person, post: Post) -> Thread | None:
        """Where somebody asked last in a place; `None` where nothing is known of it."""
        ...

    async def home(self, person: Person, post: Post) -> Home:
        """What somebody sees who opens the bot's own page, which is this place; whatever is down, there is one."""
        ...

    async def offers(self, person: Person, post: Post) -> Offers:
        """What somebody may name in a command in a place; nothing while nobody knows."""
        ...

    async def resume(self, platform: str, replies: Replies) -> Sequence[Question]:
        """Finish, or apologise for, what a process that is gone has left unfinished on this platform."""
        ...


class Platform(Protocol):
    """Slack, Discord or the console: turns events into messages and replies into what people see."""

    @property
    def name(self) -> str:
        """As in `PLATFORMS`."""
        ...

    async def run(self, core: Core) -> None:
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
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        scope: Scope = ...,
        pin: Pin = ...,
        asker: Asker = ...,
        reference: str | None = None,
        again: bool = False,
    ) -> AsyncGenerator[Event, None]:
        """Yield what is being done, the answer's pieces, and last the `Answer`; closing it ends the work upstream.

        Args:
            reference: Of the answer.
            again: Memory is not asked: the person wants another answer.

        Raises:
            RagError: There is no answer, or no whole one.
        """
        ...

    async def search(self, question: str, *, scope: Scope = ...) -> Retrieval:
        """The passages that an answer would be made from."""
        ...

    def routes(self) -> Sequence[TaskRoute]:
        """The models of every task, as configured and as they fare now."""
        ...

    def models(self) -> Sequence[RouteModel]:
        """Every model that there is, on a route or not."""
        ...

    async def allowance(self, asker: Asker) -> Allowance | None:
        """What may still be spent, by the tightest of the budgets that a question touches."""
        ...

    async def count_outside(self, question: str, *, scope: Scope) -> int:
        """How many passages outside the scope would have been found."""
        ...

    async def sources(self) -> Sequence[CollectionSummary]:
        """Every collection, whoever may read it."""
        ...

    async def documents(self, collection: str) -> Sequence[IndexedDocument]:
        """The documents of a collection, whoever may read it."""
        ...

    async def health_check(self) -> Health:
        """Whether everything works."""
        ...
