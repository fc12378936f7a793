"""What Discord sees of the bot: how soon it types and says something, whether it loses anything, and what it calls.

Discord is the local one, in a process of its own with the people who ask; each bot has a process of its own, too.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from tests.benchmarks.benchmark import CHECKOUT, Column, Plan, Progress, Report, Row, Value, ratio
from tests.benchmarks.discord_bots import Order
from tests.benchmarks.installation import Installation, installed
from tests.benchmarks.processes import HAS_MEMORY_MAPS, private_megabytes
from tests.benchmarks.slack import _START_S, Child, _child, _cpu_s, _percentile
from tests.benchmarks.slack_bots import PACES

_MENTIONS_PER_QUESTION = 25
_SLOW_PER_S, _FAST_PER_S = 1, 100
_SLOW_S_PER_QUESTION, _FAST_S_PER_QUESTION = 0.5, 0.1
_WARM_UP_QUESTIONS, _WARM_UP_S = 60, 1.0
_RESUME_S = 5.0
_QUIET_S = 1.2
# Discord's own limit on all requests of a bot (docs.discord.com/developers/topics/rate-limits, 2026-12), and none.
_DOCUMENTED_PER_S, _RAISED_PER_S = 50, 100_000
# At 100/s each has a mention every 2.5 s, which its limits of 5 in 5 s allow.
_CHANNELS, _FLOODED_CHANNELS = 250, 50
# What bare discord.py loses, it loses slowly.
_BARE_FLOODED_LESS = 5
_BARE, _OURS = "bare discord.py", "ragbot"
_CONTENDERS = ((_BARE, _SLOW_PER_S), (_OURS, _SLOW_PER_S), (_BARE, _FAST_PER_S), (_OURS, _FAST_PER_S))
_ANSWERS = {"Briefly": 3, "Thoroughly": 1}
_DOZEN = 12
_MS = 1_000
_COLUMNS = (
    Column("mentions"), Column("typing_p50_ms", 1), Column("typing_p99_ms", 1), Column("text_p50_ms", 1),
    Column("text_p99_ms", 1), Column("times_bare", 2), Column("seconds", 1), Column("mentions_per_s"),
    Column("lost"), Column("doubled"), Column("refused"), Column("calls_per_answer", 1), Column("edits_per_answer", 1),
    Column("serving_s", 2), Column("private_mb", 1),
)  # fmt: skip

Json = dict[str, Any]
Contender = tuple[str, int]
"""A bot, and how many mentions come to it a second."""


async def run(plan: Plan, progress: Progress) -> Report:
    """Let a crowd ask: now and then, quickly, in a flood while connections end, and for long answers; and start."""
    rows: list[Row] = []
    notes = list(_notes())
    with TemporaryDirectory(prefix="ragbot-bench-") as folder:
        stage = Stage(Path(folder), progress)
        rows += await _latencies(stage, plan, notes)
        mentions = _MENTIONS_PER_QUESTION * plan.questions
        rows.append(await _flood(stage, _BARE, max(1, mentions // _BARE_FLOODED_LESS), 1, notes))
        rows.append(await _flood(stage, _OURS, mentions, plan.replicas, notes))
        rows += await _called(stage, notes)
        rows += await _starts(stage, plan, notes)
    return Report(_COLUMNS, tuple(rows), tuple(notes))


# What is measured


async def _latencies(stage: Stage, plan: Plan, notes: list[str]) -> list[Row]:
    found: dict[Contender, Json] = {}
    for contender in _CONTENDERS:
        bot, per_s = contender
        stage.progress(_what(contender))
        is_slow = per_s == _SLOW_PER_S
        async with stage.world(bot, calls_per_s=_DOCUMENTED_PER_S if is_slow else _RAISED_PER_S) as discord:
            await discord.do("warm_up", questions=_WARM_UP_QUESTIONS)
            before = _cpu_s(discord)
            told = found[contender] = await discord.do(
                "latency",
                per_s=per_s,
                seconds=(_SLOW_S_PER_QUESTION if is_slow else _FAST_S_PER_QUESTION) * plan.questions,
                warm_up_s=0.0 if is_slow else _WARM_UP_S,
            )
            told["cpu_s"] = [after - first for after, first in zip(_cpu_s(discord), before, strict=True)]
    for contender, told in found.items():
        notes.append(f"{_what(contender)}: {_told_of(told, found.get((_BARE, contender[1])))}")
    return [_latency_row(contender, told, found.get((_BARE, contender[1]))) for contender, told in found.items()]


def _what(contender: Contender) -> str:
    bot, per_s = contender
    return f"{bot}, {per_s}/s"


async def _flood(stage: Stage, bot: str, mentions: int, replicas: int, notes: list[str]) -> Row:
    processes = "1 process" if replicas == 1 else f"{replicas} processes on one file"
    what = f"{bot}, {_FLOODED_CHANNELS} channels, connections ended, {processes}"
    stage.progress(f"{mentions:,} mentions, {what}")
    async with stage.world(bot, channels=_FLOODED_CHANNELS, processes=replicas) as discord:
        await discord.do("warm_up", questions=_WARM_UP_QUESTIONS)
        before = _cpu_s(discord)
        told = await discord.do("flood", questions=mentions, resume_s=_RESUME_S)
        told["cpu_s"] = [after - first for after, first in zip(_cpu_s(discord), before, strict=True)]
    ways = ", ".join(f"{way} {count}" for way, count in told["breaks"].items())
    notes.append(
        f"{what}: every {_RESUME_S:g} s in turn: {ways or 'nothing, it was over before'};"
        f" {told['resumed']} sessions resumed, {told['begun_anew']} begun anew; {_called_of(told)}; {_cpu_of(told)}"
    )
    figures: dict[str, Value] = {
        "mentions": told["questions"],
        "seconds": told["seconds"],
        "mentions_per_s": told["questions"] / told["seconds"],
        **{key: told[key] for key in ("lost", "doubled", "refused", "calls_per_answer", "edits_per_answer")},
    }
    return _row(what, figures)


async def _called(stage: Stage, notes: list[str]) -> list[Row]:
    stage.progress("counting calls")
    rows = []
    async with stage.world(_OURS) as discord:
        for word, times in _ANSWERS.items():
            told, pace = await discord.do("calls", how=word, questions=times), PACES[word]
            what = f"ragbot, {pace.chars:,} characters in {pace.seconds:g} s"
            notes.append(f"{what}: {_called_of(told, times)}")
            keys = ("refused", "calls_per_answer", "edits_per_answer")
            rows.append(_row(what, {"mentions": times, **{key: told[key] for key in keys}}))
    return rows


async def _starts(stage: Stage, plan: Plan, notes: list[str]) -> list[Row]:
    """Start and weigh every process as often as planned."""
    found: dict[str, list[_Begun]] = {_BARE: [], _OURS: []}
    async with installed(plan, stage.progress) as installation:
        _configure(installation)
        for number in range(1 - plan.warm_ups, plan.runs + 1):
            for bot, each in found.items():
                stage.progress(f"start {number} of {plan.runs}: {bot}" if number > 0 else f"starting once: {bot}")
                begun = await _begun(stage, bot, installation)
                if number > 0:
                    each.append(begun)
    serving = {bot: median(one.serving_s for one in each) for bot, each in found.items()}
    private = {bot: _median(one.private_mb for one in each) for bot, each in found.items()}
    times = ratio(private[_OURS], private[_BARE])
    notes.append(
        f"started: `ragbot run` with {plan.chunks:,} chunks in its index and no other platform; medians of {plan.runs}"
        f" processes, from their start until they serve; private: Private_Dirty after {_DOZEN} answers"
        + (f", {times:.1f} times bare discord.py's" if times is not None else ", which only Linux tells")
    )
    return [
        _row(
            f"{bot}, started",
            {
                "mentions": _DOZEN,
                "times_bare": ratio(serving[bot], serving[_BARE]),
                "serving_s": serving[bot],
                "private_mb": private[bot],
            },
        )
        for bot in found
    ]


@dataclass(frozen=True, slots=True)
class _Begun:
    """A process that was started, and has answered; what it weighs is known on Linux only."""

    serving_s: float
    private_mb: float | None


async def _begun(stage: Stage, bot: str, installation: Installation) -> _Begun:
    async with stage.crowd() as (discord, where):
        began = perf_counter()
        async with _program(bot, installation, where) as process:
            await _served(process)
            serving_s = perf_counter() - began
            await discord.do("answers", questions=installation.corpus.questions(_DOZEN))
            return _Begun(serving_s, private_megabytes(process.pid) if HAS_MEMORY_MAPS else None)


def _configure(installation: Installation) -> None:
    """Let nothing but Discord be served."""
    file = installation.folder / "config" / "bot.yaml"
    settings = json.loads(file.read_text(encoding="utf-8"))
    platforms = {"console": {"enabled": False}, "slack": {"enabled": False}}
    file.write_text(json.dumps({**settings, "platforms": platforms}), encoding="utf-8")


# The processes


@dataclass(slots=True)
class Stage:
    """Where Discord and bots are started, each anew."""

    folder: Path
    progress: Progress
    _started: int = 0

    @asynccontextmanager
    async def crowd(
        self, *, calls_per_s: int = _DOCUMENTED_PER_S, channels: int = _CHANNELS
    ) -> AsyncIterator[tuple[Child, Json]]:
        """A Discord with its people, and how a bot finds it; all its other limits are as documented, too."""
        self._started += 1
        folder = self.folder / str(self._started)
        folder.mkdir()
        arguments = ("tests.benchmarks.discord_load", str(_QUIET_S), str(channels), str(calls_per_s))
        async with _child(folder, "discord", *arguments) as discord:
            yield discord, json.loads(await discord.hear())

    @asynccontextmanager
    async def world(
        self, bot: str, *, calls_per_s: int = _DOCUMENTED_PER_S, channels: int = _CHANNELS, processes: int = 1
    ) -> AsyncIterator[Child]:
        """A Discord with a bot in it, of one or more processes on one state database."""
        async with AsyncExitStack() as stack:
            discord, where = await stack.enter_async_context(self.crowd(calls_per_s=calls_per_s, channels=channels))
            for number in range(processes):
                order = Order(number, f"sqlite:///{discord.folder}/state.db", **where)
                ours = ("tests.benchmarks.discord_bots", json.dumps(asdict(order)))
                arguments = _bare(where) if bot == _BARE else ours
                child = await stack.enter_async_context(_child(discord.folder, f"bot{number}", *arguments))
                discord.others.append(child)
                async with asyncio.timeout(_START_S):
                    while "serving" not in await child.hear():
                        pass
            yield discord


def _bare(where: Mapping[str, str]) -> tuple[str, ...]:
    return ("tests.benchmarks.discord_bare", where["token"], where["api_url"], where["gateway_url"])


@asynccontextmanager
async def _program(bot: str, installation: Installation, where: Mapping[str, str]) -> AsyncIterator[Process]:
    """`ragbot run`, or the bare library; killed at the end of the block."""
    environment = {
        **installation.environment(),
        "DISCORD_BOT_TOKEN": where["token"],
        "DISCORD_API_URL": where["api_url"],
        "DISCORD_GATEWAY_URL": where["gateway_url"],
    }
    arguments, folder = ("bot", "run"), installation.folder
    if bot == _BARE:
        arguments, folder = _bare(where), CHECKOUT
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, cwd=folder, env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _served(process: Process) -> None:
    """Wait until it serves.

    Raises:
        RuntimeError: It has ended.
    """
    assert process.stdout is not None
    said = b""
    async with asyncio.timeout(_START_S):
        while b"serving" not in said:
            if not (line := await process.stdout.readline()):
                raise RuntimeError(f"a process has ended: {said.decode()}")
            said += line


# What is told


def _latency_row(contender: Contender, told: Mapping[str, Any], bare: Mapping[str, Any] | None) -> Row:
    typing, text, count = told["typing_s"], told["text_s"], told["questions"]
    compared = bare is not None and text and bare["text_s"]
    figures: dict[str, Value] = {
        "mentions": count,
        "typing_p50_ms": _percentile(typing, 50),
        "typing_p99_ms": _percentile(typing, 99),
        "text_p50_ms": _percentile(text, 50),
        "text_p99_ms": _percentile(text, 99),
        "times_bare": ratio(median(text), median(bare["text_s"])) if bare and compared else None,
        "seconds": told["seconds"],
        "mentions_per_s": count / told["seconds"],
        **{key: told[key] for key in ("lost", "doubled", "refused", "calls_per_answer", "edits_per_answer")},
    }
    return _row(_what(contender), figures)


def _row(what: str, figures: Mapping[str, Value]) -> Row:
    return Row(what, tuple(figures.get(column.key) for column in _COLUMNS))


def _median(each: Iterator[float | None]) -> float | None:
    known = [one for one in each if one is not None]
    return median(known) if known else None


def _told_of(told: Mapping[str, Any], bare: Mapping[str, Any] | None) -> str:
    said = _called_of(told)
    if bare is not None and told is not bare and told["typing_s"] and bare["typing_s"]:
        said += f"; typing: {median(told['typing_s']) / median(bare['typing_s']):.2f} times bare (p50 ÷ p50)"
    if (without := told["questions"] - len(told["typing_s"])) > 0:
        said += f"; not typed for: {without}"
    return f"{said}; {_cpu_of(told)}; no question came more than {told['late_s'] * _MS:.0f} ms late"


def _called_of(told: Mapping[str, Any], answers: int = 1) -> str:
    return ", ".join(f"{kind} {count / answers:g}" for kind, count in sorted(told["calls"].items()))


def _cpu_of(told: Mapping[str, Any]) -> str:
    if not told["cpu_s"]:
        return "processor's time unknown"
    discord_s, *bots_s = told["cpu_s"]
    return f"processor: bot {sum(bots_s):.1f} s, Discord {discord_s:.1f} s"


def _notes() -> Iterator[str]:
    yield "Discord: a local one with 50 people in one server, in a process of its own; every time is taken there"
    yield "a mention: a new question in the next channel, until typing and the first words are asked for"
    yield (
        f"limits, always on: {_DOCUMENTED_PER_S} calls a second in all, as documented, but {_RAISED_PER_S:,} at"
        f" {_FAST_PER_S}/s; 5 messages sent or changed, and 5 times typing, in 5 s for each channel, as users report"
    )
    yield f"not counted: {_WARM_UP_QUESTIONS} questions before each, and {_WARM_UP_S:g} s more at {_FAST_PER_S}/s"
    yield "bare discord.py: types and replies, keeps nothing; times bare: first words, p50 ÷ its p50, or starting"
    yield "seconds: from the first mention until the last answer"
    yield "refused: calls that were answered with 429; whoever has 10,000 of them in 10 minutes is shut out by Discord"
    yield "lost: no answer replies to a question; doubled: more than one answer or message does"
