from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMANDS, Call, button_of, commands_on, nearest, read_call
from bot.commands.base import Argument, Command, Invocation, WrongUsage
from bot.locales import LOCALES, phrases_in
from bot.messages import Action, Card, Thread
from rag.model import CacheStats, CollectionSummary, IndexStats, ProviderHealth, Scope
from tests.fakes.room import ANA, message
from tests.fakes.scripted_pipeline import HEALTH, ScriptedPipeline
from tests.fakes.talk import Talk, open_talk

CONSOLE = commands_on("console")


HERE = Thread("console", "console", "1")


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with open_talk(tmp_path, ScriptedPipeline()) as talk:
        yield talk


class Run(Protocol):
    async def __call__(
        self, name: str, *words: str, pipeline: ScriptedPipeline | None = None, scope: Scope | None = None
    ) -> str: ...


@pytest.fixture
def run(talk: Talk) -> Run:
    async def run(name: str, *words: str, pipeline: ScriptedPipeline | None = None, scope: Scope | None = None) -> str:
        command = next(command for command in CONSOLE if command.name == name)
        call = Invocation(
            command.bind(words),
            pipeline or ScriptedPipeline(),
            scope or Scope.everything(),
            phrases_in("en"),
            CONSOLE,
            HERE,
            talk.journal,
        )
        return (await command.run(call)).text

    return run


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("/help", Call("help")),
        ("  /HELP sources ", Call("help", ("sources",))),
        ("status", Call("status")),
        (" ", Call("help")),
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

    names = {command.name: command.words for command in CONSOLE}
    names["help"] |= {""}
    assert call is None or text.strip().startswith("/") or text.strip().casefold() in names[call.name]


def test_a_slip_of_the_keys_finds_the_nearest_command() -> None:
    assert nearest("souces", CONSOLE) == "sources"
    assert nearest("xyzzy", CONSOLE) is None


def test_names_are_unique_and_every_example_is_a_call_of_its_command() -> None:
    assert len({command.name for command in COMMANDS}) == len(COMMANDS)
    for command in COMMANDS:
        for locale in LOCALES:
            call = read_call(command.example_in(phrases_in(locale)), COMMANDS)
            assert call is not None
            assert call.name == command.name
            command.bind(call.words)


def test_the_console_alone_can_be_left_and_revises_by_commands() -> None:
    elsewhere = {command.name for command in commands_on("slack")}

    assert {command.name for command in CONSOLE} - elsewhere == {"quit", "edit", "delete"}


async def _nothing(_call: Invocation) -> Card:
    return Card("")


def test_arguments_are_bound_in_order_and_too_many_or_too_few_are_refused() -> None:
    command = Command(
        name="move",
        summary="",
        example="/move a",
        run=_nothing,
        arguments=(Argument("question"), Argument("reason", required=False)),
    )

    assert command.usage(phrases_in("en")) == "/move <new question> [what was wrong]"
    assert command.usage(phrases_in("pt-BR")) == "/move <nova pergunta> [o que estava errado]"
    assert command.bind(("a",)) == {"question": "a"}
    assert command.bind(("a", "b")) == {"question": "a", "reason": "b"}
    for words in ((), ("a", "b", "c")):
        with pytest.raises(WrongUsage):
            command.bind(words)


async def test_help_lists_every_command_of_the_place_and_explains_one(run: Run) -> None:
    text = await run("help")

    assert all(f"`{command.usage(phrases_in('en'))}`" in text for command in CONSOLE)
    assert all(summary in text for summary in ("change your last question", "hand the last question over"))
    assert await run("help", "/Sources") == "`/sources`: which documents I know. For example: `/sources`"
    with pytest.raises(WrongUsage):
        await run("help", "nonsense")


async def test_sources_shows_only_the_collections_that_the_place_may_read(run: Run) -> None:
    everything, some = await run("sources"), await run("sources", scope=Scope.of("team_docs"))

    assert everything.splitlines() == [
        "- `default`: 1 document, 40 chunks, last synchronised 2026-11-22 18:05 UTC",
        "- `team_docs`: 11 documents, 1,300 chunks",
    ]
    assert some == "- `team_docs`: 11 documents, 1,300 chunks"
    assert await run("sources", scope=Scope.of()) == "There are no documents here yet."


