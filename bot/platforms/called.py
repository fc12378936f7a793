"""A text without the name by which the bot was called in it (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

_AFTER_NAME = re.compile(r"\s*(?:[,:](?![\w+'-]+:))?\s*")
# What follows a name without a space: `@bot, what` and `@bot?`.
_CLOSES = re.compile(r"[,.;:!?)\]}…\n]|\Z")


def without_name(segments: Sequence[str]) -> str:
    """The text without what stood between the segments: the bot's name."""
    text = segments[0]
    for segment in segments[1:]:
        if not text.strip():
            text = segment[found.end() :] if (found := _AFTER_NAME.match(segment)) else segment
            continue
        before, after = text.rstrip(" \t"), segment.lstrip(" \t")
        text = f"{before}{after}" if before.endswith("\n") or _CLOSES.match(after) else f"{before} {after}"
    return text.strip()
