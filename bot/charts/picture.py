"""A chart as a picture."""

from __future__ import annotations

from collections.abc import Callable

from bot.charts.chart import Chart


def picture(chart: Chart, amount: Callable[[int], str]) -> bytes:
    """A PNG of 1200 by 675 pixels, to be shown at half of that or more; the same chart gives the same bytes.

    It takes some hundredths of a second: an event loop leaves it to a thread.

    Args:
        amount: `Amounts`, or what words any amount of micro-USD, exactly enough that marks on the axis differ.
    """
    from bot.charts.drawing import draw  # loads Pillow

    return draw(chart, amount)
