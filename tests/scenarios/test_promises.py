"""What the bot promises in a conversation: whole chats through the console, vendors that speak their protocols."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes import chat_faults as faults
from tests.fakes.chats import RECEIPT, Company, open_company
from tests.scenarios.team import OTHER_QUESTION, QUESTION

FOLLOW_UP = "And what do I get for trips?"
MEANT = "How many euros is the daily allowance for travel?"
PORTUGUESE = "Quantos dias de férias cada funcionário tem?"
VACATION = "Every employee has 30 days of vacation a year."
TRAVEL = "The daily allowance for travel is 28 euros."
FERIAS = "Cada funcionário tem 30 dias de férias por ano."


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    """A company whose cheapest model understands what the follow-up is about."""
    async with open_company(tmp_path) as opened:
        opened.gemini.answer = lambda _: MEANT
        yield opened


class TestAFollowUp:
    async def test_is_answered_with_what_was_said_before_the_bots_own_answer_included(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.ask(FOLLOW_UP)

        told = company.told()
        assert told.index(QUESTION) < told.index(VACATION) < told.rindex(FOLLOW_UP)

    async def test_is_searched_for_as_it_was_meant(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)

        assert f"{TRAVEL} [1]" in await chat.ask(FOLLOW_UP)

    async def test_is_understood_after_a_crash_when_its_conversation_goes_on(self, company: Company) -> None:
        chat = await company.chat("holidays")
        await chat.ask(QUESTION)
        await chat.settle()
        await chat.kill()

        assert f"{TRAVEL} [1]" in await (await company.chat("holidays")).ask(FOLLOW_UP)
        assert f"{QUESTION}\n{VACATION}\n" in company.told()

    async def test_in_a_new_conversation_knows_nothing_of_the_one_before(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.leave()
        await (await company.chat()).ask(FOLLOW_UP)

        assert FOLLOW_UP not in company.told()
        assert len(company.gemini.calls) == 0


class TestAMutedConversation:
    async def test_hears_nothing_of_the_bot_until_it_is_asked_by_name(self, company: Company) -> None:
        chat = await company.chat()
        await chat.say("/mute", "mute.done")
        await chat.say(QUESTION, "console.keeps_quiet")
        assert company.calls == 0

        assert VACATION in await chat.ask(f"@ragbot {QUESTION}")
        assert TRAVEL in await chat.ask(OTHER_QUESTION)

    async def test_is_muted_by_a_command_an_emoji_or_a_word_in_either_language(self, company: Company) -> None:
        chat = await company.chat()
        for word in ("/mute", "mute", "🔇", "silenciar", "@ragbot mute"):
            await chat.say(word, "mute.done")
            await chat.say(QUESTION, "console.keeps_quiet")
            await chat.say("/unmute", "unmute.done")

        assert VACATION in await chat.ask(QUESTION)

    async def test_stays_muted_in_every_process_and_after_a_restart(self, company: Company) -> None:
        chat, other = await company.chat("holidays"), await company.chat("holidays")
        await other.ask(QUESTION)
        await chat.say("/mute", "mute.done")
        await other.say(OTHER_QUESTION, "console.keeps_quiet")
        await chat.kill()
        await other.kill()

        await (await company.chat("holidays")).say(OTHER_QUESTION, "console.keeps_quiet")
        assert company.calls == 1

    async def test_mutes_no_other_conversation(self, company: Company) -> None:
        await (await company.chat("holidays")).say("/mute", "mute.done")

        assert VACATION in await (await company.chat("travels")).ask(QUESTION)


class TestHandingOver:
    async def test_calls_the_named_people_with_question_answer_and_sources(self, company: Company) -> None:
        company.configure("conversations: {hand_over: {console: [ana, bruno]}}")
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.type("/handover")
        shown = await chat.leave()

        assert shown.index("@ana @bruno") < shown.index(f"> {QUESTION}") < shown.index(f"{VACATION} [1]")
        assert "[1] Vacation — docs/vacation.md\n    “Every employee has 30 days of vacation a year.”" in shown

    async def test_lets_the_bot_keep_quiet_until_it_is_asked_by_name(self, company: Company) -> None:
        company.configure('conversations: {hand_over: {"*": [ana]}}')
        chat = await company.chat("holidays")
        await chat.ask(QUESTION)
        await chat.say("hand over", "hand_over.answer")
        await chat.say(OTHER_QUESTION, "console.keeps_quiet")
        await chat.kill()

        chat = await company.chat("holidays")
        await chat.say(OTHER_QUESTION, "console.keeps_quiet")
        assert TRAVEL in await chat.ask(f"@ragbot {OTHER_QUESTION}")

    async def test_says_kindly_that_nobody_is_named_and_the_bot_goes_on_answering(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.say("/handover", "hand_over.nobody")

        assert TRAVEL in await chat.ask(OTHER_QUESTION)


class TestAnEditedQuestion:
    async def test_has_its_answer_revised_and_stands_in_the_talk_as_edited(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        revised = await chat.ask(f"/edit {OTHER_QUESTION}")
        await chat.ask("And when are the receipts handed in?")

        assert chat.sentence("again.edited", question=OTHER_QUESTION).search(revised)
        assert TRAVEL in revised
        assert f"{OTHER_QUESTION}\n{TRAVEL}\n" in company.told()
        assert QUESTION not in company.told()
        assert company.rows("SELECT count(*) FROM questions") == [(2,)]

    async def test_that_says_the_same_is_not_asked_again(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.say(f"/edit {QUESTION}", "revise.unchanged")

        assert company.calls == 1

    async def test_after_too_long_a_time_leaves_the_answer_as_it_is_and_says_so(self, company: Company) -> None:
        company.configure("conversations: {edit_minutes: 1}")
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.settle()
        company.rows("UPDATE questions SET taken_at = '2026-01-01T00:00:00.000000+00:00'")
        await chat.say(f"/edit {OTHER_QUESTION}", "revise.unchanged")

        assert company.calls == 1

    async def test_is_the_last_one_that_was_answered_whatever_was_said_while_the_bot_kept_quiet(
        self, company: Company
    ) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.say("/mute", "mute.done")
        await chat.say("See you tomorrow then.", "console.keeps_quiet")
        await chat.type(f"/edit {OTHER_QUESTION}")

        assert TRAVEL in await chat.leave()


class TestADeletedQuestion:
    async def test_takes_its_answer_along_and_out_of_the_talk(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(OTHER_QUESTION)
        await chat.ask(QUESTION)
        await chat.say("/delete", "answer.retracted")
        await chat.ask("And when are the receipts handed in?")

        assert f"{OTHER_QUESTION}\n{TRAVEL}\n" in company.told()
        assert QUESTION not in company.told()
        assert company.rows("SELECT question, said, answer FROM questions WHERE state = 'retracted'") == [
            ("", None, None)
        ]

    async def test_can_be_taken_back_once(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.say("/delete", "answer.retracted")

        await chat.say("/delete", "revise.nothing")


class TestThePersonsLanguage:
    async def test_is_that_of_every_sentence_around_an_answer(self, company: Company) -> None:
        chat = await company.chat(locale="pt-BR")
        shown = await chat.ask(PORTUGUESE)

        assert f"{FERIAS} [1]\n\nFontes:\n[1] Férias — docs/ferias.md\n" in shown
        assert "nova (o modelo respondeu) · US$ 0,00" in shown
        assert "de US$ 25,00 hoje · ref. " in shown

    async def test_is_not_that_of_an_answer_which_follows_the_question(self, company: Company) -> None:
        chat = await company.chat(locale="en")
        portuguese = await chat.ask(PORTUGUESE)
        assert "Portuguese" in str(company.openai.calls[-1].body["instructions"])
        assert FERIAS in portuguese
        assert "\nSources:\n" in portuguese

        chat = await company.chat(locale="pt-BR")
        english = await chat.ask(QUESTION)
        assert "Portuguese" not in str(company.openai.calls[-1].body["instructions"]).rpartition("# Language")[2]
        assert VACATION in english
        assert "\nFontes:\n" in english

    async def test_is_spoken_by_commands_refusals_and_what_is_taken_up_again(self, company: Company) -> None:
        company.openai.faults.append(faults.Hang(after=5))
        chat = await company.chat(locale="pt-BR")
        await chat.say("silenciar", "mute.done")
        await chat.say("voltar a responder", "unmute.done")
        await chat.say("passe para alguém", "button.nothing")
        await chat.type(PORTUGUESE)
        await chat.read_until("Cada funcion")
        await chat.kill()

        chat = await company.chat(locale="pt-BR")
        assert chat.sentence("again.resumed", question=PORTUGUESE).search(await chat.read_until(RECEIPT))
        await chat.say("passe para alguém", "hand_over.nobody")

    async def test_of_the_question_is_that_of_an_honest_refusal(self, company: Company) -> None:
        chat = await company.chat(locale="en")

        assert "Não encontrei nada nos documentos" in await chat.ask("Quem ganhou o campeonato de xadrez em 1972?")
        assert company.calls == 0


class TestTwoChatsAtOnce:
    async def test_are_both_answered_and_neither_hears_of_the_other(self, company: Company) -> None:
        both_write = asyncio.Event()
        company.openai.always = faults.Hang(after=5, until=both_write)
        first, second = await company.chat(), await company.chat()
        await first.type(QUESTION)
        await second.type(OTHER_QUESTION)
        begun = await first.read_until("Every emp"), await second.read_until("The daily")
        both_write.set()

        assert f"{VACATION} [1]" in begun[0] + await first.read_until(RECEIPT)
        assert f"{TRAVEL} [1]" in begun[1] + await second.read_until(RECEIPT)
        assert company.openai.most_in_flight == 2
        await first.ask("And when do unused days expire?")
        assert QUESTION in company.told()
        assert OTHER_QUESTION not in company.told()
        assert company.rows("SELECT count(DISTINCT thread), count(DISTINCT owner) FROM questions") == [(2, 2)]
