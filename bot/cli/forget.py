"""`ragbot forget`: who a person is goes out of the books."""

from __future__ import annotations

from argparse import Namespace

from bot.bootstrap import open_office
from bot.cli import EXIT_OK
from bot.cli.output import print_json
from bot.cli.parser import WrongUse
from bot.locales import phrases_in


async def run(options: Namespace) -> int:
    """Erase the identifier; say in how many entries it stood, and which limits still name it."""
    user = options.user
    if not user.strip():
        raise WrongUse("who is to be forgotten? For example: ragbot forget --user U0123")
    async with open_office(options) as office:
        entries = await office.accounts.forget_user(user)
        limits = [change for change in await office.accounts.in_force() if change.target == f"user:{user}"]
    if options.json:
        print_json({"user": user, "entries": entries})
        return EXIT_OK
    told = phrases_in("en").count("count.entries", entries)
    print(f"{user}: taken out of {told} of the ledger; all sums stay." if entries else f"{user}: not in the ledger.")
    for change in limits:
        name = change.measure
        print(f"A limit for them still holds; `ragbot limits --for {change.target} --reset {name}` ends it.")
    return EXIT_OK
