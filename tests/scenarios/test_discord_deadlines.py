"""The clocks of Discord's interactions: three seconds to answer, fifteen minutes to go on, and one answer of many."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.terms import Terms
from tests.fakes.chat_bot import HurriedClock
from tests.fakes.discord import Channel, Discord, Guild, User
from tests.fakes.discord.model import LOADING
from tests.scenarios.discord_presses import VACATION, called, settled, standing, told, verdicts, whispered
from tests.scenarios.discord_talks import answered, asked, can_be_read, is_finished, of_bot, served, text_of
from tests.scenarios.talks import Gate, Hasty, in_pieces, model, squeezed

CALLBACK = "/interactions/*"
LONG = "\n\n".join(f"Paragraph {n}: {'words ' * 50}" for n in range(14))


@pytest.fixture
def cid(discord: Discord, acme: Guild) -> User:
    return discord.person("Cid", guilds=[acme])


# Three seconds


async def test_a_slow_database_does_not_keep_a_command_from_being_answered_in_time(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION), clock=Hasty()):
        other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        made = await discord.slash(bia, lobby, "ask", question="vacation")
        figures = await discord.slash(bia, lobby, "rag cost")
        assert made.deferred
        assert figures.deferred
        assert of_bot(discord, lobby)[0].is_loading
        other.execute("ROLLBACK")
        other.close()
        await answered(discord, lobby)
        assert "You, " in (await told(discord, figures)).text


async def test_a_slow_model_does_not_keep_a_command_from_being_answered_in_time(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    async with served(discord, tmp_path, model(vacation=(gate, VACATION))):
        made = await discord.slash(bia, lobby, "ask", question="vacation")
        assert made.deferred
        gate.open()
        await answered(discord, lobby)


@pytest.mark.parametrize("where", ["channel", "thread", "direct"])
async def test_nothing_is_asked_of_discord_before_a_command_is_answered(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, where: str
) -> None:
    thread = await discord.opens_thread(bia, lobby, "old")
    await discord.archives(thread)  # so the bot does not know it when it starts
    place = {"channel": lobby, "thread": thread, "direct": discord.dm(bia)}[where]
    async with served(discord, tmp_path, model()):
        thread.archived = False
        before = len(discord.calls)
        await called(discord, bia, place, "rag help")
        first = discord.calls[before]
        assert (first.method, first.path.split("/")[1]) == ("POST", "interactions"), first.path


async def test_a_button_is_answered_before_anything_is_asked_of_discord(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)):
        await asked(discord, bia, lobby, "vacation")
    async with served(discord, tmp_path, model(vacation=VACATION)):
        for button in ("Why?", "Bad answer"):
            before = len(discord.calls)
            made = await discord.presses(bia, of_bot(discord, lobby)[0], button)
            first = discord.calls[before]
            assert (first.method, first.path.split("/")[1]) == ("POST", "interactions"), button
            if made.modal is None:
                await told(discord, made)


async def test_a_question_that_was_answered_too_late_is_answered_with_a_normal_message(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)):
        made = await discord.slash(bia, lobby, "ask", question="vacation", wait=False)
        discord.pass_time(4)
        (answer,) = await answered(discord, lobby, by=cid)
    assert made.failed
    assert [call.code for call in discord.calls_to("POST", CALLBACK)] == [10062]
    assert "Thirty days [1]." in answer.content
    assert "Bia asks:** vacation" in answer.content, "nobody sees any more who used the command"
    assert not answer.pings


async def test_what_is_private_and_was_answered_too_late_is_told_in_a_direct_message(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()):
        await discord.slash(bia, lobby, "rag cost", wait=False)
        discord.pass_time(4)
        await discord.until(lambda: "You, " in of_bot(discord, discord.dm(bia))[0].text)
    assert all("$" not in one.text for one in of_bot(discord, lobby, by=cid))


async def test_a_button_that_was_answered_too_late_tells_in_a_direct_message(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)):
        await asked(discord, bia, lobby, "vacation")
        await discord.presses(bia, of_bot(discord, lobby)[0], "Why?", wait=False)
        discord.pass_time(4)
        await discord.until(lambda: "Passages" in of_bot(discord, discord.dm(bia))[0].text)


async def test_a_thumb_down_that_was_too_late_for_a_dialogue_is_written_down(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)) as bot:
        await asked(discord, bia, lobby, "vacation")
        await discord.presses(bia, of_bot(discord, lobby)[0], "Bad answer", wait=False)
        discord.pass_time(4)
        assert await verdicts(bot, 1) == [(bia.id, "bad", "")]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fault", ["cut", "fail"])
async def test_a_first_answer_that_gets_lost_on_the_way_is_followed_by_the_real_one(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, fault: str, *, after: bool
) -> None:
    getattr(discord, fault)("POST", CALLBACK, after=after)
    async with served(discord, tmp_path, model(vacation=VACATION), clock=Hasty()):
        made = await discord.slash(bia, lobby, "ask", question="vacation")
        assert made.answered
        (answer,) = await answered(discord, lobby)
    assert "Thirty days [1]." in answer.content
    assert not any(one.is_loading for one in of_bot(discord, lobby))


async def test_a_private_answer_whose_announcement_gets_lost_stays_private(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(), clock=Hasty()):
        discord.cut("POST", CALLBACK, after=True)
        made = await discord.slash(bia, lobby, "rag cost")
        shown = await told(discord, made)
    assert shown.ephemeral
    assert "You, " in shown.text
    assert of_bot(discord, lobby, by=cid) == []


# Fifteen minutes


async def test_an_answer_that_outlives_its_token_goes_on_and_is_complete_once(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    pieces = in_pieces(LONG)
    script = (*pieces[:14], gate, *pieces[14:])
    async with served(discord, tmp_path, model(all=script), clock=Hasty()):
        await discord.slash(bia, lobby, "ask", question="all")
        await discord.until(lambda: "Paragraph 3" in text_of(of_bot(discord, lobby)))
        discord.pass_time(16 * 60)
        gate.open()
        shown = await answered(discord, lobby, by=cid)
    assert len(shown) > 2
    assert squeezed(text_of(shown)) == squeezed(f"**Bia asks:** all\n{LONG}")
    assert [one.buttons for one in shown[:-1]] == [()] * (len(shown) - 1), "nothing is left to be stopped"
    assert sum(map(is_finished, shown)) == 1
    can_be_read(shown)


async def test_an_answer_whose_token_is_over_before_its_first_word_takes_the_place_of_the_announcement(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    async with served(discord, tmp_path, model(vacation=(gate, VACATION)), clock=Hasty()):
        await discord.slash(bia, lobby, "ask", question="vacation")
        discord.pass_time(16 * 60)
        gate.open()
        shown = await answered(discord, lobby, by=cid)
    assert [VACATION in one.content for one in shown] == [True]
    assert not any(one.is_loading for one in shown)


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015)])
async def test_a_token_that_ends_between_two_messages_of_an_answer_leaves_it_whole(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, status: int, *, code: int
) -> None:
    async with served(discord, tmp_path, model(all=LONG), clock=Hasty()):
        discord.fail("POST", "/webhooks/*", times=1_000_000, status=status, code=code)  # the first message is an edit
        await discord.slash(bia, lobby, "ask", question="all")
        shown = await answered(discord, lobby)
    assert squeezed(text_of(shown)) == squeezed(f"**Bia asks:** all\n{LONG}")
    assert sum(map(is_finished, shown)) == 1


async def test_a_private_answer_that_outlives_its_token_goes_on_in_a_direct_message(
    discord: Discord, bia: User, tmp_path: Path
) -> None:
    away = discord.channel(discord.guild("Away", joined=False), "away")
    await discord.joins(bia, next(guild for guild in discord.guilds.values() if guild.name == "Away"))
    gate = Gate()
    async with served(discord, tmp_path, model(vacation=(gate, VACATION)), clock=Hasty()):
        made = await discord.slash(bia, away, "ask", question="vacation", installed_for="user")
        assert made.ephemeral
        discord.pass_time(16 * 60)
        gate.open()
        await discord.until(lambda: VACATION in of_bot(discord, discord.dm(bia))[-1].content)
    assert of_bot(discord, away) == []


async def test_the_buttons_of_an_answer_work_long_after_its_token_is_over(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION)
    async with served(discord, tmp_path, pipeline) as bot:
        await discord.slash(bia, lobby, "ask", question="vacation")
        (answer,) = await answered(discord, lobby)
        await settled(bot)
        discord.pass_time(30 * 60)
        assert "Passages" in (await whispered(discord, cid, answer, "Why?")).text
        pipeline.finals["vacation"] = "Thirty-one days [1]."
        await discord.presses(bia, answer, "Try again")
        await discord.until(lambda: "Thirty-one" in of_bot(discord, lobby)[0].content)
        (again,) = await answered(discord, lobby)
    assert again.message is answer.message
    assert "Bia asks:** vacation" in again.content


# One answer of many


async def test_two_processes_that_hear_the_same_command_answer_it_once(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION)
    async with (
        served(discord, tmp_path, pipeline),
        served(discord, tmp_path, pipeline, prefix="two"),
    ):
        for number in range(1, 6):
            await discord.slash(bia, lobby, "ask", question="vacation")
            await answered(discord, lobby, answers=number)
        figures = [await discord.slash(bia, lobby, "rag cost") for _ in range(3)]
        for made in figures:
            await told(discord, made)
    assert len(pipeline.asked) == 5
    assert [len(standing(made)) for made in figures] == [1, 1, 1]
    assert len(of_bot(discord, lobby)) == 5
    assert 40060 in [call.code for call in discord.calls_to("POST", CALLBACK)]


async def test_a_command_that_is_told_twice_by_a_resume_is_answered_once(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION)
    async with served(discord, tmp_path, pipeline):
        made = await discord.slash(bia, lobby, "ask", question="vacation")
        await answered(discord, lobby)
        await discord._sends(made, wait=True)
        await called(discord, bia, lobby, "rag help")
    assert len(pipeline.asked) == 1
    assert len(of_bot(discord, lobby)) == 1
    assert not any(message.flags & LOADING for message in made.responses)


# A process that is gone


@asynccontextmanager
async def victim(discord: Discord, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A bot in a process of its own, which never comes to the end of `hang`."""
    state_url = f"sqlite:///{folder / 'state.db'}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.discord_bot",
        *(discord.api_url, discord.gateway_url, discord.token, state_url),
        cwd=Path(__file__).parents[2], stdout=DEVNULL,
    )  # fmt: skip
    try:
        await discord.until(lambda: discord.sessions and discord.registry.all(None), 30)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def taken(folder: Path) -> list[str]:
    """Where the answers stand of all questions that are written down; empty where nothing stands yet."""
    with sqlite3.connect(f"file:{folder / 'state.db'}?mode=ro", uri=True) as database:
        return [address or "" for (address,) in database.execute("SELECT address FROM questions")]


