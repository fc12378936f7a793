"""What every chat provider keeps over its vendor's own wire, from its section of the configuration to the bill."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing

import pytest

from rag.errors import ContentRefused
from rag.ports import AnswerEvent, AnswerRequest, Completion, Metered, Prompt, TextDelta
from rag.providers import PROVIDERS, chat_model, connect
from rag.providers.options import ModelOptions, ProviderOptions
from rag.settings.providers import ProviderSettings
from tests.fakes import chat_faults
from tests.fakes.anthropic_server import AnthropicServer
from tests.fakes.chat_server import ChatServer
from tests.fakes.clock import FakeClock
from tests.fakes.embedding_server import KEY
from tests.fakes.gemini_server import GeminiServer
from tests.fakes.openai_server import OpenAIServer

_MODELS = {
    "openai": "gpt-6.1-terra",
    "openai_compatible": "gpt-6.1-terra",
    "anthropic": "claude-sonnet-5-5",
    "gemini": "gemini-4-hydrogen",
}
_PATHS: Mapping[str, tuple[str, ...]] = {
    "openai": ("", "/", "/v1", "/v1/"),
    "openai_compatible": ("/v1", "/v1/"),
    "anthropic": ("", "/", "/v1", "/v1/"),
    "gemini": ("", "/", "/v1beta", "/v1beta/"),
}
_FAKES: Mapping[str, Callable[[], ChatServer]] = {
    "openai": OpenAIServer,
    "openai_compatible": OpenAIServer,
    "anthropic": AnthropicServer,
    "gemini": GeminiServer,
}
_REQUEST = AnswerRequest(
    question="When do deploys run?",
    language="en",
    passages=(),
    prompt=Prompt("Answer from the passages.", ("[1] Deploys run at noon.",), (), "When do deploys run?"),
)


def test_every_provider_has_a_fake_and_its_addresses() -> None:
    assert set(_FAKES) == set(_PATHS) == set(_MODELS) == set(PROVIDERS)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)


@pytest.fixture(params=sorted(PROVIDERS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def server(kind: str) -> AsyncIterator[ChatServer]:
    async with _FAKES[kind]() as server:
        yield server


async def _answer(kind: str, base_url: str, told: list[AnswerEvent], *, streaming: bool = True) -> None:
    """Ask, as a provider that is configured so; what comes of it is `told`, whatever becomes of it."""
    settings = ProviderSettings(kind=kind, base_url=base_url)
    options = ProviderOptions(
        provider="acme", kind=kind, base_url=settings.base_url, api_keys=(KEY,), streaming=streaming
    )
    client = connect(options, FakeClock())
    try:
        async with aclosing(chat_model(client, options, ModelOptions(model=_MODELS[kind])).stream(_REQUEST)) as events:
            async for event in events:
                told.append(event)  # noqa: PERF401 - all that was told before it fails
    finally:
        await client.aclose()


async def test_it_is_found_with_and_without_the_version_in_its_address(kind: str, server: ChatServer) -> None:
    for path in _PATHS[kind]:
        told: list[AnswerEvent] = []
        await _answer(kind, server.url + path, told)
        assert isinstance(told[-1], Completion)
    assert len(server.charges) == len(_PATHS[kind])


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("after", [0, 2])
async def test_a_refusal_is_billed_by_what_the_vendor_says(
    kind: str, server: ChatServer, after: int, *, streaming: bool
) -> None:
    server.faults.append(chat_faults.ContentRefused(after))
    told: list[AnswerEvent] = []
    with pytest.raises(ContentRefused) as caught:
        await _answer(kind, f"{server.url}{_PATHS[kind][-1]}", told, streaming=streaming)
    assert caught.value.billable
    bill = [event for event in told if isinstance(event, Metered)][-1]
    (charge,) = server.charges
    assert (bill.tokens.input, bill.tokens.output) == (charge.usage.input, charge.usage.output)
    assert bill.model == charge.model
    assert any(isinstance(event, TextDelta) for event in told) == bool(after)
