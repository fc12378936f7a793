"""Alerts as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from types import MappingProxyType

from bot.alerts.rules import Trouble, TroubleKind
from bot.locales import Phrases
from bot.messages import Card
from bot.text import code_span
from rag.state.timestamps import from_text

_BUDGETS: Mapping[str, str] = MappingProxyType(
    {
        "everything": "alert.budget.everything",
        "workspace": "alert.budget.workspace",
        "channel": "alert.budget.channel",
        "provider": "alert.budget.provider",
    }
)
_ENDS: Mapping[str, str] = MappingProxyType({"day": "alert.budget.tomorrow", "month": "alert.budget.next_month"})
_WINDOWS: Mapping[str, str] = MappingProxyType({"day": "alert.budget.new_day", "month": "alert.budget.new_month"})
_MODELS: Mapping[str, str] = MappingProxyType(
    {
        "gone": "alert.model.gone",
        "retires": "alert.model.retires",
        "rerouted": "alert.model.rerouted",
        "price_change": "alert.model.price_change",
        "no_price": "alert.model.no_price",
    }
)
_STATES: Mapping[str, str] = MappingProxyType({"off": "alert.provider.off", "resting": "alert.provider.resting"})
_ADVICE: Mapping[TroubleKind, str] = MappingProxyType(
    {
        "budget": "alert.advice.budget",
        "error_rate": "alert.advice.error_rate",
        "slow_answers": "alert.advice.slow_answers",
        "provider_off": "alert.advice.provider_off",
        "model": "alert.advice.model",
    }
)


def card_of(payload: Mapping[str, object], phrases: Phrases, zone: tzinfo = UTC) -> Card:
    """The card of an alert, from what the outbox holds of it."""
    return Card(text_of(payload, phrases, zone))


def text_of(payload: Mapping[str, object], phrases: Phrases, zone: tzinfo = UTC) -> str:
    """The same as Markdown: what, figures, since when, and what to do."""
    since = phrases.moment(from_text(payload["since"]), zone)
    line = headline_of(payload, phrases, zone)
    if payload["state"] == "resolved":
        return phrases("alert.resolved", line=line, since=since)
    return phrases("alert.raised", line=line, since=since, advice=phrases(_ADVICE[_trouble(payload).kind]))


def headline_of(payload: Mapping[str, object], phrases: Phrases, zone: tzinfo = UTC) -> str:
    """What is wrong or over, in a line of Markdown."""
    trouble = _trouble(payload)
    if payload["state"] == "resolved":
        return _end_of(trouble, from_text(payload["at"]), phrases)
    return line_of(trouble, phrases, zone)


def line_of(trouble: Trouble, phrases: Phrases, zone: tzinfo = UTC) -> str:
    """What is wrong, with its figures, in a line of Markdown."""
    values = trouble.values
    match trouble.kind:
        case "budget":
            return _reached(trouble, phrases)
        case "error_rate":
            failed, calls = _int(values["failed"]), _int(values["calls"])
            return phrases(
                "alert.error_rate.line",
                share=phrases.percent(failed / calls),
                failed=phrases.number(failed),
                calls=phrases.count("count.calls", calls),
                window=phrases.span(_int(values["window_s"])),
            )
        case "slow_answers":
            return phrases(
                "alert.slow_answers.line",
                limit=phrases.span(_int(values["limit_s"])),
                slow=phrases.number(_int(values["slow"])),
                answers=phrases.number(_int(values["answers"])),
                window=phrases.span(_int(values["window_s"])),
            )
        case "provider_off":
            line = phrases(
                _STATES[str(values["state"])],
                provider=code_span(str(values["provider"])),
                models=code_span(str(values["models"])),
            )
            failed_at = values["last_error_at"]
            if failed_at is None:
                return line
            return phrases("alert.provider.last_error", line=line, moment=phrases.moment(from_text(failed_at), zone))
        case "model":
            return _model(trouble, phrases)


def _end_of(trouble: Trouble, at: datetime, phrases: Phrases) -> str:
    values = trouble.values
    match trouble.kind:
        case "budget":
            is_new_window = at >= from_text(values["until"])
            why = _WINDOWS[str(values["window"])] if is_new_window else "alert.budget.limit_changed"
            return phrases("alert.budget.over", budget=_budget(trouble, phrases), why=phrases(why))
        case "error_rate":
            return phrases("alert.error_rate.over", limit=phrases.percent(float(str(values["limit"]))))
        case "slow_answers":
            return phrases("alert.slow_answers.over", limit=phrases.span(_int(values["limit_s"])))
        case "provider_off":
            return phrases("alert.provider.over", provider=code_span(str(values["provider"])))
        case "model":
            return phrases("alert.model.over", model=code_span(str(values["model"])))


def _budget(trouble: Trouble, phrases: Phrases) -> str:
    return phrases(_BUDGETS[str(trouble.values["of"])], name=code_span(str(trouble.values["name"])))


def _reached(trouble: Trouble, phrases: Phrases) -> str:
    values = trouble.values
    told = phrases(
        "alert.budget.spent",
        used=phrases.usd(_int(values["used_micro_usd"])),
        limit=phrases.usd(_int(values["limit_micro_usd"])),
        when=phrases(f"until.{values['window']}"),
    )
    budget = _budget(trouble, phrases)
    if values["threshold"] == "warn":
        return phrases("alert.budget.warn", budget=budget, spent=told)
    key = "alert.budget.brake" if values["of"] == "everything" else "alert.budget.brake_of_some"
    return phrases(key, budget=budget, spent=told, end=phrases(_ENDS[str(values["window"])]))


def _model(trouble: Trouble, phrases: Phrases) -> str:
    values = trouble.values
    day = values["day"]
    when = phrases("alert.model.some_day") if day is None else phrases.day(date.fromisoformat(str(day)))
    return phrases(_MODELS[str(values["what"])], model=code_span(str(values["model"])), day=when)


def _trouble(payload: Mapping[str, object]) -> Trouble:
    return Trouble(str(payload["alert"]), payload["kind"], payload["values"])  # type: ignore[arg-type]  # as written


def _int(value: object) -> int:
    return int(str(value))
