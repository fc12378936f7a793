from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from typing import cast

import pytest

from bot.commands import COMMANDS, commands_on
from bot.locales import phrases_in
from bot.platforms.discord.offers import (
    MAX_COMMAND_CHARS,
    MAX_OPTIONS,
    application_commands,
    call_of,
    differs,
    in_one_server,
    installs_of,
)

Json = dict[str, object]

# Discord's rule, without the two scripts in which we have no names.
NAME = re.compile(r"[-_'\w]{1,32}")


def offered(name: str) -> Json:
    return next(command for command in application_commands() if command["name"] == name)


def options(of: Mapping[str, object]) -> list[Json]:
    return cast("list[Json]", of.get("options", []))


def choices(of: Mapping[str, object]) -> list[Json]:
    return cast("list[Json]", of.get("choices", []))


def option(command: str, name: str) -> Json:
    subcommand = next(one for one in options(offered("rag")) if one["name"] == command)
    return next(one for one in options(subcommand) if one["name"] == name)


def in_portuguese(of: Mapping[str, object], field: str = "name") -> str:
    return cast("dict[str, str]", of.get(f"{field}_localizations", {})).get("pt-BR", str(of[field]))


def levels(of: Mapping[str, object]) -> Iterator[list[Json]]:
    """All lists of options, from the outside in."""
    if options(of):
        yield options(of)
        for one in options(of):
            yield from levels(one)


def everything() -> Iterator[Json]:
    """Each command and each option."""
    for command in application_commands():
        yield command
        for level in levels(command):
            yield from level


def size(of: Mapping[str, object]) -> int:
    """As Discord counts: each text in the longest of its languages, and the values of choices."""
    own = len(str(of.get("value", "")))
    for field in ("name", "description"):
        texts = [str(of.get(field, "")), *cast("dict[str, str]", of.get(f"{field}_localizations") or {}).values()]
        own += max(map(len, texts))
    return own + sum(map(size, [*options(of), *choices(of)]))


def test_people_are_offered_asking_everything_else_what_is_for_admins_and_the_menu_of_messages() -> None:
    assert [(command["type"], command["name"]) for command in application_commands()] == [
        (1, "ask"),
        (1, "rag"),
        (1, "rag-admin"),
        (3, "Ask about this message"),
    ]


def test_every_command_of_the_platform_is_offered_once() -> None:
    of_all, of_admins = ([one["name"] for one in options(offered(name))] for name in ("rag", "rag-admin"))

    offered_once = sorted(["ask", *map(str, of_all), *map(str, of_admins)])
    assert offered_once == sorted(command.name for command in commands_on("discord"))
    assert of_admins == ["report", "alerts"]
    assert {"cost", "status", "budget", "help"} <= set(of_all)
    assert "quit" not in of_all, "that is the terminal's"


def test_what_is_for_admins_alone_is_shown_to_those_who_manage_the_server() -> None:
    of_admins = offered("rag-admin")

    assert of_admins["default_member_permissions"] == "32"
    assert "default_member_permissions" not in offered("rag")
    assert "default_member_permissions" not in offered("ask")
    assert [call_of(command) for command in COMMANDS if command.name in {"ask", "cost", "report"}] == [
        "/ask",
        "/rag cost",
        "/rag-admin report",
    ]


def test_commands_work_in_servers_in_direct_messages_and_for_those_who_installed_them_for_themselves() -> None:
    for command in application_commands():
        if command["name"] != "rag-admin":
            assert (command["contexts"], command["integration_types"]) == ([0, 1, 2], [0, 1])
    assert (offered("rag-admin")["contexts"], offered("rag-admin")["integration_types"]) == ([0, 1], [0])


def test_nothing_is_offered_where_the_app_cannot_be_installed() -> None:
    in_servers = application_commands(installs=[0])

    assert {(tuple(one["contexts"]), tuple(one["integration_types"])) for one in in_servers} == {((0, 1), (0,))}  # type: ignore[arg-type]
    assert all(one["integration_types"] == [1] for one in application_commands(installs=[1]))


