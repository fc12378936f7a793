"""reStructuredText: what its readers see of it, without running its directives."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.ingest.decoding import decode
from rag.ingest.loaders.verbatim import Slugs, verbatim
from rag.language import fold
from rag.model import Block, BlockKind, ParsedDocument

_CODE_NAMES = """
code code-block sourcecode parsed-literal math doctest testcode prompt
"""
_DROPPED_NAMES = """
toctree contents index include literalinclude image highlight default-role raw meta currentmodule module py:module
py:currentmodule testsetup testcleanup tabularcolumns role target-notes
"""
_PROSE_ARGUMENT_NAMES = """
note warning tip important hint caution danger attention error seealso admonition topic sidebar rubric todo centered
epigraph
"""
_SIGNATURE_NAMES = """
function class method attribute data exception decorator object describe option cmdoption program envvar confval
setting versionadded versionchanged deprecated versionremoved
"""
_CODE = frozenset(_CODE_NAMES.split())
_DROPPED = frozenset(_DROPPED_NAMES.split())
_PROSE_ARGUMENT = frozenset(_PROSE_ARGUMENT_NAMES.split())
_SIGNATURE = frozenset(_SIGNATURE_NAMES.split())
_DEEPEST = 20  # directives inside directives; what is deeper is no document

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*")
_DIRECTIVE = re.compile(r"\.\.\s+([\w.+-]+(?::[\w.+-]+)*)\s?::(?:\s+|$)")
_LABEL = re.compile(r"\.\.\s+_`?([^`:]+(?::[^`:]+)*)`?:\s*")
_FOOTNOTE = re.compile(r"\.\.\s+\[")
_OPTION = re.compile(r"\s+:[\w-]+:(?:\s|$)")
_FIELD = re.compile(r":[\w][\w -]*:(?:\s|$)")
_ITEM = re.compile(r"(?:[-*+•]|#\.|\(?(?:\d{1,4}|[a-zA-Z])[.)])\s+\S")
_SIMPLE_BORDER = re.compile(r"={2,}(?:\s+={2,})+\s*")
_NOT_IN_ANCHOR = re.compile(r"[^a-z0-9]+")


def load(content: bytes, name: str) -> ParsedDocument:  # noqa: ARG001 - a loader's signature
    """Read reStructuredText; its first title is the document's.

    Raises:
        UnreadableDocument: It is empty or binary.
    """
    lines = decode(content).split("\n")
    reader = _Reader(lines)
    reader.read(0, len(lines), depth=0)
    title = next((block.text for block in reader.blocks if block.level == 1), None)
    return ParsedDocument(title, tuple(reader.blocks))


class _Reader:
    """Reads ranges of lines into `blocks`; a directive's body is a range of its own.

    Methods named for a construct read the one that begins at a line and return the line after it.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self.blocks: list[Block] = []
        self._lines = lines
        self._indents = [_indent(line) for line in lines]
        self._styles: list[str] = []  # title adornments in order of appearance: the document's levels
        self._slugs = Slugs()
        self._pending_anchor = ""

    def read(self, start: int, end: int, *, depth: int) -> None:
        """Read the lines from `start` to `end` (exclusive), which lie in `depth` directives."""
        at = start
        while at < end:
            at = at + 1 if self._indents[at] < 0 else self._construct(at, end, depth)

    def _construct(self, at: int, end: int, depth: int) -> int:
        text = self._lines[at].lstrip()
        if text == ".." or text.startswith(".. "):
            return self._explicit(at, end, depth)
        if text.startswith("__ ") or (_FIELD.match(text) and not self.blocks):
            return self._body_end(at, end)
        may_be_title = depth == 0 and self._indents[at] == 0
        return (may_be_title and self._title(at, end)) or self._part(text, at, end)

    def _part(self, text: str, at: int, end: int) -> int:
        """A table, a list, an example session or a paragraph."""
        if text.startswith(("+-", "+=")):
            return self._verbatim("table", at, self._paragraph_end(at, end))
        if _SIMPLE_BORDER.fullmatch(text):
            return self._verbatim("table", at, self._simple_table_end(at, end))
        if _ITEM.match(text):
            return self._verbatim("list", at, self._list_end(at, end))
        if text.startswith(">>> "):
            return self._verbatim("code", at, self._paragraph_end(at, end))
        return self._paragraph(at, end)

    def _verbatim(self, kind: BlockKind, start: int, end: int) -> int:
        text = verbatim(self._lines, start, end)
        if text:
            self.blocks.append(Block(kind, text))
            self._pending_anchor = ""
        return end

    def _title(self, at: int, end: int) -> int:
        """The line after the title that begins here, or after a transition; 0 where none does."""
        over = _ADORNMENT.fullmatch(self._lines[at])
        text_at = at + 1 if over else at
        if over and (text_at >= end or self._indents[text_at] < 0):
            return text_at
        under = _ADORNMENT.fullmatch(self._lines[text_at + 1]) if text_at + 1 < end else None
        text = self._lines[text_at].strip()
        if not under or len(under[0].rstrip()) < min(len(text), 4) or (over and over[1] != under[1]):
            return 0
        style = under[1] * (2 if over else 1)
        if style not in self._styles:
            self._styles.append(style)
        level = min(self._styles.index(style) + 1, 6)
        slug = self._slugs.slug(_anchor(text))
        self.blocks.append(Block("heading", text.replace("``", ""), level, self._pending_anchor or slug))
        self._pending_anchor = ""
        return text_at + 2

    def _explicit(self, at: int, end: int, depth: int) -> int:
        """What begins with two dots: a directive, a target, a footnote or a comment."""
        line = self._lines[at].lstrip()
        body_end = self._body_end(at, end)
        directive = _DIRECTIVE.match(line)
        if directive:
            self._directive(directive[1], at, body_end, depth)
        elif _FOOTNOTE.match(line):
            self._verbatim("paragraph", at, body_end)
        else:
            label = _LABEL.fullmatch(line)
            self._pending_anchor = _anchor(label[1]) if label else ""
        return body_end

    def _directive(self, name: str, at: int, end: int, depth: int) -> None:
        if name in _DROPPED:
            return
        body = at + 1
        if name in _SIGNATURE or ":" in name:
            body = self._verbatim("paragraph", at, self._argument_end(at, end))
        elif name in _PROSE_ARGUMENT:
            body = self._prose_argument(at, end)
        while body < end and _OPTION.match(self._lines[body]):
            body += 1
        if name in _CODE or depth >= _DEEPEST:
            self._verbatim("code", body, end)
        elif name == "csv-table":
            self._verbatim("table", body, end)
        else:
            self.read(body, end, depth=depth + 1)

    def _prose_argument(self, at: int, end: int) -> int:
        """An admonition may begin on its marker's line: that text is quoted without the marker."""
        argument_end = self._argument_end(at, end)
        _, _, argument = self._lines[at].partition("::")
        text = "\n".join([argument.lstrip(), *self._lines[at + 1 : argument_end]])
        if not argument.strip():
            return at + 1
        self.blocks.append(Block("paragraph", text.rstrip()))
        return argument_end

    def _argument_end(self, at: int, end: int) -> int:
        """Where the lines of a directive's argument end: at a blank line or an option."""
        after = at + 1
        while after < end and self._indents[after] >= 0 and not _OPTION.match(self._lines[after]):
            after += 1
        return after

    def _paragraph(self, at: int, end: int) -> int:
        after = self._paragraph_end(at, end)
        last = self._lines[after - 1].rstrip()
        if not (after == at + 1 and last.strip() == "::"):
            self._verbatim("paragraph", at, after)
        if not last.endswith("::"):
            return after
        return self._verbatim("code", after, self._body_end(at, end, after))

    def _paragraph_end(self, at: int, end: int) -> int:
        while at < end and self._indents[at] >= 0:
            at += 1
        return at

    def _body_end(self, at: int, end: int, after: int | None = None) -> int:
        """The line after what is indented deeper than line `at`, looking from `after` on."""
        margin = self._indents[at]
        after = at + 1 if after is None else after
        while after < end and (self._indents[after] < 0 or self._indents[after] > margin):
            after += 1
        return after

    def _list_end(self, at: int, end: int) -> int:
        margin = self._indents[at]
        while at < end:
            indent = self._indents[at]
            if 0 <= indent <= margin and not (indent == margin and _ITEM.match(self._lines[at].lstrip())):
                break
            at += 1
        return at

    def _simple_table_end(self, at: int, end: int) -> int:
        """The line after the border that a blank line follows."""
        for number in range(at + 1, end):
            is_last = number + 1 == end or self._indents[number + 1] < 0
            if is_last and _SIMPLE_BORDER.fullmatch(self._lines[number].strip()):
                return number + 1
        return self._paragraph_end(at, end)


def _indent(line: str) -> int:
    """Columns before the text, -1 for a blank line."""
    text = line.lstrip()
    return len(line[: len(line) - len(text)].expandtabs(8)) if text else -1


def _anchor(text: str) -> str:
    """The id that Sphinx gives to a title or label."""
    return _NOT_IN_ANCHOR.sub("-", fold(text)).strip("-")
