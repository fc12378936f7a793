from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import UnreadableDocument
from rag.ingest.decoding import decode


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_text_is_read_in_its_encoding(encoding: str) -> None:
    assert decode("Orçamento diário: “não”".encode(encoding)) == "Orçamento diário: “não”"


@pytest.mark.parametrize("mark", [b"\xfe\xff", b"\x00\x00\xfe\xff"])
def test_byte_order_marks_tell_big_endian_text(mark: bytes) -> None:
    encoding = "utf-16-be" if len(mark) == 2 else "utf-32-be"
    assert decode(mark + "olá".encode(encoding)) == "olá"


def test_line_ends_become_newlines_and_nothing_else_changes() -> None:
    assert decode("a\r\nb\rc\n e\u0301 \t".encode()) == "a\nb\nc\n e\u0301 \t"


@pytest.mark.parametrize(
    "content",
    [
        b"text with a \0 in it",
        b"\xff\xfe\x00",  # half a character of UTF-16
        b"\x89PNG\r\n\x1a\n" + bytes(range(1, 256)),
        b"\x81 is no character of Windows-1252",
    ],
)
def test_what_is_no_text_is_refused_as_binary(content: bytes) -> None:
    with pytest.raises(UnreadableDocument, match="looks like a binary file"):
        decode(content)


def test_bytes_that_windows_1252_accepts_are_binary_when_full_of_control_characters() -> None:
    with pytest.raises(UnreadableDocument, match="binary"):
        decode(b"\xe9\x01\x02\x03 abc")


@pytest.mark.parametrize("content", [b"", b" \n\t", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_what_holds_no_text_is_refused_as_empty(content: bytes) -> None:
    with pytest.raises(UnreadableDocument, match="is empty"):
        decode(content)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff"), min_size=1))
def test_utf_8_is_read_back_exactly(text: str) -> None:
    if not text.isspace():
        assert decode(text.encode()) == text
