"""`ragbot cost`: what was spent."""

from __future__ import annotations

from argparse import Namespace
from datetime import tzinfo

from bot.bootstrap import open_office
from bot.cli import EXIT_OK
from bot.cli.drawing import draw
from bot.cli.output import bar, print_json, print_table, usd
from bot.cli.parser import WrongUse
from bot.locales import Phrases, phrases_in
from bot.reports import spending_chart
from rag.quota.ledger import Costs
from rag.quota.quotas import EVERYTHING, Subject
from rag.quota.tallies import KEPT

_UNKNOWN = "–"


async def run(options: Namespace) -> int:
    """Tell the costs of a period, from the ledger."""
    subject = _subject(options.target, options.by)
    async with open_office(options) as office:
        accounts, zone = office.accounts, office.accounts.policy.zone
        costs = await accounts.costs(options.period, options.by, on=options.on, subject=subject)
        if options.chart is not None:
            chart = await spending_chart(accounts, subject, phrases_in("en"), of=options.period, on=options.on)
            await draw(chart, options.chart)
    if options.json:
        print_json(as_dict(costs, options.period, options.by, zone, subject))
    else:
        _print(costs, options.by, zone, subject)
    return EXIT_OK


def _subject(target: str, by: str) -> Subject:
    """Whose costs are told.

    Raises:
        WrongUse: Nobody keeps what they spent, or not by that.
    """
    kind = target.partition(":")[0]
    if kind not in KEPT or target.endswith(":*"):
        raise WrongUse(f"{target} spends nothing by itself; whose costs are kept: {', '.join(KEPT)}")
    subject = Subject.parse(target)
    if by not in KEPT[subject.kind]:
        raise WrongUse(f"the costs of a {subject.kind} are not kept by {by}, only by {', '.join(KEPT[subject.kind])}")
    return subject


def as_dict(costs: Costs, period: str, by: str, zone: tzinfo, subject: Subject = EVERYTHING) -> dict[str, object]:
    """The costs in the form that scripts rely on; `total_usd` is the sum of all `usd`."""
    tokens = costs.tokens
    return {
        "period": period,
        "whose": str(subject),
        "from": costs.span.since.astimezone(zone).isoformat(),
        "to": costs.span.until.astimezone(zone).isoformat(),
        "time_zone": str(zone),
        "total_usd": usd(costs.micro_usd),
        "unconfirmed_usd": usd(costs.unconfirmed_micro_usd),
        "estimated_usd": usd(costs.estimated_micro_usd),
        "saved_usd": usd(costs.saved_micro_usd),
        "questions": costs.questions,
        "calls": costs.calls,
        "failed": costs.failed,
        "tokens": {
            "input": tokens.input,
            "cached_input": tokens.cached_input,
            "cache_write": tokens.cache_write,
            "cache_write_long": tokens.cache_write_long,
            "output": tokens.output,
            "thinking": tokens.thinking,
        },
        "grouped_by": by,
        "by": [
            {"key": row.key, "usd": usd(row.micro_usd), "questions": row.questions, "calls": row.calls}
            for row in costs.rows
        ],
    }


def _print(costs: Costs, by: str, zone: tzinfo, subject: Subject) -> None:
    phrases = phrases_in("en")
    since, until = (moment.astimezone(zone) for moment in (costs.span.since, costs.span.until))
    questions, calls = phrases.count("count.questions", costs.questions), phrases.count("count.calls", costs.calls)
    whose = "" if subject == EVERYTHING else f"{subject}, "
    print(f"{whose}{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} ({zone})")
    print(f"{phrases.usd(costs.micro_usd)} for {questions}, {calls}")
    if costs.estimated_micro_usd:
        print(f"  {phrases.usd(costs.estimated_micro_usd)} of it is estimated: the provider did not say")
    if costs.saved_micro_usd:
        print(f"  answers from memory saved {phrases.usd(costs.saved_micro_usd)}")
    if costs.failed:
        print(f"  {phrases.count('count.calls', costs.failed)} failed")
    if costs.unconfirmed_micro_usd:
        print(f"  {phrases.usd(costs.unconfirmed_micro_usd)} of it is unconfirmed: a process died, all it held counts")
    if not costs.rows:
        return
    print(f"  tokens: {_tokens(costs, phrases)}")
    print()
    print_table(
        (by, "cost", "", "share", "questions", "calls"),
        [
            (
                row.key or _UNKNOWN,
                phrases.usd(row.micro_usd),
                bar(row.micro_usd, costs.micro_usd),
                _share(row.micro_usd, costs.micro_usd, phrases),
                f"{row.questions:,}",
                f"{row.calls:,}",
            )
            for row in costs.rows
        ],
        numeric=(1, 3, 4, 5),
    )


def _share(part: int, whole: int, phrases: Phrases) -> str:
    if not whole:
        return _UNKNOWN
    return f"<{phrases.percent(0.01)}" if 0 < part / whole < 0.005 else phrases.percent(part / whole)


def _tokens(costs: Costs, phrases: Phrases) -> str:
    tokens = costs.tokens
    named = (
        ("read", tokens.input),
        ("of them from a cache", tokens.cached_input),
        ("written", tokens.output),
        ("of them thinking", tokens.thinking),
    )
    return ", ".join(f"{phrases.number(count)} {name}" for name, count in named if count) or "none"
