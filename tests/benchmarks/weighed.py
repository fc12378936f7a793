"""The processes that are weighed: `python -m tests.benchmarks.weighed NAME FOLDER QUESTION…`.

Each prints the stage that it has reached and goes on when a line comes. It imports nothing but what the stage is
about, and has done no more by then than its name says.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence


def _reached(stage: str) -> None:
    print(stage, flush=True)
    sys.stdin.readline()


async def _ragbot(folder: str, questions: Sequence[str]) -> None:
    _reached("Python with asyncio")
    from rag.pipeline import RagPipeline

    _reached("rag.pipeline imported")
    async with await RagPipeline.open(f"{folder}/config", environ={"RAGBOT_DATA": f"{folder}/data"}) as pipeline:
        _reached("RagPipeline opened")
        for number, question in enumerate(questions, start=1):
            await pipeline.query(question)
            if number in {1, len(questions)}:
                _reached(f"{number} answered")


async def _lancedb(folder: str, questions: Sequence[str]) -> None:
    _reached("Python with asyncio")
    import lancedb
    from lancedb.query import MatchQuery

    _reached("imported")
    connection = await lancedb.connect_async(f"{folder}/data/lancedb")
    table = await connection.open_table("chunks")
    _reached("table opened")
    for number, question in enumerate(questions, start=1):
        query = table.query().nearest_to_text(MatchQuery(question, "text"))
        await query.select(["id", "text", "_score"]).limit(10).to_list()
        if number in {1, len(questions)}:
            _reached(f"{number} searched")


if __name__ == "__main__":
    _name, _folder, *_questions = sys.argv[1:]
    asyncio.run({"ragbot": _ragbot, "lancedb": _lancedb}[_name](_folder, _questions))
