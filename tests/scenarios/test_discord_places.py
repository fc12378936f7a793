"""Places in Discord: what is answered where, from which collections, on whose account, and for whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.access import Access, Admins
from bot.chats import DiscordSettings
from bot.locales import phrases_in
from bot.messages import Locale
from bot.platforms.discord.platform import DiscordPlatform
from rag.clock import SystemClock
from rag.quota.policy import QuotaPolicy
from rag.quota.quotas import Measure, Subject
from tests.fakes.discord import Channel, Discord, Guild, Seen, User, open_discord
from tests.fakes.discord_bot import tokens_of
from tests.fakes.talk import open_talk
from tests.scenarios.discord_presses import called, told
from tests.scenarios.discord_talks import answered, asked, of_bot, served
from tests.scenarios.talks import Model, model

ONLY_PUBLIC = "I use only public documents"
NOTHING_PUBLIC = "no document that may be read here is public"
DAILY = Measure("requests", "day")


def vacation() -> Model:
    return model(vacation="Thirty days [1].")


def read(pipeline: Model) -> list[set[str]]:
    """The collections that were searched, question by question."""
    return [set(one.scope.collections or ()) for one in pipeline.asked]


# Audiences


@pytest.mark.parametrize("by", ["channel", "category", "server", "direct"])
async def test_a_place_reads_what_its_audience_may(
    discord: Discord, acme: Guild, bia: User, tmp_path: Path, *, by: str
) -> None:
    people = discord.category(acme, "People")
    hr = discord.channel(acme, "hr", category=people)
    direct = discord.dm(bia)
    key = {"channel": hr.id, "category": people.id, "server": acme.id, "direct": "direct"}[by]
    where, elsewhere = (direct, hr) if by == "direct" else (hr, direct)
    pipeline = vacation()
    access = Access(audiences={key: ["handbook", "salaries"], "*": ["handbook"]})
    async with served(discord, tmp_path, pipeline, access=access):
        for place in (where, elsewhere):
            await asked(discord, bia, place, "vacation")
        made = await discord.slash(bia, where, "ask", question="vacation")
        await told(discord, made)
        await discord.until(lambda: len(pipeline.asked) == 3)
    assert read(pipeline) == [{"handbook", "salaries"}, {"handbook"}, {"handbook", "salaries"}]


async def test_the_nearest_audience_counts(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    people = discord.category(acme, "People")
    hr, jobs = (discord.channel(acme, name, category=people) for name in ("hr", "jobs"))
    pipeline = vacation()
    access = Access(audiences={hr.id: ["salaries"], people.id: ["people"], acme.id: ["acme"], "*": ["handbook"]})
    async with served(discord, tmp_path, pipeline, access=access):
        for place in (hr, jobs, lobby, discord.dm(bia)):
            await asked(discord, bia, place, "vacation")
    assert read(pipeline) == [{"salaries"}, {"people"}, {"acme"}, {"handbook"}]


async def test_threads_and_forum_posts_read_what_their_channel_may(
    discord: Discord, acme: Guild, bia: User, tmp_path: Path
) -> None:
    people = discord.category(acme, "People")
    hr, forum = discord.channel(acme, "hr", category=people), discord.forum(acme, "questions", category=people)
    thread = await discord.opens_thread(bia, hr, "Vacation")
    before = await discord.opens_thread(bia, hr, "Archived")
    await discord.archives(before)
    post = await discord.posts(bia, forum, "Vacation", "How is it?")
    pipeline = vacation()
    access = Access(audiences={hr.id: ["salaries"], people.id: ["people"], "*": ["handbook"]})
    async with served(discord, tmp_path, pipeline, access=access):
        for place in (thread, before, post):
            await asked(discord, bia, place, "vacation")
            await told(discord, await discord.slash(bia, place, "ask", question="vacation"))
        await discord.until(lambda: len(pipeline.asked) == 6)
    assert read(pipeline) == [{"salaries"}] * 4 + [{"people"}] * 2
    assert {one.asker.channel for one in pipeline.asked} == {hr.id, forum.id}


async def test_what_a_role_may_read_is_read_where_nobody_else_reads_along(
    discord: Discord, acme: Guild, lobby: Channel, tmp_path: Path
) -> None:
    role = discord.role(acme, "managers")
    eva = discord.person("Eva", guilds=[acme], roles=[role])
    bia = discord.person("Bia", guilds=[acme])
    pipeline = vacation()
    access = Access(audiences={role.id: ["salaries"], "*": ["handbook"]})
    async with served(discord, tmp_path, pipeline, access=access):
        for who, place in ((eva, lobby), (eva, discord.dm(eva)), (bia, discord.dm(bia))):
            await asked(discord, who, place, "vacation")
        await told(discord, await discord.slash(eva, lobby, "ask", question="vacation"))
        await discord.until(lambda: len(pipeline.asked) == 4)
    assert read(pipeline) == [{"handbook"}, {"handbook", "salaries"}, {"handbook"}, {"handbook"}]


# Quotas


@pytest.mark.parametrize("by", ["channel", "category", "server", "role", "user"])
@pytest.mark.parametrize("way", ["mention", "thread", "command", "direct"])
async def test_limits_can_be_set_for_a_channel_a_category_a_server_a_role_and_a_person(
    discord: Discord, acme: Guild, tmp_path: Path, *, by: str, way: str
) -> None:
    people = discord.category(acme, "People")
    hr = discord.channel(acme, "hr", category=people)
    role = discord.role(acme, "interns")
    eva = discord.person("Eva", guilds=[acme], roles=[role])
    place = {"thread": await discord.opens_thread(eva, hr, "Plans"), "direct": discord.dm(eva)}.get(way, hr)
    pipeline = vacation()
    async with served(discord, tmp_path, pipeline):
        if way == "command":
            await told(discord, await discord.slash(eva, place, "ask", question="vacation"))
            await discord.until(lambda: pipeline.asked)
        else:
            await asked(discord, eva, place, "vacation")
    (asker,) = (one.asker for one in pipeline.asked)
    policy = {
        "channel": QuotaPolicy(subjects={Subject("channel", hr.id): {DAILY: 7}}),
        "category": QuotaPolicy(subjects={Subject("channel", people.id): {DAILY: 7}}),
        "server": QuotaPolicy(subjects={Subject("workspace", acme.id): {DAILY: 7}}),
        "role": QuotaPolicy(roles={role.id: {DAILY: 7}}),
        "user": QuotaPolicy(subjects={Subject("user", eva.id): {DAILY: 7}}),
    }[by]
    limits = [quota.limit for quota in policy.quotas(asker, None)]
    is_touched = way != "direct" or by in {"role", "user"}
    assert limits == ([7] if is_touched else [])


# Admins


@pytest.mark.parametrize("by", ["user", "role"])
async def test_admins_are_named_by_their_id_or_by_a_role_also_in_direct_messages(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, by: str
) -> None:
    role = discord.role(acme, "bosses")
    eva = discord.person("Eva", guilds=[acme], roles=[role])
    admins = Admins(users=frozenset({eva.id})) if by == "user" else Admins(roles=frozenset({role.id}))
    async with served(discord, tmp_path, vacation(), access=Access(admins=admins)):
        for who, may in ((eva, True), (bia, False)):
            shown = await called(discord, who, lobby, "rag cost", spender="everybody")
            assert ("admins" not in shown.text) is may
            await discord.says(who, discord.dm(who), "/cost month everybody")
            await discord.until(lambda: of_bot(discord, discord.dm(who)))  # noqa: B023
            assert ("admins" not in of_bot(discord, discord.dm(who))[-1].text) is may


async def test_who_somebody_is_is_asked_once_and_not_with_each_direct_message(
    discord: Discord, bia: User, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(a="A.", b="B.", c="C.")):
        for question in "abc":
            await asked(discord, bia, discord.dm(bia), question)
    assert len(discord.calls_to("GET", "/guilds/*/members/*")) == 1


async def test_a_discord_that_cannot_tell_who_somebody_is_keeps_nobody_from_asking(tmp_path: Path) -> None:
    async with open_discord(bot_public=False, without=["GET /guilds/*/members/*"]) as discord:
        bia = discord.person("Bia", guilds=[discord.guild("Acme")])
        pipeline = vacation()
        async with served(discord, tmp_path, pipeline, access=Access(audiences={"*": ["handbook"]})):
            await asked(discord, bia, discord.dm(bia), "vacation")
    assert read(pipeline) == [{"handbook"}]


@pytest.mark.parametrize("how", ["503", "cut"])
async def test_who_cannot_be_told_from_a_stranger_just_now_reads_what_is_public(
    discord: Discord, bia: User, tmp_path: Path, *, how: str
) -> None:
    if how == "cut":
        discord.cut("GET", "/guilds/*/members/*", times=50)
    else:
        discord.fail("GET", "/guilds/*/members/*", status=503, times=50)
    access = Access(audiences={"*": ["handbook", "salaries"]}, public=frozenset({"handbook"}))
    pipeline = vacation()
    async with served(discord, tmp_path, pipeline, access=access):
        await asked(discord, bia, discord.dm(bia), "vacation")
    assert read(pipeline) == [{"handbook"}]


# People from outside


def outsiders(discord: Discord) -> dict[str, tuple[User, Channel]]:
    """Somebody who is in none of the bot's servers, and where they may ask it."""
    foreign = discord.guild("Foreign", joined=False)
    out = discord.person("Out", guilds=[foreign])
    return {
        "message": (out, discord.dm(out)),
        "command": (out, discord.dm(out)),
        "elsewhere": (out, discord.channel(foreign, "far")),
    }


