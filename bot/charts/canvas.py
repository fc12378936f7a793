"""What a chart is drawn on; importing this imports Pillow."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from itertools import takewhile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bot.text import one_line

Box = tuple[int, int, int, int]
"""Left, top, right and bottom; the last two are outside."""
Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)

# Pillow's own font has no accents. Inter 4.001 (github.com/rsms/inter), cut to Latin, Greek, Cyrillic and their
# punctuation, without kerning and hints, which Pillow does not read alike everywhere; its figures are all of one width.
_FONTS = Path(__file__).with_name("fonts")
# More does not fit into any line, and measuring it would take time.
_LONGEST = 300
# Joiners and selectors mean something to fonts with emoji alone.
_UNDRAWN = re.compile("[\u200c\u200d\ufe00-\ufe0f]")
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012", "-"))
_DASH, _GAP, _CASING = 14, 9, 2
_PERIOD = 14  # pixels after which a pattern repeats
# Strokes at a slant are drawn larger first, so that their edges are smooth.
_FINER = 4

Pattern = Callable[[float, float], bool]
"""Whether a place in a square is on the strokes; both coordinates from 0 to 1, the squares meet without a seam."""


@dataclass(frozen=True, slots=True)
class Paint:
    """What a surface is covered with."""

    ground: Colour
    strokes: Colour
    pattern: Pattern


def drawable(text: str) -> str:
    """The text as the font has it: one line, composed letters, wide forms as usual ones."""
    composed = unicodedata.normalize("NFKC", one_line(text[:_LONGEST]))
    return _UNDRAWN.sub("", composed[:_LONGEST]).translate(_HYPHENS).strip()


class Canvas:
    """White, and painted in whole pixels."""

    def __init__(self, width: int, height: int) -> None:
        self._image = Image.new("RGB", (width, height), WHITE)
        self._draw = ImageDraw.Draw(self._image)
        self._fonts: dict[tuple[int, bool], ImageFont.FreeTypeFont] = {}

    def length(self, text: str, size: int, *, bold: bool = False) -> int:
        """How many pixels a text is long."""
        return round(self._font(size, bold=bold).getlength(text))

    def fitted(self, text: str, length: int, size: int, *, bold: bool = False) -> str:
        """The text, cut where it would be longer."""
        shown = drawable(text)
        if self.length(shown, size, bold=bold) <= length:
            return shown
        ends = range(1, len(shown))
        kept = bisect_right(ends, length, key=lambda end: self.length(f"{shown[:end]}…", size, bold=bold))
        return f"{shown[:kept].rstrip()}…"

    def wrapped(self, text: str, length: int, size: int, *, lines: int) -> list[str]:
        """The text on so many lines at most, broken between words; the last one is cut."""
        words = drawable(text).split()
        rows: list[str] = []
        while words and len(rows) < lines - 1:
            starts = (" ".join(words[:end]) for end in range(1, len(words) + 1))
            fitting = list(takewhile(lambda row: self.length(row, size) <= length, starts))
            rows.append(fitting[-1] if fitting else self.fitted(words[0], length, size))
            words = words[max(1, len(fitting)) :]
        return [*rows, self.fitted(" ".join(words), length, size)] if words else rows

    def text(
        self, x: int, y: int, text: str, size: int, colour: Colour, *, anchor: str = "ls", bold: bool = False
    ) -> None:
        """Write a drawable text; white around it keeps it apart from what it stands on."""
        font = self._font(size, bold=bold)
        self._draw.text((x, y), text, colour, font, anchor=anchor, stroke_width=4, stroke_fill=WHITE)
        # Once more without, since a letter's white would eat into the one before.
        self._draw.text((x, y), text, colour, font, anchor=anchor)

    def rectangle(self, box: Box, colour: Colour) -> None:
        """Fill a box; an empty one leaves no trace."""
        left, top, right, bottom = box
        if right > left and bottom > top:
            self._draw.rectangle((left, top, right - 1, bottom - 1), colour)

    def outline(self, box: Box, colour: Colour, width: int) -> None:
        """Draw the edge of a box, inside it."""
        left, top, right, bottom = box
        self._draw.rectangle((left, top, right - 1, bottom - 1), outline=colour, width=width)

    def paste(self, texture: Image.Image, box: Box) -> None:
        """Fill a box with a texture that is no smaller."""
        left, top, right, bottom = box
        self._image.paste(texture.crop((0, 0, right - left, bottom - top)), (left, top))

    def dashes(self, box: Box, colour: Colour) -> None:
        """A dashed line along the longer side of a box, in white casing that parts it from what it crosses."""
        left, top, right, bottom = box
        flat = right - left > bottom - top
        self.rectangle(
            (left, top - _CASING, right, bottom + _CASING) if flat else (left - _CASING, top, right + _CASING, bottom),
            WHITE,
        )
        start, end = (left, right) if flat else (top, bottom)
        for dash in range(start, end, _DASH + _GAP):
            stop = min(dash + _DASH, end)
            self.rectangle((dash, top, stop, bottom) if flat else (left, dash, right, stop), colour)

    def arrow(self, x: int, y: int, size: int, colour: Colour, *, upright: bool) -> None:
        """A triangle around a point, that points to where amounts grow."""
        half = size // 2
        corners = (
            [(x - half, y + half), (x + half, y + half), (x, y - half)]
            if upright
            else [(x - half, y - half), (x - half, y + half), (x + half, y)]
        )
        self._draw.polygon(corners, colour)

    def png(self) -> bytes:
        """The picture."""
        content = BytesIO()
        self._image.save(content, "PNG")  # harder compression takes five times as long for a twentieth of the bytes
        return content.getvalue()

    def _font(self, size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
        if (size, bold) not in self._fonts:
            path = _FONTS / ("Inter-SemiBold.ttf" if bold else "Inter-Regular.ttf")
            # The other engine is there on some machines alone: the picture would not be the same everywhere.
            self._fonts[size, bold] = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
        return self._fonts[size, bold]


def texture(width: int, height: int, paint: Paint) -> Image.Image:
    """A surface covered with a paint."""
    fine = _PERIOD * _FINER
    places = [(place + 0.5) / fine for place in range(fine)]
    mask = Image.frombytes("L", (fine, fine), bytes(255 * paint.pattern(x, y) for y in places for x in places))
    tile = Image.new("RGB", (_PERIOD, _PERIOD), paint.ground)
    tile.paste(paint.strokes, mask=mask.resize(tile.size, Image.Resampling.BOX))
    surface = Image.new("RGB", (width, height))
    for left in range(0, width, _PERIOD):
        for top in range(0, height, _PERIOD):
            surface.paste(tile, (left, top))
    return surface
