"""Bytes of a file → its text, verbatim but for line ends."""

from __future__ import annotations

import codecs
import re

from rag.errors import UnreadableDocument

# The marks of UTF-32 begin as those of UTF-16 do, so they are looked at first.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")
_MOST_CONTROLS_PER_CHARACTER = 0.01


def decode(content: bytes) -> str:
    r"""The text of a file, with `\n` for every line end and nothing else changed.

    A byte-order mark is believed; else it is UTF-8, or Windows-1252 where it is not.

    Raises:
        UnreadableDocument: It is empty, or no text at all.
    """
    try:
        text = _decode(content)
    except UnicodeDecodeError as error:
        raise _binary() from error
    if "\0" in text:
        raise _binary()
    if not text or text.isspace():
        raise UnreadableDocument("is empty")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _decode(content: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    # Windows-1252 accepts nearly every byte; what sets text apart is that it has next to no control characters.
    if len(_CONTROL.findall(text)) > len(text) * _MOST_CONTROLS_PER_CHARACTER:
        raise _binary()
    return text


def _binary() -> UnreadableDocument:
    return UnreadableDocument("looks like a binary file")
