"""One way out to every provider: JSON over HTTP, with the only retries there are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from rag.errors import ProviderError, ProviderRefused, ProviderUnavailable
from rag.ports import Clock
from rag.providers.failures import failure, pause_s

_MAX_ATTEMPTS = 6
_CONNECT_TIMEOUT_S = 5.0
# A header this short (`1`, `gzip`) is no secret, and blotting it out would garble every message.
_MIN_SECRET_CHARS = 8

# Full jitter: a random part of a doubling bound, so that clients who failed together do not come back together.
_backoff = wait_random_exponential(multiplier=0.5, max=20)


class UnusableAnswer(ProviderUnavailable):
    """The provider reported success, and so wants its money, but what it sent is no use. Never retried."""


class ApiClient:
    """A provider's HTTP API.

    The connection is made on the first request. The environment's proxy settings are honoured.
    """

    def __init__(
        self, *, provider: str, base_url: str, headers: Mapping[str, str], timeout_s: float, clock: Clock
    ) -> None:
        self._provider = provider
        self._base_url = base_url
        self._headers = dict(headers)
        self._timeout_s = timeout_s
        self._clock = clock
        self._http: httpx.AsyncClient | None = None
        self._paused_until = 0.0

    async def post(self, path: str, payload: object, *, deadline_s: float) -> dict[str, object]:
        """Send JSON and return the JSON object that comes back.

        Failures that time mends are tried again until the next try would begin after `deadline_s`; a wait that the
        provider names is kept. A rate limit that is used up holds the next request back for as long.

        Raises:
            ProviderRefused: It said no; trying again is of no use.
            ProviderUnavailable: It did not answer in time, or said when to come back.
            UnusableAnswer: It answered, and was paid, but not with a JSON object.
        """
        deadline = self._clock.monotonic() + deadline_s
        attempts = AsyncRetrying(
            sleep=self._clock.sleep,
            retry=retry_if_exception_type(ProviderUnavailable),
            wait=_wait_s,
            stop=self._too_late(deadline),
            reraise=True,
        )
        response: httpx.Response = await attempts(self._attempt, path, payload, deadline)
        return self._read(response)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def _too_late(self, deadline: float) -> Callable[[RetryCallState], bool]:
        def stop(state: RetryCallState) -> bool:
            return state.attempt_number >= _MAX_ATTEMPTS or self._clock.monotonic() + state.upcoming_sleep >= deadline

        return stop

    async def _attempt(self, path: str, payload: object, deadline: float) -> httpx.Response:
        await self._pause(deadline)
        try:
            http = self._connected()
            # httpx bounds each read; a server that drips a byte at a time is bounded by the whole attempt alone.
            async with asyncio.timeout(min(self._timeout_s, max(0.0, deadline - self._clock.monotonic()))):
                response = await http.post(path, json=payload)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ProviderRefused(
                f"the address of {self._provider} is no http:// or https:// URL", provider=self._provider
            ) from error
        except (TimeoutError, httpx.HTTPError) as error:
            raise ProviderUnavailable(
                f"{self._provider} did not answer ({type(error).__name__})", provider=self._provider
            ) from error
        self._paused_until = max(self._paused_until, self._clock.monotonic() + pause_s(response.headers))
        if not response.is_success:
            raise self._failure(response, response.status_code)
        return response

    async def _pause(self, deadline: float) -> None:
        wait_s = self._paused_until - self._clock.monotonic()
        if wait_s <= 0:
            return
        if self._paused_until >= deadline:
            raise ProviderUnavailable(
                f"{self._provider}'s rate limit is used up for another {wait_s:.1f} s",
                provider=self._provider,
                retry_after_s=wait_s,
            )
        await self._clock.sleep(wait_s)

    def _read(self, response: httpx.Response) -> dict[str, object]:
        body = _json(response)
        if not isinstance(body, dict):
            raise UnusableAnswer(
                f"{self._provider} answered with something else than a JSON object",
                provider=self._provider,
                status=response.status_code,
            )
        # Some servers that follow OpenAI report the failure of the model behind them inside HTTP 200.
        error = body.get("error")
        if isinstance(error, dict):
            code = error.get("code")
            raise self._failure(response, code if isinstance(code, int) else httpx.codes.BAD_GATEWAY)
        return body

    def _failure(self, response: httpx.Response, status: int) -> ProviderError:
        secrets = [word for value in self._headers.values() for word in value.split() if len(word) >= _MIN_SECRET_CHARS]
        return failure(
            self._provider, status, response.headers, _json(response), now=self._clock.now(), secrets=secrets
        )

    def _connected(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = httpx.AsyncClient(
                base_url=self._base_url,
                headers=self._headers,
                timeout=httpx.Timeout(self._timeout_s, connect=min(_CONNECT_TIMEOUT_S, self._timeout_s)),
            )
        return self._http


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    named = error.retry_after_s if isinstance(error, ProviderUnavailable) else None
    return _backoff(state) if named is None else named


def _json(response: httpx.Response) -> object:
    """The body as JSON, `None` where it is none: gateways answer in HTML."""
    try:
        return response.json()
    except ValueError:
        return None
