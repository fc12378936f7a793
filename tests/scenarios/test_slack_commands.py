"""Commands in Slack: `/ask`, `/rag`, and by the bot's name; for the eyes of whoever called them, until they share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.access import Access, Admins
from rag.quota.books import Books
from rag.quota.policy import QuotaPolicy
from tests.fakes.chat_bot import ChatBot
from tests.fakes.scripted_pipeline import one_too_many
from tests.fakes.slack import ALL_SCOPES, Channel, File, Refused, Seen, Slack, User, open_slack
from tests.fakes.spending import expense, spend
from tests.scenarios.slack_talks import answered, asked, of_bot, served, text_of
from tests.scenarios.talks import Gate, model


async def called(slack: Slack, who: User, where: Any, command: str, text: str = "") -> Seen:
    """Run a slash command; returns what it was answered with."""
    before = len(of_bot(slack, where, by=who))
    await slack.runs(who, where, command, text)
    await slack.until(lambda: len(of_bot(slack, where, by=who)) > before)
    return of_bot(slack, where, by=who)[-1]


async def spent(bot: ChatBot, user: str, channel: str) -> None:
    """Some dollars of this person in this place, of two models."""
    books = Books(bot.talk.database, bot.talk.clock, QuotaPolicy())
    for model_name, micro_usd in (("large", 3_000_000), ("small", 1_000_000)):
        await spend(books, expense(micro_usd, user=user, channel=channel, workspace="T0HOME", model=model_name))


# /ask


async def test_ask_is_answered_for_all_below_who_asked_what(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    bea = slack.person("Bea")
    async with served(slack, tmp_path, model(**{"is_it_<b>_&_@here?": "Yes.", "and_then?": "Then too."})):
        head = await called(slack, ana, general, "/ask", "is it <b> &amp; @here?")
        assert "Ana asks: is it <b> & " in head.text.replace("*", "")
        await answered(slack, general, head)
        (answer,) = of_bot(slack, general, head, by=bea)[1:]
        assert text_of([answer]) == "Yes."
        follow_up = await slack.says(ana, general, "and then?", thread=head)
        await answered(slack, general, follow_up, answers=2)
    assert slack.pings == []


async def test_ask_is_answered_to_one_alone_where_the_bot_is_no_member(slack: Slack, ana: User, tmp_path: Path) -> None:
    away = slack.channel("away", members=[ana], bot_in=False)
    async with served(slack, tmp_path, model(vacation="Thirty days [1].")):
        await slack.runs(ana, away, "/ask", "vacation")
        await slack.until(lambda: "Thirty" in of_bot(slack, away, by=ana)[-1].text)
        shown = of_bot(slack, away)
        assert all(one.ephemeral for one in shown)
        assert shown[0].text == "Searching the documents…"
        assert "Budgets › Daily budget" in shown[-1].text
        # Its buttons work there, too: nobody else sees what they say.
        await slack.presses(ana, shown[-1], "ragbot:sources")
        await slack.until(lambda: "What I quoted" in of_bot(slack, away, by=ana)[-1].text)
        assert of_bot(slack, away)[-1].ephemeral


async def test_ask_alone_tells_how_it_is_typed(slack: Slack, ana: User, general: Channel, tmp_path: Path) -> None:
    async with served(slack, tmp_path, model()):
        told = await called(slack, ana, general, "/ask")
    assert told.ephemeral
    assert "/ask" in told.text
    assert "/rag ask" not in told.text
    assert [one for one in slack.seen(general) if "asks" in one.text] == []


async def test_a_long_answer_to_one_alone_outlives_its_response_url(slack: Slack, ana: User, tmp_path: Path) -> None:
    away = slack.channel("away", members=[ana], bot_in=False)
    text = "\n\n".join(f"Paragraph {n}: {'words ' * 60}" for n in range(150))
    async with served(slack, tmp_path, model(all=text)):
        await slack.runs(ana, away, "/ask", "all")
        await slack.until(lambda: "Try again" in [label for one in of_bot(slack, ana) for label in one.buttons])
    seen = text_of([*of_bot(slack, away, by=ana), *of_bot(slack, ana)])
    assert seen.split() == text.split()


async def test_an_expired_response_url_keeps_nobody_from_their_answer(slack: Slack, ana: User, tmp_path: Path) -> None:
    away = slack.channel("away", members=[ana], bot_in=False)
    gate = Gate()
    async with served(slack, tmp_path, model(vacation=(gate, "Thirty days."))):
        await slack.runs(ana, away, "/ask", "vacation")
        await slack.until(lambda: of_bot(slack, away, by=ana))
        slack.pass_time(31 * 60)
        gate.open()
        await slack.until(lambda: "Thirty" in of_bot(slack, ana)[-1].text)


async def test_an_expired_response_url_of_a_channel_is_not_needed_there(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model()):
        issue = slack.response_urls.issue
        slack.response_urls.issue = lambda *_: issue(*_) + "-expired"  # type: ignore[method-assign]
        told = await called(slack, ana, general, "/rag", "help")
        assert told.ephemeral
        assert [call.error for call in slack.calls_to("chat.postEphemeral")] == [""]


# /rag


async def test_rag_is_for_the_eyes_of_whoever_called_it(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model()):
        for text in ("help", "cost", "sources", "status", "/cost"):
            assert (await called(slack, ana, general, "/rag", text)).ephemeral, text
        told = await called(slack, ana, general, "/rag")
        assert told.ephemeral
        assert "- `/rag cost`: " in told.text, "help, with the commands as they are typed here"
        assert "- `/ask <" in told.text
        assert "`/cost" not in told.text
        told = await called(slack, ana, general, "/rag", "csot")
        assert "`/rag cost`" in told.text, "the one that was meant"


async def test_people_are_told_in_their_own_language(slack: Slack, tmp_path: Path) -> None:
    rui = slack.person("Rui", locale="pt-BR")
    geral = slack.channel("geral", members=[rui])
    async with served(slack, tmp_path, model(vacation="Trinta dias [1].")):
        assert "Também conheço estes comandos" in (await called(slack, rui, geral, "/rag")).text
        head = await called(slack, rui, geral, "/ask", "vacation")
        assert head.text.startswith("*Rui pergunta:*")
        await slack.until(lambda: "Por quê?" in of_bot(slack, geral, head)[-1].buttons)


async def test_a_private_figure_is_shared_with_its_sharers_name_and_its_picture(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    bea = slack.person("Bea")
    slack.joins(bea, general)
    async with served(slack, tmp_path, model()) as bot:
        await spent(bot, ana.id, general.id)
        told = await called(slack, ana, general, "/rag", "cost month by model")
        assert told.buttons == ("Share in channel",)
        assert of_bot(slack, general, by=bea) == []
        assert any(mark in told.text for mark in "▏█▌"), "bars of text: pictures cannot be for one alone"
        await slack.presses(ana, told, "Share in channel")
        await slack.until(lambda: of_bot(slack, general, by=bea)[-1].files)
    shared, picture = of_bot(slack, general, by=bea)
    assert "Shared by Ana" in shared.text
    assert "/rag cost month by model" in shared.text
    assert shared.buttons == ()
    assert "$" in picture.files[0].alt_text
    assert slack.pings == []


async def test_sharing_works_where_the_bot_is_no_member(slack: Slack, ana: User, tmp_path: Path) -> None:
    bea = slack.person("Bea")
    away = slack.channel("away", members=[ana, bea], bot_in=False)
    async with served(slack, tmp_path, model()) as bot:
        await spent(bot, ana.id, away.id)
        told = await called(slack, ana, away, "/rag", "cost month by model")
        await slack.presses(ana, told, "Share in channel")
        await slack.until(lambda: of_bot(slack, away, by=bea))
        (shared,) = of_bot(slack, away, by=bea)
    assert "Shared by Ana" in shared.text
    assert any(mark in shared.text for mark in "▏█▌")


async def test_sharing_what_nobody_spent_shows_no_empty_message(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model()):
        told = await called(slack, ana, general, "/rag", "cost")
        await slack.presses(ana, told, "Share in channel")
        await slack.until(lambda: [one for one in of_bot(slack, general) if not one.ephemeral])
    (shared,) = (one for one in of_bot(slack, general) if not one.ephemeral)
    assert "Shared by Ana" in shared.text


# By name, in threads


async def test_a_command_in_a_thread_is_answered_there_to_one_alone(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    bea = slack.person("Bea")
    slack.joins(bea, general)
    async with served(slack, tmp_path, model(vacation="Thirty days.")):
        question = await asked(slack, ana, general, "vacation")
        await slack.says(ana, general, f"{slack.mention} cost", thread=question)
        await slack.until(lambda: of_bot(slack, general, question, by=ana)[-1].ephemeral)
        told = of_bot(slack, general, question, by=ana)[-1]
        assert "**You, " in told.text
        assert len(of_bot(slack, general, question, by=bea)) == 1
        await slack.presses(ana, told, "Share in channel")
        await slack.until(lambda: len(of_bot(slack, general, question, by=bea)) == 2)
    with pytest.raises(Refused):  # why commands work by name, too
        await slack.runs(ana, general, "/rag", "cost", thread=question)


async def test_a_picture_among_people_is_no_call_for_help(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    async with served(slack, tmp_path, model(vacation="Thirty days.", more="More.")):
        question = await asked(slack, ana, general, "vacation")
        await slack.uploads(ana, general, "", File("F1", "cat.png", 3), thread=question)
        await slack.says(ana, general, "more", thread=question)
        await answered(slack, general, question, answers=2)
    assert [text_of([one]) for one in of_bot(slack, general, question)] == ["Thirty days.", "More."]


# Charts


@pytest.mark.parametrize("fault", ["", "scope", "ask", "complete"])
async def test_a_chart_is_a_picture_with_words_or_bars_of_text(tmp_path: Path, fault: str) -> None:
    scopes = ALL_SCOPES - ({"files:write"} if fault == "scope" else set())
    async with open_slack(scopes=scopes) as slack, served(slack, tmp_path, model()) as bot:
        ana = slack.person("Ana")
        await spent(bot, ana.id, slack.dm(ana).id)
        if fault in {"ask", "complete"}:
            method = {"ask": "files.getUploadURLExternal", "complete": "files.completeUploadExternal"}[fault]
            slack.fail(method, "some_error")
        question = await slack.says(ana, slack.dm(ana), "cost month by model")
        if fault:
            await slack.until(lambda: "█" in of_bot(slack, ana, question)[0].text)
            (told,) = of_bot(slack, ana, question)
            assert told.files == ()
        else:
            await slack.until(lambda: of_bot(slack, ana, question)[-1].files)
            told, picture = of_bot(slack, ana, question)
            assert told.buttons == ("Ask the documents",), "there is nobody to share it with"
            assert "█" not in told.text
            assert "$" in picture.files[0].alt_text
        assert slack.without_fallback == 0


async def test_people_in_tables_have_names(slack: Slack, ana: User, general: Channel, tmp_path: Path) -> None:
    access = Access(admins=Admins(users=frozenset({ana.id})))
    async with served(slack, tmp_path, model(), access=access) as bot:
        await spent(bot, ana.id, general.id)
        told = await called(slack, ana, general, "/rag", "cost month by user")
        assert "Ana" in told.text
        assert ana.id not in told.text
        told = await called(slack, ana, general, "/rag", "cost month by channel")
        assert "#general" in told.text
    assert slack.pings == []


async def test_who_may_ask_no_more_leaves_no_question_without_an_answer(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation="Thirty days.")
    pipeline.refusal = one_too_many()
    async with served(slack, tmp_path, pipeline):
        await slack.runs(ana, general, "/ask", "vacation")
        await slack.until(lambda: "Please ask again" in of_bot(slack, general, by=ana)[-1].text)

    (only,) = of_bot(slack, general, by=ana)
    assert only.ephemeral


async def test_handing_over_where_the_bot_is_no_member_is_told_to_whoever_tried(
    slack: Slack, ana: User, tmp_path: Path
) -> None:
    away = slack.channel("away", members=[ana], bot_in=False)
    people = {"*": [slack.person("Bea").id]}
    async with served(slack, tmp_path, model(vacation="Thirty days."), people=people):
        await slack.runs(ana, away, "/ask", "vacation")
        await slack.until(lambda: "Thirty" in of_bot(slack, away, by=ana)[-1].text)
        await slack.presses(ana, of_bot(slack, away, by=ana)[-1], "ragbot:hand_over")
        await slack.until(lambda: slack.modal(ana))
        await slack.submits(ana, slack.modal(ana), {})
        await slack.until(lambda: "/invite" in of_bot(slack, ana)[-1].text)

    assert slack.pings == []


@pytest.mark.parametrize("name", ["why", "retry", "good"])
async def test_a_command_about_the_last_answer_means_the_last_one_of_that_person_there(
    slack: Slack, ana: User, general: Channel, tmp_path: Path, name: str
) -> None:
    pipeline = model(vacation="Thirty days.")
    async with served(slack, tmp_path, pipeline):
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: "Why?" in of_bot(slack, general, question)[-1].buttons)
        if name == "retry":
            await slack.runs(ana, general, "/rag", name)
            await slack.until(lambda: len(pipeline.asked) == 2)
        else:
            told = await called(slack, ana, general, "/rag", name)
            assert told.ephemeral
            assert "no answer here" not in told.text


async def test_the_muted_bell_mutes_as_slack_writes_it(
    slack: Slack, ana: User, general: Channel, tmp_path: Path
) -> None:
    pipeline = model(vacation="Thirty days.")
    async with served(slack, tmp_path, pipeline):
        question = await slack.says(ana, general, f"{slack.mention} vacation")
        await slack.until(lambda: "Why?" in of_bot(slack, general, question)[-1].buttons)
        await slack.says(ana, general, f"{slack.mention} :mute:", question)
        await slack.until(lambda: len(of_bot(slack, general, question)) == 2)

    assert len(pipeline.asked) == 1
