"""`ragbot status`: whether everything works."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from importlib.metadata import version
from types import MappingProxyType

from bot.bootstrap import open_bot
from bot.cli import EXIT_FAILED, EXIT_OK
from bot.cli.output import print_json, print_table, usd
from bot.locales import Phrases, phrases_in
from rag.errors import IndexUnavailable
from rag.model import Budget, Health, ProviderHealth, ProviderState

_UNKNOWN = "–"
_STYLES: Mapping[ProviderState, str] = MappingProxyType(
    {"resting": "yellow", "probing": "yellow", "off": "red", "not_configured": "dim"}
)


async def run(options: Namespace) -> int:
    """Report, and exit with 1 where questions cannot be answered."""
    try:
        async with open_bot(options) as bot:
            health = await bot.pipeline.health_check()
    except IndexUnavailable as error:
        health = _not_started(str(error))
    if options.json:
        print_json(as_dict(health))
    else:
        _print(health)
    return EXIT_OK if health.ready else EXIT_FAILED


def _not_started(problem: str) -> Health:
    """What is known where the core could not even be put together."""
    return Health(
        ready=False,
        version=version("ragbot"),
        index=None,
        store_kind="unknown",
        store_ok=False,
        providers=(),
        budget=Budget(None, None, None),
        problems=(problem,),
    )


def as_dict(health: Health) -> dict[str, object]:
    """The status in the form that scripts rely on; what is unknown is null."""
    index = health.index
    return {
        "ready": health.ready,
        "version": health.version,
        "providers": [
            {
                "provider": provider.provider,
                "model": provider.model,
                "state": provider.state,
                "error_rate": provider.error_rate,
                "first_token_p50_s": provider.first_token_p50_s,
                "latency_p50_s": provider.latency_p50_s,
                "last_error": provider.last_error,
            }
            for provider in health.providers
        ],
        "index": None
        if index is None
        else {
            "documents": index.documents,
            "chunks": index.chunks,
            "unindexed": index.unindexed,
            "embedder": index.embedder,
        },
        "store": {"kind": health.store_kind, "ok": health.store_ok},
        "budget": {
            "limit_usd": usd(health.budget.limit_micro_usd),
            "used_usd": usd(health.budget.used_micro_usd),
            "held_usd": usd(health.budget.held_micro_usd),
            "unconfirmed_usd": usd(health.budget.unconfirmed_micro_usd),
        },
        "cache": {
            "hit_rate": None if health.cache.hit_rate is None else round(health.cache.hit_rate, 4),
            "hit_target": health.cache.hit_target,
            "exact": health.cache.exact,
            "similar": health.cache.similar,
            "misses": health.cache.misses,
            "stale": health.cache.stale,
        },
        "problems": list(health.problems),
    }


def _print(health: Health) -> None:
    phrases = phrases_in("en")
    index, budget = health.index, health.budget
    ready = "ready" if health.store_ok else "ready, for quotations only"
    print(f"ragbot {health.version}: {ready if health.ready else 'not ready'}")
    if index is not None:
        vectors = f", vectors by {index.embedder}" if index.embedder else ", full text"
        unindexed = f", {index.unindexed:,} not yet indexed" if index.unindexed else ""
        documents = phrases.count("count.documents", index.documents)
        chunks = phrases.count("count.chunks", index.chunks)
        print(f"index   {documents}, {chunks}{vectors}{unindexed}")
    print(f"store   {f'{health.store_kind} answers' if health.store_ok else 'does not answer'}")
    if budget.used_micro_usd is not None:
        limit = "" if budget.limit_micro_usd is None else f" of {phrases.usd(budget.limit_micro_usd)}"
        held = f", {phrases.usd(budget.held_micro_usd)} held" if budget.held_micro_usd else ""
        unsure = f", {phrases.usd(budget.unconfirmed_micro_usd)} unconfirmed" if budget.unconfirmed_micro_usd else ""
        print(f"budget  {phrases.usd(budget.used_micro_usd)}{limit} used today{held}{unsure}")
    else:
        print("budget  not known: nothing is bought while the store does not answer")
    if health.providers:
        print()
        print_table(
            ("provider", "model", "state", "failed", "first token", "whole", "last error"),
            [_row(provider, phrases) for provider in health.providers],
            numeric=(3, 4, 5),
            styles=[_STYLES.get(provider.state, "") for provider in health.providers],
        )
    for problem in health.problems:
        print(f"! {problem}")


def _row(provider: ProviderHealth, phrases: Phrases) -> tuple[str, ...]:
    return (
        provider.provider,
        provider.model or _UNKNOWN,
        provider.state.replace("_", " "),
        _UNKNOWN if provider.error_rate is None else phrases.percent(provider.error_rate),
        _UNKNOWN if provider.first_token_p50_s is None else phrases.seconds(provider.first_token_p50_s),
        _UNKNOWN if provider.latency_p50_s is None else phrases.seconds(provider.latency_p50_s),
        provider.last_error or _UNKNOWN,
    )
