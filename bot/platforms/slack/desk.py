"""What all replies in a workspace work with."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from cachetools import TTLCache

from bot.messages import Locale
from bot.platforms.slack.people import Directory
from bot.platforms.slack.posts import Posts
from bot.platforms.slack.web import Web
from bot.platforms.tasks import Tasks
from rag.ports import Clock

if TYPE_CHECKING:
    from bot.platforms.slack.reply import SlackReply

FirstSign = Literal["status", "reaction", "message"]

# No question is answered for longer; what was given up by then is found by what Slack knows of it.
_UNDER_WAY_S: Final = 600.0
_MOST_UNDER_WAY: Final = 1_000


def _under_way() -> MutableMapping[tuple[str, str], SlackReply]:
    return TTLCache(_MOST_UNDER_WAY, _UNDER_WAY_S)


@dataclass(frozen=True, slots=True)
class Desk:
    """What all replies in a workspace work with.

    Attributes:
        locale: Of what nobody asked for.
        first_sign: What shows at once that a question was taken.
        reaction: The emoji of such a sign.
        under_way: The replies of this process, by channel and question.
    """

    web: Web
    posts: Posts
    directory: Directory
    tasks: Tasks
    clock: Clock
    locale: Locale
    first_sign: FirstSign = "status"
    reaction: str = "eyes"
    under_way: MutableMapping[tuple[str, str], SlackReply] = field(default_factory=_under_way)
