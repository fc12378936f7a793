"""What is meant by a message: one of the commands of money and status, in canonical words."""

from __future__ import annotations

from dataclasses import replace

from bot.intent.intent import Intent
from bot.intent.reading import Reading

# What the bot spends money on. `How much do we pay?` asks of wages as well as of models.
_ANCHORS = ("own", "self", "thing", "unit", "vendor", "model_name", "dim_provider", "dim_model", "usage")
# Nobody else is meant by these.
_BOT = ("own", "self", "token")
_MOST_DOUBTS = 3
_WHOSE = ("channel", "here", "mine", "everything")
_WINDOWS = {"today": "day", "month": "month"}
_AS_PERIODS = {"day": "today", "weekly": "week", "monthly": "month"}


def meaning_of(reading: Reading) -> Intent | None:
    """The command that the marks ask for, as far as the words without marks leave it possible."""
    certainty = _certainty(reading)
    if certainty is None:
        return None
    asked = (ask(reading) for ask in (_history, _budget, _limits, _status, _remainder, _cost, _something))
    found = next(filter(None, asked), None)
    if found is None:
        return None
    if found.command == "cost" and reading.has("changes") and not reading.has("amount", "what", "what_each"):
        return None  # the price of something is ordered to be changed
    if not found.is_sure and reading.doubts > bool(found.words):
        return None
    # Not an order that was understood, or it would have been taken.
    if reading.has("changes") and not reading.has("changed"):
        certainty = False
    if found.command == "status" and reading.doubts:
        certainty = False  # whatever the stranger is, it may be what is up or down
    if reading.has("why") and not (reading.has("mine") and found.command in ("budget", "limits")):
        certainty = False
    return found if certainty else replace(found, is_sure=False)


def _certainty(reading: Reading) -> bool | None:
    """Whether what is found is sure; `None` where it is not even possible.

    A word that nobody knows is often, but not always, an object of the team's. Words of the bot's own work weigh
    against one of them.
    """
    is_of_the_bot = reading.has(*_BOT)
    doubts = reading.doubts
    if reading.has("docs"):
        return False if not doubts and (is_of_the_bot or _is_told_when(reading)) else None
    if reading.others and not (is_of_the_bot and doubts == 1):
        return None
    if not doubts:
        return is_of_the_bot or reading.has("vendor", "model_name") or not reading.has_other_subject
    if is_of_the_bot and doubts <= _MOST_DOUBTS:
        return doubts == reading.strangers == 1 and not reading.has_other_subject
    if doubts > 1 + (not reading.objects) or reading.has_other_subject:
        return None
    return doubts == reading.strangers == 1 and reading.has(*_WHOSE) and _is_told_when(reading)


def _is_told_when(reading: Reading) -> bool:
    return reading.period is not None or reading.has("so_far", "day", "monthly", "weekly")


def _history(reading: Reading) -> Intent | None:
    """Who changed what may be spent or asked."""
    has = reading.has
    if not has("changed"):
        return None
    is_ours = not has("api", "vendor", "model_name", "it", "other_period")
    if has("budget", "cap") or (has("limit") and has("money", "spend", "priced")):
        return Intent("budget", ("history",), is_ours)
    return Intent("limits", ("history",), is_ours) if has("limit") else None


def _budget(reading: Reading) -> Intent | None:
    """Budgets by their name, and what may be spent."""
    has = reading.has
    named = has("budget", "afford") or (has("may") and has("spend", "money"))
    if has("thing") and has("rate", "max") and not has("money", "cost"):
        return None
    named = named or (has("may") and has("use") and has("amount") and not has("thing", "limit"))
    capped = has("cap") or (has("limit") and has("money", "spend", "priced"))
    if not named and (not capped or has("thing", "ask")):
        return None
    sure = not has("api", "vendor", "model_name", "other_period", "weekly") and _is_told_whose_it_is(reading)
    return Intent("budget", _budget_words(reading), sure)


def _limits(reading: Reading) -> Intent | None:
    """How much and how often may be asked."""
    has = reading.has
    whose = _whose(reading)
    asked = has("amount", "rate", "max")
    if has("limit", "cap"):
        is_ours = has("thing", "ask", "rate", "self", "own", "use", "day", "today", *_WHOSE)
        return Intent("limits", whose, is_ours and not has("api", "vendor", "model_name"))
    if has("cost", "use", "money"):
        return None
    is_ours = not has("api", "vendor")
    if has("may") and has("thing", "ask") and (asked or (has("thing") and has("ask") and reading.period is not None)):
        return Intent("limits", whose, is_ours)
    if has("thing") and (has("rate") or (has("day") and asked)):
        return Intent("limits", whose, is_ours and not has("ask"))
    if has("thing") and has("left", "spare"):
        return Intent("limits", whose, asked or has("have"))
    is_used_up = has("thing") and has("reach") and not has("token")
    return Intent("limits", whose, has(*_WHOSE, "self")) if is_used_up or (has("ask") and has("rate")) else None


def _remainder(reading: Reading) -> Intent | None:
    """What is left of money that nobody calls a budget."""
    has = reading.has
    if has("thing") and not has("money"):
        return None
    is_ours, is_dated = has(*_WHOSE), reading.period is not None
    is_left = (
        has("balance")
        or (has("left") and (is_ours or is_dated or has("amount", "what", "what_each", "money", "cost", "room")))
        or (has("room") and (is_ours or is_dated or has("amount", "have", "self")))
        or (has("spare") and (has("money") or (has("amount") and has("spend"))))
        or (has("credit") and is_ours)
    )
    is_money = has("money") and has("reach", "have") and not has("cost", "use")
    if reading.by is not None and not is_left:
        return None
    if is_left or is_money:
        return Intent("budget", _budget_words(reading), not has("api", "vendor", "who"))
    return Intent("budget", _budget_words(reading), is_sure=False) if has("left", "room") else None


