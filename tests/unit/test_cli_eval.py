from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli import EXIT_OK, main
from bot.cli.eval import _print, faults
from rag.evaluation import QuestionsReport
from rag.evaluation.questions import CheckedCitation, Outcome

TRUE, FALSE, UNCHECKED = (CheckedCitation(1, "a.md", verdict) for verdict in (True, False, None))


def outcome(
    question: str = "why?",
    *,
    answerable: bool = True,
    rank: int | None = 1,
    contained: bool | None = True,
    refused: bool = False,
    citations: tuple[CheckedCitation, ...] = (TRUE,),
) -> Outcome:
    return Outcome(question, answerable, rank, None, contained, refused, citations)


@pytest.mark.parametrize(
    ("answered", "wrong"),
    [
        (outcome(), []),
        (outcome(contained=None, citations=(UNCHECKED,)), []),
        (outcome(answerable=False, refused=True, rank=None), []),
        (outcome(answerable=False), ["answered, and should not"]),
        (outcome(refused=True, contained=False, citations=()), ["refused"]),
        (outcome(contained=False), ["does not say what it must"]),
        (outcome(citations=(TRUE, FALSE)), ["a quotation is not true"]),
        (outcome(rank=5), []),
        (outcome(rank=6), ["its document came at rank 6"]),
        (outcome(rank=None, contained=False), ["does not say what it must", "its document was not found"]),
    ],
)
def test_what_is_wrong_with_an_answer_is_told_in_words(answered: Outcome, wrong: list[str]) -> None:
    assert list(faults(answered)) == wrong


def test_a_collection_is_evaluated_without_touching_what_is_ingested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    collection = tmp_path / "tiny"
    collection.mkdir()
    (collection / "corpus.jsonl").write_text('{"_id": "d1", "title": "Budgets", "text": "The daily budget."}\n')
    (collection / "queries.jsonl").write_text('{"_id": "q1", "text": "daily budget"}\n')
    (collection / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n")

    assert main(["eval", "tiny"]) == EXIT_OK
    told = capsys.readouterr().out
    assert main(["eval", "tiny", "--json"]) == EXIT_OK
    report = json.loads(capsys.readouterr().out)

    assert told.splitlines()[1].split()[:6] == ["tiny", "1", "1", "1.0000", "1.0000", "1.0000"]
    assert (report["documents"], report["questions"], report["ndcg_at_10"]) == (1, 1, 1.0)
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_the_worst_questions_come_first_and_good_ones_not_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    late = [outcome(f"late {rank}?", rank=rank) for rank in range(6, 16)]
    outcomes = (outcome("good?"), *late, outcome("worst?", rank=None, contained=False), outcome("lost?", rank=None))

    _print(QuestionsReport("questions.jsonl", outcomes, seconds=1.0))

    shown = capsys.readouterr().out
    worst = shown.partition("what is wrong\n")[2].splitlines()
    assert [line.partition("?")[0] for line in worst[:3]] == ["worst", "lost", "late 15"]
    assert worst[-1] == "and 2 more: --json tells of every question"
    assert "good?" not in shown
    assert "13 questions" in shown


def test_nothing_is_called_worst_where_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    _print(QuestionsReport("questions.jsonl", (outcome(),), seconds=1.0))

    assert "worst" not in capsys.readouterr().out
