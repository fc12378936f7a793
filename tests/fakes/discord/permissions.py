"""Who may do what where.

Bits and rules: docs.discord.com/developers/topics/permissions (2026-12).
"""

from __future__ import annotations

from tests.fakes.discord.errors import Refused
from tests.fakes.discord.model import Channel, Guild, User

NAMES = {
    "KICK_MEMBERS": 1 << 1,
    "BAN_MEMBERS": 1 << 2,
    "ADMINISTRATOR": 1 << 3,
    "MANAGE_CHANNELS": 1 << 4,
    "MANAGE_GUILD": 1 << 5,
    "ADD_REACTIONS": 1 << 6,
    "VIEW_CHANNEL": 1 << 10,
    "SEND_MESSAGES": 1 << 11,
    "MANAGE_MESSAGES": 1 << 13,
    "EMBED_LINKS": 1 << 14,
    "ATTACH_FILES": 1 << 15,
    "READ_MESSAGE_HISTORY": 1 << 16,
    "MENTION_EVERYONE": 1 << 17,
    "USE_EXTERNAL_EMOJIS": 1 << 18,
    "MANAGE_ROLES": 1 << 28,
    "MANAGE_WEBHOOKS": 1 << 29,
    "USE_APPLICATION_COMMANDS": 1 << 31,
    "MANAGE_THREADS": 1 << 34,
    "CREATE_PUBLIC_THREADS": 1 << 35,
    "CREATE_PRIVATE_THREADS": 1 << 36,
    "SEND_MESSAGES_IN_THREADS": 1 << 38,
    "USE_EXTERNAL_APPS": 1 << 50,
}
ALL = (1 << 51) - 1


def bits(*names: str) -> int:
    total = 0
    for name in names:
        total |= NAMES[name]
    return total


# What a server gives everybody unless its owner changes it; a mention of everyone is among that.
EVERYBODY = bits(
    "ADD_REACTIONS", "VIEW_CHANNEL", "SEND_MESSAGES", "EMBED_LINKS", "ATTACH_FILES", "READ_MESSAGE_HISTORY",
    "MENTION_EVERYONE", "USE_EXTERNAL_EMOJIS", "USE_APPLICATION_COMMANDS", "CREATE_PUBLIC_THREADS",
    "CREATE_PRIVATE_THREADS", "SEND_MESSAGES_IN_THREADS", "USE_EXTERNAL_APPS",
)  # fmt: skip
IN_A_DM = bits(
    "ADD_REACTIONS", "VIEW_CHANNEL", "SEND_MESSAGES", "EMBED_LINKS", "ATTACH_FILES", "READ_MESSAGE_HISTORY",
    "MENTION_EVERYONE", "USE_EXTERNAL_EMOJIS", "USE_APPLICATION_COMMANDS",
)  # fmt: skip
_NEEDS_SENDING = bits("EMBED_LINKS", "ATTACH_FILES", "MENTION_EVERYONE")


def in_guild(guild: Guild, user: User) -> int:
    """Of all roles together; nobody's where they are no member."""
    if guild.owner is user:
        return ALL
    member = guild.members.get(user.id)
    if member is None:
        return 0
    total = guild.roles[guild.id].permissions
    for role in member.roles:
        total |= guild.roles[role].permissions
    return ALL if total & NAMES["ADMINISTRATOR"] else total


def in_channel(channel: Channel, user: User) -> int:
    """With the channel's overwrites; a thread has those of the channel that it is in."""
    if channel.guild is None:
        return IN_A_DM if any(user is person for person in channel.people) else 0
    total = in_guild(channel.guild, user)
    if total != ALL and user.id in channel.guild.members:
        place = channel.parent if channel.is_thread and channel.parent else channel
        total = _overwritten(place, user, total, channel.guild)
    if not total & NAMES["VIEW_CHANNEL"]:
        return 0
    sends = "SEND_MESSAGES_IN_THREADS" if channel.is_thread else "SEND_MESSAGES"
    return total if total & NAMES[sends] else total & ~_NEEDS_SENDING


def may(channel: Channel, user: User, *names: str) -> bool:
    needed = bits(*names)
    return in_channel(channel, user) & needed == needed


def require(channel: Channel, user: User, *names: str) -> None:
    """Refuse what the user may not do there: without sight of the channel it is another error."""
    if not may(channel, user, "VIEW_CHANNEL"):
        raise Refused(50001)
    if not may(channel, user, *names):
        raise Refused(50013)


def _overwritten(place: Channel, user: User, total: int, guild: Guild) -> int:
    everybody = place.overwrites.get(guild.id)
    if everybody:
        total = total & ~everybody.deny | everybody.allow
    allow = deny = 0
    for role in guild.members[user.id].roles:
        if told := place.overwrites.get(role):
            allow |= told.allow
            deny |= told.deny
    total = total & ~deny | allow
    own = place.overwrites.get(user.id)
    return total & ~own.deny | own.allow if own else total
