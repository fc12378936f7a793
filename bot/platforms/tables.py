"""Tables in Markdown as blocks of code, or as lists where they are wide: chats show none, or none in a stream (pure).

Text comes out as it comes in. Held back are: of a line, all from its first `|` on, until the next line tells whether
it is a table's head; of a table, all of it, since the last row may be the widest.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from wcwidth import ljust, rjust
from wcwidth import width as width_of

from bot.platforms.flattening import plain_line
from bot.safety import safe
from bot.safety.mentions import unmentioned
from bot.text import fenceless, one_line

MAX_COLUMNS = 76
"""Cells of a line of code; no platform's limit: a window of ordinary width shows so many without breaking lines."""

_BAR = re.compile(r"(?<!\\)\|")
_LEAD = re.compile(r"[ \t>]*")
_FENCE = re.compile(r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*(?P<run>`{3,}(?=[^`]*\Z)|~{3,})")
_RULE_BEGUN = re.compile(r"[ \t>|:\r-]*")
_RULE_CELL = re.compile(r":?-+:?")
_TO_THE_RIGHT = re.compile(r"-+:")
_LINE_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_EMPHASISED = re.compile(r"[*_`~\[\]\\]")


def without_tables(markdown: str) -> str:
    """The Markdown as `TableStream` lets it through."""
    stream = TableStream()
    return stream.feed(markdown) + stream.finish()


@dataclass(slots=True)
class _Table:
    """A table, or the line that may become its head.

    Attributes:
        lead: White space and quotation marks before the head.
        shown: What of the head was let through: all before its first bar. Where that is more than `lead`, the table
            begins in a line of its own.
        rule: The line below the head; empty while that has not come.
    """

    head: str
    lead: str
    shown: str
    rule: str = ""
    rows: list[str] = field(default_factory=list)

    def may_go_on(self, line: str) -> bool:
        """Whether a line that has begun like this may belong to it."""
        lead = _lead(line)
        if len(lead) == len(line):
            return True
        if not self._is_level(lead):
            return False
        if not self.rule:
            return _RULE_BEGUN.fullmatch(line) is not None
        return self.shown != self.lead or line[len(lead)] == "|"

    def takes(self, line: str) -> bool:
        """Take the next line, if it is the one below the head, or a row."""
        lead = _lead(line)
        if not self._is_level(lead) or not _BAR.search(line):
            return False
        if self.rule:
            self.rows += (line,)
            return True
        cells = _cells(line)
        if len(cells) != len(_cells(self.head)) or not all(map(_RULE_CELL.fullmatch, cells)):
            return False
        self.rule = line
        return True

    def _is_level(self, lead: str) -> bool:
        return lead.count(">") == self.lead.count(">")


