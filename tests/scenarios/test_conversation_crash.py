"""A bot that is killed while it answers leaves nobody without an answer or an apology, and answers nobody twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.crowd import Outcome, crash
from tests.benchmarks.vacations import vacations
from tests.fakes.postgres import PostgresServer

pytestmark = pytest.mark.usefixtures("unmeasured")

_AT_ONCE = 20


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "sqlite":
        return None  # a file in the trial's folder
    server: PostgresServer = request.getfixturevalue("server")
    return server.new_database()


def nothing_is_wrong_with(outcome: Outcome) -> None:
    assert outcome.unanswered == (), "nothing stands below these"
    assert outcome.unfinished == (), "these go on for ever"
    assert outcome.twice == (), "these were answered more than once"
    assert outcome.wrong == (), "these were answered as they were before they were edited"
    assert outcome.undeleted == (), "these were deleted, and their replies were not"
    assert outcome.open == outcome.undelivered == 0


async def test_whenever_it_is_killed_every_question_has_one_answer_or_an_apology(
    tmp_path: Path, state_url: str | None
) -> None:
    outcome = await crash(tmp_path, kills=8, at_once=_AT_ONCE, seed="20261122", state_url=state_url)

    nothing_is_wrong_with(outcome)
    assert min(outcome.under_way) > _AT_ONCE / 2, "it was killed while it had much to do"
    assert outcome.outcomes["answered"] > _AT_ONCE / 2


async def test_nor_does_a_whole_pipeline_lose_or_repeat_an_answer(tmp_path: Path) -> None:
    async with vacations(tmp_path) as config:
        outcome = await crash(tmp_path, kills=3, at_once=_AT_ONCE, seed="20261122", config=config)

    nothing_is_wrong_with(outcome)
    assert outcome.outcomes["answered"] > _AT_ONCE / 2
