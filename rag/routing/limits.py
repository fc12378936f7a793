"""What a provider allows a minute, kept on our side: a request that it would turn away is not sent. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_WINDOW_S = 60.0


class Taken:
    """What one request took of a minute; `tokens` is an estimate until it is `settled`."""

    __slots__ = ("at_s", "tokens")

    def __init__(self, at_s: float, tokens: int) -> None:
        self.at_s = at_s
        self.tokens = tokens


class MinuteLimit:
    """Requests and tokens in any 60 seconds; `None` is no limit."""

    def __init__(
        self, monotonic: Callable[[], float], *, requests: int | None = None, tokens: int | None = None
    ) -> None:
        self._monotonic = monotonic
        self._most_requests = requests
        self._most_tokens = tokens
        self._taken: deque[Taken] = deque()
        self._tokens = 0

    def wait_s(self, tokens: int) -> float:
        """Seconds until a request of so many tokens has room; 0 where it has.

        One that is larger than a whole minute's tokens waits for an empty minute, not for ever.
        """
        if self._most_requests is None and self._most_tokens is None:
            return 0.0
        now = self._monotonic()
        self._forget(now)
        requests, used = len(self._taken), self._tokens
        for taken in self._taken:
            if self._has_room(requests, used, tokens):
                return 0.0 if requests == len(self._taken) else max(0.0, self._free_at(requests) - now)
            requests -= 1
            used -= taken.tokens
        return max(0.0, self._free_at(0) - now) if self._taken else 0.0

    def take(self, tokens: int) -> Taken:
        """Count a request that is sent now."""
        taken = Taken(self._monotonic(), tokens)
        if self._most_requests is not None or self._most_tokens is not None:
            self._taken.append(taken)
            self._tokens += tokens
        return taken

    def settle(self, taken: Taken, tokens: int) -> None:
        """Replace the estimate of a request by what it used."""
        if taken in self._taken:
            self._tokens += tokens - taken.tokens
            taken.tokens = tokens

    def _has_room(self, requests: int, used: int, tokens: int) -> bool:
        enough_requests = self._most_requests is None or requests < self._most_requests
        return enough_requests and (self._most_tokens is None or used + tokens <= self._most_tokens)

    def _free_at(self, requests: int) -> float:
        """When only the newest `requests` are left."""
        return self._taken[len(self._taken) - requests - 1].at_s + _WINDOW_S

    def _forget(self, now: float) -> None:
        while self._taken and self._taken[0].at_s + _WINDOW_S <= now:
            self._tokens -= self._taken.popleft().tokens
