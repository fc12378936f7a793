"""`ragbot status`: whether everything works."""

from __future__ import annotations

from argparse import Namespace
from importlib.metadata import version

from bot.bootstrap import open_bot
from bot.cli import EXIT_FAILED, EXIT_OK
from bot.cli.output import print_json, print_table, usd
from bot.locales import phrases_in
from rag.errors import IndexUnavailable
from rag.model import Budget, Health


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
        },
        "problems": list(health.problems),
    }


def _print(health: Health) -> None:
    phrases = phrases_in("en")
    index, budget = health.index, health.budget
    print(f"ragbot {health.version}: {'ready' if health.ready else 'not ready'}")
    if index is not None:
        vectors = f", vectors by {index.embedder}" if index.embedder else ", full text"
        unindexed = f", {index.unindexed:,} not yet indexed" if index.unindexed else ""
        documents = phrases.count("count.documents", index.documents)
        chunks = phrases.count("count.chunks", index.chunks)
        print(f"index   {documents}, {chunks}{vectors}{unindexed}")
    print(f"store   {f'{health.store_kind} answers' if health.store_ok else 'does not answer'}")
    if budget.limit_micro_usd is not None and budget.used_micro_usd is not None:
        print(f"budget  {phrases.usd(budget.used_micro_usd)} of {phrases.usd(budget.limit_micro_usd)} used today (UTC)")
    if health.providers:
        print()
        print_table(
            ("provider", "model", "state"),
            [
                (provider.provider, provider.model or "–", provider.state.replace("_", " "))
                for provider in health.providers
            ],
        )
    for problem in health.problems:
        print(f"! {problem}")
