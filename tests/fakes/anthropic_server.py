"""A local server that speaks Anthropic's `POST /v1/messages`.

Forms: type stubs and client of the package anthropic 2.12.0, errors and streaming of platform.claude.com (2026-11-22).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.fakes.chat_bill import Keep, Part
from tests.fakes.chat_script import TEXT, Call, Dialect, Draft, Refusal, Send, Why, compact, mould, quoted
from tests.fakes.chat_server import ChatServer, serve_as_program
from tests.fakes.embedding_server import Reply

_VERSIONS = frozenset({"2023-06-01", "2026-10-21"})
_PARAMETERS = frozenset(
    {
        *("cache_control", "container", "diagnostics", "inference_geo", "max_tokens", "messages", "metadata"),
        *("model", "output_config", "service_tier", "speed", "stop_sequences", "stream", "system", "temperature"),
        *("thinking", "tool_choice", "tools", "top_k", "top_p"),
    }
)
_SAMPLING = ("temperature", "top_p", "top_k")
_EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})
_THINKING = frozenset({"adaptive", "enabled", "disabled", "between_tools"})
_ALWAYS_THINKING = ("claude-fable", "claude-opus-5-5")
_MAX_MARKS = 4
_MIN_THINKING_TOKENS = 1_024
_STOP = {"finished": "end_turn", "truncated": "max_tokens", "refused": "refusal", "filtered": "refusal"}

_INVALID = "invalid_request_error"
_REFUSALS: Mapping[Why, tuple[int, str, str, str | None]] = {
    "bad_request": (400, _INVALID, "messages: the request cannot be served as it is", None),
    "bad_key": (401, "authentication_error", "invalid x-api-key", None),
    "forbidden": (403, "permission_error", "Your API key does not have permission to use this model.", None),
    "wrong_region": (403, "permission_error", "Request not allowed", None),
    "unknown_model": (404, "not_found_error", "model: no such model", None),
    "prompt_too_long": (400, _INVALID, "prompt is too long: 1200000 tokens > 1000000 maximum", None),
    "too_large": (413, "request_too_large", "Request exceeds the maximum size", None),
    "rate_limited": (429, "rate_limit_error", "This request would exceed your organization's rate limit.", None),
    "daily_quota": (429, "rate_limit_error", "Usage grows faster than its ramp allows.", "ramp_limit_exceeded"),
    "out_of_money": (402, "billing_error", "Your credit balance is too low to access the Anthropic API.", None),
    "spend_limit": (429, "rate_limit_error", "The monthly spend limit is reached.", "enforced_spend_limit_reached"),
    "usage_limit": (400, _INVALID, "You have reached your specified API usage limits.", None),
    "server_error": (500, "api_error", "Internal server error", None),
    "unavailable": (503, "api_error", "Service unavailable", None),
    "overloaded": (529, "overloaded_error", "Overloaded", None),
    "timed_out": (504, "timeout_error", "Request timed out", None),
}


class AnthropicServer(ChatServer):
    """`async with AnthropicServer() as server:`; a client's base URL is `server.url`."""

    models = frozenset(
        {
            *("claude-fable-5-2", "claude-fable-5-1", "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"),
            *("claude-haiku-4-5", "claude-sonnet-4-5", "claude-sonnet-4-6"),
        }
    )
    tier_factors: Mapping[str, Decimal] = {"batch": Decimal("0.5"), "fast": Decimal(2)}
    cache_from_tokens = 512
    max_output_tokens = 128_000

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self._messages = Messages(self)

    def dialect(self, call: Call) -> Dialect | Reply:
        return self._messages if call.path == "/v1/messages" else error(404, "not_found_error", "Not found")


