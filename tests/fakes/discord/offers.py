"""What a client lets people choose: commands with their options, and forms with their inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.fakes.discord import permissions
from tests.fakes.discord.command_rules import (
    BOOLEAN,
    CHAT,
    FILE,
    GROUP,
    INTEGER,
    NUMBER,
    STRING,
    SUBCOMMAND,
)
from tests.fakes.discord.components import LABEL, ROW
from tests.fakes.discord.message_shapes import attachment_json
from tests.fakes.discord.model import DM, Attachment, Channel, Json, Modal, Role, User
from tests.fakes.discord.shapes import channel_json, role_json
from tests.fakes.discord.world import World

IN_GUILD, WITH_BOT, PRIVATE = 0, 1, 2
_KINDS: dict[int, type | tuple[type, ...]] = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float)}


def context_of(channel: Channel, bot: User) -> int:
    if channel.guild is not None:
        return IN_GUILD
    return WITH_BOT if channel.type == DM and bot in channel.people else PRIVATE


def is_offered(command: Json, user: User, channel: Channel, bot: User, installed_for: str) -> bool:
    """Whether this person's client shows a command there."""
    context, guild = context_of(channel, bot), channel.guild
    if installed_for == "guild" and (context == PRIVATE or (guild is not None and not guild.joined)):
        return False
    if "guild_id" not in command:
        contexts = command.get("contexts")
        if contexts is not None and context not in contexts:
            return False
        if (1 if installed_for == "user" else 0) not in command["integration_types"]:
            return False
    needed = command.get("default_member_permissions")
    if needed is None or guild is None:
        return True
    granted = permissions.in_channel(channel, user)
    return granted == permissions.ALL or (int(needed) > 0 and granted & int(needed) == int(needed))


def path(commands: list[Json], names: str, kind: int) -> tuple[Json, list[Json]]:
    """The command, and the way from it to the sub-command that is meant.

    Raises:
        AssertionError: There is no such command.
    """
    steps = names.split() if kind == CHAT else [names]
    found: list[Json] = []
    offered = commands
    for step in steps:
        match = next((one for one in offered if one["name"] == step), None)
        assert match is not None, f"{names!r} is not offered; there are {[one['name'] for one in offered]}"
        found.append(match)
        offered = [one for one in match.get("options") or [] if one["type"] in {SUBCOMMAND, GROUP}]
    assert not offered, f"{names!r} is not all: choose one of {[one['name'] for one in offered]}"
    return found[0], found


def option(command: Json, name: str) -> Json:
    found = next((one for one in command.get("options") or [] if one["name"] == name), None)
    assert found is not None, f"{command['name']} has no option {name!r}"
    return found


def given(
    command: Json, options: dict[str, Any], tells: Callable[[object], Json], *, partly: bool = False
) -> tuple[list[Json], Json]:
    """The options as they are sent, and what is told of whatever they name.

    Raises:
        AssertionError: A client would not send these.
    """
    sent: list[Json] = []
    resolved: Json = {}
    for name, value in options.items():
        one = option(command, name)
        plain_value = _value(one, value)
        sent.append({"name": name, "type": one["type"], "value": plain_value})
        if plain_value is not value and not isinstance(value, str):
            for key, things in tells(value).items():
                resolved.setdefault(key, {}).update(things)
    missing = [
        one["name"] for one in command.get("options") or [] if one.get("required") and one["name"] not in options
    ]
    assert partly or not missing, f"{command['name']} needs {missing}"
    return sent, resolved


def _value(one: Json, value: Any) -> Any:
    name, kind = one["name"], one["type"]
    if kind in _KINDS:
        assert isinstance(value, _KINDS[kind]), f"{name} is not of that kind"
        assert kind == BOOLEAN or not isinstance(value, bool), f"{name} is not of that kind"
        chosen = _chosen(one, value)
        _check_bounds(one, chosen)
        return chosen
    assert isinstance(value, Attachment if kind == FILE else User | Role | Channel), f"{name} is not of that kind"
    return value.id


def _chosen(one: Json, value: Any) -> Any:
    choices = one.get("choices") or []
    if not choices:
        return value
    found = next((choice for choice in choices if value in {choice["value"], choice["name"]}), None)
    assert found is not None, f"{one['name']} offers {[choice['value'] for choice in choices]}"
    return found["value"]


def _check_bounds(one: Json, value: Any) -> None:
    measured = len(value) if isinstance(value, str) else value
    kind = "length" if isinstance(value, str) else "value"
    least, most = one.get(f"min_{kind}"), one.get(f"max_{kind}")
    assert least is None or measured >= least, f"{one['name']} is less than {least}"
    assert most is None or measured <= most, f"{one['name']} is more than {most}"
    assert kind == "value" or measured <= 6000, f"{one['name']} is too long"


def resolved(thing: object, world: World) -> Json:
    if isinstance(thing, Role):
        return {"roles": {thing.id: role_json(thing, world)}}
    if isinstance(thing, Channel):
        return {"channels": {thing.id: channel_json(thing) | {"permissions": "0"}}}
    assert isinstance(thing, Attachment)
    return {"attachments": {thing.id: attachment_json(thing)}}


def filled(modal: Modal, inputs: dict[str, str]) -> list[Json]:
    """The components of a form as they are sent.

    Raises:
        AssertionError: There is no such input, or it may not be left like that.
    """
    names = {one["custom_id"] for one in modal.inputs.values()} | {one.get("label") for one in modal.inputs.values()}
    assert set(inputs) <= names, f"the form has {sorted(modal.inputs)}"
    sent: list[Json] = []
    for number, part in enumerate(modal.components, start=1):
        if part["type"] == ROW:
            sent.append({"type": ROW, "id": number, "components": [_input(modal, part["components"][0], inputs)]})
        elif part["type"] == LABEL:
            sent.append({"type": LABEL, "id": number, "component": _input(modal, part["component"], inputs)})
        else:
            sent.append({"type": part["type"], "id": number})
    return sent


def _input(modal: Modal, part: Json, inputs: dict[str, str]) -> Json:
    custom_id = part["custom_id"]
    label = modal.inputs[custom_id].get("label")
    value = inputs.get(custom_id, inputs.get(label or "", part.get("value") or ""))
    told: Json = {"type": part["type"], "id": part.get("id", 0), "custom_id": custom_id}
    if part["type"] != 4:
        return told | {"values": [value] if value else []}
    assert value or not part.get("required", True), f"{label!r} must be filled in"
    assert not value or len(value) >= (part.get("min_length") or 0), f"{label!r} is too short"
    assert len(value) <= (part.get("max_length") or 4000), f"{label!r} is too long"
    return told | {"value": value}
