from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access import Access, Admins
from bot.commands import COMMANDS, Call, button_of, commands_on, nearest, read_call
from bot.commands.base import Argument, Command, Invocation, Load, WrongUsage
from bot.locales import LOCALES, phrases_in
from bot.messages import Action, Card, Locale, Person, Source, Thread
from rag.errors import QuotaExceeded
from rag.model import CacheStats, Chunk, CollectionSummary, IndexStats, Passage, ProviderHealth, Retrieval, Scope
from tests.fakes.room import ANA, BRUNO, Room, message
from tests.fakes.scripted_pipeline import HEALTH, NOTHING_FOUND, ScriptedPipeline, one_too_many
from tests.fakes.talk import Talk, open_talk

CONSOLE = commands_on("console")


HERE = Thread("console", "console", "1")
BOSS = Person(id="BOSS", locale="en")
ADMINS = Admins(frozenset({"BOSS"}))


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with open_talk(tmp_path, ScriptedPipeline()) as talk:
        yield talk


class Run(Protocol):
    async def __call__(
        self,
        name: str,
        *words: str,
        pipeline: ScriptedPipeline | None = None,
        scope: Scope | None = None,
        author: Person = ANA,
    ) -> str: ...


@pytest.fixture
def run(talk: Talk) -> Run:
    async def run(
        name: str,
        *words: str,
        pipeline: ScriptedPipeline | None = None,
        scope: Scope | None = None,
        author: Person = ANA,
    ) -> str:
        command = next(command for command in CONSOLE if command.name == name)
        access = Access() if scope is None else Access({"*": tuple(scope.collections or ())})
        call = Invocation(
            desk=replace(talk.desk, pipeline=pipeline or ScriptedPipeline(), access=replace(access, admins=ADMINS)),
            arguments=command.bind(words),
            author=author,
            thread=HERE,
            phrases=phrases_in("en"),
            commands=CONSOLE,
            load=Load(answering=2, waiting=1, up_s=3_700),
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

    lines = text.splitlines()
    assert all(
        any(line.startswith(f"- `/{command.name}") for line in lines) for command in CONSOLE if not command.right
    )
    assert "- `/search <words>`: the passages about something, without an answer" in lines
    assert "- `/cost`: what was spent; you see your own, admins everybody's" in lines
    assert all(summary in text for summary in ("change your last question", "hand the last question over"))
    assert (
        await run("help", "/Sources") == "`/sources [collection]`: which documents I know.\n\nFor example: `/sources`"
    )
    with pytest.raises(WrongUsage):
        await run("help", "nonsense")


async def test_sources_lists_the_documents_of_one_collection_if_the_place_may_read_it(run: Run) -> None:
    all_of_it = (await run("sources", "Team_Docs")).splitlines()

    assert all_of_it[0] == "- `team_docs`: 11 documents, 1,300 chunks"
    assert all_of_it[1:3] == ["  - `team_docs/page-000.md`", "  - `team_docs/page-001.md`"]
    assert len(all_of_it) == 12
    elsewhere = await run("sources", "team_docs", scope=Scope.of("default"))
    nowhere = await run("sources", "salaries", scope=Scope.of("default"))
    assert nowhere == "There is no collection `salaries` here. There are: `default`."
    assert elsewhere == nowhere.replace("salaries", "team_docs"), "nobody learns what there is elsewhere"
    many = ScriptedPipeline(collections=(CollectionSummary("wiki", 40, 400, None),))
    assert (await run("sources", "wiki", pipeline=many)).splitlines()[-1] == "  - and 10 more"


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
        "- At work: 2 questions under way, 1 waiting; up for 62 min",
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
        "- At work: 2 questions under way, 1 waiting; up for 62 min",
        "- Model `openai/gpt`: ready",
    ]


async def test_status_tells_how_the_models_fare_and_not_their_errors(run: Run) -> None:
    models = (
        ProviderHealth("openai", "gpt", "ready", error_rate=0.0, first_token_p50_s=0.42, latency_p50_s=2.14),
        ProviderHealth("gemini", "flash", "resting", error_rate=0.5, last_error="HTTP 503 from 10.0.0.7"),
        ProviderHealth("anthropic", "claude", "not_configured"),
    )
    health = replace(HEALTH, providers=models)

    assert (await run("status", pipeline=ScriptedPipeline(health=health))).splitlines()[5:] == [
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
        ("handover.", "hand_over", ""),
        ("/handover please, it is about invoice 12", "hand_over", "please, it is about invoice 12"),
        ("@ragbot /handover  invoice\n12 ", "hand_over", "invoice 12"),
    ],
)
def test_buttons_can_be_typed_in_both_languages(text: str, action: Action, reason: str) -> None:
    press = button_of(message(text, id="7", place="C2", thread="5"))

    assert press is not None
    assert (press.action, press.text, press.reference) == (action, reason, "")
    assert (press.event_id, press.thread, press.author) == ("C2:7", Thread("room", "C2", "5"), ANA)


