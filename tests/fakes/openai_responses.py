"""`POST /v1/responses`, as OpenAI speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.chat_bill import Part
from tests.fakes.chat_script import NUMBER, TEXT, Call, Draft, Send, Why, compact, mould, quoted
from tests.fakes.openai_rules import ROLES, OpenAIDialect, parts_of, refusal, wrong

_PARAMETERS = frozenset(
    {
        *("access_programs", "background", "background_options", "context_management", "conversation", "image"),
        *("include", "input", "instructions", "max_output_tokens", "max_tool_calls", "metadata", "model"),
        *("moderation", "parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key"),
        *("prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier", "service_tier"),
        *("store", "stream", "stream_options", "temperature", "text", "tool_choice", "tools", "top_logprobs"),
        *("top_p", "truncation", "user"),
    }
)
_MIN_OUTPUT_TOKENS = 16
# Of an event that a fault puts between or behind the others: nobody has counted them.
_UNCOUNTED = 999


class Responses(OpenAIDialect):
    """Typed events, numbered, from `response.created` to one of three ends."""

    def draft(self, call: Call) -> Draft:
        server, body = self.server, call.body
        server.check_key(call)
        server.check_names(body, _PARAMETERS)
        server.check_model(call)
        server.check_sampling(call, (body.get("reasoning") or {}).get("effort"))
        server.check_options(call, {"include_obfuscation"})
        limit = body.get("max_output_tokens")
        if limit is not None and limit < _MIN_OUTPUT_TOKENS:
            message = f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, got {limit}."
            raise wrong("integer_below_min_value", "max_output_tokens", message)
        parts = _parts(body)
        draft = server.write(
            call,
            parts,
            server.cached(call, parts),
            max_output=limit,
            tier=server.tier(call),
            streaming=bool(body.get("stream")),
        )
        return server.fit(draft)

    def whole(self, draft: Draft) -> object:
        status = "completed" if draft.ending in {"finished", "refused"} else "incomplete"
        return self._response(draft, status)

    def events(self, draft: Draft) -> list[Send]:
        numbered = _Numbered()
        begun = self._response(draft, "in_progress")
        numbered.add("response.created", response=begun)
        numbered.add("response.in_progress", response=begun)
        place = 0
        if draft.usage.thinking:
            item = _reasoning(draft)
            numbered.add("response.output_item.added", output_index=0, item={**item, "status": "in_progress"})
            numbered.add("response.output_item.done", output_index=0, item=item)
            place = 1
        if draft.text:
            self._message_events(draft, numbered, place)
        ended = self.whole(draft)
        kind = "response.completed" if draft.ending in {"finished", "refused"} else "response.incomplete"
        numbered.add(kind, output=draft.usage.output, response=ended)
        return numbered.events

    def error_event(self, draft: Draft, why: Why) -> bytes:
        del draft
        error = _error(why)
        return _event("error", _UNCOUNTED, {"code": error["code"], "message": error["message"], "param": None})

    def failure(self, draft: Draft, why: Why) -> object:
        error = _error(why)
        code = error["code"] if error["code"] == "rate_limit_exceeded" else "server_error"
        told = {"code": code, "message": error["message"]}
        return {**self._response(draft, "failed"), "error": told, "output": []}

    def failure_event(self, draft: Draft, why: Why) -> bytes:
        return _event("response.failed", _UNCOUNTED, {"response": self.failure(draft, why)})

    def noise(self) -> list[bytes]:
        return [b": keep-alive\n\n", _event("response.weather.changed", _UNCOUNTED, {"weather": {"sky": "blue"}})]

    def _message_events(self, draft: Draft, numbered: _Numbered, place: int) -> None:
        item = _message(draft)
        part = item["content"][0]
        kind, field = ("refusal", "refusal") if draft.ending == "refused" else ("output_text", "text")
        where = {"item_id": item["id"], "output_index": place, "content_index": 0}
        extra: dict[str, object] = {"logprobs": []} if field == "text" else {}
        padded = (draft.request.get("stream_options") or {}).get("include_obfuscation", True)
        padding = {"obfuscation": "fAkE8pAd"} if padded else {}
        begun = {**item, "status": "in_progress", "content": []}
        numbered.add("response.output_item.added", output_index=place, item=begun)
        numbered.add("response.content_part.added", **where, part={**part, field: ""})
        numbered.add_deltas(draft, f"response.{kind}.delta", {**where, **extra, **padding})
        numbered.add(f"response.{kind}.done", **where, **{field: draft.text}, **extra)
        numbered.add("response.content_part.done", **where, part=part)
        numbered.add("response.output_item.done", output_index=place, item=item)

    def _response(self, draft: Draft, status: str) -> dict[str, object]:
        request = draft.request
        begun = status == "in_progress"
        output = [_reasoning(draft)] if draft.usage.thinking else []
        reason = draft.words or {"truncated": "max_output_tokens", "filtered": "content_filter"}.get(draft.ending)
        return {
            "id": f"resp_{draft.number:048x}",
            "object": "response",
            "created_at": draft.created,
            "status": status,
            "background": False,
            "completed_at": draft.created if status == "completed" else None,
            "error": None,
            "incomplete_details": {"reason": reason} if status == "incomplete" else None,
            "instructions": request.get("instructions"),
            "max_output_tokens": request.get("max_output_tokens"),
            "max_tool_calls": None,
            "metadata": request.get("metadata") or {},
            "model": draft.model,
            "output": [] if begun else [*output, *([_message(draft)] if draft.text else [])],
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "prompt_cache_key": request.get("prompt_cache_key"),
            "reasoning": {"effort": (request.get("reasoning") or {}).get("effort"), "summary": None},
            "safety_identifier": None,
            "service_tier": request.get("service_tier") or "auto" if begun else draft.tier,
            "store": request.get("store", True),
            "temperature": 1.0,
            "text": {"format": {"type": "text"}, "verbosity": "medium"},
            "tool_choice": "auto",
            "tools": [],
            "top_logprobs": 0,
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": None if begun or not draft.tells_usage else _usage(draft),
            "user": None,
        }


class _Numbered:
    """Events in the order of their sequence numbers."""

    def __init__(self) -> None:
        self.events: list[Send] = []

    def add(self, kind: str, output: int | None = None, **fields: object) -> None:
        self.events.append(Send(_event(kind, len(self.events), fields), output))

    def add_deltas(self, draft: Draft, kind: str, fields: Mapping[str, object]) -> None:
        delta = mould(_event(kind, NUMBER, {**fields, "delta": TEXT}))
        for count, piece in enumerate(draft.pieces, 1):
            event = delta % (len(self.events), quoted(piece))
            self.events.append(Send(event, draft.output_after(count), delta=True))


def _parts(body: Mapping[str, Any]) -> list[Part]:
    given = body.get("input")
    if given is None:
        raise wrong("missing_required_parameter", "input", "Missing required parameter: 'input'.")
    parts = [Part(body["instructions"])] if body.get("instructions") else []
    if isinstance(given, str):
        return [*parts, Part(given)]
    if not isinstance(given, list):
        raise wrong("invalid_type", "input", "Invalid type for 'input': expected a string or an array.")
    for index, item in enumerate(given):
        role = item.get("role")
        if role not in ROLES:
            raise wrong("invalid_value", f"input[{index}].role", f"Invalid value: '{role}'.")
        kinds = {"output_text", "refusal"} if role == "assistant" else {"input_text"}
        parts += parts_of(item.get("content"), f"input[{index}].content", kinds)
    return parts


def _reasoning(draft: Draft) -> dict[str, object]:
    return {"id": f"rs_{draft.number:048x}", "type": "reasoning", "summary": [], "status": "completed"}


def _message(draft: Draft) -> dict[str, Any]:
    if draft.ending == "refused":
        part: dict[str, object] = {"type": "refusal", "refusal": draft.text}
    else:
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": draft.text}
    return {
        "id": f"msg_{draft.number:048x}",
        "type": "message",
        "status": "completed" if draft.ending in {"finished", "refused"} else "incomplete",
        "role": "assistant",
        "content": [part],
    }


def _usage(draft: Draft) -> dict[str, object]:
    usage = draft.usage
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {
            "cached_tokens": usage.cached,
            "cache_write_tokens": usage.written + usage.written_long,
            "cache_write_tokens_details": {"ttl_30m_tokens": usage.written, "ttl_12h_tokens": usage.written_long},
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.thinking},
        "total_tokens": usage.input + usage.output,
    }


def _error(why: Why) -> dict[str, Any]:
    body: Any = refusal(why).body
    error: dict[str, Any] = body["error"]
    return error


def _event(kind: str, number: object, fields: Mapping[str, object]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), compact({"type": kind, "sequence_number": number, **fields}))
