"""What the documents lack, by what people asked: questions without an answer, and answers that were no good.

Of whoever took a question back, or is forgotten, nothing is told.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from bot.access import Access
from rag.language import Analyzer
from rag.model import Task
from rag.monitoring.advice import Unanswered
from rag.monitoring.repeats import LONGEST, Repeated, Repeats
from rag.monitoring.wordings import Wording, grouped
from rag.ports import Database, Row
from rag.quota.windows import Span
from rag.state.timestamps import from_text, to_text

# The commonest wordings, then the newest: so many are looked through for those that are alike.
_MOST_WORDINGS = 1_000
_MOST_REASONS = 3
_MOST_SHOWN = 10
_A_DAY = timedelta(days=1)

_ASKED = "asked_at >= $1 AND asked_at < $2 AND state <> 'retracted'"
_IN_VAIN = f"{_ASKED} AND reason = 'nothing_relevant'"
# What was said before is part of what an answer depends on: after anything else, no memory gives it again.
_STANDS_ALONE = (
    "NOT EXISTS (SELECT 1 FROM questions AS earlier WHERE earlier.platform = questions.platform"
    " AND earlier.place = questions.place AND earlier.thread = questions.thread"
    " AND earlier.asked_at < questions.asked_at AND earlier.said IS NOT NULL)"
)
_PAID = (
    f"{_ASKED} AND cost_micro_usd > 0 AND reason IN ('model_answered', 'saving', 'model_failed', 'model_unavailable')"
    f" AND {_STANDS_ALONE}"
)


@dataclass(frozen=True, slots=True)
class Rated:
    """A question whose answers were rated badly.

    Attributes:
        question: In its commonest wording.
        bad, good: Verdicts on its answers.
        reasons: What was wrong, the newest first; a few.
    """

    question: str
    bad: int
    good: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What the documents lack.

    Attributes:
        in_vain: Questions without an answer, all of them.
        unanswered: The same in groups, the commonest first; a few.
        rated: The worst first; a few.
    """

    in_vain: int = 0
    unanswered: tuple[Unanswered, ...] = ()
    rated: tuple[Rated, ...] = ()


async def gaps(database: Database, span: Span, analyzer: Analyzer, *, most: int = _MOST_SHOWN) -> Gaps:
    """What the documents lacked in a stretch of time.

    Raises:
        StateUnavailable: The database does not answer.
    """
    within = to_text(span.since), to_text(span.until)
    ((in_vain,),) = await database.fetch(f"SELECT count(*) FROM questions WHERE {_IN_VAIN}", *within)  # noqa: S608
    unanswered = await _unanswered(database, within, analyzer, most) if in_vain else ()
    rated = await _rated(database, within, analyzer)
    return Gaps(int(in_vain or 0), unanswered, tuple(rated[:most]))


async def _unanswered(
    database: Database, within: tuple[str, str], analyzer: Analyzer, most: int
) -> tuple[Unanswered, ...]:
    rows = await database.fetch(
        "SELECT question, count(*), count(DISTINCT author), max(asked_at) FROM questions"  # noqa: S608 - our condition
        f" WHERE {_IN_VAIN} AND question <> '' GROUP BY question ORDER BY 2 DESC, 4 DESC LIMIT $3",
        *within,
        _MOST_WORDINGS,
    )
    wordings = [
        Wording(str(question), int(times or 0), from_text(at), int(people or 0)) for question, times, people, at in rows
    ]
    return tuple(
        [
            Unanswered(group[0].text, sum(one.times for one in group), await _people(database, within, group))
            for group in (await _grouped(wordings, analyzer))[:most]
        ]
    )


async def _people(database: Database, within: tuple[str, str], group: Sequence[Wording[int]]) -> int:
    """How many asked a question, in whichever of its wordings."""
    if len(group) == 1:
        return group[0].about
    places = ", ".join(f"${number}" for number in range(3, len(group) + 3))
    ((people,),) = await database.fetch(
        f"SELECT count(DISTINCT author) FROM questions WHERE {_IN_VAIN} AND question IN ({places})",  # noqa: S608
        *within,
        *(wording.text for wording in group),
    )
    return int(people or 0)


async def _rated(database: Database, within: tuple[str, str], analyzer: Analyzer) -> list[Rated]:
    bad, good = (f"sum(CASE WHEN verdict = '{verdict}' THEN 1 ELSE 0 END)" for verdict in ("bad", "good"))
    rows = await database.fetch(
        f"SELECT question, {bad}, {good}, max(at) FROM feedback WHERE at >= $1 AND at < $2 AND question IS NOT NULL"  # noqa: S608
        f" GROUP BY question HAVING {bad} > 0 ORDER BY 2 DESC, 4 DESC LIMIT $3",
        *within,
        _MOST_WORDINGS,
    )
    if not rows:
        return []
    said = await database.fetch(
        "SELECT question, reason FROM feedback WHERE at >= $1 AND at < $2 AND verdict = 'bad' AND reason <> ''"
        " AND question IS NOT NULL ORDER BY at DESC LIMIT $3",
        *within,
        _MOST_WORDINGS,
    )
    reasons: dict[str, list[str]] = defaultdict(list)
    for question, reason in said:
        reasons[str(question)].append(str(reason))
    wordings = [
        Wording(str(question), int(bad_ones or 0), from_text(at), int(good_ones or 0))
        for question, bad_ones, good_ones, at in rows
    ]
    return [_rated_group(group, reasons) for group in await _grouped(wordings, analyzer)]


async def _grouped(wordings: Sequence[Wording[int]], analyzer: Analyzer) -> list[tuple[Wording[int], ...]]:
    # Up to half a second of arithmetic: those who wait for an answer need not wait for that.
    return await asyncio.to_thread(grouped, wordings, analyzer)


def _rated_group(group: Sequence[Wording[int]], reasons: Mapping[str, Sequence[str]]) -> Rated:
    said = dict.fromkeys(reason for wording in group for reason in reasons.get(wording.text, ()))
    return Rated(
        group[0].text,
        bad=sum(wording.times for wording in group),
        good=sum(wording.about for wording in group),
        reasons=tuple(said)[:_MOST_REASONS],
    )


async def asked_again(
    database: Database, span: Span, access: Access, ttl_s: Mapping[Task, int]
) -> tuple[Repeated, ...]:
    """What was asked in the same words after its answer was forgotten, where the same may be read.

    It is read day by day, so that nobody who books waits for all of it.

    Args:
        ttl_s: How long answers are remembered, by task.

    Raises:
        StateUnavailable: The database does not answer.
    """
    if not ttl_s:
        return ()
    repeats = Repeats(span.since, ttl_s)
    since = span.since - LONGEST
    while since < span.until:
        until = min(since + _A_DAY, span.until)
        rows = await database.fetch(
            "SELECT question, place, within_places, is_outside, task, asked_at, cost_micro_usd, is_another"  # noqa: S608
            f" FROM questions WHERE {_PAID} ORDER BY asked_at",
            to_text(since),
            to_text(until),
        )
        for row in rows:
            _tell(repeats, row, access)
        repeats.forget(until)
        since = until
    return repeats.found()


def _tell(repeats: Repeats, row: Row, access: Access) -> None:
    question, place, within, is_outside, task, at, cost, is_another = row
    if task is None:
        return
    scope = access.scope_of(str(place), json.loads(str(within)), is_outside=bool(is_outside))
    audience = scope, access.pin_of(str(place))
    repeats.tell(
        cast("Task", task),
        str(question).casefold().strip(),
        audience,
        from_text(at),
        int(cost or 0),
        anew=bool(is_another),
    )
