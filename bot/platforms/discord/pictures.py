"""Charts as pictures in Discord, with a text for those who do not see them."""

from __future__ import annotations

import asyncio
from typing import Final

from bot.charts.chart import Chart
from bot.platforms.discord.objects import Picture
from bot.reports import amounts_of

_FILE: Final = "spending.png"
# Telephones show so many cells of code without breaking lines.
_WIDTH: Final = 44
_ALT_CHARS: Final = 1_024
"""Of a picture's description (docs.discord.com/developers/resources/message#attachment-object, 2026-12)."""


def as_bars(chart: Chart | None) -> str:
    """The chart as lines of text; empty for none."""
    if chart is None:
        return ""
    from bot.charts.bars import bars  # few replies have one

    return bars(chart, amounts_of(chart), width=_WIDTH)


async def drawn(chart: Chart | None) -> tuple[Picture, ...]:
    """The chart as a picture; nothing for none."""
    if chart is None:
        return ()
    from bot.charts.picture import picture  # loads what draws

    content = await asyncio.to_thread(picture, chart, amounts_of(chart))
    return (Picture(_FILE, content, (chart.alt or chart.title)[:_ALT_CHARS]),)
