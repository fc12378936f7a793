"""What a follow-up leans on."""

from __future__ import annotations

import pytest

from rag.answering.followup import leans_on_earlier, leant_on
from rag.model import Language, Turn


def _asked(*questions: str) -> list[Turn]:
    return [
        turn for question in questions for turn in (Turn("user", question), Turn("assistant", f"About {question}!"))
    ]


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("And for Discord?", "en"),
        ("What about the monthly budget?", "en"),
        ("How do I change it?", "en"),
        ("Why?", "en"),
        ("Does this work with Slack threads?", "en"),
        ("So what?", "en"),
        ("...and then?", "en"),
        ("E para o Discord?", "pt"),
        ("e?", "pt"),
        ("Como eu mudo isso?", "pt"),
        ("Por quê?", "pt"),
        ("Quanto custa esse plano mensal?", "pt"),
        ("também vale para estagiários contratados?", "pt"),
        ("Por que não funciona com o Slack?", "pt"),
        ("por que nao funciona com o Slack?", "pt"),
        ("Posso guardar lá os arquivos antigos?", "pt"),
    ],
)
def test_a_follow_up_leans_on_what_was_asked_before(question: str, language: Language) -> None:
    assert leans_on_earlier(question, language)
    assert leant_on(question, _asked("How is the daily budget set?"), language) == "How is the daily budget set?"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How do I set a daily budget?", "en"),
        ("E-mail notifications for administrators?", "en"),
        ("Is there a limit for attachments?", "en"),
        ("Andorra office address", "en"),
        ("Onde está o arquivo de configuração?", "pt"),
        ("Como está definido o orçamento diário?", "pt"),
        ("E-mails são guardados por quanto tempo?", "pt"),
        ("Só administradores podem apagar documentos?", "pt"),
        ("Quantos dias de férias cada pessoa tem?", "pt"),
        ("", "en"),
        ("?!", "en"),
    ],
)
def test_a_question_that_stands_alone_is_left_alone(question: str, language: Language) -> None:
    assert not leans_on_earlier(question, language)
    assert leant_on(question, _asked("What do zebras eat?"), language) == ""


def test_it_leans_back_as_far_as_the_question_that_stands_alone() -> None:
    history = _asked("What do zebras eat?", "How is the daily budget set?", "And who may change it?")
    assert leant_on("Why?", history, "en") == "And who may change it?\nHow is the daily budget set?"


def test_only_what_people_asked_is_added() -> None:
    assert "About" not in leant_on("Why?", _asked("And who?", "How is the budget set?"), "en")


def test_without_history_a_follow_up_is_all_there_is() -> None:
    assert leant_on("And for Discord?", [], "en") == ""
    assert leant_on("And for Discord?", [Turn("assistant", "Hello.")], "en") == ""
