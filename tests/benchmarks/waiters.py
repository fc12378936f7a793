"""The processes that let questions wait: `python -m tests.benchmarks.waiters still|flood …`.

Each prints what came of it as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import tracemalloc
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

from bot.conversation import Conversation
from rag.clock import SystemClock
from rag.pipeline import RagPipeline
from rag.ports import Database
from rag.state import open_database
from tests.benchmarks.conversation import open_conversation
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.instant import InstantReplies, SilentPipeline, message
from tests.benchmarks.processes import private_megabytes

THREADS = 200
_PATIENCE_S = 1_800.0
_WEIGHED_EVERY_S = 0.5
_BYTES_PER_MB = 1_000_000


def _weight_mb() -> float:
    """What is in Python's books where those are kept, and else what is this process's alone."""
    gc.collect()
    if tracemalloc.is_tracing():
        return tracemalloc.get_traced_memory()[0] / _BYTES_PER_MB
    return private_megabytes(os.getpid())


async def _still(state_url: str, questions: int) -> Mapping[str, object]:
    """What so many questions weigh that nobody answers."""
    database = await open_database(state_url, SystemClock())
    try:
        async with open_conversation(SilentPipeline(), database) as conversation:
            before = _weight_mb()
            replies = InstantReplies(awaited=questions)
            async with asyncio.timeout(_PATIENCE_S), asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(conversation.handle(message(number, f"T{number % THREADS}", "?"), replies))
                    for number in range(questions)
                ]
                await replies.waiting.wait()
                after = _weight_mb()
                for task in tasks:
                    task.cancel()
    finally:
        await database.aclose()
    return {"before_mb": before, "after_mb": after}


async def _flood(config: Path, data: Path, questions: int, chunks: int) -> Mapping[str, object]:
    """Ask so many questions at the same moment, and wait for all their answers."""
    asked = Corpus(chunks).questions(questions)
    async with await RagPipeline.open(config, environ={"RAGBOT_DATA": str(data)}) as pipeline:
        async with open_conversation(pipeline, pipeline.database) as conversation:
            before, replies, heaviest = _weight_mb(), InstantReplies(), [0.0]
            weighing = asyncio.create_task(_weigh(heaviest))
            began = perf_counter()
            failed = await _ask_all(conversation, asked, replies)
            took = perf_counter() - began
            weighing.cancel()
        return {
            "seconds": took,
            "before_mb": before,
            "peak_mb": max(heaviest),
            "failed": failed,
            "shown": dict(Counter(len(reply.shown) for reply in replies.replies.values())),
            "replies": len(replies.replies),
            **await _journal(pipeline.database),
        }


async def _ask_all(conversation: Conversation, asked: list[str], replies: InstantReplies) -> int:
    """All at once; returns how many were not handled."""
    async with asyncio.timeout(_PATIENCE_S):
        outcomes = await asyncio.gather(
            *(
                conversation.handle(message(number, f"T{number % THREADS}", f"{question} ({number})"), replies)
                for number, question in enumerate(asked)
            ),
            return_exceptions=True,
        )
    return sum(outcome is not None for outcome in outcomes)


async def _weigh(heaviest: list[float]) -> None:
    while True:
        heaviest[0] = max(heaviest[0], private_megabytes(os.getpid()))
        await asyncio.sleep(_WEIGHED_EVERY_S)


async def _journal(database: Database) -> Mapping[str, object]:
    answered = await database.fetch("SELECT count(*) FROM questions WHERE state = 'delivered' AND outcome = 'answered'")
    by_model = await database.fetch("SELECT count(*) FROM ledger WHERE outcome = 'answered' AND attempt > 0")
    return {"answered": answered[0][0], "by_model": by_model[0][0]}


async def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["still", "flood"])
    parser.add_argument("where", nargs="+")
    parser.add_argument("--questions", type=int, required=True)
    parser.add_argument("--chunks", type=int, default=0, help="of the corpus that is in the index")
    parser.add_argument("--trace", action="store_true")
    given = parser.parse_args()
    if given.trace:
        tracemalloc.start()
    if given.what == "still":
        told = await _still(given.where[0], given.questions)
    else:
        told = await _flood(Path(given.where[0]), Path(given.where[1]), given.questions, given.chunks)
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(_main())
