"""Replies on the terminal: drawn where somebody looks at one, plain text everywhere else."""

from __future__ import annotations

from typing import TextIO

from bot.locales import Phrases
from bot.platforms.console.plain import ConsoleReply, PlainReply


def open_reply(stdout: TextIO, phrases: Phrases) -> ConsoleReply:
    """A reply that fits where the output goes."""
    if not stdout.isatty():
        return PlainReply(stdout, phrases)
    # rich is imported for a terminal alone.
    from bot.platforms.console.rendering import open_console

    console = open_console(stdout)
    if console.is_dumb_terminal:
        return PlainReply(stdout, phrases)
    from bot.platforms.console.live import LiveReply

    return LiveReply(console, phrases)
