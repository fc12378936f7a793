"""Questions that wait: what each of them weighs, and ten thousand at the same moment, all of which are answered."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.benchmark import CHECKOUT, Column, Plan, Progress, Report, Row
from tests.benchmarks.installation import installed
from tests.benchmarks.processes import HAS_MEMORY_MAPS
from tests.benchmarks.routing import configure
from tests.benchmarks.waiters import THREADS

# At the default of 200 questions, 1,000 and 10,000 of them.
_PER_QUESTION = (5, 50)
_CHUNKS = 1_000
_FIRST_TOKEN_S = 0.2
_KB_PER_MB = 1_000
_COLUMNS = (
    Column("questions"), Column("kb_per_question", 2), Column("before_mb", 1), Column("peak_mb", 1),
    Column("seconds", 1), Column("questions_per_s"), Column("by_model"), Column("failed"), Column("lost"),
    Column("twice"),
)  # fmt: skip


async def run(plan: Plan, progress: Progress) -> Report:
    """Weigh questions that wait for ever, then ask as many of a whole pipeline."""
    if not HAS_MEMORY_MAPS:
        return Report(_COLUMNS, (), ("unavailable: only Linux tells what memory is a process's own",))
    rows = []
    for times in _PER_QUESTION:
        for name, options in (("private memory", ()), ("Python's objects", ("--trace",))):
            progress(f"{times * plan.questions:,} wait: {name}")
            rows.append(await _still(name, times * plan.questions, options))
    rows.append(await _flood(_PER_QUESTION[-1] * plan.questions, plan, progress))
    return Report(_COLUMNS, tuple(rows), tuple(_notes()))


async def _still(name: str, questions: int, options: Sequence[str]) -> Row:
    with TemporaryDirectory(prefix="ragbot-bench-") as folder:
        told = await _told("still", f"sqlite:///{folder}/state.db", questions=questions, options=options)
    before, after = told["before_mb"], told["after_mb"]
    each_kb = (after - before) * _KB_PER_MB / questions
    return Row(
        f"{questions:,} waiting, {name}", (questions, each_kb, before, after, None, None, None, None, None, None)
    )


async def _flood(questions: int, plan: Plan, progress: Progress) -> Row:
    small = replace(plan, chunks=min(plan.chunks, _CHUNKS))
    async with _provider() as url, installed(small, progress) as installation:
        config = installation.folder / "config"
        configure(config, url, streaming=True)
        progress(f"{questions:,} asked at once")
        where = str(config), str(installation.folder / "data")
        told = await _told("flood", *where, questions=questions, options=(f"--chunks={small.chunks}",))
    shown = {int(times): count for times, count in told["shown"].items()}
    figures = (
        questions,
        (told["peak_mb"] - told["before_mb"]) * _KB_PER_MB / questions,
        told["before_mb"],
        told["peak_mb"],
        told["seconds"],
        questions / told["seconds"],
        told["by_model"],
        questions - told["answered"],
        questions - sum(shown.values()) + shown.get(0, 0),
        sum(count for times, count in shown.items() if times > 1),
    )
    return Row(f"{questions:,} asked at the same moment", figures)


async def _told(what: str, *where: str, questions: int, options: Sequence[str] = ()) -> Mapping[str, Any]:
    """By a process of `tests.benchmarks.waiters`."""
    command = ("-m", "tests.benchmarks.waiters", what, *where, f"--questions={questions}", *options)
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE, cwd=CHECKOUT)
    printed, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}")
    told: dict[str, Any] = json.loads(printed)
    return told


@asynccontextmanager
async def _provider() -> AsyncIterator[str]:
    """The base URL of a fake provider that thinks for a moment, in a process of its own until the block ends."""
    command = (sys.executable, "-m", "tests.fakes.openai_server", f"--latency={_FIRST_TOKEN_S}")
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=CHECKOUT)
    assert process.stdout is not None
    try:
        yield f"{(await process.stdout.readline()).decode().strip()}/v1"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _notes() -> Iterator[str]:
    yield f"asked at the same moment in {THREADS} conversations by 1,000 people, of a process of its own, on SQLite"
    yield "waiting: nobody answers; all stand in the journal, 100 are asked and the others in line; per question: added"
    yield "private: Private_Dirty of /proc/PID/smaps_rollup; Python's objects: by tracemalloc, in another process"
    yield f"asked: a whole RagPipeline, {_CHUNKS:,} chunks; the fake provider thinks for {_FIRST_TOKEN_S:g} s"
    yield "by model: the others were refused, as nothing in the documents is about them, or answered from memory"
    yield "failed: with any outcome but an answer; lost: nothing finished was shown; twice: more than once"
