"""How long one answer is waited for."""

from __future__ import annotations

import asyncio

from rag.providers.options import Timeouts

# For the bill, which some servers send behind the last word and others never.
_AFTER_THE_END_S = 2.0


class Patience:
    """The limits of one answer, from the moment it is asked for.

    What counts is the answer coming on, not bytes: a server that keeps a connection alive with pings and comments runs
    out of time like a silent one. What the reader does between two pieces takes none of the time between them.
    """

    def __init__(self, timeouts: Timeouts, *, streaming: bool) -> None:
        self._time = asyncio.get_running_loop().time
        self._between_s = timeouts.between_tokens_s
        self._end = self._time() + timeouts.total_s
        self._next = min(self._end, self._time() + timeouts.first_token_s) if streaming else self._end
        self._granted_s: float | None = None

    def limit(self) -> asyncio.Timeout:
        """A block to wait in.

        Raises:
            TimeoutError: Patience ran out, on leaving it.
        """
        if self._granted_s is not None:
            self._next = min(self._end, self._time() + self._granted_s)
            self._granted_s = None
        return asyncio.timeout_at(self._next)

    def progressed(self) -> None:
        """The answer came on: when it is waited for again, it has the time between tokens."""
        self._granted_s = self._between_s

    def all_said(self) -> None:
        """All text is there; the reader need not wait long for what may come behind it."""
        self._granted_s = min(self._between_s, _AFTER_THE_END_S)
