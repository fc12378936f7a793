"""OpenAI, and the many servers that speak its protocol."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, TypedDict, cast

from rag.errors import ContentRefused, PromptTooLong, ProviderDisabled, ProviderError
from rag.model import TokenUsage
from rag.ports import Metered, Prompt
from rag.providers.chat import Blocked, ChatEvent, Failed, Finished
from rag.providers.embedding import Purpose, Reading
from rag.providers.failures import Complaint
from rag.providers.options import EmbedderOptions, ModelOptions
from rag.providers.wire import THINKING, count, dialogue, name, text, tier

# Beyond the words that all vendors share. Type stubs of the package openai 3.54.0, checked 2026-11-22.
_MEANINGS: Mapping[str, type[ProviderError]] = MappingProxyType(
    {
        "string_above_max_length": PromptTooLong,
        "invalid_prompt": ContentRefused,
        "bio_policy": ContentRefused,
        "misalignment_policy_violation": ContentRefused,
        "unsupported_country_region_territory": ProviderDisabled,
    }
)
# OpenAI's thinking models, there and on Azure, refuse `max_tokens` even beside `max_completion_tokens` (langchain
# issue 29947); Ollama and LM Studio know no other name and overlook the new one without a word (ollama issue 7125;
# docs of LM Studio); vLLM, llama.cpp, Groq and OpenRouter take both. Checked 2026-11-22.
_KNOWS_NEW_LIMIT_ONLY = re.compile(r"gpt-(?:[5-9]|\d\d)|o\d")


class _Api:
    """What all of OpenAI's endpoints share."""

    def headers(self, api_key: str) -> Mapping[str, str]:
        """The one that carries the key."""
        return {"Authorization": f"Bearer {api_key}"} if api_key else {}

    def diagnose(self, status: int, complaint: Complaint) -> type[ProviderError] | None:
        """What these servers alone mean by it; OpenRouter says 403 of moderation and of a key's own budget too."""
        meaning = complaint.meaning(_MEANINGS)
        if meaning or status != 403:
            return meaning
        if "flagged" in complaint.message:
            return ContentRefused
        return ProviderDisabled if "limit exceeded" in complaint.message else None


class _ChatApi(_Api):
    """What both of OpenAI's chat endpoints share."""

    token_margin: ClassVar[float] = 1.2

    def __init__(self, options: ModelOptions) -> None:
        self._options = options


class _Part(TypedDict, total=False):
    type: str
    text: str


class _Item(TypedDict, total=False):
    type: str
    content: list[_Part]


class _InputDetails(TypedDict, total=False):
    cached_tokens: int
    cache_write_tokens: int
    cache_write_tokens_details: Mapping[str, int] | None


class _ResponseUsage(TypedDict, total=False):
    input_tokens: int
    input_tokens_details: _InputDetails | None
    output_tokens: int
    output_tokens_details: Mapping[str, int] | None


class _Response(TypedDict, total=False):
    model: str
    service_tier: str | None
    status: str
    output: list[_Item]
    usage: _ResponseUsage | None
    error: Mapping[str, object] | None
    incomplete_details: Mapping[str, str] | None


class _ResponseEvent(TypedDict, total=False):
    type: str
    delta: str
    response: _Response


