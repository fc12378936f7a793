"""The local Slack, checked with the vendor's own libraries: what those understand is the real protocol."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.models.messages.chunk import MarkdownTextChunk, PlanUpdateChunk, TaskUpdateChunk
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.fakes.slack import ALL_SCOPES, Channel, HttpLine, Message, Refused, Slack, User, open_slack

WHY = {"type": "button", "action_id": "why", "value": "q1", "text": {"type": "plain_text", "text": "Why?"}}
MODAL = {
    "type": "modal",
    "callback_id": "reason",
    "title": {"type": "plain_text", "text": "What was wrong?"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "words",
            "label": {"type": "plain_text", "text": "In your words"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


@pytest.fixture(autouse=True)
def _quiet() -> None:
    for name in ("slack_bolt", "slack_sdk", "aiohttp"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with open_slack() as opened:
        yield opened


@pytest.fixture
def api(slack: Slack) -> AsyncWebClient:
    return client_of(slack)


@pytest.fixture
def ana(slack: Slack) -> User:
    return slack.person("Ana", locale="pt-BR")


@pytest.fixture
def general(slack: Slack, ana: User) -> Channel:
    return slack.channel("general", members=[ana])


@pytest.fixture
async def question(slack: Slack, ana: User, general: Channel) -> Message:
    return await slack.says(ana, general, f"{slack.mention} what is X?")


@pytest.fixture
def start(slack: Slack, api: AsyncWebClient, ana: User, general: Channel, question: Message) -> Callable[..., Any]:
    """Starts a stream in the question's thread and says under which `ts`."""

    async def start(**more: Any) -> str:
        given = {"recipient_team_id": slack.team, "recipient_user_id": ana.id, **more}
        told = await api.chat_startStream(channel=general.id, thread_ts=question.ts, **given)
        return str(told["ts"])

    return start


def client_of(slack: Slack, token: str | None = None) -> AsyncWebClient:
    client = AsyncWebClient(token=token or slack.bot_token, base_url=slack.api_url)
    client.retry_handlers.clear()
    return client


async def error_of(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(**changes: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": [{**WHY, **changes}]}


class Listener:
    """A bot that writes down what it is told, over the vendor's own socket client."""

    def __init__(self, slack: Slack, *, acks: bool = True, answer: dict[str, Any] | None = None) -> None:
        self.heard: list[SocketModeRequest] = []
        self.acks = acks
        self._answer = answer
        self.client = SocketModeClient(slack.app_token, web_client=client_of(slack), ping_interval=0.1)
        self.client.socket_mode_request_listeners.append(self._told)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [request.payload["event"] for request in self.heard if request.type == "events_api"]

    async def _told(self, client: Any, request: SocketModeRequest) -> None:
        self.heard.append(request)
        if self.acks:
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload=self._answer))


@asynccontextmanager
async def listening(slack: Slack, **how: Any) -> AsyncIterator[Listener]:
    listener = Listener(slack, **how)
    await listener.client.connect()
    await slack.until(lambda: slack.sockets.sockets)
    try:
        yield listener
    finally:
        await listener.client.close()


@asynccontextmanager
async def bolted(slack: Slack) -> AsyncIterator[AsyncApp]:
    app = AsyncApp(client=client_of(slack), signing_secret=slack.signing_secret)
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()
    try:
        yield app
    finally:
        await handler.close_async()


class TestTokens:
    async def test_a_bot_learns_who_it_is_and_what_it_may(self, slack: Slack, api: AsyncWebClient) -> None:
        told = await api.auth_test()

        assert (told["user_id"], told["team_id"]) == (slack.bot_user, slack.team)
        assert set(told.headers["x-oauth-scopes"].split(",")) == ALL_SCOPES

    async def test_wrong_tokens_are_refused(self, slack: Slack) -> None:
        slack.revoke("xoxb-old")

        assert await error_of(client_of(slack, "xoxb-unknown").auth_test()) == "invalid_auth"
        assert await error_of(client_of(slack, "xoxb-old").auth_test()) == "token_revoked"
        assert await error_of(client_of(slack, slack.app_token).auth_test()) == "not_allowed_token_type"

    async def test_sockets_take_the_app_token(self, slack: Slack, api: AsyncWebClient) -> None:
        told = await api.apps_connections_open(app_token=slack.app_token)

        assert told["url"].startswith("ws://127.0.0.1:")
        assert await error_of(api.apps_connections_open(app_token="xapp-bad")) == "invalid_auth"
        assert await error_of(api.apps_connections_open(app_token=slack.bot_token)) == "not_allowed_token_type"

    async def test_a_token_may_come_in_a_form_too(self, slack: Slack) -> None:
        async with aiohttp.ClientSession() as session:
            answers = []
            for body in ({"token": slack.bot_token}, {}):
                async with session.post(f"{slack.api_url}auth.test", data=body) as got:
                    answers.append(await got.json())

        assert [answer.get("error", "") for answer in answers] == ["", "not_authed"]

    @pytest.mark.parametrize(
        "method", ["chat.postMessage", "reactions.add", "users.info", "files.getUploadURLExternal"]
    )
    async def test_a_scope_that_was_not_granted_is_named(self, method: str) -> None:
        async with open_slack(scopes={"commands"}) as slack:
            with pytest.raises(SlackApiError) as refused:
                await client_of(slack).api_call(method)

        assert refused.value.response["error"] == "missing_scope"
        assert ":" in refused.value.response["needed"]
        assert refused.value.response["provided"] == "commands"

    async def test_methods_can_be_missing(self) -> None:
        async with open_slack(streaming=False, without={"assistant.threads.setStatus"}) as slack:
            api = client_of(slack)
            unknown = ["chat.startStream", "chat.stopStream", "assistant.threads.setStatus", "no.such"]

            assert [await error_of(api.api_call(method)) for method in unknown] == ["unknown_method"] * 4


