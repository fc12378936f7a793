"""Commands as they are typed where every one but `/ask` is a word after `/rag`: in Slack and in Discord (pure)."""

from __future__ import annotations

import re
from functools import cache

from bot.commands import commands_on, named, read_call

OWN = frozenset({"ask"})
"""The commands that are slash commands of their own."""

_OF_THREADS = frozenset({"mute", "unmute"})


def as_typed(text: str, platform: str) -> str:
    """The text with `/cost` as `/rag cost`."""
    return _calls(platform).sub(r"/rag \1", text)


def is_about_thread(text: str, platform: str) -> bool:
    """Whether a command is about a conversation, rather than about anything else: `/why`, `/mute`."""
    call = read_call(text, commands_on(platform))
    command = None if call is None else named(call.name, commands_on(platform))
    return command is not None and (command.button is not None or command.name in _OF_THREADS)


@cache
def _calls(platform: str) -> re.Pattern[str]:
    names = (
        name
        for command in commands_on(platform)
        if command.name not in OWN
        for name in (command.name, *command.aliases)
    )
    return re.compile(rf"(?<![\w/.:])/({'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})(?![\w/])")