class Messages(Dialect):
    """Named events; input tokens that leave out what the cache held; no word of its own for the end but an event."""

    def __init__(self, server: AnthropicServer) -> None:
        self.server = server

    def draft(self, call: Call) -> Draft:
        server, body = self.server, call.body
        self._check_headers(call)
        self._check_parameters(call)
        parts = [*_system(body), *_messages(body.get("messages"))]
        _check_marks(parts)
        if body.get("cache_control"):
            parts[-1] = Part(parts[-1].text, _keep(body["cache_control"]))
        draft = server.write(
            call,
            parts,
            server.cache.by_marks(call.model, parts, from_tokens=server.cache_from_tokens),
            max_output=body["max_tokens"],
            tier="fast" if body.get("speed") == "fast" else "standard",
            streaming=bool(body.get("stream")),
        )
        if draft.usage.input > server.context_tokens:
            message = f"prompt is too long: {draft.usage.input} tokens > {server.context_tokens} maximum"
            raise Refusal(error(400, _INVALID, message))
        return draft

    def whole(self, draft: Draft) -> object:
        content: list[object] = [_thought(draft)] if draft.usage.thinking else []
        if draft.text:
            content.append({"type": "text", "text": draft.text, "citations": None})
        ended = {"content": content, **_stop(draft), "usage": _usage(draft, draft.usage.output)}
        return _without_usage({**_message(draft), **ended}, draft)

    def events(self, draft: Draft) -> list[Send]:
        return list(_events(draft))

    def headers(self, draft: Draft) -> Mapping[str, str]:
        return {"request-id": f"req_{draft.number:024x}", "anthropic-organization-id": "org-fake"}

    def refuse(self, why: Why, retry_after_s: float | None = None) -> Reply:
        status, kind, message, code = _REFUSALS[why]
        headers = {} if retry_after_s is None else {"retry-after": str(math.ceil(retry_after_s))}
        if status == 429:
            headers["anthropic-ratelimit-requests-remaining"] = "0"
        return error(status, kind, message, code=code, headers=headers)

    def error_event(self, draft: Draft, why: Why) -> bytes:
        del draft
        return b"event: error\ndata: %b\n\n" % compact(self.refuse(why).body)

    def noise(self) -> list[bytes]:
        return [
            b": keep-alive\n\n",
            b'event: ping\ndata: {"type": "ping"}\n\n',
            _event("weather_changed", weather={"sky": "blue"}),
        ]

    def _check_headers(self, call: Call) -> None:
        if call.key is None:
            raise Refusal(error(401, "authentication_error", "x-api-key header is required"))
        if call.key not in self.server.keys:
            raise Refusal(error(401, "authentication_error", "invalid x-api-key"))
        version = call.headers.get("anthropic-version")
        if version is None:
            raise _wrong("anthropic-version: header is required")
        if version not in _VERSIONS:
            raise _wrong(f'anthropic-version: "{version}" is not a valid version')

    def _check_parameters(self, call: Call) -> None:
        body = call.body
        if (unknown := next((name for name in body if name not in _PARAMETERS), None)) is not None:
            raise _wrong(f"{unknown}: Extra inputs are not permitted")
        for name in ("model", "max_tokens", "messages"):
            if name not in body:
                raise _wrong(f"{name}: Field required")
        if call.model not in self.server.models:
            raise Refusal(error(404, "not_found_error", f"model: {call.model}"))
        if call.headers["anthropic-version"] == "2026-10-21" and (sent := [n for n in _SAMPLING if n in body]):
            raise _wrong(f"{sent[0]}: sampling parameters are not accepted from version 2026-10-21 on")
        if body["max_tokens"] > self.server.max_output_tokens:
            limit = self.server.max_output_tokens
            raise _wrong(f"max_tokens: {body['max_tokens']} > {limit}, which is the maximum for {call.model}")
        if body.get("service_tier", "auto") not in {"auto", "standard_only"}:
            raise _wrong("service_tier: Input should be 'auto' or 'standard_only'")
        _check_thinking(call)


