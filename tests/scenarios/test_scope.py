"""A chunk outside the scope is never returned, whatever the question, the scope's names and the collections' are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.language import Analyzer
from rag.model import EVERYTHING, Passage, Scope
from rag.retrieval.lance import LanceIndex
from rag.retrieval.retriever import Retriever, RetrieverSettings
from tests.fakes.embedding_server import vector_of
from tests.unit.test_lance import chunk

pytestmark = pytest.mark.asyncio(loop_scope="module")

_DIMENSIONS = 16
# Names that no collection can have ...
_IMPOSSIBLE = (
    "", " ", "'", "''", '"', "\\", "\\'", "' OR 1=1", "' OR '1'='1", "x') OR (1=1", "secret'", "secret' --", "'secret'",
    "secret\n", "secret ", "%", "_", "*", "secret,public", "public', 'secret", "1=1", "\0", "sécret", "ｓｅｃｒｅｔ",
    "🙂", "\ud800", "a" * 65, "../secret", "public UNION SELECT",
)  # fmt: skip
# ... and some that it can, though they mean something to a database.
_MISLEADING = ("SECRET", "secre_", "NULL", "true", "collection")
_KNOWN = ("public", "secret", "team-a", "team.a", "Public")

names = st.sampled_from(_IMPOSSIBLE + _MISLEADING + _KNOWN) | st.text(max_size=12)
questions = st.sampled_from(
    ["secret password", "collection = 'secret'", "' OR collection IN ('secret') --", "senha secreta", "zebra"]
) | st.text(max_size=40)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def index(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LanceIndex]:
    """Every collection has the same chunk about zebras and one with a word of its own; only `secret` tells more."""
    index = await LanceIndex.open(str(tmp_path_factory.mktemp("scope")))
    await index.use_embedder("acme/small", _DIMENSIONS)
    collections = (*_KNOWN, *_MISLEADING, *(name for name in _IMPOSSIBLE if name != "\ud800"))
    chunks = [
        chunk(text, f"{kind}{number}", collection=name, title=f"{kind} of {name!r}", vector=_vector(text))
        for number, name in enumerate(collections)
        for kind, text in (("zebra", "A zebra's password is striped."), ("own", f"own{number} senha secreta"))
    ]
    chunks.append(chunk("The secret password is xylophone.", "xylophone", collection="secret", title="Xylophone"))
    await index.replace(chunks, {chunk.document_id for chunk in chunks})
    await index.optimize()
    yield index
    index.close()


def _vector(text: str) -> tuple[float, ...]:
    return tuple(vector_of(text, _DIMENSIONS))


@settings(max_examples=150, deadline=None)
@given(questions, st.frozensets(names, max_size=4))
async def test_no_search_leaves_the_scope(index: LanceIndex, question: str, collections: frozenset[str]) -> None:
    scope = Scope(collections)
    found: list[Passage] = await index.search_text(question, scope, 50)
    found += await index.search_vector(_vector(question), scope, 50)
    assert {passage.chunk.collection for passage in found} <= collections


@settings(max_examples=60, deadline=None)
@given(questions, st.frozensets(names.filter(lambda name: name != "secret"), max_size=4))
async def test_no_word_of_a_retrieval_comes_from_outside_the_scope(
    index: LanceIndex, question: str, collections: frozenset[str]
) -> None:
    retriever = Retriever(index, Analyzer(), embedder=None, settings=RetrieverSettings())
    found = await retriever.retrieve(f"{question} xylophone password", "en", Scope(collections))
    assert {passage.chunk.collection for passage in found.passages} <= collections
    assert "Xylophone" not in found.nearest_titles
    # What a word is worth is told by the scope alone: else it would betray what others write about.
    assert found.term_weights["xylophon"] == max(found.term_weights.values())


@pytest.mark.parametrize("name", _IMPOSSIBLE)
async def test_a_scope_of_a_name_that_no_collection_can_have_reads_nothing(index: LanceIndex, name: str) -> None:
    for scope in (Scope.of(name), Scope.of(name, name * 2)):
        assert await index.search_text("zebra", scope, 50) == []
        assert await index.search_vector(_vector("zebra"), scope, 50) == []


async def test_an_empty_scope_reads_nothing_and_no_scope_reads_everything(index: LanceIndex) -> None:
    assert await index.search_text("zebra", Scope.of(), 50) == []
    assert await index.best_score("zebra", Scope.of()) == 0
    everything = await index.search_text("zebra", EVERYTHING, 100)
    assert {passage.chunk.collection for passage in everything} > set(_KNOWN)


@pytest.mark.parametrize("name", _KNOWN + _MISLEADING)
async def test_a_scope_reads_just_the_collection_that_it_names(index: LanceIndex, name: str) -> None:
    found = await index.search_text("zebra", Scope.of(name), 50)
    assert {passage.chunk.collection for passage in found} == {name}


async def test_a_better_answer_outside_the_scope_does_not_crowd_out_one_inside(index: LanceIndex) -> None:
    """The scope is a prefilter: were it applied to what was found, the one best chunk would be filtered away."""
    (found,) = await index.search_text("secret password xylophone", Scope.of("public"), 1)
    assert found.chunk.collection == "public"
    (nearest,) = await index.search_vector(_vector("The secret password is xylophone."), Scope.of("public"), 1)
    assert nearest.chunk.collection == "public"
