"""Charts as pictures in Slack, with a text for those who do not see them."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from bot.charts.chart import Chart
from bot.platforms.slack.posts import Spot
from bot.platforms.slack.web import SlackError, Web
from bot.reports import amounts_of

log = logging.getLogger(__name__)

_FILE: Final = "spending.png"
# Slack's windows show so many cells of code without breaking lines, on telephones too where they lie on their side.
_WIDTH: Final = 64


def as_bars(chart: Chart) -> str:
    """The chart as lines of text."""
    from bot.charts.bars import bars  # few replies have one

    return bars(chart, amounts_of(chart), width=_WIDTH)


async def show(web: Web, spot: Spot, chart: Chart) -> bool:
    """Draw it, and bring it to Slack; false where Slack does not take it.

    Source: docs.slack.dev/messaging/working-with-files, checked 2026-11: an address is asked for, the file is brought
    there, and then it is told where it belongs.
    """
    from bot.charts.picture import picture  # loads what draws

    drawn = await asyncio.to_thread(picture, chart, amounts_of(chart))
    try:
        place = await web.call(
            "files.getUploadURLExternal", filename=_FILE, length=len(drawn), alt_txt=chart.alt or chart.title
        )
        await web.upload(str(place["upload_url"]), drawn)
        await web.call(
            "files.completeUploadExternal",
            files=[{"id": place["file_id"], "title": chart.title}],
            channel_id=spot.channel,
            thread_ts=spot.thread or None,
        )
    except SlackError as error:
        log.info("the chart is shown as text: %s", error)
        return False
    return True
