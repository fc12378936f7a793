"""What comes from the keyboard: lines, and Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TextIO


class LineCleared(Exception):  # noqa: N818 - named for what happened
    """Ctrl-C at the prompt."""


class Prompt:
    """A line to type in, with its history and the commands completed; making it imports prompt_toolkit."""

    def __init__(self, stdin: TextIO, stdout: TextIO, *, history_file: Path | None, commands: tuple[str, ...]) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.history import FileHistory, InMemoryHistory
        from prompt_toolkit.input import create_input
        from prompt_toolkit.output import create_output

        if history_file is not None:
            history_file.touch(mode=0o600)  # what was asked is for the eyes of whoever asked it
        self._session: PromptSession[str] = PromptSession(
            [("bold", "› ")],
            history=InMemoryHistory() if history_file is None else FileHistory(str(history_file)),
            completer=WordCompleter([f"/{name}" for name in commands], sentence=True),
            complete_while_typing=False,
            interrupt_exception=LineCleared,
            input=create_input(stdin),
            output=create_output(stdout),
        )

    async def read(self) -> str | None:
        """The next line, `None` once Ctrl-D ends them.

        Raises:
            LineCleared: Ctrl-C took the line back.
        """
        try:
            return await self._session.prompt_async()
        except EOFError:
            return None

    @asynccontextmanager
    async def put_aside(self) -> AsyncIterator[None]:
        """Take the line off the screen while something is printed above it, and put it back as it was."""
        from prompt_toolkit.application import in_terminal

        async with in_terminal():
            yield


async def read_line(stdin: TextIO) -> str | None:
    """The next line of a file or pipe, `None` at its end.

    A daemon thread waits for it: the program can end while `asyncio.to_thread` would hold it until the line comes.
    """
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()

    def deliver(text: str) -> None:
        if not line.cancelled():
            line.set_result(text)

    def wait() -> None:
        text = stdin.readline()
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(deliver, text)

    threading.Thread(target=wait, name="console-input", daemon=True).start()
    return await line or None


@contextmanager
def on_interrupt(act: Callable[[], object]) -> Iterator[None]:
    """Do this on Ctrl-C, in the event loop, instead of ending the program.

    `signal.signal` rather than `loop.add_signal_handler`: it exists on every system, and what was there before,
    asyncio's own handler, can be put back.
    """
    loop = asyncio.get_running_loop()

    def handle(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def keys_not_shown(stdin: TextIO) -> Iterator[None]:
    """Keep what is typed from appearing in the middle of an answer; it waits for the next prompt."""
    try:
        import termios
    except ImportError:  # Windows shows typed keys only when they are read
        yield
        return
    before = termios.tcgetattr(stdin)
    quiet = termios.tcgetattr(stdin)
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(stdin, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(stdin, termios.TCSADRAIN, before)
