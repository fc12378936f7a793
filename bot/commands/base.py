"""What a command is: everything about it is said here once, and read by help, by the platforms and by the parser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from bot.access import Access
from bot.alerts import Alerts
from bot.choices import Choices
from bot.intent.intent import Direction
from bot.journal import Journal
from bot.locales import LOCALES, Phrases, phrases_in
from bot.messages import Action, Card, Person, Thread
from bot.ports import Pipeline
from bot.reports import Reporter
from rag.language import fold
from rag.model import Asker, Scope
from rag.quota.accounts import Accounts

Right = Literal["", "sees", "changes"]
"""What only admins may do: see the figures of others, or change something."""

_ACTION = "action"
# Words that say nothing: `budget set 5 a day for this channel`.
_FILLERS = frozenset({"a", "an", "the", "of", "per", "for", "to", "in", "this", "my", "o", "de", "do", "da", "por", "para", "no", "na", "em", "este", "esta", "neste", "nesta", "deste", "desta", "meu", "minha", "="})  # fmt: skip  # noqa: E501


class WrongUsage(Exception):  # noqa: N818 - named for what happened
    """What was written after the command's name is not what it takes; the person is shown an example."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the words that an argument takes; how people write it stands in the locales as `word.NAME`.

    Attributes:
        right: What it takes to choose it.
    """

    name: str
    right: Right = ""

    @property
    def words(self) -> frozenset[str]:
        """All that it may be written as, in whichever language, as compared."""
        return _written(self.name)

    def shown(self, phrases: Phrases) -> str:
        """As its reader would write it."""
        return phrases(f"word.{self.name}").partition("|")[0].strip()


@dataclass(frozen=True, slots=True)
class Argument:
    """What may stand after a command's name. Those with choices or a reader are known by what they are, in any order.

    Attributes:
        choices: The words that it takes; empty takes any word.
        after: A word may stand before it, and then no other argument is meant: `by`; written as `word.NAME`.
        reads: Makes a word what it means; `None`: it is not meant for this argument. Beside `choices`.
        right: What it takes to give it as a free word.
        is_rest: It takes all that follows.
        needs_slash: Without a slash it cannot be given: the words may be meant for people.
    """

    name: str
    required: bool = True
    is_rest: bool = False
    needs_slash: bool = False
    choices: tuple[Choice, ...] = ()
    after: str = ""
    reads: Callable[[str], str | None] | None = None
    right: Right = ""

    def shown(self, phrases: Phrases) -> str:
        """How it stands in the help."""
        name = phrases(f"argument.{self.name}")
        if self.after:
            name = f"{Choice(self.after).shown(phrases)} {name}"
        return f"<{name}>" if self.required else f"[{name}]"

    def read(self, word: str) -> str | None:
        """What a word means here; `None` where it means something else."""
        compared = fold(word).replace(" ", "-")
        for choice in self.choices:
            if compared in choice.words:
                return choice.name
        if self.reads is not None:
            return self.reads(word)
        return None if self.choices else word

    def right_to(self, value: str) -> Right:
        """What it takes to give it this value."""
        return next((choice.right for choice in self.choices if choice.name == value), self.right)


def actions(*changes: str) -> Argument:
    """What can be done with something that everybody may see, and whose history and changes are for admins."""
    choices = (Choice("show"), *(Choice(change, "changes") for change in changes), Choice("history", "sees"))
    return Argument(_ACTION, required=False, choices=choices)


@dataclass(frozen=True, slots=True)
class Load:
    """What the process is doing.

    Attributes:
        answering: Questions under way.
        waiting: Others that wait in line.
        up_s: Since it began.
    """

    answering: int = 0
    waiting: int = 0
    up_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all commands work with."""

    pipeline: Pipeline
    accounts: Accounts
    journal: Journal
    access: Access
    choices: Choices
    reports: Reporter
    alerts: Alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A command that runs.

    Attributes:
        arguments: What was written, by the argument's name; an optional one that was left out is missing.
        commands: All that can be called in that place.
        thread: The conversation in which it was called.
        reference: Of the call in the journal.
        direction: Whether a change in words goes up or down; empty where the words do not say.
    """

    desk: Desk
    arguments: Mapping[str, str]
    author: Person
    thread: Thread
    phrases: Phrases
    commands: Sequence[Command]
    reference: str = ""
    direction: Direction = ""
    load: Load = field(default_factory=Load)

    @property
    def scope(self) -> Scope:
        """What may be read where it was called, by whoever called it."""
        return self.desk.access.scope_for(self.author, self.thread.place)

    @property
    def nothing_is_public(self) -> bool:
        """Whether nothing may be read because outsiders read along."""
        return self.author.is_outside and not self.scope.collections

    @property
    def notice(self) -> str:
        """That there may be more than is shown to outsiders; empty for everybody else."""
        return self.phrases("outside.only_public") if self.author.is_outside else ""

    @property
    def is_admin(self) -> bool:
        """Whether whoever called it may see and change everything."""
        return self.author in self.desk.access.admins

    @property
    def asker(self) -> Asker:
        """Whose limits a question asked here would touch."""
        return self.author.asker_in(self.thread.place)


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
        more: Examples besides.
        platform: The only platform that has it; `None` where all have.
        aliases: Other names.
        spoken: Other words for it, without a slash alone.
        needs_slash: A name typed without a slash is no call: people may mean the word.
        button: The one that it stands for.
        right: What it takes to call it at all.
        acts: Calling it does something; a button does, too.
        shown_to: To whom it is shown as an example of what can be asked; the help shows all.
    """

    name: str
    summary: str
    example: str
    run: Callable[[Invocation], Awaitable[Card]]
    arguments: tuple[Argument, ...] = ()
    more: tuple[str, ...] = ()
    platform: str | None = None
    aliases: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()
    needs_slash: bool = False
    button: Action | None = None
    right: Right = ""
    acts: bool = False
    shown_to: Literal["", "everybody", "admins"] = ""

    @property
    def names(self) -> frozenset[str]:
        """What it is called by, as compared."""
        return _folded((self.name, *self.aliases))

    @property
    def without_slash(self) -> Command:
        """The same, as far as it can be called without a slash."""
        if not any(one.needs_slash for one in self.arguments):
            return self
        return replace(self, arguments=tuple(one for one in self.arguments if not one.needs_slash))

    @property
    def words(self) -> frozenset[str]:
        """What calls it without a slash, as compared."""
        return _folded(self.spoken if self.needs_slash else (*self.spoken, self.name, *self.aliases))

    def usage(self, phrases: Phrases) -> str:
        """How it is typed, with its arguments: `/help [command]`."""
        words = [argument.shown(phrases) for argument in self.arguments]
        return " ".join([f"/{self.name}", *words])

    def example_in(self, phrases: Phrases) -> str:
        """A call that works, in a reader's language."""
        return _example(self.example, phrases)

    def example_like(self, words: Sequence[str], phrases: Phrases) -> str:
        """Of its examples the one that has most in common with what was typed."""
        typed = set(map(fold, words))
        examples = self.examples_in(phrases)
        return max(examples, key=lambda example: len(typed & set(map(fold, example.split()))))

    def examples_in(self, phrases: Phrases) -> tuple[str, ...]:
        """All of them."""
        return tuple(_example(example, phrases) for example in (self.example, *self.more))

    def bind(self, words: Sequence[str]) -> dict[str, str]:
        """The words after the name, by argument.

        Raises:
            WrongUsage: There are too many or too few, or some that mean nothing here.
        """
        found: dict[str, str] = {}
        # Only where each word is known by what it is can others be left out.
        fillers = _FILLERS if any(argument.choices for argument in self.arguments) else frozenset[str]()
        at = 0
        while at < len(words):
            name, value, taken = self._meant(words[at:], found)
            if taken:
                found[name] = value
            elif fold(words[at]) not in fillers:
                raise WrongUsage
            at += taken or 1
        if any(argument.required and argument.name not in found for argument in self.arguments):
            raise WrongUsage
        return found

    def right_to(self, arguments: Mapping[str, str]) -> Right:
        """What it takes to call it with these arguments."""
        rights = {
            argument.right_to(arguments[argument.name]) for argument in self.arguments if argument.name in arguments
        }
        rights.add(self.right)
        return "changes" if "changes" in rights else "sees" if "sees" in rights else ""

    def changes_by(self, arguments: Mapping[str, str]) -> bool:
        """Whether a call with these arguments does something, rather than tell."""
        return self.acts or self.button is not None or self.right_to(arguments) == "changes"

    @property
    def takes_an_action(self) -> bool:
        """Whether one of its arguments says what is to be done."""
        return any(argument.name == _ACTION for argument in self.arguments)

    def names_its_action(self, arguments: Mapping[str, str]) -> bool:
        """Whether a change says what is done, and not only how much: `budget set 5`, not `budget 5`."""
        is_change = any(one.right == "changes" and one.name in arguments for one in self.arguments)
        return not is_change or _ACTION in arguments

    def _meant(self, words: Sequence[str], found: Mapping[str, str]) -> tuple[str, str, int]:
        """Which argument the next words are, what they mean, and how many they are; 0: none."""
        for argument in self.arguments:
            if argument.name in found:
                continue
            if argument.is_rest:
                return argument.name, " ".join(words), len(words)
            for value, taken in _readings(argument, words):
                return argument.name, value, taken
        return "", "", 0


def _readings(argument: Argument, words: Sequence[str]) -> Iterator[tuple[str, int]]:
    """What the next words may mean to an argument: two that are one word here come first, as in `last month`."""
    if argument.after and fold(words[0]) in Choice(argument.after).words:
        yield from ((value, taken + 1) for value, taken in _plain_readings(argument, words[1:]))
        return
    yield from _plain_readings(argument, words)


def _plain_readings(argument: Argument, words: Sequence[str]) -> Iterator[tuple[str, int]]:
    for taken in (2, 1) if argument.choices else (1,):
        if len(words) >= taken and (value := argument.read(" ".join(words[:taken]))) is not None:
            yield value, taken


@cache  # every message is compared with them
def _folded(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(fold, words))


@cache
def _written(choice: str) -> frozenset[str]:
    written = (phrases_in(locale)(f"word.{choice}") for locale in LOCALES)
    return frozenset((choice, *(fold(word.strip()) for words in written for word in words.split("|"))))


def _example(example: str, phrases: Phrases) -> str:
    return example if example.startswith("/") else phrases(example)
