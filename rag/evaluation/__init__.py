"""How good retrieval and answers are, in figures: `ragbot eval`."""

from rag.evaluation.collection import CollectionReport, evaluate_collection
from rag.evaluation.questions import QuestionsReport, evaluate_questions

__all__ = ["CollectionReport", "QuestionsReport", "evaluate_collection", "evaluate_questions"]
