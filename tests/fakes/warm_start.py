"""`ragbot` in processes of its own that are forked off one which has imported it: each starts in half the time.

What they run is what `python -m bot` runs, with the arguments, the folder, the environment and the pipes that they are
given; how that begins is tested where it is really started, in `tests/scenarios/test_cli.py` and at terminals.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

# Without what starts threads that a fork would lose: LanceDB and Arrow are imported by each for itself.
_IMPORTED = ["bot.cli.execution", "bot.cli.chat", "bot.bootstrap", "bot.platforms.console.platform", "numpy"]

_CONTEXT = get_context("forkserver")


class WarmProcess:
    """A running `ragbot`; its output and its errors are one stream, as they are to a person.

    Attributes:
        output: What it writes; it has to be read to its end.
    """

    def __init__(self, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        _CONTEXT.set_forkserver_preload(_IMPORTED)
        stdin, self._input = _CONTEXT.Pipe(duplex=False)
        self._output, stdout = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(
            target=_run, args=(words, str(folder), dict(environment), stdin, stdout), daemon=True
        )
        with stdin, stdout:  # they are the process's from here on
            self._process.start()
        self.output = asyncio.StreamReader()

    @classmethod
    async def start(cls, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Self:
        """Start `ragbot` with these words."""
        process = cls(words, folder, environment)
        pipe = os.fdopen(os.dup(process._output.fileno()), "rb", buffering=0)
        process._output.close()
        protocol = asyncio.StreamReaderProtocol(process.output)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
        return process

    @property
    def exit_code(self) -> int | None:
        """As a shell has it, negative for the signal that ended it; `None` while it runs."""
        return self._process.exitcode

    def write(self, text: str) -> None:
        os.write(self._input.fileno(), text.encode())

    def end_input(self) -> None:
        self._input.close()

    def send(self, sign: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.exit_code is None:
            assert self._process.pid is not None
            os.kill(self._process.pid, sign)

    async def wait(self) -> None:
        """Wait for its end, when its output has been read."""
        await asyncio.to_thread(self._process.join)
        self.end_input()


def _run(
    words: Sequence[str], folder: str, environment: Mapping[str, str], stdin: Connection, stdout: Connection
) -> None:
    """All of such a process's life, in place of what Python does before and after `bot.__main__`."""
    from bot.cli import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, theirs in enumerate((stdin, stdout, stdout)):
        os.dup2(theirs.fileno(), number)
    stdin.close()
    stdout.close()
    sys.stdin, sys.stdout = os.fdopen(0, encoding="utf-8"), os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1)
    sys.argv = ["ragbot", *words]
    code = main(words)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)
