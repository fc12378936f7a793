"""Conversations and what was said in them."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from tests.fakes.slack import events
from tests.fakes.slack.methods.request import Method, Request
from tests.fakes.slack.model import Channel, Json, Message, Refused

MOST_IN_A_PAGE = 1_000


def info(request: Request) -> Json:
    channel = request.channel()
    request.need_by_kind(channel, "read")
    return {"channel": _channel_json(request, channel)}


def replies(request: Request) -> Json:
    """A thread, oldest first."""
    channel = request.joined()
    request.need_by_kind(channel, "history")
    root = request.app.find(channel.id, request.text("ts"))
    if root is None:
        raise Refused("thread_not_found")
    thread = [m for m in request.app.replies(channel.id, root.root_ts) if m is root or _between(request, m)]
    return _page(request, thread)


def history(request: Request) -> Json:
    """What stands in the channel itself, newest first."""
    channel = request.joined()
    request.need_by_kind(channel, "history")
    shown = [
        message
        for message in request.app.messages
        if message.channel == channel.id
        and not (message.deleted or message.ephemeral_to)
        and (message.thread_ts in {None, message.ts} or message.broadcast)
        and _between(request, message)
    ]
    return _page(request, shown[::-1])


def open_dm(request: Request) -> Json:
    app = request.app
    if request.text("channel"):
        return {"channel": {"id": request.channel().id}}
    named = [user for user in request.text("users").split(",") if user]
    if not named:
        raise Refused("users_list_not_supplied")
    if any(user not in app.users for user in named):
        raise Refused("user_not_found")
    request.need("im:write" if len(named) == 1 else "mpim:write")
    users = [app.users[user] for user in named]
    channel = app.dm(users[0]) if len(users) == 1 else app.group_dm(*users)
    return {"channel": _channel_json(request, channel) if request.flag("return_im") else {"id": channel.id}}


def _between(request: Request, message: Message) -> bool:
    oldest, latest = float(request.text("oldest") or 0), float(request.text("latest") or "inf")
    at = float(message.ts)
    return oldest < at < latest or (request.flag("inclusive") and at in {oldest, latest})


def _page(request: Request, messages: Sequence[Message]) -> Json:
    start = _start(request.text("cursor"))
    limit = max(1, min(int(request.text("limit") or 100), MOST_IN_A_PAGE))
    end = start + limit
    more = end < len(messages)
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if more else ""
    shown = [events.message_json(request.app, message) for message in messages[start:end]]
    if not request.flag("include_all_metadata"):
        for message in shown:
            message.pop("metadata", None)
    return {"messages": shown, "has_more": more, "response_metadata": {"next_cursor": cursor}}


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except ValueError:
        raise Refused("invalid_cursor") from None


def _channel_json(request: Request, channel: Channel) -> Json:
    told: Json = {
        "id": channel.id,
        "name": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": channel.archived,
        "is_shared": channel.shared,
        "is_ext_shared": channel.shared,
        "is_org_shared": False,
        "is_member": request.app.bot_user in channel.members,
        "context_team_id": request.app.team,
    }
    if channel.direct:
        told["user"] = next(iter(channel.members - {request.app.bot_user}))
        del told["name"]
    if request.flag("include_num_members"):
        told["num_members"] = len(channel.members)
    return told


METHODS = {
    "conversations.info": Method(info, reads=True),
    "conversations.replies": Method(replies, reads=True),
    "conversations.history": Method(history, reads=True),
    "conversations.open": Method(open_dm),
}
