"""How it looks: what a person sees in a channel."""

from __future__ import annotations

from tests.fakes.discord import permissions
from tests.fakes.discord.components import buttons, label_of, walk
from tests.fakes.discord.model import (
    COMPONENTS_V2,
    LOADING,
    SUPPRESS_EMBEDS,
    SYSTEM_TYPES,
    Channel,
    Message,
    User,
)
from tests.fakes.discord.people import People
from tests.fakes.discord.seen import Seen


class Looks(People):
    """People who look at what they and the bot wrote."""

    def seen(self, channel: Channel, *, by: User | None = None) -> list[Seen]:
        """What a person sees there, oldest first; without a person, what everybody sees.

        Lines that Discord itself writes, such as that a thread was opened, are left out.
        """
        if channel.deleted or (by is not None and not permissions.may(channel, by, "VIEW_CHANNEL")):
            return []
        return [self.look(message) for message in self.messages(channel) if _is_shown(message, by)]

    def typing(self, channel: Channel) -> bool:
        """Whether "ragbot is typing…" stands there now."""
        return self.clock.now() < channel.typing_until_s

    def reactions(self, message: Message | Seen) -> list[str]:
        return list((message.message if isinstance(message, Seen) else message).reactions)

    def look(self, message: Message) -> Seen:
        loading = bool(message.flags & LOADING)
        content = message.content
        if message.flags & COMPONENTS_V2:
            content = "\n".join(part["content"] for part in walk(message.components) if part["type"] == 10)
        return Seen(
            author=self.name_of(message.author, message.channel.guild),
            content=content,
            embeds=[] if message.flags & SUPPRESS_EMBEDS else message.embeds,
            buttons=tuple(label_of(button) for button in buttons(message.components)),
            attachments=tuple(message.attachments),
            reply_to=message.reply_to.id if message.reply_to else None,
            ephemeral=message.ephemeral_to is not None,
            edited=message.edited_at_s is not None,
            pings=frozenset(message.pings),
            flags=message.flags,
            is_loading=loading,
            message=message,
        )

    def picture(self) -> str:
        """All channels with what stands in them, for whoever looks at a failed test."""
        lines = ["— messages —"]
        for channel in self.channels.values():
            for message in channel.log:
                shown = self.look(message)
                marks = [mark for mark in ("ephemeral", "edited", "is_loading") if getattr(shown, mark)]
                marks += ["deleted"] if message.deleted else []
                reply = f" to {shown.reply_to}" if shown.reply_to else ""
                place = channel.name or "-".join(user.name for user in channel.people)
                lines.append(f"{place} {message.id}{reply} {shown.author} {marks}: {shown.text}")
                lines += [f"    [{label}]" for label in shown.buttons]
        return "\n".join(lines)


def _is_shown(message: Message, by: User | None) -> bool:
    if message.type in SYSTEM_TYPES:
        return False
    return message.ephemeral_to is None or message.ephemeral_to is by
