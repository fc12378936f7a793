"""Slips of the keys: two letters swapped, one too many, missing or, in a longer word, wrong, but never the first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

FEWEST_LETTERS = 5
"""In shorter words, a letter wrong makes another word too often."""

_FEWEST_LETTERS_WITH_ONE_WRONG = 7


class Slips:
    """Words that slips are looked for of.

    They are put in order when the first word is met that is none of them. To know every slip of a thousand words by
    heart would take longer than all the comparisons of a day.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = words
        self._alike: dict[tuple[str, int], list[str]] = {}

    def meant(self, typed: str) -> str | None:
        """The word that one is a slip of."""
        if len(typed) < FEWEST_LETTERS - 1 or typed[0].isdigit():
            return None
        start, end = typed[:2], typed[-2:]
        # A slip in the first three letters leaves the last two as they are; this spares most of the comparisons.
        near = [meant for meant in self._as_long(typed) if meant[:2] == start or meant[-2:] == end]
        found = [meant for meant in near if _is_slip(typed, meant)] if near else near
        return min(found, key=lambda meant: _order(typed, meant)) if len(found) > 1 else found[0] if found else None

    def _as_long(self, typed: str) -> list[str]:
        """Those with the same first letter, and about as long."""
        if not self._alike:
            alike: dict[tuple[str, int], list[str]] = {}
            for word in self._words:
                alike.setdefault((word[0], len(word)), []).append(word)
            self._alike = alike
        alike, first, length = self._alike, typed[0], len(typed)
        return [
            *alike.get((first, length - 1), ()),
            *alike.get((first, length), ()),
            *alike.get((first, length + 1), ()),
        ]


def _order(typed: str, meant: str) -> tuple[int, str]:
    """A missing letter is likelier than another slip, and an early slip than a late one."""
    forms = {meant, *_without_a_letter(meant)}
    return next(at for at, form in enumerate((typed, *_without_a_letter(typed))) if form in forms), meant


def _without_a_letter(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(1, len(word)))


def _is_slip(typed: str, meant: str) -> bool:
    shorter = min(len(typed), len(meant))
    start = 1
    while start < shorter and typed[start] == meant[start]:
        start += 1
    end = 0
    while end < shorter - start and typed[-1 - end] == meant[-1 - end]:
        end += 1
    wrong, right = typed[start : len(typed) - end], meant[start : len(meant) - end]
    if len(wrong) == len(right) == 1:
        return len(meant) >= _FEWEST_LETTERS_WITH_ONE_WRONG
    return len(wrong) + len(right) == 1 or (len(wrong) == 2 and wrong == right[::-1])
