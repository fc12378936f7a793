"""Several processes of one bot in one Discord, over one state database of either engine."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.terms import Terms
from rag.state import DATABASES
from tests.fakes.chat_bot import ChatBot, HurriedClock
from tests.fakes.discord import Channel, Discord, Guild, Message, Seen, User
from tests.fakes.discord.sessions import Session
from tests.fakes.discord_bot import open_discord_bot
from tests.fakes.postgres import PostgresServer
from tests.fakes.scripted_pipeline import BUDGET, Forever, ScriptedPipeline, says, tells_what_was_asked_before
from tests.fakes.state import state_file_url
from tests.scenarios.discord_presses import called
from tests.scenarios.discord_talks import answered, asked, is_finished, of_bot

PATIENCE_S = 30.0
QUESTION = "how do I set a budget?"
WHOLE = "The whole of it [1]."
QUESTIONS = 60


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


def answers_to(discord: Discord, question: Message) -> list[Seen]:
    return [one for one in of_bot(discord, question.channel) if one.reply_to == question.id]


@asynccontextmanager
async def deaf(session: Session) -> AsyncIterator[None]:
    """A process that hears nothing of what happens meanwhile, as if it had not been there."""
    seq, link = session.seq, session.link
    session.link = None
    try:
        yield
    finally:
        session.link, session.seq = link, seq
        del session.log[seq:]


async def test_of_two_replicas_on_one_shard_one_answers_each_question(
    discord: Discord, acme: Guild, bia: User, state_url: str
) -> None:
    discord.buckets.on = False
    places = [discord.channel(acme, f"place-{number}") for number in range(10)]
    script = {f"question {number}?": says("Yes [1].") for number in range(QUESTIONS)}
    one, other = ScriptedPipeline(script), ScriptedPipeline(script)
    async with (
        open_discord_bot(discord, state_url, one, prefix="one"),
        open_discord_bot(discord, state_url, other, prefix="other"),
    ):
        assert [session.shard for session in discord.sessions] == [0, 0]
        questions = []
        for number, question in enumerate(script):
            place = discord.dm(bia) if number % 7 == 0 else places[number % 10]
            questions.append(await discord.says(bia, place, f"{discord.mention} {question}"))
        direct = [message for message in questions if message.channel is discord.dm(bia)]
        replied = [message for message in questions if message not in direct]
        await discord.until(lambda: all(any(map(is_finished, answers_to(discord, one))) for one in replied), PATIENCE_S)
        await answered(discord, discord.dm(bia), answers=len(direct))
        await asyncio.sleep(0.2)  # for what should not come
        assert {len(answers_to(discord, message)) for message in replied} == {1}
        assert len(of_bot(discord, discord.dm(bia))) == len(direct)
    assert len(one.asked) + len(other.asked) == QUESTIONS
    assert sorted(asked.question for asked in (*one.asked, *other.asked)) == sorted(script)
    assert discord.registrations == 1


async def test_of_two_replicas_one_answers_each_command_and_each_button(
    discord: Discord, bia: User, lobby: Channel, state_url: str
) -> None:
    discord.buckets.on = False
    one, other = (ScriptedPipeline({QUESTION: says(BUDGET)}) for _ in range(2))
    async with (
        open_discord_bot(discord, state_url, one, prefix="one"),
        open_discord_bot(discord, state_url, other, prefix="other"),
    ):
        made = [await discord.slash(bia, lobby, "ask", question=QUESTION) for _ in range(6)]
        assert all(each.answered for each in made)
        shown = await answered(discord, lobby, answers=6)
        assert len(shown) == 6
        assert len(one.asked) + len(other.asked) == 6
        assert (await called(discord, bia, lobby, "rag cost")).ephemeral
        for each in shown:
            pressed = await discord.presses(bia, each, "Why?")
            await discord.until(lambda: pressed.responses)  # noqa: B023
            await asyncio.sleep(0.02)
            assert len(pressed.responses) == 1
        assert not any(each.is_loading for each in of_bot(discord, lobby, by=bia))


async def test_a_follow_up_is_answered_by_the_other_replica_with_what_was_said_before(
    discord: Discord, bia: User, lobby: Channel, state_url: str
) -> None:
    one = ScriptedPipeline({QUESTION: says(BUDGET)})
    other = ScriptedPipeline({"and before?": tells_what_was_asked_before})
    async with open_discord_bot(discord, state_url, one, prefix="one") as bot:
        await asked(discord, bia, lobby, QUESTION)
        await written_down(bot, of_bot(discord, lobby)[0])
        (first,) = discord.sessions
        async with open_discord_bot(discord, state_url, other, prefix="other"), deaf(first):
            await discord.says(bia, lobby, "and before?", reply_to=of_bot(discord, lobby)[0])
            await answered(discord, lobby, answers=2)

    assert f"Before that you asked: {QUESTION}" in of_bot(discord, lobby)[-1].content
    assert (len(one.asked), len(other.asked)) == (1, 1)


async def test_an_edit_and_a_deletion_are_followed_by_a_replica_that_did_not_answer(
    discord: Discord, bia: User, lobby: Channel, state_url: str
) -> None:
    one = ScriptedPipeline({QUESTION: says(BUDGET)})
    other = ScriptedPipeline({"vacation": says("Thirty days [1].")})
    async with open_discord_bot(discord, state_url, one, prefix="one") as bot:
        question = await asked(discord, bia, lobby, QUESTION)
        await written_down(bot, of_bot(discord, lobby)[0])
        (first,) = discord.sessions
        async with open_discord_bot(discord, state_url, other, prefix="other"), deaf(first):
            (before,) = of_bot(discord, lobby)
            await discord.edits(question, f"{discord.mention} vacation")
            await discord.until(lambda: "Thirty days" in of_bot(discord, lobby)[0].content)
            (after,) = of_bot(discord, lobby)
            assert after.message is before.message
            await discord.deletes(question)
            await discord.until(lambda: not of_bot(discord, lobby))


@asynccontextmanager
async def victim(discord: Discord, state_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A replica in a process of its own, which never comes to the end of `hang`."""
    others = len(discord.sessions)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.discord_bot",
        discord.api_url, discord.gateway_url, discord.token, state_url,
        cwd=Path(__file__).parents[2], stdout=DEVNULL,
    )  # fmt: skip
    try:
        await discord.until(lambda: len(discord.sessions) == others + 1, PATIENCE_S)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def written_down(bot: ChatBot, shown: Seen) -> None:
    """The journal knows where the answer stands."""
    address = f"%{shown.message.id}%"
    async with asyncio.timeout(PATIENCE_S):
        while True:
            rows = await bot.talk.database.fetch("SELECT 1 FROM questions WHERE address LIKE $1", address)
            if rows:
                return
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize(("how", "where"), [("finishes", "channel"), ("apologises", "channel"), ("finishes", "direct")])
async def test_what_a_killed_replica_leaves_unfinished_the_other_brings_to_an_end_in_the_same_message(
    discord: Discord, bia: User, lobby: Channel, state_url: str, *, how: str, where: str
) -> None:
    place = lobby if where == "channel" else discord.dm(bia)
    other = ScriptedPipeline({"hang": says(WHOLE)})
    terms = Terms() if how == "finishes" else Terms(resume=timedelta(0))
    async with open_discord_bot(discord, state_url, other, clock=HurriedClock(), terms=terms) as bot:
        (own,) = discord.sessions
        async with victim(discord, state_url) as process:
            async with deaf(own):
                await discord.says(bia, place, f"{discord.mention} hang")
                await discord.until(lambda: "The beginning" in of_bot(discord, place)[-1].content, PATIENCE_S)
                (left,) = of_bot(discord, place)
                await written_down(bot, left)
                process.kill()
            await discord.until(lambda: is_finished(of_bot(discord, place)[-1]), PATIENCE_S)

    (only,) = of_bot(discord, place)
    assert only.message is left.message
    assert "Stop" not in only.buttons
    assert (WHOLE in only.content) is (how == "finishes")
    assert len(other.asked) == (1 if how == "finishes" else 0)


