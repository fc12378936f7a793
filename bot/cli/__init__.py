"""`ragbot …`: the operator's commands, one file each."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from bot.cli.parser import parse
from rag.errors import ConfigurationError, RagError

EXIT_OK, EXIT_FAILED, EXIT_WRONG_USE = 0, 1, 2
_EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 fine, 1 it failed, 2 wrong use or wrong configuration."""
    command, options = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        return asyncio.run(command(options))
    except ConfigurationError as error:
        print(f"The configuration is wrong; nothing was started.\n{error}", file=sys.stderr)
        return EXIT_WRONG_USE
    except RagError as error:
        print(f"ragbot: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has left; Python would complain once more while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
