"""A bot's core with three vendors behind it: real index, real books, real wire, our own servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rag.model import Answer, Event, Restart, Token
from rag.pipeline import RagPipeline
from tests.fakes.anthropic_server import AnthropicServer
from tests.fakes.embedding_server import KEY
from tests.fakes.gemini_server import GeminiServer
from tests.fakes.openai_server import OpenAIServer
from tests.fakes.vendors import Vendors

OPENAI, GEMINI, ANTHROPIC = "openai/gpt-6.1-terra", "gemini/gemini-3.8-flash", "anthropic/claude-sonnet-5-5"
"""The models of the route for facts, in its order."""

DOCUMENTS = {
    "vacation.md": "# Vacation\n\nEvery employee has 30 days of vacation a year. Unused days expire in March.\n",
    "parental.md": "# Parental leave\n\nAn employee with a child has 10 days of leave besides the days of vacation.\n",
    "travel.md": "# Travel\n\nThe daily allowance for travel is 28 euros. Receipts are handed in within a month.\n",
    "office.md": "# Office\n\nThe office opens at seven in the morning. The coffee machine is cleaned on Fridays.\n",
    "ferias.md": "# Férias\n\nCada funcionário tem 30 dias de férias por ano. Os dias não usados vencem em março.\n",
}
QUESTION = "How many days of vacation does every employee have?"
OTHER_QUESTION = "What is the daily allowance for travel?"
# Nothing here waits as long as a real bot would: a hang is noticed after a third of a second.
_TIMEOUTS = "{connect: 1, first_token: 0.3, between_tokens: 0.3, total: 5}"


@dataclass
class Team(Vendors):
    """Everything that `open_team` opened.

    Attributes:
        environ: What the pipeline was opened with, for opening another one beside it.
    """

    folder: Path
    openai: OpenAIServer
    gemini: GeminiServer
    anthropic: AnthropicServer
    environ: Mapping[str, str]
    pipeline: RagPipeline
    events: list[Event] = field(default_factory=list)

    async def ask(self, question: str = QUESTION, **options: object) -> Answer:
        """Ask, and keep the events; the tokens since the last restart are the answer's text."""
        self.events = [event async for event in self.pipeline.stream(question, **options)]  # type: ignore[arg-type]
        answer = self.events[-1]
        assert isinstance(answer, Answer)
        assert self.shown() == answer.text
        return answer

    def shown(self) -> str:
        """What a reader sees in the end."""
        text = ""
        for event in self.events:
            if isinstance(event, Token):
                text += event.text
            elif isinstance(event, Restart):
                text = ""
        return text

    async def booked(self, columns: str = "model, outcome, cost_micro_usd") -> Sequence[tuple[object, ...]]:
        """The ledger, in the order of booking."""
        return await self.pipeline._parts.database.fetch(f"SELECT {columns} FROM ledger ORDER BY at")


@asynccontextmanager
async def open_team(
    folder: Path,
    *,
    routing: str = "",
    providers: Mapping[str, str] | None = None,
    more: str = "",
    timeouts: str = _TIMEOUTS,
) -> AsyncIterator[Team]:
    """A team with four documents and the three vendors.

    Args:
        routing: Further keys of the section `routing`, as YAML in one line.
        providers: Further keys of each vendor's section, as YAML in one line.
        more: Further sections of the file.
        timeouts: Of every vendor, as YAML in one line; longer ones where a slow machine must not look like a hang.
    """
    async with AsyncExitStack() as stack:
        openai = await stack.enter_async_context(OpenAIServer())
        gemini = await stack.enter_async_context(GeminiServer())
        anthropic = await stack.enter_async_context(AnthropicServer())
        documents, config = folder / "documents", folder / "config"
        documents.mkdir()
        config.mkdir()
        for name, text in DOCUMENTS.items():
            (documents / name).write_text(text, encoding="utf-8")
        sections = "\n".join(
            f"  {name}: {{timeouts_s: {timeouts}, {(providers or {}).get(name, '')}}}"
            for name in ("openai", "gemini", "anthropic")
        )
        file = f"providers:\n{sections}\nrouting: {{{routing}}}\n{more}"
        (config / "llm_providers_config.yaml").write_text(file, encoding="utf-8")
        environ = {
            "RAGBOT_DATA": str(folder / "data"),
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"{openai.url}/v1",
            "GEMINI_API_KEY": KEY,
            "GEMINI_BASE_URL": gemini.url,
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": anthropic.url,
        }
        pipeline = await stack.enter_async_context(await RagPipeline.open(config, environ=environ))
        await pipeline.add_documents(documents)
        yield Team(folder, openai, gemini, anthropic, environ, pipeline)
