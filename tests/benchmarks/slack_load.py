"""Slack and its people in a process of their own: `python -m tests.benchmarks.slack_load streaming|plain QUIET_S`.

It says where it is in a line of JSON, and then does what each line of its standard input says: a line of JSON with the
name of a scenario below as `do`, and its arguments. What came of it is again one line.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from tests.benchmarks.slack_crowd import Asked, Crowd, CrowdedSlack, fate, first_signs
from tests.fakes.slack import Call

_PATIENCE_S = 20.0
_IN_FLIGHT = 200
# So many questions reach every person and every channel, which the bot asks Slack about once.
_WARM_UPS = 100
_WARM_UPS_PER_S = 25
_AGAIN_WITHIN_S = 3.0
_REDELIVERED, _MESSAGE = "the same event", "as a message"

Json = dict[str, Any]


async def reached(crowd: Crowd, *, url: str, sockets: int) -> Json:
    """Wait until so many sockets are there; or deliver to that URL."""
    if url:
        await crowd.slack.deliver_to(url)
    await crowd.slack.until(lambda: len(crowd.slack.sockets.sockets) >= sockets, _PATIENCE_S)
    return {}


async def warm_up(crowd: Crowd, *, questions: int = _WARM_UPS) -> Json:
    """Ask until everything that is looked up once is known."""
    asked, _ = await _ask_at(crowd, _WARM_UPS_PER_S, questions)
    await _quiet(crowd, lambda: len(first_signs(crowd.slack)) == len(asked))
    if len(first_signs(crowd.slack)) < len(asked):
        raise RuntimeError("the bot takes no notice of its first questions")
    return {"questions": len(asked)}


async def latency(crowd: Crowd, *, per_s: float, seconds: float, warm_up_s: float = 0.0) -> Json:
    """Ask so many questions a second, whatever is answered; those of the first moments do not count."""
    slack = crowd.slack
    gc.disable()  # its pauses would be taken for the bot's
    asked, late_s = await _ask_at(crowd, per_s, max(1, round(per_s * (warm_up_s + seconds))))
    await _quiet(crowd)
    gc.enable()
    counted = asked[round(per_s * warm_up_s) :]
    acknowledged, signs = crowd.acknowledged_s(), first_signs(slack)
    events = [event for one in counted for event in one.event_ids]
    return {
        "questions": len(counted),
        "acks_s": [acknowledged[event] for event in events if event in acknowledged],
        "signs_s": [signs[one.key].at - one.sent_at for one in counted if one.key in signs],
        "signs": Counter(signs[one.key].method for one in counted if one.key in signs),
        "late_s": late_s,
        "seconds": max([0.0, *(one.answered_at or _at(signs, one) for one in counted)]) - counted[0].sent_at,
        "own": max(0, len(slack.acks) - sum(len(one.event_ids) for one in slack.asked.values())),
        **asdict(fate(slack)),
    }


async def flood(crowd: Crowd, *, events: int, reconnect_s: float) -> Json:
    """So many events, a fifth of them again: half of these delivered twice, the others told of in another way too.

    A question is asked when one of those in flight is answered; all sockets are broken off again and again.
    """
    slack, counts = crowd.slack, Counter[str]()
    kinds = [_REDELIVERED, _MESSAGE, *[""] * 6] * max(1, events // 10)
    crowd.random.shuffle(kinds)
    waiting = iter(kinds)
    before = slack.calls_to("apps.connections.open")
    breaking = asyncio.create_task(_break_off(crowd, reconnect_s, counts))
    began = time.monotonic()

    async def ask() -> None:
        for again in waiting:
            asked = crowd.ask()
            _tell(crowd, asked, again)
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    await asked.answered.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(_IN_FLIGHT):
            group.create_task(ask())
    seconds = time.monotonic() - began
    breaking.cancel()
    await _quiet(crowd, lambda: not fate(slack).lost)
    opened = len(slack.calls_to("apps.connections.open")) - len(before)
    handed = Counter(told["payload"].get("event_id") for told in slack.sockets.delivered)
    return {
        "questions": len(kinds),
        "events": len(kinds) + len(kinds) // 4,
        "seconds": seconds,
        "warnings": counts["warnings"],
        "drops": counts["drops"],
        "reconnects": opened,
        "handed_over_again": sum(handed.values()) - len(handed) - kinds.count(_REDELIVERED),
        "late": sum(ack.late for ack in slack.acks),
        "unacknowledged": len(slack.lost),
        **asdict(fate(slack)),
    }


async def calls(crowd: Crowd, *, how: str, questions: int) -> Json:
    """Let one person ask one question after the other; how often each method was called until nothing more was."""
    slack = crowd.slack
    await _answered(crowd, "What")  # who and where it is, is looked up once
    before = len(slack.calls)
    for _ in range(questions):
        await _answered(crowd, how)
    return {"questions": questions, "methods": Counter(call.method for call in slack.calls[before:])}


async def _answered(crowd: Crowd, how: str) -> None:
    asked = crowd.ask(how, always_one=True)
    await crowd.tell(asked)
    await _quiet(crowd, asked.answered.is_set)
    if not asked.answered.is_set():
        raise RuntimeError(f"{asked.text} was not answered")


async def _ask_at(crowd: Crowd, per_s: float, questions: int) -> tuple[list[Asked], float]:
    """Ask at this rate, whatever becomes of it; returns also by how much any question came too late, in seconds."""
    began, asked, late_s = time.monotonic(), list[Asked](), 0.0
    for number in range(questions):
        await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
        late_s = max(late_s, time.monotonic() - began - number / per_s)
        asked.append(crowd.ask())
        crowd.slack.tasks.start(crowd.tell(asked[-1]))
    return asked, late_s


def _tell(crowd: Crowd, asked: Asked, again: str) -> None:
    """Tell of a question, and in one of two ways once more: at the same moment, or a little later."""
    tasks, event = crowd.slack.tasks, crowd.event(asked)
    tasks.start(crowd.deliver(asked, event))
    if again == _MESSAGE:
        tasks.start(crowd.deliver(asked, crowd.event(asked, "message")))
    elif again == _REDELIVERED:
        tasks.start(_later(crowd.random.choice((0.0, crowd.random.uniform(0, _AGAIN_WITHIN_S))), crowd, asked, event))


async def _later(seconds: float, crowd: Crowd, asked: Asked, event: Json) -> None:
    await asyncio.sleep(seconds)
    await crowd.deliver(asked, event)


async def _break_off(crowd: Crowd, every_s: float, counts: Counter[str]) -> None:
    """In turn, warn all sockets that they will be closed, and close them without a word."""
    while True:
        await asyncio.sleep(every_s)
        await crowd.slack.disconnect("warning", after_s=every_s / 2)
        counts["warnings"] += 1
        await asyncio.sleep(every_s)
        crowd.slack.drop()
        counts["drops"] += 1


def _at(signs: Mapping[tuple[str, str], Call], asked: Asked) -> float:
    return signs[asked.key].at if asked.key in signs else 0.0


async def _quiet(crowd: Crowd, is_over: Callable[[], bool] = lambda: True) -> None:
    """Wait until the bot does nothing any more and it is over; where it is not, somewhat longer."""
    slack, idle_s, look_s = crowd.slack, 0.0, crowd.quiet_s / 4
    while idle_s < (crowd.quiet_s if is_over() else _PATIENCE_S):
        before = len(slack.calls), len(slack.acks)
        await asyncio.sleep(look_s)
        idle_s = idle_s + look_s if before == (len(slack.calls), len(slack.acks)) else 0.0


SCENARIOS: Mapping[str, Callable[..., Awaitable[Json]]] = MappingProxyType(
    {"reached": reached, "warm_up": warm_up, "latency": latency, "flood": flood, "calls": calls}
)


async def _serve(quiet_s: float, *, streaming: bool) -> None:
    slack = CrowdedSlack(streaming=streaming)
    await slack.open()
    try:
        crowd, loop = Crowd(slack, quiet_s), asyncio.get_running_loop()
        _say({
            "bot_token": slack.bot_token,
            "app_token": slack.app_token,
            "signing_secret": slack.signing_secret,
            "api_url": slack.api_url,
        })  # fmt: skip
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            order = json.loads(line)
            _say(await SCENARIOS[order.pop("do")](crowd, **order))
    finally:
        await slack.close()


def _say(told: Mapping[str, object]) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[2]), streaming=sys.argv[1] == "streaming"))
