"""What may be quoted alone: the units of a passage (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rag.language import sentences

# Indented ones as well: code in lists and tabs.
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_ROW = re.compile(r"\s*\|")
# Headings, lines of tags alone, rules, and entries of a table of contents.
_MARK = re.compile(r"\s*(?:#{1,6}\s.*|(?:</?[A-Za-z!][^>]*>\s*)+|[-*_=]{3,}|[-*+]\s+\[[^\]]*\]\(#[^)]*\))\s*")


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest part of a passage that may be quoted alone.

    Attributes:
        kind: A sentence or list item, a whole piece of code, a table row; `mark` is what only frames others: a
            heading, a line of tags, a rule.
        header: Where the header of a row's table is, `None` for other units and for headers themselves.
    """

    start: int
    end: int
    kind: Literal["text", "code", "row", "mark"]
    header: tuple[int, int] | None = None


def is_fence(line: str) -> bool:
    """Whether a line opens or closes a piece of code."""
    return _FENCE.match(line) is not None


def units_of(text: str) -> list[Unit]:
    """The units of a passage in order, each a span without surrounding white space."""
    units: list[Unit] = []
    for start, end, kind in _blocks(text):
        if kind == "code":
            units.append(Unit(start, end, "code"))
        elif kind == "row":
            units += _rows(text, start, end)
        else:
            spans = [(start + begin, start + stop) for begin, stop in sentences(text[start:end])]
            units += [Unit(a, b, "mark" if _MARK.fullmatch(text, a, b) else "text") for a, b in spans]
    return units


def _rows(text: str, start: int, end: int) -> Iterator[Unit]:
    """The rows of a table below its header; a table without rows is quoted whole."""
    spans = [(start + match.start(), start + match.end()) for match in re.finditer(r"\S.*\S|\S", text[start:end])]
    if len(spans) < 3:
        yield Unit(start, end, "row")
        return
    header = (spans[0][0], spans[1][1])
    for begin, stop in spans[2:]:
        yield Unit(begin, stop, "row", header)


def _blocks(text: str) -> Iterator[tuple[int, int, Literal["text", "code", "row"]]]:
    """Spans of pieces of code, of tables, and of the paragraphs between them."""
    start = position = 0
    fence = ""
    kind: Literal["text", "code", "row"] = "text"
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence:
            position += len(line)
            if mark and mark[1].startswith(fence):
                yield from _trimmed(text, start, position, "code")
                start, fence, kind = position, "", "text"
            continue
        now: Literal["text", "code", "row"] = "code" if mark else "row" if _ROW.match(line) else "text"
        if now != kind or line.isspace():
            yield from _trimmed(text, start, position, kind)
            start, kind = position, now
        if mark:
            fence = mark[1]
        position += len(line)
    yield from _trimmed(text, start, position, kind)


def _trimmed(
    text: str, start: int, end: int, kind: Literal["text", "code", "row"]
) -> Iterator[tuple[int, int, Literal["text", "code", "row"]]]:
    piece = text[start:end]
    if piece.strip():
        # Indentation is part of code and lists; blank lines are not.
        begin = start + len(piece) - len(piece.lstrip("\n"))
        yield begin, start + len(piece.rstrip()), kind
