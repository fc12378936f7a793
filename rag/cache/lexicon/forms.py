"""The form in which a language is told of: its words and turns of phrase by what they do to a question's meaning.

Everything is written as `rag.cache.reading` sees it: lower case, no accents, no hyphens. The lists
are short on purpose: a word that stands in none of them has to be the same in both questions, so whatever is forgotten
here costs a hit and never a wrong answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Rewrites = tuple[tuple[re.Pattern[str], str], ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of one language.

    Attributes:
        rewrites: Different spellings and orders of words that mean the same, brought into one form.
        polite: What may stand before the question itself.
        openings: How a question asks; the group that matched names what it asks for.
        silent: Words without any weight.
        loose: Words whose coming or going changes the meaning seldom.
        synonyms: Groups of words that mean the same; the first of each stands for all of it.
        kinds: Endings that make another thing of a verb's stem: who does it, whether it can be done, when it was.
        number_words: From two on.
    """

    rewrites: Rewrites
    polite: re.Pattern[str]
    openings: re.Pattern[str]
    silent: frozenset[str]
    loose: frozenset[str]
    synonyms: tuple[tuple[str, ...], ...]
    kinds: Rewrites
    number_words: tuple[str, ...]


def rewrites(*pairs: tuple[str, str]) -> Rewrites:
    """Patterns with what takes their place, in the order in which they are applied."""
    return tuple((re.compile(pattern), replacement) for pattern, replacement in pairs)


def openings(**forms: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern, so that the opening that comes first wins, and of those in one place the one listed first."""
    groups = (f"(?P<{name}>{'|'.join(alternatives)})" for name, alternatives in forms.items())
    return re.compile(rf"\b(?:{'|'.join(groups)})(?!\w)")


def words(listed: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(listed.split())


def synonyms(listed: str) -> tuple[tuple[str, ...], ...]:
    """Words that mean the same stand in one line."""
    return tuple(tuple(line.split()) for line in listed.strip().splitlines())
