"""What the scenarios in Slack share: a model that writes when a test lets it, and what people see of its answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, cast

from bot.platforms.tables import without_tables
from rag.clock import SystemClock
from rag.model import Answer, Citation, Event, Token
from tests.fakes.scripted_pipeline import CITATION, Piece, ScriptedPipeline, says
from tests.fakes.slack import Channel, Message, Seen, Slack, User
from tests.fakes.slack.workspace import Place, Thread
from tests.fakes.slack_bot import SlackBot, open_slack_bot

BOT = "ragbot"


CODE = "\n".join(f"    value_{n} = compute({n})  # 数値 {n}" for n in range(400))
TABLE = "| name | price |\n|---|---:|\n" + "\n".join(f"| item {n} | {n} |" for n in range(40))
WIDE = "| name | why | how |\n|---|---|---|\n" + "\n".join(
    f"| n{n} | {'because ' * 8} | {'so ' * 9} |" for n in range(9)
)
PROSE = "\n\n".join(f"Paragraph {n}: it is 👩🏽‍💻 **said** that [1] the " + f"文字 {n}。words " * 30 for n in range(60))
LIST = "\n".join(f"{n}. item {n}\n   - deeper {n}" for n in range(300))
LONG = f"# Everything\n\n{PROSE}\n\n```python\n{CODE}\n```\n\n{TABLE}\n\n{LIST}\n\n{WIDE}\n\nThe very end [1]."


class Gate(str):
    """A piece of an answer at which the model waits until the test opens it."""

    __slots__ = ("opened",)

    def __init__(self) -> None:
        self.opened = asyncio.Event()

    def __new__(cls) -> Self:
        return super().__new__(cls, "")

    def open(self) -> None:
        self.opened.set()


@dataclass
class Model(ScriptedPipeline):
    """A scripted pipeline that waits at gates, and whose answers may be changed.

    Attributes:
        finals: What the answers say in the end, by question, in place of what was streamed.
        changes: Of every answer.
    """

    finals: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)

    async def stream(self, question: str, **how: Any) -> AsyncGenerator[Event, None]:
        async for event in super().stream(question, **how):
            if isinstance(event, Token) and isinstance(event.text, Gate):
                await event.text.opened.wait()
            elif isinstance(event, Answer):
                yield replace(event, **{"text": self.finals.get(question, event.text), **self.changes})
            else:
                yield event


def model(**answers: Piece | Sequence[Piece]) -> Model:
    """A model that knows these answers; an underscore in a question stands for a space."""
    told = {question: [pieces] if isinstance(pieces, str) else pieces for question, pieces in answers.items()}
    scripts = {question: cast("Sequence[Piece]", pieces) for question, pieces in told.items()}
    return Model({question.replace("_", " "): says(*pieces) for question, pieces in scripts.items()})


@asynccontextmanager
async def served(slack: Slack, where: Path, pipeline: Any, **how: Any) -> AsyncIterator[SlackBot]:
    """A bot in this Slack."""
    async with open_slack_bot(slack, where, pipeline, **how) as bot:
        yield bot


def of_bot(slack: Slack, place: Place, thread: Thread = None, by: User | None = None) -> list[Seen]:
    """What the bot has written there, as far as this person sees it."""
    return [shown for shown in slack.seen(place, thread, by) if shown.author == BOT]


def text_of(shown: Sequence[Seen]) -> str:
    """The answer's text in these messages, without what stands around it."""
    return "\n".join(block["text"] for one in shown for block in one.blocks if block["type"] == "markdown")


def squeezed(text: str) -> str:
    """A text without white space, and without the lines that open and close code: those come again at every cut."""
    lines = (line for line in text.splitlines() if not line.strip(" >").startswith(("```", "~~~")))
    return "".join("".join(lines).split())


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


def citations(count: int, **changes: Any) -> tuple[Citation, ...]:
    """So many sources."""
    return tuple(replace(CITATION, n=n, **changes) for n in range(1, count + 1))


class Hasty(SystemClock):
    """Shortens the pauses between one change and the next."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.05) if seconds < 4 else seconds)


def in_pieces(text: str, size: int = 97) -> list[str]:
    """A text as a model writes it."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def is_whole(slack: Slack, where: Channel | User, question: Thread, text: str) -> None:
    """All of the answer stands there, once, and every message of it can be read alone."""
    shown = of_bot(slack, where, question)
    assert squeezed(text_of(shown)) == squeezed(without_tables(text))
    assert all(one.text.count("```") % 2 == 0 for one in shown), "code is left open"
    assert slack.without_fallback == 0
    assert all(one.fallback or one.message.stream for one in shown)
