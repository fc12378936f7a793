"""The books while one transaction has them to itself: every step of theirs reads, decides and writes here."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from rag.errors import QuotaExceeded
from rag.model import Asker
from rag.ports import Transaction
from rag.quota import changes
from rag.quota.counters import IN_THE_LEDGER, Counters, Holding
from rag.quota.events import Threshold, raise_events
from rag.quota.ledger import Certainty, Expense, book, unconfirmed_micro_usd
from rag.quota.policy import Change, QuotaPolicy, subjects_of, targets_of
from rag.quota.quotas import Count, Key, Need, Quota, Subject, grant, room
from rag.quota.recount import open_tallies
from rag.quota.tallies import Tallies
from rag.quota.windows import Span, period
from rag.state.timestamps import from_text, to_text

log = logging.getLogger(__name__)

_ONE_REQUEST = Need(requests=1)
# A reservation from so far ahead was made before the clock was set back; nobody knows how long ago that was.
_AHEAD = timedelta(hours=1)
# A clock that was set back by less than this does not take the ledger back with it: a day that is over stays as it is.
_SET_BACK = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Standing:
    """A quota as it stands.

    Attributes:
        unconfirmed: Of what is used, in micro-USD: nobody told that it was spent, the process that knew died.
        window: The day or month that counts; `None` for sliding windows.
    """

    quota: Quota
    count: Count
    unconfirmed: int = 0
    window: Span | None = None

    @property
    def left(self) -> int:
        """What may still be held."""
        return room(self.quota, self.count)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a question may cost before anything is reserved.

    Attributes:
        request_micro_usd: All its calls together; `None`: whatever the budgets allow.
        nearly_spent: The warning line of one of its budgets is reached; what is held counts.
    """

    request_micro_usd: int | None
    nearly_spent: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The books at one moment.

    Attributes:
        now: By the clock.
        booked_at: By the ledger, which does not go back over a midnight with the clock.
        known: Thresholds that need not be looked up again.
        raised: Those that this transaction found reached, and whether each is news.
    """

    transaction: Transaction
    now: datetime
    booked_at: datetime
    policy: QuotaPolicy
    tallies: Tallies
    counters: Counters
    known: set[Threshold]
    raised: dict[Threshold, bool]

    @classmethod
    def open(
        cls,
        transaction: Transaction,
        now: datetime,
        policy: QuotaPolicy,
        known: set[Threshold],
        raised: dict[Threshold, bool],
        *,
        is_first: bool,
    ) -> Page:
        """Begin a step.

        Args:
            is_first: Of this process: the tallies are to be of the days of its time zone.
        """
        raised.clear()  # if this is another try
        at = _edge(transaction, now)
        tallies = open_tallies(transaction, policy.zone, made_for=at.made_for, untallied=at.untallied, insists=is_first)
        counters = Counters(transaction, now, at.booked_at, policy.zone, tallies)
        return cls(transaction, now, at.booked_at, policy, tallies, counters, known, raised)

    def quotas(self, asker: Asker, provider: str | None) -> tuple[Quota, ...]:
        """Every limit that holds for them now."""
        return self.policy.quotas(asker, provider, self._changes(asker, provider))

    def of_calls(self, asker: Asker, provider: str) -> tuple[Quota, ...]:
        """What a call touches. Requests of people are questions, which are counted when they are admitted."""
        return tuple(
            quota
            for quota in self.quotas(asker, provider)
            if quota.measure.resource != "requests" or quota.subject.kind == "provider"
        )

    def take(self, asker: Asker) -> None:
        """One question: it is asked, so it is used at once."""
        quotas = [quota for quota in self.quotas(asker, None) if quota.measure.resource == "requests"]
        self.grant(quotas, _ONE_REQUEST)
        self.counters.use({quota.key: 1 for quota in quotas}, self.now)

    def reserve(self, need: Need, expense: Expense, lease_s: float) -> tuple[str, Need]:
        """Hold what a call needs; returns the reservation's key, and what was granted."""
        quotas = self.of_calls(expense.asker, expense.provider)
        granted = self.grant(quotas, need)
        key = uuid.uuid4().hex
        self.transaction.fetch(
            "INSERT INTO reservations (id, made_at, expires_at, micro_usd, expense) VALUES ($1, $2, $3, $4, $5)",
            key,
            to_text(self.now),
            to_text(self.now + timedelta(seconds=lease_s)),
            granted.micro_usd,
            expense.to_json(),
        )
        held = {quota.key: min(granted.most(quota.measure.resource), quota.limit) for quota in quotas}
        self.counters.hold(key, {quota: amount for quota, amount in held.items() if amount})
        return key, granted

    def grant(self, quotas: Sequence[Quota], need: Need) -> Need:
        """What of a need may be held.

        Raises:
            QuotaExceeded: Nothing of it.
        """
        counts: dict[Key, Count] = self.counters.counts([quota.key for quota in quotas])
        try:
            return grant(quotas, counts, need, self.now, self.policy.zone)
        except QuotaExceeded:
            # Only who is refused needs to know what exactly will be free when.
            for quota in quotas:
                counts[quota.key] = replace(counts[quota.key], buckets=self.counters.buckets(quota.key))
            return grant(quotas, counts, need, self.now, self.policy.zone)

    def book(self, expense: Expense, *, certainty: Certainty | None = None, key: str = "") -> None:
        """Write an expense down; see `rag.quota.ledger.book`."""
        book(self.tallies, expense, self.booked_at, certainty=certainty, key=key)

    def settle(self, key: str, planned: Expense, expense: Expense, lease_s: float | None) -> None:
        """Book an expense of a reservation, which ends with it unless it has another lease."""
        found = self.counters.held_by(key)
        if found is None:
            # It was taken for dead, and all of it booked. That stays; what is more than that is added.
            more = expense.cost_micro_usd - unconfirmed_micro_usd(self.transaction, key)
            log.warning("settled late reservation=%s %s", key, expense.brief)
            expense = replace(expense, cost_micro_usd=max(0, more))
        else:
            expense = _as_known_now(expense, found)
        begun_at, held = (self.now, {}) if found is None else (found.made_at, found.amounts)
        quotas = self.quotas(planned.asker, planned.provider)
        spent = _spent(quotas, held, expense)
        subjects = subjects_of(planned.asker, planned.provider)
        self._spend(subjects, quotas, spent, begun_at, lambda: self.book(expense))
        if lease_s is None:
            self.counters.free(key)
        elif found is not None:
            self.counters.reduce(key, spent)
            self.transaction.fetch(
                "UPDATE reservations SET expires_at = $1,"
                " micro_usd = CASE WHEN micro_usd > $2 THEN micro_usd - $2 ELSE 0 END WHERE id = $3",
                to_text(self.now + timedelta(seconds=lease_s)),
                expense.cost_micro_usd,
                key,
            )

    def bury(self) -> None:
        """Count as spent what the dead had set aside."""
        rows = self.transaction.fetch(
            "SELECT id, micro_usd, expense FROM reservations WHERE expires_at <= $1 OR made_at > $2",
            to_text(self.now),
            to_text(self.now + _AHEAD),
        )
        for key, micro_usd, text in rows:
            found = self.counters.held_by(str(key))
            begun_at, held = (self.now, {}) if found is None else (found.made_at, found.amounts)
            expense = Expense.from_json(str(text))
            cost = int(micro_usd or 0)
            unknown = replace(expense, cost_micro_usd=cost, tokens=replace(expense.tokens, estimated=True))
            log.error("unconfirmed reservation=%s %s", key, unknown.brief)
            self._spend(
                subjects_of(expense.asker, expense.provider),
                self.quotas(expense.asker, expense.provider),
                held,
                begun_at,
                partial(self.book, unknown, certainty="unconfirmed", key=str(key)),
            )
            self.counters.free(str(key))

    def outlook(self, asker: Asker) -> Outlook:
        """What a question may cost."""
        changed = self._changes(asker, None)
        quotas = [quota for quota in self.policy.quotas(asker, None, changed) if quota.warn_at is not None]
        counts = self.counters.counts([quota.key for quota in quotas])
        return Outlook(
            request_micro_usd=self.policy.request_limit(asker, changed),
            nearly_spent=any(
                quota.limit and counts[quota.key].used + counts[quota.key].held >= (quota.warn_at or 0)
                for quota in quotas
            ),
        )

    def standing(self, asker: Asker, provider: str | None) -> tuple[Standing, ...]:
        """Every limit, and how much of it is gone."""
        self.bury()
        quotas = self.quotas(asker, provider)
        counts = self.counters.counts([quota.key for quota in quotas])
        return tuple(self._standing(quota, counts[quota.key]) for quota in quotas)

    def forget_user(self, user: str) -> int:
        """Erase who a person is; returns in how many entries of the ledger it stood."""
        self.counters.forget_user(user)
        self.transaction.fetch("DELETE FROM quota_events WHERE subject = $1", f"user:{user}")
        for key, text in self.transaction.fetch("SELECT id, expense FROM reservations"):
            expense = Expense.from_json(str(text))
            if expense.asker.user == user:
                nameless = replace(expense, asker=replace(expense.asker, user=""))
                self.transaction.fetch("UPDATE reservations SET expense = $1 WHERE id = $2", nameless.to_json(), key)
        self.transaction.fetch("UPDATE quota_changes SET who = '' WHERE who = $1", user)
        self.transaction.fetch(
            "DELETE FROM quota_changes WHERE target = $1 AND (ended_at IS NOT NULL OR expires_at <= $2)",
            f"user:{user}",
            to_text(self.booked_at),
        )
        self.tallies.forget_user(user)
        return len(self.transaction.fetch("UPDATE ledger SET user_id = NULL WHERE user_id = $1 RETURNING id", user))

    def _changes(self, asker: Asker, provider: str | None) -> Sequence[Change]:
        return changes.in_force(self.transaction, targets_of(asker, provider), self.booked_at)

    def _spend(
        self,
        subjects: Sequence[Subject],
        quotas: Sequence[Quota],
        spent: Mapping[Key, int],
        begun_at: datetime,
        write: Callable[[], None],
    ) -> None:
        """Count what was spent, write it down, and see which budgets it brought to a threshold."""
        # Looked at before it is written: who has not been counted yet is counted from what the ledger says.
        counts = self.counters.counts(list(spent))
        write()
        self.counters.use(spent, begun_at)
        self.counters.recount_later(subjects, besides=spent)
        reached = [
            (
                quota,
                period(quota.measure.window, self.booked_at, self.policy.zone),
                counts[quota.key].used + spent[quota.key],
            )
            for quota in quotas
            if quota.warn_at is not None and spent.get(quota.key)
        ]
        self.raised.update(raise_events(self.transaction, reached, self.known, self.now))

    def _standing(self, quota: Quota, count: Count) -> Standing:
        if quota.warn_at is None:
            return Standing(quota, count)
        window = period(quota.measure.window, self.booked_at, self.policy.zone)
        return Standing(quota, count, self.tallies.unconfirmed_micro_usd(quota.subject, window), window)


