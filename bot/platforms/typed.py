"""Commands as they are typed where every one but `/ask` is a word after `/rag`: in Slack and in Discord (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from bot.commands import commands_on, named, read_call
from bot.commands.base import Command

OWN = frozenset({"ask"})
"""The commands that are slash commands of their own."""

_OF_THREADS = frozenset({"mute", "unmute"})


def _below_rag(command: Command) -> str:
    return f"/rag {command.name}"


def as_typed(text: str, platform: str, call_of: Callable[[Command], str] = _below_rag) -> str:
    """The text with `/cost` as `/rag cost`.

    Args:
        call_of: How a command is typed; its names in other languages stay as they are.
    """
    typed = dict(_typed(platform, call_of))
    return _calls(platform).sub(lambda call: typed[call[1].casefold()], text)


def is_about_thread(text: str, platform: str) -> bool:
    """Whether a command is about a conversation, rather than about anything else: `/why`, `/mute`."""
    call = read_call(text, commands_on(platform))
    command = None if call is None else named(call.name, commands_on(platform))
    return command is not None and (command.button is not None or command.name in _OF_THREADS)


@cache
def _typed(platform: str, call_of: Callable[[Command], str]) -> tuple[tuple[str, str], ...]:
    """How commands are typed, by all their names."""
    below = [command for command in commands_on(platform) if command.name not in OWN]
    return tuple(
        (name.casefold(), f"{call_of(command).rpartition(' ')[0]} {name}")
        for command in below
        for name in (command.name, *command.aliases)
    )


@cache
def _calls(platform: str) -> re.Pattern[str]:
    names = (
        name
        for command in commands_on(platform)
        if command.name not in OWN
        for name in (command.name, *command.aliases)
    )
    return re.compile(rf"(?<![\w/.:])/({'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})(?![\w/])")
