"""What would be better, as far as figures say: each rule with its threshold, so that nothing trivial is told. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import ClassVar, Literal

from rag.errors import PriceUnknown
from rag.model import Task
from rag.monitoring.repeats import NOTHING_SPARED, Repeated
from rag.monitoring.reports import Report
from rag.monitoring.usage import Usage
from rag.quota.ledger import CostRow
from rag.quota.quotas import Subject
from rag.routing.catalogue import Catalogue, ModelCard, Route
from rag.routing.pricing import cost_micro_usd

AdviceKind = Literal[
    "budget_ends", "budget_too_small", "model_fails", "cheaper_model", "longer_memory", "missing_document"
]

# Another model is worth trying for a tenth of the bill, a longer memory for a fiftieth; and for five cents.
_LEAST_SHARE = 10
_LEAST_MICRO_USD = 50_000
# Nobody changes to a model that goes within a month.
_STAYS = timedelta(days=30)
_MONTH_S = 30 * 86_400
_DAY_S = 86_400
_FEWEST_REPEATS = 3
_LEAST_REPEATED_SHARE = 50
# A longer time is worth it only for what a shorter one would not spare as well.
_NEARLY_ALL = 0.8
_FEWEST_ASKED, _FEWEST_PEOPLE = 3, 2
_MOST_MISSING = 5
_FEWEST_CALLS, _TOLERATED_SHARE = 20, 20
_FEWEST_BRAKED_DAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What of the configuration advice can change.

    Attributes:
        usable: The models whose provider is configured, by name.
        ttl_s: How long answers are remembered, by task; empty where nothing is.
    """

    catalogue: Catalogue
    routes: Mapping[Task, Route]
    cheaper_models: tuple[str, ...]
    usable: frozenset[str]
    ttl_s: Mapping[Task, int]

    @property
    def bands(self) -> tuple[int, ...]:
        """Lengths of prompts above which one of the models has other prices."""
        cards = [card for name in self.usable if (card := self.catalogue.card(name)) is not None]
        return tuple(sorted({row.over_input_tokens for card in cards for row in card.rates if row.over_input_tokens}))


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Questions that the documents do not answer, in one group.

    Attributes:
        question: The commonest wording.
        times: How often it was asked, in all wordings.
        people: By how many.
    """

    question: str
    times: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetEnds:
    """A month's budget ends before the month.

    Attributes:
        on: When it reaches its brake: nothing more is spent then.
        limit_on: When it would reach its limit; `None`: not in this month.
        has_ended: It has already.
    """

    kind: ClassVar[AdviceKind] = "budget_ends"
    subject: Subject
    limit_micro_usd: int
    used_micro_usd: int
    pace_micro_usd: int
    on: date
    limit_on: date | None
    has_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetTooSmall:
    """A day's budget was used up on several days."""

    kind: ClassVar[AdviceKind] = "budget_too_small"
    subject: Subject
    limit_micro_usd: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFails:
    """A model fails often.

    Attributes:
        instead: The next one on the route; `None`: there is none.
    """

    kind: ClassVar[AdviceKind] = "model_fails"
    model: str
    failed: int
    calls: int
    instead: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheaperModel:
    """Another model would have answered the same questions for less.

    Attributes:
        spent_micro_usd: On the model's answers to questions of this task.
        would_cost_micro_usd: The same tokens at the other one's prices of those days.
        monthly_micro_usd: What is saved in 30 days, if they are like those of the report.
    """

    kind: ClassVar[AdviceKind] = "cheaper_model"
    task: Task
    model: str
    instead: str
    answers: int
    spent_micro_usd: int
    would_cost_micro_usd: int
    monthly_micro_usd: int

    @property
    def saved_micro_usd(self) -> int:
        """By it, in the time of the report."""
        return self.spent_micro_usd - self.would_cost_micro_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class LongerMemory:
    """Answers are forgotten too early.

    Attributes:
        asked: Questions that were asked and paid again after their answer was forgotten, within a week.
        spared: Of them, those that would have been answered from memory.
        saved_micro_usd: What these have cost.
    """

    kind: ClassVar[AdviceKind] = "longer_memory"
    task: Task
    ttl_s: int
    instead_s: int
    asked: int
    spared: int
    saved_micro_usd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingDocument:
    """Something that is asked for stands in no document."""

    kind: ClassVar[AdviceKind] = "missing_document"
    question: str
    times: int
    people: int


Advice = BudgetEnds | BudgetTooSmall | ModelFails | CheaperModel | LongerMemory | MissingDocument


def advise(
    report: Report, setup: Setup, repeated: Sequence[Repeated] = (), unanswered: Sequence[Unanswered] = ()
) -> tuple[Advice, ...]:
    """What follows from the figures of a report: what is urgent first, and of what saves money, what saves most."""
    saving: list[CheaperModel | LongerMemory] = [*cheaper_models(report, setup), *longer_memories(report, repeated)]
    saving.sort(key=lambda advice: -advice.saved_micro_usd)
    return (
        *budgets_ending(report),
        *budgets_too_small(report),
        *failing_models(report, setup),
        *saving,
        *missing_documents(unanswered),
    )


def budgets_ending(report: Report) -> Iterator[BudgetEnds]:
    """Budgets of this month that will not last."""
    for budget in report.budgets:
        ahead, standing = budget.forecast, budget.standing
        if ahead is None or ahead.brake_on is None or not standing.quota.limit:
            continue
        used, brake = standing.count.used, standing.quota.brake_at
        yield BudgetEnds(
            subject=standing.quota.subject,
            limit_micro_usd=standing.quota.limit,
            used_micro_usd=used,
            pace_micro_usd=ahead.pace.micro_usd,
            on=ahead.brake_on,
            limit_on=ahead.limit_on,
            has_ended=brake is not None and used >= brake,
        )


