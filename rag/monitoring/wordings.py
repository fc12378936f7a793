"""Questions in groups: those that ask the same in other words. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from rag.cache.wording import normalised
from rag.language import Analyzer, detect_language

T = TypeVar("T")

# So much of all that either of two questions is about, both are about. Less will do where one of them only says more:
# another word in place of one makes it another question sooner.
_MOSTLY, _MOSTLY_AND_MORE = 0.75, 0.6
_FEWEST_IN_COMMON = 2
# A text that was pasted is about so much that it would be like anything.
_MOST_TERMS = 60


@dataclass(frozen=True, slots=True)
class Wording(Generic[T]):
    """A question, word for word.

    Attributes:
        times: How often it was asked so.
        at: When it was asked so last.
        about: What is known of it.
    """

    text: str
    times: int
    at: datetime
    about: T


@dataclass(slots=True)
class _Group(Generic[T]):
    terms: frozenset[str]
    wordings: list[Wording[T]] = field(default_factory=list)


def grouped(wordings: Sequence[Wording[T]], analyzer: Analyzer) -> list[tuple[Wording[T], ...]]:
    """Wordings of the same question together, the commonest first, in each group and of all groups; then the newest.

    Two are of one question where they differ in nothing but capitals and punctuation, or are mostly about the same
    words: `VPN on Linux?` and `How do I set up the VPN on Linux?`.
    """
    groups: list[_Group[T]] = []
    by_text: dict[str, _Group[T]] = {}
    by_term: dict[str, list[int]] = defaultdict(list)
    for wording in sorted(wordings, key=_rank):
        plain = normalised(wording.text).casefold()
        group = by_text.get(plain)
        if group is None:
            terms = frozenset(analyzer.terms(plain, detect_language(wording.text))[:_MOST_TERMS])
            # Compared with the first wording of each group alone, so that no chain of small steps leads far away.
            group = _nearest(terms, groups, by_term)
            if group is None:
                group = _Group(terms)
                for term in terms:
                    by_term[term].append(len(groups))
                groups.append(group)
            by_text[plain] = group
        group.wordings.append(wording)
    found = [tuple(group.wordings) for group in groups]
    found.sort(key=lambda group: (-sum(w.times for w in group), -max(w.at for w in group).timestamp()))
    return found


def _rank(wording: Wording[T]) -> tuple[int, float, str]:
    return -wording.times, -wording.at.timestamp(), wording.text


def _nearest(terms: frozenset[str], groups: Sequence[_Group[T]], by_term: dict[str, list[int]]) -> _Group[T] | None:
    common = Counter(position for term in terms for position in by_term.get(term, ()))
    best, best_share = None, 0.0
    for position, shared in common.items():
        share = _alike(terms, groups[position].terms, shared)
        if share > best_share:
            best, best_share = groups[position], share
    return best


def _alike(one: frozenset[str], other: frozenset[str], shared: int) -> float:
    """The share of what two questions are about that they have in common; 0 where that is not enough."""
    share = shared / (len(one) + len(other) - shared)
    if share == 1:
        return share
    says_more = shared in {len(one), len(other)}
    is_enough = shared >= _FEWEST_IN_COMMON and share >= (_MOSTLY_AND_MORE if says_more else _MOSTLY)
    # Port 80 is not port 443, however much else is the same.
    return share if is_enough and _numbers(one) == _numbers(other) else 0.0


def _numbers(terms: frozenset[str]) -> frozenset[str]:
    return frozenset(term for term in terms if any(map(str.isdigit, term)))
