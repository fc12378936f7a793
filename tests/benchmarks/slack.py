"""What Slack sees of the bot: how soon it acknowledges and shows a sign, whether it loses anything, and what it calls.

Slack is the local one, in a process of its own with the people who ask; each bot has a process of its own, too.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.benchmark import CHECKOUT, Column, Plan, Progress, Report, Row, Value, ratio
from tests.benchmarks.processes import HAS_MEMORY_MAPS
from tests.benchmarks.slack_bots import PACES, Order

_EVENTS_PER_QUESTION = 50
_SLOW_PER_S, _FAST_PER_S = 1, 200
_SLOW_S_PER_QUESTION, _FAST_S_PER_QUESTION = 0.1, 0.05
_WARM_UP_QUESTIONS, _WARM_UP_S = 100, 1.0
_RECONNECT_S = 5.0
_QUIET_S = 1.2
_BARE = ("bolt", "socket", _FAST_PER_S)
_CONTENDERS = (
    ("ragbot", "socket", _SLOW_PER_S),
    _BARE,
    ("ragbot", "socket", _FAST_PER_S),
    ("ragbot", "http", _FAST_PER_S),
)
_NAMES = {"bolt": "bare bolt", "socket": "Socket Mode", "http": "HTTP"}
_ANSWERS = {"Briefly": 3, "Thoroughly": 1}
_MS = 1_000
_LINE_BYTES = 16_000_000
_START_S = 60.0
_TOLD_CHARS = 2_000
_COLUMNS = (
    Column("events"), Column("ack_p50_ms", 1), Column("ack_p99_ms", 1), Column("sign_p50_ms", 1),
    Column("sign_p99_ms", 1), Column("sign_times_bare", 2), Column("seconds", 1), Column("events_per_s"),
    Column("lost"), Column("doubled"), Column("calls_per_answer", 1),
)  # fmt: skip

Json = dict[str, Any]
Contender = tuple[str, str, int]
"""A bot, its mode, and how many questions come to it a second."""


async def run(plan: Plan, progress: Progress) -> Report:
    """Let a crowd ask: now and then, quickly, in a flood while sockets break, and for long answers."""
    rows: list[Row] = []
    notes = list(_notes())
    with TemporaryDirectory(prefix="ragbot-bench-") as folder:
        stage = Stage(Path(folder), progress)
        rows += await _latencies(stage, plan, notes)
        rows.append(await _flood(stage, plan, notes))
        rows += await _called(stage, notes)
    return Report(_COLUMNS, tuple(rows), tuple(notes))


# What is measured


async def _latencies(stage: Stage, plan: Plan, notes: list[str]) -> list[Row]:
    fast: Json = {"per_s": _FAST_PER_S, "seconds": _FAST_S_PER_QUESTION * plan.questions, "warm_up_s": _WARM_UP_S}
    slow: Json = {"per_s": _SLOW_PER_S, "seconds": _SLOW_S_PER_QUESTION * plan.questions}
    found: dict[Contender, Json] = {}
    for contender in _CONTENDERS:
        bot, mode, per_s = contender
        stage.progress(_what(contender))
        async with stage.workspace(bot, mode=mode) as slack:
            await slack.do("warm_up", questions=_WARM_UP_QUESTIONS)
            before = _cpu_s(slack)
            told = found[contender] = await slack.do("latency", **(slow if per_s == _SLOW_PER_S else fast))
            told["cpu_s"] = [after - first for after, first in zip(_cpu_s(slack), before, strict=True)]
        notes.append(f"{_what(contender)}: {_told_of(told)}")
    return [_latency_row(contender, told, found[_BARE]["signs_s"]) for contender, told in found.items()]


def _what(contender: Contender) -> str:
    bot, mode, per_s = contender
    return f"{_NAMES.get(bot, bot)}, {_NAMES[mode]}, {per_s}/s"


async def _flood(stage: Stage, plan: Plan, notes: list[str]) -> Row:
    events = _EVENTS_PER_QUESTION * plan.questions
    replicas = "1 process" if plan.replicas == 1 else f"{plan.replicas} processes on one file"
    what = f"a fifth again, sockets broken off, {replicas}"
    stage.progress(f"{events:,} events, {what}")
    async with stage.workspace("ragbot", processes=plan.replicas) as slack:
        await slack.do("warm_up", questions=_WARM_UP_QUESTIONS)
        told = await slack.do("flood", events=events, reconnect_s=_RECONNECT_S)
    notes.append(
        f"{what}: {told['questions']:,} questions; every {_RECONNECT_S:.0f} s all sockets were warned"
        f" ({told['warnings']}) or dropped ({told['drops']}) in turn; {told['reconnects']} sockets opened anew,"
        f" {told['handed_over_again']} envelopes handed over again for it, {told['late']} acknowledged late,"
        f" {told['unacknowledged']} never"
    )
    figures: dict[str, Value] = {
        "events": told["events"],
        "seconds": told["seconds"],
        "events_per_s": told["events"] / told["seconds"],
        "lost": told["lost"],
        "doubled": told["doubled"],
    }
    return _row(what, figures)


async def _called(stage: Stage, notes: list[str]) -> list[Row]:
    """Both at the same time: they are counted, and mostly wait."""
    stage.progress("counting calls")
    streamed, changed = await asyncio.gather(_calls(stage, "streaming"), _calls(stage, "plain"))
    rows = []
    for how, found in {"streamed": streamed, "streaming off": changed}.items():
        for word, told in found.items():
            pace, answers = PACES[word], told["questions"]
            what = f"{pace.chars:,} characters in {pace.seconds:g} s, {how}"
            by_method = (f"{name} {count / answers:g}" for name, count in sorted(told["methods"].items()))
            notes.append(f"{what}: {', '.join(by_method)}")
            rows.append(_row(what, {"events": answers, "calls_per_answer": sum(told["methods"].values()) / answers}))
    return rows


async def _calls(stage: Stage, workspace: str) -> dict[str, Json]:
    async with stage.workspace("ragbot", kind=workspace) as slack:
        return {word: await slack.do("calls", how=word, questions=times) for word, times in _ANSWERS.items()}


# The processes


@dataclass(frozen=True, slots=True)
class Child:
    """A process of ours, which says lines and is told lines.

    Attributes:
        others: What it works with.
        folder: Of all processes of a workspace, with what they complain about.
    """

    process: Process
    folder: Path
    others: list[Child] = field(default_factory=list)

    async def hear(self) -> str:
        """Its next line.

        Raises:
            RuntimeError: It has ended.
        """
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        if not line:
            logs = (log.read_text(encoding="utf-8")[-_TOLD_CHARS:] for log in sorted(self.folder.glob("*.log")))
            raise RuntimeError("a process has ended: " + "\n".join(logs))
        return line.strip()

    async def do(self, scenario: str, **arguments: object) -> Json:
        """Have a scenario of `slack_load` done; returns what came of it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": scenario, **arguments}).encode() + b"\n")
        return dict(json.loads(await self.hear()))

    def cpu_s(self) -> float | None:
        """The processor's time that it has taken; Linux only."""
        if not HAS_MEMORY_MAPS:
            return None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Stage:
    """Where Slack and bots are started, each anew."""

    folder: Path
    progress: Progress
    _started: int = 0

    @asynccontextmanager
    async def workspace(
        self, bot: str, *, mode: str = "socket", kind: str = "streaming", processes: int = 1
    ) -> AsyncIterator[Child]:
        """A Slack with a bot in it, of one or more processes on one state database."""
        self._started += 1
        folder = self.folder / str(self._started)
        folder.mkdir()
        async with AsyncExitStack() as stack:
            arguments = ("tests.benchmarks.slack_load", kind, str(_QUIET_S))
            slack = await stack.enter_async_context(_child(folder, "slack", *arguments))
            where = json.loads(await slack.hear())
            url = ""
            for number in range(processes):
                order = Order(bot, mode, number, f"sqlite:///{folder}/state.db", **where)
                child = _child(folder, f"bot{number}", "tests.benchmarks.slack_bots", json.dumps(asdict(order)))
                slack.others.append(await stack.enter_async_context(child))
                url = await _served(slack.others[-1], mode)
            await slack.do("reached", url=url, sockets=_sockets(bot, mode, processes))
            yield slack


