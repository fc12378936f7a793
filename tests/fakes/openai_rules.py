"""What OpenAI's two chat protocols have in common: who may ask for what, how it is refused, and what is cached.

Error codes: developers.openai.com, checked 2026-11-22.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from tests.fakes.chat_bill import Cached, Part
from tests.fakes.chat_script import Call, Dialect, Draft, Refusal, Why
from tests.fakes.chat_server import ChatServer
from tests.fakes.embedding_server import Reply, openai_error

ROLES = frozenset({"user", "assistant", "system", "developer"})
EFFORTS = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"})

_TIERS = {
    **dict.fromkeys((None, "auto", "default"), "default"),
    **dict.fromkeys(("fast", "priority"), "priority"),
    **{tier: tier for tier in ("flex", "scale", "ultrafast")},
}
_BEFORE_REASONING = ("gpt-4o", "gpt-4.1")
_ALWAYS_REASONING = ("gpt-6.1-sol", "gpt-6.2")
_FREE_CACHE_WRITES = ("gpt-4", "gpt-5-", "gpt-5.1", "gpt-5.4")
_MAX_CACHE_KEY_CHARS = 64

_INVALID = "invalid_request_error"
_REFUSALS: Mapping[Why, tuple[int, str, str | None, str]] = {
    "bad_request": (400, _INVALID, "invalid_value", "Invalid value: the request cannot be served as it is."),
    "bad_key": (401, _INVALID, "invalid_api_key", "Incorrect API key provided: sk-fake*********cdef."),
    "forbidden": (403, _INVALID, "model_not_available", "Project `proj_1` does not have access to this model."),
    "wrong_region": (
        403,
        "request_forbidden",
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
    ),
    "unknown_model": (404, _INVALID, "model_not_found", "The model does not exist or you do not have access to it."),
    "prompt_too_long": (
        400,
        _INVALID,
        "context_length_exceeded",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
    ),
    "too_large": (413, _INVALID, None, "The request body is too large."),
    "rate_limited": (429, "tokens", "rate_limit_exceeded", "Rate limit reached for tokens per min (TPM)."),
    "daily_quota": (429, "requests", "rate_limit_exceeded", "Rate limit reached for requests per day (RPD)."),
    "out_of_money": (
        429,
        "insufficient_quota",
        "credit_balance_exhausted",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "spend_limit": (429, "insufficient_quota", "project_spend_limit_exceeded", "The project reached its spend limit."),
    "usage_limit": (
        429,
        "insufficient_quota",
        "organization_usage_limit_exceeded",
        "The organization reached its usage limit.",
    ),
    "server_error": (
        500,
        "server_error",
        "server_error",
        "The server had an error while processing your request. Sorry about that!",
    ),
    "unavailable": (503, "server_error", None, "The service is temporarily unavailable."),
    "overloaded": (503, "service_unavailable_error", "server_is_overloaded", "The servers are currently overloaded."),
    "timed_out": (504, "server_error", None, "The request timed out."),
}


class OpenAIRules(ChatServer):
    """A server that knows what a request may ask for, whichever protocol it comes in.

    Attributes:
        strict: It is the vendor itself; otherwise one of the many servers that follow it and take any parameter.
        models: With the day on which each is shut down.
        needs_key: Ollama and its like take any key or none.
        running_usage: Chat Completions tell the usage in every chunk, as vLLM can.
    """

    tier_factors: Mapping[str, Decimal] = {
        "flex": Decimal("0.5"),
        "batch": Decimal("0.5"),
        "priority": Decimal(2),
        "ultrafast": Decimal(3),
    }
    context_tokens = 1_050_000

    def __init__(self, port: int = 0, *, strict: bool = True) -> None:
        super().__init__(port)
        self.strict = strict
        self.needs_key = strict
        self.running_usage = False
        self.models: dict[str, str | None] = {
            **dict.fromkeys(("gpt-6.2-astra", "gpt-6-astra", "gpt-6.2-sol", "gpt-6.1-sol", "gpt-6.1-terra")),
            **dict.fromkeys(("gpt-6-luna", "gpt-5.6-luna", "gpt-5.6-terra", "gpt-5.6-sol", "gpt-5.4-mini")),
            **dict.fromkeys(("gpt-4o", "gpt-4o-mini"), "2027-01-14"),
        }

    def check_key(self, call: Call) -> None:
        """Raises `Refusal` where the key is none of `keys`."""
        if not self.needs_key or call.key in self.keys:
            return
        if call.key is None:
            raise Refusal(openai_error(401, _INVALID, None, "You didn't provide an API key."))
        message = f"Incorrect API key provided: {call.key[:8]}*****{call.key[-4:]}."
        raise Refusal(openai_error(401, _INVALID, "invalid_api_key", message))

    def check_names(self, names: Collection[str], known: Collection[str], prefix: str = "") -> None:
        """Raises `Refusal` at the first parameter that the vendor does not know."""
        unknown = next((name for name in names if name not in known), None)
        if unknown is not None and self.strict:
            raise wrong("unknown_parameter", f"{prefix}{unknown}", f"Unknown parameter: '{prefix}{unknown}'.")

    def check_model(self, call: Call) -> None:
        """Raises `Refusal` where there is no such model."""
        if "model" not in call.body:
            raise wrong("missing_required_parameter", "model", "Missing required parameter: 'model'.")
        if call.model not in self.models:
            message = f"The model `{call.model}` does not exist or you do not have access to it."
            raise Refusal(openai_error(404, _INVALID, "model_not_found", message))

    def check_sampling(self, call: Call, effort: str | None) -> None:
        """Raises `Refusal` at an effort that the model cannot make, and at a temperature while it reasons."""
        if not self.strict:
            return
        if effort is not None and effort not in EFFORTS:
            raise wrong("invalid_value", "reasoning.effort", f"Invalid value: '{effort}'.")
        reasons = not call.model.startswith(_BEFORE_REASONING)
        if effort is not None and not reasons:
            raise unsupported("reasoning.effort")
        if effort in {"none", "minimal"} and call.model.startswith(_ALWAYS_REASONING):
            message = f"Unsupported value: '{effort}' is not supported with this model."
            raise wrong("unsupported_value", "reasoning.effort", message)
        if reasons and effort != "none":
            for name in ("temperature", "top_p"):
                if call.body.get(name) is not None:
                    raise unsupported(name)

    def check_options(self, call: Call, known: Collection[str]) -> None:
        """Raises `Refusal` at options of a stream that do not exist, or where there is no stream."""
        options = call.body.get("stream_options")
        if options is None:
            return
        if not call.body.get("stream"):
            message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            raise wrong(None, "stream_options", message)
        self.check_names(options, known, "stream_options.")

    def tier(self, call: Call) -> str:
        asked = call.body.get("service_tier")
        if asked not in _TIERS:
            raise wrong("invalid_value", "service_tier", f"Invalid value: '{asked}'.")
        return _TIERS[asked]

    def cached(self, call: Call, parts: list[Part]) -> Cached:
        """What the prompt cache does with a prompt, by `prompt_cache_key` and `prompt_cache_options`."""
        key = call.body.get("prompt_cache_key")
        if isinstance(key, str) and len(key) > _MAX_CACHE_KEY_CHARS:
            message = f"Invalid 'prompt_cache_key': string too long. Expected a maximum of {_MAX_CACHE_KEY_CHARS}."
            raise wrong("string_above_max_length", "prompt_cache_key", message)
        options = call.body.get("prompt_cache_options") or {}
        self.check_names(options, {"mode", "ttl", "prewarm", "comparison_response_id"}, "prompt_cache_options.")
        free = call.model.startswith(_FREE_CACHE_WRITES)
        if free and options and self.strict:
            raise unsupported("prompt_cache_options")
        seed = (call.model, key)
        if options.get("mode") == "explicit":
            return self.cache.by_marks(seed, parts, from_tokens=self.cache_from_tokens)
        keep = "no" if free else "long" if options.get("ttl") == "12h" else "short"
        text = "".join(part.text for part in parts)
        return self.cache.by_blocks(seed, text, from_tokens=self.cache_from_tokens, keep=keep)

    def fit(self, draft: Draft) -> Draft:
        """Raises `Refusal` where the prompt is longer than the context window."""
        if draft.usage.input > self.context_tokens:
            raise Refusal(refusal("prompt_too_long"))
        return draft


class OpenAIDialect(Dialect):
    """What both of the vendor's protocols share."""

    apology = "I'm sorry, but I can't help with that."

    def __init__(self, server: OpenAIRules) -> None:
        self.server = server

    def headers(self, draft: Draft) -> Mapping[str, str]:
        return {
            "x-request-id": f"req_{draft.number:032x}",
            "openai-version": "2020-10-01",
            "openai-processing-ms": "1",
        }

    def refuse(self, why: Why, retry_after_s: float | None = None) -> Reply:
        return refusal(why, retry_after_s)


