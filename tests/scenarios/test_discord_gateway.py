"""The way events take from Discord: cut off and gone on with, lost and begun anew, over one connection or several."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import discord.gateway
import pytest

from bot.chats import DiscordSettings
from tests.fakes.chat_bot import HurriedClock
from tests.fakes.discord import Channel, Discord, Guild, Message, Seen, User, open_discord
from tests.scenarios.discord_talks import asked, is_finished, of_bot, served
from tests.scenarios.talks import Gate, Model, model

QUESTIONS = 6


def yes() -> Model:
    """A model that knows some questions."""
    return model(**{f"q{number}": f"Yes, {number}." for number in range(QUESTIONS)}, vacation="Thirty days.")


def answers_to(place: Discord, question: Message) -> list[Seen]:
    return [one for one in of_bot(place, question.channel) if one.reply_to == question.id]


async def answered_once(place: Discord, questions: list[Message], pipeline: Model) -> None:
    """All of them are answered, none of them twice."""
    await place.until(lambda: all(any(map(is_finished, answers_to(place, one))) for one in questions))
    await asyncio.sleep(0.1)  # for what should not come
    assert [len(answers_to(place, one)) for one in questions] == [1] * len(questions)
    assert sorted(one.question for one in pipeline.asked) == sorted(
        question.content.rpartition(" ")[2] for question in questions
    )


async def said(place: Discord, who: User, where: Channel, numbers: range) -> list[Message]:
    return [await place.says(who, where, f"{place.mention} q{number}") for number in numbers]


# Cut off


@pytest.mark.parametrize("how", ["4000", "1006", "asked to reconnect", "invalid, but resumable"])
async def test_what_was_missed_while_the_connection_was_cut_off_is_answered_once(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, how: str
) -> None:
    discord.buckets.on = False
    pipeline = yes()
    async with served(discord, tmp_path, pipeline, clock=HurriedClock()):
        questions = await said(discord, bia, lobby, range(2))
        await {
            "4000": lambda: discord.drops(4000),
            "1006": lambda: discord.drops(1006),
            "asked to reconnect": discord.asks_to_reconnect,
            "invalid, but resumable": lambda: discord.invalidates(resumable=True),
        }[how]()
        questions += await said(discord, bia, lobby, range(2, 5))
        await discord.until(lambda: discord.sessions and discord.sessions[0].resumed == 1)
        questions += await said(discord, bia, lobby, range(5, QUESTIONS))
        await answered_once(discord, questions, pipeline)
        assert discord.gateway.identified == 1


async def test_a_connection_may_be_cut_off_again_and_again(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    discord.buckets.on = False
    pipeline = yes()
    async with served(discord, tmp_path, pipeline, clock=HurriedClock()):
        questions = []
        for number in range(QUESTIONS):
            questions += await said(discord, bia, lobby, range(number, number + 1))
            await discord.drops(4000 if number % 2 else 1006)
            await discord.until(lambda: discord.sessions)
        await answered_once(discord, questions, pipeline)


async def test_an_answer_under_way_is_not_touched_by_what_happens_to_the_connection(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    discord.buckets.messages = (50, 5.0)
    async with served(discord, tmp_path, model(vacation=("Thirty ", gate, "days.")), clock=HurriedClock()):
        for happens in (discord.drops, discord.asks_to_reconnect, discord.invalidates):
            question = await discord.says(bia, lobby, f"{discord.mention} vacation")
            await discord.until(lambda: answers_to(discord, question))  # noqa: B023
            await happens()
            await asyncio.sleep(0.05)
            gate.open()
            await discord.until(lambda: is_finished(answers_to(discord, question)[0]))  # noqa: B023
            gate.opened.clear()
            await discord.until(lambda: discord.sessions)
    assert [one.content for one in of_bot(discord, lobby)] == ["Thirty days."] * 3


async def test_a_session_that_discord_has_forgotten_is_begun_anew(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, yes(), clock=HurriedClock()) as bot:
        await discord.invalidates()
        await discord.until(lambda: discord.gateway.identified == 2)
        await asked(discord, bia, lobby, "vacation")
        assert len(discord.sessions) == 1
        discord.pass_time(600)  # longer than a session can be resumed
        await discord.drops()
        discord.pass_time(600)
        await discord.until(lambda: discord.gateway.identified == 3)
        await asked(discord, bia, lobby, "vacation")
        assert sum("serving" in told for told in bot.told) == 1
        assert acme.joined


async def test_who_stops_the_bot_right_after_a_new_session_leaves_nothing_behind_that_goes_on(
    discord: Discord, acme: Guild, tmp_path: Path
) -> None:
    wrong: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(str(context)))
    async with served(discord, tmp_path, yes(), clock=HurriedClock()):
        await discord.invalidates()
        await discord.until(lambda: discord.gateway.identified == 2 and discord.sessions)
        await asyncio.sleep(0.05)  # the library waits a little for servers before it says that it is ready
    await asyncio.sleep(0.4)
    gc.collect()
    assert wrong == []
    assert acme.joined


async def test_a_connection_that_is_alive_but_deaf_is_noticed_and_what_was_missed_is_answered(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    discord.heartbeat_s = 0.1
    discord.buckets.messages = (50, 5.0)
    clock = _Wound()
    monkeypatch.setattr("discord.gateway.time", clock)
    pipeline = yes()
    async with served(discord, tmp_path, pipeline, clock=HurriedClock()):
        await discord.until(lambda: discord.sessions[0].heartbeats)
        discord.goes_silent()
        questions = await said(discord, bia, lobby, range(QUESTIONS))
        clock.ahead_s += 61  # the library gives a connection a minute
        await answered_once(discord, questions, pipeline)
        assert discord.sessions[0].resumed == 1


class _Wound:
    """The library's clock, turned forward."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def perf_counter(self) -> float:
        return time.perf_counter() + self.ahead_s


