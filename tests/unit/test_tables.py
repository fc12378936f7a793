"""Tables that can be read as they are written."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.tables import table

CELLS = st.text(max_size=12)


def test_a_table_is_aligned_and_its_figures_are_set_to_the_right() -> None:
    assert table(("model", "cost"), [("`a/b`", "$1.50"), ("`a/longer`", "$12.00")], numeric=(1,)).splitlines() == [
        "| model      |   cost |",
        "| ---------- | -----: |",
        "| `a/b`      |  $1.50 |",
        "| `a/longer` | $12.00 |",
    ]


def test_a_table_without_rows_has_its_heading() -> None:
    assert table(("a",), []).splitlines() == ["| a   |", "| --- |"]


def test_wide_letters_take_the_room_of_two() -> None:
    assert table(("name",), [("東京",), ("Rome",)]).splitlines()[2:] == ["| 東京 |", "| Rome |"]


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_whatever_stands_in_a_cell_stays_in_it(rows: list[tuple[str, str]]) -> None:
    lines = table(("a", "b"), rows, numeric=(1,)).split("\n")

    assert len(lines) == len(rows) + 2
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {3}
