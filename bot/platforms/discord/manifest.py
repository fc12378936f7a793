"""All that has to be known to bring the bot into Discord: where to invite it, what to tick, and why.

Discord has no manifest that could be pasted. The settings and their names: docs.discord.com/developers, 2026-12; that a
private app must have no install link: github.com/discord/discord-api-docs/issues/5292.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from bot.commands import commands_on
from bot.locales import phrases_in
from bot.platforms.discord.offers import NAME, PEOPLE, application_commands, call_of
from bot.platforms.discord.permissions import INTENTS, INVITED_WITH, PERMISSIONS, Intent, Permission
from bot.text import one_line

PORTAL = "https://discord.com/developers/applications"
TO_FILL_IN = "APPLICATION_ID"
"""Stands in the links while nobody has said which app it is."""

Manifest = Mapping[str, object]

_AUTHORIZE = "https://discord.com/oauth2/authorize"
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
# Ids are 64-bit numbers, and those of Discord's first years had 17 digits.
_SHORTEST_ID, _LONGEST_ID = 17, 20


@dataclass(frozen=True, slots=True)
class Setting:
    """Something to be set in the developer portal, in this order.

    Attributes:
        page: Where it stands.
        value: What it has to be.
        reason: What it is for, or what happens otherwise.
    """

    page: str
    name: str
    value: str
    reason: str
    required: bool = True


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "General Information",
        "Interactions Endpoint URL",
        "empty",
        "ragbot connects to Discord by itself; with an address here, no command and no button reaches it",
    ),
    Setting(
        "Installation",
        "Installation Contexts",
        "Guild Install, and User Install for the commands in places where the bot is not",
        "what is not ticked cannot be invited; ragbot offers its commands where the app may be installed",
    ),
    Setting("Installation", "Install Link", "None", "Discord lets no app be private that has one"),
    Setting("Bot", "Public Bot", "off", "nobody but you can add the bot to a server, and read your documents there"),
    Setting("Bot", "Requires OAuth2 Code Grant", "off", "the invite link does not work otherwise"),
    Setting(
        "Bot",
        "Message Content Intent",
        "on, if follow_ups is true in config/bot.yaml",
        "follow-ups without the bot's name; ragbot needs no other privileged intent",
        required=False,
    ),
    Setting("Bot", "Token", "Reset Token, then copy it to .env as DISCORD_BOT_TOKEN", "who has it is the bot"),
)


def discord_manifest(application_id: str = "") -> Manifest:
    """Links, settings, permissions, intents and commands, as data.

    Args:
        application_id: Of the app; without it, the links have `TO_FILL_IN` in its place.
    """
    return {
        "application_id": application_id or None,
        "invite": _link(application_id, scope="bot applications.commands", permissions=INVITED_WITH),
        "install_for_yourself": _link(application_id, scope="applications.commands", integration_type=PEOPLE),
        "settings": [asdict(setting) for setting in SETTINGS],
        "permissions_sum": str(INVITED_WITH),
        "permissions": [_told(permission) for permission in PERMISSIONS],
        "intents": [_told(intent) for intent in INTENTS],
        "commands": application_commands(),
    }


def as_text(application_id: str = "", *, is_styled: bool = False) -> str:
    """The same for people, on a terminal with bold headings."""
    parts = [_invitation(application_id), _settings(), _permissions(), _intents(), _commands()]
    headed = (
        "\n".join([f"{_BOLD}{heading}{_PLAIN}" if is_styled else heading, *(f"  {line}".rstrip() for line in lines)])
        for heading, lines in parts
    )
    return "\n\n".join(headed) + "\n"


def application_id_in(token: str) -> str:
    """The app's id, with which a bot's token begins; empty where it does not. It is no secret."""
    first = token.partition(".")[0]
    try:
        found = urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    return found if is_application_id(found) else ""


def is_application_id(text: str) -> bool:
    """Whether this can be an app's id."""
    return text.isascii() and text.isdecimal() and _SHORTEST_ID <= len(text) <= _LONGEST_ID


def _link(application_id: str, **parameters: str | int) -> str:
    return f"{_AUTHORIZE}?{urlencode({'client_id': application_id or TO_FILL_IN, **parameters})}"


def _told(one: Permission | Intent) -> Manifest:
    # Bits as Discord writes them: not every program reads numbers beyond 53 bits.
    return {**asdict(one), "bit": str(one.bit)}


_Part = tuple[str, Iterable[str]]


def _invitation(application_id: str) -> _Part:
    manifest = discord_manifest(application_id)
    lines = [str(manifest["invite"])]
    if not application_id:
        lines.append(
            f"Put the app's id in place of {TO_FILL_IN}: it stands in the developer portal under General Information."
        )
        lines.append("`ragbot manifest discord --app-id ID` does so, and so does DISCORD_BOT_TOKEN in .env.")
    lines += ["", "For yourself alone, with the commands and without the bot:", str(manifest["install_for_yourself"])]
    return "Invite the bot to a server", lines


def _settings() -> _Part:
    rows = [(f"{one.page} › {one.name}", one.value, one.reason, one.required) for one in SETTINGS]
    return f"Set in the developer portal, {PORTAL}", _lines(rows)


def _permissions() -> _Part:
    rows = [(one.name, one.reason, f"without it: {one.lost}", one.required) for one in PERMISSIONS]
    return f"Permissions, which the link asks for (sum {INVITED_WITH})", _lines(rows)


def _intents() -> _Part:
    rows = [(one.name, one.reason, f"without it: {one.lost}", one.required) for one in INTENTS]
    return "Intents, which ragbot asks for when it connects", _lines(rows)


def _commands() -> _Part:
    english = phrases_in("en")
    calls = [(call_of(command), english(command.summary)) for command in commands_on(NAME)]
    width = max(len(call) for call, _ in calls)
    lines = [f"{call.ljust(width)}  {summary}" for call, summary in calls]
    menu = f"In the menu of every message, under Apps: {english('discord.ask_about')}"
    return "Commands, which ragbot tells Discord of at its start", [*lines, menu]


def _lines(rows: Iterable[tuple[str, str, str, bool]]) -> Iterator[str]:
    """What has to be, and below it why."""
    for name, what, why, required in rows:
        yield one_line(f"{name}: {what}" if required else f"{name} (optional): {what}")
        yield f"    {why}"
