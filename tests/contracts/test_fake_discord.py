"""The local Discord, checked with the library that bots are written with: what it understands is the real protocol."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.fakes.discord import Channel, Discord, Guild, Interaction, Message, Seen, User, open_discord

ROW = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Why?", "custom_id": "why"}]}
V2 = 1 << 15


@pytest.fixture(autouse=True)
def _quiet() -> None:
    for name in ("discord", "aiohttp"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@pytest.fixture(autouse=True)
def _addresses() -> Iterator[None]:
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@pytest.fixture
async def server() -> AsyncIterator[Discord]:
    async with open_discord() as opened:
        yield opened


@pytest.fixture
def acme(server: Discord) -> Guild:
    return server.guild("Acme")


@pytest.fixture
def general(server: Discord, acme: Guild) -> Channel:
    return server.channel(acme, "general")


@pytest.fixture
def ana(server: Discord, acme: Guild) -> User:
    return server.person("Ana", guilds=[acme], locale="pt-BR")


@pytest.fixture
async def api(server: Discord) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(server, session)


class Api:
    """The API without a library, for what no library would send."""

    def __init__(self, server: Discord, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.headers: dict[str, str] = {"Authorization": f"Bot {server.token}", "User-Agent": "DiscordBot (test, 1)"}
        self.told: dict[str, str] = {}
        self._session = session

    async def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        kwargs = {"json": body} if body is not None else {}
        url = self.server.api_url + path
        async with self._session.request(method, url, headers=self.headers, **kwargs, **more) as response:
            self.told = dict(response.headers)
            text = await response.text()
            return response.status, json.loads(text) if text else None

    async def code(self, method: str, path: str, body: Any = None) -> int:
        """The code that it is refused with."""
        status, told = await self(method, path, body)
        assert status >= 400, told
        return int(told["code"])

    async def errors(self, method: str, path: str, body: Any = None) -> str:
        """What is wrong with the body, as one text."""
        status, told = await self(method, path, body)
        assert (status, told["code"]) == (400, 50035), told
        return json.dumps(told["errors"])

    async def posts(self, channel: Channel, **body: Any) -> Any:
        status, told = await self("POST", f"/channels/{channel.id}/messages", body)
        assert status == 200, told
        return told


class Bot(discord.Client):
    """A bot as anybody would write it, which notes what it hears."""

    def __init__(self, *, content: bool = True, **more: Any) -> None:
        intents = discord.Intents.default()
        intents.message_content = content
        super().__init__(intents=intents, guild_ready_timeout=0.02, **more)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.edited: list[discord.RawMessageUpdateEvent] = []
        self.events: list[str] = []

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Without the pause of five seconds between two."""

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.append(message)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        self.edited.append(event)

    async def on_socket_event_type(self, event: str) -> None:
        self.events.append(event)


class ShardedBot(discord.AutoShardedClient):
    """One that asks how many shards it should be."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.02)
        self.heard: list[discord.Message] = []

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Without the pause of five seconds between two."""

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message)


@asynccontextmanager
async def running(server: Discord, bot: Any) -> AsyncIterator[Any]:
    Route.BASE = server.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)
    work = asyncio.create_task(bot.start(server.token))
    try:
        await server.until(lambda: bot.is_ready() or work.done())
        if work.done():
            await work
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(work, return_exceptions=True)


@pytest.fixture
async def bot(server: Discord, general: Channel) -> AsyncIterator[Bot]:
    async with running(server, Bot()) as started:
        assert started.get_channel(int(general.id)) is not None
        yield started


def messageable(bot: discord.Client, channel: Channel) -> Any:
    found = bot.get_channel(int(channel.id))
    assert found is not None
    return found


async def refusal(call: Awaitable[Any]) -> tuple[int, int]:
    with pytest.raises(discord.HTTPException) as refused:
        await call
    return refused.value.status, refused.value.code


def last(server: Discord, channel: Channel, by: User | None = None) -> Seen:
    return server.seen(channel, by=by)[-1]


class TestConnecting:
    async def test_a_bot_hears_of_its_servers_and_channels(self, server: Discord, bot: Bot, general: Channel) -> None:
        assert [guild.name for guild in bot.guilds] == ["Acme"]
        assert messageable(bot, general).name == "general"
        assert bot.user is not None
        assert (bot.user.name, str(bot.user.id)) == ("ragbot", server.bot.id)

    async def test_a_wrong_token_is_refused_by_the_api_and_the_gateway(self, server: Discord, api: Api) -> None:
        async with running(server, Bot()):
            server.refuses_token = True
            with pytest.raises(discord.LoginFailure):
                async with running(server, Bot()):
                    raise AssertionError
        api.headers["Authorization"] = "Bot nonsense"
        assert await api("GET", "/users/@me") == (401, {"message": "401: Unauthorized", "code": 0})

    async def test_a_gateway_that_is_told_a_wrong_token_closes(self, server: Discord) -> None:
        assert await closes(server, 2, {"token": "x", "intents": 0, "properties": {}}) == 4004

    async def test_content_that_was_not_granted_closes_the_gateway(self) -> None:
        async with open_discord(intents_allowed=()) as server:
            with pytest.raises(discord.PrivilegedIntentsRequired):
                async with running(server, Bot()):
                    raise AssertionError

    async def test_a_grant_can_be_taken_back(self, server: Discord) -> None:
        server.refuses_intents = True
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with running(server, Bot()):
                raise AssertionError

    async def test_the_flags_of_the_application_tell_of_the_grant(self) -> None:
        for granted in (("MESSAGE_CONTENT",), ()):
            async with open_discord(intents_allowed=granted) as server, running(server, Bot(content=False)) as bot:
                info = await bot.application_info()
                assert info.flags.gateway_message_content_limited is bool(granted)
                assert bot.application_flags.gateway_message_content_limited is bool(granted)

    @pytest.mark.parametrize(
        ("op", "data", "code"),
        [
            (3, {}, 4003),
            (2, {"intents": 1 << 60}, 4013),
            (2, {"intents": 0, "shard": [3, 2]}, 4010),
            (6, {"session_id": "x", "seq": 1, "token": "wrong"}, 4004),
        ],
    )
    async def test_the_gateway_closes_with_the_code_for_it(
        self, server: Discord, op: int, data: dict[str, Any], code: int
    ) -> None:
        assert await closes(server, op, {"token": server.token, **data}) == code

    async def test_too_few_shards_are_refused(self, server: Discord) -> None:
        server.gateway.requires_sharding = True
        assert await closes(server, 2, {"token": server.token, "intents": 0}) == 4011

    async def test_identifying_too_fast_is_refused_where_that_is_watched(self, server: Discord) -> None:
        server.gateway.paces_identifies = True
        identify = {"token": server.token, "intents": 0, "shard": [0, 1]}
        assert [await first_of(server, 2, identify), await first_of(server, 2, identify)] == ["READY", "9"]
        server.pass_time(6)
        assert await first_of(server, 2, identify) == "READY"

    async def test_a_session_that_is_not_known_cannot_be_resumed(self, server: Discord) -> None:
        assert await first_of(server, 6, {"token": server.token, "session_id": "x", "seq": 1}) == "9"

    async def test_heartbeats_are_acknowledged(self) -> None:
        async with open_discord(heartbeat_s=0.05) as server, running(server, Bot()) as bot:
            await server.until(lambda: server.sessions[0].heartbeats > 3)
            assert bot.latency < 1

    async def test_servers_fall_to_shards_by_their_ids(self) -> None:
        async with open_discord(shards=2) as server:
            guilds = [server.guild("One"), server.guild("Two")]
            ana = server.person("Ana", guilds=guilds)
            channels = [server.channel(guild, "general") for guild in guilds]
            async with running(server, ShardedBot()) as bot:
                assert sorted((session.shard, session.shards) for session in server.sessions) == [(0, 2), (1, 2)]
                assert [guild.shard_id for guild in sorted(bot.guilds, key=lambda guild: guild.name)] == [0, 1]
                for place in [*channels, server.dm(ana)]:
                    await server.says(ana, place, f"{server.mention} hello")
                await server.until(lambda: len(bot.heard) == 3)

    async def test_what_is_a_shards_own_is_told_to_it_alone(self) -> None:
        async with open_discord(shards=2) as server:
            other = server.guild("One"), server.guild("Two")
            ana = server.person("Ana", guilds=other)
            channel = server.channel(other[1], "general")
            async with running(server, Bot(shard_id=0, shard_count=2)) as bot:
                await server.says(ana, channel, "to shard 1")
                await server.says(ana, server.dm(ana), "to shard 0")
                await server.until(lambda: bot.heard)
                assert [message.content for message in bot.heard] == ["to shard 0"]

    async def test_two_sessions_of_a_shard_both_hear(
        self, server: Discord, bot: Bot, ana: User, general: Channel
    ) -> None:
        async with running(server, Bot()) as second:
            await server.says(ana, general, "hello")
            await server.until(lambda: bot.heard and second.heard)
            assert len(server.sessions) == 2