def test_the_clock_that_is_wound_is_the_one_that_the_library_reads() -> None:
    assert discord.gateway.time is time


# What nobody understands


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("MESSAGE_CREATE", {"nonsense": 1}),
        ("MESSAGE_UPDATE", {"id": "x"}),
        ("CHANNEL_UPDATE", {"id": None}),
        ("GUILD_CREATE", {}),
        ("INTERACTION_CREATE", {"id": "1", "type": 2}),
        ("SOMETHING_NEW", {"id": "1"}),
    ],
)
async def test_an_event_that_nobody_understands_loses_no_other(
    tmp_path: Path, event: str, data: dict[str, Any], shards: int
) -> None:
    pipeline = yes()
    async with open_discord(bot_public=False, shards=shards, limits=False) as place:
        guild = place.guild("Acme")
        bia, lobby = place.person("Bia", guilds=[guild]), place.channel(guild, "lobby")
        async with served(place, tmp_path, pipeline, clock=HurriedClock()) as bot:
            questions = await said(place, bia, lobby, range(2))
            place.gateway.tell(event, data, guild_id=guild.id)
            questions += await said(place, bia, lobby, range(2, 4))
            await answered_once(place, questions, pipeline)
            questions += await said(place, bia, lobby, range(4, QUESTIONS))
            await answered_once(place, questions, pipeline)
            assert not bot.task.done()
            assert len(place.sessions) == shards


# Shards


@asynccontextmanager
async def two_servers(*, shards: int = 2) -> AsyncIterator[tuple[Discord, User, list[Channel]]]:
    """A Discord that wants several connections, with a server for each of them."""
    async with open_discord(bot_public=False, shards=shards, limits=False) as place:
        guilds = [place.guild(f"Server {number}") for number in range(2)]
        bia = place.person("Bia", guilds=guilds)
        yield place, bia, [place.channel(guild, "lobby") for guild in guilds]


