"""How the bot gets into Slack, and what it says where it does not: over the real wire, and as `ragbot run`."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web

from bot.chats import SlackSettings, SlackTokens
from bot.platforms.slack.platform import SlackPlatform
from rag.errors import ConfigurationError
from tests.fakes.chat_bot import HurriedClock
from tests.fakes.scripted_pipeline import ScriptedPipeline, says
from tests.fakes.slack import ALL_SCOPES, Slack, open_slack
from tests.fakes.slack_bot import open_slack_bot, tokens_of

PATIENCE_S = 30.0
DOCUMENT = (
    "# Budgets\n\n## Daily budget\n\nSet `daily_budget` under `routing.cost_limits` in the configuration. The amount is"
    " in US dollars a day.\n"
)


class Start:
    """An adapter on its way into Slack; what it would serve is never reached.

    Attributes:
        told: What whoever started it was told.
    """

    def __init__(self, tokens: SlackTokens, settings: SlackSettings | None = None) -> None:
        self.told: list[str] = []
        nobody: Any = None
        clock = HurriedClock(1_000)
        self._platform = SlackPlatform(settings or SlackSettings(), tokens, clock, locale="en", tell=self.told.append)
        self._nobody = nobody

    async def refusal(self) -> str:
        """What it ends with by itself."""
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(ConfigurationError) as refused:
                await self._platform.run(self._nobody)
        return str(refused.value)

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._platform.run(self._nobody))
        try:
            yield
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def refusal(slack: Slack, **changes: str) -> str:
    return await Start(replace(tokens_of(slack), **changes)).refusal()


async def until(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


# The ways in


async def test_socket_mode_is_the_default_and_the_socket_is_of_the_slack_that_is_configured(
    slack: Slack, tmp_path: Path
) -> None:
    async with open_slack_bot(slack, tmp_path, ScriptedPipeline()) as bot:
        assert len(slack.sockets.sockets) == SlackSettings().sockets
        assert {link.request.host for link in slack.sockets.sockets} == {urlsplit(slack.api_url).netloc}
        assert bot.told == ["Slack: serving home as U0RAGBOT"]


# Tokens that open nothing


async def test_a_wrong_app_token_ends_at_once_and_is_named_instead_of_being_retried_for_ever(slack: Slack) -> None:
    told = await refusal(slack, app="xapp-1-A0-wrong")

    assert "SLACK_APP_TOKEN" in told
    assert "invalid_auth" in told
    assert len(slack.calls_to("apps.connections.open")) == 1


async def test_an_app_token_that_is_revoked_while_the_bot_runs_ends_it_by_that_name(
    slack: Slack, tmp_path: Path
) -> None:
    async with open_slack_bot(slack, tmp_path, ScriptedPipeline(), clock=HurriedClock()) as bot:
        slack.revoke(slack.app_token)
        slack.drop()
        assert "SLACK_APP_TOKEN: it was revoked" in await bot.failure()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"bot": ""}, "SLACK_BOT_TOKEN: expected"),
        ({"bot": "xoxb-1-wrong"}, "SLACK_BOT_TOKEN: Slack does not know this token"),
        ({"app": ""}, "SLACK_APP_TOKEN: expected"),
    ],
)
async def test_a_token_that_is_absent_or_wrong_is_named(slack: Slack, changes: dict[str, str], named: str) -> None:
    assert named in await refusal(slack, **changes)


async def test_tokens_that_changed_places_are_named_both_before_anything_is_sent(slack: Slack) -> None:
    told = await refusal(slack, bot=slack.app_token, app=slack.bot_token)

    assert "SLACK_BOT_TOKEN" in told
    assert "SLACK_APP_TOKEN" in told
    assert slack.calls == []


@pytest.mark.parametrize("code", ["account_inactive", "token_revoked", "token_expired", "team_access_not_granted"])
async def test_whatever_slack_has_against_the_bot_token_is_told_of_it(slack: Slack, code: str) -> None:
    slack.fail("auth.test", code)

    told = await refusal(slack)

    assert "SLACK_BOT_TOKEN" in told
    assert code in told


@pytest.mark.parametrize("code", ["no_permission", "missing_scope", "app_is_quarantined"])
async def test_whatever_slack_has_against_the_app_token_is_told_of_it(slack: Slack, code: str) -> None:
    slack.fail("apps.connections.open", code)

    told = await refusal(slack)

    assert "SLACK_APP_TOKEN" in told
    assert code in told


async def test_a_slack_without_sockets_is_told_of_and_the_way_that_needs_none() -> None:
    async with open_slack(without=["apps.connections.open"]) as slack:
        told = await refusal(slack)

    assert "SLACK_API_URL" in told
    assert "platforms.slack.mode: http" in told


# Scopes


async def test_all_scopes_that_are_missing_are_named_at_once_with_what_they_are_for() -> None:
    async with open_slack(scopes=ALL_SCOPES - {"chat:write", "users:read", "files:write"}) as slack:
        told = await refusal(slack)

    assert "chat:write: expected this scope. The bot cannot answer at all" in told
    assert "users:read: expected this scope. The bot cannot tell guests from members" in told
    assert "files:write" not in told


async def test_scopes_that_are_merely_missed_are_told_to_the_operator_and_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        open_slack(scopes=ALL_SCOPES - {"files:write", "commands"}) as slack,
        open_slack_bot(slack, tmp_path, ScriptedPipeline()) as bot,
    ):
        assert "Slack: the scope files:write is missing. Charts come as bars of text." in bot.told
        assert sum("is missing" in sentence for sentence in bot.told) == 2
    assert "Slack scope files:write is missing" in caplog.text


async def test_where_slack_does_not_say_which_scopes_there_are_nothing_is_missed() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("auth.test"):
            return web.json_response({"ok": True, "user_id": "U0BOT", "team_id": "T0", "team": "emulated"})
        return web.json_response({"ok": False, "error": "invalid_auth"})

    async with served(answer) as url:
        told = await Start(SlackTokens("xoxb-1", "xapp-1", api_url=url)).refusal()

    assert "SLACK_APP_TOKEN" in told, "it came as far as to the socket"


# Addresses that are not Slack's


@asynccontextmanager
async def served(answer: Any) -> AsyncIterator[str]:
    """Something else that listens; yields the address that somebody took for Slack's."""
    server = web.Application()
    server.router.add_route("*", "/{anything:.*}", answer)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "response",
    [
        {"status": 404, "text": "<html>not found</html>", "content_type": "text/html"},
        {"status": 200, "text": "<html>it works</html>", "content_type": "text/html"},
        {"status": 200, "text": "it works", "content_type": "text/plain"},
        {"status": 200, "text": "[1]", "content_type": "application/json"},
        {"status": 200, "text": "{", "content_type": "application/json"},
        {"status": 403, "text": "", "content_type": "text/html"},
    ],
    ids=["404", "page", "text", "list", "broken", "403"],
)
async def test_an_address_where_something_else_answers_is_told_of_as_such(response: Mapping[str, Any]) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(**response)

    async with served(answer) as url:
        told = await Start(SlackTokens("xoxb-1", "xapp-1", api_url=url)).refusal()

    assert told.startswith("environment: SLACK_API_URL: expected the address of Slack's Web API")


