"""Whom ragbot's router is compared with, and the provider that all of them ask.

httpx by itself is always there; LiteLLM's Router and pydantic-ai's FallbackModel where the `bench` extra is installed.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.benchmarks.benchmark import CHECKOUT
from tests.fakes.embedding_server import KEY

MODEL = "gpt-6.1-terra"
LITELLM, PYDANTIC_AI = "LiteLLM Router", "pydantic-ai FallbackModel"

Ask = Callable[[], Awaitable[None]]
"""Makes one call and reads its answer to the end."""


@dataclass(frozen=True, slots=True)
class Chat:
    """What is asked, and where.

    Attributes:
        url: Of Chat Completions, up to `/v1`.
        payload: The JSON of the request.
    """

    url: str
    payload: Mapping[str, Any]

    @property
    def streaming(self) -> bool:
        """Whether the answer comes bit by bit."""
        return bool(self.payload["stream"])


Contender = Callable[[Chat], AbstractAsyncContextManager[Ask]]


@asynccontextmanager
async def provider() -> AsyncIterator[str]:
    """The base URL of a fake provider that answers at once, in a process of its own until the block ends."""
    command = (sys.executable, "-m", "tests.fakes.openai_server", "--port", "0")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=CHECKOUT)
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        if not url:
            raise RuntimeError(f"{' '.join(command)} did not start")
        yield f"{url}/v1"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


# httpx by itself


@asynccontextmanager
async def one_client(chat: Chat) -> AsyncIterator[Ask]:
    """One client as it comes, for all calls in flight; without time limits, which only few of many would keep."""
    async with httpx.AsyncClient(timeout=None) as http:

        async def ask() -> None:
            await _read(http, chat)

        yield ask


@asynccontextmanager
async def a_client_each(chat: Chat) -> AsyncIterator[Ask]:
    """As many clients as calls are in flight, so that none of them has to look for a connection."""
    idle: list[httpx.AsyncClient] = []
    verify = httpx.create_ssl_context()
    async with AsyncExitStack() as stack:

        async def ask() -> None:
            http = idle.pop() if idle else await stack.enter_async_context(httpx.AsyncClient(verify=verify))
            await _read(http, chat)
            idle.append(http)

        yield ask


async def _read(http: httpx.AsyncClient, chat: Chat) -> None:
    """The least that can be done: one request, and its answer out of the JSON."""
    url, headers = f"{chat.url}/chat/completions", {"Authorization": f"Bearer {KEY}"}
    if not chat.streaming:
        response = await http.post(url, headers=headers, json=chat.payload)
        _must_be_said(response.json()["choices"][0]["message"]["content"])
        return
    text = ""
    async with http.stream("POST", url, headers=headers, json=chat.payload) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                for choice in json.loads(line.removeprefix("data: "))["choices"]:
                    text += choice["delta"].get("content") or ""
    _must_be_said(text)


def _must_be_said(text: str | None) -> None:
    if not text:
        raise RuntimeError("a call without an answer is no measurement")


# LiteLLM


@asynccontextmanager
async def litellm_router(chat: Chat) -> AsyncIterator[Ask]:
    """Its Router over one deployment, without retries."""
    # Otherwise its import asks the network for prices, and waits.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    deployment = {"model": f"openai/{chat.payload['model']}", "api_base": chat.url, "api_key": KEY}
    router = litellm.Router([{"model_name": "chat", "litellm_params": deployment}], num_retries=0)
    asked = {**chat.payload, "model": "chat"}

    async def ask() -> None:
        answer = await router.acompletion(**asked)
        if not chat.streaming:
            _must_be_said(answer.choices[0].message.content)
            return
        _must_be_said("".join([chunk.choices[0].delta.content or "" async for chunk in answer if chunk.choices]))

    try:
        yield ask
    finally:
        await litellm.close_litellm_async_clients()


# pydantic-ai


@asynccontextmanager
async def fallback_model(chat: Chat) -> AsyncIterator[Ask]:
    """Its FallbackModel over two models, of which the first answers."""
    from pydantic_ai.direct import model_request, model_request_stream
    from pydantic_ai.messages import ModelRequest, SystemPromptPart, UserPromptPart
    from pydantic_ai.models.fallback import FallbackModel
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.settings import ModelSettings

    served = OpenAIProvider(base_url=chat.url, api_key=KEY)
    model = FallbackModel(*(OpenAIChatModel(chat.payload["model"], provider=served) for _ in range(2)))
    system, user = (message["content"] for message in chat.payload["messages"])
    messages = [ModelRequest(parts=[SystemPromptPart(system), UserPromptPart(user)])]
    settings = ModelSettings(max_tokens=chat.payload["max_completion_tokens"])

    async def ask() -> None:
        if not chat.streaming:
            _must_be_said((await model_request(model, messages, model_settings=settings)).text)
            return
        async with model_request_stream(model, messages, model_settings=settings) as answer:
            async for _ in answer:
                pass
        _must_be_said(answer.get().text)

    try:
        yield ask
    finally:
        await served.client.close()


_PEERS: Sequence[tuple[str, str, Contender]] = (
    (LITELLM, "litellm", litellm_router),
    (PYDANTIC_AI, "pydantic_ai", fallback_model),
)


def installed() -> Mapping[str, Contender]:
    """The peers that are installed, by name."""
    return {name: contender for name, package, contender in _PEERS if importlib.util.find_spec(package)}


def notes() -> list[str]:
    """What the peers do, and who of them is not there."""
    missing = [name for name, _, _ in _PEERS if name not in installed()]
    told = ["LiteLLM: one deployment, no retries; pydantic-ai: two models, the first answers; neither keeps books"]
    return [f"{' and '.join(missing)}: left out, the `bench` extra is not installed"] if missing else told
