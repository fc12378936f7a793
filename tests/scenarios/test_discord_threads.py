"""Conversations in Discord: threads, forum posts and reply chains, what was said before, and who is not answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.chats import DiscordSettings
from tests.fakes.discord import Channel, Discord, Guild, Message, User, open_discord
from tests.scenarios.discord_presses import settled
from tests.scenarios.discord_talks import answered, asked, is_finished, of_bot, served
from tests.scenarios.talks import Model, model

FOLLOW_UPS = DiscordSettings(follow_ups=True)
MOST_TURNS = 12
QUIET_S = 0.3


def history(pipeline: Model, at: int = -1) -> list[str]:
    """What was said before, as the pipeline was told it."""
    return [turn.text for turn in pipeline.asked[at].history]


def looked_up(discord: Discord) -> int:
    """How often messages were asked for."""
    paths = ("/channels/*/messages", "/channels/*/messages/*")
    return sum(len(discord.calls_to("GET", path)) for path in paths)


async def stays_quiet(discord: Discord, place: Channel, pipeline: Model) -> None:
    """Nothing more comes of what was said."""
    before, questions = len(of_bot(discord, place)), len(pipeline.asked)
    await asyncio.sleep(QUIET_S)
    assert (len(of_bot(discord, place)), len(pipeline.asked)) == (before, questions)
    assert not discord.typing(place)


# Titles and beginnings


async def test_the_title_and_the_text_of_a_forum_post_are_what_a_question_in_it_is_about(
    discord: Discord, acme: Guild, bia: User, tmp_path: Path
) -> None:
    forum = discord.forum(acme, "questions")
    post = await discord.posts(bia, forum, "Vacation in Portugal", "Thirty days, or is it less?")
    pipeline = model(really="Thirty days [1].")
    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS):
        await asked(discord, bia, post, "really")
    assert history(pipeline) == ["Vacation in Portugal", "Thirty days, or is it less?"]
    assert {turn.role for turn in pipeline.asked[0].history} == {"user"}


async def test_without_the_message_content_intent_the_title_is_known_all_the_same(tmp_path: Path) -> None:
    pipeline = model(really="Thirty days [1].")
    async with open_discord(bot_public=False, intents_allowed=()) as discord:
        acme = discord.guild("Acme")
        bia = discord.person("Bia", guilds=[acme])
        post = await discord.posts(bia, discord.forum(acme, "questions"), "Vacation in Portugal", "Thirty days?")
        async with served(discord, tmp_path, pipeline):
            await asked(discord, bia, post, "really")
    assert history(pipeline) == ["Vacation in Portugal"]


async def test_a_forum_post_that_names_the_bot_is_answered_with_its_title_in_mind(
    discord: Discord, acme: Guild, bia: User, tmp_path: Path
) -> None:
    pipeline = model(really="Thirty days [1].")
    async with served(discord, tmp_path, pipeline):
        post = await discord.posts(bia, discord.forum(acme, "questions"), "Vacation", f"{discord.mention} really")
        (answer,) = await answered(discord, post)
    assert answer.content == "Thirty days [1]."
    assert history(pipeline) == ["Vacation"]


async def test_a_thread_below_a_message_is_about_that_message(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(really="Thirty days [1].")
    start = await discord.says(bia, lobby, "We have thirty days of vacation.")
    thread = await discord.opens_thread(bia, lobby, "Vacation", message=start)
    await discord.says(bia, thread, "I doubt it.")
    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS):
        await asked(discord, bia, thread, "really")
    assert history(pipeline) == ["Vacation", "We have thirty days of vacation.", "I doubt it."]


async def test_of_a_long_thread_the_title_and_the_latest_end_are_told(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    thread = await discord.opens_thread(bia, lobby, "Vacation")
    for number in range(40):
        await discord.says(bia, thread, f"Message {number}")
    pipeline = model(really="Thirty days [1].")
    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS):
        await asked(discord, bia, thread, "really")
    title, *others = history(pipeline)
    assert title == "Vacation"
    assert len(others) <= MOST_TURNS
    assert others == [f"Message {number}" for number in range(40 - len(others), 40)]


async def test_a_thread_that_was_archived_before_the_bot_was_started_is_known_by_its_title(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    thread = await discord.opens_thread(bia, lobby, "Vacation")
    await discord.archives(thread)
    pipeline = model(really="Thirty days [1].")
    async with served(discord, tmp_path, pipeline):
        await asked(discord, bia, thread, "really")
    assert history(pipeline) == ["Vacation"]
    assert pipeline.asked[0].asker.channel == lobby.id


# What was said before


async def test_a_reply_chain_is_known_from_its_latest_end_and_in_its_order(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    caio = discord.person("Caio", guilds=[acme_of(lobby)])
    above: Message | None = None
    for number in range(20):
        above = await discord.says((bia, caio)[number % 2], lobby, f"Message {number}", reply_to=above)
        await discord.says(caio, lobby, "Something else.")
    pipeline = model(really="Thirty days [1].")
    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS):
        await discord.says(bia, lobby, f"{discord.mention} really", reply_to=above)
        await answered(discord, lobby)
    told = history(pipeline)
    assert 3 <= len(told) <= MOST_TURNS
    assert told == [f"Message {number}" for number in range(20 - len(told), 20)]


def acme_of(channel: Channel) -> Guild:
    assert channel.guild is not None
    return channel.guild


async def test_a_conversation_by_replies_goes_on_with_what_was_said(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation="Thirty days [1].", more="And three.", most="None.")
    async with served(discord, tmp_path, pipeline) as bot:
        await asked(discord, bia, lobby, "vacation")
        await settled(bot)
        await discord.says(bia, lobby, "more", reply_to=of_bot(discord, lobby)[-1])
        await answered(discord, lobby, answers=2)
        await settled(bot)
        await asked(discord, bia, lobby, "vacation")  # a new conversation
        await discord.says(bia, lobby, "most", reply_to=of_bot(discord, lobby)[1])
        await answered(discord, lobby, answers=4)
    assert history(pipeline, 1) == ["vacation", "Thirty days [1]."]
    assert history(pipeline, 2) == []
    assert history(pipeline, 3) == ["vacation", "Thirty days [1].", "more", "And three."]
    assert looked_up(discord) == 0, "all of it was seen, or written down"


@pytest.mark.parametrize("where", ["thread", "chain"])
async def test_what_was_said_before_is_asked_for_once(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, *, where: str
) -> None:
    pipeline = model(a="A.", b="B.", c="C.")
    place = await discord.opens_thread(bia, lobby, "Plans") if where == "thread" else lobby
    above: Message | None = None
    for number in range(5):
        above = await discord.says(bia, place, f"Message {number}", reply_to=above if where == "chain" else None)
    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS) as bot:
        counts = []
        for at, question in enumerate("abc"):
            above = await discord.says(
                bia, place, f"{discord.mention} {question}", reply_to=above if where == "chain" else None
            )
            await answered(discord, place, answers=at + 1)
            await settled(bot)
            above = of_bot(discord, place)[-1].message
            counts.append(looked_up(discord))
    assert 1 <= counts[0] <= 5
    assert counts == [counts[0]] * 3
    assert len(history(pipeline)) >= 4


async def test_where_history_cannot_be_read_the_question_is_answered_without(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    thread = await discord.opens_thread(bia, lobby, "Vacation")
    await discord.says(bia, thread, "Before.")
    discord.fail("GET", "/channels/*/messages", status=403, code=50001, times=100)
    pipeline = model(really="Thirty days [1].")
    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS):
        await asked(discord, bia, thread, "really")
    assert history(pipeline) == ["Vacation"]


async def test_names_stand_in_the_history_in_place_of_mentions(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    thread = await discord.opens_thread(bia, lobby, "Vacation")
    await discord.says(bia, thread, f"Ask {bia.mention} in {lobby.mention}.")
    pipeline = model(really="Thirty days [1].")
    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS):
        await asked(discord, bia, thread, "really")
    assert history(pipeline) == ["Vacation", "Ask @Bia in #lobby."]


# The bot's name alone


@pytest.mark.parametrize("settings", [FOLLOW_UPS, DiscordSettings()], ids=["content", "no content"])
async def test_the_bots_name_alone_below_a_message_asks_what_stands_there(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, *, settings: DiscordSettings
) -> None:
    caio = discord.person("Caio", guilds=[acme_of(lobby)])
    above = await discord.says(caio, lobby, "vacation")
    pipeline = model(vacation="Thirty days [1].")
    async with served(discord, tmp_path, pipeline, settings=settings):
        question = await discord.says(bia, lobby, discord.mention, reply_to=above)
        await discord.until(lambda: of_bot(discord, lobby))
        (answer,) = of_bot(discord, lobby)
        assert answer.reply_to == question.id
        if settings is FOLLOW_UPS:
            await answered(discord, lobby)
            assert of_bot(discord, lobby)[0].content == "Thirty days [1]."
        else:
            assert "vacation" not in [one.question for one in pipeline.asked], "nobody may read it"
            assert answer.content, "but something is said"


async def test_the_bots_name_alone_is_answered_with_what_it_can_do(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model()
    async with served(discord, tmp_path, pipeline):
        await discord.says(bia, lobby, discord.mention)
        await discord.until(lambda: of_bot(discord, lobby))
    assert "/ask" in of_bot(discord, lobby)[0].text
    assert pipeline.asked == []


@pytest.mark.parametrize("settings", [FOLLOW_UPS, DiscordSettings()], ids=["content", "no content"])
async def test_who_names_the_bots_role_in_place_of_the_bot_is_not_left_without_a_word(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, settings: DiscordSettings
) -> None:
    role = acme.roles[acme.bot_role]
    pipeline = model(vacation="Thirty days [1].")
    async with served(discord, tmp_path, pipeline, settings=settings):
        question = await discord.says(bia, lobby, f"{role.mention} vacation")
        await discord.until(lambda: of_bot(discord, lobby), 3)
        if settings is FOLLOW_UPS:
            await answered(discord, lobby)
            assert [one.question for one in pipeline.asked] == ["vacation"]
        assert of_bot(discord, lobby)[0].reply_to == question.id


@pytest.mark.parametrize(
    ("text", "question"),
    [("{}, vacation", "vacation"), ("vacation {}", "vacation"), ("{}: vacation?", "vacation?"), ("vacation, {}?", "")],
)
async def test_the_bot_may_be_named_anywhere_in_a_message(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, *, text: str, question: str
) -> None:
    pipeline = model(vacation="Thirty days [1].")
    async with served(discord, tmp_path, pipeline):
        await asked(discord, bia, lobby, "vacation")
        await discord.says(bia, lobby, text.format(discord.mention))
        await discord.until(lambda: len(pipeline.asked) == 2)
    told = pipeline.asked[1].question
    assert "<@" not in told
    assert "ragbot" not in told.removesuffix("@ragbot?")
    assert told == question or not question


# Follow-ups


async def test_in_a_thread_nobody_has_to_name_the_bot_again_where_it_hears_all(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    thread = await discord.opens_thread(bia, lobby, "Vacation")
    pipeline = model(vacation="Thirty days [1].", more="And three.")
    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS):
        await discord.says(bia, thread, "more")
        await stays_quiet(discord, thread, pipeline)  # nobody has called it yet
        await asked(discord, bia, thread, "vacation")
        await discord.says(bia, thread, "more")
        await answered(discord, thread, answers=2)
        await discord.says(bia, lobby, "more")
        await stays_quiet(discord, lobby, pipeline)
    assert history(pipeline)[-2:] == ["vacation", "Thirty days [1]."]


async def test_without_the_intent_only_who_names_the_bot_or_replies_to_it_is_answered(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    thread = await discord.opens_thread(bia, lobby, "Vacation")
    pipeline = model(vacation="Thirty days [1].", more="And three.")
    async with served(discord, tmp_path, pipeline):
        await asked(discord, bia, thread, "vacation")
        await discord.says(bia, thread, "more")
        await discord.says(bia, thread, "more", reply_to=of_bot(discord, thread)[0], pings_reply=False)
        await stays_quiet(discord, thread, pipeline)
        await discord.says(bia, thread, "more", reply_to=of_bot(discord, thread)[0])
        await answered(discord, thread, answers=2)


async def test_a_reply_that_does_not_ping_the_bot_is_heard_where_it_hears_all(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation="Thirty days [1].", more="And three.")
    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS) as bot:
        await asked(discord, bia, lobby, "vacation")
        await settled(bot)
        await discord.says(bia, lobby, "more", reply_to=of_bot(discord, lobby)[0], pings_reply=False)
        await answered(discord, lobby, answers=2)
    assert history(pipeline) == ["vacation", "Thirty days [1]."]


async def test_what_is_said_to_somebody_else_in_a_thread_is_not_answered(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    caio = discord.person("Caio", guilds=[acme_of(lobby)])
    thread = await discord.opens_thread(bia, lobby, "Vacation")
    pipeline = model(vacation="Thirty days [1].", more="And three.")
    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS):
        await asked(discord, bia, thread, "vacation")
        his = await discord.says(caio, thread, f"{bia.mention} more")
        await discord.says(bia, thread, "more", reply_to=his)
        await discord.says(bia, thread, "more", reply_to=his, pings_reply=False)
        await stays_quiet(discord, thread, pipeline)
        await asked(discord, bia, thread, "more")
    assert len(pipeline.asked) == 2


async def test_a_reply_among_people_that_names_nobody_is_nothing_to_the_bot(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    caio = discord.person("Caio", guilds=[acme_of(lobby)])
    pipeline = model(more="And three.", vacation="Thirty days.")
    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS):
        question = await asked(discord, bia, lobby, "vacation")
        await discord.says(caio, lobby, "more", reply_to=question)
        await stays_quiet(discord, lobby, pipeline)


@pytest.mark.parametrize("way", ["mention", "command"])
async def test_a_muted_conversation_stays_quiet_until_the_bot_is_named_or_unmuted(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, *, way: str
) -> None:
    discord.buckets.on = False
    thread = await discord.opens_thread(bia, lobby, "Vacation")
    pipeline = model(vacation="Thirty days [1].", more="And three.")

    async def says(command: str) -> None:
        if way == "command":
            made = await discord.slash(bia, thread, f"rag {command}")
            await discord.until(lambda: made.responses and not discord.look(made.responses[0]).is_loading)
        else:
            before = len(of_bot(discord, thread))
            await discord.says(bia, thread, f"{discord.mention} {command}")
            await discord.until(lambda: len(of_bot(discord, thread)) > before)

    async with served(discord, tmp_path, pipeline, settings=FOLLOW_UPS):
        await asked(discord, bia, thread, "vacation")
        await says("mute")
        await discord.says(bia, thread, "more")
        await stays_quiet(discord, thread, pipeline)
        await says("unmute")
        await discord.says(bia, thread, "more")
        await answered(discord, thread, answers=2)
        await says("mute")
        await asked(discord, bia, thread, "vacation")  # who names it has an answer, and it is back
        await discord.says(bia, thread, "more")
        await answered(discord, thread, answers=4)


async def test_in_a_direct_message_all_is_heard_and_remembered_without_any_name(
    discord: Discord, bia: User, tmp_path: Path
) -> None:
    direct = discord.dm(bia)
    pipeline = model(vacation="Thirty days [1].", more="And three.")
    async with served(discord, tmp_path, pipeline) as bot:
        await asked(discord, bia, direct, "vacation")
        await settled(bot)
        await discord.says(bia, direct, "more")
        await answered(discord, direct, answers=2)
    assert history(pipeline) == ["vacation", "Thirty days [1]."]
    assert sum(map(is_finished, of_bot(discord, direct))) == 2
