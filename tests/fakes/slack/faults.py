"""What goes wrong between the bot and the Web API, as a test orders it; and Slack's own limits on calls."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.slack.model import Json

# docs.slack.dev/apis/web-api/rate-limits and the methods' own pages (2026-11); what is not here is tier 3.
PER_MINUTE = {
    "apps.connections.open": 1,
    "auth.test": 600, "chat.getPermalink": 600, "assistant.threads.setStatus": 600,
    "chat.startStream": 20, "chat.stopStream": 20, "reactions.remove": 20,
    "usergroups.list": 20, "usergroups.users.list": 20,
    "chat.appendStream": 100, "chat.postEphemeral": 100, "users.info": 100,
    "views.open": 100, "views.publish": 100, "views.update": 100,
    "files.getUploadURLExternal": 100, "files.completeUploadExternal": 100,
}  # fmt: skip
TIER_3 = 50
POSTS_IN_A_BURST = 5


@dataclass
class Fault:
    """One thing that goes wrong with the next `times` calls of a method."""

    times: int
    error: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    extra: Json = field(default_factory=dict)
    delay_s: float = 0.0
    cut: bool = False
    cut_after: bool = False


class Faults:
    """Orders for calls to come; of one method they are used up in the order given."""

    def __init__(self) -> None:
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._delays: dict[str, deque[Fault]] = defaultdict(deque)

    def fail(self, method: str, error: str, times: int = 1, status: int = 200, **extra: object) -> None:
        """Answer an error in place of doing it; 500 and the like come without JSON."""
        self._faults[method].append(Fault(times, error=error, status=status, extra=dict(extra)))

    def limit(self, method: str, retry_after_s: int, times: int = 1) -> None:
        headers = {"Retry-After": str(retry_after_s)}
        self._faults[method].append(Fault(times, error="ratelimited", status=429, headers=headers))

    def delay(self, method: str, seconds: float, times: int = 1) -> None:
        """Answer late; other faults may come on top."""
        self._delays[method].append(Fault(times, delay_s=seconds))

    def cut(self, method: str, times: int = 1) -> None:
        """Close the connection without doing it."""
        self._faults[method].append(Fault(times, cut=True))

    def cut_after(self, method: str, times: int = 1) -> None:
        """Do it and close the connection: the answer is lost."""
        self._faults[method].append(Fault(times, cut_after=True))

    def heal(self) -> None:
        """Forget all orders that are left."""
        self._faults.clear()
        self._delays.clear()

    def next_fault(self, method: str) -> Fault | None:
        return _used(self._faults[method])

    def next_delay_s(self, method: str) -> float:
        fault = _used(self._delays[method])
        return fault.delay_s if fault else 0.0


class Tiers:
    """Sliding minutes per method; posts have a bucket per channel.

    Attributes:
        on: Nothing is limited while it is not.
        per_minute: By method; a test may set others.
    """

    def __init__(self, *, on: bool, now: Callable[[], float] = time.time) -> None:
        self.on = on
        self.per_minute = dict(PER_MINUTE)
        self._now = now
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._posts: dict[str, tuple[float, float]] = {}

    def wait_s(self, method: str, channel: str) -> int:
        """Seconds to wait before such a call; 0 counts it."""
        if not self.on:
            return 0
        now = self._now()
        return self._post(channel, now) if method == "chat.postMessage" else self._call(method, now)

    def _call(self, method: str, now: float) -> int:
        calls = self._calls[method]
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= self.per_minute.get(method, TIER_3):
            return max(1, math.ceil(calls[0] + 60 - now))
        calls.append(now)
        return 0

    def _post(self, channel: str, now: float) -> int:
        left, at = self._posts.get(channel, (float(POSTS_IN_A_BURST), now))
        left = min(POSTS_IN_A_BURST, left + now - at)
        if left < 1:
            return 1
        self._posts[channel] = (left - 1, now)
        return 0


def _used(faults: deque[Fault]) -> Fault | None:
    if not faults:
        return None
    fault = faults[0]
    fault.times -= 1
    if fault.times <= 0:
        faults.popleft()
    return fault
