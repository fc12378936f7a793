"""What goes wrong between the bot and the API, as a test orders it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.fakes.discord.model import Json


@dataclass
class Fault:
    """One thing that goes wrong with the next `times` requests that match, after `skip` that do not suffer it.

    Attributes:
        after: What is asked is done, and then it goes wrong.
        status: 0 closes the connection without an answer.
    """

    method: str
    path: re.Pattern[str]
    times: int
    skip: int = 0
    after: bool = False
    status: int = 0
    body: Json | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0

    def strikes(self, method: str, path: str) -> bool:
        """Whether it is the turn of this one; that is counted."""
        if self.times <= 0 or self.method not in {method, "*"} or not self.path.fullmatch(path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Faults:
    """Orders for requests to come.

    In a path `*` stands for one step, and at the end for everything that follows.
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._delays: list[Fault] = []

    def fail(
        self,
        method: str,
        path: str,
        *,
        status: int = 500,
        code: int = 0,
        message: str = "",
        times: int = 1,
        skip: int = 0,
        after: bool = False,
    ) -> None:
        """Answer an error, in place of doing it or after it was done."""
        body: Json = {"message": message or f"{status}: Error", "code": code}
        self._order(method, path, times=times, skip=skip, after=after, status=status, body=body)

    def cut(self, method: str, path: str, *, times: int = 1, skip: int = 0, after: bool = False) -> None:
        """Close the connection without an answer, before it is done or after it."""
        self._order(method, path, times=times, skip=skip, after=after)

    def limit(
        self,
        method: str,
        path: str,
        *,
        retry_after_s: float = 0.3,
        times: int = 1,
        skip: int = 0,
        is_global: bool = False,
        scope: str = "user",
    ) -> None:
        """Answer that there are too many."""
        told = too_many(retry_after_s, scope="global" if is_global else scope)
        self._order(method, path, times=times, skip=skip, status=429, body=told[0], headers=told[1])

    def delay(self, method: str, path: str, seconds: float, *, times: int = 1_000_000) -> None:
        """Do it late; other faults may come on top."""
        self._delays.append(Fault(method, _pattern(path), times, delay_s=seconds))

    def heal(self) -> None:
        """Forget all orders that are left."""
        self._faults.clear()
        self._delays.clear()

    def next_fault(self, method: str, path: str) -> Fault | None:
        return next((fault for fault in self._faults if fault.strikes(method, path)), None)

    def delay_s(self, method: str, path: str) -> float:
        return sum(fault.delay_s for fault in self._delays if fault.strikes(method, path))

    def _order(
        self,
        method: str,
        path: str,
        *,
        times: int,
        skip: int,
        after: bool = False,
        status: int = 0,
        body: Json | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self._faults.append(Fault(method, _pattern(path), times, skip, after, status, body, headers or {}))


def too_many(retry_after_s: float, *, scope: str = "user") -> tuple[Json, dict[str, str]]:
    """The body and the headers of a 429."""
    wait_s = max(0.001, round(retry_after_s, 3))
    is_global = scope == "global"
    body = {"message": "You are being rate limited.", "retry_after": wait_s, "global": is_global}
    headers = {"Retry-After": str(max(1, round(wait_s + 0.499))), "X-RateLimit-Scope": scope, "Via": "1.1 google"}
    return body, headers | ({"X-RateLimit-Global": "true"} if is_global else {})


def matches(path: str, pattern: str) -> bool:
    return _pattern(pattern).fullmatch(path) is not None


def _pattern(path: str) -> re.Pattern[str]:
    steps, tail = (path[:-1], ".+") if path.endswith("*") else (path, "")
    return re.compile("[^/]+".join(re.escape(step) for step in steps.split("*")) + tail)
