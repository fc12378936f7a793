"""How long a person waits from the start of a process to its answer, or to the prompt."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from functools import partial
from statistics import median

from tests.benchmarks.benchmark import Column, Measure, Plan, Progress, Report, Row, in_turn, ratio
from tests.benchmarks.installation import Installation, installed
from tests.benchmarks.processes import (
    HAS_TERMINALS,
    Surroundings,
    foreign_imports,
    seconds_at_terminal,
    seconds_through_pipes,
)

_COLUMNS = (Column("median_s", 2), Column("fastest_s", 2), Column("times_import_lancedb", 2))
_IMPORT = "python -c 'import lancedb'"
_RECEIPT, _PROMPT = "· ref ", "›"
_QUIT = "/quit\r"


async def run(plan: Plan, progress: Progress) -> Report:
    """Start every process as often as planned."""
    async with installed(plan, progress) as installation:
        seconds = await in_turn(_contenders(installation), plan, progress)
    base = median(seconds[_IMPORT])
    rows = (Row(name, (median(times), min(times), ratio(median(times), base))) for name, times in seconds.items())
    notes = [
        f"{plan.chunks:,} chunks in the index; processes in turn, medians of {plan.runs} runs",
        "ask and chat through pipes: until the whole answer is printed; at a terminal: until its last line is shown",
        "prompt: until the next question can be typed; `ragbot run` has looked by then whether any document changed",
    ]
    notes += foreign_imports()
    if not HAS_TERMINALS:
        notes.append("no pseudo-terminals on this system: measured through pipes only")
    return Report(_COLUMNS, tuple(rows), tuple(notes))


def _contenders(installation: Installation) -> Mapping[str, Measure]:
    around = Surroundings(installation.folder, installation.environment())
    ragbot = (sys.executable, "-m", "bot")
    (question,) = installation.corpus.questions(1)

    def piped(*command: str, said: str = "") -> Measure:
        return partial(asyncio.to_thread, seconds_through_pipes, around, command, said)

    def at_terminal(*command: str, awaited: str, then: str = "") -> Measure:
        return partial(asyncio.to_thread, seconds_at_terminal, around, command, awaited, then)

    through_pipes = {
        "python -c pass": piped(sys.executable, "-c", "pass"),
        _IMPORT: piped(sys.executable, "-c", "import lancedb"),
        "ragbot ask, through a pipe": piped(*ragbot, "ask", question),
        "ragbot chat, through pipes": piped(*ragbot, "chat", said=f"{question}\n"),
    }
    if not HAS_TERMINALS:
        return through_pipes
    return {
        **through_pipes,
        "ragbot ask, at a terminal": at_terminal(*ragbot, "ask", question, awaited=_RECEIPT),
        "ragbot chat, prompt": at_terminal(*ragbot, "chat", awaited=_PROMPT, then=_QUIT),
        "ragbot run, prompt": at_terminal(*ragbot, "run", awaited=_PROMPT, then=_QUIT),
    }
