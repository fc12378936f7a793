"""PLATFORMS: the adapters; each only translates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bot.messages import Locale
from bot.ports import Platform
from rag.model import Asker


@dataclass(frozen=True, slots=True)
class PlatformSetup:
    """What a platform is built from.

    Attributes:
        locale: The language of people who have not said which they read.
        data_folder: Where it may keep files of its own; `None` keeps nothing.
        welcome: What it says when it starts, where it talks to one person alone.
        conversation: The one to go on with, where it has one at a time; empty begins a new one.
        who: Whose rights and limits hold, where it talks to one person alone; `None`: whoever sits there.
    """

    locale: Locale
    data_folder: Path | None = None
    welcome: str = ""
    conversation: str = ""
    who: Asker | None = None


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


# Each imports its libraries only when it is built.
PLATFORMS: Mapping[str, Callable[[PlatformSetup], Platform]] = MappingProxyType({"console": _console})
