"""State databases in files for tests, brought to the newest schema once per process and copied from then on."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from rag.state.sqlite import SqliteDatabase
from tests.fakes.clock import FakeClock


def new_state_file(path: Path) -> Path:
    """Write a database of the newest schema without rows; it takes a tenth of the time of making one."""
    path.write_bytes(_newest())
    return path


@contextmanager
def state_file_url() -> Iterator[str]:
    """The URL of such a database in a folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ragbot-state-") as folder:
        yield f"sqlite:///{new_state_file(Path(folder) / 'state.db')}"


@cache
def _newest() -> bytes:
    with tempfile.TemporaryDirectory(prefix="ragbot-state-") as folder, ThreadPoolExecutor(1) as thread:
        file = Path(folder) / "state.db"
        thread.submit(asyncio.run, _make(file)).result()  # whoever asks may be in a loop of their own
        return file.read_bytes()


async def _make(file: Path) -> None:
    await (await SqliteDatabase.open(file, FakeClock())).aclose()
