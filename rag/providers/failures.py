"""What a provider's refusal means: pure, for every vendor's way of saying it.

The forms are those of OpenAI, Gemini and the servers that follow OpenAI, as documented on 2026-11-22: error codes and
rate limits of developers.openai.com, troubleshooting and rate limits of ai.google.dev.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from rag.errors import ProviderError, ProviderRefused, ProviderUnavailable

_MAY_PASS = frozenset({408, 409, 425, 429})
_MONEY_RAN_OUT = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    }
)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_MAX_MESSAGE_CHARS = 200


@dataclass(frozen=True, slots=True)
class Complaint:
    """The body of an error, whichever vendor wrote it.

    Attributes:
        codes: Every machine-readable word in it, from the general to the particular.
        retry_delay_s: The wait that Gemini asks for in the body, having no header for it.
    """

    codes: tuple[str, ...] = ()
    message: str = ""
    retry_delay_s: float | None = None

    @classmethod
    def read(cls, body: object) -> Complaint:
        """Read parsed JSON; what is not an error of a known form makes an empty complaint."""
        error = _mapping(_mapping(body).get("error"))
        details = error.get("details")
        reasons = [_mapping(detail) for detail in details] if isinstance(details, list) else []
        words = [error.get("type"), error.get("status"), error.get("code"), *(part.get("reason") for part in reasons)]
        delays = (seconds(str(part["retryDelay"])) for part in reasons if "retryDelay" in part)
        return cls(
            codes=tuple(dict.fromkeys(word for word in words if isinstance(word, str))),
            message=str(error.get("message", "")),
            retry_delay_s=next((delay for delay in delays if delay is not None), None),
        )


def failure(
    provider: str, status: int, headers: Mapping[str, str], body: object, *, now: datetime, secrets: Collection[str]
) -> ProviderError:
    """The error that an answer other than success amounts to.

    What time mends (overload, rate limits, the provider's own faults) is `ProviderUnavailable`; the rest, above all a
    wrong key and money that ran out, is `ProviderRefused`. No secret survives in the message.
    """
    complaint = Complaint.read(body)
    words = f" ({', '.join(complaint.codes)})" if complaint.codes else ""
    sentence = f"{provider} answered HTTP {status}{words}"
    # Vendors quote parts of a refused key in words of their own, beyond what can be blotted out.
    if complaint.message and status not in {401, 403}:
        sentence += f": {_blotted(complaint.message, secrets)[:_MAX_MESSAGE_CHARS]}"
    may_pass = status in _MAY_PASS or status >= 500
    if not may_pass or _MONEY_RAN_OUT.intersection(complaint.codes):
        return ProviderRefused(sentence, provider=provider, status=status)
    wait_s = retry_after_s(headers, now)
    return ProviderUnavailable(
        sentence,
        provider=provider,
        status=status,
        retry_after_s=complaint.retry_delay_s if wait_s is None else wait_s,
    )


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait as the headers ask: `retry-after-ms`, or `retry-after` with seconds or an HTTP date.

    RFC 9110, section 10.2.3 allows both forms of `retry-after`.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1_000
    value = headers.get("retry-after", "")
    wait_s = _number(value)
    if wait_s is not None:
        return wait_s
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    # A date that names no zone is in UTC, as every HTTP date is.
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())


def pause_s(headers: Mapping[str, str]) -> float:
    """Seconds until the next request has a chance, by the `x-ratelimit-*` headers; 0 where there is room left."""
    return max(_resets(headers), default=0.0)


def seconds(duration: str) -> float | None:
    """Read a duration as vendors write it (`6m0s`, `12ms`, `34.5s`, `7`), `None` where it is none."""
    plain = _number(duration)
    if plain is not None:
        return plain
    parts = _DURATION_PART.findall(duration)
    if not parts or "".join(amount + unit for amount, unit in parts) != duration:
        return None
    return sum(float(amount) * _SECONDS[unit] for amount, unit in parts)


def _resets(headers: Mapping[str, str]) -> Iterator[float]:
    for resource in ("requests", "tokens"):
        # Azure says -1 where it does not know.
        if headers.get(f"x-ratelimit-remaining-{resource}") == "0":
            yield seconds(headers.get(f"x-ratelimit-reset-{resource}", "")) or 0.0


def _blotted(message: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        message = message.replace(secret, "…")
    return message


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
