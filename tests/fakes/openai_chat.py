"""`POST /v1/chat/completions`, as OpenAI and the servers that follow it speak it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.chat_bill import Part
from tests.fakes.chat_script import NUMBER, TEXT, Call, Draft, Send, Why, compact, mould, quoted
from tests.fakes.openai_rules import ROLES, OpenAIDialect, parts_of, refusal, unsupported, wrong

_PARAMETERS = frozenset(
    {
        *("audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs"),
        *("max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "model", "moderation", "n"),
        *("parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options"),
        *("prompt_cache_retention", "reasoning_effort", "response_format", "safety_identifier", "seed"),
        *("service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools"),
        *("top_logprobs", "top_p", "user", "verbosity", "web_search_options"),
    }
)
_FINISH = {"finished": "stop", "truncated": "length", "refused": "stop", "filtered": "content_filter"}


class ChatCompletions(OpenAIDialect):
    """Chunks that all look alike, the usage in one without choices, then `[DONE]`."""

    def draft(self, call: Call) -> Draft:
        server, body = self.server, call.body
        server.check_key(call)
        server.check_names(body, _PARAMETERS)
        server.check_model(call)
        server.check_sampling(call, body.get("reasoning_effort"))
        server.check_options(call, {"include_usage", "include_obfuscation"})
        if body.get("max_tokens") is not None and server.strict and not call.model.startswith("gpt-4"):
            raise unsupported("max_tokens")
        parts = _parts(body)
        draft = server.write(
            call,
            parts,
            server.cached(call, parts),
            max_output=body.get("max_completion_tokens", body.get("max_tokens")),
            tier=server.tier(call),
            streaming=bool(body.get("stream")),
        )
        return server.fit(draft)

    def whole(self, draft: Draft) -> object:
        refused = draft.ending == "refused"
        message = {
            "role": "assistant",
            "content": None if refused else draft.text,
            "refusal": draft.text if refused else None,
            "annotations": [],
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(draft)}
        usage = {"usage": _usage(draft)} if draft.tells_usage else {}
        return {**_envelope(draft, "chat.completion"), "choices": [choice], **usage}

    def events(self, draft: Draft) -> list[Send]:
        field = "refusal" if draft.ending == "refused" else "content"
        runs = self.server.running_usage and draft.tells_usage
        delta = mould(self._chunk(draft, {field: TEXT}, usage=_usage(draft, NUMBER, NUMBER)).data)
        chunks = [self._chunk(draft, {"role": "assistant", "content": "", "refusal": None})]
        for count, piece in enumerate(draft.pieces, 1):
            output = draft.output_after(count)
            numbers = (output, draft.usage.input + output) if runs else ()
            chunks.append(Send(delta % (quoted(piece), *numbers), output, delta=True))
        chunks.append(self._chunk(draft, {}, finish=_finish(draft), usage=_usage(draft)))
        if _usage_asked(draft) and draft.tells_usage:
            chunks.append(_event({**_envelope(draft, "chat.completion.chunk"), "choices": [], "usage": _usage(draft)}))
        return [*chunks, Send(b"data: [DONE]\n\n", draft.usage.output)]

    def error_event(self, draft: Draft, why: Why) -> bytes:
        del draft
        return _event(refusal(why).body).data

    def noise(self) -> list[bytes]:
        strange = {"object": "chat.completion.weather", "id": "w", "created": 0, "model": "w", "choices": []}
        return [b": PROCESSING\n\n", _event(strange).data]

    def _chunk(
        self, draft: Draft, delta: Mapping[str, object], *, finish: str | None = None, usage: object = None
    ) -> Send:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        chunk = {**_envelope(draft, "chat.completion.chunk"), "choices": [choice]}
        if self.server.running_usage and draft.tells_usage:
            chunk["usage"] = usage
        elif _usage_asked(draft):
            chunk["usage"] = None
        return _event(chunk)


def _parts(body: Mapping[str, Any]) -> list[Part]:
    messages = body.get("messages")
    if not messages:
        raise wrong("missing_required_parameter", "messages", "Missing required parameter: 'messages'.")
    parts: list[Part] = []
    for index, message in enumerate(messages):
        role = message.get("role")
        if role not in ROLES:
            raise wrong("invalid_value", f"messages[{index}].role", f"Invalid value: '{role}'.")
        kinds = {"text", "refusal"} if role == "assistant" else {"text"}
        parts += parts_of(message.get("content"), f"messages[{index}].content", kinds)
    return parts


def _envelope(draft: Draft, kind: str) -> dict[str, object]:
    return {
        "id": f"chatcmpl-{draft.number:024x}",
        "object": kind,
        "created": draft.created,
        "model": draft.model,
        "service_tier": draft.tier,
        "system_fingerprint": "fp_fake",
    }


def _finish(draft: Draft) -> str:
    return draft.words or _FINISH[draft.ending]


def _usage_asked(draft: Draft) -> bool:
    return bool((draft.request.get("stream_options") or {}).get("include_usage"))


def _usage(draft: Draft, output: object = None, total: object = None) -> dict[str, object]:
    """Of the whole answer, or with other figures (or the places for them) for what was said of it."""
    usage = draft.usage
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output if output is None else output,
        "total_tokens": usage.input + usage.output if total is None else total,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached,
            "cache_write_tokens": usage.written + usage.written_long,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.thinking,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _event(value: object) -> Send:
    return Send(b"data: %b\n\n" % compact(value))
