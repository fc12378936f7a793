"""`/status`: whether everything works. What exactly went wrong with a model is for admins."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.base import Command, Invocation
from bot.locales import Phrases
from bot.messages import Card
from bot.text import code_span, one_line
from rag.model import CacheStats, Health, IndexStats, ProviderHealth


async def _run(call: Invocation) -> Card:
    # What exactly went wrong is for admins alone.
    return Card("\n".join(_report(call, await call.desk.pipeline.health_check())), private=call.is_admin)


def _report(call: Invocation, health: Health) -> Iterator[str]:
    phrases = call.phrases
    is_whole = health.ready and health.store_ok
    key = "status.ready" if is_whole else "status.half_ready" if health.ready else "status.not_ready"
    yield phrases(key, version=health.version)
    yield ""
    yield _index(health.index, phrases)
    yield phrases("status.store_ok" if health.store_ok else "status.store_down", kind=health.store_kind)
    yield _queue(call)
    # Who reads this cannot configure a provider; what matters is which models write the answers.
    models = [
        _model(provider, call)
        for provider in health.providers
        if provider.model is not None and provider.state != "not_configured"
    ]
    yield from models or [phrases("status.no_model")]
    if health.cache.hit_rate is not None:
        yield _memory(health.cache, phrases)
    if call.is_admin:
        yield from (phrases("status.problem", problem=one_line(problem)) for problem in health.problems)


def _index(index: IndexStats | None, phrases: Phrases) -> str:
    if index is None:
        return phrases("status.index_missing")
    return phrases(
        "status.index",
        documents=phrases.count("count.documents", index.documents),
        chunks=phrases.count("count.chunks", index.chunks),
    )


def _queue(call: Invocation) -> str:
    phrases, load = call.phrases, call.load
    return phrases(
        "status.queue",
        answering=phrases.count("count.questions", load.answering),
        waiting=phrases.number(load.waiting),
        uptime=phrases.span(load.up_s),
    )


def _memory(cache: CacheStats, phrases: Phrases) -> str:
    assert cache.hit_rate is not None, "there was a question"
    return phrases("status.memory", share=phrases.percent(cache.hit_rate), target=phrases.percent(cache.hit_target))


def _model(provider: ProviderHealth, call: Invocation) -> str:
    phrases = call.phrases
    name = code_span(f"{provider.provider}/{provider.model}")
    line = phrases("status.model", model=name, state=phrases(f"provider_state.{provider.state}"))
    figures = ", ".join(_figures(provider, phrases))
    line = phrases("status.figures", line=line, figures=figures) if figures else line
    if provider.last_error is None or provider.last_error_at is None:
        return line
    moment = phrases.moment(provider.last_error_at)
    if not call.is_admin:
        return phrases("status.failed_last", line=line, moment=moment)
    return phrases("status.failed_with", line=line, moment=moment, error=code_span(provider.last_error))


def _figures(provider: ProviderHealth, phrases: Phrases) -> Iterator[str]:
    """What is known of its calls of late."""
    if provider.first_token_p50_s is not None:
        yield phrases("status.first_token", time=phrases.seconds(provider.first_token_p50_s))
    if provider.latency_p50_s is not None:
        yield phrases("status.latency", time=phrases.seconds(provider.latency_p50_s))
    if provider.error_rate:
        yield phrases("status.error_rate", share=phrases.percent(provider.error_rate))


STATUS = Command(name="status", summary="status.summary", example="/status", run=_run, aliases=("estado", "situação"))
