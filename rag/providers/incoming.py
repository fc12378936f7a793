"""An answer that began as a success, while it comes in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import cast

import httpx

from rag.errors import ContentRefused, ProviderError, ProviderUnavailable, UnusableAnswer
from rag.providers.failures import Complaint, Told
from rag.providers.patience import Patience
from rag.providers.sse import EventParser, EventTooLarge

# OpenAI's own mark for it; some servers keep the connection open behind it.
_END = "[DONE]"
# The bytes that end the transfer come with the last event or right behind it; then the connection can be used again.
_LAST_BYTES_S = 0.05


class Incoming:
    """Reads one answer, whole or event by event, within its time.

    Attributes:
        patience: To be told how the answer gets on.
        is_whole: It comes as one JSON text: not only where it was to, but from servers that cannot stream as well.
    """

    def __init__(
        self,
        provider: str,
        response: httpx.Response,
        headers: Mapping[str, str],
        patience: Patience,
        explain: Callable[[Told], ProviderError],
        *,
        streaming: bool,
    ) -> None:
        self.patience = patience
        self.is_whole = not streaming or headers.get("content-type", "").startswith("application/json")
        self._provider = provider
        self._response = response
        self._status = response.status_code
        self._headers = headers
        self._explain = explain
        stream = cast("httpx.AsyncByteStream", response.stream)
        # Some compress though they were asked not to; else there is nothing that httpx would have to do.
        self._chunks = response.aiter_bytes() if "content-encoding" in headers else aiter(stream)
        self._parser = EventParser()
        self._all_read = False

    async def content(self) -> bytes:
        """All bytes.

        Raises:
            ProviderUnavailable: It broke off, or did not end in time.
        """
        chunks: list[bytes] = []
        while (chunk := await self._chunk()) is not None:
            chunks.append(chunk)
        return b"".join(chunks)

    async def texts(self) -> Sequence[bytes | str] | None:
        """The next JSON texts, as many as came together, which may be none; `None` after the last.

        Raises:
            ProviderUnavailable: It broke off, or did not go on in time.
            UnusableAnswer: It is no stream of events.
        """
        if self._all_read:
            return None
        if self.is_whole:
            self._all_read = True
            return [await self.content()]
        chunk = await self._chunk()
        if chunk is None:
            return None
        try:
            events = [data for data in self._parser.feed(chunk) if data]
        except EventTooLarge as error:
            raise self.unusable(str(error)) from error
        if _END in events:
            self._all_read = True
            return events[: events.index(_END)]
        return events

    def parsed(self, text: bytes | str) -> dict[str, object]:
        """Its JSON.

        Raises:
            UnusableAnswer: It is no JSON object.
        """
        try:
            body: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self.unusable("something else than JSON") from error
        if not isinstance(body, dict):
            raise self.unusable("something else than a JSON object")
        return body

    def failure(self, complaint: Complaint, status: int | None = None) -> ProviderError:
        """The error that a failure reported inside it amounts to."""
        status = status or complaint.implied_status
        return self._explain(Told(self._provider, status, complaint, self._headers, inside=True))

    def unusable(self, what: str) -> UnusableAnswer:
        """The error for an answer that is paid for and good for nothing."""
        return UnusableAnswer(
            f"{self._provider} sent {what}", provider=self._provider, status=self._status, billable=True
        )

    def refused(self, why: str) -> ContentRefused:
        """The error for a refusal in place of an answer, or behind a part of it."""
        message = f"{self._provider} will not answer ({why})"
        return ContentRefused(message, provider=self._provider, status=self._status, billable=True)

    def cut(self, how: str) -> ProviderUnavailable:
        """The error for an answer that did not come to its end."""
        return ProviderUnavailable(f"{self._provider} broke off ({how})", provider=self._provider, billable=True)

    async def aclose(self) -> None:
        """Close the connection, unless all was said and it can be used again."""
        if self._all_read:
            with suppress(TimeoutError, httpx.HTTPError):
                async with asyncio.timeout(_LAST_BYTES_S):
                    async for _ in self._chunks:
                        pass
        await self._response.aclose()

    async def _chunk(self) -> bytes | None:
        try:
            with self.patience:
                return await anext(self._chunks, None)
        except (TimeoutError, httpx.HTTPError) as error:
            raise self.cut(type(error).__name__) from error
