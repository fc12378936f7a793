"""Words that a stream has shown the beginning of."""

from __future__ import annotations

import re


def begun(*words: str) -> str:
    """A pattern that matches each beginning of the words: what may become one of them with what comes next."""
    return "|".join(re.escape(word[:end]) for word in words for end in range(len(word), 0, -1))
