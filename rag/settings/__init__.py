"""Configuration: files and environment to frozen, checked values. Nothing else reads the environment."""

from rag.settings.core import RAG_FILE, EmbedderSettings, RagSettings
from rag.settings.environment import DEFAULT_FOLDER, config_folder, read_environment
from rag.settings.fields import Expected, Flag, Section, Url
from rag.settings.loading import load_file
from rag.settings.providers import Limits, ProviderSettings, Timeouts
from rag.settings.sections import (
    BreakerLimits,
    CachedThings,
    Caching,
    CostLimits,
    CostTracking,
    DailyReports,
    EmbeddingModel,
    Monitoring,
    Optimization,
    RetrievalSettings,
    Routing,
    TtlByType,
)
from rag.settings.shipped import prompt_text, shipped_text

__all__ = [
    "DEFAULT_FOLDER",
    "RAG_FILE",
    "BreakerLimits",
    "CachedThings",
    "Caching",
    "CostLimits",
    "CostTracking",
    "DailyReports",
    "EmbedderSettings",
    "EmbeddingModel",
    "Expected",
    "Flag",
    "Limits",
    "Monitoring",
    "Optimization",
    "ProviderSettings",
    "RagSettings",
    "RetrievalSettings",
    "Routing",
    "Section",
    "Timeouts",
    "TtlByType",
    "Url",
    "config_folder",
    "load_file",
    "prompt_text",
    "read_environment",
    "shipped_text",
]
