"""What of each quota is used and held, in the state database; everything here runs inside one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType

from rag.ports import Transaction, Value
from rag.quota.quotas import MEASURES, Count, Key, Measure, Subject
from rag.quota.tallies import Tallies
from rag.quota.windows import Span, Window, bucket, is_sliding, reach
from rag.state.timestamps import from_text, to_text

# No bucket of a window is longer: what began before cannot reach into it, and is not looked at.
_LONGEST: Mapping[Window, timedelta] = MappingProxyType(
    {
        "second": timedelta(seconds=1),
        "minute": timedelta(minutes=1),
        "hour": timedelta(hours=1),
        "day": timedelta(hours=49),
        "month": timedelta(days=33),
    }
)
# Buckets are kept longer than they count, for a clock that is set forward by mistake, and back again. Should that take
# longer, the ledger still knows what was spent.
_KEPT = timedelta(days=2)


IN_THE_LEDGER = tuple(
    measure for measure in MEASURES if measure.resource != "requests" and measure.window in {"day", "month"}
)
"""What can be counted again from the ledger at any time."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A reservation as it is written down.

    Attributes:
        expense: The call that it is for, as JSON; of somebody who was forgotten meanwhile it names nobody.
    """

    made_at: datetime
    amounts: dict[Key, int]
    expense: str


@dataclass(frozen=True, slots=True)
class Counters:
    """The tables `quota_used` and `quota_held`, at one moment.

    Attributes:
        now: By the clock; what sliding windows are counted from.
        booked_at: By the ledger; what lies in which day and month.
        zone: Where days and months begin.
        tallies: What was spent, also where nobody counted it here.
    """

    transaction: Transaction
    now: datetime
    booked_at: datetime
    zone: tzinfo
    tallies: Tallies

    def counts(self, keys: Sequence[Key]) -> dict[Key, Count]:
        """What of each is gone."""
        if not keys:
            return {}
        values: list[Value] = []
        selects = []
        for number, (subject, measure) in enumerate(keys):
            base = len(values)
            span = self._reach(measure)
            values += (
                str(subject),
                str(measure),
                to_text(span.until),
                to_text(span.since),
                to_text(span.since - _LONGEST[measure.window]),
            )
            of, what, until, since, earliest = (f"${base + place}" for place in range(1, 6))
            selects.append(
                f"SELECT {number}, (SELECT CAST(sum(used) AS bigint) FROM quota_used"  # noqa: S608 - $1, $2 …
                f" WHERE subject = {of} AND measure = {what} AND since < {until} AND until > {since}"
                f" AND since > {earliest}), (SELECT CAST(coalesce(sum(amount), 0) AS bigint) FROM quota_held"
                f" WHERE subject = {of} AND measure = {what})"
            )
        rows = self.transaction.fetch(" UNION ALL ".join(selects), *values)
        return {
            (key := keys[int(number or 0)]): Count(
                self._from_tallies(key) if used is None else int(used), int(held or 0)
            )
            for number, used, held in rows
        }

    def buckets(self, key: Key) -> tuple[tuple[Span, int], ...]:
        """What the used part is the sum of."""
        subject, measure = key
        span = self._reach(measure)
        rows = self.transaction.fetch(
            "SELECT since, until, used FROM quota_used WHERE subject = $1 AND measure = $2"
            " AND since < $3 AND until > $4 ORDER BY since",
            str(subject),
            str(measure),
            to_text(span.until),
            to_text(span.since),
        )
        return tuple((Span(from_text(since), from_text(until)), int(used or 0)) for since, until, used in rows)

    def hold(self, reservation: str, amounts: Mapping[Key, int]) -> None:
        """Set amounts aside."""
        self.transaction.execute_many(
            "INSERT INTO quota_held (reservation, subject, measure, amount) VALUES ($1, $2, $3, $4)",
            [(reservation, str(subject), str(measure), amount) for (subject, measure), amount in amounts.items()],
        )

    def held_by(self, reservation: str) -> Holding | None:
        """What a reservation still has set aside; `None` where there is none any more."""
        rows = self.transaction.fetch(
            "SELECT made_at, expense, subject, measure, amount FROM reservations LEFT JOIN quota_held"
            " ON reservation = id AND amount > 0 WHERE id = $1",
            reservation,
        )
        if not rows:
            return None
        held = {
            (Subject.parse(str(subject)), Measure.parse(str(measure))): int(amount or 0)
            for _, _, subject, measure, amount in rows
            if subject is not None
        }
        return Holding(from_text(rows[0][0]), held, str(rows[0][1]))

    def reduce(self, reservation: str, amounts: Mapping[Key, int]) -> None:
        """Set so much less aside, but never less than nothing."""
        self.transaction.execute_many(
            "UPDATE quota_held SET amount = CASE WHEN amount > $1 THEN amount - $1 ELSE 0 END"
            " WHERE reservation = $2 AND subject = $3 AND measure = $4",
            [(amount, reservation, str(subject), str(measure)) for (subject, measure), amount in amounts.items()],
        )

    def free(self, reservation: str) -> None:
        """End a reservation; what it holds goes with it."""
        self.transaction.fetch("DELETE FROM reservations WHERE id = $1", reservation)

    def use(self, amounts: Mapping[Key, int], begun_at: datetime) -> None:
        """Count what was used by work that began then.

        A rate limit is about when things were sent, a budget about when money was booked: a day that is over stays as
        it is.
        """
        self._add(
            {
                key: (
                    bucket(key[1].window, begun_at if is_sliding(key[1].window) else self.booked_at, self.zone),
                    amount,
                )
                for key, amount in amounts.items()
                if amount
            }
        )

    def recount_later(self, subjects: Sequence[Subject], besides: Iterable[Key]) -> None:
        """Forget what these have used of what nothing limits just now: limited again, it is counted from the ledger."""
        counted = set(besides)
        values: list[str] = []
        lapsed: list[str] = []
        for subject in subjects:
            measures = [str(measure) for measure in IN_THE_LEDGER if (subject, measure) not in counted]
            if not measures:
                continue
            first = len(values) + 1
            values += (str(subject), *measures)
            places = ", ".join(f"${place}" for place in range(first + 1, len(values) + 1))
            # One subject at a time, by the index: the table has a row for every user.
            lapsed.append(f"(subject = ${first} AND measure IN ({places}))")
        if lapsed:
            self.transaction.fetch(f"DELETE FROM quota_used WHERE {' OR '.join(lapsed)}", *values)  # noqa: S608

    def _from_tallies(self, key: Key) -> int:
        """What was booked before somebody began to count; from now on it is counted."""
        subject, measure = key
        if measure.resource == "requests" or measure not in IN_THE_LEDGER:
            return 0
        span = self._reach(measure)
        used = self.tallies.used(measure.resource, subject, span)
        self._add({key: (span, used)})
        return used

    def _add(self, amounts: Mapping[Key, tuple[Span, int]]) -> None:
        self.transaction.execute_many(
            "INSERT INTO quota_used (subject, measure, since, until, used) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (subject, measure, since, until) DO UPDATE SET used = quota_used.used + excluded.used",
            [
                (str(subject), str(measure), to_text(span.since), to_text(span.until), amount)
                for (subject, measure), (span, amount) in amounts.items()
            ],
        )

    def forget_old(self) -> None:
        """Drop buckets that will not count any more."""
        self.transaction.fetch("DELETE FROM quota_used WHERE until < $1", to_text(self.now - _KEPT))

    def forget_user(self, user: str) -> None:
        """Drop a person's buckets, but for those that still count: forgetting does not renew an allowance."""
        keys: Iterable[Value] = (
            measure
            for (measure,) in self.transaction.fetch(
                "SELECT DISTINCT measure FROM quota_used WHERE subject = $1", f"user:{user}"
            )
        )
        for measure in keys:
            self.transaction.fetch(
                "DELETE FROM quota_used WHERE subject = $1 AND measure = $2 AND (until <= $3 OR used = 0)",
                f"user:{user}",
                measure,
                to_text(self._reach(Measure.parse(str(measure))).since),
            )

    def _reach(self, measure: Measure) -> Span:
        return reach(measure.window, self.now if is_sliding(measure.window) else self.booked_at, self.zone)
