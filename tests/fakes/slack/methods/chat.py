"""Messages: to write, change and delete them."""

from __future__ import annotations

from tests.fakes.slack import events
from tests.fakes.slack.app import App
from tests.fakes.slack.blocks import MAX_MARKDOWN_CHARS, with_ids
from tests.fakes.slack.methods.request import Method, Request
from tests.fakes.slack.model import Channel, Json, Message, Refused


def post_message(request: Request) -> Json:
    message = _draft(request, request.joined())
    message.broadcast = request.flag("reply_broadcast") and message.thread_ts is not None
    app = request.app
    app.write(message)
    app.check_message_pings(message)
    app.tell_own(message, events.posted(app, message))
    return {"channel": message.channel, "ts": message.ts, "message": events.message_json(app, message)}


def post_ephemeral(request: Request) -> Json:
    channel = request.joined()
    user = request.user()
    if user.id not in channel.members:
        raise Refused("user_not_in_channel")
    message = _draft(request, channel)
    message.ephemeral_to = user.id
    request.app.write(message)
    request.app.check_message_pings(message)
    return {"message_ts": message.ts}


def update(request: Request) -> Json:
    channel, app = request.channel(), request.app
    message = request.message(channel)
    if message.user != app.bot_user:
        raise Refused("cant_update_message")
    if message.streaming:
        raise Refused("streaming_state_conflict")
    text, blocks = request.body(), _blocks(request)
    metadata = request.metadata()
    if not text and not blocks:
        raise Refused("no_text")
    app.without_fallback += not text
    before = events.message_json(app, message)
    message.text, message.blocks = text, blocks
    message.metadata = metadata if "metadata" in request.arguments else message.metadata
    message.arguments = request.arguments
    message.edited = {"user": app.bot_user, "ts": app.new_ts()}
    if message.stream:
        message.stream.parts.clear()
    app.check_message_pings(message)
    app.tell_own(message, events.changed(app, message, before))
    shown = events.message_json(app, message)
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": shown}


def delete(request: Request) -> Json:
    channel, app = request.channel(), request.app
    message = request.message(channel)
    if message.user != app.bot_user:
        raise Refused("cant_delete_message")
    app.tell_own(message, removed(request.app, message))
    return {"channel": channel.id, "ts": message.ts}


def removed(app: App, message: Message) -> Json:
    """Take a message away and say how Slack tells of it: a first message with answers leaves a tombstone."""
    before = events.message_json(app, message)
    if message.thread_ts in {None, message.ts} and len(list(app.replies(message.channel, message.ts))) > 1:
        message.text, message.blocks, message.files, message.stream = "This message was deleted.", [], [], None
        message.tombstone = True
        return events.changed(app, message, before)
    message.deleted = True
    return events.deleted(app, message, before)


def permalink(request: Request) -> Json:
    channel = request.channel()
    message = request.message(channel, "message_ts")
    link = f"https://home.slack.test/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts and message.thread_ts != message.ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _draft(request: Request, channel: Channel) -> Message:
    text, blocks = request.body(), _blocks(request)
    if not text and not blocks:
        raise Refused("no_text")
    thread, metadata = request.thread(channel), request.metadata()
    app = request.app
    app.without_fallback += not text
    return Message(
        channel.id,
        app.new_ts(),
        app.bot_user,
        text,
        thread,
        blocks,
        metadata=metadata,
        arguments=request.arguments,
    )


def _blocks(request: Request) -> list[Json]:
    """The blocks, or the one that `markdown_text` becomes."""
    markdown = request.text("markdown_text")
    if not markdown:
        return request.blocks()
    if request.text("text") or request.arguments.get("blocks"):
        raise Refused("markdown_text_conflict")
    if len(markdown) > MAX_MARKDOWN_CHARS:
        raise Refused("msg_too_long")
    return with_ids([{"type": "markdown", "text": markdown}])


WRITES = ("chat:write",)
METHODS = {
    "chat.postMessage": Method(post_message, WRITES),
    "chat.postEphemeral": Method(post_ephemeral, WRITES),
    "chat.update": Method(update, WRITES),
    "chat.delete": Method(delete, WRITES),
    "chat.getPermalink": Method(permalink, reads=True),
}
