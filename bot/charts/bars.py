"""A chart in plain text, for a terminal or a block of code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from wcwidth import clip, ljust, rjust, wrap
from wcwidth import width as width_of

from bot.charts.chart import Chart, Series, texts_of, weekly
from bot.text import one_line

# Neighbours differ as much as characters can: people tell shades of grey apart that touch, and those of a poor font.
_FILLS = "█░▓+▒=#·"
_FORECAST = "□"
_MARK = "│"
# A month of days is read line by line; a longer time is not.
_MOST_ROWS = 31
# So few rows are shown even where nothing was spent.
_FEW_ROWS = 14


def bars(chart: Chart, amount: Callable[[int], str], *, width: int = 72) -> str:
    """The chart as lines of at most `width` cells: title, a bar for each label, legend, note.

    Days without spending at either end are left out where there are many; more labels than a month has days are summed
    by seven. Long labels have a line of their own.

    The amount beside a bar is what was spent; `~` and what is forecast where that is nothing.

    Args:
        amount: `Amounts`, or what words any amount of micro-USD.
        width: At least 24; in twice that, no amount up to a million dollars is cut.
    """
    shown = _trimmed(weekly(chart, _span) if len(chart.labels) > _MOST_ROWS else chart)
    parts = [
        _paragraph(chart.title, width),
        _out_of_reach(shown, width),
        _rows(shown, amount, width),
        _legend(shown, width),
        _paragraph(chart.note or ("" if any(shown.totals) else chart.alt), width),
    ]
    return "\n".join(line for part in parts for line in part)


def _paragraph(text: str, width: int) -> list[str]:
    return wrap(one_line(text), width)


def _clipped(text: str, width: int) -> str:
    return text if width_of(text) <= width else f"{clip(text, 0, width - 1).rstrip()}…"


def _span(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{labels[0]}–{labels[-1]}"


def _trimmed(chart: Chart) -> Chart:
    if len(chart.labels) <= _FEW_ROWS:
        return chart
    spent = [position for position, total in enumerate(chart.totals) if total]
    kept = slice(spent[0], spent[-1] + 1) if spent else slice(0)
    return replace(
        chart,
        labels=chart.labels[kept],
        series=tuple(Series(part.name, part.amounts[kept]) for part in chart.series),
        forecast=chart.forecast[kept],
    )


def _out_of_reach(chart: Chart, width: int) -> list[str]:
    """The budget in words, at the edge beyond which it is."""
    if chart.line is None or chart.line_in_reach:
        return []
    return [rjust(_clipped(f"{one_line(chart.line.name)} →", width), width)]


def _rows(chart: Chart, amount: Callable[[int], str], width: int) -> Iterator[str]:
    labels = [_clipped(one_line(label), width) for label in chart.labels]
    amounts = [_clipped(text, width // 2) for text in texts_of(chart, amount).ends]
    label_width = max(map(width_of, labels), default=0)
    amount_width = max(map(width_of, amounts), default=0)
    on_own_line = label_width > width // 3
    indent = 1 if on_own_line else label_width
    align = rjust if all(label.isdecimal() for label in labels) else ljust
    for position, (label, text) in enumerate(zip(labels, amounts, strict=True)):
        if on_own_line:
            yield label
        start = " " if on_own_line else align(label, label_width)
        yield f"{start} {_bar(chart, position, width - indent - amount_width - 2)} {rjust(text, amount_width)}"


def _bar(chart: Chart, position: int, cells: int) -> str:
    """One bar, padded to so many cells, with the mark of the budget between two of them."""
    line, top = chart.line_in_reach, max(1, chart.top)
    if line:
        cells -= 1
    fills = [_fill(index) for index in range(len(chart.series))] + [_FORECAST]
    bar, sum_so_far = "", 0
    for fill, part in zip(fills, chart.parts(position), strict=True):
        sum_so_far += part
        # What was spent can be seen, however little it is.
        end = max(_rounded(cells * sum_so_far, top), 1 if sum_so_far else 0)
        bar += fill * (end - len(bar))
    bar = bar.ljust(cells)
    if line is None:
        return bar
    place = _rounded(cells * line.amount, top)
    return f"{bar[:place]}{_MARK}{bar[place:]}"


def _rounded(part: int, whole: int) -> int:
    """Halves go up; sums of money may be too large for a float."""
    return (2 * part + whole) // (2 * whole)


def _fill(index: int) -> str:
    return _FILLS[index % len(_FILLS)]


def _legend(chart: Chart, width: int) -> Iterator[str]:
    """What the characters mean, in their order along a bar, as many to a line as fit."""
    named = [(_fill(index), part.name) for index, part in enumerate(chart.series)]
    signs = named if len(named) > 1 or chart.has_forecast else []
    signs += [(_FORECAST, chart.forecast_name)] if chart.has_forecast else []
    signs += [(_MARK, line.name)] if (line := chart.line_in_reach) else []
    row = ""
    for sign, name in signs:
        if not (clean := one_line(name)):
            continue
        entry = _clipped(f"{sign} {clean}", width)
        joined = f"{row}   {entry}" if row else entry
        if row and width_of(joined) > width:
            yield row
            joined = entry
        row = joined
    if row:
        yield row
