"""Processes that share one budget and ask at once spend what there is, and never more: the provider's bill decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.postgres import PostgresServer
from tests.scenarios.spending import Terms, open_trial

pytestmark = pytest.mark.usefixtures("unmeasured")

# Worth about forty answers, of which ten can be under way at once.
_TERMS = Terms(budget_micro_usd=30_000, prompt_tokens=200, answer_tokens=(40, 160), max_output_tokens=400)
_QUESTIONS, _AT_ONCE, _PROCESSES = 120, 40, 4


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest) -> str | None:
    if request.param == "sqlite":
        return None  # a file in the trial's folder
    server: PostgresServer = request.getfixturevalue("server")
    return server.new_database()


async def test_processes_that_share_a_budget_spend_it_and_not_more(tmp_path: Path, state_url: str | None) -> None:
    async with open_trial(tmp_path, _TERMS, state_url) as trial:
        asked = await trial.ask(_QUESTIONS, at_once=_AT_ONCE, processes=_PROCESSES)
        await trial.is_quiet()
        books = await trial.statement()

    limit = _TERMS.budget_micro_usd
    assert trial.billed_micro_usd <= books.booked <= limit
    assert trial.billed_micro_usd >= limit * float(_TERMS.brake) * 0.9, "nor is it kept from being spent"
    assert books.used == books.booked
    assert books.held_rows == len(books.open) == 0, "nothing stays set aside"
    assert books.calls == len(trial.provider.calls) == sum(one.answered for one in asked)
    assert sum(one.asked for one in asked) == _QUESTIONS
    assert set().union(*(one.reasons for one in asked)) == {"model_answered", "budget_exhausted"}
    assert trial.provider.most_in_flight > _PROCESSES, "calls did overlap"
