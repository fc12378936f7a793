"""`ragbot …`: the operator's commands, one file each."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_WRONG_USE: Final = 2
# As shells count: 128 and the signal's number.
EXIT_INTERRUPTED: Final = 130
EXIT_TERMINATED: Final = 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 fine, 1 it failed, 2 wrong use or wrong configuration."""
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()  # at Python's own exit nobody could catch what goes wrong
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # whoever read the output has left
        return _without_output()
    except OSError as error:
        print(f"ragbot: {error}", file=sys.stderr)
        return _without_output()
    return code


def _run(arguments: Sequence[str]) -> int:
    # Everything is imported when its turn comes: `--help` is there before most of ragbot is loaded.
    from bot.cli.parser import parse
    from bot.cli.streams import make_safe

    make_safe()
    try:
        options = parse(arguments)
    except SystemExit as done:  # argparse has printed the help, or what is wrong
        return EXIT_WRONG_USE if done.code else EXIT_OK
    from bot.cli.execution import execute

    return execute(options)


def _without_output() -> int:
    # What could not be written is still waiting; Python would try again while it exits, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_FAILED
