"""PROVIDERS and EMBEDDERS: who writes answers and makes vectors; one file per vendor.

An entry imports its vendor's file when it is called: a bot without a key never loads an HTTP client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from rag.ports import Clock, MeteredEmbedder
from rag.providers.options import EmbedderOptions

if TYPE_CHECKING:
    from rag.providers.chat import ChatApi

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
