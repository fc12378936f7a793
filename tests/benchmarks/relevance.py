"""How often the judge is right: whether the documents answer a question, or it has to be refused.

Three kinds of questions are asked of an index that holds one collection:

- its own, which it can answer;
- foreign ones, of another collection in the same language, which it cannot;
- hard ones: its own again, once the documents that answer them are withheld and their neighbours are still there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from rag.pipeline import RagPipeline
from tests.benchmarks.beir import Collection, collection_folders, read_collection
from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row, ratio

_COLUMNS = (
    Column("documents"), Column("own"), Column("foreign"), Column("hard"),
    Column("foreign_refused", 3), Column("hard_refused", 3),
    Column("answer_precision", 3), Column("answer_recall", 3),
    Column("refusal_precision", 3), Column("refusal_recall", 3),
)  # fmt: skip
_WITHHELD = 1 / 3


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether each question was found answerable, by kind of question."""

    own: Sequence[bool]
    foreign: Sequence[bool]
    hard: Sequence[bool]

    def figures(self) -> tuple[float | int | None, ...]:
        """In the order of the columns but the first; precision and recall over the questions of all kinds together."""
        unanswerable = (*self.foreign, *self.hard)
        answered = sum(self.own) + sum(unanswerable)
        rightly_refused = unanswerable.count(False)
        refused = self.own.count(False) + rightly_refused
        return (
            len(self.own),
            len(self.foreign),
            len(self.hard),
            ratio(self.foreign.count(False), len(self.foreign)),
            ratio(self.hard.count(False), len(self.hard)),
            ratio(sum(self.own), answered),
            ratio(sum(self.own), len(self.own)),
            ratio(rightly_refused, refused),
            ratio(rightly_refused, len(unanswerable)),
        )


async def run(plan: Plan, progress: Progress) -> Report:
    """Judge every collection that is there; collections in one folder are foreign to each other."""
    rows = []
    for place in plan.collections:
        collections = [read_collection(folder) for folder in collection_folders([place])]
        for collection in collections:
            progress(collection.name)
            others = (other for other in collections if other is not collection)
            foreign = [
                text for other in others if other.language == collection.language for text in other.questions.values()
            ]
            judged = await judge(collection, foreign)
            rows.append(Row(collection.name, (len(collection.documents), *judged.figures())))
    return Report(
        _COLUMNS,
        tuple(rows),
        (
            "own: the collection answers them; foreign: other collections in its language do, it does not",
            "hard: own ones, after all that answers them was withheld (a third of the documents that answer any)",
            "precision: the part of what was answered, or refused, that rightly was; depends on the mix of questions",
            "recall: the part of what could be answered, or had to be refused, that was",
        ),
    )


async def judge(collection: Collection, foreign: Iterable[str]) -> Judged:
    """Ask all questions of an index with the collection's documents in it, and nothing else."""
    withheld, hard = _withhold(collection)
    with TemporaryDirectory(prefix="ragbot-bench-") as name:
        documents, config, data = (Path(name) / part for part in ("documents", "config", "data"))
        config.mkdir()  # nothing in it: all defaults
        files = _write(collection, documents)
        async with await RagPipeline.open(config, environ={"RAGBOT_DATA": str(data)}) as pipeline:
            await pipeline.add_documents(documents)
            judged_own = await _relevant(pipeline, collection.questions.values())
            judged_foreign = await _relevant(pipeline, foreign)
            for document in withheld:
                files[document].unlink()
            await pipeline.add_documents(documents)
            return Judged(judged_own, judged_foreign, await _relevant(pipeline, hard))


async def _relevant(pipeline: RagPipeline, questions: Iterable[str]) -> list[bool]:
    return [(await pipeline.search(question)).relevant for question in questions]


def _withhold(collection: Collection) -> tuple[frozenset[str], list[str]]:
    """A third of the documents that answer anything, and the questions that nothing answers without them."""
    answering = sorted(frozenset[str]().union(*collection.answers.values()))
    withheld = frozenset(Random(0).sample(answering, round(len(answering) * _WITHHELD)))
    hard = [text for name, text in collection.questions.items() if collection.answers[name] <= withheld]
    return withheld, hard


def _write(collection: Collection, folder: Path) -> dict[str, Path]:
    """A file for each document; numbered, because an id may be no file name."""
    folder.mkdir()
    files = {}
    for number, (name, text) in enumerate(collection.documents.items()):
        files[name] = folder / f"{number}.md"
        files[name].write_text(text, encoding="utf-8")
    return files
