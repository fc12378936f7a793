"""Retrieval collections on disk: where they are, and what is in them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.evaluation.records import read_records
from rag.language import detect_language
from rag.model import Language


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents, questions, and which answer which, by their ids.

    Attributes:
        documents: As Markdown.
        questions: Those that a document answers.
        answers: For each of them the documents that do.
    """

    name: str
    language: Language
    documents: Mapping[str, str]
    questions: Mapping[str, str]
    answers: Mapping[str, frozenset[str]]


def collection_folders(places: Sequence[Path]) -> list[Path]:
    """The collections in some folders; places that do not exist hold none."""
    return [file.parent for place in places for file in sorted(place.glob("*/corpus.jsonl"))]


def read_collection(folder: Path) -> Collection:
    """Read one.

    Raises:
        EvaluationError: A file is missing or wrong.
    """
    documents = {
        record.text("_id"): "\n\n".join(
            (f"# {record.optional_text('title') or record.text('_id')}", record.optional_text("text"))
        )
        for record in read_records(folder / "corpus.jsonl")
    }
    answers: dict[str, frozenset[str]] = {}
    with (folder / "qrels.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if int(row["score"]) > 0:
                known = answers.get(row["query-id"], frozenset())
                answers[row["query-id"]] = known | {row["corpus-id"]}
    asked = {record.text("_id"): record.text("text") for record in read_records(folder / "queries.jsonl")}
    questions = {name: text for name, text in asked.items() if name in answers}
    return Collection(folder.name, detect_language(" ".join(questions.values())), documents, questions, answers)
