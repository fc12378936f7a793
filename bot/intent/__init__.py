"""What a person wants to know of money or of the bot's state, told from questions of the documents.

Rules over words, no model, microseconds. A message is a question of money where its words are of money, and the rest of
them say nothing else: words of periods, of persons and places, of politeness and of the bot's own work, and plain ones.
A word for what the bot keeps no books of (`the offsite`, `laptops`) speaks against it: what was spent on that stands in
the documents. A word that nobody knows leaves it possible.
"""

from __future__ import annotations

from bot.intent.change import change_of
from bot.intent.meaning import Intent, meaning_of
from bot.intent.reading import read, sentences_of
from bot.intent.words import LANGUAGES, lexicon_of
from rag.language import fold

__all__ = ["Intent", "intent_of"]

# Nobody asks so long a question of money.
_LONGEST_CHARS = 300


def intent_of(text: str) -> Intent | None:
    """The command that a message asks for in plain words; `None` for a question of the documents."""
    if len(text) > _LONGEST_CHARS:
        return None
    folded = fold(text)
    typed = sentences_of(folded)
    unsure = None
    # Short messages show no language: what one explains in full is in that one.
    for language in LANGUAGES:
        lexicon = lexicon_of(language)
        sentences = [[lexicon.spelt(word) for word in words] for words in typed]
        if all(lexicon.cores.isdisjoint(words) for words in sentences):
            continue
        found = change_of(folded, lexicon) or meaning_of(read(sentences, lexicon))
        if found is not None and found.is_sure:
            return found
        unsure = unsure or found
    return unsure
