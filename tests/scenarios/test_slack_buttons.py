"""Buttons, dialogues and the App Home in Slack: they work in any process, once, for whoever may."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.access import Access
from tests.fakes.chat_bot import ChatBot
from tests.fakes.scripted_pipeline import EVIDENCE, one_too_many
from tests.fakes.slack import Channel, Message, Seen, Slack, User, open_slack
from tests.scenarios.slack_talks import answered, asked, of_bot, served, text_of
from tests.scenarios.talks import Gate, model

VACATION = "Thirty days [1]."


@pytest.fixture
def bea(slack: Slack) -> User:
    return slack.person("Bea")


@pytest.fixture
def general(slack: Slack, ana: User, bea: User) -> Channel:
    return slack.channel("general", members=[ana, bea])


async def whispered(slack: Slack, who: User, where: Channel, thread: Message, button: str) -> Seen:
    """Press a button of an answer; returns what its presser alone is told."""
    before = len(of_bot(slack, where, thread, by=who))
    answer = [one for one in of_bot(slack, where, thread) if not one.ephemeral][-1]
    await slack.presses(who, answer, button)
    await slack.until(lambda: len(of_bot(slack, where, thread, by=who)) > before)
    told = of_bot(slack, where, thread, by=who)[-1]
    assert told.ephemeral
    return told


async def verdicts(bot: ChatBot, count: int = 0) -> Sequence[Any]:
    """What is written down, once there are so many."""
    async with asyncio.timeout(10):
        while True:
            rows = await bot.talk.database.fetch("SELECT author, verdict, reason FROM feedback ORDER BY author")
            if len(rows) >= count:
                return rows
            await asyncio.sleep(0.01)


async def quiet(slack: Slack, bot: ChatBot) -> None:
    """Wait until everything that was pressed before has been done: what is asked after it is answered."""
    ana = next(iter(user for user in slack.users.values() if not user.is_bot))
    before = len(of_bot(slack, ana))
    await slack.runs(ana, slack.dm(ana), "/rag", "help")
    await slack.until(lambda: len(of_bot(slack, ana)) > before)
    assert not bot.task.done()


# Thumbs


async def test_a_thumb_up_is_written_down_once_however_often_it_is_told(
    slack: Slack, ana: User, bea: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(vacation=VACATION)) as bot:
        question = await asked(slack, ana, general, "vacation")
        told = await whispered(slack, bea, general, question, "Good answer")
        assert "Thank you" in told.text
        assert await verdicts(bot) == [(bea.id, "good", "")]
        assert of_bot(slack, general, question, by=ana)[1:] == []


async def test_the_same_press_told_twice_acts_once(slack: Slack, ana: User, general: Channel, tmp_path: Path) -> None:
    people = {"*": ["U0123456789"]}
    async with (
        served(slack, tmp_path, model(vacation=VACATION), people=people) as bot,
        served(slack, tmp_path, model(vacation=VACATION), people=people, prefix="two"),
    ):
        question = await asked(slack, ana, general, "vacation")
        (answer,) = of_bot(slack, general, question)
        for button in ("ragbot:why", "ragbot:hand_over", "ragbot:feedback"):
            payload = _pressing(slack, ana, answer, button, "bad:" if button.endswith("feedback") else "")
            for _ in range(4):
                await slack.ask("interactive", ana.id, payload)
        await quiet(slack, bot)
        told = of_bot(slack, general, question, by=ana)[1:]
        assert [one for one in told if "extractive" in one.text][1:] == [], "Why? was answered once"
        assert not [one for one in told if "This question is yours" in one.text], "handing over waits for its dialogue"
        assert len(slack.views) == 2
        assert await verdicts(bot, 1) == [(ana.id, "bad", "")]


def _pressing(slack: Slack, who: User, shown: Seen, action_id: str, value: str) -> dict[str, Any]:
    buttons = (element for block in shown.blocks for element in block.get("elements", ()))
    reference = next(button["value"] for button in buttons if button.get("action_id") == "ragbot:why")
    return {
        **slack._interaction("block_actions", who),
        **slack._where_pressed(who, shown.message),
        "actions": [
            {"type": "button", "action_id": action_id, "value": f"{value}{reference}", "action_ts": slack.new_ts()}
        ],
    }


async def test_a_thumb_down_is_written_down_at_once_and_its_reason_when_it_is_given(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(vacation=VACATION)) as bot:
        question = await asked(slack, ana, general, "vacation")
        (answer,) = of_bot(slack, general, question)
        await slack.presses(ana, answer, "Bad answer")
        await slack.until(lambda: slack.modal(ana))
        modal = slack.modal(ana)
        assert modal is not None
        assert modal.title == "What was wrong?"
        assert await verdicts(bot, 1) == [(ana.id, "bad", "")]
        await slack.submits(ana, modal, {"text": " the figure is *from* last year <!here> "})
        await slack.until(lambda: "I noted what was wrong" in of_bot(slack, general, question, by=ana)[-1].text)
        assert await verdicts(bot) == [(ana.id, "bad", "the figure is *from* last year <!here>")]
        assert not modal.open


async def test_who_says_no_more_than_bad_is_not_asked_again(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(vacation=VACATION)) as bot:
        question = await asked(slack, ana, general, "vacation")
        await slack.presses(ana, of_bot(slack, general, question)[0], "Bad answer")
        await slack.until(lambda: slack.modal(ana))
        modal = slack.modal(ana)
        assert modal is not None
        await slack.submits(ana, modal, {})
        await quiet(slack, bot)
        assert len(of_bot(slack, general, question)) == 1
        assert await verdicts(bot, 1) == [(ana.id, "bad", "")]


async def test_without_a_dialogue_the_reason_is_asked_for_in_words(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(vacation=VACATION)) as bot:
        question = await asked(slack, ana, general, "vacation")
        slack.fail("views.open", "expired_trigger_id")
        told = await whispered(slack, ana, general, question, "Bad answer")
        assert "What was wrong? For example: `/rag bad the figure" in told.text
        assert await verdicts(bot) == [(ana.id, "bad", "")]


# Handing over


async def test_handing_over_tags_people_there_and_tells_them_what_was_added(
    slack: Slack, ana: User, bea: User, general: Channel, tmp_path: Path
) -> None:
    group = slack.usergroup("helpdesk", [bea])
    text = "Thirty days [1], says <@U0SOMEBODY> <!channel>."
    async with served(slack, tmp_path, model(vacation=text), people={"*": [bea.id, group]}) as bot:
        question = await asked(slack, ana, general, "vacation")
        await slack.presses(ana, of_bot(slack, general, question)[0], "Hand over")
        await slack.until(lambda: slack.modal(ana))
        modal = slack.modal(ana)
        assert modal is not None
        assert slack.pings == []
        await slack.submits(ana, modal, {"text": "it is about <!here> invoice 12"})
        await slack.until(lambda: len(of_bot(slack, general, question)) == 2)
        handed = of_bot(slack, general, question)[1]
        assert not handed.ephemeral
        for told in ("@Bea", "@helpdesk", "> vacation", "invoice 12", "Thirty days"):
            assert told in handed.text
        assert {ping.mention for ping in slack.pings} == {f"<@{bea.id}>", f"<!subteam^{group}>"}
        await slack.says(ana, general, "and at sea?", thread=question)
        await quiet(slack, bot)
        assert len(of_bot(slack, general, question)) == 2, "people go on there, and the bot keeps quiet"


# What tells more


async def test_why_and_sources_are_told_to_whoever_presses(
    slack: Slack, ana: User, bea: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(vacation=VACATION)):
        question = await asked(slack, ana, general, "vacation")
        why = await whispered(slack, bea, general, question, "Why?")
        assert "Passages that I read" in why.text
        sources = await whispered(slack, bea, general, question, "Sources")
        assert "“Set ˋdaily_budgetˋ under ˋrouting.cost_limitsˋ.”" in sources.text
    assert len(of_bot(slack, general, question, by=ana)) == 1


async def test_a_button_works_after_a_restart_and_in_another_process(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(vacation=VACATION)):
        question = await asked(slack, ana, general, "vacation")
    pipeline = model(vacation="Thirty-one days [1].")
    async with served(slack, tmp_path, pipeline, prefix="new"):
        assert "Passages" in (await whispered(slack, ana, general, question, "Why?")).text
        before = of_bot(slack, general, question)[0].ts
        await slack.presses(ana, of_bot(slack, general, question)[0], "Try again")
        await slack.until(lambda: "Thirty-one" in text_of(of_bot(slack, general, question)))
        (answer,) = (one for one in await answered(slack, general, question) if not one.ephemeral)
        assert answer.ts == before, "the same message"


async def test_what_may_be_read_is_looked_at_again_when_a_button_is_pressed(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    guest = slack.person("Guest", guest=True)
    slack.joins(guest, general)
    pipeline = model(vacation=VACATION)
    pipeline.changes["evidence"] = (replace(EVIDENCE, title="Salaries", collection="secret"),)
    async with served(slack, tmp_path, pipeline, access=Access(public=frozenset({"handbook"}))):
        question = await asked(slack, ana, general, "vacation")
        assert "Salaries" in (await whispered(slack, ana, general, question, "Why?")).text
        for button in ("Why?", "Sources"):
            told = await whispered(slack, guest, general, question, button)
            assert "Salaries" not in told.text
            assert "daily" not in told.text


async def test_who_may_ask_no_more_is_told_so_and_the_answer_stays(
    slack: Slack, ana: User, bea: User, general: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation=VACATION)
    async with served(slack, tmp_path, pipeline):
        question = await asked(slack, ana, general, "vacation")
        pipeline.refusal = one_too_many()
        told = await whispered(slack, bea, general, question, "Try again")
        assert "10 questions" in told.text
        assert text_of(of_bot(slack, general, question)[:1]) == VACATION


# Stopping


@pytest.mark.parametrize("error", ["message_not_in_streaming_state", "stopped_by_user"])
async def test_slacks_own_stop_button_leaves_what_was_written_labelled(
    slack: Slack, ana: User, general: Channel, tmp_path: Path, error: str
) -> None:
    slack.stopped_error = error
    never = Gate()
    async with served(slack, tmp_path, model(vacation=("Thirty days ", never))):
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: of_bot(slack, general, question))
        await slack.stops(ana, general, question)
        (answer,) = await answered(slack, general, question)
        assert text_of([answer]).strip() == "Thirty days"
        assert "Stopped. The answer is not complete." in answer.text
        await slack.until(lambda: slack.session(general, question) == "active")


async def test_slacks_own_stop_button_stops_what_has_no_words_yet(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    never = Gate()
    async with served(slack, tmp_path, model(vacation=(never,))):
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: slack.session(general, question) == "processing")
        await slack.stops(ana, general, question)
        (answer,) = await answered(slack, general, question)
        assert "Stopped before there was an answer." in answer.text
        await slack.until(lambda: slack.session(general, question) == "active")


async def test_the_stop_button_of_a_message_that_holds_the_place_stops_it(tmp_path: Path) -> None:
    never = Gate()
    async with open_slack(streaming=False) as slack, served(slack, tmp_path, model(vacation=("Thirty ", never))) as bot:
        ana = slack.person("Ana")
        general = slack.channel("general", members=[ana])
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: "Stop" in of_bot(slack, general, question)[0].buttons)
        await slack.presses(ana, of_bot(slack, general, question)[0], "Stop")
        (answer,) = await answered(slack, general, question)
        assert "Stopped. The answer is not complete." in answer.text
        await quiet(slack, bot)
        assert len(of_bot(slack, general, question)) == 1


# Documents and books


async def test_what_was_taken_for_a_command_can_be_asked_of_the_documents_and_back(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    wording = "how much did we spend this month?"
    async with served(slack, tmp_path, model(**{wording.replace(" ", "_"): "The plan says so [1]."})) as bot:
        question = await slack.says(ana, general, f"{slack.mention} {wording}")
        await slack.until(lambda: of_bot(slack, general, question, by=ana))
        told = of_bot(slack, general, question, by=ana)[-1]
        assert "Ask the documents" in told.buttons
        await slack.presses(ana, told, "Ask the documents")
        await slack.until(lambda: "The plan says so" in text_of(of_bot(slack, general, question)))
        (answer,) = (one for one in await answered(slack, general, question) if not one.ephemeral)
        assert "Ask the books" in answer.buttons
        back = await whispered(slack, ana, general, question, "Ask the books")
        assert "$0.00" in back.text
        await quiet(slack, bot)
    assert slack.pings == []


# What nobody should send


@pytest.mark.parametrize(
    "forged",
    [
        {"actions": [{"action_id": "ragbot:drop_tables", "value": "ref1"}]},
        {"actions": [{"action_id": "ragbot:why", "value": "x' OR '1'='1"}]},
        {"actions": [{"action_id": "ragbot:why", "value": "\u0000"}]},
        {"actions": [{"action_id": "ragbot:feedback", "value": "drop:ref1"}]},
        {"actions": [{"action_id": "ragbot:why", "value": "ref1" * 1000}]},
        {"actions": [{"action_id": "other", "value": "ref1"}]},
    ],
)
async def test_forged_buttons_do_nothing(
    slack: Slack,
    ana: User,
    general: Channel,
    tmp_path: Path,
    *,
    forged: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with served(slack, tmp_path, model(vacation=VACATION)) as bot:
        question = await asked(slack, ana, general, "vacation")
        payload = {**_pressing(slack, ana, of_bot(slack, general, question)[0], "", ""), **forged}
        acked, _ = await slack.ask("interactive", ana.id, payload)
        assert acked
        await quiet(slack, bot)
        assert len(of_bot(slack, general, question)) == 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    "metadata", ["", "{}", "7", "null", "[1, 2, 3]", '["ref1", "C1"]', "[[[[", '["a b", "C1", ""]']
)
async def test_dialogues_with_broken_memories_do_nothing(
    slack: Slack, ana: User, tmp_path: Path, metadata: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(slack, tmp_path, model(vacation=VACATION)) as bot:
        for callback in ("ragbot:bad", "ragbot:hand_over", "other"):
            view = {
                "type": "modal",
                "id": "V1",
                "hash": "1",
                "callback_id": callback,
                "private_metadata": metadata,
                "state": 7,
            }
            payload = {**slack._interaction("view_submission", ana), "view": view}
            acked, _ = await slack.ask("interactive", ana.id, payload)
            assert acked
        await quiet(slack, bot)
        assert await verdicts(bot) == []
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_button_of_another_place_tells_nothing_here(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    other = slack.channel("other", members=[ana])
    async with served(slack, tmp_path, model(vacation=VACATION, more="More.")) as bot:
        await asked(slack, ana, general, "vacation")
        question = await asked(slack, ana, other, "more")
        payload = _pressing(slack, ana, of_bot(slack, other, question)[0], "ragbot:why", "")
        payload["actions"][0]["value"] = "ref1"
        await slack.ask("interactive", ana.id, payload)
        await quiet(slack, bot)
        told = of_bot(slack, other, question, by=ana)[-1]
        assert told.text == "I find no answer here that this could be about."


# The App Home


async def test_the_home_shows_allowance_help_and_links_to_what_was_asked(
    slack: Slack, ana: User, bea: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(vacation=VACATION), people={"*": [bea.id]}):
        question = await asked(slack, ana, general, "vacation")
        below = await slack.says(ana, general, "vacation at <b> & *sea*", thread=question)
        await answered(slack, general, question, answers=2)
        await slack.opens_home(ana)
        await slack.until(lambda: slack.home(ana))
    shown = json.dumps(slack.home(ana), ensure_ascii=False)
    assert f"<https://home.slack.test/archives/{general.id}/p{question.ts.replace('.', '')}|vacation>" in shown
    assert (
        f"p{below.ts.replace('.', '')}?thread_ts={question.ts}&amp;cid={general.id}|vacation at &lt;b&gt; &amp; ∗sea∗"
        in shown
    )
    assert "`/rag cost`" in shown
    assert "`/ask " in shown
    assert "Bea" in shown
    assert f"<@{bea.id}>" not in shown


async def test_a_guests_home_tells_of_public_collections_alone(slack: Slack, tmp_path: Path) -> None:
    guest = slack.person("Guest", guest=True)
    pipeline = model()
    async with served(slack, tmp_path, pipeline, access=Access(public=frozenset({"default"}))):
        await slack.opens_home(guest)
        await slack.until(lambda: slack.home(guest))
    shown = json.dumps(slack.home(guest), ensure_ascii=False)
    assert "`default`" in shown
    assert "team_docs" not in shown
    assert "Guests or people of other organisations" in shown
