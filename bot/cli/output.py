"""What commands print: JSON for programs, tables and colours for people at a terminal, plain text for pipes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest

from bot.text import one_line

_MICRO = 1_000_000


def print_json(value: object) -> None:
    """One JSON document, readable and with its accents, escaped only where they could not be written."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    print(text)


def usd(micro_usd: int | None) -> float | None:
    """Micro-dollars as JSON's number of dollars; exact to the micro-dollar up to a billion dollars."""
    return None if micro_usd is None else micro_usd / _MICRO


_BAR_CELLS = 20
_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(part: int, whole: int) -> str:
    """A share as a bar, to an eighth of a character; one that is not nothing can be seen."""
    if part <= 0 or whole <= 0:
        return ""
    eighths = min(_BAR_CELLS * 8, max(1, round(_BAR_CELLS * 8 * part / whole)))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numeric: Sequence[int] = (),
    styles: Sequence[str] = (),
) -> None:
    """A table; `numeric` columns (from 0) are set to the right, and on a terminal each row has its style, if any."""
    clean = [[one_line(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for position, column in enumerate(columns):
            table.add_column(column, justify="right" if position in numeric else "left")
        for row, style in zip_longest(clean, styles):
            table.add_row(*(Text(cell) for cell in row), style=style)
        Console().print(table)
        return
    widths = [max(len(cell) for cell in cells) for cells in zip(columns, *clean, strict=True)]
    for row in [list(columns), *clean]:
        cells = (
            cell.rjust(width) if position in numeric else cell.ljust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(cells).rstrip())


Progress = Callable[[int, int, str], None]
"""Told how far long work is: so many done, of so many, at this one now."""


def _nowhere(done: int, total: int, what: str) -> None:
    """Nobody is watching."""
    del done, total, what


@contextmanager
def progress_bar(unit: str, *, shown: bool = True) -> Iterator[Progress]:
    """A bar with rate and time left on a terminal's standard error; nothing elsewhere."""
    if not (shown and sys.stderr.isatty()):
        yield _nowhere
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{unit}, {{task.fields[rate]}}/s, left"),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[what]}[/dim]"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, what="", rate="0")

        def update(done: int, total: int, what: str) -> None:
            speed = bar.tasks[0].speed
            shown_what = one_line(what)[-40:].replace("[", r"\[")
            bar.update(task, completed=done, total=total, what=shown_what, rate=f"{speed:,.0f}" if speed else "–")

        yield update
