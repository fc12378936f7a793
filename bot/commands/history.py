"""Who changed what while the bot ran, and which budgets were reached: one list for budgets, limits and models."""

from __future__ import annotations

from datetime import datetime

from bot.choices import Chosen
from bot.commands.amounts import limit_of, measured
from bot.commands.base import Choice, Invocation
from bot.commands.whose import named
from bot.locales import Phrases
from bot.messages import Card
from bot.text import code_span, one_line
from rag.quota.changes import Changed
from rag.quota.events import Threshold

_MOST_SHOWN = 20


async def history(call: Invocation) -> Card:
    """The newest first."""
    accounts, choices = call.desk.accounts, call.desk.choices
    told: list[tuple[datetime, str]] = [
        *((one.at, _changed(one, call)) for one in await accounts.changes()),
        *((one.at, _chosen(one, call)) for one in await choices.history()),
        *((one.at, _reached(one, call)) for one in await accounts.events()),
    ]
    lines = [
        call.phrases("history.line", at=call.phrases.moment(at, accounts.policy.zone), what=what)
        for at, what in sorted(told, key=lambda one: one[0], reverse=True)[:_MOST_SHOWN]
    ]
    return Card("\n".join(lines) or call.phrases("history.nothing"), private=True)


def _changed(one: Changed, call: Invocation) -> str:
    phrases, change = call.phrases, one.change
    values = {"who": _who(one.who, phrases), "whose": named(change.target, call)}
    if one.kind == "reset":
        return phrases("history.reset", **values, measure=measured(change.measure, phrases))
    limit = limit_of(change.measure, change.amount, phrases)
    if change.expires_at is None:
        return phrases("history.set", **values, limit=limit)
    until = phrases.moment(change.expires_at, call.desk.accounts.policy.zone)
    return phrases("history.lift", **values, limit=limit, until=until)


def _chosen(one: Chosen, call: Invocation) -> str:
    phrases, place = call.phrases, named(f"channel:{one.place}", call)
    who = _who(one.who, phrases)
    if one.kind == "post":
        if one.post is None:
            return phrases("history.post_nowhere", who=who)
        return phrases("history.post", who=who, post=code_span(one_line(str(one.post))))
    if one.pin is None:
        return phrases("history.unpin", who=who, place=place)
    model = one.pin.model or Choice(one.pin.policy or "preferred").shown(phrases)
    return phrases("history.pin", who=who, place=place, model=code_span(model))


def _reached(one: Threshold, call: Invocation) -> str:
    phrases = call.phrases
    return phrases(
        f"history.reached_{one.name}",
        whose=named(str(one.subject), call),
        limit=limit_of(one.measure, one.limit_micro_usd, phrases),
        used=phrases.usd(one.used_micro_usd),
    )


def _who(who: str, phrases: Phrases) -> str:
    return code_span(one_line(who)) if who else phrases("history.somebody")
