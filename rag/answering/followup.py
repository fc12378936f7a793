"""What a follow-up leans on: rules, where no model is there to do better (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rag.language import STOP_WORDS
from rag.model import Language, Turn

# How a question begins that goes on from another one; as a word of its own: `e-mail` does not.
_GOES_ON = re.compile(
    r"(?:and|but|or|so|also|then|what about|how about|what if|why not|same|"
    r"e|mas|ou|ent[aã]o|tamb[eé]m|que tal|por que n[aã]o|idem)(?=[\s,.?!…]|$)"
)
# Words that stand for something said before. Accents count: `esta` points, `está` is half of Portuguese. `there` is
# no pointer: it mostly stands in `is there`.
_ENGLISH = "it its they them their this that these those one ones he she him her former latter"
_PORTUGUESE = """
isso isto aquilo ele ela eles elas dele dela deles delas nele nela neles nelas esse essa esses essas este esta estes
estas desse dessa deste desta nesse nessa neste nesta lá ali aí mesmo mesma
"""
_POINTERS: Mapping[Language, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "pt": frozenset(_PORTUGUESE.split()),
}
_FEW_WORDS = 2
_WORD = re.compile(r"\w+")


def leant_on(question: str, history: Sequence[Turn], language: Language) -> str:
    """The earlier questions that this one makes sense with only, latest first; empty where it stands alone.

    Only what people asked counts: the bot's own words would find the bot's own last answer again.
    """
    asked = [turn.text for turn in history if turn.role == "user"]
    earlier: list[str] = []
    while asked and leans_on_earlier(earlier[-1] if earlier else question, language):
        earlier.append(asked.pop())
    return "\n".join(earlier)


def leans_on_earlier(question: str, language: Language) -> bool:
    """Whether a question makes sense only after another: `and for Discord?`, `por quê?`, `how do I change it?`."""
    lowered = question.lower().strip()
    words = _WORD.findall(lowered)
    content = [word for word in words if word not in STOP_WORDS[language]]
    return bool(
        _GOES_ON.match(lowered) or not _POINTERS[language].isdisjoint(words) or (len(content) < _FEW_WORDS and words)
    )
