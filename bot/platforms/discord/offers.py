"""The application commands that Discord is given, made from `COMMANDS`: what it offers to people who type `/` (pure).

Shapes and limits: docs.discord.com/developers/interactions/application-commands, 2026-12.

`/ask` asks, `/rag` has a subcommand for everything that all may call, `/rag-admin` one for what is for admins alone:
Discord takes permissions for whole commands, not for subcommands, and hides what somebody may not use. Who is an admin
is decided by the command itself, all the same: a server's admins can give `/rag-admin` to whom they like.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from bot.commands import commands_on
from bot.commands.ask import ASK
from bot.commands.base import Argument, Choice, Command
from bot.locales import phrases_in
from bot.platforms.discord.permissions import MANAGE_SERVER

NAME = "discord"
RAG = "rag"
RAG_ADMIN = "rag-admin"
MAX_NAME_CHARS = 32
MAX_DESCRIPTION_CHARS = 100
MAX_VALUE_CHARS = 100
MAX_OPTIONS = 25
MAX_COMMAND_CHARS = 8_000
"""Of names, descriptions and values of a command in the longest of its languages, all that is below it included."""
SERVERS, PEOPLE = 0, 1
"""Where an app is installed: in a server, or for somebody wherever they are."""
EVERYWHERE = (SERVERS, PEOPLE)

Offer = dict[str, object]

_COMMAND, _MESSAGE_MENU = 1, 3
_SUBCOMMAND, _STRING = 1, 3
_IN_SERVERS, _WITH_THE_BOT, _AMONG_PEOPLE = 0, 1, 2
_PORTUGUESE = "pt-BR"  # as Discord calls it, too; English is what holds where a language has nothing of its own
# As much as a message holds: the question stands in the channel, above its answer. Discord would take 6,000.
_MAX_TEXT_CHARS = 2_000
_NAME = re.compile(rf"[-'\w]{{1,{MAX_NAME_CHARS}}}")
# `text` alone says too little where there is nothing else.
_NAMES: Mapping[str, str] = MappingProxyType({"ask.text": "discord_command.name.question"})
_TOLD: Mapping[str, str] = MappingProxyType(
    {
        "action": "discord_command.about.action",
        "amount": "discord_command.about.amount",
        "ask.text": "discord_command.about.question",
        "by": "discord_command.about.by",
        "collection": "discord_command.about.collection",
        "command": "discord_command.about.command",
        "limit": "discord_command.about.limit",
        "model": "discord_command.about.model",
        "note": "discord_command.about.note",
        "period": "discord_command.about.period",
        "reason": "discord_command.about.reason",
        "spender": "discord_command.about.spender",
        "sure": "discord_command.about.sure",
        "text": "discord_command.about.text",
        "whose": "discord_command.about.whose",
        "window": "discord_command.about.window",
    }
)
# What Discord adds, or words in the language of whoever asks; `contexts` stands in place of `dm_permission`.
_ADDED = frozenset(
    {
        *("id", "application_id", "guild_id", "version", "name_localized", "description_localized"),
        *("dm_permission", "default_permission"),
    }
)
_LOCALISATIONS = frozenset({"name_localizations", "description_localizations"})
_SETS = ("contexts", "integration_types")


def application_commands(*, installs: Collection[int] = EVERYWHERE) -> list[Offer]:
    """All of them, as the body of `PUT /applications/{id}/commands`.

    Args:
        installs: Where the app may be installed; Discord refuses commands that go beyond. See `installs_of`.
    """
    commands = [command for command in commands_on(NAME) if command is not ASK]
    everywhere = _usable(installs)
    # Whoever may report is somebody of a server; in direct messages, Discord asks for no permission.
    in_servers = _usable([SERVERS] if SERVERS in installs else installs)
    return [
        {"type": _COMMAND, **_command(ASK), **everywhere},
        {
            "type": _COMMAND,
            "name": RAG,
            **_described("discord_command.rag"),
            "options": [_subcommand(command) for command in commands if not command.right],
            **everywhere,
        },
        {
            "type": _COMMAND,
            "name": RAG_ADMIN,
            **_described("discord_command.rag_admin"),
            "options": [_subcommand(command) for command in commands if command.right],
            "default_member_permissions": str(MANAGE_SERVER),
            **in_servers,
        },
        {"type": _MESSAGE_MENU, **_worded("name", *_both("discord.ask_about")), **everywhere},
    ]


def in_one_server(commands: Sequence[Offer]) -> list[Offer]:
    """The same for `PUT /applications/{id}/guilds/{id}/commands`: there, where they can be used is no question."""
    return [{name: value for name, value in command.items() if name not in _SETS} for command in commands]


def installs_of(application: Mapping[str, object]) -> tuple[int, ...]:
    """Where an app may be installed, as `GET /applications/@me` says; everywhere if it does not say."""
    config = application.get("integration_types_config")
    if not isinstance(config, Mapping):
        return EVERYWHERE
    return tuple(place for place in EVERYWHERE if str(place) in map(str, config)) or EVERYWHERE


def call_of(command: Command) -> str:
    """How a command is called here: `/ask`, `/rag cost`, `/rag-admin report`."""
    if command is ASK:
        return f"/{ASK.name}"
    return f"/{RAG_ADMIN if command.right else RAG} {command.name}"


def option_name(command: Command, argument: Argument) -> str:
    """What an argument is called here."""
    key = _NAMES.get(f"{command.name}.{argument.name}")
    return argument.name if key is None else phrases_in("en")(key)


def is_completed(argument: Argument) -> bool:
    """Whether the bot proposes values while one is typed: it takes others than a few that are known beforehand."""
    return not argument.is_rest and (argument.reads is not None or not argument.choices)


def differs(registered: Sequence[Mapping[str, object]], wanted: Sequence[Mapping[str, object]]) -> bool:
    """Whether commands have to be told to Discord again.

    Args:
        registered: What `GET /applications/{id}/commands?with_localizations=true` answered; without that parameter,
            other languages are not compared, because Discord does not tell of them.
        wanted: What `application_commands` made.
    """
    are_told = any("name_localizations" in command for command in registered)
    ignored = _ADDED if are_told else _ADDED | _LOCALISATIONS
    held, new = (
        sorted((_essence(command, ignored) for command in commands), key=_rank) for commands in (registered, wanted)
    )
    return held != new


def _rank(command: Mapping[str, object]) -> tuple[str, str]:
    return str(command["type"]), str(command["name"])


def _essence(command: Mapping[str, object], ignored: Collection[str]) -> Mapping[str, object]:
    """A command in the one way in which it can be written: without what it would be anyway."""
    sets = {name: sorted(places) for name in _SETS if isinstance(places := command.get(name), Sequence)}
    return dict(_said({"type": _COMMAND, **command, **sets}, ignored))


def _said(value: Mapping[str, object], ignored: Collection[str]) -> Iterator[tuple[str, object]]:
    """All but what is empty, null or false: Discord fills such values in and leaves them out as it likes."""
    for name, inner in value.items():
        if not inner or name in ignored:
            continue
        if isinstance(inner, Mapping):
            yield name, dict(inner)
        elif isinstance(inner, Sequence) and not isinstance(inner, str):
            yield name, [dict(_said(one, ignored)) if isinstance(one, Mapping) else one for one in inner]
        else:
            yield name, inner


def _usable(installs: Collection[int]) -> Offer:
    """Where a command can be used; among people without the bot only by those who installed it for themselves."""
    contexts = [_IN_SERVERS, _WITH_THE_BOT, *([_AMONG_PEOPLE] if PEOPLE in installs else [])]
    return {"integration_types": sorted(installs), "contexts": contexts}


def _subcommand(command: Command) -> Offer:
    return {"type": _SUBCOMMAND, **_command(command)}


def _command(command: Command) -> Offer:
    # Discord wants what is required first.
    arguments = sorted(command.arguments, key=lambda argument: not argument.required)
    return {
        **_worded("name", command.name, _in_portuguese(command)),
        **_described(command.summary),
        "options": [_option(command, argument) for argument in arguments],
    }


def _option(command: Command, argument: Argument) -> Offer:
    own = f"{command.name}.{argument.name}"
    named = _NAMES.get(own)
    portuguese = phrases_in(_PORTUGUESE)(named or f"argument.{argument.name}")
    option: Offer = {
        "type": _STRING,
        **_worded("name", option_name(command, argument), _as_name(portuguese)),
        **_described(_TOLD[own if own in _TOLD else argument.name]),
        "required": argument.required,
    }
    if argument.is_rest:
        option["max_length"] = _MAX_TEXT_CHARS
    elif is_completed(argument):
        option |= {"max_length": MAX_VALUE_CHARS, "autocomplete": True}
    else:
        option["choices"] = [_choice(choice) for choice in argument.choices]
    return option


def _choice(choice: Choice) -> Offer:
    english, portuguese = (choice.shown(phrases_in(locale)).replace("-", " ") for locale in ("en", _PORTUGUESE))
    return {**_worded("name", english, portuguese), "value": choice.name}


def _in_portuguese(command: Command) -> str:
    """The first of its other names that Discord takes; not one that is English, as `costs` is."""
    return next(
        (
            alias
            for alias in command.aliases
            if _NAME.fullmatch(alias) and not alias.startswith(command.name) and not command.name.startswith(alias)
        ),
        command.name,
    )


def _as_name(words: str) -> str:
    """What an argument is called in the help, as Discord takes it: `limite=valor` is `limite`."""
    return words.partition("=")[0].strip().lower().replace(" ", "-")


def _described(key: str) -> Offer:
    english, portuguese = _both(key)
    return _worded("description", english[0].upper() + english[1:], portuguese[0].upper() + portuguese[1:])


def _both(key: str) -> tuple[str, str]:
    return phrases_in("en")(key), phrases_in(_PORTUGUESE)(key)


def _worded(field: str, english: str, portuguese: str) -> Offer:
    if english == portuguese:
        return {field: english}
    return {field: english, f"{field}_localizations": {_PORTUGUESE: portuguese}}
