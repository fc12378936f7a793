"""Dialogues in Discord: what was wrong, what people should know who take over, what somebody asks about a message."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot.chats import DiscordSettings
from tests.fakes.discord import Channel, Discord, Guild, User
from tests.fakes.discord.model import LOADING
from tests.scenarios.discord_presses import VACATION, called, settled, standing, told, verdicts
from tests.scenarios.discord_talks import answered, asked, can_be_read, of_bot, served, text_of
from tests.scenarios.talks import Gate, Hasty, model

ABOUT = "Ask about this message"


@pytest.fixture
def cid(discord: Discord, acme: Guild) -> User:
    return discord.person("Cid", guilds=[acme])


# What was wrong


async def test_a_thumb_down_is_written_down_at_once_and_its_reason_when_it_is_given(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)) as bot:
        await asked(discord, bia, lobby, "vacation")
        opened = await discord.presses(cid, of_bot(discord, lobby)[0], "Bad answer")
        assert opened.modal is not None
        assert opened.modal.title == "What was wrong?"
        assert await verdicts(bot, 1) == [(cid.id, "bad", "")]
        sent = await discord.submits(opened, text=" the figure is *from* last year @everyone ")
        thanks = await told(discord, sent)
        assert thanks.ephemeral
        assert "I noted what was wrong" in thanks.text
        assert await verdicts(bot) == [(cid.id, "bad", "the figure is *from* last year @everyone")]
    assert len(of_bot(discord, lobby, by=bia)) == 1


async def test_who_says_no_more_than_bad_is_not_asked_again(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)) as bot:
        await asked(discord, bia, lobby, "vacation")
        opened = await discord.presses(bia, of_bot(discord, lobby)[0], "Bad answer")
        sent = await discord.submits(opened, text="")
        assert sent.answered
        assert await verdicts(bot, 1) == [(bia.id, "bad", "")]
    assert standing(sent) == []
    assert len(of_bot(discord, lobby, by=bia)) == 1


async def test_a_dialogue_that_is_sent_twice_says_it_once(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)) as bot:
        await asked(discord, bia, lobby, "vacation")
        opened = await discord.presses(bia, of_bot(discord, lobby)[0], "Bad answer")
        sent = await discord.submits(opened, text="too old")
        await told(discord, sent)
        await discord._sends(sent, wait=True)
        assert await verdicts(bot) == [(bia.id, "bad", "too old")]
    assert len(standing(sent)) == 1


async def test_the_reason_can_be_given_by_a_command(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)) as bot:
        await asked(discord, bia, lobby, "vacation")
        await settled(bot)
        shown = await called(discord, bia, lobby, "rag bad", reason="it is from last year")
        assert "I noted what was wrong" in shown.text
        assert await verdicts(bot) == [(bia.id, "bad", "it is from last year")]


async def test_a_dialogue_that_was_answered_too_late_is_obeyed_all_the_same(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION), people={"*": [cid.id]}) as bot:
        await asked(discord, bia, lobby, "vacation")
        await settled(bot)
        for button, words in (("Bad answer", "too old"), ("Hand over", "invoice 12")):
            opened = await discord.presses(bia, of_bot(discord, lobby)[0], button)
            await discord.submits(opened, text=words, wait=False)
            discord.pass_time(4)
        await discord.until(lambda: [one for one in of_bot(discord, lobby) if one.pings == {cid.id}])
        await discord.until(lambda: [one for one in of_bot(discord, discord.dm(bia)) if "I noted" in one.text])
        assert await verdicts(bot) == [(bia.id, "bad", "too old")]


async def test_without_a_dialogue_the_reason_is_asked_for_in_words(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION), clock=Hasty()) as bot:
        await asked(discord, bia, lobby, "vacation")
        discord.fail("POST", "/interactions/*", status=400, code=50035)
        made = await discord.presses(bia, of_bot(discord, lobby)[0], "Bad answer", wait=False)
        assert await verdicts(bot, 1) == [(bia.id, "bad", "")]
        private = discord.dm(bia)
        await discord.until(
            lambda: [one for one in (*map(discord.look, standing(made)), *of_bot(discord, private)) if one.text]
        )
        (shown,) = (*map(discord.look, standing(made)), *of_bot(discord, private))
    assert "What was wrong? For example: `/rag bad" in shown.text


async def test_a_dialogue_is_in_the_language_of_whoever_sees_it(
    discord: Discord, bia: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    rui = discord.person("Rui", guilds=[acme], locale="pt-BR")
    async with served(discord, tmp_path, model(vacation=VACATION)):
        await asked(discord, bia, lobby, "vacation")
        opened = await discord.presses(rui, of_bot(discord, lobby)[0], "Bad answer")
        assert opened.modal is not None
        assert opened.modal.title == "O que estava errado?"


# Handing over


async def test_handing_over_calls_people_once_and_the_bot_keeps_quiet_until_it_is_named(
    discord: Discord, bia: User, cid: User, lobby: Channel, acme: Guild, *, tmp_path: Path
) -> None:
    desk = discord.role(acme, "helpdesk", mentionable=True)
    thread = await discord.opens_thread(bia, lobby, "holidays")
    text = f"Thirty days [1], says {bia.mention} @everyone."
    pipeline = model(vacation=text, and_at_sea="Forty [1].")
    settings = DiscordSettings(follow_ups=True)
    async with served(discord, tmp_path, pipeline, people={"*": [cid.id, desk.id]}, settings=settings) as bot:
        await asked(discord, bia, thread, "vacation")
        (answer,) = of_bot(discord, thread)
        opened = await discord.presses(bia, answer, "Hand over")
        assert opened.modal is not None
        assert len(of_bot(discord, thread)) == 1, "nobody is called before the dialogue is sent"
        await discord.submits(opened, text=f"it is about invoice 12 @here {bia.mention}")
        await discord.until(lambda: len(of_bot(discord, thread)) == 2)
        handed = of_bot(discord, thread)[1]
        for words in (cid.mention, desk.mention, "vacation", "invoice 12", "Thirty days"):
            assert words in handed.content
        assert handed.pings == {cid.id, desk.id}
        await settled(bot)
        await discord.says(bia, thread, "and at sea")
        await discord.says(cid, thread, "I look after it")
        await discord.says(bia, thread, f"{discord.mention} and at sea")
        await discord.until(lambda: "Forty" in of_bot(discord, thread)[-1].content)
    assert [one.question for one in pipeline.asked] == ["vacation", "and at sea"]
    called = [message.pings for message in thread.log if message.author is discord.bot and message.pings]
    assert called == [{cid.id, desk.id}]


async def test_handing_over_twice_at_once_calls_people_once(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION), people={"*": [cid.id]}) as bot:
        await asked(discord, bia, lobby, "vacation")
        await settled(bot)
        opened = await discord.presses(bia, of_bot(discord, lobby)[0], "Hand over")
        sent = await discord.submits(opened, text="")
        await discord.until(lambda: len(of_bot(discord, lobby)) == 2)
        await discord._sends(sent, wait=True)  # told again after a resume
    assert [one.pings for one in of_bot(discord, lobby) if one.pings] == [{cid.id}]


async def test_handing_over_by_a_command_calls_people_where_they_see_it(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION), people={lobby.id: [cid.id]}) as bot:
        await asked(discord, bia, lobby, "vacation")
        await settled(bot)
        made = await discord.slash(bia, lobby, "rag handover", note="it is about invoice 12")
        await discord.until(lambda: [one for one in of_bot(discord, lobby, by=cid) if one.pings])
        await discord.until(lambda: not any(message.flags & LOADING for message in standing(made)))
    (handed,) = [one for one in of_bot(discord, lobby, by=cid) if one.pings]
    assert handed.pings == {cid.id}
    assert "invoice 12" in handed.content


async def test_handing_over_where_nobody_is_named_says_so_to_whoever_tried(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path
) -> None:
    async with served(discord, tmp_path, model(vacation=VACATION)):
        await asked(discord, bia, lobby, "vacation")
        opened = await discord.presses(bia, of_bot(discord, lobby)[0], "Hand over")
        shown = await told(discord, opened if opened.modal is None else await discord.submits(opened, text="x"))
    assert shown.ephemeral
    assert "Nobody is named to take questions over here" in shown.text
    assert len(of_bot(discord, lobby)) == 1


# Commands that act on an answer


@pytest.mark.parametrize("command", ["stop", "retry", "mute", "unmute", "documents", "books"])
async def test_no_command_leaves_the_bot_thinking_for_ever(
    discord: Discord, bia: User, lobby: Channel, tmp_path: Path, command: str
) -> None:
    never = Gate()
    script = ("Thirty ", never) if command == "stop" else VACATION
    async with served(discord, tmp_path, model(vacation=script), clock=Hasty()) as bot:
        await discord.says(bia, lobby, f"{discord.mention} vacation")
        await discord.until(lambda: of_bot(discord, lobby)[0].buttons)
        if command != "stop":
            await settled(bot)
        made = await discord.slash(bia, lobby, f"rag {command}")
        assert made.ephemeral
        await discord.until(lambda: not any(message.flags & LOADING for message in standing(made)))
        (answer,) = await answered(discord, lobby)
        assert ("Stopped." in answer.text) == (command == "stop")


# About a message


async def test_words_about_a_message_are_asked_with_it(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(**{"still_so_“We_give_thirty_days.”": "Yes [1]."})
    async with served(discord, tmp_path, pipeline):
        message = await discord.says(cid, lobby, "We give thirty days.")
        opened = await discord.context(bia, message, ABOUT)
        assert opened.modal is not None
        assert opened.modal.title == ABOUT
        await discord.submits(opened, text="still so")
        (answer,) = await answered(discord, lobby, by=cid)
    assert "Yes [1]." in answer.content
    assert "still so" in answer.content, "nobody sees what was written in the dialogue"
    assert "We give thirty days" in answer.content, "which message was meant"
    assert pipeline.asked[0].question == "still so “We give thirty days.”", "its words are searched for, too"
    can_be_read([answer])


async def test_a_message_is_asked_itself_where_nobody_says_more(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(**{"how_many_days?": VACATION})
    async with served(discord, tmp_path, pipeline):
        message = await discord.says(cid, lobby, "how many days?")
        await discord.submits(await discord.context(bia, message, ABOUT), text="")
        (answer,) = await answered(discord, lobby, by=cid)
    assert pipeline.asked[0].question == "how many days?"
    assert "how many days?" in answer.content


async def test_the_bot_reads_that_message_without_the_message_content_intent_and_without_history(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    await discord.deny(lobby, "READ_MESSAGE_HISTORY")
    pipeline = model(**{"how_many_days?": VACATION})
    async with served(discord, tmp_path, pipeline):
        message = await discord.says(cid, lobby, "how many days?")
        await discord.submits(await discord.context(bia, message, ABOUT), text="")
        await answered(discord, lobby)
    assert pipeline.asked[0].question == "how many days?"


async def test_a_question_about_a_message_survives_a_restart_of_the_bot(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model(**{"still_so_“We_give_thirty_days.”": "Yes [1]."})
    message = await discord.says(cid, lobby, f"{discord.mention} We give thirty days.")
    async with served(discord, tmp_path, pipeline):
        opened = await discord.context(bia, message, ABOUT)
    async with served(discord, tmp_path, pipeline, prefix="new"):
        await discord.submits(opened, text="still so")
        await answered(discord, lobby)
    assert [asked.question for asked in pipeline.asked][-1] == "still so “We give thirty days.”"


async def test_a_message_with_mentions_is_asked_with_names_and_calls_nobody(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path
) -> None:
    pipeline = model()
    async with served(discord, tmp_path, pipeline):
        message = await discord.says(cid, lobby, f"does {bia.mention} know? @everyone ||x||")
        await discord.submits(await discord.context(bia, message, ABOUT), text="")
        shown = await answered(discord, lobby)
    assert "@Bia" in pipeline.asked[0].question
    assert bia.id not in text_of(shown)
    can_be_read(shown)


async def test_a_picture_without_words_is_asked_about_with_words_alone(
    discord: Discord, bia: User, cid: User, lobby: Channel, tmp_path: Path, *, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = model(what_is_it="A cat [1].")
    async with served(discord, tmp_path, pipeline):
        message = await discord.says(cid, lobby, "", attachments=[discord.file("cat.png", b"png")])
        await discord.submits(await discord.context(bia, message, ABOUT), text="what is it")
        await answered(discord, lobby)
        made = await discord.submits(await discord.context(bia, message, ABOUT), text="")
        shown = await told(discord, made)
        assert shown.text, "there is nothing to ask, and that is said"
    assert [one.question for one in pipeline.asked] == ["what is it"]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_who_reads_portuguese_is_asked_in_portuguese_about_a_message(
    discord: Discord, cid: User, lobby: Channel, acme: Guild, tmp_path: Path
) -> None:
    rui = discord.person("Rui", guilds=[acme], locale="pt-BR")
    async with served(discord, tmp_path, model()):
        message = await discord.says(cid, lobby, "quantos dias?")
        opened = await discord.context(rui, message, ABOUT)
    assert opened.modal is not None
    assert opened.modal.title == "Perguntar sobre esta mensagem"
