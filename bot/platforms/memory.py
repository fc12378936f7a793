"""What a platform has told: asked for once, however many want to know it, and remembered for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar
from weakref import WeakValueDictionary

from cachetools import TTLCache

from rag.ports import Clock

_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")
_E = TypeVar("_E", bound=Exception)

_MOST: Final = 20_000
# What was not told is not asked for again at once: many may be waiting behind each other.
_GUESSED_S: Final = 10.0


class Memory(Generic[_K, _T, _E]):
    """Things of one kind, by their keys.

    Args:
        ask: Raises a refusal where the platform does not tell.
        guess: What is assumed then, for a moment; made of the key and of the refusal.
        kept_s: So long holds what was told.
        refusal: What `ask` raises.
    """

    def __init__(
        self,
        ask: Callable[[_K], Awaitable[_T]],
        guess: Callable[[_K, _E], _T],
        clock: Clock,
        *,
        kept_s: float,
        refusal: type[_E],
    ) -> None:
        self._ask = ask
        self._guess = guess
        self._refusal = refusal
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
        except self._refusal as error:
            told = self._guessed[key] = self._guess(key, error)
        else:
            if forgotten == self._forgotten:  # else it may have changed since it was asked for
                self._told[key] = told
        return told
