from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field

import pytest

from bot.cli.parser import WrongUse
from bot.cli.scope import chosen_scope
from rag.model import CollectionSummary, Scope
from tests.fakes.scripted_pipeline import ScriptedPipeline


@dataclass
class Bot:
    pipeline: ScriptedPipeline = field(default_factory=ScriptedPipeline)


async def scope(*names: str, collections: tuple[CollectionSummary, ...] | None = None) -> Scope | None:
    bot = Bot() if collections is None else Bot(ScriptedPipeline(collections=collections))
    return await chosen_scope(bot, Namespace(collection=list(names)))  # type: ignore[arg-type]  # of a bot, the pipeline


async def test_the_named_collections_are_read_and_without_a_name_there_is_no_choice() -> None:
    assert await scope("team_docs", "default") == Scope.of("default", "team_docs")
    assert await scope() is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("team-docs", "there is no collection team-docs; did you mean team_docs?"),
        ("x", "there is no collection x; known: default, team_docs"),
    ],
)
async def test_a_collection_that_does_not_exist_is_wrong_use(name: str, told: str) -> None:
    with pytest.raises(WrongUse) as refused:
        await scope("default", name)

    assert str(refused.value) == told


async def test_without_any_collection_the_complaint_says_so() -> None:
    with pytest.raises(WrongUse, match="there is no collection x; nothing is ingested yet"):
        await scope("x", collections=())