class TestMessages:
    async def test_a_message_is_seen_as_people_read_it(
        self, slack: Slack, api: AsyncWebClient, general: Channel, ana: User
    ) -> None:
        rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": "rich"}]}
        blocks = [
            {"type": "header", "text": plain("Answer")},
            section(f"*X* is <https://x.test|this> &lt;thing&gt;, <@{ana.id}>"),
            {"type": "markdown", "text": "**bold** & plain"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "4 s"}, plain("$0.01")]},
            {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]]},
            {"type": "image", "image_url": "https://x.test/x.png", "alt_text": "A chart", "title": plain("Costs")},
            {"type": "rich_text", "elements": [rich]},
            button(),
        ]  # fmt: skip
        await api.chat_postMessage(channel=general.id, text="X is this", blocks=blocks)

        (seen,) = slack.seen(general, by=ana)
        assert seen.text.split("\n") == [
            "Answer", "*X* is this <thing>, @Ana", "**bold** & plain", "4 s $0.01", "a | b", "Costs", "A chart", "rich",
        ]  # fmt: skip
        assert (seen.author, seen.fallback, seen.buttons) == ("ragbot", "X is this", ("Why?",))

    async def test_threads_are_apart_from_the_channel(
        self, slack: Slack, api: AsyncWebClient, general: Channel, question: Message
    ) -> None:
        await api.chat_postMessage(channel=general.id, text="in the thread", thread_ts=question.ts)
        await api.chat_postMessage(channel=general.id, text="in both", thread_ts=question.ts, reply_broadcast=True)

        assert [seen.text for seen in slack.seen(general)] == ["@ragbot what is X?", "in both"]
        assert [seen.text for seen in slack.seen(general, question)][1:] == ["in the thread", "in both"]

    async def test_an_update_without_blocks_removes_them(
        self, slack: Slack, api: AsyncWebClient, general: Channel
    ) -> None:
        told = await api.chat_postMessage(channel=general.id, text="a", blocks=[section("block")])
        await api.chat_update(channel=general.id, ts=told["ts"], text="b")

        (seen,) = slack.seen(general)
        assert (seen.text, seen.blocks, seen.edited) == ("b", [], True)

    async def test_what_is_not_the_bots_cannot_be_changed(
        self, api: AsyncWebClient, general: Channel, question: Message
    ) -> None:
        at = {"channel": general.id, "ts": question.ts}

        assert await error_of(api.chat_update(**at, text="no")) == "cant_update_message"
        assert await error_of(api.chat_delete(**at)) == "cant_delete_message"

    async def test_what_is_deleted_is_gone(self, slack: Slack, api: AsyncWebClient, general: Channel) -> None:
        told = await api.chat_postMessage(channel=general.id, text="a")
        at = {"channel": general.id, "ts": told["ts"]}
        await api.chat_delete(**at)

        assert slack.seen(general) == []
        assert await error_of(api.chat_update(**at, text="b")) == "message_not_found"

    async def test_only_one_person_sees_an_ephemeral_message(
        self, slack: Slack, api: AsyncWebClient, general: Channel, ana: User
    ) -> None:
        bob = slack.person("Bob")
        slack.joins(bob, general)
        told = await api.chat_postEphemeral(channel=general.id, user=ana.id, text="psst")

        assert [seen.ephemeral for seen in slack.seen(general, by=ana)] == [True]
        assert slack.seen(general, by=bob) == []
        assert (
            await error_of(api.chat_update(channel=general.id, ts=told["message_ts"], text="b")) == "message_not_found"
        )

    async def test_places_where_the_bot_is_not(self, slack: Slack, api: AsyncWebClient) -> None:
        public = slack.channel("public", bot_in=False)
        private = slack.channel("private", private=True, bot_in=False)
        outsider = slack.person("Eve")

        assert await error_of(api.chat_postMessage(channel=public.id, text="a")) == "not_in_channel"
        assert await error_of(api.chat_postMessage(channel=private.id, text="a")) == "channel_not_found"
        assert await error_of(api.chat_postMessage(channel="C0NONE", text="a")) == "channel_not_found"
        here = slack.channel("here")
        assert (
            await error_of(api.chat_postEphemeral(channel=here.id, user=outsider.id, text="a")) == "user_not_in_channel"
        )

    async def test_a_person_is_reached_by_id(self, slack: Slack, api: AsyncWebClient, ana: User) -> None:
        await api.chat_postMessage(channel=ana.id, text="hello")

        assert [seen.text for seen in slack.seen(slack.dm(ana), by=ana)] == ["hello"]
        assert (await api.conversations_open(users=ana.id))["channel"]["id"] == slack.dm(ana).id

    async def test_metadata_has_its_form(self, slack: Slack, api: AsyncWebClient, general: Channel) -> None:
        good = {"event_type": "answer", "event_payload": {"id": 1}}
        await api.chat_postMessage(channel=general.id, text="a", metadata=good)
        wrong = api.chat_postMessage(channel=general.id, text="a", metadata={"event_type": "answer"})

        assert await error_of(wrong) == "invalid_metadata_format"
        assert slack.seen(general)[0].metadata == good

    async def test_blocks_without_text_are_counted(self, slack: Slack, api: AsyncWebClient, general: Channel) -> None:
        await api.chat_postMessage(channel=general.id, text="fallback", blocks=[section("a")])
        assert slack.without_fallback == 0

        await api.api_call("chat.postMessage", json={"channel": general.id, "blocks": [section("a")]})
        assert slack.without_fallback == 1

    async def test_a_permalink_names_the_message(
        self, api: AsyncWebClient, general: Channel, question: Message
    ) -> None:
        told = await api.chat_getPermalink(channel=general.id, message_ts=question.ts)

        assert told["permalink"].endswith(f"{general.id}/p{question.ts.replace('.', '')}")

    async def test_reactions_come_and_go(
        self, slack: Slack, api: AsyncWebClient, general: Channel, question: Message
    ) -> None:
        eyes = {"channel": general.id, "timestamp": question.ts, "name": "eyes"}
        await api.reactions_add(**eyes)
        assert slack.reactions(question) == ["eyes"]
        assert await error_of(api.reactions_add(**eyes)) == "already_reacted"

        await api.reactions_remove(**eyes)
        assert slack.reactions(question) == []
        assert await error_of(api.reactions_remove(**eyes)) == "no_reaction"


LONG = "x" * 3_001
REFUSED_BLOCKS: dict[str, tuple[Any, str]] = {
    "an unknown type": ([{"type": "nonsense"}], "unsupported type"),
    "too many blocks": ([section("a")] * 51, "no more than 50"),
    "a long section": ([section(LONG)], "less than 3001"),
    "an empty section": ([section("")], "more than 0"),
    "a long header": ([{"type": "header", "text": plain("x" * 151)}], "less than 151"),
    "a header of mrkdwn": ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "plain_text"),
    "a long value": ([button(value="x" * 2_001)], "less than 2001"),
    "a long label": ([button(text=plain("x" * 76))], "less than 76"),
    "a long action id": ([button(action_id="x" * 256)], "less than 256"),
    "an action id twice": ([{"type": "actions", "elements": [WHY, WHY]}], "unique"),
    "a block id twice": ([section("a", block_id="b"), section("b", block_id="b")], "unique"),
    "a full context": (
        [{"type": "context", "elements": [plain("x")] * 11}],
        "no more than 10",
    ),
    "many buttons": (
        [{"type": "actions", "elements": [{**WHY, "action_id": str(number)} for number in range(26)]}],
        "no more than 25",
    ),
    "much markdown": ([{"type": "markdown", "text": "x" * 6_001}] * 2, "12001 characters"),
    "an image without words": ([{"type": "image", "image_url": "https://x.test/x.png"}], "alt_text"),
    "an unknown file": ([{"type": "image", "slack_file": {"id": "F0"}, "alt_text": "x"}], "slack file"),
    "a wide table": ([{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]}], "no more than 20"),
    "a long table": ([{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]] * 101}], "no more than 100"),
    "a button in context_actions": ([{"type": "context_actions", "elements": [WHY]}], "unsupported type"),
}


