"""People who ask a bot that is killed again and again, and what became of their questions; for tests and benchmarks."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rag.clock import SystemClock
from rag.state import open_database
from tests.benchmarks.benchmark import CHECKOUT
from tests.fakes.wire_room import Post, Said, Trap, WireRoom

_PATIENCE_S = 120.0
_NAME = re.compile(r"Q\d+x")
_EDITED, _DELETED, _STOPPED, _REPEATED, _COMMAND, _RETRIED = 0.15, 0.08, 0.08, 0.1, 0.05, 0.5
_LONGEST_THOUGHT_S = 0.4
_KILLED_WITHIN_S = 1.5
_KILLED_AT_CALL = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of all questions, by the room's own log and the journal.

    Attributes:
        under_way: When the bot was killed: questions whose answer was not there yet, by kill.
        outcomes: In the journal, by their names.
        unanswered: Questions below which nothing stands.
        unfinished: Below which an answer stands that is not finished.
        twice: Below which more than one reply stands, or an answer came to be replaced by another one unasked.
        wrong: Below which an answer to another text stands.
        undeleted: Deleted, and their reply is there.
        open: In the journal, not yet delivered; `undelivered`: events that were never acknowledged.
    """

    asked: int
    kills: int
    under_way: tuple[int, ...]
    outcomes: Mapping[str, int]
    unanswered: tuple[str, ...]
    unfinished: tuple[str, ...]
    twice: tuple[str, ...]
    wrong: tuple[str, ...]
    undeleted: tuple[str, ...]
    open: int
    undelivered: int

    @property
    def is_clean(self) -> bool:
        """Whether every question has what it should have, once."""
        wrong = (self.unanswered, self.unfinished, self.twice, self.wrong, self.undeleted)
        return not any(wrong) and not self.open and not self.undelivered


class Crowd:
    """People, each in a thread of their own, who ask one question after the other."""

    def __init__(self, room: WireRoom, random: Random) -> None:
        self._room = room
        self._random = random
        self._numbers = itertools.count(1)
        self._is_over = False

    def go_home(self) -> None:
        """Nobody asks anything more; what was asked is waited for."""
        self._is_over = True

    @property
    def under_way(self) -> int:
        """How many wait for an answer."""
        return sum(not said.is_deleted and not self._is_settled(said) for said in self._room.said.values())

    async def person(self, thread: str) -> None:
        """Ask until told to go home."""
        addressed = "mention"
        while not self._is_over:
            is_command = self._random.random() < _COMMAND
            said = self._room.say(thread, "/help" if is_command else self._question(), addressed=addressed)
            if not is_command:
                await self._meddle(said)
            await self.settled(said)
            # What was deleted in time has begun no conversation.
            addressed = "mention" if said.is_deleted else "thread"
            if self._is_apology(said) and self._random.random() < _RETRIED:
                self._room.press(said, "retry")

    def _question(self) -> str:
        return f"How many days of vacation a year does every employee have? (Q{next(self._numbers)}x)"

    async def _meddle(self, said: Said) -> None:
        room, drawn = self._room, self._random.random()
        if self._random.random() < _REPEATED:
            room.say_again(said)
        if drawn < _EDITED + _DELETED + _STOPPED:
            await asyncio.sleep(self._random.uniform(0, _LONGEST_THOUGHT_S))
        if drawn < _EDITED:
            room.edit(said, self._question())
        elif drawn < _EDITED + _DELETED:
            room.delete(said)
        elif drawn < _EDITED + _DELETED + _STOPPED:
            room.press(said, "stop")

    async def settled(self, said: Said) -> None:
        """Wait until a finished reply stands below a message, or it was deleted."""
        async with self._room.changed:
            await self._room.changed.wait_for(lambda: said.is_deleted or self._is_settled(said))

    def _is_settled(self, said: Said) -> bool:
        post = self._room.reply(said.id)
        return post is not None and post.last.kind == "finished"

    def _is_apology(self, said: Said) -> bool:
        post = self._room.reply(said.id)
        return post is not None and "retry" in post.last.actions and not post.last.is_answer


