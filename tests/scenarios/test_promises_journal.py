"""What the bot promises when it is killed, restarted or stopped in the middle of an answer, and what that costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from bot.cli import EXIT_TERMINATED
from tests.fakes import chat_faults as faults
from tests.fakes.chat_bill import Prices
from tests.fakes.chats import RECEIPT, REFERENCE, Chat, Company, open_company, seen
from tests.fakes.pseudo_terminal import PATIENCE_S
from tests.scenarios.team import OTHER_QUESTION, QUESTION

MODEL = "gpt-6.1-terra"
PRICES = Prices(Decimal(1), Decimal(5), cached=Decimal("0.05"), written=Decimal("1.25"))
"""Of the first model of the route for facts, as the catalogue has them."""
VACATION = "Every employee has 30 days of vacation a year."
TRAVEL = "The daily allowance for travel is 28 euros."
BEGUN = "Every emp"
FOLLOW_UP = "And when do unused days expire?"
LONG_AGO = "2026-01-01T00:00:00.000000+00:00"


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    async with open_company(tmp_path) as opened:
        opened.openai.prices[MODEL] = PRICES
        yield opened


async def interrupted(company: Company, name: str = "") -> Chat:
    """A chat in the middle of an answer that will not go on; the model is well again for whoever asks next."""
    company.openai.faults.append(faults.Hang(after=5))
    chat = await company.chat(name)
    await chat.type(QUESTION)
    await chat.read_until(BEGUN)
    return chat


def booked(company: Company) -> list[tuple[object, ...]]:
    return company.rows("SELECT outcome, certainty FROM ledger ORDER BY at")


class TestAnAnswerThatACrashCutOff:
    async def test_comes_by_itself_after_a_restart_and_says_why(self, company: Company) -> None:
        await (await interrupted(company)).kill()
        chat = await company.chat()
        shown = await chat.leave()

        told, _, answer = shown.partition("\n\n")
        assert chat.sentence("again.resumed", question=QUESTION).fullmatch(told)
        assert answer.startswith(f"{VACATION} [1]\n\nSources:\n[1] Vacation — docs/vacation.md\n")
        assert answer.count(VACATION) == 2, "once in the text, once as its source"

    async def test_comes_once(self, company: Company) -> None:
        await (await interrupted(company)).kill()
        await (await company.chat()).leave()

        assert await (await company.chat()).leave() == ""
        assert len(company.openai.calls) == 2
        assert company.rows("SELECT state, outcome FROM questions") == [("delivered", "answered")]

    async def test_comes_in_one_of_two_chats_that_start_at_once(self, company: Company) -> None:
        await (await interrupted(company)).kill()
        chats = await company.chat(), await company.chat()
        shown = await asyncio.gather(*(chat.leave() for chat in chats))

        assert sorted(text.count(f"{VACATION} [1]") for text in shown) == [0, 1]
        assert len(company.openai.calls) == 2

    async def test_comes_at_a_terminal_too(self, company: Company) -> None:
        await (await interrupted(company)).kill()
        with company.terminal() as terminal:
            await seen(terminal, "I was interrupted while I answered")
            await seen(terminal, f"{VACATION} [1]")
            await seen(terminal, "›")
            terminal.press(f"{FOLLOW_UP}\r")
            await seen(terminal, "left today")

        assert f"{QUESTION}\n{VACATION}\n" in company.told()

    async def test_is_not_counted_a_second_time(self, company: Company) -> None:
        company.configure("quotas: {users: {console: {requests_per_minute: 1}}}")
        await (await interrupted(company)).kill()
        chat = await company.chat()

        assert f"{VACATION} [1]" in await chat.read_until(RECEIPT)
        await chat.say(OTHER_QUESTION, "quota.user")

    async def test_that_was_written_by_then_is_shown_and_not_paid_for_again(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.settle()
        await chat.kill()
        # As if the crash had come after the answer was kept and before anybody could know that it was shown.
        company.rows("UPDATE questions SET state = 'answering'")

        assert f"{VACATION} [1]" in await (await company.chat()).leave()
        assert len(company.openai.calls) == 1

    async def test_goes_on_with_its_conversation(self, company: Company) -> None:
        await (await interrupted(company)).kill()
        chat = await company.chat()
        await chat.read_until(RECEIPT)
        await chat.ask(FOLLOW_UP)

        assert f"{QUESTION}\n{VACATION}\n" in company.told()

    async def test_comes_as_well_where_nothing_of_it_was_shown_yet(self, company: Company) -> None:
        company.openai.faults.append(faults.Hang())
        chat = await company.chat()
        await chat.type(QUESTION)
        await asyncio.wait_for(company.openai.called.wait(), PATIENCE_S)
        await chat.kill()

        assert f"{VACATION} [1]" in await (await company.chat()).leave()

    async def test_is_left_alone_by_another_chat_while_its_own_is_alive(self, company: Company) -> None:
        goes_on = asyncio.Event()
        company.openai.faults.append(faults.Hang(after=5, until=goes_on))
        chat = await company.chat()
        await chat.type(QUESTION)
        await chat.read_until(BEGUN)

        assert await (await company.chat()).leave() == ""
        goes_on.set()
        assert "[1]" in await chat.leave()
        assert len(company.openai.calls) == 1

    async def test_too_long_ago_becomes_an_apology_with_a_reference_and_can_be_asked_again(
        self, company: Company
    ) -> None:
        company.configure("conversations: {resume_minutes: 1}")
        await (await interrupted(company)).kill()
        ((reference,),) = company.rows("SELECT reference FROM questions")
        company.rows("UPDATE questions SET taken_at = ?", LONG_AGO)
        chat = await company.chat()
        apology = await chat.ask("/retry")
        answer = await chat.leave()

        assert chat.sentence("again.apology", question=QUESTION).search(apology)
        assert f"Reference: {reference}." in apology
        assert VACATION not in apology
        assert chat.sentence("again.retried", question=QUESTION).search(answer)
        assert f"{VACATION} [1]" in answer

    async def test_is_not_tried_for_ever(self, company: Company) -> None:
        await (await interrupted(company)).kill()
        company.rows("UPDATE questions SET resumed = 2")
        chat = await company.chat()

        assert chat.sentence("again.apology", question=QUESTION).search(await chat.leave())
        assert len(company.openai.calls) == 1

    async def test_of_a_single_question_at_the_shell_does_not_come_up_in_a_chat(self, company: Company) -> None:
        company.openai.faults.append(faults.Hang(after=5))
        asked = await company.start("ask", QUESTION)
        await asked.read_until(BEGUN)
        await asked.kill()

        assert await (await company.chat()).leave() == ""
        assert company.rows("SELECT state, outcome FROM questions") == [("delivered", "abandoned")]

    async def test_by_whoever_ends_the_bot_is_finished_like_that_of_a_crash(self, company: Company) -> None:
        assert await (await interrupted(company)).terminate() == EXIT_TERMINATED
        chat = await company.chat()
        shown = await chat.leave()

        assert chat.sentence("again.resumed", question=QUESTION).search(shown)
        assert f"{VACATION} [1]" in shown
        assert booked(company) == [("cancelled", "estimate"), ("answered", "actual")]


class TestTheBooks:
    async def test_have_every_call_once_that_a_vendor_has_received(self, company: Company) -> None:
        company.gemini.prices["gemini-2.5-flash-lite"] = Prices(Decimal("0.1"), Decimal("0.4"))
        company.gemini.answer = lambda _: "How many euros is the daily allowance for travel?"
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.ask("And what do I get for trips?")
        await chat.ask(OTHER_QUESTION)
        await chat.ask("/retry")
        await chat.leave()

        ((calls, cost),) = company.rows("SELECT count(*), sum(cost_micro_usd) FROM ledger WHERE provider <> 'ragbot'")
        assert calls == company.calls == 5
        bill = company.openai.bill_micro_usd + company.gemini.bill_micro_usd
        assert bill <= Decimal(str(cost)) < bill + 5, "each call is rounded up to a micro-dollar"

    async def test_count_a_call_that_died_as_spent_once_its_lease_is_over(self, company: Company) -> None:
        await (await interrupted(company)).kill()
        assert booked(company) == []
        company.rows("UPDATE reservations SET expires_at = ?", LONG_AGO)
        await (await company.chat()).leave()

        assert set(booked(company)) == {(None, "unconfirmed"), ("answered", "actual")}
        ((cost,),) = company.rows("SELECT sum(cost_micro_usd) FROM ledger")
        assert isinstance(cost, int)
        assert cost >= company.openai.bill_micro_usd > 0
        assert company.rows("SELECT count(*) FROM reservations") == [(0,)]


class TestAnAnswerThatIsStopped:
    async def test_by_ctrl_c_keeps_its_text_so_far_labelled_and_is_charged_for(self, company: Company) -> None:
        company.openai.faults.append(faults.Hang(after=5))
        with company.terminal() as terminal:
            await seen(terminal, "›")
            terminal.press(f"{QUESTION}\r")
            await seen(terminal, BEGUN)
            terminal.press("\x03")
            await seen(terminal, "Stopped. The answer is not complete. Reference: ")
            reference = (await seen(terminal, ".")).strip()
            await seen(terminal, "›")
            terminal.press("\x04")
            assert await asyncio.to_thread(terminal.exit_code) == 0

        await asyncio.wait_for(company.openai.disconnected.wait(), PATIENCE_S)
        ((outcome, cost),) = company.rows("SELECT outcome, cost_micro_usd FROM ledger WHERE reference = ?", reference)
        assert outcome == "cancelled"
        assert isinstance(cost, int)
        assert cost >= company.openai.bill_micro_usd > 0
        ((said,),) = company.rows("SELECT said FROM questions WHERE reference = ?", reference)
        assert BEGUN in str(said)
        assert str(said) in f"{VACATION} [1]"

    async def test_from_another_process_keeps_its_text_so_far_labelled(self, company: Company) -> None:
        chat = await interrupted(company, "holidays")
        other = await company.chat("holidays")
        await other.type("/stop")
        shown = await chat.read_until(REFERENCE)

        assert chat.sentence("answer.stopped").search(shown)
        assert booked(company) == [("cancelled", "estimate")]

    async def test_from_another_process_is_not_told_there_as_keeping_quiet(self, company: Company) -> None:
        chat = await interrupted(company, "holidays")
        other = await company.chat("holidays")
        await other.type("/stop")
        told = await other.leave()
        await chat.read_until(chat.sentence("answer.stopped"))

        assert not other.sentence("console.keeps_quiet").search(told)
        assert not other.sentence("button.nothing_to_stop").search(told)

    async def test_is_part_of_the_talk_as_far_as_it_was_said(self, company: Company) -> None:
        chat = await interrupted(company, "holidays")
        await (await company.chat("holidays")).type("/stop")
        await chat.read_until(REFERENCE)
        await chat.ask(FOLLOW_UP)

        assert f"{QUESTION}\n{BEGUN}" in company.told()

    async def test_is_not_taken_up_again_after_a_restart_and_can_be_asked_again(self, company: Company) -> None:
        chat = await interrupted(company, "holidays")
        await (await company.chat("holidays")).type("/stop")
        await chat.read_until(REFERENCE)
        await chat.settle()
        await chat.kill()

        assert f"{VACATION} [1]" in await (await company.chat("holidays")).ask("/retry")
        assert len(company.openai.calls) == 2

    async def test_in_another_conversation_is_not_touched(self, company: Company) -> None:
        chat = await interrupted(company, "holidays")
        other = await company.chat("travels")
        await other.say("/stop", "button.nothing_to_stop")
        assert TRAVEL in await other.ask(OTHER_QUESTION)

        assert company.rows("SELECT state FROM questions WHERE thread = 'holidays'") == [("answering",)]
        await chat.kill()
