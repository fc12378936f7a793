"""Retrieval measured on a test collection in BEIR's layout: documents, questions, and which answer which.

`corpus.jsonl` has `_id`, `title` and `text`, `queries.jsonl` has `_id` and `text`, and `qrels.tsv` (`qrels/test.tsv`
in BEIR's own archives) has the columns `query-id`, `corpus-id` and `score` below a line that names them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from rag.clock import SystemClock
from rag.errors import EvaluationError
from rag.evaluation import metrics
from rag.evaluation.records import Line, Record, read_lines, read_records
from rag.ingest.chunking import chunk
from rag.ingest.sync import untold
from rag.language import Analyzer, detect_language
from rag.model import DEFAULT_COLLECTION, EVERYTHING, Block, Chunk, ParsedDocument
from rag.retrieval.lance import LanceIndex
from rag.retrieval.retriever import Retriever, RetrieverSettings

T = TypeVar("T")
OnProgress = Callable[[int, int, str], None]
"""Told how far it is: so many questions done, of so many, and what was done last."""

# A document is as good as its best chunk, and several of the best chunks may be of one document: more than the ten
# that count have to be ranked.
_RETRIEVER = RetrieverSettings(passages=50, candidates=50)
# A collection's documents are what its questions were judged against, and are as long as passages: they are not cut.
_WHOLE_CHARS = 1_000_000
_BATCH_DOCUMENTS = 1_000

_QRELS = ("qrels.tsv", "qrels/test.tsv")
_QRELS_HEADER = ["query-id", "corpus-id", "score"]
_BLANK_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class CollectionReport:
    """How well a collection's questions find their documents, by full text alone.

    Attributes:
        questions: Those with relevant documents; the figures are means over them.
        mrr: MRR@10.
    """

    name: str
    documents: int
    questions: int
    ndcg_at_10: float
    recall_at_10: float
    mrr: float
    seconds: float


@dataclass(frozen=True, slots=True)
class _Collection:
    """Documents and questions by their ids.

    Attributes:
        grades: For every question that has a relevant document, how relevant its documents are.
    """

    name: str
    documents: Mapping[str, ParsedDocument]
    questions: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]


async def evaluate_collection(folder: Path, *, on_progress: OnProgress = untold) -> CollectionReport:
    """Index a collection, a document a chunk, and rank its documents for its questions as ragbot does.

    The index is made in a temporary folder: what is ingested already is neither searched nor changed.

    Raises:
        EvaluationError: A file is missing or wrong.
    """
    clock = SystemClock()
    started = clock.monotonic()
    collection = await asyncio.to_thread(_read_collection, folder)
    scores: list[metrics.Scores] = []
    async with _indexed(collection, on_progress) as retriever:
        for question_id, grades in collection.grades.items():
            question = collection.questions[question_id]
            retrieval = await retriever.retrieve(question, detect_language(question), EVERYTHING)
            ranking = tuple(dict.fromkeys(passage.chunk.source for passage in retrieval.passages))
            scores.append(metrics.score(ranking, grades))
            on_progress(len(scores), len(collection.grades), question)
    mean = metrics.mean(scores)
    return CollectionReport(
        name=collection.name,
        documents=len(collection.documents),
        questions=len(scores),
        ndcg_at_10=mean.ndcg,
        recall_at_10=mean.recall,
        mrr=mean.reciprocal_rank,
        seconds=clock.monotonic() - started,
    )


@asynccontextmanager
async def _indexed(collection: _Collection, on_progress: OnProgress) -> AsyncIterator[Retriever]:
    """A retriever over the collection's documents, in an index that is gone afterwards."""
    documents = list(collection.documents.items())
    with TemporaryDirectory(prefix="ragbot-eval-") as folder, closing(await LanceIndex.open(folder)) as index:
        for start in range(0, len(documents), _BATCH_DOCUMENTS):
            on_progress(0, len(collection.grades), f"indexing {len(documents):,} documents")
            batch = documents[start : start + _BATCH_DOCUMENTS]
            await index.replace(*await asyncio.to_thread(_chunks, batch, SystemClock().now()))
        await index.optimize()
        yield Retriever(index, Analyzer(), embedder=None, settings=_RETRIEVER)


def _chunks(documents: Sequence[tuple[str, ParsedDocument]], ingested_at: datetime) -> tuple[list[Chunk], list[str]]:
    """The chunks of some documents, and the documents' ids."""
    chunks = [
        Chunk(
            id=f"{document_id}-{position}",
            document_id=document_id,
            collection=DEFAULT_COLLECTION,
            source=document_id,
            link=document_id,
            title=document.title or "",
            heading_path=piece.heading_path,
            anchor=piece.anchor,
            text=piece.text,
            position=position,
            content_hash="",
            ingested_at=ingested_at,
        )
        for document_id, document in documents
        for position, piece in enumerate(chunk(document, max_chars=_WHOLE_CHARS, overlap_chars=0))
    ]
    return chunks, [document_id for document_id, _ in documents]


def _read_collection(folder: Path) -> _Collection:
    documents = _read_by_id(folder / "corpus.jsonl", _document)
    questions = _read_by_id(folder / "queries.jsonl", lambda record: record.text("text"))
    qrels = next((folder / place for place in _QRELS if (folder / place).exists()), folder / _QRELS[0])
    return _Collection(folder.resolve().name, documents, questions, _read_grades(qrels, documents, questions))


def _read_by_id(file: Path, value: Callable[[Record], T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for record in read_records(file):
        name = record.text("_id")
        if name in found:
            raise record.line.wrong(f"`_id` {name} was there before")
        found[name] = value(record)
    return found


def _document(record: Record) -> ParsedDocument:
    title = record.optional_text("title").strip()
    heading = (Block("heading", title, level=1),) if title else ()
    paragraphs = (paragraph.strip() for paragraph in _BLANK_LINES.split(record.optional_text("text")))
    blocks = (Block("paragraph", paragraph) for paragraph in paragraphs if paragraph)
    return ParsedDocument(title or None, (*heading, *blocks))


def _read_grades(
    file: Path, documents: Mapping[str, ParsedDocument], questions: Mapping[str, str]
) -> dict[str, dict[str, int]]:
    lines = read_lines(file)
    header = next(lines, None)
    if header is None or header.text.split("\t") != _QRELS_HEADER:
        columns = ", ".join(_QRELS_HEADER)
        raise EvaluationError(f"should begin with the names of its columns ({columns}), separated by tabs", file=file)
    grades: dict[str, dict[str, int]] = {}
    for line in lines:
        question, document, grade = _judgement(line)
        if question not in questions:
            raise line.wrong(f"there is no question {question} in queries.jsonl")
        if document not in documents:
            raise line.wrong(f"there is no document {document} in corpus.jsonl")
        grades.setdefault(question, {})[document] = grade
    relevant = {question: judged for question, judged in grades.items() if max(judged.values()) > 0}
    if not relevant:
        raise EvaluationError("names no relevant document for any question", file=file)
    return relevant


def _judgement(line: Line) -> tuple[str, str, int]:
    try:
        question, document, grade = line.text.split("\t")
        return question, document, int(grade)
    except ValueError as error:
        raise line.wrong("should be a question's id, a document's id and a whole number, separated by tabs") from error
