"""Application commands: which are registered."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fakes.discord.command_rules import CHAT, check_all
from tests.fakes.discord.errors import Refused
from tests.fakes.discord.model import Json


class Registry:
    """What the bot has registered, everywhere and in single servers.

    Attributes:
        writes: How often something was registered, changed or taken away.
    """

    def __init__(self) -> None:
        self.writes = 0
        self._commands: dict[str | None, dict[str, Json]] = {}

    def all(self, guild_id: str | None) -> list[Json]:
        return list(self._commands.get(guild_id, {}).values())

    def find(self, guild_id: str | None, command_id: str) -> Json:
        try:
            return self._commands[guild_id][command_id]
        except KeyError:
            raise Refused(10063) from None

    def replace(self, guild_id: str | None, commands: object, ids: Iterator[str], application: str) -> list[Json]:
        """Register these and no others; one that was there before keeps its id."""
        if not isinstance(commands, list):
            raise Refused(50035)
        check_all(commands)
        kept = [self._kept(guild_id, command, ids, application) for command in commands]
        self._commands[guild_id] = {command["id"]: command for command in kept}
        self.writes += 1
        return kept

    def add(self, guild_id: str | None, command: Json, ids: Iterator[str], application: str) -> tuple[Json, bool]:
        """Register one, in place of the one of that name; whether it is new."""
        old = self._named(guild_id, command)
        others = [one for one in self.all(guild_id) if one is not old]
        check_all([*others, command])
        kept = self._kept(guild_id, command, ids, application)
        self._commands.setdefault(guild_id, {})[kept["id"]] = kept
        self.writes += 1
        return kept, old is None

    def change(self, guild_id: str | None, command_id: str, changes: Json, ids: Iterator[str]) -> Json:
        old = self.find(guild_id, command_id)
        changed = old | {key: value for key, value in changes.items() if key not in {"id", "type", "application_id"}}
        check_all([*(one for one in self.all(guild_id) if one is not old), changed])
        self._commands[guild_id][command_id] = changed | {"version": next(ids)}
        self.writes += 1
        return self._commands[guild_id][command_id]

    def remove(self, guild_id: str | None, command_id: str) -> None:
        self.find(guild_id, command_id)
        del self._commands[guild_id][command_id]
        self.writes += 1

    def _named(self, guild_id: str | None, command: Json) -> Json | None:
        wanted = (command.get("type") or CHAT, command.get("name"))
        return next((one for one in self.all(guild_id) if (one["type"], one["name"]) == wanted), None)

    def _kept(self, guild_id: str | None, command: Json, ids: Iterator[str], application: str) -> Json:
        """As Discord keeps it: with what was left out, without what says nothing."""
        old = self._named(guild_id, command)
        told: Json = {
            "id": old["id"] if old else next(ids),
            "application_id": application,
            "type": command.get("type") or CHAT,
            "name": command["name"],
            "name_localizations": command.get("name_localizations"),
            "description": command.get("description") or "",
            "description_localizations": command.get("description_localizations"),
            "default_member_permissions": command.get("default_member_permissions"),
            "nsfw": bool(command.get("nsfw")),
        }
        if guild_id:
            told["guild_id"] = guild_id
        else:
            told["dm_permission"] = command.get("dm_permission", True)
            told["contexts"] = command.get("contexts")
            told["integration_types"] = command.get("integration_types") or [0]
        if command.get("options"):
            told["options"] = [_option(option) for option in command["options"]]
        same = old is not None and {**old, "version": ""} == {**told, "version": ""}
        return told | {"version": old["version"] if old and same else next(ids)}


def without_localizations(command: Json) -> Json:
    """As a list shows commands that did not ask for them."""
    told = {key: value for key, value in command.items() if not key.endswith("_localizations")}
    if "options" in told:
        told["options"] = [without_localizations(option) for option in told["options"]]
    return told


def _option(option: Json) -> Json:
    silent = (None, False, [], {})
    told = {key: value for key, value in option.items() if value not in silent or key == "value"}
    if option.get("options"):
        told["options"] = [_option(inner) for inner in option["options"]]
    return told
