"""How much memory of its own a process takes, and what takes it."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import IO

from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row
from tests.benchmarks.installation import Installation, installed
from tests.benchmarks.processes import HAS_MEMORY_MAPS, foreign_imports, private_megabytes

_COLUMNS = (Column("private_mb", 1), Column("added_mb", 1))
_QUESTIONS = 100
_RECEIPT = "· ref "

Weigh = Callable[[Installation, Sequence[str]], Iterator[tuple[str, float]]]
"""Runs a process, and tells what it weighs at each of its stages."""


async def run(plan: Plan, progress: Progress) -> Report:
    """Weigh every process as often as planned."""
    if not HAS_MEMORY_MAPS:
        return Report(_COLUMNS, (), ("unavailable: only Linux tells what memory is a process's own",))
    processes: dict[str, Weigh] = {
        "lancedb": partial(_weighed, "lancedb"),
        "ragbot": partial(_weighed, "ragbot"),
        "ragbot chat": _chat,
    }
    weights: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in processes}
    async with installed(plan, progress) as installation:
        questions = installation.corpus.questions(min(plan.questions, _QUESTIONS))
        for number in range(1, plan.runs + 1):
            for name, weigh in processes.items():
                progress(f"run {number} of {plan.runs}: {name}")
                for stage, weight in weigh(installation, questions):
                    weights[name][stage].append(weight)
    return Report(
        _COLUMNS,
        tuple(row for name, stages in weights.items() for row in _rows(name, stages)),
        (
            f"{plan.chunks:,} chunks in the index, all questions different; medians of {plan.runs} processes each",
            "private: Private_Dirty of /proc/PID/smaps_rollup, in millions of bytes; added: since the stage before",
            "lancedb: imported plainly, one full-text query on one column a question; ragbot chat: through pipes",
            *foreign_imports(),
        ),
    )


def _rows(process: str, stages: Mapping[str, Sequence[float]]) -> Iterator[Row]:
    before: float | None = None
    for stage, weights in stages.items():
        weight = median(weights)
        yield Row(f"{process}: {stage}", (weight, None if before is None else weight - before))
        before = weight


def _weighed(name: str, installation: Installation, questions: Sequence[str]) -> Iterator[tuple[str, float]]:
    """The stages of a process of `tests.benchmarks.weighed`, which waits at each for a line."""
    command = ("-m", "tests.benchmarks.weighed", name, str(installation.folder), *questions)
    with _python(command, installation) as (process_id, stdin, stdout):
        for stage in stdout:
            yield stage.strip(), private_megabytes(process_id)
            stdin.write("\n")


def _chat(installation: Installation, questions: Sequence[str]) -> Iterator[tuple[str, float]]:
    """A whole `ragbot chat`."""
    with _python(("-m", "bot", "chat"), installation) as (process_id, stdin, stdout):
        for question in questions:
            stdin.write(f"{question}\n")
            if not any(_RECEIPT in line for line in stdout):
                raise RuntimeError(f"ragbot chat ended without an answer to {question!r}")
        yield f"{len(questions)} answered", private_megabytes(process_id)


@contextmanager
def _python(arguments: Sequence[str], installation: Installation) -> Iterator[tuple[int, IO[str], IO[str]]]:
    """A process's id, and its standard input and output by lines; both are closed and its end is awaited."""
    with subprocess.Popen(
        (sys.executable, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=installation.folder,
        env=installation.environment(),
        encoding="utf-8",
        bufsize=1,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.pid, process.stdin, process.stdout
        process.stdin.close()
        process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments[:3])}: exit code {process.returncode}")
