from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from bot.cli import EXIT_OK, EXIT_WRONG_USE, main
from bot.platforms.slack.manifest import slack_manifest

URL = "https://bot.example.com/slack/events"


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


def test_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["manifest", "slack"]) == EXIT_OK
    assert list(tmp_path.iterdir()) == []


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
