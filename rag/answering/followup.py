"""A follow-up made into a question that can be searched: rules, where no model is there to do better (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rag.language import STOP_WORDS, fold
from rag.model import Language, Turn

# How a question begins that goes on from another one.
_GOES_ON = re.compile(
    r"(?:and|but|or|so|also|then|what about|how about|what if|why not|same|"
    r"e|mas|ou|entao|tambem|e se|e quanto|que tal|por que nao|idem)\b"
)
# Words that stand for something said before; compared without accents.
_ENGLISH = "it its they them their this that these those one ones there he she him her former latter"
_PORTUGUESE = """
isso isto aquilo ele ela eles elas dele dela deles delas nele nela neles nelas esse essa esses essas este esta estes
estas desse dessa deste desta nesse nessa neste nesta la ali ai mesmo mesma
"""
_POINTERS: Mapping[Language, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "pt": frozenset(_PORTUGUESE.split()),
}
_FEW_WORDS = 2
_WORD = re.compile(r"\w+")


def standalone(question: str, history: Sequence[Turn], language: Language) -> str:
    """The question, with the questions before it that it leans on.

    Only what people asked is added: the bot's own words would find the bot's own last answer again.
    """
    asked = [turn.text for turn in history if turn.role == "user"]
    parts = [question]
    while asked and leans_on_earlier(parts[-1], language):
        parts.append(asked.pop())
    return "\n".join(parts)


def leans_on_earlier(question: str, language: Language) -> bool:
    """Whether a question makes sense only after another: `and for Discord?`, `por quê?`, `how do I change it?`."""
    folded = fold(question).strip()
    words = _WORD.findall(folded)
    content = [word for word in words if word not in STOP_WORDS[language]]
    return bool(
        _GOES_ON.match(folded) or not _POINTERS[language].isdisjoint(words) or (len(content) < _FEW_WORDS and words)
    )
