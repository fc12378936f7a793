"""COMMANDS: everything that can be asked of the bot besides a question; one file per command."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from bot.commands.base import Command
from bot.commands.help import HELP
from bot.commands.quit import QUIT
from bot.commands.sources import SOURCES
from bot.commands.status import STATUS

COMMANDS: tuple[Command, ...] = (HELP, SOURCES, STATUS, QUIT)

_SLASHED = re.compile(r"/([a-z][a-z-]*)(?:\s+(.*))?", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """A command as it was typed; whether it exists is another matter."""

    name: str
    words: tuple[str, ...] = ()


def commands_on(platform: str) -> tuple[Command, ...]:
    """What can be called on a platform."""
    return tuple(command for command in COMMANDS if command.platform in {None, platform})


def read_call(text: str, commands: tuple[Command, ...]) -> Call | None:
    """The command that a message calls, `None` for a question.

    `/name …` is always a call, so that a slip of the keys is not asked as a question; without the slash a message
    is one only if it is nothing but a command's name.
    """
    text = text.strip()
    if slashed := _SLASHED.fullmatch(text):
        return Call(slashed[1].casefold(), tuple((slashed[2] or "").split()))
    name = text.casefold()
    return Call(name) if any(name == command.name for command in commands) else None


def nearest(name: str, commands: tuple[Command, ...]) -> str | None:
    """The command that a mistyped name most likely means."""
    matches = get_close_matches(name, [command.name for command in commands], n=1)
    return matches[0] if matches else None
