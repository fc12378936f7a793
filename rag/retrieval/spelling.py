"""Slips of the keys, mended with the documents' own words (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

# Of short words too many are one letter apart, and a word that begins otherwise is another one.
_SHORTEST = 6
_LENGTH_APART = 2
_ALIKE = 0.85

_LONG_WORD = re.compile(rf"[^\W\d_]{{{_SHORTEST - 1},}}")


def mended(words: Sequence[str], unknown: Iterable[str], texts: Iterable[str]) -> list[str]:
    """The words of a question, in lower case, with those that no document has replaced by what was meant.

    Args:
        unknown: Those of the words that no document has.
        texts: Where a meant word would stand: what the question's other words found.
    """
    slips = {word for word in unknown if len(word) >= _SHORTEST and word.isalpha()}
    if not slips:
        return list(words)
    known = {word for text in texts for word in _LONG_WORD.findall(text.lower())}
    return [_meant(word, known) if word in slips else word for word in words]


def _meant(word: str, known: Iterable[str]) -> str:
    near = [other for other in known if other[0] == word[0] and abs(len(other) - len(word)) <= _LENGTH_APART]
    # Sorted, because of equally near words always the same shall be chosen.
    return next(iter(get_close_matches(word, sorted(near), n=1, cutoff=_ALIKE)), word)
