"""`ragbot ingest`: documents in, with progress, and a summary of what was done."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from operator import attrgetter

from bot.bootstrap import Bot, open_bot
from bot.cli.output import print_json, progress_bar
from bot.locales import phrases_in
from rag.model import DocumentSource, EmbeddingPlan, SyncProgress, SyncReport

# More than this many skipped files are told by their reasons.
_SKIPPED_SHOWN = 5


async def run(options: Namespace) -> int:
    """Ingest the given paths, or the configured documents where none is given."""
    async with open_bot(options) as bot:
        if options.paths:
            sources = [DocumentSource(path, options.collection, options.url) for path in options.paths]
        else:
            sources = list(bot.settings.documents)
        if options.reembed:
            await bot.pipeline.forget_vectors()
        reports = [
            await _ingest(bot, list(group), options)
            for _, group in groupby(sorted(sources, key=attrgetter("collection")), key=attrgetter("collection"))
        ]
    if options.json:
        print_json([{**asdict(report), "seconds": round(report.seconds, 3)} for report in reports])
    return 1 if any(report.embedding_error for report in reports) else 0


async def _ingest(bot: Bot, sources: Sequence[DocumentSource], options: Namespace) -> SyncReport:
    async def confirm(plan: EmbeddingPlan) -> bool:
        return options.yes or await _agrees(plan)

    with progress_bar("files", shown=not options.json) as show:

        def on_progress(progress: SyncProgress) -> None:
            show(progress.done, progress.total, progress.source)

        report = await bot.pipeline.add_documents(
            *sources, on_progress=on_progress, confirm=confirm, on_wait=_tell_of_waiting
        )
    if not options.json:
        print(summary(report))
    return report


def _tell_of_waiting() -> None:
    print("Another process is ingesting; waiting for it to finish…", file=sys.stderr)


async def _agrees(plan: EmbeddingPlan) -> bool:
    """Tell what embedding will cost; ask where somebody is there to answer."""
    cost = phrases_in("en").usd(plan.cost_micro_usd)
    told = f"Embedding {plan.chunks:,} chunks with {plan.embedder}: about {plan.tokens:,} tokens, at most {cost}."
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        print(told, file=sys.stderr)
        return True
    print(f"{told} Go on? [Y/n] ", end="", file=sys.stderr, flush=True)
    reply = await asyncio.to_thread(sys.stdin.readline)
    return reply.strip().lower() in {"", "y", "yes", "s", "sim"}


def summary(report: SyncReport) -> str:
    """What an ingestion did, in a few lines."""
    counts = (
        f"{report.added:,} added, {report.changed:,} changed, {report.removed:,} removed,"
        f" {report.unchanged:,} unchanged, {len(report.skipped):,} skipped"
    )
    lines = [f"{report.collection}: {counts} ({report.chunks:,} chunks in {report.seconds:.1f} s)"]
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
