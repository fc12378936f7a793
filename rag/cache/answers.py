"""Answers that were given once and may be given again: in memory, over the state database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from cachetools import LRUCache

from rag.cache.contract import Contract
from rag.cache.documents import IndexWatch
from rag.cache.reading import Reader, Reading
from rag.cache.similar import SIMILAR, gist, similarity
from rag.cache.store import AnswerStore, Entry
from rag.errors import IndexUnavailable
from rag.language import Analyzer
from rag.model import Answer, CacheStats, Passage, Task
from rag.ports import Clock, Database

# An answer has a few thousand characters; beyond so many of them, the database is asked again.
_MOST_IN_MEMORY = 1_000


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer that was given before.

    Attributes:
        answer: As it was given then.
        age_s: Seconds since then.
        similar_to: The question that it answered, where that was another one.
    """

    answer: Answer
    age_s: float
    similar_to: str | None = None


class AnswerCache:
    """Remembers answers with the documents that they cite, and forgets them when one of these changes or goes.

    It never fails: without the state database it remembers in memory alone, without the index nothing.

    Args:
        ttl_s: Seconds that an answer of a task holds good; of a task with 0, or none, nothing is remembered.
        max_entries: At most, in the database; the oldest go first.
        similar: Whether a question is also answered with the answer to one that means the same.
        hit_target: As in `CacheStats`.
        stale_for: How old an answer may be that stands in when no model has one.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        watch: IndexWatch,
        analyzer: Analyzer,
        *,
        ttl_s: Mapping[Task, int],
        max_entries: int,
        similar: bool = True,
        hit_target: float = 0.7,
        stale_for: timedelta = timedelta(days=7),
    ) -> None:
        self._clock = clock
        self._watch = watch
        self._reader = Reader(analyzer) if similar else None
        self._ttl_s = ttl_s
        self._hit_target = hit_target
        self._stale_for = stale_for
        self._kept_for = max(stale_for, timedelta(seconds=max(ttl_s.values(), default=0)))
        self._store = AnswerStore(database, max_entries=max_entries)
        self._memory: LRUCache[str, Entry] = LRUCache(min(max_entries, _MOST_IN_MEMORY))
        self._counted: Counter[str] = Counter()

    async def find(self, contract: Contract) -> Remembered | None:
        """The answer to this question, or to one that means the same, if one is known that still holds good."""
        key = contract.key
        entry = self._memory.get(key)
        if entry is not None and await self._is_good(key, entry):
            return self._told(entry, "exact")
        reading = self._read(contract)
        for known, entry in await self._store.find(key, _gist_key(contract, reading)):
            if known == key and await self._is_good(known, entry):
                self._memory[key] = entry
                return self._told(entry, "exact")
            if known != key and self._means(reading, entry) and await self._is_good(known, entry):
                return self._told(entry, "similar")
        self._counted["miss"] += 1
        return None

    async def find_stale(self, key: str) -> Remembered | None:
        """What was answered to the question of this contract's key, past its time perhaps: for want of a better one."""
        stored = dict(await self._store.find(key, None))
        entry = stored.get(key) or self._memory.get(key)
        if entry is None or self._age(entry) > self._stale_for or not await self._is_backed(key, entry):
            return None
        return self._told(entry, "stale")

    async def keep(self, contract: Contract, answer: Answer, passages: Sequence[Passage]) -> None:
        """Remember an answer, if it is worth it: whole, from a model, with all that it was to have, and citations.

        Args:
            passages: Those that it cites, others may stand among them.
        """
        documents = _cited(answer, passages)
        if not (documents and self._ttl(answer) and _is_whole(answer)):
            return
        key, now = contract.key, self._clock.now()
        # Which models could be asked that day says nothing of the day on which it is given again.
        self._memory[key] = entry = Entry(replace(answer, route=()), documents, now)
        await self._store.keep(key, _gist_key(contract, self._read(contract)), entry)
        await self._store.trim(now - self._kept_for)

    def stats(self) -> CacheStats:
        """What became of the questions since the start."""
        counted = self._counted
        return CacheStats(
            counted["exact"], counted["similar"], counted["miss"], counted["stale"], hit_target=self._hit_target
        )

    def _told(self, entry: Entry, how: str) -> Remembered:
        self._counted[how] += 1
        similar_to = entry.answer.question if how == "similar" else None
        return Remembered(entry.answer, self._age(entry).total_seconds(), similar_to)

    def _read(self, contract: Contract) -> Reading | None:
        # What a question means in the middle of a conversation, its words alone do not say.
        if self._reader is None or contract.history:
            return None
        return self._reader.read(contract.question, contract.language)

    def _means(self, reading: Reading | None, entry: Entry) -> bool:
        if self._reader is None or reading is None:
            return False
        other = self._reader.read(entry.answer.question, entry.answer.language)
        return other is not None and similarity(reading, other) >= SIMILAR

    def _age(self, entry: Entry) -> timedelta:
        return max(self._clock.now() - entry.made_at, timedelta(0))

    def _ttl(self, answer: Answer) -> timedelta:
        seconds = self._ttl_s.get(answer.task, 0) if answer.task else 0
        if answer.about_now:  # whatever its task: how things stand now changes as fast as in `real_time`
            seconds = min(seconds, self._ttl_s.get("real_time", 0))
        return timedelta(seconds=seconds)

    async def _is_good(self, key: str, entry: Entry) -> bool:
        return self._age(entry) < self._ttl(entry.answer) and await self._is_backed(key, entry)

    async def _is_backed(self, key: str, entry: Entry) -> bool:
        """Whether the documents that it cites are what they were; if not, it is forgotten for good."""
        try:
            hashes = await self._watch.hashes()
        except IndexUnavailable:
            return False
        if all(hashes.get(document) == known for document, known in entry.documents.items()):
            return True
        self._memory.pop(key, None)
        await self._store.drop(key, entry)
        return False


def _gist_key(contract: Contract, reading: Reading | None) -> str | None:
    return contract.digest(gist(reading)) if reading else None


def _is_whole(answer: Answer) -> bool:
    spoilt = answer.cached or answer.refused or answer.truncated or answer.degraded
    return answer.rung in {"fresh", "fallback"} and not spoilt


def _cited(answer: Answer, passages: Sequence[Passage]) -> Mapping[str, str] | None:
    """Content hashes of the cited documents by their ids; `None` where one cannot be told."""
    sources = {citation.source for citation in answer.citations}
    cited = [passage.chunk for passage in passages if passage.chunk.source in sources]
    if {chunk.source for chunk in cited} != sources:
        return None
    return {chunk.document_id: chunk.content_hash for chunk in cited}
