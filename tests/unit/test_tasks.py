"""Questions are sorted as a careful person would sort them, fast, whatever is in them."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.language import detect_language, fold
from rag.model import Language, Task
from rag.routing import cues
from rag.routing.cues.both import BOTH
from rag.routing.cues.english import ENGLISH
from rag.routing.cues.portuguese import PORTUGUESE
from rag.routing.tasks import Sorted, classify
from tests.benchmarks import tasks
from tests.benchmarks.benchmark import CHECKOUT, Plan
from tests.benchmarks.tasks import Outcome, read_questions, rights, sort_all

TASKS: tuple[Task, ...] = get_args(Task)
LANGUAGES: tuple[Language, ...] = get_args(Language)


def sort(question: str) -> Sorted:
    return classify(question, detect_language(question))


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return sort_all(read_questions())


class TestTheLabelledQuestions:
    def test_are_many_in_both_languages_and_of_every_task(self) -> None:
        questions = read_questions()
        assert len({labelled.question for labelled in questions}) == len(questions) >= 360
        for language in LANGUAGES:
            for task in TASKS:
                assert sum(one.language == language and one.task == task for one in questions) >= 60
        assert all(labelled.fresh for labelled in questions if labelled.task == "real_time")

    def test_are_sorted_rightly_nine_times_in_ten(self, outcomes: list[Outcome]) -> None:
        task, fresh = rights(outcomes)
        assert task >= 0.95
        assert fresh >= 0.98

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_held_out_from_tuning_are_sorted_rightly_too(self, outcomes: list[Outcome], language: Language) -> None:
        held_out = [one for one in outcomes if one.labelled.half == "held_out" and one.labelled.language == language]
        task, fresh = rights(held_out)
        assert task >= 0.92
        assert fresh >= 0.97

    @pytest.mark.parametrize("task", TASKS)
    def test_of_each_task_are_found(self, outcomes: list[Outcome], task: Task) -> None:
        of_task = [one for one in outcomes if one.labelled.half == "held_out" and one.labelled.task == task]
        assert rights(of_task)[0] >= 0.85

    def test_take_microseconds(self, outcomes: list[Outcome]) -> None:
        fastest_half = sorted(outcome.microseconds for outcome in outcomes)[: len(outcomes) // 2]
        assert fastest_half[-1] < 1_000  # far above what it takes, far below what a machine's other work could add


class TestTheWords:
    @pytest.mark.parametrize("words", [ENGLISH, PORTUGUESE])
    def test_have_one_meaning_in_a_language(self, words: dict[str, str]) -> None:
        phrases = [
            tuple(one.split()) for part in (words, BOTH) for listed in part.values() for one in listed.split(",")
        ]
        assert [phrase for phrase in phrases if phrases.count(phrase) > 1] == []

    @pytest.mark.parametrize("words", [BOTH, ENGLISH, PORTUGUESE])
    def test_are_written_as_questions_are_read(self, words: dict[str, str]) -> None:
        for listed in words.values():
            assert listed == fold(listed)
            assert re.fullmatch(r"\s*[a-z]+(?:\s+[a-z]+)*(?:,\s+[a-z]+(?:\s+[a-z]+)*)*\s*", listed)

    def test_stand_under_letters_that_are_explained(self) -> None:
        explained = set(re.findall(r"^    (\S) ", cues.__doc__ or "", re.MULTILINE))
        assert {letter for words in (BOTH, ENGLISH, PORTUGUESE) for letter in "".join(words)} <= explained


class TestFreshness:
    def test_goes_with_any_task(self) -> None:
        assert sort("Compare today's menu with yesterday's") == Sorted("document_analysis", fresh=True)
        assert sort("What is our current leave policy?") == Sorted("factual", fresh=True)
        assert sort("Qual é o nosso regulamento atual?") == Sorted("factual", fresh=True)

    def test_is_not_asked_for_by_electric_currents_or_the_clock_of_a_program(self) -> None:
        assert sort("How is the alternating current measured on line two?") == Sorted("factual", fresh=False)
        assert sort("Write a function that tells whether it is Friday today") == Sorted("code_generation", fresh=False)

    def test_is_not_asked_for_by_greetings(self) -> None:
        assert sort("see you tomorrow!") == Sorted("quick", fresh=False)


class TestSorting:
    @pytest.mark.parametrize("question", ["", "   ", "\n\n", "?", "…", "💡💡"])
    def test_of_nothing_is_factual(self, question: str) -> None:
        assert classify(question, "en") == Sorted("factual", fresh=False)

    @pytest.mark.parametrize(
        "question", ["QUEM ESTÁ DE PLANTÃO HOJE", "quem esta de plantao hoje", "Quem está de plantão hoje?"]
    )
    def test_does_not_depend_on_case_or_accents(self, question: str) -> None:
        assert classify(question, "pt") == Sorted("real_time", fresh=True)

    def test_takes_a_word_as_its_language_means_it(self) -> None:
        assert classify("resume o manual", "pt").task == "document_analysis"
        assert classify("resume the upload", "en").task == "factual"

    @pytest.mark.parametrize(
        "filling", ["lorem ipsum ", "x", "\t.", "? ", "`", "{", "please ", "list all ", "a = [", "\\^$"]
    )
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_reads_no_more_of_a_long_text_than_its_ends(self, filling: str, language: Language) -> None:
        long = (filling * 100_000)[:100_000]
        middle = len(long) // 2
        asked = f"Summarise this: {long[:middle]}Write a SQL query. {long[middle:]}"
        assert classify(asked, language) == classify(asked.replace("Write a SQL query. ", "." * 19), language)

    def test_finds_what_is_asked_after_a_pasted_text(self) -> None:
        pasted = "The gate opens at seven and the guard goes home at noon. " * 100
        assert sort(pasted).task == "document_analysis"
        assert sort(f"{pasted}\nWrite a Python script that counts its words.").task == "code_generation"

    @given(st.text(max_size=300), st.sampled_from(LANGUAGES))
    def test_answers_for_any_text(self, text: str, language: Language) -> None:
        found = classify(text, language)
        assert found.task in TASKS
        assert found.fresh or found.task != "real_time"

    @given(
        st.lists(
            st.sampled_from([word for part in (ENGLISH, PORTUGUESE) for w in part.values() for word in w.split(",")])
        )
    )
    def test_does_not_depend_on_case_for_any_words_it_knows(self, words: list[str]) -> None:
        text = " ".join(words)
        for language in LANGUAGES:
            assert classify(text, language) == classify(text.title(), language)


async def test_the_benchmark_counts_what_was_sorted_as_what() -> None:
    told: list[str] = []

    report = await tasks.run(Plan(runs=1, collections=(CHECKOUT / "tests/data/retrieval",)), told.append)

    rows = {row["what"]: row for row in json.loads(json.dumps(report.as_dict()))["rows"]}
    assert rows["tuning half"]["questions"] + rows["held-out half"]["questions"] == len(read_questions())
    for row in rows.values():
        assert sum(row[f"as_{task}"] for task in TASKS) == row["questions"]
        assert row["median_us"] > 0
    quick = rows["held out, quick"]
    assert quick["right"] == pytest.approx(quick["as_quick"] / quick["questions"], abs=1e-4)
    assert told == ["labelled questions", "faquad", "pira_pt", "scifact"]
    assert all(rows[collection]["as_factual"] >= 36 for collection in told[1:])
