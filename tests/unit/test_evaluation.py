"""Evaluations run over real indexes: samples of three public collections, and a small folder of Markdown."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rag.errors import EvaluationError
from rag.evaluation import QuestionsReport, evaluate_collection, evaluate_questions
from rag.evaluation.questions import CheckedCitation, Outcome, Share, read_questions
from rag.model import Scope
from rag.pipeline import RagPipeline

SAMPLES = Path(__file__).parents[1] / "data" / "retrieval"
PENGUINS = {"_id": "d1", "title": "Penguins", "text": "Penguins cannot fly.\n\nThey swim well."}
OWLS = {"_id": "d2", "title": "Owls", "text": "Owls hunt at night."}
HERONS = {"_id": "d3", "title": "Herons", "text": "Herons wade."}
HEADER = "query-id\tcorpus-id\tscore\n"


def write_records(file: Path, *records: object) -> Path:
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records), "utf-8")
    return file


def write_collection(folder: Path, *, qrels: str = "q1\td1\t1\n") -> Path:
    write_records(folder / "corpus.jsonl", PENGUINS, OWLS, HERONS)
    write_records(
        folder / "queries.jsonl",
        {"_id": "q1", "text": "Can penguins fly?"},
        {"_id": "q2", "text": "When do owls hunt?"},
        {"_id": "q3", "text": "Where do herons wade?"},
    )
    (folder / "qrels.tsv").write_text(HEADER + qrels, "utf-8")
    return folder


async def complaint_about(folder: Path) -> str:
    with pytest.raises(EvaluationError) as caught:
        await evaluate_collection(folder)
    assert str(caught.value).startswith(f"{folder}/")
    return str(caught.value).removeprefix(f"{folder}/")


class TestCollections:
    @pytest.mark.parametrize(
        ("name", "documents", "ndcg", "recall", "mrr"),
        [("scifact", 144, 0.74, 0.94, 0.67), ("faquad", 160, 0.92, 0.99, 0.90), ("pira_pt", 116, 0.90, 0.97, 0.88)],
    )
    async def test_a_sample_is_ranked_no_worse_than_it_was(
        self, name: str, documents: int, ndcg: float, recall: float, mrr: float
    ) -> None:
        report = await evaluate_collection(SAMPLES / name)
        assert (report.name, report.documents, report.questions) == (name, documents, 40)
        assert ndcg <= report.ndcg_at_10 <= 1
        assert recall <= report.recall_at_10 <= 1
        assert mrr <= report.mrr <= 1
        assert report.seconds > 0

    async def test_only_questions_that_have_a_relevant_document_are_asked(self, tmp_path: Path) -> None:
        asked: list[tuple[int, int, str]] = []
        folder = write_collection(tmp_path, qrels="q1\td1\t2\nq2\td2\t0\n")
        report = await evaluate_collection(folder, on_progress=lambda *progress: asked.append(progress))
        assert (report.questions, report.ndcg_at_10, report.recall_at_10, report.mrr) == (1, 1, 1, 1)
        assert asked == [(0, 1, "indexing 3 documents"), (1, 1, "Can penguins fly?")]

    async def test_the_figures_are_means_over_the_questions(self, tmp_path: Path) -> None:
        report = await evaluate_collection(write_collection(tmp_path, qrels="q1\td1\t1\nq2\td1\t1\n"))
        assert (report.questions, report.ndcg_at_10, report.recall_at_10, report.mrr) == (2, 0.5, 0.5, 0.5)

    async def test_the_judgements_may_lie_where_beirs_archives_have_them(self, tmp_path: Path) -> None:
        folder = write_collection(tmp_path)
        (folder / "qrels").mkdir()
        (folder / "qrels.tsv").rename(folder / "qrels" / "test.tsv")
        assert (await evaluate_collection(folder)).mrr == 1

    async def test_a_document_is_found_by_its_best_chunk_and_counts_once(self, tmp_path: Path) -> None:
        folder = write_collection(tmp_path)
        long = "\n\n".join(
            [*(f"Penguins again, {number}. " + "Ice and snow. " * 60 for number in range(9)), "A krill."]
        )
        write_records(folder / "corpus.jsonl", {"_id": "d1", "text": long}, {**OWLS, "text": "Penguins fear no owl."})
        write_records(folder / "queries.jsonl", {"_id": "q1", "text": "penguins"}, {"_id": "q2", "text": "krill"})
        (folder / "qrels.tsv").write_text(f"{HEADER}q1\td1\t1\nq1\td2\t1\nq2\td1\t1\n", "utf-8")
        report = await evaluate_collection(folder)
        assert (report.recall_at_10, report.ndcg_at_10) == (1, pytest.approx(1))

    async def test_a_collection_that_takes_several_commits_is_indexed_whole(self, tmp_path: Path) -> None:
        folder = write_collection(tmp_path, qrels="q1\td1\t1\nq2\td2\t1\n")
        between = ({"_id": f"x{number}", "text": "Stones."} for number in range(1_000))
        write_records(folder / "corpus.jsonl", PENGUINS, *between, OWLS)
        report = await evaluate_collection(folder)
        assert (report.documents, report.mrr) == (1_002, 1)

    async def test_a_document_with_a_title_alone_is_found_by_it(self, tmp_path: Path) -> None:
        folder = write_collection(tmp_path)
        write_records(folder / "corpus.jsonl", {**PENGUINS, "text": ""}, OWLS)
        assert (await evaluate_collection(folder)).recall_at_10 == 1

    async def test_a_missing_title_is_no_title_and_not_the_id(self, tmp_path: Path) -> None:
        folder = write_collection(tmp_path)
        write_records(folder / "corpus.jsonl", {"_id": "penguins", "title": None, "text": "Nothing of them."}, OWLS)
        (folder / "qrels.tsv").write_text(f"{HEADER}q1\tpenguins\t1\n", "utf-8")
        assert (await evaluate_collection(folder)).recall_at_10 == 0

    async def test_ids_with_quotation_marks_and_backslashes_are_ids_like_others(self, tmp_path: Path) -> None:
        folder = write_collection(tmp_path, qrels='q1\tit\'s \\ "1"\t1\n')
        write_records(folder / "corpus.jsonl", {**PENGUINS, "_id": 'it\'s \\ "1"'}, OWLS)
        assert (await evaluate_collection(folder)).mrr == 1

    async def test_the_temporary_index_is_gone_even_if_the_evaluation_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(scratch))
        folder = write_collection(tmp_path)
        left: list[int] = []

        def interrupt(done: int, *_: object) -> None:
            left.append(len(list(scratch.iterdir())))
            if done:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await evaluate_collection(folder, on_progress=interrupt)
        assert left == [1, 1]
        assert list(scratch.iterdir()) == []


class TestWrongCollections:
    @pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
    async def test_a_missing_file_is_named(self, tmp_path: Path, name: str) -> None:
        (write_collection(tmp_path) / name).unlink()
        assert await complaint_about(tmp_path) == f"{name}: No such file or directory"

    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            (b"{", "is not JSON: Expecting property name enclosed in double quotes at column 2"),
            (b'["d9"]', "should be a JSON object"),
            (b'{"_id": "\xff"}', "is not UTF-8"),
            (b'{"text": "no id"}', "`_id` is missing or empty"),
            (b'{"_id": 9, "text": "a number"}', "`_id` should be a string"),
            (b'{"_id": "d9", "text": ["a list"]}', "`text` should be a string"),
            (b'{"_id": "d1", "text": "again"}', "`_id` d1 was there before"),
        ],
    )
    async def test_a_wrong_document_is_named_with_its_line(self, tmp_path: Path, line: bytes, complaint: str) -> None:
        corpus = write_collection(tmp_path) / "corpus.jsonl"
        corpus.write_bytes(corpus.read_bytes() + b"\n" + line)
        assert await complaint_about(tmp_path) == f"corpus.jsonl:5: {complaint}"

    async def test_a_question_without_text_is_named_with_its_line(self, tmp_path: Path) -> None:
        write_records(write_collection(tmp_path) / "queries.jsonl", {"_id": "q1", "text": " "})
        assert await complaint_about(tmp_path) == "queries.jsonl:1: `text` is missing or empty"

    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            ("q1 d1 1", "should be a question's id, a document's id and a whole number, separated by tabs"),
            ("q1\td1\tyes", "should be a question's id, a document's id and a whole number, separated by tabs"),
            ("q9\td1\t1", "there is no question q9 in queries.jsonl"),
            ("q1\td9\t1", "there is no document d9 in corpus.jsonl"),
        ],
    )
    async def test_a_wrong_judgement_is_named_with_its_line(self, tmp_path: Path, line: str, complaint: str) -> None:
        write_collection(tmp_path, qrels=f"q1\td1\t1\n{line}\n")
        assert await complaint_about(tmp_path) == f"qrels.tsv:3: {complaint}"

    @pytest.mark.parametrize("content", ["", "q1\td1\t1\n", "query-id corpus-id score\nq1\td1\t1\n"])
    async def test_judgements_without_the_header_line_are_refused(self, tmp_path: Path, content: str) -> None:
        (write_collection(tmp_path) / "qrels.tsv").write_text(content, "utf-8")
        expected = "should begin with the names of its columns (query-id, corpus-id, score), separated by tabs"
        assert await complaint_about(tmp_path) == f"qrels.tsv: {expected}"

    async def test_judgements_that_find_nothing_relevant_are_refused(self, tmp_path: Path) -> None:
        write_collection(tmp_path, qrels="q1\td1\t0\n")
        assert await complaint_about(tmp_path) == "qrels.tsv: names no relevant document for any question"


PAGES = {
    "docs/budget.md": """# Budgets

