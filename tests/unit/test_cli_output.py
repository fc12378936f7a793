from __future__ import annotations

import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.output import bar, print_json, print_table, progress_bar, usd
from bot.cli.streams import make_safe

FERIAS = "férias – 休暇 🏖"


class Page(io.TextIOWrapper):
    """A standard stream with a given encoding, on a terminal or not."""

    def __init__(self, content: bytes = b"", *, encoding: str = "utf-8", terminal: bool = False) -> None:
        super().__init__(io.BytesIO(content), encoding=encoding, write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def written(self) -> str:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


def printed_json(value: object, encoding: str) -> str:
    page = Page(encoding=encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", page)
        print_json(value)
    return page.written


@given(st.text(), st.sampled_from(["utf-8", "ascii", "cp1252"]))
def test_json_comes_back_whole_through_any_encoding(text: str, encoding: str) -> None:
    assert json.loads(printed_json({"text": text}, encoding)) == {"text": text}


def test_json_keeps_accents_where_they_can_be_written() -> None:
    assert FERIAS in printed_json([FERIAS], "utf-8")
    assert "f\\u00e9rias" in printed_json([FERIAS], "ascii")


def test_unknown_money_is_null_and_never_zero() -> None:
    assert usd(None) is None
    assert usd(0) == 0.0
    assert usd(1_234_567) == 1.234567


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 25, ""),
        (5, 0, ""),
        (25, 25, "█" * 20),
        (99, 25, "█" * 20),
        (1, 2, "█" * 10),
        (1, 1_000_000_000, "▏"),
        (105, 1_000, "██▏"),
        (119, 1_000, "██▍"),
    ],
)
def test_a_share_is_a_bar_that_shows_what_is_not_nothing_and_never_leaves_its_column(
    part: int, whole: int, shown: str
) -> None:
    assert bar(part, whole) == shown


ROWS = [("docs", "1,200"), ("a\nb\x1b[31m", "7")]


def test_a_table_in_a_pipe_is_aligned_text_on_one_line_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page()
    monkeypatch.setattr(sys, "stdout", page)

    print_table(("name", "chunks"), ROWS, numeric=[1])

    assert page.written.splitlines() == ["name  chunks", "docs   1,200", "a b        7"]


def test_a_table_on_a_terminal_is_styled_and_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    page = Page(terminal=True)
    monkeypatch.setattr(sys, "stdout", page)

    print_table(("name", "chunks"), ROWS, numeric=[1])

    assert "\x1b[1m" in page.written
    assert "\x1b[31m" not in page.written
    assert "a b" in page.written


def test_progress_is_shown_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page()
    monkeypatch.setattr(sys, "stderr", page)

    with progress_bar("files") as show:
        show(1, 2, "a.md")

    assert page.written == ""


def test_a_file_s_name_is_no_markup_in_the_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(terminal=True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stderr", page)

    with progress_bar("files") as show:
        show(1, 2, "[/dim][bold]notes.md")

    assert "[/dim][bold]notes.md" in page.written
    assert "1/2" in page.written


def test_what_a_terminal_cannot_show_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(encoding="ascii")
    monkeypatch.setattr(sys, "stdout", page)
    make_safe()

    print("férias", end="")

    assert page.written == "f?rias"


@pytest.mark.parametrize(
    ("content", "encoding", "read"),
    [
        ("férias".encode(), "utf-8", "férias"),
        ("férias".encode(), "ascii", "férias"),
        ("férias".encode("latin-1"), "latin-1", "férias"),
        ("férias".encode("latin-1"), "utf-8", "f\ufffdrias"),
    ],
)
def test_a_question_is_read_whatever_bytes_come(
    content: bytes, encoding: str, read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Page(content, encoding=encoding))
    make_safe()

    assert sys.stdin.read() == read


def test_closed_streams_are_as_good_as_empty_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    make_safe()

    try:
        print("into the void")
        assert sys.stdin.read() == ""
        assert not sys.stderr.isatty()
    finally:
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            stream.close()
