"""`ragbot report`: what was asked, what it cost, and what people thought of the answers."""

from __future__ import annotations

from argparse import Namespace
from datetime import tzinfo

from bot.bootstrap import open_office
from bot.cli import EXIT_OK
from bot.cli.output import print_json, print_table, usd
from bot.feedback import Feedback, Ratings
from bot.locales import Phrases, phrases_in
from bot.text import one_line
from rag.clock import SystemClock
from rag.quota.ledger import Costs

_UNKNOWN = "–"


async def run(options: Namespace) -> int:
    """Tell of a period."""
    async with open_office(options) as office:
        costs = await office.accounts.costs(options.period, "model", on=options.on)
        feedback = Feedback(office.accounts.database, SystemClock())
        ratings = await feedback.ratings(costs.span.since, costs.span.until)
        zone = office.accounts.policy.zone
    if options.json:
        print_json(as_dict(costs, ratings, options.period, zone))
    else:
        _print(costs, ratings, zone)
    return EXIT_OK


def as_dict(costs: Costs, ratings: Ratings, period: str, zone: tzinfo) -> dict[str, object]:
    """The report in the form that scripts rely on."""
    return {
        "period": period,
        "from": costs.span.since.astimezone(zone).isoformat(),
        "to": costs.span.until.astimezone(zone).isoformat(),
        "time_zone": str(zone),
        "questions": costs.questions,
        "calls": costs.calls,
        "total_usd": usd(costs.micro_usd),
        "feedback": {
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
        },
    }


def _print(costs: Costs, ratings: Ratings, zone: tzinfo) -> None:
    phrases = phrases_in("en")
    since, until = (moment.astimezone(zone) for moment in (costs.span.since, costs.span.until))
    print(f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} ({zone})")
    print(f"{phrases.count('count.questions', costs.questions)}, {phrases.usd(costs.micro_usd)}")
    print(_verdicts(ratings, phrases))
    if not ratings.complaints:
        return
    print()
    print_table(
        ("reference", "when", "place", "question", "what was wrong"),
        [
            (
                complaint.reference,
                f"{complaint.at.astimezone(zone):%Y-%m-%d %H:%M}",
                one_line(complaint.place),
                _UNKNOWN if complaint.question is None else one_line(complaint.question),
                one_line(complaint.reason) or _UNKNOWN,
            )
            for complaint in ratings.complaints
        ],
    )


def _verdicts(ratings: Ratings, phrases: Phrases) -> str:
    given = ratings.good + ratings.bad
    if not given:
        return "nobody said what they thought of the answers"
    share = phrases.percent(ratings.good / given)
    return f"{ratings.good} good, {ratings.bad} bad ({share} good), by those who said what they thought of an answer"
