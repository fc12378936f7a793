"""Faults of Discord around an answer: what it refuses for good, takes back late, or lets everybody wait for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes.chat_bot import HurriedClock
from tests.fakes.discord import Channel, Discord, Guild, User
from tests.fakes.scripted_pipeline import one_too_many
from tests.scenarios.discord_scene import FAULTS, STEPS, is_whole, scene
from tests.scenarios.discord_talks import answered, asked, is_finished, of_bot, served
from tests.scenarios.talks import model

# What is refused for good


@pytest.mark.parametrize("step", ["whole", "edit"])
@pytest.mark.parametrize("code", [200000, 240000, 50035])
async def test_an_answer_that_discord_will_not_have_is_owned_up_to(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, step: str, code: int
) -> None:
    """Such as one with words that the server's own moderation blocks."""
    direct = discord.dm(bia)
    async with scene(discord, acme, bia, lobby, tmp_path) as made:
        if step == "edit":
            await made.ask()
            await made.see("begins")
        for method, path in (STEPS["first post"], STEPS["edit"]):
            discord.fail(method, path.replace("*", lobby.id, 1), status=400, code=code, times=10_000)
        for gate in made.gates:
            gate.open()
        if step == "whole":
            await made.ask()
        await discord.until(lambda: [one for one in of_bot(discord, direct) if "ref ref1" in one.text])
        await asked(discord, bia, made.other, "more")
        assert not made.bot.task.done()
    told = of_bot(discord, direct)
    assert "#lobby" in told[-1].text, "which answer that is"
    assert "The very end [1]." in "".join(one.content for one in told)


# What is taken back


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_while_an_answer_is_taken_back_leaves_none_of_it(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, fault: str
) -> None:
    async with scene(discord, acme, bia, lobby, tmp_path) as made:
        for gate in made.gates:
            gate.open()
        await made.ask()
        await answered(discord, lobby)
        assert made.question is not None
        for skip in (0, 2):
            FAULTS[fault](discord, "DELETE", "/channels/*/messages/*", skip)
        await discord.deletes(made.question)
        await discord.until(lambda: of_bot(discord, lobby) == [])
        await asked(discord, bia, made.other, "more")
        assert not made.bot.task.done()


# Direct messages


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["conversation", "message", "word in the channel"])
async def test_a_fault_at_a_direct_message_leaves_what_is_told_there_once(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, *, step: str, fault: str
) -> None:
    discord.buckets.on = False
    pipeline = model()
    pipeline.refusal = one_too_many()
    direct = discord.dm(bia)
    path = {
        "conversation": "/users/@me/channels",
        "message": f"/channels/{direct.id}/messages",
        "word in the channel": f"/channels/{lobby.id}/messages",
    }[step]
    async with served(discord, tmp_path, pipeline, clock=HurriedClock()) as bot:
        FAULTS[fault](discord, "POST", path, 0)
        question = await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: of_bot(discord, direct) and of_bot(discord, lobby))
        await asyncio.sleep(0.1)  # time for what must not come
        assert not bot.task.done()
    (told,) = of_bot(discord, direct)
    assert "10 questions" in told.text
    (word,) = of_bot(discord, lobby)
    assert word.content == "Only you should see this, so I have sent it to you in a direct message."
    assert word.reply_to == question.id


# What lasts


@pytest.mark.parametrize("fault", ["503 twice", "cut", "429", "50013"])
async def test_typing_that_fails_for_long_does_not_hold_the_answer_up(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, fault: str
) -> None:
    async with scene(discord, acme, bia, lobby, tmp_path) as made:
        for _ in range(50):
            if fault == "50013":
                discord.fail("POST", "/channels/*/typing", status=403, code=50013)
            else:
                FAULTS[fault](discord, "POST", "/channels/*/typing", 0)
        await made.ask()
        await made.see("begins")
        for gate in made.gates:
            gate.open()
        await answered(discord, lobby)
        is_whole(made)


async def test_an_answer_that_discord_does_not_take_now_comes_when_it_does(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with scene(discord, acme, bia, lobby, tmp_path) as made:
        for gate in made.gates:
            gate.open()
        discord.fail("POST", f"/channels/{lobby.id}/messages", status=503, times=9)
        await made.ask()
        await discord.until(lambda: sum(call.status == 503 for call in discord.calls) >= 4)
        await asked(discord, bia, made.other, "more")
        assert of_bot(discord, lobby) == []
        await answered(discord, lobby)
        is_whole(made)


@pytest.mark.parametrize("step", ["first post", "edit", "final edit"])
async def test_a_channel_that_has_to_wait_holds_up_no_other(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, step: str
) -> None:
    method, path = STEPS[step][0], STEPS[step][1].replace("*", lobby.id, 1)
    async with scene(discord, acme, bia, lobby, tmp_path) as made:
        if step == "first post":
            discord.limit(method, path, retry_after_s=1.0)
        await made.ask()
        if step != "first post":
            await made.see("begins")
            discord.limit(method, path, retry_after_s=1.0)
        for gate in made.gates:
            gate.open()
        await discord.until(lambda: [call for call in discord.calls if call.status == 429])
        await asked(discord, bia, made.other, "more")
        assert not any(map(is_finished, of_bot(discord, lobby))), "it did not have to wait"
        await answered(discord, lobby)
        is_whole(made)


async def test_a_limit_for_all_is_over_for_all_also_where_its_question_was_deleted(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with scene(discord, acme, bia, lobby, tmp_path) as made:
        discord.limit("POST", f"/channels/{lobby.id}/messages", retry_after_s=0.6, is_global=True)
        await made.ask()
        await discord.until(lambda: [call for call in discord.calls if call.status == 429])
        assert made.question is not None
        await discord.deletes(made.question)
        await asked(discord, bia, made.other, "more")
        await discord.until(lambda: of_bot(discord, lobby) == [])
    assert of_bot(discord, lobby) == []
