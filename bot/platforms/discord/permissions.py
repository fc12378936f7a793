"""What the bot asks of a Discord server, and why: the one list of which invite link, start and guide are made.

As little as does the work: nothing here manages a server, its members or what others wrote. Bits:
docs.discord.com/developers/topics/permissions and docs.discord.com/developers/events/gateway, 2026-12.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_

MANAGE_SERVER = 1 << 5
"""What people need in a server for `/rag-admin` to be shown to them; the bot itself needs no such thing."""


@dataclass(frozen=True, slots=True)
class Permission:
    """Something that the bot may do in a channel.

    Attributes:
        name: As Discord calls it in a server's settings.
        bit: In the sum of the invite link.
        reason: What it is needed for.
        required: Without it the bot cannot do its work in a place at all.
        lost: What does not work without it, as a sentence without its full stop.
    """

    name: str
    bit: int
    reason: str
    required: bool
    lost: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A kind of events that Discord sends; the same attributes as those of a permission.

    Attributes:
        name: As Discord's documentation calls it.
        bit: In what the bot identifies itself with.
        is_privileged: It has to be switched on in the developer portal, or Discord lets the bot in no more.
    """

    name: str
    bit: int
    reason: str
    required: bool
    lost: str
    is_privileged: bool = False


PERMISSIONS: tuple[Permission, ...] = (
    Permission(
        "View Channels",
        1 << 10,
        "hear when somebody calls the bot by name",
        required=True,
        lost="The bot does not hear questions there; /ask and /rag work",
    ),
    Permission(
        "Send Messages",
        1 << 11,
        "answer in channels, and change its own messages while it writes",
        required=True,
        lost="The bot cannot answer who calls it by name there",
    ),
    Permission(
        "Send Messages in Threads",
        1 << 38,
        "answer in threads and in posts of forums",
        required=True,
        lost="The bot cannot answer in threads or forums",
    ),
    Permission(
        "Read Message History",
        1 << 16,
        "reply to the message that asks, and know what was said before in a thread",
        required=True,
        lost="The bot cannot reply to a message, and knows nothing of what was said before it was called",
    ),
    Permission(
        "Create Public Threads",
        1 << 35,
        "answer a question in a thread of its own",
        required=False,
        lost="Answers come as replies in the channel, not in threads",
    ),
    Permission(
        "Embed Links",
        1 << 14,
        "show sources and receipt set apart from the answer",
        required=False,
        lost="Sources and receipt stand below the answer as plain text",
    ),
    Permission(
        "Attach Files",
        1 << 15,
        "charts as pictures",
        required=False,
        lost="Charts come as bars of text",
    ),
)

INTENTS: tuple[Intent, ...] = (
    Intent(
        "GUILDS",
        1 << 0,
        "know the servers, channels and threads it is in, and what it may do there",
        required=True,
        lost="The bot does not know where it is, or who may read there",
    ),
    Intent(
        "GUILD_MESSAGES",
        1 << 9,
        "be told when somebody calls the bot by name, and of edits and deletions",
        required=True,
        lost="Nobody can call the bot by name in a server",
    ),
    Intent(
        "DIRECT_MESSAGES",
        1 << 12,
        "direct messages to the bot",
        required=True,
        lost="Direct messages are not heard",
    ),
    Intent(
        "MESSAGE_CONTENT",
        1 << 15,
        "follow-ups without the bot's name, and what people had said in a thread before they called it",
        required=False,
        lost="In servers each question needs the bot's name or a reply to it, and threads are known from then on only",
        is_privileged=True,
    ),
)

INVITED_WITH = reduce(or_, (permission.bit for permission in PERMISSIONS))
"""The sum of all permissions, as the invite link has it."""


def missing(granted: int) -> tuple[Permission, ...]:
    """The permissions that the bot asks for and lacks; `granted` is the sum of what it may do in a place."""
    return tuple(permission for permission in PERMISSIONS if not granted & permission.bit)
