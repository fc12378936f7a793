from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMANDS, Call, commands_on, nearest, read_call
from bot.commands.base import Argument, Command, Invocation, WrongUsage
from bot.locales import phrases_in
from bot.messages import Card
from rag.model import CacheStats, CollectionSummary, IndexStats, ProviderHealth, Scope
from tests.fakes.scripted_pipeline import HEALTH, ScriptedPipeline

CONSOLE = commands_on("console")


async def run(name: str, *words: str, pipeline: ScriptedPipeline | None = None, scope: Scope | None = None) -> str:
    command = next(command for command in CONSOLE if command.name == name)
    card = await command.run(
        Invocation(
            command.bind(words), pipeline or ScriptedPipeline(), scope or Scope.everything(), phrases_in("en"), CONSOLE
        )
    )
    return card.text


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("/help", Call("help")),
        ("  /HELP sources ", Call("help", ("sources",))),
        ("status", Call("status")),
        ("Status", Call("status")),
        ("/souces now", Call("souces", ("now",))),
        ("help me to set a budget", None),
        ("/etc/hosts: what is in it?", None),
        ("/ is what?", None),
        ("what is /help?", None),
    ],
)
def test_what_is_a_command_and_what_is_a_question(text: str, call: Call | None) -> None:
    assert read_call(text, CONSOLE) == call


@given(st.text())
def test_any_text_is_either_a_call_or_a_question(text: str) -> None:
    call = read_call(text, CONSOLE)

    assert call is None or text.strip().casefold().lstrip("/").startswith(call.name)


def test_a_slip_of_the_keys_finds_the_nearest_command() -> None:
    assert nearest("souces", CONSOLE) == "sources"
    assert nearest("xyzzy", CONSOLE) is None


def test_names_are_unique_and_every_example_is_a_call_of_its_command() -> None:
    assert len({command.name for command in COMMANDS}) == len(COMMANDS)
    for command in COMMANDS:
        call = read_call(command.example, COMMANDS)
        assert call is not None
        assert call.name == command.name
        command.bind(call.words)


def test_the_console_alone_can_be_left() -> None:
    assert {command.name for command in CONSOLE} - {command.name for command in commands_on("slack")} == {"quit"}


async def _nothing(_call: Invocation) -> Card:
    return Card("")


def test_arguments_are_bound_in_order_and_too_many_or_too_few_are_refused() -> None:
    command = Command(
        name="move",
        summary="",
        example="/move a",
        run=_nothing,
        arguments=(Argument("what"), Argument("where", required=False)),
    )

    assert command.usage == "/move <what> [where]"
    assert command.bind(("a",)) == {"what": "a"}
    assert command.bind(("a", "b")) == {"what": "a", "where": "b"}
    for words in ((), ("a", "b", "c")):
        with pytest.raises(WrongUsage):
            command.bind(words)


async def test_help_lists_every_command_of_the_place_and_explains_one() -> None:
    text = await run("help")

    assert all(f"`{command.usage}`" in text for command in CONSOLE)
    assert await run("help", "/Sources") == "`/sources`: which documents I know. For example: `/sources`"
    with pytest.raises(WrongUsage):
        await run("help", "nonsense")


async def test_sources_shows_only_the_collections_that_the_place_may_read() -> None:
    everything, some = await run("sources"), await run("sources", scope=Scope.of("team_docs"))

    assert everything.splitlines() == [
        "- `default`: 1 document, 40 chunks, last synchronised 2026-11-22 18:05 UTC",
        "- `team_docs`: 11 documents, 1,300 chunks",
    ]
    assert some == "- `team_docs`: 11 documents, 1,300 chunks"
    assert await run("sources", scope=Scope.of()) == "There are no documents here yet."


async def test_the_name_of_a_collection_is_shown_and_never_obeyed() -> None:
    hostile = CollectionSummary("[x](https://evil.example)\n# y", 1, 1, datetime(2026, 1, 1, tzinfo=UTC))

    assert (await run("sources", pipeline=ScriptedPipeline(collections=(hostile,)))).startswith(
        "- `[x](https://evil.example) # y`: 1 document"
    )


async def test_status_says_what_works() -> None:
    assert (await run("status")).splitlines() == [
        "**ragbot 0.1.0** is ready.",
        "",
        "- Index: 12 documents, 1,340 chunks",
        "- State database (sqlite): it answers",
        "- Models: none is configured, so I quote the documents",
    ]


async def test_status_says_what_does_not_work() -> None:
    models = (ProviderHealth("openai", "gpt", "ready"), ProviderHealth("extractive", None, "ready"))
    health = replace(HEALTH, ready=False, index=None, store_ok=False, providers=models)

    assert (await run("status", pipeline=ScriptedPipeline(health=health))).splitlines() == [
        "**ragbot 0.1.0** is not ready to answer.",
        "",
        "- Index: it cannot be read",
        "- State database (sqlite): it does not answer",
        "- Model `openai/gpt`: ready",
    ]


async def test_status_tells_how_the_models_fare_and_not_their_errors() -> None:
    models = (
        ProviderHealth("openai", "gpt", "ready", error_rate=0.0, first_token_p50_s=0.42, latency_p50_s=2.14),
        ProviderHealth("gemini", "flash", "resting", error_rate=0.5, last_error="HTTP 503 from 10.0.0.7"),
        ProviderHealth("anthropic", "claude", "not_configured"),
    )
    health = replace(HEALTH, providers=models)

    assert (await run("status", pipeline=ScriptedPipeline(health=health))).splitlines()[4:] == [
        "- Model `openai/gpt`: ready (first words after 0.42 s, whole answers after 2.1 s)",
        "- Model `gemini/flash`: resting after failures (50% of calls failed)",
    ]


async def test_status_tells_how_many_questions_memory_answers() -> None:
    health = replace(HEALTH, cache=CacheStats(exact=5, similar=1, misses=14, hit_target=0.7))
    last = (await run("status", pipeline=ScriptedPipeline(health=health))).splitlines()[-1]
    assert last == "- Answered from memory since the start: 30% of the questions (target: 70%)"


async def test_status_of_an_empty_index_counts_zero() -> None:
    health = replace(HEALTH, index=IndexStats(0, 0, 0, None))

    assert "- Index: 0 documents, 0 chunks" in await run("status", pipeline=ScriptedPipeline(health=health))
