"""From a question to its passages: both legs searched at once, fused, ranked and judged."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cachetools import LRUCache

from rag.errors import BudgetExhausted, ProviderError, StateUnavailable
from rag.language import STOP_WORDS, Analyzer
from rag.model import Degraded, Language, Passage, Retrieval, Scope
from rag.ports import Embedder
from rag.retrieval import ranking
from rag.retrieval.lance import LanceIndex
from rag.retrieval.schema import identity
from rag.retrieval.spelling import mended

log = logging.getLogger(__name__)

_WORD = re.compile(r"\w+")
# What a word that stands nowhere is worth, as a multiple of the question's rarest word that does.
_UNKNOWN_WORD = 1.2
# What a word of an earlier question is worth beside one of this question.
_EARLIER_WORD = 0.5
# Only these many passages are looked at when judging: an answer further down would not be shown.
_JUDGED = 5
_NEAREST_TITLES = 3
# Each word of a question is weighed by a search of its own. The longest question of any collection measured has 36 of
# them; whoever pastes a log means its beginning.
_MOST_KEYWORDS = 64


@dataclass(frozen=True, slots=True)
class RetrieverSettings:
    """How much is retrieved.

    Attributes:
        passages: Given to the model or the extractive rung.
        candidates: Asked of each leg before fusion and ranking.
        min_similarity: Cosine similarity from which the vector leg alone makes a passage relevant.
    """

    passages: int = 8
    candidates: int = 40
    min_similarity: float = 0.5


class Retriever:
    """Searches one index for questions in English and Portuguese."""

    def __init__(
        self, index: LanceIndex, analyzer: Analyzer, *, embedder: Embedder | None, settings: RetrieverSettings
    ) -> None:
        self._index = index
        self._analyzer = analyzer
        self._embedder = embedder
        self._settings = settings
        self._word_scores: LRUCache[tuple[object, ...], float] = LRUCache(20_000)

    async def retrieve(self, question: str, language: Language, scope: Scope, *, earlier: str = "") -> Retrieval:
        """The passages for a question, best first; nothing outside the scope.

        With the embedder down the full-text leg answers alone and `degraded` says so.

        Args:
            earlier: Questions that this one goes on from; their words count half.
        """
        own = keywords(question, language)
        words = list(dict.fromkeys((*own, *(keywords(earlier, language) if earlier else ()))))[:_MOST_KEYWORDS]
        (text_leg, scores), (vector_leg, degraded) = await asyncio.gather(
            self._search_words(words, scope), self._search_vector(f"{question}\n{earlier}".strip(), scope)
        )
        unknown = [word for word, score in zip(words, scores, strict=True) if not score]
        if (meant := mended(words, unknown, map(_all_words, text_leg))) != words:
            own = [new for word, new in zip(words, meant, strict=True) if word in own]
            words = list(dict.fromkeys(meant))
            text_leg, scores = await self._search_words(words, scope)
        weights = self._weights(words, scores, language, own)
        terms = self._analyzer.terms(" ".join(words), language)
        found = [self._analyzer.terms(_all_words(passage), language) for passage in text_leg]
        by_words = ranking.rescore(text_leg, found, terms, weights)
        passages = ranking.fuse(by_words, vector_leg) if vector_leg else by_words
        passages = passages[: self._settings.passages]
        relevance = self._judge(terms, weights, passages, language)
        return Retrieval(
            passages=tuple(passages),
            relevance=relevance,
            relevant=relevance >= ranking.RELEVANT or self._is_similar(vector_leg),
            nearest_titles=tuple(dict.fromkeys(passage.chunk.title for passage in passages))[:_NEAREST_TITLES],
            term_weights=weights,
            degraded=degraded,
        )

    async def _search_vector(self, question: str, scope: Scope) -> tuple[list[Passage], Degraded | None]:
        if self._embedder is None:
            return [], None
        try:
            if await self._index.embedder() != identity(self._embedder.name, self._embedder.dimensions):
                return [], "not_embedded"
            embedded = await self._embedder.embed([question], purpose="query")
        except (ProviderError, BudgetExhausted, StateUnavailable) as error:
            log.warning("searching by words alone: %s", error)
            return [], "budget_exhausted" if isinstance(error, BudgetExhausted) else "embedder_down"
        return await self._index.search_vector(embedded.vectors[0], scope, self._settings.candidates), None

    async def _search_words(self, words: Sequence[str], scope: Scope) -> tuple[list[Passage], list[float]]:
        """The full-text leg, and what each word scores at most by itself."""
        version = await self._index.version()
        return await asyncio.gather(
            self._index.search_text(" ".join(words), scope, self._settings.candidates),
            asyncio.gather(*(self._word_score(word, scope, version) for word in words)),
        )

    def _weights(
        self, words: Sequence[str], scores: Sequence[float], language: Language, own: Sequence[str]
    ) -> dict[str, float]:
        """What each term is worth: what its word scores by itself; half, if it is from an earlier question."""
        unknown = _UNKNOWN_WORD * max(scores, default=0.0) or 1.0
        weights: dict[str, float] = {}
        for word, score in zip(words, scores, strict=True):
            weight = (score or unknown) * (1 if word in own else _EARLIER_WORD)
            for term in self._analyzer.terms(word, language):
                weights[term] = max(weights.get(term, 0.0), weight)
        return weights

    async def _word_score(self, word: str, scope: Scope, version: int) -> float:
        key = (word, scope, version)
        if key not in self._word_scores:
            self._word_scores[key] = await self._index.best_score(word, scope)
        return self._word_scores[key]

    def _judge(
        self, terms: Sequence[str], weights: dict[str, float], passages: Sequence[Passage], language: Language
    ) -> float:
        judged = [self._analyzer.terms(_all_words(passage), language) for passage in passages[:_JUDGED]]
        best = max((passage.text_score or 0.0 for passage in passages), default=0.0)
        return ranking.relevance(ranking.evidence(terms, weights, judged, best))

    def _is_similar(self, vector_leg: Sequence[Passage]) -> bool:
        distance = vector_leg[0].vector_distance if vector_leg else None
        return distance is not None and 1 - distance >= self._settings.min_similarity


def _all_words(passage: Passage) -> str:
    chunk = passage.chunk
    return "\n".join((chunk.title, *chunk.heading_path, chunk.text))


def keywords(question: str, language: Language) -> list[str]:
    """The first distinct words of a question that say what it is about; of all its words where none does."""
    words = list(dict.fromkeys(_WORD.findall(question.lower())))
    return ([word for word in words if word not in STOP_WORDS[language]] or words)[:_MOST_KEYWORDS]
