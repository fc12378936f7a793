"""The sections of `config/llm_providers_config.yaml` that hold one value a key, with their bounds.

Their defaults are what stands in the shipped file, and nowhere else.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, TypeAlias, get_args

from pydantic import Field, ValidationInfo, field_validator

from rag.model import Policy, Task
from rag.settings.fields import Between, Email, Expected, Flag, MicroUsd, PriceUsd, Section, Share, Text, Url, refused
from rag.settings.mail import MailServerUrl
from rag.settings.models import ModelName
from rag.settings.providers import Seconds
from rag.settings.quotas import TimeZone

Dimensions: TypeAlias = Annotated[int, Between(1, 16_384, "dimensions")]
CacheSeconds: TypeAlias = Annotated[int, Between(0, 31_536_000, "seconds")]


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
    """What may be spent, in millionths of a US dollar, and at which share of it to warn and to brake.

    Attributes:
        time_zone: Where days and months begin.
    """

    daily_budget_micro_usd: MicroUsd = Field(alias="daily_budget")
    per_request_limit_micro_usd: MicroUsd = Field(alias="per_request_limit")
    warn_threshold: Share
    emergency_brake: Share
    time_zone: TimeZone

    @field_validator("emergency_brake")
    @classmethod
    def _brake_after_warning(cls, value: Decimal, info: ValidationInfo) -> Decimal:
        if value <= info.data.get("warn_threshold", Decimal(-1)):
            raise refused("expected a share above warn_threshold, so that the warning comes before the brake")
        return value


class RouteSettings(Section):
    """The models for a task, and by what they are ordered; see `Route`."""

    policy: Annotated[Policy, Expected("preferred, cheapest or fastest")]
    models: tuple[ModelName, ...]


class Routes(Section):
    """The route of every task."""

    factual: RouteSettings
    code_generation: RouteSettings
    document_analysis: RouteSettings
    quick: RouteSettings
    real_time: RouteSettings

    @property
    def by_task(self) -> dict[Task, RouteSettings]:
        """The same to look up."""
        return {task: getattr(self, task) for task in get_args(Task)}


class BreakerLimits(Section):
    """When a failing model is left alone, and how long."""

    failures: Annotated[int, Between(1, 100, "failures")]
    rest_s: Seconds
    longest_rest_s: Seconds

    @field_validator("longest_rest_s")
    @classmethod
    def _longest(cls, value: float, info: ValidationInfo) -> float:
        if value < info.data.get("rest_s", 0):
            raise refused("expected at least rest_s")
        return value


class Routing(Section):
    """How models are chosen.

    Attributes:
        deadline_s: For one question, all attempts together.
        longest_wait_s: The longest that a reader is kept waiting for a provider which said when to come back.
        max_output_tokens: Of one answer, thinking included.
        least_output_tokens: What an answer must be allowed to have; a model that is too dear for that is passed over.
        max_history_tokens: Of earlier turns, told with a question.
        condense_follow_ups: Whether a model rewrites questions that lean on earlier ones, for the search.
        cheaper_models: Move to the front of every route once `warn_threshold` of the daily budget is spent.
    """

    deadline_s: Seconds
    longest_wait_s: Seconds
    max_output_tokens: Annotated[int, Between(16, 1_000_000, "tokens")]
    least_output_tokens: Annotated[int, Between(16, 1_000_000, "tokens")]
    max_history_tokens: Annotated[int, Between(0, 1_000_000, "tokens")]
    condense_follow_ups: Flag
    routes: Routes
    cheaper_models: tuple[ModelName, ...]
    breaker: BreakerLimits
    cost_limits: CostLimits


class CostTracking(Section):
    """Who hears of spending, and how; whoever knows a webhook's address may call it, so it is not in `repr`.

    Attributes:
        keep_days: So long the ledger keeps every call by itself; of older days it keeps the sums.
        alert_smtp: Takes the mails to `alert_email`; without it none is sent.
    """

    enabled: Flag
    keep_days: Annotated[int, Between(1, 36_500, "days")]
    alert_email: Email | None
    alert_smtp: MailServerUrl
    alert_webhook: Url | None = Field(repr=False)


class DailyReports(Section):
    """What the daily report says."""

    enabled: Flag
    include_breakdown: Flag
    include_recommendations: Flag


class Monitoring(Section):
    """What people are told about the running bot."""

    cost_tracking: CostTracking
    daily_reports: DailyReports


class TtlByType(Section):
    """How long an answer is remembered, in seconds, by the kind of question; 0 is not at all."""

    factual_queries: CacheSeconds
    code_generation: CacheSeconds
    document_analysis: CacheSeconds
    quick_queries: CacheSeconds
    real_time: CacheSeconds

    @property
    def by_task(self) -> dict[Task, int]:
        """The same by what the core calls them."""
        return {
            "factual": self.factual_queries,
            "code_generation": self.code_generation,
            "document_analysis": self.document_analysis,
            "quick": self.quick_queries,
            "real_time": self.real_time,
        }


class CachedThings(Section):
    """What is remembered."""

    embeddings: Flag
    responses: Flag
    chunks: Flag


class Caching(Section):
    """What is remembered, how long and how much of it.

    Attributes:
        max_cache_size: Entries of each cache.
        cache_hit_target: The share of questions that reports compare the cache with.
        similar_questions: Whether a question that means the same as an earlier one gets its answer.
    """

    enabled: Flag
    ttl_by_type: TtlByType
    max_cache_size: Annotated[int, Between(1, 10_000_000, "entries")]
    cache_hit_target: Share
    similar_questions: Flag
    providers: CachedThings


class Optimization(Section):
    """What saves money and time."""

    caching: Caching


class RetrievalSettings(Section):
    """How documents are cut and searched.

    Attributes:
        passages: Given to a model, or quoted from, for one question.
        candidates: Looked at to choose them.
    """

    passages: Annotated[int, Between(1, 50, "passages")]
    candidates: Annotated[int, Between(1, 1000, "candidates")]
    chunk_chars: Annotated[int, Between(200, 20_000, "characters")]
    chunk_overlap_chars: Annotated[int, Between(0, 10_000, "characters")]
    max_file_bytes: Annotated[int, Between(1000, 1_000_000_000, "bytes")]

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
