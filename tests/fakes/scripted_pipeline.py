"""A pipeline that answers from a script, so that a chat can be driven to every corner.

As a program it is a chat in the terminal: `python -m tests.fakes.scripted_pipeline en [HISTORY-FILE [FOLDER]]`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.locales import phrases_in
from bot.messages import Locale
from bot.platforms.console.platform import ConsolePlatform
from bot.replies import welcome
from rag.clock import SystemClock
from rag.errors import QuotaExceeded
from rag.model import (
    NO_PIN,
    NOBODY,
    Allowance,
    Answer,
    Asker,
    Budget,
    Citation,
    CollectionSummary,
    Event,
    Evidence,
    Health,
    IndexedDocument,
    IndexStats,
    Pin,
    ProviderHealth,
    Restart,
    Retrieval,
    RouteModel,
    Scope,
    Status,
    TaskRoute,
    Token,
    Turn,
)
from rag.routing.catalogue import Notice


@dataclass(frozen=True, slots=True)
class Forever:
    """A piece that never comes: the model hangs."""


Piece = str | Forever | Restart | Exception
Script = Callable[[Sequence[Turn]], Sequence[Piece]]

EVERYTHING = Scope.everything()
STATS = IndexStats(documents=12, chunks=1340, unindexed=0, embedder=None)
REFUSAL = "I found nothing about that in the documents."
BUDGET = "Set `daily_budget` under `routing.cost_limits` [1]."
CITATION = Citation(
    n=1,
    title="Budgets",
    heading="Daily budget",
    source="docs/budget.md",
    link="docs/budget.md#daily-budget",
    quote="Set `daily_budget` under `routing.cost_limits`.",
)


EVIDENCE = Evidence(
    n=1,
    title=CITATION.title,
    heading=CITATION.heading,
    link=CITATION.link,
    source=CITATION.source,
    collection="handbook",
    score=0.9,
    text_score=12.3,
    vector_distance=None,
    cited=True,
)

NOTHING_FOUND = Retrieval((), 0.0, relevant=False)
HEALTH = Health(
    ready=True,
    version="0.1.0",
    index=STATS,
    store_kind="sqlite",
    store_ok=True,
    providers=(ProviderHealth("extractive", None, "ready"), ProviderHealth("openai", None, "not_configured")),
    budget=Budget(25_000_000, 0, 0),
)


@dataclass(frozen=True, slots=True)
class Asked:
    question: str
    history: tuple[Turn, ...]
    scope: Scope
    pin: Pin
    asker: Asker
    again: bool = False


def answer_to(question: str, text: str, **changes: object) -> Answer:
    """An answer of the extractive rung with one citation, or changed from that."""
    values: dict[str, object] = {
        "question": question,
        "text": text,
        "language": "en",
        "citations": (CITATION,),
        "evidence": (EVIDENCE,),
        "provider": "extractive",
        "model": None,
        "rung": "extractive",
        "rung_reason": "no_model_configured",
        "latency_s": 1.46,
        "reference": "ab12cd34",
        **changes,
    }
    return Answer(**values)  # type: ignore[arg-type]  # tests change any field


def one_too_many(
    subject: str = "user:U1",
    *,
    kind: type[QuotaExceeded] = QuotaExceeded,
    measure: str = "requests_per_minute",
    limit: int = 10,
    retry_after_s: float | None = 29.2,
) -> QuotaExceeded:
    """A refusal as the books make it; without a time where the limit is 0."""
    now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    retry_at = None if retry_after_s is None else now + timedelta(seconds=retry_after_s)
    return kind(subject=subject, measure=measure, limit=limit, used=limit, held=0, retry_at=retry_at, now=now)


@dataclass
class ScriptedPipeline:
    """Answers what the script knows and refuses everything else, as the real one would.

    Attributes:
        refusal: While it is set, every question is one too many.
        admitted: Whose questions were let in, the oldest first.
        left: What everybody may still spend.
        outside: Passages out of everybody's reach.
        reference: Of every answer, in place of the one that was asked for.
        found: By every search.
        known: The models of its only route.
    """

    script: dict[str, Script] = field(default_factory=dict)
    collections: tuple[CollectionSummary, ...] = (
        CollectionSummary("default", documents=1, chunks=40, synced_at=datetime(2026, 11, 22, 18, 5, tzinfo=UTC)),
        CollectionSummary("team_docs", documents=11, chunks=1300, synced_at=None),
    )
    health: Health = HEALTH
    asked: list[Asked] = field(default_factory=list)
    refusal: QuotaExceeded | None = None
    admitted: list[Asker] = field(default_factory=list)
    left: Allowance | None = None
    outside: int = 0
    reference: str = ""
    found: Retrieval = NOTHING_FOUND
    searched: list[tuple[str, Scope]] = field(default_factory=list)
    known: tuple[RouteModel, ...] = (
        RouteModel("acme", "large", "ready", Decimal("2.5"), Decimal(10), date(2027, 1, 14)),
        RouteModel("acme", "small", "resting", Decimal("0.25"), Decimal(1), None),
        RouteModel("other", "one", None, None, None, None),
    )

    async def admit(self, asker: Asker) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.admitted.append(asker)

    async def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        scope: Scope = EVERYTHING,
        pin: Pin = NO_PIN,
        asker: Asker = NOBODY,
        reference: str | None = None,
        again: bool = False,
    ) -> AsyncGenerator[Event, None]:
        self.asked.append(Asked(question, tuple(history), scope, pin, asker, again=again))
        told = {} if reference is None else {"reference": self.reference or reference}
        yield Status("searching")
        pieces = self.script[question](history) if question in self.script else None
        if pieces is None:
            yield Token(REFUSAL)
            yield answer_to(question, REFUSAL, citations=(), refused=True, rung_reason="nothing_relevant", **told)
            return
        yield Status("answering")
        text = ""
        for piece in pieces:
            match piece:
                case Forever():
                    await asyncio.Event().wait()
                case Exception():
                    raise piece
                case Restart():
                    text = ""
                    yield piece
                case str():
                    text += piece
                    yield Token(piece)
        yield answer_to(question, text, **told)

    async def search(self, question: str, *, scope: Scope = EVERYTHING) -> Retrieval:
        self.searched.append((question, scope))
        return self.found

    def routes(self) -> Sequence[TaskRoute]:
        return (TaskRoute("factual", "preferred", self.known),)

    def models(self) -> Sequence[RouteModel]:
        return self.known

    def model_health(self) -> Sequence[ProviderHealth]:
        return self.health.providers

    def model_notices(self) -> Sequence[Notice]:
        return ()

    async def allowance(self, _asker: Asker) -> Allowance | None:
        return self.left

    async def count_outside(self, _question: str, **_: object) -> int:
        return self.outside

    async def sources(self) -> Sequence[CollectionSummary]:
        return self.collections

    async def documents(self, collection: str) -> Sequence[IndexedDocument]:
        """As many as the collection is said to have."""
        count = sum(summary.documents for summary in self.collections if summary.collection == collection)
        return [IndexedDocument(str(n), collection, f"{collection}/page-{n:03}.md", "", 1) for n in range(count)]

    async def health_check(self) -> Health:
        return self.health


def says(*pieces: Piece) -> Script:
    return lambda _history: pieces


def tells_what_was_asked_before(history: Sequence[Turn]) -> Sequence[Piece]:
    return (f"Before that you asked: {history[-2].text}" if history else "You asked nothing before.",)


DEMONSTRATION: dict[str, Script] = {
    "parking?": says("Set `daily_budget` ", "under `routing.cost_limits` [1]."),
    "and before?": tells_what_was_asked_before,
    "hang": says("The beginning of", " a long answer", Forever()),
    "long": says(*(f"Line {n} of a long list.\n\n" for n in range(1, 200))),
    "restart": says("Wrong one.\n\n", "Wrong two.\n\n", "Wrong thr", Restart("openai", "gpt"), "Right.\n\n", "End."),
}


async def _chat(locale: Locale, folder: Path, history_file: Path | None) -> None:
    from tests.fakes.talk import open_talk

    platform = ConsolePlatform(
        locale=locale,
        stdin=sys.stdin,
        stdout=sys.stdout,
        welcome=welcome(STATS, phrases_in(locale)),
        history_file=history_file,
    )
    pipeline = ScriptedPipeline(DEMONSTRATION, reference="ab12cd34")
    async with open_talk(folder, pipeline, clock=SystemClock(), prefix=f"{os.getpid()}-") as talk:
        await platform.run(talk.conversation)


def _main(locale: str, history_file: str = "", folder: str = "") -> None:
    """Chat; in `folder` the conversations are kept for the next chat."""
    chosen: Locale = "pt-BR" if locale == "pt-BR" else "en"
    with TemporaryDirectory() as of_this_chat:
        asyncio.run(_chat(chosen, Path(folder or of_this_chat), Path(history_file) if history_file else None))


if __name__ == "__main__":
    _main(*sys.argv[1:])
