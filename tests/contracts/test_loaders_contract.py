"""What every loader promises, over the registry: a new entry without a sample here fails."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import UnreadableDocument
from rag.ingest.decoding import decode
from rag.ingest.loaders import LOADERS, loader_for
from rag.model import ParsedDocument

MARKDOWN = "# Title\n\nThe answer is 42.\n"
RST = "Title\n=====\n\nThe answer is 42.\n"
HTML = "<h1>Title</h1><p>The answer is 42.</p>"
CODE = "# The answer is 42.\nanswer = 42\n"
PLAIN_NAMES = "readme license licence copying notice authors changelog changes news todo"
SAMPLES = {
    "markdown": (".md", ".markdown", ".mdx"),
    "plain": (".txt", ".text", *PLAIN_NAMES.split()),
    "rst": (".rst", ".rest"),
    "html": (".html", ".htm", ".xhtml"),
}
SAMPLE_TEXTS = {"markdown": MARKDOWN, "plain": "The answer is 42.", "rst": RST, "html": HTML, "code": CODE}

DEEP = [
    *(mark * 20_000 for mark in ("> ", "- ", "*", "[", "<div>", "<b>", "<ul><li>", "(", "{", "`", "#", '"""')),
    "<table><tr><td>" * 1_000,
    "<div>" * 1_500 + "deep" + "</div>" * 1_500,
    "\n".join(" " * depth + "- item" for depth in range(400)),
    "\n".join(" " * (4 * depth) + "!!! note" for depth in range(400)),
    "\n".join(" " * (3 * depth) + ".. note::\n" for depth in range(400)),
    "---\ntitle: " + "[" * 100_000 + "\n---\ntext",
    "---\ntitle: x\ntags: " + "[" * 100_000 + "\n---\ntext",
    "+++\ntitle = " + "[" * 100_000 + "\n+++\ntext",
]

formats = pytest.mark.parametrize("key", LOADERS)


def name_of(key: str) -> str:
    return f"file{key}" if key.startswith(".") else key.upper()


def read(key: str, content: bytes) -> ParsedDocument | None:
    try:
        return LOADERS[key](content, name_of(key))
    except UnreadableDocument as error:
        assert error.reason  # noqa: PT017 - the reason is what is asserted, not the raising
        return None


def format_of(key: str) -> str:
    return next((name for name, keys in SAMPLES.items() if key in keys), "code")


@formats
def test_a_sample_becomes_blocks(key: str) -> None:
    document = LOADERS[key](SAMPLE_TEXTS[format_of(key)].encode(), name_of(key))
    assert any("The answer is 42." in block.text for block in document.blocks)
    assert all(block.text.strip() for block in document.blocks)
    assert all((block.kind == "heading") == (block.level > 0) for block in document.blocks)


@formats
def test_a_file_is_given_to_its_loader_by_name_in_any_case(key: str) -> None:
    assert loader_for(f"some/Folder/{name_of(key).upper()}") is LOADERS[key]
    assert loader_for(str(PurePath("folder") / name_of(key))) is LOADERS[key]


@pytest.mark.parametrize("name", ["photo.png", "archive.tar.gz", ".env", "unknown", ""])
def test_what_no_loader_reads_has_none(name: str) -> None:
    assert loader_for(name) is None


@formats
@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe\x00", b"\0\1\2"])
def test_nothing_and_no_text_are_unreadable(key: str, content: bytes) -> None:
    assert read(key, content) is None


@pytest.mark.parametrize("key", [".md", ".txt", ".rst", ".html", ".py", ".yaml"])
@pytest.mark.parametrize("text", DEEP, ids=lambda text: text[:8].strip())
def test_deep_nesting_is_survived(key: str, text: str) -> None:
    document = read(key, text.encode())
    assert document is None or all(block.text.strip() for block in document.blocks)


@pytest.mark.parametrize("key", [".md", ".txt", ".rst", ".html", ".py", ".json"])
class TestGarbage:
    @given(content=st.binary(max_size=300))
    def test_bytes_are_survived(self, key: str, content: bytes) -> None:
        document = read(key, content)
        assert document is None or all(block.text.strip() for block in document.blocks)

    @given(text=st.text(alphabet="ab:.|+-=>#`~*_!?/<>{}[]()'\"\\ \n\n\n\t", min_size=1, max_size=200))
    def test_markup_is_survived_and_quoted_exactly(self, key: str, text: str) -> None:
        document = read(key, text.encode())
        if document is None:
            return
        assert all(block.text.strip() for block in document.blocks)
        if key == ".html":  # its blocks are what a reader sees, not what stands there
            return
        source = decode(text.encode())
        assert all(block.text in source for block in document.blocks if block.kind != "heading")
