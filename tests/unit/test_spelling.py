from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.spelling import mended

DOCUMENTS = ["The keep-alive timeout closes idle sockets.", "Our pipelines run tests.", "Desative a opção no menu."]


@pytest.mark.parametrize(("slip", "meant"), [("timout", "timeout"), ("sokcets", "sockets"), ("pipline", "pipelines")])
def test_a_slip_of_the_keys_becomes_the_word_of_the_documents(slip: str, meant: str) -> None:
    assert mended(["default", slip], [slip], DOCUMENTS) == ["default", meant]


def test_a_word_that_the_documents_have_is_left_alone() -> None:
    assert mended(["timout"], [], DOCUMENTS) == ["timout"]


@pytest.mark.parametrize("word", ["tests1", "mine", "fiction", "imeout", "outtime"])
def test_a_short_word_or_another_word_is_left_alone(word: str) -> None:
    assert mended([word], [word], DOCUMENTS) == [word]


@given(st.lists(st.text(min_size=1, max_size=9), max_size=5), st.lists(st.text(max_size=40), max_size=3))
def test_there_are_always_as_many_words_as_before(words: list[str], texts: list[str]) -> None:
    assert len(mended(words, words, texts)) == len(words)
