"""Spending under load: a budget, a provider that keeps its own bill, and processes that ask; for tests and benchmarks.

`python -m tests.scenarios.spending FOLDER` is such a process: it opens a router, prints `ready`, asks once it is given
a line, and prints what came of it as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import sys
import zlib
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

from rag.model import Asker, Chunk, Passage, Task
from rag.pipeline import RagPipeline
from rag.ports import AnswerRequest, Completion, Database, Prompt, Transaction
from rag.quota.books import Books
from rag.quota.quotas import EVERYTHING, USD_PER_DAY
from rag.settings import RagSettings
from rag.state import open_database
from tests.fakes.chat_bill import BETWEEN_PARTS, CHARS_PER_TOKEN, Prices
from tests.fakes.chat_script import Latency
from tests.fakes.clock import FakeClock
from tests.fakes.embedding_server import KEY
from tests.fakes.openai_server import OpenAIServer

MODEL = "metered"
UNTIL_KILLED = 1_000_000
"""So many questions keep a process busy for longer than anybody waits."""

_CHECKOUT = Path(__file__).parents[2]
_INSTRUCTIONS = "Answer from the passages, and cite them."
_RULE = "Every employee has thirty days of vacation a year, and what is left of them expires in March."
_PIECE_CHARS = 120
_LATENCY = Latency(first_token_s=0.03, per_token_s=0.03)
_PATIENCE_S = 120.0
# As in `rag.routing.call`: beyond the deadline of its question a call can only still be settling.
_SETTLING_S = 60.0
_SMALL_MODEL = Prices(Decimal(1), Decimal(5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What may be spent, what it costs, and what is asked for it.

    Attributes:
        brake: Share of the budget from which nothing more is spent.
        prompt_tokens: Of every question, each of which is another one from its first passage on.
        answer_tokens: The shortest and the longest answer.
        max_output_tokens: What money is held for.
    """

    budget_micro_usd: int
    brake: Decimal = Decimal("0.95")
    prices: Prices = _SMALL_MODEL
    prompt_tokens: int = 700
    answer_tokens: tuple[int, int] = (150, 300)
    max_output_tokens: int = 320
    deadline_s: float = 30.0

    @property
    def lease_s(self) -> float:
        """When this has passed, all that a dead process held counts as spent."""
        return self.deadline_s + _SETTLING_S + 1

    @property
    def most_micro_usd(self) -> int:
        """What a call cannot cost more than, if a token is a byte."""
        input_price = max(self.prices.input, self.prices.written or Decimal(0))
        prompt = self.prompt_tokens * CHARS_PER_TOKEN * input_price
        return math.ceil(prompt + self.max_output_tokens * self.prices.output)

    def answer(self, prompt: str) -> str:
        """What the model says: to the same prompt always the same."""
        shortest, longest = self.answer_tokens
        tokens = shortest + zlib.crc32(prompt.encode()) % (longest - shortest + 1)
        return _filled("", f"{_RULE} [1] ", tokens * CHARS_PER_TOKEN)

    def request(self, name: str) -> AnswerRequest:
        """A question that nobody else asks."""
        question = f"How many days of vacation does {name} have?"
        others = len(_INSTRUCTIONS) + len(question) + 2 * len(BETWEEN_PARTS)
        shown = _filled(f'<passage n="1" title="{name}">\n', f"{_RULE} ", self.prompt_tokens * CHARS_PER_TOKEN - others)
        return AnswerRequest(
            question=question,
            language="en",
            passages=(passage_of(_RULE),),
            prompt=Prompt(_INSTRUCTIONS, (shown,), (), question),
            max_output_tokens=self.max_output_tokens,
            reference=name,
            key=name,
            asker=Asker(user=name),
        )

    def settings(self, provider_url: str) -> Mapping[str, object]:
        """`llm_providers_config.yaml`: every route leads to the one provider, at its prices."""
        name, prices = f"fake/{MODEL}", self.prices
        row = {
            "input": prices.input,
            "output": prices.output,
            "cached_input": prices.cached,
            "cache_write": prices.written,
        }
        return {
            "providers": {"fake": {"kind": "openai_compatible", "base_url": f"{provider_url}/v1", "api_key": KEY}},
            "models": {name: {"prices": [{sort: float(usd) for sort, usd in row.items() if usd is not None}]}},
            "routing": {
                "deadline_s": self.deadline_s,
                "routes": {task: {"models": [name]} for task in get_args(Task)},
                "cost_limits": {
                    "daily_budget": self.budget_micro_usd / 1_000_000,
                    "emergency_brake": float(self.brake),
                    "time_zone": _zone_of_noon(),
                },
            },
            "optimization": {"caching": {"enabled": False}},
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of some questions.

    Attributes:
        answered: By a model.
        reasons: Of all their completions.
    """

    asked: int
    answered: int
    reasons: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, completions: Sequence[Completion]) -> Asked:
        """Count them."""
        answered = sum(completion.model is not None for completion in completions)
        return cls(len(completions), answered, dict(Counter(completion.reason for completion in completions)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The books in one moment, all in micro-USD but `calls`.

    Attributes:
        booked, unconfirmed: In the ledger.
        used, held: Of the daily budget of everything.
        open: Reservations that nobody has settled, by id: what counts as spent if nobody does.
        unconfirmed_ids: Entries of the ledger.
        held_rows: In the table of what is held, for whatever quota.
        calls: In the ledger.
    """

    booked: int
    unconfirmed: int
    used: int
    held: int
    open: Mapping[str, int]
    unconfirmed_ids: frozenset[str]
    held_rows: int
    calls: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A configuration, its provider and its state database.

    Attributes:
        folder: Of the configuration.
    """

    folder: Path
    state_url: str
    terms: Terms
    provider: OpenAIServer

    @property
    def billed_micro_usd(self) -> int:
        """What the provider charges, rounded up once."""
        return math.ceil(self.provider.bill_micro_usd)

    @property
    def environ(self) -> Mapping[str, str]:
        """What the core is started with."""
        return {"RAGBOT_STATE_URL": self.state_url, "RAGBOT_DATA": str(self.folder / "data")}

    async def ask(self, questions: int, *, at_once: int, processes: int) -> list[Asked]:
        """Let processes ask at the same time, each its share."""
        async with AsyncExitStack() as stack:
            workers = [
                await stack.enter_async_context(self.worker(f"process{number}", share, at_once=together))
                for number, (share, together) in enumerate(
                    zip(_shares(questions, processes), _shares(at_once, processes), strict=True)
                )
            ]
            await asyncio.gather(*(worker.is_ready() for worker in workers))
            return await asyncio.gather(*(worker.finish() for worker in workers))

    @asynccontextmanager
    async def worker(self, name: str, questions: int, *, at_once: int) -> AsyncIterator[Worker]:
        """A process that asks once it is told to; it is dead by the end of the block."""
        terms = self.terms
        options = {
            "state": self.state_url,
            "name": name,
            "questions": questions,
            "at-once": at_once,
            "prompt-tokens": terms.prompt_tokens,
            "max-output-tokens": terms.max_output_tokens,
        }
        command = [sys.executable, "-m", "tests.scenarios.spending", str(self.folder)]
        command += [f"--{option}={value}" for option, value in options.items()]
        async with started(command, self.folder / f"{name}.log") as worker:
            yield worker

    async def is_quiet(self) -> None:
        """Wait until the provider has seen that its dead clients are gone: what they owe is on the bill then."""
        calm = 0
        async with asyncio.timeout(_PATIENCE_S):
            # What a client had sent when it died may still be on its way to the server, which is a task of this loop.
            while calm < 3:
                await asyncio.sleep(0.01)
                calm = 0 if self.provider.in_flight or self.provider._connections else calm + 1

    async def statement(self) -> Statement:
        """The books as they are."""
        return await self._with_database(0.0, read_statement)

    async def statement_when_leases_are_over(self) -> Statement:
        """The books once all that died has been found out."""

        async def bury(database: Database) -> Statement:
            settings = RagSettings.load(self.folder, self.environ)
            await Books(database, self._clock(self.terms.lease_s), settings.quotas).flush()
            return await read_statement(database)

        return await self._with_database(self.terms.lease_s, bury)

    async def _with_database(self, later_s: float, read: Callable[[Database], Awaitable[Statement]]) -> Statement:
        database = await open_database(self.state_url, self._clock(later_s))
        try:
            return await read(database)
        finally:
            await database.aclose()

    def _clock(self, later_s: float) -> FakeClock:
        return FakeClock(datetime.now(UTC) + timedelta(seconds=later_s))


@asynccontextmanager
async def open_trial(folder: Path, terms: Terms, state_url: str | None = None) -> AsyncIterator[Trial]:
    """A trial with a provider of its own in this event loop.

    Args:
        folder: Made where there is none.
        state_url: An empty database; by default a file in the folder.
    """
    async with OpenAIServer(strict=False) as provider:
        provider.models[MODEL] = None
        provider.prices[MODEL] = terms.prices
        provider.answer = terms.answer
        provider.piece_chars = _PIECE_CHARS
        provider.latency = _LATENCY
        _configure(folder, terms.settings(provider.url))
        yield Trial(folder, state_url or f"sqlite:///{folder}/state.db", terms, provider)


async def ask(pipeline: RagPipeline, request: AnswerRequest) -> Completion:
    """The end of an answer of the router."""
    async with aclosing(pipeline._parts.router.stream(request)) as events:
        event = [event async for event in events][-1]
    assert isinstance(event, Completion)
    return event


async def ask_all(pipeline: RagPipeline, requests: Iterable[AnswerRequest], *, at_once: int) -> list[Completion]:
    """Some questions, so many of them under way at any time; their completions in the order in which they came."""
    waiting = iter(requests)
    completions: list[Completion] = []

    async def work() -> None:
        for request in waiting:
            completion = await ask(pipeline, request)
            completions.append(completion)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())
    return completions


async def read_statement(database: Database) -> Statement:
    """The books, read behind all that is being written."""

    def read(transaction: Transaction) -> Statement:
        def number(sql: str, *values: str) -> int:
            ((value,),) = transaction.fetch(sql, *values)
            return int(value or 0)

        key = str(EVERYTHING), str(USD_PER_DAY)
        entries = transaction.fetch("SELECT id, cost_micro_usd FROM ledger WHERE certainty = 'unconfirmed'")
        reservations = transaction.fetch("SELECT id, micro_usd FROM reservations")
        return Statement(
            booked=number("SELECT CAST(sum(cost_micro_usd) AS bigint) FROM ledger"),
            unconfirmed=sum(int(cost or 0) for _, cost in entries),
            used=number("SELECT CAST(sum(used) AS bigint) FROM quota_used WHERE subject = $1 AND measure = $2", *key),
            held=number("SELECT CAST(sum(amount) AS bigint) FROM quota_held WHERE subject = $1 AND measure = $2", *key),
            open={str(name): int(held or 0) for name, held in reservations},
            unconfirmed_ids=frozenset(str(name) for name, _ in entries),
            held_rows=number("SELECT count(*) FROM quota_held"),
            calls=number("SELECT count(*) FROM ledger WHERE attempt > 0"),
        )

    return await database.transact(read)


# What is killed


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """What a process left behind that was killed while it asked.

    Attributes:
        call_micro_usd: What is held for one call, which is more than it can cost.
        before: The books as it left them.
        after: The books when all its leases are over.
    """

    limit_micro_usd: int
    call_micro_usd: int
    billed_micro_usd: int
    before: Statement
    after: Statement

    @property
    def was_in_mid_call(self) -> bool:
        """Whether it had set something aside."""
        return bool(self.before.open)

    @property
    def is_below_bill(self) -> bool:
        """Whether the provider charges more than the books know of."""
        return self.after.booked < self.billed_micro_usd

    @property
    def exceeds_budget(self) -> bool:
        """Whether more was promised, or spent, than there was."""
        promised = max(books.used + books.held for books in (self.before, self.after))
        return max(promised, self.billed_micro_usd) > self.limit_micro_usd

    @property
    def is_stuck(self) -> bool:
        """Whether something is set aside for ever."""
        return bool(self.after.open or self.after.held_rows)

    @property
    def is_inconsistent(self) -> bool:
        """Whether the ledger and the counters differ, or what counts as spent is not what was open."""
        after, before = self.after, self.before
        new = after.unconfirmed_ids - before.unconfirmed_ids
        return (
            after.booked != after.used
            or before.booked != before.used
            or new != set(before.open)
            or after.unconfirmed - before.unconfirmed != sum(before.open.values())
        )

    @property
    def ran_out(self) -> bool:
        """Whether, when it died, the budget had no room for one more call."""
        return self.limit_micro_usd - self.before.used - self.before.held < self.call_micro_usd

    @property
    def unconfirmed_share(self) -> float:
        """Of what is booked, how much nobody told."""
        return self.after.unconfirmed / self.after.booked if self.after.booked else 0.0


async def crash(trial: Trial, *, at_once: int, after_s: float, from_first_call: bool = False) -> Crash:
    """Let a process ask, kill it, and wait until its leases are over.

    Args:
        after_s: So long after it began it is killed, or after its first call has reached the provider.
    """
    async with trial.worker("victim", UNTIL_KILLED, at_once=at_once) as worker:
        await worker.is_ready()
        worker.begin()
        if from_first_call:
            async with asyncio.timeout(_PATIENCE_S):
                await trial.provider.called.wait()
        await asyncio.sleep(after_s)
        await worker.kill()
    await trial.is_quiet()
    before = await trial.statement()
    after = await trial.statement_when_leases_are_over()
    return Crash(
        limit_micro_usd=trial.terms.budget_micro_usd,
        call_micro_usd=trial.terms.most_micro_usd,
        billed_micro_usd=trial.billed_micro_usd,
        before=before,
        after=after,
    )


# The other process


class Worker:
    """A process that says `ready`, begins when it is given a line, and prints JSON."""

    def __init__(self, process: Process, log: Path) -> None:
        self._process = process
        self._log = log

    async def is_ready(self) -> None:
        """Wait until it could begin."""
        assert self._process.stdout is not None
        async with asyncio.timeout(_PATIENCE_S):
            if await self._process.stdout.readline() != b"ready\n":
                raise RuntimeError(f"a process did not start: {self._log.read_text(encoding='utf-8')}")

    def begin(self) -> None:
        """Let it begin."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")

    async def finish(self) -> Asked:
        """Let it begin, and wait for what came of it."""
        return Asked(**await self.printed())

    async def printed(self) -> dict[str, Any]:
        """Let it begin, and wait for the object that it prints."""
        async with asyncio.timeout(_PATIENCE_S):
            printed, _ = await self._process.communicate(b"\n")
        if self._process.returncode:
            raise RuntimeError(f"a process failed: {self._log.read_text(encoding='utf-8')}")
        told: dict[str, Any] = json.loads(printed)
        return told

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def started(command: Sequence[str], log: Path) -> AsyncIterator[Worker]:
    """A process from the checkout's root, dead by the end of the block; what it complains of is in `log`."""
    environment = {**os.environ, "PYTHONPATH": str(_CHECKOUT)}
    with log.open("wb") as complaints:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=complaints, cwd=_CHECKOUT, env=environment
        )
    worker = Worker(process, log)
    try:
        yield worker
    finally:
        await worker.kill()


