from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest
import yaml

from bot.cli import EXIT_OK, EXIT_WRONG_USE, main
from bot.platforms.discord.manifest import as_text, discord_manifest
from bot.platforms.slack.manifest import slack_manifest

URL = "https://bot.example.com/slack/events"
APP = "112233445566778899"
TOKEN = f"{b64encode(APP.encode()).decode()}.GhIjKl.not-a-real-secret"


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a token nor a file `.env` of whoever runs the tests is read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISCORD_BOT_TOKEN", raising=False)


def test_the_checked_in_manifest_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "slack"]) == EXIT_OK

    kept = Path(__file__).parents[2] / "config/slack/manifest.yaml"
    assert capsys.readouterr().out == kept.read_text(encoding="utf-8"), f"ragbot manifest slack > {kept}"


def test_json_is_the_same_without_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "slack", "--json"]) == EXIT_OK

    assert json.loads(capsys.readouterr().out) == slack_manifest()


def test_name_and_address_are_taken_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "slack", "--name", " Manual da casa ", "--http", URL]) == EXIT_OK

    assert yaml.safe_load(capsys.readouterr().out) == slack_manifest(name="Manual da casa", url=URL)


@pytest.mark.parametrize("platform", ["slack", "discord"])
def test_nothing_is_started(platform: str, tmp_path: Path) -> None:
    assert main(["manifest", platform]) == EXIT_OK
    assert list(tmp_path.iterdir()) == []


def test_discords_link_and_settings_are_printed_for_an_app(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "discord", "--app-id", APP]) == EXIT_OK

    assert capsys.readouterr().out == as_text(APP)


def test_the_app_is_known_by_the_bots_token_which_is_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)

    assert main(["manifest", "discord"]) == EXIT_OK

    shown = capsys.readouterr().out
    assert shown == as_text(APP)
    assert "not-a-real-secret" not in shown


def test_the_token_is_found_in_the_file_as_well(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"DISCORD_BOT_TOKEN={TOKEN}\n", encoding="utf-8")

    assert main(["manifest", "discord", "--json"]) == EXIT_OK

    assert json.loads(capsys.readouterr().out) == discord_manifest(APP)


def test_an_id_that_is_given_counts_more_than_the_token(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)

    assert main(["manifest", "discord", "--app-id", "998877665544332211"]) == EXIT_OK

    shown = capsys.readouterr().out
    assert "client_id=998877665544332211&" in shown
    assert APP not in shown


@pytest.mark.parametrize("token", ["", "no token at all"])
def test_without_an_id_the_link_has_room_for_it(
    token: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", token)

    assert main(["manifest", "discord"]) == EXIT_OK

    assert capsys.readouterr().out == as_text()


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        (["manifest", "discord", "--name", "handbook"], "--http and --name are Slack's"),
        (["manifest", "discord", "--http", URL], "--http and --name are Slack's"),
        (["manifest", "slack", "--app-id", APP], "--app-id is Discord's"),
        (["manifest", "discord", "--app-id", "ragbot"], "'ragbot' is no app's id"),
        (["manifest", "discord", "--app-id", "42"], "'42' is no app's id"),
        (["manifest", "discord", "--app-id", "١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦٧٨"], "is no app's id"),
    ],
)
def test_what_belongs_to_the_other_platform_is_refused(
    typed: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(typed) == EXIT_WRONG_USE

    shown = capsys.readouterr()
    assert shown.out == ""
    assert complaint in shown.err


@pytest.mark.parametrize(
    "typed",
    [
        ["manifest"],
        ["manifest", "irc"],
        ["manifest", "slack", "--name", " "],
        ["manifest", "slack", "--name", "x" * 36],
        ["manifest", "slack", "--name", "two\nlines"],
        ["manifest", "slack", "--http", "http://bot.example.com/slack/events"],
        ["manifest", "slack", "--http", "bot.example.com/slack/events"],
        ["manifest", "slack", "--http", "https://bot.example.com"],
        ["manifest", "slack", "--http", "https:///slack/events"],
        ["manifest", "slack", "--http", "https://[bot/slack/events"],
        ["manifest", "slack", "--http", "https://bot.example.com/slack events"],
    ],
)
def test_what_slack_would_refuse_is_refused_here(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(typed) == EXIT_WRONG_USE

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("ragbot manifest: ")
