"""Markdown, with what MkDocs, Docusaurus, Hugo, Jekyll and GitHub add to it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag.ingest.decoding import decode
from rag.ingest.loaders.markdown_dialects import CommonMark
from rag.ingest.loaders.verbatim import Slugs, trimmed
from rag.model import Block, BlockKind, ParsedDocument

_PARSER = MarkdownIt("commonmark").enable("table")

_KINDS: Mapping[str, BlockKind] = {
    "paragraph_open": "paragraph",
    "blockquote_open": "paragraph",
    "html_block": "paragraph",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "fence": "code",
    "code_block": "code",
    "table_open": "table",
}
_URL_KEYS = ("url", "permalink", "canonical_url", "canonical")
_LONGEST_HEADING = 1_000  # characters whose markup is read; what is longer is no heading but an accident

_KEY = re.compile(r"\s*(?:#.*\n\s*)*(?:[\"']?\w[\w .-]{0,60}[\"']?\s{0,9}[:=]|\[)")
_USED_ENTRIES = re.compile(r"^(?:title|url|permalink|canonical|canonical_url):.*(?:\n[ \t]+.*)*", re.MULTILINE)
_TAGS = re.compile(r"<!--.*?(?:-->|\Z)|<[^<>]*>", re.DOTALL)
_PROGRAM = re.compile(r"\s*<(?:script|style)\b", re.IGNORECASE)
_ID_ATTRIBUTE = re.compile(r"\s*\{:?\s*(?:/\*\s*)?#([\w:.-]+)[^{}]*\}\s*$")
_ID_TAG = re.compile(r"""<a\s+(?:name|id)\s*=\s*["']?([^"'\s<>]+)["']?\s*/?>""")


def load(content: bytes, name: str) -> ParsedDocument:  # noqa: ARG001 - a loader's signature
    """Read Markdown; front matter names the title and address, the first heading of level 1 the title else.

    Raises:
        UnreadableDocument: It is empty or binary.
    """
    lines = decode(content).split("\n")
    meta_lines, meta = _front_matter(lines)
    lines[:meta_lines] = [""] * meta_lines
    blocks = tuple(_blocks(lines))
    titles = (block.text for block in blocks if block.level == 1)
    urls = (_scalar(meta, key) for key in _URL_KEYS)
    return ParsedDocument(
        _scalar(meta, "title") or next(titles, None),
        blocks,
        next((url for url in urls if url.startswith(("http://", "https://"))), None),
    )


def _front_matter(lines: Sequence[str]) -> tuple[int, Mapping[str, object]]:
    """How many lines of front matter there are, and what they say; what cannot be read says nothing."""
    fence = lines[0].rstrip()
    if fence not in {"---", "+++"}:
        return 0, {}
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == fence), 0)
    if not end:
        return 0, {}
    source = "\n".join(lines[1:end])
    # Text between two horizontal rules is text.
    if not source or source.isspace():
        return end + 1, {}
    if not _KEY.match(source):
        return 0, {}
    try:
        # Of YAML, no more than the entries that are used: the rest may be broken, huge or nested without end.
        meta = tomllib.loads(source) if fence == "+++" else yaml.safe_load("\n".join(_USED_ENTRIES.findall(source)))
    except (yaml.YAMLError, ValueError, RecursionError):
        meta = None
    return end + 1, meta or {}


def _scalar(meta: Mapping[str, object], key: str) -> str:
    value = meta.get(key)
    return str(value).strip() if isinstance(value, str | int | float | date) else ""


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    source = CommonMark(lines)
    tokens: list[Token] = []
    references: dict[str, object] = {}
    # The block rules alone: inline markup matters in headings only, and reading it all would take twice the time.
    _PARSER.block.parse("\n".join(source.lines), _PARSER, references, tokens)
    slugs = Slugs()
    for index, token in enumerate(tokens):
        if token.level or token.nesting < 0 or token.map is None:
            continue
        # What was translated to nothing (a marker after a list) is not part of the block before it.
        start, end = trimmed(lines, *trimmed(source.lines, *token.map))
        if token.type == "heading_open":
            text, anchor = _heading(tokens[index + 1].content, references)
            slug = slugs.slug(text)
            if text:
                yield Block("heading", text, int(token.tag[1:]), anchor or source.anchors.get(start, slug))
        elif token.type in _KINDS:
            text = "\n".join(lines[start:end])
            if token.type != "html_block" or _says_something(text):
                yield Block(_KINDS[token.type], text)


def _heading(content: str, references: dict[str, object]) -> tuple[str, str]:
    """A heading's text without markup, and its explicit anchor, empty where it has none."""
    if len(content) > _LONGEST_HEADING:
        return content, ""
    attribute = _ID_ATTRIBUTE.search(content)
    if attribute:
        content = content[: attribute.start()]
    mark = attribute or _ID_TAG.search(content)
    tokens: list[Token] = []
    _PARSER.inline.parse(content, _PARSER, references, tokens)
    text = "".join(" " if token.type in {"softbreak", "hardbreak"} else _shown(token) for token in tokens)
    return " ".join(text.split()), mark[1] if mark else ""


def _shown(token: Token) -> str:
    return "" if token.type == "html_inline" else token.content


def _says_something(html: str) -> bool:
    return not _PROGRAM.match(html) and bool(_TAGS.sub("", html).strip())
