"""What comes from Slack over sockets is taken once, whatever Slack and the network do to it."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.access import Access
from bot.chats import SlackSettings
from bot.platforms.slack import inbox, sockets
from tests.fakes.chat_bot import ChatBot, HurriedClock
from tests.fakes.scripted_pipeline import BUDGET, Forever, ScriptedPipeline, says, tells_what_was_asked_before
from tests.fakes.slack import Channel, Message, Seen, Slack, User, events
from tests.fakes.slack_bot import open_slack_bot

QUESTION = "how do I set a budget?"
OTHER = "and for a week?"
OTHER_ANSWER = "There is none for weeks [1]."


@pytest.fixture
def bruno(slack: Slack) -> User:
    return slack.person("Bruno")


@pytest.fixture
def general(slack: Slack, ana: User, bruno: User) -> Channel:
    return slack.channel("general", members=[ana, bruno])


@pytest.fixture
def pipeline() -> ScriptedPipeline:
    return ScriptedPipeline(
        {
            QUESTION: says(BUDGET),
            OTHER: says(OTHER_ANSWER),
            "and before?": tells_what_was_asked_before,
            "hang": says("The beginning", Forever()),
        }
    )


@pytest.fixture
async def bot(slack: Slack, tmp_path: Path, pipeline: ScriptedPipeline) -> AsyncIterator[ChatBot]:
    async with open_slack_bot(slack, tmp_path, pipeline, clock=HurriedClock()) as opened:
        yield opened


def answers(slack: Slack, place: Channel | User, thread: Message | None = None) -> list[Seen]:
    """What the bot has said there, to everybody."""
    return [seen for seen in slack.seen(place, thread=thread) if seen.author == "ragbot" and not seen.ephemeral]


async def answered(slack: Slack, place: Channel | User, question: Message, text: str = BUDGET) -> Seen:
    """The only answer to a question, once it is whole."""

    def is_whole() -> bool:
        return text in (last := answers(slack, place, question)[-1]).text and "Why?" in last.buttons

    await slack.until(is_whole)
    (only,) = answers(slack, place, question)
    return only


async def all_taken(slack: Slack) -> None:
    """Everything that Slack has delivered was acknowledged; what is taken twice would be under way."""
    await slack.until(lambda: len(slack.acks) >= len(slack.sockets.delivered) > 0)
    assert slack.lost == []


def payload_of(slack: Slack, event: dict[str, Any], channel: Channel) -> dict[str, Any]:
    return events.callback(slack, event, channel, slack.verification_token)


@contextmanager
def untold(slack: Slack) -> Iterator[None]:
    """What is done in the block the bot is not told of: the test tells it."""
    subscriptions, slack.subscriptions = slack.subscriptions, set()
    yield
    slack.subscriptions = subscriptions


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Another process writes to the state database and does not come to its end."""
    with closing(sqlite3.connect(folder / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


# Acknowledging


@pytest.mark.usefixtures("bot")
class TestEverythingIsAcknowledged:
    async def test_events_that_nobody_listens_to(self, slack: Slack) -> None:
        slack.subscriptions.add("team_join")
        slack.tell({"type": "team_join", "user": {"id": "U1"}})

        await all_taken(slack)

    @pytest.mark.parametrize(
        ("kind", "payload"),
        [
            ("something_new", {"type": "something_new"}),
            ("interactive", {"type": "shortcut", "callback_id": "x", "user": {"id": "U1"}}),
            ("interactive", {"type": "block_suggestion", "action_id": "x"}),
            ("slash_commands", {"command": ""}),
            ("events_api", {}),
            ("events_api", {"type": "event_callback"}),
            ("events_api", {"type": "event_callback", "event": 5}),
            ("events_api", {"type": "event_callback", "event": {"type": "message"}}),
            ("events_api", {"type": "event_callback", "event": {"type": "message", "channel": 5, "ts": {}}}),
            ("events_api", {"type": "event_callback", "event": {"type": "app_home_opened", "tab": "home"}}),
            ("interactive", {"type": "block_actions", "actions": [5], "user": {"id": "U1"}}),
            ("interactive", {"type": "view_submission", "view": {"private_metadata": "5"}}),
            ("events_api", None),
            ("events_api", [1]),
        ],
    )
    async def test_kinds_that_are_not_known_and_payloads_that_are_broken(
        self, slack: Slack, bot: ChatBot, kind: str, payload: Any
    ) -> None:
        assert await slack.sockets.ask(kind, payload) is not None
        assert not bot.task.done()

    async def test_what_the_bot_itself_has_said(
        self, slack: Slack, ana: User, general: Channel, pipeline: ScriptedPipeline
    ) -> None:
        question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
        answer = await answered(slack, general, question)
        slack.tell(events.posted(slack, answer.message), channel=general)

        await all_taken(slack)
        assert len(pipeline.asked) == 1


@pytest.mark.usefixtures("bot")
class TestAnEventIsAcknowledged:
    async def test_when_it_is_in_the_journal_and_not_before(
        self, slack: Slack, bot: ChatBot, ana: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inbox, "_ACKNOWLEDGED_S", 60)
        with held(tmp_path):
            await slack.says(ana, ana, QUESTION)
            await slack.until(lambda: slack.sockets.delivered)
            await asyncio.sleep(0.1)
            assert slack.acks == []

        await all_taken(slack)
        assert await bot.talk.database.fetch("SELECT question FROM questions") == [(QUESTION,)]

    async def test_after_a_second_though_the_state_database_hangs(
        self, slack: Slack, ana: User, tmp_path: Path
    ) -> None:
        with held(tmp_path):
            question = await slack.says(ana, ana, QUESTION)
            await slack.until(lambda: slack.acks)
            assert answers(slack, ana, question) == []

        await answered(slack, ana, question)
        assert [ack.late for ack in slack.acks[:1]] == [False]

    async def test_over_a_socket_that_lives_where_its_own_has_died_meanwhile(
        self, slack: Slack, ana: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inbox, "_ACKNOWLEDGED_S", 60)
        with held(tmp_path):
            question = await slack.says(ana, ana, QUESTION)
            await slack.until(lambda: slack.sockets.delivered)
            slack.drop()
            await slack.until(lambda: len(slack.sockets.sockets) == 2)

        await answered(slack, ana, question)
        first = slack.sockets.delivered[0]["envelope_id"]
        await slack.until(lambda: first in {ack.envelope_id for ack in slack.acks})

    async def test_by_no_task_of_bolts_that_nobody_owns(
        self, slack: Slack, ana: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(inbox, "_ACKNOWLEDGED_S", 60)
        with held(tmp_path):
            await slack.says(ana, ana, QUESTION)
            await slack.until(lambda: slack.sockets.delivered)
            await asyncio.sleep(0.1)
            files = [getattr(task.get_coro(), "cr_code", None) for task in asyncio.all_tasks()]
            assert [file for file in files if "slack_bolt" in str(file)] == []


# Once


@pytest.mark.usefixtures("bot")
class TestAQuestionIsAnsweredOnce:
    async def test_though_a_mention_is_told_of_twice(
        self, slack: Slack, ana: User, general: Channel, pipeline: ScriptedPipeline
    ) -> None:
        question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
        await slack.until(lambda: len(slack.sockets.delivered) >= 2)

        await answered(slack, general, question)
        await all_taken(slack)
        assert len(pipeline.asked) == 1

    @pytest.mark.parametrize("event_id", ["", "EvANOTHER"], ids=["the same", "another"])
    async def test_though_it_is_delivered_again(
        self, slack: Slack, ana: User, pipeline: ScriptedPipeline, event_id: str
    ) -> None:
        question = await slack.says(ana, ana, QUESTION)
        await slack.until(lambda: slack.sockets.delivered)
        payload = slack.sockets.delivered[0]["payload"]
        again = {**payload, "event_id": event_id or payload["event_id"]}
        await asyncio.gather(slack.sockets.send_event(again), slack.sockets.send_event(again))

        await answered(slack, ana, question)
        assert len(pipeline.asked) == 1

    async def test_though_nobody_acknowledged_it_the_first_time(
        self, slack: Slack, ana: User, pipeline: ScriptedPipeline
    ) -> None:
        slack.ack_within_s, slack.retry_after_s = 0.1, (0, 0, 0)
        slack.deaf_but_pinging(slack.sockets.sockets[0])
        for _ in range(4):  # one of two sockets hears nothing, and takes half of them
            question = await slack.says(ana, ana, QUESTION)
            await answered(slack, ana, question)

        assert len(pipeline.asked) == 4


async def test_a_question_that_is_delivered_again_to_a_process_that_was_started_since_is_answered_once(
    slack: Slack, ana: User, general: Channel, pipeline: ScriptedPipeline, tmp_path: Path
) -> None:
    async with open_slack_bot(slack, tmp_path, pipeline):
        question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
        await answered(slack, general, question)
        await all_taken(slack)
        told = [envelope["payload"] for envelope in slack.sockets.delivered]
    async with open_slack_bot(slack, tmp_path, pipeline, prefix="new"):
        for payload in told:
            await slack.sockets.send_event(payload)
            await slack.sockets.send_event({**payload, "event_id": f"{payload['event_id']}X"})

        assert len(answers(slack, general, question)) == 1
    assert len(pipeline.asked) == 1


# What is no question


@dataclass
class Talk:
    """A question that was answered, and people around it."""

    slack: Slack
    pipeline: ScriptedPipeline
    ana: User
    bruno: User
    place: Channel
    question: Message
    delivered: int

    async def stays_silent(self) -> None:
        """The bot has been told of something more, and has said nothing more to the question."""
        await self.slack.until(lambda: len(self.slack.sockets.delivered) > self.delivered)
        await all_taken(self.slack)
        assert len(answers(self.slack, self.place, self.question)) == len(self.pipeline.asked) == 1


@pytest.mark.usefixtures("bot")
class TestNothingIsSaidTo:
    @pytest.fixture
    async def talk(self, slack: Slack, pipeline: ScriptedPipeline, ana: User, bruno: User, general: Channel) -> Talk:
        question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
        await answered(slack, general, question)
        await all_taken(slack)
        return Talk(slack, pipeline, ana, bruno, general, question, len(slack.sockets.delivered))

    async def test_a_link_that_unfurls(self, slack: Slack, talk: Talk) -> None:
        await slack.unfurls(talk.question)
        await talk.stays_silent()

    async def test_an_edit_that_leaves_the_text_as_it_was(self, slack: Slack, talk: Talk) -> None:
        await slack.edits(talk.ana, talk.question, f"{slack.mention} {QUESTION}")
        await talk.stays_silent()

    async def test_another_bot(self, slack: Slack, talk: Talk) -> None:
        other = slack.person("Reminder")
        said = Message(talk.place.id, slack.new_ts(), other.id, f"{slack.mention} {OTHER}", talk.question.ts)
        event = {**events.posted(slack, slack.write(said)), "bot_id": "B0OTHER", "subtype": "bot_message"}
        slack.tell(event, {**event, "type": "app_mention"}, channel=talk.place)
        await talk.stays_silent()

    async def test_people_who_talk_to_each_other_below_it(self, slack: Slack, talk: Talk) -> None:
        await slack.says(talk.ana, talk.place, f"<@{talk.bruno.id}> {OTHER}", talk.question)
        await talk.stays_silent()

    async def test_people_who_talk_elsewhere(self, slack: Slack, talk: Talk) -> None:
        other = await slack.says(talk.ana, talk.place, OTHER)
        await slack.says(talk.bruno, talk.place, OTHER, other)
        await talk.stays_silent()
        assert answers(slack, talk.place, other) == []

    async def test_what_is_said_in_a_conversation_that_is_muted(self, slack: Slack, talk: Talk) -> None:
        await slack.says(talk.ana, talk.place, f"{slack.mention} mute", talk.question)
        await slack.until(lambda: len(slack.seen(talk.place, thread=talk.question, by=talk.ana)) == 4)
        await slack.says(talk.bruno, talk.place, OTHER, talk.question)
        await all_taken(slack)

        assert len(talk.pipeline.asked) == 1


@pytest.mark.usefixtures("bot")
async def test_a_follow_up_is_answered_without_the_bots_name_with_what_was_said_before(
    slack: Slack, ana: User, bruno: User, general: Channel
) -> None:
    question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
    await answered(slack, general, question)
    await slack.says(bruno, general, "and before?", question)

    await slack.until(lambda: f"Before that you asked: {QUESTION}" in answers(slack, general, question)[-1].text)


@pytest.mark.usefixtures("bot")
async def test_a_follow_up_that_is_also_shown_in_the_channel_is_answered_once_and_in_its_thread(
    slack: Slack, ana: User, general: Channel, pipeline: ScriptedPipeline
) -> None:
    question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
    await answered(slack, general, question)
    await slack.says(ana, general, OTHER, question, broadcast=True)

    await slack.until(lambda: OTHER_ANSWER in answers(slack, general, question)[-1].text)
    await all_taken(slack)
    assert len(answers(slack, general, question)) == len(pipeline.asked) == 2
    assert answers(slack, general) == []


# Edits and deletions


@pytest.mark.usefixtures("bot")
class TestAQuestionThatChanges:
    async def test_is_answered_anew_in_the_same_message(self, slack: Slack, ana: User, general: Channel) -> None:
        question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
        first = await answered(slack, general, question)
        await slack.edits(ana, question, f"{slack.mention} {OTHER}")
        second = await answered(slack, general, question, OTHER_ANSWER)

        assert second.ts == first.ts
        assert BUDGET not in second.text

    async def test_into_one_is_answered(self, slack: Slack, ana: User, general: Channel) -> None:
        question = await slack.says(ana, general, QUESTION)
        await all_taken(slack)
        await slack.edits(ana, question, f"{slack.mention} {QUESTION}")

        await answered(slack, general, question)


@pytest.mark.usefixtures("bot")
class TestAQuestionThatIsDeleted:
    @pytest.mark.parametrize("below", ["a thread", "nothing"])
    async def test_takes_its_answer_with_it(
        self, slack: Slack, ana: User, general: Channel, below: Literal["a thread", "nothing"]
    ) -> None:
        root = await slack.says(ana, general, "Hello") if below == "nothing" else None
        question = await slack.says(ana, general, f"{slack.mention} {QUESTION}", root)
        await slack.until(lambda: "Why?" in answers(slack, general, question)[-1].buttons)
        await slack.deletes(ana, question)

        await slack.until(lambda: not answers(slack, general, question))

    async def test_while_it_is_being_answered_ends_that(self, slack: Slack, ana: User, general: Channel) -> None:
        question = await slack.says(ana, general, f"{slack.mention} hang")
        await slack.until(lambda: "The beginning" in answers(slack, general, question)[-1].text)
        await slack.deletes(ana, question)

        await slack.until(lambda: not answers(slack, general, question))

    async def test_and_heard_of_afterwards_is_not_answered(
        self, slack: Slack, ana: User, general: Channel, pipeline: ScriptedPipeline
    ) -> None:
        with untold(slack):
            question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
            written = events.mentioned(slack, question)
            deleted = events.deleted(slack, question, events.message_json(slack, question))
            await slack.deletes(ana, question)
        await slack.sockets.send_event(payload_of(slack, deleted, general))
        await slack.sockets.send_event(payload_of(slack, written, general))

        assert (pipeline.asked, answers(slack, general)) == ([], [])

    async def test_takes_its_answer_with_it_though_slack_fails_the_first_time(
        self, slack: Slack, ana: User, general: Channel
    ) -> None:
        question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
        await answered(slack, general, question)
        slack.fail("chat.delete", "cant_delete_message")
        await slack.deletes(ana, question)

        await slack.until(lambda: not answers(slack, general, question))
        assert len(slack.calls_to("chat.delete")) == 2


# Sockets


def pauses_in(log: str) -> list[float]:
    return [float(pause) for pause in re.findall(r"another socket in ([\d.]+) s", log)]


@pytest.mark.usefixtures("bot")
class TestASocket:
    @pytest.fixture
    def settings(self) -> SlackSettings:
        return SlackSettings(sockets=1)

    @pytest.fixture
    async def bot(
        self, slack: Slack, tmp_path: Path, pipeline: ScriptedPipeline, settings: SlackSettings
    ) -> AsyncIterator[ChatBot]:
        async with open_slack_bot(slack, tmp_path, pipeline, settings=settings, clock=HurriedClock(20)) as opened:
            yield opened

    async def test_that_has_gone_deaf_is_replaced_and_what_it_swallowed_is_answered_once(
        self, slack: Slack, ana: User, pipeline: ScriptedPipeline, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        slack.ack_within_s = 0.1
        (deaf,) = slack.sockets.sockets
        slack.go_deaf()
        question = await slack.says(ana, ana, QUESTION)

        await answered(slack, ana, question)
        assert deaf.closed.is_set()
        assert len(pipeline.asked) == 1
        assert "another socket in 0.0 s: deaf" in caplog.text

    async def test_that_answers_pings_and_nothing_else_is_replaced_after_a_while(
        self, slack: Slack, ana: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        monkeypatch.setattr(sockets, "_QUIET_S", 12.0)
        slack.ack_within_s = 0.1
        slack.deaf_but_pinging()
        question = await slack.says(ana, ana, QUESTION)

        await answered(slack, ana, question)
        assert "another socket in 0.0 s: quiet" in caplog.text

    async def test_that_is_warned_has_its_successor_before_it_goes(self, slack: Slack, ana: User) -> None:
        (old,) = slack.sockets.sockets
        await slack.disconnect("warning", after_s=600)

        await slack.until(lambda: len(slack.sockets.sockets) == 2)
        assert old in slack.sockets.sockets
        await slack.until(lambda: old not in slack.sockets.sockets)  # it goes by itself, when it is not needed any more
        await answered(slack, ana, await slack.says(ana, ana, QUESTION))

    async def test_that_has_to_go_at_once_is_replaced(self, slack: Slack, ana: User) -> None:
        await slack.disconnect("refresh_requested")

        await answered(slack, ana, await slack.says(ana, ana, QUESTION))

    async def test_that_breaks_off_is_replaced(self, slack: Slack, ana: User) -> None:
        slack.drop()

        await answered(slack, ana, await slack.says(ana, ana, QUESTION))

    async def test_that_breaks_off_amid_pings_ends_nothing_else(self, slack: Slack, bot: ChatBot, ana: User) -> None:
        (old,) = slack.sockets.sockets
        for _ in range(50):
            await old.link.ping(b"are you there?")
        slack.drop()

        await answered(slack, ana, await slack.says(ana, ana, QUESTION))
        assert not bot.task.done()

    async def test_that_speaks_gibberish_is_listened_to_all_the_same(self, slack: Slack, ana: User) -> None:
        (link,) = [link.link for link in slack.sockets.sockets]
        for text in ("{", "[1]", "null", '{"type": 5}', "[" * 100_000):
            await link.send_str(text)
        await link.send_bytes(b"\xff")

        await answered(slack, ana, await slack.says(ana, ana, QUESTION))

    @pytest.mark.parametrize("reason", ["link_disabled", "too_many_websockets"])
    async def test_that_is_closed_on_purpose_is_opened_again_after_a_while(
        self,
        slack: Slack,
        ana: User,
        reason: Literal["link_disabled", "too_many_websockets"],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        await slack.disconnect(reason)

        await answered(slack, ana, await slack.says(ana, ana, QUESTION))
        assert f"another socket in 30.0 s: {reason}" in caplog.text

    async def test_that_is_refused_is_asked_for_ever_less_often(
        self, slack: Slack, ana: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        opened = len(slack.calls_to("apps.connections.open"))
        slack.refuse_sockets(5)
        slack.drop()

        await answered(slack, ana, await slack.says(ana, ana, QUESTION))
        assert pauses_in(caplog.text) == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0]
        assert len(slack.calls_to("apps.connections.open")) - opened == 6

    async def test_that_is_greeted_and_broken_off_again_and_again_is_asked_for_ever_less_often(
        self, slack: Slack, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        for _ in range(5):
            await slack.until(lambda: slack.sockets.sockets)
            slack.drop()
        await slack.until(lambda: slack.sockets.sockets)

        assert pauses_in(caplog.text) == [0.0, 0.5, 1.0, 2.0, 4.0]


async def test_as_many_sockets_as_are_configured_hear_side_by_side(
    slack: Slack, tmp_path: Path, pipeline: ScriptedPipeline, ana: User
) -> None:
    async with open_slack_bot(slack, tmp_path, pipeline, settings=SlackSettings(sockets=3)):
        assert len(slack.sockets.sockets) == 3
        slack.go_deaf(slack.sockets.sockets[0])
        slack.ack_within_s, slack.retry_after_s = 0.1, (0, 0, 0)
        for _ in range(3):
            await answered(slack, ana, await slack.says(ana, ana, QUESTION))


# Who, where, and what was said before


@pytest.mark.usefixtures("bot")
class TestAThreadThatPeopleBegan:
    async def test_is_known_to_the_bot_from_its_end_however_long_it_is(
        self, slack: Slack, ana: User, bruno: User, general: Channel, pipeline: ScriptedPipeline
    ) -> None:
        root = slack.write(Message(general.id, slack.new_ts(), ana.id, "Does anybody know?"))
        for number in range(450):
            writer = (ana, bruno)[number % 2]
            slack.write(Message(general.id, slack.new_ts(), writer.id, f"Remark {number}", root.ts))
        await slack.says(ana, general, f"{slack.mention} {QUESTION}", root)

        await slack.until(lambda: pipeline.asked)
        said = [turn.text for turn in pipeline.asked[0].history]
        assert said == [f"Remark {number}" for number in range(450 - len(said), 450)]
        assert len(said) >= 6
        assert len(slack.calls_to("conversations.replies")) == 3

    async def test_is_not_answered_from_what_was_deleted(
        self, slack: Slack, ana: User, bruno: User, general: Channel, pipeline: ScriptedPipeline
    ) -> None:
        root = await slack.says(ana, general, "A secret")
        await slack.says(bruno, general, "Better not here", root)
        await slack.deletes(ana, root)
        await slack.says(ana, general, f"{slack.mention} {QUESTION}", root)

        await slack.until(lambda: pipeline.asked)
        assert [turn.text for turn in pipeline.asked[0].history] == ["Better not here"]

    async def test_is_answered_without_history_where_slack_does_not_tell_it(
        self, slack: Slack, ana: User, general: Channel, pipeline: ScriptedPipeline
    ) -> None:
        root = await slack.says(ana, general, "Does anybody know?")
        slack.fail("conversations.replies", "missing_scope", times=99, needed="channels:history")
        question = await slack.says(ana, general, f"{slack.mention} {QUESTION}", root)

        await slack.until(lambda: BUDGET in answers(slack, general, question)[-1].text)
        assert pipeline.asked[0].history == ()


@pytest.mark.usefixtures("bot")
class TestOutsiders:
    @pytest.fixture
    async def bot(self, slack: Slack, tmp_path: Path, pipeline: ScriptedPipeline) -> AsyncIterator[ChatBot]:
        access = Access({}, public=frozenset({"default"}))
        async with open_slack_bot(slack, tmp_path, pipeline, access=access, clock=HurriedClock()) as opened:
            yield opened

    async def scope_of(self, slack: Slack, user: User, place: Channel | User, pipeline: ScriptedPipeline) -> Any:
        """Which collections a question was answered from; `None` for all."""
        await slack.says(user, place, f"{slack.mention} {QUESTION}")
        await slack.until(lambda: pipeline.asked)
        return pipeline.asked.pop().scope.collections

    async def test_are_guests_strangers_and_whoever_reads_in_a_shared_channel(
        self, slack: Slack, ana: User, general: Channel, pipeline: ScriptedPipeline
    ) -> None:
        guests = [slack.person("Gil", guest=True), slack.person("Gil", guest="single"), slack.person("Gil", team="T9")]
        shared = slack.channel("partners", shared=True, members=[ana])

        assert await self.scope_of(slack, ana, general, pipeline) is None
        assert await self.scope_of(slack, ana, shared, pipeline) == {"default"}
        for guest in guests:
            assert await self.scope_of(slack, guest, guest, pipeline) == {"default"}

    async def test_are_told_by_the_event_where_what_was_known_of_the_channel_is_old(
        self, slack: Slack, ana: User, general: Channel, pipeline: ScriptedPipeline
    ) -> None:
        assert await self.scope_of(slack, ana, general, pipeline) is None
        general.shared = True

        assert await self.scope_of(slack, ana, general, pipeline) == {"default"}
        assert len(slack.calls_to("conversations.info")) == 1

    async def test_are_known_of_again_when_a_channel_is_shared_or_no_more(
        self, slack: Slack, bot: ChatBot, ana: User, general: Channel, pipeline: ScriptedPipeline
    ) -> None:
        slack.subscriptions |= {"channel_shared", "channel_unshared"}
        for kind, shared in (("channel_shared", True), ("channel_unshared", False)):
            await bot.talk.database.fetch("SELECT 1")
            general.shared = shared
            acks = len(slack.acks)
            slack.tell({"type": kind, "channel": general.id, "connected_team_id": "T9"})
            await slack.until(lambda acks=acks: len(slack.acks) > acks)
            assert (await self.scope_of(slack, ana, general, pipeline) is None) is not shared
        assert len(slack.calls_to("conversations.info")) == 2

    async def test_and_groups_are_asked_for_again_when_a_group_has_changed(
        self, slack: Slack, ana: User, general: Channel, pipeline: ScriptedPipeline
    ) -> None:
        slack.subscriptions.add("subteam_members_changed")
        await self.scope_of(slack, ana, general, pipeline)
        await all_taken(slack)
        acks = len(slack.acks)
        slack.tell({"type": "subteam_members_changed", "subteam_id": "S1"})
        await slack.until(lambda: len(slack.acks) > acks)
        await self.scope_of(slack, ana, general, pipeline)

        assert len(slack.calls_to("usergroups.list")) == 2

    async def test_are_all_of_whom_slack_tells_nothing(
        self, slack: Slack, ana: User, general: Channel, pipeline: ScriptedPipeline
    ) -> None:
        slack.fail("users.info", "internal_error", times=4, status=500)

        assert await self.scope_of(slack, ana, general, pipeline) == {"default"}
        await asyncio.sleep(0.25)  # ten of the bot's seconds later it is asked again
        assert await self.scope_of(slack, ana, general, pipeline) is None


async def test_what_an_answer_begins_at_its_end_is_done_before_the_bot_stops(
    slack: Slack, tmp_path: Path, pipeline: ScriptedPipeline, ana: User, general: Channel
) -> None:
    settings = SlackSettings(first_sign="reaction")
    async with open_slack_bot(slack, tmp_path, pipeline, settings=settings) as bot:
        slack.delay("chat.stopStream", 0.2)
        slack.delay("reactions.remove", 0.2)
        question = await slack.says(ana, general, f"{slack.mention} {QUESTION}")
        await slack.until(lambda: slack.calls_to("chat.stopStream"))
        assert slack.reactions(question) == ["eyes"]
        await bot.stop()

        assert slack.reactions(question) == []
