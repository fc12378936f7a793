"""`ragbot run` in a Discord of ours: the whole program, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fakes.discord import Channel, Discord, User
from tests.scenarios.discord_talks import of_bot

PATIENCE_S = 30.0
DOCUMENT = (
    "# Budgets\n\n## Daily budget\n\nSet `daily_budget` under `routing.cost_limits` in the configuration. The amount is"
    " in US dollars a day.\n"
)


def environment(discord: Discord, **variables: str) -> dict[str, str]:
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "RAGBOT_DATA": "data",
        "RAGBOT_CONFIG": "config",
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "DISCORD_BOT_TOKEN": discord.token,
        **measured,
        **variables,
    }


async def run(folder: Path, env: Mapping[str, str]) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "bot", "run", cwd=folder, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )


async def ending(process: Process) -> tuple[int, str]:
    """The exit code, and all that it said."""
    async with asyncio.timeout(PATIENCE_S):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, (out + err).decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration and an index."""
    folder = tmp_path_factory.mktemp("company")
    (folder / "docs").mkdir()
    (folder / "docs/budget.md").write_text(DOCUMENT)
    (folder / "config").mkdir()
    (folder / "config/bot.yaml").write_text("documents: [{path: docs, collection: handbook}]\n")
    variables = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "RAGBOT_DATA": "data", "RAGBOT_CONFIG": "config"}
    subprocess.run(
        [sys.executable, "-P", "-m", "bot", "ingest", "--yes"],
        cwd=folder, env=variables, check=True, capture_output=True, timeout=PATIENCE_S,
    )  # fmt: skip
    return folder


async def test_ragbot_run_answers_a_mention_and_sigterm_lets_the_answer_under_way_come_to_its_end(
    discord: Discord, bia: User, lobby: Channel, folder: Path
) -> None:
    process = await run(folder, environment(discord))
    await discord.until(lambda: discord.sessions, PATIENCE_S)

    discord.delay("POST", "/channels/*/messages", 0.8)
    question = await discord.says(bia, lobby, f"{discord.mention} How do I set a daily budget?")
    await discord.until(lambda: discord.calls_to("POST", "/channels/*/typing"), PATIENCE_S)
    process.send_signal(signal.SIGTERM)
    code, said = await ending(process)

    (answer,) = of_bot(discord, lobby)
    assert answer.reply_to == question.id
    assert "Set `daily_budget` under `routing.cost_limits`" in answer.content
    assert "docs/budget.md" in answer.text
    assert "Why?" in answer.buttons
    assert code == 143
    assert "Discord: serving 1 server as ragbot" in said
    assert "Traceback" not in said


async def test_ragbot_run_ends_with_code_2_and_names_the_variable_where_the_token_is_wrong(
    discord: Discord, folder: Path
) -> None:
    code, said = await ending(await run(folder, environment(discord, DISCORD_BOT_TOKEN="wrong.token.wrong")))

    assert code == 2
    assert "environment: DISCORD_BOT_TOKEN: Discord does not know this token" in said
    assert "Traceback" not in said
    assert "wrong.token.wrong" not in said


@pytest.mark.parametrize("words", [(), ("status",)])
def test_nobody_but_discord_waits_for_its_library(words: tuple[str, ...], folder: Path) -> None:
    program = "from bot.cli import main; raise SystemExit(main() if sys.argv[1:] else 0)"
    done = subprocess.run(
        [sys.executable, "-P", "-X", "importtime", "-c", f"import sys; {program}", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "RAGBOT_DATA": "data", "RAGBOT_CONFIG": "config"},
        check=False, capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip

    imported = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert "bot.cli" in imported
    assert imported.isdisjoint({"discord", "aiohttp"})
