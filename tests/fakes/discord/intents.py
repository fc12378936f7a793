"""Which events a bot asked for, and which of them it was granted.

Bits: docs.discord.com/developers/events/gateway#list-of-intents (2026-12).
"""

from __future__ import annotations

from collections.abc import Iterable

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
GUILD_MESSAGE_REACTIONS = 1 << 10
GUILD_MESSAGE_TYPING = 1 << 11
DIRECT_MESSAGES = 1 << 12
DIRECT_MESSAGE_REACTIONS = 1 << 13
DIRECT_MESSAGE_TYPING = 1 << 14
MESSAGE_CONTENT = 1 << 15
KNOWN = ((1 << 17) - 1) | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25
PRIVILEGED = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT

_GRANTS = {"MESSAGE_CONTENT": MESSAGE_CONTENT, "GUILD_MEMBERS": GUILD_MEMBERS, "GUILD_PRESENCES": GUILD_PRESENCES}
# The flags of an application in few servers: GATEWAY_…_LIMITED.
_FLAGS = {GUILD_PRESENCES: 1 << 13, GUILD_MEMBERS: 1 << 15, MESSAGE_CONTENT: 1 << 19}


def granted(names: Iterable[str]) -> int:
    total = 0
    for name in names:
        total |= _GRANTS[name]
    return total


def flags(intents: int) -> int:
    """As the application's flags tell of them."""
    return sum(flag for intent, flag in _FLAGS.items() if intents & intent)
