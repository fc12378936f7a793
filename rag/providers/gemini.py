"""Google Gemini, over the API of Google AI Studio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict, cast

from rag.providers.embedding import Reading
from rag.providers.options import EmbedderOptions

_TASK_TYPES = {"document": "RETRIEVAL_DOCUMENT", "query": "RETRIEVAL_QUERY"}
_TASK_PREFIXES = {"document": "title: none | text: ", "query": "task: search result | query: "}


class _Embedding(TypedDict):
    values: list[float]


class _Usage(TypedDict, total=False):
    promptTokenCount: int


class _Embeddings(TypedDict):
    embeddings: list[_Embedding]
    usageMetadata: _Usage | None


class GeminiEmbeddings:
    """`POST /v1beta/models/{model}:batchEmbedContents`.

    Limits: 100 texts a request (the API's own error: "at most 100 requests can be in one batch", as quoted in
    langchain-ai/langchainjs issue 4491, checked 2026-11-22). No number of tokens a request was found;
    20,000 is ours, low on purpose. The answer's form (ai.google.dev, API reference "Embeddings", checked 2026-11-22)
    promises no usage; where it comes all the same it is believed.
    """

    max_texts = 100
    max_tokens = 20_000

    def __init__(self, options: EmbedderOptions) -> None:
        self._options = options
        # Base URLs are passed around with and without the version.
        self.base_url = options.base_url.rstrip("/").removesuffix("/v1beta")
        self.path = f"/v1beta/models/{options.model}:batchEmbedContents"
        # Never `?key=`: query strings end in logs.
        self.headers = {"x-goog-api-key": options.api_key}

    def payload(self, texts: Sequence[str], purpose: Literal["document", "query"]) -> object:
        """The request's JSON: each text a content of its own, else `gemini-embedding-2` melts them into one vector.

        That model also wants its task inside the text (docs.cloud.google.com, guide to batch embeddings, checked
        2026-11-22; the words are those that public clients send); the one before it takes `taskType`.
        """
        options = self._options
        common: dict[str, object] = {"model": f"models/{options.model}"}
        if options.dimensions != options.native_dimensions:
            common["outputDimensionality"] = options.dimensions
        prefix = ""
        if options.model.startswith("gemini-embedding-2"):
            prefix = _TASK_PREFIXES[purpose]
        else:
            common["taskType"] = _TASK_TYPES[purpose]
        return {"requests": [{**common, "content": {"parts": [{"text": prefix + text}]}} for text in texts]}

    def read(self, body: dict[str, object]) -> Reading:
        """Read the answer's JSON; vectors come in the order of the requests."""
        answer = cast("_Embeddings", body)
        usage = answer.get("usageMetadata") or {}
        return Reading([item["values"] for item in answer["embeddings"]], usage.get("promptTokenCount"))
