"""Documents and questions about nothing, the same in every run.

Words that do not exist come as often as words do (Zipf's law), between the stop words of English and Portuguese, so
that index, languages and ranking have the work that real texts give them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate
from pathlib import Path
from random import Random

from rag.language import STOP_WORDS
from rag.model import Language

_LANGUAGES: tuple[Language, Language] = ("en", "pt")
_WORDS, _STOP_WORDS = 12_000, 150
_ONSETS = {
    "en": ("str", "b", "cl", "d", "gr", "h", "k", "m", "n", "p", "sh", "t", "w"),
    "pt": ("b", "c", "d", "f", "g", "lh", "m", "nh", "p", "qu", "r", "t", "v"),
}
_VOWELS = {"en": ("a", "e", "i", "o", "u", "ea", "oo"), "pt": ("a", "e", "i", "o", "u", "ão", "é")}
_ENDINGS = {"en": ("", "", "s", "ing", "ed", "ness"), "pt": ("", "", "s", "ção", "mento", "dade")}

_SECTIONS = 10
# Every section makes one chunk, with every chunker compared: large enough to stay alone, small enough to stay whole.
_SECTION_CHARS = (600, 1_000)
_SENTENCE_WORDS = (8, 20)
_QUESTION_WORDS = 8


@cache
def _vocabulary(language: Language) -> tuple[Sequence[str], Sequence[float]]:
    """The words of a language, and the sums of their frequencies up to each, by Zipf's law."""
    random = Random(language)

    def word() -> str:
        syllables = range(random.choice((2, 2, 3)))
        stem = (random.choice(_ONSETS[language]) + random.choice(_VOWELS[language]) for _ in syllables)
        return "".join(stem) + random.choice(_ENDINGS[language])

    common = random.sample(sorted(STOP_WORDS[language]), _STOP_WORDS)
    words = tuple(dict.fromkeys((*common, *(word() for _ in range(_WORDS)))))
    return words, tuple(accumulate(1 / rank for rank in range(1, len(words) + 1)))


class _Writer:
    """Writes sentences of one language."""

    def __init__(self, language: Language) -> None:
        self._random = Random(language)
        self._words, self._frequencies = _vocabulary(language)

    def sentence(self, least: int, most: int) -> str:
        words = self._random.choices(self._words, cum_weights=self._frequencies, k=self._random.randint(least, most))
        return " ".join(words).capitalize()

    def section(self) -> str:
        """A heading's text in two paragraphs."""
        chars = self._random.randint(*_SECTION_CHARS)
        sentences: list[str] = []
        while sum(map(len, sentences)) < chars:
            sentences.append(self.sentence(*_SENTENCE_WORDS) + ".")
        half = len(sentences) // 2
        return f"{' '.join(sentences[:half])}\n\n{' '.join(sentences[half:])}\n"


@dataclass(frozen=True)
class Corpus:
    """Markdown documents that make just so many chunks, English and Portuguese in turn."""

    chunks: int

    @cached_property
    def documents(self) -> tuple[str, ...]:
        """Their texts."""
        return tuple(self._documents())

    def _documents(self) -> Iterator[str]:
        writers = [_Writer(language) for language in _LANGUAGES]
        for number, first in enumerate(range(0, self.chunks, _SECTIONS)):
            writer = writers[number % len(writers)]
            sections = [
                f"{'##' if section else '#'} {writer.sentence(2, 5)}\n\n{writer.section()}"
                for section in range(min(_SECTIONS, self.chunks - first))
            ]
            yield "\n".join(sections)

    def write(self, folder: Path) -> None:
        """Make the folder, with a file for each document."""
        folder.mkdir(parents=True)
        for number, document in enumerate(self.documents):
            (folder / f"document-{number:05}.md").write_text(document, encoding="utf-8")

    def questions(self, count: int) -> list[str]:
        """Questions about sentences that stand in documents all over the corpus."""
        random = Random(count)
        return [self._question(random.randrange(len(self.documents)), random) for _ in range(count)]

    def _question(self, document: int, random: Random) -> str:
        paragraphs = [line for line in self.documents[document].splitlines() if line.endswith(".")]
        words = random.choice(random.choice(paragraphs).split(". ")).rstrip(".").split()
        asks = "What is" if document % 2 == 0 else "O que é"
        return f"{asks} {' '.join(words[:_QUESTION_WORDS])}?"
