"""How good full-text retrieval is on collections whose right answers are known."""

from __future__ import annotations

from rag.evaluation import evaluate_collection
from tests.benchmarks.beir import collection_folders
from tests.benchmarks.benchmark import Column, Plan, Progress, Report, Row

_COLUMNS = (
    Column("documents"), Column("questions"), Column("ndcg_at_10", 4), Column("recall_at_10", 4), Column("mrr", 4)
)  # fmt: skip


async def run(plan: Plan, progress: Progress) -> Report:
    """Evaluate every collection that is there, as `ragbot eval` does."""
    rows = []
    for folder in collection_folders(plan.collections):
        progress(folder.name)
        report = await evaluate_collection(folder)
        figures = (report.documents, report.questions, report.ndcg_at_10, report.recall_at_10, report.mrr)
        rows.append(Row(report.name, figures))
    return Report(_COLUMNS, tuple(rows), ("full text alone, no embedder; means over all questions of a collection",))