async def test_the_name_of_a_collection_is_shown_and_never_obeyed(run: Run) -> None:
    hostile = CollectionSummary("[x](https://evil.example)\n# y", 1, 1, datetime(2026, 1, 1, tzinfo=UTC))

    assert (await run("sources", pipeline=ScriptedPipeline(collections=(hostile,)))).startswith(
        "- `[x](https://evil.example) # y`: 1 document"
    )


async def test_status_says_what_works(run: Run) -> None:
    assert (await run("status")).splitlines() == [
        "**ragbot 0.1.0** is ready.",
        "",
        "- Index: 12 documents, 1,340 chunks",
        "- State database (sqlite): it answers",
        "- Models: none is configured, so I quote the documents",
    ]


async def test_status_says_what_does_not_work(run: Run) -> None:
    models = (ProviderHealth("openai", "gpt", "ready"), ProviderHealth("extractive", None, "ready"))
    health = replace(HEALTH, ready=False, index=None, store_ok=False, providers=models)

    assert (await run("status", pipeline=ScriptedPipeline(health=health))).splitlines() == [
        "**ragbot 0.1.0** is not ready to answer.",
        "",
        "- Index: it cannot be read",
        "- State database (sqlite): it does not answer",
        "- Model `openai/gpt`: ready",
    ]


async def test_status_tells_how_the_models_fare_and_not_their_errors(run: Run) -> None:
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


async def test_status_tells_how_many_questions_memory_answers(run: Run) -> None:
    health = replace(HEALTH, cache=CacheStats(exact=5, similar=1, misses=14, hit_target=0.7))
    last = (await run("status", pipeline=ScriptedPipeline(health=health))).splitlines()[-1]
    assert last == "- Answered from memory since the start: 30% of the questions (target: 70%)"


async def test_status_of_an_empty_index_counts_zero(run: Run) -> None:
    health = replace(HEALTH, index=IndexStats(0, 0, 0, None))

    assert "- Index: 0 documents, 0 chunks" in await run("status", pipeline=ScriptedPipeline(health=health))


@pytest.mark.parametrize(
    ("text", "action", "reason"),
    [
        ("/why", "why", ""),
        ("/quotes", "sources", ""),
        ("quotes", "sources", ""),
        ("👍", "good", ""),
        ("👎", "bad", ""),
        ("/bad  the figure is\nfrom last year ", "bad", "the figure is from last year"),
        ("Retry", "retry", ""),
        ("de novo", "retry", ""),
        ("Parar", "stop", ""),
        ("hand over", "hand_over", ""),
        ("passe para alguém", "hand_over", ""),
    ],
)
def test_buttons_can_be_typed_in_both_languages(text: str, action: Action, reason: str) -> None:
    press = button_of(message(text, id="7", place="C2", thread="5"))

    assert press is not None
    assert (press.action, press.text, press.reference) == (action, reason, "")
    assert (press.event_id, press.thread, press.author) == ("C2:7", Thread("room", "C2", "5"), ANA)


@pytest.mark.parametrize("text", ["why", "good", "bad", "bad idea", "stop it", "/why not", "/mute", "what?"])
def test_words_that_people_mean_press_no_button(text: str) -> None:
    assert button_of(message(text)) is None


def test_every_button_can_be_typed() -> None:
    assert {command.button for command in COMMANDS} == {None, *get_args(Action)}


def test_what_another_bot_says_presses_no_button() -> None:
    assert button_of(message("/stop", is_by_bot=True)) is None


@pytest.mark.parametrize("text", ["mute", "🔇", "silenciar", "Silêncio", "/mute"])
def test_the_bot_is_muted_in_both_languages(text: str) -> None:
    assert read_call(text, commands_on("slack")) == Call("mute")


def test_an_argument_that_takes_the_rest_takes_nothing_where_nothing_is_left() -> None:
    command = Command(
        "tell", "", "/tell a b c", _nothing, (Argument("whom"), Argument("what", required=False, is_rest=True))
    )

    assert command.bind(("a", "b", "c")) == {"whom": "a", "what": "b c"}
    assert command.bind(("a",)) == {"whom": "a"}
    with pytest.raises(WrongUsage):
        command.bind(())