class TableStream:
    """`without_tables` for a text that comes bit by bit: however it is cut into pieces, the same comes out."""

    def __init__(self) -> None:
        self._line = ""
        self._shown = 0  # characters of the line that were let through
        self._fence = ""
        self._fence_quotes = 0
        self._table: _Table | None = None

    def feed(self, delta: str) -> str:
        """What may be shown after the next piece."""
        out: list[str] = []
        *ended, rest = delta.split("\n")
        for part in ended:
            out += (self._more(part), self._end_line())
        out.append(self._more(rest))
        return "".join(out)

    def finish(self) -> str:
        """What was held back, now that the text has ended."""
        table, line = self._table, self._line
        held = line[self._shown :]
        self._table, self._line, self._shown = None, "", 0
        if table is None:
            return held
        if line and table.may_go_on(line) and table.takes(line):
            return _drawn(table)[0]
        return f"{_drawn(table)[0]}\n{held}"

    def _more(self, part: str) -> str:
        self._line += part
        out = ""
        if self._table and not self._table.may_go_on(self._line):
            out = self._released(self._table)
        if self._table:
            return ""
        self._leave_quoted_fence(self._line)
        bar = None if self._fence else _BAR.search(self._line, self._shown)
        end = bar.start() if bar else len(self._line)
        out += self._line[self._shown : end]
        self._shown = end
        return out

    def _end_line(self) -> str:
        line, out = self._line, ""
        if self._table:
            if self._table.takes(line):
                self._line = ""
                return ""
            out = self._released(self._table)
        shown, self._line, self._shown = self._shown, "", 0
        self._leave_quoted_fence(line, ended=True)
        was_code = bool(self._fence)
        self._note_fence(line)
        if not was_code and not self._fence and (bar := _BAR.search(line)):
            # Whether the line was shown up to its bar, or held as a whole, as one that might have been a row.
            out += line[shown : bar.start()]
            self._table = _Table(line, _lead(line), line[: bar.start()])
            return out
        return f"{out}{line[shown:]}\n"

    def _released(self, table: _Table) -> str:
        """The table, or what was taken for its head, now that another line follows."""
        self._table = None
        drawn, is_list = _drawn(table)
        # Without an empty line, the text below a list would belong to its last item.
        return f"{drawn}\n{table.lead.rstrip()}\n" if is_list else f"{drawn}\n"

    def _leave_quoted_fence(self, line: str, *, ended: bool = False) -> None:
        """A quotation ends with its first line that has no mark, and code in it ends with it."""
        lead = _lead(line)
        if self._fence_quotes > lead.count(">") and (ended or len(lead) < len(line)):
            self._fence, self._fence_quotes = "", 0

    def _note_fence(self, line: str) -> None:
        if self._fence:
            run = line.strip(" \t>\r")
            if len(run) >= len(self._fence) and not run.strip(self._fence[0]):
                self._fence, self._fence_quotes = "", 0
        elif found := _FENCE.match(line):
            self._fence, self._fence_quotes = found["run"], found[0].count(">")


def _lead(line: str) -> str:
    found = _LEAD.match(line)
    return found[0] if found else ""


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in _BAR.split(line[len(_lead(line)) :].strip())]
    if len(cells) > 1 and not cells[0]:
        del cells[0]
    if len(cells) > 1 and not cells[-1]:
        del cells[-1]
    return [cell.replace("\\|", "|") for cell in cells]


def _drawn(table: _Table) -> tuple[str, bool]:
    """What takes its place, without the last line feed, and whether that is a list."""
    if not table.rule:
        return table.head[len(table.shown) :], False
    rows = [_cells(line) for line in (table.head, *table.rows)]
    columns = max(map(len, rows))
    rows = [row + [""] * (columns - len(row)) for row in rows]
    numeric = {at for at, cell in enumerate(_cells(table.rule)) if _TO_THE_RIGHT.fullmatch(cell)}
    lines = _aligned(rows, numeric)
    is_list = max(map(width_of, lines)) > MAX_COLUMNS
    lines = safe("\n".join(_records(rows))).split("\n") if is_list else ["```", *lines, "```"]
    start = "" if table.shown == table.lead else f"\n{table.lead}"
    return start + f"\n{table.lead}".join(lines), is_list


def _aligned(rows: Sequence[Sequence[str]], numeric: Collection[int]) -> list[str]:
    """Lines of code: the head, a rule, and the rows below one another; `numeric` columns are set to the right."""
    cells = [[_plain(cell) for cell in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    rule = ["-" * width for width in widths]
    lines = []
    for row in (cells[0], rule, *cells[1:]):
        padded = [
            (rjust if at in numeric else ljust)(cell, width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return lines


def _plain(cell: str) -> str:
    """A cell as code: its backticks close no fence."""
    return fenceless(unmentioned(one_line(plain_line(_LINE_TAG.sub(" ", cell)))))


def _records(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A list item for each row, in the Markdown of its cells."""
    head, *rest = ([one_line(_LINE_TAG.sub(" ", cell)) for cell in row] for row in rows)
    if not rest:
        yield f"- {'; '.join(filter(None, head))}"
    for first, *others in rest:
        name = f"**{first}**" if first and not _EMPHASISED.search(first) else first
        told = "; ".join(
            f"{title}: {cell}" if title else cell for title, cell in zip(head[1:], others, strict=True) if cell
        )
        yield f"- {': '.join(filter(None, (name, told)))}"
