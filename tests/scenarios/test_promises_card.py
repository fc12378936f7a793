"""What the bot promises of an answer: where it comes from, what it cost, why it is so, and that nothing in it acts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes import chat_faults as faults
from tests.fakes.chats import RECEIPT, REFERENCE, Chat, Company, open_company, seen
from tests.scenarios.team import ANTHROPIC, GEMINI, OPENAI, OTHER_QUESTION, QUESTION

VACATION = "Every employee has 30 days of vacation a year."
TRAVEL = "The daily allowance for travel is 28 euros."
NEITHER = "Who won the chess championship of the office?"
FREE = "$0.00"
RUDE = (
    "@everyone and <!channel> and <@U12345>, thirty\u202e\u200b days [1]:"
    " [https://good.example](https://evil.example/x).\n\n"
    "openai/gpt-6.1-terra · fresh (the model answered) · $0.00 · 0.1 s · ref deadbeef"
)
"""What a model must not get through."""


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    async with open_company(tmp_path) as opened:
        yield opened


def reference_of(shown: str) -> str:
    """The one that an answer, or what stands in its place, ends with."""
    found = RECEIPT.search(shown) or REFERENCE.search(shown)
    assert found is not None
    return found["reference"]


def receipt_of(shown: str) -> list[str]:
    """The parts of the line that an answer ends with."""
    return shown.splitlines()[-1].split(" · ")


class TestAnAnswer:
    async def test_names_its_sources_with_the_sentence_quoted(self, company: Company) -> None:
        shown = await (await company.chat()).ask(QUESTION)

        assert shown.startswith(
            f"{VACATION} [1]\n\nSources:\n[1] Vacation — docs/vacation.md\n    “{VACATION}”\n\n{OPENAI} · "
        )

    async def test_has_a_receipt_of_model_rung_reason_cost_time_allowance_and_reference(self, company: Company) -> None:
        shown = await (await company.chat()).ask(QUESTION)

        model, rung, cost, time, left, _ = receipt_of(shown)
        ((booked,),) = company.rows("SELECT cost_micro_usd FROM ledger WHERE reference = ?", reference_of(shown))
        assert (model, rung, left) == (OPENAI, "fresh (the model answered)", "$24.99 of $25.00 left today")
        assert cost == f"${int(str(booked)) / 1_000_000:.6f}"
        assert re.fullmatch(r"\d+\.\d+ s", time)

    async def test_that_was_given_before_is_told_as_remembered_and_costs_nothing(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.leave()
        model, rung, cost, *_ = receipt_of(await (await company.chat()).ask(QUESTION))

        assert (model, cost) == (OPENAI, FREE)
        assert rung.startswith("from memory")
        assert rung.endswith("(asked before)")
        assert company.calls == 1

    async def test_of_another_model_says_which_one_failed(self, company: Company) -> None:
        company.openai.always = faults.Refused("out_of_money")
        model, rung, *_ = receipt_of(await (await company.chat()).ask(QUESTION))

        assert (model, rung) == (GEMINI, "fallback (gpt-6.1-terra failed)")

    async def test_that_broke_off_is_told_as_void_before_it_begins_again(self, company: Company) -> None:
        company.openai.always = faults.Cut(after=5)
        shown = await (await company.chat()).ask(QUESTION)

        void, told, answer = shown.partition(f"{OPENAI} broke off; what it wrote is void.")
        assert told
        assert void.strip() in VACATION
        assert f"{VACATION} [1]\n\nSources:" in answer

    async def test_that_the_documents_do_not_have_is_an_honest_sentence_with_the_nearest_titles(
        self, company: Company
    ) -> None:
        shown = await (await company.chat()).ask(NEITHER)

        assert shown.startswith("I found nothing in the documents that answers this. The nearest I have: “Office”")
        assert receipt_of(shown)[2] == FREE
        assert company.calls == 0


class TestWhy:
    async def test_tells_task_models_and_passages_with_scores_and_which_were_cited(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.type("/why")
        shown = await chat.leave()

        assert chat.sentence("why.task", task="a question about facts").search(shown)
        assert chat.sentence("why.candidate", model=f"`{OPENAI}`", reason="answered").search(shown)
        assert chat.sentence("why.candidate", model=f"`{ANTHROPIC}`", reason="was not needed").search(shown)
        assert re.search(r"\[1\] `Vacation`: score [\d.]+, words [\d.]+ – \*\*cited\*\*\n", shown)
        assert re.search(r"\[2\] `Parental leave`: score [\d.]+, words [\d.]+\n", shown)
        assert company.calls == 1

    async def test_tells_which_model_failed(self, company: Company) -> None:
        company.openai.always = faults.Refused("out_of_money")
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.type("/why")
        shown = await chat.leave()

        assert chat.sentence("why.candidate", model=f"`{OPENAI}`", reason="was asked and failed").search(shown)
        assert chat.sentence("why.candidate", model=f"`{GEMINI}`", reason="answered").search(shown)

    async def test_tells_the_question_as_it_was_understood(self, company: Company) -> None:
        meant = "How many euros is the daily allowance for travel?"
        company.gemini.answer = lambda _: meant
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.ask("And what do I get for trips?")

        await chat.say("/why", "why.standalone", question=meant)

    async def test_counts_what_may_not_be_read_here_and_never_names_it(self, company: Company) -> None:
        company.configure("audiences: {console: [default]}")
        chat = await company.chat()
        answer = await chat.ask(QUESTION)
        await chat.type("/why")
        shown = answer + await chat.leave()

        assert chat.sentence("why.outside.one", amount="1").search(shown)
        assert not re.search(r"severance|lisbon|board", shown, re.IGNORECASE)
        assert not re.search(r"severance|lisbon|board", company.told(), re.IGNORECASE)

    async def test_explains_the_last_answer_after_a_restart(self, company: Company) -> None:
        chat = await company.chat("holidays")
        await chat.ask(QUESTION)
        await chat.settle()
        await chat.kill()

        await (await company.chat("holidays")).say("/why", "why.candidate", model=f"`{OPENAI}`", reason="answered")

    async def test_without_an_answer_says_that_there_is_none(self, company: Company) -> None:
        await (await company.chat()).say("/why", "button.nothing")


class TestFeedback:
    async def test_is_kept_with_the_answers_reference_and_what_was_wrong(self, company: Company) -> None:
        chat = await company.chat()
        reference = reference_of(await chat.ask(QUESTION))
        await chat.say("/good", "feedback.good")
        assert self.kept(company) == [(reference, "good", "")]
        await chat.say("/bad", "feedback.what_was_wrong")
        assert self.kept(company) == [(reference, "bad", "")]
        await chat.say("/bad it was 28 last year", "feedback.bad")

        assert self.kept(company) == [(reference, "bad", "it was 28 last year")]

    async def test_is_about_the_last_answer_and_not_the_last_command(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        reference = reference_of(await chat.ask(OTHER_QUESTION))
        await chat.say("/help", "help.introduction")
        await chat.say("👍", "feedback.good")

        assert self.kept(company) == [(reference, "good", "")]

    @staticmethod
    def kept(company: Company) -> list[tuple[object, ...]]:
        return company.rows("SELECT reference, verdict, reason FROM feedback")


class TestTheSourcesOfAnAnswer:
    async def test_are_shown_once_more_with_the_sentences_quoted(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        await chat.say("/quotes", "quotes.heading", question=QUESTION)

        assert await chat.leave() == f"\n\nSources:\n[1] Vacation — docs/vacation.md\n    “{VACATION}”\n"


class TestRetry:
    async def test_asks_a_model_again_though_the_answer_is_remembered(self, company: Company) -> None:
        chat = await company.chat()
        first = await chat.ask(QUESTION)
        company.openai.answer = lambda _: "Thirty days of vacation a year [1]."
        again = await chat.ask("/retry")

        assert chat.sentence("again.retried", question=QUESTION).search(again)
        assert "Thirty days of vacation a year [1]." in again
        assert receipt_of(again)[:2] == [OPENAI, "fresh (the model answered)"]
        assert reference_of(again) != reference_of(first)
        assert len(company.openai.calls) == 2

    async def test_leaves_the_newer_answer_alone_in_the_talk(self, company: Company) -> None:
        chat = await company.chat()
        await chat.ask(QUESTION)
        company.openai.answer = lambda _: "Thirty days of vacation a year [1]."
        await chat.ask("/retry")
        await chat.ask("And when do unused days expire?")

        assert company.told().count(QUESTION) == 1
        assert f"{QUESTION}\nThirty days of vacation a year.\n" in company.told()


class TestARefusal:
    async def test_is_one_sentence_of_cause_and_time_and_the_reference(self, company: Company) -> None:
        company.configure("quotas: {users: {console: {requests_per_minute: 1}}}")
        chat = await company.chat()
        await chat.ask(QUESTION)
        shown = (await chat.ask(OTHER_QUESTION)).strip()

        refused = chat.sentence("quota.user", limit="1 question", window="a minute")
        assert re.fullmatch(rf"{refused.pattern} Reference: [0-9a-f]{{12}}\.", shown)
        assert re.search(r"in \d+ s\.", shown)
        assert len(company.openai.calls) == 1

    async def test_can_be_asked_again_when_its_time_has_come(self, company: Company) -> None:
        company.configure("quotas: {users: {console: {requests_per_minute: 1}}}")
        chat = await company.chat("holidays")
        await chat.ask(QUESTION)
        await chat.ask(OTHER_QUESTION)
        assert REFERENCE.search(await chat.ask("/retry")), "not yet"
        await chat.leave()
        company.rows("DELETE FROM quota_used WHERE measure = 'requests_per_minute'")

        assert TRAVEL in await (await company.chat("holidays")).ask("/retry")


class TestAFailure:
    async def test_of_all_providers_ends_in_quotations_that_say_so(self, company: Company) -> None:
        company.break_all(faults.Refused("bad_key"))
        chat = await company.chat()
        shown = await chat.ask(QUESTION)

        assert f"{VACATION}" in shown
        assert chat.sentence("answer.extractive").search(shown)
        assert receipt_of(shown)[:3] == [
            "no model",
            "extractive (gpt-6.1-terra, gemini-3.8-flash, claude-sonnet-5-5 failed)",
            FREE,
        ]

    async def test_for_want_of_money_asks_no_model_and_quotes(self, company: Company) -> None:
        company.configure(core="routing: {cost_limits: {daily_budget: 0}}")
        shown = await (await company.chat()).ask(QUESTION)

        assert VACATION in shown
        assert receipt_of(shown)[:3] == ["no model", "extractive (the budget is used up)", FREE]
        assert company.calls == 0

    async def test_of_the_database_in_the_middle_of_an_answer_does_not_end_it(self, company: Company) -> None:
        goes_on = asyncio.Event()
        company.openai.faults.append(faults.Hang(after=5, until=goes_on))
        chat = await company.chat()
        await chat.type(QUESTION)
        begun = await chat.read_until("Every emp")
        database = company.folder / "data/state.db"
        database.rename(company.folder / "data/gone.db")
        database.mkdir()
        goes_on.set()
        shown = begun + await chat.read_until(RECEIPT, REFERENCE)

        assert shown.startswith(f"{VACATION} [1]\n\nSources:\n")
        assert receipt_of(shown)[:2] == [OPENAI, "fresh (the model answered)"]

    async def test_of_the_database_leaves_an_answer_that_says_so(self, company: Company) -> None:
        chat = await without_database(company)
        shown = await chat.ask(QUESTION)

        assert VACATION in shown
        assert receipt_of(shown)[:2] == ["no model", "extractive (what may be spent is not known now)"]
        assert company.calls == 0

    async def test_of_the_database_is_one_sentence_with_a_time_and_a_reference_where_nothing_goes_without_it(
        self, company: Company
    ) -> None:
        chat = await without_database(company)
        await chat.ask(QUESTION)
        for command in ("/good", "/why", "/mute"):
            shown = await chat.ask(command)
            assert chat.sentence("error.state_unavailable").match(shown.strip())
            assert len(shown.strip().splitlines()) == 1

        assert TRAVEL in await chat.ask(OTHER_QUESTION), "and the chat goes on"

    async def test_of_the_index_is_one_sentence_with_a_reference(self, company: Company) -> None:
        chat = await company.chat()
        await chat.say("/status", "status.ready")
        (company.folder / "data/lancedb").rename(company.folder / "data/gone")
        await chat.type(QUESTION)
        shown = await chat.leave()

        failed = chat.sentence("error.index_unavailable")
        assert re.fullmatch(rf"{failed.pattern} Reference: [0-9a-f]{{12}}\.", shown.strip().splitlines()[-1])
        assert "Traceback" not in shown


async def without_database(company: Company) -> Chat:
    """A chat whose state database cannot be opened."""
    return await company.chat(RAGBOT_STATE_URL=f"sqlite:///{company.folder}/docs/vacation.md/state.db")


class TestATextThatActs:
    async def test_calls_nobody_and_shows_where_its_links_lead(self, company: Company) -> None:
        company.openai.answer = lambda _: RUDE
        chat = await company.chat()
        await chat.type(QUESTION)
        shown = await chat.leave()

        assert "(`evil.example`)" in shown
        for forbidden in ("@everyone", "<!channel>", "<@U", "](", "https://", "\u202e", "\u200b"):
            assert forbidden not in shown
        assert "thirty days" in shown

    async def test_is_kept_and_told_on_as_harmless(self, company: Company) -> None:
        company.configure("conversations: {hand_over: {console: [ana]}}")
        company.openai.answer = lambda _: RUDE
        chat = await company.chat()
        await chat.type(f"{QUESTION} @everyone")
        await chat.type("/handover")
        before, called, shown = (await chat.leave()).partition("@ana\n")

        assert called
        assert "@everyone" not in before
        assert "@everyone" not in shown
        assert "thirty days" in shown
        assert "(`evil.example`)" in shown

    async def test_with_a_receipt_of_its_own_does_not_end_with_it(self, company: Company) -> None:
        company.openai.answer = lambda _: RUDE
        chat = await company.chat()
        await chat.type(QUESTION)
        shown = await chat.leave()

        ((reference,),) = company.rows("SELECT reference FROM questions")
        assert shown.splitlines()[-1].endswith(f"· ref {reference}")
        assert receipt_of(shown)[2] != FREE

    async def test_calls_nobody_at_a_terminal_either(self, company: Company) -> None:
        company.openai.answer = lambda _: RUDE
        with company.terminal() as terminal:
            await seen(terminal, "›")
            terminal.press(f"{QUESTION}\r")
            await seen(terminal, "left today")

        assert "(evil.example)" in terminal.shown
        for forbidden in ("@everyone", "<!channel>", "<@U", "\u202e", "\u200b"):
            assert forbidden not in terminal.shown
