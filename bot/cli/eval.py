"""`ragbot eval`: how good retrieval and answers are, in figures."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from bot.bootstrap import chosen_scope, open_bot
from bot.cli.output import print_json, print_table, progress_bar


async def run(options: Namespace) -> int:
    """Evaluate a collection (a folder) or a file of questions about what is ingested."""
    if not options.path.exists():
        print(f"ragbot eval: there is no file or folder {options.path}", file=sys.stderr)
        return 2
    if options.path.is_dir():
        return await _collection(options.path, options)
    return await _questions(options.path, options)


async def _collection(folder: Path, options: Namespace) -> int:
    from rag.evaluation import evaluate_collection

    with progress_bar("questions", shown=not options.json) as show:
        report = await evaluate_collection(folder, on_progress=show)
    if options.json:
        print_json(asdict(report))
        return 0
    print_table(
        ("collection", "documents", "questions", "nDCG@10", "Recall@10", "MRR", "seconds"),
        [
            (
                report.name,
                f"{report.documents:,}",
                f"{report.questions:,}",
                f"{report.ndcg_at_10:.4f}",
                f"{report.recall_at_10:.4f}",
                f"{report.mrr:.4f}",
                f"{report.seconds:.1f}",
            )
        ],
        numeric=range(1, 7),
    )
    return 0


async def _questions(file: Path, options: Namespace) -> int:
    from rag.evaluation import evaluate_questions

    from rag.model import EVERYTHING

    async with open_bot(options) as bot:
        with progress_bar("questions", shown=not options.json) as show:
            report = await evaluate_questions(
                bot.pipeline, file, scope=chosen_scope(options) or EVERYTHING, on_progress=show
            )
    if options.json:
        print_json(report.as_dict())
    else:
        print_table(("figure", "value", "of"), report.lines(), numeric=(1, 2))
    return 0
