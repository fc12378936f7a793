"""A command as it is called: known, allowed and run, or told kindly what is wrong with the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.commands.base import Command, Desk, Invocation, Load, WrongUsage
from bot.commands.reading import Call, named, nearest, without_name
from bot.locales import Phrases, phrases_in
from bot.messages import Card, Locale, Question
from rag.language import detect_language
from rag.model import Language

_LOCALES: Final[Mapping[Language, Locale]] = MappingProxyType({"en": "en", "pt": "pt-BR"})
_MOST_SHOWN_CHARS: Final = 40


async def answer(call: Call, question: Question, commands: Sequence[Command], desk: Desk, load: Load) -> Card:
    """What is said to a call; whoever meant the documents is one click away from them.

    Args:
        commands: All that there are in that place.
    """
    card = await card_of(call, question, commands, desk, load)
    command = named(call.name, commands)
    if is_typed(question) or (command is not None and command.acts):
        return card
    return replace(card, reference=question.reference, actions=(*card.actions, "documents"))


async def card_of(call: Call, question: Question, commands: Sequence[Command], desk: Desk, load: Load) -> Card:
    """The same, where nothing else can have been meant."""
    locale = question.author.locale
    # A sentence is answered in its own language.
    phrases = phrases_in(_LOCALES[detect_language(question.text)] if call.in_words else locale)
    command = named(call.name, commands)
    if command is None:
        return _unknown(call.name, commands, phrases)
    try:
        arguments = _own(command.bind(call.words), question)
        right = command.right_to(arguments)
        invocation = Invocation(
            desk=desk,
            arguments=arguments,
            author=question.author,
            thread=question.thread,
            phrases=phrases,
            commands=commands,
            reference=question.reference,
            direction=call.direction,
            load=load,
        )
        # Who asks in words for figures of others is shown their own.
        if right and not invocation.is_admin and (right == "changes" or not call.in_words):
            return Card(phrases(f"command.admins_{right}", name=command.name), private=True)
        return await command.run(invocation)
    except WrongUsage:
        example = command.example_like(call.words, phrases)
        return Card(phrases("command.wrong_usage", name=command.name, example=example), private=True)


def is_typed(question: Question) -> bool:
    """Whether it was called by its slash, and nothing else can have been meant."""
    return without_name(question.text).startswith("/")


def _unknown(name: str, commands: Sequence[Command], phrases: Phrases) -> Card:
    guess = nearest(name, commands)
    shown = name if len(name) <= _MOST_SHOWN_CHARS else f"{name[:_MOST_SHOWN_CHARS]}…"
    if guess is None:
        return Card(phrases("command.unknown", name=shown), private=True)
    return Card(phrases("command.near_miss", name=shown, nearest=guess), private=True)


def _own(arguments: Mapping[str, str], question: Question) -> Mapping[str, str]:
    """The same, where somebody who names themselves or their place means just that."""
    own = {f"user:{question.author.id}": "mine", f"channel:{question.thread.place}": "channel"}
    return {name: own.get(value, value) for name, value in arguments.items()}
