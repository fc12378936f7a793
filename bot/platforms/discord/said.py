"""What people write in Discord, as the core reads it (pure).

Rules: docs.discord.com/developers/reference#message-formatting, 2026-12.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.platforms.called import without_name
from bot.platforms.discord.markup import code_spans

_SEQUENCE = re.compile(
    r"<(?:@!?(?P<user>\d{1,20})|@&(?P<role>\d{1,20})|#(?P<channel>\d{1,20})|/(?P<command>[^<>\n:]{1,100}):\d{1,20}"
    r"|t:(?P<moment>-?\d{1,13})(?::(?P<style>[A-Za-z]))?|a?(?P<emoji>:\w{1,64}:)\d{1,20}|id:(?P<page>\w{1,40})"
    r"|(?P<url>https?://[^\s<>]+))>|\\(?P<escaped>[^0-9A-Za-z\s])",
    re.ASCII | re.IGNORECASE,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Said:
    """What a person wrote, as the core reads it.

    Attributes:
        text: Without the bot's own name, and with the names of others in place of their ids.
        names_bot: The bot, or a role of its own, is mentioned.
        names_first: The id of the person or role whose mention it begins with, so that it is for them; empty where it
            begins with anything else, the bot's name included.
    """

    text: str
    names_bot: bool
    names_first: str


def read(content: str, *, bot_user: str, bot_roles: Collection[str], names: Mapping[str, str]) -> Said:
    """The `content` of a message as plain text; there is no text that it refuses.

    Args:
        bot_user: The bot's own id.
        bot_roles: The ids of the roles that are the bot's alone.
        names: What people, roles and channels are called, by id; with or without `@` and `#`.
    """
    own = {bot_user, *bot_roles} - {""}
    segments: list[str] = [""]
    first: str | None = None
    for found, shown in _pieces(content):
        mentioned = (found["user"] or found["role"] or "") if found else ""
        if first is None and (found or shown.strip()):
            first = mentioned
        if mentioned in own:
            segments.append("")
        else:
            segments[-1] += _sequence(found, names) if found else shown
    # Whoever is named after the first words, or after the bot, is only spoken of.
    return Said(without_name(segments), len(segments) > 1, "" if first is None or first in own else first)


def _pieces(content: str) -> Iterator[tuple[re.Match[str] | None, str]]:
    """What stands for something else, and what is text; nothing in code stands for anything else."""
    at = 0
    for start, end in [*code_spans(content), (len(content), len(content))]:
        while found := _SEQUENCE.search(content, at, start):
            yield None, content[at : found.start()]
            yield found, ""
            at = found.end()
        yield None, content[at:end]
        at = end


def _sequence(found: re.Match[str], names: Mapping[str, str]) -> str:
    """What stands between angle brackets, as people see it."""
    if who := found["user"] or found["role"]:
        return f"@{names.get(who, '').removeprefix('@') or who}"
    if found["channel"]:
        return f"#{names.get(found['channel'], '').removeprefix('#') or found['channel']}"
    if found["command"]:
        return f"/{found['command']}"
    if found["moment"]:
        return _moment(int(found["moment"]), found["style"] or "") or found[0]
    if found["page"]:
        return f"#{found['page']}"
    return found["emoji"] or found["url"] or found["escaped"]


def _moment(seconds: int, style: str) -> str:
    """A date and time in UTC, or the date alone where Discord shows no more; empty beyond the years that there are."""
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    return f"{moment:%Y-%m-%d}" if style in {"d", "D"} else f"{moment:%Y-%m-%d %H:%M} UTC"