@pytest.mark.parametrize(
    "text",
    [
        *("why", "good", "bad", "bad idea", "stop it", "/why not", "/mute", "what?", "handover?"),
        *(
            "handover process",
            "handover documents Lisbon",
            "handover to whom",
            "hand over please",
            "hand over invoice 12",
        ),
        *("handover please, it is about invoice 12", "handover notes!", "the handover"),
    ],
)
def test_words_that_people_mean_press_no_button(text: str) -> None:
    assert button_of(message(text)) is None


def test_every_button_can_be_typed() -> None:
    # Where one types, what is told to one person is told to all who sit there: there is nothing to share.
    assert {command.button for command in COMMANDS} == {None, *get_args(Action)} - {"share"}


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


def passage(text: str, title: str = "Handbook", heading: tuple[str, ...] = ("Parking",)) -> Passage:
    chunk = Chunk(
        id="1",
        document_id="1",
        collection="team_docs",
        source="handbook.md",
        link="handbook.md#parking",
        title=title,
        heading_path=heading,
        anchor="parking",
        text=text,
        position=0,
        content_hash="1",
        ingested_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    return Passage(chunk, score=1.0)


@dataclass
class Searched:
    """What a search was answered with, and what it asked for."""

    card: Card
    pipeline: ScriptedPipeline


async def search(
    folder: Path, words: str, found: Retrieval, *, person: Person = ANA, refusal: QuotaExceeded | None = None
) -> Searched:
    pipeline, room = ScriptedPipeline(found=found, refusal=refusal), Room()
    async with open_talk(folder, pipeline, access=Access({"C1": ("team_docs",)})) as talk:
        await talk.conversation.handle(message(words, author=person), room)
    (card,) = room.cards
    return Searched(card, pipeline)


class TestSearch:
    async def test_shows_passages_of_what_the_place_may_read_and_asks_no_model(self, tmp_path: Path) -> None:
        found = Retrieval((passage("Park  on\nlevel 2."), passage("Bikes go to level 1.")), 0.9, relevant=True)

        searched = await search(tmp_path, "/search parking  garage", found)

        assert searched.card.text == "2 passages about that:"
        assert searched.card.sources == (
            Source(1, "Handbook", "Parking", "handbook.md#parking", "Park on level 2."),
            Source(2, "Handbook", "Parking", "handbook.md#parking", "Bikes go to level 1."),
        )
        assert searched.pipeline.searched == [("parking garage", Scope.of("team_docs"))]
        assert (searched.pipeline.asked, searched.card.actions) == ([], ())

    async def test_counts_as_a_question_and_is_refused_as_one(self, tmp_path: Path) -> None:
        searched = await search(tmp_path, "/search parking", NOTHING_FOUND, refusal=one_too_many())

        assert searched.card == Card(
            "You may ask me 10 questions a minute, and you have. Please ask again in 30 s.", private=True
        )
        assert searched.pipeline.searched == []

    async def test_admits_who_searches_once(self, tmp_path: Path) -> None:
        searched = await search(tmp_path, "/search parking", NOTHING_FOUND)

        assert [asker.user for asker in searched.pipeline.admitted] == ["U1"]

    @pytest.mark.parametrize(
        ("found", "person", "told"),
        [
            (NOTHING_FOUND, ANA, "The documents have nothing about that."),
            (NOTHING_FOUND, BRUNO, "Os documentos não têm nada sobre isso."),
            (Retrieval((passage("x"),), 0.1, relevant=False), ANA, "Nothing fits well; the nearest is 1 passage:"),
            (Retrieval((passage("x"),), 0.9, relevant=True), BRUNO, "1 trecho sobre isso:"),
        ],
    )
    async def test_says_how_well_it_fits(self, tmp_path: Path, found: Retrieval, person: Person, told: str) -> None:
        assert (await search(tmp_path, "/buscar férias", found, person=person)).card.text == told

    async def test_quotes_safely_and_shortly(self, tmp_path: Path) -> None:
        hostile = passage(
            f"<!channel> @everyone [bank.example](https://evil.example)\u202e {'word ' * 200}",
            title="T\nitle\x1b[31m",
            heading=("A", "B\u200b"),
        )

        (source,) = (await search(tmp_path, "/search x", Retrieval((hostile,), 0.9, relevant=True))).card.sources

        assert source.name == "T itle › A › B"
        assert len(source.quote) <= 240
        assert source.quote.endswith("…")
        assert not any(text in source.quote for text in ("<!channel>", "@everyone", "](https", "\u202e"))

    async def test_tells_that_it_searched_by_words_alone(self, tmp_path: Path) -> None:
        found = replace(Retrieval((passage("x"),), 0.9, relevant=True), degraded="embedder_down")

        assert (await search(tmp_path, "/search x", found)).card.notice == (
            "The embedding service is down, so the documents were searched by words alone."
        )


@pytest.mark.parametrize("locale", LOCALES)
async def test_help_about_a_command_shows_its_arguments_choices_rights_and_examples(talk: Talk, locale: Locale) -> None:
    phrases = phrases_in(locale)
    for command in commands_on("room"):
        room = Room()
        await talk.conversation.handle(message(f"/help {command.name}", id=command.name, locale=locale), room)
        text = room.cards[0].text

        assert text.startswith(f"`{command.usage(phrases)}`: {phrases(command.summary)}.")
        assert all(f"`{example}`" in text for example in command.examples_in(phrases))
        assert (phrases("help.for_admins") in text) == bool(command.right)
        for argument in command.arguments:
            if not argument.choices and argument.reads is None:
                continue
            (line,) = [line for line in text.splitlines() if line.startswith(f"- `{argument.shown(phrases)}`: ")]
            free, _, of_admins = line.partition(phrases("help.of_admins", of_admins=""))
            for choice in argument.choices:
                assert f"`{choice.shown(phrases).replace('-', ' ')}`" in (of_admins if choice.right else free)
            if argument.reads is not None:
                assert phrases(f"reads.{argument.name}") in (of_admins if argument.right else free)


async def test_help_lists_what_is_for_admins_to_admins_alone(run: Run) -> None:
    of_admins = [command.name for command in CONSOLE if command.right]
    everybodys, theirs = await run("help"), await run("help", author=BOSS)

    assert of_admins == ["report", "alerts"]
    assert [name for name in of_admins if f"`/{name}" in everybodys] == []
    assert [name for name in of_admins if f"`/{name}" in theirs] == of_admins


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("admins", [ADMINS, Admins()], ids=["admin", "anybody"])
async def test_no_example_of_a_command_fails(tmp_path: Path, admins: Admins, locale: Locale) -> None:
    room, boss = Room(), replace(BOSS, locale=locale)
    examples = [example for command in commands_on("room") for example in command.examples_in(phrases_in(locale))]
    async with open_talk(tmp_path, ScriptedPipeline(), access=Access(admins=admins)) as talk:
        for number, example in enumerate(examples):
            await talk.conversation.handle(message(example, id=str(number), author=boss), room)

    # What a button does stands where it was pressed, and an example without a document is one without an answer.
    told = [card.text for card in room.cards]
    assert len(told) >= len(examples) - 5
    assert [text for text in told if "went wrong" in text or "deu errado do meu lado" in text] == []
    assert [text for text in told if phrases_in(locale)("command.wrong_usage", name="", example="")[:20] in text] == []


async def test_what_went_wrong_with_a_model_is_told_to_admins_alone(run: Run) -> None:
    failed = ProviderHealth(
        "gemini", "flash", "resting", last_error="HTTP 503", last_error_at=datetime(2026, 11, 22, 12, tzinfo=UTC)
    )
    health = replace(HEALTH, providers=(failed,), problems=("the index is old",))

    everybody = await run("status", pipeline=ScriptedPipeline(health=health))
    admin = await run("status", pipeline=ScriptedPipeline(health=health), author=BOSS)

    assert everybody.splitlines()[-1] == (
        "- Model `gemini/flash`: resting after failures; last failed 2026-11-22 12:00 UTC"
    )
    assert admin.splitlines()[-2:] == [
        "- Model `gemini/flash`: resting after failures; last failed 2026-11-22 12:00 UTC: `HTTP 503`",
        "- ⚠ the index is old",
    ]


async def test_status_without_its_database_is_half_ready(run: Run) -> None:
    health = replace(HEALTH, store_ok=False)

    told = await run("status", pipeline=ScriptedPipeline(health=health))

    assert told.startswith("**ragbot 0.1.0** is half ready: without its database")


@pytest.mark.parametrize("is_private", [True, False])
async def test_the_status_with_what_went_wrong_is_for_the_admin_alone(tmp_path: Path, *, is_private: bool) -> None:
    room, admins = Room(), Admins(frozenset({ANA.id} if is_private else ()))
    async with open_talk(tmp_path, ScriptedPipeline(), access=Access(admins=admins)) as talk:
        await talk.conversation.handle(message("/status"), room)

    assert [card.private for card in room.cards] == [is_private]
