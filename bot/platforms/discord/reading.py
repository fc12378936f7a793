"""Discord's messages as the core reads them (pure)."""

from __future__ import annotations

import re

import discord

from bot.messages import Addressed
from bot.platforms.discord.markup import Said, read
from bot.platforms.discord.people import Directory
from bot.platforms.discord.places import Place

# Messages that people wrote; all other types tell of something that happened.
_MENTIONED = re.compile(r"<(?:@[!&]?|#)(\d{15,20})>")
_WRITTEN = frozenset({discord.MessageType.default, discord.MessageType.reply})


def is_written(message: discord.Message) -> bool:
    """Whether a person wrote it: no bot, and nothing that merely happened, such as a pin."""
    return message.type in _WRITTEN and not message.author.bot and message.webhook_id is None


class Reader:
    """Reads what people wrote.

    Args:
        client: Knows who the bot is.
    """

    def __init__(self, client: discord.Client, directory: Directory) -> None:
        self._client = client
        self._directory = directory

    def said(self, message: discord.Message) -> Said:
        """What somebody wrote, with names in place of mentions, and without the bot's own."""
        return read(
            message.content,
            bot_user=str(self._client.user.id) if self._client.user else "",
            bot_roles=self._directory.own_roles(message.guild),
            names=_names(message),
        )

    def text(self, message: discord.Message) -> str:
        """The same without who is named."""
        return self.said(message).text

    async def named(self, text: str, guild: discord.Guild | None) -> str:
        """A text from elsewhere than a message, with names in place of mentions; what has to be asked for is asked."""
        ids = set(_MENTIONED.findall(text))
        names = await self._directory.names(ids) if ids else {}
        bare = {one: name.removeprefix("@").removeprefix("#") for one, name in names.items()}
        me = str(self._client.user.id) if self._client.user else ""
        return read(text, bot_user=me, bot_roles=self._directory.own_roles(guild), names=bare).text

    def addressed(self, message: discord.Message, said: Said, place: Place) -> Addressed:
        """To whom a message speaks."""
        if place.is_direct:
            return "direct"
        if said.names_bot:
            return "mention"
        if said.names_first:
            return "others"
        # Who replies names whom they reply to, unless they switch that off.
        if self._client.user in message.mentions:
            return "mention"
        return "thread" if place.is_thread or self._replies_to_bot(message) else "others"

    def _replies_to_bot(self, message: discord.Message) -> bool:
        above = message.reference.resolved if message.reference is not None else None
        return isinstance(above, discord.Message) and above.author == self._client.user


def _names(message: discord.Message) -> dict[str, str]:
    return {
        **{str(user.id): user.display_name for user in message.mentions},
        **{str(role.id): role.name for role in message.role_mentions},
        **{str(channel.id): getattr(channel, "name", "") for channel in message.channel_mentions},
    }
