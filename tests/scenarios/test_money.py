"""Money and limits as people meet them: a running bot, its readers, and an operator who types beside it."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.locales import phrases_in
from bot.platforms.console.platform import OPERATOR
from bot.replies import answer_card, refusal_card
from bot.settings import BotSettings
from rag.errors import QuotaExceeded, StateUnavailable
from rag.model import Asker
from rag.pipeline import RagPipeline
from rag.settings import RagSettings
from tests.fakes.operator import Operator, seated
from tests.scenarios.team import OTHER_QUESTION, QUESTION, Team, open_team
from tests.scenarios.test_cli import ragbot

THIRD_QUESTION = "How many days of leave has an employee with a child?"
U1, U2 = Asker(user="U1", channel="C1", workspace="T1"), Asker(user="U2", channel="C2", workspace="T1")
QUESTIONS = (QUESTION, OTHER_QUESTION, THIRD_QUESTION, "When does the office open in the morning?")
REFUSED = "You may ask me 2 questions a minute, and you have. Please ask again in "


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Operator]:
    with seated(tmp_path, monkeypatch, capsys) as somebody:
        yield somebody


@pytest.fixture
async def team(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Team]:
    async with open_team(operator.folder) as opened:
        for name, value in opened.environ.items():
            monkeypatch.setenv(name, value)
        yield opened


@asynccontextmanager
async def bot_with(team: Team, quotas: str) -> AsyncIterator[RagPipeline]:
    """Another process's bot over the same data, with a section `quotas`."""
    folder = team.folder / "config"
    (folder / "bot.yaml").write_text(f"quotas: {quotas}\n", encoding="utf-8")
    policy = BotSettings.load(folder, {}, RagSettings.load(folder, team.environ)).quotas
    async with await RagPipeline.open(folder, environ=team.environ, quotas=policy) as pipeline:
        yield pipeline


@asynccontextmanager
async def running(operator: Operator) -> AsyncIterator[RagPipeline]:
    """The operator's bot, without documents or providers."""
    folder = operator.folder / "config"
    folder.mkdir(exist_ok=True)
    environ = {"RAGBOT_DATA": str(operator.folder / "data")}
    policy = BotSettings.load(folder, {}, RagSettings.load(folder, environ)).quotas
    async with await RagPipeline.open(folder, environ=environ, quotas=policy) as pipeline:
        yield pipeline


