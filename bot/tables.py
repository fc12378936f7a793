"""Tables in Markdown that can be read as they are written, for platforms and pipes alike."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width

from bot.text import one_line


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[int] = ()) -> str:
    """A table; `numeric` columns, from 0, are set to the right."""
    lines = [[_cell(text) for text in row] for row in (columns, *rows)]
    widths = [max(3, *map(_width, cells)) for cells in zip(*lines, strict=True)]
    rule = [("-" * (width - 1) + ":") if at in numeric else "-" * width for at, width in enumerate(widths)]
    return "\n".join(_line(line, widths, numeric) for line in (lines[0], rule, *lines[1:]))


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[int]) -> str:
    padded = (
        " " * (width - _width(cell)) + cell if at in numeric else cell + " " * (width - _width(cell))
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join(padded)} |"


def _cell(text: str) -> str:
    # A bar would end the cell, in code as well.
    return one_line(text).replace("|", "\\|")


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
