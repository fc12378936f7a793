"""Slack's ids in the bot's own texts, such as tables of costs, and the names that they stand for (pure).

Never used on answers: there such a word is a document's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.platforms.slack.markup import unformatted
from bot.safety.mentions import unmentioned
from bot.text import one_line

# People (U, W), groups (S), channels (C, G) and direct messages (D). Words in capitals look the same, such as
# `DOCUMENTATION`: nobody knows a name for them, so they stay.
_ID = re.compile(r"(?<![\w@#])[UWCGDS](?:[A-Z0-9]{8,}|(?=[A-Z]*\d)[A-Z0-9]{3,})(?!\w)")
_PLACES = "CGD"
_ACTING = str.maketrans({"|": "∣", "<": "‹", ">": "›", "[": "(", "]": ")", "\\": "∖"})


def ids_in(text: str) -> frozenset[str]:
    """The words that may be ids of people, groups and places."""
    return frozenset(_ID.findall(text))


def with_names(text: str, names: Mapping[str, str]) -> str:
    """The Markdown with `@name` and `#name` in place of the ids that are known.

    Names are what people chose for themselves: no mark in them formats or calls, and none ends a table's cell.
    """
    return _ID.sub(lambda found: _named(found[0], names.get(found[0], "")), text)


def _named(identity: str, name: str) -> str:
    mark = "#" if identity[0] in _PLACES else "@"
    shown = unformatted(one_line(name).lstrip("@#").translate(_ACTING))
    return unmentioned(f"{mark}{shown}") if shown else identity
