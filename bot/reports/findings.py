"""What a report is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from bot.access import Access
from bot.feedback import Feedback, Ratings
from bot.gaps import Gaps, asked_again, gaps
from rag.language import Analyzer
from rag.monitoring.advice import Advice, Setup, advise
from rag.monitoring.reports import Report, read
from rag.ports import Clock
from rag.quota.accounts import Accounts
from rag.quota.windows import Period
from rag.settings import RagSettings


@dataclass(frozen=True, slots=True)
class Findings:
    """All that is known of a stretch of time.

    Attributes:
        advice: Empty where nobody wants any.
        hit_target: The share of questions that shall be answered from memory.
        has_breakdown: Whether the card tells who and what the money was spent on.
    """

    report: Report
    ratings: Ratings
    gaps: Gaps
    advice: tuple[Advice, ...]
    hit_target: float
    has_breakdown: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        rated = self.ratings.good or self.ratings.bad
        return self.report.is_empty and not (rated or self.gaps.in_vain)


class Reporter:
    """Makes reports; built once and shared.

    Args:
        access: What is read alike in different places.
    """

    def __init__(self, accounts: Accounts, clock: Clock, core: RagSettings, access: Access) -> None:
        self._accounts = accounts
        self._clock = clock
        self._access = access
        self._setup = setup_of(core)
        self._told = core.monitoring.daily_reports
        self._hit_target = float(core.optimization.caching.cache_hit_target)

    async def find(self, of: Period, *, on: date | None = None) -> Findings:
        """What is known of the day, week or month with a date in it; today where none is given.

        Raises:
            StateUnavailable: The database does not answer.
        """
        database, setup = self._accounts.database, self._setup
        report = await read(self._accounts, self._clock, of, on=on, bands=setup.bands)
        feedback = Feedback(database, self._clock)
        found = await gaps(database, report.span, self._analyzer)
        advice: tuple[Advice, ...] = ()
        if self._told.include_recommendations:
            again = await asked_again(database, report.span, self._access, setup.ttl_s)
            advice = advise(report, setup, again, found.unanswered)
        return Findings(
            report,
            await feedback.ratings(report.span.since, report.span.until),
            found,
            advice,
            self._hit_target,
            self._told.include_breakdown,
        )

    @cached_property
    def _analyzer(self) -> Analyzer:
        return Analyzer()


def setup_of(core: RagSettings) -> Setup:
    """What of the configuration advice can change."""
    caching = core.optimization.caching
    return Setup(
        catalogue=core.catalogue,
        routes=core.routes,
        cheaper_models=core.cheaper_models,
        usable=frozenset(core.models_in_use),
        ttl_s=caching.ttl_by_type.by_task if caching.enabled and caching.providers.responses else {},
    )