@pytest.mark.parametrize("way", ["message", "command", "elsewhere"])
async def test_who_is_in_none_of_the_bots_servers_reads_public_collections_alone_and_is_told(
    discord: Discord, acme: Guild, tmp_path: Path, *, way: str
) -> None:
    out, place = outsiders(discord)[way]
    access = Access(audiences={"*": ["handbook", "salaries"]}, public=frozenset({"handbook"}))
    pipeline = vacation()
    async with served(discord, tmp_path, pipeline, access=access):
        shown = await outside(discord, out, place, way)
        assert ONLY_PUBLIC in shown.text
        assert "Thirty days" in shown.content
    assert read(pipeline) == [{"handbook"}]
    assert acme.joined


@pytest.mark.parametrize("way", ["message", "command", "elsewhere"])
async def test_where_nothing_is_public_they_are_told_that(
    discord: Discord, acme: Guild, tmp_path: Path, *, way: str
) -> None:
    out, place = outsiders(discord)[way]
    pipeline = vacation()
    async with served(discord, tmp_path, pipeline):
        assert NOTHING_PUBLIC in (await outside(discord, out, place, way)).text
    assert pipeline.asked == []
    assert acme.joined


async def outside(discord: Discord, out: User, place: Channel, way: str) -> Seen:
    """What somebody is told who asks from outside."""
    if way == "message":
        await discord.says(out, place, "vacation")
        await discord.until(lambda: of_bot(discord, place) and of_bot(discord, place)[-1].buttons is not None)
        await asyncio.sleep(0.2)
        return of_bot(discord, place)[-1]
    installed = "user" if way == "elsewhere" else "guild"
    made = await discord.slash(out, place, "ask", question="vacation", installed_for=installed)  # type: ignore[arg-type]
    return await told(discord, made)


