"""Answers to interactions: docs.discord.com/developers/interactions/receiving-and-responding (2026-12)."""

from __future__ import annotations

from tests.fakes.discord import bodies
from tests.fakes.discord.command_rules import check_choices
from tests.fakes.discord.components import check_modal, walk
from tests.fakes.discord.errors import Form, Refused
from tests.fakes.discord.message_shapes import message_json
from tests.fakes.discord.model import (
    ANSWER_WITHIN_S,
    AUTOCOMPLETE,
    CHAT_COMMAND,
    COMMAND,
    CONTEXT_COMMAND,
    DEFAULT,
    LOADING,
    MODAL_SUBMIT,
    REPLY,
    Interaction,
    Json,
    Message,
    Modal,
)
from tests.fakes.discord.routes.messages import rewrite
from tests.fakes.discord.routes.route import DONE, Answer, Ask, Route

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
MOST_WITHOUT_THE_BOT = 5


def answers(ask: Ask) -> Answer:
    """The first answer, once, and within three seconds."""
    interaction = _first_answer(ask)
    kind, data = ask.form.get("type"), ask.form.get("data") or {}
    _check_kind(interaction, kind)
    if not ask.app.careless or kind not in {DEFERRED, DEFERRED_UPDATE}:
        _RUN[int(kind or 0)](ask, interaction, data)
    interaction.callback = kind
    interaction.acked.set()
    if ask.app.careless:
        return DONE
    return (200, _resource(ask, interaction)) if ask.query.get("with_response") in {"1", "true", "True"} else DONE


def _first_answer(ask: Ask) -> Interaction:
    made = ask.app.interactions
    found = next((one for one in reversed(made) if one.id == ask.params["interaction"]), None)
    if found is None or found.token != ask.params["token"]:
        raise Refused(10062)
    if found.answered:
        raise Refused(40060)
    if ask.app.clock.now() - found.at_s >= ANSWER_WITHIN_S:
        raise Refused(10062)
    return found


def _check_kind(interaction: Interaction, kind: object) -> None:
    allowed = {MESSAGE, DEFERRED}
    if interaction.type == AUTOCOMPLETE:
        allowed = {CHOICES}
    elif interaction.source is not None:
        allowed |= {DEFERRED_UPDATE, UPDATE}
    if interaction.type not in {AUTOCOMPLETE, MODAL_SUBMIT}:
        allowed.add(MODAL)
    form = Form()
    form.one_of("type", kind, allowed)
    form.check()


def _posts(ask: Ask, interaction: Interaction, data: Json) -> None:
    _write(ask, interaction, data, first=True)


def _defers(ask: Ask, interaction: Interaction, data: Json) -> None:
    message = _message(ask, interaction, data)
    message.flags |= LOADING
    interaction.original = message
    _put(ask, interaction, message, None)


def _defers_update(_: Ask, interaction: Interaction, __: Json) -> None:
    interaction.original = interaction.source


def _updates(ask: Ask, interaction: Interaction, data: Json) -> None:
    assert interaction.source is not None
    if interaction.source.deleted:
        raise Refused(10008)
    bodies.check(data, ask.files, flags=interaction.source.flags | (data.get("flags") or 0))
    rewrite(ask, interaction.source, data)
    interaction.original = interaction.source


def _completes(_: Ask, interaction: Interaction, data: Json) -> None:
    form, choices = Form(), data.get("choices") or []
    form.most("data.choices", choices, 25)
    check_choices(form, "data.choices", choices)
    form.check()
    interaction.choices = choices


def _opens(_: Ask, interaction: Interaction, data: Json) -> None:
    form = Form()
    check_modal(form, data)
    form.check()
    inputs: dict[str, Json] = {}
    for part in walk(data["components"]):
        label = part.get("label")
        for inner in [*part.get("components", []), *([part["component"]] if "component" in part else [])]:
            inputs[inner["custom_id"]] = {**inner, "label": inner.get("label") or label}
    interaction.modal = Modal(data["title"], data["custom_id"], data["components"], inputs)


_RUN = {
    MESSAGE: _posts,
    DEFERRED: _defers,
    DEFERRED_UPDATE: _defers_update,
    UPDATE: _updates,
    CHOICES: _completes,
    MODAL: _opens,
}


