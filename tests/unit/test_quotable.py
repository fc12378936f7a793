from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag.providers.quotable import units_of

PASSAGE = """\
Install it with pip. It takes a second.

```sh
pip install ragbot

ragbot --version
```

- one item
- another item
  that goes on

| key | unit |
| --- | --- |
| daily_budget | USD |
| timeout | s |

### A heading inside
<div class="note">

Last words.
"""


def kinds_and_texts(text: str) -> list[tuple[str, str]]:
    return [(unit.kind, text[unit.start : unit.end]) for unit in units_of(text)]


def test_sentences_items_rows_and_code_are_units_of_their_own() -> None:
    assert kinds_and_texts(PASSAGE) == [
        ("text", "Install it with pip."),
        ("text", "It takes a second."),
        ("code", "```sh\npip install ragbot\n\nragbot --version\n```"),
        ("text", "- one item"),
        ("text", "- another item\n  that goes on"),
        ("row", "| daily_budget | USD |"),
        ("row", "| timeout | s |"),
        ("mark", "### A heading inside"),
        ("mark", '<div class="note">'),
        ("text", "Last words."),
    ]


def test_a_row_knows_the_header_of_its_table() -> None:
    rows = [unit for unit in units_of(PASSAGE) if unit.kind == "row"]
    headers = {PASSAGE[slice(*row.header)] for row in rows if row.header}
    assert len(rows) == 2
    assert headers == {"| key | unit |\n| --- | --- |"}


def test_a_table_without_rows_is_one_unit() -> None:
    assert kinds_and_texts("| a | b |\n| - | - |") == [("row", "| a | b |\n| - | - |")]


def test_code_that_is_never_closed_is_still_code() -> None:
    assert kinds_and_texts("Before.\n\n~~~\nx = 1\n\ny = 2") == [("text", "Before."), ("code", "~~~\nx = 1\n\ny = 2")]


def test_a_fence_is_closed_by_its_own_kind_alone() -> None:
    assert kinds_and_texts("````\n```\n~~~\n````\nAfter.") == [("code", "````\n```\n~~~\n````"), ("text", "After.")]


def test_an_entry_of_a_table_of_contents_is_only_a_mark() -> None:
    assert kinds_and_texts("- [Budgets](#budgets)\n- [see](https://example.com/budgets) it") == [
        ("mark", "- [Budgets](#budgets)"),
        ("text", "- [see](https://example.com/budgets) it"),
    ]


LINES = st.sampled_from(
    [
        "Words here. More words!",
        "- item",
        "| a | b |",
        "| - | - |",
        "```",
        "~~~~",
        "",
        "  ",
        "## H",
        "<br>",
        "x = {",
        "é? ê.",
    ]
)


@given(st.lists(LINES, max_size=25).map("\n".join) | st.text(max_size=300))
def test_units_are_in_order_apart_and_hold_all_that_is_not_white_space_or_a_header(text: str) -> None:
    units = units_of(text)
    for unit, after in pairwise(units):
        assert unit.end <= after.start
    for unit in units:
        assert text[unit.start : unit.end].strip()
        assert not text[unit.start : unit.end].endswith((" ", "\n"))
    covered = [*((unit.start, unit.end) for unit in units), *(unit.header for unit in units if unit.header)]
    outside = list(text)
    for start, end in covered:
        outside[start:end] = " " * (end - start)
    assert not "".join(outside).strip()
