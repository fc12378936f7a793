"""What Slack makes of commands: emoji have names, and `/ask` opens a thread (pure)."""

from __future__ import annotations

from bot.locales import Phrases
from bot.platforms.slack.blocks import Payload, section
from bot.platforms.slack.markup import literal
from bot.text import cut

NAME = "slack"
EMOJI = {":mute:": "🔇", ":+1:": "👍", ":thumbsup:": "👍", ":-1:": "👎", ":thumbsdown:": "👎"}
"""What Slack writes in place of the emoji that are commands."""
_SHOWN_CHARS = 2_500


def asked(name: str, question: str, phrases: Phrases) -> Payload:
    """The message under which `/ask` is answered: who asks what."""
    text = f"*{literal(phrases('slack.asks', name=name))}* {literal(cut(question, _SHOWN_CHARS, literal))}"
    return Payload(text, [section(text)])
