"""The core's own sentences: those that stand in place of an answer, in the question's language."""

from __future__ import annotations

from collections.abc import Sequence

from rag.model import Language

_NOTHING: dict[Language, str] = {
    "en": "I found nothing in the documents that answers this.",
    "pt": "Não encontrei nada nos documentos que responda a isso.",
}
_NEAREST: dict[Language, str] = {
    "en": "The nearest I have: {titles}.",
    "pt": "O mais próximo que tenho: {titles}.",
}

_APOLOGY: dict[Language, str] = {
    "en": "I found documents about this, but nothing in them that I could quote without a model to read them.",
    "pt": "Encontrei documentos sobre isso, mas nada que eu pudesse citar sem um modelo para lê-los.",
}


def refusal(language: Language, nearest_titles: Sequence[str]) -> str:
    """What to say when the documents do not answer, with the titles that come nearest."""
    return _with_titles(_NOTHING[language], language, nearest_titles)


def apology(language: Language, nearest_titles: Sequence[str]) -> str:
    """What to say when no model answers and the passages cannot be quoted, with the titles to look at."""
    return _with_titles(_APOLOGY[language], language, nearest_titles)


def _with_titles(sentence: str, language: Language, titles: Sequence[str]) -> str:
    if not titles:
        return sentence
    named = ", ".join(f"“{title}”" for title in titles)
    return f"{sentence} {_NEAREST[language].format(titles=named)}"
