"""Source code and configuration: whole definitions, or whole top-level keys, kept together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from rag.ingest.decoding import decode
from rag.ingest.loaders.verbatim import verbatim
from rag.model import Block, ParsedDocument

_CONFIGURATION = frozenset((".yaml", ".yml", ".toml", ".json", ".jsonc", ".ini", ".cfg", ".conf", ".properties"))
_PYTHON = frozenset((".py", ".pyi"))

_MODIFIERS = r"(?:(?:export|default|pub(?:\([^)]*\))?|public|private|protected|static|abstract|final|async|data)\s+)*"
_DEFINITION = re.compile(
    _MODIFIERS
    + r"""(?:
        (?P<keyword>class|def|function|func|fn|interface|struct|enum|trait|impl|type|module|namespace|object|record
            |message|service)\*?\s+
        (?:\([^)]*\)\s*)?                # Go names a method's receiver first
        (?P<name>[\w.$]+)
    )""",
    re.VERBOSE,
)
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|--|;|%|<!--)")
_DOCSTRING = re.compile(r"(?:#[^\n]*\n)*(?:\"\"\"|''')")
_CONTINUES = re.compile(r"[)\]}]|(?:end|else|elif|elsif|except|finally|catch|then|fi|done)\b")


def load(content: bytes, name: str) -> ParsedDocument:
    """Read source code or configuration; its title is its file name, its headings are its definitions' names.

    Raises:
        UnreadableDocument: It is empty or binary.
    """
    path = PurePath(name)
    suffix = path.suffix.lower()
    lines = decode(content).split("\n")
    starts = _key_starts(lines) if suffix in _CONFIGURATION else _definition_starts(lines, python=suffix in _PYTHON)
    blocks: list[Block] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        blocks += _group(lines, start, end, opening=not blocks)
    return ParsedDocument(path.name, tuple(blocks))


def _group(lines: Sequence[str], start: int, end: int, *, opening: bool) -> Iterator[Block]:
    text = verbatim(lines, start, end)
    if not text:
        return
    if opening and _is_prose(text):
        yield Block("paragraph", text)
        return
    definition = next(filter(None, map(_DEFINITION.match, lines[start:end])), None)
    if definition:
        yield Block("heading", f"{definition['keyword']} {definition['name']}", level=2)
    yield Block("code", text)


def _is_prose(text: str) -> bool:
    """Whether this is what a module says of itself: a docstring or nothing but comments."""
    lines = text.split("\n")
    first_code = next((line for line in lines if line.strip() and not _COMMENT.match(line)), "")
    return not first_code or _DOCSTRING.match(text) is not None


def _definition_starts(lines: Sequence[str], *, python: bool) -> list[int]:
    """Lines at the margin after a blank one: definitions, with the comments and decorators right above them."""
    starts = [0]
    in_string = False
    for number, line in enumerate(lines):
        after_blank = number > 0 and not lines[number - 1].strip()
        if after_blank and not in_string and line[:1].strip() and not _CONTINUES.match(line):
            starts.append(number)
        if python and (line.count('"""') + line.count("'''")) % 2:
            in_string = not in_string
    return starts


def _key_starts(lines: Sequence[str]) -> list[int]:
    """Keys of the outermost level that begin a group; lone keys that follow each other stay together."""
    margin = _margin(lines)
    starts = [0]
    for number, line in enumerate(lines[1:], 1):
        before = lines[number - 1]
        nested_before = not before.strip() or _indent(before) > margin or _CONTINUES.match(before.strip())
        if nested_before and line.strip() and _indent(line) == margin and not _CONTINUES.match(line.strip()):
            starts.append(number)
    return starts


def _margin(lines: Sequence[str]) -> int:
    """The column of the outermost keys: in JSON they stand inside a brace."""
    if lines[0].strip() not in {"{", "["}:
        return 0
    return min((_indent(line) for line in lines[1:] if line.strip() and not _CONTINUES.match(line)), default=0)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
