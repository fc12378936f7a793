"""PLATFORMS: the adapters; each only translates."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bot.chats import DiscordSettings, DiscordTokens, SlackSettings, SlackTokens
from bot.messages import Locale
from bot.ports import Platform
from rag.clock import SystemClock
from rag.model import Asker

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlatformSetup:
    """What a platform is built from.

    Attributes:
        locale: The language of people who have not said which they read.
        data_folder: Where it may keep files of its own; `None` keeps nothing.
        welcome: What it says when it starts, where it talks to one person alone.
        conversation: The one to go on with, where it has one at a time; empty begins a new one.
        who: Whose rights and limits hold, where it talks to one person alone; `None`: whoever sits there.
        slack: How Slack is served, and with which tokens.
        discord: How Discord is served, and with which token.
        tell: Tells whoever started the bot how it stands.
    """

    locale: Locale
    data_folder: Path | None = None
    welcome: str = ""
    conversation: str = ""
    who: Asker | None = None
    slack: SlackSettings = field(default_factory=SlackSettings)
    slack_tokens: SlackTokens = field(default_factory=SlackTokens)
    discord: DiscordSettings = field(default_factory=DiscordSettings)
    discord_tokens: DiscordTokens = field(default_factory=DiscordTokens)
    tell: Callable[[str], None] = log.info


def _console(setup: PlatformSetup) -> Platform:
    import sys

    from bot.platforms.console.platform import OPERATOR, ConsolePlatform

    return ConsolePlatform(
        locale=setup.locale,
        stdin=sys.stdin,
        stdout=sys.stdout,
        welcome=setup.welcome,
        conversation=setup.conversation,
        who=setup.who or OPERATOR,
        history_file=None if setup.data_folder is None else setup.data_folder / "console_history",
    )


def _slack(setup: PlatformSetup) -> Platform:
    from bot.platforms.slack.platform import SlackPlatform

    return SlackPlatform(setup.slack, setup.slack_tokens, SystemClock(), locale=setup.locale, tell=setup.tell)


def _discord(setup: PlatformSetup) -> Platform:
    from bot.platforms.discord.platform import DiscordPlatform

    return DiscordPlatform(setup.discord, setup.discord_tokens, SystemClock(), locale=setup.locale, tell=setup.tell)


# Each imports its libraries only when it is built.
PLATFORMS: Mapping[str, Callable[[PlatformSetup], Platform]] = MappingProxyType(
    {"console": _console, "slack": _slack, "discord": _discord}
)
