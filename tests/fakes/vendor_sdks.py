"""The vendors' own SDKs, all asked in the same way, each beside the fake server that it talks to."""

from __future__ import annotations

import ssl
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import anthropic
import httpx
import openai
from google import genai
from google.genai import errors as genai_errors
from google.genai import types as genai_types

from tests.fakes.anthropic_server import AnthropicServer
from tests.fakes.chat_bill import Usage
from tests.fakes.chat_server import ChatServer
from tests.fakes.embedding_server import KEY
from tests.fakes.gemini_server import GeminiServer
from tests.fakes.openai_server import OpenAIServer

PROMPT = "[1] Leave\n\nEverybody has 30 days of leave a year. Ask early.\n\n[2] Pay\n\nPaid monthly."
ANSWER = "Everybody has 30 days of leave a year. [1]"
LOCAL: dict[str, Any] = {"verify": False, "trust_env": False}  # no certificates to read, no proxy
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
LONG_PROMPT = PROMPT + "\n\n" + "All of this is in the handbook. " * 1_000


@dataclass
class Heard:
    """What an SDK made of an answer."""

    text: str = ""
    usage: Usage | None = None
    model: str | None = None
    tier: str | None = None
    end: str | None = None
    kinds: list[str] = field(default_factory=list)


class Sdk(ABC):
    """A vendor's SDK and the server it talks to."""

    server_class: ClassVar[type[ChatServer]]
    model: ClassVar[str]
    status_error: ClassVar[type[Exception]]

    def __init__(self, server: ChatServer, *, key: str = KEY, strict: bool = True) -> None:
        self.server = server
        self.open(server.url, key, strict=strict)

    @abstractmethod
    def open(self, url: str, key: str, *, strict: bool) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    async def plain(self, prompt: str = PROMPT, **options: Any) -> Heard: ...

    @abstractmethod
    def deltas(self, heard: Heard, prompt: str = PROMPT, **options: Any) -> AsyncGenerator[str, None]:
        """Yield text, and note in `heard` what else is told."""

    async def streamed(self, prompt: str = PROMPT, *, heard: Heard | None = None, **options: Any) -> Heard:
        heard = heard or Heard()
        async for delta in self.deltas(heard, prompt, **options):
            heard.text += delta
        return heard


class ResponsesSdk(Sdk):
    server_class = OpenAIServer
    model = "gpt-6.1-terra"
    status_error = openai.APIStatusError

    def open(self, url: str, key: str, *, strict: bool) -> None:
        self.client = openai.AsyncOpenAI(
            api_key=key,
            base_url=f"{url}/v1",
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(**LOCAL),
            _strict_response_validation=strict,
        )

    async def close(self) -> None:
        await self.client.close()

    async def plain(self, prompt: str = PROMPT, **options: Any) -> Heard:
        heard = Heard()
        self._read(await self.client.responses.create(**self._request(prompt, options)), heard)
        return heard

    async def deltas(self, heard: Heard, prompt: str = PROMPT, **options: Any) -> AsyncGenerator[str, None]:
        async with await self.client.responses.create(**self._request(prompt, options), stream=True) as stream:
            async for event in stream:
                heard.kinds.append(event.type)
                if event.type == "response.output_text.delta":
                    yield event.delta
                elif event.type in {"response.completed", "response.incomplete", "response.failed"}:
                    text = heard.text
                    self._read(event.response, heard)
                    heard.text = text
                elif event.type == "error":
                    raise openai.APIError(event.message, stream.response.request, body=event.to_dict())

    def _request(self, prompt: str, options: dict[str, Any]) -> dict[str, Any]:
        if limit := options.pop("max_output", None):
            options["max_output_tokens"] = limit
        content = [{"type": "input_text", "text": prompt}]
        return {"model": self.model, "input": [{"role": "user", "content": content}], "store": False, **options}

    def _read(self, response: Any, heard: Heard) -> None:
        heard.text, heard.model, heard.tier = response.output_text, response.model, response.service_tier
        heard.end = response.incomplete_details.reason if response.incomplete_details else response.status
        if usage := response.usage:
            written = usage.input_tokens_details.cache_write_tokens_details
            heard.usage = Usage(
                usage.input_tokens,
                usage.output_tokens,
                usage.input_tokens_details.cached_tokens,
                written.ttl_30m_tokens,
                written.ttl_12h_tokens,
                usage.output_tokens_details.reasoning_tokens,
            )


class ChatSdk(ResponsesSdk):
    async def plain(self, prompt: str = PROMPT, **options: Any) -> Heard:
        completion = await self.client.chat.completions.create(**self._request(prompt, options))
        choice = completion.choices[0]
        heard = Heard(choice.message.content or "", end=choice.finish_reason)
        self._note(completion, heard)
        return heard

    async def deltas(self, heard: Heard, prompt: str = PROMPT, **options: Any) -> AsyncGenerator[str, None]:
        options.setdefault("stream_options", {"include_usage": True})
        async with await self.client.chat.completions.create(**self._request(prompt, options), stream=True) as stream:
            async for chunk in stream:
                self._note(chunk, heard)
                for choice in chunk.choices:
                    heard.end = choice.finish_reason or heard.end
                    if choice.delta.content:
                        yield choice.delta.content

    def _request(self, prompt: str, options: dict[str, Any]) -> dict[str, Any]:
        if limit := options.pop("max_output", None):
            options["max_completion_tokens"] = limit
        return {"model": self.model, "messages": [{"role": "user", "content": prompt}], **options}

    def _note(self, told: Any, heard: Heard) -> None:
        heard.model, heard.tier = told.model, told.service_tier
        if usage := told.usage:
            details = usage.prompt_tokens_details
            heard.usage = Usage(
                usage.prompt_tokens,
                usage.completion_tokens,
                details.cached_tokens,
                details.cache_write_tokens,
                thinking=usage.completion_tokens_details.reasoning_tokens,
            )


