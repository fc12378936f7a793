"""What every benchmark is given, and what it hands back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Value = float | int | None
Progress = Callable[[str], None]
"""Told in a few words what is being done now."""

CHECKOUT = Path(__file__).parents[2]
COLLECTIONS = (CHECKOUT / "tests/data/retrieval", CHECKOUT.parent / "shared/data/retrieval")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        chunks: Size of the synthetic corpus.
        runs: How often what is done once per process, or per index, is repeated; medians are reported.
        warm_ups: Runs before those that count.
        questions: Asked of each contender where answers are timed.
        replicas: Processes of the bot on one database, where there may be more than one.
        collections: Folders of retrieval collections (themselves folders in BEIR's layout); those missing are left out.
    """

    chunks: int = 10_000
    runs: int = 5
    warm_ups: int = 1
    questions: int = 200
    replicas: int = 1
    collections: Sequence[Path] = COLLECTIONS


@dataclass(frozen=True, slots=True)
class Column:
    """A figure that every row has.

    Attributes:
        key: In JSON; its last word is the unit, if there is one.
        digits: After the decimal point, for readers.
    """

    key: str
    digits: int = 0

    def shown(self, value: Value) -> str:
        """A figure for readers."""
        return "–" if value is None else f"{value:,.{self.digits}f}"


@dataclass(frozen=True, slots=True)
class Row:
    """One contender, stage or collection.

    Attributes:
        figures: One a column; `None` where there is none.
    """

    what: str
    figures: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a benchmark.

    Attributes:
        notes: What a reader must know to judge the figures: what each contender does, what could not be measured.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """For programs; figures with four digits after the point, more than any of them is exact to."""
        return {
            "rows": [
                {"what": row.what, **{column.key: _rounded(figure) for column, figure in self._figures(row)}}
                for row in self.rows
            ],
            "notes": list(self.notes),
        }

    def cells(self) -> list[tuple[str, ...]]:
        """For readers: the table's rows, without its header."""
        return [(row.what, *(column.shown(figure) for column, figure in self._figures(row))) for row in self.rows]

    def header(self) -> tuple[str, ...]:
        """The names above `cells`."""
        return ("", *(column.key.replace("_", " ") for column in self.columns))

    def _figures(self, row: Row) -> list[tuple[Column, Value]]:
        return list(zip(self.columns, row.figures, strict=True))


Benchmark = Callable[[Plan, Progress], Awaitable[Report]]
Measure = Callable[[], Awaitable[float]]
"""Does something once, and tells how long it took, or how fast it was."""


async def in_turn(contenders: Mapping[str, Measure], plan: Plan, progress: Progress) -> dict[str, list[float]]:
    """What each contender measures, run after run.

    A machine is busier now than then: taking turns, all of them feel it, and their ratios less than their times.
    """
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(1 - plan.warm_ups, plan.runs + 1):
        for name, measure in contenders.items():
            progress(f"run {number} of {plan.runs}: {name}" if number > 0 else f"warming up: {name}")
            figure = await measure()
            if number > 0:
                measured[name].append(figure)
    return measured


def _rounded(value: Value) -> Value:
    return round(value, 4) if isinstance(value, float) else value


def ratio(value: float | None, base: float | None) -> float | None:
    """How many times `base` it is; unknown where one of the two is."""
    return None if value is None or not base else value / base