class TestWhatWasSpent:
    @pytest.mark.parametrize("by", ["user", "channel", "workspace", "model", "provider", "task"])
    async def test_adds_up_to_what_every_answer_said_that_it_cost(
        self, by: str, team: Team, operator: Operator
    ) -> None:
        answers = [await team.ask(QUESTION, asker=U1), await team.ask(OTHER_QUESTION, asker=U2)]

        told = (await operator.type_beside("cost", "--by", by, "--json")).json

        spent = sum(answer.cost_micro_usd for answer in answers)
        assert spent > 0
        assert round(1_000_000 * told["total_usd"]) == spent
        assert sum(round(1_000_000 * row["usd"]) for row in told["by"]) == spent
        assert operator.rows("SELECT sum(cost_micro_usd) FROM ledger") == [(spent,)]
        assert (await team.pipeline.health_check()).budget.used_micro_usd == spent

    async def test_is_told_by_who_asked_and_where(self, team: Team, operator: Operator) -> None:
        first, second = await team.ask(QUESTION, asker=U1), await team.ask(OTHER_QUESTION, asker=U2)

        told = (await operator.type_beside("cost", "--by", "user", "--json")).json
        places = (await operator.type_beside("cost", "--by", "workspace", "--json")).json

        assert {row["key"]: round(1_000_000 * row["usd"]) for row in told["by"]} == {
            "U1": first.cost_micro_usd,
            "U2": second.cost_micro_usd,
        }
        assert [(row["key"], row["questions"]) for row in places["by"]] == [("T1", 2)]
        assert told["tokens"]["input"] == sum(answer.tokens.input or 0 for answer in (first, second))
        assert told["tokens"]["output"] == sum(answer.tokens.output or 0 for answer in (first, second))

    @pytest.mark.parametrize("typed", [("ask",), ("ask", "--json"), ("run", "--question")])
    async def test_at_the_terminal_is_booked_to_whoever_sits_there(
        self, typed: tuple[str, ...], team: Team, operator: Operator
    ) -> None:
        operator.configure(
            bot="documents: [{path: documents, collection: default}]",
            core=(team.folder / "config/llm_providers_config.yaml").read_text(),
        )

        assert (await operator.type_beside(*typed, QUESTION)).code == 0

        for by in ("user", "channel"):
            (row,) = (await operator.type_beside("cost", "--by", by, "--json")).json["by"]
            assert (row["key"], row["questions"], row["calls"]) == ("console", 1, 1)
            assert row["usd"] > 0

    async def test_counts_a_question_answered_from_memory_that_no_call_was_made_for(
        self, team: Team, operator: Operator
    ) -> None:
        first = await team.ask(QUESTION, asker=U1)
        again = await team.ask(QUESTION, asker=U2)

        await team.pipeline._parts.books.flush()  # free answers are written down with the next step
        told = (await operator.type_beside("cost", "--by", "user", "--json")).json

        assert again.cached
        assert (told["questions"], told["calls"]) == (2, 1)
        assert {row["key"]: (row["questions"], row["calls"]) for row in told["by"]} == {"U1": (1, 1), "U2": (1, 0)}
        assert round(1_000_000 * told["total_usd"]) == first.cost_micro_usd

    async def test_of_a_day_that_is_over_stays_though_the_bot_goes_on(self, team: Team, operator: Operator) -> None:
        await team.ask(QUESTION, asker=U1)
        yesterday = await operator.type_beside("cost", "--on", "2026-11-24", "--by", "user")

        operator.clock.wind(days=1)
        answer = await team.ask(OTHER_QUESTION, asker=U1)

        assert await operator.type_beside("cost", "--on", "2026-11-24", "--by", "user") == yesterday
        today = (await operator.type_beside("cost", "--json")).json
        assert round(1_000_000 * today["total_usd"]) == answer.cost_micro_usd

    async def test_by_somebody_who_is_forgotten_stays_without_their_name(self, team: Team, operator: Operator) -> None:
        await team.ask(QUESTION, asker=Asker(user="U0DOE", channel="C1"))
        before = (await operator.type_beside("cost", "--json")).json

        told = await operator.type_beside("forget", "--user", "U0DOE")

        assert told.out == "U0DOE: taken out of 1 entry of the ledger; all sums stay.\n"
        assert (await operator.type_beside("cost", "--json")).json == before
        assert "U0DOE" not in operator.dump()


class TestABudget:
    async def test_that_an_operator_changes_holds_at_once_for_a_bot_that_is_running(
        self, team: Team, operator: Operator
    ) -> None:
        await team.ask(QUESTION, asker=U1)

        await operator.type_beside("budget", "--set", "0")
        stopped = await team.ask(OTHER_QUESTION, asker=U1)
        await operator.type_beside("budget", "--lift", "5")
        lifted = await team.ask(THIRD_QUESTION, asker=U1)
        operator.clock.wind(days=1)
        sunk = await team.ask(QUESTIONS[3], asker=U1)
        await operator.type_beside("budget", "--reset")
        operator.clock.wind(seconds=1)  # for so long a bot goes by how near the end of its budget it was
        reset = await team.ask("How many euros is the daily allowance for travel?", asker=U1)

        rungs = [(answer.rung, answer.rung_reason) for answer in (stopped, lifted, sunk, reset)]
        assert rungs == [
            ("extractive", "budget_exhausted"),
            ("fresh", "model_answered"),
            ("extractive", "budget_exhausted"),
            ("fresh", "model_answered"),
        ]

    async def test_of_one_person_that_is_used_up_leaves_them_quotations_and_everybody_else_the_model(
        self, team: Team, operator: Operator
    ) -> None:
        async with bot_with(team, "{user: {usd_per_day: 1}}") as pipeline:
            first = await pipeline.query(QUESTION, asker=U1)
            used_up = f"{first.cost_micro_usd / 1_000_000:.6f}"
            await operator.type_beside("budget", "--for", "user:U1", "--set", used_up)

            theirs = await pipeline.query(OTHER_QUESTION, asker=U1)
            others = await pipeline.query(THIRD_QUESTION, asker=U2)
            told = await operator.type_beside("budget", "--for", "user:U1")

        assert (theirs.rung, theirs.rung_reason, theirs.cost_micro_usd) == ("extractive", "budget_exhausted", 0)
        assert "28 euros" in theirs.text
        assert " · extractive (the budget is used up) · $0.00 · " in answer_card(theirs, phrases_in("en")).receipt
        assert (others.rung, others.rung_reason) == ("fresh", "model_answered")
        assert "The brake of the budget of user:U1 holds: nothing more is bought." in told.out

    async def test_that_reaches_its_warning_line_is_told_in_the_history(
        self, tmp_path: Path, operator: Operator
    ) -> None:
        limits = "cost_limits: {daily_budget: 10, warn_threshold: 0.00001, emergency_brake: 0.95}"
        async with open_team(tmp_path, routing=limits) as team:
            answer = await team.ask(asker=U1)
            told = await operator.type_beside("budget", "--history")
            (event,) = (await operator.type_beside("budget", "--history", "--json")).json["events"]
            now = await operator.type_beside("budget")

        assert "warn at $0.0001" in told.out
        assert (
            event.items()
            >= {
                "subject": "everything",
                "limit": "usd_per_day",
                "threshold": "warn",
                "threshold_usd": 0.0001,
                "limit_usd": 10,
                "used_usd": answer.cost_micro_usd / 1_000_000,
                "window_from": "2026-11-24T00:00:00+00:00",
            }.items()
        )
        assert "The warning line of the budget is reached: cheaper models come first." in now.lines


