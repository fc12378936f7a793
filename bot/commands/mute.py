"""`/mute`: the bot keeps quiet in this conversation until it is asked by name."""

from __future__ import annotations

from bot.commands.base import Command, Invocation
from bot.messages import Card


async def _run(call: Invocation) -> Card:
    await call.desk.journal.let_stand(call.thread, "muted")
    return Card(call.phrases("mute.done"))


MUTE = Command("mute", "mute.summary", "/mute", _run, aliases=("🔇", "silenciar", "silêncio"), acts=True)
