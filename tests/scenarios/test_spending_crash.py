"""A process that is killed while it asks leaves books that are right in the end, and on the safe side."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.postgres import PostgresServer
from tests.scenarios.spending import Crash, Terms, crash, open_trial

pytestmark = pytest.mark.usefixtures("unmeasured")

_KILLS = {"sqlite": 6, "postgresql": 3}
# Worth about eight answers, and a hundred and eighty.
_BUDGETS_MICRO_USD = (20_000, 400_000)


@pytest.fixture(params=list(_KILLS))
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_database(engine: str, request: pytest.FixtureRequest) -> Callable[[], str | None]:
    if engine == "sqlite":
        return lambda: None  # a file in the trial's folder
    server: PostgresServer = request.getfixturevalue("server")
    return server.new_database


async def test_whenever_it_is_killed_the_books_cover_the_bill_and_nothing_stays_held(
    tmp_path: Path, engine: str, new_database: Callable[[], str | None]
) -> None:
    moments = random.Random(20261122)  # the same in every run of this test

    async def killed(number: int, after_s: float) -> Crash:
        terms = Terms(budget_micro_usd=_BUDGETS_MICRO_USD[number % 2])
        async with open_trial(tmp_path / str(number), terms, new_database()) as trial:
            return await crash(trial, at_once=20, after_s=after_s, from_first_call=True)

    crashes = await asyncio.gather(*(killed(number, moments.uniform(0, 0.7)) for number in range(_KILLS[engine])))

    assert not any(one.is_below_bill for one in crashes)
    assert not any(one.exceeds_budget for one in crashes)
    assert not any(one.is_stuck for one in crashes)
    assert not any(one.is_inconsistent for one in crashes)
    assert any(one.was_in_mid_call for one in crashes), "some died while they held money"
    assert any(one.billed_micro_usd for one in crashes), "and owed some"
