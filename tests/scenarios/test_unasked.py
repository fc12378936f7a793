"""What nobody asked for appears in the terminal, and spoils nothing of what is typed or answered there."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.access import Access
from bot.alerts import Alerts
from bot.choices import Choices
from bot.messages import Post
from bot.notices import Notice, Notices
from bot.presence import Presence
from bot.terms import AlertRules
from rag.clock import SystemClock
from rag.pipeline import RagPipeline
from rag.ports import Database
from rag.settings import RAG_FILE
from rag.state import open_database
from tests.fakes.pseudo_terminal import PATIENCE_S, PseudoTerminal

ROOT = Path(__file__).parents[2]

Tell = Callable[[str], Awaitable[None]]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(f"sqlite:///{tmp_path / 'state.db'}", SystemClock())
    yield database
    await database.aclose()


@pytest.fixture
async def tell(database: Database) -> AsyncIterator[Tell]:
    """Has something told in the terminal by whichever process has one."""
    numbers = itertools.count()
    async with Presence(database) as presence:
        notices = Notices(database, presence, SystemClock(), {})

        async def tell(says: str) -> None:
            name = f"n{next(numbers)}"
            await notices.add(Notice(name, name, "word", {"says": says}, Post("console", "console")))

        yield tell


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[PseudoTerminal]:
    command = [sys.executable, "-m", "tests.fakes.unasked_chat", str(tmp_path)]
    with PseudoTerminal(command, cwd=ROOT, env=dict(os.environ)) as terminal:
        terminal.read_until("›")
        yield terminal


async def test_alerts_see_what_becomes_of_the_models_that_a_pipeline_asks(tmp_path: Path) -> None:
    day = datetime.now(UTC).date() + timedelta(days=10)
    (tmp_path / RAG_FILE).write_text(
        f"models: {{openai/gpt-6.1-sol: {{retires: {day}}}}}\n"
        "routing: {routes: {factual: {models: [openai/gpt-6.1-sol]}}, cheaper_models: []}\n"
    )
    environ = {"RAGBOT_DATA": str(tmp_path / "data"), "OPENAI_API_KEY": "sk-test"}
    clock = SystemClock()
    async with await RagPipeline.open(tmp_path, environ=environ) as pipeline, Presence(pipeline.database) as presence:
        choices = Choices(pipeline.database, clock, Access())
        alerts = Alerts(pipeline.accounts, pipeline, presence, clock, choices=choices, rules=AlertRules())
        await alerts.look()
        troubles = {each.trouble.key for each in await alerts.open_troubles()}
        problems = (await pipeline.health_check()).problems

        assert f"model:openai/gpt-6.1-sol:retires:{day}" in troubles
        assert [problem for problem in problems if problem.startswith("openai/gpt-6.1-sol retires on")]
        assert {model.provider for model in pipeline.model_health()} == {"openai"}


class TestAtATerminal:
    async def test_it_is_printed_above_what_is_being_typed_which_stays_as_it_was(
        self, terminal: PseudoTerminal, tell: Tell
    ) -> None:
        terminal.press("half a quesion")
        terminal.read_until("half a quesion")
        terminal.press("\x1b[D" * 3)  # the cursor stands before the forgotten letter

        await tell("**The budget** is nearly used up.\n\nSee `/budget`.")

        assert "›" not in terminal.read_until("The budget is nearly used up."), "the line was taken away first"
        terminal.read_until("See /budget.")
        terminal.read_until("› half a quesion")
        terminal.press("t\r")
        terminal.read_until("You said: half a question")
        terminal.read_until("›")

    async def test_several_stand_one_below_the_other(self, terminal: PseudoTerminal, tell: Tell) -> None:
        for number in range(3):
            await tell(f"Notice {number}.")
        for number in range(3):
            terminal.read_until(f"Notice {number}.")
        terminal.press("hello\r")
        terminal.read_until("You said: hello")

    async def test_it_waits_until_an_answer_stands_there(
        self, terminal: PseudoTerminal, tell: Tell, database: Database, tmp_path: Path
    ) -> None:
        terminal.press("hang\r")
        terminal.read_until("You said: hang")
        await tell("Something is wrong.")
        await _in_somebodys_hands(database)
        (tmp_path / "go").touch()

        assert "Something is wrong." not in terminal.read_until(", and that is all.")
        terminal.read_until("Something is wrong.")
        terminal.read_until("›")
        terminal.press("\x04")
        assert terminal.exit_code() == 0


@contextmanager
def _piped(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.fakes.unasked_chat", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as chat:
        try:
            yield chat
        finally:
            chat.kill()


def _enter(chat: subprocess.Popen[str], line: str) -> None:
    assert chat.stdin is not None
    chat.stdin.write(f"{line}\n")
    chat.stdin.flush()


def _line(chat: subprocess.Popen[str]) -> str:
    assert chat.stdout is not None
    return chat.stdout.readline()


class TestInAPipe:
    async def test_it_is_written_while_nobody_says_anything(self, tell: Tell, tmp_path: Path) -> None:
        with _piped(tmp_path) as chat:
            await tell("**Something** is wrong.")
            assert _line(chat) == "**Something** is wrong.\n"
            _enter(chat, "hello")
            assert _line(chat) == "\n"
            assert _line(chat) == "You said: hello\n"
            await tell("Over.")
            assert (_line(chat), _line(chat)) == ("\n", "Over.\n")
            output, _ = chat.communicate()
            assert (output, chat.returncode) == ("", 0)

    async def test_it_never_stands_in_an_answer(self, tell: Tell, database: Database, tmp_path: Path) -> None:
        with _piped(tmp_path) as chat:
            _enter(chat, "hang")
            await _in_progress(chat)
            await tell("Something is wrong.")
            await _in_somebodys_hands(database)
            (tmp_path / "go").touch()
            assert _line(chat) == ": hang, and that is all.\n"
            assert (_line(chat), _line(chat)) == ("\n", "Something is wrong.\n")


async def _in_progress(chat: subprocess.Popen[str]) -> None:
    assert chat.stdout is not None
    assert chat.stdout.read(len("You said")) == "You said"


async def _in_somebodys_hands(database: Database) -> None:
    """Until the process with the terminal has taken it, and waits with it."""
    deadline = time.monotonic() + PATIENCE_S
    while not await database.fetch("SELECT 1 FROM notices WHERE owner <> ''"):
        assert time.monotonic() < deadline
