"""Charts as files."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.charts import Chart
from bot.cli.parser import WrongUse
from bot.reports import amounts_of


async def draw(chart: Chart | None, file: Path) -> None:
    """Draw a chart into a file; where nothing was spent, say that there is none.

    Raises:
        WrongUse: The file cannot be written.
    """
    from bot.charts.picture import picture  # loads what draws

    if chart is None:
        print("nothing was spent in that time, so nothing is drawn", file=sys.stderr)
        return
    drawn = await asyncio.to_thread(picture, chart, amounts_of(chart))
    try:
        await asyncio.to_thread(file.write_bytes, drawn)
    except OSError as error:
        raise WrongUse(f"{file} cannot be written: {error.strerror}") from error
