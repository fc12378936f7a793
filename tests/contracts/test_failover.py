"""Every fault at every provider, over the real wire: the reader is answered, the books are right, the model rests."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from rag.answering.prompt import NOT_IN_DOCUMENTS
from rag.model import Scope
from tests.benchmarks import failover
from tests.benchmarks.benchmark import Plan
from tests.fakes import chat_faults as faults
from tests.scenarios.failover import ANSWER, MISHAPS, MODELS, Account, Mishap, Stage, open_stage
from tests.scenarios.team import OPENAI, QUESTION, open_team

AFTERWARDS = {  # the model that was asked, and the provider's others
    "ready": ("ready", {"ready"}),
    "resting": ("resting", {"ready"}),
    "model_off": ("off", {"ready"}),
    "provider_off": ("off", {"off"}),
}

on_the_stage = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Struck:
    """One cell of the table: a mishap at the first provider of the route."""

    provider: str
    mishap: Mishap
    streaming: bool
    account: Account

    @property
    def rescuer(self) -> str:
        """The provider that comes next."""
        return next(name for name in MODELS if name != self.provider)


@dataclass(frozen=True)
class Outage:
    """A mishap at all providers at once."""

    mishap: Mishap
    account: Account


def cells() -> Iterator[object]:
    for streaming in (True, False):
        for name, mishap in MISHAPS.items():
            if streaming or not mishap.streams_only:
                for provider in MODELS:
                    how = "streamed" if streaming else "plain"
                    yield pytest.param((provider, mishap, streaming), id=f"{name}, {provider}, {how}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path_factory.mktemp("failover")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=cells())
async def struck(request: pytest.FixtureRequest, stage: Stage) -> Struck:
    provider, mishap, streaming = request.param
    return Struck(provider, mishap, streaming, await stage.strike(provider, mishap, streaming=streaming))


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=MISHAPS.values(), ids=MISHAPS)
async def outage(request: pytest.FixtureRequest, stage: Stage) -> Outage:
    return Outage(request.param, await stage.strike_all(request.param))


class TestOneProviderFails:
    def test_the_reader_gets_a_whole_cited_answer_of_the_next_model(self, struck: Struck) -> None:
        answer = struck.account.answer
        assert answer.text == ANSWER
        assert [citation.source.rpartition("/")[2] for citation in answer.citations] == ["vacation.md"]
        assert (answer.provider, answer.rung, answer.rung_reason) == (struck.rescuer, "fallback", "model_failed")

    def test_it_begins_again_visibly_where_words_were_shown_and_nowhere_else(self, struck: Struck) -> None:
        assert struck.account.restarts == int(struck.streaming and struck.mishap.visible)

    def test_nobody_is_called_twice_or_without_need(self, struck: Struck) -> None:
        called = {provider: calls for provider, calls in struck.account.calls.items() if calls}
        assert called == {struck.provider: 1, struck.rescuer: 1}

    def test_what_is_charged_is_at_least_what_is_billed_and_just_that_where_usage_was_told(
        self, struck: Struck
    ) -> None:
        account = struck.account
        for attempt in account.answer.attempts:
            bill = math.ceil(account.billed_micro_usd[attempt.provider])
            assert attempt.cost_micro_usd == account.charged_micro_usd[attempt.provider]
            assert attempt.cost_micro_usd == bill or (attempt.tokens.estimated and attempt.cost_micro_usd > bill)
        failed, answered = account.answer.attempts
        assert not answered.tokens.estimated
        assert bool(failed.cost_micro_usd) != struck.mishap.is_refusal

    def test_no_money_stays_set_aside(self, struck: Struck) -> None:
        assert struck.account.held_micro_usd == 0

    def test_the_model_is_left_alone_as_it_deserves(self, struck: Struck) -> None:
        states = dict(struck.account.states)
        asked = states.pop(MODELS[struck.provider])
        siblings = {state for name, state in states.items() if name.startswith(f"{struck.provider}/")}
        assert (asked, siblings) == AFTERWARDS[struck.mishap.leaves]
        assert states[MODELS[struck.rescuer]] == "ready"

    def test_a_stream_that_hangs_is_hung_up_on(self, struck: Struck) -> None:
        if struck.streaming:
            assert struck.account.hung_up[struck.provider] == int(struck.mishap.hangs)


class TestAllProvidersFail:
    def test_the_reader_gets_quotations(self, outage: Outage) -> None:
        answer = outage.account.answer
        assert (answer.provider, answer.rung, answer.rung_reason) == ("extractive", "extractive", "models_failed")
        assert "Every employee has 30 days of vacation a year." in answer.text
        assert answer.citations

    def test_each_model_is_called_once_and_at_most_one_of_them_once_more(self, outage: Outage) -> None:
        calls = outage.account.calls.values()
        assert min(calls) == 1
        assert sum(calls) <= len(MODELS) + 1

    def test_what_is_charged_is_at_least_what_is_billed_and_nothing_where_no_model_was_reached(
        self, outage: Outage
    ) -> None:
        account = outage.account
        for provider, charged in account.charged_micro_usd.items():
            assert charged >= account.billed_micro_usd[provider]
        assert sum(account.charged_micro_usd.values()) == account.answer.cost_micro_usd
        assert bool(account.answer.cost_micro_usd) != outage.mishap.is_refusal

    def test_no_money_stays_set_aside(self, outage: Outage) -> None:
        assert outage.account.held_micro_usd == 0


class TestWaits:
    @on_the_stage
    async def test_are_kept_where_all_providers_ask_for_one_and_the_first_to_be_back_answers(
        self, stage: Stage
    ) -> None:
        moment = Mishap(faults.Refused("rate_limited", retry_after_s=0.05))
        account = await stage.strike_all(moment, once=True)
        assert (account.answer.text, account.answer.provider) == (ANSWER, "openai")
        assert list(account.calls.values()) == [2, 1, 1, 1]
        assert account.answer.latency_s > 0.05

    @on_the_stage
    async def test_are_not_kept_for_ever(self, stage: Stage) -> None:
        account = await stage.strike_all(Mishap(faults.Refused("rate_limited", retry_after_s=0.05)))
        assert account.answer.rung == "extractive"
        assert max(account.calls.values()) in {2, 3}

    @on_the_stage
    async def test_until_tomorrow_switch_a_provider_off(self, stage: Stage) -> None:
        account = await stage.strike("gemini", Mishap(faults.Refused("daily_quota")))
        assert {state for name, state in account.states.items() if name.startswith("gemini/")} == {"off"}
        assert account.answer.text == ANSWER


class TestInTheLongRun:
    async def test_a_model_that_keeps_failing_is_left_alone_and_then_tried_by_one_question_of_many(
        self, tmp_path: Path
    ) -> None:
        async with open_team(tmp_path) as team:
            team.openai.always = faults.Refused("server_error")
            # Everyone may read something else, so that nobody is given another's answer.
            scopes = iter([Scope.of("default", f"team-{number}") for number in range(14)])
            reasons = [(await team.ask(scope=scope)).rung_reason for scope in itertools.islice(scopes, 4)]
            assert reasons == [*["model_failed"] * 3, "model_unavailable"]
            assert len(team.openai.calls) == 3
            (model,) = (one for one in team.pipeline._parts.router._upstreams if one.card.name == OPENAI)
            model.breaker._open_until = 0.0  # its rest is over
            team.openai.always = faults.Hang()  # so that all the others come while one tries it
            answers = await asyncio.gather(*(team.pipeline.query(QUESTION, scope=scope) for scope in scopes))
            assert {answer.provider for answer in answers} == {"gemini"}
            assert len(team.openai.calls) == 4


class TestAModelThatFindsNothing:
    @on_the_stage
    async def test_leaves_nothing_of_another_that_broke_off(self, stage: Stage) -> None:
        rescuer = stage.servers["openai"]
        rescuer.answer = lambda _: NOT_IN_DOCUMENTS
        try:
            account = await stage.strike("gemini", MISHAPS["cut after the first words"])
        finally:
            rescuer.answer = lambda _: ANSWER
        assert account.restarts == 1
        assert account.answer.refused
        assert "Every employee has" not in account.answer.text


class TestTheBenchmark:
    @pytest.mark.filterwarnings("ignore")  # what LiteLLM warns of, where it is installed, is not ours to mend
    @on_the_stage
    async def test_tells_of_each_mishap_at_each_provider_and_at_all_of_them(self, stage: Stage) -> None:
        report = await failover.report(stage, {"HTTP 500": MISHAPS["HTTP 500"]}, Plan(runs=2), lambda _: None)
        one, *_, everywhere = report.rows[: len(MODELS) + 1]
        assert [row.what for row in report.rows[: len(MODELS)]] == [f"HTTP 500: {name}" for name in MODELS]
        told = dict(zip((column.key for column in report.columns), one.figures, strict=True))
        assert (told["whole_answers"], told["quotations"], told["restarts"], told["calls"]) == (1, 0, 0, 2)
        assert told["charged_micro_usd"] == told["billed_micro_usd"] != 0
        assert (everywhere.what, everywhere.figures[:4]) == ("HTTP 500: all of 3", (0, 1, 0, 4))
