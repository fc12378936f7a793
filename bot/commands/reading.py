"""Which command a message calls, if any: typed with or without a slash, or meant by a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.commands.base import Command, WrongUsage
from bot.intent import intent_of
from bot.intent.intent import Direction
from rag.language import STOP_WORDS, fold

_BY_NAME = re.compile(r"^@(?:rag)?bot\b[\s,:]*", re.IGNORECASE)
# A name, not a path: `/etc/hosts` is a question.
_SLASHED = re.compile(r"/([^\W\d_][\w-]*)(?:\s+(.*))?", re.DOTALL)
_OF_MONEY = frozenset({"cost", "budget", "limits"})
_CHANGES = frozenset({"set", "lift", "reset"})
_SHORTEST_PREFIX = 3
# In shorter words, two slips of the keys leave nothing to know a name by.
_LONG = 6
_SHORTEST_SLIP = 5
_MOST_SOUGHT = 4
_ENDS = " ?!.…"
_TELLING = frozenset({"to", "at"})
_HESITANT = frozenset("?…")
_DOTS = ".."
_ABOUT = frozenset({"for", "about", "por", "sobre"})


@dataclass(frozen=True, slots=True)
class Call:
    """A command as it was called; whether it exists is another matter.

    Attributes:
        name: Of the command; of an unknown one as it was typed.
        in_words: It was not typed, but is meant by a sentence.
        direction: Whether a change in words goes up or down; empty where the words do not say.
    """

    name: str
    words: tuple[str, ...] = ()
    in_words: bool = False
    direction: Direction = ""

    @property
    def is_about_money(self) -> bool:
        """Whether it is a question in words about what the bot spends; to change that is a command in words."""
        return self.in_words and self.name in _OF_MONEY and _CHANGES.isdisjoint(self.words)


def without_name(text: str) -> str:
    """What is said to the bot by its name, as people write it where no platform takes mentions out."""
    return _BY_NAME.sub("", text.strip(), count=1)


def call_in(text: str, commands: Sequence[Command]) -> Call | None:
    """The command that a message calls or surely means; `None` for a question."""
    call = read_call(text, commands)
    if call is not None:
        return call
    intent = intent_of(without_name(text))
    if intent is None or not intent.is_sure:
        return None
    return Call(intent.command, intent.words, in_words=True, direction=intent.direction)


def hint_in(text: str) -> Call | None:
    """What a question of the documents may have meant besides: to be told of the books, never to change them."""
    intent = intent_of(without_name(text))
    if intent is None or not _CHANGES.isdisjoint(intent.words):
        return None
    return Call(intent.command, intent.words, in_words=True)


def read_call(text: str, commands: Sequence[Command]) -> Call | None:
    """The command that a message calls by its name; `None` for everything else.

    `/name …` is always a call, so that a slip of the keys is not asked as a question. Without the slash a message is
    one only if all of it makes sense as a call: `budget set 5` does, `budget for the offsite?` does not. The bot's name
    and no more asks for help.
    """
    text = without_name(text)
    if not text:
        return Call("help")
    called = text.rstrip(_ENDS)  # `status?`, `help!`
    if slashed := _SLASHED.fullmatch(text) or _SLASHED.fullmatch(called):
        return _slashed(slashed[1], (slashed[2] or "").split(), commands)
    whole = fold(called or text)
    by_alias = next((command for command in commands if whole in command.words), None)
    if by_alias is not None:
        return Call(by_alias.name) if _makes_sense(by_alias, (), text[len(called) :]) else None
    first, *words = called.split() or [text]
    typed = fold(first)
    command = next((command for command in commands if typed in command.words), None)
    if command is None:
        return _slip(first, words, commands)
    return Call(command.name, tuple(words)) if _makes_sense(command, words, text[len(called) :]) else None


def _slashed(name: str, words: Sequence[str], commands: Sequence[Command]) -> Call:
    """What stands after a slash is a call, also where it makes no sense; a mark at its end is none of its words."""
    command = named(name, commands)
    if command is None:
        return Call(name.casefold(), tuple(words))
    bare = " ".join(words).rstrip(_ENDS).split()
    end = " ".join(words)[len(" ".join(bare)) :]
    takes_all = any(argument.is_rest for argument in command.arguments)
    is_call = end and not takes_all and _makes_sense(command, bare, end, is_slashed=True)
    return Call(command.name, tuple(bare if is_call else words))


def named(name: str, commands: Sequence[Command]) -> Command | None:
    """The command of this name, in whichever language."""
    return next((command for command in commands if fold(name) in command.names), None)


def nearest(name: str, commands: Sequence[Command]) -> str | None:
    """The command's name that a mistyped one most likely means: a slip or two of the keys away, or cut short."""
    typed = fold(name)
    known = sorted({(fold(one), one) for command in commands for one in (command.name, *command.aliases)})
    allowed = 2 if len(typed) >= _LONG else 1
    ranked = sorted((_slips(typed, compared, allowed), compared, one) for compared, one in known if " " not in compared)
    if ranked and ranked[0][0] <= allowed:
        return ranked[0][2]
    begun = [one for compared, one in known if compared.startswith(typed)]
    return begun[0] if len(typed) >= _SHORTEST_PREFIX and len(begun) == 1 else None


