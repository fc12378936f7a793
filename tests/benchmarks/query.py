"""How long a question takes, beside the smallest LanceDB query and LlamaIndex."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median, quantiles
from time import perf_counter

from rag.retrieval.schema import TABLE
from tests.benchmarks import peers
from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row, ratio
from tests.benchmarks.installation import Installation, installed

_COLUMNS = (Column("p50_ms", 1), Column("p95_ms", 1), Column("times_bare", 2))
_BARE = "LanceDB: one MatchQuery"
_MS = 1_000

Ask = Callable[[str], Awaitable[object]]


async def run(plan: Plan, progress: Progress) -> Report:
    """Ask every contender each question, in turn, after a question that only warms up."""
    async with installed(plan, progress) as installation:
        warm_up, *questions = installation.corpus.questions(plan.questions + 1)
        async with _contenders(installation, progress) as contenders:
            for ask in contenders.values():
                await ask(warm_up)
            progress(f"asking {len(questions):,} questions")
            times = await _asked(contenders, questions)
        async with await installation.open() as pipeline:
            refused = sum([(await pipeline.query(question)).refused for question in questions])
    base = median(times[_BARE])
    rows = (
        Row(name, (median(taken) * _MS, _p95(taken) * _MS, ratio(median(taken), base))) for name, taken in times.items()
    )
    return Report(
        _COLUMNS,
        tuple(rows),
        (
            f"{plan.chunks:,} chunks, {len(questions):,} different questions, each asked of everyone in turn",
            "LanceDB: 10 rows by the words of one column",
            "ragbot, search: 40 candidates by four columns, what each word is worth, ranking, judgement",
            f"ragbot, query: search, then quotations ({len(questions) - refused:,} answered, {refused:,} refused)",
            peers.LLAMA_INDEX_RETRIEVES if peers.has_llama_index() else peers.NO_LLAMA_INDEX,
        ),
    )


async def _asked(contenders: Mapping[str, Ask], questions: Sequence[str]) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for question in questions:
        for name, ask in contenders.items():
            started = perf_counter()
            await ask(question)
            seconds[name].append(perf_counter() - started)
    return seconds


@asynccontextmanager
async def _contenders(installation: Installation, progress: Progress) -> AsyncIterator[Mapping[str, Ask]]:
    import lancedb

    async with AsyncExitStack() as stack:
        connection = stack.enter_context(await lancedb.connect_async(installation.index))
        table = await connection.open_table(TABLE)
        # A pipeline each: what one has learnt of a question's words would make the other faster.
        searching = await stack.enter_async_context(await installation.open())
        answering = await stack.enter_async_context(await installation.open())

        async def bare(question: str) -> object:
            return await peers.bare_search(table, question)

        contenders: dict[str, Ask] = {
            _BARE: bare,
            "ragbot: search": searching.search,
            "ragbot: query": answering.query,
        }
        if peers.has_llama_index():
            progress("ingesting with LlamaIndex")
            made = await asyncio.to_thread(peers.llama_index, installation.documents, installation.folder / "llama")
            contenders["LlamaIndex: retrieve"] = made.retrieve
        yield contenders


def _p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20, method="inclusive")[-1]
