"""What people said in a thread before they called the bot."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final

from bot.platforms.memory import Memory
from bot.platforms.slack.markup import read
from bot.platforms.slack.posts import Posts, Spot
from bot.platforms.slack.web import SlackError
from rag.model import Turn
from rag.ports import Clock

log = logging.getLogger(__name__)

# More than a model is ever told; and nobody waits longer for it.
_MOST_TURNS: Final = 12
_LONGEST_S: Final = 3.0
# Slack tells of a mention twice, as such and as a message: the second time it is known.
_REMEMBERED_S: Final = 60.0


class Past:
    """What stands in threads above a message.

    Args:
        posts: Reads them.
    """

    def __init__(self, posts: Posts, clock: Clock) -> None:
        self._posts = posts
        self._read = Memory(self._said_before, lambda *_: (), clock, kept_s=_REMEMBERED_S, refusal=SlackError)

    async def before(self, spot: Spot, message: str) -> tuple[Turn, ...]:
        """The last messages of a thread before this one, oldest first; nothing where Slack does not tell."""
        return await self._read.of((spot.channel, spot.thread, message))

    async def _said_before(self, where: tuple[str, str, str]) -> tuple[Turn, ...]:
        """Read all of the thread: Slack begins with the oldest."""
        channel, thread, before = where
        latest: deque[Turn] = deque(maxlen=_MOST_TURNS)
        try:
            async with asyncio.timeout(_LONGEST_S):
                async for message in self._posts.thread(Spot(channel, thread)):
                    if str(message.get("ts")) >= before:
                        break
                    text = read(str(message.get("text") or ""), bot_user=self._posts.bot_user, names={}).text
                    if text and message.get("subtype") != "tombstone":
                        is_own = message.get("user") == self._posts.bot_user
                        latest.append(Turn("assistant" if is_own else "user", text))
        except (SlackError, TimeoutError) as error:
            log.info("what was said before is not known: %s", error)
            return ()
        return tuple(latest)
