from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.chunking import chunk
from rag.model import Block, BlockKind, ChunkText, ParsedDocument

LONG = "This sentence has exactly so many characters. "


def heading(text: str, level: int) -> Block:
    return Block("heading", text, level, anchor=text.lower().replace(" ", "-"))


def paragraph(text: str) -> Block:
    return Block("paragraph", text)


def cut(*blocks: Block, title: str | None = None, max_chars: int = 1600, overlap_chars: int = 0) -> list[ChunkText]:
    return chunk(ParsedDocument(title, blocks), max_chars=max_chars, overlap_chars=overlap_chars)


def texts(*blocks: Block, max_chars: int = 1600, overlap_chars: int = 0) -> list[str]:
    return [piece.text for piece in cut(*blocks, max_chars=max_chars, overlap_chars=overlap_chars)]


class TestSections:
    def test_a_chunk_bears_the_headings_above_it_without_the_documents_title(self) -> None:
        chunks = cut(
            heading("Guide", 1),
            paragraph(LONG * 10),
            heading("Install", 2),
            heading("From source", 3),
            paragraph(LONG * 10),
            heading("Run", 2),
            paragraph(LONG * 10),
            title="Guide",
        )
        assert [(piece.heading_path, piece.anchor) for piece in chunks] == [
            ((), ""),
            (("Install", "From source"), "from-source"),
            (("Run",), "run"),
        ]
        assert all(piece.text == LONG * 10 for piece in chunks)

    def test_the_anchor_is_that_of_the_innermost_heading_that_has_one(self) -> None:
        chunks = cut(heading("Outer", 2), Block("heading", "Inner", 3), paragraph("text"))
        assert chunks == [ChunkText(("Outer", "Inner"), "outer", "text")]

    def test_small_sections_under_one_parent_share_a_chunk_that_bears_the_first_ones_path(self) -> None:
        chunks = cut(heading("A", 2), paragraph("about a"), heading("B", 2), paragraph("about b"))
        assert chunks == [ChunkText(("A",), "a", "about a\n\n## B\n\nabout b")]

    def test_a_section_that_is_not_small_keeps_its_chunk(self) -> None:
        chunks = cut(heading("A", 2), paragraph(LONG * 7), heading("B", 2), paragraph("about b"))
        assert [piece.heading_path for piece in chunks] == [("A",), ("B",)]

    def test_small_sections_are_not_gathered_beyond_half_a_chunk(self) -> None:
        assert len(cut(heading("A", 2), paragraph("a"), heading("B", 2), paragraph(LONG * 18))) == 2

    def test_a_small_section_does_not_join_one_of_another_parent(self) -> None:
        blocks = [heading("A", 1), heading("A1", 2), paragraph("a"), heading("B", 1), heading("B1", 2), paragraph("b")]
        assert [piece.heading_path for piece in cut(*blocks)] == [("A", "A1"), ("B", "B1")]

    def test_a_heading_with_nothing_below_it_is_not_lost(self) -> None:
        assert texts(heading("Alone", 2)) == ["## Alone"]
        assert texts(heading("A", 2), heading("B", 2), paragraph("b")) == ["## A\n\n## B\n\nb"]

    def test_the_name_of_a_definition_is_not_repeated_above_its_code(self) -> None:
        blocks = [
            heading("def f", 2),
            Block("code", "def f(): ..."),
            heading("def g", 2),
            Block("code", "def g(): ..."),
        ]
        assert texts(*blocks) == ["def f(): ...\n\ndef g(): ..."]

    def test_no_blocks_make_no_chunks(self) -> None:
        assert cut() == []


