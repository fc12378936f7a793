"""Advice in whole sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import shorten
from types import MappingProxyType

from bot.locales import Phrases
from bot.reports.amounts import rounded
from bot.safety import safe
from bot.text import code_span, one_line
from rag.model import Task
from rag.monitoring.advice import (
    Advice,
    BudgetEnds,
    BudgetTooSmall,
    CheaperModel,
    LongerMemory,
    MissingDocument,
    ModelFails,
)
from rag.quota.quotas import Subject, SubjectKind

_QUOTED_CHARS = 160
# What Markdown of any platform takes for a sign somewhere in a line; `:names:` become emoji.
_OBEYED = re.compile(r"[\\`*_~\[\]|<>#&]|:[\w+-]+:")

TASKS: Mapping[Task, str] = MappingProxyType(
    {
        "factual": "report.task.factual",
        "code_generation": "report.task.code_generation",
        "document_analysis": "report.task.document_analysis",
        "quick": "report.task.quick",
        "real_time": "report.task.real_time",
    }
)
_SUBJECTS: Mapping[SubjectKind, str] = MappingProxyType(
    {
        "everything": "report.subject.everything",
        "workspace": "report.subject.workspace",
        "channel": "report.subject.channel",
        "user": "report.subject.user",
        "provider": "report.subject.provider",
    }
)
_TTL_SETTINGS: Mapping[Task, str] = MappingProxyType(
    {
        "factual": "factual_queries",
        "code_generation": "code_generation",
        "document_analysis": "document_analysis",
        "quick": "quick_queries",
        "real_time": "real_time",
    }
)
_SPANS = (("report.span.days", 86_400), ("report.span.hours", 3_600), ("report.span.minutes", 60))


def sentence(advice: Advice, phrases: Phrases) -> str:
    """An item of a list."""
    match advice:
        case BudgetEnds():
            return _budget_ends(advice, phrases)
        case BudgetTooSmall(subject=whose, limit_micro_usd=limit, days=days):
            return phrases(
                "report.advice.budget_too_small",
                subject=subject(whose, phrases),
                limit=phrases.usd(limit),
                days=phrases.count("report.days", days),
            )
        case ModelFails():
            return _model_fails(advice, phrases)
        case CheaperModel():
            return phrases(
                "report.advice.cheaper_model",
                task=phrases(TASKS[advice.task]),
                model=code_span(advice.model),
                instead=code_span(advice.instead),
                spent=phrases.usd(advice.spent_micro_usd),
                would_cost=about(advice.would_cost_micro_usd, phrases),
                monthly=about(advice.monthly_micro_usd, phrases),
            )
        case LongerMemory():
            return phrases(
                "report.advice.longer_memory",
                task=phrases(TASKS[advice.task]),
                longer=span(advice.instead_s, phrases),
                now=span(advice.ttl_s, phrases),
                setting=f"optimization.caching.ttl_by_type.{_TTL_SETTINGS[advice.task]}: {advice.instead_s}",
                questions=phrases.count("count.questions", advice.spared),
                saved=about(advice.saved_micro_usd, phrases),
            )
        case MissingDocument(question=question, times=times, people=people):
            return phrases(
                "report.advice.missing_document",
                question=quoted(question),
                times=phrases.count("report.times", times),
                people=phrases.count("report.people", people),
            )


def about(micro_usd: int, phrases: Phrases) -> str:
    """An estimate, told as one: what was spent is told exactly, and never beside it in another rounding."""
    return phrases("report.about", amount=phrases.usd(rounded(micro_usd)))


def subject(whose: Subject, phrases: Phrases) -> str:
    """Whose budget it is."""
    return phrases(_SUBJECTS[whose.kind], name=code_span(whose.id) if whose.id else "")


def span(seconds: int, phrases: Phrases) -> str:
    """A length of time, in the largest unit that it is whole in."""
    for unit, length in _SPANS:
        if seconds % length == 0:
            return phrases.count(unit, seconds // length)
    return phrases.seconds(seconds)


def quoted(text: str, most: int = _QUOTED_CHARS) -> str:
    """What somebody wrote, harmless and on one line; as code where Markdown would not show it as it was written.

    Escapes would be shown themselves in a pipe, and on platforms that know none.
    """
    shown = shorten(one_line(safe(text)), most, placeholder="…")
    return code_span(shown) if _OBEYED.search(shown) else shown


def _budget_ends(advice: BudgetEnds, phrases: Phrases) -> str:
    whose, limit = subject(advice.subject, phrases), phrases.usd(advice.limit_micro_usd)
    if advice.has_ended:
        return phrases("report.advice.budget_ended", subject=whose, limit=limit)
    return phrases(
        "report.advice.budget_ends",
        subject=whose,
        limit=limit,
        pace=about(advice.pace_micro_usd, phrases),
        day=phrases.day(advice.on),
    )


def _model_fails(advice: ModelFails, phrases: Phrases) -> str:
    figures = {
        "model": code_span(advice.model),
        "failed": phrases.number(advice.failed),
        "calls": phrases.count("count.calls", advice.calls),
        "share": phrases.percent(advice.failed / advice.calls),
    }
    if advice.instead is None:
        return phrases("report.advice.model_fails_alone", **figures)
    return phrases("report.advice.model_fails", **figures, instead=code_span(advice.instead))
