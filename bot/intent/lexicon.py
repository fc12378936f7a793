"""What is known of a language: phrases and their marks, and words that say nothing of money; see `bot.intent.words`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from bot.intent.slips import FEWEST_LETTERS, Slips
from bot.intent.words import both, english, other, plain, portuguese
from rag.model import Language

Phrase = tuple[list[str], tuple[str, ...]]
"""Its words, and its marks."""


class Phrases:
    """Phrases by their first word, taken apart when a message first has that word: most never occur in any."""

    def __init__(self, *parts: Mapping[str, str]) -> None:
        self._marks: dict[str, str] = {}
        self._beginning: dict[str, list[str]] = {}
        self._found: dict[str, Sequence[Phrase]] = {}
        for marks, listed in (item for part in parts for item in part.items()):
            for phrase in " ".join(listed.split()).split(", "):
                if phrase in self._marks:
                    self._marks[phrase] += f" {marks}"
                else:
                    self._marks[phrase] = marks
                    self._beginning.setdefault(phrase.partition(" ")[0], []).append(phrase)

    def __iter__(self) -> Iterator[str]:
        """The first words."""
        return iter(self._beginning)

    def words(self) -> set[str]:
        """Every word of a phrase."""
        return {*" ".join(self._marks).split()}

    def marked_words(self) -> set[str]:
        """Those that say something."""
        return {*" ".join(phrase for phrase, marks in self._marks.items() if marks != "-").split()}

    def beginning_with(self, word: str) -> Sequence[Phrase]:
        """The longest first."""
        if word not in self._beginning:
            return ()
        if word not in self._found:
            phrases = [(phrase.split(), self._marks[phrase].split()) for phrase in self._beginning[word]]
            phrases.sort(key=lambda phrase: len(phrase[0]), reverse=True)
            self._found[word] = [(words, tuple(mark for mark in marks if mark != "-")) for words, marks in phrases]
        return self._found[word]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of a language.

    Attributes:
        change: The same for orders to change a budget, with letters for marks.
        known: Every word of phrases, plain and other ones, and those that only look like slips.
        misspelt: Slips that no rule finds.
        slips: Of words that matter.
    """

    phrases: Phrases
    change: Phrases
    plain: frozenset[str]
    other: frozenset[str]
    known: frozenset[str]
    misspelt: Mapping[str, str]
    slips: Slips

    def spelt(self, word: str) -> str:
        """The word that was meant, as far as that is known."""
        if word in self.misspelt:
            return self.misspelt[word]
        return word if word in self.known else self.slips.meant(word) or word


@cache
def lexicon_of(language: Language) -> Lexicon:
    """Put a language's words together; it takes some milliseconds, so only when they are first needed."""
    if language == "en":
        verbs = {form for verb in plain.ENGLISH_VERBS.split() for form in plain.english_forms(verb)}
        words, change = (both.BOTH, english.ENGLISH), english.ENGLISH_CHANGE
        slips, no_slips = english.ENGLISH_SLIPS, english.ENGLISH_NO_SLIPS
        plain_words, other_words = plain.ENGLISH_PLAIN, other.ENGLISH_OTHER
    else:
        verbs = {form for verb in plain.PORTUGUESE_VERBS.split() for form in plain.portuguese_forms(verb)}
        words, change = (both.BOTH, portuguese.PORTUGUESE), portuguese.PORTUGUESE_CHANGE
        slips, no_slips = portuguese.PORTUGUESE_SLIPS, portuguese.PORTUGUESE_NO_SLIPS
        plain_words, other_words = plain.PORTUGUESE_PLAIN, other.PORTUGUESE_OTHER
    phrases = Phrases(*words)
    plain_ones = frozenset(verbs.union(plain_words.split()))
    others = frozenset((*other_words.split(), *other.NAMES.split()))
    meant = {word for word in phrases.marked_words() if len(word) >= FEWEST_LETTERS}
    return Lexicon(
        phrases,
        Phrases(change),
        plain_ones,
        others,
        frozenset(phrases.words().union(plain_ones, others, no_slips.split())),
        MappingProxyType(dict(slip.split("=") for slip in slips.split() if "=" in slip)),
        Slips(meant.union(word for word in slips.split() if "=" not in word)),
    )
