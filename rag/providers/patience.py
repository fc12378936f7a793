"""How long one answer is waited for."""

from __future__ import annotations

import asyncio
from types import TracebackType

from rag.providers.options import Timeouts

# For the bill, which some servers send behind the last word and others never.
_AFTER_THE_END_S = 2.0


class Patience:
    """The limits of one answer, from the moment it is asked for; each wait for more of it stands in `with patience:`.

    What counts is the answer coming on, not bytes: a server that keeps a connection alive with pings and comments runs
    out of time like a silent one. What the reader does between two pieces takes none of the time between them.

    All waits share one alarm, which is set anew only where it would ring too late: an `asyncio.timeout` for each of the
    many pieces of an answer takes longer than to read them.
    """

    def __init__(self, timeouts: Timeouts, *, streaming: bool) -> None:
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._between_s = timeouts.between_tokens_s
        self._end = now + timeouts.total_s
        self._due = min(self._end, now + timeouts.first_token_s) if streaming else self._end
        self._granted_s: float | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._cancellations = 0
        self._ran_out = False

    def __enter__(self) -> None:
        """Begin to wait, for as long as there is left.

        Raises:
            TimeoutError: Patience ran out, on leaving the block.
        """
        if self._granted_s is not None:
            self._due = min(self._end, self._loop.time() + self._granted_s)
            self._granted_s = None
        self._waiting = asyncio.current_task()
        assert self._waiting is not None
        self._cancellations = self._waiting.cancelling()
        if self._alarm is None or self._alarm.when() > self._due:
            self._set_alarm()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        task, self._waiting = self._waiting, None
        if self._ran_out and task is not None:
            self._ran_out = False
            # As `asyncio.timeout` does: what others have cancelled meanwhile stays cancelled.
            if task.uncancel() <= self._cancellations and kind is asyncio.CancelledError:
                raise TimeoutError from error

    def progressed(self) -> None:
        """The answer came on: when it is waited for again, it has the time between tokens."""
        self._granted_s = self._between_s

    def all_said(self) -> None:
        """All text is there; the reader need not wait long for what may come behind it."""
        self._granted_s = min(self._between_s, _AFTER_THE_END_S)

    def close(self) -> None:
        """Nothing is waited for any more."""
        if self._alarm is not None:
            self._alarm.cancel()

    def _set_alarm(self) -> None:
        self.close()
        self._alarm = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._waiting is None:
            return
        if self._loop.time() < self._due:
            self._set_alarm()
        else:
            self._ran_out = True
            self._waiting.cancel()
