"""Charts as files."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.charts import Chart
from bot.cli.parser import WrongUse
from bot.reports import amounts_of


async def draw(chart: Chart | None, file: Path) -> None:
    """Draw a chart into a file.

    Raises:
        WrongUse: There is nothing to draw, or the file cannot be written.
    """
    from bot.charts.picture import picture  # loads what draws

    if chart is None:
        raise WrongUse("nothing was spent in that time, so there is nothing to draw")
    drawn = await asyncio.to_thread(picture, chart, amounts_of(chart))
    try:
        await asyncio.to_thread(file.write_bytes, drawn)
    except OSError as error:
        raise WrongUse(f"{file} cannot be written: {error.strerror}") from error
