"""Which limits hold for whom: as configured, and as changed while the bot runs. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from types import MappingProxyType

from rag.model import NOBODY, Asker
from rag.quota.quotas import EVERYTHING, USD_PER_REQUEST, Measure, Quota, Subject, SubjectKind
from rag.quota.windows import is_sliding

Amounts = Mapping[Measure, int | None]
"""Limits by what they count: requests, tokens or micro-USD; `None` is no limit."""

NO_AMOUNTS: Amounts = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Change:
    """A limit that was changed while the bot ran, in place of the configured one.

    Attributes:
        target: A subject, `KIND:*` for all of a kind, or `role:NAME`.
        amount: `None` is no limit.
        expires_at: A lifted budget sinks back then; `None`: it holds until it is changed again.
    """

    target: str
    measure: Measure
    amount: int | None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaPolicy:
    """All limits of the configuration.

    Attributes:
        zone: Where days and months begin.
        warn: Share of a budget from which cheaper models are preferred, and somebody is told.
        brake: Share of a budget from which nothing more is spent.
        kinds: What holds for every user, every channel …; each of them has the whole amount for itself.
        subjects: What holds for one of them instead.
        roles: What holds for users with a role instead; of several roles the most generous counts.
    """

    zone: tzinfo = UTC
    warn: Decimal = Decimal("0.80")
    brake: Decimal = Decimal("0.95")
    kinds: Mapping[SubjectKind, Amounts] = field(default_factory=dict)
    subjects: Mapping[Subject, Amounts] = field(default_factory=dict)
    roles: Mapping[str, Amounts] = field(default_factory=dict)

    def quotas(self, asker: Asker, provider: str | None, changes: Sequence[Change] = ()) -> tuple[Quota, ...]:
        """The limits that a question of this asker touches, with those of the provider that is to answer it."""
        changed = _changed(changes)
        return tuple(
            self._quota(subject, measure, limit)
            for subject in subjects_of(asker, provider)
            for measure, limit in self._limits(subject, asker, changed)
            if limit is not None and measure.window != "request"
        )

    def request_limit(self, asker: Asker, changes: Sequence[Change] = ()) -> int | None:
        """What one question of this asker may cost, in micro-USD; `None`: whatever it takes."""
        changed = _changed(changes)
        limits = [
            limit
            for subject in subjects_of(asker, None)
            for measure, limit in self._limits(subject, asker, changed)
            if measure == USD_PER_REQUEST and limit is not None
        ]
        return min(limits, default=None)

    def _quota(self, subject: Subject, measure: Measure, limit: int) -> Quota:
        if measure.resource != "usd" or is_sliding(measure.window):
            return Quota(subject, measure, limit)
        return Quota(subject, measure, limit, warn_at=int(limit * self.warn), brake_at=int(limit * self.brake))

    def _limits(
        self, subject: Subject, asker: Asker, changed: Mapping[str, Amounts]
    ) -> Iterator[tuple[Measure, int | None]]:
        """What holds for a subject, measure by measure: of it alone, of its category, its roles, its kind."""
        own = self._said_of(subject, changed)
        wider = [Subject("channel", name) for name in reversed(asker.within) if subject.kind == "channel"]
        by_place = {measure: limit for one in wider for measure, limit in self._said_of(one, changed).items()}
        kind = {**self.kinds.get(subject.kind, NO_AMOUNTS), **changed.get(f"{subject.kind}:*", NO_AMOUNTS)}
        by_role = _most_generous(
            [
                {**self.roles.get(role, NO_AMOUNTS), **changed.get(f"role:{role}", NO_AMOUNTS)}
                for role in sorted(asker.roles)
                if subject.kind == "user"
            ]
        )
        yield from {**kind, **by_role, **by_place, **own}.items()

    def _said_of(self, subject: Subject, changed: Mapping[str, Amounts]) -> Amounts:
        return {**self.subjects.get(subject, NO_AMOUNTS), **changed.get(str(subject), NO_AMOUNTS)}


def subjects_of(asker: Asker, provider: str | None) -> tuple[Subject, ...]:
    """Everybody whose limits count, the widest first; who is unknown has none."""
    named: tuple[tuple[SubjectKind, str | None], ...] = (
        ("workspace", asker.workspace),
        ("channel", asker.channel),
        ("user", asker.user),
        ("provider", provider),
    )
    return (EVERYTHING, *(Subject(kind, name) for kind, name in named if name))


def targets_of(asker: Asker, provider: str | None) -> tuple[str, ...]:
    """Every target whose change would concern this asker or this provider."""
    subjects = subjects_of(asker, provider)
    wide = (f"{subject.kind}:*" for subject in subjects if subject.id)
    around = (str(Subject("channel", name)) for name in asker.within)
    return (*map(str, subjects), *wide, *around, *(f"role:{role}" for role in sorted(asker.roles)))


def parse_target(text: str) -> str:
    """Whose limit can be changed: a subject, `KIND:*` for all of a kind, or `role:NAME`.

    Raises:
        ValueError: It is none of them.
    """
    kind, _, name = text.partition(":")
    is_named = bool(name.strip()) and name.isprintable()
    if kind == "role" and is_named and name != "*":
        return text
    try:
        subject: Subject | None = Subject.parse(text)
    except ValueError:
        subject = None
    if subject is None or (subject.id and not is_named):
        known = "everything, user:ID, channel:ID, workspace:ID, provider:NAME, role:NAME, user:* for each user"
        raise ValueError(f"{text!r} has no limits; who has: {known}")
    return str(subject)


def asker_of(target: str) -> tuple[Asker, str | None]:
    """Who touches the limits of a target and nobody else's of its kind, and which provider."""
    kind, _, name = target.partition(":")
    if kind == "provider":
        return NOBODY, name
    if kind == "role":
        return Asker(user="*", roles=frozenset({name})), None  # any user who has it
    return (Asker(**{kind: name}) if name else NOBODY), None  # type: ignore[arg-type]  # a subject's kind


def _changed(changes: Sequence[Change]) -> Mapping[str, Amounts]:
    """Changes by their target; one that will expire covers one that will not."""
    amounts: dict[str, dict[Measure, int | None]] = {}
    for change in sorted(changes, key=lambda change: change.expires_at is not None):
        amounts.setdefault(change.target, {})[change.measure] = change.amount
    return amounts


def _most_generous(several: Sequence[Amounts]) -> Amounts:
    best: dict[Measure, int | None] = {}
    for amounts in several:
        for measure, limit in amounts.items():
            known = best.get(measure, limit)
            best[measure] = None if known is None or limit is None else max(known, limit)
    return best
