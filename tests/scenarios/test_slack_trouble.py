"""Answers in Slack while things go wrong: cut connections, dead streams, closed places, questions that change."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.platforms.slack.blocks import Payload
from bot.platforms.slack.posts import Posts, Spot
from bot.platforms.slack.streams import Streams
from bot.platforms.slack.web import open_web
from bot.platforms.slack.writing import Writing
from bot.platforms.tasks import Tasks
from rag.clock import SystemClock
from rag.model import Restart
from tests.fakes.scripted_pipeline import says
from tests.fakes.slack import Channel, Slack, User, open_slack
from tests.scenarios.slack_talks import answered, asked, is_whole, of_bot, served, text_of
from tests.scenarios.talks import LONG, Gate, in_pieces, model


@pytest.mark.parametrize("end", ["message_not_in_streaming_state", "stopped_by_user"])
@pytest.mark.parametrize("rest", [LONG, " and ends.", ""])
async def test_a_stream_that_dies_loses_no_words(
    slack: Slack, ana: User, general: Channel, tmp_path: Path, *, end: str, rest: str
) -> None:
    gate = Gate()
    async with served(slack, tmp_path, model(all=("It begins", gate, *in_pieces(rest)))):
        question = await slack.says(ana, general, f"{slack.mention} all")
        await slack.until(lambda: of_bot(slack, general, question))
        slack.end_stream(of_bot(slack, general, question)[0].ts, end)
        gate.open()
        await answered(slack, general, question)
    is_whole(slack, general, question, f"It begins{rest}")


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
@pytest.mark.parametrize("how", ["cut", "cut_after", "refused"])
async def test_a_stream_that_breaks_leaves_one_whole_answer(
    slack: Slack, ana: User, general: Channel, tmp_path: Path, *, method: str, how: str
) -> None:
    first, second = Gate(), Gate()
    pieces = in_pieces(LONG)
    async with served(slack, tmp_path, model(all=("It begins. ", first, *pieces[:200], second, *pieces[200:]))):
        _break(slack, method, how)
        question = await slack.says(ana, general, f"{slack.mention} all")
        await slack.until(lambda: of_bot(slack, general, question))
        first.open()
        await slack.until(lambda: len(of_bot(slack, general, question)) > 1)
        second.open()
        await answered(slack, general, question)
    is_whole(slack, general, question, f"It begins. {LONG}")


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
@pytest.mark.parametrize("how", ["cut", "cut_after"])
async def test_messages_that_break_leave_one_whole_answer(tmp_path: Path, method: str, how: str) -> None:
    gate = Gate()
    pieces = in_pieces(LONG)
    async with (
        open_slack(streaming=False) as slack,
        served(slack, tmp_path, model(all=(*pieces[:100], gate, *pieces[100:]))),
    ):
        ana = slack.person("Ana")
        general = slack.channel("general", members=[ana])
        await asked(slack, ana, general, "nothing")
        _break(slack, method, how)
        question = await slack.says(ana, general, f"{slack.mention} all")
        await slack.until(lambda: len(of_bot(slack, general, question)) > 1)
        _break(slack, method, how)
        gate.open()
        await answered(slack, general, question)
        is_whole(slack, general, question, LONG)


def _break(slack: Slack, method: str, how: str) -> None:
    if how == "refused":
        slack.fail(method, "internal_error", status=500)
    else:
        {"cut": slack.cut, "cut_after": slack.cut_after}[how](method)


async def test_words_that_a_failover_takes_back_are_not_seen_at_the_end(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    first, second = Gate(), Gate()
    script = ("Wrong from the first. ", first, Restart("acme", "large"), "Right ", second, "in the end.")
    async with served(slack, tmp_path, model(vacation=script)):
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: of_bot(slack, general, question))
        first.open()
        await slack.until(lambda: "acme/large broke off" in of_bot(slack, general, question)[0].text)
        assert "Wrong" not in of_bot(slack, general, question)[0].text
        second.open()
        (answer,) = await answered(slack, general, question)
    assert text_of([answer]) == "Right in the end."


async def test_slack_failing_at_a_failover_does_not_fail_the_answer(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    script = ("Wrong from the first. ", gate, Restart("acme", "large"), "Right in the end.")
    async with served(slack, tmp_path, model(vacation=script)):
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: of_bot(slack, general, question))
        slack.fail("chat.update", "some_error")
        gate.open()
        (answer,) = await answered(slack, general, question)
    assert text_of([answer]) == "Right in the end."


async def test_a_final_text_that_differs_takes_the_place_of_what_was_streamed(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    pipeline = model(vacation=("Thirty days [7].", gate))
    pipeline.finals["vacation"] = "Thirty days [1]."
    async with served(slack, tmp_path, pipeline):
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: of_bot(slack, general, question))
        gate.open()
        (answer,) = await answered(slack, general, question)
    assert text_of([answer]) == "Thirty days [1]."


async def test_a_question_that_is_changed_while_it_is_answered_has_one_answer(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    never, gate = Gate(), Gate()
    pipeline = model(old=("Old words. ", *in_pieces("Old text. " * 2_000), never), new=("New ", gate, "words."))
    async with served(slack, tmp_path, pipeline):
        question = await slack.says(ana, general, f"{slack.mention} old")
        await slack.until(lambda: len(of_bot(slack, general, question)) > 1)
        await slack.edits(ana, question, f"{slack.mention} new")
        await slack.until(lambda: "New" in of_bot(slack, general, question)[0].text)
        gate.open()
        (answer,) = await answered(slack, general, question)
        assert text_of([answer]) == "New words."
        await slack.until(lambda: slack.session(general, question) == "active")


async def test_a_stream_that_another_process_has_open_is_gone_on_with(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    never, gate = Gate(), Gate()
    pipeline = model(old=("Old words. ", never), new=("New ", gate, "words."))
    async with served(slack, tmp_path, pipeline), served(slack, tmp_path, pipeline, prefix="two"):
        question = await slack.says(ana, general, f"{slack.mention} old")
        await slack.until(lambda: of_bot(slack, general, question))
        for word in ("New", "Old", "New", "Old", "New"):  # Slack tells whichever process it likes
            await slack.edits(ana, question, f"{slack.mention} {word.lower()}")
            await slack.until(lambda: word in of_bot(slack, general, question)[0].text.split())  # noqa: B023
        gate.open()
        (answer,) = await answered(slack, general, question)
        assert text_of([answer]) == "New words."


async def test_a_stream_that_a_process_left_open_when_it_died_is_ended(
    slack: Slack, ana: User, general: Channel
) -> None:
    question = await slack.says(ana, general, f"{slack.mention} vacation")
    async with open_web(slack.api_url, slack.bot_token, SystemClock()) as web, Tasks() as tasks:
        posts, spot = Posts(web, bot_user=slack.bot_user, team=slack.team), Spot(general.id, question.ts, ana.id)
        left = await Streams(posts, spot, question.ts).start("Half an ans", waits=True)
        assert await posts.find(spot, question.ts) == (), "a stream says of nothing what it answers"
        writing = Writing(posts, spot, tasks, SystemClock(), answers=question.ts, shown=(left,))
        await writing.begin_again("I was interrupted.")
        assert [one.text for one in of_bot(slack, general, question)] == ["I was interrupted."]
        writing.append("A whole answer.")
        whole = [Payload("A whole answer.", [{"type": "markdown", "text": "A whole answer."}])]
        await writing.finish("A whole answer.", [], list, lambda: whole)
        assert [one.text for one in of_bot(slack, general, question)] == ["A whole answer."]
        assert await posts.find(spot, question.ts) == (left,)


async def test_a_message_that_somebody_took_away_is_written_anew(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    async with served(slack, tmp_path, model(all=("It begins. ", gate, LONG))):
        question = await slack.says(ana, general, f"{slack.mention} all")
        await slack.until(lambda: of_bot(slack, general, question))
        of_bot(slack, general, question)[0].message.deleted = True
        gate.open()
        await answered(slack, general, question)
    is_whole(slack, general, question, f"It begins. {LONG}")


@pytest.mark.parametrize("gone", ["archived", "removed"])
async def test_a_place_that_is_closed_meanwhile_brings_nothing_down(
    slack: Slack, ana: User, general: Channel, tmp_path: Path, *, gone: str, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    other = slack.channel("other", members=[ana])
    async with served(slack, tmp_path, model(vacation=("Thirty", gate, " days."), more="More.")) as bot:
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: of_bot(slack, general, question))
        if gone == "archived":
            general.archived = True
        else:
            slack.removes_bot(general)
        gate.open()
        await slack.until(lambda: "could not be shown reference=ref1" in caplog.text)
        await asked(slack, ana, other, "more")
        assert not bot.task.done()


async def test_retracting_a_question_deletes_every_message_of_its_answer(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(all=LONG)):
        question = await asked(slack, ana, general, "all")
        assert len(of_bot(slack, general, question)) > 4
        await slack.deletes(ana, question)
        await slack.until(lambda: not of_bot(slack, general, question))


async def test_stopping_the_bot_waits_for_nothing_that_was_given_up(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    never = Gate()
    async with served(slack, tmp_path, model(old=("Old words. ", never), new="New words.")) as bot:
        question = await slack.says(ana, general, f"{slack.mention} old")
        await slack.until(lambda: of_bot(slack, general, question))
        await slack.edits(ana, question, f"{slack.mention} new")
        await answered(slack, general, question)
        await slack.until(lambda: slack.session(general, question) == "active")
        async with asyncio.timeout(5):
            await bot.stop()


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("what", ["deleted", "asked again"])
async def test_every_message_of_a_long_answer_goes_with_it(tmp_path: Path, streaming: bool, what: str) -> None:  # noqa: FBT001
    long = "\n\n".join(f"Paragraph {number}: {'words ' * 50}" for number in range(70))
    async with open_slack(streaming=streaming) as slack:
        ana = slack.person("Ana")
        general = slack.channel("general", members=[ana])
        pipeline = model(all=long)
        async with served(slack, tmp_path, pipeline):
            question = await slack.says(ana, general, f"{slack.mention} all")
            await slack.until(lambda: "Try again" in of_bot(slack, general, question)[-1].buttons)
            assert len(of_bot(slack, general, question)) >= 3
            if what == "deleted":
                await slack.deletes(ana, question)
                await slack.until(lambda: of_bot(slack, general, question) == [])
            else:
                pipeline.script["all"] = says("Short.")
                await slack.presses(ana, of_bot(slack, general, question)[-1], "ragbot:retry")
                await slack.until(lambda: [one.text[:6] for one in of_bot(slack, general, question)] == ["Short."])
