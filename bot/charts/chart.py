"""What a chart shows: values, worded by whoever makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

_WEEK = 7
_FLATTENED = 6
"""A budget so many times higher than the tallest bar would leave nothing of the bars."""


@dataclass(frozen=True, slots=True)
class Series:
    """What makes up one part of every bar: one model, say.

    Attributes:
        amounts: Micro-USD, one for each label.
    """

    name: str
    amounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What the bars are measured against.

    Attributes:
        name: What is written beside it, such as `budget $5.00 a day`.
        amount: Micro-USD.
    """

    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of money.

    Attributes:
        labels: One for each bar: days, or models.
        series: Stacked, the first one at the bottom; `most` keeps them few.
        forecast: Micro-USD still to come for each label, on top of what was spent; 0 where nothing is forecast.
        note: A sentence below; in place of the bars where there are none.
        alt: What somebody who cannot see it is told.
        locale: Of its words, and of how its amounts are to be written.

    Raises:
        ValueError: There is not one amount for each label, or an amount is below nothing.
    """

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    line: Line | None = None
    forecast: tuple[int, ...] = ()
    forecast_name: str = ""
    note: str = ""
    alt: str = ""
    locale: str = "en"

    def __post_init__(self) -> None:
        rows = [part.amounts for part in self.series]
        if self.forecast:
            rows.append(self.forecast)
        if any(len(row) != len(self.labels) for row in rows):
            raise ValueError("a chart needs one amount for each label")
        lowest = min((amount for row in rows for amount in row), default=0)
        if lowest < 0 or (self.line and self.line.amount < 0):
            raise ValueError("a bar cannot be shorter than nothing")

    @property
    def spent(self) -> tuple[int, ...]:
        """How much of each bar was spent."""
        return tuple(sum(self.parts(position)[:-1]) for position in range(len(self.labels)))

    def parts(self, position: int) -> tuple[int, ...]:
        """What one bar is made of: an amount for each series, and the forecast at the end."""
        coming = self.forecast[position] if self.forecast else 0
        return (*(part.amounts[position] for part in self.series), coming)

    @property
    def totals(self) -> tuple[int, ...]:
        """How long each bar is, forecast and all."""
        return tuple(sum(self.parts(position)) for position in range(len(self.labels)))

    @property
    def has_forecast(self) -> bool:
        """Whether any bar has a part still to come."""
        return any(self.forecast)

    @property
    def line_in_reach(self) -> Line | None:
        """The line, unless it is so far above the bars that they could not be seen beside it."""
        tallest = max(self.totals, default=0)
        return None if self.line and 0 < tallest * _FLATTENED < self.line.amount else self.line

    @property
    def top(self) -> int:
        """The highest amount that is drawn."""
        line = self.line_in_reach
        return max((*self.totals, line.amount if line else 0), default=0)


@dataclass(frozen=True, slots=True)
class Amounts:
    """How amounts are written. Called with one, it writes that with no more decimals than it needs.

    Attributes:
        exactly: Words micro-USD with so many decimals.
        about: Words what is forecast.
    """

    exactly: Callable[[int, int], str]
    about: Callable[[int], str]

    def __call__(self, micro_usd: int) -> str:
        """An amount by itself."""
        return self.exactly(micro_usd, _decimals(micro_usd))

    def alike(self, amounts: Sequence[int]) -> list[str]:
        """Amounts that are added up: each exactly, and all with as many decimals as one of them needs."""
        decimals = max(map(_decimals, amounts), default=0)
        return [self.exactly(micro_usd, decimals) for micro_usd in amounts]


@dataclass(frozen=True, slots=True)
class Texts:
    """A chart's amounts in words; what was spent adds up as it is written.

    Attributes:
        ends: One for each bar: what was spent, or where that is nothing, what is forecast.
        sums: One for each series, and the forecast's at the end.
    """

    ends: tuple[str, ...]
    sums: tuple[str, ...]


def texts_of(chart: Chart, amount: Callable[[int], str]) -> Texts:
    """What is written beside the bars and in the legend.

    Args:
        amount: `Amounts`, or what words any amount.
    """
    spent, sums = chart.spent, [sum(part.amounts) for part in chart.series]
    exact = amount.alike([*spent, *sums]) if isinstance(amount, Amounts) else [*map(amount, [*spent, *sums])]
    about = amount.about if isinstance(amount, Amounts) else amount
    forecast = chart.forecast or (0,) * len(spent)
    bars = zip(exact[: len(spent)], spent, forecast, strict=True)
    ends = tuple(f"~{about(coming)}" if coming and not own else text for text, own, coming in bars)
    return Texts(ends, (*exact[len(spent) :], f"~{about(sum(forecast))}"))


def _decimals(micro_usd: int) -> int:
    """How many an amount needs in dollars; it has no fewer than cents."""
    return max(2, len(f"{micro_usd % 1_000_000:06d}".rstrip("0")))


def most(series: Sequence[Series], n: int, others: str) -> tuple[Series, ...]:
    """At most `n` series in the order given: the smallest ones are joined as the last, which is called `others`."""
    if len(series) <= n:
        return tuple(series)
    by_size = sorted(range(len(series)), key=lambda position: -sum(series[position].amounts))
    kept = set(by_size[: max(0, n - 1)])
    rest = [part.amounts for position, part in enumerate(series) if position not in kept]
    joined = Series(others, tuple(map(sum, zip(*rest, strict=True))))
    return (*(part for position, part in enumerate(series) if position in kept), joined)


def weekly(chart: Chart, name: Callable[[Sequence[str]], str]) -> Chart:
    """The chart summed by seven labels, which `name` joins to one."""
    starts = range(0, len(chart.labels), _WEEK)
    line = chart.line
    return replace(
        chart,
        labels=tuple(name(chart.labels[start : start + _WEEK]) for start in starts),
        series=tuple(Series(part.name, _weekly_sums(part.amounts)) for part in chart.series),
        forecast=_weekly_sums(chart.forecast),
        # What is allowed for one day is allowed seven times in seven, and the reader is told so.
        line=Line(f"{line.name} × {_WEEK}", line.amount * _WEEK) if line else None,
    )


def _weekly_sums(amounts: Sequence[int]) -> tuple[int, ...]:
    return tuple(sum(amounts[start : start + _WEEK]) for start in range(0, len(amounts), _WEEK))