@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("when", ["thinking", "writing"])
@pytest.mark.parametrize("how", ["finishes", "apologises"])
async def test_what_a_killed_process_leaves_of_ask_is_brought_to_an_end_in_the_same_message(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, when: str, *, how: str
) -> None:
    async with victim(discord, tmp_path) as process:
        made = await discord.slash(bia, lobby, "ask", question="hang")
        if when == "writing":
            await discord.until(lambda: "The beginning" in of_bot(discord, lobby)[0].content, 30)
        await discord.until(lambda: taken(tmp_path) and (when == "thinking" or taken(tmp_path)[0]), 30)
        process.kill()
        await process.wait()
    discord.pass_time(20 * 60)  # nobody started it again at once
    terms = Terms() if how == "finishes" else Terms(resume=timedelta(0))
    pipeline = model(hang="The whole of it [1].")
    async with served(discord, tmp_path, pipeline, clock=HurriedClock(), terms=terms, prefix="new"):
        (only,) = await answered(discord, lobby)
    assert only.message is made.original
    assert not only.is_loading
    assert ("The whole of it" in only.content) is (how == "finishes")
    assert "hang" in only.text


# Where the bot may write nothing else


async def test_where_the_bot_may_not_write_a_command_is_answered_all_the_same(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    await discord.deny(lobby, "SEND_MESSAGES", "VIEW_CHANNEL")
    async with served(discord, tmp_path, model(vacation=VACATION)):
        await discord.slash(bia, lobby, "ask", question="vacation")
        (answer,) = await answered(discord, lobby, by=cid)
        assert "Thirty days [1]." in answer.content
        assert "Passages" in (await whispered(discord, cid, answer, "Why?")).text


async def test_a_token_that_ends_where_the_bot_may_not_write_leaves_the_answer_in_a_direct_message(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    await discord.deny(lobby, "SEND_MESSAGES")
    gate = Gate()
    async with served(discord, tmp_path, model(vacation=(gate, VACATION)), clock=Hasty()):
        await discord.slash(bia, lobby, "ask", question="vacation")
        discord.pass_time(16 * 60)
        gate.open()
        await discord.until(
            lambda: any(VACATION in one.content for place in (lobby, discord.dm(bia)) for one in of_bot(discord, place))
        )
    both = [*of_bot(discord, lobby), *of_bot(discord, discord.dm(bia))]
    assert sum(VACATION in one.content for one in both) == 1
