"""What of a passage stands behind a sentence that cites it (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.answering.marks import unmarked
from rag.language import Analyzer, sentences
from rag.model import Language
from rag.providers.quotable import is_fence, units_of


@dataclass(frozen=True, slots=True)
class Quoter:
    """Finds the sentence, table row or line of code of a passage that says what an answer says.

    Attributes:
        question: Decides where the answer's sentence does not, as where it is in another language than the passage.
    """

    analyzer: Analyzer
    language: Language
    question: str

    def quote(self, passage: str, claims: Sequence[str]) -> str:
        """The slice of the passage that supports best what the answer says before a mark.

        Args:
            passage: Its text.
            claims: Of every mark that cites it, the answer's text up to there.
        """
        candidates = [(piece, self._terms(piece)) for piece in _pieces(passage)]
        if not candidates:
            return passage.strip()
        frequency = Counter(term for _, terms in candidates for term in terms)
        asked = self._terms(self.question)
        claimed = [self._claim(text) for text in claims]

        def support(candidate: tuple[str, frozenset[str]]) -> tuple[float, float, int]:
            # A term that many pieces have says little about which of them is meant.
            piece, terms = candidate
            said = max(sum(1 / frequency[term] for term in terms & claim) for claim in claimed)
            return said, sum(1 / frequency[term] for term in terms & asked), -len(piece)

        return max(candidates, key=support)[0]

    def _claim(self, text: str) -> frozenset[str]:
        """The terms of the last sentence that has any."""
        plain = unmarked(text)
        for start, end in reversed(sentences(plain)):
            if terms := self._terms(plain[start:end]):
                return terms
        return frozenset()

    def _terms(self, text: str) -> frozenset[str]:
        return frozenset(self.analyzer.terms(text, self.language))


def _pieces(passage: str) -> Iterator[str]:
    """What may be quoted: sentences, list items, table rows, lines of code; not what only frames them."""
    for unit in units_of(passage):
        text = passage[unit.start : unit.end]
        if unit.kind == "code":
            lines = (text[start:end] for start, end in sentences(text))
            yield from (line for line in lines if not is_fence(line))
        elif unit.kind != "mark":
            yield text
