"""How a chart is laid out as a picture; importing this imports Pillow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.charts.canvas import WHITE, Box, Canvas, Colour, Paint, Pattern, drawable, texture
from bot.charts.chart import Chart, Line, texts_of, weekly
from bot.charts.scale import ticks

_WIDTH, _HEIGHT, _MARGIN = 1200, 675, 44
# Chats show the picture at about half its size.
_TITLE, _TEXT, _SMALL = 36, 25, 24
_LEADING = 34
_BASELINE, _TOP = 66, 154  # of the title; of the bars
_INK: Colour = (26, 26, 26)
_GREY: Colour = (85, 85, 85)  # 7.5 to 1 on white
_GRID: Colour = (226, 226, 226)
_AXIS: Colour = (140, 140, 140)

_BAR_SHARE, _THICKEST = 0.72, 72
_SAMPLE = 70  # a piece of the line, and the space after it
_SWATCH, _LEGEND_WIDTH, _ENTRY, _SHORT_ENTRY = 26, 270, 70, 38
_MOST_BARS = 100
# More bars, or names that fit side by side, stand upright.
_MOST_LYING = 12
_NAME_WIDTH, _MARK_WIDTH = 380, 240

# Okabe and Ito's colours, which people with any kind of colour blindness tell apart; the strokes on them tell them
# apart without any colour. Dark ones and light ones take turns, as they lie on each other.
_COLOURS: tuple[Colour, ...] = (
    (0, 114, 178),  # blue
    (230, 159, 0),  # orange
    (0, 158, 115),  # green
    (86, 180, 233),  # sky blue
    (213, 94, 0),  # vermilion
    (204, 121, 167),  # purple
)
_PATTERNS: tuple[Pattern, ...] = (
    lambda _x, _y: False,
    lambda x, y: (x + y) % 1 < 0.3,
    lambda x, y: (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.06,
    lambda x, y: (x - y) % 1 < 0.3,
    lambda _x, y: 0.35 < y < 0.65,
    lambda x, y: (x + y) % 1 < 0.2 or (x - y) % 1 < 0.2,
)
_EDGE: Colour = (110, 110, 110)
_COMING = Paint((244, 244, 244), _EDGE, _PATTERNS[1])


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the bars are: along one side of the box there is a slot for each, along the other they grow.

    Attributes:
        top: The amount at the far end.
        upright: The bars grow upwards; otherwise to the right.
    """

    box: Box
    bars: int
    top: int
    upright: bool

    def at(self, amount: int) -> int:
        """The pixel of an amount."""
        left, top, right, bottom = self.box
        if self.upright:
            return bottom - (bottom - top) * amount // max(1, self.top)
        return left + (right - left) * amount // max(1, self.top)

    @property
    def slot(self) -> float:
        """How many pixels there are for a bar and the space around it."""
        left, top, right, bottom = self.box
        return ((right - left) if self.upright else (bottom - top)) / max(1, self.bars)

    @property
    def thickness(self) -> int:
        """How many of them the bar has."""
        return max(1, min(_THICKEST, int(self.slot * _BAR_SHARE)))

    def centre(self, position: int) -> int:
        """The pixel in the middle of a bar."""
        return int((self.box[0] if self.upright else self.box[1]) + self.slot * (position + 0.5))

    def part(self, position: int, low: int, high: int) -> Box:
        """The box of a part of a bar."""
        start = self.centre(position) - self.thickness // 2
        end = start + self.thickness
        # What was spent can be seen, however little it is.
        reach = max(abs(self.at(high) - self.at(0)), 3 if high else 0)
        if self.upright:
            return (start, self.box[3] - reach, end, self.at(low))
        return (self.at(low), start, self.box[0] + reach, end)


def draw(chart: Chart, amount: Callable[[int], str]) -> bytes:
    """The chart as a PNG."""
    chart = _with_room(chart)
    canvas = Canvas(_WIDTH, _HEIGHT)
    marks = ticks(chart.top)
    is_empty = not any(chart.totals)
    note = [] if is_empty else canvas.wrapped(chart.note, _WIDTH - 2 * _MARGIN, _TEXT, lines=2)
    mark_texts = {mark: canvas.fitted(amount(mark), _MARK_WIDTH, _SMALL) for mark in marks}
    texts = texts_of(chart, amount)
    ends = zip(texts.ends, chart.totals, strict=True)
    values = [canvas.fitted(text, _MARK_WIDTH, _SMALL) if total else "" for text, total in ends]
    frame = _frame(canvas, chart, mark_texts, values, len(note))
    title = canvas.fitted(chart.title, _WIDTH - 2 * _MARGIN, _TITLE, bold=True)
    canvas.text(_MARGIN, _BASELINE, title, _TITLE, _INK, bold=True)
    for row, line in enumerate(reversed(note)):
        canvas.text(_MARGIN, _HEIGHT - 32 - row * _LEADING, line, _TEXT, _INK)
    _axis(canvas, frame, mark_texts)
    _labels(canvas, frame, chart.labels)
    _bars(canvas, frame, chart)
    with_values = _has_room(canvas, frame, values)
    if chart.line:
        _budget(canvas, frame, chart, chart.line, _LEADING if with_values else 0)
    if with_values:
        _values(canvas, frame, chart.totals, values)
    _legend(canvas, frame, chart, texts.sums)
    if is_empty:
        _nothing(canvas, frame, marks, chart.note or chart.alt)
    return canvas.png()


