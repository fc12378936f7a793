"""How the bot gets into Discord, and what it says where it does not: over the real wire."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.chats import DiscordSettings, DiscordTokens
from bot.platforms.discord.platform import DiscordPlatform
from rag.errors import ConfigurationError
from tests.fakes.chat_bot import HurriedClock
from tests.fakes.discord import Channel, Discord, Guild, User, open_discord
from tests.fakes.discord_bot import open_discord_bot, tokens_of
from tests.fakes.scripted_pipeline import ScriptedPipeline
from tests.scenarios.discord_talks import answered, asked, of_bot, served
from tests.scenarios.talks import Gate, model

PATIENCE_S = 30.0
WITHOUT_CONTENT = 1 << 0 | 1 << 9 | 1 << 12  # servers, messages in servers, direct messages
MESSAGE_CONTENT = 1 << 15
FOLLOW_UPS = DiscordSettings(follow_ups=True)


class Start:
    """An adapter on its way into Discord; what it would serve is never reached.

    Attributes:
        told: What whoever started it was told.
    """

    def __init__(self, tokens: DiscordTokens, settings: DiscordSettings | None = None) -> None:
        self.told: list[str] = []
        clock = HurriedClock(1_000)
        settings = settings or DiscordSettings()
        self._platform = DiscordPlatform(settings, tokens, clock, locale="en", tell=self.told.append)
        self._nobody: Any = None

    async def refusal(self) -> str:
        """What it ends with by itself."""
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(ConfigurationError) as refused:
                await self._platform.run(self._nobody)
        return str(refused.value)

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._platform.run(self._nobody))
        try:
            yield
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def refusal(discord: Discord, **changes: str) -> str:
    return await Start(replace(tokens_of(discord), **changes)).refusal()


async def until(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


def of_gateway(discord: Discord) -> list[str]:
    """What was told of it, without the servers that are served."""
    return [call.path for call in discord.calls if call.path.startswith("/gateway")]


# The ways in


@pytest.mark.parametrize("path", ["/api/v10", "/api", "", "/api/v10/"])
async def test_the_bot_serves_the_discord_that_is_configured_however_its_address_is_written(
    discord: Discord, acme: Guild, tmp_path: Path, path: str
) -> None:
    read = DiscordTokens.read({"DISCORD_BOT_TOKEN": discord.token, "DISCORD_API_URL": f"{discord.base_url}{path}"})
    async with served(discord, tmp_path, ScriptedPipeline(), tokens=read) as bot:
        (session,) = discord.sessions
        assert (session.shard, session.shards) == (0, 1)
        assert [told for told in bot.told if "serving" in told] == ["Discord: serving 1 server as ragbot"]
    assert [call.path for call in discord.calls if call.status >= 400] == []
    assert acme.joined


@pytest.mark.parametrize("said", ["the API", "the environment", "both"])
async def test_the_gateway_is_where_the_environment_says_and_else_where_the_api_does(tmp_path: Path, said: str) -> None:
    without = ["GET /gateway/bot"] if said == "the environment" else []
    async with open_discord(bot_public=False, without=without) as discord:
        acme = discord.guild("Acme")
        bia, lobby = discord.person("Bia", guilds=[acme]), discord.channel(acme, "lobby")
        where = discord.gateway_url
        if said == "both":
            discord.gateway.url = "ws://127.0.0.1:9/"  # nobody listens there
        tokens = replace(tokens_of(discord), gateway_url="" if said == "the API" else where)
        async with served(discord, tmp_path, model(vacation="Thirty days."), tokens=tokens):
            await asked(discord, bia, lobby, "vacation")
        assert of_gateway(discord) == ["/gateway/bot"]


async def test_intents_that_have_to_be_granted_are_not_asked_for_unless_follow_ups_are_wanted(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation="Thirty days.")):
        assert [session.intents for session in discord.sessions] == [WITHOUT_CONTENT]
        for place in (lobby, discord.dm(bia)):
            await asked(discord, bia, place, "vacation")
    async with served(discord, tmp_path, ScriptedPipeline(), settings=FOLLOW_UPS):
        assert [session.intents for session in discord.sessions] == [WITHOUT_CONTENT | MESSAGE_CONTENT]


async def test_without_the_message_content_intent_the_bot_says_so_once_and_goes_on_without(tmp_path: Path) -> None:
    async with open_discord(bot_public=False, intents_allowed=()) as discord:
        acme = discord.guild("Acme")
        bia, lobby = discord.person("Bia", guilds=[acme]), discord.channel(acme, "lobby")
        async with served(
            discord, tmp_path, model(vacation="Thirty days."), settings=FOLLOW_UPS, clock=HurriedClock()
        ) as bot:
            assert [session.intents for session in discord.sessions] == [WITHOUT_CONTENT]
            await asked(discord, bia, lobby, "vacation")
            await discord.invalidates()
            await discord.until(lambda: discord.gateway.identified == 2)
            await asked(discord, bia, lobby, "vacation")
    explained = [told for told in bot.told if "Message Content Intent" in told]
    assert len(explained) == 1
    assert "follow-ups without the bot's name are not heard" in explained[0]
    assert "developer portal" in explained[0]
    assert "platforms.discord.follow_ups" in explained[0]


async def test_an_intent_that_is_taken_away_while_the_bot_runs_ends_no_more_than_what_needs_it(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(
        discord, tmp_path, model(vacation="Thirty days."), settings=FOLLOW_UPS, clock=HurriedClock()
    ) as bot:
        await asked(discord, bia, lobby, "vacation")
        discord.refuses_intents = True
        await discord.invalidates()
        await discord.until(lambda: any("Message Content Intent" in told for told in bot.told))
        await discord.until(lambda: [session.intents for session in discord.sessions] == [WITHOUT_CONTENT])
        await asked(discord, bia, lobby, "vacation")


async def test_a_bot_that_everybody_can_invite_is_told_of_and_one_with_a_list_of_servers_is_not(tmp_path: Path) -> None:
    async with open_discord(bot_public=True) as discord:
        acme = discord.guild("Acme")
        async with served(discord, tmp_path, ScriptedPipeline()) as bot:
            assert sum("Public Bot" in told for told in bot.told) == 1
        listed = DiscordSettings(servers=(acme.id,))
        async with served(discord, tmp_path, ScriptedPipeline(), settings=listed) as bot:
            assert not any("Public Bot" in told for told in bot.told)


# Tokens that open nothing


@pytest.mark.parametrize(
    ("token", "named"),
    [
        ("", "DISCORD_BOT_TOKEN: expected the bot's token"),
        ("two words", "DISCORD_BOT_TOKEN: expected one word"),
        ("wrong.token.wrong", "DISCORD_BOT_TOKEN: Discord does not know this token"),
    ],
)
async def test_a_token_that_is_absent_or_wrong_is_named_and_tried_once(
    discord: Discord, token: str, named: str
) -> None:
    told = await refusal(discord, bot=token)
    assert named in told
    assert not token or token not in told
    assert len(discord.calls) <= 1


async def test_a_token_that_is_reset_while_the_bot_runs_ends_it_by_that_name(
    discord: Discord, acme: Guild, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, ScriptedPipeline(), clock=HurriedClock()) as bot:
        discord.refuses_token = True
        await discord.drops()
        told = await bot.failure()
    assert "DISCORD_BOT_TOKEN" in told
    assert "4004" in told
    assert acme.joined


# Addresses that are not Discord's


@asynccontextmanager
async def something_else(answer: Any) -> AsyncIterator[str]:
    """Something else that listens; yields the address that somebody took for Discord's."""
    server = web.Application()
    server.router.add_route("*", "/{anything:.*}", answer)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/v10"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "response",
    [
        {"status": 404, "text": "<html>not found</html>", "content_type": "text/html"},
        {"status": 200, "text": "<html>it works</html>", "content_type": "text/html"},
        {"status": 200, "text": "it works", "content_type": "text/plain"},
        {"status": 200, "text": "[1]", "content_type": "application/json"},
        {"status": 200, "text": "{}", "content_type": "application/json"},
        {"status": 200, "text": "null", "content_type": "application/json"},
        {"status": 200, "text": "{", "content_type": "application/json"},
        {"status": 403, "text": "", "content_type": "text/html"},
    ],
    ids=["404", "page", "text", "list", "empty", "null", "broken", "403"],
)
async def test_an_address_where_something_else_answers_is_told_of_as_such(response: Mapping[str, Any]) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(**response)

    async with something_else(answer) as url:
        told = await Start(DiscordTokens("a.b.c", api_url=url)).refusal()

    assert told.startswith("environment: DISCORD_API_URL: expected the address of Discord's API")