async def serve(begin_and_tell: Callable[[], Awaitable[Mapping[str, object]]]) -> None:
    """The other end of a `Worker`, for a process that is ready."""
    print("ready", flush=True)
    if not await asyncio.to_thread(sys.stdin.readline):
        return  # whoever would have told us to begin is gone
    print(json.dumps(await begin_and_tell()), flush=True)


def _configure(folder: Path, settings: Mapping[str, object]) -> None:
    folder.mkdir(exist_ok=True)
    # JSON is YAML.
    (folder / "llm_providers_config.yaml").write_text(json.dumps(settings), encoding="utf-8")


def _shares(total: int, parts: int) -> list[int]:
    return [total // parts + (number < total % parts) for number in range(parts)]


def _filled(beginning: str, rest: str, chars: int) -> str:
    return (beginning + rest * (1 + chars // len(rest)))[:chars]


def _zone_of_noon() -> str:
    """A time zone in which the day neither begins nor ends while somebody looks."""
    east = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-east:+d}"  # in those names, east is minus


def passage_of(text: str) -> Passage:
    """A passage of a document that says this and nothing else."""
    return Passage(
        Chunk(
            id="vacation:0",
            document_id="vacation",
            collection="default",
            source="vacation.md",
            link="vacation.md",
            title="Vacation",
            heading_path=(),
            anchor="",
            text=text,
            position=0,
            content_hash="",
            ingested_at=datetime(2026, 11, 22, tzinfo=UTC),
        ),
        score=1.0,
    )


async def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--state", required=True)
    parser.add_argument("--name", required=True)
    for option in ("questions", "at-once", "prompt-tokens", "max-output-tokens"):
        parser.add_argument(f"--{option}", type=int, required=True)
    given = parser.parse_args()
    terms = Terms(budget_micro_usd=0, prompt_tokens=given.prompt_tokens, max_output_tokens=given.max_output_tokens)
    environ = {"RAGBOT_STATE_URL": given.state, "RAGBOT_DATA": str(given.folder / "data" / given.name)}
    async with await RagPipeline.open(given.folder, environ=environ) as pipeline:

        async def answer() -> Mapping[str, object]:
            requests = (terms.request(f"{given.name}-{number}") for number in range(given.questions))
            return asdict(Asked.of(await ask_all(pipeline, requests, at_once=given.at_once)))

        await serve(answer)


if __name__ == "__main__":
    asyncio.run(_main())
