"""What the scenarios in Slack share: what people see of answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.platforms.tables import without_tables
from tests.fakes.chat_bot import ChatBot
from tests.fakes.slack import Channel, Message, Seen, Slack, User
from tests.fakes.slack.workspace import Place, Thread
from tests.fakes.slack_bot import open_slack_bot
from tests.scenarios.talks import squeezed

BOT = "ragbot"


@asynccontextmanager
async def served(slack: Slack, where: Path, pipeline: Any, **how: Any) -> AsyncIterator[ChatBot]:
    """A bot in this Slack."""
    async with open_slack_bot(slack, where, pipeline, **how) as bot:
        yield bot


def of_bot(slack: Slack, place: Place, thread: Thread = None, by: User | None = None) -> list[Seen]:
    """What the bot has written there, as far as this person sees it."""
    return [shown for shown in slack.seen(place, thread, by) if shown.author == BOT]


def text_of(shown: Sequence[Seen]) -> str:
    """The answer's text in these messages, without what stands around it."""
    return "\n".join(block["text"] for one in shown for block in one.blocks if block["type"] == "markdown")


def is_finished(shown: Sequence[Seen]) -> bool:
    """Whether an answer stands there with its buttons, and nothing is being written any more."""
    return bool(shown) and "Try again" in shown[-1].buttons and not any(one.streaming for one in shown)


async def asked(slack: Slack, who: User, where: Place, question: str, thread: Thread = None) -> Message:
    """Ask the bot by its name; returns when the answer is finished."""
    message = await slack.says(who, where, f"{slack.mention} {question}", thread)
    await answered(slack, where, message)
    return message


async def answered(slack: Slack, where: Place, question: Thread, *, answers: int = 1) -> list[Seen]:
    """Wait until so many answers stand in the thread; returns all that the bot has written there."""

    def is_done() -> bool:
        shown = [one for one in of_bot(slack, where, question) if not one.ephemeral]
        finished = [one for one in shown if "Try again" in one.buttons and not one.streaming]
        return len(finished) >= answers and is_finished(shown)

    await slack.until(is_done)
    return of_bot(slack, where, question)


def is_whole(slack: Slack, where: Channel | User, question: Thread, text: str) -> None:
    """All of the answer stands there, once, and every message of it can be read alone."""
    shown = of_bot(slack, where, question)
    assert squeezed(text_of(shown)) == squeezed(without_tables(text))
    assert all(one.text.count("```") % 2 == 0 for one in shown), "code is left open"
    assert slack.without_fallback == 0
    assert all(one.fallback or one.message.stream for one in shown)
