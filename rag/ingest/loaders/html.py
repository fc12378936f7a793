"""HTML: the text of a page as a reader sees it, without what surrounds it on every page of the site."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from rag.errors import UnreadableDocument
from rag.ingest.decoding import decode
from rag.model import Block, BlockKind, ParsedDocument

_MAIN = ("main", "[role=main]", "article", "body")
_NOISE_TAGS = "aside button footer form head iframe nav noscript script select style svg template"
_INLINE_TAGS = """
a abbr b bdi bdo br cite code del dfn em font i img ins kbd label mark q s samp small span strong sub sup time tt u var
wbr -text
"""
# Elements that hold none, or whose end tag is left out as often as not.
_FLAT_TAGS = """
area base br col embed hr img input link meta source track wbr p li dt dd tr td th tbody thead tfoot option html head
body
"""
_NOISE = frozenset(_NOISE_TAGS.split())
_INLINE = frozenset(_INLINE_TAGS.split())
_FLAT = frozenset(_FLAT_TAGS.split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_PERMALINK = re.compile(r"headerlink|hash-link|anchor|permalink")
_LANGUAGE = re.compile(r"\b(?:language|lang|highlight)-([\w+#-]+)")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
_DEEPEST = 2_000  # the parser's time grows with the square of the depth: 0.1 s here, minutes at 100,000
_BREAK = "\0"  # stands for <br>: no text has it, and a line break in the source is but white space
_DEEPEST_INDENT = 10  # list levels that are shown as such
_BACK_QUOTES = re.compile(r"`{3,}")


def load(content: bytes, name: str) -> ParsedDocument:  # noqa: ARG001 - a loader's signature
    """Read a page: its main part where it marks one, its canonical address where it names one.

    Raises:
        UnreadableDocument: It is empty, binary, or shows no text.
    """
    text = decode(content)
    if _depth(text) > _DEEPEST:
        raise UnreadableDocument("is nested too deeply")
    tree = LexborHTMLParser(text)
    root = next(filter(None, map(tree.css_first, _MAIN)), None)
    blocks = tuple(_Reader().read(root)) if root else ()
    if not blocks:
        raise UnreadableDocument("shows no text")
    headings = (block.text for block in blocks if block.level == 1)
    title = tree.css_first("title")
    link = tree.css_first("link[rel=canonical]")
    url = (link.attributes.get("href") or "") if link else ""
    return ParsedDocument(
        _folded(title.text()) if title else next(headings, None),
        blocks,
        url if url.startswith(("http://", "https://")) else None,
    )


def _depth(html: str) -> int:
    """How deep elements are nested at most, elements that need no end tag left out."""
    depth = deepest = 0
    for closing, tag in _TAG.findall(html):
        if tag.lower() not in _FLAT:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    return deepest


class _Reader:
    """Walks a tree from left to right, collecting inline text until a block begins or ends."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._inline: list[str] = []
        self._list: list[str] = []  # lines of the outermost open list
        self._numbers: list[int | None] = []  # of the last item, for each open list; None for one without numbers
        self._marker = ""
        self._anchor = ""

    def read(self, root: LexborNode) -> list[Block]:
        # A stack of our own: pages nest deeper than Python recurses.
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                self._leave(node.tag or "")
            elif self._enter(node):
                stack.append((node, True))
                stack += [(child, False) for child in reversed(list(node.iter(include_text=True)))]
        self._flush()
        return self._blocks

    def _enter(self, node: LexborNode) -> bool:
        """Take in the begin of a node; whether its children are to be read one by one."""
        tag = node.tag or ""
        if tag == "-text":
            self._inline.append(node.text_content or "")
            return False
        if tag.startswith("-") or _is_noise(node, tag):
            return False
        if tag not in _INLINE:
            self._flush()
        self._anchor = self._anchor_of(node, tag)
        if tag in _HEADINGS:
            self._heading(node, tag)
        elif tag == "pre":
            self._add("code", _fenced(node))
        elif tag == "table" and _holds_data(node):
            self._add("table", _pipe_table(node))
        else:
            self._open(tag)
            return True
        return False

    def _anchor_of(self, node: LexborNode, tag: str) -> str:
        """Where a link to the next heading points: its section's id, or that of an empty `<a>` before it."""
        if tag == "section":
            return node.id or ""
        if tag == "a" and not (node.text() or "").strip():
            return node.id or node.attributes.get("name") or self._anchor
        return self._anchor

    def _open(self, tag: str) -> None:
        if tag in {"ul", "ol"}:
            self._numbers.append(0 if tag == "ol" else None)
        elif tag == "li" and self._numbers:
            number = self._numbers[-1]
            self._marker = "- " if number is None else f"{number + 1}. "
            self._numbers[-1] = None if number is None else number + 1
        elif tag == "br":
            self._inline.append(_BREAK)

    def _leave(self, tag: str) -> None:
        if tag not in _INLINE:
            self._flush()
        if tag in {"ul", "ol"} and self._numbers:
            self._numbers.pop()
            self._marker = ""
            if not self._numbers and self._list:
                self._blocks.append(Block("list", "\n".join(self._list)))
                self._list = []

    def _flush(self) -> None:
        text = "\n".join(filter(None, map(_folded, "".join(self._inline).split(_BREAK))))
        self._inline.clear()
        self._add("paragraph", text)

    def _add(self, kind: BlockKind, text: str) -> None:
        """A finished block: of its own, or as part of the list that is open."""
        if not text:
            return
        if not self._numbers:
            self._blocks.append(Block(kind, text))
            return
        indent = "  " * min(len(self._numbers) - 1, _DEEPEST_INDENT)
        first, *others = text.split("\n")
        hanging = indent + " " * len(self._marker or "- ")
        self._list.append(f"{indent}{self._marker}{first}" if self._marker else f"{hanging}{first}")
        self._list += [hanging + line for line in others]
        self._marker = ""

    def _heading(self, node: LexborNode, tag: str) -> None:
        for link in node.css("a"):
            if _PERMALINK.search(link.attributes.get("class") or "") or link.text().strip() in {"¶", "#"}:
                self._anchor = link.id or self._anchor
                link.decompose()
        inner = node.css_first("[id]")
        text = _folded(node.text())
        anchor = node.id or self._anchor or (inner.id if inner else "") or ""
        self._anchor = ""
        if text and not self._numbers:
            self._blocks.append(Block("heading", text, _HEADINGS[tag], anchor))
        else:
            self._add("paragraph", text)


