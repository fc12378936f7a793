"""What all replies in Discord work with."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cachetools import TTLCache

from bot.messages import Locale
from bot.platforms.discord.line import Line
from bot.platforms.discord.outlets import InteractionOutlet
from bot.platforms.discord.past import Past
from bot.platforms.discord.people import Directory
from bot.platforms.discord.reading import Reader
from bot.platforms.tasks import Tasks

if TYPE_CHECKING:
    from bot.platforms.discord.reply import DiscordReply

NAME: Final = "discord"

# No question is answered for longer; what was given up by then is found by what Discord knows of it.
_UNDER_WAY_S: Final = 600.0
_MOST_UNDER_WAY: Final = 1_000


@dataclass(frozen=True, slots=True)
class Spot:
    """Where replies go, and to whom.

    Attributes:
        channel: The channel, thread or direct message; empty where it is not known.
        server: Where the channel is; empty for none.
        user: Whoever is answered.
        answers: The message that is replied to; empty for none.
        opens: The name of the thread that is opened below that message; empty for none.
        is_direct: Nobody else reads there.
        interaction: The command or button that is answered; `None` for none.
        asks: The question, where it stands above its answer: of a command Discord shows that it was used, and no more.
        is_pressed: It was a button: what all shall see is said in the channel.
    """

    channel: str
    user: str = ""
    server: str = ""
    answers: str = ""
    opens: str = ""
    is_direct: bool = False
    interaction: InteractionOutlet | None = None
    asks: str = ""
    is_pressed: bool = False


def _under_way() -> MutableMapping[tuple[str, str], DiscordReply]:
    return TTLCache(_MOST_UNDER_WAY, _UNDER_WAY_S)


@dataclass(frozen=True, slots=True)
class Desk:
    """What all replies work with.

    Attributes:
        locale: Of what nobody asked for.
        hears_all: Whether follow-ups in threads need no name.
        under_way: The replies of this process, by place and question.
    """

    line: Line
    directory: Directory
    past: Past
    reader: Reader
    tasks: Tasks
    locale: Locale
    hears_all: bool = False
    under_way: MutableMapping[tuple[str, str], DiscordReply] = field(default_factory=_under_way)