def _as_known_now(expense: Expense, holding: Holding) -> Expense:
    """Without who asked, where they were forgotten while the call was under way."""
    asker = expense.asker
    if not asker.user or Expense.from_json(holding.expense).asker.user:
        return expense
    return replace(expense, asker=replace(asker, user=""))


def _spent(quotas: Sequence[Quota], held: Mapping[Key, int], expense: Expense) -> dict[Key, int]:
    """What an expense uses of each quota."""
    tokens = (expense.tokens.input or 0) + (expense.tokens.output or 0)
    spent = Need(requests=1, tokens=tokens, micro_usd=expense.cost_micro_usd)
    # Of what is in the ledger, all that has a limit by now is counted; of the rest what was asked for it.
    booked_too = [quota.key for quota in quotas if quota.measure in IN_THE_LEDGER]
    return {key: spent.most(key[1].resource) for key in dict.fromkeys((*booked_too, *held))}


@dataclass(frozen=True, slots=True)
class _Edge:
    """Where the ledger goes on.

    Attributes:
        booked_at: The clock's time, but not before anything that was booked or reserved: what counts stays on its side
            of midnight. What lies a day and more ahead was written by a clock that was wrong; that one is not followed.
        made_for: The zone of the tallies' days; `None` where there are none.
        untallied: When the first entry was made that is in no tally; `None` where all are.
    """

    booked_at: datetime
    made_for: str | None
    untallied: datetime | None


def _edge(transaction: Transaction, now: datetime) -> _Edge:
    """Where it goes on now."""
    ((newest, reserved, made_for, untallied),) = transaction.fetch(
        "SELECT (SELECT max(at) FROM ledger WHERE at < $1), (SELECT max(made_at) FROM reservations WHERE made_at < $1),"
        " (SELECT max(zone) FROM tallies_zone), (SELECT min(at) FROM ledger WHERE model_questions IS NULL)",
        to_text(now + _SET_BACK),
    )
    return _Edge(
        max([now, *(from_text(at) for at in (newest, reserved) if at is not None)]),
        None if made_for is None else str(made_for),
        None if untallied is None else from_text(untallied),
    )
