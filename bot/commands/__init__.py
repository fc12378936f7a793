"""COMMANDS: everything that can be asked of the bot besides a question; one file per command."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from bot.commands.base import Command, WrongUsage
from bot.commands.buttons import BAD, GOOD, HAND_OVER, QUOTES, RETRY, STOP, WHY
from bot.commands.help import HELP
from bot.commands.mute import MUTE
from bot.commands.quit import QUIT
from bot.commands.revise import DELETE, EDIT
from bot.commands.sources import SOURCES
from bot.commands.status import STATUS
from bot.commands.unmute import UNMUTE
from bot.messages import IncomingMessage, Press

COMMANDS: tuple[Command, ...] = (
    HELP, SOURCES, STATUS, WHY, QUOTES, GOOD, BAD, RETRY, STOP, HAND_OVER, MUTE, UNMUTE, EDIT, DELETE, QUIT,
)  # fmt: skip

_TEXT = "reason"
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

    `/name …` is always a call, so that a slip of the keys is not asked as a question; without the slash a message is
    one only if it is nothing but a command's name, or another word for it. The bot's name and no more asks for help.
    """
    text = text.strip()
    if not text:
        return Call("help")
    if slashed := _SLASHED.fullmatch(text):
        return Call(slashed[1].casefold(), tuple((slashed[2] or "").split()))
    word = text.casefold()
    return next((Call(command.name) for command in commands if word in command.words), None)


def button_of(message: IncomingMessage) -> Press | None:
    """The button that a message presses by its command; `None` for every other message."""
    if message.is_by_bot:
        return None
    commands = commands_on(message.thread.platform)
    call = read_call(message.text, commands)
    command = next((command for command in commands if call is not None and command.name == call.name), None)
    if call is None or command is None or command.button is None:
        return None
    try:
        arguments = command.bind(call.words)
    except WrongUsage:
        return None  # the conversation says so
    # By the message's id: the same mention comes as several events.
    return Press(
        event_id=f"{message.thread.place}:{message.id}",
        thread=message.thread,
        author=message.author,
        action=command.button,
        text=arguments.get(_TEXT, ""),
    )


def nearest(name: str, commands: tuple[Command, ...]) -> str | None:
    """The command that a mistyped name most likely means."""
    matches = get_close_matches(name, [command.name for command in commands], n=1)
    return matches[0] if matches else None