class TestRefusals:
    @pytest.mark.parametrize("case", REFUSED_BLOCKS)
    async def test_blocks_beyond_slacks_limits(self, api: AsyncWebClient, general: Channel, case: str) -> None:
        blocks, why = REFUSED_BLOCKS[case]
        with pytest.raises(SlackApiError) as refused:
            await api.chat_postMessage(channel=general.id, text="a", blocks=blocks)

        assert refused.value.response["error"] == "invalid_blocks"
        assert any(why in message for message in refused.value.response["response_metadata"]["messages"])

    @pytest.mark.parametrize(
        ("message", "error"),
        [
            ({"text": "x" * 40_001}, "msg_too_long"),
            ({"text": "a", "blocks": [section("x" * 2_700, block_id=str(n)) for n in range(5)]}, "msg_blocks_too_long"),
            ({"text": ""}, "no_text"),
            ({"text": "a", "thread_ts": "1.000001"}, "thread_not_found"),
            ({"markdown_text": "x" * 12_001}, "msg_too_long"),
            ({"text": "a", "markdown_text": "b"}, "markdown_text_conflict"),
            ({"text": "a", "blocks": "not JSON"}, "invalid_blocks_format"),
        ],
    )
    async def test_messages_beyond_slacks_limits(
        self, api: AsyncWebClient, general: Channel, message: dict[str, Any], error: str
    ) -> None:
        call = api.api_call("chat.postMessage", json={"channel": general.id, **message})

        assert await error_of(call) == error


class TestStreams:
    async def test_the_vendors_helper_streams(
        self, slack: Slack, api: AsyncWebClient, general: Channel, question: Message, ana: User
    ) -> None:
        stream = await api.chat_stream(
            channel=general.id,
            thread_ts=question.ts,
            recipient_team_id=slack.team,
            recipient_user_id=ana.id,
            buffer_size=4,
        )
        await stream.append(markdown_text="X is ")
        assert [(seen.text, seen.streaming) for seen in slack.seen(general, question)[1:]] == [("X is ", True)]

        await stream.append(markdown_text="this.")
        meta = {"event_type": "answer", "event_payload": {}}
        await stream.stop(blocks=[button()], metadata=meta)
        answer = slack.seen(general, question, by=ana)[1]
        assert (answer.text, answer.buttons, answer.streaming) == ("X is this.", ("Why?",), False)
        assert answer.metadata == meta

    async def test_tasks_and_plans_change_where_they_stand(
        self, slack: Slack, api: AsyncWebClient, general: Channel, question: Message, start: Callable[..., Any]
    ) -> None:
        search = TaskUpdateChunk(id="1", title="Search", status="in_progress")
        ts = await start(chunks=[PlanUpdateChunk(title="Look it up"), search])
        chunks = [TaskUpdateChunk(id="1", title="Search", status="complete"), MarkdownTextChunk(text="Found.")]
        await api.chat_appendStream(channel=general.id, ts=ts, markdown_text=None, chunks=chunks)

        assert slack.seen(general, question)[1].text == "Look it up\n✓ Search\nFound."

    async def test_a_channel_needs_to_know_for_whom(
        self, slack: Slack, api: AsyncWebClient, general: Channel, question: Message, ana: User
    ) -> None:
        there = {"channel": general.id, "thread_ts": question.ts}

        assert await error_of(api.chat_startStream(**there)) == "missing_recipient_team_id"
        assert await error_of(api.chat_startStream(**there, recipient_team_id="T")) == "missing_recipient_user_id"
        hello = await slack.says(ana, slack.dm(ana), "hello")
        assert (await api.chat_startStream(channel=hello.channel, thread_ts=hello.ts))["ok"]

    async def test_a_stopped_stream_takes_nothing_more(
        self, api: AsyncWebClient, general: Channel, start: Callable[..., Any]
    ) -> None:
        at = {"channel": general.id, "ts": await start()}
        assert await error_of(api.chat_update(**at, text="b")) == "streaming_state_conflict"
        await api.chat_stopStream(**at)

        assert await error_of(api.chat_appendStream(**at, markdown_text="x")) == "message_not_in_streaming_state"
        assert await error_of(api.chat_stopStream(**at)) == "message_not_in_streaming_state"

    @pytest.mark.parametrize("dies", [lambda slack, ts: slack.end_stream(ts), lambda slack, _: slack.pass_time(301)])
    async def test_a_dead_stream_keeps_what_it_has_and_can_be_rewritten(
        self,
        slack: Slack,
        api: AsyncWebClient,
        question: Message,
        start: Callable[..., Any],
        dies: Callable[[Slack, str], None],
    ) -> None:
        at = {"channel": question.channel, "ts": await start(markdown_text="half")}
        dies(slack, at["ts"])

        assert await error_of(api.chat_appendStream(**at, markdown_text="x")) == "message_not_in_streaming_state"
        assert await error_of(api.chat_stopStream(**at)) == "message_not_in_streaming_state"
        assert slack.seen(question.channel, question)[1].text == "half"
        await api.chat_update(**at, text="whole")
        assert slack.seen(question.channel, question)[1].text == "whole"

    async def test_a_stream_has_an_end_of_bytes(
        self, slack: Slack, api: AsyncWebClient, general: Channel, start: Callable[..., Any]
    ) -> None:
        at = {"channel": general.id, "ts": await start(markdown_text="é" * 5_000)}

        assert await error_of(api.chat_appendStream(**at, markdown_text="é" * 301)) == "msg_too_long"
        await api.chat_appendStream(**at, markdown_text="é" * 300)
        slack.stream_bytes_cap = 100_000
        assert await error_of(api.chat_appendStream(**at, markdown_text="x" * 12_001)) == "msg_too_long"

    async def test_the_stop_button_ends_streams_and_tells_the_bot(
        self,
        slack: Slack,
        api: AsyncWebClient,
        question: Message,
        start: Callable[..., Any],
        ana: User,
    ) -> None:
        with pytest.raises(AssertionError, match="no stop button"):
            await slack.stops(ana, question.channel, question)
        async with listening(slack) as bot:
            await api.agents_sessions_setStatus(channel_id=question.channel, thread_ts=question.ts, status="processing")
            ts = await start()
            await slack.stops(ana, question.channel, question)
            await slack.until(lambda: bot.events[-1]["type"] == "agent_session_stopped")

        assert bot.events[-1]["streaming_message_ts"] == [ts]
        assert (bot.events[-1]["thread_ts"], bot.events[-1]["user"]) == (question.ts, ana.id)
        assert not slack.seen(question.channel, question)[1].streaming
        slack.end_stream(ts, "stopped_by_user")
        late = api.chat_stopStream(channel=question.channel, ts=ts)
        assert await error_of(late) == "stopped_by_user"
        assert slack.session(question.channel, question) == "processing"  # the app's to change


