"""Discord and its people in a process of their own.

`python -m tests.benchmarks.discord_load QUIET_S CHANNELS CALLS_PER_S` says where it is in a line of JSON, and then does
what each line of its standard input says: a line of JSON with the name of a scenario below as `do`, and its arguments.
What came of it is again one line.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from tests.benchmarks.discord_crowd import Asked, Crowd, CrowdedDiscord, fate, kind_of, refused, signs

_PATIENCE_S = 20.0
_ANSWERED_WITHIN_S = 60.0
_IN_FLIGHT = 200
# Twice as many calls are within Discord's own limits.
_WARM_UPS_PER_S = 20

Json = dict[str, Any]


async def warm_up(crowd: Crowd, *, questions: int) -> Json:
    """Ask until everything that is looked up once is known."""
    asked, _ = await _ask_at(crowd, _WARM_UPS_PER_S, questions)
    await _quiet(crowd, lambda: all(one.below for one in asked))
    if not all(one.below for one in asked):
        raise RuntimeError("the bot takes no notice of its first questions")
    return {"questions": len(asked)}


async def latency(crowd: Crowd, *, per_s: float, seconds: float, warm_up_s: float = 0.0) -> Json:
    """Ask so many questions a second, whatever is answered; those of the first moments do not count."""
    discord, before = crowd.discord, len(crowd.discord.calls)
    gc.disable()  # its pauses would be taken for the bot's
    asked, late_s = await _ask_at(crowd, per_s, max(1, round(per_s * (warm_up_s + seconds))))
    await _quiet(crowd, lambda: not fate(discord).lost)
    gc.enable()
    counted = asked[round(per_s * warm_up_s) :]
    seen = signs(discord)
    shown = [(one.sent_at, seen[one.message.id]) for one in counted]
    return {
        "questions": len(counted),
        "typing_s": [sign.typing_at - sent_at for sent_at, sign in shown if sign.typing_at is not None],
        "text_s": [sign.text_at - sent_at for sent_at, sign in shown if sign.text_at is not None],
        "late_s": late_s,
        "seconds": max([0.0, *(one.answered_at for one in counted)]) - counted[0].sent_at,
        **_called(crowd, before, len(asked)),
        **asdict(fate(discord)),
    }


async def flood(crowd: Crowd, *, questions: int, resume_s: float) -> Json:
    """So many questions, each asked when one of those in flight is answered, while connections end again and again."""
    discord, before = crowd.discord, len(crowd.discord.calls)
    breaks = Counter[str]()
    identified, resumed = discord.gateway.identified, _resumed(discord)
    breaking = asyncio.create_task(_break_off(discord, resume_s, breaks))
    began, waiting = time.monotonic(), iter(range(questions))

    async def ask() -> None:
        for _ in waiting:
            asked = await crowd.ask()
            with suppress(TimeoutError):
                async with asyncio.timeout(_ANSWERED_WITHIN_S):
                    await asked.answered.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(_IN_FLIGHT):
            group.create_task(ask())
    seconds = time.monotonic() - began
    breaking.cancel()
    await _quiet(crowd, lambda: not fate(discord).lost)
    return {
        "questions": questions,
        "seconds": seconds,
        "breaks": breaks,
        "resumed": _resumed(discord) - resumed,
        "begun_anew": discord.gateway.identified - identified,
        **_called(crowd, before, questions),
        **asdict(fate(discord)),
    }


async def calls(crowd: Crowd, *, how: str, questions: int) -> Json:
    """Let one person ask one question after the other; how often each call was made until nothing more was."""
    await _answered(crowd, await crowd.ask(always_one=True))  # who and where it is, is looked up once
    before, chars = len(crowd.discord.calls), 0
    for _ in range(questions):
        asked = await crowd.ask(how, always_one=True)
        await _answered(crowd, asked)
        chars += sum(len(message.content) for message in asked.below if not message.deleted)
    return {"questions": questions, "chars": chars, **_called(crowd, before, questions)}


async def answers(crowd: Crowd, *, questions: Sequence[str]) -> Json:
    """Ask these questions, each when something is said to the one before, until the bot does nothing any more."""
    for text in questions:
        asked = await crowd.ask(text=text)
        await crowd.discord.until(lambda asked=asked: asked.below, _ANSWERED_WITHIN_S)
    await _quiet(crowd)
    return {"questions": len(questions)}


def _called(crowd: Crowd, before: int, answered: int) -> Json:
    """The calls since then, by what they do."""
    made = crowd.discord.calls[before:]
    kinds = Counter(kind_of(call) for call in made)
    return {
        "calls": kinds,
        "calls_per_answer": len(made) / answered,
        "edits_per_answer": kinds["edit"] / answered,
        "refused": refused(made),
    }


async def _answered(crowd: Crowd, asked: Asked) -> None:
    await _quiet(crowd, asked.answered.is_set)
    if not asked.answered.is_set():
        raise RuntimeError(f"{asked.text} was not answered")


async def _ask_at(crowd: Crowd, per_s: float, questions: int) -> tuple[list[Asked], float]:
    """Ask at this rate, whatever becomes of it; returns also by how much any question came too late, in seconds."""
    began, asked, late_s = time.monotonic(), list[Asked](), 0.0
    for number in range(questions):
        await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
        late_s = max(late_s, time.monotonic() - began - number / per_s)
        asked.append(await crowd.ask())
    return asked, late_s


async def _break_off(discord: CrowdedDiscord, every_s: float, counts: Counter[str]) -> None:
    """In turn, all the ways in which a connection ends and its session does not."""
    ways: Sequence[tuple[str, Callable[[], Awaitable[None]]]] = (
        ("closed with 1006", lambda: discord.drops(1006)),
        ("closed with 4000", lambda: discord.drops(4000)),
        ("asked to reconnect", discord.asks_to_reconnect),
        ("session said to be invalid, but resumable", lambda: discord.invalidates(resumable=True)),
    )
    for way, end in itertools.cycle(ways):
        await asyncio.sleep(every_s)
        counts[way] += len(discord.sessions)
        await end()


def _resumed(discord: CrowdedDiscord) -> int:
    return sum(session.resumed for session in discord.gateway.all_sessions.values())


async def _quiet(crowd: Crowd, is_over: Callable[[], bool] = lambda: True) -> None:
    """Wait until the bot does nothing any more and it is over; where it is not, somewhat longer."""
    discord, idle_s, look_s = crowd.discord, 0.0, crowd.quiet_s / 4
    while idle_s < (crowd.quiet_s if is_over() else _PATIENCE_S):
        before = len(discord.calls)
        await asyncio.sleep(look_s)
        idle_s = idle_s + look_s if before == len(discord.calls) else 0.0


SCENARIOS: Mapping[str, Callable[..., Awaitable[Json]]] = MappingProxyType(
    {"warm_up": warm_up, "latency": latency, "flood": flood, "calls": calls, "answers": answers}
)


async def _serve(quiet_s: float, channels: int, calls_per_s: int) -> None:
    discord = CrowdedDiscord(calls_per_s=calls_per_s)
    await discord.open()
    try:
        crowd, loop = Crowd(discord, quiet_s, channels), asyncio.get_running_loop()
        _say({"token": discord.token, "api_url": discord.api_url, "gateway_url": discord.gateway_url})
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            order = json.loads(line)
            _say(await SCENARIOS[order.pop("do")](crowd, **order))
    finally:
        await discord.close()


def _say(told: Mapping[str, object]) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
