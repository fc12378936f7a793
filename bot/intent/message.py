"""A whole message, read by all the rules; it is loaded with the first message that has a word of money or status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.intent.change import change_of, states_an_amount
from bot.intent.intent import Intent
from bot.intent.lexicon import lexicon_of
from bot.intent.meaning import meaning_of
from bot.intent.mentions import mentions_in
from bot.intent.reading import read
from bot.intent.typed import sentences_of
from rag.language import fold
from rag.model import Language


def intent_in(text: str, languages: Sequence[Language]) -> Intent | None:
    """The command that a message asks for in one of these languages."""
    mentions = mentions_in(text)
    if mentions is None:
        return _intent_of(fold(text), languages)
    # Nobody is sure to have ordered the bot what stands beside somebody's name.
    bare = _intent_of(fold(mentions.text), languages, may_change=False)
    named = _intent_of(fold(mentions.filled), languages, may_change=False) if mentions.whose else None
    return mentions.sure(named, bare) or (None if bare is None else replace(bare, is_sure=False))


def _intent_of(text: str, languages: Sequence[Language], *, may_change: bool = True) -> Intent | None:
    typed = sentences_of(text)
    unsure = None
    # Short messages show no language: what one explains in full is in that one.
    for language in languages:
        lexicon = lexicon_of(language)
        found = change_of(text, lexicon) if may_change else None
        if found is None:
            reading = read([[lexicon.spelt(word) for word in words] for words in typed], lexicon)
            found = meaning_of(reading)
            if found is not None and found.command in ("budget", "limits") and states_an_amount(text, reading):
                found = replace(found, is_sure=False)
        if found is not None and found.is_sure:
            return found
        unsure = unsure or found
    return unsure
