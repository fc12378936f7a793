"""Messages: docs.discord.com/developers/resources/message (2026-12)."""

from __future__ import annotations

from urllib.parse import unquote

from tests.fakes.discord import bodies, permissions, pings
from tests.fakes.discord.errors import Refused, refuse
from tests.fakes.discord.model import (
    CATEGORY,
    DM,
    FORUM,
    LOADING,
    REPLY,
    SYSTEM_TYPES,
    Channel,
    Json,
    Message,
)
from tests.fakes.discord.routes.route import DONE, Answer, Ask, Route

NONCE_LIFE_S = 300.0
HOUR_S = 3600.0
BULK_LIFE_S = 14 * 24 * HOUR_S


def posts(ask: Ask) -> Answer:
    """Create a message; one with a nonce that is enforced is created once."""
    channel, body, app = ask.channel, ask.form, ask.app
    if channel.type in {CATEGORY, FORUM}:
        raise Refused(50008)
    if channel.type == DM and not all(user.takes_dms for user in channel.people):
        raise Refused(50007)
    may_post(ask, channel, body)
    bodies.check(body, ask.files, flags=body.get("flags") or 0)
    if first := _first_with(ask, body):
        return 200, ask.shown(first)
    message = Message(app.new_id(), channel, app.bot, at_s=app.clock.now(), nonce=body.get("nonce"))
    message.tts = bool(body.get("tts"))
    _answers(ask, message, body.get("message_reference"))
    bodies.fill(app, message, body, ask.files)
    if channel.archived:
        channel.archived = False
        app.change_thread(channel)
    if message.nonce is not None:
        app.nonces[str(message.nonce)] = message
    app.write(message, body.get("allowed_mentions"))
    return 200, ask.shown(message) | ({"nonce": message.nonce} if message.nonce is not None else {})


def may_post(ask: Ask, channel: Channel, body: Json) -> None:
    """Refuse what the bot may not write there."""
    bot = ask.app.bot
    sends = "SEND_MESSAGES_IN_THREADS" if channel.is_thread else "SEND_MESSAGES"
    permissions.require(channel, bot, "VIEW_CHANNEL", sends)
    if channel.locked and not permissions.may(channel, bot, "MANAGE_THREADS"):
        raise Refused(50083, status=403) if channel.archived else Refused(160005)
    if body.get("embeds") and not ask.app.plain:
        permissions.require(channel, bot, "EMBED_LINKS")
    if ask.files and not ask.app.plain:
        permissions.require(channel, bot, "ATTACH_FILES")


def edits(ask: Ask) -> Answer:
    """Edit a message of the bot's own."""
    channel, message, body, app = ask.channel, ask.message, ask.form, ask.app
    permissions.require(channel, app.bot, "VIEW_CHANNEL")
    if message.author is not app.bot:
        _suppresses(ask, message, body)
    elif channel.archived:
        raise Refused(50083)
    else:
        bodies.check(body, ask.files, flags=message.flags | (body.get("flags") or 0))
        if body.get("embeds") and not app.plain:
            permissions.require(channel, app.bot, "EMBED_LINKS")
        if app.clock.now() - message.at_s > HOUR_S:
            ask.buckets.take_old_edit(channel.id)
        rewrite(ask, message, body)
    return 200, ask.shown(message)


def rewrite(ask: Ask, message: Message, body: Json) -> None:
    """Put the new in place of the old; an answer that was still being thought of becomes one."""
    was_loading = bool(message.flags & LOADING)
    bodies.fill(ask.app, message, body, ask.files)
    message.flags &= ~LOADING
    if not was_loading:
        message.edited_at_s = ask.app.clock.now()
    if "content" in body or "components" in body or was_loading:
        pings.call(message, ask.app, body.get("allowed_mentions"))
    ask.app.changed(message)


def _suppresses(ask: Ask, message: Message, body: Json) -> None:
    """The one thing of a message of somebody else that may be changed."""
    if set(body) - {"flags"} or "flags" not in body:
        raise Refused(50005)
    permissions.require(message.channel, ask.app.bot, "MANAGE_MESSAGES")
    bodies.fill(ask.app, message, body, {})
    ask.app.changed(message)


def deletes(ask: Ask) -> Answer:
    channel, message, app = ask.channel, ask.message, ask.app
    permissions.require(channel, app.bot, "VIEW_CHANNEL")
    if message.author is not app.bot:
        if channel.guild is None:
            raise Refused(50003)
        permissions.require(channel, app.bot, "MANAGE_MESSAGES")
    if channel.archived and channel.locked:
        raise Refused(50083)
    app.remove(message)
    return DONE


