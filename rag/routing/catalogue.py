"""The models that there are: what they cost, how much they can read and write, and when they go. No I/O."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Literal, TypeVar

from rag.errors import PriceUnknown
from rag.model import Policy, TokenUsage
from rag.routing.pricing import ONE, Rates, Step, affordable_output_tokens, cost_micro_usd, upper_bound_micro_usd

StepT = TypeVar("StepT", bound=Step)
NoticeKind = Literal["gone", "retires", "rerouted", "price_change", "no_price"]

_SOON = timedelta(days=30)

# What responses append to a model's name: -2026-10-26, once -0613 (OpenAI), -20260901 (Anthropic), -001 (Gemini).
_SNAPSHOT = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{3,4}|latest)$")


@dataclass(frozen=True, slots=True)
class Route:
    """The models for a task, best first.

    Attributes:
        models: By name, `provider/model`.
    """

    policy: Policy
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierFactor(Step):
    """What all prices of a call are multiplied by when it was served in a certain tier."""

    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A model and what has to be known to ask it.

    Attributes:
        rates: All rows of its price list, in any order.
        tiers: Steps by service tier, in lower case.
        context_tokens: Input and output together; `None` where it is not known.
        max_output_tokens: Thinking included; `None` where it is not known.
        effort: How hard it shall think, in the vendor's word; `None` where it is not to be told.
        served_as: Other names that responses may give it, `*` standing for anything.
        retires: The first day on which it is not served any more.
        replacement: `provider/model` to use instead.
        rerouted_to: `provider/model` that answers in its place, at its own price, from `retires` on.
    """

    provider: str
    model: str
    rates: tuple[Rates, ...]
    tiers: Mapping[str, tuple[TierFactor, ...]] = field(default_factory=dict)
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    effort: str | None = None
    served_as: tuple[str, ...] = ()
    retires: date | None = None
    replacement: str | None = None
    rerouted_to: str | None = None

    @property
    def name(self) -> str:
        """`provider/model`, by which configuration and people call it."""
        return f"{self.provider}/{self.model}"

    def rates_on(self, day: date, input_tokens: int) -> Rates:
        """The row by which a request of this length is billed.

        Raises:
            PriceUnknown: There is none for this day.
        """
        fitting = [rates for rates in self.rates if rates.has_begun(day) and rates.fits(input_tokens)]
        if not fitting:
            raise PriceUnknown(f"the catalogue has no price for {self.name} on {day}")
        longest = max(rates.over_input_tokens for rates in fitting)
        return _latest(rates for rates in fitting if rates.over_input_tokens == longest)

    def rates_up_to(self, day: date, input_tokens: int) -> tuple[Rates, ...]:
        """The rows by which a request may be billed that is no longer than this.

        Raises:
            PriceUnknown: There is none for this day.
        """
        shortest_of_each = {rates.over_input_tokens + 1 for rates in self.rates if rates.fits(input_tokens)}
        return tuple(self.rates_on(day, length) for length in shortest_of_each)

    def factor(self, tier: str | None, day: date) -> Decimal:
        """What the prices are multiplied by in a tier, `None` being the ordinary one.

        `fast+us` is served fast and in the United States, which costs both surcharges.

        Raises:
            PriceUnknown: Nobody knows.
        """
        product = ONE
        for word in tier.lower().split("+") if tier else ():
            begun = [step for step in self.tiers.get(word, ()) if step.has_begun(day)]
            if not begun:
                raise PriceUnknown(f"the catalogue has no price for {self.name} in the service tier {word}")
            product *= _latest(begun).factor
        return product


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneModel:
    """Models that a vendor serves no more, or will serve no more.

    Attributes:
        name: `provider/model`, `*` standing for anything.
        since: The first day without them; `None`: longer ago than anybody remembers.
        replacement: `provider/model` to use instead.
    """

    name: str
    since: date | None = None
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What somebody who configured a model has to know of it.

    Attributes:
        level: An `error` is a model that is not asked any more; a `warning` is news.
        day: When it happens or happened, where that is known.
        text: For people: a sentence that names the model and what to do.
    """

    level: Literal["error", "warning"]
    kind: NoticeKind
    model: str
    day: date | None
    text: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All models, and all that are gone, each by its name."""

    cards: Mapping[str, ModelCard]
    gone: Mapping[str, GoneModel] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all models that may be asked for."""
        return tuple(self.cards)

    def card(self, name: str) -> ModelCard | None:
        """The model `provider/model`."""
        return self.cards.get(name)

    def served(self, asked: ModelCard, named: str | None) -> ModelCard:
        """The model that answered, when `asked` was asked for and the response calls it `named`.

        Raises:
            PriceUnknown: No model of this provider is called so.
        """
        if not named:
            return asked
        name = named.lower().removeprefix("models/")
        siblings = [asked, *(card for card in self.cards.values() if card.provider == asked.provider)]
        for spelling in (name, _SNAPSHOT.sub("", name)):
            for card in siblings:
                if card.model.lower() == spelling:
                    return card
        for card in siblings:
            if any(fnmatchcase(name, pattern.lower()) for pattern in card.served_as):
                return card
        raise PriceUnknown(f"{asked.provider} answered with {named}, which has no price in the catalogue")

    def cost_micro_usd(
        self, asked: ModelCard, named: str | None, tier: str | None, tokens: TokenUsage, day: date
    ) -> int:
        """What a call cost, by the model and the tier that its response names.

        Raises:
            PriceUnknown: The catalogue does not say.
            ValueError: The input or the output is not known.
        """
        card = self._billed(self.served(asked, named), day)
        return cost_micro_usd(card.rates_on(day, tokens.input or 0), tokens, card.factor(tier, day))

    def upper_bound_micro_usd(
        self, asked: ModelCard, input_tokens: int, max_output_tokens: int, days: Collection[date]
    ) -> int:
        """The most that a call in the ordinary tier can cost, if its prompt has at most so many tokens.

        Args:
            days: On which it may be billed: a call over midnight may end at another price than it began at.

        Raises:
            PriceUnknown: The catalogue does not say.
        """
        rows = self._rows(asked, input_tokens, days)
        return max(upper_bound_micro_usd(rates, input_tokens, max_output_tokens) for rates in rows)

    def affordable_output_tokens(
        self, asked: ModelCard, input_tokens: int, micro_usd: int, days: Collection[date]
    ) -> int | None:
        """How much a call may write so that it costs no more than that, whatever row it is billed by; `None`: any.

        Raises:
            PriceUnknown: The catalogue does not say.
        """
        rows = self._rows(asked, input_tokens, days)
        limits = [affordable_output_tokens(rates, input_tokens, micro_usd) for rates in rows]
        return min((limit for limit in limits if limit is not None), default=None)

    def _rows(self, asked: ModelCard, input_tokens: int, days: Collection[date]) -> list[Rates]:
        """Every row that a request of at most this length may be billed by on one of these days."""
        return [rates for day in days for rates in self._billed(asked, day).rates_up_to(day, input_tokens)]

    def retirement(self, name: str) -> GoneModel | None:
        """When the model goes and what to use instead; `None` where nothing is known of its going."""
        card = self.cards.get(name)
        if card is not None and card.retires is not None:
            if card.rerouted_to is not None:
                return None  # it goes on answering, as another one
            return GoneModel(name=name, since=card.retires, replacement=card.replacement)
        gone = self.gone.get(name) or self.gone.get(_SNAPSHOT.sub("", name))
        if gone is not None:
            return gone
        return next((gone for gone in self.gone.values() if "*" in gone.name and fnmatchcase(name, gone.name)), None)

    def is_gone(self, model: ModelCard | str, day: date) -> bool:
        """Whether the vendor has ceased to serve it."""
        gone = self.retirement(model if isinstance(model, str) else model.name)
        return gone is not None and (gone.since is None or gone.since <= day)

    def notices(self, today: date, names: Iterable[str]) -> tuple[Notice, ...]:
        """What there is to know of these models: who is gone, and what changes within 30 days."""
        return tuple(notice for name in dict.fromkeys(names) for notice in self._notices(name, today))

    def _notices(self, name: str, today: date) -> Iterator[Notice]:
        card, going = self.cards.get(name), self.retirement(name)
        if going is not None and self.is_gone(name, today):
            since = f" since {_written(going.since)}" if going.since else ""
            yield Notice("error", "gone", name, going.since, f"{name} is gone{since}{_instead(going.replacement)}")
        elif card is None:
            advice = _instead(going.replacement if going else None)
            yield Notice("error", "no_price", name, None, f"{name} has no price in the catalogue{advice}")
        else:
            if going is not None and going.since is not None and going.since <= today + _SOON:
                text = f"{name} retires on {_written(going.since)}{_instead(going.replacement)}"
                yield Notice("warning", "retires", name, going.since, text)
            yield from _rerouting(card, today)
            yield from _price_changes(card, today)

    def _billed(self, card: ModelCard, day: date) -> ModelCard:
        """The model whose prices hold: its successor's where requests are re-routed."""
        if card.rerouted_to is None or card.retires is None or day < card.retires:
            return card
        successor = self.cards.get(card.rerouted_to)
        if successor is None:
            raise PriceUnknown(f"{card.name} is answered by {card.rerouted_to}, which has no price in the catalogue")
        return successor


