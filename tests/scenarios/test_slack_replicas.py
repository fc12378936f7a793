"""Several processes of one bot in one Slack, over one state database of either engine."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chats import SlackSettings
from bot.terms import Terms
from rag.state import DATABASES
from tests.fakes.chat_bot import ChatBot, HurriedClock
from tests.fakes.postgres import PostgresServer
from tests.fakes.scripted_pipeline import BUDGET, Forever, ScriptedPipeline, says, tells_what_was_asked_before
from tests.fakes.slack import Channel, Message, Seen, Slack, User, events
from tests.fakes.slack.sockets import Socket
from tests.fakes.slack_bot import open_slack_bot
from tests.fakes.state import state_file_url

PATIENCE_S = 30.0
QUESTION = "how do I set a budget?"
WHOLE = "The whole of it [1]."
MESSAGES = 200
ONE = SlackSettings(sockets=1)


@pytest.fixture(params=sorted(DATABASES))
def state_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of a database without rows that several processes share."""
    if request.param == "sqlite":
        with state_file_url() as url:
            yield url
    else:
        server: PostgresServer = request.getfixturevalue("server")
        with server.lent_database() as url:
            yield url


def answers(slack: Slack, place: Channel, thread: Message) -> list[Seen]:
    return [seen for seen in slack.seen(place, thread=thread) if seen.author == "ragbot"]


def turn_away(sockets: list[Socket]) -> None:
    """Hand nothing more to these, as if the others happened to be picked."""
    for link in sockets:
        link.leaving = True


async def test_of_two_replicas_one_answers_each_message_and_once_however_often_it_is_told_of(
    slack: Slack, state_url: str, ana: User, general: Channel
) -> None:
    questions = [f"question {number}?" for number in range(MESSAGES)]
    one, other = (ScriptedPipeline(dict.fromkeys(questions, says("Yes [1]."))) for _ in range(2))
    async with (
        open_slack_bot(slack, state_url, one, prefix="one"),
        open_slack_bot(slack, state_url, other, prefix="other"),
    ):
        asked = []
        for number, question in enumerate(questions):
            asked.append(await slack.says(ana, general, f"{slack.mention} {question}"))
            if number % 5 == 0:
                event = events.mentioned(slack, asked[-1])
                again = events.callback(slack, event, general, slack.verification_token)
                for _ in range(2):
                    slack.tasks.start(slack.sockets.send_event(again))
        for message in asked:
            await slack.until(lambda message=message: is_whole(slack, general, message), PATIENCE_S)
        await slack.until(lambda: len(slack.acks) >= len(slack.sockets.delivered), PATIENCE_S)

    assert {len(answers(slack, general, message)) for message in asked} == {1}
    assert len(one.asked) + len(other.asked) == MESSAGES
    assert min(len(one.asked), len(other.asked)) > 0, "both had their share"
    assert slack.lost == []


def is_whole(slack: Slack, place: Channel, question: Message) -> bool:
    return "Why?" in answers(slack, place, question)[-1].buttons


async def test_a_follow_up_is_answered_by_the_other_replica_with_what_was_said_before(
    slack: Slack, state_url: str, ana: User, general: Channel
) -> None:
    one = ScriptedPipeline({QUESTION: says(BUDGET)})
    other = ScriptedPipeline({"and before?": tells_what_was_asked_before})
    async with open_slack_bot(slack, state_url, one, prefix="one"):
        question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
        await slack.until(lambda: is_whole(slack, general, question))
        first = slack.sockets.sockets[:]
        async with open_slack_bot(slack, state_url, other, prefix="other"):
            turn_away(first)
            await slack.says(ana, general, "and before?", question)
            await slack.until(lambda: len(answers(slack, general, question)) == 2)
            await slack.until(lambda: is_whole(slack, general, question))

    assert f"Before that you asked: {QUESTION}" in answers(slack, general, question)[-1].text
    assert (len(one.asked), len(other.asked)) == (1, 1)


@asynccontextmanager
async def victim(slack: Slack, state_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A replica in a process of its own, which never comes to the end of `hang`."""
    others = len(slack.sockets.sockets)
    tokens = (slack.api_url, slack.bot_token, slack.app_token)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.slack_bot", *tokens, state_url,
        cwd=Path(__file__).parents[2], stdout=DEVNULL,
    )  # fmt: skip
    try:
        await slack.until(lambda: len(slack.sockets.sockets) == others + 2, PATIENCE_S)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def written_down(bot: ChatBot, address: str) -> None:
    """The journal knows where the answer stands."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            rows = await bot.talk.database.fetch("SELECT 1 FROM questions WHERE address = $1", address)
            if rows:
                return
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("how", ["finishes", "apologises"])
async def test_what_a_killed_replica_leaves_unfinished_the_other_brings_to_an_end_in_the_same_message(
    slack: Slack, state_url: str, ana: User, general: Channel, how: str
) -> None:
    other = ScriptedPipeline({"hang": says(WHOLE)})
    terms = Terms() if how == "finishes" else Terms(resume=timedelta(0))
    async with open_slack_bot(slack, state_url, other, settings=ONE, clock=HurriedClock(), terms=terms) as bot:
        (own,) = slack.sockets.sockets
        async with victim(slack, state_url) as process:
            own.leaving = True
            question = await slack.says(ana, general, f"{slack.mention} hang")
            await slack.until(lambda: "The beginning" in answers(slack, general, question)[-1].text, PATIENCE_S)
            (left,) = answers(slack, general, question)
            await written_down(bot, left.ts)
            process.kill()
            own.leaving = False
            await slack.until(lambda: "Try again" in answers(slack, general, question)[-1].buttons, PATIENCE_S)

    (only,) = answers(slack, general, question)
    assert (only.ts, only.streaming) == (left.ts, False)
    assert (WHOLE in only.text) is (how == "finishes")
    assert len(other.asked) == (1 if how == "finishes" else 0)


async def test_a_replica_that_stops_hands_nothing_over_that_it_can_finish(
    slack: Slack, state_url: str, ana: User, general: Channel
) -> None:
    one, other = (ScriptedPipeline({QUESTION: says(BUDGET)}) for _ in range(2))
    async with open_slack_bot(slack, state_url, other, prefix="other", settings=ONE, clock=HurriedClock()):
        turn_away(slack.sockets.sockets)
        async with open_slack_bot(slack, state_url, one, prefix="one") as bot:
            slack.delay("chat.startStream", 0.3)
            question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
            await slack.until(lambda: slack.calls_to("chat.startStream"))
            await bot.stop()
            assert is_whole(slack, general, question)

    assert (len(one.asked), len(other.asked)) == (1, 0)


async def test_where_an_answer_stands_is_written_down_with_its_first_words(
    slack: Slack, state_url: str, ana: User, general: Channel
) -> None:
    stalls = ScriptedPipeline({"stall": says("The first words.", Forever())})
    async with open_slack_bot(slack, state_url, stalls, settings=ONE) as bot:
        question = await slack.says(ana, general, f"{slack.mention} stall")
        await slack.until(lambda: "The first words" in answers(slack, general, question)[-1].text)

        await written_down(bot, answers(slack, general, question)[-1].ts)

        await slack.stops(ana, general, question)
        await slack.until(lambda: "Stopped" in answers(slack, general, question)[-1].text)
