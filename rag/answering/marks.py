"""Citation marks, in all the forms that models write them in, and how documents are kept from forging them (pure)."""

from __future__ import annotations

import re

_OPENS = r"[\[【［]"
_CLOSES = r"\\?[\]】］]"
_GAP = r"[ \t]{0,3}"
_ITEM = rf"\^?(?:(?:passages?|sources?|trechos?|fontes?){_GAP})?\d{{1,9}}(?:{_GAP}[-–—]{_GAP}\d{{1,9}})?"
_MORE = rf"{_GAP}[,;&]{_GAP}"
# Models trained on file search add where in the source: 【1†L4-L9】.
_WHERE = r"(?:†[^\]】］\n]{0,40})?"
_BODY = rf"{_ITEM}(?:{_MORE}{_ITEM}){{0,15}}"
# A lone number with spaces around it is what `spaced` makes of a document's own mark.
_ONE = rf"{_OPENS}(?:{_BODY}{_WHERE}|{_GAP}\d{{1,9}}{_GAP}){_CLOSES}"
_ANY = rf"\\?{_ONE}"
_BEGUN_ITEM = rf"\^?[a-z]{{0,8}}{_GAP}\d{{0,9}}{_GAP}(?:[-–—]{_GAP}\d{{0,9}}{_GAP})?"
_BEGUN = rf"\\|\\?{_OPENS}{_GAP}(?:{_ITEM}{_MORE}){{0,15}}+{_BEGUN_ITEM}{_WHERE}\\?"

# Both begin with the bracket and no group, so that they are looked for fast.
_MARK = re.compile(rf"{_OPENS}({_BODY})({_WHERE}{_CLOSES})", re.IGNORECASE)
_BRACKETS = re.compile(_ONE, re.IGNORECASE)
_RANGE = re.compile(r"(\d+)(?:\s*[-–—]\s*(\d+))?")
_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]+`)", re.DOTALL)

OPENING = rf"[ \t]*\\?{_OPENS}"
MARKS = re.compile(rf"(?P<space>[ \t]*){_ANY}(?:[ \t]*{_ANY})*+", re.IGNORECASE)
"""Neighbouring marks with the white space before each."""
MARKS_BEGUN = re.compile(rf"[ \t]*(?:{_ANY}[ \t]*)*+(?:{_BEGUN})?", re.IGNORECASE)
"""What may become `MARKS`, or more of them, when more text comes; matched whole."""


def numbers_in(marks: str, *, highest: int) -> list[int]:
    """The numbers from 1 to `highest` that some marks name, ranges written out, each once, in order."""
    found: dict[int, None] = {}
    for mark in _MARK.finditer(marks):
        for first, last in _RANGE.findall(mark[1]):
            low, high = int(first), int(last or first)
            found.update(dict.fromkeys(range(max(1, low), min(high, highest) + 1)))
    return list(found)


def spaced(text: str) -> str:
    """The text with a space inside the brackets of all that looks like a mark: `[1]` becomes `[ 1 ]`.

    Nothing else changes: what was code keeps its meaning.
    """
    return _MARK.sub(lambda mark: f"{mark[0][0]} {mark[1]} {mark[2]}", text)


def unmarked(text: str) -> str:
    """The text without marks; code is left alone."""
    pieces = _CODE.split(text)
    for at in range(0, len(pieces), 2):
        *marked, rest = _BRACKETS.split(pieces[at])
        pieces[at] = "".join(before.rstrip(" \t\\") for before in marked) + rest
    return "".join(pieces)
