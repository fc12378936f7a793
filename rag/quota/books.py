"""The books: everything that may be used or spent is reserved here before, and settled here after, whatever happens.

Each step is one transaction that no other process's overlaps, so many who ask at once cannot together take more than
there is. A reservation has a lease; if the process that made it dies, all that it held counts as spent when its lease
ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar
from weakref import WeakValueDictionary

from cachetools import TTLCache

from rag.errors import QuotaExceeded, StateUnavailable
from rag.model import Allowance, Asker
from rag.ports import Clock, Database, Transaction
from rag.quota import changes
from rag.quota.events import Threshold
from rag.quota.ledger import Expense
from rag.quota.page import Outlook, Page, Standing
from rag.quota.policy import Change, QuotaPolicy
from rag.quota.quotas import Measure, Need

log = logging.getLogger(__name__)

T = TypeVar("T")

# A refusal is said again from memory for so long, and how near a budget is to its end is looked up as often.
_REMEMBERED_S = 1.0
_REMEMBERED = 10_000
_LINGERING_NOTES = 1_000


class Reservation:
    """Something set aside for work under way; made by `Books.reserve`, which frees what was not settled.

    Attributes:
        granted: What may be used and spent; it can be less than was asked for.
        expense: The call that it is for.
        is_over: It was settled or freed.
    """

    def __init__(self, books: Books, key: str, granted: Need, expense: Expense) -> None:
        self._books = books
        self.key = key
        self.granted = granted
        self.expense = expense
        self.is_over = False

    async def settle(self, expense: Expense) -> None:
        """Book what was spent, also where it is more than was held: it is gone either way. The rest is free.

        Raises:
            StateUnavailable: It cannot be written; when the lease is over, all that was held counts as spent.
        """
        self.is_over = True  # also if it fails: what was spent must not be freed
        await self._books.settle(self, expense)

    async def book(self, expense: Expense, *, lease_s: float) -> None:
        """Book a part of it and go on for another lease.

        Raises:
            StateUnavailable: It cannot be written.
        """
        await self._books.settle(self, expense, lease_s=lease_s)

    async def release(self) -> None:
        """Free all that is still held; nothing was spent. Where that cannot be written, it counts as spent in time."""
        self.is_over = True
        await self._books.release(self)


class Books:
    """Reserve, settle and look up.

    Args:
        policy: The configured limits; what admins changed since then is in the database.
    """

    def __init__(self, database: Database, clock: Clock, policy: QuotaPolicy) -> None:
        self._database = database
        self._clock = clock
        self.policy = policy
        self._notes: list[Expense] = []
        self._turns: WeakValueDictionary[tuple[str, str, str], asyncio.Lock] = WeakValueDictionary()
        self._refused: TTLCache[tuple[str, str, str], QuotaExceeded] = TTLCache(
            _REMEMBERED, _REMEMBERED_S, timer=clock.monotonic
        )
        self._outlooks: TTLCache[Asker, Outlook] = TTLCache(_REMEMBERED, _REMEMBERED_S, timer=clock.monotonic)
        self._standings: TTLCache[Asker, tuple[Standing, ...]] = TTLCache(
            _REMEMBERED, _REMEMBERED_S, timer=clock.monotonic
        )
        self._known: set[Threshold] = set()
        self._hoping: deque[asyncio.Future[None]] = deque()
        self._buried_at_s = float("-inf")
        self._has_begun = False

    # Before and after the work

    async def admit(self, asker: Asker) -> None:
        """Count one question of this person in this place.

        Whoever is refused is refused again from memory for a second: a flood of questions does not become a flood of
        transactions.

        Raises:
            QuotaExceeded: Somebody or some place has asked too much.
            StateUnavailable: Nobody knows.
        """
        who = asker.user, asker.channel, asker.workspace
        # One after the other: of many at once only the first that is refused asks the database.
        async with self._turns.setdefault(who, asyncio.Lock()):
            refused = self._refused.get(who)
            if refused is not None and (again := refused.at(self._clock.now())).retry_after_s != 0:
                raise again
            try:
                await self._transact(lambda page: page.take(asker))
            except QuotaExceeded as error:
                self._refused[who] = error
                raise

    @asynccontextmanager
    async def reserve(self, need: Need, expense: Expense, *, lease_s: float) -> AsyncIterator[Reservation]:
        """Set aside what a call needs, on every quota that it touches, or nothing at all.

        What is not settled by the end of the block is free again.

        Args:
            expense: The call; booked at all that is held if this process dies.
            lease_s: The longest that the work can take.

        Raises:
            QuotaExceeded: A quota has no room.
            StateUnavailable: Nobody knows whether there is room.
        """
        reservation = await self._granted(need, expense, lease_s)
        try:
            yield reservation
        finally:
            if not reservation.is_over:
                await reservation.release()

    async def settle(self, reservation: Reservation, expense: Expense, *, lease_s: float | None = None) -> None:
        """Book an expense of a reservation, which ends with it unless it has another lease; see `Reservation`."""
        try:
            await self._transact(lambda page: page.settle(reservation.key, reservation.expense, expense, lease_s))
        finally:
            self._tell_who_hopes()

    async def release(self, reservation: Reservation) -> None:
        """Free what a reservation holds; see `Reservation`."""
        try:
            await self._transact(lambda page: page.counters.free(reservation.key))
        except StateUnavailable as error:
            log.warning("not freed reservation=%s: it counts as spent when its lease ends: %s", reservation.key, error)
        finally:
            self._tell_who_hopes()

    async def wait_for_room(self, seconds: float) -> None:
        """Wait until work of this process has ended and held less than before, or for so long; who came first is told.

        Others may still be faster, and what was freed may be somebody else's.
        """
        told = asyncio.get_running_loop().create_future()
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        self._hoping.append(told)
        try:
            await asyncio.wait((told, sleeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            with suppress(ValueError):  # who was told is not in it any more
                self._hoping.remove(told)
            sleeping.cancel()
            with suppress(asyncio.CancelledError):
                await sleeping

    def _tell_who_hopes(self) -> None:
        """One for one: told all at once, all but one would have come in vain."""
        if self._hoping:
            self._hoping.popleft().set_result(None)

    def note(self, expense: Expense) -> None:
        """Remember something that cost nothing, to be written down with the next transaction or at the end."""
        if len(self._notes) < _LINGERING_NOTES:
            self._notes.append(expense)

    async def aclose(self) -> None:
        """Write down what was noted."""
        if not self._notes:
            return
        try:
            await self.flush()
        except StateUnavailable as error:
            log.warning("%d free answers were not booked: %s", len(self._notes), error)

    # What people ask

    async def outlook(self, asker: Asker) -> Outlook:
        """What a question of this asker may cost, as it was a second ago at most.

        Raises:
            StateUnavailable: Nobody knows.
        """
        known = self._outlooks.get(asker)
        if known is None:
            known = self._outlooks[asker] = await self._transact(lambda page: page.outlook(asker))
        return known

    async def allowance(self, asker: Asker) -> Allowance | None:
        """The budget of this asker's of which least is left, as it was a second ago at most; `None` without budgets.

        Raises:
            StateUnavailable: Nobody knows.
        """
        known = self._standings.get(asker)
        if known is None:
            known = self._standings[asker] = await self.standing(asker)
        budgets = [standing for standing in known if standing.quota.measure.resource == "usd"]
        tightest = min(budgets, key=lambda standing: standing.left, default=None)
        if tightest is None:
            return None
        quota = tightest.quota
        return Allowance(quota.subject.kind, quota.measure.window, tightest.left, quota.limit)

    async def check(self, need: Need, asker: Asker, provider: str) -> None:
        """See whether a reservation would be made at this moment.

        Raises:
            QuotaExceeded: It would not.
            StateUnavailable: Nobody knows.
        """
        await self._transact(lambda page: page.grant(page.of_calls(asker, provider), need))

    async def standing(self, asker: Asker, provider: str | None = None) -> tuple[Standing, ...]:
        """Every quota that a question of this asker touches, with those of a provider.

        Raises:
            StateUnavailable: The database does not answer.
        """
        return await self._transact(lambda page: page.standing(asker, provider))

    async def flush(self) -> None:
        """Write down what was noted, and bury the dead: after this the ledger holds all that is known.

        Raises:
            StateUnavailable: The database does not answer.
        """
        await self._transact(lambda page: page.bury())

    # What admins do

    async def change(self, who: str, change: Change) -> None:
        """Put a limit in place of the configured one; it holds everywhere within a second, and is recorded.

        Raises:
            StateUnavailable: The database does not answer; nothing was changed.
        """
        await self._administer(lambda page: changes.record(page.transaction, who, change, page.now))

    async def reset(self, who: str, target: str, measure: Measure) -> bool:
        """Let the configured limit hold again; returns whether another one held.

        Raises:
            StateUnavailable: The database does not answer; nothing was changed.
        """
        return await self._administer(lambda page: changes.reset(page.transaction, who, target, measure, page.now))

    async def forget_user(self, user: str) -> int:
        """Erase who a person is from everything that is kept about questions and money; returns entries touched.

        Sums stay. What this person used of limits whose window is still open stays until it closes, and a limit that an
        admin set for them until it is reset.

        Raises:
            StateUnavailable: The database does not answer.
        """
        return await self._administer(lambda page: page.forget_user(user))

    async def forget_old(self) -> None:
        """Drop counters that will not count any more.

        Raises:
            StateUnavailable: The database does not answer.
        """
        await self._transact(lambda page: page.counters.forget_old())

    # How it is done

    async def _granted(self, need: Need, expense: Expense, lease_s: float) -> Reservation:
        granting = asyncio.ensure_future(self._transact(lambda page: page.reserve(need, expense, lease_s)))
        try:
            return Reservation(self, *await asyncio.shield(granting), expense)
        except asyncio.CancelledError:
            # The transaction is carried out all the same; what it set aside is not needed any more.
            with suppress(QuotaExceeded, StateUnavailable):
                await Reservation(self, *await granting, expense).release()
            raise

    async def _administer(self, work: Callable[[Page], T]) -> T:
        result = await self._transact(work)
        self._refused.clear()
        self._outlooks.clear()
        self._standings.clear()
        return result

    async def _transact(self, work: Callable[[Page], T]) -> T:
        """Run one step, with the notes that wait to be written."""
        notes, self._notes = self._notes, []
        monotonic_s = self._clock.monotonic()
        buries = monotonic_s - self._buried_at_s >= _REMEMBERED_S
        raised: dict[Threshold, bool] = {}

        def run(transaction: Transaction) -> T:
            page = Page.open(
                transaction, self._clock.now(), self.policy, self._known, raised, is_first=not self._has_begun
            )
            for note in notes:
                page.book(note)
            if buries:
                page.bury()
            return work(page)

        try:
            result = await self._database.transact(run)
        except asyncio.CancelledError:
            raise  # the transaction is carried out all the same
        except BaseException:
            self._notes = notes + self._notes
            raise
        self._has_begun = True
        if buries:
            self._buried_at_s = monotonic_s
        for threshold, is_new in raised.items():
            self._known.add(threshold)
            if is_new:
                threshold.log()
        return result
