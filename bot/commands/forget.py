"""`/forget`: everything that is kept about whoever says so is erased."""

from __future__ import annotations

from bot.commands.base import Argument, Choice, Command, Invocation
from bot.forgetting import forget
from bot.messages import Card


async def _run(call: Invocation) -> Card:
    if "sure" not in call.arguments:
        return Card(call.phrases("forget.ask"), private=True)
    gone = await forget(call.desk.accounts, call.author.id, besides=call.reference)
    phrases = call.phrases
    return Card(
        phrases(
            "forget.done",
            questions=phrases.count("count.questions", gone.questions),
            entries=phrases.count("count.entries", gone.entries),
        ),
        private=True,
    )


FORGET = Command(
    "forget",
    "forget.summary",
    "/forget",
    _run,
    (Argument("sure", required=False, choices=(Choice("yes"),)),),
    more=("forget.example",),
    aliases=("esquecer", "esqueça"),
    acts=True,
)
