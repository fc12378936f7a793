"""Slack's Web API: every call of the adapter goes through here, and waits where Slack tells it to wait."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from typing import Final, TypeAlias, cast

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from rag.ports import Clock

log = logging.getLogger(__name__)

Json: TypeAlias = Mapping[str, object]

_TIMEOUT_S: Final = 30.0
_TRIES: Final = 4
_FIRST_PAUSE_S: Final = 0.25
_MINUTE_S: Final = 60.0
# A question is given up long before.
_LONGEST_WAIT_S: Final = 600.0
# What Slack asks for where it does not say how long (docs.slack.dev/apis/web-api/rate-limits, 2026-11).
_DEFAULT_WAIT_S: Final = 30.0
# Slack counts in whole seconds; where it says 0, whoever asks at once would ask for ever.
_SHORTEST_WAIT_S: Final = 1.0
# These take no JSON, and change nothing (docs.slack.dev/apis/web-api, 2026-11).
_READS: Final = frozenset(
    {"conversations.info", "conversations.replies", "users.info", "usergroups.list", "files.getUploadURLExternal"}
)
# What these do stands there twice when it is done twice.
_NOT_TWICE: Final = frozenset(
    {"chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream", "files.completeUploadExternal"}
)
_INTERNAL: Final = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
# A method that answers so once will do so until somebody installs the app anew, or the workspace has it. What one
# channel does not allow (`no_permission`, `method_not_supported_for_channel_type`) another one may.
_LACKING: Final = frozenset(
    {
        "unknown_method",
        "missing_scope",
        "not_allowed_token_type",
        "feature_not_enabled",
        "team_access_not_granted",
        "not_an_agent",
    }
)
# So many calls a minute, for the whole workspace (docs.slack.dev/apis/web-api/rate-limits, 2026-11).
_PER_MINUTE: Final[Mapping[str, int]] = {
    "chat.update": 50,
    "chat.startStream": 20,
    "chat.appendStream": 100,
    "chat.stopStream": 20,
}
# What comes in between leaves room for what ends an answer.
_IN_BETWEEN: Final = 0.7


class SlackError(Exception):
    """Slack did not do what it was asked for.

    Attributes:
        code: As Slack calls it, such as `channel_not_found`; `unreachable` where there was no answer.
        needed: The scope that is missing, where one is.
        is_done: It may have been done all the same: the answer was lost, not the call.
    """

    def __init__(self, method: str, code: str, *, needed: str = "", is_done: bool = False) -> None:
        self.method = method
        self.code = code
        self.needed = needed
        self.is_done = is_done
        super().__init__(f"{method}: {code}{f' (needs {needed})' if needed else ''}")


class _Passing(SlackError):  # noqa: N818 - named for what happened
    """It is worth trying again after a moment."""


class _Limited(SlackError):  # noqa: N818 - named for what happened
    """It is worth trying again after the time that Slack says."""

    def __init__(self, method: str, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(method, "ratelimited")


class Web:
    """The methods of the Web API, for one workspace.

    Attributes:
        session: For what is no method: uploads, response URLs, sockets.
        proxy: For the same; `None` where none is configured in the environment.
    """

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self.session = session
        self.proxy = client.proxy
        self._lacking: dict[str, str] = {}
        self._closed_until_s: dict[str, float] = {}
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._called_at_s: defaultdict[str, deque[float]] = defaultdict(deque)

    @property
    def client(self) -> AsyncWebClient:
        """The vendor's own."""
        return self._client

    async def call(self, method: str, *, token: str | None = None, waits: bool = True, **arguments: object) -> Json:
        """Call a method, and wait as long as Slack wants; other methods go on meanwhile.

        Args:
            token: In place of the bot's.
            waits: Rather than be told at once that Slack limits it.
            arguments: Those that are `None` are not sent.

        Raises:
            SlackError: Slack refuses it, or does not answer.
        """
        return cast("Json", (await self._send(method, token, arguments, waits=waits)).data)

    async def identity(self) -> tuple[Json, tuple[str, ...] | None]:
        """What `auth.test` says, and the scopes that were granted; `None` where that is not told.

        Raises:
            SlackError: As for `call`.
        """
        response = await self._send("auth.test", None, {}, waits=True)
        told = next((value for name, value in response.headers.items() if name.lower() == "x-oauth-scopes"), None)
        scopes = None if told is None else tuple(scope.strip() for scope in str(told).split(",") if scope.strip())
        return cast("Json", response.data), scopes

    async def _send(
        self, method: str, token: str | None, arguments: Json, *, waits: bool, tries: int = _TRIES
    ) -> AsyncSlackResponse:
        given = {name: value for name, value in arguments.items() if value is not None}
        gate = method
        if method == "chat.postMessage":  # limited by channel, everything else by method
            gate = f"{method} {given.get('channel')}"
        until_s = self._clock.monotonic() + _LONGEST_WAIT_S
        while True:
            if not waits and not self._is_free(gate):
                raise _Limited(method, max(0.0, self._closed_until_s[gate] - self._clock.monotonic()))
            async with self._turn(gate):
                try:
                    return await self._try(method, token, given, tries=tries)
                except _Limited as limited:
                    log.info("waiting %.0f s: Slack limits %s", limited.wait_s, gate)
                    opens_s = self._clock.monotonic() + limited.wait_s
                    self._closed_until_s[gate] = max(self._closed_until_s.get(gate, 0.0), opens_s)
                    if opens_s > until_s or not waits:
                        raise

    async def attempt(self, method: str, **arguments: object) -> bool:
        """Call a method once whose effect is only an ornament, if Slack takes it now; returns whether it was done."""
        if self.lacks(method):
            return False
        try:
            await self._send(method, None, arguments, waits=False, tries=1)
        except SlackError as error:
            if error.code not in _LACKING:
                log.info("left out: %s", error)
            return False
        return True

    def lacks(self, method: str) -> bool:
        """Whether Slack has said that this workspace or app has no such method."""
        return method in self._lacking

    def why_lacks(self, method: str) -> str:
        """What Slack has said then; empty where it has not."""
        return self._lacking.get(method, "")

    def is_open(self, method: str) -> bool:
        """Whether Slack takes calls of this method now."""
        return self._closed_until_s.get(method, 0.0) <= self._clock.monotonic()

    def has_room(self, method: str, *, share: float = _IN_BETWEEN) -> bool:
        """Whether a call that could be left out leaves enough for those that cannot."""
        calls = self._called_at_s[method]
        while calls and calls[0] <= self._clock.monotonic() - _MINUTE_S:
            calls.popleft()
        return self.is_open(method) and len(calls) < share * _PER_MINUTE.get(method, 1_000_000)

    async def rest(self, seconds: float) -> None:
        """Leave Slack alone for a moment."""
        await self._clock.sleep(seconds)

    async def tell(self, url: str, body: Json) -> None:
        """Post to a response URL.

        Raises:
            SlackError: It was used up, is too old, or nobody answers.
        """
        try:
            async with self.session.post(url, json=body, proxy=self.proxy) as response:
                if response.status != HTTPStatus.OK:
                    raise SlackError("response_url", f"http_{response.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SlackError("response_url", "unreachable") from error

    async def upload(self, url: str, content: bytes) -> None:
        """Bring a file where `files.getUploadURLExternal` said.

        Raises:
            SlackError: It is not there.
        """
        try:
            async with self.session.post(url, data=content, proxy=self.proxy) as response:
                if response.status != HTTPStatus.OK:
                    raise SlackError("upload", f"http_{response.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SlackError("upload", "unreachable") from error

    @asynccontextmanager
    async def _turn(self, gate: str) -> AsyncIterator[None]:
        """Wait until Slack takes calls; where it did not lately, they go one after the other."""
        async with AsyncExitStack() as stack:
            if self._closed_until_s.get(gate, 0.0) > self._clock.monotonic() - _MINUTE_S:
                await stack.enter_async_context(self._queues[gate])
            while (wait_s := self._closed_until_s.get(gate, 0.0) - self._clock.monotonic()) > 0:
                await self._clock.sleep(wait_s)
            yield

    def _is_free(self, gate: str) -> bool:
        """Whether a call need not wait: neither for Slack, nor in a queue."""
        return self.is_open(gate) and not (gate in self._queues and self._queues[gate].locked())

    async def _try(self, method: str, token: str | None, given: Json, *, tries: int) -> AsyncSlackResponse:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(_Passing),
            stop=stop_after_attempt(tries),
            wait=wait_exponential(multiplier=_FIRST_PAUSE_S),
            sleep=self._clock.sleep,
            reraise=True,
        ):
            with attempt:
                return await self._once(method, token, given)
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, method: str, token: str | None, given: Json) -> AsyncSlackResponse:
        if method in _PER_MINUTE:
            self._called_at_s[method].append(self._clock.monotonic())
        headers = None if token is None else {"Authorization": f"Bearer {token}"}
        try:
            if method in _READS:
                return await self._client.api_call(method, http_verb="GET", params=dict(given), headers=headers)
            return await self._client.api_call(method, json=dict(given), headers=headers)
        except SlackApiError as error:
            raise self._refused(method, error) from None  # its text quotes all that Slack has said
        except aiohttp.ClientConnectorError as error:
            raise _Passing(method, "unreachable") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _lost(method, "unreachable") from error
        except (AttributeError, ValueError):  # the vendor's client reads every answer as a JSON object
            raise SlackError(method, "no_json") from None

    def _refused(self, method: str, error: SlackApiError) -> SlackError:
        response = error.response
        status = int(getattr(response, "status_code", getattr(response, "status", HTTPStatus.OK)))
        data = getattr(response, "data", None)
        told = data if isinstance(data, Mapping) else {}
        code = str(told.get("error") or f"http_{status}")
        if status == HTTPStatus.TOO_MANY_REQUESTS or code in {"ratelimited", "rate_limited"}:
            return _Limited(method, _retry_after_s(getattr(response, "headers", {})))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in _INTERNAL:
            return _lost(method, code)
        refusal = SlackError(method, code, needed=str(told.get("needed") or ""))
        if code in _LACKING and method not in self._lacking:
            self._lacking[method] = code
            log.warning("this workspace does without: %s", refusal)
        return refusal


def _lost(method: str, code: str) -> SlackError:
    """A call that may have been done: a second post would stand there twice; most others do no harm."""
    return (SlackError if method in _NOT_TWICE else _Passing)(method, code, is_done=True)


@asynccontextmanager
async def open_web(api_url: str, bot_token: str, clock: Clock) -> AsyncIterator[Web]:
    """The Web API at this address, with one pool of connections."""
    # With a session of ours the client's own timeout is not applied.
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=200)) as session:
        client = AsyncWebClient(token=bot_token, base_url=api_url, session=session, retry_handlers=[])
        yield Web(client, session, clock)


def _retry_after_s(headers: Mapping[str, str]) -> float:
    try:
        told_s = float(next(value for name, value in headers.items() if name.lower() == "retry-after"))
        return max(_SHORTEST_WAIT_S, told_s)  # in this order, which is also right for what is not a number
    except (StopIteration, ValueError):
        return _DEFAULT_WAIT_S
