"""Servers that speak Discord's protocol in their own way: less is told, less is kept, and answers come all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.discord import Channel, Discord, User, open_discord
from tests.scenarios.discord_talks import answered, asked, of_bot, served
from tests.scenarios.talks import model


@pytest.fixture
async def other() -> AsyncIterator[Discord]:
    """Says `charset=utf-8`, drops embeds, leaves out of interactions what older ones had not, keeps no tokens."""
    async with open_discord(bot_public=False, careless=True, without=("GET /applications/@me",)) as opened:
        yield opened


@pytest.fixture
def lobby(other: Discord) -> Channel:
    return other.channel(other.guild("Acme"), "lobby")


@pytest.fixture
def bia(other: Discord, lobby: Channel) -> User:
    assert lobby.guild is not None
    return other.person("Bia", guilds=[lobby.guild])


async def test_where_embeds_are_dropped_sources_and_receipt_are_told_in_words(
    other: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(other, tmp_path, model(first="Thirty [1].", then="Forty [1].")):
        await asked(other, bia, lobby, "first")
        await asked(other, bia, lobby, "then")
    first, then = of_bot(other, lobby)
    for shown, text, reference in ((first, "Thirty", "ref1"), (then, "Forty", "ref2")):
        assert shown.content.startswith(f"{text} [1].")
        assert "**[1]** Budgets" in shown.content
        assert f"ref {reference}" in shown.content
    assert len(other.calls_to("PATCH", "/channels/*/messages/*")) == 1, "from then on it is known"


async def test_a_command_is_answered_in_the_channel_where_its_token_is_worth_nothing(
    other: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(other, tmp_path, model(vacation="Thirty [1].")):
        await other.slash(bia, lobby, "ask", question="vacation")
        (answer,) = await answered(other, lobby)
        assert answer.content.startswith("**Bia asks:** vacation\nThirty [1].")
        await other.slash(bia, lobby, "rag cost")
        await other.until(lambda: of_bot(other, other.dm(bia)))
    assert "$0.00" in of_bot(other, other.dm(bia))[0].content, "what is for one alone comes directly"
    assert len(of_bot(other, lobby)) == 1


async def test_buttons_do_what_they_say_where_little_is_told_of_a_press(
    other: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation="Thirty [1].")
    async with served(other, tmp_path, pipeline):
        await asked(other, bia, lobby, "vacation")
        await other.presses(bia, of_bot(other, lobby)[-1], "Try again")
        await other.until(lambda: len(pipeline.asked) == 2)
        await answered(other, lobby)
    assert len(of_bot(other, lobby)) == 1
