"""Text that goes on in another message, cut while it is still being written (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LEAST_BYTES: Final = 1_000
"""No limit is lower: so much more than what closes and opens code again that each message brings the text on."""

# Bounded, since what is repeated in each message must leave room: a longer fence is none here.
_FENCE: Final = re.compile(
    r"(?P<lead>(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t]){0,24})"
    r"(?P<run>`{3,32}(?=[^`\n]*\Z)|~{3,32}(?!~))(?P<info>[^\n]*)"
)
_INFO_CHARS: Final = 60
_CLOSING_BYTES: Final = 64
_SIGN_CHARS: Final = 12
# Better a message that is a third shorter than a paragraph, a line or a sentence that is torn apart.
_BREAKS: Final = ("\n\n", "\n", ". ", " ")
_KEPT: Final = 0.66


@dataclass(frozen=True, slots=True)
class _Fence:
    """A line with which a block of code begins or ends."""

    lead: str
    run: str
    info: str

    @property
    def depth(self) -> int:
        """In so many quotations."""
        return self.lead.count(">")

    @property
    def closing(self) -> str:
        """What ends it, as deep as it was opened in its list item or quotation."""
        return re.sub(r"[^\s>]", " ", self.lead) + self.run

    @property
    def opening(self) -> str:
        """What begins it once more, in a message that begins with it, so in no list."""
        info = self.info if len(self.info) <= _INFO_CHARS else ""
        return f"{'> ' * self.depth}{self.run}{info}\n"

    def ends_with(self, other: _Fence) -> bool:
        """Whether the other one ends the code that this one began."""
        return other.run.startswith(self.run) and not other.info.strip()


def cut(shown: str, more: str, limit: int) -> tuple[str, str, str]:
    """What of `more` still goes below `shown` in a message of so many bytes, what does not, and how that is opened.

    Code that is cut is closed in the first message, and opened again in the next. Only white space at the cut goes.

    Args:
        limit: At least `LEAST_BYTES`.

    Returns:
        What to add now, closed if need be, and empty where nothing fits below what is shown; what is left, empty where
        all fits; what stands before that in the next message.
    """
    room = limit - len(shown.encode())
    if len(more.encode()) <= room:
        return more, "", ""
    end = _end(more, max(room - _CLOSING_BYTES, 0))
    now, later = more[:end].rstrip(), more[end:].lstrip("\n") or "\n"
    fence = _open_fence(shown + now)
    if fence is None:
        return now, later, ""
    first, _, rest = later.partition("\n")
    closing = _fence_in(first)
    if closing is not None and fence.ends_with(closing):  # no message is opened for no code
        return f"{now}\n{fence.closing}", rest.lstrip("\n") or "\n", ""
    return f"{now}\n{fence.closing}", later, fence.opening


def _end(text: str, room: int) -> int:
    """Where to cut: so that the text before takes at most `room` bytes."""
    latest = len(text.encode()[:room].decode(errors="ignore"))
    for separator in _BREAKS:
        at = text.rfind(separator, 0, latest)
        if at > 0 and at >= _KEPT * latest:
            return at + len(separator)
    end = latest
    while end and latest - end < _SIGN_CHARS and _joins(text, end):
        end -= 1
    return latest if _joins(text, end) else end


def _joins(text: str, at: int) -> bool:
    """Whether what stands before and after a place is one sign, such as 👩🏽‍💻."""
    if not 0 < at < len(text):
        return False
    return text[at] in "\u200d\ufe0f" or text[at - 1] == "\u200d" or "\U0001f3fb" <= text[at] <= "\U0001f3ff"


def _open_fence(text: str) -> _Fence | None:
    """The fence whose block of code has not ended; `None` outside of code."""
    opened: _Fence | None = None
    for line in text.rstrip("\n").split("\n"):
        if opened is not None and line.count(">") < opened.depth:
            opened = None  # a quotation has ended, and with it the code in it
        fence = _fence_in(line)
        if opened is None:
            opened = fence
        elif fence is not None and opened.ends_with(fence):
            opened = None
    return opened


def _fence_in(line: str) -> _Fence | None:
    if "```" not in line and "~~~" not in line:  # of most lines no more need be known
        return None
    found = _FENCE.match(line)
    return _Fence(found["lead"], found["run"], found["info"]) if found else None