async def _opened(server: Discord, op: int, data: dict[str, Any]) -> tuple[str, int]:
    url = f"{server.gateway_url}?v=10&encoding=json"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        assert (await socket.receive_json())["op"] == 10
        await socket.send_json({"op": op, "d": data})
        answer = await socket.receive()
        if answer.type is not aiohttp.WSMsgType.TEXT:
            return "", socket.close_code or 0
        told = json.loads(answer.data)
        return told["t"] or str(told["op"]), 0


async def closes(server: Discord, op: int, data: dict[str, Any]) -> int:
    return (await _opened(server, op, data))[1]


async def first_of(server: Discord, op: int, data: dict[str, Any]) -> str:
    return (await _opened(server, op, data))[0]


class TestResuming:
    @pytest.mark.parametrize("code", [4000, 1006])
    async def test_what_was_missed_is_told_after_a_resume(
        self, server: Discord, bot: Bot, ana: User, general: Channel, code: int
    ) -> None:
        await server.drops(code)
        await server.says(ana, general, "while away")
        await server.until(lambda: bot.heard)
        assert [message.content for message in bot.heard] == ["while away"]
        assert server.sessions[0].resumed == 1

    async def test_a_bot_that_is_asked_to_reconnect_resumes(self, server: Discord, bot: Bot) -> None:
        await server.asks_to_reconnect()
        await server.until(lambda: server.sessions[0].resumed == 1)
        await server.until(lambda: "RESUMED" in bot.events)

    @pytest.mark.usefixtures("bot")
    async def test_a_session_that_is_invalid_starts_anew(self, server: Discord) -> None:
        first = server.sessions[0].id
        await server.invalidates()
        await server.until(lambda: server.sessions and server.sessions[0].id != first)
        assert server.sessions[0].resumed == 0

    @pytest.mark.usefixtures("bot")
    async def test_an_interrupted_session_that_may_go_on_goes_on(self, server: Discord) -> None:
        await server.invalidates(resumable=True)
        await server.until(lambda: server.sessions[0].resumed == 1)

    async def test_a_session_that_was_left_too_long_is_over(
        self, server: Discord, bot: Bot, ana: User, general: Channel
    ) -> None:
        first = server.sessions[0].id
        await server.drops(4000)
        server.pass_time(600)
        await server.says(ana, general, "lost")
        await server.until(lambda: server.sessions and server.sessions[0].id != first)
        assert bot.heard == []

    async def test_a_silent_gateway_is_left_and_the_session_resumed(self) -> None:
        async with open_discord(heartbeat_s=0.05) as server:
            acme = server.guild("Acme")
            general, ana = server.channel(acme, "general"), server.person("Ana", guilds=[acme])
            async with running(server, Bot(heartbeat_timeout=0.3)) as bot:
                server.goes_silent()
                await server.says(ana, general, "unheard")
                await server.until(lambda: bot.heard)
                assert server.sessions[0].resumed == 1

    @pytest.mark.parametrize(("code", "left"), [(1000, 0), (4000, 1)])
    async def test_a_session_is_kept_unless_the_bot_says_farewell(self, server: Discord, code: int, left: int) -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{server.gateway_url}?v=10") as socket:
            await socket.send_json({"op": 2, "d": {"token": server.token, "intents": 0}})
            await server.until(lambda: server.sessions)
            await socket.close(code=code)
        await server.until(lambda: not server.sessions)
        assert len(server.gateway.all_sessions) == left


class TestHearing:
    async def test_a_message_comes_with_whom_it_mentions(
        self, server: Discord, bot: Bot, ana: User, acme: Guild, general: Channel
    ) -> None:
        admins = server.role(acme, "admins")
        await server.says(ana, general, f"{server.mention} and {ana.mention} and {admins.mention}")
        await server.until(lambda: bot.heard)
        heard = bot.heard[0]
        assert bot.user in heard.mentions
        assert [role.name for role in heard.role_mentions] == ["admins"]
        assert isinstance(heard.author, discord.Member)

    async def test_a_mention_in_code_calls_nobody(self, server: Discord, bot: Bot, ana: User, general: Channel) -> None:
        await server.says(ana, general, f"`{server.mention}`")
        await server.until(lambda: bot.heard)
        assert bot.heard[0].mentions == []

    async def test_a_reply_calls_its_author_unless_that_is_switched_off(
        self, server: Discord, bot: Bot, ana: User, general: Channel
    ) -> None:
        sent = await messageable(bot, general).send("an answer")
        answer = last(server, general)
        await server.says(ana, general, "and then?", reply_to=answer)
        await server.says(ana, general, "quietly", reply_to=answer, pings_reply=False)
        await server.until(lambda: len(bot.heard) == 2)
        assert [bot.user in message.mentions for message in bot.heard] == [True, False]
        assert [message.reference.resolved.content for message in bot.heard] == ["an answer"] * 2  # type: ignore[union-attr]
        assert sent.id == bot.heard[0].reference.message_id  # type: ignore[union-attr]

    async def test_without_the_intent_only_what_concerns_the_bot_has_content(
        self, server: Discord, ana: User, general: Channel
    ) -> None:
        async with running(server, Bot(content=False)) as bot:
            answer = await messageable(bot, general).send("mine")
            await server.says(ana, general, "nobody in particular")
            await server.says(ana, general, f"{server.mention} you")
            await server.says(ana, general, "a reply", reply_to=last_of_bot(server, general))
            await server.says(ana, general, "quiet", reply_to=last_of_bot(server, general), pings_reply=False)
            await server.says(ana, server.dm(ana), "directly")
            await server.until(lambda: len(bot.heard) == 5)
            assert [message.content for message in bot.heard] == [
                "", f"{server.mention} you", "a reply", "", "directly",
            ]  # fmt: skip
            assert answer.content == "mine"

    async def test_an_edit_tells_of_when_and_a_link_that_is_shown_does_not(
        self, server: Discord, bot: Bot, ana: User, general: Channel
    ) -> None:
        message = await server.says(ana, general, "first https://docs.test/")
        await server.unfurls(message)
        await server.edits(message, "second")
        await server.until(lambda: len(bot.edited) == 2)
        stamps = [event.data["edited_timestamp"] for event in bot.edited]
        assert stamps[0] is None
        assert stamps[1] is not None
        assert bot.edited[1].data["content"] == "second"

    async def test_deletions_are_told_of(self, server: Discord, bot: Bot, ana: User, general: Channel) -> None:
        one, two, three = [await server.says(ana, general, text) for text in "123"]
        await server.deletes(one)
        await server.bulk_deletes(general, [two, three])
        await server.until(lambda: "MESSAGE_DELETE_BULK" in bot.events)
        assert "MESSAGE_DELETE" in bot.events
        assert server.seen(general) == []

    async def test_a_channel_that_the_bot_does_not_see_is_silent(
        self, server: Discord, bot: Bot, ana: User, acme: Guild, general: Channel
    ) -> None:
        hidden = server.channel(acme, "hidden")
        await server.deny(hidden, "VIEW_CHANNEL")
        await server.says(ana, hidden, "secret")
        await server.says(ana, general, "public")
        await server.until(lambda: bot.heard)
        assert [message.content for message in bot.heard] == ["public"]

    async def test_servers_come_and_go_while_the_bot_runs(self, server: Discord, bot: Bot) -> None:
        other = server.guild("Other", joined=False)
        assert len(bot.guilds) == 1
        await server.adds_bot(other)
        await server.until(lambda: len(bot.guilds) == 2)
        await server.kicks_bot(other)
        await server.until(lambda: len(bot.guilds) == 1)

    async def test_a_thread_at_a_message_changes_that_message_and_begins_with_it(
        self, server: Discord, bot: Bot, ana: User, general: Channel
    ) -> None:
        message = await server.says(ana, general, "a question")
        thread = await server.opens_thread(ana, general, "Talk", message=message)
        await server.says(ana, thread, "in it")
        await server.until(lambda: len(bot.heard) == 3)
        assert thread.id == message.id
        assert [event.data["edited_timestamp"] for event in bot.edited] == [None]
        start, said = bot.heard[1:]
        assert start.type is discord.MessageType.thread_starter_message
        assert (said.channel.name, said.channel.parent_id) == ("Talk", int(general.id))  # type: ignore[union-attr]
        assert [seen.content for seen in server.seen(thread)] == ["in it"]

    async def test_a_post_in_a_forum_has_the_id_of_its_first_message(
        self, server: Discord, bot: Bot, ana: User, acme: Guild
    ) -> None:
        forum = server.forum(acme, "questions")
        post = await server.posts(ana, forum, "How?", f"{server.mention} how?")
        await server.until(lambda: bot.heard)
        assert bot.heard[0].id == bot.heard[0].channel.id == int(post.id)
        assert isinstance(bot.heard[0].channel, discord.Thread)
        assert isinstance(bot.heard[0].channel.parent, discord.ForumChannel)

    async def test_typing_roles_and_deleted_channels_are_told_of(
        self, server: Discord, bot: Bot, ana: User, acme: Guild, general: Channel
    ) -> None:
        await server.types(ana, general)
        admins = server.role(acme, "admins")
        await server.gives_role(ana, admins)
        await server.says(ana, general, "hello")
        await server.deletes_channel(general)
        await server.until(lambda: "CHANNEL_DELETE" in bot.events)
        assert {"TYPING_START", "GUILD_ROLE_CREATE"} <= set(bot.events)
        assert [role.name for role in bot.heard[0].author.roles] == ["@everyone", "admins"]  # type: ignore[union-attr]


