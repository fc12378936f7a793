"""How often the cache takes two questions for one, rightly and wrongly.

The questions in `tests/data/paraphrases` stand in groups: one question, others that mean the same, and others that are
near misses, mostly one word apart, with what differs. Within a group each of the first two kinds is compared with each
other (they should be taken for one) and with each near miss (they should not); between the groups of a language nothing
should be taken for one.

Half of the groups, chosen by a hash of their question, were looked at while the rules and the threshold were made; the
others were held out.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from time import perf_counter

from rag.cache.reading import Reader
from rag.cache.similar import SIMILAR, similarity
from rag.language import Analyzer
from rag.model import Language
from tests.benchmarks.benchmark import CHECKOUT, Column, Plan, Progress, Report, Row, ratio

PARAPHRASES = CHECKOUT / "tests/data/paraphrases"
_LANGUAGES: tuple[Language, ...] = ("en", "pt")
_THRESHOLDS = (0.8, 0.85, 0.9, 0.95, 1.0)
_COLUMNS = (
    Column("same"), Column("hit"), Column("hit_share", 3),
    Column("near_misses"), Column("false_hits"), Column("false_share", 4),
    Column("strangers"), Column("strangers_hit"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A question that needs another answer, and what differs."""

    question: str
    differs: str


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that mean the same, the first one first, and near misses."""

    same: tuple[str, ...]
    near_misses: tuple[NearMiss, ...]

    @property
    def held_out(self) -> bool:
        """Whether it was kept back while the rules were made."""
        return hashlib.sha256(self.same[0].encode()).digest()[0] % 2 == 1

    def paraphrases(self) -> Iterator[tuple[str, str]]:
        """Pairs that mean the same."""
        return combinations(self.same, 2)

    def misses(self) -> Iterator[tuple[str, str]]:
        """Pairs that do not."""
        return product(self.same, (miss.question for miss in self.near_misses))


class Judge:
    """Compares questions of one language, each read once."""

    def __init__(self, reader: Reader, language: Language, questions: Iterable[str]) -> None:
        self._readings = {question: reader.read(question, language) for question in questions}

    def taken_for_one(self, one: str, other: str, threshold: float = SIMILAR) -> bool:
        """Whether the answer to one would be given to the other."""
        first, second = self._readings[one], self._readings[other]
        return bool(first and second and similarity(first, second) >= threshold)


def read_groups(language: Language, folder: Path = PARAPHRASES) -> list[Group]:
    """The groups of a language."""
    lines = (folder / f"{language}.jsonl").read_text("utf-8").splitlines()
    return [_group(json.loads(line)) for line in lines]


async def run(plan: Plan, progress: Progress) -> Report:
    """Compare all pairs, then the thresholds, then time it."""
    del plan  # the pairs are what they are
    return await asyncio.to_thread(_compare, progress)


def _compare(progress: Progress) -> Report:
    reader = Reader(Analyzer())
    rows, judged = [], []
    for language in _LANGUAGES:
        progress(f"comparing questions: {language}")
        groups = read_groups(language)
        judge = Judge(reader, language, _questions(groups))
        judged.append((judge, [group for group in groups if not group.held_out]))
        for name, held_out in (("calibration", False), ("held out", True)):
            half = [group for group in groups if group.held_out is held_out]
            rows.append(Row(f"{language}, {name}", figures([(judge, half)], SIMILAR)))
    rows += [Row(f"calibration, similar from {threshold:.2f}", figures(judged, threshold)) for threshold in _THRESHOLDS]
    progress("timing")
    return Report(
        _COLUMNS,
        tuple(rows),
        (
            f"two questions are one from a similarity of {SIMILAR} on",
            "strangers: pairs of questions of different groups",
            f"reading a question takes {_microseconds(reader):.0f} µs, whatever the number of questions remembered",
        ),
    )


def figures(judged: Sequence[tuple[Judge, Sequence[Group]]], threshold: float) -> tuple[float | int | None, ...]:
    """In the order of the columns."""
    same, missed, strange = ([0, 0], [0, 0], [0, 0])
    for judge, groups in judged:
        pairs = (
            (same, (pair for group in groups for pair in group.paraphrases())),
            (missed, (pair for group in groups for pair in group.misses())),
            (strange, (pair for one, other in combinations(groups, 2) for pair in product(one.same, other.same))),
        )
        for count, of in pairs:
            for one, other in of:
                count[0] += 1
                count[1] += judge.taken_for_one(one, other, threshold)
    return (*same, ratio(same[1], same[0]), *missed, ratio(missed[1], missed[0]), *strange)


def _questions(groups: Iterable[Group]) -> Iterator[str]:
    for group in groups:
        yield from group.same
        yield from (miss.question for miss in group.near_misses)


def _microseconds(reader: Reader) -> float:
    questions = [question for group in read_groups("en") for question in group.same]
    started = perf_counter()
    for question in questions:
        reader.read(question, "en")
    return (perf_counter() - started) / len(questions) * 1e6


def _group(line: dict[str, object]) -> Group:
    match line:
        case {"question": str(question), "same": [*same], "other": [*others]}:
            return Group((question, *map(str, same)), tuple(map(_near_miss, others)))
        case _:
            raise ValueError(f"expected question, same and other: {line}")


def _near_miss(line: object) -> NearMiss:
    match line:
        case {"question": str(question), "differs": str(differs)}:
            return NearMiss(question, differs)
        case _:
            raise ValueError(f"expected question and differs: {line}")
