"""`/help`: what can be asked, made from the commands themselves."""

from __future__ import annotations

from bot.commands.base import Argument, Command, Invocation, WrongUsage
from bot.messages import Card


async def _run(call: Invocation) -> Card:
    about = call.arguments.get("command")
    return Card(_everything(call) if about is None else _one(call, about.removeprefix("/").casefold()))


def _everything(call: Invocation) -> str:
    lines = [
        call.phrases("help.line", usage=command.usage(call.phrases), summary=call.phrases(command.summary))
        for command in call.commands
    ]
    return "\n".join([call.phrases("help.introduction"), "", *lines])


def _one(call: Invocation, name: str) -> str:
    for command in call.commands:
        if command.name == name:
            summary = call.phrases(command.summary)
            return call.phrases(
                "help.one", usage=command.usage(call.phrases), summary=summary, example=command.example_in(call.phrases)
            )
    raise WrongUsage


HELP = Command(
    name="help",
    summary="help.summary",
    example="/help sources",
    run=_run,
    arguments=(Argument("command", required=False),),
)
