"""How good a ranking is, in the usual figures of information retrieval (pure).

A ranking is a sequence of document ids, best first, each once. Grades say which documents are relevant: the higher
the better, zero or less for those that are not. All figures lie between 0 and 1, and 1 is best.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

DEPTH = 10


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one ranking, or their means over many.

    Attributes:
        ndcg: nDCG@10: whether the relevant documents come first, the most relevant ones at the top.
        recall: Recall@10: the share of the relevant documents that is found at all.
        reciprocal_rank: 1 over the rank of the first relevant document in the first ten; 0 where there is none.
    """

    ndcg: float
    recall: float
    reciprocal_rank: float


def score(ranking: Sequence[str], grades: Mapping[str, int]) -> Scores:
    """All figures of one ranking."""
    return Scores(ndcg(ranking, grades), recall(ranking, grades), reciprocal_rank(ranking, grades))


def mean(scores: Sequence[Scores]) -> Scores:
    """The means over at least one question, each of which counts the same."""
    return Scores(
        ndcg=fmean(each.ndcg for each in scores),
        recall=fmean(each.recall for each in scores),
        reciprocal_rank=fmean(each.reciprocal_rank for each in scores),
    )


def ndcg(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """Discounted cumulative gain of the first ten, as a share of what the best order would have.

    A document gains its grade, as in trec_eval and BEIR, divided by log2(rank + 1).
    """
    ideal = _discounted(sorted(grades.values(), reverse=True))
    return _discounted(grades.get(document, 0) for document in ranking) / ideal if ideal else 0.0


def recall(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """Share of the relevant documents that is among the first ten."""
    relevant = {document for document, grade in grades.items() if grade > 0}
    return len(relevant.intersection(ranking[:DEPTH])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """1 over the rank of the first relevant document among the first ten, 0 where there is none."""
    ranks = (rank for rank, document in enumerate(ranking[:DEPTH], start=1) if grades.get(document, 0) > 0)
    return 1 / next(ranks, math.inf)


def _discounted(gains: Iterable[int]) -> float:
    return sum(max(gain, 0) / math.log2(rank + 1) for rank, gain in zip(range(1, DEPTH + 1), gains, strict=False))
