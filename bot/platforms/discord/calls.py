"""What people chose behind `/`, as the text of a command; and what is proposed to them while they type (pure).

Shapes: docs.discord.com/developers/interactions/receiving-and-responding, 2026-12. Names come in English, whatever the
language of whoever calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

from bot.commands import commands_on, named
from bot.commands.amounts import measured, usd_in
from bot.commands.base import Argument, Choice, Command
from bot.locales import Phrases
from bot.platforms.discord.offers import MAX_VALUE_CHARS, NAME, option_name
from bot.text import cut, one_line
from rag.language import fold
from rag.quota.quotas import MEASURES

MAX_PROPOSALS = 25
MAX_SHOWN_CHARS = 100
"""Of a proposal's name; both: docs.discord.com/developers/interactions/receiving-and-responding, 2026-12."""

Kind = Literal["models", "collections", "channels", "amounts", "limits", "commands"]

_OF_COMMANDS = frozenset({1, 2})
_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "model": "models",
        "spender": "channels",
        "whose": "channels",
        "amount": "amounts",
        "limit": "limits",
        "command": "commands",
        "collection": "collections",
    }
)
_MICRO = 1_000_000
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_BESIDE_SIGNS = re.compile(r"\s*([/=])\s*")
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody is about to give to a command.

    Attributes:
        kind: What can be proposed.
        typed: What is there of it so far.
    """

    kind: Kind
    typed: str
    command: Command
    argument: Argument


@dataclass(frozen=True, slots=True)
class _Proposal:
    """Something that may be meant.

    Attributes:
        value: What the command is given.
        words: What else it is found by.
    """

    shown: str
    value: str
    words: tuple[str, ...] = ()


def text_of(data: Mapping[str, object]) -> str:
    """A command as it would be typed, from the `data` of an interaction: `/cost month by user`."""
    name, options = _called(data)
    given = {str(option["name"]): str(option.get("value", "")).strip() for option in options}
    command = named(name, commands_on(NAME))
    if command is None:  # another version of the bot offered it
        words: Iterable[str] = given.values()
    else:
        words = _words(command, given)
    return " ".join([f"/{name}", *filter(None, words)])


def asked_for(data: Mapping[str, object]) -> Sought | None:
    """What is being typed, from the `data` of an interaction that asks for proposals; `None` if there are none."""
    name, options = _called(data)
    command = named(name, commands_on(NAME))
    focused = next((option for option in options if option.get("focused")), None)
    if command is None or focused is None:
        return None
    argument = next((one for one in command.arguments if option_name(command, one) == focused["name"]), None)
    if argument is None or argument.name not in _KINDS:
        return None
    return Sought(_KINDS[argument.name], str(focused.get("value", "")).strip(), command, argument)


def complete(
    sought: Sought,
    *,
    models: Sequence[str] = (),
    collections: Sequence[str] = (),
    channels: Mapping[str, str] = _NONE,
    phrases: Phrases,
) -> list[tuple[str, str]]:
    """What may be meant, the likeliest first: what is shown, and what the command is given.

    Args:
        models: All that may be named, as `provider/model`.
        collections: Those that may be read there.
        channels: Names by id; those that whoever types may see.
        phrases: Of the language of whoever types.
    """
    fitting: dict[str, str] = {proposal.value: proposal.shown for proposal in _as_typed(sought, channels, phrases)}
    ranked = [
        (rank, proposal)
        for proposal in _all(sought, models, collections, channels, phrases)
        if (rank := _rank(sought.typed, (proposal.shown, *proposal.words))) is not None
    ]
    for _, proposal in sorted(ranked, key=lambda one: one[0]):  # alike ones stay in their order
        fitting.setdefault(proposal.value, proposal.shown)
    proposals = [(cut(one_line(shown), MAX_SHOWN_CHARS), value) for value, shown in fitting.items()]
    # A value that is cut would be another one.
    return [(shown, value) for shown, value in proposals if shown and len(value) <= MAX_VALUE_CHARS][:MAX_PROPOSALS]


def _called(data: Mapping[str, object]) -> tuple[str, Sequence[Mapping[str, object]]]:
    """The name of the command, which may be a subcommand, and the options that were filled in."""
    name, options = str(data["name"]), _options(data)
    while options and options[0].get("type") in _OF_COMMANDS:
        name, options = str(options[0]["name"]), _options(options[0])
    return name, options


def _options(data: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    options = data.get("options")
    return options if isinstance(options, Sequence) and not isinstance(options, str) else ()


def _words(command: Command, given: Mapping[str, str]) -> Iterator[str]:
    for argument in command.arguments:
        value = given.get(option_name(command, argument), "")
        if not value:
            continue
        if argument.after:
            yield argument.after
        yield value if argument.is_rest else _one_value(argument, value)


def _one_value(argument: Argument, value: str) -> str:
    """A value that is read as this argument or not at all: `US$ 5` as it is, `openai / gpt` without its spaces."""
    words = _BESIDE_SIGNS.sub(r"\1", value).split()
    written = " ".join(words)
    is_one = len(words) == 1 or (argument.choices and argument.read(written) is not None)
    # In quotation marks no word of it means anything: it is refused, and not taken for something else.
    return written if is_one else f'"{written}"'


def _as_typed(sought: Sought, channels: Mapping[str, str], phrases: Phrases) -> Iterator[_Proposal]:
    """What was typed itself, where it means something."""
    typed, reads = sought.typed, sought.argument.reads
    if reads is None or reads(typed) is None:
        return
    match sought.kind:
        case "amounts":
            amount = usd_in(typed)
            if amount is not None:
                yield _Proposal(phrases.usd(int(Decimal(amount) * _MICRO)), amount)
        case "channels":
            name = channels.get(typed.removeprefix("<#").removesuffix(">"))
            yield _Proposal(f"#{name}" if name else typed, typed)
        case "limits" | "models" | "commands" | "collections":
            return


def _all(
    sought: Sought,
    models: Sequence[str],
    collections: Sequence[str],
    channels: Mapping[str, str],
    phrases: Phrases,
) -> Iterator[_Proposal]:
    for choice in sought.argument.choices:
        yield _of_choice(choice, phrases)
    match sought.kind:
        case "models":
            yield from (_Proposal(model, model) for model in models)
        case "collections":
            yield from (_Proposal(collection, collection) for collection in collections)
        case "channels":
            yield from (_Proposal(f"#{name}", f"<#{id_}>", (name,)) for id_, name in channels.items())
        case "limits":
            yield from _limits(sought, phrases)
        case "commands":
            yield from (_of_command(command, phrases) for command in commands_on(NAME))
        case "amounts":
            return


def _of_choice(choice: Choice, phrases: Phrases) -> _Proposal:
    shown = choice.shown(phrases).replace("-", " ")
    return _Proposal(shown, choice.name, tuple(sorted(choice.words)))


def _of_command(command: Command, phrases: Phrases) -> _Proposal:
    return _Proposal(f"{command.name}: {phrases(command.summary)}", command.name, tuple(sorted(command.names)))


def _limits(sought: Sought, phrases: Phrases) -> Iterator[_Proposal]:
    """All that can be limited, each with the amount that was typed behind it."""
    name, equals, amount = sought.typed.partition("=")
    known = sought.argument.read(name.strip())
    for measure in MEASURES:
        what = measured(measure, phrases)
        if not equals:
            yield _Proposal(f"{what}: {measure}", str(measure))
        elif known == str(measure) and sought.argument.read(value := f"{measure}={amount.strip()}") is not None:
            yield _Proposal(f"{what}: {value}", value, (sought.typed,))


def _rank(typed: str, texts: Iterable[str]) -> int | None:
    """How well something fits: it begins so, one of its words does, it holds it somewhere; `None`: not at all."""
    wanted = fold(typed)
    return min((rank for text in texts if (rank := _rank_of(wanted, fold(text))) is not None), default=None)


def _rank_of(wanted: str, text: str) -> int | None:
    if text.startswith(wanted):
        return 0
    words = _BETWEEN_WORDS.split(text)
    if all(any(word.startswith(one) for word in words) for one in _BETWEEN_WORDS.split(wanted) if one):
        return 1
    return 2 if wanted in text else None
