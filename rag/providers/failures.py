"""What a provider's failure means by what to do next: pure, for every vendor's way of saying it.

The words are those of OpenAI, Anthropic, Gemini and the servers that follow OpenAI, as documented on 2026-11-22: errors
and rate limits of developers.openai.com, platform.claude.com, console.groq.com and openrouter.ai, troubleshooting and
rate limits of ai.google.dev. What a word means at one vendor alone is said by that vendor's `ChatApi.diagnose`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from rag.errors import (
    ContentRefused,
    ModelGone,
    PromptTooLong,
    ProviderDisabled,
    ProviderError,
    ProviderOverloaded,
    ProviderRefused,
    ProviderUnavailable,
)
from rag.providers.waits import retry_after_s, seconds, until_midnight_pacific_s

_MAX_CODE_CHARS = 80
_MAX_MESSAGE_CHARS = 200

_MEANING_OF_STATUS: Mapping[int, type[ProviderError]] = MappingProxyType(
    {
        401: ProviderDisabled,
        402: ProviderDisabled,
        # By default the narrower verdict: a key that may use no model at all turns one off after the other.
        403: ModelGone,
        404: ModelGone,
        408: ProviderUnavailable,
        409: ProviderUnavailable,
        410: ModelGone,
        413: PromptTooLong,
        425: ProviderUnavailable,
        429: ProviderUnavailable,
        503: ProviderOverloaded,
        529: ProviderOverloaded,
    }
)
_MEANING_OF_WORD: Mapping[str, type[ProviderError]] = MappingProxyType(
    {
        "insufficient_quota": ProviderDisabled,
        "credit_balance_exhausted": ProviderDisabled,
        "organization_spend_limit_exceeded": ProviderDisabled,
        "project_spend_limit_exceeded": ProviderDisabled,
        "organization_usage_limit_exceeded": ProviderDisabled,
        "billing_error": ProviderDisabled,
        "invalid_api_key": ProviderDisabled,
        "authentication_error": ProviderDisabled,
        "API_KEY_INVALID": ProviderDisabled,
        "FAILED_PRECONDITION": ProviderDisabled,
        "in_flight_budget_exhausted": ProviderUnavailable,
        "context_length_exceeded": PromptTooLong,
        "request_too_large": PromptTooLong,
        "exceed_context_size_error": PromptTooLong,
        "content_filter": ContentRefused,
        "content_policy_violation": ContentRefused,
        "model_not_found": ModelGone,
        "model_decommissioned": ModelGone,
        "not_found_error": ModelGone,
        "DeploymentNotFound": ModelGone,
        "server_is_overloaded": ProviderOverloaded,
        "slow_down": ProviderOverloaded,
        "overloaded_error": ProviderOverloaded,
        "overloaded": ProviderOverloaded,
        "UNAVAILABLE": ProviderOverloaded,
    }
)
# Inside an answer that began as a success the word has to stand for the status; any other is the vendor's own fault.
_STATUS_OF_WORD: Mapping[str, int] = MappingProxyType(
    {
        "invalid_request_error": 400,
        "INVALID_ARGUMENT": 400,
        "authentication_error": 401,
        "permission_error": 403,
        "PERMISSION_DENIED": 403,
        "not_found_error": 404,
        "NOT_FOUND": 404,
        "rate_limit_exceeded": 429,
        "rate_limit_error": 429,
        "RESOURCE_EXHAUSTED": 429,
    }
)
_BAD_GATEWAY = 502
# Most servers have no word for a prompt that is too long, but all of them say so.
_TOO_LONG = re.compile(
    r"(?:prompt|input|request|messages?)\b.{0,40}\btoo (?:long|large)|context (?:length|window|size)"
    r"|maximum number of tokens|reduce the length",
    re.IGNORECASE,
)

Diagnose = Callable[[int, "Complaint"], type[ProviderError] | None]
"""A vendor's own reading of a failure, by status and complaint; `None`: what all vendors mean by it."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """The body of an error, whichever vendor wrote it.

    Attributes:
        codes: Every machine-readable word in it, from the general to the particular; the quotas of Gemini that are used
            up, such as `GenerateRequestsPerDayPerProjectPerModel-FreeTier`, are the last.
        status: The HTTP status that it names itself, as some do inside an answer that began as a success.
        retry_delay_s: The wait that Gemini asks for in the body, having no header for it.
    """

    codes: tuple[str, ...] = ()
    message: str = ""
    status: int | None = None
    retry_delay_s: float | None = None

    @classmethod
    def read(cls, body: object) -> Complaint:
        """Read parsed JSON: an object with an `error`, or the error itself; of an unknown form it is empty."""
        # Gemini wraps the errors of its streams in a list.
        whole = _mapping(body[0] if isinstance(body, list) and body else body)
        told = whole.get("error", whole)
        error = {"message": told} if isinstance(told, str) else _mapping(told)
        details = [_mapping(detail) for detail in _parts(error.get("details"))]
        delays = (seconds(str(detail["retryDelay"])) for detail in details if "retryDelay" in detail)
        return cls(
            codes=tuple(dict.fromkeys(_codes(error, details))),
            message=str(error.get("message") or ""),
            status=_status(error.get("code")) or _status(error.get("status")),
            retry_delay_s=next((delay for delay in delays if delay is not None), None),
        )

    def meaning(self, words: Mapping[str, type[ProviderError]]) -> type[ProviderError] | None:
        """What the most particular of its codes means, of those that stand among `words`."""
        return next((words[code] for code in reversed(self.codes) if code in words), None)

    @property
    def daily(self) -> bool:
        """Whether what is used up comes back with the next day."""
        return any("PerDay" in code for code in self.codes)

    @property
    def implied_status(self) -> int:
        """The HTTP status that it amounts to, where none was sent with it."""
        known = (_STATUS_OF_WORD[code] for code in reversed(self.codes) if code in _STATUS_OF_WORD)
        return self.status or next(known, _BAD_GATEWAY)


@dataclass(frozen=True, slots=True)
class Told:
    """A failure as the provider told it.

    Attributes:
        headers: Of the answer, their names in lower case.
        inside: The answer began as a success, so that a model may have worked, and wants its money.
        key: Which key it is about, where there are several.
    """

    provider: str
    status: int
    complaint: Complaint
    headers: Mapping[str, str]
    inside: bool = False
    key: str = ""


def failure(
    told: Told, *, now: datetime, secrets: Collection[str] = (), diagnose: Diagnose | None = None
) -> ProviderError:
    """The error that a failure amounts to, by what to do next. No secret survives in its message."""
    complaint, status = told.complaint, told.status
    kind = (diagnose and diagnose(status, complaint)) or _meaning(status, complaint)
    wait_s = retry_after_s(told.headers, now)
    wait_s = complaint.retry_delay_s if wait_s is None else wait_s
    kind = _reconsidered(kind, told, wait_s)
    if not issubclass(kind, ProviderUnavailable):
        # For a day's quota Gemini names waits of some seconds, which are those of its quotas per minute.
        wait_s = until_midnight_pacific_s(now) if kind is ProviderDisabled and complaint.daily else None
    sentence = _sentence(told, secrets)
    return kind(sentence, provider=told.provider, status=status, billable=told.inside, retry_after_s=wait_s)


def _meaning(status: int, complaint: Complaint) -> type[ProviderError]:
    """What all vendors mean by it: the most particular word, then the message, then the status."""
    meaning = complaint.meaning(_MEANING_OF_WORD)
    if meaning:
        return meaning
    if complaint.daily:
        return ProviderDisabled
    if status in {400, 413, 422, 500} and _TOO_LONG.search(complaint.message):
        return PromptTooLong
    return _MEANING_OF_STATUS.get(status) or (ProviderUnavailable if status >= 500 else ProviderRefused)


def _reconsidered(kind: type[ProviderError], told: Told, wait_s: float | None) -> type[ProviderError]:
    """The same after hearing what the provider itself says of trying again."""
    if kind is ProviderDisabled and told.status == 402 and wait_s is not None:
        return ProviderUnavailable  # OpenRouter: too much is being spent at this moment, not too much in all
    advice = told.headers.get("x-should-retry")
    if kind is ProviderUnavailable and advice == "false" and wait_s is None:
        return ProviderRefused
    if kind is ProviderRefused and advice == "true":
        return ProviderUnavailable
    return kind


def _sentence(told: Told, secrets: Collection[str]) -> str:
    words = f" ({', '.join(told.complaint.codes)})" if told.complaint.codes else ""
    how = "reported inside its answer what amounts to" if told.inside else "answered"
    sentence = f"{told.provider} {how} HTTP {told.status}{words}"
    if told.key:
        sentence += f" to {told.key}"
    message = told.complaint.message
    # Vendors quote parts of a refused key in words of their own, beyond what can be blotted out.
    if message and told.status not in {401, 403}:
        sentence += f": {_blotted(message, secrets)[:_MAX_MESSAGE_CHARS]}"
    return _blotted(sentence, secrets)


def _blotted(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "…")
    return text


def _codes(error: Mapping[str, object], details: Collection[Mapping[str, object]]) -> Iterator[str]:
    """The words of OpenAI and Gemini, then Anthropic's and OpenRouter's and Gemini's particulars."""
    particulars = _mapping(error.get("details")), _mapping(error.get("metadata"))
    words = [error.get(name) for name in ("type", "status", "code")]
    words += [part.get(name) for part in particulars for name in ("error_code", "error_type", "limit_source")]
    words += [detail.get("reason") for detail in details]
    words += [
        _mapping(violation).get("quotaId") for detail in details for violation in _parts(detail.get("violations"))
    ]
    return (word for word in words if isinstance(word, str) and 0 < len(word) <= _MAX_CODE_CHARS)


def _status(value: object) -> int | None:
    return value if isinstance(value, int) and 400 <= value < 600 else None


def _parts(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