@pytest.mark.parametrize(
    ("application", "installs"),
    [
        ({"integration_types_config": {"0": {}, "1": {}}}, (0, 1)),
        ({"integration_types_config": {"0": {"oauth2_install_params": {"scopes": ["bot"]}}}}, (0,)),
        ({"integration_types_config": {"1": {}}}, (1,)),
        ({"integration_types_config": {}}, (0, 1)),
        ({"integration_types_config": None}, (0, 1)),
        ({}, (0, 1)),
    ],
)
def test_the_app_says_where_it_can_be_installed(application: Json, installs: tuple[int, ...]) -> None:
    assert installs_of(application) == installs


def test_in_one_server_nothing_is_said_of_where_commands_can_be_used() -> None:
    commands = in_one_server(application_commands())

    assert [command["name"] for command in commands] == [command["name"] for command in application_commands()]
    assert not any({"contexts", "integration_types"} & command.keys() for command in commands)


def test_discords_limits_are_kept_or_it_would_take_no_command_at_all() -> None:
    for one in everything():
        for text in (str(one["name"]), in_portuguese(one)):
            if "description" in one:
                assert NAME.fullmatch(text), text
                assert text == text.lower(), text
            else:  # a menu may be called anything
                assert 1 <= len(text) <= 32, text
        if "description" in one:
            texts = [str(one["description"]), in_portuguese(one, "description")]
            assert all(1 <= len(text) <= 100 and text[0].isupper() for text in texts), texts
        for choice in choices(one):
            assert 1 <= len(str(choice["name"])) <= 100
            assert 1 <= len(in_portuguese(choice)) <= 100
            assert 1 <= len(str(choice["value"])) <= 100
    for command in application_commands():
        assert size(command) <= MAX_COMMAND_CHARS, f"{command['name']}: {size(command)}"


def test_no_level_outgrows_discord_nor_has_two_of_a_name() -> None:
    for command in application_commands():
        for level in levels(command):
            assert len(level) <= MAX_OPTIONS, "divide them into groups"
            for names in ([str(one["name"]) for one in level], [in_portuguese(one) for one in level]):
                assert len(set(names)) == len(names), names
            for one in level:
                assert len(choices(one)) <= MAX_OPTIONS
                for shown in ([str(choice["name"]) for choice in choices(one)], list(map(in_portuguese, choices(one)))):
                    assert len(set(shown)) == len(shown), shown


def test_required_options_come_first() -> None:
    for command in application_commands():
        for level in levels(command):
            required = [bool(one.get("required")) for one in level]
            assert required == sorted(required, reverse=True)


def test_ask_takes_a_question() -> None:
    (question,) = options(offered("ask"))

    assert question["name"] == "question"
    assert in_portuguese(question) == "pergunta"
    assert question["required"] is True
    assert question["max_length"] == 2_000
    assert "autocomplete" not in question


def test_what_is_known_beforehand_is_chosen_and_the_rest_completed_while_it_is_typed() -> None:
    period = option("cost", "period")
    assert [(one["name"], in_portuguese(one), one["value"]) for one in choices(period)] == [
        ("today", "hoje", "today"),
        ("yesterday", "ontem", "yesterday"),
        ("week", "semana", "week"),
        ("last week", "semana passada", "last-week"),
        ("month", "mês", "month"),
        ("last month", "mês passado", "last-month"),
    ]
    assert "autocomplete" not in period
    completed = {
        (str(one["name"]), str(inner["name"]))
        for one in options(offered("rag"))
        for inner in options(one)
        if inner.get("autocomplete")
    }
    assert completed == {
        ("help", "command"),
        ("sources", "collection"),
        ("cost", "spender"),
        ("budget", "amount"),
        ("budget", "whose"),
        ("limits", "limit"),
        ("limits", "whose"),
        ("models", "model"),
    }
    for one in everything():
        assert not (one.get("autocomplete") and choices(one)), "Discord refuses both"


def test_names_in_portuguese_are_those_that_can_be_typed_too() -> None:
    names = {str(one["name"]): in_portuguese(one) for name in ("rag", "rag-admin") for one in options(offered(name))}

    assert names == {
        "help": "ajuda",
        "search": "buscar",
        "sources": "fontes",
        "cost": "custo",
        "budget": "orçamento",
        "limits": "limite",
        "models": "modelos",
        "status": "estado",
        "why": "why",
        "quotes": "quotes",
        "good": "good",
        "bad": "bad",
        "retry": "retry",
        "stop": "parar",
        "handover": "handover",
        "documents": "documentos",
        "books": "contas",
        "mute": "silenciar",
        "unmute": "reativar",
        "forget": "esquecer",
        "report": "relatório",
        "alerts": "alerta",
    }
    assert in_portuguese(offered("ask")) == "perguntar"