def _with_room(chart: Chart) -> Chart:
    """Summed by weeks until each bar has some pixels; each week is called by its first day, as axes are labelled."""
    while len(chart.labels) > _MOST_BARS:
        chart = weekly(chart, lambda days: days[0])
    return chart


def _frame(canvas: Canvas, chart: Chart, marks: dict[int, str], values: Sequence[str], note_lines: int) -> _Frame:
    mark_width = _widest(canvas, marks.values())
    name_width = _widest(canvas, map(drawable, chart.labels))
    right = _WIDTH - _MARGIN - (_LEGEND_WIDTH + 30 if _has_legend(chart) else 0)
    bottom = _HEIGHT - 84 - note_lines * _LEADING
    left = _MARGIN + mark_width + 14
    bars, top = len(chart.labels), max(marks)
    if chart.has_forecast or bars > _MOST_LYING or name_width + 12 <= (right - left) / max(1, bars):
        return _Frame((left, _TOP, right, bottom), bars, top, upright=True)
    left = _MARGIN + min(name_width, _NAME_WIDTH) + 14
    beyond = max(_widest(canvas, values) + 12, mark_width // 2)  # what stands at the far end
    return _Frame((left, _TOP, right - beyond, bottom), bars, top, upright=False)


def _widest(canvas: Canvas, texts: Iterable[str]) -> int:
    return max((canvas.length(text, _SMALL) for text in texts), default=0)


def _has_legend(chart: Chart) -> bool:
    return len(chart.series) > 1 or chart.has_forecast


def _axis(canvas: Canvas, frame: _Frame, marks: dict[int, str]) -> None:
    """Lines at round amounts, each with its amount; one that reads like the one before, or would touch it, has none."""
    left, top, right, bottom = frame.box
    written, free = "", 0
    for mark, text in marks.items():
        place = frame.at(mark)
        colour = _GRID if mark else _AXIS
        if frame.upright:
            canvas.rectangle((left, place, right, place + 2), colour)
        else:
            canvas.rectangle((place, top, place + 2, bottom), colour)
        half = canvas.length(text, _SMALL) // 2
        if text == written or (not frame.upright and place - half < free):
            continue
        written, free = text, place + half + 16
        if frame.upright:
            canvas.text(left - 14, place, text, _SMALL, _GREY, anchor="rm")
        else:
            canvas.text(place, bottom + 34, text, _SMALL, _GREY, anchor="ms")


def _labels(canvas: Canvas, frame: _Frame, labels: tuple[str, ...]) -> None:
    if not frame.upright:
        for position, label in enumerate(labels):
            shown = canvas.fitted(label, _NAME_WIDTH, _SMALL)
            canvas.text(frame.box[0] - 14, frame.centre(position), shown, _SMALL, _INK, anchor="rm")
        return
    shown_labels = [canvas.fitted(label, 200, _SMALL) for label in labels]
    widest = _widest(canvas, shown_labels) + 14
    # Every seventh, tenth … label, where not all of them fit.
    steps = [step for step in (1, 2, 5, 7, 10, 14, 20, 30, 50) if step * frame.slot >= widest]
    step = steps[0] if steps else max(1, len(labels))
    for position in range(0, len(labels), step):
        shown = shown_labels[position]
        canvas.text(frame.centre(position), frame.box[3] + 34, shown, _SMALL, _GREY, anchor="ms")


def _paints(chart: Chart) -> list[Paint]:
    """One for each part of a bar."""
    return [*(_paint(index) for index in range(len(chart.series))), _COMING]


def _paint(index: int) -> Paint:
    """Of a series; more of them than there are colours get other patterns the second time."""
    red, green, blue = colour = _COLOURS[index % len(_COLOURS)]
    pale = ((2 * 255 + red) // 3, (2 * 255 + green) // 3, (2 * 255 + blue) // 3)
    return Paint(colour, pale, _PATTERNS[(index + index // len(_COLOURS)) % len(_PATTERNS)])


def _bars(canvas: Canvas, frame: _Frame, chart: Chart) -> None:
    left, top, right, bottom = frame.box
    size = (frame.thickness, bottom - top) if frame.upright else (right - left, frame.thickness)
    surfaces = [(paint, texture(*size, paint)) for paint in _paints(chart)]
    for position in range(len(chart.labels)):
        low = 0
        for (paint, surface), part in zip(surfaces, chart.parts(position), strict=True):
            box = frame.part(position, low, low + part)
            if not part or box[0] >= box[2] or box[1] >= box[3]:
                continue
            canvas.paste(surface, box)
            if paint is _COMING:
                canvas.outline(box, _EDGE, 2)
            if low:  # parts that lie on each other are told apart by a line of white as well
                canvas.rectangle(_seam(box, upright=frame.upright), WHITE)
            low += part


def _seam(box: Box, *, upright: bool) -> Box:
    left, top, right, bottom = box
    if upright:
        return (left, max(top + 1, bottom - 2), right, bottom)
    return (left, top, min(left + 2, right - 1), bottom)


def _has_room(canvas: Canvas, frame: _Frame, values: Sequence[str]) -> bool:
    """Whether every bar has room for its amount."""
    return frame.slot >= (_widest(canvas, values) + 14 if frame.upright else _SMALL + 4)


def _values(canvas: Canvas, frame: _Frame, totals: Sequence[int], values: Sequence[str]) -> None:
    """Write the amounts at the ends of the bars."""
    for position, (total, value) in enumerate(zip(totals, values, strict=True)):
        _, top, right, _ = frame.part(position, 0, total)
        centre = frame.centre(position)
        if frame.upright:
            canvas.text(centre, top - 12, value, _SMALL, _INK, anchor="ms")
        else:
            canvas.text(right + 12, centre, value, _SMALL, _INK, anchor="lm")


def _budget(canvas: Canvas, frame: _Frame, chart: Chart, line: Line, above_bars: int) -> None:
    left, top, right, bottom = frame.box
    room = right - left - _SAMPLE if frame.upright else _WIDTH - 2 * _MARGIN
    name = canvas.fitted(line.name, room, _TEXT)
    length = canvas.length(name, _TEXT)
    place, over = frame.at(line.amount), top - 38
    if chart.line_in_reach is None:
        canvas.text(right, over, name, _TEXT, _INK, anchor="rs")
        canvas.arrow(right - length - 20, over - 9, 18, _INK, upright=frame.upright)
    elif not frame.upright:
        canvas.dashes((place - 1, over + 14, place + 2, bottom), _INK)
        middle = max(_MARGIN + length // 2, min(place, _WIDTH - _MARGIN - length // 2))
        canvas.text(middle, over, name, _TEXT, _INK, anchor="ms")
    else:
        canvas.dashes((left, place - 1, right, place + 2), _INK)
        end = _free_end(frame, chart.totals, length, place + above_bars)
        if end is None:  # every place beside the line would hide bars: the name stands above them, with a sample
            canvas.dashes((right - length - _SAMPLE, over - 10, right - length - 14, over - 7), _INK)
        canvas.text(end or right, place - 13 if end else over, name, _TEXT, _INK, anchor="rs")


def _free_end(frame: _Frame, totals: tuple[int, ...], length: int, lowest: int) -> int | None:
    """Where on the line a text may end under which no bar grows above a pixel; as far to the right as can be."""
    left, _, right, _ = frame.box
    half = frame.thickness // 2
    end = right
    for position in reversed(range(len(totals))):
        if end - length > frame.centre(position) + half:
            break
        if frame.at(totals[position]) < lowest:
            end = frame.centre(position) - half - 10
    return end if end - length >= left else None


def _legend(canvas: Canvas, frame: _Frame, chart: Chart, sums: Sequence[str]) -> None:
    """What the parts of the bars are and come to, in the order in which they lie on each other."""
    if not _has_legend(chart):
        return
    names = [*(part.name for part in chart.series), chart.forecast_name]
    entries = list(zip(_paints(chart), names, sums, strict=True))
    if not chart.has_forecast:
        entries.pop()
    _, top, _, bottom = frame.box
    left = _WIDTH - _MARGIN - _LEGEND_WIDTH
    height = _ENTRY if _ENTRY * len(entries) <= bottom - top else _SHORT_ENTRY
    for row, (paint, name, comes_to) in enumerate(reversed(entries)):
        y = top + row * height
        box = (left, y, left + _SWATCH, y + _SWATCH)
        canvas.paste(texture(_SWATCH, _SWATCH, paint), box)
        if paint is _COMING:
            canvas.outline(box, _EDGE, 2)
        text_left = left + _SWATCH + 12
        shown = canvas.fitted(name, _LEGEND_WIDTH - _SWATCH - 12, _SMALL)
        canvas.text(text_left, y + 22, shown, _SMALL, _INK)
        if height == _ENTRY:
            canvas.text(text_left, y + 52, drawable(comes_to), _SMALL, _GREY)


def _nothing(canvas: Canvas, frame: _Frame, marks: tuple[int, ...], text: str) -> None:
    """Say in place of the bars that there are none, between two lines."""
    left, top, right, bottom = frame.box
    lower = max(0, len(marks) // 2 - 1)
    middle = (frame.at(marks[lower]) + frame.at(marks[lower + 1])) // 2 if marks[-1] else (top + bottom) // 2
    lines = canvas.wrapped(text, right - left - 40, _TEXT, lines=3)
    for row, line in enumerate(lines):
        y = middle + 9 + _LEADING * row - _LEADING * (len(lines) - 1) // 2
        canvas.text((left + right) // 2, y, line, _TEXT, _GREY, anchor="ms")