def last_of_bot(server: Discord, channel: Channel) -> Seen:
    return [seen for seen in server.seen(channel) if seen.message.author is server.bot][-1]


def many(count: int, **part: Any) -> list[dict[str, Any]]:
    return [dict(part) for _ in range(count)]


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def button(**changes: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go", **changes}


def text_input(custom_id: str = "words", **changes: Any) -> dict[str, Any]:
    return row({"type": 4, "style": 1, "label": "Words", "custom_id": custom_id, **changes})


BAD_MESSAGES: list[tuple[dict[str, Any], str]] = [
    ({"content": "x" * 2001}, "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": many(11, title="x")}, "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "x" * 257}]}, "title"),
    ({"embeds": [{"description": "x" * 4097}]}, "description"),
    ({"embeds": [{"footer": {"text": "x" * 2049}}]}, "footer"),
    ({"embeds": [{"author": {"name": "x" * 257}}]}, "author"),
    ({"embeds": [{"fields": many(26, name="x", value="x")}]}, "fields"),
    ({"embeds": [{"fields": [{"name": "x", "value": "x" * 1025}]}]}, "value"),
    ({"embeds": [{"fields": [{"name": "", "value": "x"}]}]}, "BASE_TYPE_REQUIRED"),
    ({"embeds": many(2, description="x" * 3001)}, "MAX_EMBED_SIZE_EXCEEDED"),
    ({"embeds": [{"title": "x", "url": "javascript:1"}]}, "URL_TYPE_INVALID_SCHEME"),
    ({"content": "x", "components": [row(button(custom_id=str(n))) for n in range(6)]}, "components"),
    ({"content": "x", "components": [row(*[button(custom_id=str(n)) for n in range(6)])]}, "components"),
    ({"content": "x", "components": [row(button(label="x" * 81))]}, "label"),
    ({"content": "x", "components": [row(button(label=""))]}, "LABEL_OR_EMOJI"),
    ({"content": "x", "components": [row(button(custom_id="x" * 101))]}, "custom_id"),
    ({"content": "x", "components": [row(button(), button())]}, "COMPONENT_CUSTOM_ID_DUPLICATED"),
    ({"content": "x", "components": [row(button(style=5))]}, "url"),
    ({"content": "x", "components": [row(button(url="https://docs.test/"))]}, "MUTUALLY_EXCLUSIVE"),
    ({"content": "x", "components": [{"type": 10, "content": "text"}]}, "BASE_TYPE_CHOICES"),
    ({"content": "x", "flags": V2, "components": [{"type": 10, "content": "text"}]}, "LEGACY_FIELDS"),
    ({"flags": V2, "components": many(41, type=10, content="x")}, "MAX_TOTAL_COMPONENTS"),
    ({"flags": V2, "components": many(2, type=10, content="x" * 2001)}, "TEXT_SIZE"),
    ({"flags": V2, "components": [{"type": 9, "components": []}]}, "accessory"),
    ({"content": "x", "nonce": "x" * 26}, "nonce"),
    ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, "PARSE_EXCLUSIVE"),
    ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "parse"),
    ({"content": "x", "message_reference": {"message_id": "1"}}, "REPLIES_UNKNOWN_MESSAGE"),
    ({"content": "x", "attachments": [{"id": 0, "description": "x" * 1025}]}, "description"),
]  # fmt: skip


class TestWriting:
    @pytest.mark.parametrize(("body", "told"), BAD_MESSAGES)
    async def test_what_is_too_much_or_wrong_is_refused(
        self, server: Discord, api: Api, general: Channel, body: dict[str, Any], told: str
    ) -> None:
        assert told in await api.errors("POST", f"/channels/{general.id}/messages", body)
        assert server.seen(general) == []

    @pytest.mark.parametrize("body", [{"content": "  "}, {"components": [ROW]}, {"flags": V2}, {}])
    async def test_nothing_to_see_is_refused(self, api: Api, general: Channel, body: dict[str, Any]) -> None:
        assert await api.code("POST", f"/channels/{general.id}/messages", body) == 50006

    async def test_what_is_just_allowed_is_taken(self, server: Discord, api: Api, general: Channel) -> None:
        await api.posts(general, content="x" * 2000, embeds=[{"description": "y" * 4096}])
        await api.posts(general, flags=V2, components=many(40, type=10, content="z" * 100))
        legacy, shown = server.seen(general)
        assert (len(legacy.content), len(legacy.embeds[0]["description"])) == (2000, 4096)
        assert shown.content.count("z") == 4000

    async def test_a_bot_answers_with_an_embed_buttons_and_a_file(
        self, server: Discord, bot: Bot, ana: User, general: Channel
    ) -> None:
        await server.says(ana, general, "question")
        await server.until(lambda: bot.heard)
        view = discord.ui.View()
        view.add_item(discord.ui.Button(label="Why?", custom_id="why"))
        view.add_item(discord.ui.Button(label="Docs", url="https://docs.test/"))
        embed = discord.Embed(title="Answer", description="Forty-two").set_footer(text="1 source")
        picture = discord.File(io.BytesIO(b"\x89PNG"), "chart.png", description="A chart")
        sent = await bot.heard[0].reply("see", embed=embed, view=view, file=picture)
        seen = last(server, general)
        assert (seen.author, seen.content, seen.buttons) == ("ragbot", "see", ("Why?", "Docs"))
        assert seen.text == "see\nAnswer\nForty-two\n1 source"
        assert seen.reply_to == str(bot.heard[0].id)
        file = seen.attachments[0]
        assert (file.filename, file.description, file.bytes) == ("chart.png", "A chart", b"\x89PNG")
        assert sent.attachments[0].description == "A chart"
        assert await sent.attachments[0].read() == b"\x89PNG"

    async def test_files_of_people_can_be_read(self, server: Discord, bot: Bot, ana: User, general: Channel) -> None:
        await server.says(ana, general, "see", attachments=[server.file("notes.txt", b"words")])
        await server.until(lambda: bot.heard)
        assert await bot.heard[0].attachments[0].read() == b"words"

    async def test_components_of_the_newer_kind_are_shown(self, server: Discord, bot: Bot, general: Channel) -> None:
        layout = discord.ui.LayoutView()
        container = discord.ui.Container(discord.ui.TextDisplay("**Answer**"))
        container.add_item(discord.ui.ActionRow(discord.ui.Button(label="Stop", custom_id="stop")))
        layout.add_item(container)
        sent = await messageable(bot, general).send(view=layout)
        assert (last(server, general).content, last(server, general).buttons) == ("**Answer**", ("Stop",))
        assert await refusal(sent.edit(content="plain again")) == (400, 50035)
        assert await refusal(sent.edit(content="plain again", view=None)) == (400, 50035)

    async def test_the_same_nonce_makes_one_message_for_some_minutes(
        self, server: Discord, bot: Bot, general: Channel
    ) -> None:
        place = messageable(bot, general)
        first, second = await place.send("one", nonce="n"), await place.send("two", nonce="n")
        assert first.id == second.id
        assert [seen.content for seen in server.seen(general)] == ["one"]
        server.pass_time(600)
        await place.send("three", nonce="n")
        assert len(server.seen(general)) == 2

    async def test_a_plain_imitation_takes_no_notice_of_nonces(self) -> None:
        async with open_discord(plain=True) as server, aiohttp.ClientSession() as session:
            general = server.channel(server.guild("Acme"), "general")
            for text in ("one", "two"):
                await Api(server, session).posts(general, content=text, nonce="n", enforce_nonce=True)
            assert len(server.seen(general)) == 2

    async def test_a_reply_to_what_is_gone_needs_to_say_that_this_is_all_right(
        self, server: Discord, bot: Bot, ana: User, general: Channel
    ) -> None:
        asked = await server.says(ana, general, "question")
        await server.until(lambda: bot.heard)
        await server.deletes(asked)
        assert await refusal(bot.heard[0].reply("answer")) == (400, 50035)
        place = messageable(bot, general)
        await place.send("answer", reference=bot.heard[0].to_reference(fail_if_not_exists=False))
        assert last(server, general).reply_to is None

    @pytest.mark.parametrize(
        ("denied", "body", "code"),
        [
            ("VIEW_CHANNEL", {"content": "x"}, 50001),
            ("SEND_MESSAGES", {"content": "x"}, 50013),
            ("EMBED_LINKS", {"embeds": [{"title": "x"}]}, 50013),
            ("READ_MESSAGE_HISTORY", {"content": "x", "message_reference": {"message_id": "1"}}, 160002),
        ],
    )
    async def test_permissions_are_asked_for(
        self, server: Discord, *, api: Api, general: Channel, denied: str, body: dict[str, Any], code: int
    ) -> None:
        await server.deny(general, denied)
        assert await api.code("POST", f"/channels/{general.id}/messages", body) == code
        await server.allow(general, denied)
        status, told = await api("POST", f"/channels/{general.id}/messages", body)
        assert status == 200 or told["code"] == 50035

    async def test_a_file_needs_a_permission(self, server: Discord, bot: Bot, general: Channel) -> None:
        await server.deny(general, "ATTACH_FILES")
        file = discord.File(io.BytesIO(b"x"), "x.txt")
        assert await refusal(messageable(bot, general).send("x", file=file)) == (403, 50013)

    async def test_who_takes_no_messages_gets_none(self, server: Discord, bot: Bot, ana: User) -> None:
        user = await bot.fetch_user(int(ana.id))
        await user.send("hello")
        assert last(server, server.dm(ana)).content == "hello"
        ana.takes_dms = False
        assert await refusal(user.send("again")) == (403, 50007)

    async def test_typing_shows_for_ten_seconds_or_until_a_message(
        self, server: Discord, bot: Bot, general: Channel
    ) -> None:
        place = messageable(bot, general)
        await place.typing()
        assert server.typing(general)
        server.pass_time(11)
        assert not server.typing(general)
        await place.typing()
        await place.send("done")
        assert not server.typing(general)

    async def test_reactions_come_and_go(self, server: Discord, bot: Bot, ana: User, general: Channel) -> None:
        message = await server.says(ana, general, "question")
        await server.until(lambda: bot.heard)
        await bot.heard[0].add_reaction("👀")
        assert server.reactions(message) == ["👀"]
        assert bot.user is not None
        await bot.heard[0].remove_reaction("👀", bot.user)
        assert server.reactions(message) == []

    async def test_a_forum_takes_posts_and_no_messages(self, server: Discord, bot: Bot, api: Api, acme: Guild) -> None:
        forum = server.forum(acme, "questions")
        assert await api.code("POST", f"/channels/{forum.id}/messages", {"content": "x"}) == 50008
        await server.until(lambda: bot.get_channel(int(forum.id)))
        made = await messageable(bot, forum).create_thread(name="Notice", content="text")
        assert made.thread.id == made.message.id
        assert server.seen(server.channels[str(made.thread.id)])[0].content == "text"


