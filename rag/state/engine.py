"""What both engines of the state database share: one thread, one connection, and one commit for all who wait."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from rag.errors import StateUnavailable
from rag.ports import Clock, Held, Row, Transaction, Value
from rag.state.migrations import Migration
from rag.state.session import Guarded, Lock, Session
from rag.state.timestamps import to_text

# So many share a commit: enough that the disk is no limit, few enough that the first of them does not wait for long.
_MAX_TOGETHER = 64
_LOCK_POLL_S = 0.1

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Job:
    """Something handed over to the worker thread.

    Attributes:
        needs_transaction: Otherwise it is one statement, which commits itself.
    """

    run: Callable[[Transaction], object]
    needs_transaction: bool
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    value: object
    error: BaseException | None


class Engine(ABC):
    """`Database` over one connection, which a single worker thread owns.

    Who hands something over while the thread is busy waits in a queue. When the thread comes back it takes all that
    wait and runs them in their order: statements that come first each for itself, and from the first work to the last
    all in one transaction, each undone alone where it fails. So 200 questions at once pay for a handful of commits.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="state")
        self._session: Session | None = None  # the worker thread's alone
        self._handing_over = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._is_working = False
        self._is_closed = False

    @property
    @abstractmethod
    def _name(self) -> str:
        """The database as messages name it; without secrets."""

    @abstractmethod
    def _connect(self) -> Session:
        """Open the connection.

        Raises:
            StateUnavailable: It cannot be opened.
        """

    @abstractmethod
    def _told(self, error: Exception) -> Exception:
        """What the asker is told of a statement's failure: a defect of theirs as it is, else `StateUnavailable`."""

    @abstractmethod
    def _unavailable(self, error: Exception) -> StateUnavailable:
        """The error in a sentence, with what may be done about it."""

    @abstractmethod
    def _newer(self) -> str:
        """What to do where a newer ragbot made the database."""

    @abstractmethod
    def _lock(self, name: str) -> Lock:
        """A new lock for one holder: two tasks of one process then exclude each other like two processes."""

    async def fetch(self, sql: str, *values: Value) -> list[Row]:
        """Run one statement in a transaction of its own and return its rows.

        Raises:
            StateUnavailable: The database does not answer.
        """
        return await self._hand_over(lambda transaction: transaction.fetch(sql, *values), needs_transaction=False)

    async def execute_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run one statement for every row, in one transaction: all or none.

        Raises:
            StateUnavailable: The database does not answer.
        """
        await self.transact(lambda transaction: transaction.execute_many(sql, rows))

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` alone; what it wrote is on disk when this returns, and undone where it raises.

        Raises:
            StateUnavailable: The database does not answer.
        """
        return await self._hand_over(work, needs_transaction=True)

    @asynccontextmanager
    async def exclusive(self, name: str, *, timeout_s: float) -> AsyncIterator[Held]:
        """Hold a lock over all processes and tasks that use this database; the death of its holder frees it.

        Raises:
            TimeoutError: Somebody else held it for all of `timeout_s`.
            StateUnavailable: The lock cannot be asked for.
        """
        lock = _Hand(self._lock(name))
        deadline = self._clock.monotonic() + timeout_s
        try:
            while not await asyncio.to_thread(lock.try_acquire):
                left_s = deadline - self._clock.monotonic()
                if left_s <= 0:
                    raise TimeoutError(f"somebody else held the lock {name!r} for {timeout_s:g} s")
                await self._clock.sleep(min(_LOCK_POLL_S, left_s))
            yield lock
        finally:
            await asyncio.shield(asyncio.to_thread(lock.release))

    async def aclose(self) -> None:
        """Close the connection, after all that was handed over; a second call does nothing."""
        with self._handing_over:
            if self._is_closed:
                return
            self._is_closed = True
            # The thread ends no round of work while anything waits, so this comes last.
            closing = self._worker.submit(self._disconnect)
        self._worker.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(closing))

    async def _start(self, migrations: Sequence[Migration]) -> None:
        """Connect and bring the schema up to date; close again where that fails."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._worker, self._prepare, migrations)
        except BaseException:
            await self.aclose()
            raise

    async def _hand_over(self, run: Callable[[Transaction], T], *, needs_transaction: bool) -> T:
        # Nothing but this future is cancelled with the asker. The job is carried out: money spent is always booked.
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        with self._handing_over:
            if self._is_closed:
                raise StateUnavailable(f"{self._name} is closed")
            self._waiting.append(_Job(run, needs_transaction, answer))
            if not self._is_working:
                self._is_working = True
                self._worker.submit(self._work_off)
        return await answer

    def _work_off(self) -> None:
        while jobs := self._next_jobs():
            try:
                session = self._usable_session()
            except Exception as error:  # noqa: BLE001 - none of those who wait may wait for ever
                failure = error if isinstance(error, StateUnavailable) else self._unavailable(error)
                # Whoever queued up meanwhile was waiting for the same server: one time-out is enough for all.
                with self._handing_over:
                    jobs.extend(self._waiting)
                    self._waiting.clear()
                _settle(jobs, _all_failed(jobs, failure))
                continue
            while jobs and session is self._session:
                self._run_some(session, jobs)
            with self._handing_over:
                self._waiting.extendleft(reversed(jobs))

    def _next_jobs(self) -> list[_Job]:
        with self._handing_over:
            jobs = [self._waiting.popleft() for _ in range(min(_MAX_TOGETHER, len(self._waiting)))]
            self._is_working = bool(jobs)
        return jobs

    def _run_some(self, session: Session, jobs: list[_Job]) -> None:
        """Run those that come first, and take them off the list."""
        if jobs[0].needs_transaction:
            last = max(number for number, job in enumerate(jobs) if job.needs_transaction)
            outcomes = self._run_together(session, jobs[: last + 1])
        else:
            outcomes = [self._run_one(session, jobs[0])]
        done = len(outcomes)
        if not session.is_usable:
            self._disconnect()
        _settle(jobs[:done], outcomes)
        del jobs[:done]

    def _run_together(self, session: Session, jobs: Sequence[_Job]) -> list[_Outcome]:
        """Run all in one transaction.

        Returns:
            The outcomes of those that were begun: fewer than there are jobs where the database gave up in between.
        """
        several = len(jobs) > 1
        outcomes: list[_Outcome] = []
        try:
            session.begin()
            for job in jobs:
                if several:
                    session.mark()
                outcomes.append(self._run_one(session, job))
                error = outcomes[-1].error
                if not session.is_in_transaction:
                    return self._given_up(session, outcomes)
                if error is not None and several:
                    session.undo()
            if several or outcomes[0].error is None:
                session.commit()
            else:
                session.roll_back()
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing of the transaction may be believed
            failure = self._unavailable(error)
            failure.__cause__ = error
            self._roll_back(session)
            # Also those that raised by themselves: they may have done so for what others wrote, which is gone.
            return _all_failed(outcomes or jobs, failure)
        return outcomes

    def _given_up(self, session: Session, outcomes: list[_Outcome]) -> list[_Outcome]:
        """The database has ended the transaction by itself, in the last work: what went well before is undone too."""
        self._roll_back(session)
        *before, last = outcomes
        text = f"{self._name} has undone what shared a transaction with something that failed; try again"
        failure = StateUnavailable(text)
        return [*_all_failed(before, failure), *([last] if last.error else _all_failed([last], failure))]

    def _run_one(self, session: Session, job: _Job) -> _Outcome:
        transaction = Guarded(session, self._told)
        try:
            value = job.run(transaction)
        except BaseException as error:  # noqa: BLE001 - it is raised where the job was handed over
            return _Outcome(None, error)
        return _Outcome(value, transaction.end())

    def _roll_back(self, session: Session) -> None:
        try:
            session.roll_back()
        except Exception:  # noqa: BLE001 - a connection that cannot even do that is of no more use
            self._disconnect()

    def _usable_session(self) -> Session:
        if self._session is not None and not self._session.is_usable:
            self._disconnect()
        if self._session is None:
            self._session = self._connect()
        return self._session

    def _disconnect(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            with suppress(Exception):
                session.close()

    def _prepare(self, migrations: Sequence[Migration]) -> None:
        session = self._usable_session()
        try:
            session.begin_migrating()
            self._migrate(session, migrations)
            session.commit()
        except StateUnavailable:
            self._roll_back(session)
            raise
        except Exception as error:
            failure = self._unavailable(error)
            self._roll_back(session)
            raise failure from error

    def _migrate(self, session: Session, migrations: Sequence[Migration]) -> None:
        """Apply what is missing. Of several processes starting at once the first does it, the others find it done."""
        session.fetch(
            "CREATE TABLE IF NOT EXISTS schema_version (version bigint PRIMARY KEY, applied_at text NOT NULL)", ()
        )
        ((version,),) = session.fetch("SELECT coalesce(max(version), 0) FROM schema_version", ())
        current, newest = int(version or 0), len(migrations)  # they are numbered from 1 without gaps
        if current > newest:
            raise StateUnavailable(
                f"{self._name} has schema {current}, this ragbot knows {newest} at most: {self._newer()}"
            )
        for migration in migrations[current:]:
            for statement in migration.statements:
                session.define(statement)
            session.fetch(
                "INSERT INTO schema_version (version, applied_at) VALUES ($1, $2)",
                (migration.version, to_text(self._clock.now())),
            )


class _Hand:
    """A lock in the hands of one task, whose threads may outlive their cancellation."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._acting = threading.Lock()
        self._is_over = False

    def try_acquire(self) -> bool:
        with self._acting:
            return not self._is_over and self._lock.try_acquire()

    @property
    def is_held(self) -> bool:
        return not self._is_over and self._lock.is_held

    def release(self) -> None:
        """Free it, now and for whoever still comes to take it."""
        with self._acting:
            self._is_over = True
            self._lock.release()


def _all_failed(those: Iterable[object], failure: StateUnavailable) -> list[_Outcome]:
    # An error for each: one that several tasks raise collects all their tracebacks.
    errors = [StateUnavailable(str(failure)) for _ in those]
    for error in errors:
        error.__cause__ = failure.__cause__
    return [_Outcome(None, error) for error in errors]


def _settle(jobs: Sequence[_Job], outcomes: Sequence[_Outcome]) -> None:
    """Tell those who wait, waking each event loop once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Job, _Outcome]]] = {}
    for job, outcome in zip(jobs, outcomes, strict=True):
        by_loop.setdefault(job.answer.get_loop(), []).append((job, outcome))
    for loop, settled in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_tell, settled)


def _tell(settled: Sequence[tuple[_Job, _Outcome]]) -> None:
    for job, outcome in settled:
        if job.answer.done():  # cancelled
            continue
        if outcome.error is None:
            job.answer.set_result(outcome.value)
        elif isinstance(outcome.error, StopIteration):  # which no future can carry
            job.answer.set_exception(RuntimeError("the work raised StopIteration"))
        else:
            job.answer.set_exception(outcome.error)
