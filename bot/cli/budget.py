"""`ragbot budget`: what may be spent, what is left, and to change it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from datetime import tzinfo

from bot.bootstrap import Office, open_office
from bot.cli import EXIT_OK
from bot.cli.output import bar, print_json, print_table, usd
from bot.cli.quota import (
    amount_of,
    change,
    change_as_dict,
    check_target,
    moment,
    operator,
    print_changes,
    reset,
    shown,
    standing_as_dict,
)
from bot.locales import phrases_in
from rag.quota.events import Threshold
from rag.quota.page import Standing
from rag.quota.policy import asker_of
from rag.quota.quotas import Measure, Subject

_UNKNOWN = "–"
_STYLES = {"brake": "red", "warn": "yellow", "": ""}


async def run(options: Namespace) -> int:
    """Change a budget if that is asked for, and show what holds."""
    async with open_office(options) as office:
        check_target(options.target, office)
        told = await _change(office, options)
        if options.history:
            return await _history(office, options)
        asker, provider = asker_of(options.target)
        standings = [
            standing
            for standing in await office.accounts.standing(asker, provider)
            if standing.quota.measure.resource == "usd" and (not options.month or _is_of_month(standing))
        ]
        request = office.accounts.policy.request_limit(asker, await office.accounts.in_force())
        zone = office.accounts.policy.zone
    if options.json:
        budgets = [standing_as_dict(standing, zone) for standing in standings]
        print_json({"time_zone": str(zone), "per_request_usd": usd(request), "budgets": budgets})
        return EXIT_OK
    if told:
        print(f"{told}\n")
    _print(standings, request, zone, of="a month" if options.month else "")
    return EXIT_OK


async def _change(office: Office, options: Namespace) -> str:
    measure = Measure("usd", "month" if options.month else "day")
    if options.set is not None:
        return await change(office, options.target, measure, options.set)
    if options.reset:
        return await reset(office, options.target, measure)
    if options.lift is None:
        return ""
    amount, who = amount_of(measure, options.lift), operator()
    until = await office.accounts.lift(who, options.target, measure, amount)
    ends = moment(until, office.accounts.policy.zone)
    return f"{options.target}: {measure} is {shown(measure, amount)} until {ends}; written down for {who}"


async def _history(office: Office, options: Namespace) -> int:
    """Changes and thresholds, of everybody or of whom the options name."""
    target, zone = options.target, office.accounts.policy.zone
    changes = [one for one in await office.accounts.changes() if target in {"everything", one.change.target}]
    events = [one for one in await office.accounts.events() if target in {"everything", str(one.subject)}]
    if options.json:
        print_json({"changes": [change_as_dict(one) for one in changes], "events": [_event(one) for one in events]})
        return EXIT_OK
    print_changes(changes, zone)
    print()
    if not events:
        print("No budget has reached its warning line yet.")
        return EXIT_OK
    phrases = phrases_in("en")
    print_table(
        ("reached at", "whose", "budget", "threshold", "used"),
        [
            (
                moment(event.at, zone),
                str(event.subject),
                str(event.measure),
                f"{event.name} at {phrases.usd(event.micro_usd)}",
                phrases.usd(event.used_micro_usd),
            )
            for event in events
        ],
        numeric=(4,),
        styles=[_STYLES[event.name] for event in events],
    )
    return EXIT_OK


def _event(event: Threshold) -> dict[str, object]:
    return {
        "at": event.at.isoformat(),
        "subject": str(event.subject),
        "limit": str(event.measure),
        "threshold": event.name,
        "threshold_usd": usd(event.micro_usd),
        "limit_usd": usd(event.limit_micro_usd),
        "used_usd": usd(event.used_micro_usd),
        "window_from": event.since.isoformat(),
    }


def _print(standings: Sequence[Standing], request: int | None, zone: tzinfo, *, of: str) -> None:
    phrases = phrases_in("en")
    if not standings:
        print(f"There is no budget of {of}." if of else "There is no budget: whatever is asked for is paid.")
    else:
        print_table(
            ("whose", "budget", "limit", "used", "held", "left", "", "ends"),
            [_row(standing, zone) for standing in standings],
            numeric=(2, 3, 4, 5),
            styles=[_STYLES[_threshold(standing)] for standing in standings],
        )
        print()
        for standing in standings:
            _explain(standing)
    if request is not None:
        print(f"One question may cost {phrases.usd(request)}.")
    print(f"Days and months begin at midnight, {zone}.")


def _row(standing: Standing, zone: tzinfo) -> tuple[str, ...]:
    quota, count = standing.quota, standing.count
    amounts = (quota.limit, count.used, count.held, standing.left)
    return (
        str(quota.subject),
        f"a {quota.measure.window}",
        *(shown(quota.measure, amount) for amount in amounts),
        bar(count.used + count.held, quota.limit),
        moment(standing.window.until, zone) if standing.window else _UNKNOWN,
    )


def _explain(standing: Standing) -> None:
    phrases, whose = phrases_in("en"), _whose(standing.quota.subject)
    if standing.unconfirmed:
        print(f"{phrases.usd(standing.unconfirmed)} of {whose} is unconfirmed: a process died, all it held counts.")
    match _threshold(standing):
        case "brake":
            print(f"The brake of {whose} holds: nothing more is bought. `{_lifting(standing)}` lifts it.")
        case "warn":
            print(f"The warning line of {whose} is reached: cheaper models come first.")


def _lifting(standing: Standing) -> str:
    """The command that lifts a budget."""
    subject = standing.quota.subject
    whose = "" if subject.kind == "everything" else f" --for {subject}"
    return f"ragbot budget{whose}{' --month' if _is_of_month(standing) else ''} --lift USD"


def _is_of_month(standing: Standing) -> bool:
    return standing.quota.measure.window == "month"


def _whose(subject: Subject) -> str:
    return "the budget" if subject.kind == "everything" else f"the budget of {subject}"


def _threshold(standing: Standing) -> str:
    quota, used = standing.quota, standing.count.used
    if quota.brake_at is not None and used >= quota.brake_at:
        return "brake"
    return "warn" if quota.warn_at is not None and used + standing.count.held >= quota.warn_at else ""
