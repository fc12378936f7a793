"""How messages are written on the wire, and what of them the bot may read.

Objects: docs.discord.com/developers/resources/message (2026-12).
"""

from __future__ import annotations

from tests.fakes.discord.model import Attachment, Guild, Interaction, Json, Message, User, stamp
from tests.fakes.discord.shapes import channel_json, member_json, user_json
from tests.fakes.discord.world import World


def attachment_json(file: Attachment) -> Json:
    told = {"id": file.id, "filename": file.filename, "size": len(file.bytes), "url": file.url, "proxy_url": file.url}
    kind = {"png": "image/png", "txt": "text/plain; charset=utf-8"}.get(file.filename.rpartition(".")[2])
    described = {"description": file.description} if file.description else {}
    return told | ({"content_type": kind} if kind else {}) | described


def metadata_json(interaction: Interaction) -> Json:
    """What made a message: `interaction_metadata`."""
    told: Json = {
        "id": interaction.id,
        "type": interaction.type,
        "user": user_json(interaction.user),
        "authorizing_integration_owners": interaction.owners,
    }
    if interaction.type == 2:
        told |= {"name": interaction.data["name"], "command_type": interaction.data["type"]}
        if target := interaction.data.get("target_id"):
            told["target_message_id"] = target
    if interaction.source is not None and interaction.type == 3:
        told["interacted_message_id"] = interaction.source.id
    if interaction.made_by is not None:
        told["triggering_interaction_metadata"] = metadata_json(interaction.made_by)
    return told


def message_json(
    message: Message, world: World, *, reads_content: bool = True, event: bool = False, with_answered: bool = True
) -> Json:
    """A message.

    Args:
        reads_content: The bot may read what does not concern it.
        event: As the gateway shows it, with the members.
        with_answered: With the message that it answers, but never with what that one answers.
    """
    guild = message.channel.guild
    told: Json = {
        "id": message.id,
        "channel_id": message.channel.id,
        "type": message.type,
        "author": user_json(message.author),
        "timestamp": stamp(message.at_s),
        "edited_timestamp": stamp(message.edited_at_s),
        "tts": message.tts,
        "flags": message.flags,
        "mention_everyone": message.everyone,
        "mentions": [_mentioned(user, guild if event else None) for user in message.users],
        "mention_roles": list(message.roles),
        "pinned": False,
        **_content(message, reads_content=reads_content or concerns_bot(message, world)),
        **_made_by(message, world),
    }
    if message.reactions:
        told["reactions"] = [
            {"emoji": {"id": None, "name": name}, "count": len(users), "me": world.bot in users}
            for name, users in message.reactions.items()
        ]
    if event and guild:
        told["guild_id"] = guild.id
        if member := guild.members.get(message.author.id):
            told["member"] = member_json(member, with_user=False)
    if message.nonce is not None and event:
        told["nonce"] = message.nonce
    if message.thread is not None:
        told["thread"] = channel_json(message.thread)
    told |= _reference(message)
    if message.reply_to is not None and with_answered:
        told["referenced_message"] = _answered(message.reply_to, world, reads_content=reads_content)
    return told


def concerns_bot(message: Message, world: World) -> bool:
    """Whether the bot reads it without the message content intent.

    Who replies to a bot is heard, but not below what answers a command (docs.discord.com/developers/gateway/
    you-might-not-need-a-privileged-intent, 2026-12): there, only the name in the text counts.
    """
    if message.author is world.bot or message.channel.is_direct:
        return True
    below = message.reply_to
    if below is not None and below.interaction is not None:
        return any(f"<@{mark}{world.bot.id}>" in message.content for mark in ("", "!"))
    return world.bot in message.users


def _content(message: Message, *, reads_content: bool) -> Json:
    if not reads_content:
        return {"content": "", "embeds": [], "attachments": [], "components": []}
    return {
        "content": message.content,
        "embeds": message.embeds,
        "attachments": [attachment_json(file) for file in message.attachments],
        "components": message.components,
    }


def _made_by(message: Message, world: World) -> Json:
    made_by = message.interaction
    if made_by is None:
        return {}
    told: Json = {"webhook_id": world.bot.id, "application_id": world.bot.id}
    told["interaction_metadata"] = metadata_json(made_by)
    if made_by.type == 2 and message is made_by.original:
        told["interaction"] = {
            "id": made_by.id,
            "type": made_by.type,
            "name": made_by.data["name"],
            "user": user_json(made_by.user),
        }
    return told


def _reference(message: Message) -> Json:
    answered = message.reply_to
    if answered is None:
        return {}
    guild = answered.channel.guild
    place = {"message_id": answered.id, "channel_id": answered.channel.id}
    return {"message_reference": {"type": 0, **place, **({"guild_id": guild.id} if guild else {})}}


def _answered(answered: Message, world: World, *, reads_content: bool) -> Json | None:
    if answered.deleted or answered.ephemeral_to is not None:
        return None
    return message_json(answered, world, reads_content=reads_content, with_answered=False)


def _mentioned(user: User, guild: Guild | None) -> Json:
    member = guild.members.get(user.id) if guild else None
    return user_json(user) | ({"member": member_json(member, with_user=False)} if member else {})
