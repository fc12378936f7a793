"""Things that are done again and again while the bot runs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from rag.errors import StateUnavailable
from rag.ports import Clock

log = logging.getLogger(__name__)


async def repeat(do: Callable[[], Awaitable[None]], clock: Clock, *, every_s: float) -> NoReturn:
    """Do something again and again, whatever goes wrong with it."""
    while True:
        try:
            await do()
        except StateUnavailable as error:
            log.warning("left for later: %s", error)
        except Exception:  # one thing that goes wrong does not end the bot
            log.exception("left for later")
        await clock.sleep(every_s)
