"""Anthropic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar, TypedDict, cast

from rag.errors import PromptTooLong, ProviderDisabled, ProviderError, ProviderRefused
from rag.model import TokenUsage
from rag.ports import Metered, Prompt
from rag.providers.chat import Blocked, ChatEvent, Failed, Finished
from rag.providers.failures import Complaint
from rag.providers.options import ModelOptions
from rag.providers.wire import THINKING, count, dialogue, name, text, tier

# platform.claude.com/docs, migration guide, checked 2026-11-22.
_API_VERSION = "2026-10-21"
# Beyond the words that all vendors share. Type stubs of the package anthropic 2.12.0, checked 2026-11-22.
_MEANINGS: Mapping[str, type[ProviderError]] = MappingProxyType(
    {
        "permission_error": ProviderDisabled,
        "conflict_error": ProviderRefused,
        "enforced_spend_limit_reached": ProviderDisabled,
        "contract_spend_limit_reached": ProviderDisabled,
        "organization_on_hold": ProviderDisabled,
    }
)
# What has no code: platform.claude.com/docs, errors, and messages quoted in anthropics/claude-code issue 66314 and
# docker/docker-agent issue 569, checked 2026-11-22.
_NO_MONEY = re.compile(r"specified API usage limits|credit balance is too low")
_TOO_LONG = "exceed context limit"


class _Usage(TypedDict, total=False):
    input_tokens: int | None
    cache_read_input_tokens: int | None
    cache_creation_input_tokens: int | None
    cache_creation: Mapping[str, int] | None
    output_tokens: int
    output_tokens_details: Mapping[str, int] | None
    service_tier: str | None
    speed: str | None
    inference_geo: str | None


class _Block(TypedDict, total=False):
    type: str
    text: str


class _Stop(TypedDict, total=False):
    stop_reason: str | None
    stop_details: Mapping[str, object] | None


class _Message(_Stop, total=False):
    model: str
    content: list[_Block]
    usage: _Usage


class _Delta(_Stop, total=False):
    type: str
    text: str


class _Event(TypedDict, total=False):
    type: str
    message: _Message
    content_block: _Block
    delta: _Delta
    usage: _Usage


class Messages:
    """`POST /v1/messages`."""

    official_url: ClassVar[str] = "https://api.anthropic.com"
    needs_key: ClassVar[bool] = True
    # Its newer tokenizer makes about 30 % more tokens of a text (platform.claude.com/docs, models, 2026-11-22).
    token_margin: ClassVar[float] = 1.5

    def __init__(self, options: ModelOptions) -> None:
        self._options = options

    def headers(self, api_key: str) -> Mapping[str, str]:
        """The API's version, and the one that carries the key."""
        version = {"anthropic-version": self._options.api_version or _API_VERSION}
        return {**version, "x-api-key": api_key} if api_key else version

    def path(self, *, streaming: bool) -> str:
        """The same for both."""
        del streaming
        return "/v1/messages"

    def payload(self, prompt: Prompt, *, max_output_tokens: int, streaming: bool) -> Mapping[str, object]:
        """The request's JSON; without sampling parameters, which are refused even at their defaults."""
        options = self._options
        payload: dict[str, object] = {
            "model": options.model,
            "max_tokens": max_output_tokens,
            "messages": [{"role": turn.role, "content": turn.text} for turn in dialogue(prompt)],
            "stream": streaming,
            # What was reserved is the standard price.
            "service_tier": "standard_only",
        }
        if prompt.instructions:
            # The instructions are the same for every question: a second one within five minutes pays for the write.
            # Passages change with each; a mark behind them would be written at 1.25 times the price and never read.
            mark = {"type": "ephemeral"}
            payload["system"] = [{"type": "text", "text": prompt.instructions, "cache_control": mark}]
        if options.effort:
            payload["output_config"] = {"effort": options.effort}
        return payload

    def read(self, body: Mapping[str, object]) -> Iterator[ChatEvent]:
        """Read the JSON of a whole answer."""
        if body.get("type") == "error":
            yield Failed(Complaint.read(body))
            return
        message = cast("_Message", body)
        yield _billed(message)
        for block in message["content"]:
            if block["type"] == "text":
                yield from text(block["text"])
        yield from _ended(message)

    def read_event(self, event: Mapping[str, object]) -> Iterator[ChatEvent]:
        """Read the JSON of one server-sent event; pings, signatures and the ends of blocks are nothing."""
        told = cast("_Event", event)
        match told.get("type"):
            case "message_start":
                # The output it counts is the first token alone.
                start = _billed(told["message"])
                yield replace(start, tokens=replace(start.tokens, output=None, thinking=None))
            case "content_block_start" if told["content_block"]["type"] == "text":
                yield from text(told["content_block"].get("text"))
            case "content_block_delta" if told["delta"]["type"] == "text_delta":
                yield from text(told["delta"]["text"])
            case "content_block_delta" if told["delta"]["type"] == "thinking_delta":
                yield THINKING
            case "message_delta":
                yield Metered(_so_far(told.get("usage") or {}))
                yield from _ended(told["delta"])
            case "error":
                yield Failed(Complaint.read(event))

    def diagnose(self, status: int, complaint: Complaint) -> type[ProviderError] | None:
        """What Anthropic alone means by it."""
        del status
        if _NO_MONEY.search(complaint.message):
            return ProviderDisabled
        return PromptTooLong if _TOO_LONG in complaint.message else complaint.meaning(_MEANINGS)


def _ended(stop: _Stop) -> Iterator[ChatEvent]:
    reason = stop.get("stop_reason")
    if reason == "refusal":
        category = (stop.get("stop_details") or {}).get("category")
        yield Blocked(name(category) or reason)
    elif reason:
        yield Finished(truncated=reason in {"max_tokens", "model_context_window_exceeded", "pause_turn"})


def _billed(message: _Message) -> Metered:
    usage = message.get("usage") or {}
    served = tier(usage.get("service_tier"), usage.get("speed"), usage.get("inference_geo"))
    return Metered(_tokens(usage), model=name(message.get("model")), tier=served)


def _tokens(usage: _Usage) -> TokenUsage:
    """Read a bill, where the cache's tokens stand beside the input instead of in it."""
    fresh, read = count(usage.get("input_tokens")), count(usage.get("cache_read_input_tokens"))
    written = count(usage.get("cache_creation_input_tokens"))
    lifetimes = usage.get("cache_creation") or {}
    thinking = (usage.get("output_tokens_details") or {}).get("thinking_tokens")
    return TokenUsage(
        input=None if fresh is None else fresh + (read or 0) + (written or 0),
        output=count(usage.get("output_tokens")),
        cached_input=read,
        cache_write=count(lifetimes.get("ephemeral_5m_input_tokens", written)),
        cache_write_long=count(lifetimes.get("ephemeral_1h_input_tokens")),
        thinking=count(thinking),
    )


def _so_far(usage: _Usage) -> TokenUsage:
    """Read the running total at the end of a stream.

    It does not say how long what was written to the cache is kept, and need not repeat what the start said; only the
    whole of the input may replace what stood there.
    """
    tokens = _tokens(usage)
    whole = all(usage.get(key) is not None for key in ("cache_read_input_tokens", "cache_creation_input_tokens"))
    return replace(tokens, input=tokens.input if whole else None, cache_write=None, cache_write_long=None)
