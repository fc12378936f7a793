"""What `ragbot doctor` says of Discord: over the real wire, without serving it."""

from __future__ import annotations

import json
import socket
from argparse import Namespace
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.cli import EXIT_FAILED, EXIT_OK, EXIT_WRONG_USE, doctor
from bot.cli.doctor import Finding
from tests.fakes.discord import Discord, open_discord

FOLLOW_UPS = "platforms: {discord: {follow_ups: yes}}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where ragbot runs, with one document."""
    monkeypatch.chdir(tmp_path)
    for name in ("RAGBOT_CONFIG", "RAGBOT_DATA", "RAGBOT_STATE_URL", "RAGBOT_LANCEDB_URI", "SLACK_BOT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "docs").mkdir()
    (tmp_path / "config").mkdir()
    return tmp_path


@pytest.fixture
async def discord(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Discord]:
    """A Discord that the environment knows the token of, with a bot that nobody else can invite."""
    async with open_discord(bot_public=False) as opened:
        known_to_the_environment(opened, monkeypatch)
        yield opened


def known_to_the_environment(discord: Discord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_API_URL", discord.api_url)
    monkeypatch.setenv("DISCORD_GATEWAY_URL", discord.gateway_url)
    monkeypatch.setenv("DISCORD_BOT_TOKEN", discord.token)


async def examined(capsys: pytest.CaptureFixture[str]) -> tuple[int, list[Finding]]:
    """The exit code, and what was found of Discord."""
    code = await doctor.run(Namespace(config=None, verbose=False, json=True))
    findings = [Finding(**finding) for finding in json.loads(capsys.readouterr().out)]
    return code, [finding for finding in findings if finding.what in {"Discord", "configuration"}][1:] or findings


async def test_discord_is_asked_whether_it_knows_the_token_and_nothing_is_changed_there(
    discord: Discord, capsys: pytest.CaptureFixture[str]
) -> None:
    code, findings = await examined(capsys)

    assert code == EXIT_OK
    assert findings == [Finding("Discord", "ok", "the bot is known as ragbot")]
    assert {call.method for call in discord.calls} == {"GET"}
    assert discord.gateway.identified == 0


async def test_without_a_token_nobody_is_asked(
    discord: Discord, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISCORD_BOT_TOKEN")

    _, findings = await examined(capsys)

    assert not any(finding.what == "Discord" for finding in findings)
    assert discord.calls == []


async def test_where_discord_is_switched_off_nobody_is_asked(
    discord: Discord, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config/bot.yaml").write_text("platforms: {discord: {enabled: no}}\n", encoding="utf-8")

    _, findings = await examined(capsys)

    assert not any(finding.what == "Discord" for finding in findings)
    assert discord.calls == []


@pytest.mark.usefixtures("discord")
@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("wrong.token.wrong", "DISCORD_BOT_TOKEN: Discord does not know this token"),
        ("wrong words", "DISCORD_BOT_TOKEN: expected one word"),
    ],
)
async def test_a_token_that_discord_does_not_know_is_named(
    token: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", token)

    code, (finding,) = await examined(capsys)

    assert code == EXIT_FAILED
    assert finding.state == "failed"
    assert finding.told.startswith(told)
    assert "wrong" not in finding.told
    assert "docs/discord.md" in finding.remedy


@pytest.mark.parametrize("how", ["cut", "503", "nobody"])
async def test_a_discord_that_does_not_answer_is_told(
    discord: Discord, how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if how == "cut":
        discord.cut("GET", "/users/@me", times=50)
    elif how == "503":
        discord.fail("GET", "/users/@me", status=503, times=50)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        if how == "nobody":
            monkeypatch.setenv("DISCORD_API_URL", f"http://127.0.0.1:{closed.getsockname()[1]}/api/v10")
        code, (finding,) = await examined(capsys)

    assert code == EXIT_FAILED
    assert finding.told.startswith("Discord does not answer: ")
    assert "network" in finding.remedy


async def test_what_is_no_discord_is_told_of_by_its_variable(
    discord: Discord, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_API_URL", f"{discord.base_url}/elsewhere")

    code, (finding,) = await examined(capsys)

    assert code == EXIT_FAILED
    assert finding.told.startswith("DISCORD_API_URL: expected the address of Discord's API")


async def test_a_bot_that_everybody_can_invite_is_noted_unless_its_servers_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_discord(bot_public=True) as discord:
        known_to_the_environment(discord, monkeypatch)
        code, (known, note) = await examined(capsys)
        (folder / "config/bot.yaml").write_text(
            "platforms: {discord: {servers: [112233445566778899]}}\n", encoding="utf-8"
        )
        _, findings = await examined(capsys)

    assert code == EXIT_OK
    assert known.state == "ok"
    assert note.state == "note"
    assert "everybody can invite this bot" in note.told
    assert "Public Bot" in note.remedy
    assert [finding.state for finding in findings] == ["ok"]


@pytest.mark.parametrize("wanted", [True, False])
async def test_an_intent_that_is_off_is_noted_where_it_is_wanted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, wanted: bool
) -> None:
    (folder / "config/bot.yaml").write_text(FOLLOW_UPS if wanted else "", encoding="utf-8")
    async with open_discord(bot_public=False, intents_allowed=()) as discord:
        known_to_the_environment(discord, monkeypatch)
        code, findings = await examined(capsys)

    assert code == EXIT_OK
    assert [finding.state for finding in findings] == (["ok", "note"] if wanted else ["ok"])
    assert not wanted or "Message Content Intent is off" in findings[1].told


@pytest.mark.usefixtures("discord")
async def test_an_intent_that_is_on_is_worth_no_word(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "config/bot.yaml").write_text(FOLLOW_UPS, encoding="utf-8")

    _, findings = await examined(capsys)

    assert [finding.state for finding in findings] == ["ok"]


async def test_servers_that_are_wrongly_named_are_told_with_their_place(
    discord: Discord, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config/bot.yaml").write_text("platforms: {discord: {servers: [acme]}}\n", encoding="utf-8")

    code = await doctor.run(Namespace(config=None, verbose=False, json=True))

    assert code == EXIT_WRONG_USE
    assert "platforms.discord.servers[0]" in capsys.readouterr().out
    assert discord.calls == []