async def test_an_address_where_nobody_answers_is_tried_on_and_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        start = Start(SlackTokens("xoxb-1", "xapp-1", api_url=f"http://127.0.0.1:{closed.getsockname()[1]}/api/"))
        async with start.going_on():
            await until(lambda: caplog.text.count("Slack does not answer") >= 3)

    assert start.told == ["Slack does not answer (unreachable); trying again until it does"]


async def test_whoever_starts_the_bot_before_its_network_need_not_start_it_again(slack: Slack, tmp_path: Path) -> None:
    slack.cut("auth.test", times=5)
    slack.fail("apps.connections.open", "service_unavailable", times=5, status=503)

    async with open_slack_bot(slack, tmp_path, ScriptedPipeline(), clock=HurriedClock(1_000)) as bot:
        assert [sentence.split(" (")[0] for sentence in bot.told[:2]] == ["Slack does not answer"] * 2
        assert bot.told[-1] == "Slack: serving home as U0RAGBOT"


# What is never told


async def test_tokens_and_tickets_are_in_no_log_no_sentence_and_no_repr(
    slack: Slack, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ana = slack.person("Ana")
    general = slack.channel("general", members=[ana])
    slack.cut("auth.test")
    slack.fail("apps.connections.open", "internal_error")
    slack.cut_after("apps.connections.open")
    slack.refuse_sockets(3)
    told = [await refusal(slack, app=slack.app_token + "x"), await refusal(slack, bot=slack.bot_token + "x")]

    async with open_slack_bot(
        slack, tmp_path, ScriptedPipeline({"why?": says("Because.")}), clock=HurriedClock()
    ) as bot:
        told += [repr(bot), repr(tokens_of(slack)), *bot.told]
        for method in ("usergroups.list", "chat.startStream", "assistant.threads.setStatus"):
            slack.fail(method, "invalid_auth")
        slack.cut("users.info")
        slack.drop()
        slack.refuse_sockets(1)
        await slack.disconnect("refresh_requested")
        question = await slack.says(ana, general, f"{slack.mention} why?")
        await slack.until(lambda: "Because." in slack.seen(general, thread=question)[-1].text)
        slack.revoke(slack.app_token)
        slack.drop()
        told.append(await bot.failure())

    everything = "\n".join([caplog.text, *told, *(repr(vars(record)) for record in caplog.records)])
    opened = [call.answer.get("url", "") for call in slack.calls_to("apps.connections.open")]
    tickets = [parse_qs(urlsplit(url).query)["ticket"][0] for url in opened if url]
    assert len(tickets) > 5
    secrets = [slack.bot_token, slack.app_token, slack.signing_secret, *tickets]
    assert [secret for secret in secrets if secret in everything] == []


# The whole program


def environment(slack: Slack, **variables: str) -> dict[str, str]:
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "RAGBOT_DATA": "data",
        "RAGBOT_CONFIG": "config",
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
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
    slack: Slack, folder: Path
) -> None:
    ana = slack.person("Ana")
    general = slack.channel("general", members=[ana])
    process = await run(folder, environment(slack))
    await slack.until(lambda: len(slack.sockets.sockets) == 2, PATIENCE_S)

    slack.delay("chat.startStream", 0.8)
    question = await slack.says(ana, general, f"{slack.mention} How do I set a daily budget?")
    await slack.until(lambda: slack.calls_to("chat.startStream"), PATIENCE_S)
    process.send_signal(signal.SIGTERM)
    code, said = await ending(process)

    answer = slack.seen(general, thread=question)[-1]
    assert "Set `daily_budget` under `routing.cost_limits`" in answer.text
    assert "docs/budget.md" in answer.text
    assert (answer.streaming, "Why?" in answer.buttons) == (False, True)
    assert code == 143
    assert "Slack: serving home as U0RAGBOT" in said
    assert "Traceback" not in said


