"""One way out to every provider: signed requests, keys in turn, failures told apart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, closing, suppress
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from rag.errors import ProviderDisabled, ProviderError, ProviderRefused, ProviderUnavailable
from rag.ports import Clock
from rag.providers.connections import Connections
from rag.providers.failures import Complaint, Told, failure
from rag.providers.incoming import Incoming
from rag.providers.keys import Key, KeyRing
from rag.providers.options import Timeouts
from rag.providers.patience import Patience
from rag.providers.request import Request
from rag.providers.waits import pause_s

_MAX_ATTEMPTS = 6
# An explanation is not worth a longer wait: the status has said the most of it.
_EXPLANATION_S = 5.0
# A header this short (`1`, `gzip`) is no secret, and blotting it out would garble every message.
_MIN_SECRET_CHARS = 8
# With these, no whole request has reached anybody who could work on it, and want money.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.WriteError, httpx.WriteTimeout)
# Compressing a stream would hold back its first words, and firewalls turn away those who do not say who they are.
_HEADERS = MappingProxyType(
    {
        "accept": "*/*",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "user-agent": "ragbot",
    }
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

# Full jitter: a random part of a doubling bound, so that clients who failed together do not come back together.
_backoff = wait_random_exponential(multiplier=0.5, max=20)


class ApiClient:
    """A provider's HTTP API, shared by all that is asked of it.

    Connections are made when they are needed. The environment's proxy settings are honoured.
    """

    def __init__(
        self,
        *,
        provider: str,
        base_url: str,
        clock: Clock,
        api_keys: Sequence[str] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
        timeouts: Timeouts | None = None,
    ) -> None:
        self.provider = provider
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._keys = KeyRing(provider, api_keys, clock)
        self._headers = _lowered(headers.items())
        told = " ".join((*api_keys, *headers.values()))
        self._secrets = [word for word in told.split() if len(word) >= _MIN_SECRET_CHARS]
        self._timeouts = timeouts or Timeouts()
        self._connections = Connections(provider, clock, encrypted=base_url.lower().startswith("https:"))
        self._urls: dict[str, httpx.URL] = {}  # reading one takes as long as sending it

    @asynccontextmanager
    async def open(self, request: Request, *, total_s: float | None = None) -> AsyncIterator[Incoming]:
        """Send a request, once for each key that is refused, and read its answer inside the block.

        Leaving the block before the answer has ended closes the connection. `total_s` stands in for the configured
        limit where it is shorter.

        Raises:
            ProviderError: What came is no success.
        """
        timeouts = self._timeouts
        if total_s is not None and total_s < timeouts.total_s:
            timeouts = replace(timeouts, total_s=max(0.0, total_s))
        async with self._connections.lent() as http:
            with closing(Patience(timeouts, streaming=request.streaming)) as patience:
                async with aclosing(await self._answered(http, request, patience)) as incoming:
                    yield incoming

    async def post(
        self, request: Request, *, deadline_s: float, on_lost: Callable[[], Awaitable[None]] | None = None
    ) -> dict[str, object]:
        """Send a request and return the JSON object that comes back, by as many attempts as that takes.

        Failures that time mends are tried again until the next try would begin after `deadline_s`; a wait that the
        provider names is kept. A rate limit that is used up holds the next request back for as long.

        Args:
            on_lost: Awaited after each attempt that may have been paid for though no answer came of it.

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
        answer: tuple[Incoming, bytes] = await attempts(self._fetched, request, deadline, on_lost)
        incoming, content = answer
        body = incoming.parsed(content)
        # Some servers that follow OpenAI report the failure of the model behind them inside HTTP 200.
        if isinstance(body.get("error"), dict):
            error = incoming.failure(Complaint.read(body))
            if error.billable and on_lost is not None:
                await on_lost()
            raise error
        return body

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    def _too_late(self, deadline: float) -> Callable[[RetryCallState], bool]:
        def stop(state: RetryCallState) -> bool:
            return state.attempt_number >= _MAX_ATTEMPTS or self._clock.monotonic() + state.upcoming_sleep >= deadline

        return stop

    async def _fetched(
        self, request: Request, deadline: float, on_lost: Callable[[], Awaitable[None]] | None
    ) -> tuple[Incoming, bytes]:
        left_s = deadline - self._clock.monotonic()
        try:
            async with self.open(request, total_s=left_s) as incoming:
                return incoming, await incoming.content()
        except (ProviderError, asyncio.CancelledError) as error:
            # Who is cancelled while it is on its way does not know what became of it.
            if on_lost is not None and not (isinstance(error, ProviderError) and not error.billable):
                await on_lost()
            raise

    async def _answered(self, http: httpx.AsyncClient, request: Request, patience: Patience) -> Incoming:
        """The answer to the first key that is not refused: a refusal costs nothing, so the next is tried at once."""
        content = _ENCODER.encode(request.payload).encode("utf-8", "replace")
        error: ProviderError | None = None
        tried: set[Key] = set()
        while key := self._keys.take(request.model, besides=tried):
            tried.add(key)
            try:
                return await self._asked(http, request, content, key, patience)
            except ProviderDisabled as refusal:
                self._keys.set_aside(key, refusal)
                error = refusal
            except ProviderUnavailable as refusal:
                if refusal.status != httpx.codes.TOO_MANY_REQUESTS:
                    raise
                self._keys.rest(key, request.model, refusal.retry_after_s or 0.0)
                error = refusal
        raise error if isinstance(error, ProviderUnavailable) else self._keys.none_left(request.model) from error

    async def _asked(
        self, http: httpx.AsyncClient, request: Request, content: bytes, key: Key, patience: Patience
    ) -> Incoming:
        response = await self._sent(http, request, content, key, patience)
        headers = _lowered(response.headers.multi_items())
        self._keys.rest(key, request.model, pause_s(headers, self._clock.now()))
        if not response.is_success:
            complaint = await _complaint(response)
            raise self._explain(request, Told(self.provider, response.status_code, complaint, headers, key=key.label))
        explain = partial(self._explain, request)
        return Incoming(self.provider, response, headers, patience, explain, streaming=request.streaming)

    async def _sent(
        self, http: httpx.AsyncClient, request: Request, content: bytes, key: Key, patience: Patience
    ) -> httpx.Response:
        provider = self.provider
        try:
            prepared = self._prepared(request, content, key)
            with patience:
                return await http.send(prepared, stream=True)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ProviderRefused(
                f"the address of {provider} is no http:// or https:// URL", provider=provider
            ) from error
        except (UnicodeEncodeError, httpx.LocalProtocolError):
            # Without its cause, which quotes the header.
            raise ProviderDisabled(
                f"{key.label or 'the key'} or a header of {provider} has characters that cannot be sent",
                provider=provider,
            ) from None
        except (TimeoutError, httpx.HTTPError) as error:
            raise ProviderUnavailable(
                f"{provider} did not answer ({type(error).__name__})",
                provider=provider,
                billable=not isinstance(error, _NEVER_SENT),
            ) from error

    def _prepared(self, request: Request, content: bytes, key: Key) -> httpx.Request:
        headers = {**_HEADERS, **_lowered(request.sign(key.secret).items()), **self._headers}
        url = self._urls.get(request.path)
        if url is None:
            url = self._urls[request.path] = self._url(request.path)
        # Patience bounds everything but the connecting.
        waits = {"connect": self._timeouts.connect_s, "read": None, "write": None, "pool": None}
        return httpx.Request("POST", url, headers=headers, content=content, extensions={"timeout": waits})

    def _url(self, path: str) -> httpx.URL:
        """Base URLs are passed around with and without the version that some paths begin with."""
        version, _, _ = path.removeprefix("/").partition("/")
        return httpx.URL(self._base_url.removesuffix(f"/{version}") + path)

    def _explain(self, request: Request, told: Told) -> ProviderError:
        return failure(told, now=self._clock.now(), secrets=self._secrets, diagnose=request.diagnose)


async def _complaint(response: httpx.Response) -> Complaint:
    """What the body says; gateways answer in HTML, and some never end."""
    try:
        with suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(_EXPLANATION_S):
                return Complaint.read(json.loads(await response.aread()))
    except (ValueError, RecursionError):
        pass
    finally:
        await response.aclose()
    return Complaint()


def _lowered(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers as a plain dictionary: httpx looks through all of them for each that it is asked for."""
    return {name.lower(): value for name, value in headers}


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    named = error.retry_after_s if isinstance(error, ProviderUnavailable) else None
    return _backoff(state) if named is None else named
