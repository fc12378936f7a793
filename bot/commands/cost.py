"""`/cost`: what was spent, by whom, on what; everybody sees their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import cast

from bot.commands.base import Argument, Choice, Command, Invocation
from bot.commands.whose import WHOSE, named, subject_of, target
from bot.locales import Phrases
from bot.messages import Card
from bot.reports import row_name, spending_chart
from bot.tables import table
from rag.quota.ledger import CostKey, Costs
from rag.quota.quotas import Subject
from rag.quota.tallies import KEPT
from rag.quota.windows import Period

_MOST_ROWS = 10
# Who asks by whom means all of them.
_OF_MANY = ("user", "channel", "workspace")
_PERIODS = tuple(Choice(name) for name in ("today", "yesterday", "week", "last-week", "month", "last-month"))


async def _run(call: Invocation) -> Card:
    phrases = call.phrases
    by = cast("CostKey", call.arguments.get("by", "model"))
    whose = call.arguments.get("spender", "everything" if by in _OF_MANY else "mine")
    notes = []
    if whose != "mine" and not call.is_admin:  # asked in words: they are shown what they may see
        whose, by = "mine", "model" if by in _OF_MANY else by
        notes.append(phrases("cost.others_for_admins"))
    subject = subject_of(whose, call)
    if by not in _keys(subject):
        known = ", ".join(phrases(f"word.{key}").partition("|")[0].strip() for key in _keys(subject))
        notes.append(phrases("cost.not_by", by=phrases(f"word.{by}").partition("|")[0].strip(), known=known))
        by = "model"
    asked = call.arguments.get("period", "today")
    since, until = _days(asked, call.desk.accounts.today)
    costs = await call.desk.accounts.costs_between(since, until, by, subject=subject)
    when = phrases.days(since, until)
    headline = phrases(
        "cost.headline",
        whose=named(str(subject), call),
        when=when,
        cost=phrases.usd(costs.micro_usd),
        questions=phrases.count("count.questions", costs.questions),
    )
    lines = [headline, *_details(costs, phrases), *notes]
    if costs.rows and costs.micro_usd:
        lines += ["", table(_columns(by, phrases), list(_rows(costs, by, phrases)), numeric=(1, 2, 3))]
    chart = await spending_chart(call.desk.accounts, subject, phrases, of=_kind(asked), on=until)
    return Card("\n".join(lines), private=True, chart=chart)


def _keys(subject: Subject) -> Sequence[str]:
    """What the books break a subject's sums down by; how questions ended is for reports."""
    return [key for key in KEPT[subject.kind] if key != "rung"]


def _days(name: str, today: date) -> tuple[date, date]:
    """The first and the last day of a period; of one that goes on, today."""
    if name == "today":
        return today, today
    if name == "yesterday":
        return today - timedelta(days=1), today - timedelta(days=1)
    if name.startswith("last-"):
        before = _begin(name.removeprefix("last-"), today) - timedelta(days=1)
        return _begin(name.removeprefix("last-"), before), before
    return _begin(name, today), today


def _kind(name: str) -> Period:
    return "day" if name in {"today", "yesterday"} else cast("Period", name.removeprefix("last-"))


def _begin(window: str, day: date) -> date:
    return day - timedelta(days=day.weekday()) if window == "week" else day.replace(day=1)


def _details(costs: Costs, phrases: Phrases) -> Iterator[str]:
    if costs.saved_micro_usd:
        yield phrases("cost.saved", saved=phrases.usd(costs.saved_micro_usd))
    if costs.estimated_micro_usd:
        yield phrases("cost.estimated", cost=phrases.usd(costs.estimated_micro_usd))
    if costs.unconfirmed_micro_usd:
        yield phrases("cost.unconfirmed", cost=phrases.usd(costs.unconfirmed_micro_usd))


def _columns(by: CostKey, phrases: Phrases) -> tuple[str, ...]:
    name = phrases(f"word.{by}").partition("|")[0].strip()
    return name, phrases("cost.column_cost"), phrases("cost.column_share"), phrases("cost.column_questions")


def _rows(costs: Costs, by: CostKey, phrases: Phrases) -> Iterator[tuple[str, ...]]:
    """The dearest; what the others cost is one more row, so that the column adds up."""
    shown, others = costs.rows[:_MOST_ROWS], costs.rows[_MOST_ROWS:]
    for row in shown:
        yield row_name(by, row.key, phrases), *_figures(row.micro_usd, row.questions, costs, phrases)
    if others:
        name = phrases("cost.others", amount=phrases.number(len(others)))
        yield name, *_figures(sum(row.micro_usd for row in others), None, costs, phrases)


def _figures(micro_usd: int, questions: int | None, costs: Costs, phrases: Phrases) -> tuple[str, str, str]:
    share = phrases.percent(micro_usd / costs.micro_usd)
    return phrases.usd(micro_usd), share, "" if questions is None else phrases.number(questions)


def of_a_person(word: str) -> str | None:
    """Somebody else, or another place."""
    found = target(word)
    try:
        subject = None if found is None else Subject.parse(found)
    except ValueError:  # a role spends nothing by itself
        return None
    return str(subject) if subject is not None and subject.kind in KEPT else None


COST = Command(
    "cost",
    "cost.summary",
    "/cost",
    _run,
    (
        Argument("period", required=False, choices=_PERIODS),
        Argument("spender", required=False, choices=WHOSE, reads=of_a_person, right="sees"),
        Argument(
            "by",
            required=False,
            after="by",
            choices=(
                *map(Choice, ("model", "provider", "task")),
                *(Choice(key, "sees") for key in _OF_MANY),
            ),
        ),
    ),
    more=("cost.example_month", "cost.example_channel"),
    aliases=("costs", "custo", "custos", "gasto", "gastos"),
    shown_to="everybody",
)