class TestThreads:
    async def test_a_status_lasts_until_the_bot_writes_or_two_minutes(
        self, slack: Slack, api: AsyncWebClient, general: Channel, question: Message
    ) -> None:
        there = {"channel_id": general.id, "thread_ts": question.ts}
        await api.assistant_threads_setStatus(**there, status="is thinking…", loading_messages=["a", "b"])
        assert slack.status(general, question) == "is thinking…"
        await api.chat_postMessage(channel=general.id, thread_ts=question.ts, text="done")
        assert not slack.status(general, question)

        await api.assistant_threads_setStatus(**there, status="again")
        slack.pass_time(121)
        assert not slack.status(general, question)
        many = api.assistant_threads_setStatus(**there, status="x", loading_messages=["x"] * 11)
        assert await error_of(many) == "invalid_arguments"

    async def test_a_session_has_four_states(
        self, slack: Slack, api: AsyncWebClient, general: Channel, question: Message, start: Callable[..., Any]
    ) -> None:
        there = {"channel_id": general.id, "thread_ts": question.ts}
        await api.agents_sessions_setStatus(**there, status="processing")
        assert slack.session(general, question) == "processing"

        await api.chat_stopStream(channel=general.id, ts=await start(), session_status="active")
        assert slack.session(general, question) == "active"
        assert await error_of(api.agents_sessions_setStatus(**there, status="busy")) == "invalid_arguments"

    async def test_prompts_and_titles_are_kept(self, slack: Slack, api: AsyncWebClient, ana: User) -> None:
        hello = await slack.says(ana, slack.dm(ana), "hello")
        there = {"channel_id": hello.channel, "thread_ts": hello.ts}
        await api.assistant_threads_setTitle(**there, title="Hello")
        await api.assistant_threads_setSuggestedPrompts(**there, prompts=[{"title": "X", "message": "What is X?"}])

        assert slack.titles[hello.channel, hello.ts] == "Hello"
        assert slack.prompts[hello.channel, hello.ts]["prompts"][0]["title"] == "X"


class TestReading:
    async def test_a_thread_comes_oldest_first_and_in_pages(
        self, slack: Slack, api: AsyncWebClient, general: Channel, question: Message
    ) -> None:
        meta = {"event_type": "answer", "event_payload": {"n": 1}}
        for number in range(4):
            await api.chat_postMessage(channel=general.id, thread_ts=question.ts, text=str(number), metadata=meta)

        texts: list[str] = []
        cursor, pages = "", 0
        while pages == 0 or cursor:
            page = await api.conversations_replies(channel=general.id, ts=question.ts, limit=2, cursor=cursor)
            texts += [message["text"] for message in page["messages"]]
            cursor, pages = page["response_metadata"]["next_cursor"], pages + 1
        assert (texts[1:], pages) == (["0", "1", "2", "3"], 3)
        assert "metadata" not in page["messages"][0]
        full = await api.conversations_replies(channel=general.id, ts=question.ts, include_all_metadata=True)
        assert full["messages"][1]["metadata"] == meta
        assert full["messages"][0]["reply_count"] == 4
        assert full["messages"][1]["bot_id"] == slack.bot_id
        assert await error_of(api.conversations_replies(channel=general.id, ts="1.1")) == "thread_not_found"

    async def test_a_channel_comes_newest_first(
        self, slack: Slack, api: AsyncWebClient, general: Channel, question: Message, ana: User
    ) -> None:
        await slack.says(ana, general, "answer", thread=question)
        await slack.says(ana, general, "second")

        told = await api.conversations_history(channel=general.id)
        assert [message["text"] for message in told["messages"]] == ["second", question.text]

    async def test_kinds_of_places_are_told_apart(self, slack: Slack, api: AsyncWebClient, ana: User) -> None:
        bob = slack.person("Bob", team="T0OTHER")
        places = [
            slack.channel("shared", shared=True),
            slack.channel("secret", private=True),
            slack.dm(ana),
            slack.group_dm(ana, bob),
        ]
        keys = ("is_ext_shared", "is_private", "is_im", "is_mpim", "is_member")
        told = [(await api.conversations_info(channel=place.id))["channel"] for place in places]

        assert [[channel[key] for key in keys] for channel in told] == [
            [True, False, False, False, True],
            [False, True, False, False, True],
            [False, True, True, False, True],
            [False, True, False, True, True],
        ]

    async def test_reading_goes_by_the_kind_of_place(self) -> None:
        async with open_slack(scopes={"channels:read"}) as slack:
            api, secret = client_of(slack), slack.channel("secret", private=True)

            assert await error_of(api.conversations_info(channel=secret.id)) == "missing_scope"
            assert (await api.conversations_info(channel=slack.channel("open").id))["ok"]

    async def test_guests_strangers_and_languages(self, slack: Slack, api: AsyncWebClient, ana: User) -> None:
        guest, stranger = slack.person("Guest", guest="single"), slack.person("Eve", team="T0OTHER")

        told = (await api.users_info(user=ana.id, include_locale=True))["user"]
        assert (told["locale"], told["profile"]["display_name"]) == ("pt-BR", "Ana")
        assert (await api.users_info(user=guest.id))["user"]["is_ultra_restricted"]
        other = (await api.users_info(user=stranger.id))["user"]
        assert (other["is_stranger"], other["team_id"]) == (True, "T0OTHER")
        assert await error_of(api.users_info(user="U0NONE")) == "user_not_found"

    async def test_groups_and_who_is_in_them(self, slack: Slack, api: AsyncWebClient, ana: User) -> None:
        admins = slack.usergroup("admins", [ana])

        assert [group["handle"] for group in (await api.usergroups_list())["usergroups"]] == ["admins"]
        assert (await api.usergroups_users_list(usergroup=admins))["users"] == [ana.id]
        assert await error_of(api.usergroups_users_list(usergroup="S0")) == "no_such_subteam"

    async def test_files_come_in_three_steps(
        self, slack: Slack, api: AsyncWebClient, general: Channel, question: Message
    ) -> None:
        sent = {"content": b"\x89PNG", "filename": "costs.png", "title": "Costs", "alt_txt": "Costs by day"}
        told = await api.files_upload_v2(channel=general.id, thread_ts=question.ts, **sent)

        (file,) = slack.seen(general, question)[1].files
        assert (file.bytes, file.title, file.alt_text) == (b"\x89PNG", "Costs", "Costs by day")
        picture = {"type": "image", "slack_file": {"id": told["file"]["id"]}, "alt_text": "Costs"}
        await api.chat_postMessage(channel=general.id, text="Costs", blocks=[picture])
        unknown = api.files_completeUploadExternal(files=[{"id": "F0"}], channel_id=general.id)
        assert await error_of(unknown) == "file_not_found"


