"""A local server that speaks Gemini's `:generateContent` and `:streamGenerateContent?alt=sse`.

Forms: type stubs and client of the package google-genai 3.4.0, troubleshooting of ai.google.dev (2026-11-22).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from tests.fakes.chat_bill import Part
from tests.fakes.chat_script import NUMBER, TEXT, Call, Dialect, Draft, Refusal, Send, Why, compact, mould, quoted
from tests.fakes.chat_server import ChatServer, serve_as_program
from tests.fakes.embedding_server import Reply, gemini_error

_PATH = re.compile(r"/v1(?:beta)?/models/([\w.-]+):(generateContent|streamGenerateContent)")
_PARAMETERS = frozenset(
    {
        *("cachedContent", "contents", "generationConfig", "model", "safetySettings", "serviceTier", "store"),
        *("systemInstruction", "toolConfig", "tools"),
    }
)
_GENERATION = frozenset(
    {
        *("candidateCount", "frequencyPenalty", "logprobs", "maxOutputTokens", "mediaResolution", "presencePenalty"),
        *("responseFormat", "responseJsonSchema", "responseLogprobs", "responseMimeType", "responseModalities"),
        *("responseSchema", "seed", "speechConfig", "stopSequences", "temperature", "thinkingConfig", "topK", "topP"),
    }
)
_TIERS = frozenset({"standard", "flex", "priority"})
_FINISH = {"finished": "STOP", "truncated": "MAX_TOKENS", "filtered": "SAFETY"}

_INVALID = "INVALID_ARGUMENT"
_EXHAUSTED = "RESOURCE_EXHAUSTED"
_REFUSALS: Mapping[Why, tuple[int, str, str]] = {
    "bad_request": (400, _INVALID, "Request contains an invalid argument."),
    "bad_key": (400, _INVALID, "API key not valid. Please pass a valid API key."),
    "forbidden": (403, "PERMISSION_DENIED", "The caller does not have permission"),
    "wrong_region": (400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
    "unknown_model": (404, "NOT_FOUND", "The model is not found for API version v1beta."),
    "prompt_too_long": (
        400,
        _INVALID,
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ),
    "too_large": (400, _INVALID, "Request payload size exceeds the limit: 20971520 bytes."),
    "rate_limited": (429, _EXHAUSTED, "You exceeded your current quota."),
    "daily_quota": (429, _EXHAUSTED, "You exceeded your current quota."),
    "out_of_money": (400, "FAILED_PRECONDITION", "Billing is not enabled for this project."),
    "spend_limit": (429, _EXHAUSTED, "The project exceeded its spend limit."),
    "usage_limit": (429, _EXHAUSTED, "The project exceeded its spend limit."),
    "server_error": (500, "INTERNAL", "An internal error has occurred."),
    "unavailable": (503, "UNAVAILABLE", "The service is currently unavailable."),
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "timed_out": (504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}
_QUOTAS: Mapping[Why, str] = {
    "rate_limited": "GenerateRequestsPerMinutePerProjectPerModel",
    "daily_quota": "GenerateRequestsPerDayPerProjectPerModel",
    "spend_limit": "SpendPerTenMinutesPerProject",
    "usage_limit": "SpendPerTenMinutesPerProject",
}


class GeminiServer(ChatServer):
    """`async with GeminiServer() as server:`; a client's base URL is `server.url`."""

    models = frozenset(
        {
            *("gemini-4-argon", "gemini-4-carbon", "gemini-4-hydrogen", "gemini-3.8-flash", "gemini-3.5-flash-lite"),
            *("gemini-2.5-flash-lite", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-3.1-pro-preview"),
        }
    )
    tier_factors: Mapping[str, Decimal] = {"flex": Decimal("0.5"), "batch": Decimal("0.5"), "priority": Decimal("1.8")}
    cache_from_tokens = 4_096
    context_tokens = 1_048_576

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self._generate_content = GenerateContent(self)

    def dialect(self, call: Call) -> Dialect | Reply:
        if _PATH.fullmatch(call.path):
            return self._generate_content
        return gemini_error(404, "NOT_FOUND", "Requested entity was not found.")


class GenerateContent(Dialect):
    """Chunks that are each a whole response; thinking is counted apart from the output; no event for the end."""

    def __init__(self, server: GeminiServer) -> None:
        self.server = server

    def draft(self, call: Call) -> Draft:
        server, body = self.server, call.body
        self._check(call)
        parts = _parts(body)
        text = "".join(part.text for part in parts)
        draft = server.write(
            call,
            parts,
            server.cache.by_blocks(call.model, text, from_tokens=server.cache_from_tokens, keep="no"),
            max_output=(body.get("generationConfig") or {}).get("maxOutputTokens"),
            tier=body.get("serviceTier") or "standard",
            streaming=call.path.endswith(":streamGenerateContent"),
        )
        if draft.usage.input > server.context_tokens:
            message = f"The input token count ({draft.usage.input}) exceeds the maximum number of tokens allowed"
            raise _wrong(f"{message} ({server.context_tokens}).")
        return draft

    def whole(self, draft: Draft) -> object:
        if draft.ending == "refused":
            return _blocked(draft)
        return _response(draft, draft.text, finish=_finish(draft))

    def events(self, draft: Draft) -> list[Send]:
        if draft.ending == "refused":
            return [_event(_blocked(draft), draft.usage.output)]
        usage = draft.usage
        delta = mould(_event(_response(draft, TEXT, usage=_usage(draft, NUMBER, NUMBER))).data)
        chunks: list[Send] = []
        for count, piece in enumerate(draft.pieces, 1):
            output = draft.output_after(count)
            numbers = (output - usage.thinking, usage.input + output) if draft.tells_usage else ()
            chunks.append(Send(delta % (quoted(piece), *numbers), output, delta=True))
        return [*chunks, _event(_response(draft, "", finish=_finish(draft)), usage.output)]

    def headers(self, draft: Draft) -> Mapping[str, str]:
        return {"server": "scaffolding on HTTPServer2", "x-gemini-service-tier": draft.tier}

    def refuse(self, why: Why, retry_after_s: float | None = None) -> Reply:
        status, code, message = _REFUSALS[why]
        reason = "API_KEY_INVALID" if why == "bad_key" else None
        details = [] if why not in _QUOTAS else [_quota_failure(_QUOTAS[why])]
        if retry_after_s is not None:
            message += f" Please retry in {retry_after_s:g}s."
        delay = None if retry_after_s is None else f"{retry_after_s:g}s"
        return _with_details(gemini_error(status, code, message, reason=reason, retry_delay=delay), details)

    def error_event(self, draft: Draft, why: Why) -> bytes:
        del draft
        return _event(self.refuse(why).body).data

    def noise(self) -> list[bytes]:
        return [_event({"weather": {"sky": "blue"}, "modelVersion": "gemini"}).data]

    def _check(self, call: Call) -> None:
        if call.key is None:
            message = "Method doesn't allow unregistered callers (callers without established identity)."
            raise Refusal(gemini_error(403, "PERMISSION_DENIED", message))
        if call.key not in self.server.keys:
            raise Refusal(self.refuse("bad_key"))
        if call.model not in self.server.models:
            message = f"models/{call.model} is not found for API version v1beta."
            raise Refusal(gemini_error(404, "NOT_FOUND", message))
        config = call.body.get("generationConfig") or {}
        _check_names(call.body, _PARAMETERS, "")
        _check_names(config, _GENERATION, " at 'generation_config'")
        if call.body.get("serviceTier", "standard") not in _TIERS:
            raise _wrong(f"Invalid value at 'service_tier': {call.body['serviceTier']}")
        if call.path.endswith(":streamGenerateContent") and call.query.get("alt") != "sse":
            raise _wrong("This server streams server-sent events alone: ask for alt=sse.")
        _check_thinking(call.model, config.get("thinkingConfig") or {})


def _wrong(message: str) -> Refusal:
    return Refusal(gemini_error(400, _INVALID, message))


def _check_names(names: Collection[str], known: Collection[str], place: str) -> None:
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise _wrong(f'Invalid JSON payload received. Unknown name "{unknown}"{place}: Cannot find field.')


def _check_thinking(model: str, thinking: Mapping[str, Any]) -> None:
    if "thinkingBudget" in thinking and model.startswith("gemini-4"):
        raise _wrong("Thinking budget is not supported for this model.")
    level = str(thinking.get("thinkingLevel", "high")).lower()
    levels = {"low", "medium", "high", *({"xhigh"} if model == "gemini-4-hydrogen" else set())}
    if level not in levels:
        raise _wrong(f"Thinking level {level.upper()} is not supported for this model.")


def _parts(body: Mapping[str, Any]) -> list[Part]:
    contents = body.get("contents")
    if not contents:
        raise _wrong("* GenerateContentRequest.contents: contents is not specified")
    system = body.get("systemInstruction") or {"parts": []}
    parts = _texts(system)
    for content in contents:
        if content.get("role", "user") not in {"user", "model"}:
            raise _wrong("Please use a valid role: user, model.")
        if not content.get("parts"):
            raise _wrong("* GenerateContentRequest.contents.parts: contents.parts must not be empty.")
        parts += _texts(content)
    return parts


def _texts(content: Mapping[str, Any]) -> list[Part]:
    _check_names(content, {"parts", "role"}, " at 'contents'")
    return [Part(part["text"]) for part in content["parts"]]


def _response(draft: Draft, text: str, *, finish: str | None = None, usage: object = None) -> dict[str, object]:
    candidate: dict[str, object] = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    if finish == "SAFETY":
        candidate["safetyRatings"] = _ratings()
    return {"candidates": [candidate], **_metadata(draft, usage)}


def _blocked(draft: Draft) -> dict[str, object]:
    return {"promptFeedback": {"blockReason": "SAFETY", "safetyRatings": _ratings()}, **_metadata(draft)}


def _finish(draft: Draft) -> str:
    return draft.words or _FINISH[draft.ending]


def _ratings() -> list[object]:
    return [{"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}]


def _metadata(draft: Draft, usage: object = None) -> dict[str, object]:
    told = {"usageMetadata": usage or _usage(draft)} if draft.tells_usage else {}
    return {**told, "modelVersion": draft.model, "responseId": f"fake{draft.number:016x}"}


def _usage(draft: Draft, said: object = None, total: object = None) -> dict[str, object]:
    """Of the whole answer, or with other figures (or the places for them) for what was said of it."""
    usage = draft.usage
    told: dict[str, object] = {
        "promptTokenCount": usage.input,
        "candidatesTokenCount": usage.output - usage.thinking if said is None else said,
        "totalTokenCount": usage.input + usage.output if total is None else total,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.input}],
        "serviceTier": draft.tier,
    }
    if usage.thinking:
        told["thoughtsTokenCount"] = usage.thinking
    if usage.cached:
        told["cachedContentTokenCount"] = usage.cached
        told["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": usage.cached}]
    return told


def _quota_failure(quota: str) -> dict[str, object]:
    violation = {"quotaMetric": "generativelanguage.googleapis.com/generate_content_requests", "quotaId": quota}
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}


def _with_details(reply: Reply, details: list[dict[str, object]]) -> Reply:
    body: Any = reply.body
    body["error"]["details"] += details
    return reply


def _event(value: object, output: int | None = None) -> Send:
    return Send(b"data: %b\r\n\r\n" % compact(value), output)


if __name__ == "__main__":
    serve_as_program(GeminiServer)
