from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.platforms.tables import MAX_COLUMNS, TableStream, without_tables
from bot.tables import table

PARSER = MarkdownIt("commonmark").enable("table")
PARTS = st.lists(
    st.one_of(
        st.sampled_from(list("|-: \n`~\\>a*漢_[]().1\t")),
        st.sampled_from([
            "| a | b |\n", "|---|---|\n", "|---|--:|\n", "| 1 | 2 |\n", "a | b\n", "--- | ---\n", "c | d\n", "```\n",
            "```py\n", "~~~\n", "> ", "> | a |\n> |---|\n", "- ", "\n\n", "text ", "| " + "long " * 20 + "| x |\n",
            "\\|", "**x**", "`x`", "```", "[l](https://a.example)",
        ]),
    ),
    max_size=40,
).map("".join)  # fmt: skip


def streamed(markdown: str, cuts: list[int]) -> str:
    stream = TableStream()
    edges = sorted({0, len(markdown), *(cut for cut in cuts if cut < len(markdown))})
    return "".join(stream.feed(markdown[a:b]) for a, b in pairwise(edges)) + stream.finish()


class TestTables:
    def test_a_table_becomes_a_block_of_code_with_columns_below_one_another(self) -> None:
        markdown = "Costs:\n\n| Who | USD |\n|:---|---:|\n| Ana | 1.00 |\n| 漢字 | 12.50 |\n\nThat is all."

        assert without_tables(markdown) == (
            "Costs:\n\n```\nWho     USD\n----  -----\nAna    1.00\n漢字  12.50\n```\n\nThat is all."
        )

    def test_tables_of_our_own_are_read(self) -> None:
        markdown = table(["Model", "Cost"], [["a|b", "$1"]], numeric=[1])

        assert without_tables(markdown) == "```\nModel  Cost\n-----  ----\na|b      $1\n```"

    def test_cells_are_plain_text(self) -> None:
        row = "| **a** *b* ~~c~~ | `d` [e](https://e.example) | f\\|g<br>h |"

        assert without_tables(f"| 1 | 2 | 3 |\n|---|:-:|---|\n{row}\n").splitlines()[3] == (
            "a b c  d e (https://e.example)  f|g h"
        )

    @pytest.mark.parametrize("cell", ["```", "`` ``` ``", "````", "\\`\\`\\`"])
    def test_no_cell_closes_the_block_of_code(self, cell: str) -> None:
        markdown = without_tables(f"| a |\n|---|\n| {cell} |\n| [l](https://a.example) |\n")

        assert [token.type for token in PARSER.parse(markdown)] == ["fence"]
        assert markdown.count("```") == 2

    def test_no_cell_calls_anyone(self) -> None:
        assert "@ here" in without_tables("| a |\n|---|\n| @**here** |")

    def test_rows_may_be_shorter_and_longer_than_the_head(self) -> None:
        assert without_tables("| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |") == ("```\na  b\n-  -  -\n1\n1  2  3\n```")

    def test_a_wide_table_becomes_a_list(self) -> None:
        long = "word " * 14 + "end"
        markdown = f"| Name | Text | Source |\n|---|---|---|\n| Ana | {long} | [1] |\n| `b` | | x\\|y |\nafter"

        assert without_tables(markdown) == (f"- **Ana**: Text: {long}; Source: [1]\n- `b`: Source: x|y\n\nafter")

    def test_a_wide_head_without_rows_is_a_list_too(self) -> None:
        assert without_tables(f"| {'a' * 80} | b |\n|---|---|") == f"- {'a' * 80}; b"

    def test_cells_of_a_list_do_not_join_to_a_link(self) -> None:
        markdown = without_tables(
            f"| a | b | c |\n|---|---|---|\n| x | {'w ' * 50}[click | ](https://evil.example) |\n"
        )

        assert "href" not in PARSER.render(markdown)

    def test_in_quotations_and_below_text_it_stays_where_it_is(self) -> None:
        assert without_tables("> | a |\n> |---|\n> | 1 |\nafter") == "> ```\n> a\n> -\n> 1\n> ```\nafter"
        assert without_tables("text\n| a |\n|---|\n| 1 |\ntext") == "text\n```\na\n-\n1\n```\ntext"
        assert without_tables(f"> | a |\n> |---|\n> | {'w ' * 50}|\nafter").endswith(" w**\n>\nafter")

    def test_a_table_without_bars_at_the_edge_is_one(self) -> None:
        assert without_tables("a | b\n--- | ---\n1 | 2\n\nafter") == "a \n```\na  b\n-  -\n1  2\n```\n\nafter"

    def test_two_tables_and_one_at_the_end(self) -> None:
        one = "| a |\n|---|\n| 1 |"

        assert without_tables(f"{one}\n\n{one}\n") == "```\na\n-\n1\n```\n\n```\na\n-\n1\n```\n"
        assert without_tables("| a |\n|---|") == "```\na\n-\n```"

    @pytest.mark.parametrize(
        "markdown",
        [
            "",
            "no table\nat all\n",
            "a | b is no table",
            "| a | b |\nno rule",
            "| a | b |\n|---|\n",
            "| a |\n\n|---|\n",
            "a \\| b\n---\n",
            "```\n| a |\n|---|\n| 1 |\n```\n",
            "~~~ sh\n| a |\n|---|\n~~~",
            "- ```\n  | a |\n  |---|\n  ```\n",
            "> ```\n> | a |\n> |---|\n",
            "````\n```\n| a |\n|---|\n````",
            "| a |\n> |---|\n",
            "| a |\n| - b |\n",
            "a | b",
            "| a |\n",
        ],
    )
    def test_what_is_no_table_is_unchanged(self, markdown: str) -> None:
        assert without_tables(markdown) == markdown

    @pytest.mark.parametrize("code", ["```\nx\n```\n", "> ```\n> x\n", "~~~\nx\n~~~~  \n", "``` a`b\n"])
    def test_below_code_tables_are_tables_again(self, code: str) -> None:
        assert without_tables(f"{code}\n| a |\n|---|\n") == f"{code}\n```\na\n-\n```\n"


