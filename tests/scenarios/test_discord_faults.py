"""A fault of Discord at each step of an answer leaves a complete answer, once, or an honest sentence."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.chats import DiscordSettings
from tests.fakes.discord import Channel, Discord, Guild, User
from tests.scenarios.discord_scene import FAULTS, STEPS, is_whole, scene
from tests.scenarios.discord_talks import answered, asked, of_bot

STEPS_WRITTEN = ("edit", "further messages", "final edit")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
async def test_a_fault_at_any_step_leaves_one_complete_answer(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, step: str, fault: str
) -> None:
    def strike(at: str) -> None:
        if at == step:
            FAULTS[fault](discord, *STEPS[step], 0)

    settings = DiscordSettings(answers_in={lobby.id: "thread"}) if step == "thread" else None
    async with scene(discord, acme, bia, lobby, tmp_path, settings=settings) as made:
        for at in ("typing", "thread", "first post"):
            strike(at)
        await made.ask()
        await made.see("begins")
        for gate, at, seen in zip(made.gates, STEPS_WRITTEN, ("Paragraph 4", "Paragraph 19", ""), strict=True):
            strike(at)
            gate.open()
            if seen:
                await made.see(seen)
        await answered(discord, made.answers_in)
        await asked(discord, bia, made.other, "more")
        is_whole(made)


@pytest.mark.parametrize("step", ["edit", "further messages", "final edit"])
@pytest.mark.parametrize("which", [0, -1])
async def test_a_message_that_is_gone_when_it_is_changed_is_written_anew(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, step: str, which: int
) -> None:
    async with scene(discord, acme, bia, lobby, tmp_path) as made:
        await made.ask()
        await made.see("begins")
        for gate, at, seen in zip(made.gates, STEPS_WRITTEN, ("Paragraph 4", "Paragraph 19", ""), strict=True):
            if at == step:
                await discord.deletes(of_bot(discord, lobby)[which])
                await asyncio.sleep(0.1)  # the bot hears of it
            gate.open()
            if seen:
                await made.see(seen)
        await answered(discord, lobby)
        is_whole(made)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_at_an_answer_that_is_sent_as_a_whole_leaves_it_once(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path, *, fault: str
) -> None:
    async with scene(discord, acme, bia, lobby, tmp_path) as made:
        for skip in (0, 2):
            FAULTS[fault](discord, "POST", "/channels/*/messages", skip)
        for gate in made.gates:
            gate.open()
        await made.ask()
        await answered(discord, lobby)
        is_whole(made)
