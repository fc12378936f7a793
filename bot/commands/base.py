"""What a command is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.journal import Journal
from bot.locales import Phrases
from bot.messages import Action, Card, Thread
from bot.ports import Pipeline
from rag.model import Scope


class WrongUsage(Exception):  # noqa: N818 - named for what happened
    """What was written after the command's name is not what it takes; the person is shown an example."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A word after a command's name.

    Attributes:
        is_rest: It takes all that follows.
    """

    name: str
    required: bool = True
    is_rest: bool = False

    def shown(self, phrases: Phrases) -> str:
        """How it stands in the help."""
        name = phrases(f"argument.{self.name}")
        return f"<{name}>" if self.required else f"[{name}]"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a command has at hand while it runs.

    Attributes:
        arguments: What was written, by the argument's name; an optional one that was left out is missing.
        scope: What the place where it was called may read.
        commands: All that can be called in that place.
        thread: The conversation in which it was called.
    """

    arguments: Mapping[str, str]
    pipeline: Pipeline
    scope: Scope
    phrases: Phrases
    commands: tuple[Command, ...]
    thread: Thread
    journal: Journal


async def pressed(_: Invocation) -> Card:
    """The `run` of a command that stands for a button: the conversation presses that instead."""
    raise AssertionError("a button is pressed, not run")


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be asked of the bot besides a question.

    Attributes:
        summary: Key of the sentence that says what it is for.
        example: A call that works, as it is typed; the key of a sentence where it has words of a language.
        run: Answers the call; raises `WrongUsage` where the arguments make no sense.
        platform: The only platform that has it; `None` where all have.
        aliases: Other words for it, typed alone and without a slash.
        needs_slash: Its name typed alone is no call: people may mean the word.
        button: The one that it stands for.
    """

    name: str
    summary: str
    example: str
    run: Callable[[Invocation], Awaitable[Card]]
    arguments: tuple[Argument, ...] = ()
    platform: str | None = None
    aliases: tuple[str, ...] = ()
    needs_slash: bool = False
    button: Action | None = None

    @property
    def words(self) -> frozenset[str]:
        """What calls it when it is all that is typed."""
        return frozenset(self.aliases) | (frozenset() if self.needs_slash else {self.name})

    def usage(self, phrases: Phrases) -> str:
        """How it is typed, with its arguments: `/help [command]`."""
        words = [argument.shown(phrases) for argument in self.arguments]
        return " ".join([f"/{self.name}", *words])

    def example_in(self, phrases: Phrases) -> str:
        """A call that works, in a reader's language."""
        return self.example if self.example.startswith("/") else phrases(self.example)

    def bind(self, words: tuple[str, ...]) -> dict[str, str]:
        """The words after the name, by argument.

        Raises:
            WrongUsage: There are too many or too few.
        """
        if self.arguments and self.arguments[-1].is_rest:
            at = len(self.arguments) - 1
            words = (*words[:at], *filter(None, [" ".join(words[at:])]))
        required = sum(argument.required for argument in self.arguments)
        if not required <= len(words) <= len(self.arguments):
            raise WrongUsage
        return {argument.name: word for argument, word in zip(self.arguments, words, strict=False)}
