"""A chat in the terminal that shows what nobody asked for, with a core that repeats what it is told.

As a program: `python -m tests.fakes.unasked_chat FOLDER`; what is to be told is written into the state database there.
Asked to `hang`, it stops in the middle of its answer until there is a file `go` in the folder.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.messages import Card, Deletion, IncomingMessage, Press, Question, Thread
from bot.notices import Notices
from bot.platforms.console.platform import ConsolePlatform
from bot.ports import Replies
from bot.presence import Presence
from rag.clock import SystemClock
from rag.state import open_database


class HastyClock(SystemClock):
    """A clock whose rounds are short."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))


class Parrot:
    """A core that repeats what it is told."""

    def __init__(self, notices: Notices, folder: Path) -> None:
        self._notices = notices
        self._folder = folder

    async def handle(self, message: IncomingMessage, replies: Replies) -> None:
        reply = replies.reply_to(message)
        said = f"You said: {message.text}"
        if message.text == "hang":
            await reply.append(said)
            while not (self._folder / "go").exists():  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(0.02)
            said += ", and that is all."
        await reply.finish(Card(said))

    async def press(self, press: Press, _: Replies) -> None:
        raise AssertionError(press)

    async def retract(self, deletion: Deletion, _: Replies) -> None:
        raise AssertionError(deletion)

    async def last_question(self, _: Thread) -> Question | None:
        return None

    async def resume(self, platform: str, replies: Replies) -> Sequence[Question]:
        self._notices.serve(platform, replies)
        return ()


async def card_of(payload: Mapping[str, object]) -> Card:
    return Card(str(payload["says"]))


async def _chat(folder: Path) -> None:
    clock = HastyClock()
    database = await open_database(f"sqlite:///{folder / 'state.db'}", clock)
    async with Presence(database) as presence, asyncio.TaskGroup() as group:
        notices = Notices(database, presence, clock, {"word": card_of})
        watching = group.create_task(notices.watch())
        platform = ConsolePlatform(locale="en", stdin=sys.stdin, stdout=sys.stdout, welcome="Welcome.")
        await platform.run(Parrot(notices, folder))
        watching.cancel()
    await database.aclose()


if __name__ == "__main__":
    asyncio.run(_chat(Path(sys.argv[1])))
