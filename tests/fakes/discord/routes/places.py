"""Channels, threads, servers, people and the application itself: docs.discord.com/developers/resources (2026-12)."""

from __future__ import annotations

from tests.fakes.discord import bodies, permissions
from tests.fakes.discord.errors import Form, Refused
from tests.fakes.discord.model import FORUM, TEXT, Channel, Json, Message
from tests.fakes.discord.routes.messages import may_post
from tests.fakes.discord.routes.route import DONE, Answer, Ask, Route
from tests.fakes.discord.shapes import application_json, channel_json, guild_json, member_json, role_json, user_json

ARCHIVE_AFTER = {60, 1440, 4320, 10080}


def channel(ask: Ask) -> Answer:
    found = ask.channel
    permissions.require(found, ask.app.bot, "VIEW_CHANNEL")
    return 200, channel_json(found)


def changes_channel(ask: Ask) -> Answer:
    """Rename, archive or lock a thread."""
    thread, body, bot = ask.channel, ask.form, ask.app.bot
    if not thread.is_thread:
        permissions.require(thread, bot, "VIEW_CHANNEL", "MANAGE_CHANNELS")
        raise Refused(50024)
    permissions.require(thread, bot, "VIEW_CHANNEL")
    if thread.archived and body.get("archived") is not False:
        raise Refused(50083)
    # Whoever may write there may open it again (docs.discord.com/developers/resources/channel, 2026-12).
    is_opened = set(body) == {"archived"} and body["archived"] is False and not thread.locked
    if not is_opened and (thread.owner is not bot or "locked" in body):
        permissions.require(thread, bot, "MANAGE_THREADS")
    form = Form()
    if "name" in body:
        form.longest("name", body["name"], 100, least=1)
    form.check()
    thread.name = body.get("name", thread.name)
    thread.archived = body.get("archived", thread.archived)
    thread.locked = body.get("locked", thread.locked)
    ask.app.change_thread(thread)
    return 200, channel_json(thread)


def opens_thread_at(ask: Ask) -> Answer:
    place, message, bot = ask.channel, ask.message, ask.app.bot
    permissions.require(place, bot, "VIEW_CHANNEL", "CREATE_PUBLIC_THREADS")
    if place.type != TEXT:
        raise Refused(50024)
    _check_name(ask.form)
    if message.thread is not None:
        raise Refused(160004)
    return 201, channel_json(ask.app.open_thread_at(bot, message, ask.form["name"]))


def opens_thread(ask: Ask) -> Answer:
    """A thread at no message, or a post in a forum with its first message."""
    place, app = ask.channel, ask.app
    permissions.require(place, app.bot, "VIEW_CHANNEL")
    _check_name(ask.form)
    if place.type == FORUM:
        return _posts_in_forum(ask, place)
    permissions.require(place, app.bot, "CREATE_PUBLIC_THREADS")
    if place.type != TEXT:
        raise Refused(50024)
    return 201, channel_json(app.open_thread_without(app.bot, place, ask.form["name"]))


def _posts_in_forum(ask: Ask, forum: Channel) -> Answer:
    app, told = ask.app, ask.form.get("message") or {}
    may_post(ask, forum, told)
    bodies.check(told, ask.files, flags=told.get("flags") or 0)
    first = Message(app.new_id(), forum, app.bot, at_s=app.clock.now())
    bodies.fill(app, first, told, ask.files)
    first.channel = app.open_thread(app.bot, forum, ask.form["name"], thread_id=first.id)
    app.write(first, told.get("allowed_mentions"))
    return 201, channel_json(first.channel) | {"message": ask.shown(first)}


def _check_name(body: Json) -> None:
    form = Form()
    form.longest("name", body.get("name"), 100, least=1)
    if body.get("auto_archive_duration") is not None:
        form.one_of("auto_archive_duration", body["auto_archive_duration"], ARCHIVE_AFTER)
    form.check()


def joins_thread(ask: Ask) -> Answer:
    permissions.require(ask.channel, ask.app.bot, "VIEW_CHANNEL")
    if ask.channel.archived:
        raise Refused(50083)
    return DONE


