"""`ragbot run`: the bot itself."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import IO

from bot.bootstrap import LOG_FILE, Bot, open_bot
from bot.cli import EXIT_OK
from bot.cli.ask import answer
from bot.cli.serving import serve, served


async def run(options: Namespace) -> int:
    """Keep the configured documents in step, and serve the platforms or answer one question."""
    question = options.question.strip()
    async with open_bot(options) as bot, AsyncExitStack() as stack:
        platforms = () if question else served(bot)
        present = [source for source in bot.settings.documents if source.path.exists()]
        is_current = await bot.pipeline.is_current(present)
        if not is_current and (question or not (await bot.pipeline.get_stats()).index.documents):
            # Before, there is nothing to answer from; and after, whoever asks one question is gone.
            async with _ingestion(options, sys.stderr) as child:  # the standard output is kept for the answer
                await child.wait()
            print(file=sys.stderr)
        else:
            for source in bot.settings.documents:
                if source not in present:
                    print(f"ragbot run: there is no file or folder {source.path}", file=sys.stderr)
            if not is_current:
                await stack.enter_async_context(_ingestion(options, _log_output(bot, stack)))
        if question:
            return await answer(bot, question)
        await serve(bot, platforms)
    return EXIT_OK


@asynccontextmanager
async def _ingestion(options: Namespace, output: IO[bytes] | IO[str] | int) -> AsyncIterator[Process]:
    """Ingest the configured documents in a process of its own: indexing takes memory that Python never gives back.

    It has a session of its own: Ctrl-C at the terminal is for us, and ends it only when it ends us.
    """
    configuration = () if options.config is None else ("--config", str(options.config))
    child = await asyncio.create_subprocess_exec(
        # -P: a folder `bot` that happens to be here is not ours.
        sys.executable, "-P", "-m", "bot", "ingest", "--yes", *configuration,
        stdin=DEVNULL, stdout=output, stderr=output, start_new_session=True,
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.returncode is None:
            # Stopped anywhere, an ingestion leaves a searchable index; the next start goes on with it.
            child.terminate()
            await child.wait()


def _log_output(bot: Bot, stack: AsyncExitStack) -> IO[bytes] | int:
    try:
        return stack.enter_context((bot.core.data_folder / LOG_FILE).open("ab"))
    except OSError:  # the start has told that there is no log
        return DEVNULL
