"""Plain text: paragraphs between blank lines."""

from __future__ import annotations

import re

from rag.ingest.decoding import decode
from rag.model import Block, ParsedDocument

_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_UNDERLINED = re.compile(r"\s*(\S[^\n]*)\n[ \t]*(?:={3,}|-{3,})[ \t]*(?:\n|$)")


def load(content: bytes, name: str) -> ParsedDocument:  # noqa: ARG001 - a loader's signature
    """Read plain text; an underlined first line is its title, and nothing else is taken for a heading.

    Raises:
        UnreadableDocument: It is empty or binary.
    """
    text = decode(content)
    title = None
    blocks: list[Block] = []
    underlined = _UNDERLINED.match(text)
    if underlined:
        title = underlined[1].rstrip()
        blocks.append(Block("heading", title, level=1))
        text = text[underlined.end() :]
    paragraphs = (paragraph.strip("\n").rstrip() for paragraph in _BLANK_LINES.split(text))
    blocks += [Block("paragraph", paragraph) for paragraph in paragraphs if paragraph]
    return ParsedDocument(title, tuple(blocks))