def deletes_many(ask: Ask) -> Answer:
    channel, app = ask.channel, ask.app
    if channel.guild is None:
        raise Refused(50003)
    permissions.require(channel, app.bot, "MANAGE_MESSAGES")
    ids = [str(one) for one in ask.form.get("messages") or []]
    if not 2 <= len(ids) <= 100:
        refuse("messages", "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 100 in length.")
    found = [message for message in app.messages(channel) if message.id in ids]
    if any(app.clock.now() - message.at_s > BULK_LIFE_S for message in found):
        raise Refused(50034, message="You can only bulk delete messages that are under 14 days old.")
    app.remove_all(channel, found)
    return DONE


def reads(ask: Ask) -> Answer:
    """The history, newest first; nothing of it without the permission to read it."""
    channel, limit = ask.channel, ask.number("limit", 50, 1, 100)
    if channel.type in {CATEGORY, FORUM}:
        raise Refused(50008)
    permissions.require(channel, ask.app.bot, "VIEW_CHANNEL")
    if not permissions.may(channel, ask.app.bot, "READ_MESSAGE_HISTORY"):
        return 200, []
    all_of_them = [message for message in ask.app.messages(channel) if message.ephemeral_to is None]
    return 200, [ask.shown(message) for message in reversed(_page(all_of_them, ask.query, limit))]


def reads_one(ask: Ask) -> Answer:
    permissions.require(ask.channel, ask.app.bot, "VIEW_CHANNEL", "READ_MESSAGE_HISTORY")
    return 200, ask.shown(ask.message)


def types(ask: Ask) -> Answer:
    channel, app = ask.channel, ask.app
    permissions.require(channel, app.bot, "VIEW_CHANNEL", *([] if channel.is_thread else ["SEND_MESSAGES"]))
    channel.typing_until_s = app.clock.now() + 10.0
    return DONE


def reacts(ask: Ask) -> Answer:
    permissions.require(ask.channel, ask.app.bot, "VIEW_CHANNEL", "READ_MESSAGE_HISTORY", "ADD_REACTIONS")
    users = ask.message.reactions.setdefault(unquote(ask.params["emoji"]), [])
    if ask.app.bot not in users:
        users.append(ask.app.bot)
    return DONE


def takes_reaction_back(ask: Ask) -> Answer:
    reactions, name = ask.message.reactions, unquote(ask.params["emoji"])
    left = [user for user in reactions.get(name, []) if user is not ask.app.bot]
    reactions.pop(name, None)
    if left:
        reactions[name] = left
    return DONE


def _first_with(ask: Ask, body: Json) -> Message | None:
    nonce, since_s = body.get("nonce"), ask.app.clock.now() - NONCE_LIFE_S
    if nonce is None or not body.get("enforce_nonce") or ask.app.plain:
        return None
    first = ask.app.nonces.get(str(nonce))
    return first if first is not None and first.at_s >= since_s else None


def _answers(ask: Ask, message: Message, reference: Json | None) -> None:
    """What it is a reply to."""
    if not reference or reference.get("message_id") is None:
        return
    if not permissions.may(message.channel, ask.app.bot, "READ_MESSAGE_HISTORY"):
        raise Refused(160002)
    answered = ask.app.everything.get(str(reference["message_id"]))
    gone = answered is None or answered.deleted or answered.channel is not message.channel or answered.ephemeral_to
    if gone and reference.get("fail_if_not_exists", True):
        refuse("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    if answered is not None and not gone:
        if answered.type in SYSTEM_TYPES:
            refuse("message_reference", "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", "Cannot reply to a system message")
        message.reply_to, message.type = answered, REPLY


def _page(messages: list[Message], query: dict[str, str], limit: int) -> list[Message]:
    """Oldest first."""
    if "around" in query:
        middle = int(query["around"])
        older = [message for message in messages if int(message.id) < middle][-(limit // 2) :]
        return older + [message for message in messages if int(message.id) >= middle][: limit - len(older)]
    if "after" in query:
        return [message for message in messages if int(message.id) > int(query["after"])][:limit]
    if "before" in query:
        messages = [message for message in messages if int(message.id) < int(query["before"])]
    return messages[-limit:]


_MESSAGES = "/channels/{channel}/messages"
_MINE = f"{_MESSAGES}/{{message}}/reactions/{{emoji}}/@me"
ROUTES = [
    Route("GET", _MESSAGES, reads),
    Route("POST", _MESSAGES, posts, "messages"),
    Route("POST", f"{_MESSAGES}/bulk-delete", deletes_many),
    Route("GET", f"{_MESSAGES}/{{message}}", reads_one),
    Route("PATCH", f"{_MESSAGES}/{{message}}", edits, "messages"),
    Route("DELETE", f"{_MESSAGES}/{{message}}", deletes, "deletes"),
    Route("PUT", _MINE, reacts),
    Route("DELETE", _MINE, takes_reaction_back),
    Route("POST", "/channels/{channel}/typing", types, "typing"),
]