class TestLongBlocks:
    def test_a_paragraph_is_cut_between_sentences(self) -> None:
        assert texts(paragraph("One is here. Two is here.\nThree is here."), max_chars=26) == [
            "One is here. Two is here.",
            "Three is here.",
        ]

    def test_a_sentence_is_cut_between_words_and_a_word_anywhere(self) -> None:
        assert texts(paragraph("some words and abcdefghijklmnop"), max_chars=10) == [
            "some words",
            "and",
            "abcdefghij",
            "klmnop",
        ]

    def test_a_list_is_cut_between_outermost_items(self) -> None:
        items = "- one\n  - inner\n- two\n  goes on\n- three"
        assert texts(Block("list", items), max_chars=25) == ["- one\n  - inner", "- two\n  goes on\n- three"]

    def test_a_list_item_that_does_not_fit_is_cut_between_sentences(self) -> None:
        assert texts(Block("list", "- a b. C d e. F\n- x"), max_chars=10) == ["- a b.", "C d e. F", "- x"]

    def test_a_table_is_cut_between_rows_and_repeats_its_header(self) -> None:
        table = "| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |"
        assert texts(Block("table", table), max_chars=42) == [
            "| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |",
            "| A | B |\n|---|---|\n| 5 | 6 |",
        ]

    def test_a_table_whose_header_leaves_no_room_is_cut_without_it(self) -> None:
        assert texts(Block("table", "| heading |\n|---|\n| 1 |"), max_chars=20) == ["| heading |\n|---|", "| 1 |"]

    def test_code_is_cut_at_blank_lines_and_its_fence_reopened(self) -> None:
        code = "```python\na = 1\n\nb = 2\n\nc = 3\nd = 4\n```"
        assert texts(Block("code", code), max_chars=36) == [
            "```python\na = 1\n\nb = 2\n```",
            "```python\nc = 3\nd = 4\n```",
        ]

    def test_code_without_a_blank_line_is_cut_between_lines(self) -> None:
        assert texts(Block("code", "one\ntwo\nthree"), max_chars=8) == ["one\ntwo", "three"]

    def test_a_fence_that_is_never_closed_is_closed_in_every_chunk(self) -> None:
        assert texts(Block("code", "~~~\n1234567\nabcdefg"), max_chars=17) == [
            "~~~\n1234567\n~~~",
            "~~~\nabcdefg\n~~~",
        ]

    def test_a_fence_that_leaves_no_room_is_cut_like_a_line(self) -> None:
        assert texts(Block("code", "```abcdefghij\nx\n```"), max_chars=12) == ["```abcdefghi", "j\nx\n```"]

    def test_code_and_tables_that_fit_are_never_cut(self) -> None:
        code = "```\n" + "x = 1\n" * 10 + "```"
        assert texts(paragraph("Before. " * 5), Block("code", code), max_chars=80) == ["Before. " * 5, code]


class TestOverlap:
    def test_a_chunk_begins_with_the_last_blocks_of_the_one_before(self) -> None:
        blocks = [paragraph("first block"), paragraph("second"), paragraph("a third block")]
        assert texts(*blocks, max_chars=25, overlap_chars=10) == ["first block\n\nsecond", "second\n\na third block"]

    def test_the_last_sentences_serve_where_the_block_is_too_long(self) -> None:
        blocks = [paragraph("One is here. Two is here."), paragraph("Three is here.")]
        assert texts(*blocks, max_chars=30, overlap_chars=14)[1] == "Two is here.\n\nThree is here."

    def test_a_paragraph_that_goes_on_stands_as_in_the_source(self) -> None:
        text = "One is here. Two is here.\nThree is here. Four is here."
        chunks = texts(paragraph(text), max_chars=41, overlap_chars=14)
        assert chunks == ["One is here. Two is here.\nThree is here.", "Three is here. Four is here."]
        assert all(piece in text for piece in chunks)

    def test_code_is_repeated_whole_or_not_at_all(self) -> None:
        blocks = [Block("code", "```\nx = 1\ny = 2\n```"), paragraph("Then some more words.")]
        assert texts(*blocks, max_chars=30, overlap_chars=12)[1] == "Then some more words."

    def test_code_inside_a_list_is_not_repeated_in_part(self) -> None:
        blocks = [Block("list", "- run\n  ```\n  x = 1\n  ```"), paragraph("Then some more words.")]
        assert texts(*blocks, max_chars=40, overlap_chars=12)[1] == "Then some more words."

    def test_nothing_is_repeated_across_sections(self) -> None:
        chunks = cut(heading("A", 2), paragraph(LONG * 10), heading("B", 2), paragraph(LONG * 10), overlap_chars=400)
        assert [piece.text for piece in chunks] == [LONG * 10] * 2


