"""The sections that tell of models: what they cost, what they can, when they go; and the catalogue they make up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Annotated, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from rag.routing.catalogue import Catalogue, GoneModel, ModelCard, TierFactor
from rag.routing.pricing import ONE, Rates
from rag.settings.fields import Between, Day, Expected, PriceUsd, Section, Text, refused
from rag.settings.providers import ProviderSettings, Tiers

Tokens: TypeAlias = Annotated[int, Between(1, 100_000_000, "tokens")]
ModelName: TypeAlias = Annotated[
    str, Field(pattern=r"^[^\s/]+/\S+$"), Expected("a model as provider/model, such as openai/gpt-6-luna")
]


class PriceRow(Section):
    """A row of a model's price list, in US dollars per million tokens; see `Rates`.

    Input that has no price of its own costs what plain input costs.
    """

    input: PriceUsd
    output: PriceUsd
    cached_input: PriceUsd | None = None
    cache_write: PriceUsd | None = None
    cache_write_long: PriceUsd | None = None
    over_input_tokens: Annotated[int, Between(0, 100_000_000, "tokens")] = 0
    since: Day | None = None

    @property
    def rates(self) -> Rates:
        """The same with nothing left out; what is kept long costs at least what is kept."""
        write = self.input if self.cache_write is None else self.cache_write
        return Rates(
            input=self.input,
            cached_input=self.input if self.cached_input is None else self.cached_input,
            cache_write=write,
            cache_write_long=write if self.cache_write_long is None else self.cache_write_long,
            output=self.output,
            over_input_tokens=self.over_input_tokens,
            since=self.since,
        )


class ModelSettings(Section):
    """An entry of `models`; see `ModelCard`."""

    prices: tuple[PriceRow, ...] = Field(description="a list of rows, such as [{input: 0.10, output: 0.50}]")
    tiers: Tiers = Field(default_factory=dict)
    context_tokens: Tokens | None = None
    max_output_tokens: Tokens | None = None
    effort: Text | None = None
    served_as: tuple[Text, ...] = ()
    retires: Day | None = None
    replacement: ModelName | None = None
    rerouted_to: ModelName | None = None

    @field_validator("prices")
    @classmethod
    def _for_every_day_and_length(cls, rows: tuple[PriceRow, ...]) -> tuple[PriceRow, ...]:
        steps = [(row.since, row.over_input_tokens) for row in rows]
        if (None, 0) not in steps:
            raise refused("expected a row without since and over_input_tokens: what holds unless another row does")
        if len(set(steps)) < len(steps):
            raise refused("two rows hold from the same day and for the same length of prompts; keep one")
        return rows

    @field_validator("rerouted_to")
    @classmethod
    def _from_some_day_on(cls, successor: str | None, info: ValidationInfo) -> str | None:
        if successor and info.data.get("retires", date.min) is None:
            raise refused("expected retires beside it: the day from which on requests are re-routed")
        return successor


class GoneSettings(Section):
    """An entry of `gone_models`; see `GoneModel`."""

    since: Day | None = None
    replacement: ModelName | None = None


def catalogue(
    models: Mapping[str, ModelSettings], gone: Mapping[str, GoneSettings], providers: Mapping[str, ProviderSettings]
) -> Catalogue:
    """Put the entries of all models together with what their providers say of prices."""
    cards = {name: _card(name, entry, providers.get(name.partition("/")[0])) for name, entry in models.items()}
    farewells = (GoneModel(name=name, since=entry.since, replacement=entry.replacement) for name, entry in gone.items())
    return Catalogue(cards, {farewell.name: farewell for farewell in farewells})


def _card(name: str, entry: ModelSettings, provider: ProviderSettings | None) -> ModelCard:
    factor, tiers, served_as = ONE, entry.tiers, entry.served_as
    if provider is not None:
        factor, tiers = provider.price_factor, {**provider.tiers, **tiers}
        served_as = served_as or (("*",) if provider.names_models_freely else ())
    owner, _, model = name.partition("/")
    return ModelCard(
        provider=owner,
        model=model,
        rates=tuple(row.rates.times(factor) for row in entry.prices),
        tiers={
            tier.lower(): tuple(TierFactor(factor=step.factor, since=step.since) for step in steps)
            for tier, steps in tiers.items()
        },
        context_tokens=entry.context_tokens,
        max_output_tokens=entry.max_output_tokens,
        effort=entry.effort,
        served_as=served_as,
        retires=entry.retires,
        replacement=entry.replacement,
        rerouted_to=entry.rerouted_to,
    )


def expected_instead(name: str, models: Catalogue, providers: Collection[str]) -> str | None:
    """What a route or a pin should name instead of this model, to follow "expected …"; `None`: it may name it.

    A model that has gone is fine: what was right yesterday must start today, and is told of as a notice.
    """
    if name.partition("/")[0] not in providers:
        return f"a model whose provider is one of those under providers: {', '.join(sorted(providers))}"
    if models.card(name) is not None or models.retirement(name) is not None:
        return None
    near = get_close_matches(name, models.names, n=1)
    return f"a model from models (the nearest is {near[0]})" if near else "a model from models"
