"""Who is alive is known on every engine, however a process ends."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from bot.journal import Journal
from bot.presence import Presence
from bot.terms import Terms
from rag.clock import SystemClock
from rag.errors import StateUnavailable
from rag.ports import Database, Held, Row, Value
from rag.state import open_database
from tests.fakes.postgres import PostgresServer

# Takes a question, begins to answer it, and is killed or ends well.
_ANSWERING = """
import asyncio, sys
from tests.fakes.room import message
from tests.contracts.test_presence import Member, Processes

async def answer():
    processes = Processes(sys.argv[1])
    member = await processes.start()
    taken = await member.journal.take(message("What?", id=sys.argv[2], event=sys.argv[2]), sys.argv[2])
    await member.journal.begin(taken.question, "at-" + sys.argv[2])
    print(await member.presence.name(), flush=True)
    sys.stdin.read()
    await processes.stack.aclose()

asyncio.run(answer())
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A process that shares the database with others; ended by `presence`'s exit or by its own end."""

    database: Database
    presence: Presence
    journal: Journal


@dataclass
class Processes:
    url: str
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> Member:
        clock = SystemClock()
        database = await open_database(self.url, clock)
        self.stack.push_async_callback(database.aclose)
        presence = await self.stack.enter_async_context(Presence(database))
        return Member(database, presence, Journal(database, presence, clock, Terms()))


@pytest.fixture
async def processes(state_url: str) -> AsyncIterator[Processes]:
    processes = Processes(state_url)
    yield processes
    await processes.stack.aclose()


@contextmanager
def _answering(processes: Processes, reference: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A real process that has a question of this reference in hand, and its name."""
    process = subprocess.Popen(
        [sys.executable, "-c", _ANSWERING, processes.url, reference],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def _kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def _number(name: str) -> str:
    return name.partition(":")[0]


async def test_processes_that_live_at_the_same_time_have_different_numbers(processes: Processes) -> None:
    names = [await (await processes.start()).presence.name() for _ in range(3)]
    assert [_number(name) for name in names] == ["1", "2", "3"]


async def test_a_process_has_one_name_for_all_its_life(processes: Processes) -> None:
    presence = (await processes.start()).presence
    assert await presence.name() == await presence.name() == presence.known_name


async def test_one_that_never_asked_for_its_name_takes_no_number(processes: Processes) -> None:
    silent, speaking = await processes.start(), await processes.start()
    assert _number(await speaking.presence.name()) == "1"
    assert silent.presence.known_name != speaking.presence.known_name


async def test_a_living_process_is_never_gone(processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    for presence in (one.presence, other.presence):
        assert not await presence.is_gone(await one.presence.name())
        assert not await presence.is_gone(await other.presence.name())


async def test_one_that_has_ended_is_gone_for_all_others(processes: Processes) -> None:
    one, other, third = [await processes.start() for _ in range(3)]
    name = await one.presence.name()
    await other.presence.name()
    await third.presence.name()
    await one.presence.__aexit__()
    assert await other.presence.is_gone(name)
    assert await third.presence.is_gone(name)


async def test_the_number_of_one_that_was_looked_for_is_free_for_the_next(processes: Processes) -> None:
    one, other = await processes.start(), await processes.start()
    name = await one.presence.name()
    await other.presence.name()
    await one.presence.__aexit__()
    assert await other.presence.is_gone(name)
    assert _number(await (await processes.start()).presence.name()) == _number(name)


async def test_one_that_is_killed_is_gone_and_what_it_had_in_hand_is_left_behind(processes: Processes) -> None:
    here = await processes.start()
    await here.presence.name()
    with _answering(processes, "killed") as (killed, its_name), _answering(processes, "living") as (_, living_name):
        assert not await here.presence.is_gone(its_name)
        assert not await here.journal.left_behind("room")
        _kill(killed)
        assert await here.presence.is_gone(its_name)
        assert not await here.presence.is_gone(living_name)
        left = await here.journal.left_behind("room")
    assert [(entry.question.reference, entry.question.address) for entry in left] == [("killed", "at-killed")]


async def test_whoever_takes_the_number_of_one_that_was_killed_is_not_taken_for_it(processes: Processes) -> None:
    with _answering(processes, "killed") as (killed, its_name):
        _kill(killed)
    next_one = await processes.start()
    name = await next_one.presence.name()
    assert _number(name) == _number(its_name)
    assert name != its_name
    assert await next_one.presence.is_gone(its_name)
    assert [entry.question.reference for entry in await next_one.journal.left_behind("room")] == ["killed"]
    # What it has in hand itself stays with it, whoever looks.
    other = await processes.start()
    assert not await other.journal.left_behind("room")


async def test_one_that_ends_well_leaves_its_number_and_its_questions_too(processes: Processes) -> None:
    here = await processes.start()
    await here.presence.name()
    with _answering(processes, "ended") as (process, its_name):
        process.communicate("")
        assert process.returncode == 0
        assert await here.presence.is_gone(its_name)
    assert [entry.question.reference for entry in await here.journal.left_behind("room")] == ["ended"]


async def test_many_who_ask_for_their_name_at_once_take_one_number(processes: Processes) -> None:
    presence = (await processes.start()).presence
    names = await asyncio.gather(*(presence.name() for _ in range(10)))
    assert len(set(names)) == 1
    assert _number(await (await processes.start()).presence.name()) == "2"


async def test_a_number_that_another_process_has_now_tells_that_its_last_holder_is_gone(processes: Processes) -> None:
    dead = await processes.start()
    name = await dead.presence.name()
    await dead.presence.__aexit__()
    heir_of_the_number, third = await processes.start(), await processes.start()

    assert (await heir_of_the_number.presence.name()).partition(":")[0] == name.partition(":")[0]
    assert await third.presence.is_gone(name)
    assert not await third.presence.is_gone(await heir_of_the_number.presence.name())


async def test_a_lock_that_went_with_the_database_s_server_is_taken_again_under_the_same_name(
    server: PostgresServer,
) -> None:
    processes = Processes(server.new_database())
    async with processes.stack:
        one, other = await processes.start(), await processes.start()
        names = [await one.presence.name(), await other.presence.name()]
        with suppress(StateUnavailable):  # it ends the one who asks, too
            await one.database.fetch(
                "SELECT pg_terminate_backend(pid, 60_000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

        assert [await other.presence.name(), await one.presence.name()] == names[::-1]  # in whichever order they ask
        assert not await one.presence.is_gone(names[1])
        assert not await other.presence.is_gone(names[0])


async def test_a_number_that_could_not_be_written_down_is_not_gone_by(state_url: str) -> None:
    class Failing:
        """A database that fails once."""

        def __init__(self, database: Database) -> None:
            self._database = database
            self.fails = True

        async def fetch(self, sql: str, *values: Value) -> list[Row]:
            if self.fails:
                self.fails = False
                raise StateUnavailable("locked")
            return await self._database.fetch(sql, *values)

        def exclusive(self, name: str, *, timeout_s: float) -> AbstractAsyncContextManager[Held]:
            return self._database.exclusive(name, timeout_s=timeout_s)

    database = await open_database(state_url, SystemClock())
    async with Presence(Failing(database)) as presence:  # type: ignore[arg-type]  # all that presence asks of one
        with pytest.raises(StateUnavailable):
            await presence.name()
        assert (await presence.name()).startswith("1:")
    await database.aclose()
