"""Questions that were paid for again after their answer was forgotten, and what a longer memory would have saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rag.language import detect_language
from rag.model import Task
from rag.routing.tasks import classify

LADDER_S = (6 * 3_600, 24 * 3_600, 7 * 24 * 3_600)
"""How long answers might be remembered instead: 6 hours, a day, a week."""
LONGEST = timedelta(seconds=LADDER_S[-1])


@dataclass(frozen=True, slots=True)
class Spared:
    """What need not have been paid for."""

    questions: int
    micro_usd: int


NOTHING_SPARED = Spared(0, 0)


@dataclass(frozen=True, slots=True)
class Repeated:
    """What of a task's questions was asked again, in the same words and by the same audience, and paid again.

    Attributes:
        ttl_s: How long their answers are remembered now.
        asked: After that, but within `LONGEST`.
        spared: By longer times, in seconds: at most, because documents may have changed meanwhile.
    """

    task: Task
    ttl_s: int
    asked: Spared
    spared: Mapping[int, Spared]


@dataclass(slots=True)
class _Asked:
    """A question that is remembered; times in whole seconds.

    Attributes:
        at: When it was paid for the last time.
        is_about_now: It asks for how things stand now; `None` while it was asked once only.
        made: When its answer would have been made last, by how long it would have been remembered.
    """

    at: int
    is_about_now: bool | None = None
    made: dict[int, int] = field(default_factory=dict)


class Repeats:
    """Told of every paid question in the order in which they were asked, it knows what was paid for again.

    It remembers no more than was asked within `LONGEST`.

    Args:
        since: What was asked before is only remembered; it does not count.
        ttl_s: How long answers are remembered, by task. What asks for how things stand now has to be forgotten soon,
            and is left out, whatever its task.
    """

    def __init__(self, since: datetime, ttl_s: Mapping[Task, int]) -> None:
        self._since = int(since.timestamp())
        self._ttl_s: dict[Task, int] = {task: ttl for task, ttl in ttl_s.items() if ttl and task != "real_time"}
        self._known: dict[int, _Asked] = {}
        self._again: dict[Task, list[int]] = defaultdict(lambda: [0, 0])
        self._spared: dict[tuple[Task, int], list[int]] = defaultdict(lambda: [0, 0])

    def tell(self, task: Task, words: str, audience: Hashable, at: datetime, micro_usd: int, *, anew: bool) -> None:
        """A question was paid for.

        Args:
            anew: The person had seen an answer and wanted another one, which no memory spares.
        """
        ttl_s = self._ttl_s.get(task)
        if ttl_s is None:
            return
        key, now = hash((task, words, audience)), int(at.timestamp())
        asked = self._known.get(key)
        if asked is None:
            self._known[key] = _Asked(now)
            return
        if asked.is_about_now is None:
            asked.is_about_now = classify(words, detect_language(words)).fresh
        gap, counts = now - asked.at, now >= self._since and not anew
        asked.at = now
        if asked.is_about_now:
            return
        was_forgotten = ttl_s <= gap <= LADDER_S[-1]
        if counts and was_forgotten:
            _add(self._again[task], micro_usd)
        for longer in LADDER_S:
            # What was paid for although it was remembered had to be made anew: a document had changed, say. An answer
            # that would have been there was not made again, and has become no younger.
            made = asked.made.setdefault(longer, now - gap)
            if anew or not was_forgotten or now - made >= longer:
                asked.made[longer] = now
            elif counts:
                _add(self._spared[task, longer], micro_usd)

    def forget(self, before: datetime) -> None:
        """Drop what nothing can repeat any more that is asked from this time on."""
        oldest = int((before - LONGEST).timestamp())
        self._known = {key: asked for key, asked in self._known.items() if asked.at >= oldest}

    def found(self) -> tuple[Repeated, ...]:
        """What was paid for again, by task."""
        return tuple(
            Repeated(
                task,
                self._ttl_s[task],
                Spared(*again),
                {longer: Spared(*self._spared[task, longer]) for longer in LADDER_S if longer > self._ttl_s[task]},
            )
            for task, again in sorted(self._again.items())
        )


def _add(sums: list[int], micro_usd: int) -> None:
    sums[0] += 1
    sums[1] += micro_usd