class Responses(_ChatApi):
    """`POST /v1/responses`: the endpoint that OpenAI recommends."""

    official_url: ClassVar[str] = "https://api.openai.com/v1"
    needs_key: ClassVar[bool] = True

    def path(self, *, streaming: bool) -> str:
        """The same for both."""
        del streaming
        return "/responses"

    def payload(self, prompt: Prompt, *, max_output_tokens: int, streaming: bool) -> Mapping[str, object]:
        """The request's JSON; without a temperature, which thinking models refuse."""
        options = self._options
        payload: dict[str, object] = {
            "model": options.model,
            "instructions": prompt.instructions,
            "input": [{"role": turn.role, "content": turn.text} for turn in dialogue(prompt)],
            "max_output_tokens": max_output_tokens,
            "store": False,
            "stream": streaming,
            # Left to the project's own setting, it could cost twice what was reserved for it.
            "service_tier": "default",
            # Requests with one key meet on one machine, where the cache of what they have in common is.
            "prompt_cache_key": hashlib.sha256(prompt.instructions.encode()).hexdigest()[:16],
        }
        if options.effort:
            payload["reasoning"] = {"effort": options.effort}
        return payload

    def read(self, body: Mapping[str, object]) -> Iterator[ChatEvent]:
        """Read the JSON of a whole answer."""
        response = cast("_Response", body)
        for part in _parts(response):
            if part["type"] == "output_text":
                yield from text(part["text"])
        yield from _ended(response)

    def read_event(self, event: Mapping[str, object]) -> Iterator[ChatEvent]:
        """Read the JSON of one server-sent event; the last one repeats the whole answer, for its bill alone."""
        told = cast("_ResponseEvent", event)
        match told.get("type"):
            case "response.created":
                yield _billed(told["response"])
            case "response.output_text.delta":
                yield from text(told["delta"])
            case "response.reasoning_text.delta" | "response.reasoning_summary_text.delta":
                yield THINKING
            case "response.refusal.done":
                yield Blocked("refusal")
            case "response.completed" | "response.incomplete" | "response.failed":
                yield from _ended(told["response"])
            case "error":
                # Documented flat, and seen nested as well.
                yield Failed(Complaint.read(event))


def _parts(response: _Response) -> Iterator[_Part]:
    for item in response.get("output") or ():
        if item.get("type") == "message":
            yield from item["content"]


def _ended(response: _Response) -> Iterator[ChatEvent]:
    """The bill of a response, and how it ended."""
    yield _billed(response)
    details = response.get("incomplete_details") or {}
    if response.get("status") in {"failed", "cancelled"} or response.get("error"):
        yield Failed(Complaint.read(response.get("error")))
    elif details.get("reason") == "content_filter":
        yield Blocked("content_filter")
    elif any(part["type"] == "refusal" for part in _parts(response)):
        yield Blocked("refusal")
    else:
        yield Finished(truncated=response.get("status") == "incomplete")


def _billed(response: _Response) -> Metered:
    usage = response.get("usage") or {}
    details = usage.get("input_tokens_details") or {}
    lifetimes = details.get("cache_write_tokens_details") or {}
    thinking = (usage.get("output_tokens_details") or {}).get("reasoning_tokens")
    tokens = TokenUsage(
        input=count(usage.get("input_tokens")),
        output=count(usage.get("output_tokens")),
        cached_input=count(details.get("cached_tokens")),
        cache_write=count(lifetimes.get("ttl_30m_tokens", details.get("cache_write_tokens"))),
        cache_write_long=count(lifetimes.get("ttl_12h_tokens")),
        thinking=count(thinking),
    )
    return Metered(tokens, model=name(response.get("model")), tier=tier(response.get("service_tier")))


class _CompletionUsage(TypedDict, total=False):
    prompt_tokens: int
    prompt_tokens_details: Mapping[str, int] | None
    completion_tokens: int
    completion_tokens_details: Mapping[str, int] | None
    total_tokens: int


class _Said(TypedDict, total=False):
    content: str | None
    reasoning: str | None
    reasoning_content: str | None
    refusal: str | None


class _Choice(TypedDict, total=False):
    delta: _Said
    message: _Said
    finish_reason: str | None
    error: object


class _Groq(TypedDict, total=False):
    usage: _CompletionUsage
    error: str


class _Completion(TypedDict, total=False):
    model: str
    service_tier: str | None
    choices: list[_Choice]
    usage: _CompletionUsage | None
    x_groq: _Groq | None
    error: object


