"""Messages that are written piece by piece."""

from __future__ import annotations

from tests.fakes.slack import events
from tests.fakes.slack.app import App
from tests.fakes.slack.blocks import MAX_MARKDOWN_CHARS, accepted
from tests.fakes.slack.methods.request import Method, Request
from tests.fakes.slack.methods.threads import session_status
from tests.fakes.slack.model import Channel, Json, Message, Refused, Stream
from tests.fakes.slack.rendering import calling_texts

NOT_STREAMING = "message_not_in_streaming_state"


def start(request: Request) -> Json:
    channel, app = request.joined(), request.app
    if not request.text("thread_ts"):
        raise Refused("invalid_thread_ts")
    thread = request.thread(channel)
    if not channel.direct:
        request.required("recipient_team_id", "missing_recipient_team_id")
        request.required("recipient_user_id", "missing_recipient_user_id")
    stream = Stream(app.clock.now())
    message = Message(channel.id, app.new_ts(), app.bot_user, thread_ts=thread, stream=stream)
    message.arguments = request.arguments
    _take(request, message)
    app.write(message)
    app.tell_own(message, events.posted(app, message))
    return {"channel": channel.id, "ts": message.ts}


def append(request: Request) -> Json:
    channel = request.joined()
    message = _open(request, channel)
    if not request.text("markdown_text") and not request.arguments.get("chunks"):
        raise Refused("invalid_arguments")
    _take(request, message)
    return {"channel": channel.id, "ts": message.ts}


def stop(request: Request) -> Json:
    channel, app = request.joined(), request.app
    message = _open(request, channel)
    blocks, metadata = request.blocks(), request.metadata()
    status = session_status(request, "session_status") if request.text("session_status") else ""
    before = events.message_json(app, message)
    _take(request, message)
    assert message.stream is not None
    message.blocks, message.metadata = blocks, metadata
    message.stream.end = NOT_STREAMING
    app.check_pings(message, calling_texts(blocks), link_names=False)
    if status:
        app.set_session(channel.id, message.root_ts, status)
    app.tell_own(message, events.changed(app, message, before))
    return {"channel": channel.id, "ts": message.ts, "message": events.message_json(app, message)}


def _open(request: Request, channel: Channel) -> Message:
    message, app = request.message(channel), request.app
    if message.user != app.bot_user:
        raise Refused("message_not_owned_by_app")
    if message.stream is None:
        raise Refused(NOT_STREAMING)
    if app.clock.now() - message.stream.started_at > app.stream_life_s:
        message.stream.end = message.stream.end or NOT_STREAMING
    if message.stream.end:
        raise Refused(message.stream.end)
    return message


def _take(request: Request, message: Message) -> None:
    """Add what came, all of it or nothing."""
    app, stream = request.app, message.stream
    assert stream is not None
    text = request.text("markdown_text")
    chunks = request.value("chunks", "invalid_chunks")
    if text and chunks:
        raise Refused("cannot_provide_both_markdown_text_and_chunks")
    parts = [text] if text else _parts(app, chunks or [])
    added = "".join(part for part in parts if isinstance(part, str))
    if len(added) > MAX_MARKDOWN_CHARS or len((stream.text + added).encode()) > app.stream_bytes_cap:
        raise Refused("msg_too_long")
    for part in parts:
        _put(stream, part)
    app.check_stream_pings(message)
    app.check_pings(message, calling_texts([part for part in parts if isinstance(part, dict)]), link_names=False)


def _parts(app: App, chunks: object) -> list[str | Json]:
    if not isinstance(chunks, list):
        raise Refused("invalid_chunks")
    parts: list[str | Json] = []
    for chunk in chunks:
        match chunk:
            case {"type": "markdown_text", "text": str(text)}:
                parts.append(text)
            case {"type": "task_update", "id": str(task), "title": str(), "status": str()}:
                parts.extend(accepted([_task(task, chunk)], app.file_exists))
            case {"type": "plan_update", "title": str(title)}:
                parts.append({"type": "plan", "title": title, "block_id": "plan"})
            case {"type": "blocks", "blocks": blocks}:
                parts.extend(accepted(blocks, app.file_exists))
            case _:
                raise Refused("invalid_chunks")
    return parts


def _task(task: str, chunk: Json) -> Json:
    told = {key: chunk[key] for key in ("details", "output", "sources") if chunk.get(key)}
    titled = {"task_id": task, "title": chunk["title"], "status": chunk["status"]}
    return {"type": "task_card", "block_id": f"task-{task}", **titled, **told}


def _put(stream: Stream, part: str | Json) -> None:
    """Add to the end; a task or a plan that is there already changes where it stands."""
    if isinstance(part, dict) and part["type"] in {"task_card", "plan"}:
        for index, known in enumerate(stream.parts):
            if isinstance(known, dict) and known["block_id"] == part["block_id"]:
                stream.parts[index] = {**known, **part}
                return
    stream.parts.append(part)


WRITES = ("chat:write",)
METHODS = {
    "chat.startStream": Method(start, WRITES),
    "chat.appendStream": Method(append, WRITES),
    "chat.stopStream": Method(stop, WRITES),
}
