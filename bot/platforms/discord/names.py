"""Discord's ids in the bot's own texts, such as tables of costs, and the names that they stand for (pure).

Never used on answers: there such a number is a document's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.platforms.discord.markup import unformatted
from bot.safety.mentions import unmentioned
from bot.text import one_line

# Ids are numbers of 17 to 20 digits (docs.discord.com/developers/reference#snowflakes, 2026-12).
_ID = re.compile(r"(?<![\w@#&/.,-])\d{17,20}(?![\w/]|[.,]\d)", re.ASCII)


def ids_in(text: str) -> frozenset[str]:
    """The numbers that may be ids of people, roles, channels and servers."""
    return frozenset(_ID.findall(text))


def with_names(text: str, names: Mapping[str, str]) -> str:
    """The Markdown with names in place of the ids that are known.

    Args:
        names: With their marks, such as `@Ana` or `#general`; people chose them: nothing in them formats or calls, and
            none ends a table's cell or a piece of code.
    """
    return _ID.sub(lambda found: _named(names.get(found[0], "")) or found[0], text)


def _named(name: str) -> str:
    shown = one_line(name)
    mark = shown[:1] if shown[:1] in {"@", "#"} else ""
    rest = unformatted(shown.lstrip("@# "))
    if rest.startswith("-"):
        rest = f"‐{rest[1:]}"  # no item of a list, should it begin a line
    return unmentioned(mark + rest) if rest else ""
