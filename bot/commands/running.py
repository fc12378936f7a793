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
from bot.replies import refusal_card, shared_card
from rag.errors import QuotaExceeded
from rag.language import detect_language
from rag.model import Language

_LOCALES: Final[Mapping[Language, Locale]] = MappingProxyType({"en": "en", "pt": "pt-BR"})
_MOST_SHOWN_CHARS: Final = 40


async def answer(call: Call, question: Question, commands: Sequence[Command], desk: Desk, load: Load) -> Card:
    """What is said to a call; whoever meant the documents is one click away from them.

    Args:
        commands: All that there are in that place.
    """
    card, has_run = await _called(call, question, commands, desk, load)
    command = named(call.name, commands)
    actions = card.actions
    if card.private and has_run and _tells(call, commands):
        actions = (*actions, "share")
    if not (is_typed(question) or (command is not None and command.acts)):
        actions = (*actions, "documents")
    return replace(card, reference=question.reference, actions=actions) if actions else card


async def card_of(call: Call, question: Question, commands: Sequence[Command], desk: Desk, load: Load) -> Card:
    """The same, where nothing else can have been meant, and nobody else is to see it."""
    card, _ = await _called(call, question, commands, desk, load)
    return card


async def shared(call: Call, question: Question, commands: Sequence[Command], desk: Desk, load: Load) -> Card | None:
    """What is said to a call by now, for everybody in its place; `None` where it would do something, or is no secret.

    What whoever called it may not see any more is told to them alone, and not shown.
    """
    if not _tells(call, commands):
        return None
    card, has_run = await _called(call, question, commands, desk, load)
    if not has_run:
        return card
    if not card.private:
        return None  # they have all seen it
    return shared_card(card, without_name(question.text), question.author.id)


def _tells(call: Call, commands: Sequence[Command]) -> bool:
    """Whether it makes sense, and changes nothing."""
    command = named(call.name, commands)
    try:
        return command is not None and not command.changes_by(command.bind(call.words))
    except WrongUsage:
        return False


async def _called(
    call: Call, question: Question, commands: Sequence[Command], desk: Desk, load: Load
) -> tuple[Card, bool]:
    """What is said to a call, and whether it has run; it is told kindly why it has not."""
    locale = question.author.locale
    # A sentence is answered in its own language.
    phrases = phrases_in(_LOCALES[detect_language(question.text)] if call.in_words else locale)
    command = named(call.name, commands)
    if command is None:
        return _unknown(call.name, commands, phrases), False
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
            return Card(phrases(f"command.admins_{right}", name=command.name), private=True), False
        return await command.run(invocation), True
    except WrongUsage:
        example = command.example_like(call.words, phrases)
        return Card(phrases("command.wrong_usage", name=command.name, example=example), private=True), False
    except QuotaExceeded as refusal:
        return refusal_card(refusal, phrases), False


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
