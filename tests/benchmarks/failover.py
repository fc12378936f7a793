"""What a reader gets when providers fail: every fault at every provider, beside LiteLLM's Router."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import math
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row
from tests.fakes.embedding_server import KEY
from tests.scenarios.failover import ANSWER, HURRY_S, MISHAPS, MODELS, Account, Mishap, Stage, open_stage
from tests.scenarios.team import QUESTION

if TYPE_CHECKING:
    from litellm import Router

_COLUMNS = (
    Column("whole_answers"),
    Column("quotations"),
    Column("restarts"),
    Column("calls"),
    Column("seconds", 2),
    Column("charged_micro_usd"),
    Column("billed_micro_usd"),
)
# The fallbacks of the comparison: one model of each vendor, in this order.
_ROUTE = ("openai", "anthropic", "gemini")
_RETRIES = 2
_ALL = f"all of {len(_ROUTE)}"
_PATIENCE_S = 30
# LiteLLM waits as long as a provider asks it to, at one provider after the other.
_GIVEN_UP_S = 40


async def run(plan: Plan, progress: Progress) -> Report:
    """Let everything go wrong that can."""
    logging.getLogger("rag").addHandler(logging.NullHandler())  # failures are what is measured, not news
    with TemporaryDirectory(prefix="ragbot-bench-") as folder:
        async with open_stage(Path(folder)) as stage:
            return await report(stage, MISHAPS, plan, progress)


async def report(stage: Stage, mishaps: Mapping[str, Mishap], plan: Plan, progress: Progress) -> Report:
    """The table of these mishaps."""
    await stage.strike_all(next(iter(mishaps.values())))  # loads what is loaded once
    rows: list[Row] = []
    for name, mishap in mishaps.items():
        for provider in MODELS:
            progress(f"{name}: {provider}")
            rows.append(_row(f"{name}: {provider}", [await stage.strike(provider, mishap) for _ in range(plan.runs)]))
        progress(f"{name}: {_ALL}")
        rows.append(_row(f"{name}: {_ALL}", [await stage.strike_all(mishap, _ROUTE) for _ in range(plan.runs)]))
    if _has_litellm():
        rows += [row async for row in _litellm_rows(stage, mishaps, progress)]
    return Report(_COLUMNS, tuple(rows), tuple(_notes(plan)))


def _notes(plan: Plan) -> Iterator[str]:
    yield f"the provider named comes first on a route of {len(MODELS)} and fails once, the others are well"
    yield f"{_ALL}: {', '.join(_ROUTE)} are the route, and each fails as often as it is asked"
    yield f"seconds: medians of {plan.runs} questions, each to a bot that has just been started, search included"
    yield f"whoever hangs is waited for {HURRY_S:g} s here, and 30 s by default"
    yield "whole answers: of a model, to their end; quotations: from the documents, without a model"
    yield "charged: what our ledger says of all calls; billed: what the fake providers say of them"
    if _has_litellm():
        yield f"LiteLLM: its Router, same fakes, {_RETRIES} retries, {len(_ROUTE) - 1} fallbacks, one question a row"
        yield f"LiteLLM: without a whole answer the reader has an error, or silence; given up after {_GIVEN_UP_S} s"
    else:
        yield "LiteLLM is not installed and was left out: the `bench` extra of pyproject.toml has it"


def _row(what: str, accounts: Sequence[Account]) -> Row:
    last = accounts[-1]
    figures = (
        int(last.answer.text == ANSWER),
        int(last.answer.rung == "extractive"),
        last.restarts,
        sum(last.calls.values()),
        median(account.answer.latency_s for account in accounts),
        last.answer.cost_micro_usd,
        sum(math.ceil(bill) for bill in last.billed_micro_usd.values()),
    )
    return Row(what, figures)


# LiteLLM


def _has_litellm() -> bool:
    return importlib.util.find_spec("litellm") is not None


async def _litellm_rows(stage: Stage, mishaps: Mapping[str, Mishap], progress: Progress) -> AsyncIterator[Row]:
    """One provider that fails once, then all that fail always."""
    async with _litellm() as make_router:
        stage.mend()
        await _text_of(make_router(stage, _PATIENCE_S))  # loads what is loaded once
        for name, mishap in mishaps.items():
            for where in (_ROUTE[0], _ALL):
                if where == _ALL:
                    stage.break_all(mishap)
                else:
                    stage.break_once(where, mishap)
                progress(f"LiteLLM: {name}: {where}")
                router = make_router(stage, HURRY_S if mishap.hangs else _PATIENCE_S)
                started = perf_counter()
                whole = await _text_of(router) == ANSWER
                seconds = perf_counter() - started
                calls = sum(len(server.calls) for server in stage.servers.values())
                yield Row(f"LiteLLM: {name}: {where}", (int(whole), 0, 0, calls, seconds, None, None))


@asynccontextmanager
async def _litellm() -> AsyncIterator[Callable[[Stage, float], Router]]:
    """Makes Routers over the stage's fakes, with one time limit for everything, in seconds."""
    # Otherwise its import asks the network for prices, and waits.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    litellm.suppress_debug_info = True
    for name in ("LiteLLM", "LiteLLM Router"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    paths = {"openai": "/v1", "gemini": f"/v1beta/models/{MODELS['gemini'].partition('/')[2]}"}

    def make_router(stage: Stage, timeout_s: float) -> Router:
        limits = {"timeout": timeout_s, "stream_timeout": timeout_s}
        deployments = [
            {
                "model_name": provider,
                "litellm_params": {
                    "model": MODELS[provider],
                    "api_base": stage.servers[provider].url + paths.get(provider, ""),
                    "api_key": KEY,
                    **limits,
                },
            }
            for provider in _ROUTE
        ]
        return litellm.Router(deployments, fallbacks=[{_ROUTE[0]: list(_ROUTE[1:])}], num_retries=_RETRIES)

    try:
        yield make_router
    finally:
        await litellm.close_litellm_async_clients()


async def _text_of(router: Router) -> str:
    """What the reader has in the end: all of an answer, a part of it, or nothing."""
    text = ""
    try:
        async with asyncio.timeout(_GIVEN_UP_S):
            messages = [{"role": "user", "content": QUESTION}]
            async for chunk in await router.acompletion(_ROUTE[0], messages, stream=True):
                text += "".join(choice.delta.content or "" for choice in chunk.choices)
    except Exception:  # noqa: BLE001 - whichever of its errors: the reader would see it
        pass
    return text
