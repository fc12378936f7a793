"""`ragbot eval`: how good retrieval and answers are, in figures."""

from __future__ import annotations

import math
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from bot.bootstrap import open_bot
from bot.cli import EXIT_FAILED, EXIT_OK
from bot.cli.output import print_json, print_table, progress_bar
from bot.cli.scope import chosen_scope
from rag.evaluation import QuestionsReport, evaluate_collection, evaluate_questions
from rag.evaluation.questions import Outcome
from rag.model import EVERYTHING

_WORST_SHOWN = 10
# A document below the fifth place is not among what an answer is made from.
_GOOD_RANK = 5


async def run(options: Namespace) -> int:
    """Evaluate a collection (a folder) or a file of questions about what is ingested."""
    if options.path.is_dir():
        return await _collection(options.path, options)
    return await _questions(options.path, options)


async def _collection(folder: Path, options: Namespace) -> int:
    with progress_bar("questions", shown=not options.json) as show:
        report = await evaluate_collection(folder, on_progress=show)
    if options.json:
        print_json(asdict(report))
        return EXIT_OK
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
    return EXIT_OK


async def _questions(file: Path, options: Namespace) -> int:
    async with open_bot(options) as bot:
        scope = await chosen_scope(bot, options) or EVERYTHING
        if not (await bot.pipeline.get_stats()).index.documents:
            print("ragbot eval: the index holds no documents; ragbot ingest PATH first", file=sys.stderr)
            return EXIT_FAILED
        with progress_bar("questions", shown=not options.json) as show:
            report = await evaluate_questions(bot.pipeline, file, scope=scope, on_progress=show)
    if options.json:
        print_json(report.as_dict())
    else:
        _print(report)
    return EXIT_OK


def _print(report: QuestionsReport) -> None:
    print(f"{report.name}: {len(report.outcomes):,} questions in {report.seconds:.1f} s\n")
    print_table(("figure", "value", "of"), report.lines(), numeric=(1, 2))
    poor = sorted((outcome for outcome in report.outcomes if any(faults(outcome))), key=_badness, reverse=True)
    if poor:
        print("\nThe worst:\n")
        rows = [(outcome.question, "; ".join(faults(outcome))) for outcome in poor[:_WORST_SHOWN]]
        print_table(("question", "what is wrong"), rows)
    if len(poor) > _WORST_SHOWN:
        print(f"\nand {len(poor) - _WORST_SHOWN:,} more: --json tells of every question")


def faults(outcome: Outcome) -> Iterator[str]:
    """What is wrong with the answer to one question, the worst first."""
    if not outcome.answerable:
        if not outcome.refused:
            yield "answered, and should not"
        return
    if outcome.refused:
        yield "refused"
    elif outcome.contained is False:
        yield "does not say what it must"
    if any(citation.true is False for citation in outcome.citations):
        yield "a quotation is not true"
    if outcome.rank is None:
        yield "its document was not found"
    elif outcome.rank > _GOOD_RANK:
        yield f"its document came at rank {outcome.rank}"


def _badness(outcome: Outcome) -> tuple[int, float]:
    """More faults are worse; among as many, a document that came later."""
    return len(list(faults(outcome))), outcome.rank or math.inf
