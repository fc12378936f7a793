"""Commands in Discord by the bot's name, in threads and in direct messages; figures as tables and pictures."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.access import Access, Admins
from tests.fakes.discord import Channel, Discord, Guild, User
from tests.scenarios.discord_presses import VACATION, called, settled, spent, told
from tests.scenarios.discord_talks import answered, asked, can_be_read, of_bot, served
from tests.scenarios.talks import Hasty, model

PNG = b"\x89PNG"


@pytest.fixture
def cid(discord: Discord, acme: Guild) -> User:
    return discord.person("Cid", guilds=[acme])


# By name


async def test_a_private_figure_asked_for_by_name_comes_directly_and_a_pointer_says_so(
    discord: Discord, bia: User, cid: User, lobby: Channel, acme: Guild, *, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()) as bot:
        await spent(bot, bia, lobby, acme)
        message = await discord.says(bia, lobby, f"{discord.mention} cost month")
        await discord.until(lambda: of_bot(discord, lobby))
    (pointer,) = of_bot(discord, lobby, by=cid)
    assert "direct message" in pointer.text
    assert "$" not in pointer.text
    assert pointer.reply_to == message.id
    (figures,) = of_bot(discord, discord.dm(bia))
    assert "$4.00" in figures.text
    can_be_read([pointer, figures])


async def test_who_takes_no_direct_messages_is_told_so_where_they_asked(
    discord: Discord, cid: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    shy = discord.person("Shy", guilds=[acme], takes_dms=False)
    async with served(discord, tmp_path, model()):
        message = await discord.says(shy, lobby, f"{discord.mention} cost")
        await discord.until(lambda: of_bot(discord, lobby))
    (shown,) = of_bot(discord, lobby, by=cid)
    assert shown.reply_to == message.id
    assert "you take no direct messages from me" in shown.text
    assert "slash command" in shown.text
    assert "$" not in shown.text


async def test_the_same_command_by_name_is_answered_once_by_two_processes(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()), served(discord, tmp_path, model(), prefix="two"):
        for number in range(1, 5):
            await discord.says(bia, lobby, f"{discord.mention} cost")
            await discord.until(lambda number=number: len(of_bot(discord, lobby)) == number)  # type: ignore[misc]
    assert len(of_bot(discord, lobby)) == 4
    assert len(of_bot(discord, discord.dm(bia))) == 4


async def test_wrong_use_by_name_is_answered_with_one_kind_sentence_and_an_example(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()):
        await discord.says(bia, lobby, f"{discord.mention} /budget set lots of it")
        await discord.until(lambda: of_bot(discord, lobby))
        (shown,) = of_bot(discord, discord.dm(bia))
        assert shown.text.startswith("I did not understand what comes after `/rag budget`. Try, for example: `/rag ")
        await discord.says(bia, lobby, f"{discord.mention} /csot")
        await discord.until(lambda: len(of_bot(discord, lobby)) == 2)
        assert "Did you mean `/rag cost`?" in of_bot(discord, discord.dm(bia))[-1].text


async def test_a_thread_is_muted_and_woken_by_name(discord: Discord, bia: User, lobby: Channel, tmp_path: Path) -> None:
    pipeline = model(vacation=VACATION)
    async with served(discord, tmp_path, pipeline) as bot:
        thread = await discord.opens_thread(bia, lobby, "holidays")
        await discord.says(bia, thread, f"{discord.mention} vacation")
        await answered(discord, thread)
        await settled(bot)
        await discord.says(bia, thread, f"{discord.mention} mute")
        await discord.until(lambda: "quiet" in of_bot(discord, thread)[-1].text)
        await discord.says(bia, thread, f"{discord.mention} vacation")
        await answered(discord, thread, answers=2)
    assert len(pipeline.asked) == 2


# In threads


async def test_commands_in_a_thread_are_answered_there(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION, more="More [1].")
    async with served(discord, tmp_path, pipeline) as bot:
        thread = await discord.opens_thread(bia, lobby, "holidays")
        await discord.slash(bia, thread, "ask", question="vacation")
        (answer,) = await answered(discord, thread, by=cid)
        assert "Bia asks:** vacation" in answer.content
        await settled(bot)
        await discord.slash(bia, thread, "ask", question="more")
        await answered(discord, thread, answers=2)
        assert [turn.text for turn in pipeline.asked[-1].history] == ["vacation", VACATION], "a thread is one talk"
        figures = await called(discord, bia, thread, "rag cost")
        assert figures.ephemeral
        assert "You, " in figures.text
        why = await called(discord, bia, thread, "rag why")
        assert "Passages" in why.text
    assert of_bot(discord, lobby) == []
    assert len(of_bot(discord, thread, by=cid)) == 2


async def test_a_thread_that_was_archived_when_the_bot_started_is_known_for_one(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    thread = await discord.opens_thread(bia, lobby, "old")
    await discord.archives(thread)
    pipeline = model(vacation=VACATION)
    access = Access(audiences={lobby.id: ["handbook"]})
    async with served(discord, tmp_path, pipeline, access=access):
        await discord.slash(bia, thread, "ask", question="vacation")
        await discord.until(lambda: pipeline.asked)
    assert pipeline.asked[0].scope.collections == frozenset({"handbook"})
    assert pipeline.asked[0].asker.channel == lobby.id


# In direct messages


async def test_commands_in_a_direct_message_stay_there_and_need_not_vanish(
    discord: Discord, bia: User, acme: Guild, tmp_path: Path
) -> None:
    private = discord.dm(bia)
    pipeline = model(vacation=VACATION, more="More [1].")
    async with served(discord, tmp_path, pipeline) as bot:
        figures = await called(discord, bia, private, "rag cost")
        assert not figures.ephemeral, "there is nobody to hide it from"
        assert "Share in channel" not in figures.buttons
        assert "mine" in await discord.completes(bia, private, "rag cost", "spender", "")
        await discord.slash(bia, private, "ask", question="vacation")
        (*_, answer) = await answered(discord, private)
        assert "Thirty days [1]." in answer.content
        await settled(bot)
        await discord.says(bia, private, "more")
        await answered(discord, private, answers=2)
    assert [turn.text for turn in pipeline.asked[-1].history] == ["vacation", VACATION]
    assert acme.joined


async def test_a_command_by_name_or_without_in_a_direct_message_is_answered_there(
    discord: Discord, bia: User, tmp_path: Path
) -> None:
    private = discord.dm(bia)
    async with served(discord, tmp_path, model()):
        for number, text in enumerate(("cost", "/cost", f"{discord.mention} cost"), start=1):
            await discord.says(bia, private, text)
            await discord.until(lambda number=number: len(of_bot(discord, private)) == number)  # type: ignore[misc]
    assert all("You, " in one.text for one in of_bot(discord, private))


# Figures


async def test_a_chart_is_a_picture_with_words_also_for_one_alone(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model()) as bot:
        await spent(bot, bia, lobby, acme)
        shown = await called(discord, bia, lobby, "rag cost", period="month", by="model")
    assert shown.ephemeral
    (picture,) = shown.attachments
    assert picture.bytes.startswith(PNG)
    assert "$4.00 in all" in (picture.description or "")
    assert len(picture.description or "") <= 1024
    assert "█" not in shown.content
    can_be_read([shown])


@pytest.mark.parametrize("where", ["direct", "command"])
async def test_where_a_picture_does_not_get_through_bars_of_text_are_shown(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path, *, where: str
) -> None:
    async with served(discord, tmp_path, model(), clock=Hasty()) as bot:
        await spent(bot, bia, lobby, acme)
        if where == "command":
            discord.fail("PATCH", "/webhooks/*", status=413, code=40005)
            shown = await called(discord, bia, lobby, "rag cost", period="month", by="model")
        else:
            private = discord.dm(bia)
            discord.fail("POST", "/channels/*/messages", status=413, code=40005)
            await discord.says(bia, private, "cost month by model")
            await discord.until(lambda: of_bot(discord, private))
            (shown,) = of_bot(discord, private)
    assert shown.attachments == ()
    assert any(mark in shown.content for mark in "▏█▌"), shown.text
    assert "$4.00" in shown.text


async def test_tables_can_be_read_and_people_and_places_in_them_have_names(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    access = Access(admins=Admins(users=frozenset({bia.id})))
    async with served(discord, tmp_path, model(), access=access) as bot:
        await spent(bot, bia, lobby, acme)
        by_user = await called(discord, bia, lobby, "rag cost", period="month", by="user", spender="everything")
        assert "Bia" in by_user.text
        assert bia.id not in by_user.text
        by_channel = await called(discord, bia, lobby, "rag cost", period="month", by="channel", spender="everything")
        assert "#lobby" in by_channel.text
        by_server = await called(discord, bia, lobby, "rag cost", period="month", by="workspace", spender="everything")
        assert "Acme" in by_server.text
        prices = await called(discord, bia, lobby, "rag models")
    for shown in (by_user, by_channel, by_server, prices):
        assert "|---" not in shown.text.replace(" ", ""), "Discord shows no Markdown tables"
        assert "```" in shown.content
        can_be_read([shown])


# While Discord is slow


async def test_presses_while_discord_is_slow_are_each_answered_once(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    people = [discord.person(f"P{number}", guilds=[acme]) for number in range(6)]
    async with served(discord, tmp_path, model(vacation=VACATION)):
        await asked(discord, bia, lobby, "vacation")
        (answer,) = of_bot(discord, lobby)
        discord.delay("POST", "/interactions/*", 0.2)
        discord.delay("POST", "/webhooks/*", 0.2)
        made = await asyncio.gather(*(discord.presses(one, answer, "Why?") for one in people))
        shown = [await told(discord, one) for one in made]
    assert all("Passages" in one.text and one.ephemeral for one in shown)
    assert [len(one.responses) for one in made] == [1] * 6


@pytest.mark.parametrize("fault", ["fail", "cut", "limit"])
async def test_what_is_told_to_one_alone_gets_through_a_fault_of_discord(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path, *, fault: str
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION), clock=Hasty()):
        await asked(discord, bia, lobby, "vacation")
        (answer,) = of_bot(discord, lobby)
        getattr(discord, fault)("POST", "/webhooks/*")
        shown = await told(discord, await discord.presses(bia, answer, "Why?"))
        assert "Passages" in shown.text
        assert shown.ephemeral
        getattr(discord, fault)("PATCH", "/webhooks/*")
        figures = await called(discord, bia, lobby, "rag cost")
        assert figures.ephemeral
        assert "You, " in figures.text
    assert len(of_bot(discord, lobby, by=cid)) == 1
