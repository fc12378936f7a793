"""A report as a card: Markdown that reads well in a chat and in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final, cast

from bot.gaps import Rated
from bot.locales import Phrases
from bot.messages import Card
from bot.reports.advice import TASKS, about, quoted, sentence, subject
from bot.reports.chart import report_chart
from bot.reports.findings import Findings
from bot.text import code_span
from rag.model import Task
from rag.monitoring.advice import MissingDocument, Unanswered
from rag.monitoring.reports import Breakdown, Report
from rag.quota.ledger import CostKey, CostRow
from rag.quota.quotas import EVERYTHING
from rag.quota.windows import Period

_MOST_ROWS = 5
_MOST_QUOTED = 5
# Who answered where no model did, as the books call them.
_OURSELVES = "ragbot"
_REASON_CHARS = 120

# By rung it is told elsewhere: what came from memory, and what failed over.
_HEADINGS: Final[Mapping[Breakdown, str]] = MappingProxyType(
    {
        "model": "report.by.model",
        "provider": "report.by.provider",
        "task": "report.by.task",
        "channel": "report.by.channel",
        "user": "report.by.user",
    }
)
_FREE: Final[Mapping[str, str]] = MappingProxyType(
    {
        _OURSELVES: "report.free.provider",
        f"{_OURSELVES}/cached": "report.free.cached",
        f"{_OURSELVES}/shared": "report.free.shared",
        f"{_OURSELVES}/extractive": "report.free.extractive",
        f"{_OURSELVES}/apology": "report.free.apology",
    }
)
_OVER: Final[Mapping[Period, str]] = MappingProxyType(
    {"day": "report.title.day", "week": "report.title.week", "month": "report.title.month"}
)
_SO_FAR: Final[Mapping[Period, str]] = MappingProxyType(
    {"day": "report.title.today", "week": "report.title.week_so_far", "month": "report.title.month_so_far"}
)
_BEFORE: Final[Mapping[Period, str]] = MappingProxyType(
    {"day": "report.before.day", "week": "report.before.week", "month": "report.before.month"}
)


def report_card(findings: Findings, phrases: Phrases) -> Card:
    """The report, with its chart; of a time in which nothing happened a sentence."""
    if findings.is_empty:
        return Card(phrases("report.empty", title=title(findings.report, phrases)))
    sections = (
        _summary(findings, phrases),
        outlook(findings.report, phrases),
        recommendations(findings, phrases),
        _failures(findings.report, phrases),
        _unanswered(findings, phrases),
        _rated(findings, phrases),
        *(_breakdowns(findings.report, phrases) if findings.has_breakdown else ()),
    )
    text = "\n\n".join("\n".join(lines) for lines in sections if lines)
    return Card(text, chart=report_chart(findings.report, phrases))


def title(report: Report, phrases: Phrases) -> str:
    """Which stretch of time it is about."""
    if not report.is_over:
        return phrases(_SO_FAR[report.period], days=phrases.days(report.first, min(report.today, report.last)))
    days = phrases.days(report.first, report.last)
    if report.period == "day" and report.first == report.today - timedelta(days=1):
        return phrases("report.title.yesterday", days=days)
    return phrases(_OVER[report.period], days=days)


def headline(report: Report, phrases: Phrases) -> str:
    """What it cost, and whether that is more than before."""
    total, before = report.totals.micro_usd, report.before.micro_usd
    told = phrases(
        "report.headline",
        title=title(report, phrases),
        total=phrases.usd(total),
        questions=phrases.count("count.questions", report.totals.questions),
    )
    values = {"headline": told, "before": phrases(_BEFORE[report.period])}
    if not report.is_over:
        # A part of a day is no less than a whole one, so nothing is compared.
        amount = phrases.usd(before)
        return phrases("report.running", **values, amount=amount) if before else phrases("report.first", headline=told)
    if not before:
        return phrases("report.free_before" if total else "report.same", **values)
    if total == before:
        return phrases("report.same", **values)
    change = abs(total - before) / before
    share = phrases.percent(change) if round(100 * change) else f"<{phrases.percent(0.01)}"
    key = "report.more" if total > before else "report.less"
    return phrases(key, **values, share=share, amount=phrases.usd(before))


def recommendations(findings: Findings, phrases: Phrases) -> list[str]:
    """What would be better, below its heading."""
    return _section(phrases("report.recommended"), [sentence(advice, phrases) for advice in findings.advice])


def outlook(report: Report, phrases: Phrases) -> list[str]:
    """Where it leads, below its heading; nothing of what is history."""
    if report.forecast is None:
        return []
    ahead = report.forecast
    values = {
        "pace": about(ahead.pace.micro_usd, phrases),
        "month": about(ahead.month_micro_usd, phrases),
        "day": phrases.day(ahead.ends_on),
    }
    lines = [
        phrases("report.forecast", **values, average=phrases.count("report.average", ahead.pace.days))
        if ahead.pace.days
        else phrases("report.forecast_of_today", **values)
    ]
    for budget in report.budgets:
        quota = budget.standing.quota
        if quota.subject != EVERYTHING:
            continue  # there may be many; of those that end there is advice
        key = "report.budget_of_day" if budget.forecast is None else "report.budget_of_month"
        used, limit = phrases.usd(budget.standing.count.used), phrases.usd(quota.limit)
        lines.append(phrases(key, subject=subject(quota.subject, phrases), used=used, limit=limit))
    return _section(phrases("report.outlook"), lines)


def name(by: CostKey, key: str | None, phrases: Phrases) -> str:
    """What a row of a breakdown is about."""
    if key is None:
        return phrases("report.unknown")
    if by == "task" and key in TASKS:
        return phrases(TASKS[cast("Task", key)])
    return phrases(_FREE[key]) if by in {"model", "provider"} and key in _FREE else code_span(key)


def _section(heading: str, lines: Sequence[str]) -> list[str]:
    return [f"**{heading}**", *lines] if lines else []


def _summary(findings: Findings, phrases: Phrases) -> list[str]:
    totals, ratings = findings.report.totals, findings.ratings
    lines = [headline(findings.report, phrases)]
    target = phrases.percent(findings.hit_target)
    if totals.hit_rate:
        share, saved = phrases.percent(totals.hit_rate), phrases.usd(totals.saved_micro_usd)
        lines.append(phrases("report.memory", share=share, target=target, saved=saved))
    elif totals.hit_rate is not None:
        lines.append(phrases("report.no_memory", target=target))
    if findings.gaps.in_vain:
        lines.append(phrases.count("report.in_vain", findings.gaps.in_vain))
    if ratings.good or ratings.bad:
        lines.append(phrases("report.verdicts", good=phrases.number(ratings.good), bad=phrases.number(ratings.bad)))
    return lines


def _breakdowns(report: Report, phrases: Phrases) -> Iterator[list[str]]:
    for by, heading in _HEADINGS.items():
        rows = report.breakdowns[by]
        if any(row.key is not None for row in rows):
            speed = _latencies(report, phrases) if by == "model" else ()
            yield _section(phrases(heading), [*_rows(by, rows, phrases), *speed])


def _rows(by: Breakdown, rows: Sequence[CostRow], phrases: Phrases) -> Iterator[str]:
    """The dearest, and all others in one row, so that they add up to the total."""
    most = _MOST_ROWS + (len(rows) == _MOST_ROWS + 1)  # one more takes no more room than `1 more`
    shown, rest = rows[:most], rows[most:]
    told = [(name(by, row.key, phrases), row.micro_usd, row.questions) for row in shown]
    if rest:
        more = phrases("report.more_rows", amount=phrases.number(len(rest)))
        told.append((more, sum(row.micro_usd for row in rest), sum(row.questions for row in rest)))
    total = sum(micro_usd for _, micro_usd, _ in told)
    for what, micro_usd, asked in told:
        questions = phrases.count("count.questions", asked)
        if not micro_usd:
            yield phrases("report.free_row", name=what, questions=questions)
        else:
            share = phrases.percent(micro_usd / total)
            yield phrases("report.row", name=what, cost=phrases.usd(micro_usd), share=share, questions=questions)


def _latencies(report: Report, phrases: Phrases) -> Iterator[str]:
    if len(report.latencies) > 1:
        (fast, fast_s), *_, (slow, slow_s) = report.latencies
        yield phrases(
            "report.latencies",
            fast=code_span(fast),
            fast_time=phrases.seconds(fast_s),
            slow=code_span(slow),
            slow_time=phrases.seconds(slow_s),
        )


def _failures(report: Report, phrases: Phrases) -> list[str]:
    lines = [
        phrases(
            "report.failed",
            model=name("model", row.key, phrases),
            failed=phrases.number(row.failed),
            calls=phrases.count("count.calls", row.calls),
            share=phrases.percent(row.failed / row.calls),
        )
        for row in report.failures[:_MOST_ROWS]
    ]
    if report.totals.failovers:
        lines.append(phrases.count("report.failovers", report.totals.failovers))
    return _section(phrases("report.failures"), lines)


def _unanswered(findings: Findings, phrases: Phrases) -> list[str]:
    """Those that nothing is recommended for: the others were quoted there."""
    told = {advice.question for advice in findings.advice if isinstance(advice, MissingDocument)}
    groups = [group for group in findings.gaps.unanswered if group.question not in told][:_MOST_QUOTED]
    return _section(phrases("report.unanswered"), [_group(group, phrases) for group in groups])


def _group(group: Unanswered, phrases: Phrases) -> str:
    if group.times == 1:
        return phrases("report.question", question=quoted(group.question))
    asked = phrases(
        "report.asked",
        times=phrases.count("report.times", group.times),
        people=phrases.count("report.people", group.people),
    )
    return phrases("report.question_with", question=quoted(group.question), what=asked)


def _rated(findings: Findings, phrases: Phrases) -> list[str]:
    lines = [
        phrases("report.question_with", question=quoted(rated.question), what=verdict(rated, phrases))
        for rated in findings.gaps.rated[:_MOST_QUOTED]
    ]
    return _section(phrases("report.rated"), lines)


def verdict(rated: Rated, phrases: Phrases) -> str:
    """What people thought of the answers to a question, and why."""
    told = phrases("report.verdict", bad=phrases.number(rated.bad), good=phrases.number(rated.good))
    if not rated.reasons:
        return told
    reasons = phrases("report.and").join(quoted(reason, _REASON_CHARS) for reason in rated.reasons)
    return phrases("report.reasons", verdict=told, reasons=reasons)
