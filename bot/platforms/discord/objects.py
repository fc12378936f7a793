"""What is sent to Discord, as its library's objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import discord

from bot.platforms.discord.cards import Button, Payload

_STYLES: Final[Mapping[str, discord.ButtonStyle]] = {
    "primary": discord.ButtonStyle.primary,
    "secondary": discord.ButtonStyle.secondary,
    "danger": discord.ButtonStyle.danger,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that stands below a message, with a text for those who do not see it."""

    name: str
    content: bytes
    alt: str


def embeds_of(payload: Payload) -> list[discord.Embed]:
    """What stands below the text."""
    return [discord.Embed.from_dict(embed) for embed in payload.embeds]


def view_of(rows: Sequence[Sequence[Button]]) -> discord.ui.View | None:
    """The buttons; what is pressed is read from the event, so that any process and any shard can do so."""
    if not rows:
        return None
    view = discord.ui.View(timeout=None)
    for at, row in enumerate(rows):
        for button in row:
            view.add_item(
                discord.ui.Button(
                    label=button.label or None,
                    emoji=button.emoji or None,
                    custom_id=button.custom_id,
                    style=_STYLES[button.style],
                    row=at,
                )
            )
    view.stop()  # else the library would keep each of them, for ever
    return view


def files_of(pictures: Sequence[Picture]) -> list[discord.File]:
    """Pictures to be sent; each try needs them anew."""
    return [discord.File(BytesIO(one.content), one.name, description=one.alt) for one in pictures]


def pings_of(payload: Payload) -> discord.AllowedMentions:
    """Whom it may call: nobody but those who are named for it."""
    return discord.AllowedMentions(
        everyone=False,
        users=[discord.Object(int(user)) for user in payload.pings],
        roles=[discord.Object(int(role)) for role in payload.role_pings],
        replied_user=False,
    )
