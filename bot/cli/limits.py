"""`ragbot limits`: everything that is limited, how much of it is used, and to change it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import tzinfo

from bot.bootstrap import Office, open_office
from bot.cli import EXIT_OK
from bot.cli.output import print_json, print_table
from bot.cli.parser import WrongUse, nearest
from bot.cli.quota import (
    change,
    change_as_dict,
    check_target,
    moment,
    plain_amount,
    print_changes,
    reset,
    shown,
    standing_as_dict,
)
from rag.quota.page import Standing
from rag.quota.policy import Amounts, Change, QuotaPolicy, asker_of, targets_of
from rag.quota.quotas import MEASURES, Measure

Written = tuple[str, Measure, int | None, str]
"""Whose, of what, how much, and who says so."""


async def run(options: Namespace) -> int:
    """Change a limit if that is asked for, and show what holds."""
    async with open_office(options) as office:
        check_target(options.target, office)
        told = await _change(office, options)
        if options.history:
            return await _history(office, options)
        asker, provider = asker_of(options.target)
        standings = await office.accounts.standing(asker, provider)
        policy, changes = office.accounts.policy, await office.accounts.in_force()
    concerned = None if options.target == "everything" else {*targets_of(asker, provider), options.target}
    written = [line for line in _written(policy, changes) if concerned is None or line[0] in concerned]
    if options.json:
        print_json(_as_dict(standings, written, policy.zone))
        return EXIT_OK
    if told:
        print(f"{told}\n")
    _print(standings, written)
    return EXIT_OK


async def _change(office: Office, options: Namespace) -> str:
    if options.set is not None:
        name, equals, amount = options.set.partition("=")
        if not equals:
            raise WrongUse(f"{options.set} says no amount; for example: ragbot limits --set requests_per_minute=20")
        return await change(office, options.target, _measure(name), amount)
    if options.reset is not None:
        return await reset(office, options.target, _measure(options.reset))
    return ""


async def _history(office: Office, options: Namespace) -> int:
    changes = [
        changed
        for changed in await office.accounts.changes()
        if options.target in {"everything", changed.change.target}
    ]
    if options.json:
        print_json([change_as_dict(changed) for changed in changes])
    else:
        print_changes(changes, office.accounts.policy.zone)
    return EXIT_OK


def _measure(name: str) -> Measure:
    known = [str(measure) for measure in MEASURES]
    if name not in known:
        others = f"; there are {', '.join(known)}"
        raise WrongUse(f"there is no limit {name}{nearest(name, known) or others}")
    return Measure.parse(name)


def _written(policy: QuotaPolicy, changes: Sequence[Change]) -> Iterator[Written]:
    """What is configured, then what was changed since; what something else stands in for now says so."""
    configured: list[tuple[str, Amounts]] = [
        *((kind if kind == "everything" else f"{kind}:*", amounts) for kind, amounts in policy.kinds.items()),
        *((f"role:{role}", amounts) for role, amounts in policy.roles.items()),
        *((str(subject), amounts) for subject, amounts in policy.subjects.items()),
    ]
    changed = {(one.target, one.measure) for one in changes}
    lifted = {(one.target, one.measure) for one in changes if one.expires_at is not None}
    for target, amounts in configured:
        for measure, amount in amounts.items():
            # A provider whose limits nobody wrote down is not worth a line.
            if amount is not None or not target.startswith("provider:"):
                holds = "configuration, not now" if (target, measure) in changed else "configuration"
                yield target, measure, amount, holds
    for one in changes:
        holds = "changed, not now" if (one.target, one.measure) in lifted else "changed"
        until = f"lifted until {moment(one.expires_at, policy.zone)}" if one.expires_at else holds
        yield one.target, one.measure, one.amount, until


def _as_dict(standings: Sequence[Standing], written: Sequence[Written], zone: tzinfo) -> dict[str, object]:
    return {
        "standing": [standing_as_dict(standing, zone) for standing in standings],
        "written": [
            {"target": target, "limit": str(measure), "amount": plain_amount(measure, amount), "source": source}
            for target, measure, amount, source in written
        ],
    }


def _print(standings: Sequence[Standing], written: Sequence[Written]) -> None:
    if standings:
        rows = [_row(standing) for standing in standings]
        print_table(("whose", "limit", "at most", "used", "held", "left"), rows, numeric=(2, 3, 4, 5))
        print()
    print_table(
        ("written for", "limit", "at most", "by"),
        [(target, str(measure), shown(measure, amount), source) for target, measure, amount, source in written],
        numeric=(2,),
    )
    print("\nWhat is said of one comes before what is said of its role, and that before what is said of all of a kind.")


def _row(standing: Standing) -> tuple[str, ...]:
    quota, count = standing.quota, standing.count
    amounts = (quota.limit, count.used, count.held, standing.left)
    return str(quota.subject), str(quota.measure), *(shown(quota.measure, amount) for amount in amounts)
