"""What an answer can tell of itself, and what is asked of the pipeline around it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rag.errors import IndexUnavailable
from rag.model import EVERYTHING, Allowance, Answer, Asker, Candidate, DocumentSource, Scope
from rag.pipeline import RagPipeline
from rag.quota.policy import Change, QuotaPolicy
from rag.quota.quotas import USD_PER_DAY, USD_PER_REQUEST, Measure, Subject
from tests.fakes import chat_faults as faults
from tests.fakes.clock import FakeClock
from tests.scenarios.team import OTHER_QUESTION, QUESTION, Team, open_team
from tests.scenarios.test_router import says

U1 = Asker(user="U1", channel="C1", workspace="T1")
NEITHER = "Who won the chess championship of the office?"


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    async with open_team(tmp_path) as opened:
        yield opened


@asynccontextmanager
async def frugal(team: Team) -> AsyncIterator[RagPipeline]:
    """Another bot over the same data, with budgets of its own."""
    limits = QuotaPolicy(
        kinds={
            "everything": {USD_PER_DAY: 25_000_000},
            "user": {Measure("usd", "month"): 3_000_000, USD_PER_REQUEST: 5_000_000},
        },
        subjects={Subject("channel", "C1"): {USD_PER_DAY: 2_000_000}},
    )
    async with await RagPipeline.open(team.folder / "config", environ=team.environ, quotas=limits) as pipeline:
        yield pipeline


def reasons(answer: Answer) -> list[tuple[str, bool, str]]:
    return [(candidate.model, candidate.taken, candidate.reason) for candidate in answer.route]


class TestTheReference:
    async def test_is_the_callers_in_the_answer_and_in_the_books(self, team: Team) -> None:
        answer = await team.ask(reference="q-1")
        assert answer.reference == "q-1"
        assert await team.booked("reference") == [("q-1",)]
        assert (await team.pipeline.query(OTHER_QUESTION, reference="q-2")).reference == "q-2"

    async def test_of_an_answer_from_memory_is_that_of_who_asked_now(self, team: Team) -> None:
        await team.ask(reference="q-1")
        assert (await team.ask(reference="q-2")).reference == "q-2"

    async def test_of_those_who_are_answered_together_is_each_ones_own(self, team: Team) -> None:
        answers = await asyncio.gather(*(team.pipeline.query(QUESTION, reference=f"q-{n}") for n in range(3)))
        assert [answer.reference for answer in answers] == ["q-0", "q-1", "q-2"]

    async def test_is_made_up_where_the_caller_has_none(self, team: Team) -> None:
        first, second = await team.ask(), await team.ask(OTHER_QUESTION)
        assert first.reference != second.reference
        assert len(first.reference) == 12


class TestAskingAgain:
    async def test_makes_another_answer_which_takes_the_place_of_the_remembered_one(self, team: Team) -> None:
        await team.ask()
        team.openai.answer = says("Thirty days of vacation a year [1].")
        again = await team.ask(again=True)
        assert (again.rung, again.text) == ("fresh", "Thirty days of vacation a year [1].")
        assert again.cost_micro_usd > 0
        later = await team.ask()
        assert (later.rung, later.text) == ("cached", again.text)
        assert (await team.pipeline.query(QUESTION)).text == again.text
        async with await RagPipeline.open(team.folder / "config", environ=team.environ) as pipeline:
            assert (await pipeline.query(QUESTION)).text == again.text

    async def test_leaves_the_remembered_answer_where_no_better_one_comes(self, team: Team) -> None:
        first = await team.ask()
        team.openai.faults.append(faults.Truncated(after=3))
        assert (await team.ask(again=True)).truncated
        assert (await team.ask()).text == first.text

    async def test_joins_who_asks_the_same_at_this_moment(self, team: Team) -> None:
        await team.ask()
        answers = await asyncio.gather(*(team.pipeline.query(QUESTION, again=True) for _ in range(3)))
        assert team.calls == 2
        assert sorted(answer.rung_reason for answer in answers) == [
            "asked_together",
            "asked_together",
            "model_answered",
        ]


class TestTheEvidence:
    async def test_is_what_the_model_was_given_and_says_what_it_cited(self, team: Team) -> None:
        team.openai.answer = says("There are 30 days [2].")
        answer = await team.ask()
        passages = (await team.pipeline.search(QUESTION)).passages
        assert [each.n for each in answer.evidence] == list(range(1, len(passages) + 1))
        assert [(each.title, each.link, each.source) for each in answer.evidence] == [
            (passage.chunk.title, passage.chunk.link, passage.chunk.source) for passage in passages
        ]
        assert [(each.score, each.text_score, each.vector_distance) for each in answer.evidence] == [
            (passage.score, passage.text_score, passage.vector_distance) for passage in passages
        ]
        assert [each.n for each in answer.evidence if each.cited] == [2]
        assert answer.citations[0].title == answer.evidence[1].title
        assert {each.collection for each in answer.evidence} == {"default"}

    async def test_of_quotations_is_what_they_were_taken_from(self, team: Team) -> None:
        team.break_all(faults.Refused("overloaded"))
        answer = await team.ask()
        assert answer.rung == "extractive"
        assert {each.title for each in answer.evidence if each.cited} == {each.title for each in answer.citations}
        assert len(answer.evidence) == len((await team.pipeline.search(QUESTION)).passages)

    async def test_of_a_refusal_is_what_was_found_wanting(self, team: Team) -> None:
        answer = await team.ask(NEITHER)
        assert (answer.refused, answer.route) == (True, ())
        assert [each.title for each in answer.evidence] == [
            passage.chunk.title for passage in (await team.pipeline.search(NEITHER)).passages
        ]
        assert not any(each.cited for each in answer.evidence)
        assert answer.evidence

    async def test_of_a_model_that_found_no_answer_is_what_it_read(self, team: Team) -> None:
        team.openai.answer = says("NOT-IN-DOCUMENTS")
        answer = await team.ask()
        assert answer.refused
        assert answer.evidence
        assert not any(each.cited for each in answer.evidence)

    async def test_of_a_remembered_answer_is_what_it_was_made_from(self, team: Team) -> None:
        first = await team.ask()
        assert first.route
        remembered = await team.ask()
        assert (remembered.evidence, remembered.route) == (first.evidence, ())
        async with await RagPipeline.open(team.folder / "config", environ=team.environ) as pipeline:
            stored = await pipeline.query(QUESTION)
        assert (stored.rung, stored.evidence, stored.route) == ("cached", first.evidence, ())

    async def test_of_an_old_answer_that_stands_in_is_its_own_and_the_route_is_todays(self, team: Team) -> None:
        team.openai.answer = says("There are 30 days [2].")
        first = await team.ask()
        team.break_all(faults.Refused("overloaded"))
        answer = await team.ask(again=True)
        assert (answer.rung, answer.evidence) == ("cached", first.evidence)
        assert {reason for _, _, reason in reasons(answer)} == {"failed"}

    async def test_of_an_answer_that_was_remembered_before_there_was_any_is_empty(self, team: Team) -> None:
        await team.ask()
        database = team.pipeline.database
        ((entry,),) = await database.fetch("SELECT entry FROM answers")
        old = json.loads(str(entry))
        for name in ("evidence", "route", "standalone"):
            del old["answer"][name]
        for attempt in old["answer"]["attempts"]:
            del attempt["purpose"]
        await database.fetch("UPDATE answers SET entry = $1", json.dumps(old))
        async with await RagPipeline.open(team.folder / "config", environ=team.environ) as pipeline:
            answer = await pipeline.query(QUESTION)
        assert (answer.rung, answer.evidence, answer.route, answer.standalone) == ("cached", (), (), None)


class TestTheRoute:
    async def test_says_which_model_failed_which_answered_and_which_was_not_needed(self, team: Team) -> None:
        team.openai.faults.append(faults.Refused("server_error"))
        answer = await team.ask()
        assert reasons(answer) == [
            ("gpt-6.1-terra", True, "failed"),
            ("gemini-3.8-flash", True, "answered"),
            ("claude-sonnet-5-5", False, "not_needed"),
        ]
        assert [candidate.estimate_micro_usd is None for candidate in answer.route] == [False, False, True]

    async def test_says_which_model_was_passed_over_and_why(self, tmp_path: Path) -> None:
        async with open_team(tmp_path, routing="cost_limits: {per_request_limit: 0.0001}") as team:
            answer = await team.ask()
        assert {reason for _, taken, reason in reasons(answer) if not taken} == {"too_expensive"}

    async def test_without_any_provider_says_so_of_each(self, team: Team) -> None:
        environ = {"RAGBOT_DATA": team.environ["RAGBOT_DATA"]}
        async with await RagPipeline.open(team.folder / "config", environ=environ) as pipeline:
            answer = await pipeline.query(QUESTION)
        assert answer.route[0] == Candidate("openai", "gpt-6.1-terra", taken=False, reason="not_configured")
        assert {candidate.reason for candidate in answer.route} == {"not_configured"}


class TestWhatLiesOutside:
    @pytest.fixture
    async def team(self, tmp_path: Path) -> AsyncIterator[Team]:
        """With three more documents on vacation, which not everybody may read."""
        async with open_team(tmp_path) as team:
            secrets = tmp_path / "secrets"
            secrets.mkdir()
            for number in range(3):
                text = f"# Board {number}\n\nMembers of the board have {number} days of vacation more.\n"
                (secrets / f"{number}.md").write_text(text, encoding="utf-8")
            await team.pipeline.add_documents(DocumentSource(secrets, "board"))
            yield team

    async def test_is_counted_and_nothing_is_paid_for(self, team: Team) -> None:
        assert await team.pipeline.count_outside("Vacation of the board?", scope=Scope.of("default")) == 3
        inside = await team.pipeline.count_outside("Vacation of the board?", scope=Scope.of("board"))
        assert inside == await team.pipeline.count_outside("vacation board", scope=Scope.of("board", "other")) > 0
        assert team.calls == 0

    async def test_is_nothing_where_everything_may_be_read_or_nothing_is_found(self, team: Team) -> None:
        assert await team.pipeline.count_outside(QUESTION, scope=EVERYTHING) == 0
        assert await team.pipeline.count_outside(QUESTION, scope=Scope.of("default", "board")) == 0
        assert await team.pipeline.count_outside("zebras", scope=Scope.of("default")) == 0
        assert await team.pipeline.count_outside("?", scope=Scope.of("default")) == 0

    async def test_is_counted_among_as_many_as_a_search_looks_at(self, tmp_path: Path, team: Team) -> None:
        config = tmp_path / "few"
        config.mkdir()
        (config / "llm_providers_config.yaml").write_text("retrieval: {passages: 2, candidates: 2}")
        environ = {"RAGBOT_DATA": team.environ["RAGBOT_DATA"]}
        async with await RagPipeline.open(config, environ=environ) as pipeline:
            assert await pipeline.count_outside("board", scope=Scope.of("default")) == 2

    async def test_without_an_index_is_not_known(self, team: Team) -> None:
        team.pipeline._parts.index.close()
        with pytest.raises(IndexUnavailable):
            await team.pipeline.count_outside(QUESTION, scope=Scope.of("default"))


class TestTheAllowance:
    async def test_is_that_of_the_budget_with_least_left(self, team: Team) -> None:
        async with frugal(team) as pipeline:
            assert await pipeline.allowance(U1) == Allowance("channel", "day", 2_000_000, 2_000_000)
            await pipeline.accounts.change("me", Change("user:U1", Measure("usd", "hour"), 1_000))
            assert await pipeline.allowance(U1) == Allowance("user", "hour", 1_000, 1_000)
            other = Asker(user="U2")
            assert await pipeline.allowance(other) == Allowance("user", "month", 3_000_000, 3_000_000)

    async def test_shrinks_by_what_an_answer_cost_a_second_later(
        self, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = FakeClock()
        monkeypatch.setattr("rag.bootstrap.SystemClock", lambda: clock)
        async with frugal(team) as pipeline:
            assert await pipeline.allowance(U1) == Allowance("channel", "day", 2_000_000, 2_000_000)
            answer = await pipeline.query(QUESTION, asker=U1)
            assert await pipeline.allowance(U1) == Allowance("channel", "day", 2_000_000, 2_000_000)
            clock.wind(1)
            left = 2_000_000 - answer.cost_micro_usd
            assert await pipeline.allowance(U1) == Allowance("channel", "day", left, 2_000_000)

    async def test_is_unknown_without_budgets_and_without_books(self, team: Team) -> None:
        limits = QuotaPolicy(kinds={"user": {USD_PER_REQUEST: 5, Measure("requests", "day"): 3}})
        async with await RagPipeline.open(team.folder / "config", environ=team.environ, quotas=limits) as pipeline:
            assert await pipeline.allowance(U1) is None
        async with frugal(team) as pipeline:
            await pipeline.database.aclose()
            assert await pipeline.allowance(U1) is None
