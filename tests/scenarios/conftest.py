"""A workspace with one person and one channel, for all that happens in Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

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
