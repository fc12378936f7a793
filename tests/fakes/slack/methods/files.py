"""Files, in the three steps of today: ask for a URL, upload, complete."""

from __future__ import annotations

from tests.fakes.slack import events
from tests.fakes.slack.methods.request import Method, Request
from tests.fakes.slack.model import Channel, File, Json, Message, Refused


def upload_url(request: Request) -> Json:
    app = request.app
    name, length = request.required("filename"), request.required("length")
    if not length.isdigit() or int(length) < 1:
        raise Refused("invalid_arguments")
    file = File(app.new_id("F"), name, int(length), alt_text=request.text("alt_txt"))
    app.files[file.id] = file
    return {"upload_url": f"{app.base_url}/upload/v1/{file.id}", "file_id": file.id}


def complete(request: Request) -> Json:
    named = request.value("files", "invalid_arguments")
    if not isinstance(named, list) or not named:
        raise Refused("invalid_arguments")
    files = [_file(request, told) for told in named]
    if request.text("channel_id"):
        channel = request.joined("channel_id")
        thread = request.thread(channel)
        for file, told in zip(files, named, strict=True):
            file.title = str(told.get("title") or file.name)
        _share(request, channel, thread, files)
    return {"files": [{"id": file.id, "title": file.title or file.name} for file in files]}


def _file(request: Request, told: Json) -> File:
    file = request.app.files.get(str(told.get("id")))
    if file is None or file.bytes is None:
        raise Refused("file_not_found")
    return file


def _share(request: Request, channel: Channel, thread: str | None, files: list[File]) -> None:
    app = request.app
    comment = request.text("initial_comment")
    message = Message(channel.id, app.new_ts(), app.bot_user, comment, thread, request.blocks(), files)
    app.write(message)
    app.check_message_pings(message)
    app.tell_own(message, events.posted(app, message))


METHODS = {
    "files.getUploadURLExternal": Method(upload_url, ("files:write",), reads=True),
    "files.completeUploadExternal": Method(complete, ("files:write",)),
}
