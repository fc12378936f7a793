"""`ragbot ingest`: documents in, with progress, and a summary of what was done."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from itertools import groupby
from operator import attrgetter

from bot.bootstrap import Bot, open_bot
from bot.cli import EXIT_FAILED, EXIT_OK
from bot.cli.output import Progress, print_json, progress_bar
from bot.cli.parser import WrongUse
from bot.locales import phrases_in
from bot.platforms.console.keyboard import read_line
from bot.settings import BOT_FILE
from rag.model import DEFAULT_COLLECTION, DocumentSource, EmbeddingPlan, SyncProgress, SyncReport

# More than this many skipped files are told by their reasons.
_SKIPPED_SHOWN = 5


async def run(options: Namespace) -> int:
    """Ingest the given paths, or the configured documents where none is given."""
    if not options.paths and (options.collection or options.url):
        raise WrongUse("--collection and --url tell of a PATH; name one, or leave them out")
    try:
        async with open_bot(options) as bot:
            return await _ingest_all(bot, options)
    except asyncio.CancelledError:
        print("Stopped. What is in can be searched already; the next `ragbot ingest` goes on.", file=sys.stderr)
        raise


async def _ingest_all(bot: Bot, options: Namespace) -> int:
    sources, missing = _sources(bot, options)
    for source in missing:
        print(
            f"ragbot ingest: there is no file or folder {source.path} (`documents` in {bot.folder / BOT_FILE}): put"
            " documents there, change that, or name a PATH",
            file=sys.stderr,
        )
    by_collection = attrgetter("collection")
    reports: list[SyncReport] = []
    for _, group in groupby(sorted(sources, key=by_collection), key=by_collection):
        # The vectors of all collections are made anew with the first of them.
        reembed = options.reembed and not reports
        reports.append(await _ingest(bot, list(group), options, reembed=reembed))
    if options.json:
        print_json([{**asdict(report), "seconds": round(report.seconds, 3)} for report in reports])
    return EXIT_FAILED if missing or any(report.embedding_error for report in reports) else EXIT_OK


def _sources(bot: Bot, options: Namespace) -> tuple[list[DocumentSource], list[DocumentSource]]:
    """What to ingest, and what is configured but not there."""
    if options.paths:
        collection = options.collection or DEFAULT_COLLECTION
        return [DocumentSource(path, collection, options.url) for path in options.paths], []
    if not bot.settings.documents:
        raise WrongUse(f"name a PATH: `documents` in {bot.folder / BOT_FILE} is empty")
    present = [source for source in bot.settings.documents if source.path.exists()]
    return present, [source for source in bot.settings.documents if source not in present]


async def _ingest(bot: Bot, sources: Sequence[DocumentSource], options: Namespace, *, reembed: bool) -> SyncReport:
    with ExitStack() as bar:
        shows: dict[str, Progress] = {}

        def on_progress(progress: SyncProgress) -> None:
            if progress.unit not in shows:
                bar.close()
                shows[progress.unit] = bar.enter_context(progress_bar(progress.unit, shown=not options.json))
            is_last = progress.done == progress.total
            what = "bringing the index up to date…" if is_last else progress.what
            shows[progress.unit](progress.done, progress.total, what)

        async def confirm(plan: EmbeddingPlan) -> bool:
            bar.close()  # or it would be drawn over the question
            return await _agrees(plan, ask=not options.yes)

        report = await bot.pipeline.add_documents(
            *sources, on_progress=on_progress, confirm=confirm, on_wait=_tell_of_waiting, reembed=reembed
        )
    if not options.json:
        print(summary(report))
    return report


def _tell_of_waiting() -> None:
    print("Another process is ingesting; waiting for it to finish…", file=sys.stderr)


async def _agrees(plan: EmbeddingPlan, *, ask: bool) -> bool:
    """Tell what embedding will cost; ask where somebody is there to answer."""
    cost = phrases_in("en").usd(plan.cost_micro_usd)
    print(
        f"Embedding {plan.chunks:,} chunks with {plan.embedder}: about {plan.tokens:,} tokens and {cost}.",
        file=sys.stderr,
    )
    if not (ask and sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    print("Go on? [Y/n] ", end="", file=sys.stderr, flush=True)
    reply = await read_line(sys.stdin)
    return reply is not None and reply.strip().lower() in {"", "y", "yes", "s", "sim"}


def summary(report: SyncReport) -> str:
    """What an ingestion did, in a few lines."""
    counts = (
        f"{report.added:,} added, {report.changed:,} changed, {report.removed:,} removed,"
        f" {report.unchanged:,} unchanged, {len(report.skipped):,} skipped"
    )
    chunks = phrases_in("en").count("count.chunks", report.chunks)
    lines = [f"{report.collection}: {counts} ({chunks} in {report.seconds:.1f} s)"]
    if len(report.skipped) <= _SKIPPED_SHOWN:
        lines += [f"  skipped {skip.source}: {skip.reason}" for skip in report.skipped]
    else:
        reasons = Counter(skip.reason for skip in report.skipped)
        examples = {skip.reason: skip.source for skip in reversed(report.skipped)}
        lines += [
            f"  skipped {count:,}: {reason} (such as {examples[reason]})" for reason, count in reasons.most_common()
        ]
    if report.embedded:
        lines.append(f"  {report.embedded:,} chunks embedded")
    if report.embedding_error:
        lines.append(
            f"  not all chunks have vectors yet: {report.embedding_error}; they are searched by words,"
            " and the next run goes on"
        )
    return "\n".join(lines)
