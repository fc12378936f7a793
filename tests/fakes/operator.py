"""Somebody who types `ragbot …` in this very process, at a time that the test sets."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cli import execution, main
from bot.cli.parser import parse
from bot.settings import BotSettings
from rag.clock import SystemClock
from rag.model import Asker, TokenUsage
from rag.quota.books import Books
from rag.quota.ledger import Expense
from rag.quota.quotas import Need
from rag.settings import RagSettings
from rag.state import open_database

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""A Tuesday, with its whole week in one month."""


class SetClock(SystemClock):
    """Stands at noon, but for what it is wound; what waits, waits in real time."""

    def __init__(self) -> None:
        self._wound_s = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self._wound_s)

    def monotonic(self) -> float:
        return super().monotonic() + self._wound_s

    def wind(self, *, days: float = 0, seconds: float = 0) -> None:
        self._wound_s += days * 86_400 + seconds


@dataclass(frozen=True, slots=True)
class Told:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        assert (self.code, self.err) == (0, "")
        return json.loads(self.out)


class Operator:
    """Sits in a folder of their own."""

    def __init__(self, folder: Path, clock: SetClock, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.clock = clock
        self._capsys = capsys

    def type(self, *arguments: str) -> Told:
        """Run a command to its end."""
        self._capsys.readouterr()
        with _logging_restored():
            code = main(arguments)
        return Told(code, *self._capsys.readouterr())

    async def type_beside(self, *arguments: str) -> Told:
        """The same while something else goes on in this loop; what `ragbot` would tell as an error is raised."""
        self._capsys.readouterr()
        with _logging_restored():
            code = await execution._until_terminated(parse(arguments))
        return Told(code, *self._capsys.readouterr())

    def configure(self, *, bot: str = "", core: str = "") -> None:
        """Write both files of the configuration."""
        (self.folder / "config").mkdir(exist_ok=True)
        (self.folder / "config/bot.yaml").write_text(bot, encoding="utf-8")
        (self.folder / "config/llm_providers_config.yaml").write_text(core, encoding="utf-8")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the state database holds, read behind ragbot's back."""
        with closing(sqlite3.connect(self.folder / "data/state.db")) as database:
            return database.execute(sql).fetchall()

    def dump(self) -> str:
        """Every row of every table."""
        with closing(sqlite3.connect(self.folder / "data/state.db")) as database:
            return "\n".join(database.iterdump())

    @asynccontextmanager
    async def books(self) -> AsyncIterator[Books]:
        """The books of this folder, as a running bot has them."""
        config = self.folder / "config"
        folder = config if config.exists() else self.folder
        quotas = BotSettings.load(folder, {}, RagSettings.load(folder, {})).quotas
        (self.folder / "data").mkdir(exist_ok=True)
        database = await open_database(f"sqlite:///{self.folder}/data/state.db", self.clock)
        try:
            yield Books(database, self.clock, quotas)
        finally:
            await database.aclose()

    async def spend(self, *expenses: Expense) -> None:
        """Let calls be made and paid."""
        async with self.books() as books:
            for expense in expenses:
                async with books.reserve(Need(micro_usd=expense.cost_micro_usd), expense, lease_s=60) as reservation:
                    await reservation.settle(expense)

    async def die(self, expense: Expense) -> None:
        """Let a process set money aside for a call and die; a minute later nobody will tell what became of it."""
        async with self.books() as books:
            await books._granted(Need(micro_usd=expense.cost_micro_usd), expense, 60)


def call(micro_usd: int, user: str = "U1", **changes: object) -> Expense:
    """A call to a chat model that answered somebody's question."""
    values: dict[str, object] = {
        "purpose": "answer",
        "provider": "openai",
        "model": "gpt",
        "tokens": TokenUsage(1_000, 50, cached_input=800, thinking=20),
        "cost_micro_usd": micro_usd,
        "asked_model": "gpt",
        "task": "factual",
        "outcome": "answered",
        "rung": "fresh",
        "reference": f"{user}-{micro_usd}",
        "asker": Asker(user=user, channel="C1", workspace="T1"),
        **changes,
    }
    return Expense(**values)  # type: ignore[arg-type]  # tests change any field


@contextmanager
def seated(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Operator]:
    """An operator in a folder: what they type reads its configuration, keeps its data, and goes by their clock."""
    clock = SetClock()
    monkeypatch.setattr("rag.bootstrap.SystemClock", lambda: clock)
    monkeypatch.chdir(folder)
    for name in ("RAGBOT_CONFIG", "RAGBOT_STATE_URL", "RAGBOT_LANCEDB_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RAGBOT_DATA", "data")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    yield Operator(folder, clock, capsys)


@contextmanager
def _logging_restored() -> Iterator[None]:
    """A command logs to a file of its own for as long as it runs, as its process would."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)
