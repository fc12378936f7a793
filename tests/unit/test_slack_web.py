"""Calls of Slack's Web API: what is waited for, what is tried again, and what is never done twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from bot.platforms.slack import web as module
from bot.platforms.slack.blocks import Payload
from bot.platforms.slack.posts import Posts, Spot
from bot.platforms.slack.web import SlackError, Web, open_web
from tests.fakes.clock import FakeClock
from tests.fakes.slack import Channel, Message, Slack, User, open_slack


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with open_slack() as opened:
        yield opened


class HeldClock(FakeClock):
    """Whoever sleeps sleeps until the test lets the time pass."""

    def __init__(self) -> None:
        super().__init__()
        self._passed = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        self.slept.append(seconds)
        while self.monotonic() < until:
            await self._passed.wait()
            await asyncio.sleep(0)

    def wind(self, seconds: float) -> None:
        super().wind(seconds)
        self._passed.set()
        self._passed = asyncio.Event()


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def web(slack: Slack, clock: HeldClock) -> AsyncIterator[Web]:
    async with open_web(slack.api_url, slack.bot_token, clock) as opened:
        yield opened


@pytest.fixture
async def hasty(slack: Slack) -> AsyncIterator[Web]:
    """One whose pauses take no time."""
    async with open_web(slack.api_url, slack.bot_token, FakeClock()) as opened:
        yield opened


@pytest.fixture
def ana(slack: Slack) -> User:
    return slack.person("Ana")


@pytest.fixture
def general(slack: Slack, ana: User) -> Channel:
    return slack.channel("general", members=[ana])


def texts(slack: Slack, channel: Channel) -> list[str]:
    return [seen.text for seen in slack.seen(channel)]


async def say(web: Web, channel: Channel, text: str) -> None:
    await web.call("chat.postMessage", channel=channel.id, text=text)


# Limits


class TestALimit:
    async def test_is_waited_out_by_its_own_method_alone(
        self, slack: Slack, web: Web, ana: User, clock: HeldClock
    ) -> None:
        slack.limit("users.info", 7)
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(web.call("users.info", user=ana.id))
            await slack.until(lambda: clock.slept == [7])
            assert (await web.call("auth.test"))["ok"], "another method goes on"
            assert not asking.done()
            clock.wind(7)

        assert asking.result()["ok"]

    async def test_of_posts_holds_in_one_channel(
        self, slack: Slack, web: Web, general: Channel, clock: HeldClock
    ) -> None:
        other = slack.channel("other")
        slack.limit("chat.postMessage", 3)
        async with asyncio.TaskGroup() as group:
            group.create_task(say(web, general, "late"))
            await slack.until(lambda: clock.slept)
            await say(web, other, "at once")
            assert (texts(slack, general), texts(slack, other)) == ([], ["at once"])
            clock.wind(3)

        assert texts(slack, general) == ["late"]

    async def test_lets_a_herd_through_one_by_one_when_it_ends(
        self, slack: Slack, web: Web, general: Channel, clock: HeldClock
    ) -> None:
        slack.limit("chat.postMessage", 5)
        under_way, most = 0, 0
        once = web._once

        async def counted(*call: object) -> object:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            try:
                return await once(*call)  # type: ignore[arg-type]  # passed on as it came
            finally:
                under_way -= 1

        async with asyncio.TaskGroup() as group:
            group.create_task(say(web, general, "first"))
            await slack.until(lambda: clock.slept)
            web._once = counted  # type: ignore[method-assign, assignment]
            for number in range(50):
                group.create_task(say(web, general, f"{number}"))
            await asyncio.sleep(0.02)
            assert len(slack.calls_to("chat.postMessage")) == 1
            clock.wind(5)

        assert len(texts(slack, general)) == 51
        assert most == 1

    async def test_that_comes_again_is_waited_out_again(
        self, slack: Slack, hasty: Web, ana: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        slack.limit("users.info", 2, times=3)

        assert (await hasty.call("users.info", user=ana.id))["ok"]
        assert caplog.text.count("waiting 2 s: Slack limits users.info") == 3

    async def test_of_no_time_at_all_is_no_invitation_to_ask_for_ever(
        self, slack: Slack, hasty: Web, ana: User
    ) -> None:
        slack.limit("users.info", 0, times=10_000)

        with pytest.raises(SlackError, match="ratelimited"):
            await hasty.call("users.info", user=ana.id)
        assert len(slack.calls_to("users.info")) < 1_000

    async def test_that_is_longer_than_any_question_lasts_is_told(self, slack: Slack, web: Web, ana: User) -> None:
        slack.limit("users.info", 3_600)

        with pytest.raises(SlackError, match="ratelimited"):
            await web.call("users.info", user=ana.id)

    async def test_is_told_at_once_to_whoever_does_not_wait(
        self, slack: Slack, web: Web, ana: User, clock: HeldClock
    ) -> None:
        slack.limit("users.info", 7)
        for _ in range(2):
            with pytest.raises(SlackError, match="ratelimited"):
                await web.call("users.info", waits=False, user=ana.id)

        assert len(slack.calls_to("users.info")) == 1
        assert not web.is_open("users.info")
        assert clock.slept == []


class TestAnAttempt:
    async def test_tells_whether_it_was_done(self, web: Web) -> None:
        assert await web.attempt("auth.test")
        assert not await web.attempt("users.info", user="UNOBODY")

    async def test_is_made_once(self, slack: Slack, web: Web, clock: HeldClock) -> None:
        slack.cut("auth.test")
        slack.fail("auth.test", "internal_error")

        assert not await web.attempt("auth.test")
        assert not await web.attempt("auth.test")
        assert clock.slept == []

    async def test_waits_neither_for_slack_nor_in_a_queue(
        self, slack: Slack, web: Web, clock: HeldClock, ana: User
    ) -> None:
        slack.limit("users.info", 5)
        async with asyncio.TaskGroup() as group:
            group.create_task(web.call("users.info", user=ana.id))
            await slack.until(lambda: clock.slept)
            assert not await web.attempt("users.info", user=ana.id)

            slack.delay("users.info", 0.1)  # the gate is open, and somebody is in it
            clock.wind(5)
            await slack.until(lambda: len(slack.calls_to("users.info")) == 2)
            assert web.is_open("users.info")
            assert not await web.attempt("users.info", user=ana.id)
        assert len(slack.calls_to("users.info")) == 2

    async def test_of_what_the_workspace_lacks_is_made_once_and_logged_once(
        self, web: Web, slack: Slack, caplog: pytest.LogCaptureFixture
    ) -> None:
        for _ in range(3):
            assert not await web.attempt("assistant.threads.setIcon")
        with pytest.raises(SlackError, match="unknown_method"):
            await web.call("assistant.threads.setIcon")

        assert web.why_lacks("assistant.threads.setIcon") == "unknown_method"
        assert len(slack.calls) == 2
        assert caplog.text.count("does without") == 1

    @pytest.mark.parametrize("code", ["method_not_supported_for_channel_type", "no_permission", "not_in_channel"])
    async def test_that_one_channel_does_not_allow_is_made_in_another(self, web: Web, slack: Slack, code: str) -> None:
        slack.fail("auth.test", code)

        assert not await web.attempt("auth.test", channel="C1")
        assert await web.attempt("auth.test", channel="C2")


# What goes wrong on the way


class TestACallThatIsLost:
    @pytest.mark.parametrize("status", [500, 503])
    async def test_is_made_again_where_that_does_no_harm(
        self, slack: Slack, hasty: Web, general: Channel, status: int
    ) -> None:
        await say(hasty, general, "before")
        ts = slack.seen(general)[0].ts
        slack.cut("chat.update")
        slack.cut_after("chat.update")
        slack.fail("chat.update", "unavailable", status=status)
        await hasty.call("chat.update", channel=general.id, ts=ts, text="after")

        assert texts(slack, general) == ["after"]
        assert len(slack.calls_to("chat.update")) == 4

    @pytest.mark.parametrize(
        "method",
        ["chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream"],
    )
    async def test_is_not_made_again_where_it_would_stand_there_twice(
        self, slack: Slack, hasty: Web, general: Channel, method: str
    ) -> None:
        for lose in (slack.cut, slack.cut_after):
            lose(method)
            with pytest.raises(SlackError) as lost:
                await hasty.call(method, channel=general.id, text="once", markdown_text="once")
            assert (lost.value.code, lost.value.is_done) == ("unreachable", True)

        assert len(slack.calls_to(method)) == 2

    async def test_is_given_up_after_some_times(self, slack: Slack, hasty: Web, ana: User) -> None:
        slack.cut("users.info", times=99)

        with pytest.raises(SlackError, match="unreachable"):
            await hasty.call("users.info", user=ana.id)
        assert len(slack.calls_to("users.info")) <= 8, "aiohttp asks once more by itself where nothing is changed"

    async def test_to_nobody_at_all_was_not_made(self) -> None:
        async with open_web("http://127.0.0.1:1/api/", "xoxb-1", FakeClock()) as web:
            with pytest.raises(SlackError) as lost:
                await web.call("chat.postMessage", channel="C1", text="hello")

        assert (lost.value.code, lost.value.is_done) == ("unreachable", False)

    async def test_in_silence_is_given_up(self, slack: Slack, ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_TIMEOUT_S", 0.05)
        slack.delay("users.info", 1, times=99)
        async with open_web(slack.api_url, slack.bot_token, FakeClock()) as web:
            with pytest.raises(SlackError, match="unreachable"):
                await web.call("users.info", user=ana.id)

    async def test_is_found_again_where_only_its_answer_was_lost(
        self, slack: Slack, hasty: Web, ana: User, general: Channel
    ) -> None:
        posts = Posts(hasty, bot_user=slack.bot_user, team=slack.team)
        question = await slack.says(ana, general, "what?")
        slack.cut_after("chat.postMessage")
        ts = await posts.post(Spot(general.id, question.ts, ana.id), Payload("that"), answers=question.ts)

        assert [seen.ts for seen in slack.seen(general, thread=question)] == [question.ts, ts]


async def test_what_slack_refuses_is_told_with_its_code_and_the_scope_that_is_missing(slack: Slack, web: Web) -> None:
    slack.scopes.discard("users:read")
    with pytest.raises(SlackError) as refused:
        await web.call("users.info", user="U1")

    assert (refused.value.method, refused.value.code) == ("users.info", "missing_scope")
    assert refused.value.needed == "users:read"
    assert "users:read" in str(refused.value)


async def test_room_is_kept_for_what_ends_an_answer(slack: Slack, web: Web, general: Channel, clock: HeldClock) -> None:
    slack.write(Message(general.id, "1.1", slack.bot_user, "x"))
    for _ in range(35):
        assert web.has_room("chat.update")
        await web.call("chat.update", channel=general.id, ts="1.1", text="y")

    assert not web.has_room("chat.update")
    assert web.has_room("chat.update", share=1.0)
    clock.wind(61)
    assert web.has_room("chat.update")
