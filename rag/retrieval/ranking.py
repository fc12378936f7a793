"""Which passages come first, and whether they answer at all: pure arithmetic over terms.

The numbers were chosen on the collections and documentation sets of docs/retrieval.md, where their effect is told.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import pairwise

from rag.model import Passage

# Reciprocal rank fusion's usual constant (Cormack et al., SIGIR 2009): ranks matter, scores of two scales do not.
_FUSION_RANK = 60
# A passage that has the question's words side by side, or many of them, is worth this much more.
_PHRASE_BONUS = 0.2
_COVERAGE_BONUS = 0.3


@dataclass(frozen=True, slots=True)
class Signals:
    """How well the best passages meet a question.

    Attributes:
        coverage: Share of the question's weight found in one passage with its headings, 0 to 1.
        phrase: Share of the question's neighbouring word pairs that are neighbours in a passage, 0 to 1.
        rarest: 1 where the question's rarest term is found at all, else 0.
        strength: The best passage's score over the sum of what each term could score.
        length: Logarithm of the number of terms plus one: of many words, few have to be met.
    """

    coverage: float
    phrase: float
    rarest: float
    strength: float
    length: float


def coverage(weights: Mapping[str, float], terms: Iterable[str]) -> float:
    """Share of the question's weight that `terms` hold, 0 to 1."""
    total = sum(weights.values())
    present = set(terms)
    return sum(weight for term, weight in weights.items() if term in present) / total if total else 0.0


def phrase_share(question: Sequence[str], terms: Sequence[str]) -> float:
    """Share of the question's neighbouring terms that stand side by side (or with one between) in `terms`."""
    pairs = set(pairwise(question))
    if not pairs:
        return 0.0
    neighbours = {*pairwise(terms), *zip(terms, terms[2:], strict=False)}
    return len(pairs & neighbours) / len(pairs)


def rescore(
    passages: Sequence[Passage], terms: Sequence[Sequence[str]], question: Sequence[str], weights: Mapping[str, float]
) -> list[Passage]:
    """The full-text leg in a better order: BM25 knows single words, this looks at how they stand together."""
    scored = []
    for passage, words in zip(passages, terms, strict=True):
        bonus = _PHRASE_BONUS * phrase_share(question, words) + _COVERAGE_BONUS * coverage(weights, words)
        scored.append(replace(passage, score=passage.score * (1 + bonus)))
    return sorted(scored, key=lambda passage: -passage.score)


def fuse(*legs: Sequence[Passage]) -> list[Passage]:
    """Reciprocal rank fusion: a passage's score is the sum over legs of 1 / (60 + its rank there)."""
    merged: dict[str, Passage] = {}
    for leg in legs:
        for rank, passage in enumerate(leg, start=1):
            gained = 1 / (_FUSION_RANK + rank)
            known = merged.get(passage.chunk.id)
            merged[passage.chunk.id] = (
                replace(passage, score=gained)
                if known is None
                else replace(
                    known,
                    score=known.score + gained,
                    text_score=passage.text_score if known.text_score is None else known.text_score,
                    vector_distance=passage.vector_distance if known.vector_distance is None else known.vector_distance,
                )
            )
    return sorted(merged.values(), key=lambda passage: -passage.score)


def evidence(
    question: Sequence[str], weights: Mapping[str, float], terms: Sequence[Sequence[str]], best_text_score: float
) -> Signals:
    """Measure the best passages, given as their terms, against a question."""
    rarest = max(weights, key=lambda term: weights[term], default=None)
    total = sum(weights.values())
    return Signals(
        coverage=max((coverage(weights, words) for words in terms), default=0.0),
        phrase=max((phrase_share(question, words) for words in terms), default=0.0),
        rarest=float(any(rarest in words for words in terms)),
        strength=best_text_score / total if total else 0.0,
        length=math.log1p(len(weights)),
    )


# Logistic regression over the collections and documentation sets of docs/retrieval.md, which tells how it was fitted
# and how often it is right.
_INTERCEPT = -14.49
_SLOPES = Signals(coverage=2.77, phrase=2.79, rarest=1.07, strength=8.95, length=4.1)
# Below one half: a quotation with its source can be judged by its reader, a wrong refusal cannot.
RELEVANT = 0.35


def relevance(found: Signals) -> float:
    """How likely passages with this evidence answer the question, 0 to 1; from `RELEVANT` on they are answered from."""
    pairs = zip(astuple(_SLOPES), astuple(found), strict=True)
    return 1 / (1 + math.exp(-_INTERCEPT - sum(slope * figure for slope, figure in pairs)))