class TestStream:
    @given(PARTS, st.lists(st.integers(0, 400), max_size=30))
    def test_however_it_is_cut_the_same_comes_out(self, markdown: str, cuts: list[int]) -> None:
        whole = without_tables(markdown)

        assert streamed(markdown, cuts) == whole
        assert streamed(markdown, list(range(len(markdown)))) == whole

    @given(PARTS)
    def test_what_it_has_let_through_it_lets_through_unchanged(self, markdown: str) -> None:
        shown = without_tables(markdown)

        assert without_tables(shown) == shown

    @given(PARTS)
    def test_text_without_bars_comes_out_at_once(self, markdown: str) -> None:
        text = markdown.replace("|", "")
        stream = TableStream()

        assert [stream.feed(character) for character in text] == list(text)

    def test_text_before_a_table_does_not_wait_for_it(self) -> None:
        stream = TableStream()

        assert stream.feed("text\n") == "text\n"
        assert stream.feed("more ") == "more "
        assert stream.feed("| x\n") == ""
        assert stream.feed("n") == "| x\nn"

    def test_a_table_comes_out_as_soon_as_it_is_over(self) -> None:
        stream = TableStream()

        assert stream.feed("| a |\n|---|\n| 1 |\n") == ""
        assert stream.feed("T") == "```\na\n-\n1\n```\nT"

    @given(
        st.lists(st.lists(st.text("abc*_`漢 .|\\", max_size=30), min_size=3, max_size=3), max_size=5),
        st.sampled_from([0, 60]),
    )
    def test_no_word_of_a_table_is_lost(self, rows: list[list[str]], filler: int) -> None:
        markdown = table(["h1", "h2" * (1 + filler), "h3"], rows)
        shown = without_tables(markdown)

        expected = [re.findall(r"[abc漢]", cell) for row in rows for cell in row]
        assert re.findall(r"[abc漢]", shown) == [letter for cell in expected for letter in cell]
        if not filler and shown.startswith("```"):
            assert max(map(len, shown.splitlines())) <= MAX_COLUMNS
