"""What may be registered as a command.

Rules: docs.discord.com/developers/interactions/application-commands (2026-12).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from tests.fakes.discord.errors import Form, Refused
from tests.fakes.discord.model import Json

CHAT, USER, MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, PERSON, CHANNEL, ROLE, MENTIONABLE, NUMBER, FILE = range(1, 12)
LONGEST = 8000
MOST = {CHAT: 100, USER: 15, MESSAGE: 15}
# Locales as the developers' reference lists them (docs.discord.com/developers/reference, 2026-12).
LOCALES = {
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR",
    "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko",
}  # fmt: skip
_LOCALIZED = ("name", "description")


def check_all(commands: list[Json]) -> None:
    """Refuse what Discord refuses of a set of commands.

    Raises:
        Refused: With all that is wrong.
    """
    form = Form()
    seen: set[tuple[int, str]] = set()
    for index, command in enumerate(commands):
        kind, path = command.get("type") or CHAT, str(index)
        form.one_of(f"{path}.type", kind, {CHAT, USER, MESSAGE})
        if (kind, command.get("name", "")) in seen:
            told = "Application command names must be unique"
            form.bad(path, "APPLICATION_COMMANDS_DUPLICATE_NAME", told)
        seen.add((kind, command.get("name", "")))
        _check_command(form, path, command, kind)
    form.check()
    for kind, most in MOST.items():
        if sum((command.get("type") or CHAT) == kind for command in commands) > most:
            raise Refused(30032, message=f"Maximum number of application commands reached ({most}).")


def _check_command(form: Form, path: str, command: Json, kind: int) -> None:
    if kind == CHAT:
        _check_name(form, path, command)
        form.longest(f"{path}.description", command.get("description"), 100, least=1)
        _check_options(form, path, command.get("options") or [], depth=0)
    else:
        form.longest(f"{path}.name", command.get("name"), 32, least=1)
        if command.get("description"):
            told = "Context menu commands cannot have description"
            form.bad(f"{path}.description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_SET", told)
        if command.get("options"):
            told = "Context menu commands cannot have options"
            form.bad(f"{path}.options", "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_SET", told)
    for key, choices in (("contexts", {0, 1, 2}), ("integration_types", {0, 1})):
        for number, value in enumerate(command.get(key) or []):
            form.one_of(f"{path}.{key}.{number}", value, choices)
    needed = command.get("default_member_permissions")
    if needed is not None and not (isinstance(needed, str | int) and str(needed).isdecimal()):
        form.bad(f"{path}.default_member_permissions", "BITFIELD_TYPE_CONVERT", "Not a bit set.")
    _check_localizations(form, path, command, by_rule=kind == CHAT)
    if size(command) > LONGEST:
        form.bad(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({LONGEST})")


def size(command: Json) -> int:
    """Characters of all names, descriptions and values; of a text in several languages the longest."""
    total = 0
    for key in _LOCALIZED:
        told = [command.get(key) or "", *(command.get(f"{key}_localizations") or {}).values()]
        total += max(len(text) for text in told)
    for choice in command.get("choices") or []:
        names = [choice.get("name") or "", *(choice.get("name_localizations") or {}).values()]
        total += max(len(name) for name in names) + len(str(choice.get("value", "")))
    return total + sum(size(option) for option in command.get("options") or [])


def _check_name(form: Form, path: str, named: Json) -> None:
    name = named.get("name")
    form.longest(f"{path}.name", name, 32, least=1)
    if isinstance(name, str) and name and not valid_name(name):
        form.bad(f"{path}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def valid_name(name: str) -> bool:
    """Letters in lower case where there is one, numbers and three marks."""
    return name == name.lower() and all(_in_names(sign) for sign in name)


def _in_names(sign: str) -> bool:
    if sign in "-_'" or unicodedata.category(sign)[0] in "LN":
        return True
    return "\u0900" <= sign <= "\u097f" or "\u0e01" <= sign <= "\u0e5b"


def _check_options(form: Form, path: str, options: list[Json], depth: int) -> None:
    form.most(f"{path}.options", options, 25)
    names: set[str] = set()
    optional = False
    for index, option in enumerate(options):
        at = f"{path}.options.{index}"
        _check_name(form, at, option)
        form.longest(f"{at}.description", option.get("description"), 100, least=1)
        _check_localizations(form, at, option, by_rule=True)
        if option.get("name", "") in names:
            form.bad(f"{path}.options", "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", "Option names must be unique")
        names.add(option.get("name", ""))
        kind = option.get("type")
        form.one_of(f"{at}.type", kind, set(range(1, 12)))
        if kind in {SUBCOMMAND, GROUP}:
            _check_nesting(form, at, option, depth)
            continue
        if option.get("required") and optional:
            told = "Required options must be placed before non-required options"
            form.bad(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", told)
        optional = optional or not option.get("required")
        _check_choices(form, at, option)
    _check_mixture(form, path, options)


def _check_nesting(form: Form, path: str, option: Json, depth: int) -> None:
    inner = option.get("options") or []
    if (option["type"] == GROUP and depth > 0) or depth > 1:
        told = "Sub-command and sub-command group option types are mutually exclusive"
        form.bad(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", told)
    elif option["type"] == GROUP and any(one.get("type") != SUBCOMMAND for one in inner):
        form.bad(f"{path}.options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "A group holds sub-commands alone")
    elif option["type"] == SUBCOMMAND and any(one.get("type") in {SUBCOMMAND, GROUP} for one in inner):
        form.bad(f"{path}.options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "A sub-command holds no other")
    _check_options(form, path, inner, depth + 1)


def _check_mixture(form: Form, path: str, options: Iterable[Json]) -> None:
    kinds = {option.get("type") in {SUBCOMMAND, GROUP} for option in options}
    if len(kinds) > 1:
        told = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        form.bad(f"{path}.options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", told)


def _check_choices(form: Form, path: str, option: Json) -> None:
    choices = option.get("choices") or []
    form.most(f"{path}.choices", choices, 25)
    if choices and option.get("autocomplete"):
        told = "Choices and autocomplete are mutually exclusive"
        form.bad(path, "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES_EXCLUSIVE", told)
    check_choices(form, f"{path}.choices", choices)


def check_choices(form: Form, path: str, choices: list[Json]) -> None:
    for index, choice in enumerate(choices):
        form.longest(f"{path}.{index}.name", choice.get("name"), 100, least=1)
        if isinstance(choice.get("value"), str):
            form.longest(f"{path}.{index}.value", choice["value"], 100, least=1)
        elif choice.get("value") is None:
            form.bad(f"{path}.{index}.value", "BASE_TYPE_REQUIRED", "This field is required")


def _check_localizations(form: Form, path: str, told: Json, *, by_rule: bool) -> None:
    for key, most in (("name", 32), ("description", 100)):
        for locale, text in (told.get(f"{key}_localizations") or {}).items():
            at = f"{path}.{key}_localizations.{locale}"
            if locale not in LOCALES:
                form.bad(f"{path}.{key}_localizations", "DICT_TYPE_KEYS", f"Unknown locale {locale}")
            form.longest(at, text, most, least=1)
            if by_rule and key == "name" and text and not valid_name(text):
                form.bad(at, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