@asynccontextmanager
async def _child(folder: Path, name: str, module: str, *arguments: str) -> AsyncIterator[Child]:
    """A process, killed at the end of the block."""
    with (folder / f"{name}.log").open("wb") as complaints:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments,
            stdin=PIPE, stdout=PIPE, stderr=complaints, limit=_LINE_BYTES,
            cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        )  # fmt: skip
    try:
        yield Child(process, folder)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _cpu_s(slack: Child) -> list[float]:
    """Of Slack and its bots, as far as it is known."""
    return [used for child in (slack, *slack.others) if (used := child.cpu_s()) is not None]


def _sockets(bot: str, mode: str, processes: int) -> int:
    """How many there will be."""
    if mode != "socket":
        return 0
    return processes * (2 if bot == "ragbot" else 1)


async def _served(bot: Child, mode: str) -> str:
    """Wait until it serves; returns where, in the mode `http`."""
    async with asyncio.timeout(_START_S):
        while True:
            line = await bot.hear()
            if mode == "socket" and "serving" in line:
                return ""
            if "http://" in line:
                return line[line.index("http://") :]


# What is told


def _latency_row(contender: Contender, told: Mapping[str, Any], bare: Sequence[float]) -> Row:
    signs, count, answers = told["signs_s"], told["questions"], contender != _BARE
    compared = signs and bare and contender[2] == _FAST_PER_S
    figures: dict[str, Value] = {
        "events": count,
        "ack_p50_ms": _percentile(told["acks_s"], 50),
        "ack_p99_ms": _percentile(told["acks_s"], 99),
        "sign_p50_ms": _percentile(signs, 50),
        "sign_p99_ms": _percentile(signs, 99),
        "sign_times_bare": ratio(median(signs), median(bare)) if compared else None,
        "seconds": told["seconds"],
        "events_per_s": count / told["seconds"],
        "lost": told["lost"] if answers else None,
        "doubled": told["doubled"] if answers else None,
    }
    return _row(_what(contender), figures)


