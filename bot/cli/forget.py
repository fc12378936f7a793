"""`ragbot forget`: who a person is goes out of the books."""

from __future__ import annotations

from argparse import Namespace

from bot.bootstrap import open_office
from bot.cli import EXIT_OK
from bot.cli.output import print_json
from bot.cli.parser import WrongUse
from bot.locales import phrases_in


async def run(options: Namespace) -> int:
    """Erase the identifier, and say in how many entries it stood."""
    if not options.user.strip():
        raise WrongUse("who is to be forgotten? For example: ragbot forget --user U0123")
    async with open_office(options) as office:
        entries = await office.accounts.forget_user(options.user)
    if options.json:
        print_json({"user": options.user, "entries": entries})
    else:
        told = phrases_in("en").count("count.entries", entries)
        print(
            f"{options.user}: taken out of {told} of the ledger; all sums stay." if entries else _unknown(options.user)
        )
    return EXIT_OK


def _unknown(user: str) -> str:
    return f"{user}: no entry of the ledger names them; what else was kept of them is erased."
