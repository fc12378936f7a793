"""PROVIDERS and EMBEDDERS: who writes answers and makes vectors; one file per vendor.

An entry imports its vendor's file when it is called: a bot without a key never loads an HTTP client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from rag.ports import Clock, MeteredEmbedder
from rag.providers.options import EmbedderOptions, ModelOptions, ProviderOptions

if TYPE_CHECKING:
    from rag.providers.chat import ChatApi, ChatModel
    from rag.providers.http import ApiClient

PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "openai": "rag.providers.openai:Responses",
        "openai_compatible": "rag.providers.openai:ChatCompletions",
        "anthropic": "rag.providers.anthropic:Messages",
        "gemini": "rag.providers.gemini:GenerateContent",
    }
)
"""Protocols by the kind of a provider: where the `ChatApi` that speaks it is defined."""


def protocol(kind: str) -> type[ChatApi]:
    """The class that speaks the protocol of this kind."""
    return cast("type[ChatApi]", resolve_name(PROVIDERS[kind]))


def connect(options: ProviderOptions, clock: Clock) -> ApiClient:
    """The way to a provider, which all its models share; to be closed at the end."""
    from rag.providers.http import ApiClient

    return ApiClient(
        provider=options.provider,
        base_url=options.base_url,
        clock=clock,
        api_keys=options.api_keys,
        headers=options.headers,
        timeouts=options.timeouts,
    )


def chat_model(client: ApiClient, options: ProviderOptions, model: ModelOptions) -> ChatModel:
    """One model of the provider that `client` leads to."""
    from rag.providers.chat import ChatModel

    api = protocol(options.kind)(model)
    return ChatModel(client, api, model=model.model, streaming=options.streaming)


def _openai_embedder(options: EmbedderOptions, clock: Clock) -> MeteredEmbedder:
    from rag.providers.embedding import HttpEmbedder
    from rag.providers.openai import OpenAIEmbeddings

    return HttpEmbedder(options, OpenAIEmbeddings(options), clock)


def _gemini_embedder(options: EmbedderOptions, clock: Clock) -> MeteredEmbedder:
    from rag.providers.embedding import HttpEmbedder
    from rag.providers.gemini import GeminiEmbeddings

    return HttpEmbedder(options, GeminiEmbeddings(options), clock)


EMBEDDERS: Mapping[str, Callable[[EmbedderOptions, Clock], MeteredEmbedder]] = MappingProxyType(
    {
        "openai": _openai_embedder,
        "openai_compatible": _openai_embedder,
        "gemini": _gemini_embedder,
    }
)
"""Embedders by the kind of their provider."""
