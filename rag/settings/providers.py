"""The section that tells who serves models, how to reach them and what they ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from rag.providers import PROVIDERS, protocol
from rag.settings.fields import Between, Day, Expected, Flag, OptionalSecret, Secret, Section, Text, Url

Seconds: TypeAlias = Annotated[float, Between(0.1, 3600, "seconds")]
Factor: TypeAlias = Annotated[Decimal, Field(ge=0, le=100), Expected("a factor on prices, such as 0.5 or 1.1")]


def _known(kind: str) -> str:
    if kind not in PROVIDERS:
        raise ValueError  # the sentence is `Expected`'s
    return kind


_KINDS = " or ".join(", ".join(PROVIDERS).rsplit(", ", 1))
Kind: TypeAlias = Annotated[str, AfterValidator(_known), Expected(_KINDS)]


class Timeouts(Section):
    """How long to wait for a provider, in seconds."""

    connect: Seconds = 5.0
    first_token: Seconds = 30.0
    between_tokens: Seconds = 20.0
    total: Seconds = 120.0


class Limits(Section):
    """What a provider allows in any minute; `None`: nobody knows of a limit."""

    requests_per_minute: Annotated[int, Between(1, 1_000_000, "requests")] | None = None
    tokens_per_minute: Annotated[int, Between(1, 1_000_000_000, "tokens")] | None = None


class TierStep(Section):
    """What prices are multiplied by in a service tier, from a day on."""

    factor: Factor
    since: Day | None = None


def _steps(value: object) -> object:
    return ({"factor": value},) if isinstance(value, str) else value


Tiers: TypeAlias = Mapping[str, Annotated[tuple[TierStep, ...], BeforeValidator(_steps)]]
"""Steps by service tier; `fast: 2` is short for `fast: [{factor: 2}]`."""


class ProviderSettings(Section):
    """Who serves models, and how to reach it.

    Attributes:
        base_url: Without a slash at its end; the vendor's own where none is written. A host alone gets the path of the
            vendor's own: for OpenAI, as its own client wants it, that is where the version stands.
        api_version: Where the vendor has versions and another than the usual one is wanted.
        headers: Sent with every request; their values may be secrets.
        stream: Whether answers are asked for bit by bit.
        price_factor: On all prices of the catalogue, where this way in costs more or less than the vendor's list.
        tiers: For all its models; those of a model's own go before.
    """

    kind: Kind
    api_key: OptionalSecret = None
    api_keys: tuple[OptionalSecret, ...] = ()
    base_url: Url = Field(default="", validate_default=True)
    api_version: Text | None = None
    headers: Mapping[str, Secret] = Field(default_factory=dict)
    stream: Flag = True
    timeouts_s: Timeouts = Timeouts()
    limits: Limits = Limits()
    price_factor: Factor = Decimal(1)
    tiers: Tiers = Field(default_factory=dict)

    @field_validator("base_url", mode="before")
    @classmethod
    def _official_unless_written(cls, value: object, info: ValidationInfo) -> object:
        if value:
            return value
        # A wrong kind is one problem; it is not complained about again as a missing address.
        return protocol(info.data["kind"]).official_url if "kind" in info.data else "http://unknown"

    @field_validator("base_url")
    @classmethod
    def _with_the_vendors_path(cls, url: str, info: ValidationInfo) -> str:
        if "kind" not in info.data or urlsplit(url).path:
            return url
        return url + urlsplit(protocol(info.data["kind"]).official_url).path

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys, each once, in the order in which they are written; empty ones are none."""
        written = (self.api_key, *self.api_keys)
        return tuple(dict.fromkeys(key.get_secret_value() for key in written if key is not None))

    @property
    def configured(self) -> bool:
        """Whether it can be called: the vendors want a key, a compatible server may need none."""
        return bool(self.keys) or not protocol(self.kind).needs_key

    @cached_property
    def names_models_freely(self) -> bool:
        """Whether its responses may call a model anything (a file, what is deployed): it is no vendor's own server."""
        return not protocol(self.kind).official_url
