"""Text that goes on in another message, cut while it is still being written (pure)."""

from __future__ import annotations

import re
from typing import Final

_FENCE: Final = re.compile(r"^(?P<lead>[ \t>]*)(?P<run>`{3,}|~{3,})(?P<info>[^\n]*)$", re.MULTILINE)
# Better a message that is a third shorter than a paragraph, a line or a sentence that is torn apart.
_BREAKS: Final = ("\n\n", "\n", ". ", " ")
_KEPT: Final = 0.66


def cut(shown: str, more: str, limit: int) -> tuple[str, str, str]:
    """What of `more` still goes below `shown` in a message of so many bytes, what does not, and how that is opened.

    Code that is cut is closed in the first message, and opened again in the next.

    Returns:
        What to add now, closed if need be; what is left, empty where all fits; what stands before that in the next.
    """
    room = limit - len(shown.encode())
    if len(more.encode()) <= room:
        return more, "", ""
    fence = _open_fence(shown + more)
    room -= (
        2 + max((len(match["run"]) for match in _FENCE.finditer(shown + more)), default=0)
        if fence or "```" in more
        else 0
    )
    end = _end(more, max(room, 0))
    now, later = more[:end].rstrip(), more[end:].lstrip("\n")
    fence = _open_fence(shown + now)
    if fence is None:
        return now, later, ""
    return f"{now}\n{fence['run']}", later, f"{fence['run']}{fence['info']}\n"


def _end(text: str, room: int) -> int:
    """Where to cut: so that the text before takes at most `room` bytes."""
    latest = len(text.encode()[:room].decode(errors="ignore"))
    for separator in _BREAKS:
        at = text.rfind(separator, 0, latest)
        if at >= _KEPT * latest:
            return at + len(separator)
    return latest


def _open_fence(text: str) -> re.Match[str] | None:
    """The fence whose block of code has not ended; `None` outside of code."""
    opened: re.Match[str] | None = None
    for match in _FENCE.finditer(text):
        if opened is None:
            opened = match
        elif match["run"].startswith(opened["run"]) and not match["info"].strip():
            opened = None
    return opened
