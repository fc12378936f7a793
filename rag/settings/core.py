"""The core's settings: `config/llm_providers_config.yaml` and the `RAGBOT_…` variables, checked once and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from rag.errors import ConfigurationError
from rag.settings.document import Document
from rag.settings.fields import Expected, Section, refused
from rag.settings.loading import load_file, validate
from rag.settings.sections import (
    EmbeddingModel,
    EmbeddingsChoice,
    Monitoring,
    Optimization,
    ProviderSettings,
    RetrievalSettings,
    Routing,
)

RAG_FILE = "llm_providers_config.yaml"

# Prices in US dollars per million tokens, from the vendors' pricing pages (OpenAI, Google) and, for Voyage AI, the
# model pages of its resellers; read 22 November 2026.
_EMBEDDED = """
providers:
  openai: {kind: openai, api_key: "${OPENAI_API_KEY:-}", base_url: "${OPENAI_BASE_URL:-}"}
  anthropic: {kind: anthropic, api_key: "${ANTHROPIC_API_KEY:-}", base_url: "${ANTHROPIC_BASE_URL:-}"}
  gemini: {kind: gemini, api_key: "${GEMINI_API_KEY:-}", base_url: "${GEMINI_BASE_URL:-}"}
embedding_models:
  openai/text-embedding-3-small: {price_per_mtok_usd: 0.02, dimensions: 1536, max_tokens: 8191}
  openai/text-embedding-3-large: {price_per_mtok_usd: 0.13, dimensions: 3072, max_tokens: 8191}
  gemini/gemini-embedding-2: {price_per_mtok_usd: 0.20, dimensions: 3072, max_tokens: 8192}
  gemini/gemini-embedding-001: {price_per_mtok_usd: 0.15, dimensions: 3072, max_tokens: 2048}
  voyage/voyage-4-large: {price_per_mtok_usd: 0.12, dimensions: 1024, max_tokens: 32000}
  voyage/voyage-4: {price_per_mtok_usd: 0.06, dimensions: 1024, max_tokens: 32000}
  voyage/voyage-4-lite: {price_per_mtok_usd: 0.02, dimensions: 1024, max_tokens: 32000}
"""


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
    if provider.kind == "anthropic":
        raise refused("expected a provider of another kind: anthropic offers no embeddings")
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
    # The order matters: `embeddings` is checked against the two before it.
    providers: Mapping[str, ProviderSettings]
    embedding_models: Mapping[str, EmbeddingModel]
    embeddings: EmbeddingsChoice | None = None
    routing: Routing = Routing()
    monitoring: Monitoring = Monitoring()
    optimization: Optimization = Optimization()
    retrieval: RetrievalSettings = RetrievalSettings()

    @field_validator("embeddings")
    @classmethod
    def _resolvable(cls, choice: EmbeddingsChoice | None, info: ValidationInfo) -> EmbeddingsChoice | None:
        if choice and {"providers", "embedding_models"} <= info.data.keys():
            _resolve(choice, info.data["providers"], info.data["embedding_models"])
        return choice

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
        embedder: `None` where no embeddings are asked for; its provider may still be without a key.
        lancedb_uri: A folder, or what LanceDB understands (`s3://`, `gs://`, `az://`, `db://`).
        state_url: `sqlite:///PATH` or `postgresql://…`; it may hold a password, so it is not in `repr`.
    """

    providers: Mapping[str, ProviderSettings]
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
        file, problems = load_file(_RagFile, folder / RAG_FILE, environ, embedded=_EMBEDDED)
        places, more = validate(_Places, _Places.document(environ))
        if file is None or places is None:
            raise ConfigurationError([*problems, *more])
        data = places.data_folder
        return cls(
            providers=file.providers,
            embedder=file.embedder,
            routing=file.routing,
            monitoring=file.monitoring,
            optimization=file.optimization,
            retrieval=file.retrieval,
            data_folder=data,
            lancedb_uri=places.lancedb_uri or str(data / "lancedb"),
            state_url=places.state_url or f"sqlite:///{data.as_posix()}/state.db",
        )