def budgets_too_small(report: Report) -> Iterator[BudgetTooSmall]:
    """Budgets of a day that ended on several of them."""
    for braked in report.braked:
        if braked.days >= _FEWEST_BRAKED_DAYS and braked.limit_micro_usd:
            yield BudgetTooSmall(subject=braked.subject, limit_micro_usd=braked.limit_micro_usd, days=braked.days)


def failing_models(report: Report, setup: Setup) -> Iterator[ModelFails]:
    """Models of which more than one call in twenty fails, of twenty at least."""
    for row in report.failures:
        if row.key is not None and _fails(row):
            instead = _next_on_route(row.key, report, setup)
            yield ModelFails(model=row.key, failed=row.failed, calls=row.calls, instead=instead)


def cheaper_models(report: Report, setup: Setup) -> Iterator[CheaperModel]:
    """For each task, the change that would have saved most, if that is worth it."""
    best: dict[Task, CheaperModel] = {}
    for advice in _cheaper_models(report, setup):
        known = best.get(advice.task)
        if known is None or advice.saved_micro_usd > known.saved_micro_usd:
            best[advice.task] = advice
    yield from best.values()


def _cheaper_models(report: Report, setup: Setup) -> Iterator[CheaperModel]:
    unreliable = {row.key for row in report.failures if _fails(row)}
    answers: dict[tuple[Task, str], list[Usage]] = defaultdict(list)
    for used in report.usage:
        if used.task is not None:
            answers[used.task, used.model].append(used)
    for (task, model), usage in sorted(answers.items()):
        spent = sum(used.micro_usd for used in usage)
        least = max(_LEAST_MICRO_USD, -(-report.totals.micro_usd // _LEAST_SHARE))
        if spent < least:
            continue
        route = setup.routes.get(task)
        others = dict.fromkeys((*(route.models if route else ()), *setup.cheaper_models))
        offers = [
            (cost, other)
            for other in others
            if other != model and other in setup.usable - unreliable
            if (cost := _would_cost(other, usage, setup.catalogue, report.today)) is not None
        ]
        if offers and spent - (best := min(offers))[0] >= least:
            yield CheaperModel(
                task=task,
                model=model,
                instead=best[1],
                answers=sum(used.calls for used in usage),
                spent_micro_usd=spent,
                would_cost_micro_usd=best[0],
                monthly_micro_usd=_monthly(spent - best[0], report),
            )


def longer_memories(report: Report, repeated: Sequence[Repeated]) -> Iterator[LongerMemory]:
    """For each task, the shortest time that spares nearly all that the longest one would."""
    for again in repeated:
        most = max((spared.micro_usd for spared in again.spared.values()), default=0)
        enough = [ttl_s for ttl_s, spared in again.spared.items() if spared.micro_usd >= _NEARLY_ALL * most]
        ttl_s = min(enough, default=0)
        spared = again.spared.get(ttl_s, NOTHING_SPARED)
        worth_it = max(_LEAST_MICRO_USD, report.totals.micro_usd // _LEAST_REPEATED_SHARE)
        if spared.questions >= _FEWEST_REPEATS and spared.micro_usd >= worth_it:
            yield LongerMemory(
                task=again.task,
                ttl_s=again.ttl_s,
                instead_s=ttl_s,
                asked=again.asked.questions,
                spared=spared.questions,
                saved_micro_usd=spared.micro_usd,
            )


def missing_documents(unanswered: Sequence[Unanswered]) -> Iterator[MissingDocument]:
    """What several people, or one several times, asked in vain."""
    worth_writing = (group for group in unanswered if group.times >= _FEWEST_ASKED or group.people >= _FEWEST_PEOPLE)
    for group in islice(worth_writing, _MOST_MISSING):
        yield MissingDocument(question=group.question, times=group.times, people=group.people)


def _fails(row: CostRow) -> bool:
    return row.calls >= _FEWEST_CALLS and row.failed * _TOLERATED_SHARE > row.calls


def _next_on_route(model: str, report: Report, setup: Setup) -> str | None:
    """Whose turn it is after this model, on the route on which it answers most."""
    answers = {task: 0 for task, route in setup.routes.items() if model in route.models}
    for used in report.usage:
        if used.model == model and used.task in answers:
            answers[used.task] += used.calls
    if not answers:
        return None
    models = setup.routes[max(answers, key=lambda task: answers[task])].models
    after = models[models.index(model) + 1 :]
    return next((other for other in after if other in setup.usable), None)


def _would_cost(model: str, usage: Sequence[Usage], catalogue: Catalogue, today: date) -> int | None:
    """What the same tokens would have cost; `None` where nobody knows, or the model could not have done it."""
    card = catalogue.card(model)
    if card is None or catalogue.is_gone(card, today + _STAYS) or _is_rerouted(card, today):
        return None
    if card.context_tokens is not None and max(used.longest for used in usage) > card.context_tokens:
        return None
    try:
        # All prompts of one band are billed by the same row.
        return sum(cost_micro_usd(card.rates_on(used.day, used.longest_input), used.tokens) for used in usage)
    except (PriceUnknown, ValueError):
        return None


def _is_rerouted(card: ModelCard, today: date) -> bool:
    return card.rerouted_to is not None and card.retires is not None and card.retires <= today + _STAYS


def _monthly(micro_usd: int, report: Report) -> int:
    """In 30 days; a day that has just begun is taken as a whole one, rather than to promise too much."""
    elapsed_s = int((min(report.now, report.span.until) - report.span.since).total_seconds())
    return micro_usd * _MONTH_S // max(_DAY_S, elapsed_s)
