"""Answers in Slack, over the real protocol: seen early, whole at the end, once, whatever Slack does meanwhile."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.chats import SlackSettings
from tests.fakes.scripted_pipeline import one_too_many
from tests.fakes.slack import ALL_SCOPES, Channel, Slack, User, open_slack
from tests.scenarios.slack_talks import answered, asked, is_whole, of_bot, served, text_of
from tests.scenarios.talks import LONG, TABLE, WIDE, Gate, Hasty, citations, in_pieces, model, squeezed

# Where


async def test_the_answer_stands_in_the_thread_of_its_question(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(vacation="Thirty days [1].")):
        question = await asked(slack, ana, general, "vacation")
        direct = await slack.says(ana, slack.dm(ana), "vacation")
        await answered(slack, ana, direct)
        below = await slack.says(ana, general, "vacation", thread=question)
        await answered(slack, general, question, answers=2)
    assert [one.author for one in slack.seen(general)] == ["Ana"], "nothing of the bot stands in the channel itself"
    assert [one.author for one in slack.seen(ana)] == ["Ana"]
    assert of_bot(slack, general, below)[-1].thread_ts == question.ts


# The first sign of life


async def test_a_status_shows_at_once_and_is_gone_at_the_end(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    async with served(slack, tmp_path, model(vacation=(gate, "Thirty days."))):
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: slack.status(general, question) and slack.session(general, question))
        assert slack.status(general, question) == "Searching the documents…"
        assert slack.session(general, question) == "processing"
        gate.open()
        await answered(slack, general, question)
        await slack.until(lambda: slack.session(general, question) == "active")
    assert slack.status(general, question) == ""


async def test_a_status_tells_what_is_being_done(slack: Slack, ana: User, general: Channel, tmp_path: Path) -> None:
    gate = Gate()
    slack.delay("assistant.threads.setStatus", 0.1)  # by then the next thing is being done
    async with served(slack, tmp_path, model(vacation=(gate, "Thirty days.")), clock=Hasty()):
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: slack.status(general, question) == "Writing the answer…")
        gate.open()
        await answered(slack, general, question)
        assert slack.status(general, question) == ""


async def test_a_sign_that_slack_takes_late_is_not_left_below_the_answer(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    slack.delay("assistant.threads.setStatus", 0.1)
    slack.delay("agents.sessions.setStatus", 0.3)
    gate = Gate()
    async with served(slack, tmp_path, model(vacation=("Thirty", gate, " days."))):
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: of_bot(slack, general, question))
        gate.open()
        await answered(slack, general, question)
    assert slack.session(general, question) == "active"
    assert slack.status(general, question) == ""


@pytest.mark.parametrize("settings", [SlackSettings(), SlackSettings(first_sign="reaction", reaction="mag")])
async def test_where_there_is_no_status_a_reaction_shows_and_is_taken_away(
    tmp_path: Path, settings: SlackSettings
) -> None:
    without = ["assistant.threads.setStatus"] if settings.first_sign == "status" else []
    gate = Gate()
    async with (
        open_slack(without=without) as slack,
        served(slack, tmp_path, model(vacation=("Thirty", gate, " days.")), settings=settings),
    ):
        ana = slack.person("Ana")
        general = slack.channel("general", members=[ana])
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: slack.reactions(question) == [settings.reaction])
        gate.open()
        await answered(slack, general, question)
        await slack.until(lambda: slack.reactions(question) == [])
        assert slack.status(general, question) == ""


async def test_a_reaction_is_taken_away_also_where_slack_lets_that_wait(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    slack.limit("reactions.remove", retry_after_s=1)
    settings = SlackSettings(first_sign="reaction")
    async with served(slack, tmp_path, model(vacation="Thirty days."), settings=settings, clock=Hasty()):
        question = await asked(slack, ana, general, "vacation")
        await slack.until(lambda: not slack.reactions(question) and len(slack.calls_to("reactions.remove")) == 2)


@pytest.mark.parametrize("configured", [True, False])
async def test_where_there_is_neither_a_message_holds_the_place_and_becomes_the_answer(
    tmp_path: Path, *, configured: bool
) -> None:
    scopes = ALL_SCOPES if configured else ALL_SCOPES - {"reactions:write"}
    settings = SlackSettings(first_sign="message" if configured else "status")
    without = [] if configured else ["assistant.threads.setStatus"]
    gate = Gate()
    async with (
        open_slack(without=without, scopes=scopes) as slack,
        served(slack, tmp_path, model(vacation=(gate, "Thirty days.")), settings=settings),
    ):
        ana = slack.person("Ana")
        general = slack.channel("general", members=[ana])
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: of_bot(slack, general, question))
        (holding,) = of_bot(slack, general, question)
        assert (holding.text, holding.buttons) == ("Searching the documents…", ("Stop",))
        gate.open()
        (answer,) = await answered(slack, general, question)
        assert answer.ts == holding.ts
        assert text_of([answer]) == "Thirty days."
        assert "Stop" not in answer.buttons


@pytest.mark.parametrize("question_text", ["silent", "vacation"])
async def test_a_deleted_question_leaves_no_sign_and_no_answer(
    slack: Slack, ana: User, general: Channel, tmp_path: Path, question_text: str
) -> None:
    never = Gate()
    async with served(slack, tmp_path, model(vacation=("Thirty", never), silent=(never,))):
        question = await slack.says(ana, general, f"{slack.mention} {question_text}")
        await slack.until(lambda: slack.session(general, question) == "processing")
        if question_text == "vacation":
            await slack.until(lambda: of_bot(slack, general, question))
        await slack.deletes(ana, question)
        # Of a question that is gone with its thread, Slack refuses to hear: it shows nothing there any more.
        ends = (("assistant.threads.setStatus", ""), ("agents.sessions.setStatus", "active"))
        for method, status in ends:
            await slack.until(lambda: slack.calls_to(method)[-1].arguments["status"] == status)  # noqa: B023
        assert of_bot(slack, general, question) == []


# While it is written


async def test_the_first_words_of_a_short_answer_are_seen_before_it_is_finished(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    gate = Gate()
    async with served(slack, tmp_path, model(vacation=("Thirty days, and three more", gate, " at sea."))):
        for place in (general, slack.dm(ana)):
            question = await slack.says(ana, place, f"{slack.mention} vacation")
            await slack.until(lambda: of_bot(slack, place, question))  # noqa: B023
            (begun,) = of_bot(slack, place, question)
            assert begun.streaming
            assert begun.text == "Thirty days, and three more"
            gate.open()
            await answered(slack, place, question)
            gate.opened.clear()
    in_channel, in_direct = (call.arguments for call in slack.calls_to("chat.startStream"))
    assert in_channel["recipient_user_id"] == ana.id
    assert in_channel["recipient_team_id"] == ana.team
    assert not {"recipient_user_id", "recipient_team_id"} & set(in_direct)


async def test_an_answer_that_comes_at_once_is_one_message(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(vacation="Thirty days [1]. It says so in the handbook.")):
        question = await asked(slack, ana, general, "vacation")
    (answer,) = of_bot(slack, general, question)
    assert text_of([answer]) == "Thirty days [1]. It says so in the handbook."


@pytest.mark.parametrize("cap", [10_600, 3_000])
async def test_a_long_answer_goes_on_in_as_many_messages_as_it_needs(
    slack: Slack, ana: User, general: Channel, tmp_path: Path, cap: int
) -> None:
    slack.stream_bytes_cap = cap
    async with served(slack, tmp_path, model(all=in_pieces(LONG))):
        question = await asked(slack, ana, general, "all")
    shown = of_bot(slack, general, question)
    is_whole(slack, general, question, LONG)
    assert len(LONG.encode()) > 45_000
    assert all(one.message.stream for one in shown), "the whole of it was streamed"
    assert slack.session(general, question) == "active"


async def test_a_long_answer_is_whole_where_there_are_no_streams(tmp_path: Path) -> None:
    gate = Gate()
    pieces = in_pieces(LONG)
    async with (
        open_slack(streaming=False) as slack,
        served(slack, tmp_path, model(all=(*pieces[:150], gate, *pieces[150:]))),
    ):
        ana = slack.person("Ana")
        general = slack.channel("general", members=[ana])
        await asked(slack, ana, general, "nothing")  # now it is known that there are none
        question = await slack.says(ana, general, f"{slack.mention} all")
        await slack.until(lambda: "Stop" in of_bot(slack, general, question)[0].buttons)
        gate.open()
        await answered(slack, general, question)
        is_whole(slack, general, question, LONG)
        assert not any("Stop" in one.buttons for one in of_bot(slack, general, question))


async def test_answers_in_one_thread_at_once_do_not_mix(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    texts = {
        f"topic {n}": "\n\n".join(f"word{n} of paragraph {at}, {'and more ' * 9}" for at in range(120))
        for n in range(4)
    }
    gate = Gate()
    pipeline = model(**{name: [*in_pieces(text)[:20], gate, *in_pieces(text)[20:]] for name, text in texts.items()})
    async with served(slack, tmp_path, pipeline):
        root = await slack.says(ana, general, "A thread")
        asking = [await slack.says(ana, general, f"{slack.mention} {name}", thread=root) for name in texts]
        await slack.until(lambda: len(of_bot(slack, general, root)) == len(asking))
        gate.open()
        shown = await answered(slack, general, root, answers=len(texts))
    by_topic = {name: [one for one in shown if f"word{name[-1]} " in one.text] for name in texts}
    for name, text in texts.items():
        assert squeezed(text_of(by_topic[name])) == squeezed(text)
    assert sum(map(len, by_topic.values())) == len(shown)


# At the end


async def test_an_answer_ends_with_sources_a_receipt_and_buttons(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(vacation="Thirty days [1].")):
        question = await asked(slack, ana, general, "vacation")
    (answer,) = of_bot(slack, general, question)
    assert answer.buttons == ("Good answer", "Bad answer", "Why?", "Sources", "Try again", "Hand over")
    assert "[1]* Budgets › Daily budget (docs/budget.md#daily-budget)" in answer.text
    (receipt,) = (block for block in answer.blocks if block["type"] == "context")
    assert "ref ref1" in receipt["elements"][0]["text"]
    assert any(
        element["type"] == "feedback_buttons" for block in answer.blocks for element in block.get("elements", ())
    )


@pytest.mark.parametrize("refusals", [0, 1, 2, 3])
async def test_blocks_that_a_workspace_does_not_know_become_plainer_ones(
    slack: Slack, ana: User, general: Channel, tmp_path: Path, refusals: int
) -> None:
    gate = Gate()
    async with served(slack, tmp_path, model(vacation=("**Thirty** days", gate, " [1].", TABLE), more="More.")):
        slack.fail("chat.stopStream", error="invalid_blocks")
        if refusals:
            slack.fail("chat.update", error="invalid_blocks", times=refusals)
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: of_bot(slack, general, question))
        gate.open()
        await slack.until(lambda: "Budgets" in of_bot(slack, general, question)[0].text)
        (answer,) = of_bot(slack, general, question)
        for told in ("Thirty", "days [1].", "item 39", "Budgets › Daily budget", "ref ref1"):
            assert told in answer.text
        if refusals < 3:
            assert {"Why?", "Sources", "Try again", "Hand over"} < set(answer.buttons)
        if refusals == 1:  # learnt: the next one is plainer from the first
            again = await asked(slack, ana, general, "more")
            for shown in (answer, *of_bot(slack, general, again)):
                assert shown.buttons[:2] == ("Good answer", "Bad answer")
                assert "context_actions" not in {block["type"] for block in shown.blocks}
    assert slack.without_fallback == 0


async def test_what_does_not_fit_below_an_answer_goes_into_a_message_of_its_own(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    text = "\n\n".join(f"Paragraph {n} of a text that almost fills a message." for n in range(150))
    pipeline = model(all=in_pieces(text))
    pipeline.changes["citations"] = citations(40, title="A title " * 20, quote="A quotation " * 15)
    async with served(slack, tmp_path, pipeline):
        question = await asked(slack, ana, general, "all")
    is_whole(slack, general, question, text)
    shown = of_bot(slack, general, question)
    assert len(shown) > 1
    listed = re.findall(r"\*\[(\d+)\]\* A title", "".join(one.text for one in shown))
    assert listed == [str(n) for n in range(1, 41)]
    assert all(one.fallback.strip(" …") for one in shown if not one.message.stream)


async def test_tables_are_read_as_aligned_code_and_wide_ones_as_lists(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(all=f"Prices:\n\n{TABLE}\n\nReasons:\n\n{WIDE}\n")):
        question = await asked(slack, ana, general, "all")
    (answer,) = of_bot(slack, general, question)
    assert re.search(r"```\nname +price\n-+ +-+\nitem 0 +0\n", answer.text)
    assert "- **n8**: why: because because" in answer.text
    assert "|" not in answer.text


# Limits


async def test_many_answers_at_once_stay_within_the_limits_without_streams(tmp_path: Path) -> None:
    await _many(tmp_path, 20, streaming=False)


async def test_changes_in_between_leave_room_for_the_last_ones(tmp_path: Path) -> None:
    gates = [Gate() for _ in range(5)]
    script = [piece for n, gate in enumerate(gates) for piece in (f"Part {n}. ", gate)]
    async with open_slack(streaming=False) as slack, served(slack, tmp_path, model(vacation=script), clock=Hasty()):
        slack.tiers.on = True
        ana = slack.person("Ana")
        places = [slack.channel(f"c{n}", members=[ana]) for n in range(20)]
        questions = [await slack.says(ana, place, f"{slack.mention} vacation") for place in places]
        for place, question in zip(places, questions, strict=True):
            await slack.until(lambda: of_bot(slack, place, question))  # noqa: B023
        for gate in gates:
            gate.open()
            await asyncio.sleep(0.1)  # time for changes that there is no room for
        for place, question in zip(places, questions, strict=True):
            (answer,) = await answered(slack, place, question)
            assert text_of([answer]).split() == ["Part", "0.", "Part", "1.", "Part", "2.", "Part", "3.", "Part", "4."]
        assert 20 < len(slack.calls_to("chat.update")) <= 50
        assert not [call for call in slack.calls if call.error == "ratelimited" and call.method.startswith("chat.")]


async def test_more_answers_than_may_be_streamed_at_once_are_all_complete(tmp_path: Path) -> None:
    await _many(tmp_path, 40, streaming=True)


async def _many(where: Path, count: int, *, streaming: bool) -> None:
    gate = Gate()
    async with (
        open_slack(streaming=streaming) as slack,
        served(slack, where, model(vacation=("It is said that ", gate, "thirty days are free."))),
    ):
        slack.tiers.per_minute["agents.sessions.setStatus"] = 600  # nobody says how often it may be called
        slack.tiers.on = True  # sockets are opened by a method that is limited, too
        ana = slack.person("Ana")
        places = [slack.channel(f"c{n}", members=[ana]) for n in range(count)]
        questions = [await slack.says(ana, place, f"{slack.mention} vacation") for place in places]

        def all_seen(condition: Callable[[str], bool]) -> bool:
            shown = (of_bot(slack, place, one) for place, one in zip(places, questions, strict=True))
            return all(condition(text_of(one)) for one in shown)

        await slack.until(lambda: all_seen(lambda text: "It is said" in text))
        gate.open()
        for place, question in zip(places, questions, strict=True):
            (answer,) = await answered(slack, place, question)
            assert text_of([answer]) == "It is said that thirty days are free."
        assert len(slack.calls_to("chat.update")) <= 50
        limited = [call.method for call in slack.calls if call.error == "ratelimited"]
        assert not [method for method in limited if method.startswith("chat.")], "nobody had to wait"


# For one alone


async def test_a_refusal_is_seen_by_whoever_asked_and_nobody_else(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    bea = slack.person("Bea")
    slack.joins(bea, general)
    pipeline = model()
    pipeline.refusal = one_too_many()
    async with served(slack, tmp_path, pipeline):
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: of_bot(slack, general, question, by=ana))
    (refusal,) = of_bot(slack, general, question, by=ana)
    assert refusal.ephemeral
    assert "10 questions" in refusal.text
    assert of_bot(slack, general, question, by=bea) == []


async def test_who_cannot_be_told_in_the_channel_is_told_in_a_direct_message(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    pipeline = model()
    pipeline.refusal = one_too_many()
    async with served(slack, tmp_path, pipeline):
        slack.fail("chat.postEphemeral", "user_not_in_channel")
        await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: of_bot(slack, ana))
    assert "10 questions" in of_bot(slack, ana)[0].text