async def test_a_member_of_a_server_that_is_not_on_the_list_is_from_outside(
    discord: Discord, acme: Guild, bia: User, tmp_path: Path
) -> None:
    other = discord.guild("Other", joined=False)
    out = discord.person("Out", guilds=[other])
    access = Access(audiences={"*": ["handbook", "salaries"]}, public=frozenset({"handbook"}))
    pipeline = vacation()
    settings = DiscordSettings(servers=(acme.id,))
    async with served(discord, tmp_path, pipeline, access=access, settings=settings):
        discord.fail("DELETE", "/users/@me/guilds/*", status=403, code=50013, times=100)
        await discord.adds_bot(other)
        for who in (bia, out):
            await asked(discord, who, discord.dm(who), "vacation")
    assert read(pipeline) == [{"handbook", "salaries"}, {"handbook"}]


# What people have installed for themselves


async def test_in_a_server_without_the_bot_a_command_is_answered_for_whoever_installed_it_alone(
    discord: Discord, acme: Guild, bia: User, tmp_path: Path
) -> None:
    role = discord.role(acme, "managers")
    foreign = discord.guild("Foreign", joined=False)
    await discord.joins(bia, foreign)
    await discord.gives_role(bia, role)
    far = discord.channel(foreign, "far")
    access = Access(audiences={"direct": ["handbook"], role.id: ["salaries"], far.id: ["wrong"], foreign.id: ["wrong"]})
    pipeline = vacation()
    async with served(discord, tmp_path, pipeline, access=access):
        made = await discord.slash(bia, far, "ask", question="vacation", installed_for="user")
        shown = await told(discord, made)
        assert made.ephemeral
        assert "Thirty days" in shown.content
        assert discord.seen(far) == [], "nobody else in that server sees any of it"
        for button in ("Sources", "Why?"):
            answer = await told(discord, await discord.presses(bia, shown, button))
            assert answer.ephemeral
        again = await discord.presses(bia, shown, "Try again")
        assert again.answered
        await discord.until(lambda: len(pipeline.asked) == 2)
        await asyncio.sleep(0.1)
        assert discord.seen(far) == []
    assert read(pipeline) == [{"handbook", "salaries"}] * 2
    (asker, _) = (one.asker for one in pipeline.asked)
    assert (asker.user, asker.workspace) == (bia.id, ""), "no limit of that server is touched"
    assert asker.roles == {role.id}


