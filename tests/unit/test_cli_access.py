from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field

import pytest

from bot.access import Access
from bot.cli.access import chosen_access
from bot.cli.parser import WrongUse
from rag.model import Pin
from rag.routing.catalogue import Catalogue, GoneModel, ModelCard
from tests.fakes.scripted_pipeline import ScriptedPipeline

CONFIGURED = Access({"console": ("team_docs",)}, {"console": Pin(policy="fastest")})
MODELS = Catalogue(
    {"openai/gpt-6.1-terra": ModelCard(provider="openai", model="gpt-6.1-terra", rates=())},
    gone={
        "openai/gpt-4": GoneModel(name="openai/gpt-4", replacement="openai/gpt-6.1-terra"),
        "openai/o1": GoneModel(name="openai/o1"),
    },
)


@dataclass
class Core:
    catalogue: Catalogue = MODELS


@dataclass
class Bot:
    access: Access = CONFIGURED
    core: Core = field(default_factory=Core)
    pipeline: ScriptedPipeline = field(default_factory=ScriptedPipeline)


async def access(*collections: str, model: str | None = None, policy: str | None = None) -> Access:
    options = Namespace(collection=list(collections) or None, model=model, policy=policy)
    return await chosen_access(Bot(), options)  # type: ignore[arg-type]  # of a bot, what is asked of it


async def test_without_options_what_is_configured_holds() -> None:
    assert await access() == CONFIGURED


async def test_options_stand_in_place_of_what_is_configured_each_for_itself() -> None:
    collection, model, policy = (
        await access("default"),
        await access(model="openai/gpt-6.1-terra"),
        await access(policy="cheapest"),
    )

    assert collection.scope_of("console") == Access({"*": ("default",)}).scope_of("console")
    assert collection.pins == CONFIGURED.pins
    assert model.pin_of("console") == Pin(model="openai/gpt-6.1-terra")
    assert policy.pin_of("console") == Pin(policy="cheapest")
    assert model.audiences == CONFIGURED.audiences


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("openai/gpt-6.1-tera", "there is no model openai/gpt-6.1-tera; did you mean openai/gpt-6.1-terra?"),
        ("x", "there is no model x; a model is called provider/model, such as openai/gpt-6.1-terra"),
        ("openai/gpt-4", "openai/gpt-4 is gone; use openai/gpt-6.1-terra instead"),
        ("openai/o1", "openai/o1 is gone"),
    ],
)
async def test_a_model_that_does_not_exist_is_wrong_use(model: str, told: str) -> None:
    with pytest.raises(WrongUse) as refused:
        await access(model=model)

    assert str(refused.value) == told


async def test_a_collection_that_does_not_exist_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="there is no collection team-docs; did you mean team_docs"):
        await access("default", "team-docs")
