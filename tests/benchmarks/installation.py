"""An installation of ragbot in a temporary folder, with a synthetic corpus in its index."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rag.pipeline import RagPipeline
from tests.benchmarks.benchmark import Plan, Progress
from tests.benchmarks.corpus import Corpus

# Keys and settings of whoever runs a benchmark would change what is measured, or cost money.
_NOT_INHERITED = ("RAGBOT_", "OPENAI_", "ANTHROPIC_", "GEMINI_", "SLACK_", "DISCORD_")


@dataclass(frozen=True, slots=True)
class Installation:
    """Where it is, and what can be asked there."""

    folder: Path
    corpus: Corpus

    @property
    def documents(self) -> Path:
        """The corpus as files."""
        return self.folder / "documents"

    @property
    def index(self) -> Path:
        """The folder of the LanceDB tables."""
        return self.folder / "data" / "lancedb"

    def settings(self) -> dict[str, str]:
        """The environment variables that ragbot reads."""
        return {"RAGBOT_CONFIG": str(self.folder / "config"), "RAGBOT_DATA": str(self.folder / "data")}

    def environment(self) -> dict[str, str]:
        """All environment variables of a process that runs ragbot here."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
        return {**inherited, **self.settings(), "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}

    async def open(self) -> RagPipeline:
        """A pipeline in this process."""
        return await RagPipeline.open(self.folder / "config", environ=self.settings())


@asynccontextmanager
async def installed(plan: Plan, progress: Progress) -> AsyncIterator[Installation]:
    """An installation that has ingested the corpus, and is gone afterwards."""
    with TemporaryDirectory(prefix="ragbot-bench-") as folder:
        installation = Installation(Path(folder), Corpus(plan.chunks))
        progress(f"ingesting {plan.chunks:,} chunks")
        _write(installation)
        async with await installation.open() as pipeline:
            report = await pipeline.add_documents(installation.documents)
        assert report.chunks == plan.chunks, f"{report.chunks} chunks instead of {plan.chunks}"
        yield installation


def _write(installation: Installation) -> None:
    installation.corpus.write(installation.documents)
    config = installation.folder / "config"
    config.mkdir()
    # JSON is YAML, and quotes a path whatever is in it.
    settings = {"language": "en", "documents": [{"path": str(installation.documents)}]}
    (config / "bot.yaml").write_text(json.dumps(settings), encoding="utf-8")
