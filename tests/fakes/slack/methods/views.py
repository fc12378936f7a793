"""Modals and home tabs."""

from __future__ import annotations

import secrets

from tests.fakes.slack.blocks import Surface, accepted
from tests.fakes.slack.methods.request import Method, Request
from tests.fakes.slack.model import Json, Refused, View

MOST_VIEWS_STACKED = 3


def open_view(request: Request) -> Json:
    user = request.app.pull(request.required("trigger_id"))
    payload = _view(request, "modal")
    view = View(request.app.new_id("V"), user, payload, secrets.token_hex(8))
    request.app.views.append(view)
    return {"view": request.app.view_json(view)}


def push_view(request: Request) -> Json:
    app = request.app
    user = app.pull(request.required("trigger_id"))
    if sum(1 for view in app.views if view.user == user and view.open) >= MOST_VIEWS_STACKED:
        raise Refused("push_limit_reached")
    view = View(app.new_id("V"), user, _view(request, "modal"), secrets.token_hex(8))
    app.views.append(view)
    return {"view": app.view_json(view)}


def update_view(request: Request) -> Json:
    app = request.app
    wanted = request.text("view_id")
    view = next((view for view in app.views if view.id == wanted and view.open), None)
    if view is None:
        raise Refused("not_found")
    _check_hash(request, view)
    view.payload, view.hash = _view(request, "modal"), secrets.token_hex(8)
    return {"view": app.view_json(view)}


def publish(request: Request) -> Json:
    app, user = request.app, request.user("user_id")
    payload = _view(request, "home")
    if user.id in app.homes:
        _check_hash(request, app.homes[user.id])
    view = View(app.new_id("V"), user.id, payload, secrets.token_hex(8))
    app.homes[user.id] = view
    return {"view": app.view_json(view)}


def _check_hash(request: Request, view: View) -> None:
    if request.text("hash") and request.text("hash") != view.hash:
        raise Refused("hash_conflict")


def _view(request: Request, kind: Surface) -> Json:
    view = request.value("view", "invalid_arguments")
    if not isinstance(view, dict) or view.get("type") != kind:
        raise _invalid("invalid `type`")
    blocks = accepted(view.get("blocks"), request.app.file_exists, kind)
    if kind == "modal":
        for key in ("title", "submit", "close"):
            label = view.get(key, {}).get("text", "")
            if len(label) > 24 or (key == "title" and not label):
                raise _invalid(f"must be 1 to 24 characters [json-pointer:/view/{key}/text]")
        if any(block["type"] == "input" for block in blocks) and "submit" not in view:
            raise _invalid("missing required field: submit [json-pointer:/view]")
    for key, most in (("private_metadata", 3000), ("callback_id", 255)):
        if len(view.get(key, "")) > most:
            raise _invalid(f"must be less than {most + 1} characters [json-pointer:/view/{key}]")
    return {**view, "blocks": blocks}


def _invalid(what: str) -> Refused:
    return Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {what}"]})


METHODS = {
    "views.open": Method(open_view),
    "views.push": Method(push_view),
    "views.update": Method(update_view),
    "views.publish": Method(publish),
}
