"""A workspace and a server with one person and one channel each, for all that happens in Slack and in Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.fakes import discord as local_discord
from tests.fakes.discord import Discord, Guild, open_discord
from tests.fakes.slack import Channel, Slack, User, open_slack


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with open_slack() as opened:
        yield opened


@pytest.fixture
def ana(slack: Slack) -> User:
    return slack.person("Ana")


@pytest.fixture
def general(slack: Slack, ana: User) -> Channel:
    return slack.channel("general", members=[ana])


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    async with open_discord(bot_public=False) as opened:
        yield opened


@pytest.fixture
def acme(discord: Discord) -> Guild:
    return discord.guild("Acme")


@pytest.fixture
def bia(discord: Discord, acme: Guild) -> local_discord.User:
    return discord.person("Bia", guilds=[acme])


@pytest.fixture
def lobby(discord: Discord, acme: Guild) -> local_discord.Channel:
    return discord.channel(acme, "lobby")


class _HurriedAsyncio:
    """What Discord's library takes for `asyncio`: its fixed pauses after a fault, of whole seconds, are short."""

    def __getattr__(self, name: str) -> object:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / 25 if isinstance(seconds, int) else seconds)


@pytest.fixture(autouse=True)
def _hurried_library(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "discord" in request.module.__name__:
        for module in ("discord.http", "discord.webhook.async_"):
            monkeypatch.setattr(f"{module}.asyncio", _HurriedAsyncio())
