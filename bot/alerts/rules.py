"""What is wrong, by figures: pure rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

from bot.terms import AlertRules
from rag.model import ProviderHealth
from rag.quota.events import ThresholdName
from rag.quota.reached import Reached
from rag.routing.catalogue import Notice as ModelNotice
from rag.state.timestamps import to_text

TroubleKind = Literal["budget", "error_rate", "slow_answers", "provider_off", "model"]
Value = str | int | None

# Fewer failures say nothing, whatever their share is.
_LEAST_FAILURES: Final = 3
_ONE_IN: Final = 20
_LEVELS: Final[Mapping[ThresholdName, int]] = MappingProxyType({"warn": 0, "brake": 1})


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong.

    Attributes:
        key: What is wrong: the same trouble has the same one, whoever sees it.
        values: Its figures, for the sentence about it.
        level: How serious it is; each level is told by itself.
        ends_at: From then on it is over by itself, and nobody need be told so.
    """

    key: str
    kind: TroubleKind
    values: Mapping[str, Value]
    ends_at: datetime | None = None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Recent:
    """What became of the calls and answers of the last minutes, by the ledger.

    Attributes:
        calls: To models that write, those that were cancelled left out.
        failed: Of them.
        answers: That somebody was given.
        slow: Of them, those that took too long.
    """

    calls: int = 0
    failed: int = 0
    answers: int = 0
    slow: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the rules are about.

    Attributes:
        models: As they fare in this process.
        news: Of the models in use.
    """

    budgets: Sequence[Reached] = ()
    recent: Recent = Recent()
    models: Sequence[ProviderHealth] = ()
    news: Sequence[ModelNotice] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a process sees.

    Attributes:
        troubles: By their keys.
        unknown: Keys of which it cannot tell whether there is trouble: what others saw stays.
    """

    troubles: Mapping[str, Trouble]
    unknown: frozenset[str] = frozenset()


def seen_in(figures: Figures, rules: AlertRules) -> Seen:
    """What is wrong by these figures."""
    troubles = (
        # A brake takes the place of the warning before it.
        *sorted(map(_budget, figures.budgets), key=lambda trouble: trouble.level),
        *_recent(figures.recent, rules),
        *_providers_off(figures.models),
        *map(_model, figures.news),
    )
    return Seen({trouble.key: trouble for trouble in troubles}, frozenset(_unknown(figures.models)))


def _budget(reached: Reached) -> Trouble:
    since = to_text(reached.window.since)
    return Trouble(
        key=f"budget:{reached.subject}:{reached.measure}:{since}",
        kind="budget",
        level=_LEVELS[reached.name],
        values={
            "threshold": reached.name,
            "of": reached.subject.kind,
            "name": reached.subject.id,
            "window": reached.measure.window,
            "until": to_text(reached.window.until),
            "used_micro_usd": reached.used_micro_usd,
            "limit_micro_usd": reached.limit_micro_usd,
        },
    )


def _recent(recent: Recent, rules: AlertRules) -> Iterator[Trouble]:
    window_s = int(rules.window.total_seconds())
    if recent.failed >= _LEAST_FAILURES and Decimal(recent.failed) > rules.error_rate * recent.calls:
        values: dict[str, Value] = {"failed": recent.failed, "calls": recent.calls, "window_s": window_s}
        yield Trouble("error_rate", "error_rate", {**values, "limit": str(rules.error_rate)})
    if _ONE_IN * recent.slow > recent.answers:
        values = {"slow": recent.slow, "answers": recent.answers, "window_s": window_s}
        yield Trouble("slow_answers", "slow_answers", {**values, "limit_s": rules.slow_answer_s})


def _providers_off(models: Sequence[ProviderHealth]) -> Iterator[Trouble]:
    for provider, of_it in _by_provider(models).items():
        if all(model.state in {"off", "resting", "probing"} for model in of_it):
            errors = [model.last_error_at for model in of_it if model.last_error_at is not None]
            yield Trouble(
                key=_of_provider(provider),
                kind="provider_off",
                values={
                    "provider": provider,
                    "models": ", ".join(str(model.model) for model in of_it),
                    "state": "off" if any(model.state == "off" for model in of_it) else "resting",
                    "last_error_at": to_text(max(errors)) if errors else None,
                },
            )


def _unknown(models: Sequence[ProviderHealth]) -> Iterator[str]:
    """Of providers that nothing was asked of yet, or nothing with success: that they are let try says nothing."""
    for provider, of_it in _by_provider(models).items():
        ready = [model for model in of_it if model.state == "ready"]
        if ready and not any(model.error_rate is not None and model.error_rate < 1 for model in ready):
            yield _of_provider(provider)


def _by_provider(models: Sequence[ProviderHealth]) -> Mapping[str, Sequence[ProviderHealth]]:
    """The models that can be asked; what quotes the documents is none of them."""
    found: dict[str, list[ProviderHealth]] = {}
    for model in models:
        if model.model is not None and model.state != "not_configured":
            found.setdefault(model.provider, []).append(model)
    return found


def _of_provider(provider: str) -> str:
    return f"provider:{provider}"


def _model(notice: ModelNotice) -> Trouble:
    day = None if notice.day is None else notice.day.isoformat()
    is_news = notice.kind in {"retires", "rerouted", "price_change"}
    return Trouble(
        key=f"model:{notice.model}:{notice.kind}:{day or ''}",
        kind="model",
        values={"model": notice.model, "what": notice.kind, "day": day},
        # When the day has come it is no news any more; that it is gone is another trouble.
        ends_at=datetime(notice.day.year, notice.day.month, notice.day.day, tzinfo=UTC)
        if is_news and notice.day is not None
        else None,
    )
