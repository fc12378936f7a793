"""Discord's own limits on requests.

Headers and answers: docs.discord.com/developers/topics/rate-limits (2026-12). The figures are not documented but for
the 50 a second; they are those that libraries' users report, and a test may set others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from tests.fakes.discord.errors import Refused
from tests.fakes.discord.faults import too_many

Limit = tuple[int, float]


class TooMany(Exception):  # noqa: N818 - it is what Discord calls it
    """A 429, with its headers."""

    def __init__(self, retry_after_s: float, scope: str, headers: dict[str, str]) -> None:
        super().__init__(scope)
        self.body, said = too_many(retry_after_s, scope=scope)
        self.headers = headers | said


@dataclass
class _Window:
    ends_at_s: float
    used: int = 0


class Buckets:
    """Fixed windows, each opened by its first request.

    Attributes:
        on: Nothing is limited while it is not.
        messages: Posts and edits of messages together, in each channel.
        webhooks: Follow-ups and edits of answers together, for each interaction.
        all: All requests together but those about interactions.
        old_edits: Edits of messages older than an hour, in each channel; these are refused in any case.
    """

    def __init__(self, now: Callable[[], float], *, on: bool) -> None:
        self.on = on
        self.messages: Limit = (5, 5.0)
        self.deletes: Limit = (5, 1.0)
        self.typing: Limit = (5, 5.0)
        self.webhooks: Limit = (5, 2.0)
        self.all: Limit = (50, 1.0)
        self.old_edits: Limit = (3, 3600.0)
        self._now = now
        self._windows: dict[tuple[str, str], _Window] = {}

    def take_global(self) -> None:
        """Count one of all.

        Raises:
            TooMany: There were as many as there may be.
        """
        if self.on and (wait_s := self._take("all", "", self.all)):
            raise TooMany(wait_s, "global", {})

    def take(self, name: str, key: str) -> dict[str, str]:
        """Count one in a bucket; the headers that tell of it.

        Raises:
            TooMany: The bucket is empty.
        """
        if not self.on or not name:
            return {}
        limit: Limit = getattr(self, name)
        wait_s = self._take(name, key, limit)
        headers = self._headers(name, key, limit)
        if wait_s:
            raise TooMany(wait_s, "user", headers)
        return headers

    def take_old_edit(self, channel: str) -> None:
        """Count an edit of a message older than an hour.

        Raises:
            Refused: There were too many.
        """
        if wait_s := self._take("old_edits", channel, self.old_edits):
            body, _ = too_many(wait_s)
            raise Refused(30046, retry_after=body["retry_after"], **{"global": False})

    def emptied(self, name: str, retry_after_s: float) -> dict[str, str]:
        """Headers as though a bucket were empty for so long."""
        if not name:
            return {}
        limit: Limit = getattr(self, name)
        self._windows[name, ""] = _Window(self._now() + retry_after_s, limit[0])
        return self._headers(name, "", limit)

    def _take(self, name: str, key: str, limit: Limit) -> float:
        """Seconds to wait; 0 counts it."""
        most, seconds = limit
        now, window = self._now(), self._windows.get((name, key))
        if window is None or now >= window.ends_at_s:
            window = self._windows[name, key] = _Window(now + seconds)
        if window.used >= most:
            return max(0.001, window.ends_at_s - now)
        window.used += 1
        return 0.0

    def _headers(self, name: str, key: str, limit: Limit) -> dict[str, str]:
        window = self._windows[name, key]
        return {
            "X-RateLimit-Limit": str(limit[0]),
            "X-RateLimit-Remaining": str(max(0, limit[0] - window.used)),
            "X-RateLimit-Reset": f"{window.ends_at_s:.3f}",
            "X-RateLimit-Reset-After": f"{max(0.0, window.ends_at_s - self._now()):.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(name.encode()).hexdigest()[:32],
        }