class TestPings:
    @pytest.mark.parametrize(
        ("allowed", "called"),
        [
            (None, {"ana", "everyone", "admins"}),
            (discord.AllowedMentions.none(), set()),
            (discord.AllowedMentions(everyone=False, roles=False, users=True), {"ana"}),
        ],
    )
    async def test_a_message_calls_whom_its_sender_allows(
        self, server: Discord, *, ana: User, acme: Guild, general: Channel, allowed: Any, called: set[str]
    ) -> None:
        admins = server.role(acme, "admins")
        text = f"@everyone {ana.mention} {admins.mention}"
        names = {ana.id: "ana", admins.id: "admins", "everyone": "everyone"}
        async with running(server, Bot(allowed_mentions=allowed)) as bot:
            sent = await messageable(bot, general).send("first")
            sent = await sent.edit(content=text)
            assert {names[one] for one in last(server, general).pings} == called
            assert {user.id for user in sent.mentions} == ({int(ana.id)} if called else set())

    async def test_without_the_permission_a_role_is_called_only_if_everybody_may(
        self, server: Discord, bot: Bot, acme: Guild, general: Channel
    ) -> None:
        quiet, loud = server.role(acme, "quiet"), server.role(acme, "loud", mentionable=True)
        await server.deny(general, "MENTION_EVERYONE")
        await messageable(bot, general).send(f"@here {quiet.mention} {loud.mention}")
        assert last(server, general).pings == {loud.id}

    async def test_embeds_and_code_call_nobody_but_text_displays_do(
        self, server: Discord, api: Api, ana: User, general: Channel
    ) -> None:
        await api.posts(general, content=f"`{ana.mention}`", embeds=[{"description": ana.mention}])
        assert last(server, general).pings == set()
        await api.posts(general, flags=V2, components=[{"type": 10, "content": ana.mention}])
        assert last(server, general).pings == {ana.id}

    async def test_an_answer_calls_the_asker_unless_that_is_switched_off(
        self, server: Discord, bot: Bot, ana: User, general: Channel
    ) -> None:
        await server.says(ana, general, "question")
        await server.until(lambda: bot.heard)
        await bot.heard[0].reply("loud")
        await bot.heard[0].reply("quiet", mention_author=False)
        assert [seen.pings for seen in server.seen(general)[1:]] == [{ana.id}, set()]


class TestEditing:
    async def test_a_message_of_its_own_can_be_edited_and_deleted(
        self, server: Discord, bot: Bot, general: Channel
    ) -> None:
        sent = await messageable(bot, general).send("first")
        assert not last(server, general).edited
        edited = await sent.edit(content="second", suppress=True)
        assert (last(server, general).content, last(server, general).edited) == ("second", True)
        assert (edited.edited_at is not None, edited.flags.suppress_embeds) == (True, True)
        await sent.delete()
        assert server.seen(general) == []
        assert await refusal(sent.edit(content="third")) == (404, 10008)

    async def test_embeds_that_are_suppressed_are_not_seen(self, server: Discord, bot: Bot, general: Channel) -> None:
        sent = await messageable(bot, general).send("text", embed=discord.Embed(title="shown"))
        await sent.edit(suppress=True)
        assert last(server, general).embeds == []

    async def test_what_others_wrote_is_not_the_bots_to_change(
        self, server: Discord, bot: Bot, ana: User, general: Channel
    ) -> None:
        await server.says(ana, general, "hers")
        await server.until(lambda: bot.heard)
        assert await refusal(bot.heard[0].edit(content="mine")) == (403, 50005)
        assert await refusal(bot.heard[0].delete()) == (403, 50013)
        await server.allow(general, "MANAGE_MESSAGES")
        await bot.heard[0].delete()
        assert server.seen(general) == []

    async def test_messages_older_than_an_hour_can_be_edited_three_times(
        self, server: Discord, api: Api, general: Channel
    ) -> None:
        sent = await api.posts(general, content="old")
        path = f"/channels/{general.id}/messages/{sent['id']}"
        server.pass_time(3700)
        for number in range(3):
            assert (await api("PATCH", path, {"content": str(number)}))[0] == 200
        status, told = await api("PATCH", path, {"content": "4"})
        assert (status, told["code"], told["retry_after"] > 0) == (429, 30046, True)
        assert last(server, general).content == "2"

    async def test_an_edit_may_not_leave_nothing(self, api: Api, general: Channel) -> None:
        sent = await api.posts(general, content="text")
        path = f"/channels/{general.id}/messages/{sent['id']}"
        assert await api.code("PATCH", path, {"content": ""}) == 50006
        assert (await api("PATCH", path, {"content": "", "embeds": [{"title": "x"}]}))[0] == 200

    async def test_many_can_be_deleted_at_once_by_who_may(
        self, server: Discord, bot: Bot, ana: User, general: Channel
    ) -> None:
        for text in "123":
            await server.says(ana, general, text)
        await server.until(lambda: len(bot.heard) == 3)
        place = messageable(bot, general)
        assert await refusal(place.delete_messages(bot.heard)) == (403, 50013)
        await server.allow(general, "MANAGE_MESSAGES")
        await place.delete_messages(bot.heard)
        assert server.seen(general) == []