@dataclass(slots=True)
class Trial:
    """A room, its people, and the bot that is killed."""

    room: WireRoom
    crowd: Crowd
    random: Random
    state_url: str
    folder: Path
    config: Path | None = None

    async def kill(self) -> int:
        """Let a bot serve the room for a moment and kill it; returns how many waited for an answer then."""
        async with self._bot() as process:
            await self._is_there(process)
            if self.random.random() < 0.5:
                self.room.trap = Trap(self.random.randint(1, _KILLED_AT_CALL), self.random.random() < 0.5)
                with suppress(TimeoutError):
                    async with asyncio.timeout(2 * _KILLED_WITHIN_S):
                        await self.room.trap.fallen.wait()
            else:
                await asyncio.sleep(self.random.uniform(0, _KILLED_WITHIN_S))
            under_way = self.crowd.under_way
        self.room.trap = None
        return under_way

    async def end(self, people: asyncio.Task[None]) -> None:
        """Let a bot answer all that is left, and as much again that nobody disturbs: also on a slow machine."""
        async with self._bot() as process:
            await self._is_there(process)
            enough = len(self.room.said) + self.crowd.under_way
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    while len(self.room.said) < enough:  # noqa: ASYNC110 - the room tells of replies alone
                        await asyncio.sleep(0.1)
                    self.crowd.go_home()
                    await people
                    await self._is_quiet()

    async def _is_quiet(self) -> None:
        # The journal tells nobody when it changes.
        while self.room.unacknowledged or await self.open_questions() or self.crowd.under_way:  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    async def open_questions(self) -> int:
        """How many the journal has that were not delivered."""
        return sum(count for (state, _), count in (await self.journal()).items() if state in {"accepted", "answering"})

    async def journal(self) -> Counter[tuple[str, str]]:
        """States and outcomes, and how often each is there."""
        database = await open_database(self.state_url, SystemClock())
        try:
            rows = await database.fetch("SELECT state, coalesce(outcome, '') FROM questions")
        finally:
            await database.aclose()
        return Counter((str(state), str(outcome)) for state, outcome in rows)

    async def _is_there(self, process: Process) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            entering = asyncio.ensure_future(self.room.entered.wait())
            dying = asyncio.ensure_future(process.wait())
            await asyncio.wait((entering, dying), return_when=asyncio.FIRST_COMPLETED)
        dying.cancel()
        if not entering.done():
            entering.cancel()
            raise RuntimeError(f"the bot did not start: {self._log.read_text(encoding='utf-8')}")

    @asynccontextmanager
    async def _bot(self) -> AsyncIterator[Process]:
        """A bot, killed at the end of the block."""
        command = [sys.executable, "-m", "tests.fakes.wire_bot", str(self.room.port), self.state_url]
        command += [] if self.config is None else [str(self.config)]
        with self._log.open("ab") as complaints:
            process = await asyncio.create_subprocess_exec(
                *command, stderr=complaints, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await self.room.left.wait()

    @property
    def _log(self) -> Path:
        return self.folder / "bot.log"


async def crash(
    folder: Path,
    *,
    kills: int,
    at_once: int,
    seed: str,
    state_url: str | None = None,
    config: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Let people ask, kill the bot again and again, and look at what is there at the end.

    Args:
        config: Of a `RagPipeline` that answers; by default questions are repeated.
    """
    random = Random(seed)
    async with WireRoom(random) as room, asyncio.TaskGroup() as group:
        crowd = Crowd(room, random)
        trial = Trial(room, crowd, random, state_url or f"sqlite:///{folder}/state.db", folder, config)
        people = group.create_task(_all(crowd, at_once))
        under_way = []
        for number in range(kills):
            progress(number)
            under_way.append(await trial.kill())
        await trial.end(people)
        people.cancel()
        return await _judged(trial, tuple(under_way))


async def _all(crowd: Crowd, at_once: int) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(at_once):
            group.create_task(crowd.person(f"T{number}"))


async def _judged(trial: Trial, under_way: tuple[int, ...]) -> Outcome:
    room, journal = trial.room, await trial.journal()
    kept = [said for said in room.said.values() if not said.is_deleted]
    replies = {said.id: room.reply(said.id) for said in kept}
    outcomes = Counter[str]()
    for (_, outcome), count in journal.items():
        outcomes[outcome] += count
    return Outcome(
        asked=len(room.said),
        kills=len(under_way),
        under_way=under_way,
        outcomes=outcomes,
        unanswered=tuple(said.id for said in kept if replies[said.id] is None),
        unfinished=tuple(message for message, post in replies.items() if post and post.last.kind != "finished"),
        twice=tuple(said.id for said in kept if _is_twice(said, room.replies(said.id))),
        wrong=tuple(said.id for said in kept if _is_wrong(said, replies[said.id])),
        undeleted=tuple(said.id for said in room.said.values() if said.is_deleted and room.reply(said.id)),
        open=await trial.open_questions(),
        undelivered=len(room.unacknowledged),
    )


def _is_twice(said: Said, posts: list[Post]) -> bool:
    if sum(not post.is_deleted for post in posts) > 1 or sum(_was_answer(post) for post in posts) > 1:
        return True
    if said.is_edited or said.asks_again:  # then another answer is what they want
        return False
    return any(_was_replaced(post) for post in posts)


def _was_answer(post: Post) -> bool:
    return any(shown.is_answer for shown in post.log)


def _was_replaced(post: Post) -> bool:
    """Whether anything but the same answer was shown after an answer."""
    after = list(itertools.dropwhile(lambda shown: not shown.is_answer, post.log))
    return any(shown != after[0] for shown in after)


def _is_wrong(said: Said, post: Post | None) -> bool:
    if post is None or not post.last.is_answer:
        return False
    return _NAME.findall(said.text) != _NAME.findall(post.last.text)
