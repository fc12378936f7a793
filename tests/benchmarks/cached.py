"""How long an answer takes that was given before: from memory, from the database, to a question that means the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from rag.language import detect_language
from rag.model import RungReason
from rag.pipeline import RagPipeline
from tests.benchmarks import chat_peers
from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row, ratio
from tests.benchmarks.installation import Installation, installed
from tests.benchmarks.routing import configure

_COLUMNS = (Column("p50_us"), Column("p99_us"), Column("share_of_first", 3))
_FIRST = "asked for the first time"
_GREETINGS = {"en": "Hello team,", "pt": "Oi pessoal,"}
_US = 1_000_000

Asked = tuple[float, RungReason]
"""Seconds that an answer took, and how it came about."""


async def run(plan: Plan, progress: Progress) -> Report:
    """Ask questions once, and then again in every way that memory has an answer to."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(chat_peers.provider())
        installation = await stack.enter_async_context(installed(plan, progress))
        configure(installation.folder / "config", url, streaming=True)
        questions = list(dict.fromkeys(installation.corpus.questions(plan.questions)))
        async with await installation.open() as pipeline:
            progress("asking for the first time")
            first = await _ask(pipeline, questions)
            progress("asking again")
            again = [asked for _ in range(plan.runs) for asked in await _ask(pipeline, questions)]
            similar = await _ask(pipeline, [_reworded(question) for question in questions])
        progress("asking in a new process")
        anew = await _ask_in_new_process(installation, questions)
    seconds = {
        _FIRST: _taken(first, "model_answered"),
        "again, from memory": _taken(again, "asked_before"),
        "again, from the database": _taken(anew[1:], "asked_before"),
        "in other words": _taken(similar, "similar_question"),
    }
    return Report(_COLUMNS, tuple(_rows(seconds)), _notes(plan, seconds, opening_s=anew[0][0]))


def _notes(plan: Plan, seconds: Mapping[str, Sequence[float]], *, opening_s: float) -> tuple[str, ...]:
    answers = ", ".join(f"{len(times):,} {name}" for name, times in seconds.items())
    return (
        f"{plan.chunks:,} chunks; a whole `pipeline.query`; {answers}",
        "for the first time: search, and a fake model that answers at once; a real one takes seconds",
        f"from the database: in a new process, but for its first question, which took {opening_s * 1_000:,.0f} ms",
        "in other words: with a greeting before it; looked for in the database every time",
    )


def _reworded(question: str) -> str:
    return f"{_GREETINGS[detect_language(question)]} {question[0].lower()}{question[1:]}"


async def _ask(pipeline: RagPipeline, questions: Sequence[str]) -> list[Asked]:
    asked: list[Asked] = []
    for question in questions:
        began = perf_counter()
        answer = await pipeline.query(question)
        asked.append((perf_counter() - began, answer.rung_reason))
    return asked


async def _ask_in_new_process(installation: Installation, questions: Sequence[str]) -> list[Asked]:
    config, environ = installation.folder / "config", installation.settings()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return await asyncio.get_running_loop().run_in_executor(process, _ask_anew, config, environ, questions)


def _ask_anew(config: Path, environ: Mapping[str, str], questions: Sequence[str]) -> list[Asked]:
    async def ask() -> list[Asked]:
        async with await RagPipeline.open(config, environ=environ) as pipeline:
            return await _ask(pipeline, questions)

    return asyncio.run(ask())


def _taken(asked: Sequence[Asked], reason: RungReason) -> list[float]:
    """The times of the answers that came about so: what was refused is not remembered."""
    return [seconds for seconds, came_about in asked if came_about == reason]


def _rows(seconds: Mapping[str, Sequence[float]]) -> list[Row]:
    base = median(seconds[_FIRST])
    return [
        Row(
            name,
            (
                median(times) * _US,
                quantiles(times, n=100, method="inclusive")[-1] * _US,
                ratio(median(times), base),
            ),
        )
        for name, times in seconds.items()
    ]
