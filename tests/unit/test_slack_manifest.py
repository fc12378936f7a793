from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest
import yaml

from bot.commands import commands_on, read_call
from bot.platforms.slack.manifest import as_yaml, slack_manifest
from bot.platforms.slack.scopes import EVENTS, SCOPES, missing

GUIDE = Path(__file__).parents[2] / "docs/slack.md"
URL = "https://bot.example.com/slack/events"


def at(manifest: object, path: str) -> object:
    for key in path.split("."):
        manifest = cast("Mapping[str, object]", manifest)[key]
    return manifest


def texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def slash_commands(manifest: object) -> dict[str, Mapping[str, object]]:
    commands = cast("list[Mapping[str, object]]", at(manifest, "features.slash_commands"))
    return {str(command["command"]): command for command in commands}


def test_scopes_and_events_are_those_of_the_list() -> None:
    manifest = slack_manifest()

    assert at(manifest, "oauth_config.scopes.bot") == [scope.name for scope in SCOPES]
    assert at(manifest, "settings.event_subscriptions.bot_events") == [event.name for event in EVENTS]


def test_every_event_has_its_scope_or_slack_would_refuse_the_manifest() -> None:
    names = {scope.name for scope in SCOPES}

    assert [event.name for event in EVENTS if event.scope and event.scope not in names] == []
    assert [event.name for event in EVENTS if not event.scope] == ["app_home_opened"]


def test_nothing_is_asked_for_twice_or_without_a_reason() -> None:
    names = [*(scope.name for scope in SCOPES), *(event.name for event in EVENTS)]

    assert len(set(names)) == len(names)
    assert all([*(scope.reason for scope in SCOPES), *(event.reason for event in EVENTS)])
    assert all(scope.lost and not scope.lost.endswith(".") for scope in SCOPES)


@pytest.mark.parametrize(
    "too_much", ["channels:join", "chat:write.public", "chat:write.customize", "users:read.email", "files:read"]
)
def test_nothing_is_asked_for_that_the_work_does_not_need(too_much: str) -> None:
    assert too_much not in {scope.name for scope in SCOPES}


def test_missing_scopes_are_told_in_the_order_of_the_list() -> None:
    granted = {scope.name for scope in SCOPES} - {"files:write", "users:read"}

    assert [scope.name for scope in missing(granted)] == ["users:read", "files:write"]
    assert [scope.required for scope in missing(granted)] == [True, False]
    assert missing(f" {scope.name}" for scope in SCOPES) == ()
    assert missing(()) == SCOPES


def test_slash_commands_say_what_the_commands_say() -> None:
    commands = slash_commands(slack_manifest())

    assert list(commands) == ["/ask", "/rag"]
    assert commands["/ask"]["description"] == "Ask the documents, whatever the words look like"
    assert commands["/ask"]["usage_hint"] == "<words>"
    names = str(commands["/rag"]["usage_hint"]).split(" | ")
    assert {*names, "ask"} == {command.name for command in commands_on("slack")}
    assert "quit" not in names, "that is the terminal's"


@pytest.mark.parametrize("url", [None, URL])
def test_people_and_channels_come_with_their_ids(url: str | None) -> None:
    assert all(command["should_escape"] is True for command in slash_commands(slack_manifest(url=url)).values())


def test_in_socket_mode_slack_is_given_no_address() -> None:
    manifest = slack_manifest()

    assert at(manifest, "settings.socket_mode_enabled") is True
    assert at(manifest, "settings.interactivity") == {"is_enabled": True}
    assert not any("://" in text for text in texts(manifest))


def test_by_http_slack_is_given_the_address_of_everything() -> None:
    manifest = slack_manifest(url=URL)

    assert at(manifest, "settings.socket_mode_enabled") is False
    assert at(manifest, "settings.event_subscriptions.request_url") == URL
    assert at(manifest, "settings.interactivity") == {"is_enabled": True, "request_url": URL}
    assert {command["url"] for command in slash_commands(manifest).values()} == {URL}


def test_the_name_is_that_of_the_app_and_of_its_bot() -> None:
    manifest = slack_manifest(name="handbook")

    assert at(manifest, "display_information.name") == "handbook"
    assert at(manifest, "features.bot_user") == {"display_name": "handbook", "always_online": True}


def test_every_suggested_question_is_a_command_that_everybody_may_call() -> None:
    prompts = cast("list[dict[str, str]]", at(slack_manifest(), "features.agent_view.suggested_prompts"))
    commands = {command.name: command for command in commands_on("slack")}

    assert 1 <= len(prompts) <= 4
    for prompt in prompts:
        assert set(prompt) == {"title", "message"}
        call = read_call(prompt["message"], tuple(commands.values()))
        assert call is not None
        assert call.name == prompt["message"]
        assert commands[call.name].right == ""


def test_slacks_limits_are_kept() -> None:
    manifest = slack_manifest(name="x" * 35)

    assert len(str(at(manifest, "display_information.description"))) <= 140
    assert 175 <= len(str(at(manifest, "display_information.long_description"))) <= 4000
    assert re.fullmatch("#[0-9a-f]{6}", str(at(manifest, "display_information.background_color")))
    assert len(str(at(manifest, "features.agent_view.agent_description"))) <= 300
    for command in slash_commands(manifest).values():
        assert len(str(command["description"])) <= 2000
        assert len(str(command["usage_hint"])) <= 1000


@pytest.mark.parametrize("url", [None, URL])
def test_yaml_is_the_same_manifest(url: str | None) -> None:
    manifest = slack_manifest(name="férias: #1", url=url)

    assert yaml.safe_load(as_yaml(manifest)) == manifest


def test_yaml_tells_the_reason_behind_each_scope_and_event() -> None:
    lines = as_yaml(slack_manifest()).splitlines()

    for scope in SCOPES:
        reason = scope.reason if scope.required else f"optional: {scope.reason}"
        assert f"    - {scope.name}  # {reason}" in lines
    for event in EVENTS:
        assert any(line.startswith(f"    - {event.name}  # {event.reason}") for line in lines)


def test_yaml_says_what_goes_with_an_optional_scope() -> None:
    text = as_yaml(slack_manifest())

    assert "\n  slash_commands:  # needs commands\n" in text
    assert "\n  agent_view:  # needs assistant:write\n" in text
    assert text.count("needs channels:history") == 1
    assert text.count("needs usergroups:read") == 2
    assert "needs app_mentions:read" not in text


def test_the_guide_tells_of_every_scope_and_event_what_the_list_says() -> None:
    guide = GUIDE.read_text(encoding="utf-8")

    for scope in SCOPES:
        needed = "yes" if scope.required else "no"
        assert f"| `{scope.name}` | {scope.reason} | {needed} | {scope.lost} |" in guide
    for event in EVENTS:
        needs = f"`{event.scope}`" if event.scope else "–"
        assert f"| `{event.name}` | {event.reason} | {needs} |" in guide
    assert len(re.findall(r"^\| `[a-z_:]+` \|.*\| (?:yes|no) \|", guide, re.MULTILINE)) == len(SCOPES)