class TestReading:
    async def test_history_comes_in_pages_newest_first(
        self, server: Discord, api: Api, ana: User, general: Channel
    ) -> None:
        said = [await server.says(ana, general, str(number)) for number in range(10)]
        path = f"/channels/{general.id}/messages?limit=3"
        pages = [f"&before={said[5].id}", f"&after={said[5].id}", f"&around={said[5].id}", ""]
        told = [[one["content"] for one in (await api("GET", path + page))[1]] for page in pages]
        assert told == [["4", "3", "2"], ["8", "7", "6"], ["6", "5", "4"], ["9", "8", "7"]]
        assert await api.code("GET", f"/channels/{general.id}/messages?limit=101") == 50035

    async def test_a_bot_reads_the_whole_history(self, server: Discord, bot: Bot, ana: User, general: Channel) -> None:
        for number in range(120):
            await server.says(ana, general, str(number))
        read = [message.content async for message in messageable(bot, general).history(limit=None, oldest_first=True)]
        assert read == [str(number) for number in range(120)]

    async def test_history_is_empty_of_content_without_the_grant(self, ana: User) -> None:
        async with open_discord(intents_allowed=()) as server:
            acme = server.guild("Acme")
            general, ana = server.channel(acme, "general"), server.person("Ana", guilds=[acme])
            await server.says(ana, general, "unread")
            await server.says(ana, general, f"{server.mention} read")
            async with running(server, Bot(content=False)) as bot:
                read = [message.content async for message in messageable(bot, general).history()]
            assert read == [f"{server.mention} read", ""]

    async def test_history_needs_a_permission(self, server: Discord, bot: Bot, ana: User, general: Channel) -> None:
        message = await server.says(ana, general, "hello")
        await server.deny(general, "READ_MESSAGE_HISTORY")
        place = messageable(bot, general)
        assert [one async for one in place.history()] == []
        assert await refusal(place.fetch_message(int(message.id))) == (403, 50013)

    async def test_channels_are_told_apart_from_those_that_are_hidden_or_gone(
        self, server: Discord, bot: Bot, general: Channel, acme: Guild
    ) -> None:
        assert (await bot.fetch_channel(int(general.id))).name == "general"  # type: ignore[union-attr]
        await server.deny(general, "VIEW_CHANNEL")
        assert await refusal(bot.fetch_channel(int(general.id))) == (403, 50001)
        await server.deletes_channel(general)
        assert await refusal(bot.fetch_channel(int(general.id))) == (404, 10003)
        other = server.channel(acme, "other")
        await server.kicks_bot(acme)
        assert await refusal(bot.fetch_channel(int(other.id))) == (403, 50001)

    async def test_servers_members_and_roles_can_be_asked_for(
        self, server: Discord, bot: Bot, acme: Guild, ana: User
    ) -> None:
        stranger = server.person("Eve")
        guild = await bot.fetch_guild(int(acme.id))
        assert (guild.name, guild.approximate_member_count) == ("Acme", 3)
        assert (await guild.fetch_member(int(ana.id))).display_name == "Ana"
        assert await refusal(guild.fetch_member(int(stranger.id))) == (404, 10007)
        assert await refusal(bot.fetch_user(1)) == (404, 10013)
        assert {role.name for role in await guild.fetch_roles()} == {"@everyone", "ragbot"}
        assert [channel.name for channel in await guild.fetch_channels()] == ["general"]
        assert [one.name async for one in bot.fetch_guilds()] == ["Acme"]
        await guild.leave()
        assert await refusal(bot.fetch_guild(int(acme.id))) == (404, 10004)

    async def test_the_gateway_tells_how_many_shards_it_wants(self, server: Discord, api: Api) -> None:
        server.shards = 3
        _, told = await api("GET", "/gateway/bot")
        assert (told["shards"], told["session_start_limit"]["max_concurrency"]) == (3, 1)
        assert (await api("GET", "/gateway"))[1] == {"url": server.gateway_url}


class TestThreads:
    async def test_a_bot_opens_one_thread_at_a_message(
        self, server: Discord, bot: Bot, ana: User, general: Channel
    ) -> None:
        message = await server.says(ana, general, "question")
        await server.until(lambda: bot.heard)
        thread = await bot.heard[0].create_thread(name="Answer")
        assert str(thread.id) == message.id
        await thread.send("in it")
        assert [seen.content for seen in server.seen(server.channels[message.id])] == ["in it"]
        assert await refusal(bot.heard[0].create_thread(name="Again")) == (400, 160004)
        await server.until(lambda: "THREAD_CREATE" in bot.events)

    async def test_threads_need_a_permission_and_a_name(
        self, server: Discord, api: Api, ana: User, general: Channel
    ) -> None:
        message = await server.says(ana, general, "question")
        path = f"/channels/{general.id}/messages/{message.id}/threads"
        assert "name" in await api.errors("POST", path, {"name": "x" * 101})
        await server.deny(general, "CREATE_PUBLIC_THREADS")
        assert await api.code("POST", path, {"name": "x"}) == 50013

    async def test_writing_in_threads_is_a_permission_of_its_own(
        self, server: Discord, api: Api, ana: User, general: Channel
    ) -> None:
        thread = await server.opens_thread(ana, general, "Talk")
        await server.deny(general, "SEND_MESSAGES")
        await api.posts(thread, content="may")
        await server.deny(general, "SEND_MESSAGES_IN_THREADS")
        assert await api.code("POST", f"/channels/{thread.id}/messages", {"content": "x"}) == 50013

    async def test_an_archived_thread_opens_again_by_a_message_and_takes_no_edit(
        self, server: Discord, api: Api, ana: User, general: Channel
    ) -> None:
        thread = await server.opens_thread(ana, general, "Talk")
        sent = await api.posts(thread, content="first")
        await server.archives(thread)
        assert await api.code("PATCH", f"/channels/{thread.id}/messages/{sent['id']}", {"content": "x"}) == 50083
        await api.posts(thread, content="second")
        assert not thread.archived

    async def test_a_locked_thread_takes_nothing(self, server: Discord, api: Api, ana: User, general: Channel) -> None:
        thread = await server.opens_thread(ana, general, "Talk")
        path = f"/channels/{thread.id}/messages"
        await server.locks(thread)
        assert await api.code("POST", path, {"content": "x"}) == 160005
        await server.archives(thread)
        assert await api.code("POST", path, {"content": "x"}) == 50083
        await server.allow(general, "MANAGE_THREADS")
        await api.posts(thread, content="a moderator may")

    async def test_a_bot_renames_and_archives_its_own_thread(self, server: Discord, bot: Bot, general: Channel) -> None:
        thread = await messageable(bot, general).create_thread(name="Mine", type=discord.ChannelType.public_thread)
        await thread.edit(name="Ours", archived=True)
        mine = server.channels[str(thread.id)]
        assert (mine.name, mine.archived) == ("Ours", True)


def command(name: str = "ask", **changes: Any) -> dict[str, Any]:
    return {"name": name, "description": "Ask something", **changes}


def option(name: str = "question", **changes: Any) -> dict[str, Any]:
    return {"type": 3, "name": name, "description": "What", **changes}


BAD_COMMANDS: list[tuple[list[dict[str, Any]], str]] = [
    ([command("Ask")], "APPLICATION_COMMAND_INVALID_NAME"),
    ([command("ask me")], "APPLICATION_COMMAND_INVALID_NAME"),
    ([command("x" * 33)], "BASE_TYPE_BAD_LENGTH"),
    ([command(description="")], "description"),
    ([command(description="x" * 101)], "description"),
    ([command(), command()], "APPLICATION_COMMANDS_DUPLICATE_NAME"),
    ([command(options=[option(f"o{number}") for number in range(26)])], "options"),
    ([command(options=[option(), option()])], "NAME_DUPLICATE"),
    ([command(options=[option("a"), option("b", required=True)])], "OPTIONS_REQUIRED_INVALID"),
    ([command(options=[option(choices=many(26, name="x", value="x"))])], "choices"),
    ([command(options=[option(choices=[{"name": "x" * 101, "value": "x"}])])], "choices"),
    ([command(options=[option(choices=[{"name": "x", "value": "x" * 101}])])], "value"),
    ([command(options=[option(choices=[{"name": "x", "value": "x"}], autocomplete=True)])], "AUTOCOMPLETE"),
    ([command(options=[option(type=1), option("other")])], "TYPE_INVALID"),
    ([command(options=[option(type=1, options=[option(type=1)])])], "TYPE_INVALID"),
    ([command(options=[option(type=2, options=[option()])])], "TYPE_INVALID"),
    ([command(options=[option(name_localizations={"xx": "frage"})])], "name_localizations"),
    ([command(options=[option(name_localizations={"de": "Frage"})])], "INVALID_NAME"),
    ([{"type": 3, "name": "Look", "description": "no"}], "CONTEXT_MENU_DESCRIPTION"),
    ([command(contexts=[3])], "contexts"),
    ([command(integration_types=[2])], "integration_types"),
    ([command(default_member_permissions="admins")], "default_member_permissions"),
    (
        [
            command(
                options=[option(f"o{number}", choices=many(4, name="x" * 50, value="y" * 50)) for number in range(20)]
            )
        ],
        "APPLICATION_COMMAND_TOO_LARGE",
    ),
]