def _row(what: str, figures: Mapping[str, Value]) -> Row:
    return Row(what, tuple(figures.get(column.key) for column in _COLUMNS))


def _percentile(each: Sequence[float], which: int) -> float | None:
    if len(each) < 2:
        return each[0] * _MS if each else None
    return quantiles(each, n=100, method="inclusive")[which - 1] * _MS


def _told_of(told: Mapping[str, Any]) -> str:
    signs = ", ".join(f"{method} {count}" for method, count in sorted(told["signs"].items()))
    said = f"first signs: {signs or 'none'}; besides, {told['own']:,} events about what the bot did, warming up too"
    if (without := told["questions"] - len(told["acks_s"])) > 0:
        said += f"; not acknowledged by the end: {without}"
    if told["cpu_s"]:
        slack_s, bot_s = told["cpu_s"]
        said += f"; processor: bot {bot_s:.1f} s, Slack {slack_s:.1f} s"
    return f"{said}; no question came more than {told['late_s'] * _MS:.0f} ms late"


def _notes() -> Iterator[str]:
    yield "Slack: a local one with 50 people in 20 channels, in a process of its own; every time is taken there"
    yield "an event: `app_mention` of a new question; it is acknowledged when it is in the journal, on disk (SQLite)"
    yield "first sign: a status, a reaction or a message, whichever Slack is asked for first"
    yield f"not counted: {_WARM_UP_QUESTIONS} questions before each, and {_WARM_UP_S:g} s more at {_FAST_PER_S}/s"
    yield "answered at once, but where it is said; Slack's limits on calls are off, those that the bot keeps are on"
    yield "bare bolt: slack_bolt's AsyncApp and AsyncSocketModeHandler; the listener sets a status, and answers nothing"
    yield "seconds: from the first question until the last answer; sign times bare: p50 ÷ p50 of bare bolt"
    yield "lost: no finished answer below a question; doubled: more than one answer or message there"
