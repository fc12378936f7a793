"""From a question to its passages, over a real index."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.language import Analyzer
from rag.model import EVERYTHING, Language, Retrieval, Scope
from rag.retrieval.lance import LanceIndex
from rag.retrieval.retriever import Retriever, RetrieverSettings, keywords
from tests.unit.test_lance import chunk

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def index(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LanceIndex]:
    index = await LanceIndex.open(str(tmp_path_factory.mktemp("retriever")))
    chunks = [
        chunk("The daily budget of a team stops all spending at midnight.", "budget", title="Budget"),
        chunk("The budget committee meets daily, in a team of seven.", "committee", title="Committee"),
        chunk("As férias são de trinta dias por ano.", "ferias", title="Férias"),
        *(chunk(f"A team page about subject {n}.", f"page{n}", title=f"Page {n}") for n in range(30)),
    ]
    await index.replace(chunks, {chunk.document_id for chunk in chunks})
    await index.optimize()
    yield index
    index.close()


def _retriever(index: LanceIndex, **numbers: int) -> Retriever:
    return Retriever(index, Analyzer(), embedder=None, settings=RetrieverSettings(**numbers))


async def _retrieve(
    index: LanceIndex, question: str, language: Language = "en", scope: Scope = EVERYTHING
) -> Retrieval:
    return await _retriever(index).retrieve(question, language, scope)


async def test_words_that_stand_side_by_side_come_first_and_are_relevant(index: LanceIndex) -> None:
    found = await _retrieve(index, "When does the daily budget stop all spending?")
    assert found.passages[0].chunk.document_id == "budget"
    assert found.relevant
    assert found.degraded is None
    assert [passage.score for passage in found.passages] == sorted(
        (passage.score for passage in found.passages), reverse=True
    )


@pytest.mark.parametrize("question", ["Quantos dias de férias por ano?", "quantos dias de ferias por ano"])
async def test_accents_are_optional(index: LanceIndex, question: str) -> None:
    found = await _retrieve(index, question, "pt")
    assert found.passages[0].chunk.document_id == "ferias"
    assert found.relevant


async def test_what_the_documents_do_not_know_is_refused_with_the_nearest_titles(
    index: LanceIndex,
) -> None:
    found = await _retrieve(index, "Which team won the football championship of Uruguay?")
    assert not found.relevant
    assert 0 <= found.relevance < 0.4
    assert len(found.nearest_titles) == len(set(found.nearest_titles)) == 3


async def test_no_more_passages_than_asked_for(index: LanceIndex) -> None:
    found = await _retriever(index, passages=2, candidates=5).retrieve("team page", "en", EVERYTHING)
    assert len(found.passages) == 2


async def test_a_rare_word_is_worth_more_than_a_common_one_and_an_unknown_one_most(index: LanceIndex) -> None:
    weights = (await _retrieve(index, "team midnight xylophone")).term_weights
    assert 0 < weights["team"] < weights["midnight"] < weights["xylophon"]


async def test_an_empty_index_answers_nothing(index: LanceIndex) -> None:
    found = await _retrieve(index, "daily budget", scope=Scope.of("empty"))
    assert (found.passages, found.nearest_titles, found.relevant) == ((), (), False)


async def test_what_words_are_worth_is_looked_up_again_when_the_index_changed(index: LanceIndex) -> None:
    retriever = _retriever(index)
    before = (await retriever.retrieve("midnight team", "en", EVERYTHING)).term_weights["midnight"]
    chunks = [chunk("It is midnight.", f"midnight{n}") for n in range(40)]
    try:
        await index.replace(chunks, [chunk.document_id for chunk in chunks])
        await index.optimize()
        found = await retriever.retrieve("midnight team", "en", EVERYTHING)
        assert found.term_weights["midnight"] < before
    finally:
        await index.replace([], [chunk.document_id for chunk in chunks])


@pytest.mark.parametrize("question", ["", " ", "?", "\0\x1b", "🙂🙂", "\ud800", "the of a", "e o que", '"'])
async def test_a_question_that_asks_nothing_finds_nothing_relevant(index: LanceIndex, question: str) -> None:
    assert not (await _retrieve(index, question)).relevant


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["en", "pt"]))
async def test_no_question_whatever_is_an_error(index: LanceIndex, question: str, language: Language) -> None:
    found = await _retrieve(index, question, language)
    assert 0 <= found.relevance <= 1


async def test_a_pasted_log_is_searched_by_its_beginning_and_takes_no_minute(index: LanceIndex) -> None:
    log = "daily budget spending midnight " + " ".join(f"0x{number:08x}" for number in range(9_000))
    started = time.monotonic()
    found = await _retrieve(index, log)
    assert found.passages[0].chunk.document_id == "budget"
    assert time.monotonic() - started < 10


class TestKeywords:
    async def test_they_are_the_words_that_say_what_it_is_about(self) -> None:
        assert keywords("How do I set the Budget, and the budget's limit?", "en") == ["set", "budget", "limit"]
        assert keywords("Qual é o orçamento diário?", "pt") == ["orçamento", "diário"]

    async def test_where_no_word_does_all_are(self) -> None:
        assert keywords("What is it?", "en") == ["what", "is", "it"]
        assert keywords("?!", "en") == []

    @given(st.text(max_size=3_000))
    async def test_they_are_distinct_and_not_too_many(self, question: str) -> None:
        found = keywords(question, "en")
        assert len(found) == len(set(found)) <= 64


async def test_a_slip_of_the_keys_finds_what_was_meant(index: LanceIndex) -> None:
    retrieval = await _retriever(index).retrieve("what does the comittee do daily?", "en", EVERYTHING)
    assert retrieval.passages[0].chunk.title == "Committee"
    assert "committe" in retrieval.term_weights
    assert "comitte" not in retrieval.term_weights


async def test_the_words_of_an_earlier_question_count_half(index: LanceIndex) -> None:
    alone = await _retriever(index).retrieve("budget committee", "en", EVERYTHING)
    after = await _retriever(index).retrieve("committee", "en", EVERYTHING, earlier="the budget?")
    assert after.term_weights["budget"] == alone.term_weights["budget"] / 2
    assert after.term_weights["committe"] == alone.term_weights["committe"]
