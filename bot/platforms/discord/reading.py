"""Discord's messages as the core reads them (pure)."""

from __future__ import annotations

import re

import discord

from bot.messages import Addressed
from bot.platforms.discord.people import Directory
from bot.platforms.discord.places import Place
from bot.platforms.discord.said import Said, read

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
            names=self._names(message),
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
        if said.names_first or self._replies_to(message, own=False):
            return "others"
        # Who replies names whom they reply to, unless they switch that off.
        if self._client.user in message.mentions:
            return "mention"
        return "thread" if place.is_thread or self._replies_to(message, own=True) else "others"

    def is_unreadable(self, message: discord.Message) -> bool:
        """Whether somebody calls the bot, and Discord does not tell with which words."""
        if message.content or message.attachments or message.stickers:
            return False
        above = message.reference.resolved if message.reference is not None else None
        if isinstance(above, discord.Message) and above.author == self._client.user and above.interaction_metadata:
            return True  # whoever replies to the answer of a command calls nobody
        roles = self._directory.own_roles(message.guild)
        return self._client.user in message.mentions or any(str(role.id) in roles for role in message.role_mentions)

    def _replies_to(self, message: discord.Message, *, own: bool) -> bool:
        """Whether it replies to a message of the bot's own, or to one of somebody else."""
        above = message.reference.resolved if message.reference is not None else None
        return isinstance(above, discord.Message) and (above.author == self._client.user) is own

    def _names(self, message: discord.Message) -> dict[str, str]:
        """What those are called whom a message mentions; of older ones, as far as it is known."""
        known = _names(message)
        for one in _MENTIONED.findall(message.content):
            if not known.get(one) and (name := self._directory.known_name(int(one))):
                known[one] = name.removeprefix("@").removeprefix("#")
        return known


def _names(message: discord.Message) -> dict[str, str]:
    return {
        **{str(user.id): user.display_name for user in message.mentions},
        **{str(role.id): role.name for role in message.role_mentions},
        **{str(channel.id): getattr(channel, "name", "") for channel in message.channel_mentions},
    }
