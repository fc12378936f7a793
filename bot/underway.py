"""The answers that this process has under way, and how they are stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.entries import Wish
from bot.messages import Question, Thread

_NOW = 0.0
# A later one says more than one before it.
_WISHES: tuple[Wish, ...] = ("stop", "superseded", "retracted")


class Stopped(Exception):  # noqa: N818 - named for what happened
    """An answer was stopped on purpose.

    Attributes:
        wish: `stop`: what was written stays. `superseded`: somebody else shows something in its place. `retracted`: the
            question was deleted.
    """

    def __init__(self, wish: Wish) -> None:
        self.wish: Wish = wish
        super().__init__(wish)


@dataclass(slots=True, eq=False)
class Run:
    """An answer that is being written.

    Attributes:
        wish: What became of it by somebody's wish.
    """

    question: Question
    scope: asyncio.Timeout
    wish: Wish | None = None


@dataclass(slots=True, eq=False)
class _Held:
    """An answer that may still be taken away: told when it cannot be any more, and what is wished of it until then."""

    over: asyncio.Event = field(default_factory=asyncio.Event)
    holders: int = 0
    wish: Wish | None = None


@dataclass(slots=True)
class UnderWay:
    """Answers by their references.

    Attributes:
        longest_s: No answer takes longer, from when it begins.
    """

    longest_s: float
    _runs: dict[str, Run] = field(default_factory=dict)
    _held: dict[str, _Held] = field(default_factory=dict)

    def expect(self, question: Question) -> None:
        """Let a question be known that will be answered in a moment: it can be stopped from now on."""
        self._held.setdefault(question.reference, _Held())

    def give_up(self, question: Question) -> None:
        """Let nobody wait any more for a question that was expected and has not begun."""
        held = self._held.get(question.reference)
        if held is not None and not held.holders:
            self._let_go(question.reference)

    @asynccontextmanager
    async def holding(self, question: Question) -> AsyncIterator[None]:
        """Until the end of the block an answer that is stopped may still be taken away."""
        held = self._held.setdefault(question.reference, _Held())
        held.holders += 1
        try:
            yield
        finally:
            held.holders -= 1
            if not held.holders:
                self._let_go(question.reference)

    def _let_go(self, reference: str) -> None:
        self._held.pop(reference).over.set()

    def is_unwanted(self, question: Question) -> bool:
        """Whether nothing is to be shown of a question any more."""
        held = self._held.get(question.reference)
        return held is not None and held.wish in {"superseded", "retracted"}

    async def end(self, reference: str, wish: Wish) -> bool:
        """Stop an answer, and wait until it has given way; false where none of this reference runs here.

        Whoever shows something in its place would see it taken away otherwise, and whoever says that it is gone would
        say so too early.
        """
        held = self._held.get(reference)
        if held is None:
            return False
        held.wish = wish
        was_running = self.stop(reference, wish)
        await held.over.wait()
        return was_running

    @property
    def questions(self) -> tuple[Question, ...]:
        """All that are being answered, in the order in which they were asked."""
        return tuple(run.question for run in self._runs.values())

    @asynccontextmanager
    async def run(self, question: Question) -> AsyncIterator[Run]:
        """Let an answer be written that can be stopped.

        Raises:
            Stopped: It was.
            TimeoutError: Its deadline has passed.
        """
        held = self._held.get(question.reference)
        if held is not None and held.wish is not None:
            raise Stopped(held.wish)
        run = self._runs[question.reference] = Run(question, asyncio.timeout(None))
        try:
            async with run.scope:
                yield run
        except Stopped as stopped:  # it has found out by itself; what was wished meanwhile may weigh more
            raise Stopped(max(run.wish or stopped.wish, stopped.wish, key=_WISHES.index)) from None
        except TimeoutError:
            if run.wish is None or not run.scope.expired():
                raise
            raise Stopped(run.wish) from None
        finally:
            self._runs.pop(question.reference, None)
        if run.wish not in {None, "stop"}:  # too late to stop it, but what it says is not wanted any more
            raise Stopped(run.wish)

    def limit(self, run: Run) -> None:
        """Let the time of an answer begin, unless it was stopped while it waited."""
        if run.scope.when() is None:
            run.scope.reschedule(asyncio.get_running_loop().time() + self.longest_s)

    def last_in(self, thread: Thread) -> str:
        """The reference of what was asked last in a conversation and is being answered here; empty for none."""
        asked = [question.reference for question in self.questions if question.thread == thread]
        return asked[-1] if asked else ""

    def stop(self, reference: str, wish: Wish) -> bool:
        """End an answer; false where none of this reference runs here."""
        run = self._runs.get(reference)
        if run is None:
            return False
        run.wish = max(run.wish or wish, wish, key=_WISHES.index)
        if not run.scope.expired():
            run.scope.reschedule(_NOW)
        return True
