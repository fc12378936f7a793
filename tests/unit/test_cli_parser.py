from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from bot.cli import EXIT_OK, EXIT_WRONG_USE, main
from bot.cli.parser import parse

COMMANDS = [
    *("run", "chat", "ask", "route", "ingest", "sources", "status"),
    *("cost", "report", "budget", "limits", "forget", "doctor", "eval", "manifest", "bench"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == EXIT_OK

    _, examples = capsys.readouterr().out.split("examples:\n")
    assert f"  ragbot {command}" in examples


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == EXIT_OK

    shown = capsys.readouterr().out
    assert re.findall(r"^ {4}(\w+)", shown, re.MULTILINE) == COMMANDS


def test_without_a_command_the_help_is_told_as_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == EXIT_WRONG_USE

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "ragbot ingest docs" in shown.err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == EXIT_OK
    assert capsys.readouterr().out.startswith("ragbot 0.")


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("aks why", "ragbot: there is no command aks; did you mean ask?"),
        ("fly", "ragbot: there is no command fly\n"),
        ("--json ask", "ragbot: the command comes first, then --json"),
        ("ask --jsn why", "ragbot ask: unrecognized arguments: --jsn"),
        ("ask --js why", "ragbot ask: unrecognized arguments: --js"),
        ("ask --collection a/b why", "'a/b' cannot be a collection's name"),
        ("ask --policy cheap why", "argument --policy: invalid choice: 'cheap' (choose from"),
        ("ingest nowhere.md", "there is no file or folder nowhere.md"),
        (f"ingest {'long' * 200}", "there is no file or folder long"),
        ("eval nowhere", "there is no file or folder nowhere"),
        ("ingest --url https://example.com", "ragbot ingest: --collection and --url tell of a PATH"),
        ("ingest --collection team", "ragbot ingest: --collection and --url tell of a PATH"),
        ("bench", "ragbot bench: run it in a checkout of ragbot"),
    ],
)
def test_wrong_use_is_told_in_a_line_and_exits_with_2(
    typed: str, complaint: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(typed.split()) == EXIT_WRONG_USE

    shown = capsys.readouterr()
    assert shown.out == ""
    assert complaint in shown.err
    assert len(shown.err.splitlines()) <= 2
    assert list(tmp_path.iterdir()) == [], "nothing was started"


def test_paths_and_words_may_stand_on_both_sides_of_an_option(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b.md"
    first.mkdir()
    second.touch()

    assert parse(["ingest", str(first), "--collection", "team", str(second)]).paths == [first, second]
    assert parse(["ask", "what", "--json", "is", "it"]).question == ["what", "is", "it"]
    assert parse(["ask", "--", "--json"]).question == ["--json"]


def test_a_chat_goes_on_with_the_conversation_that_is_named_and_begins_a_new_one_otherwise() -> None:
    assert parse(["chat", "--conversation", "férias"]).conversation == "férias"
    assert parse(["chat"]).conversation == ""


def test_a_question_in_utf_8_is_read_where_the_locale_promised_ascii() -> None:
    typed = "férias".encode().decode("ascii", "surrogateescape")

    assert parse(["ask", typed]).question == ["férias"]
    assert parse(["ask", "f\udce9rias"]).question == ["f\ufffdrias"]
    assert parse(["run", "--question", typed]).question == "férias"


def test_nothing_typed_and_nothing_piped_is_no_question(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))

    assert main(["ask", "  "]) == EXIT_WRONG_USE
    assert capsys.readouterr().err.startswith("ragbot ask: what is the question?")


def test_a_wrong_configuration_names_file_line_and_key_and_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/bot.yaml").write_text("language: en\ndocument: []\n")

    assert main(["ask", "anything?", "--config", "elsewhere"]) == EXIT_WRONG_USE

    assert capsys.readouterr().err == (
        "The configuration is wrong, so ragbot does not run.\n"
        "elsewhere/bot.yaml:2: document: unknown key; did you mean documents?\n"
    )
    assert not (tmp_path / "data").exists()