def error(
    status: int, kind: str, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """An error in Anthropic's form."""
    details = {"details": {"error_code": code}} if code else {}
    told = {"type": kind, "message": message, **details}
    request_id = "req_refused"
    return Reply(
        status,
        {"type": "error", "error": told, "request_id": request_id},
        {"request-id": request_id, **(headers or {})},
    )


def _wrong(message: str) -> Refusal:
    return Refusal(error(400, _INVALID, message))


def _check_thinking(call: Call) -> None:
    thinking = call.body.get("thinking") or {"type": "adaptive"}
    if thinking.get("type") not in _THINKING:
        raise _wrong(f"thinking: Input tag '{thinking.get('type')}' does not match any of the expected tags")
    if thinking["type"] == "disabled" and call.model.startswith(_ALWAYS_THINKING):
        raise _wrong(f"thinking: cannot be disabled for {call.model}")
    if thinking["type"] == "enabled" and not (
        _MIN_THINKING_TOKENS <= thinking.get("budget_tokens", 0) < call.body["max_tokens"]
    ):
        raise _wrong("thinking.enabled.budget_tokens: must be at least 1024 and less than max_tokens")
    effort = (call.body.get("output_config") or {}).get("effort")
    if effort is not None and effort not in _EFFORTS:
        raise _wrong("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")


def _system(body: Mapping[str, Any]) -> list[Part]:
    system = body.get("system")
    return [] if system is None else _blocks(system, "system")


def _messages(messages: object) -> list[Part]:
    if not isinstance(messages, list) or not messages:
        raise _wrong("messages: at least one message is required")
    parts: list[Part] = []
    for index, message in enumerate(messages):
        if message.get("role") not in {"user", "assistant"}:
            raise _wrong(f'messages: Unexpected role "{message.get("role")}"')
        parts += _blocks(message.get("content"), f"messages.{index}")
    if messages[0]["role"] != "user":
        raise _wrong('messages: first message must use the "user" role')
    if messages[-1]["role"] != "user":
        raise _wrong("This model does not support assistant message prefill. The conversation must end with a user.")
    return parts


def _blocks(content: object, place: str) -> list[Part]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise _wrong(f"{place}.content: Input should be a valid list")
    parts: list[Part] = []
    for index, block in enumerate(content):
        if block.get("type") != "text":
            raise _wrong(f"{place}.content.{index}: Input tag '{block.get('type')}' found using 'type' is not expected")
        if not block["text"].strip():
            raise _wrong(f"{place}: text content blocks must be non-empty")
        parts.append(Part(block["text"], _keep(block.get("cache_control"))))
    return parts


def _keep(control: Mapping[str, Any] | None) -> Keep:
    if control is None:
        return "no"
    if control.get("type") != "ephemeral" or control.get("ttl", "5m") not in {"5m", "1h"}:
        raise _wrong("cache_control: Input should be {'type': 'ephemeral', 'ttl': '5m' or '1h'}")
    return "long" if control.get("ttl") == "1h" else "short"


def _check_marks(parts: list[Part]) -> None:
    marks = [part.keep for part in parts if part.keep != "no"]
    if len(marks) > _MAX_MARKS:
        raise _wrong(f"A maximum of 4 blocks with cache_control may be provided. Found {len(marks)}.")
    if "short" in marks and "long" in marks[marks.index("short") :]:
        raise _wrong("cache_control: a ttl='1h' block must not come after a ttl='5m' block")


def _events(draft: Draft) -> Iterator[Send]:
    started = {**_message(draft), "content": [], "stop_reason": None, "stop_sequence": None, "stop_details": None}
    started["usage"] = _usage(draft, min(1, draft.usage.output))
    yield Send(_event("message_start", message=_without_usage(started, draft)))
    yield Send(b'event: ping\ndata: {"type": "ping"}\n\n')
    index = 0
    if draft.usage.thinking:
        for event in _thinking_events(draft):
            yield Send(event, draft.usage.thinking)
        index = 1
    if draft.text:
        block = {"type": "text", "text": "", "citations": None}
        yield Send(_event("content_block_start", index=index, content_block=block))
        delta = mould(_event("content_block_delta", index=index, delta={"type": "text_delta", "text": TEXT}))
        for count, piece in enumerate(draft.pieces, 1):
            yield Send(delta % quoted(piece), draft.output_after(count), delta=True)
        yield Send(_event("content_block_stop", index=index))
    ended = _without_usage({"delta": _stop(draft), "usage": _usage(draft, draft.usage.output)}, draft)
    yield Send(_event("message_delta", **ended), draft.usage.output)
    yield Send(_event("message_stop"))


def _thinking_events(draft: Draft) -> Iterator[bytes]:
    yield _event("content_block_start", index=0, content_block={"type": "thinking", "thinking": "", "signature": ""})
    thought = _thought(draft)
    for kind, field in (("thinking_delta", "thinking"), ("signature_delta", "signature")):
        yield _event("content_block_delta", index=0, delta={"type": kind, field: thought[field]})
    yield _event("content_block_stop", index=0)


def _message(draft: Draft) -> dict[str, object]:
    return {
        "id": f"msg_{draft.number:024x}",
        "type": "message",
        "role": "assistant",
        "model": draft.model,
        "container": None,
    }


def _thought(draft: Draft) -> dict[str, object]:
    return {"type": "thinking", "thinking": "Passage 1 answers it.", "signature": f"c2ln{draft.number:08x}"}


def _stop(draft: Draft) -> dict[str, object]:
    reason = draft.words or _STOP[draft.ending]
    refusal = {"type": "refusal", "category": "general_harms", "explanation": None}
    return {
        "stop_reason": reason,
        "stop_sequence": None,
        "stop_details": refusal if reason == "refusal" else None,
    }


def _usage(draft: Draft, output: int) -> dict[str, object]:
    usage = draft.usage
    return {
        "input_tokens": usage.uncached,
        "cache_creation_input_tokens": usage.written + usage.written_long,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.written,
            "ephemeral_1h_input_tokens": usage.written_long,
        },
        "output_tokens": output,
        "output_tokens_details": {"thinking_tokens": min(usage.thinking, output)},
        "server_tool_use": None,
        "service_tier": "standard" if draft.tier == "fast" else draft.tier,
        "speed": "fast" if draft.tier == "fast" else "standard",
        "inference_geo": "global",
    }


def _without_usage(message: dict[str, object], draft: Draft) -> dict[str, object]:
    if not draft.tells_usage:
        del message["usage"]
    return message


def _event(kind: str, **fields: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), compact({"type": kind, **fields}))


if __name__ == "__main__":
    serve_as_program(AnthropicServer)