class TestPings:
    @pytest.mark.parametrize("calling", ["<!here>", "<!channel>", "<!everyone|all>", "<!subteam^S012>"])
    @pytest.mark.parametrize("where", ["text", "mrkdwn", "markdown", "stream"])
    async def test_what_calls_people_is_noted(
        self,
        slack: Slack,
        general: Channel,
        start: Callable[..., Any],
        calling: str,
        where: str,
    ) -> None:
        api = client_of(slack)
        if where == "stream":
            ts = await start(markdown_text=f"Hey {calling[:4]}")
            await api.chat_appendStream(channel=general.id, ts=ts, markdown_text=calling[4:])
            await api.chat_appendStream(channel=general.id, ts=ts, markdown_text=" and more")
        else:
            blocks = {"mrkdwn": [section(calling)], "markdown": [{"type": "markdown", "text": calling}]}
            text = calling if where == "text" else "a"
            await api.chat_postMessage(channel=general.id, text=text, blocks=blocks.get(where))

        assert [ping.mention for ping in slack.pings] == [calling]

    async def test_a_person_is_called_where_slack_would(
        self, slack: Slack, api: AsyncWebClient, general: Channel, ana: User
    ) -> None:
        harmless = [f"&lt;@{ana.id}&gt;", f"`<@{ana.id}>`", "<@U0NOBODY>", slack.mention, "@channel"]
        for text in harmless:
            await api.chat_postMessage(channel=general.id, text=text)
        header = {"type": "header", "text": plain(f"<@{ana.id}>")}
        await api.chat_postMessage(channel=general.id, text="a", blocks=[header])
        await api.chat_postEphemeral(channel=general.id, user=ana.id, text=f"<@{ana.id}>")
        assert slack.pings == []

        await api.chat_postMessage(channel=general.id, text=f"<@{ana.id}>")
        await api.chat_postMessage(channel=general.id, text="@channel", link_names=True)
        assert [ping.mention for ping in slack.pings] == [f"<@{ana.id}>", "@channel"]


class TestFaults:
    async def test_errors_come_as_often_as_ordered(self, slack: Slack, api: AsyncWebClient) -> None:
        slack.fail("auth.test", "internal_error", times=2)
        slack.fail("auth.test", "internal_error", status=503)

        assert [await error_of(api.auth_test()) for _ in range(2)] == ["internal_error"] * 2
        with pytest.raises(SlackApiError) as refused:
            await api.auth_test()
        assert refused.value.response.status_code == 503
        assert (await api.auth_test())["ok"]
        assert [call.error for call in slack.calls_to("auth.test")] == ["internal_error"] * 3 + [""]

    async def test_a_limit_says_when_to_come_back(self, slack: Slack, api: AsyncWebClient) -> None:
        slack.limit("auth.test", retry_after_s=7)
        with pytest.raises(SlackApiError) as refused:
            await api.auth_test()

        assert refused.value.response["error"] == "ratelimited"
        assert refused.value.response.headers["Retry-After"] == "7"

    async def test_an_answer_can_be_late(self, slack: Slack, api: AsyncWebClient) -> None:
        slack.delay("auth.test", 0.5)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await api.auth_test()

    @pytest.mark.parametrize(("fault", "posted"), [("cut", 0), ("cut_after", 1)])
    async def test_a_connection_breaks_before_or_after(
        self, slack: Slack, api: AsyncWebClient, general: Channel, fault: str, posted: int
    ) -> None:
        getattr(slack, fault)("chat.postMessage")
        with pytest.raises(aiohttp.ClientError):
            await api.chat_postMessage(channel=general.id, text="a")

        assert len(slack.seen(general)) == posted

    async def test_tiers_have_sliding_minutes(self) -> None:
        async with open_slack(tiers=True) as slack:
            api, ana = client_of(slack), slack.person("Ana")
            home = {"type": "home", "blocks": [section("a")]}
            slack.tiers.per_minute["views.publish"] = 2
            for _ in range(2):
                await api.views_publish(user_id=ana.id, view=home)
            with pytest.raises(SlackApiError) as refused:
                await api.views_publish(user_id=ana.id, view=home)
            assert refused.value.response.status_code == 429
            assert 58 <= int(refused.value.response.headers["Retry-After"]) <= 60

            slack.pass_time(60)
            await api.views_publish(user_id=ana.id, view=home)

    async def test_posts_have_one_second_per_channel_and_a_burst(self) -> None:
        async with open_slack(tiers=True) as slack:
            api, first, second = client_of(slack), slack.channel("first"), slack.channel("second")
            for _ in range(5):
                await api.chat_postMessage(channel=first.id, text="a")
            assert await error_of(api.chat_postMessage(channel=first.id, text="a")) == "ratelimited"
            await api.chat_postMessage(channel=second.id, text="a")
            slack.pass_time(1)
            await api.chat_postMessage(channel=first.id, text="a")


