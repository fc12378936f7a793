"""What Slack tells the bot: messages as JSON, and the events about them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from tests.fakes.slack.model import SCOPES_BY_KIND, Channel, File, Json, Kind, Message
from tests.fakes.slack.typed import as_blocks
from tests.fakes.slack.workspace import Workspace

ALL_EVENTS = frozenset({
    "app_mention", "message.channels", "message.groups", "message.im", "message.mpim",
    "app_home_opened", "agent_session_stopped",
})  # fmt: skip

_SUBSCRIPTIONS: Mapping[Kind, str] = {
    "channel": "message.channels", "group": "message.groups", "im": "message.im", "mpim": "message.mpim",
}  # fmt: skip
_SCOPES = {"app_mention": "app_mentions:read", "agent_session_stopped": "chat:write"}


def subscription(event: Json, channel: Channel | None) -> tuple[str, str]:
    """What an app must have subscribed to, and the scope that this takes."""
    if event["type"] == "message":
        assert channel is not None
        return _SUBSCRIPTIONS[channel.kind], f"{SCOPES_BY_KIND[channel.kind]}:history"
    return event["type"], _SCOPES.get(event["type"], "")


def callback(workspace: Workspace, event: Json, channel: Channel | None, token: str) -> Json:
    """The event in its envelope; each is told of under an id of its own."""
    return {
        "token": token,
        "team_id": workspace.team,
        "context_team_id": workspace.team,
        "context_enterprise_id": None,
        "api_app_id": workspace.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(workspace.clock.now()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team,
                "user_id": workspace.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": bool(channel and channel.shared),
        "event_context": f"4-{secrets.token_urlsafe(12)}",
    }


def message_json(workspace: Workspace, message: Message) -> Json:
    """A message as the Web API and events show it."""
    if message.tombstone:
        return _tombstone(workspace, message)
    told: Json = {"user": message.user, "type": "message", "ts": message.ts, "text": message.text}
    if message.stream:
        told["text"] = message.text or message.stream.text
        told["streaming_state"] = "in_progress" if message.streaming else "completed"
    if message.user == workspace.bot_user:
        profile = {"id": workspace.bot_id, "app_id": workspace.app_id, "name": "ragbot", "team_id": workspace.team}
        told |= {"bot_id": workspace.bot_id, "app_id": workspace.app_id, "bot_profile": profile}
    else:
        told |= {"client_msg_id": f"{message.ts}-{message.user}"}
    told["team"] = workspace.users[message.user].team
    told["blocks"] = message.all_blocks or as_blocks(message.text)
    told |= _extras(workspace, message)
    return told


def posted(workspace: Workspace, message: Message) -> Json:
    channel = workspace.channels[message.channel]
    event = {**message_json(workspace, message), **_where(channel, message.ts)}
    event.pop("metadata", None)
    if message.files:
        event["subtype"] = "file_share"
    if message.broadcast:
        event["subtype"] = "thread_broadcast"
    if workspace.users[message.user].team != workspace.team:
        event |= {"user_team": event["team"], "source_team": event["team"]}
    return event


def mentioned(workspace: Workspace, message: Message) -> Json:
    event = {**posted(workspace, message), "type": "app_mention"}
    for absent in ("channel_type", "parent_user_id", "subtype"):
        event.pop(absent, None)
    return event


def changed(workspace: Workspace, message: Message, before: Json) -> Json:
    at = workspace.new_ts()
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": message_json(workspace, message),
        "previous_message": before,
        "hidden": True,
        "ts": at,
        **_where(workspace.channels[message.channel], at),
    }


def deleted(workspace: Workspace, message: Message, before: Json) -> Json:
    at = workspace.new_ts()
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": before,
        "hidden": True,
        "deleted_ts": message.ts,
        "ts": at,
        **_where(workspace.channels[message.channel], at),
    }


def file_json(file: File) -> Json:
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        "size": file.length,
        "alt_txt": file.alt_text,
        "mode": "hosted",
        "permalink": f"https://home.slack.test/files/{file.id}",
    }


def _where(channel: Channel, at: str) -> Json:
    return {"channel": channel.id, "event_ts": at, "channel_type": channel.kind}


def _extras(workspace: Workspace, message: Message) -> Json:
    told: Json = {}
    if message.thread_ts:
        told["thread_ts"] = message.thread_ts
    if message.thread_ts and message.thread_ts != message.ts:
        root = workspace.find(message.channel, message.thread_ts)
        told["parent_user_id"] = root.user if root else "USLACKBOT"
    if message.edited:
        told["edited"] = message.edited
    if message.attachments:
        told["attachments"] = message.attachments
    if message.files:
        told["files"] = [file_json(file) for file in message.files]
    if message.reactions:
        reactions = message.reactions.items()
        told["reactions"] = [{"name": name, "users": users, "count": len(users)} for name, users in reactions]
    if message.metadata:
        told["metadata"] = message.metadata
    answers = [reply for reply in workspace.replies(message.channel, message.ts) if reply.ts != message.ts]
    if answers and message.thread_ts in {None, message.ts}:
        told |= {"thread_ts": message.ts, "reply_count": len(answers), "latest_reply": answers[-1].ts}
    return told


def _tombstone(workspace: Workspace, message: Message) -> Json:
    count = sum(1 for reply in workspace.replies(message.channel, message.ts)) - 1
    return {
        "type": "message",
        "subtype": "tombstone",
        "user": "USLACKBOT",
        "text": "This message was deleted.",
        "hidden": True,
        "ts": message.ts,
        "thread_ts": message.ts,
        "parent_user_id": "USLACKBOT",
        "reply_count": count,
    }
