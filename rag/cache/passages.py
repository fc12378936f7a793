"""Passages found once for a question are found again at once, while the index stays as it is."""

from __future__ import annotations

from typing import Protocol

from cachetools import LRUCache

from rag.cache.documents import IndexWatch
from rag.cache.wording import normalised
from rag.model import Language, Retrieval, Scope

_Key = tuple[str, Language, Scope, str]

# A retrieval holds some ten thousand characters; five thousand of them would be what the whole bot may weigh.
_MOST_CHARS = 8_000_000


class Retrieves(Protocol):
    """Finds passages."""

    async def retrieve(self, question: str, language: Language, scope: Scope, *, earlier: str = "") -> Retrieval:
        """As in `rag.retrieval.retriever.Retriever`."""
        ...


class CachedRetriever:
    """A retriever that remembers what another one found.

    Args:
        max_entries: Retrievals at most; fewer where they are long. Those unused for longest go first.
    """

    def __init__(self, retriever: Retrieves, watch: IndexWatch, *, max_entries: int) -> None:
        self._retriever = retriever
        self._watch = watch
        # An entry takes its characters, or its share of the entries: so one sum bounds both.
        share = max(_MOST_CHARS // max_entries, 1)
        self._found: LRUCache[_Key, Retrieval] = LRUCache(
            _MOST_CHARS, getsizeof=lambda retrieval: max(_chars(retrieval), share)
        )
        self._version = -1

    async def retrieve(self, question: str, language: Language, scope: Scope, *, earlier: str = "") -> Retrieval:
        """The passages for a question, best first; nothing outside the scope.

        Raises:
            IndexUnavailable: The index cannot be searched.
        """
        version = await self._watch.version()
        if version != self._version:
            self._found.clear()
            self._version = version
        key = (normalised(question), language, scope, normalised(earlier))
        if (known := self._found.get(key)) is not None:
            return known
        retrieval = await self._retriever.retrieve(question, language, scope, earlier=earlier)
        # Meanwhile the index may have moved on, or the embedder failed: then it is not what the next one would find.
        if retrieval.degraded is None and version == self._version and _chars(retrieval) <= _MOST_CHARS:
            self._found[key] = retrieval
        return retrieval


def _chars(retrieval: Retrieval) -> int:
    return sum(len(passage.chunk.text) for passage in retrieval.passages)