def _message(ask: Ask, interaction: Interaction, body: Json) -> Message:
    """An empty one, of the kind that such an answer has."""
    app = ask.app
    message = Message(app.new_id(), interaction.channel, app.bot, at_s=app.clock.now(), interaction=interaction)
    if interaction.original is not None:
        message.type, message.reply_to = REPLY, interaction.original
    elif interaction.source is not None:
        message.type, message.reply_to = REPLY, interaction.source
    elif interaction.type == COMMAND:
        message.type = CHAT_COMMAND if interaction.data["type"] == 1 else CONTEXT_COMMAND
    else:
        message.type = DEFAULT
    if bodies.wants_ephemeral(body):
        message.ephemeral_to = interaction.user
        message.flags |= 1 << 6
    return message


def _write(ask: Ask, interaction: Interaction, body: Json, *, first: bool = False) -> Message:
    bodies.check(body, ask.files, flags=body.get("flags") or 0)
    message = _message(ask, interaction, body)
    bodies.fill(ask.app, message, body, ask.files)
    if first:
        interaction.original = message
    return _put(ask, interaction, message, body.get("allowed_mentions"))


def _put(ask: Ask, interaction: Interaction, message: Message, allowed: Json | None) -> Message:
    interaction.responses.append(message)
    return ask.app.write(message, allowed)


def _resource(ask: Ask, interaction: Interaction) -> Json:
    told: Json = {"id": interaction.id, "type": interaction.type}
    original = interaction.original
    resource: Json = {"type": interaction.callback}
    if original is not None and interaction.callback != DEFERRED_UPDATE:
        told["response_message_id"] = original.id
        told["response_message_loading"] = bool(original.flags & LOADING)
        told["response_message_ephemeral"] = original.ephemeral_to is not None
        resource["message"] = message_json(original, ask.app)
    return {"interaction": told, "resource": resource}


def _answered(ask: Ask) -> Interaction:
    """The one that a token is of, while it lives."""
    if ask.app.careless:
        raise Refused(10015)
    made = ask.app.interactions
    found = next((one for one in reversed(made) if one.token == ask.params["token"]), None)
    if ask.params["application"] != ask.app.bot.id or found is None or not found.answered:
        raise Refused(10015)
    if found.expired:
        raise Refused(50027)
    return found


def _named(ask: Ask, interaction: Interaction) -> Message:
    """The first answer, or another message that was made with the same token."""
    name = ask.params["message"]
    mine = [interaction.original, *interaction.responses]
    named = mine[:1] if name == "@original" else [one for one in mine if one is not None and one.id == name]
    if not named or named[0] is None or named[0].deleted:
        raise Refused(10008)
    return named[0]


def follows_up(ask: Ask) -> Answer:
    """One more message; after a deferral the first one takes the place of what was deferred."""
    interaction, body = _answered(ask), ask.form
    original = interaction.original
    if original is not None and original.flags & LOADING and not original.deleted:
        bodies.check(body, ask.files, flags=body.get("flags") or 0)
        rewrite(ask, original, body)
        return 200, message_json(original, ask.app)
    if "0" not in interaction.owners and interaction.followed_up >= MOST_WITHOUT_THE_BOT:
        raise Refused(40094)
    message = _write(ask, interaction, body)
    interaction.followed_up += 1
    return 200, message_json(message, ask.app)


def reads(ask: Ask) -> Answer:
    return 200, message_json(_named(ask, _answered(ask)), ask.app)


def edits(ask: Ask) -> Answer:
    message = _named(ask, _answered(ask))
    bodies.check(ask.form, ask.files, flags=message.flags | (ask.form.get("flags") or 0))
    if message.channel.archived:
        raise Refused(50083)
    rewrite(ask, message, ask.form)
    return 200, message_json(message, ask.app)


def deletes(ask: Ask) -> Answer:
    ask.app.remove(_named(ask, _answered(ask)))
    return DONE


_TOKEN = "/webhooks/{application}/{token}"
_MESSAGE = f"{_TOKEN}/messages/{{message}}"
ROUTES = [
    Route("POST", "/interactions/{interaction}/{token}/callback", answers, open=True),
    Route("POST", _TOKEN, follows_up, "webhooks", "token", open=True),
    Route("GET", _MESSAGE, reads, "webhooks", "token", open=True),
    Route("PATCH", _MESSAGE, edits, "webhooks", "token", open=True),
    Route("DELETE", _MESSAGE, deletes, "webhooks", "token", open=True),
]
