"""What the vendors' chat protocols have in common."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.model import Turn
from rag.ports import Prompt, TextDelta
from rag.providers.wire import count, dialogue, name, text, tier

_TURNS = st.lists(
    st.builds(Turn, role=st.sampled_from(["user", "assistant"]), text=st.text(max_size=5)), max_size=6
).map(tuple)


def test_passages_come_first_and_the_question_last() -> None:
    history = (Turn("user", "Hello"), Turn("assistant", "Hi"))
    assert dialogue(Prompt("Be exact.", ("[1] a", "[2] b"), history, "How?")) == [
        Turn("user", "[1] a\n\n[2] b\n\nHello"),
        Turn("assistant", "Hi"),
        Turn("user", "How?"),
    ]


def test_what_the_assistant_said_before_anybody_asked_is_left_out() -> None:
    assert dialogue(Prompt("", (), (Turn("assistant", "Welcome!"),), "How?")) == [Turn("user", "How?")]


@given(_TURNS, st.lists(st.text(max_size=5), max_size=2).map(tuple))
def test_turns_alternate_from_the_user_to_the_user_and_none_is_empty(
    history: tuple[Turn, ...], passages: tuple[str, ...]
) -> None:
    turns = dialogue(Prompt("Be exact.", passages, history, "How?"))
    assert [turn.role for turn in turns] == [("user", "assistant")[n % 2] for n in range(len(turns))]
    assert turns[-1].role == "user"
    assert turns[-1].text.endswith("How?")
    assert all(turn.text.strip() for turn in turns)


def test_only_text_is_text() -> None:
    assert list(text("Hi")) == [TextDelta("Hi")]
    assert list(text("")) == list(text(None)) == []
    with pytest.raises(TypeError, match="text"):
        list(text(["Hi"]))


@pytest.mark.parametrize("figure", [None, -1, "12", 1.5, True, [3]])
def test_a_figure_that_counts_nothing_is_unknown(figure: object) -> None:
    assert count(figure) is None
    assert count(0) == 0
    assert count(12) == 12


def test_a_name_is_a_word() -> None:
    assert name("gpt-6-luna") == "gpt-6-luna"
    assert name("") is name(None) is name(7) is None


def test_only_a_tier_with_another_price_is_named() -> None:
    assert {tier(word) for word in ("auto", "default", "STANDARD", "on_demand", "unspecified", "", None, 1)} == {None}
    assert tier("PRIORITY") == "priority"
    assert tier("standard", "fast", None, "US") == "fast+us"
