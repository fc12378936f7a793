from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.splitting import split

PARSER = MarkdownIt("commonmark").enable("table")
SIZES: dict[str, Callable[[str], int]] = {
    "characters": len,
    "bytes": lambda text: len(text.encode()),
    "UTF-16 units": lambda text: len(text.encode("utf-16-le")) // 2,
}
LIMITS = st.integers(40, 300)

HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(list("`~*_[]()|#>-+. \n\t\\&!01aé漢\U0001f468\u200d\U0001f3fd\u0301\r")),
        st.sampled_from([
            "\n```py\n", "\n```\n", "\n~~~\n", "\n> ", "\n- ", "\n1. ", "\n    ", "\n  ", "\n> ```\n", "\n- ```\n",
            "[12]", "[a](https://e.org/x)", "`a b`", "\n| a | b |\n|---|---|\n| 1 | 2 |\n", "word ",
            "A sentence. ", "\n\n",
            "[x]: /u\n", "# head\n", "<div>\n", "\n---\n", "x" * 70,
        ]),
    ),
    max_size=60,
).map("".join)  # fmt: skip

WORDS = st.lists(
    st.sampled_from(["alpha", "Gamma.", "délta", "漢字", "`a b c`", "see[1]", "[2][3]", "[x](https://e.org/y)"]),
    min_size=1,
    max_size=25,
).map(" ".join)
CODE = st.lists(st.sampled_from(["x = 1", "    y = [2]", "", "print('z')", "\tdef f():"]), min_size=1, max_size=25)
PARAGRAPHS = WORDS
FENCES = CODE.map(lambda lines: "\n".join(["```py", *lines, "```"]))
NESTED_FENCES = CODE.map(
    lambda lines: "\n".join(["- item", "  ```py", *(f"  {line}" for line in lines), "  ```", "- next"])
)
QUOTED_FENCES = CODE.map(lambda lines: "\n".join(f"> {line}" for line in ["~~~~ sh", *lines, "~~~~"]))
LISTS = st.lists(WORDS, min_size=1, max_size=8).map(lambda items: "\n".join(f"- {item}" for item in items))
NUMBERED = st.lists(WORDS, min_size=1, max_size=8).map(
    lambda items: "\n".join(f"{n}. {item}" for n, item in enumerate(items, 1))
)
TABLES = st.lists(st.tuples(st.integers(0, 99), st.sampled_from(["yes", "no"])), min_size=1, max_size=30).map(
    lambda rows: "\n".join(["| n | ok |", "|---|---|", *(f"| {n} | {ok} |" for n, ok in rows)])
)
DOCUMENTS = st.lists(
    st.one_of(
        PARAGRAPHS,
        FENCES,
        NESTED_FENCES,
        QUOTED_FENCES,
        LISTS,
        NUMBERED,
        TABLES,
        WORDS.map(lambda words: f"## {words}"),
    ),
    max_size=6,
).map("\n\n".join)


def inked(text: str) -> str:
    return "".join(text.split())


def without_scaffolding(text: str) -> str:
    """Without the first and last lines of fences, the heads of tables and the numbers of items: what may be added."""
    lines = [
        line for line in text.splitlines() if not re.fullmatch(r"[> ]*(?:```|~~~~)(?:py|sh| sh)?|\|[ n|ok-]+\|", line)
    ]
    return inked("".join(re.sub(r"^\d+\. ", "", line) for line in lines).replace(">", ""))


def fences_are_balanced(piece: str) -> bool:
    lines = piece.splitlines()
    return all(
        re.fullmatch(rf"[ \t>]*{token.markup}+[ \t]*", lines[token.map[1] - 1]) and token.map[1] - token.map[0] > 1
        for token in PARSER.parse(piece)
        if token.type == "fence" and token.map
    )


def is_subsequence(part: str, whole: str) -> bool:
    characters = iter(whole)
    return all(character in characters for character in part)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@given(text=st.one_of(HOSTILE, DOCUMENTS), limit=LIMITS)
def test_every_piece_fits_and_none_is_empty(size: Callable[[str], int], text: str, limit: int) -> None:
    pieces = split(text, limit=limit, size=size)

    assert all(size(piece) <= limit for piece in pieces)
    assert all(piece.strip() for piece in pieces)


@given(HOSTILE, LIMITS)
def test_no_letter_is_lost_whatever_the_text(text: str, limit: int) -> None:
    letters = "".join(filter(str.isalpha, text))

    assert is_subsequence(letters, "".join(split(text, limit=limit)))