## The daily budget

You set the daily budget with the key `daily_budget` in the routing file.
It is an amount in US dollars, and it starts anew at midnight.
""",
    "docs/limits.md": """# Rate limits

## Questions per minute

Every person may ask ten questions per minute.
Whoever asks more is told when to try again.
""",
    "docs/backup.html": """<html><head><title>Backups</title></head><body><h1>Backups</h1>
<p>A backup of the state database is made <em>every night</em> by the <code>backup</code> job &amp; kept for a week.</p>
</body></html>
""",
}


@pytest.fixture
async def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RagPipeline]:
    """Knows `PAGES`, which lie below the working folder."""
    monkeypatch.chdir(tmp_path)
    for name, text in PAGES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "config").mkdir()
    async with await RagPipeline.open(tmp_path / "config", environ={"RAGBOT_DATA": str(tmp_path / "data")}) as opened:
        await opened.add_documents("docs")
        yield opened


BUDGET = {"question": "How do I set the daily budget?", "sources": ["docs/budget.md"]}
LIMITS = {"question": "How many questions may a person ask per minute?", "sources": ["docs/limits.md"]}
BACKUP = {"question": "How often is a backup of the state database made?", "sources": ["docs/backup.html"]}
UNANSWERABLE = {"question": "Which violin did Paganini prefer?", "answerable": False}


async def outcome_of(pipeline: RagPipeline, folder: Path, question: dict[str, object]) -> Outcome:
    report = await evaluate_questions(pipeline, write_records(folder / "one.jsonl", question))
    (outcome,) = report.outcomes
    return outcome


class TestQuestions:
    async def test_a_file_of_questions_is_asked_and_compared(self, pipeline: RagPipeline, tmp_path: Path) -> None:
        file = write_records(
            tmp_path / "questions.jsonl",
            {**BUDGET, "must_contain": ["in the ROUTING\tfile", "euros|US dollars"], "difficulty": "unknown keys"},
            {**LIMITS, "must_contain": ["ten", "eleven"]},
            BACKUP,
            UNANSWERABLE,
        )
        told: list[tuple[int, int, str]] = []
        report = await evaluate_questions(pipeline, file, on_progress=lambda *progress: told.append(progress))
        assert [outcome.contained for outcome in report.outcomes] == [True, False, None, None]
        assert [outcome.rank for outcome in report.outcomes] == [1, 1, 1, None]
        assert report.means == {"ndcg_at_10": 1, "recall_at_10": 1, "mrr": 1}
        citations = sum(len(outcome.citations) for outcome in report.outcomes)
        assert citations >= 3
        assert report.shares == {
            "hit_at_1": Share(3, 3),
            "hit_at_5": Share(3, 3),
            "contained": Share(1, 2),
            "refused_wrongly": Share(0, 3),
            "refused_rightly": Share(1, 1),
            "answered_wrongly": Share(0, 1),
            "citations_true": Share(citations, citations),
            "citations_unchecked": Share(0, citations),
        }
        assert (told[0], told[-1]) == ((1, 4, BUDGET["question"]), (4, 4, UNANSWERABLE["question"]))
        assert report.seconds > 0

    async def test_an_answerable_question_that_is_refused_contains_nothing(
        self, pipeline: RagPipeline, tmp_path: Path
    ) -> None:
        lost = {**UNANSWERABLE, "answerable": True, "sources": ["docs/violins.md"], "must_contain": ["nothing"]}
        outcome = await outcome_of(pipeline, tmp_path, lost)
        assert (outcome.refused, outcome.contained, outcome.rank) == (True, False, None)
        report = QuestionsReport("lost", (outcome,), 1.0)
        assert report.shares["refused_wrongly"] == Share(1, 1)
        assert report.means == {"ndcg_at_10": 0, "recall_at_10": 0, "mrr": 0}

    async def test_an_unanswerable_question_that_is_answered_is_a_fault(
        self, pipeline: RagPipeline, tmp_path: Path
    ) -> None:
        outcome = await outcome_of(pipeline, tmp_path, {**BUDGET, "answerable": False})
        report = QuestionsReport("wrong", (outcome,), 1.0)
        assert (report.shares["answered_wrongly"], report.shares["refused_rightly"]) == (Share(1, 1), Share(0, 1))
        assert report.shares["hit_at_1"] == Share(0, 0)

    async def test_a_question_reads_nothing_outside_its_scope(self, pipeline: RagPipeline, tmp_path: Path) -> None:
        file = write_records(tmp_path / "scoped.jsonl", BUDGET)
        report = await evaluate_questions(pipeline, file, scope=Scope.of("elsewhere"))
        assert (report.outcomes[0].rank, report.outcomes[0].refused) == (None, True)

    @pytest.mark.parametrize("listed", ["budget.md", "./docs/budget.md", "/srv/team/docs/budget.md", "docs\\budget.md"])
    async def test_a_listed_path_and_a_source_match_by_their_last_folders(
        self, pipeline: RagPipeline, tmp_path: Path, listed: str
    ) -> None:
        assert (await outcome_of(pipeline, tmp_path, {**BUDGET, "sources": [listed]})).rank == 1

    @pytest.mark.parametrize("listed", ["get.md", "Budget.md", "other/budget.md", "docs", "/"])
    async def test_a_path_that_ends_otherwise_is_another_document(
        self, pipeline: RagPipeline, tmp_path: Path, listed: str
    ) -> None:
        assert (await outcome_of(pipeline, tmp_path, {**BUDGET, "sources": [listed]})).rank is None

    async def test_documents_are_ranked_in_order_of_first_appearance(
        self, pipeline: RagPipeline, tmp_path: Path
    ) -> None:
        question = (
            "How many questions may a person ask per minute, and how is the daily budget set in the routing file?"
        )
        passages = (await pipeline.search(question)).passages
        sources = list(dict.fromkeys(passage.chunk.source for passage in passages))
        assert len(sources) > 1
        for rank, source in enumerate(sources, start=1):
            outcome = await outcome_of(pipeline, tmp_path, {"question": question, "sources": [source]})
            assert outcome.rank == rank
        either = await outcome_of(pipeline, tmp_path, {"question": question, "sources": sources})
        assert either.rank == 1
        assert either.scores
        assert either.scores.recall == 1

    async def test_the_marks_of_a_block_quotation_do_not_stand_in_the_way(
        self, pipeline: RagPipeline, tmp_path: Path
    ) -> None:
        answer = await pipeline.query(str(LIMITS["question"]))
        assert "per minute.\n> Whoever" in answer.text
        outcome = await outcome_of(pipeline, tmp_path, {**LIMITS, "must_contain": ["per minute. Whoever asks"]})
        assert outcome.contained

    async def test_a_quotation_that_is_gone_from_its_document_is_false(
        self, pipeline: RagPipeline, tmp_path: Path
    ) -> None:
        (tmp_path / "docs/budget.md").write_text("# Budgets\n\nThere are none any more.\n", "utf-8")
        outcome = await outcome_of(pipeline, tmp_path, BUDGET)
        assert outcome.citations == (CheckedCitation(1, "docs/budget.md", true=False),)

    @pytest.mark.parametrize("content", [None, b"\0\0\0"])
    async def test_a_citation_whose_document_cannot_be_read_is_unchecked(
        self, pipeline: RagPipeline, tmp_path: Path, content: bytes | None
    ) -> None:
        document = tmp_path / "docs/budget.md"
        document.unlink() if content is None else document.write_bytes(content)
        outcome = await outcome_of(pipeline, tmp_path, BUDGET)
        assert outcome.citations == (CheckedCitation(1, "docs/budget.md", true=None),)
        report = QuestionsReport("unread", (outcome,), 1.0)
        assert (report.shares["citations_true"], report.shares["citations_unchecked"]) == (Share(0, 0), Share(1, 1))


class TestWrongQuestions:
    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            ("no JSON", "is not JSON: Expecting value at column 1"),
            ('{"sources": ["a.md"]}', "`question` is missing or empty"),
            ('{"question": "Why?"}', "`sources` is missing: which documents answer the question?"),
            ('{"question": "Why?", "sources": "a.md"}', "`sources` should be a list of strings that are not empty"),
            ('{"question": "Why?", "sources": [""]}', "`sources` should be a list of strings that are not empty"),
            ('{"question": "Why?", "answerable": "no"}', "`answerable` should be true or false"),
            (
                '{"question": "Why?", "sources": ["a.md"], "must_contain": ["this| "]}',
                "`must_contain` has an empty alternative, which every answer contains",
            ),
        ],
    )
    def test_a_wrong_line_is_named(self, tmp_path: Path, line: str, complaint: str) -> None:
        file = tmp_path / "questions.jsonl"
        file.write_text(f"{json.dumps(BUDGET)}\n{line}\n", "utf-8")
        with pytest.raises(EvaluationError) as caught:
            read_questions(file)
        assert str(caught.value) == f"{file}:2: {complaint}"
        assert (caught.value.file, caught.value.line) == (file, 2)

    def test_a_file_without_questions_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "questions.jsonl"
        file.write_text("\n \n", "utf-8")
        with pytest.raises(EvaluationError, match="has no questions"):
            read_questions(file)

    def test_a_byte_order_mark_is_no_part_of_the_first_line(self, tmp_path: Path) -> None:
        file = tmp_path / "questions.jsonl"
        file.write_text(f"{json.dumps(BUDGET)}\n", "utf-8-sig")
        assert len(read_questions(file)) == 1


class TestReports:
    REFUSED = Outcome("Why?", False, None, None, None, True, ())

    def test_what_was_not_counted_is_unknown_and_not_zero(self) -> None:
        report = QuestionsReport("small", (self.REFUSED,), 1.5)
        assert report.lines() == [
            ("ndcg@10", "–", "0"),
            ("recall@10", "–", "0"),
            ("mrr", "–", "0"),
            ("hit@1", "–", "0 of 0"),
            ("hit@5", "–", "0 of 0"),
            ("contained", "–", "0 of 0"),
            ("refused wrongly", "–", "0 of 0"),
            ("refused rightly", "1.0000", "1 of 1"),
            ("answered wrongly", "0.0000", "0 of 1"),
            ("citations true", "–", "0 of 0"),
            ("citations unchecked", "–", "0 of 0"),
        ]

    def test_a_report_is_json_with_every_outcome(self) -> None:
        report = json.loads(json.dumps(QuestionsReport("small", (self.REFUSED,), 1.5).as_dict()))
        assert report["refused_rightly"] == {"count": 1, "of": 1, "fraction": 1.0}
        assert report["hit_at_1"] == {"count": 0, "of": 0, "fraction": None}
        assert (report["name"], report["questions"], report["mrr"], report["seconds"]) == ("small", 1, None, 1.5)
        assert report["outcomes"] == [
            {
                "question": "Why?",
                "answerable": False,
                "rank": None,
                "scores": None,
                "contained": None,
                "refused": True,
                "citations": [],
            }
        ]
