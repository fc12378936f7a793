"""The core's settings: `config/llm_providers_config.yaml` and the `RAGBOT_…` variables, checked once and frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from rag.errors import ConfigurationError
from rag.model import Task
from rag.providers import EMBEDDERS
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import USD_PER_DAY, USD_PER_REQUEST, Measure, Subject
from rag.routing.catalogue import Catalogue, Route
from rag.settings.document import Document, KeyPath
from rag.settings.fields import Expected, Section, refused
from rag.settings.loading import load_file, validate
from rag.settings.models import GoneSettings, ModelName, ModelSettings, catalogue, expected_instead
from rag.settings.providers import ProviderSettings
from rag.settings.sections import (
    EmbeddingModel,
    EmbeddingsChoice,
    Monitoring,
    Optimization,
    RetrievalSettings,
    Routing,
)
from rag.settings.shipped import shipped_text

RAG_FILE = "llm_providers_config.yaml"


@dataclass(frozen=True, slots=True)
class EmbedderSettings:
    """The embedder with everything that is known of it.

    Attributes:
        provider_name: As in the configuration.
        native_dimensions: What the model makes unasked; `None` where the catalogue does not know it.
        max_input_tokens: Per text; `None` where the catalogue does not know the model.
        batch_size: Texts in one request.
    """

    provider_name: str
    provider: ProviderSettings
    model: str
    dimensions: int
    native_dimensions: int | None
    price_per_mtok_usd: Decimal
    max_input_tokens: int | None
    batch_size: int

    @property
    def name(self) -> str:
        """`provider/model`, as recorded in the index."""
        return f"{self.provider_name}/{self.model}"


def _resolve(
    choice: EmbeddingsChoice, providers: Mapping[str, ProviderSettings], catalogue: Mapping[str, EmbeddingModel]
) -> EmbedderSettings:
    provider = providers.get(choice.provider)
    if provider is None:
        raise refused(f"expected the provider to be one of those under providers: {', '.join(sorted(providers))}")
    if provider.kind not in EMBEDDERS:
        raise refused(f"expected a provider of another kind: {provider.kind} offers no embeddings")
    known = catalogue.get(f"{choice.provider}/{choice.model}")
    price, dimensions = choice.price_per_mtok_usd, choice.dimensions
    if known:
        price = known.price_per_mtok_usd if price is None else price
        dimensions = dimensions or known.dimensions
    if price is None:
        raise refused("the price of this model is not known; write price_per_mtok_usd (0 for a server of your own)")
    if dimensions is None:
        raise refused("the length of this model's vectors is not known; write dimensions, such as 512")
    if known and dimensions > known.dimensions:
        raise refused(f"this model's vectors have at most {known.dimensions} dimensions")
    return EmbedderSettings(
        provider_name=choice.provider,
        provider=provider,
        model=choice.model,
        dimensions=dimensions,
        native_dimensions=known.dimensions if known else None,
        price_per_mtok_usd=price,
        max_input_tokens=known.max_tokens if known else None,
        batch_size=choice.batch_size,
    )


class _RagFile(Section):
    # The order matters: `embeddings` is checked against what stands before it.
    providers: Mapping[str, ProviderSettings]
    models: Mapping[ModelName, ModelSettings]
    gone_models: Mapping[ModelName, GoneSettings]
    embedding_models: Mapping[ModelName, EmbeddingModel]
    embeddings: EmbeddingsChoice | None = None
    routing: Routing
    monitoring: Monitoring
    optimization: Optimization
    retrieval: RetrievalSettings

    @field_validator("embeddings")
    @classmethod
    def _resolvable(cls, choice: EmbeddingsChoice | None, info: ValidationInfo) -> EmbeddingsChoice | None:
        if choice and {"providers", "embedding_models"} <= info.data.keys():
            _resolve(choice, info.data["providers"], info.data["embedding_models"])
        return choice

    def misfits(self) -> Iterator[tuple[KeyPath, str]]:
        for path, name in self._models_named():
            expected = expected_instead(name, self.catalogue, self.providers)
            if expected is not None:
                yield path, expected
        for name, card in self.catalogue.cards.items():
            if card.rerouted_to is not None and self.catalogue.card(card.rerouted_to) is None:
                yield ("models", name, "rerouted_to"), "a model from models"

    def _models_named(self) -> Iterator[tuple[KeyPath, str]]:
        for task, route in self.routing.routes.by_task.items():
            for position, name in enumerate(route.models):
                yield ("routing", "routes", task, "models", position), name
        for position, name in enumerate(self.routing.cheaper_models):
            yield ("routing", "cheaper_models", position), name

    @cached_property
    def catalogue(self) -> Catalogue:
        return catalogue(self.models, self.gone_models, self.providers)

    @property
    def routes(self) -> dict[Task, Route]:
        return {
            task: Route(route.policy, tuple(dict.fromkeys(route.models)))  # a model that failed is not asked twice
            for task, route in self.routing.routes.by_task.items()
        }

    @property
    def embedder(self) -> EmbedderSettings | None:
        return _resolve(self.embeddings, self.providers, self.embedding_models) if self.embeddings else None


class _Places(Section):
    data_folder: Path = Field(default=Path("data"), alias="RAGBOT_DATA")
    lancedb_uri: str | None = Field(default=None, alias="RAGBOT_LANCEDB_URI")
    state_url: Annotated[
        str | None,
        Field(pattern=r"^(sqlite:///|postgresql://)."),
        Expected("sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE", secret=True),
    ] = Field(default=None, alias="RAGBOT_STATE_URL")

    @classmethod
    def document(cls, environ: Mapping[str, str]) -> Document:
        """The variables that are set; an empty one is as good as none."""
        names = [str(known.alias) for known in cls.model_fields.values()]
        return Document("environment", {name: environ[name] for name in names if environ.get(name)}, {})


@dataclass(frozen=True, slots=True)
class RagSettings:
    """Everything that the core can be told.

    Attributes:
        catalogue: All models that may be asked.
        routes: The models for every task.
        cheaper_models: By name; they come first near the budget's warning line.
        embedder: `None` where no embeddings are asked for; its provider may still be without a key.
        lancedb_uri: A folder, or what LanceDB understands (`s3://`, `gs://`, `az://`, `db://`).
        state_url: `sqlite:///PATH` or `postgresql://…`; it may hold a password, so it is not in `repr`.
    """

    providers: Mapping[str, ProviderSettings]
    catalogue: Catalogue
    routes: Mapping[Task, Route]
    cheaper_models: tuple[str, ...]
    embedder: EmbedderSettings | None
    routing: Routing
    monitoring: Monitoring
    optimization: Optimization
    retrieval: RetrievalSettings
    data_folder: Path
    lancedb_uri: str
    state_url: str = field(repr=False)

    @classmethod
    def load(cls, folder: Path, environ: Mapping[str, str]) -> RagSettings:
        """Read the folder's file; without one, all defaults.

        Raises:
            ConfigurationError: With every problem of the file and of the environment.
        """
        file, problems = load_file(_RagFile, folder / RAG_FILE, environ, embedded=shipped_text(RAG_FILE))
        places, more = validate(_Places, _Places.document(environ))
        if file is None or places is None:
            raise ConfigurationError([*problems, *more])
        data = places.data_folder
        return cls(
            providers=file.providers,
            catalogue=file.catalogue,
            routes=file.routes,
            cheaper_models=file.routing.cheaper_models,
            embedder=file.embedder,
            routing=file.routing,
            monitoring=file.monitoring,
            optimization=file.optimization,
            retrieval=file.retrieval,
            data_folder=data,
            lancedb_uri=places.lancedb_uri or str(data / "lancedb"),
            state_url=places.state_url or f"sqlite:///{data.as_posix()}/state.db",
        )

    @property
    def quotas(self) -> QuotaPolicy:
        """The limits of money, and those of the providers."""
        limits = self.routing.cost_limits
        money = {USD_PER_DAY: limits.daily_budget_micro_usd, USD_PER_REQUEST: limits.per_request_limit_micro_usd}
        return QuotaPolicy(
            zone=limits.time_zone,
            warn=limits.warn_threshold,
            brake=limits.emergency_brake,
            kinds={"everything": money},
            subjects={
                Subject("provider", name): {
                    Measure("requests", "minute"): provider.limits.requests_per_minute,
                    Measure("tokens", "minute"): provider.limits.tokens_per_minute,
                }
                for name, provider in self.providers.items()
            },
        )

    @property
    def models_in_use(self) -> tuple[str, ...]:
        """By name, each once: those of all routes whose provider is configured."""
        routed = (*(name for route in self.routes.values() for name in route.models), *self.cheaper_models)
        return tuple(name for name in dict.fromkeys(routed) if self.providers[name.partition("/")[0]].configured)

    def expected_instead(self, model: str) -> str | None:
        """What a pin should name instead of this model, to follow "expected …"; `None`: it may name it."""
        return expected_instead(model, self.catalogue, self.providers)
