"""Markdown for eyes at a terminal; importing this imports rich."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import dropwhile
from typing import ClassVar, TextIO

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich import box
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.markdown import (
    CodeBlock,
    Heading,
    HorizontalRule,
    Markdown,
    MarkdownElement,
    TableElement,
    TableRowElement,
)
from rich.rule import Rule
from rich.segment import Segment
from rich.style import Style
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from bot.messages import Source
from bot.text import hides_target, one_line, plain

# Quotations are what many answers consist of, so they are not coloured; code has no background, which would be a stain
# on a light terminal.
_THEME = Theme({"markdown.block_quote": "none", "markdown.code": "cyan"})
# Longer lines are hard to read, however wide the window is.
_MAX_WIDTH = 100


def open_console(stdout: TextIO) -> Console:
    """A console that prints what it is given: no markup, emoji codes or highlighting of numbers."""
    return Console(file=stdout, theme=_THEME, highlight=False, markup=False, emoji=False)


def width_of(console: Console) -> int:
    """The columns to write in; asked anew each time, since windows are resized."""
    return min(console.width, _MAX_WIDTH)


def _parser() -> MarkdownIt:
    # Without HTML, `<name>` in a sentence is text; with it, rich would swallow it without a word.
    return MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])


class _LeftHeading(Heading):
    """Headings start where the text starts."""

    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = dict.fromkeys(Heading.LEVEL_ALIGN, "default")


class _CompactCode(CodeBlock):
    """Code set in by two columns, with no blank lines of its own around it."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        yield Syntax(code, self.lexer_name, theme=self.theme, word_wrap=True, padding=(0, 2))


class _WholeTable(TableElement):
    """A table whose cells go on in the next line where they do not fit; nothing in them is cut off."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, border_style="dim")
        for cell in self.header.row.cells if self.header and self.header.row else ():
            is_number = cell.justify == "right"  # an amount that is broken in two is another amount
            table.add_column(
                cell.content, header_style="bold", overflow="fold", justify=cell.justify, no_wrap=is_number
            )
        for row in self.body.rows if self.body else ():
            table.add_row(*_cells(row))
        yield table


def _cells(row: TableRowElement | None) -> list[Text]:
    return [cell.content for cell in row.cells] if row else []


class _DimRule(HorizontalRule):
    """A thin line."""

    new_line = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Rule(style="dim")


class SafeMarkdown(Markdown):
    """Markdown from documents and models: it can neither command the terminal nor hide where a link leads."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "fence": _CompactCode,
        "code_block": _CompactCode,
        "table_open": _WholeTable,
        "hr": _DimRule,
    }

    def __init__(self, markup: str) -> None:
        super().__init__("", code_theme="ansi_dark", justify="default")
        self.parsed = list(_safe(_parser().parse(plain(markup))))


def _safe(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        # Once more after parsing: `&#x202e;` became a character only there.
        token.content = plain(token.content)
        if token.children:
            token.children = list(_with_revealed_targets(list(_safe(token.children))))
        yield token


def _with_revealed_targets(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens of a line, with the target in brackets after each link or image that would hide it."""
    label: list[str] = []
    target = ""
    for token in tokens:
        yield token
        if token.type == "link_open":
            label, target = [], str(token.attrs.get("href", ""))
        elif token.type == "link_close":
            yield from _revealed("".join(label), target)
        elif token.type == "image":
            yield from _revealed(token.content, str(token.attrs.get("src", "")))
        label.append(token.content)


def _revealed(label: str, target: str) -> Iterator[Token]:
    if hides_target(label, target):
        yield Token("text", "", 0, content=f" ({plain(target)})")


def settled_length(markdown: str) -> int:
    """How many characters at the start will be drawn the same whatever text follows.

    That is all blocks but the last, which may go on; an unfinished line may still become anything.
    """
    lines = markdown.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines.pop()
    starts = [token.map[0] for token in _parser().parse("".join(lines)) if token.level == 0 and token.map]
    return sum(len(line) for line in lines[: starts[-1]]) if starts else 0


class Blocks:
    """Blocks of Markdown; of those still being written, only as many of the last lines as fit on the screen."""

    def __init__(self, markup: str, *, unfinished: bool = False) -> None:
        self._markdown = SafeMarkdown(markup)
        self._unfinished = unfinished

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self._markdown, options.update(width=width_of(console)), pad=False)
        # rich starts lists and tables with an empty line; the distance between blocks is for the caller to keep.
        shown = list(dropwhile(_is_blank, lines))
        for line in shown[-max(console.height - 2, 1) :] if self._unfinished else shown:
            yield from line
            yield Segment.line()


def _is_blank(line: Sequence[Segment]) -> bool:
    return not any(segment.text.strip() for segment in line)


def source_list(sources: tuple[Source, ...]) -> Table:
    """Sources one below the other, each with its whole link; web links can be clicked."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column(overflow="fold")
    for source in sources:
        link = one_line(source.link)
        style = Style(link=link) if link.startswith(("https://", "http://")) else Style()
        line = Text.assemble(one_line(source.name), ("  ", ""), (link, Style(dim=True) + style))
        if source.quote:
            line.append(f"\n“{one_line(source.quote)}”", style="italic")
        grid.add_row(Text(f"[{source.n}]", style="bold"), line)
    return grid
