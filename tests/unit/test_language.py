from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.language import STOP_WORDS, Analyzer, detect_language, fold, sentences
from rag.model import Language


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I set a daily budget?", "en"),
        ("what is the default timeout", "en"),
        ("Como configuro o orçamento diário?", "pt"),
        ("como configurar o limite de gastos", "pt"),
        ("nao funciona quando reinicio", "pt"),
        ("Configuração inicial", "pt"),
        ("autenticacao OAuth2", "pt"),
        ("O que é dependency injection?", "pt"),
        ("Why does `os.path.join` do that, e.g. on https://exemplo.com/para/o/que?", "en"),
        ("kubectl get pods", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_question_is_told_by_its_words(text: str, language: Language) -> None:
    assert detect_language(text) == language


def test_folding_takes_case_and_accents_away() -> None:
    assert fold("Configuração ÁÉÍ Straße plain") == "configuracao aei straße plain"


def test_stop_words_are_known_with_and_without_their_accents() -> None:
    assert {"não", "nao", "qual", "quem"} <= STOP_WORDS["pt"]
    assert {"how", "which", "the"} <= STOP_WORDS["en"]


class TestTerms:
    def test_are_stems_without_stop_words_in_the_order_of_the_text(self) -> None:
        assert Analyzer().terms("How do the Connections retry connecting?", "en") == ["connect", "retri", "connect"]

    def test_are_folded_so_that_accents_do_not_matter(self) -> None:
        analyzer = Analyzer()
        assert analyzer.terms("Quais são os usuários?", "pt") == analyzer.terms("quais sao os usuários", "pt")
        assert analyzer.terms("usuários", "pt") == ["usuari"]

    def test_split_at_punctuation_and_keep_digits(self) -> None:
        assert Analyzer().terms("HTTP/2 in snake_case-v1.5", "en") == ["http", "2", "snake", "case", "v1", "5"]

    def test_do_not_depend_on_how_accents_are_encoded(self) -> None:
        assert Analyzer().terms("orc\u0327amento", "pt") == Analyzer().terms("orçamento", "pt")

    def test_are_the_same_from_many_threads(self) -> None:
        analyzer = Analyzer()
        text = "configurações do provedor e limites diários de gastos " * 20
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _: analyzer.terms(text, "pt"), range(200)))
        assert all(result == results[0] for result in results)


@pytest.mark.parametrize(
    "parts",
    [
        ["One ends here.", "Another begins."],
        ["It costs 3.5 USD in version 1.2.3 of main.py.", "See https://example.com/a.b?c=d. for more."],
        ["Use a proxy, e.g. Nginx, i.e. The usual one.", "Then stop."],
        ["Fale com a Dra. Ana e o Sr. Silva, p. ex. Hoje.", "Depois volte."],
        ["Veja a pág. 3 do vol. 2, art. 5º.", "Fim."],
        ["The answer is no.", "But 2 remain."],
        ["Compare Python vs. Ruby etc. and so on.", "Logs, metrics, etc.", "Nothing else."],
        ["Made in the U.S. Government by J. R. Smith.", "Good."],
        ["Wait... what is it?", "Really?!", "Yes…", "Fine."],
        ['He said "stop." and left.', 'She said "Go!"', "They went."],
        ["(It is optional.)", "**Do it.**", "`npm` works.", "É assim."],
        ["Tem certeza?", "«Sim!»", "– disse ela."],
        ["1. Install it.", "Then run it."],
    ],
)
def test_a_paragraph_is_split_where_its_sentences_end(parts: list[str]) -> None:
    assert split(" ".join(parts)) == parts


def test_a_line_break_in_a_wrapped_paragraph_ends_no_sentence() -> None:
    text = "A sentence that is\nwrapped twice\nends here. Another\none.\n\nNext paragraph without an end\n"
    assert split(text) == [
        "A sentence that is\nwrapped twice\nends here.",
        "Another\none.",
        "Next paragraph without an end",
    ]


def test_list_items_headings_and_table_rows_stand_alone() -> None:
    text = (
        "Intro:\n- first item\n  goes on\n* second. With two.\n1. third\n# Title\nText\n| a | b |\n| - | - |\n| 1 | 2 |"
    )
    assert split(text) == [
        "Intro:",
        "- first item\n  goes on",
        "* second.",
        "With two.",
        "1. third",
        "# Title",
        "Text",
        "| a | b |",
        "| - | - |",
        "| 1 | 2 |",
    ]


def test_lines_of_code_stand_alone() -> None:
    text = (
        "Run it:\n```python\nx = 1\nprint(x)\n```\nAfter\nthat. Done\nimport os\ndef f(a):\n    return a\nname: value\n"
    )
    assert split(text) == [
        "Run it:",
        "```python",
        "x = 1",
        "print(x)",
        "```",
        "After\nthat.",
        "Done",
        "import os",
        "def f(a):",
        "return a",
        "name: value",
    ]


@given(st.text(alphabet="aA1 .!?…\n\t\"'()`|#-*_é:=;{}", max_size=200))
@example("```")
@example(". \n.")
def test_sentences_cover_all_but_white_space_in_order(text: str) -> None:
    spans = sentences(text)
    assert all(start < end and text[start:end] == text[start:end].strip() for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert "".join("".join(split(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text", ["." * 100_000, "a." * 50_000, ".)" * 50_000, "a. " * 30_000, "\n- " * 30_000, "`" * 100_000]
)
def test_hostile_text_is_split_in_linear_time(text: str) -> None:
    started = time.perf_counter()
    sentences(text)
    assert time.perf_counter() - started < 5
