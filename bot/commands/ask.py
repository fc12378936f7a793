"""`/ask`: a question for the documents, whatever its words look like; the conversation answers it as one."""

from __future__ import annotations

from bot.commands.base import Argument, Command, Invocation, WrongUsage
from bot.messages import Card


async def _nothing_asked(_call: Invocation) -> Card:
    raise WrongUsage


ASK = Command(
    "ask",
    "ask.summary",
    "ask.example",
    _nothing_asked,
    (Argument("text", is_rest=True),),
    aliases=("perguntar",),
    needs_slash=True,  # `ask HR about it?` is a question with all its words
    shown_to="everybody",
)