class TestEvents:
    async def test_a_mention_is_told_twice_with_one_ts(
        self, slack: Slack, general: Channel, question: Message, ana: User
    ) -> None:
        async with listening(slack) as bot:
            await slack.until(lambda: len(slack.acks) == 2)

        assert {event["type"] for event in bot.events} == {"app_mention", "message"}
        assert {event["ts"] for event in bot.events} == {question.ts}
        ids = [request.payload["event_id"] for request in bot.heard]
        assert len(set(ids)) == 2
        told = bot.heard[0].payload
        assert (told["type"], told["team_id"], told["event"]["user"]) == ("event_callback", slack.team, ana.id)
        assert told["authorizations"][0]["user_id"] == slack.bot_user
        assert (told["event"]["channel"], bot.heard[0].retry_attempt) == (general.id, 0)

    async def test_what_is_typed_is_escaped(self, slack: Slack, general: Channel, ana: User) -> None:
        typed = f"{slack.mention} is R&D < https://x.test/?a=1&copy=2 > 3?"
        async with listening(slack) as bot:
            await slack.says(ana, general, typed)
            await slack.until(lambda: bot.events)

        event = bot.events[0]
        assert event["text"] == f"{slack.mention} is R&amp;D &lt; <https://x.test/?a=1&amp;copy=2> &gt; 3?"
        assert [element["type"] for element in event["blocks"][0]["elements"][0]["elements"]] == [
            "user", "text", "link", "text",
        ]  # fmt: skip
        assert slack.seen(general)[0].text == typed.replace(slack.mention, "@ragbot")

    async def test_edits_unfurls_and_deletions(
        self, slack: Slack, general: Channel, question: Message, ana: User
    ) -> None:
        other = await slack.says(ana, general, "no answers to this")
        async with listening(slack) as bot:
            await slack.until(lambda: len(bot.events) == 3)
            await slack.unfurls(question)
            await slack.until(lambda: len(bot.events) == 4)
            await slack.edits(ana, question, f"{slack.mention} what is Y?")
            await slack.until(lambda: len(bot.events) == 6)
            await slack.deletes(ana, other)
            await slack.until(lambda: len(bot.events) == 7)

        unfurl, *edits, deletion = bot.events[3:]
        assert unfurl["message"]["text"] == unfurl["previous_message"]["text"]
        assert "edited" not in unfurl["message"]
        change, mention = sorted(edits, key=lambda event: str(event["type"]), reverse=True)
        assert (change["message"]["text"], "edited" in change["message"]) == (f"{slack.mention} what is Y?", True)
        assert (mention["ts"], "edited" in mention) == (question.ts, True)
        assert (deletion["subtype"], deletion["deleted_ts"]) == ("message_deleted", other.ts)

    async def test_a_first_message_with_answers_leaves_a_tombstone(
        self, slack: Slack, general: Channel, question: Message, ana: User
    ) -> None:
        await slack.says(ana, general, "more", thread=question)
        async with listening(slack) as bot:
            await slack.until(lambda: len(bot.events) == 3)
            await slack.deletes(ana, question)
            await slack.until(lambda: len(bot.events) == 4)

        assert (bot.events[3]["subtype"], bot.events[3]["message"]["subtype"]) == ("message_changed", "tombstone")

    async def test_the_bot_hears_itself(self, slack: Slack, api: AsyncWebClient, general: Channel) -> None:
        async with listening(slack) as bot:
            await api.chat_postMessage(channel=general.id, text="a")
            await slack.until(lambda: bot.events)

        assert (bot.events[0]["user"], bot.events[0]["bot_id"]) == (slack.bot_user, slack.bot_id)

    async def test_only_what_was_asked_for_is_told(self) -> None:
        async with open_slack(subscriptions={"app_mention"}) as slack, listening(slack) as bot:
            ana = slack.person("Ana")
            general, elsewhere = slack.channel("general"), slack.channel("elsewhere", bot_in=False)
            for place in (elsewhere, general):
                await slack.says(ana, place, f"{slack.mention} hi")
            await slack.until(lambda: bot.events)
            await asyncio.sleep(0.05)

            assert [event["channel"] for event in bot.events] == [general.id]

    async def test_what_is_not_acknowledged_comes_again(self, slack: Slack, general: Channel, ana: User) -> None:
        slack.ack_within_s, slack.retry_after_s = 0.02, (0, 0.02)
        async with listening(slack, acks=False) as bot:
            await slack.says(ana, general, "hello")
            await slack.until(lambda: slack.lost)

        assert [(request.retry_attempt, request.retry_reason) for request in bot.heard] == [
            (0, ""), (1, "timeout"), (2, "timeout"),
        ]  # fmt: skip
        assert len({request.payload["event_id"] for request in bot.heard}) == 1
        assert len({request.envelope_id for request in bot.heard}) == 3

    async def test_home_is_opened_and_published(self, slack: Slack, api: AsyncWebClient, ana: User) -> None:
        async with listening(slack) as bot:
            await slack.opens_home(ana)
            await slack.until(lambda: bot.events)
        await api.views_publish(user_id=ana.id, view={"type": "home", "blocks": [section("Welcome")]})

        assert (bot.events[0]["type"], bot.events[0]["tab"]) == ("app_home_opened", "home")
        assert slack.home(ana)["blocks"][0]["text"]["text"] == "Welcome"  # type: ignore[index]
        stale = {"type": "home", "blocks": []}
        assert await error_of(api.views_publish(user_id=ana.id, view=stale, hash="old")) == "hash_conflict"


