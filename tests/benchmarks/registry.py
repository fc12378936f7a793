"""Every benchmark by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tests.benchmarks import ingest, memory, paraphrases, quality, query, relevance, start, tasks
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
    }
)
