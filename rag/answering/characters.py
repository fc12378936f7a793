"""Characters that a reader does not see but a machine obeys (pure)."""

from __future__ import annotations

import re

_BREAKS = re.compile("[\x0b\x0c\x85\u2028\u2029]")
# Controls; direction marks and overrides; invisible characters and tags, in which instructions are smuggled and with
# which forbidden words are cut in two; halves of surrogate pairs, which cannot be sent. The joiners U+200C and U+200D
# stay: scripts and emoji need them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0d-\x1f\x7f-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The text without hidden characters; line breaks of every kind become line feeds, tabs stay.

    Each character is judged alone, so a text may be cut anywhere before.
    """
    return _HIDDEN.sub("", _BREAKS.sub("\n", text))
