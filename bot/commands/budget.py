"""`/budget`: what is left to spend here; admins set it, lift it for today, and see who changed it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.amounts import holding, limit_of, reset, typed, undo_of, usd_in
from bot.commands.base import Argument, Choice, Command, Invocation, WrongUsage, actions
from bot.commands.history import history
from bot.commands.whose import HERE, is_shown, named, nearest_first, subject_of, target, target_of
from bot.intent.intent import Direction
from bot.messages import Card
from bot.text import code_span
from rag.quota.page import Standing
from rag.quota.policy import Change, asker_of
from rag.quota.quotas import Measure
from rag.quota.windows import Window
from rag.settings.quotas import parse_amount


async def _run(call: Invocation) -> Card:
    action, amount = call.arguments.get("action", "show"), call.arguments.get("amount")
    match action, amount:
        case "show", None:
            return await _show(call)
        case "history", None:
            return await history(call)
        case "reset", None:
            return await _reset(call)
        case "set" | "lift", str(amount):
            return await _change(call, action, amount)
        case _:
            raise WrongUsage


async def _show(call: Invocation) -> Card:
    phrases, whose = call.phrases, call.arguments.get("whose")
    asker, provider = call.asker, None
    if whose is not None and ":" in whose:
        asker, provider = asker_of(whose)
    standings = [
        standing
        for standing in nearest_first(await call.desk.accounts.standing(asker, provider))
        if standing.quota.measure.resource == "usd"
    ]
    wanted = [standing for standing in standings if _is_wanted(standing, call)]
    parts = [phrases("budget.none")] if not standings else [] if wanted else [phrases("budget.none_of_that")]
    parts.append("\n".join(line for standing in wanted or standings for line in _left(standing, call)))
    request = call.desk.accounts.policy.request_limit(asker, await call.desk.accounts.in_force())
    if request is not None:
        parts.append(phrases("budget.request", amount=phrases.usd(request)))
    return Card("\n\n".join(filter(None, parts)), private=True)


def _is_wanted(standing: Standing, call: Invocation) -> bool:
    whose, window = call.arguments.get("whose"), call.arguments.get("window")
    is_theirs = whose is None or ":" in whose or standing.quota.subject == subject_of(whose, call)
    return is_theirs and window in {None, standing.quota.measure.window}


def _left(standing: Standing, call: Invocation) -> Iterator[str]:
    phrases, quota, count = call.phrases, standing.quota, standing.count
    until = phrases(f"until.{quota.measure.window}")
    key = "budget.line_held" if count.held else "budget.line"
    yield phrases(
        key if is_shown(quota.subject, call) else "budget.line_of_all",
        whose=named(str(quota.subject), call),
        left=phrases.usd(standing.left),
        limit=phrases.usd(quota.limit),
        until=until,
        used=phrases.usd(count.used),
        held=phrases.usd(count.held),
    )
    if quota.brake_at is not None and count.used >= quota.brake_at:
        yield f"  {phrases('budget.braked', until=until)}"
    elif quota.warn_at is not None and count.used + count.held >= quota.warn_at:
        yield f"  {phrases('budget.warned')}"


async def _change(call: Invocation, action: str, written: str) -> Card:
    accounts, phrases = call.desk.accounts, call.phrases
    measure, whom = _meant(call)
    try:
        amount = parse_amount("usd", written)
    except ValueError:
        raise WrongUsage from None
    holds = await holding(call, whom, measure)
    if _is_contrary(call.direction, holds, amount):
        return Card(
            phrases(
                f"budget.not_{call.direction}",
                whose=named(whom, call),
                holds=limit_of(measure, holds, phrases),
                typed=code_span(typed(call, action, measure, amount)),
            ),
            private=True,
        )
    undo = await undo_of(call, whom, measure)
    values = {"whose": named(whom, call), "limit": limit_of(measure, amount, phrases), "undo": undo}
    if action == "lift":
        until = await accounts.lift(call.author.id, whom, measure, amount)
        return Card(phrases("budget.lifted", **values, until=phrases.moment(until, accounts.policy.zone)))
    await accounts.change(call.author.id, Change(whom, measure, amount))
    return Card(phrases("limits.set", **values))


def _is_contrary(direction: Direction, holds: int | None, amount: int | None) -> bool:
    """Whether a sentence says raise where it would lower, or the other way round: a slip, or not meant as an order."""
    before, after = (float("inf") if limit is None else limit for limit in (holds, amount))
    return (direction == "up" and after <= before) or (direction == "down" and after >= before)


async def _reset(call: Invocation) -> Card:
    measure, whom = _meant(call)
    return await reset(call, whom, measure)


def _meant(call: Invocation) -> tuple[Measure, str]:
    window: Window = "month" if call.arguments.get("window") == "month" else "day"
    return Measure("usd", window), target_of(call.arguments.get("whose", "channel"), call)


BUDGET = Command(
    "budget",
    "budget.summary",
    "/budget",
    _run,
    (
        actions("set", "lift", "reset"),
        Argument("amount", required=False, choices=(Choice("unlimited", "changes"),), reads=usd_in, right="changes"),
        Argument("window", required=False, choices=(Choice("day"), Choice("month"))),
        Argument("whose", required=False, choices=HERE, reads=target, right="sees"),
    ),
    more=("budget.example_set", "budget.example_lift", "budget.example_history"),
    aliases=("budgets", "orçamento", "orçamentos", "verba"),
    shown_to="admins",
)