def shards_of(place: Discord) -> list[tuple[int, int]]:
    return sorted((session.shard, session.shards) for session in place.sessions)


def shard_settings(*own: int) -> DiscordSettings:
    return DiscordSettings.model_validate({"shards": {"count": 2, "ids": list(own)}})


async def test_a_large_bot_is_sharded_as_discord_recommends(tmp_path: Path) -> None:
    pipeline = yes()
    async with (
        two_servers() as (place, bia, lobbies),
        served(place, tmp_path, pipeline, clock=HurriedClock()) as bot,
    ):
        assert shards_of(place) == [(0, 2), (1, 2)]
        assert [told for told in bot.told if "serving" in told] == ["Discord: serving 2 servers as ragbot"]
        for where in (*lobbies, place.dm(bia)):
            await asked(place, bia, where, "vacation")
            await place.slash(bia, where, "ask", question="vacation")
            await place.until(lambda: sum(map(is_finished, of_bot(place, where))) == 2)  # noqa: B023
        assert len(pipeline.asked) == 6
        assert place.registrations == 1


async def test_one_shard_that_is_cut_off_holds_up_no_other_and_loses_nothing(tmp_path: Path) -> None:
    pipeline = yes()
    async with two_servers() as (place, bia, lobbies), served(place, tmp_path, pipeline, clock=HurriedClock()):
        questions = []
        await place.drops(1006, shard=1)
        for number, where in enumerate(lobbies * 2):
            questions += await said(place, bia, where, range(number, number + 1))
        await answered_once(place, questions, pipeline)
        await place.invalidates(shard=0)
        await place.until(lambda: place.gateway.identified == 3)
        for where in lobbies:
            await asked(place, bia, where, "vacation")
        assert shards_of(place) == [(0, 2), (1, 2)]


async def test_several_processes_serve_the_shards_that_are_named_for_them(tmp_path: Path) -> None:
    first, second = yes(), yes()
    async with (
        two_servers() as (place, bia, lobbies),
        served(place, tmp_path, first, settings=shard_settings(0), prefix="a", clock=HurriedClock()),
        served(place, tmp_path, second, settings=shard_settings(1), prefix="b", clock=HurriedClock()) as other,
    ):
        assert shards_of(place) == [(0, 2), (1, 2)]
        assert [told for told in other.told if "serving" in told] == ["Discord: serving 1 server as ragbot"]
        by_shard = sorted(lobbies, key=lambda one: (int(one.guild.id) >> 22) % 2 if one.guild else 0)
        await asked(place, bia, by_shard[0], "q0")
        await asked(place, bia, by_shard[1], "q1")
        await asked(place, bia, place.dm(bia), "q2")
        assert [one.question for one in first.asked] == ["q0", "q2"], "direct messages come to the first shard"
        assert [one.question for one in second.asked] == ["q1"]
        pressed = next(one for one in of_bot(place, by_shard[1]) if is_finished(one))
        made = await place.presses(bia, pressed, "Why?")
        assert made.answered
        await place.until(lambda: made.responses)
        assert place.registrations == 1


async def test_shards_that_there_cannot_be_are_told_of_by_their_name(discord: Discord, tmp_path: Path) -> None:
    shards = type(DiscordSettings.model_validate({"shards": {"count": 1}}).shards).model_construct(count=1, ids=(3,))
    settings = DiscordSettings.model_construct(shards=shards)
    async with served(discord, tmp_path, yes(), settings=settings, clock=HurriedClock()) as bot:
        told = await bot.failure()
    assert "platforms.discord.shards" in told


async def test_a_bot_that_is_in_too_many_servers_for_its_shards_is_told_so(discord: Discord, tmp_path: Path) -> None:
    discord.gateway.requires_sharding = True
    async with served(discord, tmp_path, yes(), clock=HurriedClock()) as bot:
        told = await bot.failure()
    assert "platforms.discord.shards" in told
    assert "expected more shards" in told