words = st.text(alphabet="aé1.,- |`", min_size=1, max_size=30).filter(str.strip)
lines = st.lists(words, min_size=1, max_size=12).map("\n".join)
kinds: st.SearchStrategy[BlockKind] = st.sampled_from(["paragraph", "list", "code", "table"])
blocks = st.lists(
    st.one_of(
        st.builds(Block, kinds, lines),
        st.builds(Block, st.just("heading"), words, st.integers(1, 6), st.sampled_from(["", "x"])),
    ),
    max_size=12,
)


class TestWhatAlwaysHolds:
    @given(blocks=blocks, max_chars=st.integers(20, 120), overlap=st.integers(0, 200))
    def test_no_chunk_is_too_long_or_empty(self, blocks: list[Block], max_chars: int, overlap: int) -> None:
        for piece in cut(*blocks, max_chars=max_chars, overlap_chars=overlap):
            assert 0 < len(piece.text) <= max_chars
            assert piece.text.strip()

    @given(blocks=blocks, overlap=st.integers(0, 200))
    def test_every_line_is_in_a_chunk(self, blocks: list[Block], overlap: int) -> None:
        chunks = cut(*blocks, max_chars=500, overlap_chars=overlap)
        found = {line.strip() for piece in chunks for line in (*piece.text.split("\n"), *piece.heading_path)}
        found |= {line.lstrip("# ") for line in found}
        for block in blocks:
            assert {line.strip() for line in block.text.split("\n")} - {""} <= found | {block.text.strip().lstrip("# ")}

    @given(texts_in=st.lists(lines, min_size=1, max_size=5), max_chars=st.integers(20, 60))
    def test_text_keeps_its_order_and_every_character(self, texts_in: list[str], max_chars: int) -> None:
        chunks = texts(*map(paragraph, texts_in), max_chars=max_chars)
        assert "".join("".join(chunks).split()) == "".join("".join(texts_in).split())

    @given(blocks=blocks)
    def test_the_heading_path_is_a_line_of_headings_of_the_document(self, blocks: list[Block]) -> None:
        levels = {block.text: set[int]() for block in blocks if block.level}
        for block in blocks:
            if block.level:
                levels[block.text].add(block.level)
        for piece in cut(*blocks):
            for outer, inner in pairwise(piece.heading_path):
                assert min(levels[outer]) < max(levels[inner])

    @given(blocks=blocks)
    def test_the_same_document_gives_the_same_chunks(self, blocks: list[Block]) -> None:
        assert cut(*blocks, overlap_chars=50, max_chars=100) == cut(*blocks, overlap_chars=50, max_chars=100)

    @pytest.mark.parametrize(
        "hostile",
        [
            *([Block(kind, "x" * 100_000)] for kind in ("paragraph", "list", "code", "table")),
            [Block("code", "```" + "x" * 100_000)],
            [Block("code", " x\n\n" * 30_000)],
            [Block("list", "- a\n" * 30_000)],
            [Block("table", "|-|-|\n" * 20_000)],
            [paragraph("a. " * 30_000)],
            [paragraph("a" + " " * 100_000 + "b")],
            [heading(f"h{number}", number % 6 + 1) for number in range(10_000)],
        ],
        ids=lambda blocks: f"{blocks[0].kind}-{len(blocks)}-{blocks[0].text[:4].strip()}",
    )
    def test_hostile_documents_are_cut_in_linear_time(self, hostile: list[Block]) -> None:
        started = time.perf_counter()
        assert all(len(text) <= 1600 for text in texts(*hostile, overlap_chars=400))
        assert time.perf_counter() - started < 5
