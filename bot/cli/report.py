"""`ragbot report`: what was asked, what it cost, what people thought of the answers, and what would be better."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime, tzinfo

from bot.access import Access
from bot.bootstrap import open_office
from bot.cli import EXIT_OK
from bot.cli.drawing import draw
from bot.cli.output import bar, print_json, print_table, usd
from bot.feedback import Ratings
from bot.locales import Phrases, phrases_in
from bot.reports import Findings, Reporter, report_chart
from bot.reports.advice import sentence
from bot.reports.card import outlook
from bot.text import one_line
from rag.clock import SystemClock
from rag.monitoring.advice import Advice
from rag.monitoring.reports import BREAKDOWNS, Breakdown, Report, Totals
from rag.quota.ledger import CostRow
from rag.quota.quotas import Subject

_UNKNOWN = "–"


async def run(options: Namespace) -> int:
    """Tell of a period."""
    async with open_office(options) as office:
        settings = office.settings
        access = Access(settings.audiences, settings.pins, settings.admins)
        reporter = Reporter(office.accounts, SystemClock(), office.core, access)
        findings = await reporter.find(options.period, on=options.on)
    if options.chart is not None:
        await draw(report_chart(findings.report, phrases_in("en")), options.chart)
    if options.json:
        print_json(as_dict(findings))
    else:
        _print(findings)
    return EXIT_OK


def as_dict(findings: Findings) -> dict[str, object]:
    """The report in the form that scripts rely on; `total_usd` is the sum of all `usd` of each breakdown."""
    report, gaps, totals = findings.report, findings.gaps, findings.report.totals
    return {
        "period": report.period,
        "from": report.span.since.astimezone(report.zone).isoformat(),
        "to": report.span.until.astimezone(report.zone).isoformat(),
        "time_zone": str(report.zone),
        **_totals(totals),
        "before": _totals(report.before),
        "cache_hit_target": findings.hit_target,
        "by": {by: [_row(row) for row in report.breakdowns[by]] for by in BREAKDOWNS},
        "seconds_per_answer": dict(report.latencies),
        "days": [
            {"day": day.day.isoformat(), "usd": usd(day.micro_usd), "questions": day.questions} for day in report.days
        ],
        "feedback": _feedback(findings.ratings, report.zone),
        "rated_badly": [
            {"question": one.question, "bad": one.bad, "good": one.good, "reasons": list(one.reasons)}
            for one in gaps.rated
        ],
        "unanswered": {
            "questions": gaps.in_vain,
            "groups": [{"question": one.question, "times": one.times, "people": one.people} for one in gaps.unanswered],
        },
        "advice": [_advice(advice) for advice in findings.advice],
        **_ahead(report),
    }


def _totals(totals: Totals) -> dict[str, object]:
    return {
        "questions": totals.questions,
        "calls": totals.calls,
        "total_usd": usd(totals.micro_usd),
        "saved_usd": usd(totals.saved_micro_usd),
        "answered_from_memory": totals.cached,
        "cache_hit_rate": totals.hit_rate,
        "failed_calls": totals.failed,
        "failovers": totals.failovers,
    }


def _row(row: CostRow) -> dict[str, object]:
    return {
        "key": row.key,
        "usd": usd(row.micro_usd),
        "questions": row.questions,
        "calls": row.calls,
        "failed_calls": row.failed,
        "saved_usd": usd(row.saved_micro_usd),
    }


def _feedback(ratings: Ratings, zone: tzinfo) -> dict[str, object]:
    return {
        "good": ratings.good,
        "bad": ratings.bad,
        "complaints": [
            {
                "reference": complaint.reference,
                "at": complaint.at.astimezone(zone).isoformat(),
                "place": complaint.place,
                "question": complaint.question,
                "reason": complaint.reason,
            }
            for complaint in ratings.complaints
        ],
    }


def _advice(advice: Advice) -> dict[str, object]:
    figures = dict(_figure(field.name, getattr(advice, field.name)) for field in fields(advice))
    return {"kind": advice.kind, **figures}


def _figure(name: str, value: object) -> tuple[str, object]:
    """As JSON tells it: money in dollars, days and subjects as text."""
    if name.endswith("_micro_usd") and isinstance(value, int):
        return name.replace("_micro_usd", "_usd"), usd(value)
    if isinstance(value, date):
        return name, value.isoformat()
    return name, str(value) if isinstance(value, Subject) else value


def _ahead(report: Report) -> dict[str, object]:
    ahead = report.forecast
    return {
        "forecast": None
        if ahead is None
        else {
            "usd_per_day": usd(ahead.pace.micro_usd),
            "of_days": ahead.pace.days,
            "month_usd": usd(ahead.month_micro_usd),
            "month_ends": ahead.ends_on.isoformat(),
        },
        "budgets": [
            {
                "subject": str(budget.standing.quota.subject),
                "limit": str(budget.standing.quota.measure),
                "limit_usd": usd(budget.standing.quota.limit),
                "used_usd": usd(budget.standing.count.used),
                "brake_on": None if budget.forecast is None else _iso(budget.forecast.brake_on),
                "limit_on": None if budget.forecast is None else _iso(budget.forecast.limit_on),
            }
            for budget in report.budgets
        ],
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _print(findings: Findings) -> None:
    phrases = phrases_in("en")
    report = findings.report
    since, until = (moment.astimezone(report.zone) for moment in (report.span.since, report.span.until))
    print(f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} ({report.zone})")
    print(f"{phrases.count('count.questions', report.totals.questions)}, {phrases.usd(report.totals.micro_usd)}")
    print(_verdicts(findings.ratings, phrases))
    for line in _more(findings, phrases):
        print(line)
    for by in BREAKDOWNS:
        _print_breakdown(by, report, phrases)
    for heading, lines in (
        ("what would be better", [sentence(advice, phrases) for advice in findings.advice]),
        ("where it leads", outlook(report, phrases)[1:]),
    ):
        if lines:
            print("", heading, *lines, sep="\n")
    _print_questions(findings)
    _print_complaints(findings.ratings, report.zone)


def _more(findings: Findings, phrases: Phrases) -> Iterator[str]:
    totals, before = findings.report.totals, findings.report.before
    yield f"before that: {phrases.count('count.questions', before.questions)}, {phrases.usd(before.micro_usd)}"
    if totals.hit_rate is not None:
        share, target = phrases.percent(totals.hit_rate), phrases.percent(findings.hit_target)
        yield f"from memory: {share} (target {target}), which saved {phrases.usd(totals.saved_micro_usd)}"
    if totals.failed or totals.failovers:
        failed = f"{totals.failed:,} of {phrases.count('count.calls', totals.calls)} failed"
        answered = phrases.count("count.questions", totals.failovers)
        yield f"failures: {failed}, {answered} answered by another model than the preferred one"
    if findings.gaps.in_vain:
        yield f"unanswered: {phrases.count('count.questions', findings.gaps.in_vain)}"


def _print_breakdown(by: Breakdown, report: Report, phrases: Phrases) -> None:
    rows, seconds = report.breakdowns[by], dict(report.latencies) if by == "model" else {}
    if not rows:
        return
    total = report.totals.micro_usd
    print()
    print_table(
        (by, "cost", "", "questions", "calls", "failed", "saved", *(("seconds",) if seconds else ())),
        [
            (
                row.key or _UNKNOWN,
                phrases.usd(row.micro_usd),
                bar(row.micro_usd, total),
                f"{row.questions:,}",
                f"{row.calls:,}",
                f"{row.failed:,}",
                phrases.usd(row.saved_micro_usd),
                *((f"{seconds[row.key]:.1f}" if row.key in seconds else _UNKNOWN,) if seconds else ()),
            )
            for row in rows
        ],
        numeric=(1, 3, 4, 5, 6, 7),
    )


def _print_questions(findings: Findings) -> None:
    if findings.gaps.unanswered:
        print()
        print_table(
            ("not answered by the documents", "times", "people"),
            [(one.question, f"{one.times:,}", f"{one.people:,}") for one in findings.gaps.unanswered],
            numeric=(1, 2),
        )


def _print_complaints(ratings: Ratings, zone: tzinfo) -> None:
    if not ratings.complaints:
        return
    print()
    print_table(
        ("reference", "when", "place", "question", "what was wrong"),
        [
            (
                complaint.reference,
                _moment(complaint.at, zone),
                one_line(complaint.place),
                _UNKNOWN if complaint.question is None else one_line(complaint.question),
                one_line(complaint.reason) or _UNKNOWN,
            )
            for complaint in ratings.complaints
        ],
    )


def _moment(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _verdicts(ratings: Ratings, phrases: Phrases) -> str:
    given = ratings.good + ratings.bad
    if not given:
        return "nobody said what they thought of the answers"
    share = phrases.percent(ratings.good / given)
    return f"{ratings.good} good, {ratings.bad} bad ({share} good), by those who said what they thought of an answer"