def _cost(reading: Reading) -> Intent | None:
    """What was spent."""
    has = reading.has
    if not (has("cost") or _is_used(reading) or _is_counted(reading)):
        return _sum(reading)
    anchored = has(*_ANCHORS)
    is_told = has(*_WHOSE) or _is_told_when(reading)
    if has("spend") or not has("cost"):
        sure = True
    elif has("priced"):
        sure = anchored or is_told
    else:
        sure = anchored or (has("billed") and not has("paid") and _is_told_when(reading))
    if has("vendor", "model_name", "api", "it"):  # a price list is asked for, unless somebody has paid
        sure = sure and (is_told or has("self", "own"))
    sure = sure and not has("other_period", "single") and not (has("rate") and has("paid", "billed"))
    sure = sure and (has(*_BOT) or not has("outage"))  # `what did the outage cost us?`
    return Intent("cost", _cost_words(reading), sure)


def _is_used(reading: Reading) -> bool:
    """Using is spending, where it is of something that costs."""
    has = reading.has
    if not has("use") or has("may"):
        return False
    is_split = has("who") or reading.by is not None
    return has("amount", "thing", "money", "usage", "token", "self", "own") or (has("most") and is_split)


def _is_counted(reading: Reading) -> bool:
    """Tokens, answers and what providers were given, without a word for spending."""
    has = reading.has
    is_split, is_dated = reading.by is not None, reading.period is not None
    if has("token") and (is_split or is_dated or has("amount", "total")):
        return True
    if has("money") and (is_split or (has("amount") and has("so_far"))):
        return True
    if has("unit") and has("amount") and not has("may", "limit"):
        return True
    is_to_somebody = has("vendor", "model_name") and not has("thing", "may")
    return is_to_somebody and ((has("amount") and is_dated) or (has("money") and has(*_WHOSE)))


def _sum(reading: Reading) -> Intent | None:
    """A total of nothing in particular."""
    has = reading.has
    if not has("total") or has("left", "limit", "thing", "other_period", "it", "user", "who", "vendor", "state"):
        return None
    is_ours = has("self", "own", *_WHOSE)
    sure = reading.period is not None or is_ours or has("so_far")
    return Intent("cost", _cost_words(reading), sure)


def _something(reading: Reading) -> Intent | None:
    """What every word allows, though nothing asks for it: `how's our money?`."""
    has = reading.has
    if reading.doubts > reading.strangers or has("other_period", "it", "state", "may"):
        return None
    if not (reading.period or has("so_far", *_BOT, *_WHOSE)):
        return None
    if has("money", "left", "reach", "spare", "room", "balance"):
        return Intent("budget", _budget_words(reading), is_sure=False)
    if has("use", "total", "token", "unit"):
        return Intent("cost", _cost_words(reading), is_sure=False)
    return None


def _status(reading: Reading) -> Intent | None:
    """How the bot and its providers are."""
    has = reading.has
    if reading.objects or has("money", "cost", "amount", "left", "use", "token", "other_period"):
        return None
    if has("state_of_us"):
        return Intent("status", (), is_sure=True)
    is_theirs = has("dim_provider", "vendor", "model_name", "dim_model")
    if has("state") and (is_theirs or has("self", "own", "all")):
        return Intent("status", (), is_sure=True)
    if (is_theirs and has("how_are", "state_weak", "all")) or (has("self") and has("all") and has("state_weak")):
        return Intent("status", (), is_sure=True)
    if has("state") and has("api"):
        return Intent("status", (), is_sure=False)
    return None


def _cost_words(reading: Reading) -> tuple[str, ...]:
    has = reading.has
    period = reading.period or next((_AS_PERIODS[mark] for mark in _AS_PERIODS if has(mark)), None)
    named = reading.marks | reading.aside
    by = None if reading.by == "user" and not has("who", "user") else reading.by
    by = by or ("model" if "model_name" in named else "provider" if "vendor" in named else reading.by)
    whose = _whose(reading, by)
    if not whose and (by == "channel" or has("self")):  # all channels are compared
        whose = ("everything",)
    return (*filter(None, [period]), *whose, *(("by", by) if by else ()))


def _budget_words(reading: Reading) -> tuple[str, ...]:
    has = reading.has
    window = (
        "month" if has("month", "monthly") else "day" if has("today", "day") else _WINDOWS.get(reading.period or "")
    )
    whose = _whose(reading) or (("everything",) if has("self") else ())
    return (*whose, *filter(None, [window]))


def _is_told_whose_it_is(reading: Reading) -> bool:
    """`Its budget` may be that of anything."""
    return not reading.has("it") or reading.has(*_WHOSE, "dim_channel")


def _whose(reading: Reading, by: str | None = None) -> tuple[str, ...]:
    found = _whose_of(reading.marks, by)
    # `I asked a lot today. How much was it?` tells whose; `I need a number.` does not.
    if not found and not reading.aside.isdisjoint(("ask", "use", "own", "self", "thing", "unit", "left", "reach")):
        return _whose_of(reading.aside, by)
    return found


def _whose_of(marks: frozenset[str], by: str | None) -> tuple[str, ...]:
    if "channel" in marks or ("dim_channel" in marks and by != "channel"):
        return ("channel",)
    if "mine" in marks:
        return ("mine",)
    return ("channel",) if "here" in marks else ("everything",) if "everything" in marks else ()