def _makes_sense(command: Command, words: Sequence[str], end: str = "", *, is_slashed: bool = False) -> bool:
    """Whether all of it is a call; `end` is how the sentence ends."""
    command = command if is_slashed else command.without_slash
    takes_all = any(argument.is_rest for argument in command.arguments)
    if takes_all and (end or not _is_phrase(words)):
        return False
    try:
        arguments = command.bind(words)
    except WrongUsage:
        return False
    # A question changes nothing, and neither does who hesitates: `budget reset?`, `forget yes…`
    if not command.changes_by(arguments):
        return command.names_its_action(arguments)
    is_meant = not (_HESITANT & set(end) or _DOTS in end)
    return is_meant and (is_slashed or (command.names_its_action(arguments) and _is_order(command, words)))


def _is_order(command: Command, words: Sequence[str]) -> bool:
    """Whether it begins with what is to be done: `budget for this channel set to $5` tells what somebody has done."""
    if not command.takes_an_action:
        return True
    return "action" in command.bind(words[:1]) and (len(words) < 2 or fold(words[1]) not in _TELLING)


def _is_phrase(words: Sequence[str]) -> bool:
    """Whether these are words to look for, rather than the rest of a sentence: `search engines that we support`."""
    sought = words[1:] if words and fold(words[0]) in _ABOUT else words
    is_sentence = any(fold(word) in STOP_WORDS[language] for word in sought for language in STOP_WORDS)
    return len(sought) <= _MOST_SOUGHT and not is_sentence


def _slip(first: str, words: Sequence[str], commands: Sequence[Command]) -> Call | None:
    """A name mistyped without a slash, where nothing else could be meant; it is told, not obeyed."""
    typed = fold(first)
    if not typed.isalpha():  # `budget:` is the beginning of a sentence
        return None
    for command in commands:
        if command.needs_slash or any(argument.is_rest for argument in command.without_slash.arguments):
            continue
        if any(_is_slip(typed, name) for name in command.names) and _makes_sense(command, words):
            return Call(first.casefold(), tuple(words))
    return None


def _is_slip(typed: str, name: str) -> bool:
    """Whether nothing but this name can be meant; of short ones only by the same letters."""
    is_clear = len(typed) >= _SHORTEST_SLIP or sorted(typed) == sorted(name)
    return is_clear and _slips(typed, name, 1) == 1


def _slips(typed: str, name: str, most: int) -> int:
    """How many letters are wrong, missing, too many or swapped with their neighbour."""
    if abs(len(typed) - len(name)) > most:
        return most + 1
    before: list[int] = []
    above = list(range(len(name) + 1))
    for at, letter in enumerate(typed):
        row = [at + 1]
        for column, wanted in enumerate(name):
            slips = min(above[column] + (letter != wanted), above[column + 1] + 1, row[column] + 1)
            if at and column and letter == name[column - 1] and typed[at - 1] == wanted:
                slips = min(slips, before[column - 1] + 1)
            row.append(slips)
        before, above = above, row
    return above[-1]