class TestALimit:
    async def test_that_an_operator_sets_holds_at_once_for_a_bot_that_is_running(
        self, team: Team, operator: Operator
    ) -> None:
        await operator.type_beside("limits", "--for", "user:U1", "--set", "requests_per_minute=1")

        await team.pipeline.admit(U1)
        with pytest.raises(QuotaExceeded) as caught:
            await team.pipeline.admit(U1)
        await team.pipeline.admit(U2)

        assert caught.value.subject == "user:U1"
        assert refusal_card(caught.value, phrases_in("en")).text.startswith(
            "You may ask me 1 question a minute, and you have."
        )
        (told,) = [
            limit
            for limit in (await operator.type_beside("limits", "--for", "user:U1", "--json")).json["standing"]
            if limit["limit"] == "requests_per_minute" and limit["subject"] == "user:U1"
        ]
        assert (told["amount"], told["used"], told["left"]) == (1, 1, 0)

        await operator.type_beside("limits", "--for", "user:U1", "--reset", "requests_per_minute")
        operator.clock.wind(seconds=1)  # for so long a refusal is said again from memory
        await team.pipeline.admit(U1)

    async def test_of_tokens_leaves_its_reader_quotations_and_nobody_else(self, team: Team) -> None:
        async with bot_with(team, "{users: {U1: {tokens_per_day: 1}}}") as pipeline:
            theirs = await pipeline.query(QUESTION, asker=U1)
            others = await pipeline.query(OTHER_QUESTION, asker=U2)

        assert (theirs.rung, theirs.cost_micro_usd) == ("extractive", 0)
        assert "30 days of vacation" in theirs.text
        assert theirs.rung_reason != "models_failed", "no model was asked, so none failed"
        assert others.rung == "fresh"

    async def test_of_tokens_counts_what_was_read_and_written(self, team: Team, operator: Operator) -> None:
        async with bot_with(team, "{user: {tokens_per_day: 100000}}") as pipeline:
            answer = await pipeline.query(QUESTION, asker=U1)
            standing = (await operator.type_beside("limits", "--for", "user:U1", "--json")).json["standing"]

        (told,) = [limit for limit in standing if limit["limit"] == "tokens_per_day"]
        used = (answer.tokens.input or 0) + (answer.tokens.output or 0)
        assert (told["subject"], told["used"], told["left"]) == ("user:U1", used, 100_000 - used)

    async def test_on_questions_is_told_kindly_in_a_piped_chat(
        self, team: Team, operator: Operator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        operator.configure(bot="quotas: {user: {requests_per_minute: 2}}")
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join((*QUESTIONS, "/sources"))))

        told = await operator.type_beside("chat")

        assert told.code == 0
        assert told.out.count(REFUSED) == 2
        assert told.out.count(" · ref ") == 2, "two were answered"
        assert "`default`: 5 documents" in told.out, "commands are not counted"
        assert told.err == ""
        del team

    async def test_refuses_ask_with_a_failure_and_a_sentence(self, team: Team, operator: Operator) -> None:
        operator.configure(bot="quotas: {user: {requests_per_minute: 0}}")

        told = await operator.type_beside("ask", QUESTION)

        assert told.code == 1
        assert re.fullmatch(
            r"I may not take questions here: the limit is 0 questions a minute\. Reference: [0-9a-f]{12}\.\n", told.out
        )
        assert team.calls == 0


