"""Passages that are remembered while the index stays as it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.cache import passages
from rag.cache.documents import IndexWatch
from rag.cache.passages import CachedRetriever
from rag.language import Analyzer
from rag.model import EVERYTHING, Degraded, Language, Retrieval, Scope
from rag.retrieval.retriever import Retriever, RetrieverSettings
from tests.scenarios.library import Library, open_library


class Counting:
    """A real retriever that counts what it is asked, and can be told to be degraded."""

    def __init__(self, library: Library) -> None:
        self._retriever = Retriever(library.index, Analyzer(), embedder=None, settings=RetrieverSettings())
        self.asked: list[str] = []
        self.degraded: Degraded | None = None

    async def retrieve(self, question: str, language: Language, scope: Scope, *, earlier: str = "") -> Retrieval:
        self.asked.append(question)
        found = await self._retriever.retrieve(question, language, scope, earlier=earlier)
        return replace(found, degraded=self.degraded)


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path) as library:
        library.write(
            {"docs/password.md": "# Password\n\nClick on reset.", "docs/vacation.md": "# Vacation\n\n30 days."}
        )
        await library.sync()
        yield library


@pytest.fixture
def retriever(library: Library) -> Counting:
    return Counting(library)


@pytest.fixture
def cached(library: Library, retriever: Counting) -> CachedRetriever:
    return CachedRetriever(retriever, IndexWatch(library.index, library.clock), max_entries=10)


async def test_the_same_question_is_searched_once(cached: CachedRetriever, retriever: Counting) -> None:
    first = await cached.retrieve("Reset password?", "en", EVERYTHING)
    again = await cached.retrieve("reset  password", "en", EVERYTHING)

    assert again == first
    assert first.passages
    assert retriever.asked == ["Reset password?"]


@pytest.mark.parametrize(
    ("question", "language", "scope", "earlier"),
    [
        ("vacation", "en", EVERYTHING, ""),
        ("password", "pt", EVERYTHING, ""),
        ("password", "en", Scope.of("other"), ""),
        ("password", "en", EVERYTHING, "vacation"),
    ],
)
async def test_what_makes_another_search_is_searched(
    cached: CachedRetriever, retriever: Counting, *, question: str, language: Language, scope: Scope, earlier: str
) -> None:
    before = await cached.retrieve("password", "en", EVERYTHING)
    after = await cached.retrieve(question, language, scope, earlier=earlier)

    assert len(retriever.asked) == 2
    assert (after.passages == before.passages) == (language == "pt")


async def test_a_change_of_the_index_forgets_everything(
    library: Library, cached: CachedRetriever, retriever: Counting
) -> None:
    await cached.retrieve("password", "en", EVERYTHING)
    library.write({"docs/password.md": "# Password\n\nAsk Ana."})
    await library.sync()
    await library.clock.sleep(1)

    found = await cached.retrieve("password", "en", EVERYTHING)

    assert "Ask Ana" in found.passages[0].chunk.text
    assert len(retriever.asked) == 2


async def test_what_was_found_with_half_the_means_is_not_remembered(
    cached: CachedRetriever, retriever: Counting
) -> None:
    retriever.degraded = "embedder_down"
    await cached.retrieve("password", "en", EVERYTHING)
    retriever.degraded = None

    assert (await cached.retrieve("password", "en", EVERYTHING)).degraded is None
    assert len(retriever.asked) == 2


async def test_only_so_many_are_remembered(library: Library, retriever: Counting) -> None:
    cached = CachedRetriever(retriever, IndexWatch(library.index, library.clock), max_entries=2)
    for question in ("one", "two", "three", "three", "two", "one"):
        await cached.retrieve(question, "en", EVERYTHING)

    assert retriever.asked == ["one", "two", "three", "one"]


async def test_what_takes_too_much_room_is_not_remembered(
    cached: CachedRetriever, retriever: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "_MOST_CHARS", 5)
    for _ in range(2):
        assert (await cached.retrieve("password", "en", EVERYTHING)).passages

    assert len(retriever.asked) == 2
