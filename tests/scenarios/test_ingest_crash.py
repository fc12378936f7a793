"""An ingestion that is killed anywhere leaves a sound index, and the next one completes it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from rag.clock import SystemClock
from rag.model import Scope
from rag.retrieval.lance import LanceIndex
from rag.state import open_database
from tests.scenarios.library import chunks_of

pytestmark = pytest.mark.usefixtures("unmeasured")

_REPOSITORY = Path(__file__).parents[2]
_FILES, _KILLS = 150, 8
_PARTS = 8  # 1,200 chunks: more than go into one commit


def _environment(data: str) -> dict[str, str]:
    """Of a child: its own data, and the defaults for all else."""
    return {**os.environ, "RAGBOT_DATA": data, "RAGBOT_CONFIG": "", "PYTHONPATH": str(_REPOSITORY)}


def _ingest(folder: Path, data: str = "data") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "ingest", "docs", "--json"],
        cwd=folder,
        env=_environment(data),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _write(folder: Path, numbers: range, edition: str) -> None:
    """Documents of several chunks each, so that half of one would be seen."""
    (folder / "docs").mkdir(exist_ok=True)
    for number in numbers:
        sections = (
            f"## Section {n}\n\n" + f"Zebra {edition} talks about topic {number} and part {n}. " * 30
            for n in range(_PARTS)
        )
        (folder / f"docs/{number:03}.md").write_text(f"# Document {number}\n\n" + "\n\n".join(sections))


async def _contents(data: Path) -> dict[str, set[tuple[str, int, str]]]:
    """Every document's chunks, after checking that none is torn or doubled, and that they are found."""
    index = await LanceIndex.open(str(data / "lancedb"))
    try:
        chunks = await chunks_of(index)
        assert len({chunk.id for chunk in chunks}) == len(chunks), "no chunk is there twice"
        documents = defaultdict(list)
        for chunk in chunks:
            documents[chunk.source].append(chunk)
        for parts in documents.values():
            assert sorted(part.position for part in parts) == list(range(len(parts))), "no document lacks a part"
            assert len({part.content_hash for part in parts}) == 1, "no document is of two editions"
            assert len(parts) == _PARTS, "nor its end"
        found = await index.search_text("zebra", Scope.of("default"), 10)
        assert len(found) == min(10, len(chunks)), "what is there is found"
        assert (await index.stats()).documents == len(documents)
        return {source: {(part.id, part.position, part.text) for part in parts} for source, parts in documents.items()}
    finally:
        index.close()


def test_an_ingestion_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    _write(tmp_path, range(_FILES), "first")
    started = time.monotonic()
    whole = _ingest(tmp_path, "whole")
    output, errors = whole.communicate()
    assert whole.returncode == 0, errors
    assert json.loads(output)[0]["added"] == _FILES
    took_s = time.monotonic() - started

    moments = random.Random(20261122)  # the same fractions in every run of this test
    seen: list[int] = []
    for kill in range(_KILLS):
        # Every kill meets something to do, much and little in turn.
        _write(tmp_path, range(0, _FILES, 1 + kill % 3), f"edition{kill}")
        child = _ingest(tmp_path)
        # The first half of a run goes by before anything is written.
        time.sleep(took_s * moments.uniform(0.3, 1.0))
        child.kill()
        child.communicate()
        seen.append(len(asyncio.run(_contents(tmp_path / "data"))))
    assert seen == sorted(seen), "what was in is not lost"

    for name in ("data", "never-killed"):
        child = _ingest(tmp_path, name)
        output, errors = child.communicate()
        assert child.returncode == 0, errors
        assert json.loads(output)[0]["skipped"] == []
    repaired, fresh = (asyncio.run(_contents(tmp_path / name)) for name in ("data", "never-killed"))
    assert repaired == fresh
    assert len(repaired) == _FILES


async def test_a_second_ingestion_at_the_same_time_waits_and_says_so(tmp_path: Path) -> None:
    _write(tmp_path, range(3), "first")
    database = await open_database(f"sqlite:///{tmp_path}/data/state.db", SystemClock())
    try:
        async with database.exclusive("ingest", timeout_s=0):
            child = await asyncio.to_thread(_ingest, tmp_path)
            assert child.stderr is not None
            told = await asyncio.to_thread(child.stderr.readline)
            assert told.decode().strip() == "Another process is ingesting; waiting for it to finish…"
            assert child.poll() is None
        output, _ = await asyncio.to_thread(child.communicate)
    finally:
        await database.aclose()
    assert child.returncode == 0
    assert json.loads(output)[0]["added"] == 3


@pytest.mark.parametrize("left", ["nothing", "table", "one index"])
async def test_an_index_whose_making_was_cut_short_is_completed(tmp_path: Path, left: str) -> None:
    from rag.retrieval import schema
    from rag.retrieval.lancedb_import import import_lancedb
    from rag.retrieval.table import create_indexes

    connection = await import_lancedb().connect_async(str(tmp_path / "data/lancedb"))
    if left != "nothing":
        table = await connection.create_table(schema.TABLE, schema=schema.schema())
        await create_indexes(table, ["text"] if left == "one index" else [])
    connection.close()
    _write(tmp_path, range(3), "first")
    child = await asyncio.to_thread(_ingest, tmp_path)
    _, errors = await asyncio.to_thread(child.communicate)
    assert child.returncode == 0, errors
    assert len(await _contents(tmp_path / "data")) == 3
