"""A document's blocks → the chunks that are indexed. Pure.

A chunk is whole blocks of one section as far as they fit; what is too long alone is cut where it hurts least: lists
between items, tables between rows (with the header again), code between lines (with the fence again), text between
sentences. The heading above a chunk is in its heading path and not in its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rag.language import sentences
from rag.model import Block, BlockKind, ChunkText, ParsedDocument

_SMALL_SECTION_CHARS = 300
_GAP = "\n\n"
_MOST_HEADER_LINES = 8

Span = tuple[int, int]

_WORD = re.compile(r"\S+")
_ITEM = re.compile(r"^( *)(?:[-*+•]|#\.|\(?\w{1,4}[.)])\s", re.MULTILINE)
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})")
_FENCE_INSIDE = re.compile(r"`{3}|~{3}")
_TABLE_RULE = re.compile(r"[\s|+:=-]*[=-]{2,}[\s|+:=-]*")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A block, or a part of one that was too long.

    Attributes:
        joint: What stands between this and the piece before it.
    """

    text: str
    kind: BlockKind
    joint: str = _GAP


@dataclass(slots=True)
class _Section:
    """A heading and the blocks up to the next one; the first section of a document may have no heading."""

    path: tuple[str, ...] = ()
    anchor: str = ""
    heading: Block | None = None
    blocks: list[Block] = field(default_factory=list)

    def chars(self) -> int:
        heading = len(self.heading.text) + self.heading.level + 1 if self.heading else 0
        return heading + sum(len(block.text) + len(_GAP) for block in self.blocks)


