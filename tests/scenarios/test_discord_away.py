"""Commands of people who installed the bot for themselves, where the bot itself is not: for their eyes alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chats import DiscordSettings
from tests.fakes.discord import Channel, Discord, Guild, User
from tests.fakes.scripted_pipeline import one_too_many
from tests.scenarios.discord_presses import VACATION, called, settled, told
from tests.scenarios.discord_talks import is_finished, of_bot, served, text_of
from tests.scenarios.talks import Hasty, model, squeezed

LONG = "\n\n".join(f"Paragraph {n}: {'words ' * 60}" for n in range(45))


@pytest.fixture
def elsewhere(discord: Discord) -> Guild:
    return discord.guild("Elsewhere", joined=False)


@pytest.fixture
def bia(discord: Discord, acme: Guild, elsewhere: Guild) -> User:
    return discord.person("Bia", guilds=[acme, elsewhere])


@pytest.fixture
def cid(discord: Discord, elsewhere: Guild) -> User:
    return discord.person("Cid", guilds=[elsewhere])


@pytest.fixture
def away(discord: Discord, elsewhere: Guild) -> Channel:
    return discord.channel(elsewhere, "away")


@pytest.mark.parametrize("is_restricted", [False, True])
async def test_ask_is_answered_to_one_alone_where_the_bot_is_no_member(
    discord: Discord, bia: User, cid: User, away: Channel, acme: Guild, *, tmp_path: Path, is_restricted: bool
) -> None:
    settings = DiscordSettings(servers=(acme.id,) if is_restricted else ())
    async with served(discord, tmp_path, model(vacation=VACATION), settings=settings):
        made = await discord.slash(bia, away, "ask", question="vacation", installed_for="user")
        assert made.ephemeral
        answer = await told(discord, made)
        assert "Thirty days [1]." in answer.content
        assert "Budgets › Daily budget" in answer.text
        why = await told(discord, await discord.presses(bia, answer, "Why?"))
        assert "Passages" in why.text
        assert why.ephemeral
    assert of_bot(discord, away, by=cid) == []


async def test_ask_is_answered_to_one_alone_among_friends(
    discord: Discord, bia: User, cid: User, tmp_path: Path
) -> None:
    friends = discord.private_chat(bia, cid, discord.person("Eva"))
    async with served(discord, tmp_path, model(vacation=VACATION)):
        answer = await called(discord, bia, friends, "ask", question="vacation", installed_for="user")
        assert "Thirty days [1]." in answer.content
        assert answer.ephemeral
        figures = await called(discord, bia, friends, "rag cost", installed_for="user")
        assert figures.ephemeral
        assert "You, " in figures.text
    assert of_bot(discord, friends, by=cid) == []


async def test_a_private_answer_is_asked_again_privately(
    discord: Discord, bia: User, cid: User, away: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION)
    async with served(discord, tmp_path, pipeline) as bot:
        answer = await called(discord, bia, away, "ask", question="vacation", installed_for="user")
        await settled(bot)
        pipeline.finals["vacation"] = "Thirty-one days [1]."
        await discord.presses(bia, answer, "Try again")
        await discord.until(lambda: any("Thirty-one" in one.content for one in of_bot(discord, away, by=bia)))
        await settled(bot)
        (left,) = [one for one in of_bot(discord, away, by=bia) if is_finished(one)]
        assert "Thirty-one" in left.content, "no buttons are left that lead nowhere"
        pipeline.refusal = one_too_many()
        refused = await told(discord, await discord.presses(bia, left, "Try again"))
        assert "10 questions" in refused.text
    assert of_bot(discord, away, by=cid) == []


async def test_a_private_answer_that_is_longer_than_discord_takes_there_goes_on_in_a_direct_message(
    discord: Discord, bia: User, cid: User, away: Channel, tmp_path: Path
) -> None:
    discord.buckets.messages = (50, 5.0)
    async with served(discord, tmp_path, model(all=LONG), clock=Hasty()):
        await discord.slash(bia, away, "ask", question="all", installed_for="user")
        await discord.until(lambda: any("ref ref1" in one.text for one in of_bot(discord, discord.dm(bia))))
    directly = of_bot(discord, discord.dm(bia))
    assert squeezed(text_of(directly)) == squeezed(LONG)
    assert not any(one.buttons for one in directly), "they would be about another place"
    assert of_bot(discord, away, by=cid) == []


async def test_handing_over_where_the_bot_is_no_member_calls_nobody_and_says_so(
    discord: Discord, bia: User, cid: User, away: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION), people={"*": [cid.id]}):
        answer = await called(discord, bia, away, "ask", question="vacation", installed_for="user")
        opened = await discord.presses(bia, answer, "Hand over")
        if opened.modal is not None:
            shown = await told(discord, await discord.submits(opened, text="please"))
        else:
            shown = await told(discord, opened)
    assert shown.ephemeral
    assert "yours now" not in shown.text, "whom it would call does not see it"
    assert of_bot(discord, away, by=cid) == []


async def test_a_message_there_can_be_asked_about_though_the_bot_does_not_see_it(
    discord: Discord, bia: User, cid: User, away: Channel, tmp_path: Path
) -> None:
    pipeline = model(**{"how_many_days?": VACATION})
    async with served(discord, tmp_path, pipeline):
        message = await discord.says(cid, away, "how many days?")
        opened = await discord.context(bia, message, "Ask about this message", installed_for="user")
        answer = await told(discord, await discord.submits(opened, text=""))
    assert answer.ephemeral
    assert "Thirty days [1]." in answer.content
    assert of_bot(discord, away, by=cid) == []
