"""Fusion, order and judgement, as arithmetic."""

from __future__ import annotations

from dataclasses import astuple, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.model import Passage
from rag.retrieval.ranking import (
    RELEVANT,
    Signals,
    coverage,
    evidence,
    fuse,
    phrase_share,
    relevance,
    rescore,
)
from tests.unit.test_lance import chunk

words = st.sampled_from(["budget", "day", "team", "limit", "month", "user"])
texts = st.lists(words, max_size=12)
weights = st.dictionaries(words, st.floats(0.01, 50), max_size=6)
shares = st.floats(0, 1)
found = st.builds(Signals, shares, shares, st.sampled_from([0.0, 1.0]), st.floats(0, 3), st.floats(0, 6))
legs = st.lists(st.integers(0, 15), max_size=10, unique=True)


def _leg(numbers: list[int], kind: str = "text_score") -> list[Passage]:
    """A leg of a search: falling scores, as a leg has."""
    return [
        replace(Passage(chunk(f"{n}", f"d{n}"), score=100.0 - rank), **{kind: 100.0 - rank})
        for rank, n in enumerate(numbers)
    ]


def _ids(passages: list[Passage]) -> list[str]:
    return [passage.chunk.id for passage in passages]


class TestFusing:
    @given(legs, legs)
    def test_every_passage_of_any_leg_is_there_once_the_best_first(self, one: list[int], other: list[int]) -> None:
        fused = fuse(_leg(one), _leg(other, "vector_distance"))
        assert sorted(_ids(fused)) == sorted(f"d{n}-0" for n in {*one, *other})
        assert [passage.score for passage in fused] == sorted((passage.score for passage in fused), reverse=True)

    @given(legs)
    def test_one_leg_keeps_its_order(self, numbers: list[int]) -> None:
        assert _ids(fuse(_leg(numbers), [])) == _ids(fuse([], _leg(numbers))) == _ids(_leg(numbers))

    @given(legs, legs, st.integers(0, 15))
    def test_being_found_by_another_leg_never_costs_a_place(self, one: list[int], other: list[int], n: int) -> None:
        without = [number for number in other if number != n]
        if n not in one:
            return
        before = _ids(fuse(_leg(one), _leg(without))).index(f"d{n}-0")
        after = _ids(fuse(_leg(one), _leg([n, *without]))).index(f"d{n}-0")
        assert after <= before

    def test_both_legs_figures_are_kept(self) -> None:
        (passage,) = fuse(_leg([1]), _leg([1], "vector_distance"))
        assert (passage.text_score, passage.vector_distance) == (100, 100)
        assert passage.score == pytest.approx(2 / 61)

    def test_second_in_both_legs_comes_before_first_in_one(self) -> None:
        assert _ids(fuse(_leg([1, 2]), _leg([3, 2])))[0] == "d2-0"


class TestShares:
    @given(weights, texts)
    def test_coverage_is_a_share_and_grows_with_what_is_found(self, weights: dict[str, float], text: list[str]) -> None:
        shares = [coverage(weights, text[:length]) for length in range(len(text) + 1)]
        assert all(0 <= share <= 1 + 1e-9 for share in shares)
        assert shares == sorted(shares)
        assert coverage(weights, weights) == (pytest.approx(1) if weights else 0)

    @given(texts, texts)
    def test_a_phrase_share_is_a_share(self, question: list[str], text: list[str]) -> None:
        assert 0 <= phrase_share(question, text) <= 1
        assert phrase_share(question, question) == float(len(question) > 1)
        assert phrase_share(question, [*text, *question]) >= phrase_share(question, text)

    @pytest.mark.parametrize(
        ("text", "share"),
        [
            ("daily budget limit", 1.0),
            ("daily budget", 0.5),
            ("daily x budget", 0.5),
            ("daily x y budget", 0.0),
            ("budget daily", 0.0),
            ("", 0.0),
        ],
    )
    def test_neighbours_may_have_one_word_between_them(self, text: str, share: float) -> None:
        assert phrase_share(["daily", "budget", "limit"], text.split()) == share


class TestRescoring:
    @given(legs, st.data(), texts, weights)
    def test_it_reorders_and_loses_nothing(
        self, numbers: list[int], data: st.DataObject, question: list[str], weights: dict[str, float]
    ) -> None:
        leg = _leg(numbers)
        terms = [data.draw(texts) for _ in leg]
        scored = rescore(leg, terms, question, weights)
        assert sorted(_ids(scored)) == sorted(_ids(leg))
        assert [passage.score for passage in scored] == sorted((passage.score for passage in scored), reverse=True)
        assert {passage.chunk.id: passage.text_score for passage in scored} == {
            passage.chunk.id: passage.text_score for passage in leg
        }

    def test_of_two_alike_the_one_with_the_phrase_comes_first(self) -> None:
        alike = [replace(passage, score=1.0) for passage in _leg([1, 2])]
        terms = [["budget", "x", "y", "daily"], ["daily", "budget", "x", "y"]]
        scored = rescore(alike, terms, ["daily", "budget"], {"daily": 1.0, "budget": 1.0})
        assert _ids(scored) == ["d2-0", "d1-0"]


class TestJudging:
    @given(found)
    def test_relevance_lies_between_none_and_all(self, found: Signals) -> None:
        assert 0 <= relevance(found) <= 1

    @given(found, st.sampled_from(["coverage", "phrase", "rarest", "strength", "length"]), st.floats(0, 1))
    def test_more_of_any_figure_never_makes_it_less_relevant(self, found: Signals, figure: str, more: float) -> None:
        better = replace(found, **{figure: getattr(found, figure) + more})
        assert relevance(better) >= relevance(found)

    def test_nothing_found_is_not_relevant_and_everything_is(self) -> None:
        question = ["daily", "budget", "team", "limit"]
        weights = dict.fromkeys(question, 4.0)
        assert relevance(evidence(question, weights, [], 0.0)) < RELEVANT
        assert relevance(evidence([], {}, [], 0.0)) < RELEVANT
        assert relevance(evidence(question, weights, [question], 16.0)) > RELEVANT

    @given(texts, weights, st.lists(texts, max_size=4), st.floats(0, 100))
    def test_evidence_is_within_its_bounds(
        self, question: list[str], weights: dict[str, float], terms: list[list[str]], best: float
    ) -> None:
        measured = evidence(question, weights, terms, best)
        assert all(0 <= share <= 1 + 1e-9 for share in (measured.coverage, measured.phrase, measured.rarest))
        assert all(figure >= 0 for figure in astuple(measured))

    def test_the_rarest_term_is_the_one_that_is_worth_most(self) -> None:
        weights = {"common": 1.0, "rare": 9.0}
        assert evidence(["common", "rare"], weights, [["common"]], 1.0).rarest == 0
        assert evidence(["common", "rare"], weights, [["common"], ["rare"]], 1.0).rarest == 1
