"""PROVIDERS and EMBEDDERS: who writes answers and makes vectors; one file per vendor.

An entry imports its vendor's file when it is called: a bot without a key never loads an HTTP client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rag.ports import Clock, MeteredEmbedder
from rag.providers.options import EmbedderOptions


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
