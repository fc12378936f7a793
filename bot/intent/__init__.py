"""What a person wants to know of money or of the bot's state, told from questions of the documents.

Rules over words, no model, microseconds. A message is a question of money where its words are of money, and the rest of
them say nothing else: words of periods, of persons and places, of politeness and of the bot's own work, and plain ones.
A word for what the bot keeps no books of (`the offsite`, `laptops`) speaks against it: what was spent on that stands in
the documents. A word that nobody knows leaves it possible.
"""

from __future__ import annotations

from bot.intent.cores import languages_of
from bot.intent.intent import Intent
from rag.language import fold

__all__ = ["Intent", "intent_of"]

# Nobody asks so long a question of money.
_LONGEST_CHARS = 300


def intent_of(text: str) -> Intent | None:
    """The command that a message asks for in plain words; `None` for a question of the documents."""
    if len(text) > _LONGEST_CHARS:
        return None
    languages = languages_of(fold(text))
    if not languages:
        return None
    # Most messages, and many processes, end above: what reads the others is not even loaded before.
    from bot.intent.message import intent_in

    return intent_in(text, languages)