@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("moment", ["while typing", "at the first words", "later"])
async def test_after_a_crash_each_question_has_one_finished_answer_or_apology_and_nothing_is_half_written(
    discord: Discord, acme: Guild, bia: User, state_url: str, *, moment: str
) -> None:
    discord.buckets.on = False
    places = [discord.channel(acme, f"place-{number}") for number in range(4)]
    scripts = {"parking?": says("Set it [1]."), "hang": says(WHOLE), "long": says("A list [1].")}
    scripts["restart"] = says("Right [1].")
    async with victim(discord, state_url) as process:
        questions = [await discord.says(bia, at, f"{discord.mention} {text}") for at in places for text in scripts]
        made = await discord.slash(bia, places[0], "ask", question="hang", wait=False)
        if moment == "while typing":
            await discord.until(lambda: discord.calls_to("POST", "/channels/*/typing"), PATIENCE_S)
        else:
            shown = 1 if moment == "at the first words" else 9
            await discord.until(lambda: len(written(discord, places)) >= shown, PATIENCE_S)
        process.kill()
        await process.wait()
    after = ScriptedPipeline(scripts)
    async with open_discord_bot(discord, state_url, after, clock=HurriedClock(), prefix="after") as bot:
        rows = await bot.talk.database.fetch("SELECT message FROM questions")
        taken = {row[0] for row in rows}
        assert taken, "it was killed too early"
        mine = [question for question in questions if question.id in taken]
        await discord.until(lambda: all(any(map(is_finished, answers_to(discord, one))) for one in mine), PATIENCE_S)
        if f"interaction-{made.id}" in taken:
            await discord.until(lambda: not any(one.is_loading for at in places for one in of_bot(discord, at)))
        await discord.until(lambda: not any("Stop" in one.buttons for one in written(discord, places)))
        await asyncio.sleep(0.2)  # for what should not come
    for question in questions:
        expected = 1 if question.id in taken else 0
        assert sum(map(is_finished, answers_to(discord, question))) == expected
        assert len(answers_to(discord, question)) == expected
    if made.original is not None and f"interaction-{made.id}" in taken:
        answer = discord.look(made.original)
        assert is_finished(answer) or any(is_finished(one) for one in of_bot(discord, places[0]) if not one.reply_to)


