"""Markdown cut into messages of limited size: at the best places, and so that each piece can be read alone (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

_LINE_BREAK = re.compile(r"\r\n?|\n")
_BLANK_START = re.compile(r"\A(?:[ \t]*(?:\r\n?|\n))+")
_FENCE = re.compile(r"(?P<lead>.*?)(?P<run>`{3,}|~{3,})(?P<info>[^\r\n]*)")
_QUOTES = re.compile(r" {0,3}(?:> ?)+")
_MARKER = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)]|#{1,6})[ \t]+)*")
_NUMBER = re.compile(r"\d+")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]*_]*(?:\[\d{1,3}\])*\Z")
# What is kept whole where it fits: code, links, citations, addresses, escapes, entities. Bounded, so that brackets and
# backticks without partners cost little.
_ATOM = re.compile(
    r"(?P<space>\s+)|(?P<kept>(?P<ticks>`{1,20})(?!`)[^\n]{1,200}?(?<!`)(?P=ticks)(?!`)"
    r"|!?\[[^\[\]\n]{0,200}\]\([^()\s]{0,300}\)|(?:\[\d{1,3}\]){1,20}|https?://\S{1,500}|\\\S|&#?\w{1,31};)"
    r"|(?:[^\s`!\[\\&h]|h(?!ttps?://))+|."
)
_ATOM_CHARS = 600
# No places to cut: what is smaller than a row or a line.
_SKIPPED = frozenset({"inline", "thead_open", "tbody_open", "tr_open", "th_open", "td_open"})


def split(markdown: str, *, limit: int, size: Callable[[str], int] = len) -> list[str]:
    """The Markdown in pieces of at most `limit`; within it, one piece, unchanged.

    Cut between blocks, else between list items, table rows or lines, else after sentences, words, anywhere. Code that
    is cut is closed and opened again, a table repeats its head, a list goes on with its numbers. White space at a cut
    goes; of nothing but white space, there is no piece.

    Args:
        size: Characters, bytes or whatever the platform counts; of two texts together never more than of both. The
            limit should leave room for what is repeated: from 40 on, it holds.
    """
    if not markdown.strip():
        return []
    if size(markdown) <= limit:
        return [markdown]
    packer = _Packer(markdown, limit, size)
    packer.pack(_blocks(markdown, limit))
    return packer.pieces


@dataclass(frozen=True, slots=True)
class _Repeated:
    """What stands at both sides of a cut inside of a fence or a table: from `start` to `end` in the text."""

    start: int
    end: int
    head: str
    close: str = ""
    first_close: str = ""
    indent: int = 0


@dataclass(frozen=True, slots=True)
class _Unit:
    """A part of the text that should stay whole.

    Attributes:
        within: What to repeat if the text is cut at one of its ends.
        list_end: Where the list that it stands in ends; zero outside of lists.
        numbers: The number that an item begins with, and the one that a reader counts.
    """

    start: int
    end: int
    parts: tuple[_Unit, ...] = ()
    within: _Repeated | None = None
    list_end: int = 0
    numbers: tuple[str, str] | None = None
    closing: bool = False


def _blocks(markdown: str, limit: int) -> tuple[_Unit, ...]:
    # Inline markup is not parsed: it would cost the most, and hostile texts make it slow.
    parser = MarkdownIt("commonmark").enable("table").disable("inline")
    starts = [0, *(line.end() for line in _LINE_BREAK.finditer(markdown))]
    if starts[-1] != len(markdown):
        starts.append(len(markdown))
    tokens = [token for token in parser.parse(markdown) if token.map or token.nesting < 0]
    return _Reader(markdown, starts, limit).children(_tree(tokens), 0, len(starts) - 1)


@dataclass(frozen=True, slots=True)
class _Block:
    token: Token
    blocks: list[_Block]


def _tree(tokens: Sequence[Token]) -> list[_Block]:
    """Blocks in one another, without those that are no places to cut."""
    top: list[_Block] = []
    stack = [top]
    for token in tokens:
        if token.type in _SKIPPED or token.type.replace("_close", "_open") in _SKIPPED:
            continue
        if token.nesting < 0:
            stack.pop()
            continue
        block = _Block(token, [])
        stack[-1].append(block)
        if token.nesting > 0:
            stack.append(block.blocks)
    return top


class _Reader:
    """Makes units of blocks; positions in blocks are lines, in units characters."""

    def __init__(self, text: str, starts: Sequence[int], limit: int) -> None:
        self._text = text
        # What would fill the pieces if it was repeated is not.
        self._limit = limit
        self._starts = starts

    def children(self, blocks: Sequence[_Block], first: int, last: int, *, list_end: int = 0) -> tuple[_Unit, ...]:
        """Units that cover the lines without a gap; a heading is one with what follows it."""
        units: list[_Unit] = []
        heading: tuple[_Unit, ...] = ()
        at = first
        for block, following in zip(blocks, [*blocks, None][1:], strict=True):
            start, end = block.token.map or (at, at)
            start, end = max(start, at), min(end, last)
            if following is None and not self._text[self._starts[end] : self._starts[last]].strip():
                end = last
            if end <= start:
                continue
            # Definitions of links are in no block.
            between = self._lines(at, start, list_end=list_end)
            parts = (*heading, *between, self._unit(block, start, end, list_end=list_end))
            heading = parts if block.token.type == "heading_open" and following else ()
            if not heading:
                units.append(_Unit(parts[0].start, parts[-1].end, parts, list_end=list_end))
            at = end
        return (*units, *heading, *self._lines(at, last, list_end=list_end))

    def _unit(self, block: _Block, first: int, last: int, *, list_end: int) -> _Unit:
        kind = block.token.type
        start, end = self._starts[first], self._starts[last]
        if kind in {"bullet_list_open", "ordered_list_open"}:
            list_end = list_end or end
            number = int(block.token.attrs.get("start", 1)) if kind.startswith("ordered") else None
            return _Unit(start, end, self._items(block.blocks, first, last, number, list_end), list_end=list_end)
        if kind == "fence":
            parts = self._fence(block.token, first, last, list_end)
        elif kind == "table_open":
            parts = self._rows(first, last, list_end)
        elif block.blocks:
            parts = self.children(block.blocks, first, last, list_end=list_end)
        else:
            parts = tuple(self._lines(first, last, list_end=list_end))
        return _Unit(start, end, parts, list_end=list_end)

    def _items(
        self, blocks: Sequence[_Block], first: int, last: int, number: int | None, list_end: int
    ) -> tuple[_Unit, ...]:
        starts = [block.token.map[0] if block.token.map else first for block in blocks]
        units = []
        for at, (block, (start, end)) in enumerate(zip(blocks, pairwise([*starts, last]), strict=True)):
            numbers = (block.token.info, str(number + at)) if number is not None else None
            parts = self.children(block.blocks, start, end, list_end=list_end)
            units.append(_Unit(self._starts[start], self._starts[end], parts, list_end=list_end, numbers=numbers))
        return tuple(units)

    def _lines(self, first: int, last: int, *, list_end: int = 0, within: _Repeated | None = None) -> Iterator[_Unit]:
        for line in range(first, last):
            yield _Unit(self._starts[line], self._starts[line + 1], within=within, list_end=list_end)

    def _rows(self, first: int, last: int, list_end: int) -> tuple[_Unit, ...]:
        """The head with its first row, then row by row."""
        start, head_end = self._starts[first], self._starts[min(first + 2, last)]
        head_text = self._text[start:head_end].lstrip() if 2 * (head_end - start) <= self._limit else ""
        table = _Repeated(start, self._starts[last], head_text)
        body = min(first + 3, last)
        head = _Unit(
            start, self._starts[body], tuple(self._lines(first, body, list_end=list_end)), table, list_end=list_end
        )
        return (head, *self._lines(body, last, list_end=list_end, within=table))

    def _fence(self, token: Token, first: int, last: int, list_end: int) -> tuple[_Unit, ...]:
        line = self._text[self._starts[first] : self._starts[first + 1]]
        fence = _FENCE.match(line)
        run = token.markup
        if fence is None or 8 * len(run) > self._limit:
            return tuple(self._lines(first, last, list_end=list_end))
        info = fence["info"].strip() if 5 * len(fence["info"]) <= self._limit else ""
        lead = re.sub(r"[^\s>]", " ", fence["lead"]) if 4 * len(fence["lead"]) <= self._limit else ""
        quotes = "> " * fence["lead"].count(">")
        content_end = last
        while content_end > first + 1 and not self._line(content_end - 1).strip(" \t>\r\n"):
            content_end -= 1
        closed = content_end > first + 1 and re.fullmatch(
            rf"[ \t>]*{re.escape(run)}{run[0]}*[ \t]*", self._line(content_end - 1).rstrip("\r\n")
        )
        if closed:
            content_end -= 1
        else:
            content_end = last
        code = _Repeated(
            start=self._starts[first],
            end=self._starts[last],
            head=f"{quotes}{run}{info}\n",
            close=f"{quotes}{run}",
            first_close=f"{lead}{run}",
            indent=0 if quotes else len(fence["lead"]),
        )
        lines = list(self._lines(first, content_end, list_end=list_end, within=code))
        opening = _Unit(code.start, lines[min(1, len(lines) - 1)].end, tuple(lines[:2]), code, list_end=list_end)
        rest = _Unit(self._starts[content_end], code.end, within=code, list_end=list_end, closing=True)
        return (opening, *lines[2:], rest)

    def _line(self, line: int) -> str:
        return self._text[self._starts[line] : self._starts[line + 1]]


class _Packer:
    """Fills piece after piece; the one being filled is the text from `_start` to `_end`."""

    def __init__(self, text: str, limit: int, size: Callable[[str], int]) -> None:
        self.pieces: list[str] = []
        self._text = text
        self._limit = limit
        self._size = size
        # Of the latest item that a piece began with: where it stands, its number as written and as counted.
        self._numbers = (-1, "", "")
        self._begin(0, None)

    def pack(self, units: Sequence[_Unit]) -> None:
        """Put all units into pieces."""
        self._place_all(units)
        self._flush()

    def _place_all(self, units: Sequence[_Unit]) -> None:
        for unit in units:
            self._place(unit)

    def _begin(self, at: int, unit: _Unit | None, *, lead: str = "") -> None:
        """Start a piece at a place in a unit."""
        if unit and unit.numbers:
            self._numbers = (unit.start, *unit.numbers)
        self._start = self._end = at
        self._first = unit
        self._last: _Repeated | None = None
        self._lead = lead
        self._head = self._head_at(at, unit)
        self._used = self._size(self._head + lead)
        if self._numbers[0] == at:
            self._used += self._size(self._numbers[2])

    def _head_at(self, at: int, unit: _Unit | None) -> str:
        within = unit.within if unit else None
        if within is None or at == within.start or 2 * self._size(within.head + within.close) > self._limit:
            return ""
        return within.head

    def _close_of(self, within: _Repeated | None) -> str:
        """What closes a piece that ends here."""
        if within is None or not within.close:
            return ""
        if self._start <= within.start:
            return f"\n{within.first_close}"
        return f"\n{within.close}" if self._head else ""

    def _place(self, unit: _Unit) -> None:
        if unit.closing:
            self._close(unit)
            return
        size = self._size(self._text[unit.start : unit.end].rstrip())
        if self._end == self._start:
            self._begin(unit.start, unit)
        elif not self._fits(size, unit) and self._fits_alone(size, unit):
            self._flush()
            self._begin(unit.start, unit)
        if self._fits(size, unit):
            self._extend(unit.end, unit.within)
        elif unit.parts:
            self._place_all(unit.parts)
        else:
            self._cut(unit)

    def _close(self, unit: _Unit) -> None:
        """The line that closes code which was cut: as it stands if it closes the piece, else it is written anew."""
        line = self._text[unit.start : unit.end].rstrip()
        as_set = unit.within is not None and (
            self._start <= unit.within.start or (self._head and not self._head.startswith(">"))
        )
        if line and as_set and self._end > self._start and self._used + self._size(line) <= self._limit:
            self._extend(unit.end, None)
        else:
            self._flush()
            self._begin(unit.end, None)

    def _fits(self, size: int, unit: _Unit) -> bool:
        return self._used + size + self._size(self._close_of(unit.within)) <= self._limit

    def _fits_alone(self, size: int, unit: _Unit) -> bool:
        within = unit.within
        around = self._size(self._head_at(unit.start, unit))
        if within and within.close:
            around += 1 + max(self._size(within.close), self._size(within.first_close))
        around += self._size(unit.numbers[1]) if unit.numbers else 0
        return around + size <= self._limit

    def _extend(self, end: int, within: _Repeated | None) -> None:
        self._used += self._size(self._text[self._end : end])
        self._end = end
        self._last = within

    def _flush(self) -> None:
        body = self._text[self._start : self._end]
        if body.strip():
            self.pieces.append(f"{self._head}{self._lead}{self._readable(body)}")
        self._begin(self._end, None)

    def _readable(self, body: str) -> str:
        """The text of a piece as it is read without what stood before it."""
        unit, close = self._first, self._close_of(self._last)
        if unit is None:
            return body.rstrip() + close
        in_code = unit.within is not None and bool(unit.within.close)
        body = _BLANK_START.sub("", body)
        if unit.start != self._start and not in_code:
            return body.strip() + close
        at, written, counted = self._numbers
        if at == self._start and written != counted:
            body = _NUMBER.sub(counted, body, count=1)
        set_in = unit.within.indent if unit.within and self._head else 0
        until = unit.within.end if unit.within and self._head else 0
        if unit.list_end:
            set_in, until = set_in or len(body) - len(body.lstrip(" ")), unit.list_end
        beyond = self._text[until : self._end] if 0 < until < self._end else ""
        inner = body[: len(body) - len(beyond)] if beyond else body.rstrip() + close
        if set_in:
            inner = re.sub(rf"^ {{1,{set_in}}}", "", inner, flags=re.MULTILINE)
        return inner + beyond.rstrip() + close if beyond else inner

    def _cut(self, unit: _Unit) -> None:
        at = unit.start
        quotes = _QUOTES.match(self._text, unit.start, unit.end)
        lead = quotes[0] if quotes and 4 * self._size(quotes[0]) < self._limit else ""
        while at < unit.end:
            if self._used * 3 > self._limit * 2 and self._end > self._start:
                self._flush()
                self._begin(at, unit, lead=lead if at > unit.start else "")
            room = self._limit - self._used - self._size(self._close_of(unit.within))
            latest = self._latest(at, unit.end, room)
            fresh = self._end == self._start
            end = latest if latest == unit.end else self._best(at, latest, unit.end, fresh=fresh)
            if end is None:
                self._flush()
                self._begin(at, unit, lead=lead if at > unit.start else "")
                continue
            self._extend(end, unit.within)
            at = end
            if at < unit.end:
                self._flush()
                self._begin(at, unit, lead=lead)

    def _latest(self, start: int, end: int, room: int) -> int:
        """The last place up to which the text fits."""
        step = 64
        while start + step < end and self._size(self._text[start : start + step]) <= room:
            step *= 2
        low, high = start, min(end, start + step)
        while low < high:
            middle = (low + high + 1) // 2
            if self._size(self._text[start:middle]) <= room:
                low = middle
            else:
                high = middle - 1
        return low

    def _best(self, start: int, latest: int, end: int, *, fresh: bool) -> int | None:
        """Where to cut the line; none where nothing but a new piece helps."""
        sentence = word = kept = 0
        marker = _MARKER.match(self._text, start) if self._text[start - 1 : start] in {"\n", "\r", ""} else None
        after = marker.end() if marker else start
        for atom in _ATOM.finditer(self._text, start, min(end, latest + _ATOM_CHARS)):
            if atom.end() > latest:
                straddling = atom
                break
            if atom["space"] and atom.end() > after:
                word = atom.end()
                if _SENTENCE_END.search(self._text, max(start, atom.start() - 30), atom.start()):
                    sentence = word
            kept = atom.end()
        else:
            return latest
        if straddling["space"]:
            return latest
        if sentence - start >= (latest - start) // 2:
            return sentence
        if word or (straddling["kept"] and kept > after):
            return word or kept
        # Nothing but a new piece, with more room, keeps it whole.
        return self._between_characters(start, latest) if fresh else None

    def _between_characters(self, start: int, latest: int) -> int:
        latest = max(latest, start + 1)
        for end in range(latest, max(start, latest - 40), -1):
            if not _joins(self._text, end):
                return end
        return latest


def _joins(text: str, at: int) -> bool:
    """Whether what stands before and after a place is seen as one character."""
    if at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    return (
        unicodedata.category(after).startswith("M")
        or after == "\u200d"
        or before == "\u200d"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff")
    )
