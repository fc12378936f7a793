"""When two questions are one: written the same but for typing, or meaning the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.cache.reading import Reader
from rag.cache.similar import SIMILAR, similarity
from rag.cache.wording import normalised
from rag.language import Analyzer
from rag.model import Language
from tests.benchmarks.benchmark import Plan
from tests.benchmarks.paraphrases import Judge, figures, read_groups, run

READER = Reader(Analyzer())


def alike(one: str, other: str, language: Language = "en") -> float:
    first, second = READER.read(one, language), READER.read(other, language)
    assert first is not None
    assert second is not None
    return similarity(first, second)


# Written the same


@pytest.mark.parametrize(
    "typed",
    [
        "how do i install ragbot",
        "How do I install  ragbot?",
        " how do I\tinstall Ragbot ??",
        "How do I install Ragbot...",
        "how do i install RAGBOT ?!",
    ],
)
def test_typing_makes_no_other_question(typed: str) -> None:
    assert normalised(typed) == "how do i install ragbot"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is IT?", "What is it?"),
        ("Is it for US citizens?", "Is it for us citizens?"),
        ("What does getUser do?", "What does getuser do?"),
        ("What is `Foo`?", "What is `foo`?"),
        ("What is `a  b`?", "What is `a b`?"),
        ('Who said "Yes"?', 'Who said "yes"?'),
        ("Who said “Yes”?", "Who said “yes”?"),
        ("What does -V do?", "What does -v do?"),
        ("Is plan B cheap?", "Is plan b cheap?"),
        ("What is node .", "What is node"),
        ("What is 1.0?", "What is 10?"),
        ("What is C?", "What is C++?"),
        ("Run ```\nA\n```?", "Run ```\na\n```?"),
    ],
)
def test_what_may_matter_is_left_as_it_is(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_letters_composed_in_two_ways_are_the_same_letters() -> None:
    assert normalised("Configurac\u0327a\u0303o") == normalised("Configuração") == "configuração"


def test_the_apostrophes_of_two_words_quote_nothing() -> None:
    assert normalised("What’s Ana's  Plan’s price") == "what's ana's plan's price"


def test_marks_alone_stay() -> None:
    assert normalised(" ?? ") == "??"


@given(st.text())
def test_normalising_twice_is_normalising_once(question: str) -> None:
    once = normalised(question)
    assert normalised(once) == once


@given(st.text(alphabet="aBc 1.?\"'`-IT’", max_size=30))
def test_normalising_keeps_all_letters_and_figures(question: str) -> None:
    def essence(text: str) -> list[str]:
        return [char for char in text.lower() if char.isalnum()]

    assert essence(normalised(question)) == essence(question)


# Meaning the same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I reset my password?", "Could you please tell me how to reset the password?"),
        ("How do I reset my password?", "I'd like to reset my password"),
        ("Who can't log in?", "who cannot log-in"),
        ("How much does the Pro plan cost?", "what's the price of the pro plan"),
        ("Are managers allowed to approve?", "Can managers approve?"),
        ("What's the managers' limit?", "what is the managers limit"),
        ("Which tests don't run?", "which tests do not run"),
        ("Can I book two rooms?", "Can I book 2 rooms?"),
        ("How safe is the API?", "how safe is the api 🙂"),
    ],
)
def test_how_a_question_is_put_does_not_matter(one: str, other: str) -> None:
    assert alike(one, other) >= SIMILAR


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Should I enable A1 and not B2?", "Should I not enable A1 and B2?"),
        ("Can only admins export reports?", "Can admins export only reports?"),
        ("How do I author a report?", "How do I authorize a report?"),
        ("How much is storage?", "How much storage?"),
        ("What is a + b?", "What is a - b?"),
        ("Who owns the search service?", "Who searches the service?"),
        ("How safe is the API?", "How old is the API?"),
        ("Is plan A cheap?", "Is a plan cheap?"),
        ("Who approved it?", "Who did approve it?"),
        ("How do I `git push`?", "How do I `git pull`?"),
        ("What is in plan d?", "What is in the plan?"),
        ("Can I see my salary?", "Can people see my salary?"),
        ("Can I see my messages?", "Can you see my messages?"),
        ("Can I see my calendar?", "Can I see your calendar?"),
        ("Is nobody affected by it?", "Is nothing affected by it?"),
    ],
)
def test_one_word_can_make_all_the_difference(one: str, other: str) -> None:
    assert alike(one, other) < SIMILAR


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Preciso renovar o crachá?", "Como renovar o crachá?"),
        ("Posso ver minha senha?", "Pode ver minha senha?"),
        ("Posso ver minha agenda?", "Posso ver sua agenda?"),
        ("Quando posso sair?", "Quando podem sair?"),
        ("Onde envio o relatório?", "Onde enviei o relatório?"),
        ("Oito vagas são nossas?", "Vagas são nossas?"),
        ("Qual é o cargo da Ana?", "Qual é a carga da Ana?"),
    ],
)
def test_in_portuguese_too(one: str, other: str) -> None:
    assert alike(one, other, "pt") < SIMILAR


def test_a_preposition_more_leaves_a_doubt_that_weighs_less_in_a_longer_question() -> None:
    short = alike("Is Ana office manager?", "Is Ana office manager there?")
    longer = alike("Is Ana office manager in the new building?", "Is Ana office manager in the new building there?")

    assert SIMILAR < short < longer < 1


def test_what_says_nothing_of_what_it_is_about_is_like_nothing() -> None:
    assert READER.read("What is it?", "en") is None
    assert READER.read("", "en") is None


def test_what_is_longer_than_a_question_is_like_nothing() -> None:
    assert READER.read("How do I read this log? " + "error " * 100, "en") is None


@given(st.text(max_size=80))
def test_every_question_is_like_itself_however_it_is_typed(question: str) -> None:
    for language in ("en", "pt"):
        reading = READER.read(question, language)
        again = READER.read(normalised(question), language)
        assert (reading is None) == (again is None)
        if reading and again:
            assert similarity(reading, again) == 1


@given(st.sampled_from(["en", "pt"]), st.integers(0, 9999), st.integers(0, 9999))
def test_other_numbers_make_other_questions(language: Language, one: int, other: int) -> None:
    assert (alike(f"error {one}", f"error {other}", language) >= SIMILAR) == (one == other)


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_set_of_paraphrases_keeps_its_figures(language: Language) -> None:
    groups = read_groups(language)
    questions = [*(text for group in groups for text in (*group.same, *(m.question for m in group.near_misses)))]
    judge = Judge(READER, language, questions)
    halves = [[group for group in groups if group.held_out is held_out] for held_out in (False, True)]

    written = sum(len(group.same) - 1 + len(group.near_misses) for group in groups)
    assert written >= 400
    for half in halves:
        same, _, hits, near_misses, wrong, _, _, strange = figures([(judge, half)], SIMILAR)
        assert same
        assert near_misses
        assert hits >= 0.7  # type: ignore[operator]  # a share, as there are pairs
        assert wrong == strange == 0


async def test_the_benchmark_tells_of_both_halves_and_of_the_thresholds() -> None:
    report = await run(Plan(), lambda _: None)

    rows = [row.what for row in report.rows]
    assert rows[:4] == ["en, calibration", "en, held out", "pt, calibration", "pt, held out"]
    hits = [row.figures[1] for row in report.rows[4:]]
    assert hits == sorted(hits, reverse=True)  # type: ignore[type-var]  # counts


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"question": "What?"}, "question, same and other"),
        ({"question": "What?", "same": [], "other": ["Who?"]}, "question and differs"),
    ],
)
def test_a_line_that_is_no_group_is_named(tmp_path: Path, line: dict[str, object], expected: str) -> None:
    (tmp_path / "en.jsonl").write_text(json.dumps(line))

    with pytest.raises(ValueError, match=f"expected {expected}"):
        read_groups("en", tmp_path)
