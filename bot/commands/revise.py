"""`/edit` and `/delete`: what other platforms do with the message itself. The console does it where there is one."""

from __future__ import annotations

from bot.commands.base import Argument, Command, Invocation
from bot.messages import Card


async def _nothing_asked(call: Invocation) -> Card:
    return Card(call.phrases("revise.nothing"))


EDIT = Command(
    "edit",
    "edit.summary",
    "edit.example",
    _nothing_asked,
    (Argument("question", is_rest=True),),
    platform="console",
    needs_slash=True,
)
DELETE = Command("delete", "delete.summary", "/delete", _nothing_asked, platform="console", needs_slash=True)
