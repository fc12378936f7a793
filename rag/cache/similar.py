"""Whether two questions mean the same, so that the answer to one answers the other.

No model is asked and no vector compared: what near misses have in common is that one word makes all the difference, and
closeness in meaning is just what does not see it. So the questions are taken apart, and whatever could matter must be
equal: what is asked for, and every word that bears the meaning, in its order. Only how the question is put, synonyms,
and words that carry little, may differ.
"""

from __future__ import annotations

from collections import Counter

from rag.cache.reading import Reading

SIMILAR = 0.9
"""From this similarity on, two questions are one; chosen on data, see docs/caching.md."""

# What a word that hardly bears any meaning weighs beside one that does.
_LOOSE_WEIGHT = 0.25


def gist(reading: Reading) -> str:
    """What must be the same in two questions: where to look for a similar one."""
    return "\n".join((reading.asks, *reading.words))


def similarity(one: Reading, other: Reading) -> float:
    """Between 0 and 1: 0 where anything differs that could matter, 1 where nothing differs that has any weight."""
    if gist(one) != gist(other):
        return 0.0
    weight = 2.0 * len(one.words) + _LOOSE_WEIGHT * (len(one.loose) + len(other.loose))
    from_one, from_other = Counter(one.loose), Counter(other.loose)
    differing = ((from_one - from_other) + (from_other - from_one)).total()
    return 1 - _LOOSE_WEIGHT * differing / weight
