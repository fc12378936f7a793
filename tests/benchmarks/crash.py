"""What the books say after a process was killed while it asked: never less than the provider's bill."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row
from tests.benchmarks.databases import postgres_url_maker, without_postgres
from tests.scenarios.spending import Crash, Terms, crash, open_trial

# At the default of five runs of what is done once per process, 200 kills.
_KILLS_PER_RUN = 40
_SEED = 20261122
_AT_ONCE = 20
_SIDE_BY_SIDE = 2
# The longest that a victim asks: with the smallest budget all of it is gone by then, with the largest about half.
_LONGEST_S = 1.2
# Worth about 4 to 180 answers.
_BUDGETS_MICRO_USD = (20_000, 100_000, 400_000)
# With the longer ones, the last of a budget is granted as a shorter answer.
_MAX_OUTPUT_TOKENS = (320, 1_200)
_ANSWER_TOKENS = (150, 900)
_COLUMNS = (
    Column("runs"), Column("killed_in_mid_call"), Column("books_below_bill"), Column("budget_exceeded"),
    Column("stuck"), Column("sums_differ"), Column("budget_ran_out"), Column("unconfirmed_share", 3),
)  # fmt: skip


async def run(plan: Plan, progress: Progress) -> Report:
    """Kill processes at random moments, on every engine that is there."""
    logging.getLogger("rag").addHandler(logging.NullHandler())  # what is found out late is what is measured, not news
    kills = _KILLS_PER_RUN * plan.runs
    rows = []
    with ExitStack() as stack:
        new_database = postgres_url_maker(stack, fsync=False)
        engines: dict[str, Callable[[], str] | None] = {"SQLite": None}
        if new_database is not None:
            engines["PostgreSQL"] = new_database
        for number, (name, new) in enumerate(engines.items()):
            share = kills // len(engines) + (number < kills % len(engines))
            rows.append(_row(name, await _crashes(name, share, new, progress)))
    return Report(_COLUMNS, tuple(rows), tuple(_notes()))


@dataclass(frozen=True, slots=True)
class _Victim:
    number: int
    terms: Terms
    after_s: float


def _victims(engine: str, kills: int) -> Iterator[_Victim]:
    draw = random.Random(f"{_SEED} {engine}")
    for number in range(kills):
        terms = Terms(
            budget_micro_usd=draw.choice(_BUDGETS_MICRO_USD),
            max_output_tokens=draw.choice(_MAX_OUTPUT_TOKENS),
            answer_tokens=_ANSWER_TOKENS,
        )
        yield _Victim(number, terms, draw.uniform(0, _LONGEST_S))


async def _crashes(engine: str, kills: int, new_database: Callable[[], str] | None, progress: Progress) -> list[Crash]:
    """All kills on one engine, two at a time."""
    waiting = iter(_victims(engine, kills))
    crashes: list[Crash] = []

    async def work() -> None:
        for victim in waiting:
            if victim.number % 10 == 0:
                progress(f"{engine}: kill {victim.number + 1} of {kills}")
            with TemporaryDirectory(prefix="ragbot-bench-") as folder:
                url = None if new_database is None else await asyncio.to_thread(new_database)
                async with open_trial(Path(folder), victim.terms, url) as trial:
                    # Every other one is killed while its first calls begin, the others when some are under way.
                    sees_calls = bool(victim.number % 2)
                    one = await crash(trial, at_once=_AT_ONCE, after_s=victim.after_s, from_first_call=sees_calls)
            crashes.append(one)

    async with asyncio.TaskGroup() as group:
        for _ in range(_SIDE_BY_SIDE):
            group.create_task(work())
    return crashes


def _row(engine: str, crashes: Sequence[Crash]) -> Row:
    figures = (
        len(crashes),
        sum(one.was_in_mid_call for one in crashes),
        sum(one.is_below_bill for one in crashes),
        sum(one.exceeds_budget for one in crashes),
        sum(one.is_stuck for one in crashes),
        sum(one.is_inconsistent for one in crashes),
        sum(one.ran_out for one in crashes),
        median(one.unconfirmed_share for one in crashes),
    )
    return Row(engine, figures)


def _notes() -> Iterator[str]:
    budgets = ", ".join(f"{budget:,}" for budget in _BUDGETS_MICRO_USD)
    yield f"a process that asks {_AT_ONCE} questions at once is killed (SIGKILL) within {_LONGEST_S:g} s; seed {_SEED}"
    yield "of every other process, within that time of its first call's arrival at the provider"
    yield f"its daily budget is {budgets} micro-USD; then the books are opened again with all its leases over"
    yield "killed in mid-call: something was set aside and nobody lived to settle it"
    yield "books below bill: the fake provider charges more than is booked; what was cut off is charged, too"
    yield "budget exceeded: used and held together, or the bill, are more than the limit, before or after"
    yield "stuck: something is still set aside at the end"
    yield "sums differ: ledger and counter do, or what is booked as unconfirmed is not what was open at the kill"
    yield "budget ran out: there was no room for one more call at the kill, with what was held"
    yield "unconfirmed share: of what is booked, median; the most that the calls under way could cost"
    yield from without_postgres()
