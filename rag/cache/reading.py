"""What a question asks, taken apart so that two questions can be compared: rules only, in microseconds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rag.cache.lexicon import LEXICONS
from rag.cache.lexicon.forms import Lexicon
from rag.cache.wording import VERBATIM, is_abbreviation, normalised
from rag.language import Analyzer, fold
from rag.model import Language

# Whoever writes more than this tells a story, or pastes a log; a paraphrase of that is nobody's second question.
_MOST_CHARS = 400
_EDGES = '.,;:!?…()[]{}<>"“”«»¿¡'
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*'?")
_HAS_SUBSTANCE = re.compile(r"[\w+*/=<>|%^~$€£-]")
_LITERAL = re.compile(r"§(\d+)")
# Only where the verb comes first is it known to be one; a noun keeps its form: billing is no bill, an owner no owning.
_BEGIN_WITH_VERB = frozenset({"how_to", "where"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A question, taken apart.

    Attributes:
        asks: What is asked for: who, when, how many, how to …
        words: All that bears the meaning, in order; names, numbers, code and quotations to the letter.
        loose: What hardly bears any, sorted.
    """

    asks: str
    words: tuple[str, ...]
    loose: tuple[str, ...]


class Reader:
    """Takes questions apart; built once and shared."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._synonyms: Mapping[Language, Mapping[str, str]] = {
            language: self._same_terms(lexicon, language) for language, lexicon in LEXICONS.items()
        }

    def read(self, question: str, language: Language) -> Reading | None:
        """Take a question apart; `None` where it is too long, or says nothing of what it is about."""
        if len(question) > _MOST_CHARS:
            return None
        lexicon = LEXICONS[language]
        plain, exact = _simplified(question, lexicon)
        for pattern, replacement in lexicon.rewrites:
            plain = pattern.sub(replacement, plain)
        while polite := lexicon.polite.match(plain):
            plain = plain[polite.end() :]
        asks = "nothing"
        if opening := lexicon.openings.search(plain):
            asks = opening[0] if opening.lastgroup == "how_else" else str(opening.lastgroup)
            plain = f"{plain[: opening.start()]} {plain[opening.end() :]}"
        words = [word for word in plain.split() if word not in lexicon.silent]
        loose = sorted(word for word in words if word in lexicon.loose)
        bearing = [word for word in words if word not in lexicon.loose]
        if not bearing:
            return None
        if asks in _BEGIN_WITH_VERB and plain.split()[0] == bearing[0] and not _LITERAL.match(bearing[0]):
            bearing[0] = self._verb(bearing[0], language)
        same = self._synonyms[language]
        meant = (_LITERAL.sub(lambda literal: exact[int(literal[1])], same.get(word, word)) for word in bearing)
        return Reading(asks, tuple(meant), tuple(loose))

    def _verb(self, word: str, language: Language) -> str:
        stem = next(iter(self._analyzer.terms(word, language)), word)
        kind = next((name for ending, name in LEXICONS[language].kinds if ending.search(word)), "verb")
        return f"{stem}.{kind}"

    def _same_terms(self, lexicon: Lexicon, language: Language) -> Mapping[str, str]:
        same = {word: words[0] for words in lexicon.synonyms for word in words}
        return same | {
            self._verb(word, language): self._verb(words[0], language) for words in lexicon.synonyms for word in words
        }


def _simplified(question: str, lexicon: Lexicon) -> tuple[str, list[str]]:
    """The question in plain words, with `§0`, `§1` … in place of what has to be the same to the letter."""
    text, position = normalised(question), 0
    words: list[str] = []
    exact: list[str] = []

    def keep(literal: str) -> str:
        exact.append(literal)
        return f"§{len(exact) - 1}"

    def plain(part: str) -> Iterator[str]:
        for raw in part.split():
            word = raw.strip(_EDGES)
            if _WORD.fullmatch(word) and not is_abbreviation(word):
                folded = fold(word)
                if folded in lexicon.number_words:
                    yield keep(str(lexicon.number_words.index(folded) + 2))
                else:
                    yield folded.replace("-", "").rstrip("'")
            elif _HAS_SUBSTANCE.search(word or raw):
                yield keep((word or raw).strip(".,;:!?"))

    for match in VERBATIM.finditer(text):
        words += plain(text[position : match.start()])
        words.append(keep(match[0].strip("`~\"'“”«»‘’ \n")))
        position = match.end()
    words += plain(text[position:])
    return " ".join(words), exact