async def test_among_people_in_a_private_chat_a_command_is_answered_for_one(
    discord: Discord, acme: Guild, bia: User, tmp_path: Path
) -> None:
    caio = discord.person("Caio", guilds=[acme])
    chat = discord.private_chat(bia, caio)
    pipeline = vacation()
    access = Access(audiences={"direct": ["handbook"], "*": ["wrong"]})
    async with served(discord, tmp_path, pipeline, access=access):
        made = await discord.slash(bia, chat, "ask", question="vacation", installed_for="user")
        await told(discord, made)
        assert made.ephemeral
        assert discord.seen(chat, by=caio) == []
    assert read(pipeline) == [{"handbook"}]


# Servers, and messages that are not wanted


async def test_direct_messages_can_be_switched_off_and_are_declined_politely(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    direct = discord.dm(bia)
    pipeline = vacation()
    async with served(discord, tmp_path, pipeline, settings=DiscordSettings(direct_messages=False)):
        await discord.says(bia, direct, "vacation")
        await discord.until(lambda: of_bot(discord, direct))
        assert of_bot(discord, direct)[0].content == "I do not answer direct messages. Ask me in a channel."
        made = await discord.slash(bia, direct, "ask", question="vacation")
        assert "I do not answer direct messages" in (await told(discord, made)).content
        assert pipeline.asked == []
        await asked(discord, bia, lobby, "vacation")


@pytest.mark.parametrize("when", ["while it was away", "while it runs"])
async def test_a_server_that_is_not_on_the_list_is_left_politely_and_nothing_is_answered_there(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, when: str
) -> None:
    other = discord.guild("Other", joined=when == "while it was away")
    away = discord.channel(other, "away")
    await discord.joins(bia, other)
    pipeline = vacation()
    async with served(discord, tmp_path, pipeline, settings=DiscordSettings(servers=(acme.id,))):
        discord.delay("DELETE", "/users/@me/guilds/*", 0.3)
        if not other.joined:
            await discord.adds_bot(other)
        await discord.says(bia, away, f"{discord.mention} vacation")
        await discord.until(lambda: not other.joined)
        assert [one.content for one in of_bot(discord, away)] == [
            "I am not meant for this server, so I leave it. Who runs me can add it to the list."
        ]
        await asked(discord, bia, lobby, "vacation")
    assert len(pipeline.asked) == 1
    assert acme.joined


async def test_a_server_where_nothing_can_be_said_is_left_without_a_word(
    discord: Discord, acme: Guild, tmp_path: Path
) -> None:
    other = discord.guild("Other")
    await discord.deny(discord.channel(other, "away"), "SEND_MESSAGES")
    async with served(discord, tmp_path, vacation(), settings=DiscordSettings(servers=(acme.id,))):
        await discord.until(lambda: not other.joined)
    assert discord.calls_to("POST", "/channels/*/messages") == []


async def test_without_a_list_every_server_is_served(discord: Discord, acme: Guild, bia: User, tmp_path: Path) -> None:
    other = discord.guild("Other", joined=False)
    away = discord.channel(other, "away")
    await discord.joins(bia, other)
    async with served(discord, tmp_path, vacation()):
        await discord.adds_bot(other)
        await asked(discord, bia, away, "vacation")
    assert other.joined
    assert acme.joined


# Languages


@asynccontextmanager
async def speaking(discord: Discord, where: Path, locale: Locale) -> AsyncIterator[None]:
    """A bot that is configured to speak a language."""
    said: list[str] = []
    async with open_talk(where, vacation(), clock=SystemClock()) as talk:
        platform = DiscordPlatform(
            DiscordSettings(), tokens_of(discord), SystemClock(), locale=locale, tell=said.append
        )
        task = asyncio.create_task(platform.run(talk.conversation))
        try:
            await discord.until(lambda: any("serving" in one for one in said))
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("person", "server", "configured", "spoken"),
    [
        ("pt-BR", "en-US", "en", "pt-BR"),
        ("en-US", "pt-BR", "pt-BR", "en"),
        (None, "pt-BR", "en", "pt-BR"),
        (None, "en-US", "pt-BR", "pt-BR"),
        (None, "en-US", "en", "en"),
        (None, "en-GB", "pt-BR", "en"),
    ],
)
async def test_the_language_is_the_persons_or_the_servers_or_the_configured_one(
    discord: Discord, tmp_path: Path, *, person: str | None, server: str, configured: Locale, spoken: Locale
) -> None:
    guild = discord.guild("Ours", locale=server)
    place, who = discord.channel(guild, "lobby"), discord.person("Ana", guilds=[guild], locale=person or "en-US")
    async with speaking(discord, tmp_path, configured):
        if person is not None:  # only commands and buttons tell in which language somebody reads
            assert phrases_in(spoken)("discord.button.retry") in await buttons_of_ask(discord, who, place)
        await discord.says(who, place, f"{discord.mention} vacation")
        wanted = phrases_in(spoken)("discord.button.retry")
        await discord.until(lambda: of_bot(discord, place)[-1].reply_to and of_bot(discord, place)[-1].buttons)
        assert wanted in of_bot(discord, place)[-1].buttons


async def buttons_of_ask(discord: Discord, who: User, place: Channel) -> tuple[str, ...]:
    made = await discord.slash(who, place, "ask", question="vacation")
    return (await told(discord, made)).buttons


async def test_a_direct_message_is_answered_in_the_language_that_was_last_used_with_a_command(
    discord: Discord, acme: Guild, tmp_path: Path
) -> None:
    ana = discord.person("Ana", guilds=[acme], locale="pt-BR")
    direct = discord.dm(ana)
    async with served(discord, tmp_path, vacation()):
        await discord.says(ana, direct, "vacation")
        await answered(discord, direct)
        await discord.presses(ana, of_bot(discord, direct)[0], "Good answer")
        await discord.says(ana, direct, "vacation")
        retry = phrases_in("pt-BR")("discord.button.retry")
        await discord.until(lambda: any(retry in one.buttons for one in of_bot(discord, direct)[1:]))
