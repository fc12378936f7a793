"""Limits as people write and read them, and the calls that put back what held before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from bot.commands.base import Choice, Invocation
from bot.commands.whose import named
from bot.locales import Phrases
from bot.messages import Card
from bot.text import code_span
from rag.language import fold
from rag.quota.policy import asker_of
from rag.quota.quotas import Measure, Resource

# `US$ 5` and `5 dollars` come as two words put together.
_USD = re.compile(r"(?:(?:us\$|usd|\$) ?)?([0-9]+)(?:[.,]([0-9]{1,6}))?(?: ?(?:us\$|usd|\$|dollars?|dolar(?:es)?))?")
_COUNT = re.compile(r"[0-9]+")
_THOUSANDS = 3
_MICRO = 1_000_000
_BUDGETS = frozenset({Measure("usd", "day"), Measure("usd", "month")})


def usd_in(word: str) -> str | None:
    """US dollars as a decimal; other currencies are not taken for them.

    `1.000` is a thousand to some and one to others, so it is no amount.
    """
    match = _USD.fullmatch(fold(word))
    if match is None:
        return None
    whole, decimals = match[1], match[2] or ""
    if len(decimals) == _THOUSANDS and whole.strip("0"):
        return None
    return f"{whole}.{decimals}" if decimals else whole


def amount_in(resource: Resource, word: str) -> str | None:
    """An amount of a resource, or `unlimited` in whichever language, as `parse_amount` takes it."""
    if fold(word) in Choice("unlimited").words:
        return "unlimited"
    if resource == "usd":
        return usd_in(word)
    return word if _COUNT.fullmatch(word) else None


def limit_of(measure: Measure, amount: int | None, phrases: Phrases) -> str:
    """How much how often: `$5.00 a day`, `1 question a minute`."""
    if amount is None:
        return phrases("limits.unlimited", measure=measured(measure, phrases))
    match measure.resource:
        case "usd":
            return phrases("limits.limit", amount=phrases.usd(amount), often=_window(measure, phrases))
        case "requests":
            told = phrases.count("count.questions", amount)
            return phrases("limits.limit", amount=told, often=_window(measure, phrases))
        case "tokens":
            return phrases("limits.limit", amount=phrases.number(amount), often=measured(measure, phrases))


def measured(measure: Measure, phrases: Phrases) -> str:
    """What is limited: `questions a minute`, `spending a day`."""
    return phrases(f"measured.{measure.resource}", window=_window(measure, phrases))


def _window(measure: Measure, phrases: Phrases) -> str:
    return phrases("limits.a_question") if measure.window == "request" else phrases(f"window.{measure.window}")


async def reset(call: Invocation, target: str, measure: Measure) -> Card:
    """Let the configured limit hold again."""
    undo, phrases = await undo_of(call, target, measure), call.phrases
    changed = await call.desk.accounts.reset(call.author.id, target, measure)
    values = {"whose": named(target, call), "measure": measured(measure, phrases)}
    if not changed:
        return Card(phrases("limits.not_changed", **values), private=True)
    return Card(phrases("limits.reset", **values, undo=undo))


async def undo_of(call: Invocation, target: str, measure: Measure) -> str:
    """The calls that put back what holds now, to be asked for before it is changed."""
    calls = [code_span(one) for one in await _putting_back(call, target, measure)]
    if len(calls) == 1:
        return calls[0]
    first, second = calls
    return call.phrases("limits.then", first=first, second=second)


async def holding(call: Invocation, target: str, measure: Measure) -> int | None:
    """What holds now for a target of budgets; `None` for no limit."""
    asker, provider = asker_of(target)
    for standing in await call.desk.accounts.standing(asker, provider):
        if str(standing.quota.subject) == target and standing.quota.measure == measure:
            return standing.quota.limit
    return None


async def _putting_back(call: Invocation, target: str, measure: Measure) -> list[str]:
    held = [
        change for change in await call.desk.accounts.in_force() if (change.target, change.measure) == (target, measure)
    ]
    # Both end with the next `set` or `reset`, so a lift has to be said again after it.
    kept = [change for change in held if change.expires_at is None]
    lifted = [change for change in held if change.expires_at is not None]
    calls = [typed(call, "set", measure, change.amount) for change in kept] or [typed(call, "reset", measure)]
    return [*calls, *(typed(call, "lift", measure, change.amount) for change in lifted)]


def typed(call: Invocation, action: str, measure: Measure, *amounts: int | None) -> str:
    """A call as its reader would type it."""
    amount = "".join(_written(measure, amount, call.phrases) for amount in amounts)
    return " ".join(_words(call, action, measure, amount))


def _words(call: Invocation, action: str, measure: Measure, amount: str) -> Iterator[str]:
    phrases, whose = call.phrases, call.arguments.get("whose", "channel")
    is_budget = measure in _BUDGETS
    yield "/budget" if is_budget else "/limits"
    yield Choice(action).shown(phrases)
    if is_budget:
        yield from filter(None, [amount, Choice(measure.window).shown(phrases)])
    else:
        yield f"{measure}={amount}" if amount else str(measure)
    yield whose if ":" in whose else Choice(whose).shown(phrases)


def _written(measure: Measure, amount: int | None, phrases: Phrases) -> str:
    """An amount that is read as the same."""
    if amount is None:
        return Choice("unlimited").shown(phrases)
    if measure.resource != "usd":
        return str(amount)
    whole, _, decimals = f"{Decimal(amount) / _MICRO:f}".partition(".")
    if len(decimals) == _THOUSANDS:  # it would look like thousands
        decimals += "0"
    return f"{whole}.{decimals}" if decimals else whole
