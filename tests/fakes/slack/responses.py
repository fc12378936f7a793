"""Response URLs: each serves five times within half an hour."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from tests.fakes.slack.model import Clock, Message, Refused

LIFE_S = 30 * 60.0
USES = 5


@dataclass
class ResponseUrl:
    channel: str
    user: str
    original: Message | None
    at: float
    uses: int = 0


class ResponseUrls:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._urls: dict[str, ResponseUrl] = {}

    def issue(self, channel: str, user: str, original: Message | None) -> str:
        """The path of a new one; `original` is the message that a button stands in."""
        path = f"/actions/{secrets.token_urlsafe(16)}"
        self._urls[path] = ResponseUrl(channel, user, original, self._clock.now())
        return path

    def use(self, path: str) -> ResponseUrl:
        """Count one use.

        Raises:
            Refused: There is no such URL, or it is too old or used up.
        """
        url = self._urls.get(path)
        if url is None:
            raise Refused("no_service", status=404)
        if self._clock.now() - url.at > LIFE_S:
            raise Refused("expired_url", status=404)
        if url.uses >= USES:
            raise Refused("used_url", status=404)
        url.uses += 1
        return url
