"""`/unmute`: the bot answers in this conversation again without being called by name."""

from __future__ import annotations

from bot.commands.base import Command, Invocation
from bot.messages import Card


async def _run(call: Invocation) -> Card:
    await call.desk.journal.let_stand(call.thread, "active")
    return Card(call.phrases("unmute.done"))


UNMUTE = Command(
    "unmute", "unmute.summary", "/unmute", _run, aliases=("🔊", "reativar", "voltar a responder"), acts=True
)