class ChatCompletions(_ChatApi):
    """`POST /v1/chat/completions`, as OpenRouter, Groq, Azure, Ollama, vLLM, llama.cpp and LM Studio speak it.

    Azure's key goes into the configured header `api-key`. A deployment there whose name does not begin as its model's
    does is better reached as `openai`, because Azure speaks Responses too.
    """

    official_url: ClassVar[str] = ""
    needs_key: ClassVar[bool] = False
    token_margin: ClassVar[float] = 1.4  # anybody's tokenizer

    def path(self, *, streaming: bool) -> str:
        """The same for both."""
        del streaming
        return "/chat/completions"

    def payload(self, prompt: Prompt, *, max_output_tokens: int, streaming: bool) -> Mapping[str, object]:
        """The request's JSON, in the words that most servers know."""
        options = self._options
        limit = "max_completion_tokens" if _KNOWS_NEW_LIMIT_ONLY.match(options.model) else "max_tokens"
        payload: dict[str, object] = {
            "model": options.model,
            "messages": [
                {"role": "system", "content": prompt.instructions},
                *({"role": turn.role, "content": turn.text} for turn in dialogue(prompt)),
            ],
            limit: max_output_tokens,
            "stream": streaming,
        }
        if options.effort:
            payload["reasoning_effort"] = options.effort
        if streaming:
            payload["stream_options"] = {"include_usage": True}
        return payload

    def read(self, body: Mapping[str, object]) -> Iterator[ChatEvent]:
        """Read the JSON of a whole answer: a chunk's, but for a message in place of the delta."""
        return self.read_event(body)

    def read_event(self, event: Mapping[str, object]) -> Iterator[ChatEvent]:
        """Read the JSON of one chunk; the bill and an error may come in any."""
        completion = cast("_Completion", event)
        aside = completion.get("x_groq") or {}
        usage = completion.get("usage") or aside.get("usage")
        if usage:
            model, served = name(completion.get("model")), tier(completion.get("service_tier"))
            yield Metered(_completion_tokens(usage), model=model, tier=served)
        error = completion.get("error") or aside.get("error")
        if error:
            yield Failed(Complaint.read({"error": error}))
        for choice in completion.get("choices") or ():
            yield from _chosen(choice)


def _chosen(choice: _Choice) -> Iterator[ChatEvent]:
    said = choice.get("delta") or choice.get("message") or {}
    yield from text(said.get("content"))
    # OpenRouter, Groq and Ollama say `reasoning`, vLLM and llama.cpp `reasoning_content`.
    if said.get("reasoning") or said.get("reasoning_content"):
        yield THINKING
    reason = choice.get("finish_reason")
    error = choice.get("error")
    if error:
        yield Failed(Complaint.read({"error": error}))
    elif reason == "content_filter":
        yield Blocked(reason)
    elif said.get("refusal"):
        yield Blocked("refusal")
    elif reason and reason != "error":
        yield Finished(truncated=reason == "length")


def _completion_tokens(usage: _CompletionUsage) -> TokenUsage:
    read = usage.get("prompt_tokens_details") or {}
    made = usage.get("completion_tokens_details") or {}
    prompt, output, total = (count(usage.get(key)) for key in ("prompt_tokens", "completion_tokens", "total_tokens"))
    if prompt is not None and output is not None and total is not None:
        # Some servers, such as Gemini's compatible one, leave thinking out of the completion, yet bill it.
        output = max(output, total - prompt)
    return TokenUsage(
        input=prompt,
        output=output,
        cached_input=count(read.get("cached_tokens")),
        cache_write=count(read.get("cache_write_tokens")),
        thinking=count(made.get("reasoning_tokens")),
    )


class _Embedding(TypedDict):
    index: int
    embedding: str | list[float]


class _EmbeddingUsage(TypedDict, total=False):
    prompt_tokens: int


class _Embeddings(TypedDict):
    data: list[_Embedding]
    usage: _EmbeddingUsage | None


class OpenAIEmbeddings(_Api):
    """`POST /v1/embeddings`.

    Limits: 2,048 texts, 300,000 tokens a request, 8,192 a text (type stubs of the package openai 3.54.0, checked
    2026-11-22).
    """

    max_texts = 2_048
    max_tokens = 300_000
    path = "/embeddings"

    def __init__(self, options: EmbedderOptions) -> None:
        self._options = options

    def payload(self, texts: Sequence[str], purpose: Purpose) -> object:
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
