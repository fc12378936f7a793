"""What answers that cost nothing would have cost, as the books tell it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rag.model import Asker
from rag.quota.quotas import Subject
from tests.fakes import chat_faults as faults
from tests.scenarios.team import QUESTION, Team, open_team


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    async with open_team(tmp_path) as team:
        yield team


async def saved(team: Team) -> list[int]:
    return sorted(int(str(amount)) for (amount,) in await team.booked("saved_micro_usd"))


async def test_an_answer_from_memory_saves_what_the_first_one_cost_whoever_asks(team: Team) -> None:
    first = await team.ask(asker=Asker(user="alice"))
    for _ in range(2):
        assert (await team.ask(asker=Asker(user="bob"))).rung == "cached"
    assert first.cost_micro_usd > 0
    costs = await team.pipeline.accounts.costs("day", "user")
    assert (costs.micro_usd, costs.saved_micro_usd) == (first.cost_micro_usd, 2 * first.cost_micro_usd)
    assert {row.key: row.saved_micro_usd for row in costs.rows} == {"alice": 0, "bob": 2 * first.cost_micro_usd}
    bobs = await team.pipeline.accounts.costs("day", "task", subject=Subject("user", "bob"))
    assert (bobs.micro_usd, bobs.saved_micro_usd, bobs.questions) == (0, 2 * first.cost_micro_usd, 2)


async def test_so_does_one_that_somebody_else_waited_for_just_then(team: Team) -> None:
    answers = await asyncio.gather(*(team.pipeline.query(QUESTION) for _ in range(3)))
    paid = max(answer.cost_micro_usd for answer in answers)
    await team.pipeline.accounts.costs("day", "user")
    assert await saved(team) == [0, paid, paid]


async def test_what_no_model_wrote_saves_nothing_also_where_calls_were_paid_for_it(team: Team) -> None:
    team.break_all(faults.Cut(after=2))
    answers = await asyncio.gather(*(team.pipeline.query(QUESTION) for _ in range(3)))
    assert {answer.rung for answer in answers} == {"extractive"}
    assert max(answer.cost_micro_usd for answer in answers) > 0
    costs = await team.pipeline.accounts.costs("day", "rung")
    assert (costs.saved_micro_usd, costs.questions) == (0, 3)
