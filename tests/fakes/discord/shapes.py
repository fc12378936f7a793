"""How everything is written on the wire.

Objects: docs.discord.com/developers/resources (2026-12).
"""

from __future__ import annotations

from tests.fakes.discord import intents, permissions
from tests.fakes.discord.model import (
    CATEGORY,
    FORUM,
    Channel,
    Guild,
    Json,
    Member,
    Role,
    User,
    stamp,
)
from tests.fakes.discord.world import World


def user_json(user: User) -> Json:
    shown = {"username": user.name.lower().replace(" ", "_"), "global_name": None if user.bot else user.name}
    bot = {"bot": True} if user.bot else {}
    return {"id": user.id, **shown, "discriminator": "0", "avatar": None, "public_flags": 0, **bot}


def member_json(member: Member, *, with_user: bool = True) -> Json:
    told: Json = {
        "nick": member.nick,
        "avatar": None,
        "roles": sorted(member.roles),
        "joined_at": stamp(member.joined_at_s),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "communication_disabled_until": None,
    }
    return {**told, "user": user_json(member.user)} if with_user else told


def role_json(role: Role, world: World) -> Json:
    return {
        "id": role.id,
        "name": role.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": role.position,
        "permissions": str(role.permissions),
        "managed": role.managed,
        "mentionable": role.mentionable,
        "flags": 0,
        **({"tags": {"bot_id": world.bot.id}} if role.managed else {}),
    }


def channel_json(channel: Channel) -> Json:
    """A channel as the API and its events show it."""
    told: Json = {"id": channel.id, "type": channel.type, "flags": 0}
    if channel.type != CATEGORY:
        last = next((message.id for message in reversed(channel.log) if not message.ephemeral_to), None)
        told["last_message_id"] = last
    if channel.guild is None:
        recipients = [user_json(user) for user in channel.people if not user.bot]
        return {**told, "recipients": recipients}
    parent = channel.parent.id if channel.parent else None
    told |= {"guild_id": channel.guild.id, "name": channel.name, "parent_id": parent, "rate_limit_per_user": 0}
    if channel.is_thread:
        return told | _thread_json(channel)
    overwrites = [
        {"id": place, "type": told.type, "allow": str(told.allow), "deny": str(told.deny)}
        for place, told in channel.overwrites.items()
    ]
    told |= {"position": channel.position, "permission_overwrites": overwrites, "nsfw": False, "topic": None}
    if channel.type == FORUM:
        told |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
        told |= {"default_forum_layout": 0}
    return told


def _thread_json(thread: Channel) -> Json:
    written = sum(message.id != thread.id for message in thread.log)
    return {
        "owner_id": thread.owner.id if thread.owner else None,
        "message_count": written,
        "total_message_sent": written,
        "member_count": 1,
        "thread_metadata": {
            "archived": thread.archived,
            "auto_archive_duration": 4320,
            "archive_timestamp": stamp(thread.opened_at_s),
            "create_timestamp": stamp(thread.opened_at_s),
            "locked": thread.locked,
        },
    }


def guild_json(guild: Guild, world: World) -> Json:
    """A server without its channels and members."""
    return {
        "id": guild.id,
        "name": guild.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "owner_id": guild.owner.id,
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": [role_json(role, world) for role in guild.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "vanity_url_code": None,
        "description": None,
        "banner": None,
        "premium_tier": 0,
        "preferred_locale": guild.locale,
        "public_updates_channel_id": None,
        "nsfw_level": 0,
        "premium_progress_bar_enabled": False,
        "safety_alerts_channel_id": None,
    }


def whole_guild_json(guild: Guild, world: World) -> Json:
    """A server as GUILD_CREATE tells of it to a bot that may not list members: the bot alone is among them."""
    channels = [channel for channel in world.channels.values() if channel.guild is guild and not channel.deleted]
    threads = [channel for channel in channels if channel.is_thread and not channel.archived]
    seen = [thread for thread in threads if permissions.may(thread, world.bot, "VIEW_CHANNEL")]
    me = guild.members.get(world.bot.id)
    return guild_json(guild, world) | {
        "joined_at": stamp(me.joined_at_s) if me else None,
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "voice_states": [],
        "members": [member_json(me)] if me else [],
        "channels": [channel_json(channel) for channel in channels if not channel.is_thread],
        "threads": [channel_json(thread) for thread in seen],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def application_json(world: World) -> Json:
    granted = 0 if world.gateway.refuses_intents else world.gateway.granted
    owner = user_json(world.owner)
    return {
        "id": world.bot.id,
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "bot": user_json(world.bot),
        "bot_public": world.bot_public,
        "bot_require_code_grant": False,
        "flags": intents.flags(granted),
        "owner": owner,
        "team": None,
        "verify_key": "0" * 64,
        "hook": True,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "approximate_guild_count": sum(guild.joined for guild in world.guilds.values()),
        "integration_types_config": {"0": {}, "1": {}},
    }
