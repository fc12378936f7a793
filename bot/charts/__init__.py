"""Spending as charts: bars of text for every platform, and a picture for those that show one.

`bars.py` and `picture.py` show what `chart.py` holds. Pillow is loaded when a picture is drawn.
"""

from __future__ import annotations

from bot.charts.chart import Amounts, Chart, Line, Series, most

__all__ = ["Amounts", "Chart", "Line", "Series", "most"]
