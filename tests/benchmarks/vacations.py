"""A whole installation that knows of vacations, whose model says whose vacation it was asked about."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rag.pipeline import RagPipeline
from tests.fakes.chat_script import Latency
from tests.fakes.openai_server import OpenAIServer
from tests.scenarios.spending import MODEL, Terms

_PLENTY_MICRO_USD = 1_000_000_000
_RULE = "Every employee has thirty days of vacation a year, and what is left of them expires in March."
_NAMES = re.compile(r"Q\d+x")


@asynccontextmanager
async def vacations(folder: Path) -> AsyncIterator[Path]:
    """The folder of its configuration; its provider answers until the block ends."""
    async with OpenAIServer(strict=False) as provider:
        provider.models[MODEL] = None
        provider.answer = _answer
        provider.piece_chars = 20
        provider.latency = Latency(first_token_s=0.03, per_token_s=0.02)
        config = folder / "config"
        config.mkdir()
        # JSON is YAML.
        settings = Terms(budget_micro_usd=_PLENTY_MICRO_USD).settings(provider.url)
        (config / "llm_providers_config.yaml").write_text(json.dumps(settings), encoding="utf-8")
        (folder / "vacation.md").write_text(f"# Vacation\n\n{_RULE}\n", encoding="utf-8")
        async with await RagPipeline.open(config, environ={"RAGBOT_DATA": str(folder / "data")}) as pipeline:
            await pipeline.add_documents(folder / "vacation.md")
        yield config


def _answer(prompt: str) -> str:
    """Also what a follow-up is rewritten to: a question that names whom it is about."""
    asked = _NAMES.findall(prompt)
    return f"Every employee, {asked[-1]} too? {_RULE} [1]"
