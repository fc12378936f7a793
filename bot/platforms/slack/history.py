"""What people said in a thread before they called the bot."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final

from bot.platforms.slack.markup import read
from bot.platforms.slack.posts import Posts, Spot
from bot.platforms.slack.web import SlackError
from rag.model import Turn

log = logging.getLogger(__name__)

# More than a model is ever told; and nobody waits longer for it.
_MOST_TURNS: Final = 12
_LONGEST_S: Final = 3.0


async def said_before(posts: Posts, spot: Spot, *, before: str) -> tuple[Turn, ...]:
    """The last messages of a thread before this one, oldest first; nothing where Slack does not tell.

    Slack begins with the oldest, so that all of the thread is read.
    """
    latest: deque[Turn] = deque(maxlen=_MOST_TURNS)
    try:
        async with asyncio.timeout(_LONGEST_S):
            async for message in posts.thread(spot):
                if str(message.get("ts")) >= before:
                    break
                text = read(str(message.get("text") or ""), bot_user=posts.bot_user, names={}).text
                if text:
                    latest.append(Turn("assistant" if message.get("user") == posts.bot_user else "user", text))
    except (SlackError, TimeoutError) as error:
        log.info("what was said before is not known: %s", error)
        return ()
    return tuple(latest)
