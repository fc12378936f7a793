"""The words of a message, as they were typed."""

from __future__ import annotations

import re

# Other patterns are compiled, by `re`, when the first message that may be about money is read: few messages are.
_WORD = re.compile(r"[^\W_]+(?:&[^\W_]+)?|[$💸💰💵🤑]")
_LENGTHENED = re.compile(r"([a-z])\1{2,}")
_PRICE = r"(?<![\w$])(?:us)?\$ ?\d+(?:[.,]\d+)*"
_SENTENCE = r"[.!?;:…\n—]+(?=\s|$)| - "


def all_words(text: str) -> set[str]:
    """The different words of a folded text; `cooost` is `cost`."""
    return set(_WORD.findall(_LENGTHENED.sub(r"\1", text)))


def words_of(text: str) -> list[str]:
    """The words of a folded text, amounts of dollars left out."""
    return _WORD.findall(re.sub(_PRICE, " ", text) if "$" in text else text)


def sentences_of(text: str) -> list[list[str]]:
    """The words of each sentence of a folded text, amounts of dollars left out."""
    text = _LENGTHENED.sub(r"\1", re.sub(_PRICE, " ", text) if "$" in text else text)
    return [words for sentence in re.split(_SENTENCE, text) if (words := _WORD.findall(sentence))]
