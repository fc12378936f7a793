"""Every benchmark by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tests.benchmarks import (
    cached,
    conversation,
    conversation_crash,
    crash,
    discord,
    failover,
    figures,
    ingest,
    intent,
    memory,
    overshoot,
    paraphrases,
    quality,
    query,
    quota,
    relevance,
    report,
    routing,
    slack,
    start,
    tasks,
    waiting,
)
from tests.benchmarks.benchmark import Benchmark

BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        "start": start.run,
        "memory": memory.run,
        "ingest": ingest.run,
        "query": query.run,
        "quality": quality.run,
        "relevance": relevance.run,
        "paraphrases": paraphrases.run,
        "tasks": tasks.run,
        "intent": intent.run,
        "failover": failover.run,
        "routing": routing.run,
        "cached": cached.run,
        "overshoot": overshoot.run,
        "crash": crash.run,
        "quota": quota.run,
        "figures": figures.run,
        "conversation": conversation.run,
        "waiting": waiting.run,
        "conversation_crash": conversation_crash.run,
        "report": report.run,
        "slack": slack.run,
        "discord": discord.run,
    }
)
