"""How often Discord is called: it counts what is sent and changed in a channel together, and all of a bot's calls.

About five calls in five seconds are taken for each channel, whichever of its messages they are about; what is more
waits in line (measured by others and told in threads of Discord's, 2026-11: the documentation gives no figures). So an
answer that is being written only takes what leaves room for the ends of all others, and all of them take turns.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from cachetools import TTLCache

from rag.ports import Clock

_CALLS: Final = 5
_WINDOW_S: Final = 5.0
# More than one would be kept free for many ends at once; but then nobody would see anything before its end.
_MOST_KEPT_FREE: Final = 2
# Of all calls in a second Discord takes 50 (docs.discord.com/developers/topics/rate-limits, 2026-12). Its seconds begin
# elsewhere than ours.
_A_SECOND: Final = 45
_LIMITED_S: Final = 600.0
_MOST_CHANNELS: Final = 10_000
_FORGOTTEN_S: Final = 600.0


@dataclass(slots=True)
class _Channel:
    """What goes on in one channel.

    Attributes:
        begun: When its last calls were begun.
        under_way: Calls that have not come back: they may be waiting in line.
        waiting: The answers that would show more, and when each did so last.
    """

    begun: deque[float] = field(default_factory=lambda: deque(maxlen=_CALLS))
    under_way: int = 0
    waiting: WeakKeyDictionary[object, float] = field(default_factory=WeakKeyDictionary)


class Turns:
    """When a call may be begun, so that Discord refuses none: whoever is refused too often is shut out.

    The library waits only once it was refused (discord.py 2.7). A server that is not Discord's may have no such limit:
    there it holds from the first refusal on, for a while.

    Args:
        share: Of all calls of the bot, those of this process.
    """

    def __init__(self, clock: Clock, *, is_limited: bool, share: float = 1.0) -> None:
        self._clock = clock
        self._limited_until_s = math.inf if is_limited else -math.inf
        self._begun = deque[float](maxlen=max(1, int(_A_SECOND * share)))
        self._line = asyncio.Lock()
        self._waiting = self._under_way = 0
        self._not_before_s = -math.inf

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits."""
        return self._waiting > 0

    def refused(self) -> None:
        """Discord has refused a call for the sake of all of them; those under way are tried again by the library."""
        now_s = self._clock.monotonic()
        self._limited_until_s = max(self._limited_until_s, now_s + _LIMITED_S)
        self._not_before_s = now_s + 1.0 + self._under_way / _A_SECOND

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Begin when it is this call's turn, in the order in which they came."""
        self._waiting += 1
        try:
            async with self._line:
                if (wait_s := self._wait_s()) > 0:
                    await self._clock.sleep(wait_s)
                self._begun.append(self._clock.monotonic())
        finally:
            self._waiting -= 1
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def _wait_s(self) -> float:
        now_s = self._clock.monotonic()
        if now_s >= self._limited_until_s:
            return 0.0
        full_s = self._begun[0] + 1.0 if len(self._begun) == self._begun.maxlen else -math.inf
        return max(full_s, self._not_before_s) - now_s


class Pace:
    """What may be sent and changed now, in all channels."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._channels = TTLCache[str, _Channel](_MOST_CHANNELS, _FORGOTTEN_S, timer=clock.monotonic)

    @contextmanager
    def call(self, channel: str) -> Iterator[None]:
        """Count a call, from its beginning to its end."""
        one = self._channel(channel)
        one.begun.append(self._clock.monotonic())
        one.under_way += 1
        try:
            yield
        finally:
            one.under_way -= 1

    def may_show(self, channel: str, writer: object) -> bool:
        """Whether it is this answer's turn to show what it has so far; whoever asks is waiting from then on."""
        one = self._channel(channel)
        one.waiting.setdefault(writer, 0.0)
        # Whoever has shown nothing yet comes first, then whoever has waited longest.
        first = min(one.waiting, key=lambda other: one.waiting[other])
        free = min(len(one.waiting), _MOST_KEPT_FREE)
        return first is writer and self._room(one) > free

    def shown(self, channel: str, writer: object) -> None:
        """It has shown something, and goes to the end of the line."""
        self._channel(channel).waiting[writer] = self._clock.monotonic()

    def over(self, channel: str, writer: object) -> None:
        """It will show nothing before its end."""
        self._channel(channel).waiting.pop(writer, None)

    def _room(self, one: _Channel) -> int:
        since = self._clock.monotonic() - _WINDOW_S
        recent = sum(begun > since for begun in one.begun)
        return _CALLS - max(recent, one.under_way)

    def _channel(self, channel: str) -> _Channel:
        known = self._channels.get(channel)
        if known is None:
            known = self._channels[channel] = _Channel()
        return known
