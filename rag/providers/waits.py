"""How long a provider asks to wait, in whichever form it says so: pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_LIMITS = (
    *((f"x-ratelimit-remaining-{resource}", f"x-ratelimit-reset-{resource}") for resource in ("requests", "tokens")),
    *(
        (f"anthropic-ratelimit-{resource}-remaining", f"anthropic-ratelimit-{resource}-reset")
        for resource in ("requests", "tokens", "input-tokens", "output-tokens")
    ),
)
# Midnight at UTC-8. In summer the Pacific coast is at UTC-7, and the wait an hour too long: better than an hour too
# short, and it needs no time zone database, which small containers lack.
_PACIFIC_MIDNIGHT_HOUR = 8


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
    return _until_s(date, now)


def pause_s(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds until the next request has a chance, by the rate limits in `headers`; 0 where there is room left.

    Of `x-ratelimit-*` (OpenAI, Groq, Azure) the resets are durations, of `anthropic-ratelimit-*` they are RFC 3339
    times.
    """
    return max(_resets(headers, now), default=0.0)


def seconds(duration: str) -> float | None:
    """Read a duration as vendors write it (`6m0s`, `12ms`, `34.5s`, `7`), `None` where it is none."""
    plain = _number(duration)
    if plain is not None:
        return plain
    parts = _DURATION_PART.findall(duration)
    if not parts or "".join(amount + unit for amount, unit in parts) != duration:
        return None
    return sum(float(amount) * _SECONDS[unit] for amount, unit in parts)


def until_midnight_pacific_s(now: datetime) -> float:
    """Seconds until Gemini's daily quotas come back (ai.google.dev, rate limits, checked 2026-11-22)."""
    utc = now.astimezone(UTC)
    midnight = utc.replace(hour=_PACIFIC_MIDNIGHT_HOUR, minute=0, second=0, microsecond=0)
    if midnight <= utc:
        midnight += timedelta(days=1)
    return (midnight - utc).total_seconds()


def _resets(headers: Mapping[str, str], now: datetime) -> Iterator[float]:
    for remaining, reset in _LIMITS:
        # Azure says -1 where it does not know.
        if headers.get(remaining) == "0":
            value = headers.get(reset, "")
            wait_s = seconds(value)
            yield _rfc3339_s(value, now) if wait_s is None else wait_s


def _rfc3339_s(value: str, now: datetime) -> float:
    try:
        return _until_s(datetime.fromisoformat(value), now)
    except ValueError:
        return 0.0


def _until_s(date: datetime, now: datetime) -> float:
    # A date that names no zone is in UTC, as every HTTP date is.
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
