"""COMMANDS: everything that can be asked of the bot besides a question; one file per command."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.alerts import ALERTS
from bot.commands.ask import ASK
from bot.commands.base import Command, WrongUsage
from bot.commands.budget import BUDGET
from bot.commands.buttons import BAD, BOOKS, DOCUMENTS, GOOD, HAND_OVER, QUOTES, RETRY, STOP, WHY
from bot.commands.cost import COST
from bot.commands.forget import FORGET
from bot.commands.help import HELP
from bot.commands.limits import LIMITS
from bot.commands.models import MODELS
from bot.commands.mute import MUTE
from bot.commands.quit import QUIT
from bot.commands.reading import Call, call_in, hint_in, named, nearest, read_call, without_name
from bot.commands.report import REPORT
from bot.commands.revise import DELETE, EDIT
from bot.commands.search import SEARCH
from bot.commands.sources import SOURCES
from bot.commands.status import STATUS
from bot.commands.unmute import UNMUTE
from bot.messages import IncomingMessage, Press

__all__ = [
    "COMMANDS",
    "Call",
    "as_question",
    "button_of",
    "call_in",
    "commands_on",
    "hint_in",
    "is_asked",
    "named",
    "nearest",
    "read_call",
    "without_name",
]

COMMANDS: tuple[Command, ...] = (
    HELP, ASK, SEARCH, SOURCES, COST, BUDGET, LIMITS, MODELS, STATUS, REPORT, ALERTS, WHY, QUOTES, GOOD, BAD, RETRY,
    STOP, HAND_OVER, DOCUMENTS, BOOKS, MUTE, UNMUTE, FORGET, EDIT, DELETE, QUIT,
)  # fmt: skip


def commands_on(platform: str) -> tuple[Command, ...]:
    """What can be called on a platform."""
    return tuple(command for command in COMMANDS if command.platform in {None, platform})


def button_of(message: IncomingMessage) -> Press | None:
    """The button that a message presses by its command; `None` for every other message."""
    if message.is_by_bot or message.is_question:
        return None
    commands = commands_on(message.thread.platform)
    call = read_call(message.text, commands)
    command = None if call is None else named(call.name, commands)
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
        text=next((arguments.get(argument.name, "") for argument in command.arguments if argument.is_rest), ""),
    )


def is_asked(text: str) -> bool:
    """Whether a message is `/ask …`: the rest of it is a question of the documents, whatever it looks like."""
    call = read_call(text, (ASK,))
    return call is not None and call.name == ASK.name and bool(call.words)


def as_question(message: IncomingMessage) -> IncomingMessage:
    """What `/ask …` asks; other messages as they are."""
    if message.is_question or not is_asked(message.text):
        return message
    return replace(message, text=without_name(message.text).split(maxsplit=1)[1], is_question=True)
