"""`/models`: which models answer what, at what price; admins pin one to a place."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import cast, get_args

from bot.commands.base import Argument, Choice, Command, Invocation, WrongUsage, actions
from bot.commands.history import history
from bot.locales import Phrases
from bot.messages import Card
from bot.tables import table
from bot.text import code_span, one_line
from rag.model import NO_PIN, Pin, Policy, RouteModel, TaskRoute

_MICRO = 1_000_000
# No model's name is longer.
_LONGEST_CHARS = 100
_POLICIES = tuple(Choice(policy, "changes") for policy in get_args(Policy))


def _model(word: str) -> str | None:
    return word if "/" in word.strip("/") and not any(map(str.isspace, word)) else None


async def _run(call: Invocation) -> Card:
    action, what = call.arguments.get("action", "show"), call.arguments.get("model")
    match action, what:
        case "pin", str(what):
            return await _pin(call, what)
        case "unpin", None:
            return await _unpin(call)
        case "show", None:
            return await _show(call)
        case "history", None:
            return await history(call)
        case _:
            raise WrongUsage


async def _show(call: Invocation) -> Card:
    phrases, routes = call.phrases, call.desk.pipeline.routes()
    pin = await call.desk.choices.pin_of(call.thread.place)
    models = {model.name: model for route in routes for model in route.models}
    configured = [model for model in models.values() if model.state is not None]
    others = [code_span(name) for name, model in models.items() if model.state is None]
    lines = [_pinned(pin, phrases)]
    if configured:
        lines += ["", *(_route(route, phrases) for route in routes), "", _prices(configured, phrases)]
    else:
        lines += ["", phrases("models.none")]
    if others:
        lines += ["", phrases("models.others", models=", ".join(others))]
    return Card("\n".join(lines))


def _pinned(pin: Pin, phrases: Phrases) -> str:
    if pin.model is not None:
        return phrases("models.pinned_model", model=code_span(pin.model))
    if pin.policy is not None:
        return phrases("models.pinned_policy", policy=phrases(f"policy.{pin.policy}"))
    return phrases("models.no_pin")


def _route(route: TaskRoute, phrases: Phrases) -> str:
    models = [code_span(model.name) for model in route.models if model.state is not None]
    task = phrases(f"report.task.{route.task}")
    return phrases(
        "models.route",
        task=task[:1].upper() + task[1:],
        policy=phrases(f"policy.{route.policy}"),
        models=", ".join(models) or phrases("models.none_of_them"),
    )


def _prices(models: Sequence[RouteModel], phrases: Phrases) -> str:
    """Each model once, however many routes it is on."""
    columns = (
        phrases("models.column_model"),
        phrases("models.column_state"),
        phrases("models.column_input"),
        phrases("models.column_output"),
    )
    rows = [
        (code_span(model.name), _state(model, phrases), _usd(model.input_usd, phrases), _usd(model.output_usd, phrases))
        for model in models
    ]
    return "\n\n".join([phrases("models.prices"), table(columns, rows, numeric=(2, 3))])


def _state(model: RouteModel, phrases: Phrases) -> str:
    state = phrases(f"provider_state.{model.state}")
    if model.retires is None:
        return state
    return phrases("models.retires", state=state, day=phrases.day(model.retires))


def _usd(price: Decimal | None, phrases: Phrases) -> str:
    return phrases("models.no_price") if price is None else phrases.usd(int(price * _MICRO))


async def _pin(call: Invocation, what: str) -> Card:
    phrases, choices, place = call.phrases, call.desk.choices, call.thread.place
    pin = Pin(policy=cast("Policy", what)) if what in get_args(Policy) else Pin(model=what)
    if pin.model is not None and (problem := _problem(pin.model, call)):
        return Card(problem, private=True)
    before, configured = await choices.pin_of(place), call.desk.access.pin_of(place)
    if call.desk.access.insists:
        return Card(phrases("models.insists", now=_pinned(before, phrases)), private=True)
    await choices.pin(call.author.id, place, pin)
    undo = _typed(phrases, "unpin") if before == configured else _typed(phrases, "pin", before)
    return Card(phrases("models.done", now=_pinned(pin, phrases), undo=code_span(undo)))


def _typed(phrases: Phrases, action: str, pin: Pin = NO_PIN) -> str:
    """A call as its reader would type it."""
    what = pin.model or (pin.policy and Choice(pin.policy).shown(phrases))
    return " ".join(filter(None, ["/models", Choice(action).shown(phrases), what]))


def _problem(name: str, call: Invocation) -> str:
    """Why a model cannot be pinned; empty where it can."""
    known = {model.name: model for model in call.desk.pipeline.models()}
    shown = code_span(one_line(name)[:_LONGEST_CHARS])
    if name not in known:
        near = get_close_matches(name, known, n=3) or [one for one, model in known.items() if model.state is not None]
        return call.phrases("models.unknown", model=shown, models=", ".join(code_span(one) for one in near))
    if known[name].state is None:
        return call.phrases("models.not_configured", model=shown)
    return ""


async def _unpin(call: Invocation) -> Card:
    place, phrases, choices = call.thread.place, call.phrases, call.desk.choices
    changed = await choices.unpin(call.author.id, place)
    now = _pinned(await choices.pin_of(place), phrases)
    return Card(phrases("models.unpinned" if changed else "models.not_pinned", now=now), private=not changed)


MODELS = Command(
    "models",
    "models.summary",
    "/models",
    _run,
    (
        actions("pin", "unpin"),
        Argument("model", required=False, choices=_POLICIES, reads=_model, right="changes"),
    ),
    more=("models.example_pin", "models.example_policy", "models.example_unpin"),
    aliases=("modelos", "model", "modelo"),
)
