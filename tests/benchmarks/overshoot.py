"""How far a budget is overshot when many ask at once, by the provider's own bill; beside LiteLLM's Router."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row
from tests.benchmarks.databases import postgres_url_maker, without_postgres
from tests.scenarios.spending import Terms, Trial, open_trial, started

_AT_ONCE = (1, 10, 50, 200)
_PROCESSES = 4
_TERMS = Terms(budget_micro_usd=20_000)
_COLUMNS = (
    Column("asked"), Column("answered"), Column("calls"), Column("limit_micro_usd"), Column("billed_micro_usd"),
    Column("billed_times_limit", 3), Column("booked_micro_usd"),
)  # fmt: skip
_HAS_LITELLM = importlib.util.find_spec("litellm") is not None


@dataclass(frozen=True, slots=True)
class _Told:
    """By a contender: how many it answered, and what it says it spent."""

    answered: int
    booked_micro_usd: int


_Ask = Callable[[Trial, int, int], Awaitable[_Told]]
"""Asks so many questions of a trial, so many at once."""


@dataclass(frozen=True, slots=True)
class _Contender:
    """Somebody who asks.

    Attributes:
        processes: It cannot have fewer under way.
        state_url: A new database for it; `None`: a file.
    """

    ask: _Ask
    processes: int = 1
    state_url: Callable[[], str] | None = None


async def run(plan: Plan, progress: Progress) -> Report:
    """Ask with ever more at once; whoever's books are below the provider's bill is no measurement."""
    logging.getLogger("rag").addHandler(logging.NullHandler())  # budgets that end are what is measured, not news
    rows = []
    with ExitStack() as stack:
        contenders = _contenders(postgres_url_maker(stack, fsync=True))
        for name, contender in contenders.items():
            for at_once in (level for level in _AT_ONCE if contender.processes <= level <= plan.questions):
                progress(f"{name}, {at_once} at once")
                rows.append(await _row(name, contender, plan.questions, at_once))
    return Report(_COLUMNS, tuple(rows), tuple(_notes(plan)))


def _contenders(new_database: Callable[[], str] | None) -> Mapping[str, _Contender]:
    contenders = {
        "ragbot, SQLite, 1 process": _Contender(_ragbot(1)),
        f"ragbot, SQLite, {_PROCESSES} processes": _Contender(_ragbot(_PROCESSES), _PROCESSES),
    }
    if new_database is not None:
        several = _Contender(_ragbot(_PROCESSES), _PROCESSES, new_database)
        contenders[f"ragbot, PostgreSQL, {_PROCESSES} processes"] = several
    if _HAS_LITELLM:
        contenders["LiteLLM Router, provider budget, 1 process"] = _Contender(_litellm)
    return contenders


async def _row(name: str, contender: _Contender, questions: int, at_once: int) -> Row:
    async with _trial(contender.state_url and contender.state_url()) as trial:
        told = await contender.ask(trial, questions, at_once)
        await trial.is_quiet()
        billed, limit = trial.billed_micro_usd, _TERMS.budget_micro_usd
        calls = len(trial.provider.calls)
    figures = (questions, told.answered, calls, limit, billed, billed / limit, told.booked_micro_usd)
    return Row(f"{name}, {at_once} at once", figures)


@asynccontextmanager
async def _trial(state_url: str | None) -> AsyncIterator[Trial]:
    with TemporaryDirectory(prefix="ragbot-bench-") as folder:
        async with open_trial(Path(folder), _TERMS, state_url) as trial:
            yield trial


def _ragbot(processes: int) -> _Ask:
    async def ask(trial: Trial, questions: int, at_once: int) -> _Told:
        asked = await trial.ask(questions, at_once=at_once, processes=processes)
        booked = (await trial.statement()).booked
        if booked < trial.billed_micro_usd:
            raise RuntimeError(f"ragbot booked {booked} micro-USD and was charged {trial.billed_micro_usd}")
        return _Told(sum(one.answered for one in asked), booked)

    return ask


async def _litellm(trial: Trial, questions: int, at_once: int) -> _Told:
    command = [sys.executable, "-m", "tests.benchmarks.litellm_budget", trial.provider.url]
    options = {"questions": questions, "at-once": at_once, "budget-micro-usd": trial.terms.budget_micro_usd}
    command += [f"--{option}={value}" for option, value in options.items()]
    async with started(command, trial.folder / "litellm.log") as worker:
        await worker.is_ready()
        told = await worker.printed()
    return _Told(told["answered"], told["booked_micro_usd"])


def _notes(plan: Plan) -> Iterator[str]:
    shortest, longest = _TERMS.answer_tokens
    prices = _TERMS.prices
    yield (
        f"{plan.questions} different questions, prompts of {_TERMS.prompt_tokens} tokens and answers of {shortest} to"
        f" {longest}, at ${prices.input} and ${prices.output} per million: the limit is worth about ten of them"
    )
    yield "billed: what the fake provider sums up by itself of all that reached it; calls: what reached it"
    yield "answered: by a model; ragbot quotes the documents for the others"
    yield f"ragbot: its router, streamed; holds what a call may cost, with {_TERMS.max_output_tokens} tokens of output"
    yield "ragbot: whoever finds all that is left in others' hands waits for it, up to 20 s"
    yield "ragbot: booked is the sum of its ledger; the run fails where that is below the bill"
    if _HAS_LITELLM:
        yield "LiteLLM: provider_budget_config, same prices, streamed; sees before a call what ended calls have cost"
        yield "LiteLLM: booked is what it counts against that budget; several processes share it through Redis alone"
    else:
        yield "LiteLLM is not installed and was left out: the `bench` extra of pyproject.toml has it"
    yield from without_postgres()
