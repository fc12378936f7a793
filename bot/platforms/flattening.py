"""Markdown read block by block and written in a simpler language: one walk for plain text and for mrkdwn (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.text import plain

_SCHEME = re.compile(r"^(?:https?://|mailto:|tel:)", re.IGNORECASE)


def _unchanged(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Marks:
    """How a language writes what Markdown has; but for links, plain text by default.

    Attributes:
        link: From the address and its label, which is not yet written.
        text, code, fence: How text, code in a line and a block of code are written.
        strong, emphasis, struck: What stands on both sides.
        quoted: What begins a line of a quotation.
    """

    link: Callable[[str, str], str]
    text: Callable[[str], str] = _unchanged
    code: Callable[[str], str] = _unchanged
    fence: Callable[[str], str] = _unchanged
    strong: str = ""
    emphasis: str = ""
    struck: str = ""
    quoted: str = ""


def plain_link(url: str, label: str) -> str:
    """A link where nothing can be one: its label, and the address where that says something else."""
    return label if not url or _same(label, url) else f"{label} ({url})" if label.strip() else url


def _same(label: str, url: str) -> bool:
    """Whether a label says the same as its address: Slack links addresses by itself."""
    return label == url or _SCHEME.sub("", label).rstrip("/") == _SCHEME.sub("", url).rstrip("/")


PLAIN = Marks(link=plain_link)


def plain_line(markdown: str) -> str:
    """A line of Markdown as plain text: emphasis and code without their marks, links as `label (address)`."""
    return flattened(markdown, PLAIN, inline=True)


@cache  # has no state between two texts
def _parser() -> MarkdownIt:
    # Without HTML, `<name>` in a sentence is text.
    return MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])


def flattened(markdown: str, marks: Marks, *, inline: bool = False) -> str:
    """The Markdown in that language; `inline` where all of it stands in one line, and begins no list or heading."""
    parser = _parser()
    tokens = parser.parseInline(markdown) if inline else parser.parse(markdown)
    # Hidden characters once more: an entity became one only in parsing.
    return plain(_Writer(marks).written(tokens))


class _Writer:
    """Writes the blocks of one text, line by line."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._lines: list[str] = []
        self._lists: list[int | None] = []
        self._marker = ""
        self._quotes = 0
        self._heading = False
        self._cells: list[str] | None = None

    def written(self, tokens: Sequence[Token]) -> str:
        for token in tokens:
            if token.type.endswith(("list_open", "list_close", "item_open")):
                self._list(token)
            else:
                self._block(token)
        return "\n".join(self._lines).strip("\n")

    def _list(self, token: Token) -> None:
        if token.type.endswith("list_close"):
            self._lists.pop()
            self._gap()
        elif token.type.endswith("list_open"):
            self._lists.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else None)
        else:
            number = self._lists[-1]
            self._marker = "• " if number is None else f"{number}. "
            self._lists[-1] = None if number is None else number + 1

    def _block(self, token: Token) -> None:
        match token.type:
            case "inline":
                self._inline(token)
            case "fence" | "code_block":
                self._put(self._marks.fence(token.content.rstrip("\n")))
                self._gap()
            case "heading_open" | "heading_close":
                self._heading = token.nesting > 0
            case "blockquote_open" | "blockquote_close":
                self._quotes += token.nesting
            case "tr_open":
                self._cells = []
            case "tr_close":
                cells, self._cells = self._cells or [], None
                self._put(", ".join(filter(None, cells)))
            case "hr":
                self._put("———")
        if token.type in {"heading_close", "paragraph_close", "blockquote_close", "table_close", "hr"}:
            self._gap()

    def _inline(self, token: Token) -> None:
        text = self._spans(token.children or ())
        if self._cells is not None:
            self._cells.append(text)
        elif self._heading and text.strip():
            self._put(f"{self._marks.strong}{text}{self._marks.strong}")
        else:
            self._put(text)

    def _put(self, text: str) -> None:
        indent = "    " * (len(self._lists) - 1)
        follows = "  " if self._lists else ""
        quote = self._marks.quoted if self._quotes else ""
        for line in text.split("\n"):
            self._lines.append(f"{quote}{indent}{self._marker or follows}{line}")
            self._marker = ""

    def _gap(self) -> None:
        """A blank line between blocks, but not between the items of a list."""
        if not self._lists and self._lines and self._lines[-1]:
            self._lines.append("")

    def _spans(self, tokens: Sequence[Token]) -> str:
        """The text of a paragraph; a link's label is gathered apart."""
        marks, gathered = self._marks, [""]
        targets: list[str] = []
        sides = {
            "strong": "" if self._heading else marks.strong,
            "em": marks.emphasis,
            "s": marks.struck,
        }
        for token in tokens:
            kind, _, edge = token.type.rpartition("_")
            if token.type == "link_open":
                targets.append(str(token.attrs.get("href", "")))
                gathered.append("")
            elif token.type == "link_close":
                label = gathered.pop()
                gathered[-1] += marks.link(targets.pop(), label)
            elif token.type == "image":
                gathered[-1] += marks.link(str(token.attrs.get("src", "")), token.content)
            elif token.type in {"softbreak", "hardbreak"}:
                gathered[-1] += "\n"
            elif targets:
                # A label is plain text: it is written as a whole.
                gathered[-1] += token.content
            elif token.type == "code_inline":
                gathered[-1] += marks.code(token.content)
            elif edge in {"open", "close"}:
                gathered[-1] += sides.get(kind, "")
            else:
                gathered[-1] += marks.text(token.content)
        return "".join(gathered)