async def test_an_address_where_nobody_answers_is_tried_on_and_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/api/v10"
        start = Start(DiscordTokens("a.b.c", api_url=url))
        async with start.going_on():
            await until(lambda: caplog.text.count("Discord does not answer") >= 3)

    assert len(start.told) == 1
    assert start.told[0].startswith("Discord does not answer (not reached")
    assert start.told[0].endswith("trying again until it does")


async def test_whoever_starts_the_bot_before_its_network_need_not_start_it_again(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    discord.cut("GET", "/users/@me", times=5)
    discord.fail("GET", "/oauth2/applications/@me", status=503, times=2)
    discord.fail("PUT", "/applications/*/commands", status=503, times=2)
    async with served(discord, tmp_path, model(vacation="Thirty days."), clock=HurriedClock(1_000)) as bot:
        await asked(discord, bia, lobby, "vacation")
    away = [told for told in bot.told if "does not answer" in told]
    assert 1 <= len(away) <= 2, "at the log-in, and where commands are registered"
    assert bot.told[-1].startswith("Discord: serving 1 server")


async def test_a_gateway_that_is_away_is_told_of_once_and_tried_until_it_is_there(
    discord: Discord, acme: Guild
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{closed.getsockname()[1]}/"
        start = Start(replace(tokens_of(discord), gateway_url=url))
        async with start.going_on():
            await until(lambda: any("gateway" in told for told in start.told))
            await asyncio.sleep(0.3)
            assert sum("gateway" in told for told in start.told) == 1
    assert acme.joined


# Commands


async def test_commands_are_registered_where_they_changed_and_only_then(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation="Thirty days.")
    async with served(discord, tmp_path, pipeline, clock=HurriedClock()) as bot:
        assert discord.registrations == 1
        assert "Discord: the commands were registered anew" in bot.told
        await discord.drops()
        await discord.until(lambda: discord.sessions and discord.sessions[0].resumed)
        await discord.invalidates()
        await discord.until(lambda: discord.gateway.identified == 2)
        await asked(discord, bia, lobby, "vacation")
        await asyncio.sleep(0.4)  # the library waits a little before it says that it is ready
        assert discord.registrations == 1, "never in on_ready"
    async with served(discord, tmp_path, pipeline) as bot:
        assert "Discord: the commands were registered anew" not in bot.told
    assert discord.registrations == 1
    before = {command["name"]: command["id"] for command in discord.registry.all(None)}
    discord.registry.remove(None, before["ask"])
    async with served(discord, tmp_path, pipeline):
        assert discord.registrations == 3, "once by the test, once by the bot"
        await discord.slash(bia, lobby, "ask", question="vacation")
        await answered(discord, lobby)


async def test_commands_are_there_before_the_bot_is_said_to_serve(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    discord.delay("PUT", "/applications/*/commands", 0.3)
    async with served(discord, tmp_path, model(vacation="Thirty days.")):
        made = await discord.slash(bia, lobby, "ask", question="vacation")
        assert made.answered


async def test_while_something_is_tried_out_only_the_test_servers_get_the_commands(
    discord: Discord, acme: Guild, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    other = discord.guild("Other")
    settings = DiscordSettings(test_servers=(acme.id,))
    for _ in range(2):
        async with served(discord, tmp_path, model(vacation="Thirty days."), settings=settings):
            await discord.slash(bia, lobby, "ask", question="vacation")
            await answered(discord, lobby)
    assert discord.registrations == 1
    assert discord.registry.all(None) == discord.registry.all(other.id) == []
    assert {"ask", "rag"} <= {command["name"] for command in discord.registry.all(acme.id)}


async def test_a_test_server_that_the_bot_is_not_in_is_told_of_and_all_else_works(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    settings = DiscordSettings(test_servers=("112233445566778899",))
    async with served(discord, tmp_path, model(vacation="Thirty days."), settings=settings) as bot:
        assert not bot.task.done()
        await asked(discord, bia, lobby, "vacation")
    assert any("112233445566778899" in told for told in bot.told)


async def test_commands_that_discord_does_not_take_keep_nobody_from_asking_by_name(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    discord.fail("PUT", "/applications/*/commands", status=400, code=50035, times=100)
    async with served(discord, tmp_path, model(vacation="Thirty days.")) as bot:
        assert not bot.task.done()
        await asked(discord, bia, lobby, "vacation")
    assert any("command" in told for told in bot.told)


# What is never told


async def test_tokens_are_in_no_log_no_sentence_and_no_repr(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = [await refusal(discord, bot=discord.token + "x")]
    discord.cut("GET", "/users/@me")
    gate = Gate()
    pipeline = model(vacation="Thirty days.", slow=("It ", gate, "is."))
    async with open_discord_bot(discord, tmp_path, pipeline, clock=HurriedClock()) as bot:
        told += [repr(bot), repr(tokens_of(discord))]
        discord.fail("POST", "/channels/*/messages", status=503)
        discord.cut("POST", "/channels/*/typing")
        await asked(discord, bia, lobby, "vacation")
        discord.fail("PATCH", "/webhooks/*", status=503)
        discord.fail("GET", "/webhooks/*", status=404, code=10008)
        discord.cut("POST", "/webhooks/*", after=True)
        discord.fail("POST", "/interactions/*/*/callback", status=404, code=10062, skip=2)
        for question in ("vacation", "slow", "vacation"):
            await discord.slash(bia, lobby, "ask", question=question, wait=False)
        await discord.slash(bia, lobby, "rag cost", wait=False)
        await discord.until(lambda: len(of_bot(discord, lobby)) >= 3)
        discord.pass_time(16 * 60)
        gate.open()
        await answered(discord, lobby, answers=3)
        await discord.presses(bia, of_bot(discord, lobby)[0], "Why?")
        await discord.drops()
        await discord.until(lambda: discord.sessions)
        discord.refuses_token = True
        await discord.drops()
        told += [await bot.failure(), *bot.told]

    everything = "\n".join([caplog.text, *told, *(repr(vars(record)) for record in caplog.records)])
    assert len(discord.interactions) == 5
    secrets = [discord.token, *(made.token for made in discord.interactions)]
    assert [secret for secret in secrets if secret in everything] == []


# The end


async def test_who_stops_the_bot_lets_answers_come_to_their_end_and_leaves_the_gateway(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    pipeline = model(vacation=("Thirty ", gate, "days [1]."), late="Too late.")
    async with served(discord, tmp_path, pipeline) as bot:
        for place in (lobby, discord.dm(bia)):
            await discord.says(bia, place, f"{discord.mention} vacation")
        made = await discord.slash(bia, lobby, "ask", question="vacation")
        await discord.until(lambda: len(of_bot(discord, lobby)) == 2 and of_bot(discord, discord.dm(bia)))
        stopping = asyncio.create_task(bot.stop())
        await asyncio.sleep(0.1)
        await discord.says(bia, lobby, f"{discord.mention} late")
        gate.open()
        await stopping
        assert [one.content for one in of_bot(discord, lobby) if "Thirty days [1]." not in one.content] == []
        assert [one.content for one in of_bot(discord, discord.dm(bia))] == ["Thirty days [1]."]
        assert discord.gateway.all_sessions == {}, "Discord shows a bot that has left as offline at once"
    assert made.answered
    assert [one.question for one in pipeline.asked] == ["vacation"] * 3
