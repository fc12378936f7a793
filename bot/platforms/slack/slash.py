"""Commands as they are typed in Slack: every one but `/ask` is a word after `/rag`, and emoji have names (pure)."""

from __future__ import annotations

import re
from functools import cache

from bot.commands import commands_on, named, read_call
from bot.locales import Phrases
from bot.platforms.slack.blocks import Payload, section
from bot.platforms.slack.markup import cut, literal

NAME = "slack"
EMOJI = {":mute:": "🔇", ":+1:": "👍", ":thumbsup:": "👍", ":-1:": "👎", ":thumbsdown:": "👎"}
"""What Slack writes in place of the emoji that are commands."""
_OF_THREADS = frozenset({"mute", "unmute"})
_SHOWN_CHARS = 2_500
OWN = frozenset({"ask"})
"""The commands that are slash commands of their own."""


def as_typed(text: str) -> str:
    """The text with `/cost` as `/rag cost`."""
    return _calls().sub(r"/rag \1", text)


def is_about_thread(text: str) -> bool:
    """Whether a command is about a conversation, rather than about anything else: `/why`, `/mute`."""
    call = read_call(text, commands_on(NAME))
    command = None if call is None else named(call.name, commands_on(NAME))
    return command is not None and (command.button is not None or command.name in _OF_THREADS)


def asked(name: str, question: str, phrases: Phrases) -> Payload:
    """The message under which `/ask` is answered: who asks what."""
    text = f"*{literal(phrases('slack.asks', name=name))}* {literal(cut(question, _SHOWN_CHARS, literal))}"
    return Payload(text, [section(text)])


@cache
def _calls() -> re.Pattern[str]:
    names = (
        name for command in commands_on(NAME) if command.name not in OWN for name in (command.name, *command.aliases)
    )
    return re.compile(rf"(?<![\w/.:])/({'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})(?![\w/])")
