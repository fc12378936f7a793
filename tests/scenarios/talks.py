"""What the scenarios in chats share: a model that writes when a test lets it, and answers of every kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, cast

from rag.clock import SystemClock
from rag.model import Answer, Citation, Event, Token
from tests.fakes.scripted_pipeline import CITATION, Piece, ScriptedPipeline, says

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


def squeezed(text: str) -> str:
    """A text without white space, and without the lines that open and close code: those come again at every cut."""
    lines = (line for line in text.splitlines() if not line.strip(" >").startswith(("```", "~~~")))
    return "".join("".join(lines).split())


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
