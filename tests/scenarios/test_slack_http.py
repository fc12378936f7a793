"""HTTP mode: what Slack signs is answered, and nothing else does anything."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.chats import SlackSettings
from bot.platforms.slack import server
from rag.errors import ConfigurationError
from tests.fakes.chat_bot import ChatBot
from tests.fakes.scripted_pipeline import BUDGET, ScriptedPipeline, says
from tests.fakes.slack import Channel, HttpLine, Message, Seen, Slack, User, events
from tests.fakes.slack.http_line import FORM
from tests.fakes.slack_bot import open_slack_bot, tokens_of

QUESTION = "how do I set a budget?"
HTTP = SlackSettings(mode="http", port=0)


@pytest.fixture
def pipeline() -> ScriptedPipeline:
    return ScriptedPipeline({QUESTION: says(BUDGET)})


@pytest.fixture
async def bot(slack: Slack, tmp_path: Path, pipeline: ScriptedPipeline) -> AsyncIterator[ChatBot]:
    async with open_slack_bot(slack, tmp_path, pipeline, settings=HTTP) as opened:
        yield opened


@pytest.fixture
async def line(slack: Slack, bot: ChatBot) -> HttpLine:
    return await slack.deliver_to(address_of(bot))


def address_of(bot: ChatBot) -> str:
    return bot.told[-1].removeprefix("Slack: listening on ")


@pytest.fixture
def asked(slack: Slack, ana: User, general: Channel) -> dict[str, Any]:
    """The event of a question that Slack has not sent yet."""
    question = slack.write(Message(general.id, slack.new_ts(), ana.id, f"{slack.mention} {QUESTION}"))
    return events.callback(slack, events.mentioned(slack, question), general, slack.verification_token)


async def answer_in(slack: Slack, channel: Channel, question: Message) -> Seen:
    await slack.until(lambda: "Why?" in slack.seen(channel, thread=question)[-1].buttons)
    return slack.seen(channel, thread=question)[-1]


async def test_a_signed_event_is_answered_without_any_socket(
    slack: Slack, line: HttpLine, ana: User, general: Channel, pipeline: ScriptedPipeline
) -> None:
    question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")

    assert BUDGET in (await answer_in(slack, general, question)).text
    assert {answer.status for answer in line.answers} == {200}
    assert len(pipeline.asked) == 1
    assert slack.calls_to("apps.connections.open") == []


@pytest.mark.usefixtures("line")
async def test_commands_and_buttons_are_answered(slack: Slack, ana: User, general: Channel) -> None:
    await slack.runs(ana, general, "/ask", QUESTION)
    await slack.until(lambda: slack.seen(general, by=ana))
    answer = await answer_in(slack, general, slack.seen(general, by=ana)[-1].message)

    assert await slack.presses(ana, answer, "Why?")
    await slack.until(lambda: slack.seen(general, thread=answer, by=ana)[-1].ephemeral)


async def test_what_slack_asks_of_an_address_is_answered(line: HttpLine) -> None:
    verified = await line.url_verification("c4a11e")

    assert (verified.status, "c4a11e" in verified.body) == (200, True)
    assert (await line.ssl_check()).status == 200
    async with aiohttp.ClientSession() as browser, browser.get(line.url, params={"ssl_check": "1"}) as looked:
        assert looked.status == 200


async def test_an_event_that_nobody_listens_to_is_answered_so_that_it_is_not_sent_again(
    slack: Slack, line: HttpLine
) -> None:
    told = await line.send(json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"type": "team_join"}}))

    assert told.status == 200
    assert (await line.send(json.dumps({"type": "something_new"}))).status == 200
    assert slack.lost == []


class TestARequestIsRefused:
    @pytest.fixture(autouse=True)
    async def _nothing_is_done(
        self, slack: Slack, line: HttpLine, pipeline: ScriptedPipeline, caplog: pytest.LogCaptureFixture
    ) -> AsyncIterator[None]:
        before = len(slack.calls)
        yield
        assert {answer.status // 100 for answer in line.answers} == {4}
        told = caplog.get_records("call")
        assert [record.getMessage() for record in told if record.getMessage().startswith("refused: ")]
        assert [record for record in told if record.exc_info] == []
        assert pipeline.asked == []
        assert len(slack.calls) == before

    async def test_that_is_not_signed(self, line: HttpLine, asked: dict[str, Any]) -> None:
        assert (await line.unsigned(asked)).status == 401

    async def test_that_somebody_else_has_signed(self, line: HttpLine, asked: dict[str, Any]) -> None:
        assert (await line.wrongly_signed(asked)).status == 401

    @pytest.mark.parametrize("age_s", [301, -310])
    async def test_that_was_signed_more_than_five_minutes_from_now(
        self, line: HttpLine, asked: dict[str, Any], age_s: int
    ) -> None:
        assert (await line.replayed(asked, age_s)).status == 401

    async def test_that_says_of_itself_that_it_only_looks_at_a_certificate(
        self, line: HttpLine, asked: dict[str, Any]
    ) -> None:
        assert (await line.unsigned({**asked, "ssl_check": "1"})).status == 401

    @pytest.mark.parametrize(
        "changes",
        [
            {"X-Slack-Signature": "v0=é"},
            {"X-Slack-Signature": ""},
            {"X-Slack-Request-Timestamp": "yesterday"},
            {"X-Slack-Request-Timestamp": ""},
            {"X-Slack-Request-Timestamp": "9" * 5_000},
        ],
    )
    async def test_whose_seal_makes_no_sense(
        self, line: HttpLine, asked: dict[str, Any], changes: dict[str, str]
    ) -> None:
        assert (await line.send(json.dumps(asked), headers=changes)).status == 401

    @pytest.mark.parametrize("body", ["{", "[1]", "null", '"text"', "5", "[" * 100_000, '{"authorizations": [5]}'])
    async def test_that_is_no_json_object_of_slacks(self, line: HttpLine, body: str) -> None:
        assert (await line.send(body)).status == 400

    @pytest.mark.parametrize("body", ["payload=%7B", "payload=5", "payload=%5B1%5D"])
    async def test_whose_form_holds_no_json_object(self, line: HttpLine, body: str) -> None:
        assert (await line.send(body, FORM)).status == 400

    async def test_that_is_not_utf_8(self, line: HttpLine) -> None:
        body = '{"text": "ÿ"}'.encode("latin-1")
        headers = {"Content-Type": "application/json"}
        async with aiohttp.ClientSession() as forger, forger.post(line.url, data=body, headers=headers) as got:
            assert got.status == 401
        told = await line.send("{}", "application/json; charset=klingon")
        assert told.status == 400


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_request_that_is_huge_is_refused(
    line: HttpLine, pipeline: ScriptedPipeline, asked: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    told = await line.send(json.dumps({**asked, "more": "x" * 2_000_000}))

    assert (told.status, pipeline.asked) == (413, [])
    assert "Traceback" not in caplog.text


async def test_a_request_that_never_ends_is_given_up(
    line: HttpLine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "_READING_S", 0.05)
    port = int(re.findall(r":(\d+)/", line.url)[0])
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.setblocking(False)
        slow.send(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        async with aiohttp.ClientSession() as other, other.get(line.url) as got:
            assert got.status == 200
        loop = asyncio.get_running_loop()
        assert (await loop.sock_recv(slow, 100)).startswith(b"HTTP/1.1 408")
    assert "Traceback" not in caplog.text


async def test_the_very_same_request_does_its_work_once(
    slack: Slack, line: HttpLine, pipeline: ScriptedPipeline, asked: dict[str, Any]
) -> None:
    first, second = await line.twice(asked)

    assert (first.status, second.status) == (200, 401)
    await slack.until(lambda: pipeline.asked)
    assert len(pipeline.asked) == 1


async def test_the_same_event_signed_anew_is_answered_once(
    slack: Slack, line: HttpLine, pipeline: ScriptedPipeline, asked: dict[str, Any]
) -> None:
    for number in range(3):
        told = await line.send(json.dumps({**asked, "event_context": f"{number}"}), headers={"X-Slack-Retry-Num": "1"})
        assert told.status == 200

    await slack.until(lambda: pipeline.asked)
    assert len(pipeline.asked) == 1


# Where it listens


async def test_host_port_and_path_are_the_configured_ones(slack: Slack, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.2", 0))
        port = free.getsockname()[1]
    settings = SlackSettings(mode="http", host="127.0.0.2", port=port, path="/hooks/ragbot")
    async with open_slack_bot(slack, tmp_path, ScriptedPipeline(), settings=settings) as bot:
        assert address_of(bot) == f"http://127.0.0.2:{port}/hooks/ragbot"
        line = await slack.deliver_to(address_of(bot))
        assert (await line.url_verification()).status == 200


async def test_a_port_that_is_taken_is_told_of_by_its_place_in_the_file(slack: Slack, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings = SlackSettings(mode="http", port=other.getsockname()[1])
        told = await refusal(slack, tmp_path, settings=settings)

    assert told.startswith("bot.yaml: platforms.slack.port: expected one that is free")


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
async def test_a_host_that_is_not_this_machine_is_told_of_by_its_place_in_the_file(
    slack: Slack, tmp_path: Path, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    if host.endswith(".invalid"):
        monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    told = await refusal(slack, tmp_path, settings=SlackSettings(mode="http", host=host, port=0))

    assert told.startswith("bot.yaml: platforms.slack.host: expected an address of this machine")


async def test_without_a_signing_secret_nothing_is_served(slack: Slack, tmp_path: Path) -> None:
    told = await refusal(slack, tmp_path, settings=HTTP, tokens=replace(tokens_of(slack), signing_secret=""))

    assert "SLACK_SIGNING_SECRET" in told
    assert slack.calls == []


async def refusal(slack: Slack, folder: Path, **how: Any) -> str:
    with pytest.raises(ConfigurationError) as refused:
        async with open_slack_bot(slack, folder, ScriptedPipeline(), **how):
            pass
    return str(refused.value)
