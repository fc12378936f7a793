"""Google Gemini, over the API of Google AI Studio."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, TypedDict, cast

from rag.errors import PromptTooLong, ProviderDisabled, ProviderError
from rag.model import TokenUsage
from rag.ports import Metered, Prompt
from rag.providers.chat import Blocked, ChatEvent, Failed, Finished
from rag.providers.embedding import Purpose, Reading
from rag.providers.failures import Complaint
from rag.providers.options import EmbedderOptions, ModelOptions
from rag.providers.wire import THINKING, count, dialogue, name, text, tier

# Finish reasons: type stubs of the package google-genai 3.4.0, checked 2026-11-22; those not named here are faults.
_CUT = frozenset({"MAX_TOKENS", "CONTINUATION"})
_BLOCKED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "ESCALATION",
        "MODEL_ARMOR",
    }
)
# Beyond the words that all vendors share (ai.google.dev, troubleshooting; finish reasons as above).
_PROVIDER_OFF = frozenset({"PERMISSION_DENIED", "PUP_LIMITED_DISABLED"})
_BAD_KEY = re.compile(r"API key (?:not valid|expired|not found)", re.IGNORECASE)
# As quoted in MaKTaiL/gemini-srt-translator issue 63, checked 2026-11-22.
_TOO_LARGE = "payload size exceeds the limit"
_TASK_TYPES = {"document": "RETRIEVAL_DOCUMENT", "query": "RETRIEVAL_QUERY"}
_TASK_PREFIXES = {"document": "title: none | text: ", "query": "task: search result | query: "}


class _Part(TypedDict, total=False):
    text: str
    thought: bool


class _Content(TypedDict, total=False):
    parts: list[_Part]


class _Candidate(TypedDict, total=False):
    content: _Content | None
    finishReason: str | None
    finishMessage: str | None


class _Usage(TypedDict, total=False):
    promptTokenCount: int
    toolUsePromptTokenCount: int
    cachedContentTokenCount: int
    candidatesTokenCount: int
    thoughtsTokenCount: int
    serviceTier: str


class _Generated(TypedDict, total=False):
    candidates: list[_Candidate]
    promptFeedback: Mapping[str, object]
    usageMetadata: _Usage
    modelVersion: str


class _Api:
    """What all of Gemini's endpoints share."""

    def headers(self, api_key: str) -> Mapping[str, str]:
        """The one that carries the key; never `?key=`: query strings end in logs."""
        return {"x-goog-api-key": api_key} if api_key else {}

    def diagnose(self, status: int, complaint: Complaint) -> type[ProviderError] | None:
        """What Gemini alone means by it: HTTP 400 is of a bad key and of a long prompt too, without a word for them."""
        del status
        if _PROVIDER_OFF.intersection(complaint.codes) or _BAD_KEY.search(complaint.message):
            return ProviderDisabled
        return PromptTooLong if _TOO_LARGE in complaint.message else None


class GenerateContent(_Api):
    """`POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent`."""

    official_url: ClassVar[str] = "https://generativelanguage.googleapis.com"
    needs_key: ClassVar[bool] = True
    token_margin: ClassVar[float] = 1.2

    def __init__(self, options: ModelOptions) -> None:
        self._options = options

    def path(self, *, streaming: bool) -> str:
        """The model, and what it is to do, are part of the address."""
        version = self._options.api_version or "v1beta"
        verb = "streamGenerateContent?alt=sse" if streaming else "generateContent"
        return f"/{version}/models/{self._options.model}:{verb}"

    def payload(self, prompt: Prompt, *, max_output_tokens: int, streaming: bool) -> Mapping[str, object]:
        """The request's JSON, the same streamed or not."""
        del streaming
        config: dict[str, object] = {"maxOutputTokens": max_output_tokens}
        if self._options.effort:
            config["thinkingConfig"] = {"thinkingLevel": self._options.effort}
        return {
            "systemInstruction": {"parts": [{"text": prompt.instructions}]},
            "contents": [
                {"role": "user" if turn.role == "user" else "model", "parts": [{"text": turn.text}]}
                for turn in dialogue(prompt)
            ],
            "generationConfig": config,
        }

    def read(self, body: Mapping[str, object]) -> Iterator[ChatEvent]:
        """Read the JSON of a whole answer, which has the form of a stream's events."""
        return self.read_event(body)

    def read_event(self, event: Mapping[str, object]) -> Iterator[ChatEvent]:
        """Read the JSON of one server-sent event."""
        generated = cast("_Generated", event)
        if "error" in event:
            yield Failed(Complaint.read(event))
        if "usageMetadata" in generated:
            yield _billed(generated["usageMetadata"], generated.get("modelVersion"))
        blocked = (generated.get("promptFeedback") or {}).get("blockReason")
        if blocked:
            yield Blocked(str(blocked))
        for candidate in generated.get("candidates") or ():
            yield from _chosen(candidate)


def _chosen(candidate: _Candidate) -> Iterator[ChatEvent]:
    for part in (candidate.get("content") or {}).get("parts") or ():
        if part.get("thought"):
            yield THINKING
        else:
            yield from text(part.get("text"))
    reason = candidate.get("finishReason")
    if reason in _BLOCKED:
        yield Blocked(reason)
    elif reason == "STOP" or reason in _CUT:
        yield Finished(truncated=reason in _CUT)
    elif reason:
        yield Failed(Complaint(codes=(str(reason),), message=str(candidate.get("finishMessage") or "")))


def _billed(usage: _Usage, model: str | None) -> Metered:
    """Read a bill, where zeros are left out, and thoughts stand beside what was said."""
    prompt, said, thought = (
        count(usage.get(key)) for key in ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
    )
    tokens = TokenUsage(
        input=None if prompt is None else prompt + (count(usage.get("toolUsePromptTokenCount")) or 0),
        output=None if said is None and thought is None else (said or 0) + (thought or 0),
        cached_input=count(usage.get("cachedContentTokenCount")),
        thinking=thought,
    )
    return Metered(tokens, model=name(model), tier=tier(usage.get("serviceTier")))


class _Embedding(TypedDict):
    values: list[float]


class _EmbeddingUsage(TypedDict, total=False):
    promptTokenCount: int


class _Embeddings(TypedDict):
    embeddings: list[_Embedding]
    usageMetadata: _EmbeddingUsage | None


class GeminiEmbeddings(_Api):
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
        self.path = f"/v1beta/models/{options.model}:batchEmbedContents"

    def payload(self, texts: Sequence[str], purpose: Purpose) -> object:
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
