"""What the router adds to a call, beside httpx by itself, LiteLLM's Router and pydantic-ai's FallbackModel."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import get_args

from rag.model import Task
from rag.pipeline import RagPipeline
from rag.ports import AnswerRequest, Completion, Prompt
from rag.providers.openai import ChatCompletions
from rag.providers.options import ModelOptions
from tests.benchmarks import chat_peers
from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row, ratio
from tests.benchmarks.chat_peers import Ask, Chat
from tests.fakes.embedding_server import KEY
from tests.scenarios.spending import passage_of

_IN_FLIGHT = {"plain": (1, 10, 50, 100, 200, 500), "streamed": (1, 50)}
# With more, LiteLLM would take most of the time that all take together.
_MOST_OF_PEERS = 50
_CALLS_PER_QUESTION = 10
_ROUNDS = 20
# Fewer would measure how a round begins and ends, not how it goes on.
_CALLS_EACH = 4

_COLUMNS = (
    Column("p50_ms", 2), Column("p99_ms", 2), Column("added_p50_ms", 2), Column("added_p99_ms", 2),
    Column("calls_per_s"), Column("times_litellm", 1), Column("cpu_ms", 2),
)  # fmt: skip
_ONE_CLIENT = "httpx, one client"
_MS = 1_000


@dataclass(slots=True)
class Taken:
    """What calls took, in seconds.

    Attributes:
        each: Every call, from its beginning to its end.
        rounds: Calls of a round, and how long it took.
        cpu: Of this process's time on a processor, in all rounds.
    """

    each: list[float] = field(default_factory=list)
    rounds: list[tuple[int, float]] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def p50(self) -> float:
        """Of a call."""
        return median(self.each)

    @property
    def p99(self) -> float:
        """Of a call."""
        return quantiles(self.each, n=100, method="inclusive")[-1]

    @property
    def calls_per_s(self) -> float:
        """Of the median round."""
        return median(calls / seconds for calls, seconds in self.rounds)


async def run(plan: Plan, progress: Progress) -> Report:
    """Let everyone make the same calls, in turn, with ever more of them in flight."""
    calls = _CALLS_PER_QUESTION * plan.questions
    rows: list[Row] = []
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(chat_peers.provider())
        for how, levels in _IN_FLIGHT.items():
            # All stay open to the end: LiteLLM has its connections in common, and what is closed stays closed.
            contenders = await stack.enter_async_context(_contenders(url, streaming=how == "streamed"))
            for in_flight in (level for level in levels if level <= calls):
                what = f"{how}, {in_flight} in flight"
                progress(what)
                rows += _rows(what, await _measured(_taking_part(contenders, in_flight), calls, in_flight))
    return Report(_COLUMNS, tuple(rows), _notes(calls))


def configure(folder: Path, url: str, *, streaming: bool) -> None:
    """Write a configuration whose routes all lead to the provider at `url`, which answers whole or bit by bit."""
    model = f"fake/{chat_peers.MODEL}"
    provider = {"kind": "openai_compatible", "base_url": url, "api_key": KEY, "stream": streaming}
    settings = {
        "providers": {"fake": provider},
        "models": {model: {"prices": [{"input": 1, "output": 5}]}},
        "routing": {
            "routes": {task: {"models": [model]} for task in get_args(Task)},
            "cost_limits": {"daily_budget": 1_000},
        },
    }
    folder.mkdir(exist_ok=True)
    # JSON is YAML, and quotes whatever is in it.
    (folder / "llm_providers_config.yaml").write_text(json.dumps(settings), encoding="utf-8")


def _notes(calls: int) -> tuple[str, ...]:
    return (
        f"{calls:,} small calls or a few more each, in turn; the fake provider answers at once, on the same machine",
        "httpx, one client: as it comes, but without time limits; added: to its times",
        "httpx, a client each: a client of one connection for every call in flight, as ragbot has them",
        "ragbot: the router of a pipeline, until the call is in the books on disk; the text is there before that",
        *chat_peers.notes(),
        "cpu: this process's time on a processor, by call; it feels a busy machine less than the others do",
    )


@asynccontextmanager
async def _contenders(url: str, *, streaming: bool) -> AsyncIterator[Mapping[str, Ask]]:
    request = _request()
    api = ChatCompletions(ModelOptions(model=chat_peers.MODEL))
    limit = request.max_output_tokens
    chat = Chat(url, api.payload(request.prompt, max_output_tokens=limit, streaming=streaming))
    async with AsyncExitStack() as stack:
        contenders = {
            _ONE_CLIENT: chat_peers.one_client(chat),
            "httpx, a client each": chat_peers.a_client_each(chat),
            "ragbot": _ragbot(url, request, streaming=streaming),
            **{name: contender(chat) for name, contender in chat_peers.installed().items()},
        }
        yield {name: await stack.enter_async_context(contender) for name, contender in contenders.items()}


@asynccontextmanager
async def _ragbot(url: str, request: AnswerRequest, *, streaming: bool) -> AsyncIterator[Ask]:
    with TemporaryDirectory(prefix="ragbot-bench-") as folder:
        configure(Path(folder), url, streaming=streaming)
        async with await RagPipeline.open(folder, environ={"RAGBOT_DATA": f"{folder}/data"}) as pipeline:

            async def ask() -> None:
                async with aclosing(pipeline._parts.router.stream(request)) as events:
                    event = [event async for event in events][-1]
                if not (isinstance(event, Completion) and event.rung == "fresh" and event.citations):
                    raise RuntimeError(f"a call that ends in {event} is no measurement")

            yield ask


def _request() -> AnswerRequest:
    """A small question with one passage that answers it."""
    text = "Every employee has thirty days of vacation a year, and whatever is left of them expires in March."
    question = "How many days of vacation does every employee have?"
    shown = f'<passage n="1" title="Vacation">\n{text}\n</passage>'
    return AnswerRequest(
        question=question,
        language="en",
        passages=(passage_of(text),),
        prompt=Prompt("Answer from the passages, and cite them.", (shown,), (), question),
        max_output_tokens=500,
    )


def _taking_part(contenders: Mapping[str, Ask], in_flight: int) -> Mapping[str, Ask]:
    left_out = {chat_peers.LITELLM, chat_peers.PYDANTIC_AI} if in_flight > _MOST_OF_PEERS else set()
    return {name: ask for name, ask in contenders.items() if name not in left_out}


async def _measured(contenders: Mapping[str, Ask], calls: int, in_flight: int) -> dict[str, Taken]:
    """Rounds in turn, so that a busy moment hits everybody, after one that opens the connections."""
    per_round = min(calls, max(calls // _ROUNDS, _CALLS_EACH * in_flight))
    taken = {name: Taken() for name in contenders}
    for ask in contenders.values():
        await _round(ask, per_round, in_flight, Taken())
    for _ in range(math.ceil(calls / per_round)):
        for name, ask in contenders.items():
            await _round(ask, per_round, in_flight, taken[name])
    return taken


async def _round(ask: Ask, calls: int, in_flight: int, taken: Taken) -> None:
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            began = perf_counter()
            await ask()
            taken.each.append(perf_counter() - began)

    began, cpu = perf_counter(), process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(work())
    taken.rounds.append((calls, perf_counter() - began))
    taken.cpu += process_time() - cpu


def _rows(what: str, taken: Mapping[str, Taken]) -> Sequence[Row]:
    base = taken[_ONE_CLIENT]
    litellm = taken[chat_peers.LITELLM].calls_per_s if chat_peers.LITELLM in taken else None
    return [
        Row(
            f"{what}: {name}",
            (
                one.p50 * _MS,
                one.p99 * _MS,
                (one.p50 - base.p50) * _MS,
                (one.p99 - base.p99) * _MS,
                one.calls_per_s,
                ratio(one.calls_per_s, litellm),
                one.cpu / len(one.each) * _MS,
            ),
        )
        for name, one in taken.items()
    ]