def me(ask: Ask) -> Answer:
    more = {"verified": True, "mfa_enabled": False, "email": None, "locale": "en-US"}
    return 200, user_json(ask.app.bot) | more


def user(ask: Ask) -> Answer:
    found = ask.app.users.get(ask.params["user"])
    if found is None:
        raise Refused(10013)
    return 200, user_json(found)


def writes_to(ask: Ask) -> Answer:
    """Open the conversation with somebody; whether they take messages shows only when one is sent."""
    found = ask.app.users.get(str(ask.form.get("recipient_id")))
    if found is None or found is ask.app.bot:
        raise Refused(50035) if found is None else Refused(50007)
    return 200, channel_json(ask.app.dm(found))


def my_guilds(ask: Ask) -> Answer:
    told = ({"id": guild.id, "name": guild.name, "icon": None, "owner": False} for guild in ask.app.bots_guilds)
    return 200, [{**one, "permissions": "0", "features": []} for one in told]


def leaves(ask: Ask) -> Answer:
    guild = ask.app.find_guild(ask.params["guild"])
    ask.app.lose(guild)
    return DONE


def guild(ask: Ask) -> Answer:
    found = ask.app.find_guild(ask.params["guild"])
    counts = {"approximate_member_count": len(found.members), "approximate_presence_count": 1}
    return 200, guild_json(found, ask.app) | (counts if ask.query.get("with_counts") in {"1", "true"} else {})


def channels(ask: Ask) -> Answer:
    found = ask.app.find_guild(ask.params["guild"])
    mine = [one for one in ask.app.channels.values() if one.guild is found and not one.deleted and not one.is_thread]
    return 200, [channel_json(one) for one in mine]


def active_threads(ask: Ask) -> Answer:
    found = ask.app.find_guild(ask.params["guild"])
    threads = [one for one in ask.app.channels.values() if one.guild is found and one.is_thread]
    active = [one for one in threads if not one.deleted and not one.archived]
    return 200, {"threads": [channel_json(one) for one in active], "members": []}


def member(ask: Ask) -> Answer:
    found = ask.app.find_guild(ask.params["guild"])
    if ask.params["user"] not in ask.app.users:
        raise Refused(10013)
    if ask.params["user"] not in found.members:
        raise Refused(10007)
    return 200, member_json(found.members[ask.params["user"]])


def roles(ask: Ask) -> Answer:
    found = ask.app.find_guild(ask.params["guild"])
    return 200, [role_json(role, ask.app) for role in found.roles.values()]


def application(ask: Ask) -> Answer:
    return 200, application_json(ask.app)


def gateway(ask: Ask) -> Answer:
    return 200, {"url": ask.app.gateway_url}


def gateway_for_bots(ask: Ask) -> Answer:
    app = ask.app
    limit = {"total": 1000, "remaining": 1000 - app.gateway.identified, "reset_after": 14_400_000}
    limit["max_concurrency"] = app.gateway.max_concurrency
    return 200, {"url": app.gateway_url, "shards": app.shards, "session_start_limit": limit}


_THREADS = "/channels/{channel}/threads"
ROUTES = [
    Route("GET", "/channels/{channel}", channel),
    Route("PATCH", "/channels/{channel}", changes_channel),
    Route("POST", "/channels/{channel}/messages/{message}/threads", opens_thread_at),
    Route("POST", _THREADS, opens_thread),
    Route("PUT", "/channels/{channel}/thread-members/@me", joins_thread),
    Route("GET", "/users/@me", me),
    Route("POST", "/users/@me/channels", writes_to),
    Route("GET", "/users/@me/guilds", my_guilds),
    Route("DELETE", "/users/@me/guilds/{guild}", leaves),
    Route("GET", "/users/{user}", user),
    Route("GET", "/guilds/{guild}", guild),
    Route("GET", "/guilds/{guild}/channels", channels),
    Route("GET", "/guilds/{guild}/threads/active", active_threads),
    Route("GET", "/guilds/{guild}/members/{user}", member),
    Route("GET", "/guilds/{guild}/roles", roles),
    Route("GET", "/oauth2/applications/@me", application),
    Route("GET", "/applications/@me", application),
    Route("GET", "/gateway", gateway, open=True),
    Route("GET", "/gateway/bot", gateway_for_bots),
]
