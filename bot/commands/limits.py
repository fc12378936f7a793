"""`/limits`: how much may be asked and used here, and how much of it is; admins change it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.commands.amounts import amount_in, limit_of, reset, undo_of
from bot.commands.base import Argument, Command, Invocation, WrongUsage, actions
from bot.commands.history import history
from bot.commands.whose import HERE, is_shown, named, nearest_first, subject_of, target, target_of
from bot.messages import Card
from rag.language import fold
from rag.quota.page import Standing
from rag.quota.policy import Change, asker_of
from rag.quota.quotas import USD_PER_REQUEST, Measure
from rag.settings.quotas import parse_amount

# As the configuration calls them, in Portuguese: `perguntas_por_minuto`.
_IN_PORTUGUESE: Mapping[str, str] = MappingProxyType(
    {
        "perguntas": "requests",
        "questions": "requests",
        "por": "per",
        "segundo": "second",
        "minuto": "minute",
        "hora": "hour",
        "dia": "day",
        "mes": "month",
        "pergunta": "request",
    }
)


def _limit(word: str) -> str | None:
    """`requests_per_minute=20`, or the name alone."""
    name, equals, written = word.partition("=")
    name = "_".join(_IN_PORTUGUESE.get(part, part) for part in fold(name).split("_"))
    try:
        measure = Measure.parse(name)
    except ValueError:
        return None
    if not equals:
        return name
    amount = amount_in(measure.resource, written)
    return None if amount is None else f"{name}={amount}"


async def _run(call: Invocation) -> Card:
    action, limit = call.arguments.get("action", "show"), call.arguments.get("limit")
    match action, limit:
        case "show", limit if limit is None or "=" not in limit:
            return await _show(call, limit)
        case "history", None:
            return await history(call)
        case "set", str(limit) if "=" in limit:
            return await _set(call, limit)
        case "reset", str(limit) if "=" not in limit:
            return await reset(call, target_of(call.arguments.get("whose", "channel"), call), Measure.parse(limit))
        case _:
            raise WrongUsage


async def _show(call: Invocation, name: str | None) -> Card:
    accounts, phrases, whose = call.desk.accounts, call.phrases, call.arguments.get("whose")
    asker, provider = (call.asker, None) if whose is None or ":" not in whose else asker_of(whose)
    of_whom = None if whose is None or ":" in whose else subject_of(whose, call)
    lines = [
        _line(standing, call)
        for standing in nearest_first(await accounts.standing(asker, provider))
        if of_whom in {None, standing.quota.subject} and name in {None, str(standing.quota.measure)}
    ]
    request = accounts.policy.request_limit(asker, await accounts.in_force())
    parts = ["\n".join(lines)]
    if request is not None and of_whom is None and name in {None, str(USD_PER_REQUEST)}:
        parts.append(phrases("budget.request", amount=phrases.usd(request)))
    return Card("\n\n".join(filter(None, parts)) or phrases("limits.none"), private=True)


def _line(standing: Standing, call: Invocation) -> str:
    phrases, quota, used = call.phrases, standing.quota, standing.count.used
    is_money = quota.measure.resource == "usd"
    return phrases(
        "limits.line" if is_shown(quota.subject, call) else "limits.line_of_all",
        whose=named(str(quota.subject), call),
        limit=limit_of(quota.measure, quota.limit, phrases),
        used=phrases.usd(used) if is_money else phrases.number(used),
        left=phrases.usd(standing.left) if is_money else phrases.number(standing.left),
    )


async def _set(call: Invocation, limit: str) -> Card:
    name, _, written = limit.partition("=")
    measure, phrases = Measure.parse(name), call.phrases
    whom = target_of(call.arguments.get("whose", "channel"), call)
    try:
        amount = parse_amount(measure.resource, written)
    except ValueError:
        raise WrongUsage from None
    if measure.window == "request" and whom.startswith("provider:"):
        raise WrongUsage  # what one question may cost is a limit of who asks
    undo = await undo_of(call, whom, measure)
    await call.desk.accounts.change(call.author.id, Change(whom, measure, amount))
    return Card(phrases("limits.set", whose=named(whom, call), limit=limit_of(measure, amount, phrases), undo=undo))


LIMITS = Command(
    "limits",
    "limits.summary",
    "/limits",
    _run,
    (
        actions("set", "reset"),
        Argument("limit", required=False, reads=_limit),
        Argument("whose", required=False, choices=HERE, reads=target, right="sees"),
    ),
    more=("limits.example_set", "limits.example_person"),
    aliases=("limit", "limite", "limites"),
    shown_to="admins",
)
