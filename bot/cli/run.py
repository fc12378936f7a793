"""`ragbot run`: the bot itself."""

from __future__ import annotations

import asyncio
import logging
import sys
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.bootstrap import Bot, open_bot
from bot.cli.ask import answer
from bot.cli.chat import chat

log = logging.getLogger(__name__)


async def run(options: Namespace) -> int:
    """Keep the configured documents in step, and serve the platforms or answer one question."""
    async with open_bot(options) as bot, _documents_in_step(bot, options):
        if options.question.strip():
            return await answer(bot, options.question.strip())
        await chat(bot)
    return 0


@asynccontextmanager
async def _documents_in_step(bot: Bot, options: Namespace) -> AsyncIterator[None]:
    """Ingest what changed: before the first answer where there is nothing to answer from, else beside the answers."""
    sources = [source for source in bot.settings.documents if source.path.exists()]
    for missing in set(bot.settings.documents) - set(sources):
        log.warning("documents not found: %s", missing.path)
    if await bot.pipeline.is_current(sources):
        yield
        return
    wait = bool(options.question.strip()) or not (await bot.pipeline.get_stats()).documents
    # In a process of its own: building indexes takes memory that this one would never give back.
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "ingest", "--yes", *(("--config", str(options.config)) if options.config else ()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=None if wait else asyncio.subprocess.DEVNULL,
        stderr=None if wait else asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        if wait:
            await child.wait()
            print()
        yield
    finally:
        if child.returncode is None:
            # Killed anywhere, an ingestion leaves a searchable index; the next start goes on with it.
            child.terminate()
            await child.wait()