class AnthropicSdk(Sdk):
    server_class = AnthropicServer
    model = "claude-sonnet-5-5"
    status_error = anthropic.APIStatusError

    def open(self, url: str, key: str, *, strict: bool) -> None:
        self.client = anthropic.AsyncAnthropic(
            api_key=key,
            base_url=url,
            max_retries=0,
            http_client=anthropic.DefaultAsyncHttpxClient(**LOCAL),
            _strict_response_validation=strict,
        )

    async def close(self) -> None:
        await self.client.close()

    async def plain(self, prompt: str = PROMPT, **options: Any) -> Heard:
        message = await self.client.messages.create(**self._request(prompt, options))
        heard = Heard("".join(block.text for block in message.content if block.type == "text"))
        self._note(message, message.usage, heard)
        heard.model, heard.tier = message.model, message.usage and message.usage.service_tier
        return heard

    async def deltas(self, heard: Heard, prompt: str = PROMPT, **options: Any) -> AsyncGenerator[str, None]:
        started = None
        async with await self.client.messages.create(**self._request(prompt, options), stream=True) as stream:
            async for event in stream:
                heard.kinds.append(event.type)
                if event.type == "message_start":
                    heard.model, started = event.message.model, event.message.usage
                    heard.tier = started and started.service_tier
                elif event.type == "content_block_delta" and event.delta.type == "text_delta":
                    yield event.delta.text
                elif event.type == "message_delta":
                    self._note(event.delta, event.usage, heard, started)

    def _request(self, prompt: str, options: dict[str, Any]) -> dict[str, Any]:
        limit = options.pop("max_output", 1_000)
        block = {"type": "text", "text": prompt, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
        messages = [{"role": "user", "content": [block, {"type": "text", "text": "What then?"}]}]
        return {"model": self.model, "max_tokens": limit, "messages": messages, **options}

    def _note(self, ended: Any, usage: Any, heard: Heard, started: Any = None) -> None:
        heard.end = ended.stop_reason
        if usage is None:
            return
        writes = (started or usage).cache_creation
        read, written = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
        assert written == writes.ephemeral_5m_input_tokens + writes.ephemeral_1h_input_tokens
        heard.usage = Usage(
            usage.input_tokens + read + written,
            usage.output_tokens,
            read,
            writes.ephemeral_5m_input_tokens,
            writes.ephemeral_1h_input_tokens,
            usage.output_tokens_details.thinking_tokens,
        )


class GeminiSdk(Sdk):
    server_class = GeminiServer
    model = "gemini-3.8-flash"
    status_error = genai_errors.APIError

    def open(self, url: str, key: str, *, strict: bool) -> None:
        del strict
        # Given no context for its web sockets, it reads all certificates for each client.
        arguments = {**LOCAL, "verify": NO_CERTIFICATES, "ssl": NO_CERTIFICATES}
        # Where aiohttp is installed it is taken, unless a transport of httpx is given.
        alone = {**arguments, "transport": httpx.AsyncHTTPTransport(verify=NO_CERTIFICATES, trust_env=False)}
        options = genai_types.HttpOptions(base_url=url, client_args=arguments, async_client_args=alone)
        self.client = genai.Client(api_key=key, http_options=options)

    async def close(self) -> None:
        await self.client.aio.aclose()
        self.client.close()

    async def plain(self, prompt: str = PROMPT, **options: Any) -> Heard:
        heard = Heard()
        response = await self.client.aio.models.generate_content(**self._request(prompt, options))
        heard.text = self._note(response, heard)
        return heard

    async def deltas(self, heard: Heard, prompt: str = PROMPT, **options: Any) -> AsyncGenerator[str, None]:
        stream: Any = await self.client.aio.models.generate_content_stream(**self._request(prompt, options))
        try:
            async for chunk in stream:
                yield self._note(chunk, heard)
        finally:
            await stream.aclose()

    def _request(self, prompt: str, options: dict[str, Any]) -> dict[str, Any]:
        if limit := options.pop("max_output", None):
            options["max_output_tokens"] = limit
        return {"model": self.model, "contents": prompt, "config": options}

    def _note(self, response: Any, heard: Heard) -> str:
        heard.model = response.model_version
        if http := response.sdk_http_response:
            heard.tier = http.headers.get("x-gemini-service-tier")
        if usage := response.usage_metadata:
            thinking = usage.thoughts_token_count or 0
            output = usage.candidates_token_count + thinking
            assert usage.total_token_count == usage.prompt_token_count + output
            heard.usage = Usage(
                usage.prompt_token_count, output, usage.cached_content_token_count or 0, thinking=thinking
            )
        if response.prompt_feedback:
            heard.end = response.prompt_feedback.block_reason.value
        for candidate in response.candidates or []:
            heard.end = candidate.finish_reason.value if candidate.finish_reason else heard.end
        return response.text or ""


@asynccontextmanager
async def opened(kind: type[Sdk], *, strict: bool = True) -> AsyncGenerator[Sdk, None]:
    """A server and the SDK to it; a strict one refuses whatever is not in the form of its types."""
    async with kind.server_class() as server:
        sdk = kind(server, strict=strict)
        try:
            yield sdk
        finally:
            await sdk.close()
