"""Runs a command and turns the way it ends into an exit code."""

from __future__ import annotations

import asyncio
import importlib
import signal
import sys
from argparse import Namespace
from contextlib import suppress

from bot.cli import EXIT_FAILED, EXIT_TERMINATED, EXIT_WRONG_USE
from bot.cli.parser import WrongUse
from rag.errors import ConfigurationError, IndexMismatch, IndexUnavailable, QuotaExceeded, RagError


def execute(options: Namespace) -> int:
    """Run the command that was asked for; whatever ragbot raises on purpose is told in a sentence."""
    try:
        return asyncio.run(_until_terminated(options))
    except asyncio.CancelledError:
        return EXIT_TERMINATED
    except WrongUse as error:
        print(f"ragbot {options.command}: {error}", file=sys.stderr)
        return EXIT_WRONG_USE
    except ConfigurationError as error:
        print(f"The configuration is wrong, so ragbot does not run.\n{error}", file=sys.stderr)
        return EXIT_WRONG_USE
    except QuotaExceeded as error:
        print(f"ragbot {options.command}: {_refusal(error)}", file=sys.stderr)
        return EXIT_FAILED
    except RagError as error:
        print(f"ragbot: {error}{_advice(error)}", file=sys.stderr)
        return EXIT_FAILED


async def _until_terminated(options: Namespace) -> int:
    """Let SIGTERM end the command as Ctrl-C does: what was opened is closed, and a container stops at once."""
    task = asyncio.current_task()
    assert task is not None, "a coroutine that runs is in a task"
    with suppress(NotImplementedError):  # Windows has no such signal
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    # Only this command's module is imported, and what it needs.
    try:
        code: int = await importlib.import_module(f"bot.cli.{options.command}").run(options)
    except ExceptionGroup as group:  # of tasks side by side: what failed first has ended the others
        raise _first(group) from group
    return code


def _first(error: Exception) -> Exception:
    """The error itself, or the first one in a group."""
    return _first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


def _refusal(error: QuotaExceeded) -> str:
    from bot.locales import phrases_in
    from bot.replies import refusal_card

    return refusal_card(error, phrases_in("en")).text


def _advice(error: RagError) -> str:
    if isinstance(error, IndexMismatch):
        return "\n`ragbot ingest --reembed` makes all vectors anew; or configure the one of the index again."
    if isinstance(error, IndexUnavailable):
        return "\n`ragbot doctor` says what to do."
    return ""
