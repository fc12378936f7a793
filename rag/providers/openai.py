"""OpenAI, and the many servers that speak its protocol."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Literal, TypedDict, cast

from rag.providers.embedding import Reading
from rag.providers.options import EmbedderOptions


class _Embedding(TypedDict):
    index: int
    embedding: str | list[float]


class _Usage(TypedDict, total=False):
    prompt_tokens: int


class _Embeddings(TypedDict):
    data: list[_Embedding]
    usage: _Usage | None


class OpenAIEmbeddings:
    """`POST /v1/embeddings`.

    Limits: 2,048 texts, 300,000 tokens a request, 8,192 a text (type stubs of the package openai 3.54.0, checked
    2026-11-22).
    """

    max_texts = 2_048
    max_tokens = 300_000
    path = "/embeddings"

    def __init__(self, options: EmbedderOptions) -> None:
        self._options = options
        self.base_url = options.base_url
        self.headers = {"Authorization": f"Bearer {options.api_key}"} if options.api_key else {}

    def payload(self, texts: Sequence[str], purpose: Literal["document", "query"]) -> object:
        """The request's JSON; these models make no difference between documents and questions."""
        del purpose
        options = self._options
        # Base64 is a quarter of the bytes; OpenAI's own client asks every server for it, so every server has met it.
        payload: dict[str, object] = {"model": options.model, "input": list(texts), "encoding_format": "base64"}
        if options.dimensions != options.native_dimensions:
            payload["dimensions"] = options.dimensions
        return payload

    def read(self, body: dict[str, object]) -> Reading:
        """Read the answer's JSON, by the positions it names and whichever encoding the server chose."""
        answer = cast("_Embeddings", body)
        items = sorted(answer["data"], key=lambda item: item["index"])
        if [item["index"] for item in items] != list(range(len(items))):
            raise ValueError("the positions of the vectors have gaps")
        usage = answer.get("usage") or {}
        return Reading([_numbers(item["embedding"]) for item in items], usage.get("prompt_tokens"))


def _numbers(embedding: str | list[float]) -> Sequence[float]:
    if not isinstance(embedding, str):
        return embedding
    packed = base64.b64decode(embedding, validate=True)
    return struct.unpack_from(f"<{len(packed) // 4}f", packed)
