"""Times as the state database keeps them: text that sorts as the times do."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(time: datetime) -> str:
    """ISO 8601 in UTC, always to the microsecond: the fixed width is what makes it sort."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(text: object) -> datetime:
    """The time that `to_text` wrote, in UTC."""
    return datetime.fromisoformat(str(text))