def _latest(steps: Iterable[StepT]) -> StepT:
    return max(steps, key=lambda step: step.since or date.min)


def _rerouting(card: ModelCard, today: date) -> Iterator[Notice]:
    day, successor = card.retires, card.rerouted_to
    if day is None or successor is None or day > today + _SOON:
        return
    when = f"since {_written(day)}" if day <= today else f"from {_written(day)} on"
    text = f"{when} {card.name} is answered by {successor}, at that model's price{_instead(successor)}"
    yield Notice("warning", "rerouted", card.name, day, text)


def _price_changes(card: ModelCard, today: date) -> Iterator[Notice]:
    for after in card.rates:
        if after.since is None or not today < after.since <= today + _SOON:
            continue
        before = card.rates_on(after.since - timedelta(days=1), after.over_input_tokens + 1)
        changes = ", ".join(
            f"{label} ${old:f} → ${new:f}"
            for label, new in after.prices.items()
            if (old := before.prices.get(label, before.input)) != new
        )
        what = f" for prompts over {after.over_input_tokens:,} tokens" if after.over_input_tokens else ""
        text = f"{card.name} changes its prices{what} on {_written(after.since)}, per million tokens: {changes}"
        yield Notice("warning", "price_change", card.name, after.since, text)


def _instead(replacement: str | None) -> str:
    return f"; use {replacement} instead" if replacement else "; name another model"


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
