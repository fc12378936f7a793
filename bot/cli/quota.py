"""What the commands about budgets and limits have in common: whose, how much, changes, and who makes them."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import datetime, tzinfo

from bot.bootstrap import Office
from bot.cli.output import print_table, usd
from bot.cli.parser import WrongUse, nearest
from bot.locales import phrases_in
from rag.quota.changes import Changed
from rag.quota.page import Standing
from rag.quota.policy import Change
from rag.quota.quotas import Measure
from rag.settings.quotas import UNLIMITED, parse_amount


def operator() -> str:
    """Who sits at the terminal, for the record."""
    try:
        return f"{getpass.getuser()} at the terminal"
    except (KeyError, OSError):  # a container's user may have no name
        return "somebody at the terminal"


def check_target(target: str, office: Office) -> None:
    """Make sure that a limit of this target could ever hold for somebody.

    Raises:
        WrongUse: It names a provider that there is not.
    """
    kind, _, name = target.partition(":")
    known = office.core.providers
    if kind == "provider" and name not in {*known, "*"}:
        others = f"; there are {', '.join(known)}"
        raise WrongUse(f"there is no provider {name}{nearest(name, known) or others}")


async def change(office: Office, target: str, measure: Measure, text: str) -> str:
    """Write a limit down, and tell what was written.

    Raises:
        WrongUse: It is no amount, or could never hold.
    """
    if measure.window == "request" and target.startswith("provider:"):
        raise WrongUse("what one question may cost is a limit of who asks, not of a provider")
    amount, who = amount_of(measure, text), operator()
    await office.accounts.change(who, Change(target, measure, amount))
    return f"{target}: {measure} is {shown(measure, amount)} from now on; written down for {who}"


async def reset(office: Office, target: str, measure: Measure) -> str:
    """Let the configuration hold again, and tell whether anything else did."""
    if await office.accounts.reset(operator(), target, measure):
        return f"{target}: {measure} is as configured again; written down for {operator()}"
    return f"{target}: {measure} was not changed, the configuration holds"


def amount_of(measure: Measure, text: str) -> int | None:
    """What was typed, in requests, tokens or micro-USD.

    Raises:
        WrongUse: It is no amount.
    """
    try:
        return parse_amount(measure.resource, text)
    except ValueError as error:
        raise WrongUse(f"{text} is no amount: {error}") from None


def shown(measure: Measure, amount: int | None) -> str:
    """An amount for people."""
    phrases = phrases_in("en")
    if amount is None:
        return UNLIMITED
    return phrases.usd(amount) if measure.resource == "usd" else phrases.number(amount)


def moment(time: datetime, zone: tzinfo) -> str:
    """A time for people, where their days begin."""
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def plain_amount(measure: Measure, amount: int | None) -> float | int | None:
    """An amount for programs: US dollars, requests or tokens."""
    return usd(amount) if measure.resource == "usd" else amount


def standing_as_dict(standing: Standing, zone: tzinfo) -> dict[str, object]:
    """A limit and how much of it is gone, in the form that scripts rely on."""
    quota, count, measure = standing.quota, standing.count, standing.quota.measure
    told: dict[str, object] = {
        "subject": str(quota.subject),
        "limit": str(measure),
        "amount": plain_amount(measure, quota.limit),
        "used": plain_amount(measure, count.used),
        "held": plain_amount(measure, count.held),
        "left": plain_amount(measure, standing.left),
    }
    if standing.window is not None:
        told |= {
            "unconfirmed": plain_amount(measure, standing.unconfirmed),
            "warn_at": plain_amount(measure, quota.warn_at),
            "brake_at": plain_amount(measure, quota.brake_at),
            "from": standing.window.since.astimezone(zone).isoformat(),
            "to": standing.window.until.astimezone(zone).isoformat(),
        }
    return told


def change_as_dict(changed: Changed) -> dict[str, object]:
    """A change in the form that scripts rely on."""
    what = changed.change
    return {
        "at": changed.at.isoformat(),
        "who": changed.who,
        "kind": changed.kind,
        "target": what.target,
        "limit": str(what.measure),
        "amount": plain_amount(what.measure, what.amount),
        "until": what.expires_at and what.expires_at.isoformat(),
    }


def print_changes(changes: Sequence[Changed], zone: tzinfo) -> None:
    """Who changed what, the newest first."""
    if not changes:
        print("Nothing was changed while the bot ran: the configuration holds.")
        return
    print_table(
        ("changed at", "who", "what", "whose", "limit", "amount", "until"),
        [
            (
                moment(changed.at, zone),
                changed.who or "–",
                changed.kind,
                changed.change.target,
                str(changed.change.measure),
                "–" if changed.kind == "reset" else shown(changed.change.measure, changed.change.amount),
                moment(changed.change.expires_at, zone) if changed.change.expires_at else "–",
            )
            for changed in changes
        ],
        numeric=(5,),
    )
