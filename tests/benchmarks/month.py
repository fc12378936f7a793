"""A synthetic month of a team's questions in books, journal and feedback: the same every time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from random import Random

from rag.model import Asker, Rung, RungReason, Task, TokenUsage
from rag.ports import Database, Row, Transaction
from rag.quota.ledger import Expense, book
from rag.quota.recount import remake
from rag.quota.tallies import Tallies
from rag.state.timestamps import to_text

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
LENGTH = timedelta(days=30)
_BATCH = 1_000

_PEOPLE, _CHANNELS = 200, 30
# Half of what is asked is asked by and by again.
_QUESTIONS_PER_WORDING = 3
_TASKS: Sequence[Task] = ("factual", "factual", "factual", "code_generation", "document_analysis", "quick", "real_time")
_MODELS = ("openai/gpt-6.1-terra", "gemini/gemini-3.8-flash", "anthropic/claude-sonnet-5-5", "openai/gpt-6-luna")
_SUBJECTS = ("the {n}th gateway", "budget number {n}", "the holiday rules of team {n}", "the deployment of service {n}")
_PHRASES = ("How do I set up {}?", "What is the limit of {}?", "Who looks after {}?", "Onde encontro {}?")
# About as much as the journal keeps of an answer with its passages.
_ANSWER = json.dumps({"text": "x" * 800, "evidence": ["y" * 200] * 8, "citations": ["z" * 250] * 3})

_QUESTION = (
    "INSERT INTO questions (reference, platform, place, thread, message, author, workspace, roles, locale, question,"
    " state, owner, address, is_resumable, resumed, outcome, said, answer, asked_at, taken_at, task, model, reason,"
    " cost_micro_usd) VALUES ($1, 'room', $2, $1, $1, $3, 'T1', '[]', 'en', $4, 'delivered', '', '', 1, 0, $5, 'x', $6,"
    " $7, $7, $8, $9, $10, $11)"
)
_VERDICT = (
    "INSERT INTO feedback (reference, author, platform, place, message, asker, question, verdict, reason, at)"
    " VALUES ($1, $2, 'room', $3, $1, $2, $4, $5, $6, $7)"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and how it ended.

    Attributes:
        expenses: What the books are told of it.
    """

    reference: str
    text: str
    asker: Asker
    at: datetime
    task: Task
    model: str | None
    reason: RungReason
    expenses: tuple[Expense, ...]

    @property
    def micro_usd(self) -> int:
        """What it cost."""
        return sum(expense.cost_micro_usd for expense in self.expenses)


async def write_month(database: Database, questions: int) -> None:
    """Let so many questions have been asked, evenly over the month."""
    await database.transact(partial(remake, zone=UTC))
    asked = month(questions)
    while batch := list(islice(asked, _BATCH)):
        await database.transact(partial(_book, batch=batch))
        await database.execute_many(_QUESTION, [_row(one) for one in batch])
        await database.execute_many(_VERDICT, [_verdict(one, n) for n, one in enumerate(batch) if n % 20 == 0])


def month(questions: int) -> Iterator[Asked]:
    """The questions of the month, in order."""
    random = Random(20_261_101)
    wordings = [
        _PHRASES[n % len(_PHRASES)].format(_SUBJECTS[n // 4 % len(_SUBJECTS)].format(n=n // 16))
        for n in range(max(1, questions // _QUESTIONS_PER_WORDING))
    ]
    for n in range(questions):
        # Some are asked much more often than others.
        text = wordings[int(len(wordings) * random.random() ** 2)]
        asker = Asker(user=f"U{random.randrange(_PEOPLE)}", channel=f"C{random.randrange(_CHANNELS)}", workspace="T1")
        yield _asked(f"r{n}", text, asker, FIRST + n * LENGTH / questions, random)


def _asked(reference: str, text: str, asker: Asker, at: datetime, random: Random) -> Asked:
    task, lot = random.choice(_TASKS), random.random()
    if lot < 0.06:
        free = _free(reference, asker, task, "extractive", 0)
        return Asked(reference, text, asker, at, task, None, "nothing_relevant", (free,))
    if lot < 0.40:
        free = _free(reference, asker, task, "cached", random.randrange(1_000, 30_000))
        return Asked(reference, text, asker, at, task, "openai/gpt-6.1-terra", "asked_before", (free,))
    name = random.choice(_MODELS)
    tokens = TokenUsage(random.randrange(1_000, 4_000), random.randrange(50, 500))
    answered = _call(reference, asker, task, name, tokens=tokens, random=random)
    if lot > 0.97:
        failed = _call(reference, asker, task, _MODELS[0], tokens=TokenUsage(2_000, 0), random=None)
        second = replace(answered, rung="fallback", attempt=2)
        return Asked(reference, text, asker, at, task, name, "model_failed", (failed, second))
    return Asked(reference, text, asker, at, task, name, "model_answered", (answered,))


def _free(reference: str, asker: Asker, task: Task, rung: Rung, saved: int) -> Expense:
    return Expense(
        purpose="answer", provider="ragbot", model=rung, tokens=TokenUsage(), cost_micro_usd=0, task=task, rung=rung,
        reference=reference, asker=asker, latency_s=0.01, attempt=0, saved_micro_usd=saved,
    )  # fmt: skip


def _call(reference: str, asker: Asker, task: Task, name: str, *, tokens: TokenUsage, random: Random | None) -> Expense:
    """A call that answered; without chance, one that failed and may have cost something."""
    provider, _, model = name.partition("/")
    read, written = tokens.input or 0, tokens.output or 0
    return Expense(
        purpose="answer", provider=provider, model=model, asked_model=model, tokens=tokens,
        cost_micro_usd=2 * read + 8 * written, task=task, outcome="answered" if random else "unavailable",
        rung="fresh", reference=reference, asker=asker, latency_s=random.uniform(1, 9) if random else 30.0,
    )  # fmt: skip


def _book(transaction: Transaction, batch: Sequence[Asked]) -> None:
    tallies = Tallies(transaction, UTC)
    for asked in batch:
        for expense in asked.expenses:
            book(tallies, expense, asked.at)


def _row(asked: Asked) -> Row:
    refused = asked.reason == "nothing_relevant"
    return (
        asked.reference, asked.asker.channel, asked.asker.user, asked.text, "refused" if refused else "answered",
        _ANSWER, to_text(asked.at), asked.task, asked.model, asked.reason, asked.micro_usd,
    )  # fmt: skip


def _verdict(asked: Asked, n: int) -> Row:
    is_bad = n % 60 == 0
    return (
        asked.reference, asked.asker.user, asked.asker.channel, asked.text, "bad" if is_bad else "good",
        "It is from last year." if is_bad else "", to_text(asked.at),
    )  # fmt: skip
