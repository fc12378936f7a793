"""Retrieval and answers measured on questions about what is ingested.

A JSON Lines file; on every line `question`, `sources` (paths, any of which answers it), and where wanted
`must_contain` (what the answer has to say, each `one way|or another`) and `answerable: false` (the documents do not
say, and the bot should say so).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.clock import SystemClock
from rag.errors import EvaluationError, UnreadableDocument
from rag.evaluation import metrics
from rag.evaluation.collection import OnProgress
from rag.evaluation.records import Record, read_records
from rag.ingest.decoding import decode
from rag.ingest.loaders import loader_for
from rag.ingest.sync import untold
from rag.model import EVERYTHING, Answer, Citation, Retrieval, Scope
from rag.pipeline import RagPipeline

_QUOTE_MARKS = re.compile(r"^(?:>(?: |$))+", re.MULTILINE)
# Whichever of the listed documents is found, it is the one that answers; no path is empty.
_LISTED = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A line of the file.

    Attributes:
        sources: Paths, any of which answers it; none for an unanswerable question.
        must_contain: Of every entry, one alternative has to be in the answer; white space and case are folded.
        answerable: Whether the documents answer it at all.
    """

    text: str
    sources: tuple[str, ...] = ()
    must_contain: tuple[tuple[str, ...], ...] = ()
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class CheckedCitation:
    """A citation compared with its document.

    Attributes:
        true: Whether the quoted words stand there, white space folded; `None` where the document cannot be read.
    """

    n: int
    source: str
    true: bool | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    Attributes:
        rank: Of the first listed document, 1 is best; `None` where none was found.
        scores: Of the ranking; `None` for an unanswerable question.
        contained: Whether the answer says what it must, which a refusal does not; `None` where nothing is asked of it.
    """

    question: str
    answerable: bool
    rank: int | None
    scores: metrics.Scores | None
    contained: bool | None
    refused: bool
    citations: tuple[CheckedCitation, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @classmethod
    def true(cls, verdicts: Iterator[bool | None]) -> Share:
        """How many of the verdicts are true; those that are `None` were none."""
        known = [verdict for verdict in verdicts if verdict is not None]
        return cls(sum(known), len(known))

    @property
    def fraction(self) -> float | None:
        """`None` where there was nothing to count."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class QuestionsReport:
    """How well the questions of a file are answered.

    Attributes:
        outcomes: In the file's order.
    """

    name: str
    outcomes: tuple[Outcome, ...]
    seconds: float

    @property
    def shares(self) -> dict[str, Share]:
        """The figures that count questions or citations."""
        answerable = [outcome for outcome in self.outcomes if outcome.answerable]
        unanswerable = [outcome for outcome in self.outcomes if not outcome.answerable]
        return {
            "hit_at_1": Share.true(_is_hit(outcome, 1) for outcome in answerable),
            "hit_at_5": Share.true(_is_hit(outcome, 5) for outcome in answerable),
            "contained": Share.true(outcome.contained for outcome in answerable),
            "refused_wrongly": Share.true(outcome.refused for outcome in answerable),
            "refused_rightly": Share.true(outcome.refused for outcome in unanswerable),
            "answered_wrongly": Share.true(not outcome.refused for outcome in unanswerable),
            "citations_true": Share.true(citation.true for citation in self._citations()),
            "citations_unchecked": Share.true(citation.true is None for citation in self._citations()),
        }

    @property
    def means(self) -> dict[str, float | None]:
        """The figures of retrieval, over the answerable questions; `None` where there is none."""
        scores = [outcome.scores for outcome in self.outcomes if outcome.scores is not None]
        mean = metrics.mean(scores) if scores else None
        return {
            "ndcg_at_10": mean.ndcg if mean else None,
            "recall_at_10": mean.recall if mean else None,
            "mrr": mean.reciprocal_rank if mean else None,
        }

    def as_dict(self) -> dict[str, object]:
        """Everything, for JSON."""
        shares = {key: {**asdict(share), "fraction": share.fraction} for key, share in self.shares.items()}
        return {
            "name": self.name,
            "questions": len(self.outcomes),
            **self.means,
            **shares,
            "seconds": self.seconds,
            "outcomes": [asdict(outcome) for outcome in self.outcomes],
        }

    def lines(self) -> list[tuple[str, str, str]]:
        """Every figure for a person: its name, its value, and of how many."""
        answerable = sum(outcome.answerable for outcome in self.outcomes)
        means = [(_label(key), _figure(value), str(answerable)) for key, value in self.means.items()]
        shares = [
            (_label(key), _figure(share.fraction), f"{share.count} of {share.of}") for key, share in self.shares.items()
        ]
        return [*means, *shares]

    def _citations(self) -> Iterator[CheckedCitation]:
        return (citation for outcome in self.outcomes for citation in outcome.citations)


