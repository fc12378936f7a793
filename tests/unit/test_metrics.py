from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rag.evaluation.metrics import DEPTH, Scores, mean, ndcg, recall, reciprocal_rank, score

DOCUMENTS = [f"d{number}" for number in range(30)]

rankings = st.permutations(DOCUMENTS).flatmap(lambda order: st.integers(0, 30).map(lambda size: order[:size]))
judgements = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(-1, 3))


class TestFiguresComputedByHand:
    def test_ndcg_discounts_grades_by_rank_and_compares_with_the_best_order(self) -> None:
        # (2/1 + 3/2) / (3/1 + 2/log2(3)), with log2(3) = 1.58496
        assert ndcg(["b", "x", "a"], {"a": 3, "b": 2}) == pytest.approx(3.5 / 4.261860, abs=1e-6)

    def test_the_gain_is_the_grade_itself_and_not_a_power_of_it(self) -> None:
        assert ndcg(["a"], {"a": 1, "b": 2}) == pytest.approx(1 / (2 + 1 / math.log2(3)))

    def test_recall_is_the_share_of_the_relevant_documents_that_was_found(self) -> None:
        assert recall(["a", "x", "b"], {"a": 1, "b": 2, "c": 1}) == pytest.approx(2 / 3)

    def test_the_reciprocal_rank_is_that_of_the_first_relevant_document(self) -> None:
        assert reciprocal_rank(["x", "y", "b", "a"], {"a": 2, "b": 1}) == pytest.approx(1 / 3)

    def test_the_eleventh_document_counts_for_nothing(self) -> None:
        ranking = [*(f"x{number}" for number in range(10)), "a"]
        assert score(ranking, {"a": 1}) == Scores(0, 0, 0)
        assert score(ranking[1:], {"a": 1}) == Scores(pytest.approx(1 / math.log2(11)), 1, pytest.approx(0.1))

    def test_the_best_order_is_cut_at_ten_as_well(self) -> None:
        relevant = {f"d{number}": 1 for number in range(20)}
        assert score([f"d{number}" for number in range(10)], relevant) == Scores(pytest.approx(1), 0.5, 1)

    def test_a_document_graded_zero_or_less_is_not_relevant(self) -> None:
        assert score(["bad", "worse", "a"], {"bad": 0, "worse": -1, "a": 1}) == Scores(0.5, 1, pytest.approx(1 / 3))

    def test_where_nothing_is_relevant_nothing_is_scored(self) -> None:
        assert score(["a"], {"a": 0}) == Scores(0, 0, 0)

    def test_every_question_counts_the_same_in_the_mean(self) -> None:
        assert mean([Scores(1, 0.5, 1), Scores(0, 0.5, 0.5)]) == Scores(0.5, 0.5, 0.75)


class TestProperties:
    @given(rankings, judgements)
    def test_every_figure_lies_between_zero_and_one(self, ranking: list[str], grades: dict[str, int]) -> None:
        found = score(ranking, grades)
        assert all(0 <= figure <= 1 + 1e-12 for figure in (found.ndcg, found.recall, found.reciprocal_rank))

    @given(st.permutations(DOCUMENTS), judgements)
    def test_the_ranking_by_grade_is_perfect(self, order: list[str], grades: dict[str, int]) -> None:
        relevant = sum(grade > 0 for grade in grades.values())
        assume(relevant)
        ranking = sorted(order, key=lambda document: -grades.get(document, 0))
        assert score(ranking, grades) == Scores(pytest.approx(1), pytest.approx(min(1, DEPTH / relevant)), 1)

    @given(st.permutations(DOCUMENTS), judgements, st.integers(0, DEPTH - 2), st.integers(0, 2), st.integers(1, 3))
    def test_a_better_document_moved_up_is_worth_more(
        self, ranking: list[str], grades: dict[str, int], position: int, grade: int, better_by: int
    ) -> None:
        worse, better = ranking[position : position + 2]
        grades |= {worse: grade, better: grade + better_by}
        swapped = [*ranking[:position], better, worse, *ranking[position + 2 :]]
        assert ndcg(swapped, grades) > ndcg(ranking, grades)
        assert reciprocal_rank(swapped, grades) >= reciprocal_rank(ranking, grades)
        assert recall(swapped, grades) == recall(ranking, grades)

    @given(rankings, judgements)
    def test_what_is_ranked_below_the_tenth_place_changes_nothing(
        self, ranking: list[str], grades: dict[str, int]
    ) -> None:
        assert score(ranking, grades) == score(ranking[:DEPTH], grades)
