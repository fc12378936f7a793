"""Discord on a local port: the REST API and the gateway, with what the real one refuses.

`async with open_discord() as discord:` is a world with the bot in it. People use it, as in
`discord.says(ana, general, "…")`, the bot answers over the real protocols, and the test looks at what people see with
`discord.seen(general, by=ana)`.
"""

from __future__ import annotations

from tests.fakes.discord.model import (
    Attachment,
    Call,
    Channel,
    Guild,
    Interaction,
    Message,
    Modal,
    Role,
    User,
)
from tests.fakes.discord.seen import Seen
from tests.fakes.discord.server import Discord, open_discord
from tests.fakes.discord.sessions import Session

__all__ = [
    "Attachment",
    "Call",
    "Channel",
    "Discord",
    "Guild",
    "Interaction",
    "Message",
    "Modal",
    "Role",
    "Seen",
    "Session",
    "User",
    "open_discord",
]
