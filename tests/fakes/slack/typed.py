"""What a person types, as Slack sends it: escaped, with links in angle brackets, and as rich text beside that."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.fakes.slack.model import Json

_SEQUENCE = r"<(?:[@#!]|https?://)[^<>\n]+>"
_TYPED = re.compile(rf"({_SEQUENCE})|(https?://[^\s<>]+)")
_SENT = re.compile(rf"({_SEQUENCE})")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_UNESCAPES = {escape: char for char, escape in _ESCAPES.items()}


def escaped(text: str) -> str:
    return re.sub(r"[&<>]", lambda match: _ESCAPES[match[0]], text)


def unescaped(text: str) -> str:
    """Slack knows three entities and no others."""
    return re.sub(r"&(?:amp|lt|gt);", lambda match: _UNESCAPES[match[0]], text)


def as_sent(text: str) -> str:
    """The text of the message; mentions are given as Slack writes them."""
    sent, end = "", 0
    for match in _TYPED.finditer(text):
        sent += escaped(text[end : match.start()]) + (match[1] or f"<{escaped(match[2])}>")
        end = match.end()
    return sent + escaped(text[end:])


def as_blocks(sent: str) -> list[Json]:
    """The same as rich text."""
    section = {"type": "rich_text_section", "elements": list(_elements(sent))}
    return [{"type": "rich_text", "block_id": "typed", "elements": [section]}] if sent else []


def _elements(sent: str) -> Iterator[Json]:
    for piece in filter(None, _SENT.split(sent)):
        if piece.startswith("<@"):
            yield {"type": "user", "user_id": piece[2:-1].partition("|")[0]}
        elif piece.startswith("<http"):
            yield {"type": "link", "url": unescaped(piece[1:-1])}
        elif piece in {"<!here>", "<!channel>", "<!everyone>"}:
            yield {"type": "broadcast", "range": piece[2:-1]}
        else:
            yield {"type": "text", "text": unescaped(piece)}
