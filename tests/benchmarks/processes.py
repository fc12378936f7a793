"""Processes under test, timed and weighed from outside."""

from __future__ import annotations

import importlib.util
import os
import re
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

PATIENCE_S = 120
_READ_BYTES = 65_536
_PRIVATE = re.compile(r"^Private_Dirty: +(\d+) kB$", re.MULTILINE)

HAS_TERMINALS = sys.platform != "win32"
HAS_MEMORY_MAPS = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a process is started in."""

    folder: Path
    environment: Mapping[str, str]


def seconds_through_pipes(around: Surroundings, command: Sequence[str], said: str = "") -> float:
    """From the start of a process to the last it prints, or to its end where it prints nothing."""
    started = perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=around.folder, env=around.environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(said.encode())
        process.stdin.close()
        printed = 0.0
        while os.read(process.stdout.fileno(), _READ_BYTES):
            printed = perf_counter()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}")
    return (printed or perf_counter()) - started


def seconds_at_terminal(around: Surroundings, command: Sequence[str], awaited: str, then: str = "") -> float:
    """From the start of a process behind a pseudo-terminal to the moment when `awaited` is on the screen.

    Args:
        then: Typed to make the process end, where it does not end by itself.
    """
    import pty
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    started = perf_counter()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=around.folder, env=around.environment
    )
    os.close(theirs)
    try:
        _read_until(awaited.encode(), ours, started)
        seen = perf_counter()
        os.write(ours, then.encode())
        _read_until(None, ours, started)
        process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return seen - started


def _read_until(awaited: bytes | None, terminal: int, started: float) -> None:
    """Read a terminal until something is on it, or, with `None`, until the process has left it."""
    screen = b""
    while awaited is None or awaited not in screen:
        left_s = started + PATIENCE_S - perf_counter()
        if left_s <= 0 or not select.select([terminal], [], [], left_s)[0]:
            raise RuntimeError(f"waited {PATIENCE_S} s for {awaited!r}, saw {screen!r}")
        try:
            received = os.read(terminal, _READ_BYTES)
        except OSError:  # Linux's way to say that nobody holds the other end
            received = b""
        if not received:
            if awaited is None:
                return
            raise RuntimeError(f"ended before {awaited!r}, having shown {screen!r}")
        screen += received


def foreign_imports() -> tuple[str, ...]:
    """What to know of the packages that this Python's processes find: a sentence, or none."""
    if importlib.util.find_spec("pandas") is None:
        return ()
    return ("pandas is installed and loaded by every `import lancedb`; without the `bench` extra it would not be",)


def private_megabytes(process_id: int) -> float:
    """Memory that a process shares with no other and no file backs; in millions of bytes. Linux only."""
    summary = Path(f"/proc/{process_id}/smaps_rollup").read_text(encoding="ascii")
    found = _PRIVATE.search(summary)
    assert found is not None, f"no Private_Dirty in {summary!r}"
    return int(found[1]) * 1024 / 1_000_000
