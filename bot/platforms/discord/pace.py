"""How often messages are changed in a channel: Discord counts all that is sent and changed there together (no I/O).

About five calls in five seconds are taken for each channel, whichever of its messages they are about; what is more
waits in line (measured by others and told in threads of Discord's, 2026-11: the documentation gives no figures). So an
answer that is being written only takes what leaves room for the ends of all others, and all of them take turns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from cachetools import TTLCache

from rag.ports import Clock

_CALLS: Final = 5
_WINDOW_S: Final = 5.0
# More than one would be kept free for many ends at once; but then nobody would see anything before its end.
_MOST_KEPT_FREE: Final = 2
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
