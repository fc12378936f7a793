"""Every format that documents are read from.

To add one: a module with a function that fits `rag.ports.Loader`, and a line in `LOADERS`. The modules are imported
when the first file of their format is met, since a team with no HTML should not pay for an HTML parser.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType

from rag.model import ParsedDocument
from rag.ports import Loader


def _markdown(content: bytes, name: str) -> ParsedDocument:
    from rag.ingest.loaders import markdown

    return markdown.load(content, name)


def _plain(content: bytes, name: str) -> ParsedDocument:
    from rag.ingest.loaders import plain

    return plain.load(content, name)


def _rst(content: bytes, name: str) -> ParsedDocument:
    from rag.ingest.loaders import rst

    return rst.load(content, name)


def _html(content: bytes, name: str) -> ParsedDocument:
    from rag.ingest.loaders import html

    return html.load(content, name)


def _code(content: bytes, name: str) -> ParsedDocument:
    from rag.ingest.loaders import code

    return code.load(content, name)


_CODE_SUFFIXES = """
.py .pyi .js .mjs .cjs .jsx .ts .tsx .vue .svelte .go .rs .java .kt .kts .scala .groovy .swift .c .h .cc .cpp .cxx .hh
.hpp .hxx .cs .fs .vb .rb .php .pl .pm .lua .r .jl .ex .exs .erl .hs .ml .clj .dart .zig .sh .bash .zsh .fish .ps1
.bat .sql .proto .graphql .tf .hcl .css .scss .sass .less .yaml .yml .toml .json .jsonc .ini .cfg .conf .properties
"""
_CODE_NAMES = "makefile dockerfile containerfile jenkinsfile procfile rakefile gemfile vagrantfile"
_PLAIN_NAMES = "readme license licence copying notice authors changelog changes news todo"

LOADERS: Mapping[str, Loader] = MappingProxyType(
    {
        **dict.fromkeys((".md", ".markdown", ".mdx"), _markdown),
        **dict.fromkeys((".txt", ".text", *_PLAIN_NAMES.split()), _plain),
        **dict.fromkeys((".rst", ".rest"), _rst),
        **dict.fromkeys((".html", ".htm", ".xhtml"), _html),
        **dict.fromkeys((*_CODE_SUFFIXES.split(), *_CODE_NAMES.split()), _code),
    }
)
"""Loaders by file suffix, and by whole name for files that have none; all in lower case."""


def loader_for(name: str) -> Loader | None:
    """The loader for a file of this name or path, `None` for a format that is not read."""
    path = PurePath(name)
    return LOADERS.get((path.suffix or path.name).lower())
