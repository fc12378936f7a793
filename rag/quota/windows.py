"""The stretches of time that quotas are counted in: pure arithmetic over the clock's time and a time zone.

Use is written down in buckets, and a bucket counts wherever it overlaps what a window reaches. A calendar window is one
bucket. A sliding window is cut into a hundred, so it reaches back up to a hundredth further than it says: it may be a
little stricter than its limit, and never more lenient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Literal

Window = Literal["request", "second", "minute", "hour", "day", "month"]
"""`request` is one question by itself, which nothing has to be remembered for."""
Period = Literal["day", "week", "month"]
"""What reports are made of."""

_SLIDING: Mapping[Window, timedelta] = MappingProxyType(
    {"second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
)
_BUCKETS = 100
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From a moment on until before another one, both in UTC."""

    since: datetime
    until: datetime

    def overlaps(self, other: Span) -> bool:
        """Whether some moment lies in both."""
        return self.since < other.until and other.since < self.until


def is_sliding(window: Window) -> bool:
    """Whether it is the last second, minute or hour, rather than the current day or month."""
    return window in _SLIDING


def bucket(window: Window, moment: datetime, zone: tzinfo) -> Span:
    """The bucket that what is used at this moment is counted in.

    A day begins when its date does in that zone, however long daylight saving makes it.
    """
    if window in _SLIDING:
        width = _SLIDING[window] / _BUCKETS
        since = moment - (moment - _EPOCH) % width
        return Span(since, since + width)
    return period(window, moment, zone)


def period(window: Window | Period, moment: datetime, zone: tzinfo) -> Span:
    """The day, week or month that holds a moment, as people there mean it.

    Raises:
        KeyError: It is none of the calendar's.
    """
    return _CALENDAR[window](moment.astimezone(zone), zone)


def on_date(day: date, zone: tzinfo) -> datetime:
    """A moment of that date there; at noon, as not every date has a midnight."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone)


def between(first: date, last: date, zone: tzinfo) -> Span:
    """From the beginning of one date there to the end of another; nothing where the last one lies before the first."""
    since = period("day", on_date(first, zone), zone).since
    return Span(since, max(since, period("day", on_date(last, zone), zone).until))


def days(span: Span, zone: tzinfo) -> Iterator[Span]:
    """Every day there that has a part in a span."""
    until = span.since
    while until < span.until:
        day = period("day", until, zone)
        yield day
        until = day.until


def reach(window: Window, moment: datetime, zone: tzinfo) -> Span:
    """What counts against a limit at this moment.

    Of a sliding window the next stretch as well: if the clock was set back, what was used there lies ahead, and any
    window that holds both must keep the limit.
    """
    if window in _SLIDING:
        length = _SLIDING[window]
        # Windows hold their beginning and not their end; a bucket that ends where they begin is out.
        return Span(moment - length, moment + length)
    return period(window, moment, zone)


def room_at(
    window: Window, moment: datetime, zone: tzinfo, buckets: Iterable[tuple[Span, int]], excess: int
) -> datetime:
    """When `excess` of what is in the buckets will have stopped counting, if nothing is added meanwhile."""
    if window not in _SLIDING:
        return period(window, moment, zone).until
    at = moment
    for span, used in sorted(buckets):
        if excess <= 0:
            break
        excess -= used
        at = span.until + _SLIDING[window]
    return at


def _day(local: datetime, zone: tzinfo) -> Span:
    return _from_midnight(local, local + timedelta(days=1), zone)


def _month(local: datetime, zone: tzinfo) -> Span:
    first = local.replace(day=1)
    return _from_midnight(first, (first + timedelta(days=31)).replace(day=1), zone)


def _week(local: datetime, zone: tzinfo) -> Span:
    monday = local - timedelta(days=local.weekday())
    return _from_midnight(monday, monday + timedelta(days=7), zone)


def _from_midnight(first: datetime, after: datetime, zone: tzinfo) -> Span:
    return Span(*(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in (first, after)))


_CALENDAR: Mapping[str, Callable[[datetime, tzinfo], Span]] = MappingProxyType(
    {"day": _day, "week": _week, "month": _month}
)
