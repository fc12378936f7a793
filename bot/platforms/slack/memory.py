"""What Slack has told: asked for once, however many want to know it, and remembered for a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar
from weakref import WeakValueDictionary

from cachetools import TTLCache

from bot.platforms.slack.web import SlackError
from rag.ports import Clock

log = logging.getLogger(__name__)

NO_SLACK: Final = "unknown_method"
"""What an imitation of Slack says that has no such method."""

_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")

_MOST: Final = 20_000
# What Slack has not told is not asked for again at once: many may be waiting behind each other.
_GUESSED_S: Final = 10.0


class Memory(Generic[_K, _T]):
    """Things of one kind, by their keys.

    Args:
        ask: Raises `SlackError` where Slack does not tell.
        guess: What is assumed then, for a moment; made of the key and of what Slack says instead.
        kept_s: So long holds what Slack has told.
    """

    def __init__(
        self, ask: Callable[[_K], Awaitable[_T]], guess: Callable[[_K, str], _T], clock: Clock, *, kept_s: float
    ) -> None:
        self._ask = ask
        self._guess = guess
        self._told = TTLCache[_K, _T](_MOST, kept_s, timer=clock.monotonic)
        self._guessed = TTLCache[_K, _T](_MOST, _GUESSED_S, timer=clock.monotonic)
        # A lock is there for as long as somebody holds it or waits for it.
        self._turns = WeakValueDictionary[_K, asyncio.Lock]()
        self._forgotten = 0

    async def of(self, key: _K) -> _T:
        """What is known of it; whoever comes while it is asked for waits for the same answer."""
        known = self._known(key)
        if known is not None:
            return known
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            known = self._known(key)
            return known if known is not None else await self._asked(key)

    def forget(self, key: _K) -> None:
        """Ask again from now on."""
        self._forgotten += 1
        for known in (self._told, self._guessed):
            known.pop(key, None)

    def _known(self, key: _K) -> _T | None:
        told = self._told.get(key)
        return told if told is not None else self._guessed.get(key)

    async def _asked(self, key: _K) -> _T:
        forgotten = self._forgotten
        try:
            told = await self._ask(key)
        except SlackError as error:
            if error.code != NO_SLACK:  # that is told once, of the method
                log.warning("not known of %s: %s", key, error)
            told = self._guessed[key] = self._guess(key, error.code)
        else:
            if forgotten == self._forgotten:  # else it may have changed since it was asked for
                self._told[key] = told
        return told