class TestSockets:
    async def test_hello_and_plain_pings(self, slack: Slack) -> None:
        api = client_of(slack)
        url = (await api.apps_connections_open(app_token=slack.app_token))["url"]
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(url, autoping=False) as link:
                hello = await link.receive_json()
                await link.ping(b"anything")
                pong = await link.receive()
            with pytest.raises(aiohttp.WSServerHandshakeError):  # a ticket is used once
                await session.ws_connect(url)

        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["debug_info"]["approximate_connection_time"]
        assert hello["connection_info"]["app_id"] == slack.app_id
        assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"anything")

    async def test_each_event_goes_to_one_socket(self, slack: Slack, general: Channel, ana: User) -> None:
        async with listening(slack) as first, listening(slack) as second:
            await slack.until(lambda: len(slack.sockets.sockets) == 2)
            for number in range(12):
                await slack.says(ana, general, str(number))
            await slack.until(lambda: len(slack.acks) == 12)

        assert len(first.heard) + len(second.heard) == 12
        assert first.heard
        assert second.heard

    async def test_any_socket_may_acknowledge(self, slack: Slack, general: Channel, ana: User) -> None:
        async with listening(slack, acks=False) as first, listening(slack, acks=False) as second:
            await slack.says(ana, general, "hello")
            await slack.until(lambda: first.heard or second.heard)
            (told,) = first.heard or second.heard
            other = second if first.heard else first
            await other.client.send_socket_mode_response({"envelope_id": told.envelope_id})
            await slack.until(lambda: slack.acks)

        assert [(ack.envelope_id, ack.kind, ack.late) for ack in slack.acks] == [
            (told.envelope_id, "events_api", False),
        ]  # fmt: skip

    async def test_what_comes_late_is_known_to_be_late(self, slack: Slack, general: Channel, ana: User) -> None:
        slack.ack_within_s, slack.retry_after_s = 0.02, ()
        async with listening(slack, acks=False) as bot:
            await slack.says(ana, general, "hello")
            await slack.until(lambda: slack.lost)
            await bot.client.send_socket_mode_response({"envelope_id": bot.heard[0].envelope_id})
            await slack.until(lambda: slack.acks)

        assert slack.acks[0].late
        assert slack.acks[0].seconds > 0.02

    async def test_an_eleventh_socket_makes_the_oldest_go(self, slack: Slack) -> None:
        api = client_of(slack)
        async with aiohttp.ClientSession() as session:
            links = []
            for _ in range(11):
                url = (await api.apps_connections_open(app_token=slack.app_token))["url"]
                links.append(await session.ws_connect(url))
                await links[-1].receive_json()
            told = await links[0].receive_json()
            closed = await links[0].receive()

        assert (told["type"], told["reason"]) == ("disconnect", "too_many_websockets")
        assert closed.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}

    async def test_events_wait_until_somebody_listens(self, slack: Slack, general: Channel, ana: User) -> None:
        await slack.says(ana, general, "hello")
        async with listening(slack) as bot:
            await slack.until(lambda: bot.events)

        assert bot.events[0]["text"] == "hello"

    @pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
    async def test_the_client_comes_back_when_it_is_told_to_go(
        self, slack: Slack, general: Channel, ana: User, reason: Any
    ) -> None:
        async with listening(slack) as bot:
            await slack.disconnect(reason, after_s=0.02)
            await slack.until(lambda: len(slack.calls_to("apps.connections.open")) > 1)
            await slack.says(ana, general, "hello")
            await slack.until(lambda: bot.events)

    async def test_a_broken_connection_loses_nothing(self, slack: Slack, general: Channel, ana: User) -> None:
        async with listening(slack, acks=False) as bot:
            await slack.says(ana, general, "hello")
            await slack.until(lambda: bot.events)
            bot.acks = True
            slack.refuse_sockets(1)
            slack.drop()
            await slack.until(lambda: slack.acks)

        assert [request.retry_attempt for request in bot.heard] == [0, 0]

    async def test_a_deaf_socket_is_found_out_by_its_pings(self, slack: Slack, general: Channel, ana: User) -> None:
        async with listening(slack) as bot:
            slack.go_deaf()
            await slack.says(ana, general, "hello")
            await slack.until(lambda: len(slack.calls_to("apps.connections.open")) > 1)
            await slack.until(lambda: bot.events)

    async def test_a_deaf_socket_that_pings_is_not(self, slack: Slack, general: Channel, ana: User) -> None:
        slack.ack_within_s, slack.retry_after_s = 0.1, (0, 0.1)
        async with listening(slack) as bot:
            slack.deaf_but_pinging()
            await slack.says(ana, general, "hello")
            await slack.until(lambda: slack.lost)

        assert bot.events == []
        assert len(slack.calls_to("apps.connections.open")) == 1