def test_options_have_their_names_of_the_help_in_portuguese() -> None:
    assert in_portuguese(option("cost", "spender")) == "de-quem"
    assert in_portuguese(option("limits", "limit")) == "limite"
    assert in_portuguese(option("models", "model")) == "modelo-ou-ordem"


def test_descriptions_are_what_the_help_says() -> None:
    cost = next(one for one in options(offered("rag")) if one["name"] == "cost")

    assert str(cost["description"]).lower() == phrases_in("en")("cost.summary").lower()
    assert in_portuguese(cost, "description").lower() == phrases_in("pt-BR")("cost.summary").lower()


def answered(*, are_localised: bool = True) -> list[Json]:
    """As Discord answers a GET: docs.discord.com/developers/interactions/application-commands, 2026-12."""
    commands = copy.deepcopy(application_commands())
    for number, command in enumerate(reversed(commands)):
        command |= {
            "id": str(700 + number),
            "application_id": "112233445566778899",
            "version": str(900 + number),
            "nsfw": False,
            "dm_permission": True,
            "default_permission": True,
        }
        command.setdefault("default_member_permissions", None)
        command.setdefault("description", "")
        command["contexts"] = list(reversed(cast("list[int]", command["contexts"])))
        for one in [command, *(inner for level in levels(command) for inner in level)]:
            if one.get("required") is False:
                del one["required"]
            for field in ("name", "description"):
                if are_localised:
                    if one is command:
                        one.setdefault(f"{field}_localizations", None)
                else:
                    one.pop(f"{field}_localizations", None)
                    one[f"{field}_localized"] = "as whoever asks reads it"
            for choice in choices(one):
                if are_localised:
                    choice.setdefault("name_localizations", None)
                else:
                    choice.pop("name_localizations", None)
    return cast("list[Json]", json.loads(json.dumps(list(reversed(commands)))))


@pytest.mark.parametrize("are_localised", [True, False])
def test_what_discord_adds_to_its_answer_is_no_difference(*, are_localised: bool) -> None:
    assert not differs(answered(are_localised=are_localised), application_commands())


def test_a_bot_that_was_never_here_has_to_tell_its_commands() -> None:
    assert differs([], application_commands())
    assert differs(answered()[1:], application_commands())
    assert differs([*answered(), {"id": "1", "type": 2, "name": "High Five"}], application_commands())
    assert not differs([], [])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("description",), "Something else"),
        (("default_member_permissions",), "0"),
        (("contexts",), [0]),
        (("integration_types",), None),
        (("name_localizations",), {"pt-BR": "outro"}),
        (("description_localizations",), None),
        (("options",), []),
        (("options", 0, "name"), "other"),
        (("options", 0, "description_localizations"), None),
        (("options", 0, "options", 0, "required"), True),
        (("options", 0, "options", 0, "max_length"), 10),
        (("options", 3, "options", 0, "choices", 0, "value"), "other"),
        (("options", 3, "options", 0, "choices", 0, "name_localizations"), None),
    ],
)
def test_every_change_is_a_difference(path: tuple[str | int, ...], value: object) -> None:
    registered = answered()
    place: object = next(command for command in registered if command["name"] == "rag")
    for step in path[:-1]:
        place = place[step]  # type: ignore[index]
    place[path[-1]] = value  # type: ignore[index]

    assert differs(registered, application_commands())


def test_the_order_of_options_is_a_difference_because_people_see_it() -> None:
    registered = answered()
    rag = next(command for command in registered if command["name"] == "rag")
    options(rag).reverse()

    assert differs(registered, application_commands())


def test_a_translation_that_is_new_is_told_to_discord() -> None:
    registered = answered()
    ask = next(command for command in registered if command["name"] == "ask")
    del ask["name_localizations"], options(ask)[0]["name_localizations"]

    assert differs(registered, application_commands())