class TestRegistering:
    @pytest.mark.parametrize(("commands", "told"), BAD_COMMANDS)
    async def test_what_is_no_command_is_refused(
        self, server: Discord, api: Api, commands: list[dict[str, Any]], told: str
    ) -> None:
        assert told in await api.errors("PUT", f"/applications/{server.bot.id}/commands", commands)
        assert server.registrations == 0

    async def test_names_in_other_scripts_are_taken(self, server: Discord, api: Api) -> None:
        names = ["спроси", "質問", "पूछो", "frag-mich", "l'aide"]
        status, told = await api("PUT", f"/applications/{server.bot.id}/commands", [command(name) for name in names])
        assert (status, [one["name"] for one in told]) == (200, names)

    async def test_commands_keep_their_ids_and_show_their_languages_if_asked(self, server: Discord, api: Api) -> None:
        path = f"/applications/{server.bot.id}/commands"
        told = command(description_localizations={"de": "Frag etwas"})
        _, (first,) = await api("PUT", path, [told])
        _, (again,) = await api("PUT", path, [told])
        assert (first["id"], first["version"]) == (again["id"], again["version"])
        assert "description_localizations" not in (await api("GET", path))[1][0]
        full = (await api("GET", f"{path}?with_localizations=true"))[1][0]
        assert full["description_localizations"] == {"de": "Frag etwas"}
        assert server.registrations == 2

    async def test_single_commands_come_change_and_go(self, server: Discord, api: Api, acme: Guild) -> None:
        path = f"/applications/{server.bot.id}/guilds/{acme.id}/commands"
        status, made = await api("POST", path, command())
        assert (status, (await api("POST", path, command(description="Better")))[0]) == (201, 200)
        _, changed = await api("PATCH", f"{path}/{made['id']}", {"description": "Best"})
        assert (changed["id"], changed["description"]) == (made["id"], "Best")
        assert (await api("GET", f"{path}/{made['id']}"))[1] == changed
        assert (await api("DELETE", f"{path}/{made['id']}"))[0] == 204
        assert await api.code("DELETE", f"{path}/{made['id']}") == 10063
        assert (await api("GET", path))[1] == []

    async def test_there_are_not_more_than_so_many(self, server: Discord, api: Api) -> None:
        menus = [{"type": 3, "name": f"Menu {number}"} for number in range(16)]
        assert await api.code("PUT", f"/applications/{server.bot.id}/commands", menus) == 30032

    async def test_a_server_that_the_bot_is_not_in_takes_no_commands(self, server: Discord, api: Api) -> None:
        other = server.guild("Other", joined=False)
        path = f"/applications/{server.bot.id}/guilds/{other.id}/commands"
        assert await api.code("PUT", path, [command()]) == 50001