async def evaluate_questions(
    pipeline: RagPipeline, file: Path, *, scope: Scope = EVERYTHING, on_progress: OnProgress = untold
) -> QuestionsReport:
    """Search and answer every question of a file, and compare with what the file says of it.

    Raises:
        EvaluationError: The file is missing, wrong or empty; nothing was asked.
    """
    clock = SystemClock()
    started = clock.monotonic()
    questions = await asyncio.to_thread(read_questions, file)
    outcomes = []
    for question in questions:
        retrieval = await pipeline.search(question.text, scope=scope)
        answer = await pipeline.query(question.text, scope=scope)
        outcomes.append(await asyncio.to_thread(_outcome, question, retrieval, answer))
        on_progress(len(outcomes), len(questions), question.text)
    return QuestionsReport(file.name, tuple(outcomes), clock.monotonic() - started)


def read_questions(file: Path) -> list[Question]:
    """The questions of a file.

    Raises:
        EvaluationError: It is missing, wrong or empty.
    """
    questions = [_question(record) for record in read_records(file)]
    if not questions:
        raise EvaluationError("has no questions", file=file)
    return questions


def _question(record: Record) -> Question:
    text = record.text("question")
    sources = record.texts("sources")
    answerable = record.flag("answerable", default=True)
    if answerable and not sources:
        raise record.line.wrong("`sources` is missing: which documents answer the question?")
    must_contain = tuple(
        tuple(_folded(alternative).casefold() for alternative in entry.split("|"))
        for entry in record.texts("must_contain")
    )
    if any("" in alternatives for alternatives in must_contain):
        raise record.line.wrong("`must_contain` has an empty alternative, which every answer contains")
    return Question(text, sources, must_contain, answerable)


def _outcome(question: Question, retrieval: Retrieval, answer: Answer) -> Outcome:
    ranking = list(dict.fromkeys(_ranked_as(passage.chunk.source, question) for passage in retrieval.passages))
    return Outcome(
        question=question.text,
        answerable=question.answerable,
        rank=ranking.index(_LISTED) + 1 if _LISTED in ranking else None,
        scores=metrics.score(ranking, {_LISTED: 1}) if question.answerable else None,
        contained=_says_what_it_must(answer, question) if question.answerable and question.must_contain else None,
        refused=answer.refused,
        citations=tuple(
            CheckedCitation(citation.n, citation.source, _stands(citation)) for citation in answer.citations
        ),
    )


def _ranked_as(source: str, question: Question) -> str:
    return _LISTED if any(_is_same_document(source, listed) for listed in question.sources) else source


def _is_same_document(one: str, other: str) -> bool:
    """Whether one path is the end of the other, folder by folder: the file may have been written elsewhere."""
    shorter, longer = sorted((_path_parts(one), _path_parts(other)), key=len)
    return bool(shorter) and shorter == longer[-len(shorter) :]


def _path_parts(path: str) -> list[str]:
    return [part for part in path.replace("\\", "/").split("/") if part not in {"", "."}]


def _says_what_it_must(answer: Answer, question: Question) -> bool:
    """A refusal says nothing, whatever titles it names."""
    text = _folded(_QUOTE_MARKS.sub("", answer.text)).casefold()
    return not answer.refused and all(
        any(alternative in text for alternative in alternatives) for alternatives in question.must_contain
    )


def _stands(citation: Citation) -> bool | None:
    """Whether a quotation stands in its document, `None` where that cannot be read. Blocks: runs in a thread."""
    quote = _folded(citation.quote)
    try:
        return bool(quote) and any(quote in _folded(text) for text in _readings(Path(citation.source)))
    except (OSError, UnreadableDocument):
        return None


def _readings(file: Path) -> Iterator[str]:
    """The text of a file as it stands, and as a reader sees it where the format has markup."""
    content = file.read_bytes()
    yield decode(content)
    loader = loader_for(file.name)
    if loader is not None:
        yield "\n".join(block.text for block in loader(content, file.name).blocks)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _is_hit(outcome: Outcome, depth: int) -> bool:
    return outcome.rank is not None and outcome.rank <= depth


def _label(key: str) -> str:
    return key.replace("_at_", "@").replace("_", " ")


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
