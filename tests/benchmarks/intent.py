"""How often a question of money is told from a question of the documents, and how long that takes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter_ns

from bot.commands import COMMANDS as COMMANDS_OF_THE_CHAT
from bot.commands import call_in, is_asked, named, nearest
from bot.intent import Intent, intent_of
from tests.benchmarks.benchmark import CHECKOUT, Column, Plan, Progress, Report, Row

MONEY = CHECKOUT / "tests/data/money"
COMMANDS = CHECKOUT / "tests/data/commands"

_NAMES = {"en": "English", "pt": "Portuguese"}
_COLUMNS = (
    Column("messages"), Column("precision", 3), Column("recall", 3), Column("f1", 3), Column("words_right", 3),
    Column("reached", 3), Column("offered", 3), Column("median_us", 1),
)  # fmt: skip
_NANOSECONDS_PER_MICROSECOND = 1_000


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message and what a person says of it; see the READMEs in `tests/data/money` and `tests/data/commands`.

    Attributes:
        command: What answers it; `None` for a question of the documents.
        words: The command's arguments.
    """

    text: str
    command: str | None
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules say of a message."""

    labelled: Labelled
    found: Intent | None
    microseconds: float

    @property
    def is_taken(self) -> bool:
        """Whether the command is run, instead of asking the documents."""
        return self.found is not None and self.found.is_sure

    @property
    def has_right_words(self) -> bool:
        """Whether the command is the right one, with the right arguments; the labels leave out `by`."""
        if self.found is None or self.found.command != self.labelled.command:
            return False
        return tuple(word for word in self.found.words if word != "by") == self.labelled.words


@dataclass(frozen=True, slots=True)
class Figures:
    """How the rules fare; shares are `None` where there is nothing to take a share of.

    Attributes:
        words_right: Share of the commands rightly taken that have the right words as well.
        reached: Share of the commands that are taken, or offered by a button below an answer.
        offered: Share of the questions of the documents that get such a button, and need none.
    """

    precision: float | None
    recall: float | None
    words_right: float | None
    reached: float | None
    offered: float | None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        if not self.precision or not self.recall:
            return None
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def read_money(path: Path) -> tuple[Labelled, ...]:
    """All messages of a file of `tests/data/money`."""
    return tuple(_labelled(one) for one in _lines(path))


def read_commands(path: Path) -> tuple[Labelled, ...]:
    """The commands in words, and the questions, of a file of `tests/data/commands`; calls are read by other rules."""
    return tuple(_labelled(one) for one in _lines(path) if one["kind"] == "question" or "words" in one)


def read_all(labelled: Sequence[Labelled], runs: int = 1) -> list[Outcome]:
    """Read every message; the fastest of some runs counts."""
    return [_outcome(one, runs) for one in labelled]


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """How the rules fare."""
    meant = [one for one in outcomes if one.labelled.command is not None]
    others = [one for one in outcomes if one.labelled.command is None]
    taken = [one for one in outcomes if one.is_taken]
    rightly = [one for one in meant if one.is_taken]
    return Figures(
        _share(len(rightly), len(taken)),
        _share(len(rightly), len(meant)),
        _share(sum(one.has_right_words for one in rightly), len(rightly)),
        _share(sum(one.found is not None for one in meant), len(meant)),
        _share(sum(one.found is not None and not one.is_taken for one in others), len(others)),
    )


async def run(plan: Plan, progress: Progress, *, with_held_out: bool = True) -> Report:
    """Read the labelled messages; without those held out while rules are being changed."""
    halves = {"development": "", "more development": "more_", "held out": "held_out_"}
    if not with_held_out:
        del halves["held out"]
    rows = []
    for what, folder, read in (("money", MONEY, read_money), ("commands in words", COMMANDS, read_commands)):
        for half, prefix in halves.items():
            for language, name in _NAMES.items():
                path = folder / f"{prefix}{language}.jsonl"
                if not path.exists():
                    continue
                progress(f"{what}, {half}, {name}")
                rows.append(_row(f"{what}, {half}, {name}", read_all(read(path), plan.runs)))
    for half, prefix in halves.items():
        for language, name in _NAMES.items():
            path = COMMANDS / f"{prefix}{language}.jsonl"
            if prefix != "more_":
                progress(f"commands typed, {half}, {name}")
                rows.append(_calls_row(f"commands typed, {half}, {name}", read_calls(path), plan.runs))
    return Report(
        _COLUMNS,
        tuple(rows),
        (
            "the rules were tuned on the development files alone; see tests/data/money/README.md",
            "commands typed: with or without a slash, mistyped ones told with the nearest name, look-alikes asked",
            "precision, recall: of messages taken as a command, and run; words right: of those, with all its arguments",
            "reached: of messages that mean a command, those taken or offered: with a button, one click away",
            "offered: of questions of the documents, those with a button to the books that nobody needs",
        ),
    )


def read_calls(path: Path) -> list[dict[str, object]]:
    """The typed commands, the mistyped ones, and what is neither, of a file of `tests/data/commands`."""
    return [line for line in _lines(path) if "words" not in line]


def taken_as(text: str) -> tuple[str, str | None]:
    """How a message is taken: its kind as in the labels, and the command that is run, or named as the nearest."""
    call = call_in(text, COMMANDS_OF_THE_CHAT)
    if call is None or is_asked(text):
        return ("command", "ask") if is_asked(text) else ("question", None)
    command = named(call.name, COMMANDS_OF_THE_CHAT)
    if command is not None:
        return "command", command.name
    guess = nearest(call.name, COMMANDS_OF_THE_CHAT)
    meant = None if guess is None else named(guess, COMMANDS_OF_THE_CHAT)
    return ("unknown", None) if meant is None else ("near_miss", meant.name)


def _calls_row(what: str, lines: Sequence[dict[str, object]], runs: int) -> Row:
    """Of those taken as a command or told to be mistyped, and of those that are."""
    found, durations = [], []
    for line in lines:
        text, fastest = str(line["text"]), float("inf")
        for _ in range(runs):
            start = perf_counter_ns()
            call_in(text, COMMANDS_OF_THE_CHAT)
            fastest = min(fastest, perf_counter_ns() - start)
        durations.append(fastest / _NANOSECONDS_PER_MICROSECOND)
        found.append((taken_as(text), (line["kind"], line["command"])))
    calls = {"command", "near_miss"}
    right = sum(got == wanted and got[0] in calls for got, wanted in found)
    precision = _share(right, sum(got[0] in calls for got, _ in found))
    recall = _share(right, sum(wanted[0] in calls for _, wanted in found))
    f1 = 2 * precision * recall / (precision + recall) if precision and recall else None
    return Row(what, (len(lines), precision, recall, f1, None, None, None, median(durations)))


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _labelled(line: dict[str, object]) -> Labelled:
    command, words = line["command"], line.get("words") or []
    assert isinstance(words, list)
    return Labelled(str(line["text"]), None if line["kind"] == "question" else str(command), tuple(words))


def _outcome(labelled: Labelled, runs: int) -> Outcome:
    durations = []
    for _ in range(runs):
        start = perf_counter_ns()
        intent_of(labelled.text)
        durations.append(perf_counter_ns() - start)
    return Outcome(labelled, intent_of(labelled.text), min(durations) / _NANOSECONDS_PER_MICROSECOND)


def _row(what: str, outcomes: Sequence[Outcome]) -> Row:
    fare = figures(outcomes)
    return Row(
        what,
        (
            len(outcomes), fare.precision, fare.recall, fare.f1, fare.words_right, fare.reached, fare.offered,
            median(outcome.microseconds for outcome in outcomes),
        ),
    )  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
