"""`/quit`: the farewell; the console, which alone has it, closes the chat after it."""

from __future__ import annotations

from bot.commands.base import Command, Invocation
from bot.messages import Card


async def _run(call: Invocation) -> Card:
    return Card(call.phrases("quit.farewell"))


QUIT = Command(name="quit", summary="quit.summary", example="/quit", run=_run, platform="console")