def written(discord: Discord, places: list[Channel]) -> list[Seen]:
    """All messages of the bot that say something."""
    return [shown for place in places for shown in of_bot(discord, place) if shown.content]


async def test_a_replica_that_stops_hands_nothing_over_that_it_can_finish(
    discord: Discord, bia: User, lobby: Channel, state_url: str
) -> None:
    one, other = (ScriptedPipeline({QUESTION: says(BUDGET)}) for _ in range(2))
    async with open_discord_bot(discord, state_url, other, prefix="other", clock=HurriedClock()):
        (session,) = discord.sessions
        async with open_discord_bot(discord, state_url, one, prefix="one") as bot:
            async with deaf(session):
                discord.delay("POST", "/channels/*/messages", 0.3)
                question = await discord.says(bia, lobby, f"{discord.mention} {QUESTION}")
                await discord.until(lambda: discord.calls_to("POST", "/channels/*/typing"))
                await bot.stop()
            assert [is_finished(answer) for answer in answers_to(discord, question)] == [True]

    assert (len(one.asked), len(other.asked)) == (1, 0)


async def test_where_an_answer_stands_is_written_down_with_its_first_words(
    discord: Discord, bia: User, lobby: Channel, state_url: str
) -> None:
    stalls = ScriptedPipeline({"stall": says("The first words.", Forever())})
    async with open_discord_bot(discord, state_url, stalls) as bot:
        await discord.says(bia, lobby, f"{discord.mention} stall")
        await discord.until(lambda: "The first words" in of_bot(discord, lobby)[-1].content)

        await written_down(bot, of_bot(discord, lobby)[-1])

        await discord.presses(bia, of_bot(discord, lobby)[-1], "Stop")
        await discord.until(lambda: "Stop" not in of_bot(discord, lobby)[-1].buttons)