class Asker(Bot):
    """A bot with commands, menus, buttons and a form, each of which does what the test says."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.does: Callable[[discord.Interaction[Any]], Awaitable[None]] = self._thinks
        self.asked: list[discord.Interaction[Any]] = []
        self.errors: list[Exception] = []
        self._add_commands()

    async def setup_hook(self) -> None:
        self.add_view(Buttons(self))
        await self.tree.sync()

    async def runs(self, interaction: discord.Interaction[Any]) -> None:
        self.asked.append(interaction)
        try:
            await self.does(interaction)
        except discord.HTTPException as refused:
            self.errors.append(refused)

    async def _thinks(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer(thinking=True)

    def _add_commands(self) -> None:
        everywhere = {
            "allowed_contexts": app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            "allowed_installs": app_commands.AppInstallationType(guild=True, user=True),
        }

        @app_commands.command(name="ask", description="Ask")
        async def ask(interaction: discord.Interaction[Any], question: str, person: discord.User | None = None) -> None:
            interaction.extras = {"question": question, "person": person}
            await self.runs(interaction)

        ask.allowed_contexts, ask.allowed_installs = everywhere["allowed_contexts"], everywhere["allowed_installs"]
        self.tree.add_command(ask)
        group = app_commands.Group(name="rag", description="More")

        @group.command(name="cost", description="What it cost")
        @app_commands.choices(period=[app_commands.Choice(name="This month", value="month")])
        async def cost(interaction: discord.Interaction[Any], period: app_commands.Choice[str]) -> None:
            interaction.extras = {"period": period.value}
            await self.runs(interaction)

        @group.command(name="sources", description="What there is")
        async def sources(interaction: discord.Interaction[Any], collection: str) -> None:
            interaction.extras = {"collection": collection}
            await self.runs(interaction)

        @sources.autocomplete("collection")
        async def named(_: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
            names = ["handbook", "manual", "hand-outs"]
            return [app_commands.Choice(name=name, value=name) for name in names if name.startswith(typed)]

        @group.command(name="admin", description="For few")
        async def admin(interaction: discord.Interaction[Any]) -> None:
            await self.runs(interaction)

        self.tree.add_command(group)

        @app_commands.command(name="spend", description="For few")
        @app_commands.default_permissions(manage_guild=True)
        async def spend(interaction: discord.Interaction[Any]) -> None:
            await self.runs(interaction)

        self.tree.add_command(spend)

        @self.tree.context_menu(name="Ask about this message")
        async def about(interaction: discord.Interaction[Any], message: discord.Message) -> None:
            interaction.extras = {"message": message}
            await self.runs(interaction)


class Buttons(discord.ui.View):
    """What outlives a restart, as it is found again by its custom ids."""

    def __init__(self, asker: Asker) -> None:
        super().__init__(timeout=None)
        self._asker = asker

    @discord.ui.button(label="Why?", custom_id="why")
    async def why(self, interaction: discord.Interaction[Any], _: discord.ui.Button[Any]) -> None:
        await self._asker.runs(interaction)

    @discord.ui.button(label="Stop", custom_id="stop", disabled=True)
    async def stop(self, *_: Any) -> None:
        raise AssertionError

    @discord.ui.select(
        custom_id="scope", placeholder="Where?", options=[discord.SelectOption(label="Here", value="here")]
    )
    async def scope(self, interaction: discord.Interaction[Any], select: discord.ui.Select[Any]) -> None:
        interaction.extras = {"values": select.values}
        await self._asker.runs(interaction)


class Reason(discord.ui.Modal, title="What was wrong?"):
    """A form of both kinds of inputs."""

    words: discord.ui.TextInput[Any] = discord.ui.TextInput(label="In your words", max_length=20, custom_id="words")
    more = discord.ui.Label(text="More", component=discord.ui.TextInput(required=False, custom_id="more"))

    def __init__(self, asker: Asker) -> None:
        super().__init__()
        self._asker = asker

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        assert isinstance(self.more.component, discord.ui.TextInput)
        interaction.extras = {"words": self.words.value, "more": self.more.component.value}
        self._asker.does = says_quietly
        await self._asker.runs(interaction)


async def says_quietly(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("only you see this", ephemeral=True)


async def says_aloud(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("everybody sees this")


async def does_nothing(_: discord.Interaction[Any]) -> None:
    return


@pytest.fixture
async def asker(server: Discord, general: Channel) -> AsyncIterator[Asker]:
    async with running(server, Asker()) as started:
        assert started.get_channel(int(general.id)) is not None
        yield started


class TestCommands:
    async def test_a_command_is_deferred_and_then_answered(
        self, server: Discord, asker: Asker, ana: User, general: Channel
    ) -> None:
        done = await server.slash(ana, general, "ask", question="why?")
        assert (done.answered, done.deferred, done.ephemeral, done.failed) == (True, True, False, False)
        assert last(server, general).is_loading
        assert asker.asked[0].extras["question"] == "why?"
        assert str(asker.asked[0].locale) == "pt-BR"
        await asker.asked[0].followup.send("because")
        assert (last(server, general).content, last(server, general).is_loading) == ("because", False)
        assert not last(server, general).edited
        await asker.asked[0].followup.send("and more")
        assert [seen.content for seen in server.seen(general)] == ["because", "and more"]
        assert len(done.responses) == 2

    async def test_options_are_given_with_what_they_name(
        self, server: Discord, asker: Asker, ana: User, acme: Guild, general: Channel
    ) -> None:
        ben = server.person("Ben", guilds=[acme], nick="Benny")
        await server.slash(ana, general, "ask", question="who?", person=ben)
        assert asker.asked[0].extras["person"].display_name == "Benny"

    async def test_subcommands_and_choices_are_found(
        self, server: Discord, asker: Asker, ana: User, general: Channel
    ) -> None:
        await server.slash(ana, general, "rag cost", period="This month")
        assert asker.asked[0].extras == {"period": "month"}

    @pytest.mark.parametrize(
        ("name", "options"),
        [
            ("nothing", {}),
            ("rag", {}),
            ("rag nothing", {}),
            ("ask", {}),
            ("ask", {"question": 3}),
            ("ask", {"question": "x", "other": "y"}),
            ("rag cost", {"period": "year"}),
            ("Ask about this message", {}),
        ],
    )
    async def test_a_client_offers_what_is_registered_and_nothing_else(
        self, server: Discord, *, asker: Asker, ana: User, general: Channel, name: str, options: dict[str, Any]
    ) -> None:
        with pytest.raises(AssertionError):
            await server.slash(ana, general, name, **options)
        assert asker.asked == []

    async def test_a_command_for_few_is_offered_to_them_alone(
        self, server: Discord, asker: Asker, ana: User, acme: Guild, general: Channel
    ) -> None:
        with pytest.raises(AssertionError):
            await server.slash(ana, general, "spend")
        await server.gives_role(ana, server.role(acme, "managers", "MANAGE_GUILD"))
        assert (await server.slash(ana, general, "spend")).answered
        assert asker.asked[0].permissions.manage_guild

    @pytest.mark.usefixtures("asker")
    async def test_options_complete_while_they_are_typed(self, server: Discord, ana: User, general: Channel) -> None:
        assert await server.completes(ana, general, "rag sources", "collection", "hand") == ["handbook", "hand-outs"]
        with pytest.raises(AssertionError):
            await server.completes(ana, general, "ask", "question", "x")

    async def test_the_menu_of_a_message_hands_the_message_over(
        self, server: Discord, asker: Asker, ana: User, general: Channel
    ) -> None:
        asker.does = says_quietly
        message = await server.says(ana, general, "unmentioned")
        done = await server.context(ana, message, "Ask about this message")
        assert (done.answered, done.ephemeral) == (True, True)
        assert asker.asked[0].extras["message"].content == "unmentioned"

    async def test_what_is_for_one_is_seen_by_one_and_told_to_nobody(
        self, server: Discord, *, asker: Asker, ana: User, acme: Guild, general: Channel, api: Api
    ) -> None:
        asker.does = says_quietly
        ben = server.person("Ben", guilds=[acme])
        done = await server.slash(ana, general, "ask", question="x")
        assert [len(server.seen(general, by=who)) for who in (ana, ben, None)] == [1, 0, 0]
        assert last(server, general, ana).ephemeral
        assert "MESSAGE_CREATE" not in asker.events
        path = f"/channels/{general.id}/messages/{done.responses[0].id}"
        assert await api.code("PATCH", path, {"content": "x"}) == 10008

    async def test_a_deferral_decides_who_sees_the_first_answer(
        self, server: Discord, asker: Asker, ana: User, general: Channel
    ) -> None:
        async def quietly(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.defer(thinking=True, ephemeral=True)
            await interaction.followup.send("first")
            await interaction.followup.send("second")

        asker.does = quietly
        await server.slash(ana, general, "ask", question="x")
        await server.until(lambda: server.seen(general))
        assert [(seen.content, seen.ephemeral) for seen in server.seen(general, by=ana)] == [
            ("first", True),
            ("second", False),
        ]

    async def test_the_answer_can_be_read_edited_and_deleted(
        self, server: Discord, asker: Asker, ana: User, general: Channel
    ) -> None:
        asker.does = says_aloud
        server.buckets.webhooks = (50, 1.0)
        await server.slash(ana, general, "ask", question="x")
        answer = await asker.asked[0].original_response()
        assert answer.interaction_metadata is not None
        assert answer.interaction_metadata.user.id == int(ana.id)
        await asker.asked[0].edit_original_response(content="better")
        assert (last(server, general).content, last(server, general).edited) == ("better", True)
        followed = await asker.asked[0].followup.send("more", wait=True)
        await followed.edit(content="more of it")
        await followed.delete()
        await asker.asked[0].delete_original_response()
        assert server.seen(general) == []

    async def test_after_three_seconds_it_is_too_late(
        self, server: Discord, asker: Asker, ana: User, general: Channel
    ) -> None:
        async def late(interaction: discord.Interaction[Any]) -> None:
            server.pass_time(4)
            await interaction.response.send_message("late")

        asker.does = late
        done = await server.slash(ana, general, "ask", question="x")
        assert (done.answered, done.failed) == (False, True)
        await server.until(lambda: asker.errors)
        assert isinstance(asker.errors[0], discord.NotFound)
        assert asker.errors[0].code == 10062
        assert server.seen(general) == []

    @pytest.mark.usefixtures("asker")
    async def test_an_interaction_is_answered_once(
        self, server: Discord, api: Api, ana: User, general: Channel
    ) -> None:
        done = await server.slash(ana, general, "ask", question="x")
        path = f"/interactions/{done.id}/{done.token}/callback"
        assert await api.code("POST", path, {"type": 4, "data": {"content": "x"}}) == 40060

    async def test_a_token_lives_for_fifteen_minutes(
        self, server: Discord, asker: Asker, ana: User, general: Channel
    ) -> None:
        await server.slash(ana, general, "ask", question="x")
        server.pass_time(14 * 60)
        await asker.asked[0].followup.send("in time")
        server.pass_time(2 * 60)
        assert await refusal(asker.asked[0].followup.send("too late")) == (401, 50027)
        assert await refusal(asker.asked[0].edit_original_response(content="x")) == (401, 50027)

    async def test_webhooks_need_a_token_that_was_given_and_an_answer_before(
        self, server: Discord, asker: Asker, api: Api, ana: User, general: Channel
    ) -> None:
        api.headers.pop("Authorization")
        assert await api.code("POST", f"/webhooks/{server.bot.id}/nonsense", {"content": "x"}) == 10015
        asker.does = does_nothing
        made = await server.slash(ana, general, "ask", question="x", wait=False)
        assert await api.code("POST", f"/webhooks/{server.bot.id}/{made.token}", {"content": "x"}) == 10015

    async def test_nobody_answers_where_no_bot_is_running(self, server: Discord, ana: User, general: Channel) -> None:
        async with running(server, Asker()) as asker:
            assert asker.is_ready()
        server.gateway.all_sessions.clear()
        done = await server.slash(ana, general, "ask", question="x")
        assert (done.answered, done.failed) == (False, True)

    async def test_in_a_direct_message_the_bot_is_asked_too(self, server: Discord, asker: Asker, ana: User) -> None:
        asker.does = says_aloud
        done = await server.slash(ana, server.dm(ana), "ask", question="x")
        assert (done.answered, asker.asked[0].context.dm_channel) == (True, True)
        assert isinstance(asker.asked[0].user, discord.User)

    async def test_who_installed_it_for_themselves_takes_it_anywhere(
        self, server: Discord, asker: Asker, ana: User
    ) -> None:
        asker.does = says_aloud
        server.buckets.webhooks = (50, 1.0)
        other = server.guild("Other", joined=False)
        eve = server.person("Eve", guilds=[other])
        abroad, chat = server.channel(other, "general"), server.private_chat(ana, eve)
        with pytest.raises(AssertionError):
            await server.slash(eve, abroad, "ask", question="x")
        for place in (abroad, chat):
            done = await server.slash(eve, place, "ask", question="x", installed_for="user")
            assert done.answered
            assert last(server, place).content == "everybody sees this"
        assert asker.asked[0].is_user_integration()
        assert asker.asked[1].context.private_channel
        for _ in range(5):
            await asker.asked[0].followup.send("more")
        assert await refusal(asker.asked[0].followup.send("too many")) == (400, 40094)
        assert await refusal(asker.fetch_channel(int(abroad.id))) == (403, 50001)


class TestComponents:
    @pytest.fixture
    async def answer(self, server: Discord, asker: Asker, general: Channel) -> Message:
        await messageable(asker, general).send("answer", view=Buttons(asker))
        return last(server, general).message

    async def test_a_button_is_pressed_and_the_message_changes(
        self, server: Discord, asker: Asker, ana: User, general: Channel, answer: Message
    ) -> None:
        async def changes(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.edit_message(content="changed", view=None)

        asker.does = changes
        done = await server.presses(ana, answer, "Why?")
        assert (done.answered, done.responses) == (True, [])
        assert (last(server, general).content, last(server, general).buttons) == ("changed", ())
        with pytest.raises(AssertionError):
            await server.presses(ana, answer, "Why?")

    async def test_only_what_can_be_pressed_is_pressed(
        self, server: Discord, ana: User, acme: Guild, asker: Asker, answer: Message
    ) -> None:
        for button in ("Stop", "Nothing"):
            with pytest.raises(AssertionError):
                await server.presses(ana, answer, button)
        asker.does = says_quietly
        mine = (await server.presses(ana, answer, "why")).responses[0]
        with pytest.raises(AssertionError):
            await server.presses(server.person("Ben", guilds=[acme]), mine, "Why?")

    async def test_an_answer_to_a_press_refers_to_the_message(
        self, server: Discord, asker: Asker, ana: User, general: Channel, answer: Message
    ) -> None:
        async def quietly(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.defer()
            await interaction.followup.send("why not", ephemeral=True)

        asker.does = quietly
        done = await server.presses(ana, answer, "Why?")
        await server.until(lambda: done.responses)
        seen = last(server, general, ana)
        assert (seen.content, seen.ephemeral, seen.reply_to) == ("why not", True, answer.id)
        assert asker.asked[0].message is not None
        assert asker.asked[0].message.content == "answer"

    async def test_a_menu_is_chosen_from(self, server: Discord, asker: Asker, ana: User, answer: Message) -> None:
        asker.does = says_quietly
        await server.selects(ana, answer, "Where?", "Here")
        assert asker.asked[0].extras == {"values": ["here"]}
        with pytest.raises(AssertionError):
            await server.selects(ana, answer, "Where?", "There")

    async def test_a_form_is_opened_filled_in_and_sent(
        self, server: Discord, asker: Asker, ana: User, general: Channel, answer: Message
    ) -> None:
        opened = await opens_form(server, asker, ana, answer)
        assert opened.modal is not None
        assert (opened.modal.title, list(opened.modal.inputs)) == ("What was wrong?", ["words", "more"])
        sent = await server.submits(opened, words="all", More="of it")
        assert sent.answered
        assert asker.asked[-1].extras == {"words": "all", "more": "of it"}
        assert last(server, general, ana).content == "only you see this"

    @pytest.mark.parametrize("inputs", [{}, {"words": "x" * 21}, {"words": "x", "others": "y"}])
    async def test_a_form_is_not_sent_as_it_may_not_be(
        self, server: Discord, asker: Asker, ana: User, answer: Message, inputs: dict[str, str]
    ) -> None:
        opened = await opens_form(server, asker, ana, answer)
        with pytest.raises(AssertionError):
            await server.submits(opened, **inputs)

    @pytest.mark.parametrize(
        ("data", "told"),
        [
            ({"title": "x" * 46, "custom_id": "m", "components": [text_input()]}, "title"),
            ({"title": "x", "custom_id": "x" * 101, "components": [text_input()]}, "custom_id"),
            ({"title": "x", "custom_id": "m", "components": []}, "components"),
            ({"title": "x", "custom_id": "m", "components": [text_input(label="x" * 46)]}, "label"),
            ({"title": "x", "custom_id": "m", "components": [text_input(str(n)) for n in range(6)]}, "components"),
        ],
    )
    async def test_what_is_no_form_is_refused(
        self, server: Discord, *, asker: Asker, api: Api, ana: User, answer: Message, data: dict[str, Any], told: str
    ) -> None:
        asker.does = does_nothing
        made = await server.presses(ana, answer, "Why?", wait=False)
        path = f"/interactions/{made.id}/{made.token}/callback"
        assert told in await api.errors("POST", path, {"type": 9, "data": data})

    async def test_answers_of_the_wrong_kind_are_refused(
        self, server: Discord, asker: Asker, api: Api, ana: User, general: Channel
    ) -> None:
        asker.does = does_nothing
        made = await server.slash(ana, general, "ask", question="x", wait=False)
        path = f"/interactions/{made.id}/{made.token}/callback"
        for kind in (6, 7, 8):
            await api.errors("POST", path, {"type": kind, "data": {"content": "x"}})
        assert await api.code("POST", path, {"type": 4, "data": {}}) == 50006
        assert (await api("POST", path, {"type": 4, "data": {"content": "x"}}))[0] == 204


async def opens_form(server: Discord, asker: Asker, ana: User, answer: Message) -> Interaction:
    async def asks(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_modal(Reason(asker))

    asker.does = asks
    return await server.presses(ana, answer, "Why?")


class TestLimits:
    async def test_posts_and_edits_share_a_bucket_of_the_channel(self, server: Discord, api: Api, acme: Guild) -> None:
        general, other = server.channel(acme, "general"), server.channel(acme, "other")
        path = f"/channels/{general.id}/messages"
        sent = await api.posts(general, content="0")
        assert (api.told["X-RateLimit-Limit"], api.told["X-RateLimit-Remaining"]) == ("5", "4")
        for number in range(4):
            await api("PATCH", f"{path}/{sent['id']}", {"content": str(number)})
        assert api.told["X-RateLimit-Remaining"] == "0"
        status, told = await api("POST", path, {"content": "x"})
        assert (status, told["global"], 0 < told["retry_after"] <= 5) == (429, False, True)
        assert api.told["Via"]
        assert (api.told["X-RateLimit-Scope"], int(api.told["Retry-After"]) > 0) == ("user", True)
        await api.posts(other, content="elsewhere")
        server.pass_time(5)
        await api.posts(general, content="again")

    async def test_there_is_a_limit_over_all_but_interactions(self, server: Discord, api: Api, ana: User) -> None:
        server.buckets.all = (3, 1.0)
        statuses = [(await api("GET", f"/users/{ana.id}"))[0] for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        assert api.told["X-RateLimit-Global"] == "true"
        assert await api.code("POST", "/interactions/1/x/callback", {"type": 4}) == 10062

    @pytest.mark.usefixtures("asker")
    async def test_answers_have_a_bucket_for_each_interaction(
        self, server: Discord, api: Api, ana: User, general: Channel
    ) -> None:
        made = await server.slash(ana, general, "ask", question="x")
        path = f"/webhooks/{server.bot.id}/{made.token}"
        assert [(await api("POST", path, {"content": "x"}))[0] for _ in range(6)] == [200] * 5 + [429]

    async def test_a_library_waits_as_long_as_it_is_told(self, server: Discord, bot: Bot, general: Channel) -> None:
        server.buckets.messages = (2, 0.2)
        for number in range(5):
            await messageable(bot, general).send(str(number))
        assert [seen.content for seen in server.seen(general)] == list("01234")

    async def test_limits_can_be_left_out(self) -> None:
        async with open_discord(limits=False) as server, aiohttp.ClientSession() as session:
            general = server.channel(server.guild("Acme"), "general")
            api = Api(server, session)
            for number in range(60):
                await api.posts(general, content=str(number))
            assert "X-RateLimit-Limit" not in api.told


class TestFaults:
    async def test_a_library_tries_again_after_a_limit_that_was_ordered(
        self, server: Discord, bot: Bot, general: Channel
    ) -> None:
        server.limit("POST", "/channels/*/messages", retry_after_s=0.01, times=2)
        await messageable(bot, general).send("once")
        assert [call.status for call in server.calls_to("POST", "/channels/*/messages")] == [429, 429, 200]
        assert len(server.seen(general)) == 1

    async def test_an_error_may_come_before_it_is_done_or_after(
        self, server: Discord, api: Api, general: Channel
    ) -> None:
        path = f"/channels/{general.id}/messages"
        server.fail("POST", "/channels/*/messages", status=500, skip=1)
        server.fail("POST", "/channels/*/messages", status=500, after=True, skip=1)
        assert [(await api("POST", path, {"content": str(n)}))[0] for n in range(3)] == [200, 500, 500]
        assert [seen.content for seen in server.seen(general)] == ["0", "2"]

    async def test_an_error_may_have_a_code(self, server: Discord, bot: Bot, general: Channel) -> None:
        server.fail("POST", "/channels/*/messages", status=403, code=50013)
        assert await refusal(messageable(bot, general).send("x")) == (403, 50013)

    @pytest.mark.parametrize(("after", "seen"), [(False, 0), (True, 1)])
    async def test_a_connection_may_break(
        self, server: Discord, api: Api, general: Channel, *, after: bool, seen: int
    ) -> None:
        server.cut("POST", "/channels/*/messages", after=after)
        with pytest.raises(aiohttp.ClientError):
            await api("POST", f"/channels/{general.id}/messages", {"content": "x"})
        assert len(server.seen(general)) == seen

    @pytest.mark.usefixtures("asker")
    async def test_an_answer_may_come_late(self, server: Discord, ana: User, general: Channel) -> None:
        server.delay("POST", "/interactions/*", 5, times=1)
        made = await server.slash(ana, general, "ask", question="x", wait=False)
        await server.until(lambda: server.calls_to("POST", "/interactions/*"))
        assert not made.answered
        server.heal()
        assert (await server.slash(ana, general, "ask", question="y")).answered

    async def test_routes_may_be_missing(self) -> None:
        async with open_discord(without=["GET /guilds/*/members/*"]) as server, aiohttp.ClientSession() as session:
            acme = server.guild("Acme")
            api = Api(server, session)
            assert await api("GET", f"/guilds/{acme.id}/members/1") == (404, {"message": "404: Not Found", "code": 0})
            assert (await api("GET", f"/guilds/{acme.id}"))[0] == 200

    async def test_what_is_no_request_is_refused(self, server: Discord, api: Api) -> None:
        assert (await api("GET", "/nothing"))[0] == 404
        assert (await api("DELETE", "/users/@me"))[0] == 405
        async with aiohttp.ClientSession() as session:
            url = f"{server.api_url}/users/@me/channels"
            async with session.post(url, data="{", headers=api.headers) as response:
                assert (await response.json())["code"] == 50109
            async with session.get(server.api_url.replace("v10", "v6") + "/users/@me", headers=api.headers) as response:
                assert (await response.json())["code"] == 50041
        api.headers["User-Agent"] = ""
        assert await api.code("GET", "/users/@me") == 40333

    async def test_a_condition_that_does_not_come_true_shows_the_room(
        self, server: Discord, ana: User, general: Channel
    ) -> None:
        await server.says(ana, general, "hello")
        with pytest.raises(AssertionError, match=r"general \d+ Ana \[\]: hello"):
            await server.until(lambda: server.seen(general)[1], seconds=0.02)
