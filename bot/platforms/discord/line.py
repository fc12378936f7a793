"""The way to Discord: what fails for a moment is tried again, and no more is asked at once than it takes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import discord
from cachetools import TTLCache
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from bot.platforms.discord.cards import Payload
from bot.platforms.discord.errors import DiscordError, done
from bot.platforms.discord.pace import Pace, Turns
from rag.ports import Clock

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_TRIES: Final = 4
_PAUSE_S: Final = 0.5
_MOST_PLAIN: Final = 10_000
_PLAIN_S: Final = 600.0


class Line:
    """The way to Discord: what fails for a moment is tried again, and what was begun comes to its end.

    What matters is never cancelled: whatever Discord has done by then, nobody would know of it.
    """

    def __init__(self, client: discord.Client, clock: Clock, turns: Turns) -> None:
        self.client = client
        self.turns = turns
        self.clock = clock
        self.pace = Pace(clock)
        self._plain = TTLCache[str, None](_MOST_PLAIN, _PLAIN_S, timer=clock.monotonic)
        self._calls: set[asyncio.Task[Any]] = set()
        self._signs: set[asyncio.Task[Any]] = set()

    def is_plain(self, channel: str) -> bool:
        """Whether embeds are not shown in a channel: the bot lacks the permission, or they were lost before."""
        place = self.client.get_channel(int(channel)) if channel else None
        if isinstance(place, discord.abc.GuildChannel | discord.Thread) and place.guild.me is not None:
            return channel in self._plain or not place.permissions_for(place.guild.me).embed_links
        return channel in self._plain

    def note_plain(self, channel: str) -> None:
        """Embeds were refused in a channel, or got lost."""
        self._plain[channel] = None

    def compare(self, channel: str, payload: Payload, message: discord.Message) -> None:
        """Look whether what was sent stands there: a server may leave out what it does not show."""
        if payload.embeds and not message.embeds:
            self.note_plain(channel)

    async def do(self, work: Callable[[], Awaitable[_T]], *, tries: int = _TRIES, waits: bool = True) -> _T:
        """Do it, and again where that helps.

        Args:
            waits: It counts among the bot's calls; what answers an interaction does not.

        Raises:
            DiscordError: It was not done, as far as anybody knows.
        """
        trying = AsyncRetrying(
            retry=retry_if_exception(_may_be_tried_again),
            wait=_pause,
            stop=stop_after_attempt(tries),
            sleep=self.clock.sleep,
            reraise=True,
        )
        return await trying(self._whole, work, waits=waits)

    def begin(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do something that nobody waits for: once, and only if it takes nobody's turn."""
        if self.turns.is_busy:
            return
        call = asyncio.create_task(_whole(work))
        self._signs.add(call)
        call.add_done_callback(self._forget)

    def refused(self) -> None:
        """Discord has refused a call for the sake of all of them: what nobody waits for makes room."""
        self.turns.refused()
        # The one that was refused tells all others when they may go on.
        for sign in self._signs - {asyncio.current_task()}:
            sign.cancel()

    async def _whole(self, work: Callable[[], Awaitable[_T]], *, waits: bool) -> _T:
        if waits:
            async with self.turns.turn():
                return await self._whole(work, waits=False)
        call = asyncio.create_task(_whole(work))
        self._calls.add(call)
        call.add_done_callback(self._forget)
        return await asyncio.shield(call)

    def _forget(self, call: asyncio.Task[Any]) -> None:
        self._calls.discard(call)
        self._signs.discard(call)
        if not call.cancelled():
            call.exception()  # whoever was waiting for it may have gone


async def _whole(work: Callable[[], Awaitable[_T]]) -> _T:
    return await done(work)


def _may_be_tried_again(error: BaseException) -> bool:
    return isinstance(error, DiscordError) and error.is_passing and not error.waits_long


def _pause(state: RetryCallState) -> float:
    """As long as Discord asks for, or twice as long each time."""
    error = state.outcome.exception() if state.outcome else None
    log.info("again: %s", error)
    asked = error.retry_after_s if isinstance(error, DiscordError) else None
    return _PAUSE_S * 2.0 ** (state.attempt_number - 1) if asked is None else asked
