"""The budgets whose thresholds are reached at this moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Final

from rag.model import Asker
from rag.quota.accounts import Accounts
from rag.quota.events import ThresholdName
from rag.quota.page import Standing
from rag.quota.quotas import Measure, Subject, SubjectKind
from rag.quota.windows import Span, Window, period
from rag.state.timestamps import to_text

_WINDOWS: Final[Sequence[Window]] = ("day", "month")


@dataclass(frozen=True, slots=True)
class Reached:
    """A threshold that is reached, in micro-USD.

    Attributes:
        name: `warn`: cheaper models come first; `brake`: nothing more is spent.
        window: In which the budget holds.
    """

    subject: Subject
    measure: Measure
    name: ThresholdName
    window: Span
    used_micro_usd: int
    limit_micro_usd: int


async def reached(accounts: Accounts, now: datetime) -> tuple[Reached, ...]:
    """The thresholds of all budgets but single users', as they stand now.

    Looked at are the budget of everything, those that reached a threshold in the windows that are open, and those that
    were changed: what was lowered below what is spent reaches one without anybody spending.

    Raises:
        StateUnavailable: Nobody knows.
    """
    since = [to_text(period(window, now, accounts.policy.zone).since) for window in _WINDOWS]
    rows = await accounts.database.fetch(
        "SELECT DISTINCT subject FROM quota_events WHERE since IN ($1, $2) AND substr(subject, 1, 5) <> 'user:'", *since
    )
    changed = (change.target for change in await accounts.in_force())
    subjects = dict.fromkeys(_subjects([*(str(subject) for (subject,) in rows), *changed]))
    found: dict[tuple[Subject, Measure, ThresholdName], Reached] = {}
    for asker, provider in _askers(tuple(subjects)):
        for standing in await accounts.standing(asker, provider):
            found |= {(each.subject, each.measure, each.name): each for each in _reached(standing)}
    return tuple(found.values())


def _subjects(names: Sequence[str]) -> Iterator[Subject]:
    """Of what can be changed, those that are one subject and no user."""
    for name in names:
        kind, _, of = name.partition(":")
        if kind in {"workspace", "channel", "provider"} and of not in {"", "*"}:
            yield Subject.parse(name)


def _askers(subjects: Sequence[Subject]) -> Iterator[tuple[Asker, str | None]]:
    """Askers who touch the limits of all of these, with the provider of each; of everything one does in any case."""
    by_kind: dict[SubjectKind, list[str]] = {"workspace": [], "channel": [], "provider": []}
    for subject in subjects:
        by_kind[subject.kind].append(subject.id)
    together = zip_longest(*by_kind.values())
    for workspace, channel, provider in together if subjects else [(None, None, None)]:
        yield Asker(workspace=workspace or "", channel=channel or ""), provider


def _reached(standing: Standing) -> Iterator[Reached]:
    quota, used = standing.quota, standing.count.used
    if standing.window is None or not quota.limit or not used:
        return  # a budget of nothing is a decision, and no news
    thresholds: tuple[tuple[ThresholdName, int | None], ...] = (("warn", quota.warn_at), ("brake", quota.brake_at))
    for name, at in thresholds:
        if at is not None and used >= at:
            yield Reached(quota.subject, quota.measure, name, standing.window, used, quota.limit)
