"""How often a question is sorted as a careful person would sort it, and how long that takes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from time import perf_counter_ns
from typing import Literal, get_args

from rag.language import detect_language
from rag.model import Language, Task
from rag.routing.tasks import Sorted, classify
from tests.benchmarks.beir import collection_folders, read_collection
from tests.benchmarks.benchmark import CHECKOUT, Column, Plan, Progress, Report, Row

QUESTIONS = CHECKOUT / "tests/data/tasks/questions.jsonl"

_TASKS: tuple[Task, ...] = get_args(Task)
_COLUMNS = (
    Column("questions"), *(Column(f"as_{task}") for task in _TASKS),
    Column("right", 3), Column("fresh_right", 3), Column("median_us", 1),
)  # fmt: skip
_NANOSECONDS_PER_MICROSECOND = 1_000


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question and what a person says of it; see `tests/data/tasks/README.md`."""

    question: str
    language: Language
    task: Task
    fresh: bool
    half: Literal["tuning", "held_out"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules say of a question; the language is told by its words, as in the product."""

    labelled: Labelled
    sorted: Sorted
    microseconds: float


def read_questions(path: Path = QUESTIONS) -> tuple[Labelled, ...]:
    """The labelled questions, in the order of the file."""
    return tuple(Labelled(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())


def sort_all(questions: Iterable[Labelled], runs: int = 1) -> list[Outcome]:
    """Sort every question as the product does; the fastest of some runs counts."""
    return [_outcome(labelled, runs) for labelled in questions]


def rights(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """The shares of questions whose task, and whose freshness, are right."""
    return (
        mean(outcome.sorted.task == outcome.labelled.task for outcome in outcomes),
        mean(outcome.sorted.fresh == outcome.labelled.fresh for outcome in outcomes),
    )


async def run(plan: Plan, progress: Progress) -> Report:
    """Sort the labelled questions, and those of the retrieval collections, which all ask for facts."""
    progress("labelled questions")
    outcomes = sort_all(read_questions(), plan.runs)
    held_out = [outcome for outcome in outcomes if outcome.labelled.half == "held_out"]
    parts = [
        ("tuning half", [outcome for outcome in outcomes if outcome.labelled.half == "tuning"]),
        ("held-out half", held_out),
        ("held out, English", [outcome for outcome in held_out if outcome.labelled.language == "en"]),
        ("held out, Portuguese", [outcome for outcome in held_out if outcome.labelled.language == "pt"]),
        *((f"held out, {task}", [one for one in held_out if one.labelled.task == task]) for task in _TASKS),
    ]
    for folder in collection_folders(plan.collections):
        progress(folder.name)
        collection = read_collection(folder)
        asked = (
            Labelled(text, collection.language, "factual", fresh=False, half="held_out")
            for text in collection.questions.values()
        )
        parts.append((collection.name, sort_all(asked, plan.runs)))
    return Report(
        _COLUMNS,
        tuple(_row(what, part) for what, part in parts),
        (
            "the rules were tuned on the first half alone; see tests/data/tasks/README.md",
            "as_…: how many were sorted as that task; right, fresh right: shares whose task, or freshness, is right",
            "the collections were written by others, for other ends; all their questions count as factual",
        ),
    )


def _outcome(labelled: Labelled, runs: int) -> Outcome:
    language = detect_language(labelled.question)
    durations = []
    for _ in range(runs):
        start = perf_counter_ns()
        classify(labelled.question, language)
        durations.append(perf_counter_ns() - start)
    return Outcome(labelled, classify(labelled.question, language), min(durations) / _NANOSECONDS_PER_MICROSECOND)


def _row(what: str, outcomes: Sequence[Outcome]) -> Row:
    counted = Counter(outcome.sorted.task for outcome in outcomes)
    figures = (*(counted[task] for task in _TASKS), *rights(outcomes))
    return Row(what, (len(outcomes), *figures, median(outcome.microseconds for outcome in outcomes)))
