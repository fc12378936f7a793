"""A program at a real pseudo-terminal: what it shows can be waited for, and keys pressed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

PATIENCE_S = 60
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\]8;[^\x1b]*\x1b\\")


class PseudoTerminal:
    """A process behind a terminal of 100 columns and 30 lines; leaving the `with` block ends it."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self._ours, self._theirs = pty.openpty()
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        # A session's leader that opens a terminal by its name owns it: Ctrl-C reaches it as a signal, as for people.
        own_terminal = ["sh", "-c", 'exec "$@" <>"$0" >&0 2>&0', os.ttyname(self._theirs)]
        self.process = subprocess.Popen(
            [*own_terminal, *command],
            start_new_session=True,
            cwd=cwd,
            env={**env, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"},
        )
        self._unread = ""
        self.shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    def read_until(self, text: str) -> str:
        """Everything shown up to this text, which must come."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self._unread:
            left = deadline - time.monotonic()
            assert left > 0, f"{text!r} did not come; on the screen: {self._unread!r}"
            self._receive(left)
        before, _, self._unread = self._unread.partition(text)
        return before

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def exit_code(self) -> int:
        """Wait for the end, reading on, since a process cannot end while its output is stuck."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline
            self._receive(0.05)
        self._receive(0)
        return self.process.returncode

    def _receive(self, patience_s: float) -> None:
        if select.select([self._ours], [], [], patience_s)[0]:
            received = os.read(self._ours, 65536).decode(errors="replace")
            self._unread = _CONTROL.sub("", self._unread + received)
            self.shown = _CONTROL.sub("", self.shown + received)