def refusal(why: Why, retry_after_s: float | None = None) -> Reply:
    status, kind, code, message = _REFUSALS[why]
    if retry_after_s is None:
        return openai_error(status, kind, code, message)
    message += f" Please try again in {retry_after_s:g}s."
    milliseconds = math.ceil(retry_after_s * 1_000)
    waits = {"retry-after": str(math.ceil(retry_after_s)), "retry-after-ms": str(milliseconds)}
    resource = kind if kind in {"tokens", "requests"} else "requests"
    rates = {f"x-ratelimit-remaining-{resource}": "0", f"x-ratelimit-reset-{resource}": f"{milliseconds}ms"}
    return openai_error(status, kind, code, message, {**waits, **rates} if status == 429 else waits)


def wrong(code: str | None, param: str, message: str) -> Refusal:
    """A parameter that is not as it should be."""
    body = {"error": {"message": message, "type": _INVALID, "param": param, "code": code}}
    return Refusal(Reply(400, body))


def unsupported(param: str) -> Refusal:
    message = f"Unsupported parameter: '{param}' is not supported with this model."
    return wrong("unsupported_parameter", param, message)


def parts_of(content: object, param: str, kinds: Collection[str]) -> list[Part]:
    """The texts of a message, whose parts may only be of these kinds."""
    if isinstance(content, str):
        return [Part(content)]
    if not isinstance(content, list):
        raise wrong("invalid_type", param, f"Invalid type for '{param}': expected a string or an array.")
    return [_part(part, f"{param}[{index}]", kinds) for index, part in enumerate(content)]


def _part(part: Mapping[str, Any], param: str, kinds: Collection[str]) -> Part:
    if part.get("type") not in kinds:
        supported = " and ".join(f"'{kind}'" for kind in sorted(kinds))
        message = f"Invalid value: '{part.get('type')}'. Supported values are: {supported}."
        raise wrong("invalid_value", f"{param}.type", message)
    text = part.get("text", part.get("refusal"))
    if not isinstance(text, str):
        raise wrong("missing_required_parameter", f"{param}.text", f"Missing required parameter: '{param}.text'.")
    mark = part.get("prompt_cache_breakpoint")
    return Part(text, "no" if mark is None else "long" if mark.get("ttl") == "12h" else "short")
