"""The Events API over HTTP: requests that Slack signs, and some that only pretend to be Slack's."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from tests.fakes.slack.model import Ack, Json

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """What the bot answered; status 0 stands for none at all, with the reason as its body."""

    status: int
    body: str
    headers: Mapping[str, str]

    @property
    def payload(self) -> Json | None:
        """What came with it: JSON, or text that stands for a message."""
        try:
            told = json.loads(self.body)
        except ValueError:
            return {"text": self.body} if self.body else None
        return told if isinstance(told, dict) else None


class HttpLine:
    """Delivers to one URL of the bot.

    Attributes:
        ack_within_s: How long Slack waits for an answer.
        retry_after_s: How long before each time that an event is sent again.
        answers: All that the bot answered.
    """

    def __init__(self, url: str, secret: str, token: str, acks: list[Ack]) -> None:
        self.url = url
        self.ack_within_s = 3.0
        self.retry_after_s: Sequence[float] = (0, 60, 300)
        self.answers: list[Answer] = []
        self.lost: list[Json] = []
        self._secret = secret
        self._token = token
        self._acks = acks
        self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        await self._session.close()

    async def send_event(self, payload: Json) -> bool:
        """Deliver until it is answered with 2xx; `False` where it never was."""
        reason = ""
        for attempt, wait_s in enumerate((0.0, *self.retry_after_s)):
            await asyncio.sleep(wait_s)
            told = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}
            started = time.monotonic()
            answer = await self.send(json.dumps(payload), "application/json", told)
            if 200 <= answer.status < 300:
                self._acks.append(Ack(payload["event_id"], "events_api", time.monotonic() - started))
                return True
            if answer.headers.get("x-slack-no-retry") == "1":
                break
            reason = answer.body if answer.status == 0 else "http_error"
        self.lost.append(payload)
        return False

    async def ask(self, kind: str, payload: Json) -> Answer | None:
        """A slash command or an interaction; `None` where nothing good was answered in time."""
        fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        started = time.monotonic()
        answer = await self.send(urlencode(fields), FORM)
        if not 200 <= answer.status < 300:
            return None
        self._acks.append(Ack(payload["trigger_id"], kind, time.monotonic() - started, answer.payload))
        return answer

    async def url_verification(self, challenge: str = "3eZbrw1a") -> Answer:
        """What Slack asks when a URL is entered: it wants the challenge back."""
        return await self.send(json.dumps({"token": self._token, "challenge": challenge, "type": "url_verification"}))

    async def ssl_check(self) -> Answer:
        """Slack looks at the certificate of a command's URL now and then."""
        return await self.send(urlencode({"token": self._token, "ssl_check": "1"}), FORM)

    async def unsigned(self, payload: Json) -> Answer:
        return await self._post(json.dumps(payload), {"Content-Type": "application/json"})

    async def wrongly_signed(self, payload: Json) -> Answer:
        body = json.dumps(payload)
        return await self._post(body, self.signed(body, "application/json", secret="not the secret"))

    async def replayed(self, payload: Json, age_s: float = 600.0) -> Answer:
        """Somebody sends what Slack signed a while ago."""
        body = json.dumps(payload)
        return await self._post(body, self.signed(body, "application/json", at=time.time() - age_s))

    async def twice(self, payload: Json) -> tuple[Answer, Answer]:
        """The very same request, byte by byte, two times."""
        body = json.dumps(payload)
        headers = self.signed(body, "application/json")
        return await self._post(body, headers), await self._post(body, headers)

    async def send(
        self, body: str, content_type: str = "application/json", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Anything at all, rightly signed."""
        return await self._post(body, {**self.signed(body, content_type), **(headers or {})})

    def signed(self, body: str, content_type: str, *, at: float | None = None, secret: str = "") -> dict[str, str]:
        stamp = str(int(time.time() if at is None else at))
        key = (secret or self._secret).encode()
        signature = hmac.new(key, f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        return {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signature}",
        }

    async def _post(self, body: str, headers: Mapping[str, str]) -> Answer:
        timeout = aiohttp.ClientTimeout(total=self.ack_within_s)
        try:
            async with self._session.post(self.url, data=body.encode(), headers=headers, timeout=timeout) as got:
                told = {name.lower(): value for name, value in got.headers.items()}
                answer = Answer(got.status, await got.text(), told)
        except TimeoutError:
            answer = Answer(0, "http_timeout", {})
        except aiohttp.ClientError:
            answer = Answer(0, "connection_failed", {})
        self.answers.append(answer)
        return answer
