"""`/status`: whether everything works. What went wrong with a model is for its operator, not for the chat."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.base import Command, Invocation
from bot.locales import Phrases
from bot.messages import Card
from bot.text import code_span
from rag.model import CacheStats, Health, IndexStats, ProviderHealth


async def _run(call: Invocation) -> Card:
    return Card(_report(await call.pipeline.health_check(), call.phrases))


def _report(health: Health, phrases: Phrases) -> str:
    lines = [
        phrases("status.ready" if health.ready else "status.not_ready", version=health.version),
        "",
        _index(health.index, phrases),
        phrases("status.store_ok" if health.store_ok else "status.store_down", kind=health.store_kind),
    ]
    # Who reads this cannot configure a provider; what matters is which models write the answers.
    models = [
        _model(provider, phrases)
        for provider in health.providers
        if provider.model is not None and provider.state != "not_configured"
    ]
    lines += models or [phrases("status.no_model")]
    if health.cache.hit_rate is not None:
        lines.append(_memory(health.cache, phrases))
    return "\n".join(lines)


def _index(index: IndexStats | None, phrases: Phrases) -> str:
    if index is None:
        return phrases("status.index_missing")
    return phrases(
        "status.index",
        documents=phrases.count("count.documents", index.documents),
        chunks=phrases.count("count.chunks", index.chunks),
    )


def _memory(cache: CacheStats, phrases: Phrases) -> str:
    assert cache.hit_rate is not None, "there was a question"
    return phrases("status.memory", share=phrases.percent(cache.hit_rate), target=phrases.percent(cache.hit_target))


def _model(provider: ProviderHealth, phrases: Phrases) -> str:
    name = code_span(f"{provider.provider}/{provider.model}")
    line = phrases("status.model", model=name, state=phrases(f"provider_state.{provider.state}"))
    figures = ", ".join(_figures(provider, phrases))
    return phrases("status.figures", line=line, figures=figures) if figures else line


def _figures(provider: ProviderHealth, phrases: Phrases) -> Iterator[str]:
    """What is known of its calls of late."""
    if provider.first_token_p50_s is not None:
        yield phrases("status.first_token", time=phrases.seconds(provider.first_token_p50_s))
    if provider.latency_p50_s is not None:
        yield phrases("status.latency", time=phrases.seconds(provider.latency_p50_s))
    if provider.error_rate:
        yield phrases("status.error_rate", share=phrases.percent(provider.error_rate))


STATUS = Command(name="status", summary="status.summary", example="/status", run=_run)
