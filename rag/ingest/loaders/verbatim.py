"""What the loaders of line-based formats share: exact slices and the anchors of headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_NOT_IN_SLUG = re.compile(r"[^\w\- ]")


def trimmed(lines: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """The range of lines (`end` exclusive) without the blank ones at its edges."""
    while start < end and not lines[start].strip():
        start += 1
    while start < end and not lines[end - 1].strip():
        end -= 1
    return start, end


def verbatim(lines: Sequence[str], start: int, end: int) -> str:
    """Lines `start` to `end` (exclusive) as they stand, without the blank ones around them."""
    start, end = trimmed(lines, start, end)
    return "\n".join(lines[start:end])


class Slugs:
    """Names the headings of one document as GitHub does, each name once."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def slug(self, heading: str) -> str:
        """The anchor of the next heading: lower case, hyphens for spaces, `-1`, `-2` … for repetitions."""
        slug = _NOT_IN_SLUG.sub("", heading.strip().lower()).replace(" ", "-")
        repetition = self._taken[slug]
        self._taken[slug] += 1
        return f"{slug}-{repetition}" if repetition else slug
