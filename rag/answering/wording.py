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


def refusal(language: Language, nearest_titles: Sequence[str]) -> str:
    """What to say when the documents do not answer, with the titles that come nearest."""
    if not nearest_titles:
        return _NOTHING[language]
    titles = ", ".join(f"“{title}”" for title in nearest_titles)
    return f"{_NOTHING[language]} {_NEAREST[language].format(titles=titles)}"