def chunk(document: ParsedDocument, *, max_chars: int, overlap_chars: int) -> list[ChunkText]:
    """Cut a document into chunks of at most `max_chars` characters, in its order.

    A chunk of a long section begins with the end of the chunk before it: whole blocks or sentences, at most
    `overlap_chars`. Small sections that follow each other under one parent share a chunk, which bears the heading
    path of the first and has the headings of the others in its text.
    """
    chunks: list[ChunkText] = []
    for group in _groups(_sections(document), limit=max_chars // 2):
        pieces = [piece for block in _group_blocks(group) for piece in _cut(block, max_chars)]
        texts = _packed(pieces, max_chars, overlap_chars)
        chunks += [ChunkText(group[0].path, group[0].anchor, text) for text in texts]
    return chunks


def _sections(document: ParsedDocument) -> Iterator[_Section]:
    above: list[Block] = []
    section = _Section()
    for block in document.blocks:
        if block.kind != "heading":
            section.blocks.append(block)
            continue
        if section.blocks or (section.heading and section.heading.level >= block.level):
            yield section
        above = [heading for heading in above if heading.level < block.level]
        above.append(block)
        # The document's own title says nothing of where in the document a chunk is.
        shown = [heading for heading in above if heading.level > 1 or heading.text != document.title]
        anchors = (heading.anchor for heading in reversed(shown) if heading.anchor)
        section = _Section(tuple(heading.text for heading in shown), next(anchors, ""), block)
    if section.blocks or section.heading:
        yield section


def _groups(sections: Iterable[_Section], limit: int) -> Iterator[list[_Section]]:
    """Sections that share a chunk: a small one is joined by the next under the same parent, up to `limit`."""
    group: list[_Section] = []
    chars = 0
    for section in sections:
        size = section.chars()
        parent = group[0].path[:-1] if group else ()
        joins = chars < _SMALL_SECTION_CHARS and chars + size <= limit and section.path[: len(parent)] == parent
        if group and not joins:
            yield group
            group, chars = [], 0
        group.append(section)
        chars += size
    if group:
        yield group


def _group_blocks(group: Sequence[_Section]) -> Iterator[Block]:
    """All blocks of the group, with the headings that the heading path of its chunk does not tell of."""
    for number, section in enumerate(group):
        heading = section.heading
        is_told = number == 0 and section.blocks
        if heading and not is_told and not _is_named_by_code(heading, section.blocks):
            yield Block("paragraph", f"{'#' * heading.level} {heading.text}")
        yield from section.blocks


def _is_named_by_code(heading: Block, blocks: Sequence[Block]) -> bool:
    """Code says the name of what it defines: a heading in the middle of it would only disturb."""
    return bool(blocks) and blocks[0].kind == "code" and all(word in blocks[0].text for word in heading.text.split())


def _packed(pieces: Iterable[_Piece], max_chars: int, overlap_chars: int) -> Iterator[str]:
    """The texts of chunks, each as many pieces as fit."""
    held: list[_Piece] = []
    size = 0
    for piece in pieces:
        added = len(piece.joint) + len(piece.text)
        if held and size + added > max_chars:
            yield _joined(held)
            held = _tail(held, min(overlap_chars, max_chars - added))
            size = len(_joined(held))
        size += added if held else len(piece.text)
        held.append(piece)
    if held:
        yield _joined(held)


def _joined(pieces: Sequence[_Piece]) -> str:
    return "".join(piece.joint + piece.text if number else piece.text for number, piece in enumerate(pieces))


def _tail(pieces: Sequence[_Piece], room: int) -> list[_Piece]:
    """The last whole pieces that fit into `room` characters; of the first that does not, its last sentences."""
    tail: list[_Piece] = []
    for piece in reversed(pieces):
        if len(piece.text) > room:
            tail += _last_sentences(piece, room)
            break
        tail.append(piece)
        room -= len(piece.text) + len(piece.joint)
    return tail[::-1]


def _last_sentences(piece: _Piece, room: int) -> Iterator[_Piece]:
    """What fits of the end of a text; of code and tables, also those inside a list, no part is repeated."""
    if piece.kind in {"paragraph", "list"} and not _FENCE_INSIDE.search(piece.text):
        earliest = len(piece.text) - room
        start = next((start for start, _ in sentences(piece.text) if start >= earliest), None)
        if start is not None:
            yield _Piece(piece.text[start:], piece.kind)


def _cut(block: Block, max_chars: int) -> list[_Piece]:
    """The block as one piece where it fits, else as several."""
    if len(block.text) <= max_chars:
        return [_Piece(block.text, block.kind)]
    if block.kind == "code":
        return [_Piece(text, "code") for text in _cut_code(block.text, max_chars)]
    if block.kind == "table":
        return [_Piece(text, "table") for text in _cut_table(block.text, max_chars)]
    spans = _list_spans(block.text, max_chars) if block.kind == "list" else sentences(block.text)
    return _cut_text(block, _short_spans(block.text, spans, max_chars), max_chars)


def _cut_text(block: Block, spans: Iterable[Span], max_chars: int) -> list[_Piece]:
    """Slices of the text from the begin of a span to the end of one, as long as fits."""
    slices: list[Span] = []
    for start, end in spans:
        if slices and end - slices[-1][0] <= max_chars:
            slices[-1] = (slices[-1][0], end)
        else:
            slices.append((start, end))
    joints = [_GAP, *(block.text[before[1] : after[0]] for before, after in pairwise(slices))]
    return [
        _Piece(block.text[start:end], block.kind, joint) for (start, end), joint in zip(slices, joints, strict=True)
    ]


def _short_spans(text: str, spans: Iterable[Span], max_chars: int) -> Iterator[Span]:
    """The spans, those that do not fit cut into words, and those into pieces where even they do not."""
    for start, end in spans:
        if end - start <= max_chars:
            yield start, end
            continue
        for word in _WORD.finditer(text, start, end):
            for at in range(word.start(), word.end(), max_chars):
                yield at, min(at + max_chars, word.end())


def _list_spans(text: str, max_chars: int) -> Iterator[Span]:
    """The outermost items, those that do not fit cut into sentences."""
    items = list(_ITEM.finditer(text))
    starts = [0, *(item.start() for item in items[1:] if item[1] == items[0][1])]
    for start, following in pairwise([*starts, len(text)]):
        item_text = text[start:following].rstrip()
        if len(item_text) <= max_chars:
            yield start, start + len(item_text)
        else:
            yield from ((start + first, start + last) for first, last in sentences(item_text))


def _cut_code(text: str, max_chars: int) -> Iterator[str]:
    lines = text.split("\n")
    fence = _FENCE.match(text)
    opening, closing = (lines[0], fence[0]) if fence else ("", "")
    room = max_chars - len(opening) - len(closing) - 2
    if not fence or room < max_chars // 2:
        return _packed_lines(lines, max_chars)
    is_closed = lines[-1].strip() == closing.strip()
    parts = _packed_lines(lines[1:-1] if is_closed else lines[1:], room)
    return (f"{opening}\n{part}\n{closing}" for part in parts)


def _cut_table(text: str, max_chars: int) -> Iterator[str]:
    lines = text.split("\n")
    rules = (number for number, line in enumerate(lines[1:_MOST_HEADER_LINES], 1) if _TABLE_RULE.fullmatch(line))
    header_lines = next(rules, -1) + 1
    header = "\n".join(lines[:header_lines])
    room = max_chars - len(header) - 1
    if not header or room < max_chars // 2:
        return _packed_lines(lines, max_chars)
    return (f"{header}\n{part}" for part in _packed_lines(lines[header_lines:], room))


def _packed_lines(lines: Iterable[str], room: int) -> Iterator[str]:
    """Runs of lines that fit into `room` characters, broken at a blank line where there is one in good time."""
    held: list[str] = []
    size = 0
    for line in lines:
        for part in [line[at : at + room] for at in range(0, len(line), room)] or [""]:
            while held and size + len(part) > room:
                cut = _best_cut(held)
                yield from _without_blank_edges(held[:cut])
                held = held[cut:]
                size = sum(len(kept) + 1 for kept in held)
            held.append(part)
            size += len(part) + 1
    yield from _without_blank_edges(held)


def _best_cut(lines: Sequence[str]) -> int:
    """After the last blank line of the second half, else at the end."""
    blank = (number for number in range(len(lines) - 1, len(lines) // 2, -1) if not lines[number].strip())
    return next(blank, len(lines) - 1) + 1


def _without_blank_edges(lines: Sequence[str]) -> Iterator[str]:
    text = "\n".join(lines).strip("\n")
    if text.strip():
        yield text
