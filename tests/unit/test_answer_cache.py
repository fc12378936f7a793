"""Answers that are remembered: over a real database, and an index whose documents change."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.cache.answers import AnswerCache
from rag.cache.contract import Contract
from rag.cache.documents import IndexWatch
from rag.cache.remembered import RememberedProvider
from rag.cache.store import forget
from rag.errors import ProviderRefused
from rag.language import Analyzer
from rag.model import EVERYTHING, Answer, CacheStats, Citation, Passage, Pin, Scope, Task, Turn
from rag.ports import AnswerRequest, Completion, TextDelta
from rag.state.sqlite import SqliteDatabase
from tests.scenarios.library import Library, open_library

QUESTION = "How do I reset my password?"
TTL_S: dict[Task, int] = {"factual": 3600, "real_time": 300, "quick": 0}
DAY_S = 86_400.0


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path) as library:
        library.write(
            {"docs/password.md": "# Password\n\nClick on reset.", "docs/vacation.md": "# Vacation\n\n30 days."}
        )
        await library.sync()
        yield library


def cache_of(
    library: Library,
    *,
    database: SqliteDatabase | None = None,
    max_entries: int = 100,
    similar: bool = True,
) -> AnswerCache:
    return AnswerCache(
        database or library.database,
        library.clock,
        IndexWatch(library.index, library.clock),
        Analyzer(),
        ttl_s=TTL_S,
        max_entries=max_entries,
        similar=similar,
    )


@pytest.fixture
def cache(library: Library) -> AnswerCache:
    return cache_of(library)


@pytest.fixture
async def passages(library: Library) -> tuple[Passage, ...]:
    """Of both documents, that of the password first."""
    found = (await library.find("reset password")).passages + (await library.find("vacation days")).passages
    assert [passage.chunk.title for passage in found] == ["Password", "Vacation"]
    return found


@pytest.fixture
def answer(passages: tuple[Passage, ...]) -> Answer:
    return answer_citing(passages[0])


def answer_citing(*passages: Passage) -> Answer:
    return Answer(
        question=QUESTION,
        text="Click on reset [1].",
        language="en",
        citations=tuple(
            Citation(n, passage.chunk.title, "", passage.chunk.source, passage.chunk.link, passage.chunk.text)
            for n, passage in enumerate(passages, start=1)
        ),
        provider="acme",
        model="large",
        rung="fresh",
        rung_reason="model_answered",
        latency_s=1.5,
        reference="0a1b",
        task="factual",
        cost_micro_usd=42,
    )


def contract(question: str = QUESTION, *, scope: Scope = EVERYTHING, history: tuple[Turn, ...] = ()) -> Contract:
    return Contract(question, "en", scope, history)


async def rows(library: Library) -> int:
    ((count,),) = await library.database.fetch("SELECT count(*) FROM answers")
    return int(count or 0)


# What is found again


async def test_the_same_question_gets_the_same_answer_with_its_age(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    assert await cache.find(contract()) is None
    await cache.keep(contract(), answer, passages)
    await library.clock.sleep(60)

    found = await cache.find(contract("how do I  reset my password"))

    assert found is not None
    assert (found.answer, found.age_s, found.similar_to) == (answer, 60, None)
    assert cache.stats() == CacheStats(exact=1, similar=0, misses=1, stale=0, hit_target=0.7)
    assert cache.stats().hit_rate == 0.5


async def test_a_question_that_means_the_same_gets_it_too_and_is_told_of_the_other(
    cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer, passages)

    found = await cache.find(contract("What is the best way to reset a password?"))

    assert found is not None
    assert (found.answer, found.similar_to) == (answer, QUESTION)
    assert await cache.find(contract("How do I change my password?")) is None
    assert (cache.stats().similar, cache.stats().misses) == (1, 1)


async def test_the_newest_of_similar_questions_answers(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    for question in (QUESTION, "How can I reset the password?"):
        await cache.keep(contract(question), replace(answer, question=question), passages)
        await library.clock.sleep(1)

    found = await cache.find(contract("how to reset my password"))

    assert found is not None
    assert found.similar_to == "How can I reset the password?"


async def test_a_gist_alone_is_not_similar_enough(
    cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract("Is it this password?"), replace(answer, question="Is it this password?"), passages)

    assert await cache.find(contract("Is password in there?")) is None


async def test_similar_questions_can_be_left_alone(
    library: Library, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    cache = cache_of(library, similar=False)
    await cache.keep(contract(), answer, passages)

    assert await cache.find(contract("What is the best way to reset a password?")) is None
    assert await cache.find(contract()) is not None


async def test_in_a_conversation_words_may_mean_something_else(
    cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    talk = (Turn("user", "It is about the VPN."),)
    await cache.keep(contract(history=talk), answer, passages)

    assert await cache.find(contract()) is None
    assert await cache.find(contract("how to reset the password", history=talk)) is None
    assert await cache.find(contract(history=talk)) is not None


async def test_what_was_kept_survives_a_restart(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer, passages)

    again = cache_of(library)
    for asked in (QUESTION, "how to reset my password"):
        found = await again.find(contract(asked))
        assert found is not None
        assert found.answer == answer


async def test_an_answer_of_one_scope_is_not_told_in_another(
    cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(scope=Scope.of("hr", "it")), answer, passages)

    for asked in (QUESTION, "how to reset my password"):
        assert await cache.find(contract(asked)) is None
        assert await cache.find(contract(asked, scope=Scope.of("hr"))) is None
        assert await cache.find(contract(asked, scope=Scope.of("it", "hr"))) is not None


# What is not


@pytest.mark.parametrize(
    "spoilt",
    [
        {"rung": "extractive"},
        {"rung": "apology"},
        {"rung": "cached"},
        {"cached": True},
        {"refused": True},
        {"truncated": True},
        {"degraded": "embedder_down"},
        {"citations": ()},
        {"task": None},
        {"task": "quick"},
        {"task": "document_analysis"},
    ],
)
async def test_what_is_not_worth_it_is_not_remembered(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...], spoilt: dict[str, object]
) -> None:
    await cache.keep(contract(), replace(answer, **spoilt), passages)  # type: ignore[arg-type]

    assert await rows(library) == 0
    assert await cache.find(contract()) is None


async def test_an_answer_from_unknown_passages_is_not_remembered(
    cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer, passages[1:])

    assert await cache.find(contract()) is None


async def test_a_fallback_is_an_answer_like_any_other(
    cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), replace(answer, rung="fallback", rung_reason="model_failed"), passages)

    assert await cache.find(contract()) is not None


async def test_what_was_asked_about_the_present_is_kept_no_longer_than_the_present_lasts(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), replace(answer, about_now=True), passages)
    await library.clock.sleep(299)
    assert await cache.find(contract()) is not None

    await library.clock.sleep(1)
    assert await cache.find(contract()) is None


@pytest.mark.parametrize(("task", "ttl_s"), [("factual", 3600), ("real_time", 300)])
async def test_an_answer_holds_good_for_its_tasks_time(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...], *, task: Task, ttl_s: float
) -> None:
    await cache.keep(contract(), replace(answer, task=task), passages)
    await library.clock.sleep(ttl_s - 1)
    assert await cache.find(contract()) is not None

    await library.clock.sleep(1)
    assert await cache.find(contract()) is None
    assert await cache.find(contract("how to reset my password")) is None


# Documents


async def test_an_answer_dies_with_the_document_that_it_cites(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer, passages)
    (library.folder / "docs/password.md").unlink()
    await library.sync()
    await library.clock.sleep(1)

    assert await cache.find(contract()) is None
    assert await rows(library) == 0


async def test_an_answer_dies_when_one_of_its_documents_changes_and_comes_not_back_with_it(
    library: Library, cache: AnswerCache, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer_citing(*passages), passages)
    before = (library.folder / "docs/vacation.md").read_text()
    library.write({"docs/vacation.md": "# Vacation\n\n31 days."})
    await library.sync()
    await library.clock.sleep(1)
    assert await cache.find(contract()) is None

    library.write({"docs/vacation.md": before})
    await library.sync()
    await library.clock.sleep(1)
    assert await cache.find(contract()) is None


async def test_other_documents_may_change(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer, passages)
    library.write({"docs/vacation.md": "# Vacation\n\n31 days."})
    await library.sync()
    await library.clock.sleep(1)

    assert await cache.find(contract()) is not None


async def test_the_index_is_looked_at_once_a_second_or_when_told(library: Library) -> None:
    watch = IndexWatch(library.index, library.clock)
    before = await watch.version()
    library.write({"docs/vacation.md": "# Vacation\n\n31 days."})
    await library.sync()
    assert await watch.version() == before

    watch.look_again()
    changed = await watch.version()
    assert changed > before
    assert set(await watch.hashes()) == {document.id for document in await library.index.documents()}

    library.write({"docs/vacation.md": "# Vacation\n\n32 days."})
    await library.sync()
    await library.clock.sleep(1)
    assert await watch.version() > changed


async def test_without_the_index_nothing_is_known_and_nothing_is_lost(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer, passages)
    library.index.close()

    assert await cache.find(contract()) is None
    assert await cache.find_stale(contract().key) is None
    assert await rows(library) == 1


# The store


async def test_the_store_keeps_the_newest(library: Library, answer: Answer, passages: tuple[Passage, ...]) -> None:
    cache = cache_of(library, max_entries=2)
    for number in range(4):
        await cache.keep(contract(f"What is error {number}?"), answer, passages)
        await library.clock.sleep(1)

    assert await rows(library) == 2
    again = cache_of(library)
    assert [await again.find(contract(f"What is error {number}?")) is not None for number in range(4)] == [
        False,
        False,
        True,
        True,
    ]


async def test_what_is_too_old_even_to_stand_in_is_removed(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer, passages)
    await library.clock.sleep(8 * DAY_S)
    await cache.keep(contract("What is error 1?"), answer, passages)

    assert await rows(library) == 1


@pytest.mark.parametrize("raw", ["", "{", '{"answer": {}}', "[]"])
async def test_a_row_that_cannot_be_read_is_dropped(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...], raw: str
) -> None:
    await cache.keep(contract(), answer, passages)
    await library.database.fetch("UPDATE answers SET entry = $1", raw)

    assert await cache_of(library).find(contract()) is None
    assert await rows(library) == 0


async def test_without_the_database_answers_are_remembered_in_memory(
    library: Library, tmp_path: Path, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    database = await SqliteDatabase.open(tmp_path / "other.db", library.clock)
    await database.aclose()
    cache = cache_of(library, database=database)

    assert await cache.find(contract()) is None
    await cache.keep(contract(), answer, passages)
    assert await cache.find(contract()) is not None
    assert await cache.find_stale(contract().key) is not None


async def test_rows_hold_nothing_but_text(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer, passages)

    with sqlite3.connect(library.folder / "state.db") as connection:
        (row,) = connection.execute("SELECT * FROM answers").fetchall()
    connection.close()
    assert all(isinstance(value, str) for value in row)


# When no model answers


async def ask(cache: AnswerCache, key: str) -> list[object]:
    request = AnswerRequest(QUESTION, "en", (), key=key)
    return [event async for event in RememberedProvider(cache).stream(request)]


async def test_past_its_time_an_answer_stands_in_for_one_that_no_model_gives(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer, passages)
    await library.clock.sleep(3 * DAY_S)
    assert await cache.find(contract()) is None

    text, completion = await ask(cache, contract().key)

    assert text == TextDelta(answer.text)
    assert completion == Completion(
        provider="acme",
        model="large",
        rung="cached",
        reason="models_failed",
        citations=answer.citations,
        age_s=3 * DAY_S,
    )
    assert (cache.stats().misses, cache.stats().stale) == (1, 1)


async def test_nothing_is_remembered_of_a_question_never_asked(cache: AnswerCache) -> None:
    assert RememberedProvider(cache).name == "remembered"
    with pytest.raises(ProviderRefused, match="nothing is remembered"):
        await ask(cache, contract().key)
    assert cache.stats().hit_rate is None


async def test_an_answer_that_is_too_old_does_not_stand_in(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer, passages)
    await library.clock.sleep(timedelta(days=7, seconds=1).total_seconds())

    assert await cache.find_stale(contract().key) is None


async def test_an_answer_from_changed_documents_does_not_stand_in(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    await cache.keep(contract(), answer, passages)
    library.write({"docs/password.md": "# Password\n\nAsk Ana."})
    await library.sync()
    await library.clock.sleep(1)

    assert await cache.find_stale(contract().key) is None


# Contracts

contracts = st.builds(
    Contract,
    question=st.sampled_from(["What is IT?", "What is it?", 'Say "a"', 'say "a"', "a\nb"]),
    language=st.sampled_from(["en", "pt"]),
    scope=st.sampled_from([EVERYTHING, Scope.of(), Scope.of("a"), Scope.of("a", "b"), Scope.of("a,b")]),
    history=st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text(max_size=2)), max_size=2).map(
        tuple
    ),
    pin=st.builds(Pin, st.sampled_from([None, "fastest"]), st.sampled_from([None, "fastest"])),
    prompt_version=st.sampled_from(["", "1"]),
    setup=st.sampled_from(["", "1"]),
)


@given(contracts, contracts)
def test_contracts_share_a_key_only_where_all_but_typing_is_equal(one: Contract, other: Contract) -> None:
    same = {'say "a"': 'Say "a"'}
    first, second = (replace(each, question=same.get(each.question, each.question)) for each in (one, other))

    assert (one.key == other.key) == (first == second)


def test_a_key_is_short_whatever_was_asked() -> None:
    assert len(contract("half an emoji \ud83d" * 1000).key) == 64


async def test_the_answers_to_somebody_s_questions_can_be_forgotten_and_no_others(
    library: Library, cache: AnswerCache, answer: Answer, passages: tuple[Passage, ...]
) -> None:
    other = "Where is the vacation written down?"
    await cache.keep(contract(), answer, passages)
    await cache.keep(contract(other), replace(answer, question=other), passages)

    await forget(library.database, [f" {QUESTION.upper()} "])

    assert await rows(library) == 1
    assert QUESTION not in str(await library.database.fetch("SELECT * FROM answers"))
    assert await cache_of(library).find(contract(other)) is not None