async def test_ctrl_c_twice_ends_it_at_once(slack: Slack, folder: Path) -> None:
    ana = slack.person("Ana")
    general = slack.channel("general", members=[ana])
    process = await run(folder, environment(slack))
    await slack.until(lambda: len(slack.sockets.sockets) == 2, PATIENCE_S)

    slack.delay("chat.startStream", 7.5)  # less than what once alone would wait for
    await slack.says(ana, general, f"{slack.mention} How do I set a daily budget?")
    await slack.until(lambda: slack.calls_to("chat.startStream"), PATIENCE_S)
    process.send_signal(signal.SIGINT)
    await slack.until(lambda: not slack.sockets.sockets, PATIENCE_S)
    process.send_signal(signal.SIGINT)
    code, said = await ending(process)

    assert code == 130
    assert slack.calls_to("chat.startStream")[0].status == 0, "nobody waited for its answer"
    assert "Traceback" not in said


async def test_ragbot_run_ends_with_code_2_and_names_the_variable_where_the_app_token_is_wrong(
    slack: Slack, folder: Path
) -> None:
    code, said = await ending(await run(folder, environment(slack, SLACK_APP_TOKEN="xapp-1-A0-wrong")))

    assert code == 2
    assert "environment: SLACK_APP_TOKEN: Slack does not know this token" in said
    assert "Traceback" not in said
    assert "xapp-1-A0-wrong" not in said


@pytest.mark.parametrize("words", [(), ("status",)])
def test_nobody_but_slack_waits_for_its_libraries(words: tuple[str, ...], folder: Path) -> None:
    program = "from bot.cli import main; raise SystemExit(main() if sys.argv[1:] else 0)"
    done = subprocess.run(
        [sys.executable, "-P", "-X", "importtime", "-c", f"import sys; {program}", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "RAGBOT_DATA": "data", "RAGBOT_CONFIG": "config"},
        check=False, capture_output=True, text=True, timeout=PATIENCE_S,
    )  # fmt: skip

    imported = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert "bot.cli" in imported
    assert imported.isdisjoint({"slack_bolt", "slack_sdk", "aiohttp"})
