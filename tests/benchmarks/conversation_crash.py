"""What becomes of questions whose bot is killed again and again: each is answered once, or apologised for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row
from tests.benchmarks.crowd import Outcome, crash
from tests.benchmarks.databases import postgres_url_maker, without_postgres
from tests.benchmarks.vacations import vacations

# At the default of five runs of what is done once per process, 100 kills of each bot.
_KILLS_PER_RUN = 20
_SEED = 20261122
_AT_ONCE = 20
_COLUMNS = (
    Column("kills"), Column("under_way"), Column("questions"), Column("answered"), Column("apologised"),
    Column("stopped"), Column("other"), Column("unanswered"), Column("unfinished"), Column("twice"), Column("wrong"),
    Column("undeleted"), Column("left_open"),
)  # fmt: skip
_TOLD_APART = frozenset({"answered", "apologised", "stopped"})


async def run(plan: Plan, progress: Progress) -> Report:
    """Kill bots at random moments: one that repeats questions, on every engine that is there, and the whole one."""
    kills = _KILLS_PER_RUN * plan.runs
    rows = []
    with ExitStack() as stack:
        new_database = postgres_url_maker(stack, fsync=False)
        rows.append(await _row("SQLite, repeated questions", kills, progress))
        if new_database is not None:
            rows.append(await _row("PostgreSQL, repeated questions", kills, progress, state_url=new_database()))
        rows.append(await _row("SQLite, RagPipeline", kills, progress, is_whole=True))
    return Report(_COLUMNS, tuple(rows), tuple(_notes()))


async def _row(
    name: str, kills: int, progress: Progress, *, state_url: str | None = None, is_whole: bool = False
) -> Row:
    with TemporaryDirectory(prefix="ragbot-bench-") as temporary:
        folder = Path(temporary)
        async with vacations(folder) if is_whole else _nothing() as config:
            outcome = await crash(
                folder,
                kills=kills,
                at_once=_AT_ONCE,
                seed=f"{_SEED} {name}",
                state_url=state_url,
                config=config,
                progress=lambda number: progress(f"{name}: kill {number + 1} of {kills}"),
            )
    return Row(name, _figures(outcome))


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield None


def _figures(outcome: Outcome) -> tuple[float, ...]:
    outcomes = outcome.outcomes
    return (
        outcome.kills,
        median(outcome.under_way),
        outcome.asked,
        outcomes.get("answered", 0),
        outcomes.get("apologised", 0),
        outcomes.get("stopped", 0),
        sum(count for name, count in outcomes.items() if name not in _TOLD_APART),
        len(outcome.unanswered),
        len(outcome.unfinished),
        len(outcome.twice),
        len(outcome.wrong),
        len(outcome.undeleted),
        outcome.open + outcome.undelivered,
    )


def _notes() -> Iterator[str]:
    yield f"{_AT_ONCE} people ask, edit, delete, stop, retry and call commands; events come twice; seed {_SEED}"
    yield "a bot is killed (SIGKILL) within 1.5 s, every other time at a call to the room, which it was told or not"
    yield "under way: questions without a finished reply at a kill, median"
    yield "answered, apologised, stopped, other: by the journal; other: commands, and what was deleted in time"
    yield "unanswered, unfinished: nothing stands below the question, or something that goes on; by the room's own log"
    yield "twice: more than one reply, or another answer that nobody asked for; wrong: an answer to an old text"
    yield "undeleted: the question is deleted, its reply is not; left open: in the journal, or never acknowledged"
    yield from without_postgres()
