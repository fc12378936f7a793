"""The sections of `config/llm_providers_config.yaml`, with their defaults and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from rag.settings.fields import (
    Between,
    Email,
    Expected,
    Flag,
    MicroUsd,
    OptionalSecret,
    PriceUsd,
    Secret,
    Section,
    Share,
    Text,
    Url,
    refused,
)

ProviderKind: TypeAlias = Literal["openai", "openai_compatible", "anthropic", "gemini"]
Seconds: TypeAlias = Annotated[float, Between(0.1, 3600, "seconds")]
Dimensions: TypeAlias = Annotated[int, Between(1, 16_384, "dimensions")]
CacheSeconds: TypeAlias = Annotated[int, Between(0, 31_536_000, "seconds")]

# Vendors' API references, read 22 November 2026. The paths after them are the providers' business.
_OFFICIAL_URLS: Mapping[str, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "gemini": "https://generativelanguage.googleapis.com",
}


class Timeouts(Section):
    """How long to wait for a provider, in seconds."""

    connect: Seconds = 5.0
    first_token: Seconds = 30.0
    between_tokens: Seconds = 20.0
    total: Seconds = 120.0


class ProviderSettings(Section):
    """Who serves models, and how to reach it.

    Attributes:
        base_url: Without a slash at its end; the vendor's own where none is written.
        headers: Sent with every request; their values may be secrets.
    """

    kind: Annotated[ProviderKind, Expected("openai, openai_compatible, anthropic or gemini")]
    api_key: OptionalSecret = None
    base_url: Url = Field(default="", validate_default=True)
    headers: Mapping[str, Secret] = Field(default_factory=dict)
    timeouts_s: Timeouts = Timeouts()

    @field_validator("base_url", mode="before")
    @classmethod
    def _official_unless_written(cls, value: object, info: ValidationInfo) -> object:
        # A wrong kind is one problem; it is not complained about again as a missing address.
        return value or _OFFICIAL_URLS.get(info.data.get("kind", "openai"), value)

    @property
    def configured(self) -> bool:
        """Whether it can be called: a compatible server may need no key, the vendors do."""
        return self.kind == "openai_compatible" or self.api_key is not None


class EmbeddingModel(Section):
    """An embedding model of the catalogue.

    Attributes:
        dimensions: Of its full vectors; shorter ones can be asked for.
        max_tokens: Per text.
    """

    price_per_mtok_usd: PriceUsd
    dimensions: Dimensions
    max_tokens: Annotated[int, Between(1, 10_000_000, "tokens")]


class EmbeddingsChoice(Section):
    """Which embedder to use; what is `None` comes from the catalogue."""

    provider: Text
    model: Text
    dimensions: Dimensions | None = None
    batch_size: Annotated[int, Between(1, 2048, "texts")] = 64
    price_per_mtok_usd: PriceUsd | None = None


class CostLimits(Section):
    """What may be spent, in millionths of a US dollar, and at which share of it to warn and to brake."""

    daily_budget_micro_usd: MicroUsd = Field(default=25_000_000, alias="daily_budget")
    per_request_limit_micro_usd: MicroUsd = Field(default=500_000, alias="per_request_limit")
    warn_threshold: Share = Decimal("0.80")
    emergency_brake: Share = Field(default=Decimal("0.95"), validate_default=True)

    @field_validator("emergency_brake")
    @classmethod
    def _brake_after_warning(cls, value: Decimal, info: ValidationInfo) -> Decimal:
        if value <= info.data.get("warn_threshold", Decimal(-1)):
            raise refused("expected a share above warn_threshold, so that the warning comes before the brake")
        return value


class Routing(Section):
    """How models are chosen."""

    cost_limits: CostLimits = CostLimits()


class CostTracking(Section):
    """Who hears of spending, and how; whoever knows a webhook's address may call it, so it is not in `repr`."""

    enabled: Flag = True
    alert_email: Email | None = None
    alert_webhook: Url | None = Field(default=None, repr=False)


class DailyReports(Section):
    """What the daily report says."""

    enabled: Flag = True
    include_breakdown: Flag = True
    include_recommendations: Flag = True


class Monitoring(Section):
    """What people are told about the running bot."""

    cost_tracking: CostTracking = CostTracking()
    daily_reports: DailyReports = DailyReports()


class TtlByType(Section):
    """How long an answer is remembered, in seconds, by the kind of question; 0 is not at all."""

    factual_queries: CacheSeconds = 86_400
    code_generation: CacheSeconds = 7200
    document_analysis: CacheSeconds = 3600
    quick_queries: CacheSeconds = 1800
    real_time: CacheSeconds = 300


class CachedThings(Section):
    """What is remembered."""

    embeddings: Flag = True
    responses: Flag = True
    chunks: Flag = True


class Caching(Section):
    """What is remembered, how long and how much of it.

    Attributes:
        max_cache_size: Entries of each cache.
        cache_hit_target: The share of questions that reports compare the cache with.
    """

    enabled: Flag = True
    ttl_by_type: TtlByType = TtlByType()
    max_cache_size: Annotated[int, Between(1, 10_000_000, "entries")] = 5000
    cache_hit_target: Share = Decimal("0.70")
    providers: CachedThings = CachedThings()


class Optimization(Section):
    """What saves money and time."""

    caching: Caching = Caching()


class RetrievalSettings(Section):
    """How documents are cut and searched.

    Attributes:
        passages: Given to a model, or quoted from, for one question.
        candidates: Looked at to choose them.
    """

    passages: Annotated[int, Between(1, 50, "passages")] = 8
    candidates: Annotated[int, Between(1, 1000, "candidates")] = Field(default=40, validate_default=True)
    chunk_chars: Annotated[int, Between(200, 20_000, "characters")] = 1600
    chunk_overlap_chars: Annotated[int, Between(0, 10_000, "characters")] = Field(default=400, validate_default=True)
    max_file_bytes: Annotated[int, Between(1000, 1_000_000_000, "bytes")] = 10_000_000

    @field_validator("candidates")
    @classmethod
    def _enough_to_choose_from(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("passages", 0):
            raise refused("expected at least as many candidates as passages")
        return value

    @field_validator("chunk_overlap_chars")
    @classmethod
    def _less_than_half_a_chunk(cls, value: int, info: ValidationInfo) -> int:
        if 2 * value > info.data.get("chunk_chars", 2 * value):
            raise refused("expected at most half of chunk_chars")
        return value
