"""Quotas as values, and the decision whether something fits into them. No I/O.

A quota is an amount of a resource (requests, tokens, US dollars) for a subject (a user, a channel, a workspace, a
provider, everything) in a window. A rate limit and a budget are the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Literal, Self, get_args

from rag.errors import BudgetExhausted, QuotaExceeded
from rag.quota.windows import Span, Window, room_at

Resource = Literal["requests", "tokens", "usd"]
SubjectKind = Literal["everything", "workspace", "channel", "user", "provider"]

# When room that others hold may come free is not known: soon, as most of what is held is not spent.
_HELD_FOR = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """Whose quota it is.

    Attributes:
        id: As the platform or the configuration names it; empty for everything.
    """

    kind: SubjectKind
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` wrote.

        Raises:
            ValueError: There is no such kind of subject, or the id is missing.
        """
        kind, _, name = text.partition(":")
        if kind not in get_args(SubjectKind) or (kind == "everything") == bool(name):
            raise ValueError(f"{text!r} is no subject: everything, or user:ID, channel:ID, workspace:ID, provider:NAME")
        return cls(kind, name)  # type: ignore[arg-type]  # checked


EVERYTHING = Subject("everything")


@dataclass(frozen=True, slots=True, order=True)
class Measure:
    """What is counted, in which window."""

    resource: Resource
    window: Window

    def __str__(self) -> str:
        return f"{self.resource}_per_{self.window}"

    @staticmethod
    def parse(text: str) -> Measure:
        """What `str` wrote, such as `usd_per_day`.

        Raises:
            ValueError: Nothing of that name is counted.
        """
        if text not in _BY_NAME:
            raise ValueError(f"{text!r} is not counted; known: {', '.join(_BY_NAME)}")
        return _BY_NAME[text]


# What one question may cost is a limit; how many requests and tokens it takes is decided by the router.
MEASURES: Sequence[Measure] = (
    *(
        Measure(resource, window)
        for resource in get_args(Resource)
        for window in get_args(Window)
        if window != "request"
    ),
    Measure("usd", "request"),
)
"""All that can be limited."""

_BY_NAME: Mapping[str, Measure] = MappingProxyType({str(measure): measure for measure in MEASURES})
USD_PER_DAY = Measure("usd", "day")
USD_PER_REQUEST = Measure("usd", "request")


Key = tuple[Subject, Measure]
"""What use is counted under, whatever the limit is."""


@dataclass(frozen=True, slots=True)
class Quota:
    """So much for a subject in a window.

    Attributes:
        limit: Requests, tokens or micro-USD; used and held together stay at or below it.
        warn_at: So much use is worth telling; `None` where nobody is told.
        brake_at: From so much use on nothing more is granted; `None`: only the limit counts.
    """

    subject: Subject
    measure: Measure
    limit: int
    warn_at: int | None = None
    brake_at: int | None = None

    @property
    def key(self) -> Key:
        """What its use is counted under, whatever its limit is."""
        return self.subject, self.measure


@dataclass(frozen=True, slots=True)
class Need:
    """What a piece of work wants of every quota that it touches.

    Attributes:
        micro_usd: The most that it can cost.
        least_tokens, least_micro_usd: It can do with so much less, as long as it is told; `None`: it cannot.
    """

    requests: int = 0
    tokens: int = 0
    micro_usd: int = 0
    least_tokens: int | None = None
    least_micro_usd: int | None = None

    def most(self, resource: Resource) -> int:
        """Of a resource; what is not needed is 0."""
        return {"requests": self.requests, "tokens": self.tokens, "usd": self.micro_usd}[resource]

    def least(self, resource: Resource) -> int:
        """The same, where less than the most would do."""
        least = {"requests": None, "tokens": self.least_tokens, "usd": self.least_micro_usd}[resource]
        return self.most(resource) if least is None else min(least, self.most(resource))

    def lowered(self, resource: Resource, amount: int) -> Need:
        """The same with so much of a resource at most."""
        match resource:
            case "requests":
                return replace(self, requests=min(self.requests, amount))
            case "tokens":
                return replace(self, tokens=min(self.tokens, amount))
            case "usd":
                return replace(self, micro_usd=min(self.micro_usd, amount))


@dataclass(frozen=True, slots=True)
class Count:
    """What of a quota is gone at a moment.

    Attributes:
        used: In what the window reaches.
        held: By work under way, whenever it began: it may be booked in any window to come.
        buckets: What `used` is the sum of; empty where nobody asked.
    """

    used: int = 0
    held: int = 0
    buckets: tuple[tuple[Span, int], ...] = field(default=(), repr=False)


NOTHING = Count()


def room(quota: Quota, count: Count) -> int:
    """How much more may be held."""
    if quota.brake_at is not None and count.used >= quota.brake_at:
        return 0
    return max(0, quota.limit - count.used - count.held)


def grant(
    quotas: Sequence[Quota],
    counts: Mapping[Key, Count],
    need: Need,
    now: datetime,
    zone: tzinfo,
) -> Need:
    """What of a need may be held on all of these quotas: all of it, or as much less as it can do with.

    Raises:
        QuotaExceeded: One of them has no room: of several, the one that has it last.
    """
    refusals = []
    granted = need
    for quota in quotas:
        resource = quota.measure.resource
        if not need.most(resource):
            continue
        left, least = room(quota, counts.get(quota.key, NOTHING)), need.least(resource)
        is_theirs = quota.subject.kind == "provider" and resource == "tokens"
        if is_theirs:
            # Ours is an estimate on the safe side, and the provider's own count decides. Time mends it, so nothing is
            # written shorter for it; what seems larger than a whole window waits for an empty one, not for ever.
            least = min(need.most(resource), quota.limit)
        if left < least:
            refusals.append(refusal(quota, counts.get(quota.key, NOTHING), least, now, zone))
        elif not is_theirs:
            granted = granted.lowered(resource, left)
    if refusals:
        raise max(refusals, key=_patience)
    return granted


def refusal(quota: Quota, count: Count, amount: int, now: datetime, zone: tzinfo) -> QuotaExceeded:
    """Why `amount` does not fit, and when it will."""
    kind = BudgetExhausted if quota.measure.resource == "usd" else QuotaExceeded
    excess = _excess(quota, count, amount)
    is_held = excess is not None and excess <= 0
    retry_at: datetime | None = None
    if is_held:
        retry_at = now + _HELD_FOR
    elif excess is not None:
        retry_at = room_at(quota.measure.window, now, zone, count.buckets, excess)
    return kind(
        subject=str(quota.subject),
        measure=str(quota.measure),
        limit=quota.limit,
        used=count.used,
        held=count.held,
        retry_at=retry_at,
        now=now,
        is_held=is_held,
    )


def _excess(quota: Quota, count: Count, amount: int) -> int | None:
    """How much of what is used has to stop counting first; `None`: however much did, it would not fit."""
    if amount > quota.limit or (quota.brake_at is not None and quota.brake_at <= 0):
        return None
    excess = count.used + amount - quota.limit
    if quota.brake_at is not None and count.used >= quota.brake_at:
        excess = max(excess, count.used - quota.brake_at + 1)
    return excess


def _patience(refused: QuotaExceeded) -> tuple[bool, float]:
    return refused.retry_after_s is None, refused.retry_after_s or 0.0
