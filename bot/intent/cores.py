"""Whether a message can be about money or the bot's state at all: most are not, and are read no further.

It takes a fraction of a millisecond the first time, and far less afterwards, because no phrase is taken apart for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache

from bot.intent.slips import FEWEST_LETTERS, Slips
from bot.intent.typed import all_words
from rag.language import STOP_WORDS
from rag.model import Language

LANGUAGES: tuple[Language, ...] = ("en", "pt")

_MARKS = """
total token unit cost use money budget cap afford room left balance limit ask rate thing state state_weak state_of_us
dim_provider vendor reach changed
"""
MARKS = frozenset(_MARKS.split())
"""Without any of them nothing is about money or status."""

# Stop words that some phrase has nothing but, several of them where each is in half of all questions.
_COMMON: Mapping[Language, str] = {
    "en": """
        above all below doing down off once over this+on under up us we+are+at we+at+re we+where with+you you+there
    """,
    "pt": "ainda alem deve down estamos fazer foi off on quanto sem up us vai",
}

# Other words of many questions, beside a rarer one in every phrase.
_BESIDE_RARER: Mapping[Language, str] = {
    "en": "10 3 5 allowed api company day everything five last latest line many next now one open rate s team three",
    "pt": "api dia mes novo open pessoas rate s tempo ultima valor",
}


def languages_of(text: str) -> list[Language]:
    """The languages in which a folded text has a word of money or status, perhaps a mistyped one."""
    words = all_words(text)
    return [language for language in LANGUAGES if _has_core(words, language)]


def _has_core(words: AbstractSet[str], language: Language) -> bool:
    cores, together, slips = _cores(language)
    if not cores.isdisjoint(words) or any(some <= words for some in together):
        return True
    return any(slips.meant(word) is not None for word in words if word not in STOP_WORDS[language])


@cache
def _cores(language: Language) -> tuple[frozenset[str], Sequence[AbstractSet[str]], Slips]:
    """The words of all phrases with one of the marks but for stop words, those that count together, and slips."""
    from bot.intent.words import both, english, portuguese  # few processes read messages

    words, slips = (
        (english.ENGLISH, english.ENGLISH_SLIPS)
        if language == "en"
        else (portuguese.PORTUGUESE, portuguese.PORTUGUESE_SLIPS)
    )
    rows = [row for part in (both.BOTH, words) for marks, row in part.items() if not MARKS.isdisjoint(marks.split())]
    common = [frozenset(some.split("+")) for some in _COMMON[language].split()]
    cores = {*" ".join(rows).replace(",", " ").split()} - STOP_WORDS[language]
    cores = cores.difference(_BESIDE_RARER[language].split()).union(*(some for some in common if len(some) == 1))
    listed = [slip.partition("=") for slip in slips.split()]
    long = [word for word in cores if len(word) >= FEWEST_LETTERS]
    long += [word for word, is_slip, _ in listed if not is_slip and word in cores]
    slipped = cores.union(typed for typed, _, meant in listed if meant in cores)
    return frozenset(slipped), [some for some in common if len(some) > 1], Slips(long)
