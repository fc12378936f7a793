"""Words and turns of phrase of each language, sorted by what they do to the meaning of a question."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rag.cache.lexicon.english import ENGLISH
from rag.cache.lexicon.forms import Lexicon
from rag.cache.lexicon.portuguese import PORTUGUESE
from rag.model import Language

LEXICONS: Mapping[Language, Lexicon] = MappingProxyType({"en": ENGLISH, "pt": PORTUGUESE})