def _folded(text: str) -> str:
    return " ".join(text.split())


def _is_noise(node: LexborNode, tag: str) -> bool:
    """Whether a reader of the text passes over it: navigation, programs, a site's header, what is hidden."""
    if tag in _NOISE or (tag == "header" and not node.css_first("h1")):
        return True
    attributes = node.attributes
    return "hidden" in attributes or attributes.get("aria-hidden") == "true"


def _fenced(pre: LexborNode) -> str:
    """Code as Markdown, with a fence longer than any inside it."""
    code = pre.text().strip("\n").rstrip()
    if not code:
        return ""
    inner = pre.css_first("code")
    classes = " ".join(node.attributes.get("class") or "" for node in (inner, pre, pre.parent) if node)
    language = _LANGUAGE.search(classes)
    fence = "`" * max((len(run) + 1 for run in _BACK_QUOTES.findall(code)), default=3)
    return f"{fence}{language[1] if language else ''}\n{code}\n{fence}"


def _holds_data(table: LexborNode) -> bool:
    """Whether it is a table to a reader, and not one that arranges tables and code on the page."""
    return all(inner.mem_id == table.mem_id for inner in table.css("table, pre"))


def _pipe_table(table: LexborNode) -> str:
    """Rows as Markdown; the first one is the header, as Markdown has no table without one."""
    rows = [[_cell(cell) for cell in row.css("td, th")] for row in table.css("tr")]
    rows = [row for row in rows if any(row)]
    if not rows:
        return _folded(table.text())
    width = max(map(len, rows))
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines)


def _cell(node: LexborNode) -> str:
    return _folded(node.text(separator=" ")).replace("|", "\\|")
