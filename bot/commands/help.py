"""`/help`: what can be asked, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.base import Argument, Command, Invocation, WrongUsage
from bot.locales import Phrases
from bot.messages import Card
from rag.language import fold


async def _run(call: Invocation) -> Card:
    about = call.arguments.get("command")
    return Card(_everything(call) if about is None else _one(call, fold(about.removeprefix("/"))))


def _everything(call: Invocation) -> str:
    """Every command that this reader may call."""
    phrases = call.phrases
    lines = [
        phrases("help.line", usage=_short_usage(command, phrases), summary=phrases(command.summary))
        for command in call.commands
        if call.is_admin or not command.right
    ]
    return "\n".join([phrases("help.introduction"), "", *lines, "", phrases("help.more")])


def _short_usage(command: Command, phrases: Phrases) -> str:
    """How it is typed at its shortest; `/help NAME` tells the rest."""
    words = [argument.shown(phrases) for argument in command.arguments if argument.required or argument.is_rest]
    return " ".join([f"/{command.name}", *words])


def _one(call: Invocation, name: str) -> str:
    phrases = call.phrases
    for command in call.commands:
        if name in command.names:
            return "\n\n".join(_about(command, phrases))
    raise WrongUsage


def _about(command: Command, phrases: Phrases) -> Iterator[str]:
    what = phrases("help.one", usage=command.usage(phrases), summary=phrases(command.summary))
    yield f"{what} {phrases('help.for_admins')}" if command.right else what
    arguments = [
        phrases("help.argument", name=argument.shown(phrases), choices=_choices(argument, phrases))
        for argument in command.arguments
        if argument.choices or argument.reads
    ]
    if arguments:
        yield "\n".join(arguments)
    yield phrases("help.examples", examples=", ".join(f"`{example}`" for example in command.examples_in(phrases)))


def _choices(argument: Argument, phrases: Phrases) -> str:
    """First what everybody may say, then what only admins may."""
    told = [(choice.right, f"`{choice.shown(phrases).replace('-', ' ')}`") for choice in argument.choices]
    if argument.reads is not None:
        told.append((argument.right, phrases(f"reads.{argument.name}")))
    free = ", ".join(text for right, text in told if not right)
    of_admins = ", ".join(text for right, text in told if right)
    if not of_admins:
        return free
    return (
        phrases("help.of_both", free=free, of_admins=of_admins)
        if free
        else phrases("help.of_admins", of_admins=of_admins)
    )


HELP = Command(
    name="help",
    summary="help.summary",
    example="/help sources",
    run=_run,
    arguments=(Argument("command", required=False),),
    aliases=("ajuda",),
)
