"""`ragbot sources`: what is known."""

from __future__ import annotations

from argparse import Namespace

from bot.bootstrap import open_bot
from bot.cli import EXIT_OK
from bot.cli.output import print_json, print_table
from bot.cli.scope import check_collection
from bot.locales import phrases_in


async def run(options: Namespace) -> int:
    """List the collections, or forget one."""
    phrases = phrases_in("en")
    async with open_bot(options) as bot:
        if options.remove:
            await check_collection(bot, options.remove)
            removed = await bot.pipeline.remove_collection(options.remove)
            if not options.json:
                print(f"{options.remove}: {phrases.count('count.documents', removed)} removed")
        collections = await bot.pipeline.sources()
    if options.json:
        print_json(
            [
                {
                    "collection": summary.collection,
                    "documents": summary.documents,
                    "chunks": summary.chunks,
                    "last_sync": summary.synced_at.isoformat() if summary.synced_at else None,
                }
                for summary in collections
            ]
        )
    elif collections:
        print_table(
            ("collection", "documents", "chunks", "last sync"),
            [
                (
                    summary.collection,
                    f"{summary.documents:,}",
                    f"{summary.chunks:,}",
                    phrases.moment(summary.synced_at) if summary.synced_at else "–",
                )
                for summary in collections
            ],
            numeric=(1, 2),
        )
    elif not options.remove:
        print("No documents yet. For example: ragbot ingest docs")
    return EXIT_OK