@pytest.mark.parametrize(
    ("quotas", "told"),
    [
        ("{user: {requests_per_hour: 1}}", "You may ask me 1 question an hour, and you have. Please ask again in "),
        (
            "{channel: {requests_per_hour: 1}}",
            "This channel may ask me 1 question an hour, and it has. Please ask again in ",
        ),
        (
            "{workspace: {requests_per_hour: 1}}",
            "Everybody here together may ask me 1 question an hour, and they have. Please ask again in ",
        ),
        (
            "{everything: {requests_per_hour: 1}}",
            "I may be asked 1 question an hour, and I have been. Please ask again in ",
        ),
        (
            "{everything: {requests_per_hour: 9}, workspace: {requests_per_hour: 1}, user: {requests_per_minute: 1}}",
            "Everybody here together may ask me 1 question an hour, and they have. Please ask again in ",
        ),
    ],
)
async def test_one_question_too_many_is_refused_by_the_limit_that_has_room_last(
    quotas: str, told: str, operator: Operator
) -> None:
    operator.configure(bot=f"quotas: {quotas}")
    async with running(operator) as pipeline:
        await pipeline.admit(U1)
        with pytest.raises(QuotaExceeded) as caught:
            await pipeline.admit(U1)
        operator.clock.wind(seconds=3_700)
        await pipeline.admit(U1)

    assert refusal_card(caught.value, phrases_in("en")).text.startswith(told)


async def test_by_default_whoever_sits_at_the_terminal_is_not_held_up_and_others_are(operator: Operator) -> None:
    async with running(operator) as pipeline:
        for _ in range(31):
            await pipeline.admit(OPERATOR)
        for _ in range(10):
            await pipeline.admit(U1)
        with pytest.raises(QuotaExceeded):
            await pipeline.admit(U1)


def test_a_limit_holds_across_two_processes_with_one_data_folder(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/bot.yaml").write_text("quotas: {user: {requests_per_hour: 2}}")

    refused = "You may ask me 2 questions an hour, and you have. Please ask again in "

    first = ragbot(tmp_path, "chat", stdin="one question?\n")
    second = ragbot(tmp_path, "chat", stdin="another question?\none too many?\n")

    assert (first.returncode, second.returncode) == (0, 0)
    assert refused not in first.stdout
    assert second.stdout.count(refused) == 1
    assert second.stdout.splitlines()[-1].startswith(refused)


def test_one_question_too_many_for_a_script_is_a_failure_with_one_sentence(operator: Operator) -> None:
    operator.configure(bot="quotas: {user: {requests_per_minute: 0}}")

    told = operator.type("ask", "--json", QUESTION)

    assert (told.code, told.out) == (1, "")
    assert told.err == "ragbot ask: I may not take questions here: the limit is 0 questions a minute.\n"


class TestWithoutTheStateDatabase:
    @pytest.fixture
    def down(self, team: Team, operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Operator:
        """Its URL points to a folder; the documents were taken in before."""
        assert team.folder == operator.folder
        (operator.folder / "folder").mkdir()
        monkeypatch.setenv("RAGBOT_STATE_URL", f"sqlite:///{operator.folder}/folder")
        return operator

    async def test_a_question_is_answered_with_quotations_and_nothing_is_bought(
        self, down: Operator, team: Team
    ) -> None:
        told = await down.type_beside("ask", QUESTION)

        assert told.code == 0
        assert "30 days of vacation" in told.out
        assert "no model · extractive (what may be spent is not known now) · $0.00" in told.out
        assert team.calls == 0

    async def test_the_status_says_so(self, down: Operator) -> None:
        told = await down.type_beside("status")
        as_json = await down.type_beside("status", "--json")

        assert "store   does not answer" in told.lines
        assert "budget  not known: nothing is bought while the store does not answer" in told.lines
        assert '"ok": false' in as_json.out
        assert '"used_usd": null' in as_json.out

    async def test_what_was_spent_is_not_known(self, down: Operator) -> None:
        with pytest.raises(StateUnavailable):
            await down.type_beside("cost")