@given(DOCUMENTS, LIMITS)
def test_without_what_was_added_the_pieces_are_the_text(text: str, limit: int) -> None:
    pieces = split(text, limit=limit)

    assert "".join(map(without_scaffolding, pieces)) == without_scaffolding(text)


@given(DOCUMENTS, LIMITS)
def test_every_fence_is_closed_in_its_piece(text: str, limit: int) -> None:
    assert [piece for piece in split(text, limit=limit) if not fences_are_balanced(piece)] == []


@given(DOCUMENTS, LIMITS)
def test_code_keeps_being_code_and_nothing_else_becomes_it(text: str, limit: int) -> None:
    def code(markdown: str) -> str:
        return inked(
            "".join(token.content for token in PARSER.parse(markdown) if token.type in {"fence", "code_block"})
        )

    assert "".join(map(code, split(text, limit=limit))) == code(text)


@given(DOCUMENTS, LIMITS)
def test_no_citation_row_link_or_code_in_a_line_is_cut(text: str, limit: int) -> None:
    whole = re.compile(r"\[\d\]|\[x\]\([^)]*\)|`a b c`|^\| \d+ \| \w+ \|$", re.MULTILINE)

    assert [found for piece in split(text, limit=limit) for found in whole.findall(piece)] == whole.findall(text)


@given(st.one_of(HOSTILE, DOCUMENTS).filter(str.strip))
def test_what_fits_stays_one_piece_unchanged(text: str) -> None:
    assert split(text, limit=max(40, len(text))) == [text]


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("", 40, []),
        (" \n\n" * 30, 40, []),
        (f"# Prices\n\n{'a night costs ' * 3}", 51, [f"# Prices\n\n{('a night costs ' * 3).strip()}"]),
        (
            "First of all, some words.\n\n- one item\n- another item",
            40,
            ["First of all, some words.", "- one item\n- another item"],
        ),
        (
            "```py\nfirst = 1\nsecond = 2\nthird = 3\nfourth = 4\n```\n",
            40,
            ["```py\nfirst = 1\nsecond = 2\nthird = 3\n```", "```py\nfourth = 4\n```"],
        ),
        (
            "1. step\n\n   ````sh\n   make all\n   make check\n   make dist\n   ````\n2. done",
            50,
            ["1. step\n\n   ````sh\n   make all\n   ````", "````sh\nmake check\nmake dist\n````\n2. done"],
        ),
        (
            "> ```\n> first line of code\n> second line of code\n> ```",
            45,
            ["> ```\n> first line of code\n> ```", "> ```\n> second line of code\n> ```"],
        ),
        (
            "| n | ok |\n|---|---|\n| 1 | yes |\n| 2 | no |\n| 3 | yes |",
            45,
            ["| n | ok |\n|---|---|\n| 1 | yes |\n| 2 | no |", "| n | ok |\n|---|---|\n| 3 | yes |"],
        ),
        (
            "1. the first item\n1. the second item\n1. the third item",
            40,
            ["1. the first item\n1. the second item", "3. the third item"],
        ),
        (
            "- one\n    - a nested item of a list\n    - another nested item\n- two",
            40,
            ["- one\n    - a nested item of a list", "- another nested item\n- two"],
        ),
        (
            "Nights cost 140 euros at most. Breakfast is free for all guests [1][2].",
            45,
            ["Nights cost 140 euros at most.", "Breakfast is free for all guests [1][2]."],
        ),
        ("> quoted words that go on and on in one line", 40, ["> quoted words that go on and on in one", "> line"]),
        ("x" * 38 + "\U0001f468\u200d\U0001f469" + "y", 40, ["x" * 38, "\U0001f468\u200d\U0001f469y"]),
        ("x" * 39 + "e\u0301" + "y", 40, ["x" * 39, "e\u0301y"]),
    ],
)
def test_where_texts_are_cut(text: str, limit: int, pieces: list[str]) -> None:
    assert split(text, limit=limit) == pieces


@pytest.mark.parametrize("text", ["`", "[", "|", "> ", "[a](", "`a ", "\n```", "- ", "\u0301", "| a ", "~~~", "word. "])
def test_hostile_texts_take_no_longer_than_others(text: str) -> None:
    started = time.process_time()

    split(text * (100_000 // len(text)), limit=2000)

    assert time.process_time() - started < 3


def test_a_line_of_a_megabyte_is_cut_in_time() -> None:
    started = time.process_time()

    pieces = split("x" * 1_000_000, limit=2000)

    assert (len(pieces), "".join(pieces)) == (500, "x" * 1_000_000)
    assert time.process_time() - started < 3