class TestInteractions:
    async def test_bolt_answers_a_mention_and_the_press_of_a_button(
        self, slack: Slack, ana: User, general: Channel
    ) -> None:
        async with bolted(slack) as app:

            @app.event("app_mention")
            async def _(event: dict[str, Any], say: Any) -> None:
                await say(text="This.", thread_ts=event["ts"], blocks=[section("This."), button()])

            @app.event(re.compile(".*"))
            async def _() -> None: ...

            @app.action("why")
            async def _(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
                await ack()
                await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

            @app.view("reason")
            async def _(ack: Any, view: dict[str, Any]) -> None:
                words = view["state"]["values"]["words"]["text"]["value"]
                await (ack(response_action="errors", errors={"words": "Say more"}) if len(words) < 5 else ack())

            question = await slack.says(ana, general, f"{slack.mention} what?")
            await slack.until(lambda: slack.seen(general, question)[1].buttons)
            assert await slack.presses(ana, slack.seen(general, question, by=ana)[1], "Why?")
            await slack.until(lambda: slack.modal(ana))
            modal = slack.modal(ana)
            assert modal is not None
            assert modal.title == "What was wrong?"

            assert await slack.submits(ana, modal, {"In your words": "bad"}) == {
                "response_action": "errors",
                "errors": {"words": "Say more"},
            }
            assert modal.open
            await slack.submits(ana, modal, {"words": "much too long"})
            assert slack.modal(ana) is None

    async def test_what_a_press_tells(
        self, slack: Slack, api: AsyncWebClient, general: Channel, question: Message, ana: User
    ) -> None:
        feedback = {
            "type": "feedback_buttons",
            "action_id": "opinion",
            "positive_button": {"text": plain("Good"), "value": "up"},
            "negative_button": {
                "text": plain("Bad"),
                "value": "down",
                "accessibility_label": "A bad answer",
            },
        }
        blocks = [button(), {"type": "context_actions", "elements": [feedback]}]
        await api.chat_postMessage(channel=general.id, text="a", thread_ts=question.ts, blocks=blocks)
        await api.chat_postEphemeral(channel=general.id, text="b", user=ana.id, blocks=blocks)
        async with listening(slack) as bot:
            public, hidden = slack.seen(general, question)[1], slack.seen(general, by=ana)[-1]
            for shown, label in ((public, "A bad answer"), (public, "why"), (hidden, "Good")):
                assert await slack.presses(ana, shown, label)
            with pytest.raises(AssertionError, match="no button 'Other'"):
                await slack.presses(ana, public, "Other")

        told = [request.payload for request in bot.heard if request.type == "interactive"]
        actions = [payload["actions"][0] for payload in told]
        assert [(action["action_id"], action["value"]) for action in actions] == [
            ("opinion", "down"), ("why", "q1"), ("opinion", "up"),
        ]  # fmt: skip
        assert [payload["container"]["is_ephemeral"] for payload in told] == [False, False, True]
        assert ["message" in payload for payload in told] == [True, True, False]
        assert told[0]["container"]["thread_ts"] == question.ts

    async def test_a_trigger_opens_one_modal_within_three_seconds(
        self, slack: Slack, api: AsyncWebClient, ana: User
    ) -> None:
        late, used = slack.trigger(ana.id), slack.trigger(ana.id)
        await api.views_open(trigger_id=used, view=MODAL)

        assert await error_of(api.views_open(trigger_id=used, view=MODAL)) == "exchanged_trigger_id"
        slack.pass_time(3.1)
        assert await error_of(api.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"
        assert await error_of(api.views_open(trigger_id="none", view=MODAL)) == "invalid_trigger_id"

    @pytest.mark.parametrize(
        "change",
        [{"title": plain("x" * 25)}, {"blocks": [section("a")] * 101}, {"type": "page"}],
    )
    async def test_views_have_limits_too(
        self, slack: Slack, api: AsyncWebClient, ana: User, change: dict[str, Any]
    ) -> None:
        error = await error_of(api.views_open(trigger_id=slack.trigger(ana.id), view={**MODAL, **change}))

        assert error in {"invalid_arguments", "invalid_blocks"}

    async def test_what_slack_wants_filled_in(self, slack: Slack, api: AsyncWebClient, ana: User) -> None:
        await api.views_open(trigger_id=slack.trigger(ana.id), view=MODAL)
        modal = slack.modal(ana)
        assert modal is not None

        with pytest.raises(AssertionError, match="wants 'In your words' filled in"):
            await slack.submits(ana, modal)
        with pytest.raises(AssertionError, match="the modal has no"):
            await slack.submits(ana, modal, {"Other": "x"})

    async def test_a_command_is_acknowledged_with_a_message(
        self, slack: Slack, general: Channel, question: Message, ana: User
    ) -> None:
        async with listening(slack, answer={"text": "$3 this month"}) as bot:
            reply = await slack.runs(ana, general, "/rag", "cost month")
            with pytest.raises(Refused, match="not_supported_in_threads"):
                await slack.runs(ana, general, "/rag", "cost month", thread=question)

        told = next(request.payload for request in bot.heard if request.type == "slash_commands")
        assert (told["command"], told["text"], told["channel_id"]) == ("/rag", "cost month", general.id)
        assert reply == {"text": "$3 this month"}
        assert [(seen.text, seen.ephemeral) for seen in slack.seen(general, by=ana)][-1] == ("$3 this month", True)

    async def test_a_command_nobody_answers_times_out(self, slack: Slack, general: Channel, ana: User) -> None:
        slack.ack_within_s = 0.05
        async with listening(slack, acks=False) as bot:
            assert await slack.runs(ana, general, "/rag") is None
            await asyncio.sleep(0.05)

        assert len(bot.heard) == 1  # commands do not come again
        assert [timeout.error for timeout in slack.timeouts] == ["operation_timeout"]

    async def test_a_response_url_serves_five_times_within_half_an_hour(
        self, slack: Slack, general: Channel, ana: User
    ) -> None:
        hook = AsyncWebhookClient(slack.response_url(general.id, ana.id, None))
        answers = [await hook.send(text=str(number)) for number in range(6)]
        old = AsyncWebhookClient(slack.response_url(general.id, ana.id, None))
        slack.pass_time(30 * 60 + 1)
        answers.append(await old.send(text="late"))

        assert [answer.status_code for answer in answers] == [200] * 5 + [404] * 2
        assert ["used_url" in answers[5].body, "expired_url" in answers[6].body] == [True, True]
        assert [seen.text for seen in slack.seen(general, by=ana)] == list("01234")

    async def test_a_response_url_changes_its_message(
        self, slack: Slack, api: AsyncWebClient, general: Channel, ana: User
    ) -> None:
        await api.chat_postEphemeral(channel=general.id, user=ana.id, text="a", blocks=[button()])
        (shown,) = slack.seen(general, by=ana)
        hook = AsyncWebhookClient(slack.response_url(general.id, ana.id, shown.message))

        await hook.send(text="b", replace_original=True)
        assert [(seen.text, seen.ephemeral) for seen in slack.seen(general, by=ana)] == [("b", True)]
        await hook.send(delete_original=True)
        assert slack.seen(general, by=ana) == []
        await hook.send(text="for all", response_type="in_channel")
        assert [seen.ephemeral for seen in slack.seen(general)] == [False]
        assert (await hook.send(blocks=[{"type": "nonsense"}])).status_code == 500


@asynccontextmanager
async def over_http(slack: Slack) -> AsyncIterator[tuple[AsyncApp, HttpLine]]:
    app = AsyncApp(client=client_of(slack), signing_secret=slack.signing_secret)
    async with TestServer(app.web_app(path="/slack/events")) as server:
        yield app, await slack.deliver_to(str(server.make_url("/slack/events")))


class TestHttp:
    async def test_bolt_believes_what_slack_signs(self, slack: Slack, general: Channel, ana: User) -> None:
        async with over_http(slack) as (app, _):
            heard: list[str] = []

            @app.event("app_mention")
            async def _(event: dict[str, Any]) -> None:
                heard.append(event["text"])

            @app.event("message")
            async def _() -> None: ...

            @app.command("/rag")
            async def _(ack: Any, command: dict[str, Any]) -> None:
                await ack(f"You said {command['text']}")

            @app.action("why")
            async def _(ack: Any, respond: Any) -> None:
                await ack()
                await respond("Because.", replace_original=False)

            await slack.says(ana, general, f"{slack.mention} hi")
            await slack.until(lambda: heard)
            assert await slack.runs(ana, general, "/rag", "cost & more") == {"text": "You said cost & more"}
            await app.client.chat_postMessage(channel=general.id, text="a", blocks=[button()])
            assert await slack.presses(ana, slack.seen(general)[-1], "Why?")
            await slack.until(lambda: slack.seen(general, by=ana)[-1].text == "Because.")

    async def test_bolt_answers_the_checks_and_refuses_the_rest(self, slack: Slack) -> None:
        async with over_http(slack) as (app, http):

            @app.event(re.compile(".*"))
            async def _() -> None: ...

            event = {"type": "event_callback", "team_id": slack.team, "event": {"type": "app_mention", "user": "U1"}}
            assert (await http.url_verification("abc")).payload == {"challenge": "abc"}
            assert (await http.ssl_check()).status == 200
            assert (await http.unsigned(event)).status == 401
            assert (await http.wrongly_signed(event)).status == 401
            assert (await http.replayed(event)).status == 401
            assert [answer.status for answer in await http.twice(event)] == [200, 200]

    async def test_what_fails_comes_again_with_its_number(self, slack: Slack, general: Channel, ana: User) -> None:
        slack.retry_after_s = (0, 0, 0)
        seen: list[tuple[str | None, str | None]] = []

        async def answer(request: aiohttp.web.Request) -> aiohttp.web.Response:
            seen.append((request.headers.get("X-Slack-Retry-Num"), request.headers.get("X-Slack-Retry-Reason")))
            if len(seen) == 2:
                await asyncio.sleep(0.2)
            return aiohttp.web.Response(status=200 if len(seen) == 3 else 500)

        web = aiohttp.web.Application()
        web.router.add_post("/slack/events", answer)
        async with TestServer(web) as server:
            http = await slack.deliver_to(str(server.make_url("/slack/events")))
            http.ack_within_s = 0.1
            await slack.says(ana, general, "hello")
            await slack.until(lambda: slack.acks)

        assert seen == [(None, None), ("1", "http_error"), ("2", "http_timeout")]


class TestUntil:
    async def test_a_failure_tells_all_that_was_seen(self, slack: Slack, question: Message) -> None:
        with pytest.raises(AssertionError, match=r"(?s)not within 0.02 s.*@ragbot what is X\?"):
            await slack.until(lambda: slack.seen(slack.channels[question.channel])[7], timeout_s=0.02)
